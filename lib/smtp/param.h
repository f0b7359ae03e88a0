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
   esmtp-value: any text but "=" and space, not empty). */
bool shako__param_read(shako_span *text, shako__param *param);

/* What MAIL's parameters say. */
typedef struct shako__mail_params {
  uint64_t size;  /* RFC 1870; 0 if not declared */
  unsigned flags; /* SHAKO_MAIL_* */
} shako__mail_params;

typedef enum shako__param_result {
  SHAKO__PARAM_OK,
  SHAKO__PARAM_MALFORMED, /* 501 5.5.4: grammar, value, or said twice */
  SHAKO__PARAM_UNKNOWN    /* 555 5.5.4 */
} shako__param_result;

/* Reads all of |text|, what follows the path of MAIL, into |*params|, which
   holds nothing of use unless OK is returned.  SIZE=digits (RFC 1870),
   BODY=7BIT or 8BITMIME (RFC 6152).  The first fault decides. */
shako__param_result shako__mail_params_read(shako_span text,
                                            shako__mail_params *params);

/* Reads all of |text|, what follows the path of RCPT: no parameter is known
   there yet, so that the first one decides. */
shako__param_result shako__rcpt_params_read(shako_span text);

/* Reads the argument of BDAT (RFC 3030 2): chunk-size [SP "LAST"], with one
   space and in any case.  Returns false, and touches nothing, where it is
   anything else, has more than 20 digits or is over UINT64_MAX. */
bool shako__bdat_read(shako_span argument, uint64_t *size, bool *last);

#endif /* SHAKO_SMTP_PARAM_H */
