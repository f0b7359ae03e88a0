#ifndef SHAKO_SMTP_PROXY_H
#define SHAKO_SMTP_PROXY_H

#include <stdbool.h>

#include <shako/common.h>

/* The header that a proxy sends before all else (HAProxy's PROXY protocol): a
   line (version 1) or a binary one (version 2).  It says whatever its sender
   likes: read one only from a sender that is trusted. */

/* The longest line, with its CRLF (2.1), and what a version 2 is usually held
   to. */
#define SHAKO__PROXY_V1_MAX 107
#define SHAKO__PROXY_V2_MAX 536

typedef enum shako__proxy_kind {
  SHAKO__PROXY_OWN, /* UNKNOWN, LOCAL, or nothing specified: the connection's
                       own addresses hold */
  SHAKO__PROXY_IP,
  SHAKO__PROXY_UNIX /* a Unix socket: the addresses are none */
} shako__proxy_kind;

typedef struct shako__proxy {
  size_t len; /* of the header; the octet behind it belongs to the peer */
  shako__proxy_kind kind;
  bool datagram; /* not a stream (version 2) */
  shako_address source;
  shako_address destination;
  uint16_t source_port;
  uint16_t destination_port;
  shako_span tlvs;  /* version 2: what is behind the addresses, well-formed */
  const char *what; /* is wrong, in static storage */
} shako__proxy;

typedef enum shako__proxy_result {
  SHAKO__PROXY_MORE, /* call again with more octets behind these */
  SHAKO__PROXY_DONE,
  SHAKO__PROXY_BAD /* |what| says why, and no more octets change that */
} shako__proxy_result;

/* Reads the header at the start of |text|, all that has been received, into
   |*proxy|.  A version 2 may have |max| octets in all, 16 at least.  MORE is
   never said of a text as long as the longest header.

   Version 1 is read to the letter: TCP4 or TCP6, one space between the fields,
   numbers without leading zeros, CRLF; what follows UNKNOWN is not looked at.
   In version 2 unknown commands and families are refused, unknown TLVs are
   not; a CRC32c TLV (2.2.3) is checked.  What LOCAL and an unspecified family
   bring is skipped unseen. */
shako__proxy_result shako__proxy_read(shako_span text, size_t max,
                                      shako__proxy *proxy);

/* Cuts one TLV off the start of |*tlvs|.  Returns false, and touches nothing,
   where there is none or it runs over the end. */
bool shako__proxy_tlv(shako_span *tlvs, uint8_t *type, shako_span *value);

#endif /* SHAKO_SMTP_PROXY_H */
