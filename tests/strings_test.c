#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/ascii.h"
#include "base/mem.h"
#include "base/strings.h"

static void words_become_a_list(void **state) {
  const shako_mem mem = shako__mem_default();
  shako__strings strings;
  const char *list;
  const char *second;

  (void)state;
  shako__strings_init(&strings, &mem);
  list = shako__strings_list(&strings, shako__span(" PLAIN\t X-Y\n"));
  assert_string_equal(list, "PLAIN");
  second = shako__list_next(list);
  assert_string_equal(second, "X-Y");
  assert_null(shako__list_next(second));
  assert_ptr_equal(shako__list_find(list, shako__span("x-y")), second);
  assert_ptr_equal(shako__list_find(list, shako__span("Plain")), list);
  assert_null(shako__list_find(list, shako__span("X-")));
  assert_null(shako__list_find(list, shako__span("X-YZ")));
  assert_null(shako__list_find(list, shako__span("")));
  shako__strings_free(&strings);
}

static void no_words_are_an_empty_list(void **state) {
  const shako_mem mem = shako__mem_default();
  shako__strings strings;
  const char *list;

  (void)state;
  shako__strings_init(&strings, &mem);
  list = shako__strings_list(&strings, shako__span(" \t"));
  assert_string_equal(list, "");
  assert_null(shako__list_next(list));
  assert_null(shako__list_find(list, shako__span("")));
  assert_null(shako__list_find(list, shako__span("X")));
  list = shako__strings_list(&strings, shako__span(""));
  assert_string_equal(list, "");
  assert_null(shako__list_find(NULL, shako__span("X")));
  shako__strings_free(&strings);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(words_become_a_list),
      cmocka_unit_test(no_words_are_an_empty_list),
  };

  return cmocka_run_group_tests_name("strings", tests, NULL, NULL);
}
