#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "smtp/line.h"

#define OCTETS(TEXT)                                                           \
  { (const uint8_t *)(TEXT), sizeof(TEXT) - 1 }
#define COUNT(ARRAY) (sizeof(ARRAY) / sizeof((ARRAY)[0]))

static bool same(shako_span a, shako_span b) {
  return a.len == b.len && memcmp(a.ptr, b.ptr, a.len) == 0;
}

static void bare_lf_ends_no_line(void **state) {
  static const struct row {
    shako_span text;
    bool found;
    size_t len;
    const char *why;
  } rows[] = {
      {OCTETS("NOOP\r\n"), true, 4, "a line"},
      {OCTETS("\r\n"), true, 0, "an empty line"},
      {OCTETS("NOOP\r\nQUIT\r\n"), true, 4, "the first of two"},
      {OCTETS("NOOP\r\nQUI"), true, 4, "one and a half"},
      {OCTETS(""), false, 0, "nothing"},
      {OCTETS("NOOP"), false, 0, "no end"},
      {OCTETS("NOOP\r"), false, 0, "half an end"},
      {OCTETS("NOOP\n"), false, 0, "bare LF"},
      {OCTETS("\n"), false, 0, "bare LF alone"},
      {OCTETS("\n\r"), false, 0, "the wrong way round"},
      {OCTETS("NOOP\nQUIT\r\n"), true, 9, "bare LF inside a line"},
      {OCTETS("NOOP\rQUIT\r\n"), true, 9, "bare CR inside a line"},
      {OCTETS("NOOP\n\r\n"), true, 5, "bare LF before the end"},
      {OCTETS("NOOP\r\r\n"), true, 5, "bare CR before the end"},
      {OCTETS("NOOP\r \n"), false, 0, "space between"},
      {OCTETS("NO\0OP\r\n"), true, 5, "NUL is an octet as any other"},
  };
  size_t i;

  (void)state;

  for (i = 0; i < COUNT(rows); i++) {
    size_t len = 99;
    bool found = shako__line_find(rows[i].text, &len);

    if (found != rows[i].found || len != (found ? rows[i].len : 99)) {
      fail_msg("%s", rows[i].why);
    }
  }
}

static void commands_are_split_at_the_first_blank(void **state) {
  static const struct row {
    shako_span line;
    shako_span verb;
    shako_span argument;
    bool damaged;
    const char *why;
  } rows[] = {
      {OCTETS("NOOP"), OCTETS("NOOP"), OCTETS(""), false, "a verb"},
      {OCTETS(""), OCTETS(""), OCTETS(""), false, "nothing"},
      {OCTETS("EHLO a.example"), OCTETS("EHLO"), OCTETS("a.example"), false,
       "an argument"},
      {OCTETS("noop  \t "), OCTETS("noop"), OCTETS(""), false,
       "t10: blanks behind are no argument"},
      {OCTETS("EHLO \t a b \t"), OCTETS("EHLO"), OCTETS("a b"), false,
       "blanks at both ends, one inside"},
      {OCTETS("EHLO\ta"), OCTETS("EHLO"), OCTETS("a"), false, "a tab"},
      {OCTETS(" NOOP"), OCTETS(""), OCTETS("NOOP"), false, "blank before"},
      {OCTETS("MAIL FROM:<a@b> SIZE=1"), OCTETS("MAIL"),
       OCTETS("FROM:<a@b> SIZE=1"), false, "the rest is one argument"},
      {OCTETS("NOOP a\tb"), OCTETS("NOOP"), OCTETS("a\tb"), true, "tab inside"},
      {OCTETS("NOOP a\0b"), OCTETS("NOOP"), OCTETS("a\0b"), true,
       "t42: NUL inside"},
      {OCTETS("NOOP a\nRSET"), OCTETS("NOOP"), OCTETS("a\nRSET"), true,
       "bare LF"},
      {OCTETS("NOOP a\r"), OCTETS("NOOP"), OCTETS("a\r"), true, "bare CR"},
      {OCTETS("NOOP \x7f"), OCTETS("NOOP"), OCTETS("\x7f"), true, "DEL"},
      {OCTETS("VRFY \xc3\xa9"), OCTETS("VRFY"), OCTETS("\xc3\xa9"), true,
       "t46: UTF-8"},
      {OCTETS("VRFY \xc3"), OCTETS("VRFY"), OCTETS("\xc3"), true,
       "t46: UTF-8 cut off"},
      {OCTETS("VRFY \xc0\xaf"), OCTETS("VRFY"), OCTETS("\xc0\xaf"), true,
       "t46: UTF-8 too long"},
      {OCTETS("NO\0P a"), OCTETS("NO\0P"), OCTETS("a"), false,
       "the verb speaks for itself"},
      {OCTETS("NOOP\nRSET"), OCTETS("NOOP\nRSET"), OCTETS(""), false,
       "bare LF is no blank"},
  };
  size_t i;

  (void)state;

  for (i = 0; i < COUNT(rows); i++) {
    shako__command command = shako__command_split(rows[i].line);

    if (!same(command.verb, rows[i].verb) ||
        !same(command.argument, rows[i].argument) ||
        command.damaged != rows[i].damaged) {
      fail_msg("%s", rows[i].why);
    }
  }
}

static void t62_verbs_of_other_protocols_are_foreign(void **state) {
  static const struct row {
    shako_span verb;
    bool want;
    const char *why;
  } rows[] = {
      {OCTETS("GET"), true, "HTTP"},
      {OCTETS("get"), true, "HTTP, lower case"},
      {OCTETS("POST"), true, "HTTP"},
      {OCTETS("PUT"), true, "HTTP"},
      {OCTETS("HEAD"), true, "HTTP"},
      {OCTETS("DELETE"), true, "HTTP"},
      {OCTETS("OPTIONS"), true, "HTTP"},
      {OCTETS("TRACE"), true, "HTTP"},
      {OCTETS("PATCH"), true, "HTTP"},
      {OCTETS("CONNECT"), true, "HTTP"},
      {OCTETS("PRI"), true, "HTTP/2"},
      {OCTETS("Host:"), true, "header field"},
      {OCTETS("Content-Type:"), true, "header field"},
      {OCTETS("Subject:hello"), true, "header field, no blank"},
      {OCTETS(":"), false, "no name before it"},
      {OCTETS("EHLO"), false, "SMTP"},
      {OCTETS("DATA"), false, "SMTP"},
      {OCTETS(""), false, "nothing"},
      {OCTETS("GETS"), false, "more than GET"},
      {OCTETS("GE"), false, "less than GET"},
      {OCTETS("GET\0"), false, "NUL"},
      {OCTETS("a:b"), true, "header field, short"},
      {OCTETS("XYZZY"), false, "unknown, not foreign"},
  };
  size_t i;

  (void)state;

  for (i = 0; i < COUNT(rows); i++) {
    if (shako__verb_is_foreign(rows[i].verb) != rows[i].want) {
      fail_msg("%s", rows[i].why);
    }
  }
}

static void t30_a_client_hello_is_seen_from_three_octets(void **state) {
  static const struct row {
    shako_span text;
    bool want;
    const char *why;
  } rows[] = {
      {OCTETS("\x16\x03\x00"), true, "SSL 3.0"},
      {OCTETS("\x16\x03\x01\x02\x00\x01"), true, "as clients send it"},
      {OCTETS("\x16\x03\x04"), true, "TLS 1.3's number"},
      {OCTETS("\x16\x03\x05"), false, "no such version"},
      {OCTETS("\x16\x02\x01"), false, "no such version"},
      {OCTETS("\x15\x03\x01"), false, "an alert"},
      {OCTETS("\x16\x03"), false, "two octets"},
      {OCTETS(""), false, "nothing"},
      {OCTETS("EHLO"), false, "text"},
  };
  size_t i;

  (void)state;

  for (i = 0; i < COUNT(rows); i++) {
    if (shako__text_is_client_hello(rows[i].text) != rows[i].want) {
      fail_msg("%s", rows[i].why);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(bare_lf_ends_no_line),
      cmocka_unit_test(commands_are_split_at_the_first_blank),
      cmocka_unit_test(t62_verbs_of_other_protocols_are_foreign),
      cmocka_unit_test(t30_a_client_hello_is_seen_from_three_octets),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
