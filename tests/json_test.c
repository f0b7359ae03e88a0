#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"

static void write_all(shako__json *json) {
  static const uint8_t octets[] = {'a', 0, '\n', '"', '\\', 0x7f, 0xc3, 0xbc};
  shako_span span = {octets, sizeof(octets)};
  shako_span none = {NULL, 0};

  shako__json_object(json, NULL);
  shako__json_octets(json, "octets", span);
  shako__json_octets(json, "none", none);
  shako__json_string(json, "word", "quit");
  shako__json_string(json, "no_word", NULL);
  shako__json_array(json, "list");
  shako__json_number(json, NULL, UINT64_MAX);
  shako__json_integer(json, NULL, INT64_MIN);
  shako__json_object(json, NULL);
  shako__json_object_end(json);
  shako__json_array_end(json);
  shako__json_bool(json, "yes", true);
  shako__json_bool(json, "no", false);
  shako__json_integer(json, "zero", 0);
  shako__json_object_end(json);
}

/* In a buffer of any size stands what fits of it, and a NUL. */
static void every_value_is_written(void **state) {
  static const char whole[] =
      "{\"octets\":\"a\\u0000\\u000a\\\"\\\\\\u007f\\u00c3\\u00bc\","
      "\"none\":\"\",\"word\":\"quit\",\"no_word\":null,"
      "\"list\":[18446744073709551615,-9223372036854775808,{}],"
      "\"yes\":true,\"no\":false,\"zero\":0}";
  size_t size;

  (void)state;
  for (size = 0; size <= sizeof(whole) + 2; size++) {
    char buf[sizeof(whole) + 8];
    shako__json json;

    memset(buf, '#', sizeof(buf));
    shako__json_init(&json, size == 0 ? NULL : buf, size);
    write_all(&json);
    assert_int_equal(json.text.len, sizeof(whole) - 1);
    if (size > 0) {
      size_t n = size - 1 < sizeof(whole) - 1 ? size - 1 : sizeof(whole) - 1;

      assert_int_equal(strlen(buf), n);
      assert_memory_equal(buf, whole, n);
    }
    assert_int_equal(buf[size], '#');
  }
}

/* Every octet stands as itself, behind a backslash, or as its number. */
static void every_octet_is_printable(void **state) {
  unsigned c;

  (void)state;
  for (c = 0; c < 256; c++) {
    uint8_t octet = (uint8_t)c;
    shako_span span = {&octet, 1};
    char buf[16];
    char wanted[16];
    shako__json json;

    if (c == '"' || c == '\\') {
      snprintf(wanted, sizeof(wanted), "\"\\%c\"", c);
    } else if (c < 0x20 || c > 0x7e) {
      snprintf(wanted, sizeof(wanted), "\"\\u%04x\"", c);
    } else {
      snprintf(wanted, sizeof(wanted), "\"%c\"", c);
    }
    shako__json_init(&json, buf, sizeof(buf));
    shako__json_octets(&json, NULL, span);
    assert_string_equal(buf, wanted);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_value_is_written),
      cmocka_unit_test(every_octet_is_printable),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
