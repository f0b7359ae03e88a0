#include "base/date.h"

/* Years are counted from March, so that a leap day is the last of its year, and
   in cycles of 400 years of 146097 days. */

#define EPOCH 719468 /* from 0000-03-01 to 1970-01-01 */
#define CYCLE 146097

/* Dates before March of the year 0 are in a cycle of their own. */
#define SHIFT 1 /* cycles */

shako__date shako__date_of(int64_t days) {
  int64_t since = days + EPOCH + SHIFT * CYCLE;
  int64_t cycle = since / CYCLE - SHIFT;
  int64_t day = since % CYCLE;
  int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
  int64_t month;

  day -= 365 * year + year / 4 - year / 100;
  month = (5 * day + 2) / 153; /* 0 is March */
  day -= (153 * month + 2) / 5;
  year += cycle * 400 + (month >= 10 ? 1 : 0);
  month += month >= 10 ? -9 : 3;

  return (shako__date){year, (int)month, (int)day + 1};
}

int64_t shako__date_days(shako__date date) {
  int64_t month = date.month > 2 ? date.month - 3 : date.month + 9;
  int64_t year = date.year - (date.month > 2 ? 0 : 1) + 400 * SHIFT;
  int64_t cycle = year / 400;
  int64_t rest = year % 400;
  int64_t day =
      (153 * month + 2) / 5 + date.day - 1 + 365 * rest + rest / 4 - rest / 100;

  return (cycle - SHIFT) * CYCLE + day - EPOCH;
}
