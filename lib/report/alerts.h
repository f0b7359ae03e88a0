#ifndef SHAKO_REPORT_ALERTS_H
#define SHAKO_REPORT_ALERTS_H

#include <shako/alert.h>

/*
 *   alert_words.c  classes, severities, and who wants which
 *   alert_kinds.c  what the library's own alerts say
 *   alerts.c       which are sent, and when
 *   alert_write.c  a notice as a message
 */

/* The most keys that are remembered. */
#define SHAKO__ALERTS_MAX 65536u

/* Returns when the next notice is due behind the one at |last|, 0 the first;
   |wait|, |max| and it are in one unit, and |wait| is not 0.  Where |max| is 0
   there is no next. */
shako_time shako__alert_next(shako_time wait, shako_time max, shako_time last);

#endif /* SHAKO_REPORT_ALERTS_H */
