#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/utf8.h"

#define OCTETS(TEXT)                                                           \
  { (const uint8_t *)(TEXT), sizeof(TEXT) - 1 }
#define COUNT(ARRAY) (sizeof(ARRAY) / sizeof((ARRAY)[0]))

static void t46_what_is_not_utf8_is_refused(void **state) {
  static const struct row {
    shako_span text;
    bool utf8;
    bool text_only;
    const char *why;
  } rows[] = {
      {OCTETS(""), true, true, "nothing"},
      {OCTETS("joe"), true, true, "ASCII"},
      {OCTETS("j\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80"), true, true,
       "two, three and four octets"},
      {OCTETS("\xef\xbb\xbf"), true, true, "a byte order mark is a character"},
      {OCTETS("\xef\xbf\xbf\xf4\x8f\xbf\xbf"), true, true, "noncharacters"},
      {OCTETS("a\0b"), true, false, "NUL"},
      {OCTETS("a\nb"), true, false, "LF"},
      {OCTETS("a\tb"), true, false, "tab"},
      {OCTETS("\x7f"), true, false, "DEL"},
      {OCTETS("\xc2\x80"), true, false, "U+0080"},
      {OCTETS("\xc2\x85"), true, false, "U+0085, next line"},
      {OCTETS("\xc2\x9f"), true, false, "U+009F"},
      {OCTETS("\xc2\xa0"), true, true, "U+00A0"},

      {OCTETS("\xc3"), false, false, "cut off"},
      {OCTETS("\xe2\x82"), false, false, "cut off"},
      {OCTETS("\xf0\x9f\x98"), false, false, "cut off"},
      {OCTETS("\xc3 x"), false, false, "the second is missing"},
      {OCTETS("\xe2\x82x"), false, false, "the third is missing"},
      {OCTETS("\xf0\x9f\x98x"), false, false, "the fourth is missing"},
      {OCTETS("\x80"), false, false, "nothing before"},
      {OCTETS("\xc3\xbc\xbc"), false, false, "one too many"},
      {OCTETS("\xc0\x80"), false, false, "NUL in two"},
      {OCTETS("\xc0\xaf"), false, false, "slash in two"},
      {OCTETS("\xc1\xbf"), false, false, "DEL in two"},
      {OCTETS("\xe0\x80\xaf"), false, false, "slash in three"},
      {OCTETS("\xe0\x9f\xbf"), false, false, "U+07FF in three"},
      {OCTETS("\xf0\x8f\xbf\xbf"), false, false, "U+FFFF in four"},
      {OCTETS("\xed\xa0\x80"), false, false, "U+D800"},
      {OCTETS("\xed\xbf\xbf"), false, false, "U+DFFF"},
      {OCTETS("\xed\xa1\x8c\xed\xbe\xb4"), false, false, "CESU-8"},
      {OCTETS("\xf4\x90\x80\x80"), false, false, "U+110000"},
      {OCTETS("\xf5\x80\x80\x80"), false, false, "over that"},
      {OCTETS("\xf8\x88\x80\x80\x80"), false, false, "five octets"},
      {OCTETS("\xfe\xff"), false, false, "no first octet"},
      {OCTETS("abc\xff"), false, false, "at the end"},
  };
  size_t i;

  (void)state;
  for (i = 0; i < COUNT(rows); i++) {
    if (shako__is_utf8(rows[i].text) != rows[i].utf8 ||
        shako__is_utf8_text(rows[i].text) != rows[i].text_only) {
      fail_msg("%s", rows[i].why);
    }
  }
}

/* Every character is what put() makes of it, and of all that begins as one and
   has its length nothing else is one. */
static void every_character_has_one_form(void **state) {
  uint32_t point;

  (void)state;
  for (point = 0; point < 0x110000; point++) {
    uint8_t octets[4];
    size_t len = shako__utf8_put(point, octets);
    bool surrogate = point >= 0xd800 && point <= 0xdfff;
    shako_span span = {octets, len};

    assert_int_equal(len, point < 0x80      ? 1
                          : point < 0x800   ? 2
                          : point < 0x10000 ? 3
                                            : 4);
    if (shako__utf8_length(span) != (surrogate ? 0 : len)) {
      fail_msg("U+%04x", (unsigned)point);
    }
    span.len--;
    assert_int_equal(shako__utf8_length(span), 0);
  }
}

/* Of all sequences of two octets, and of three, as many are characters as
   there are. */
static void there_are_no_others(void **state) {
  unsigned two = 0;
  unsigned three = 0;
  uint32_t number;

  (void)state;
  for (number = 0; number < 0x1000000; number++) {
    uint8_t octets[] = {(uint8_t)(number >> 16), (uint8_t)(number >> 8),
                        (uint8_t)number};
    size_t len = shako__utf8_length((shako_span){octets, 3});

    two += len == 2;
    three += len == 3;
  }
  assert_int_equal(two, (0x800 - 0x80) * 256);
  assert_int_equal(three, 0x10000 - 0x800 - 0x800);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(t46_what_is_not_utf8_is_refused),
      cmocka_unit_test(every_character_has_one_form),
      cmocka_unit_test(there_are_no_others),
  };

  return cmocka_run_group_tests_name("utf8", tests, NULL, NULL);
}
