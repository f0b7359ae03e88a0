#ifndef SHAKO_SMTP_ESMTP_H
#define SHAKO_SMTP_ESMTP_H

#include <stdbool.h>

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

typedef enum shako__params_result {
  SHAKO__PARAMS_OK,
  SHAKO__PARAMS_MALFORMED, /* 501 5.5.4: grammar, value, or said twice */
  SHAKO__PARAMS_UNKNOWN    /* 555 5.5.4: not offered, or not to this verb */
} shako__params_result;

/* Reads all of |text|, what follows the path of |verb|, MAIL or RCPT, into
   |*params|, which holds nothing of use unless OK is returned.  |esmtp| is a
   set of SHAKO__ESMTP_*; the keywords of |more| (a list, base/strings.h; NULL:
   none) are the application's, and taken with a value or without.  The first
   fault decides.

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
                                        unsigned esmtp, const char *more,
                                        shako_params *params);

/* Whether |keyword| is that of a parameter of |verb| in the table. */
bool shako__param_is_known(shako_span keyword, shako_verb verb);

#endif /* SHAKO_SMTP_ESMTP_H */
