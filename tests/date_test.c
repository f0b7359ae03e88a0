#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

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

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_day_has_its_date),
      cmocka_unit_test(the_epoch_is_1970),
  };

  return cmocka_run_group_tests_name("date", tests, NULL, NULL);
}
