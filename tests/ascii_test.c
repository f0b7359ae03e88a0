#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/ascii.h"

#define OCTETS(TEXT)                                                           \
  { (const uint8_t *)(TEXT), sizeof(TEXT) - 1 }
#define COUNT(ARRAY) (sizeof(ARRAY) / sizeof((ARRAY)[0]))

static void classes_are_those_of_ascii_alone(void **state) {
  static const char upper[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  static const char lower[] = "abcdefghijklmnopqrstuvwxyz";
  static const char digits[] = "0123456789";
  unsigned c;

  (void)state;

  for (c = 0; c < 256; c++) {
    bool is_upper = memchr(upper, (int)c, 26) != NULL;
    bool is_lower = memchr(lower, (int)c, 26) != NULL;
    bool is_digit = memchr(digits, (int)c, 10) != NULL;
    uint8_t octet = (uint8_t)c;

    assert_int_equal(shako__is_digit(octet), is_digit);
    assert_int_equal(shako__is_alpha(octet), is_upper || is_lower);
    assert_int_equal(shako__is_alnum(octet), is_upper || is_lower || is_digit);
    assert_int_equal(shako__is_text(octet), c >= ' ' && c <= '~');
    assert_int_equal(shako__upper(octet), is_lower ? c - 32 : c);
  }
}

static void equals_ignores_case_and_nothing_else(void **state) {
  static const struct row {
    shako_span span;
    const char *text;
    bool equals;
    bool starts_with;
    const char *why;
  } rows[] = {
      {OCTETS("MAIL"), "MAIL", true, true, "same"},
      {OCTETS("mAiL"), "MAIL", true, true, "case of the span"},
      {OCTETS("MAIL"), "mail", true, true, "case of the text"},
      {OCTETS("MAILX"), "MAIL", false, true, "longer"},
      {OCTETS("MAI"), "MAIL", false, false, "shorter"},
      {OCTETS(""), "MAIL", false, false, "empty span"},
      {OCTETS(""), "", true, true, "both empty"},
      {OCTETS("MAIL"), "", false, true, "empty text"},
      {OCTETS("MA\0L"), "MAIL", false, false, "NUL inside"},
      {OCTETS("MAIL\0"), "MAIL", false, true, "NUL behind"},
      {OCTETS("\xcd\x41IL"), "MAIL", false, false, "M with the high bit"},
      {OCTETS("@"), "`", false, false, "differs by 0x20, no letter"},
      {OCTETS("{"), "[", false, false, "differs by 0x20, no letter"},
  };
  size_t i;

  (void)state;

  for (i = 0; i < COUNT(rows); i++) {
    if (shako__equals(rows[i].span, rows[i].text) != rows[i].equals ||
        shako__starts_with(rows[i].span, rows[i].text) != rows[i].starts_with) {
      fail_msg("%s", rows[i].why);
    }
  }
}

static void text_is_printable_ascii_and_space(void **state) {
  static const struct row {
    shako_span span;
    bool want;
    const char *why;
  } rows[] = {
      {OCTETS(""), true, "nothing is wrong with nothing"},
      {OCTETS(" !\"#azAZ09~"), true, "both ends of the class"},
      {OCTETS("a\tb"), false, "tab"},
      {OCTETS("a\0b"), false, "NUL"},
      {OCTETS("a\x7f"), false, "DEL"},
      {OCTETS("\x1f"), false, "below the space"},
      {OCTETS("a\r"), false, "CR"},
      {OCTETS("\xc3\xa9"), false, "UTF-8"},
      {OCTETS("abc\x80"), false, "8-bit at the end"},
  };
  size_t i;

  (void)state;

  for (i = 0; i < COUNT(rows); i++) {
    if (shako__all_text(rows[i].span) != rows[i].want) {
      fail_msg("%s", rows[i].why);
    }
  }
}

static void one_octet_that_is_no_text_is_found_wherever_it_is(void **state) {
  uint8_t octets[20];
  size_t at;
  int c;

  (void)state;
  for (at = 0; at < sizeof(octets); at++) {
    for (c = 0; c < 256; c++) {
      memset(octets, c & 1 ? '~' : ' ', sizeof(octets));
      octets[at] = (uint8_t)c;
      assert_int_equal(shako__all_text((shako_span){octets, sizeof(octets)}),
                       shako__is_text((uint8_t)c));
    }
  }
}

static void numbers_are_1_to_20_digits_below_2_to_the_64(void **state) {
  static const struct row {
    shako_span span;
    bool ok;
    uint64_t want;
    const char *why;
  } rows[] = {
      {OCTETS("0"), true, 0, "zero"},
      {OCTETS("7"), true, 7, "one digit"},
      {OCTETS("007"), true, 7, "leading zeros"},
      {OCTETS("00000000000000000007"), true, 7, "20 digits"},
      {OCTETS("000000000000000000007"), false, 0, "21 digits"},
      {OCTETS("4294967296"), true, UINT64_C(4294967296), "over 32 bits"},
      {OCTETS("18446744073709551615"), true, UINT64_MAX, "the largest"},
      {OCTETS("18446744073709551616"), false, 0, "one more"},
      {OCTETS("99999999999999999999"), false, 0, "20 nines"},
      {OCTETS(""), false, 0, "nothing"},
      {OCTETS("-1"), false, 0, "minus"},
      {OCTETS("+1"), false, 0, "plus"},
      {OCTETS(" 1"), false, 0, "space before"},
      {OCTETS("1 "), false, 0, "space behind"},
      {OCTETS("1a"), false, 0, "letter"},
      {OCTETS("0x10"), false, 0, "hexadecimal"},
      {OCTETS("1\0"), false, 0, "NUL"},
      {OCTETS("/"), false, 0, "below 0"},
      {OCTETS(":"), false, 0, "above 9"},
      {OCTETS("\xb1"), false, 0, "1 with the high bit"},
  };
  size_t i;

  (void)state;

  for (i = 0; i < COUNT(rows); i++) {
    uint64_t number = 99;
    bool ok = shako__number(rows[i].span, &number);

    if (ok != rows[i].ok || number != (ok ? rows[i].want : 99)) {
      fail_msg("%s", rows[i].why);
    }
  }
}

static void cut_takes_one_octet_or_nothing(void **state) {
  shako_span text = OCTETS("ab");
  shako_span none = {NULL, 0};

  (void)state;

  assert_false(shako__cut(&text, 'b'));
  assert_int_equal(text.len, 2);
  assert_true(shako__cut(&text, 'a'));
  assert_int_equal(text.len, 1);
  assert_int_equal(text.ptr[0], 'b');
  assert_true(shako__cut(&text, 'b'));
  assert_false(shako__cut(&text, 'b'));
  assert_false(shako__cut(&none, 0));
}

static void cut_class_takes_the_run_at_the_start(void **state) {
  shako_span text = OCTETS("123a45");
  shako_span none = {NULL, 0};
  shako_span run = shako__cut_class(&text, shako__is_digit);

  (void)state;

  assert_int_equal(run.len, 3);
  assert_int_equal(run.ptr[0], '1');
  assert_ptr_equal(text.ptr, run.ptr + 3);
  assert_int_equal(text.len, 3);
  assert_int_equal(shako__cut_class(&text, shako__is_digit).len, 0);
  assert_int_equal(text.len, 3);
  assert_int_equal(shako__cut_class(&none, shako__is_digit).len, 0);
}

static void hexadecimal_digits_are_read_in_upper_case(void **state) {
  static const char digits[] = "0123456789ABCDEF";

  (void)state;
  for (unsigned c = 0; c < 256; c++) {
    const char *at = c != 0 ? strchr(digits, (int)c) : NULL;

    assert_int_equal(shako__hex_value((uint8_t)c),
                     at != NULL ? at - digits : (long)SHAKO__NO_HEX);
  }
}

static void octets_are_written_in_hexadecimal_digits(void **state) {
  static const uint8_t octets[] = {0x00, 0x9a, 0xff};
  char text[8] = "xxxxxxx";

  (void)state;
  shako__put_hex(text, octets, 3);
  assert_string_equal(text, "009aff");
  shako__put_hex(text, octets, 0);
  assert_string_equal(text, "");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(classes_are_those_of_ascii_alone),
      cmocka_unit_test(equals_ignores_case_and_nothing_else),
      cmocka_unit_test(text_is_printable_ascii_and_space),
      cmocka_unit_test(one_octet_that_is_no_text_is_found_wherever_it_is),
      cmocka_unit_test(numbers_are_1_to_20_digits_below_2_to_the_64),
      cmocka_unit_test(cut_takes_one_octet_or_nothing),
      cmocka_unit_test(cut_class_takes_the_run_at_the_start),
      cmocka_unit_test(hexadecimal_digits_are_read_in_upper_case),
      cmocka_unit_test(octets_are_written_in_hexadecimal_digits),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
