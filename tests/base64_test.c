#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/ascii.h"
#include "base/base64.h"

#define OCTETS(TEXT)                                                           \
  { (const uint8_t *)(TEXT), sizeof(TEXT) - 1 }
#define COUNT(ARRAY) (sizeof(ARRAY) / sizeof((ARRAY)[0]))

static void check_pair(const char *octets, const char *base64) {
  shako_span from = shako__span(octets);
  uint8_t buf[64];
  size_t len = 99;

  assert_int_equal(shako__base64_encode(from, buf), strlen(base64));
  assert_memory_equal(buf, base64, strlen(base64));
  assert_int_equal(SHAKO__BASE64_SIZE(from.len), strlen(base64));
  memset(buf, '#', sizeof(buf));
  assert_true(shako__base64_decode(shako__span(base64), buf, &len));
  assert_int_equal(len, from.len);
  assert_memory_equal(buf, octets, len);
  assert_int_equal(buf[strlen(base64) / 4 * 3], '#');
}

/* RFC 4648 10. */
static void the_rfcs_own_examples(void **state) {
  (void)state;
  check_pair("", "");
  check_pair("f", "Zg==");
  check_pair("fo", "Zm8=");
  check_pair("foo", "Zm9v");
  check_pair("foob", "Zm9vYg==");
  check_pair("fooba", "Zm9vYmE=");
  check_pair("foobar", "Zm9vYmFy");
  check_pair("Username:", "VXNlcm5hbWU6");
}

static void c075_what_is_not_base64_is_refused(void **state) {
  static const struct row {
    shako_span text;
    const char *why;
  } rows[] = {
      {OCTETS("Z"), "one character"},
      {OCTETS("Zg"), "no padding"},
      {OCTETS("Zg="), "half of the padding"},
      {OCTETS("Zg=="
              "="),
       "too much padding"},
      {OCTETS("Zm9v===="), "padding alone, behind"},
      {OCTETS("===="), "padding alone"},
      {OCTETS("Z==="), "six bits"},
      {OCTETS("=Zg="), "padding first"},
      {OCTETS("Z=g="), "padding inside"},
      {OCTETS("Zg==Zm9v"), "padding, and then more"},
      {OCTETS("Zh=="), "four bits that are not zero"},
      {OCTETS("Zm9="), "two bits that are not zero"},
      {OCTETS(" Zm9"), "a space"},
      {OCTETS("Zm9v\r\n"), "a line end"},
      {OCTETS("Zm\r\n"), "a line end in the place of two characters"},
      {OCTETS("Zm9v\n   "), "a line end and spaces"},
      {OCTETS("Zm9\0"), "NUL"},
      {OCTETS("Zm-_"), "the alphabet of RFC 4648 5"},
      {OCTETS("Zm9\xef"), "v with the high bit"},
      {OCTETS("Zm9."), "a dot"},
      {OCTETS("Zm:@"), "beside the digits and letters"},
      {OCTETS("[`{,"), "beside the letters and the plus"},
      {OCTETS("*"), "a star"},
      {OCTETS("="), "an equals sign"},
  };
  uint8_t buf[64];
  size_t i;

  (void)state;
  for (i = 0; i < COUNT(rows); i++) {
    size_t len;

    if (shako__base64_decode(rows[i].text, buf, &len)) {
      fail_msg("%s", rows[i].why);
    }
  }
}

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Each octet in each place of a group, against the alphabet as it is written
   down in RFC 4648 4. */
static void every_character_stands_for_its_six_bits(void **state) {
  unsigned c;
  size_t place;

  (void)state;
  for (c = 0; c < 256; c++) {
    const char *at = c == 0 ? NULL : strchr(alphabet, (int)c);

    for (place = 0; place < 4; place++) {
      uint8_t text[4] = {'A', 'A', 'A', 'A'};
      uint8_t octets[3];
      size_t len;
      bool ok;

      text[place] = (uint8_t)c;
      ok = shako__base64_decode((shako_span){text, 4}, octets, &len);
      assert_int_equal(ok, at != NULL || (c == '=' && place == 3));
      if (at) {
        uint32_t bits =
            (uint32_t)(octets[0] << 16 | octets[1] << 8 | octets[2]);

        assert_int_equal(len, 3);
        assert_int_equal(bits, (size_t)(at - alphabet) << (18 - 6 * place));
      }
    }
  }
}

/* Of all groups with padding the one is taken that encode() makes. */
static void c075_each_octet_has_one_spelling(void **state) {
  unsigned first, second;

  (void)state;
  for (first = 0; first < 64; first++) {
    for (second = 0; second < 64; second++) {
      uint8_t one[] = {(uint8_t)alphabet[first], (uint8_t)alphabet[second], '=',
                       '='};
      uint8_t two[] = {'A', (uint8_t)alphabet[first], (uint8_t)alphabet[second],
                       '='};
      uint8_t octets[3];
      size_t len;

      assert_int_equal(shako__base64_decode((shako_span){one, 4}, octets, &len),
                       second % 16 == 0);
      assert_int_equal(shako__base64_decode((shako_span){two, 4}, octets, &len),
                       second % 4 == 0);
    }
  }
}

static void both_ways_work_in_place(void **state) {
  uint8_t octets[300];
  uint8_t buf[400];
  size_t len, i;

  (void)state;
  for (i = 0; i < sizeof(octets); i++) {
    octets[i] = (uint8_t)(i * 167 + 13);
  }
  for (len = 0; len <= sizeof(octets); len++) {
    uint8_t apart[400];
    size_t back = 0;
    size_t size = shako__base64_encode((shako_span){octets, len}, apart);

    memcpy(buf, octets, len);
    assert_int_equal(shako__base64_encode((shako_span){buf, len}, buf), size);
    assert_memory_equal(buf, apart, size);
    assert_true(shako__base64_decode((shako_span){buf, size}, buf, &back));
    assert_int_equal(back, len);
    assert_memory_equal(buf, octets, len);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_rfcs_own_examples),
      cmocka_unit_test(c075_what_is_not_base64_is_refused),
      cmocka_unit_test(every_character_stands_for_its_six_bits),
      cmocka_unit_test(c075_each_octet_has_one_spelling),
      cmocka_unit_test(both_ways_work_in_place),
  };

  return cmocka_run_group_tests_name("base64", tests, NULL, NULL);
}
