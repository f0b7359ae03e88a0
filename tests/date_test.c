#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/date.h"

static int month_days(int64_t year, int month) {
  static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

  return days[month - 1] +
         (month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0));
}

/* Every day of the years 0 to 9999. */
static void a_day_has_its_date(void **state) {
  int64_t days = -719528;
  int64_t year;
  int month;
  int day;

  (void)state;
  for (year = 0; year <= 9999; year++) {
    for (month = 1; month <= 12; month++) {
      for (day = 1; day <= month_days(year, month); day++) {
        shako__date date = shako__date_of(days);

        assert_int_equal(date.year, year);
        assert_int_equal(date.month, month);
        assert_int_equal(date.day, day);
        assert_int_equal(shako__date_days(date), days);
        days++;
      }
    }
  }
}

static void the_epoch_is_1970(void **state) {
  (void)state;
  assert_int_equal(shako__date_days((shako__date){1970, 1, 1}), 0);
  assert_int_equal(shako__date_days((shako__date){2000, 3, 1}), 11017);
  assert_int_equal(shako__date_days((shako__date){9999, 12, 31}), 2932896);
}

static void check_written(int64_t unix_time, int zone, const char *want) {
  char buf[64];
  shako__text text;

  assert_true(shako__date_writable(unix_time, zone));
  shako__text_init(&text, buf, sizeof(buf));
  shako__date_write(&text, unix_time, zone);
  assert_string_equal(buf, want);
  assert_int_equal(text.len, strlen(want));
}

static void a_second_is_written_as_mail_has_it(void **state) {
  (void)state;
  check_written(0, 0, "Thu, 1 Jan 1970 00:00:00 +0000");
  check_written(1795535426, 0, "Tue, 24 Nov 2026 15:50:26 +0000");
  check_written(1795535426, 60, "Tue, 24 Nov 2026 16:50:26 +0100");
  check_written(1795535426, -570, "Tue, 24 Nov 2026 06:20:26 -0930");
  check_written(951782399, 0, "Mon, 28 Feb 2000 23:59:59 +0000");
  check_written(951782399, 1, "Tue, 29 Feb 2000 00:00:59 +0001");
  check_written(0, -1439, "Wed, 31 Dec 1969 00:01:00 -2359");
  check_written(-2208988800, 0, "Mon, 1 Jan 1900 00:00:00 +0000");
  check_written(253402300799, 0, "Fri, 31 Dec 9999 23:59:59 +0000");
  check_written(-2208988800 - 3600, 60, "Mon, 1 Jan 1900 00:00:00 +0100");
}

static void other_years_are_not_written(void **state) {
  (void)state;
  assert_false(shako__date_writable(-2208988801, 0));
  assert_false(shako__date_writable(-2208988800, -1));
  assert_false(shako__date_writable(253402300800, 0));
  assert_false(shako__date_writable(253402300799, 1));
  assert_false(shako__date_writable(INT64_MIN, 1439));
  assert_false(shako__date_writable(INT64_MAX, -1439));
  assert_false(shako__date_writable(0, 1440));
  assert_false(shako__date_writable(0, -1440));
  assert_false(shako__date_writable(0, INT32_MAX));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_day_has_its_date),
      cmocka_unit_test(the_epoch_is_1970),
      cmocka_unit_test(a_second_is_written_as_mail_has_it),
      cmocka_unit_test(other_years_are_not_written),
  };

  return cmocka_run_group_tests_name("date", tests, NULL, NULL);
}
