#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/ascii.h"
#include "base/utf8.h"
#include "smtp/xtext.h"

#define OCTETS(TEXT)                                                           \
  { (const uint8_t *)(TEXT), sizeof(TEXT) - 1 }
#define COUNT(ARRAY) (sizeof(ARRAY) / sizeof((ARRAY)[0]))

typedef enum form { XTEXT, ADDR_XTEXT, UNITEXT } form;

static bool decode(form how, shako_span from, uint8_t *to, size_t *len) {
  return how == XTEXT ? shako__xtext_decode(from, false, to, len)
                      : shako__unitext_decode(from, how == UNITEXT, to, len);
}

/* Decodes to a place of its own, in place, and to nowhere: all the same. */
static bool decode_all(form how, shako_span from, uint8_t *to, size_t *len) {
  uint8_t own[600];
  size_t lens[2] = {0, 0};
  bool ok = decode(how, from, to, len);

  memcpy(own, from.ptr, from.len);
  assert_int_equal(decode(how, (shako_span){own, from.len}, own, &lens[0]), ok);
  assert_int_equal(decode(how, from, NULL, &lens[1]), ok);
  if (ok) {
    assert_int_equal(lens[0], *len);
    assert_int_equal(lens[1], *len);
    assert_memory_equal(own, to, *len);
  }
  return ok;
}

typedef struct row {
  shako_span text;
  const char *want; /* NULL: refused */
  const char *why;
} row;

static void check_rows(form how, const row *rows, size_t count) {
  size_t i;

  for (i = 0; i < count; i++) {
    uint8_t to[600];
    size_t len = 0;
    bool ok = decode_all(how, rows[i].text, to, &len);

    if (ok != (rows[i].want != NULL) ||
        (ok &&
         (len != strlen(rows[i].want) || memcmp(to, rows[i].want, len) != 0))) {
      fail_msg("%s", rows[i].why);
    }
  }
}

static void xtext_is_decoded(void **state) {
  static const row rows[] = {
      {OCTETS(""), "", "nothing"},
      {OCTETS("QQ314159"), "QQ314159", "as it is"},
      {OCTETS("e+3Dmc2@example.com"), "e=mc2@example.com", "RFC 4954 5"},
      {OCTETS("+2B+3D+20+7E"), "+= ~", "what is encoded"},
      {OCTETS("+41"), "A", "what need not be"},
      {OCTETS("!*,<>~\\\"%"), "!*,<>~\\\"%", "marks"},

      {OCTETS("a=b"), NULL, "an equals sign"},
      {OCTETS("a b"), NULL, "a space"},
      {OCTETS("+"), NULL, "no digits"},
      {OCTETS("+4"), NULL, "one digit"},
      {OCTETS("+4g"), NULL, "a letter"},
      {OCTETS("+G4"), NULL, "a letter"},
      {OCTETS("++41"), NULL, "two signs"},
      {OCTETS("+3d"), NULL, "lower case"},
      {OCTETS("a+0D+0Ab"), NULL, "t47: CR and LF"},
      {OCTETS("a+0Ab"), NULL, "t47: LF"},
      {OCTETS("+00"), NULL, "t47: NUL"},
      {OCTETS("+09"), NULL, "t47: tab"},
      {OCTETS("+1B[2J"), NULL, "t47: escape"},
      {OCTETS("+7F"), NULL, "t47: DEL"},
      {OCTETS("+C3+A9"), NULL, "beyond ASCII"},
      {OCTETS("\xc3\xa9"), NULL, "t46: UTF-8"},
      {OCTETS("a\nb"), NULL, "t47: LF as it is"},
      {OCTETS("a\0b"), NULL, "t47: NUL as it is"},
      {OCTETS("\x7f"), NULL, "t47: DEL as it is"},
  };

  (void)state;
  check_rows(XTEXT, rows, COUNT(rows));
}

/* Each octet as it is and each pair of octets behind a "+". */
static void t47_no_control_comes_out_of_xtext(void **state) {
  static const char digits[] = "0123456789ABCDEF";
  unsigned pair;

  (void)state;
  for (pair = 0; pair < 0x10000; pair++) {
    uint8_t text[] = {'+', (uint8_t)(pair >> 8), (uint8_t)pair};
    const char *high = memchr(digits, text[1], 16);
    const char *low = memchr(digits, text[2], 16);
    long octet = high && low ? (high - digits) * 16 + (low - digits) : -1;
    uint8_t to[3];
    size_t len;

    assert_int_equal(
        shako__xtext_decode((shako_span){text, 3}, false, to, &len),
        octet >= ' ' && octet <= '~');
    if (octet >= ' ' && octet <= '~') {
      assert_int_equal(to[0], octet);
      assert_int_equal(len, 1);
    }
  }
}

static void unitext_is_decoded(void **state) {
  static const row both[] = {
      {OCTETS("joe@a.example"), "joe@a.example", "as it is"},
      {OCTETS("\\x{E9}@a"), "\xc3\xa9@a", "two digits"},
      {OCTETS("\\x{e9}@a"), "\xc3\xa9@a", "in lower case"},
      {OCTETS("\\x{20AC}"), "\xe2\x82\xac", "four digits"},
      {OCTETS("\\x{1F600}"), "\xf0\x9f\x98\x80", "five digits"},
      {OCTETS("\\x{10FFFF}"), "\xf4\x8f\xbf\xbf", "six digits"},
      {OCTETS("\\x{2B}\\x{3D}\\x{5C}\\x{20}"), "+=\\ ", "four of ASCII"},
      {OCTETS("\\x{3BB}x"), "\xce\xbbx", "three digits, and more"},

      {OCTETS(""), NULL, "nothing"},
      {OCTETS("a+b"), NULL, "a plus"},
      {OCTETS("a=b"), NULL, "an equals sign"},
      {OCTETS("a b"), NULL, "a space"},
      {OCTETS("a\\b"), NULL, "a backslash"},
      {OCTETS("a\\"), NULL, "a backslash at the end"},
      {OCTETS("\\x"), NULL, "cut off"},
      {OCTETS("\\x{"), NULL, "cut off"},
      {OCTETS("\\x{}"), NULL, "no digits"},
      {OCTETS("\\x{E"), NULL, "cut off"},
      {OCTETS("\\x{E9"), NULL, "not closed"},
      {OCTETS("\\x{E9)"), NULL, "closed otherwise"},
      {OCTETS("\\X{E9}"), NULL, "a great X"},
      {OCTETS("\\x{9}"), NULL, "one digit"},
      {OCTETS("\\x{0E9}"), NULL, "a leading zero"},
      {OCTETS("\\x{00E9}"), NULL, "leading zeros"},
      {OCTETS("\\x{0000E9}"), NULL, "leading zeros"},
      {OCTETS("\\x{00000E9}"), NULL, "seven digits"},
      {OCTETS("\\x{41}"), NULL, "a letter"},
      {OCTETS("\\x{3B}"), NULL, "another of ASCII"},
      {OCTETS("\\x{D800}"), NULL, "t46: surrogate"},
      {OCTETS("\\x{DFFF}"), NULL, "t46: surrogate"},
      {OCTETS("\\x{110000}"), NULL, "t46: over U+10FFFF"},
      {OCTETS("\\x{FFFFFF}"), NULL, "t46: over U+10FFFF"},
      {OCTETS("\\x{0A}"), NULL, "t47: LF"},
      {OCTETS("\\x{0D}\\x{0A}"), NULL, "t47: CR and LF"},
      {OCTETS("\\x{00}"), NULL, "t47: NUL"},
      {OCTETS("\\x{10}"), NULL, "t47: a control that HEXPOINT has"},
      {OCTETS("\\x{7F}"), NULL, "t47: DEL"},
      {OCTETS("\\x{85}"), NULL, "t47: U+0085"},
      {OCTETS("\\x{9F}"), NULL, "t47: U+009F"},
      {OCTETS("a\nb"), NULL, "t47: LF as it is"},
      {OCTETS("a\0b"), NULL, "t47: NUL as it is"},
      {OCTETS("\xc3"), NULL, "t46: cut off"},
      {OCTETS("\xc3\\x{E9}"), NULL, "t46: cut off"},
      {OCTETS("\xc0\xaf"), NULL, "t46: too long"},
      {OCTETS("\xed\xa0\x80"), NULL, "t46: surrogate"},
      {OCTETS("\xc2\x85"), NULL, "t47: U+0085 as it is"},
  };
  static const row raw[] = {
      {OCTETS("\xc3\xa9@\xe2\x82\xac"), "\xc3\xa9@\xe2\x82\xac", "UTF-8"},
      {OCTETS("\xc3\xa9\\x{E9}"), "\xc3\xa9\xc3\xa9", "both forms"},
  };
  size_t i;

  (void)state;
  check_rows(ADDR_XTEXT, both, COUNT(both));
  check_rows(UNITEXT, both, COUNT(both));
  check_rows(UNITEXT, raw, COUNT(raw));
  for (i = 0; i < COUNT(raw); i++) {
    row ascii = {raw[i].text, NULL, raw[i].why};

    check_rows(ADDR_XTEXT, &ascii, 1);
  }
}

/* Every character in its shortest spelling, and what comes out of it. */
static void every_embedded_character_is_itself(void **state) {
  uint32_t point;

  (void)state;
  for (point = 0; point < 0x111000; point++) {
    bool control = point < ' ' || (point >= 0x7f && point < 0xa0);
    bool ascii = point < 0x80 && !(point < ' ' || point == 0x7f);
    bool want = !control && point < 0x110000 &&
                (point < 0xd800 || point > 0xdfff) &&
                (!ascii || memchr(" +=\\", (int)point, 4) != NULL);
    char text[16];
    uint8_t to[16], octets[4];
    size_t len;

    snprintf(text, sizeof(text), "\\x{%02X}", (unsigned)point);
    if (shako__unitext_decode(shako__span(text), false, to, &len) != want) {
      fail_msg("%s", text);
    }
    if (want) {
      assert_int_equal(len, shako__utf8_put(point, octets));
      assert_memory_equal(to, octets, len);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(xtext_is_decoded),
      cmocka_unit_test(t47_no_control_comes_out_of_xtext),
      cmocka_unit_test(unitext_is_decoded),
      cmocka_unit_test(every_embedded_character_is_itself),
  };

  return cmocka_run_group_tests_name("xtext", tests, NULL, NULL);
}
