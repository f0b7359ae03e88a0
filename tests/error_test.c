#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <shako/common.h>
#include <shako/version.h>

#define COUNT(ARRAY) (sizeof(ARRAY) / sizeof((ARRAY)[0]))

static const struct {
  int error;
  int is_fatal;
} errors[] = {
    {SHAKO_OK, 0},
    {SHAKO_ERR_INVALID_ARGUMENT, 0},
    {SHAKO_ERR_INVALID_STATE, 0},
    {SHAKO_ERR_STALE_QUESTION, 0},
    {SHAKO_ERR_SYNTAX, 0},
    {SHAKO_ERR_CERTIFICATE, 0},
    {SHAKO_ERR_FATAL, 0},
    {SHAKO_ERR_NOMEM, 1},
    {SHAKO_ERR_TLS, 1},
    {SHAKO_ERR_INTERNAL, 1},
};

static void each_error_has_a_phrase_of_its_own(void **state) {
  (void)state;
  assert_string_equal(shako_strerror(SHAKO_ERR_NOMEM), "out of memory");
  for (size_t i = 0; i < COUNT(errors); i++) {
    const char *phrase = shako_strerror(errors[i].error);

    assert_string_not_equal(phrase, "unknown error");
    for (size_t j = 0; j < i; j++) {
      assert_string_not_equal(phrase, shako_strerror(errors[j].error));
    }
  }
}

static void what_is_no_error_has_a_phrase_too(void **state) {
  static const int others[] = {1, -1, -100, -904, INT_MAX, INT_MIN};

  (void)state;
  for (size_t i = 0; i < COUNT(others); i++) {
    assert_string_equal(shako_strerror(others[i]), "unknown error");
  }
}

static void codes_below_fatal_end_the_session(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(errors); i++) {
    assert_int_equal(shako_is_fatal(errors[i].error) != 0, errors[i].is_fatal);
  }
}

static void the_library_is_of_its_headers_version(void **state) {
  (void)state;
  assert_int_equal(shako_version(), SHAKO_VERSION_NUMBER);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_error_has_a_phrase_of_its_own),
      cmocka_unit_test(what_is_no_error_has_a_phrase_too),
      cmocka_unit_test(codes_below_fatal_end_the_session),
      cmocka_unit_test(the_library_is_of_its_headers_version),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
