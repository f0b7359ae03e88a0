#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "smtp/param.h"

#define OCTETS(TEXT)                                                           \
  { (const uint8_t *)(TEXT), sizeof(TEXT) - 1 }
#define COUNT(ARRAY) (sizeof(ARRAY) / sizeof((ARRAY)[0]))

static bool same(shako_span a, shako_span b) {
  return a.len == b.len && memcmp(a.ptr, b.ptr, a.len) == 0;
}

static void parameters_are_read_one_by_one(void **state) {
  static const struct row {
    shako_span text;
    shako_span keyword;
    shako_span value;
    bool has_value;
    shako_span rest;
    const char *why;
  } rows[] = {
      {OCTETS(" SIZE=10"), OCTETS("SIZE"), OCTETS("10"), true, OCTETS(""),
       "with a value"},
      {OCTETS(" SMTPUTF8"), OCTETS("SMTPUTF8"), OCTETS(""), false, OCTETS(""),
       "without"},
      {OCTETS("   A=b  C"), OCTETS("A"), OCTETS("b"), true, OCTETS("  C"),
       "spaces before, another behind"},
      {OCTETS(" A B=c"), OCTETS("A"), OCTETS(""), false, OCTETS(" B=c"),
       "without a value, another behind"},
      {OCTETS(" 8BIT-x=1"), OCTETS("8BIT-x"), OCTETS("1"), true, OCTETS(""),
       "digit first, hyphen inside"},
      {OCTETS(" A-"), OCTETS("A-"), OCTETS(""), false, OCTETS(""),
       "hyphen at the end, as the grammar has it"},
      {OCTETS(" A=!<>~;+@\"\\"), OCTETS("A"), OCTETS("!<>~;+@\"\\"), true,
       OCTETS(""), "any text is a value"},
  };
  size_t i;

  (void)state;

  for (i = 0; i < COUNT(rows); i++) {
    shako_span text = rows[i].text;
    shako__param param;

    if (!shako__param_read(&text, false, &param) || !same(text, rows[i].rest) ||
        !same(param.keyword, rows[i].keyword) ||
        !same(param.value, rows[i].value) ||
        param.has_value != rows[i].has_value) {
      fail_msg("%s", rows[i].why);
    }
  }
}

static void t48_what_is_no_parameter_is_refused(void **state) {
  static const struct row {
    shako_span text;
    const char *why;
  } rows[] = {
      {OCTETS(""), "nothing"},
      {OCTETS(" "), "a space"},
      {OCTETS("A=b"), "no space before"},
      {OCTETS("\tA=b"), "a tab before"},
      {OCTETS(" ="), "an equals sign"},
      {OCTETS(" =b"), "no keyword"},
      {OCTETS(" A="), "no value"},
      {OCTETS(" A= B"), "no value, another behind"},
      {OCTETS(" A=b=c"), "two equals signs"},
      {OCTETS(" A==b"), "two equals signs"},
      {OCTETS(" -A=b"), "hyphen first"},
      {OCTETS(" A_B=c"), "underscore"},
      {OCTETS(" A;B"), "semicolon"},
      {OCTETS(" A\tB"), "tab behind"},
      {OCTETS(" A=b\tC"), "tab in a value"},
      {OCTETS(" A=b\0"), "NUL"},
      {OCTETS(" A=\x7f"), "DEL"},
      {OCTETS(" A=b\rC"), "bare CR"},
      {OCTETS(" A=\xc3\xa9"), "t46: UTF-8"},
      {OCTETS(" A=\xc3"), "t46: UTF-8 cut off"},
      {OCTETS(" \xc3\xa9=b"), "t46: UTF-8 keyword"},
  };
  size_t i;

  (void)state;

  for (i = 0; i < COUNT(rows); i++) {
    shako_span text = rows[i].text;
    shako__param param;

    if (shako__param_read(&text, false, &param) ||
        text.ptr != rows[i].text.ptr || text.len != rows[i].text.len) {
      fail_msg("%s", rows[i].why);
    }
  }
}

static void c067_values_hold_utf8_where_it_may_be(void **state) {
  static const struct row {
    shako_span text;
    bool want;
    const char *why;
  } rows[] = {
      {OCTETS(" A=\xc3\xa9"), true, "a value"},
      {OCTETS(" A=x\xf0\x9f\x98\x80y B"), true, "within one"},
      {OCTETS(" A=b"), true, "ASCII"},
      {OCTETS(" A=\xc3"), false, "t46: cut off"},
      {OCTETS(" A=\xc3 \xa9"), false, "t46: cut in two"},
      {OCTETS(" A=\xc0\xaf"), false, "t46: too long"},
      {OCTETS(" A=\xed\xa0\x80"), false, "t46: surrogate"},
      {OCTETS(" A=\xc2\x85"), false, "t47: U+0085"},
      {OCTETS(" A=\n"), false, "t47: LF"},
      {OCTETS(" A=\0"), false, "t47: NUL"},
      {OCTETS(" A=\xc3\xa9="), false, "two equals signs"},
      {OCTETS(" \xc3\xa9=b"), false, "a keyword"},
  };
  size_t i;

  (void)state;

  for (i = 0; i < COUNT(rows); i++) {
    shako_span text = rows[i].text;
    shako__param param;

    if (shako__param_read(&text, true, &param) != rows[i].want) {
      fail_msg("%s", rows[i].why);
    }
  }
}

static void bdat_takes_a_size_and_perhaps_last(void **state) {
  static const struct row {
    shako_span argument;
    bool ok;
    uint64_t size;
    bool last;
    const char *why;
  } rows[] = {
      {OCTETS("0"), true, 0, false, "an empty chunk"},
      {OCTETS("0 LAST"), true, 0, true, "c064: an empty last chunk"},
      {OCTETS("86 LAST"), true, 86, true, "last"},
      {OCTETS("86 last"), true, 86, true, "lower case"},
      {OCTETS("0086"), true, 86, false, "leading zeros"},
      {OCTETS("18446744073709551615"), true, UINT64_MAX, false, "greatest"},
      {OCTETS("18446744073709551616"), false, 0, false, "c064: overflow"},
      {OCTETS("000000000000000000001"), false, 0, false, "21 digits"},
      {OCTETS(""), false, 0, false, "nothing"},
      {OCTETS("LAST"), false, 0, false, "no size"},
      {OCTETS(" LAST"), false, 0, false, "no size, space"},
      {OCTETS("86LAST"), false, 0, false, "no space"},
      {OCTETS("86  LAST"), false, 0, false, "two spaces"},
      {OCTETS("86\tLAST"), false, 0, false, "a tab"},
      {OCTETS("86 "), false, 0, false, "space and nothing"},
      {OCTETS("86 LAS"), false, 0, false, "half a word"},
      {OCTETS("86 LAST LAST"), false, 0, false, "twice"},
      {OCTETS("86 LAST\0"), false, 0, false, "NUL"},
      {OCTETS("86\0LAST"), false, 0, false, "NUL inside"},
      {OCTETS("86 87"), false, 0, false, "two sizes"},
      {OCTETS("-1"), false, 0, false, "minus"},
      {OCTETS("+1"), false, 0, false, "plus"},
      {OCTETS("0x10"), false, 0, false, "hexadecimal"},
      {OCTETS("8\xc2\xb2"), false, 0, false, "t46: UTF-8"},
  };
  size_t i;

  (void)state;

  for (i = 0; i < COUNT(rows); i++) {
    uint64_t size = 99;
    bool last = false;
    bool ok = shako__bdat_read(rows[i].argument, &size, &last);

    if (ok != rows[i].ok || last != rows[i].last ||
        size != (ok ? rows[i].size : 99)) {
      fail_msg("%s", rows[i].why);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(parameters_are_read_one_by_one),
      cmocka_unit_test(t48_what_is_no_parameter_is_refused),
      cmocka_unit_test(c067_values_hold_utf8_where_it_may_be),
      cmocka_unit_test(bdat_takes_a_size_and_perhaps_last),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
