#ifndef SHAKO_BASE_DATE_H
#define SHAKO_BASE_DATE_H

#include <stdint.h>

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

#endif /* SHAKO_BASE_DATE_H */
