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

#define DAY 86400 /* seconds */

/* 1 January 1900, a Monday, and 1 January 10000. */
#define FIRST_DAY (-25567)
#define LAST_DAY  2932897

bool shako__date_writable(int64_t unix_time, int zone) {
  int64_t first = FIRST_DAY * (int64_t)DAY;
  int64_t last = LAST_DAY * (int64_t)DAY;

  return zone > -1440 && zone < 1440 && unix_time >= first - zone * 60 &&
         unix_time < last - zone * 60;
}

static void put_two_digits(shako__text *text, int64_t number,
                           const char *behind) {
  if (number < 10) {
    shako__text_put(text, "0");
  }
  shako__text_put_number(text, (uint64_t)number);
  shako__text_put(text, behind);
}

void shako__date_write(shako__text *text, int64_t unix_time, int zone) {
  static const char days[] = "Mon, \0Tue, \0Wed, \0Thu, \0Fri, \0Sat, \0Sun, ";
  static const char months[] = " Jan \0 Feb \0 Mar \0 Apr \0 May \0 Jun \0"
                               " Jul \0 Aug \0 Sep \0 Oct \0 Nov \0 Dec ";
  int64_t since = unix_time + zone * 60 - FIRST_DAY * (int64_t)DAY;
  shako__date date = shako__date_of(since / DAY + FIRST_DAY);
  int east = zone < 0 ? -zone : zone;

  shako__text_put(text, days + since / DAY % 7 * 6);
  shako__text_put_number(text, (uint64_t)date.day);
  shako__text_put(text, months + (date.month - 1) * 6);
  shako__text_put_number(text, (uint64_t)date.year);
  shako__text_put(text, " ");
  put_two_digits(text, since % DAY / 3600, ":");
  put_two_digits(text, since / 60 % 60, ":");
  put_two_digits(text, since % 60, zone < 0 ? " -" : " +");
  put_two_digits(text, east / 60, "");
  put_two_digits(text, east % 60, "");
}
