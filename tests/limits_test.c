#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "smtp/limits.h"

static void check(uint32_t messages, uint32_t recipients, uint32_t domains,
                  const char *want) {
  shako__limits limits = {messages, recipients, domains};
  char text[SHAKO__LIMITS_SIZE + 1];

  text[SHAKO__LIMITS_SIZE] = '#';
  assert_int_equal(shako__limits_write(&limits, text), strlen(want));
  assert_string_equal(text, want);
  assert_int_equal(text[SHAKO__LIMITS_SIZE], '#');
}

static void c094_limits_are_those_that_there_are(void **state) {
  (void)state;
  check(0, 0, 0, "");
  check(10, 0, 0, "LIMITS MAILMAX=10");
  check(0, 100, 0, "LIMITS RCPTMAX=100");
  check(0, 0, 1, "LIMITS RCPTDOMAINMAX=1");
  check(10, 100, 20, "LIMITS MAILMAX=10 RCPTMAX=100 RCPTDOMAINMAX=20");
  check(999999, 999999, 999999,
        "LIMITS MAILMAX=999999 RCPTMAX=999999 RCPTDOMAINMAX=999999");
}

/* RFC 9422 4: six digits, and never another number than is enforced. */
static void c094_what_has_more_digits_is_not_told(void **state) {
  (void)state;
  check(1000000, 100, UINT32_MAX, "LIMITS RCPTMAX=100");
  check(UINT32_MAX, UINT32_MAX, UINT32_MAX, "");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(c094_limits_are_those_that_there_are),
      cmocka_unit_test(c094_what_has_more_digits_is_not_told),
  };

  return cmocka_run_group_tests_name("limits", tests, NULL, NULL);
}
