#ifndef SHAKO_RECEIVED_H
#define SHAKO_RECEIVED_H

#include <shako/common.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How a message came in: a set of these makes its `with` (RFC 3848 and RFC 6531
   4.3: SMTP, ESMTP, ESMTPSA, UTF8SMTPS, LMTP and their like).  What came inside
   TLS or from someone authenticated is never called less than ESMTP. */
#define SHAKO_RECEIVED_EXTENDED 0x01u /* after EHLO, not HELO */
#define SHAKO_RECEIVED_TLS      0x02u /* however TLS began */
#define SHAKO_RECEIVED_AUTH     0x04u
#define SHAKO_RECEIVED_SMTPUTF8 0x08u /* MAIL said SMTPUTF8 */
#define SHAKO_RECEIVED_LMTP     0x10u

/* What a Received field says.  What is left at zero is left out. */
typedef struct shako_received {
  size_t struct_size;    /* set by shako_received_default() */
  shako_span hello;      /* the name that the peer gave with HELLO */
  shako_address address; /* the peer's */
  shako_span name;       /* the peer's, where DNS has verified it */
  shako_span recipient;  /* the only one's path; where a message has several,
                            leave it empty, for it would betray one to the
                            others (RFC 5321 7.2) */
  const char *by;        /* this host's: a domain or an address literal */
  const char *id;        /* the application's own; at most 255 octets */
  const char *cipher;    /* that of a shako_tls_info */
  unsigned protocol;     /* SHAKO_RECEIVED_* */
  int zone;              /* of the date: minutes east of UTC */
  int64_t unix_time;     /* in seconds */
} shako_received;

/* What shako_received_default() calls. */
SHAKO_API void shako_received_default_sized(shako_received *received,
                                            size_t size);

/* Fills |*RECEIVED| with a message of which nothing is known. */
#define shako_received_default(RECEIVED)                                       \
  shako_received_default_sized((RECEIVED), sizeof(*(RECEIVED)))

/* Enough for the longest field, with its NUL. */
#define SHAKO_RECEIVED_SIZE 2560

/**
 * Writes the Received field (RFC 5321 4.4) that |*received| says, with its CRLF
 * and a NUL, to |text|, which holds SHAKO_RECEIVED_SIZE octets, and its length
 * to |*len|:
 *
 *     Received: from mx.example (mx.example [192.0.2.7]) by host.example
 *         with ESMTPS id 4711 for <joe@host.example> tls
 *         TLS_AES_128_GCM_SHA256; Tue, 24 Nov 2026 15:50:26 +0000
 *
 * Lines are folded at 78 octets where there is a space to fold them at, and
 * never reach 998.  The peer's own words can neither end the line nor the
 * comment that they stand in: a |hello| or |name| that is no host stands in it
 * with all but letters, digits, "-", "." and "_" as \xHH, and cut off.  An |id|
 * that is no dot-atom is quoted.  The tls clause is that of RFC 8314 4.3.
 *
 * Returns 0, or
 *   SHAKO_ERR_INVALID_ARGUMENT  no struct_size; |by| is no host; |recipient| is
 *                               no path that MAIL's SMTPUTF8 would allow; |id|
 *                               is too long or holds other than printable
 *                               ASCII and spaces; |cipher| is no IANA name; no
 *                               such |protocol|; the year is not one of 1900 to
 *                               9999, or |zone| is a day or more
 */
SHAKO_API int shako_received_write(const shako_received *received, char *text,
                                   size_t *len);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* SHAKO_RECEIVED_H */
