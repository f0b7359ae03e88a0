#ifndef SHAKO_BASE_DATE_H
#define SHAKO_BASE_DATE_H

#include <stdbool.h>

#include "base/text.h"

/* A day of the Gregorian calendar. */
typedef struct shako__date {
  int64_t year;
  int month; /* 1 to 12 */
  int day;   /* 1 to 31 */
} shako__date;

/* Returns the day that is |days| after 1 January 1970, or before it.  The
   year is 0 to 9999. */
shako__date shako__date_of(int64_t days);

/* Returns how many days |date|, of such a year, is after 1 January 1970. */
int64_t shako__date_days(shako__date date);

/* Whether the second |unix_time| is in a year of 1900 to 9999 in |zone|,
   minutes east of UTC and less than a day. */
bool shako__date_writable(int64_t unix_time, int zone);

/* Adds such a second as RFC 5322 3.3 has it: "Tue, 24 Nov 2026 15:50:26
   +0000". */
void shako__date_write(shako__text *text, int64_t unix_time, int zone);

#endif /* SHAKO_BASE_DATE_H */
