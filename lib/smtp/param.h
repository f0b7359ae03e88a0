#ifndef SHAKO_SMTP_PARAM_H
#define SHAKO_SMTP_PARAM_H

#include <stdbool.h>

#include <shako/common.h>

/* One esmtp-param of MAIL or RCPT (RFC 5321 4.1.2). */
typedef struct shako__param {
  shako_span keyword;
  shako_span value;
  bool has_value; /* there is a "=" (then |value| is not empty) */
} shako__param;

/* Reads one parameter, with the one or more spaces before it, from the start
   of |*text| and cuts it off.  Returns false, and touches nothing, where the
   grammar is not met (esmtp-keyword: alphanumeric, then alphanumeric or "-";
   esmtp-value: any text but "=" and space, not empty; |utf8|: UTF-8 too, but no
   controls, RFC 6531 3.3). */
bool shako__param_read(shako_span *text, bool utf8, shako__param *param);

/* Reads the argument of BDAT (RFC 3030 2): chunk-size [SP "LAST"], with one
   space and in any case.  Returns false, and touches nothing, where it is
   anything else, has more than 20 digits or is over UINT64_MAX. */
bool shako__bdat_read(shako_span argument, uint64_t *size, bool *last);

#endif /* SHAKO_SMTP_PARAM_H */
