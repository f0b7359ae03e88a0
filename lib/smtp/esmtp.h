#ifndef SHAKO_SMTP_ESMTP_H
#define SHAKO_SMTP_ESMTP_H

#include <shako/session.h>

/* What makes the parameters of MAIL and RCPT known: the keywords that EHLO
   offered, and what MAIL said; a set of these. */
#define SHAKO__ESMTP_SIZE       0x01u /* RFC 1870 */
#define SHAKO__ESMTP_8BITMIME   0x02u /* RFC 6152 */
#define SHAKO__ESMTP_BINARYMIME 0x04u /* RFC 3030 3 */
#define SHAKO__ESMTP_SMTPUTF8   0x08u /* RFC 6531 */
#define SHAKO__ESMTP_DSN        0x10u /* RFC 3461 */
#define SHAKO__ESMTP_REQUIRETLS 0x20u /* RFC 8689 */
#define SHAKO__ESMTP_AUTH       0x40u /* RFC 4954 */
#define SHAKO__ESMTP_IN_UTF8    0x80u /* for RCPT: MAIL said SMTPUTF8 */

/* What MAIL's parameters say beside SHAKO_MAIL_*, which an event shows: nothing
   of this is offered yet. */
#define SHAKO__MAIL_BINARYMIME 0x02u /* BODY=BINARYMIME */
#define SHAKO__MAIL_SMTPUTF8   0x04u
#define SHAKO__MAIL_REQUIRETLS 0x08u

/* MAIL's RET: how much of the message a DSN returns (RFC 3461 4.3). */
typedef enum shako__ret {
  SHAKO__RET_UNSAID,
  SHAKO__RET_FULL,
  SHAKO__RET_HDRS
} shako__ret;

/* RCPT's NOTIFY: when a DSN is wanted (RFC 3461 4.1), a set of these; 0 if
   nothing was said.  NEVER stands alone. */
#define SHAKO__NOTIFY_NEVER   0x01u
#define SHAKO__NOTIFY_SUCCESS 0x02u
#define SHAKO__NOTIFY_FAILURE 0x04u
#define SHAKO__NOTIFY_DELAY   0x08u

/* What the parameters of one MAIL or RCPT say.  Spans are parts of the line,
   judged but not decoded (xtext.h), and empty where nothing was said. */
typedef struct shako__params {
  uint64_t size;  /* 0: not declared */
  unsigned flags; /* SHAKO_MAIL_*, SHAKO__MAIL_* */
  shako__ret ret;
  shako_span envid;      /* xtext */
  shako_span auth;       /* "<>", or a mailbox as xtext */
  unsigned notify;       /* SHAKO__NOTIFY_* */
  shako_span orcpt_type; /* "rfc822" */
  shako_span orcpt;      /* xtext; unitext where the type is "utf-8" */
} shako__params;

typedef enum shako__params_result {
  SHAKO__PARAMS_OK,
  SHAKO__PARAMS_MALFORMED, /* 501 5.5.4: grammar, value, or said twice */
  SHAKO__PARAMS_UNKNOWN    /* 555 5.5.4: not offered, or not to this verb */
} shako__params_result;

/* Reads all of |text|, what follows the path of |verb|, MAIL or RCPT, into
   |*params|, which holds nothing of use unless OK is returned.  |esmtp| is a
   set of SHAKO__ESMTP_*.  The first fault decides.

     MAIL  SIZE=digits          1 to 20; what 64 bits do not hold is UINT64_MAX
           BODY=7BIT, 8BITMIME, BINARYMIME (where that is offered)
           SMTPUTF8
           RET=FULL, HDRS
           ENVID=xtext          100 characters at the most
           REQUIRETLS
           AUTH=<>, xtext       a mailbox
     RCPT  NOTIFY=NEVER         or any of SUCCESS, FAILURE, DELAY
           ORCPT=type;address   500 characters at the most */
shako__params_result shako__params_read(shako_span text, shako_verb verb,
                                        unsigned esmtp, shako__params *params);

#endif /* SHAKO_SMTP_ESMTP_H */
