#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/strings.h"
#include "base/text.h"

static void write_all(shako__text *text) {
  static const uint8_t octets[] = {'a', 0, '\n', '"', '\\', 0xff, ' '};
  shako_span span = {octets, sizeof(octets)};

  shako__text_put(text, "n = ");
  shako__text_put_number(text, UINT64_MAX);
  shako__text_put(text, "; ");
  shako__text_put_escaped(text, span);
}

/* In a buffer of any size stands what fits of it, and a NUL. */
static void a_text_is_cut_off_where_its_buffer_ends(void **state) {
  static const char whole[] =
      "n = 18446744073709551615; a\\x00\\x0a\\x22\\x5c\\xff ";
  size_t size;

  (void)state;
  for (size = 0; size <= sizeof(whole) + 2; size++) {
    char buf[64];
    shako__text text;

    memset(buf, '#', sizeof(buf));
    shako__text_init(&text, size == 0 ? NULL : buf, size);
    write_all(&text);
    assert_int_equal(text.len, sizeof(whole) - 1);
    if (size > 0) {
      size_t n = size - 1 < sizeof(whole) - 1 ? size - 1 : sizeof(whole) - 1;

      assert_int_equal(strlen(buf), n);
      assert_memory_equal(buf, whole, n);
    }
    assert_int_equal(buf[size], '#');
  }
}

static void *counted_alloc(size_t size, void *user_data) {
  *(size_t *)user_data += size;
  return malloc(size);
}

static void counted_release(void *ptr, size_t size, void *user_data) {
  *(size_t *)user_data -= size;
  free(ptr);
}

static void strings_stay_where_they_are(void **state) {
  char long_one[5000];
  const char *kept[2000];
  shako__strings strings;
  size_t held = 0;
  shako_mem mem = {&held, counted_alloc, counted_release};
  size_t i;

  (void)state;
  memset(long_one, 'x', sizeof(long_one));
  shako__strings_init(&strings, &mem);
  for (i = 0; i < 2000; i++) {
    shako_span span = {(const uint8_t *)long_one,
                       i % 10 == 9 ? i * 5 / 2 : i % 7};

    kept[i] = shako__strings_keep(&strings, span);
    assert_non_null(kept[i]);
  }
  for (i = 0; i < 2000; i++) {
    size_t len = i % 10 == 9 ? i * 5 / 2 : i % 7;

    assert_int_equal(strlen(kept[i]), len);
    assert_memory_equal(kept[i], long_one, len);
  }
  shako__strings_free(&strings);
  assert_int_equal(held, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_text_is_cut_off_where_its_buffer_ends),
      cmocka_unit_test(strings_stay_where_they_are),
  };

  return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
