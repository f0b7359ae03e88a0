#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/ascii.h"
#include "smtp/esmtp.h"

#define OCTETS(TEXT)                                                           \
  { (const uint8_t *)(TEXT), sizeof(TEXT) - 1 }
#define COUNT(ARRAY) (sizeof(ARRAY) / sizeof((ARRAY)[0]))

#define OK        SHAKO__PARAMS_OK
#define MALFORMED SHAKO__PARAMS_MALFORMED
#define UNKNOWN   SHAKO__PARAMS_UNKNOWN

#define ALL 0x7fu /* all that EHLO may offer */

typedef struct row {
  shako_span text;
  shako__params_result want;
  const char *why;
} row;

static void check_rows(shako_verb verb, unsigned esmtp, const row *rows,
                       size_t count) {
  size_t i;

  for (i = 0; i < count; i++) {
    shako_params params;

    if (shako__params_read(rows[i].text, verb, esmtp, NULL, &params) !=
        rows[i].want) {
      fail_msg("%s", rows[i].why);
    }
  }
}

/* Reads |text|, all of which is known. */
static shako_params read_all(shako_verb verb, const char *text) {
  shako_params params;

  memset(&params, 0x5a, sizeof(params));
  assert_int_equal(shako__params_read(shako__span(text), verb,
                                      ALL | SHAKO__ESMTP_IN_UTF8, NULL,
                                      &params),
                   OK);
  return params;
}

static void check_span(shako_span span, const char *want) {
  assert_int_equal(span.len, strlen(want));
  assert_memory_equal(span.ptr, want, span.len);
}

static void nothing_said_is_nothing_known(void **state) {
  shako_params params = read_all(SHAKO_VERB_MAIL, "");

  (void)state;
  assert_int_equal(params.size, 0);
  assert_int_equal(params.flags, 0);
  assert_int_equal(params.ret, SHAKO_DSN_RET_UNSAID);
  assert_int_equal(params.notify, 0);
  assert_int_equal(params.envid.len, 0);
  assert_int_equal(params.auth.len, 0);
  assert_int_equal(params.orcpt_type.len, 0);
  assert_int_equal(params.orcpt.len, 0);
}

static void mail_says_all_that_it_can(void **state) {
  shako_params params = read_all(
      SHAKO_VERB_MAIL, " SIZE=1000 BODY=8BITMIME SMTPUTF8 RET=HDRS "
                       "ENVID=QQ+2B314 REQUIRETLS AUTH=e+3Dmc2@example.com");

  (void)state;
  assert_int_equal(params.size, 1000);
  assert_int_equal(params.flags, SHAKO_MAIL_8BITMIME | SHAKO_MAIL_SMTPUTF8 |
                                     SHAKO_MAIL_REQUIRETLS);
  assert_int_equal(params.ret, SHAKO_DSN_RET_HDRS);
  check_span(params.envid, "QQ+2B314");
  check_span(params.auth, "e+3Dmc2@example.com");

  params = read_all(SHAKO_VERB_MAIL, "  ret=full  auth=<>  body=binarymime");
  assert_int_equal(params.ret, SHAKO_DSN_RET_FULL);
  check_span(params.auth, "<>");
  assert_int_equal(params.flags, SHAKO_MAIL_BINARYMIME);
}

static void rcpt_says_all_that_it_can(void **state) {
  shako_params params = read_all(
      SHAKO_VERB_RCPT,
      " NOTIFY=SUCCESS,DELAY,failure ORCPT=rfc822;Bob+2Bx@example.com");

  (void)state;
  assert_int_equal(params.notify, SHAKO_DSN_NOTIFY_SUCCESS |
                                      SHAKO_DSN_NOTIFY_FAILURE |
                                      SHAKO_DSN_NOTIFY_DELAY);
  check_span(params.orcpt_type, "rfc822");
  check_span(params.orcpt, "Bob+2Bx@example.com");

  params =
      read_all(SHAKO_VERB_RCPT, " ORCPT=UTF-8;\xc3\xa9\\x{E9}@b notify=never");
  assert_int_equal(params.notify, SHAKO_DSN_NOTIFY_NEVER);
  check_span(params.orcpt_type, "UTF-8");
  check_span(params.orcpt, "\xc3\xa9\\x{E9}@b");
}

static void c059_size_is_a_number(void **state) {
  static const struct {
    const char *text;
    shako__params_result want;
    uint64_t size;
  } rows[] = {
      {" SIZE=0", OK, 0},
      {" size=1000", OK, 1000},
      {" SIZE=00000000000000000001", OK, 1},
      {" SIZE=18446744073709551615", OK, UINT64_MAX},
      {" SIZE=18446744073709551616", OK, UINT64_MAX},
      {" SIZE=99999999999999999999", OK, UINT64_MAX},
      {" SIZE=000000000000000000001", MALFORMED, 0},
      {" SIZE", MALFORMED, 0},
      {" SIZE=-1", MALFORMED, 0},
      {" SIZE=+1", MALFORMED, 0},
      {" SIZE=1k", MALFORMED, 0},
      {" SIZE=0x1", MALFORMED, 0},
  };
  size_t i;

  (void)state;
  for (i = 0; i < COUNT(rows); i++) {
    shako_params params;

    if (shako__params_read(shako__span(rows[i].text), SHAKO_VERB_MAIL,
                           SHAKO__ESMTP_SIZE, NULL, &params) != rows[i].want ||
        (rows[i].want == OK && params.size != rows[i].size)) {
      fail_msg("%s", rows[i].text);
    }
  }
}

static void c060_a_body_is_one_that_is_offered(void **state) {
  static const row eight[] = {
      {OCTETS(" BODY=7BIT"), OK, "7BIT"},
      {OCTETS(" BODY=8BITMIME"), OK, "8BITMIME"},
      {OCTETS(" BODY=BINARYMIME"), MALFORMED, "not without BDAT"},
      {OCTETS(" BODY=9BIT"), MALFORMED, "no such body"},
      {OCTETS(" BODY=8BIT"), MALFORMED, "cut off"},
      {OCTETS(" BODY=8BITMIMES"), MALFORMED, "too much"},
      {OCTETS(" BODY"), MALFORMED, "no value"},
  };
  static const row binary[] = {
      {OCTETS(" BODY=7BIT"), OK, "7BIT"},
      {OCTETS(" BODY=8BITMIME"), MALFORMED, "not offered"},
      {OCTETS(" BODY=BINARYMIME"), OK, "BINARYMIME"},
  };

  (void)state;
  check_rows(SHAKO_VERB_MAIL, SHAKO__ESMTP_8BITMIME, eight, COUNT(eight));
  check_rows(SHAKO_VERB_MAIL, SHAKO__ESMTP_BINARYMIME, binary, COUNT(binary));
}

static void c069_dsn_is_said_to_the_letter(void **state) {
  static const row mail[] = {
      {OCTETS(" RET=FULLY"), MALFORMED, "too much"},
      {OCTETS(" RET=HDR"), MALFORMED, "cut off"},
      {OCTETS(" RET"), MALFORMED, "no value"},
      {OCTETS(" ENVID"), MALFORMED, "no value"},
      {OCTETS(" ENVID=a+0Ab"), MALFORMED, "t47: LF"},
      {OCTETS(" ENVID=a+00"), MALFORMED, "t47: NUL"},
      {OCTETS(" ENVID=a+4"), MALFORMED, "half a digit"},
      {OCTETS(" ENVID=a+C3+A9"), MALFORMED, "beyond ASCII"},
      {OCTETS(" ENVID=\xc3\xa9"), MALFORMED, "t46: UTF-8"},
      {OCTETS(" NOTIFY=NEVER"), UNKNOWN, "RCPT's"},
      {OCTETS(" ORCPT=rfc822;a@b"), UNKNOWN, "RCPT's"},
  };
  static const row rcpt[] = {
      {OCTETS(" NOTIFY=SUCCESS"), OK, "one"},
      {OCTETS(" NOTIFY=DELAY,DELAY"), OK, "one twice, as the grammar has it"},
      {OCTETS(" NOTIFY"), MALFORMED, "no value"},
      {OCTETS(" NOTIFY=NEVER,DELAY"), MALFORMED, "NEVER and another"},
      {OCTETS(" NOTIFY=DELAY,NEVER"), MALFORMED, "another and NEVER"},
      {OCTETS(" NOTIFY=DELAY,"), MALFORMED, "a comma at the end"},
      {OCTETS(" NOTIFY=,DELAY"), MALFORMED, "a comma first"},
      {OCTETS(" NOTIFY=DELAY,,FAILURE"), MALFORMED, "two commas"},
      {OCTETS(" NOTIFY=DELAYS"), MALFORMED, "no such word"},
      {OCTETS(" NOTIFY=DELAY, FAILURE"), MALFORMED, "a space"},
      {OCTETS(" ORCPT=rfc822;a@b"), OK, "an address"},
      {OCTETS(" ORCPT=x400;anything"), OK, "of another kind"},
      {OCTETS(" ORCPT=utf-8;a@b"), OK, "of ASCII, as UTF-8"},
      {OCTETS(" ORCPT=utf-8;\\x{E9}@b"), OK, "as unitext of ASCII"},
      {OCTETS(" ORCPT"), MALFORMED, "no value"},
      {OCTETS(" ORCPT=a@b"), MALFORMED, "no type"},
      {OCTETS(" ORCPT=;a@b"), MALFORMED, "an empty type"},
      {OCTETS(" ORCPT=rfc822"), MALFORMED, "no semicolon"},
      {OCTETS(" ORCPT=rfc822;"), MALFORMED, "no address"},
      {OCTETS(" ORCPT=rfc822:a@b"), MALFORMED, "a colon"},
      {OCTETS(" ORCPT=rfc(822;a@b"), MALFORMED, "a type that is no atom"},
      {OCTETS(" ORCPT=rfc822;a+0D+0Ab"), MALFORMED, "t47: CR and LF"},
      {OCTETS(" ORCPT=rfc822;a+zz"), MALFORMED, "no digits"},
      {OCTETS(" ORCPT=rfc822;+C3+A9@b"), MALFORMED, "UTF-8 in xtext"},
      {OCTETS(" ORCPT=utf-8;a+40b"), MALFORMED, "xtext as UTF-8"},
      {OCTETS(" ORCPT=utf-8;\\x{0A}"), MALFORMED, "t47: LF"},
      {OCTETS(" ORCPT=utf-8;\xc3\xa9@b"), MALFORMED, "UTF-8 itself"},
      {OCTETS(" RET=FULL"), UNKNOWN, "MAIL's"},
      {OCTETS(" ENVID=a"), UNKNOWN, "MAIL's"},
      {OCTETS(" SIZE=1"), UNKNOWN, "MAIL's"},
  };
  static const row in_utf8[] = {
      {OCTETS(" ORCPT=utf-8;\xc3\xa9@b"), OK, "UTF-8"},
      {OCTETS(" ORCPT=rfc822;+C3+A9@b"), OK, "UTF-8 in xtext"},
      {OCTETS(" ORCPT=rfc822;+C3@b"), MALFORMED, "half a character"},
      {OCTETS(" ORCPT=rfc822;+C2+85@b"), MALFORMED, "t47: a control of UTF-8"},
      {OCTETS(" ORCPT=rfc822;a+0D+0Ab"), MALFORMED, "t47: CR and LF"},
      {OCTETS(" ORCPT=rfc822;\xc3\xa9@b"), MALFORMED, "of another kind"},
      {OCTETS(" ORCPT=utf-8;\xc3@b"), MALFORMED, "t46: cut off"},
      {OCTETS(" ORCPT=utf-8;\xc2\x85@b"), MALFORMED, "t47: U+0085"},
      {OCTETS(" ORCPT=\xc3\xa9;a@b"), MALFORMED, "a type beyond ASCII"},
  };

  (void)state;
  check_rows(SHAKO_VERB_MAIL, ALL, mail, COUNT(mail));
  check_rows(SHAKO_VERB_RCPT, ALL, rcpt, COUNT(rcpt));
  check_rows(SHAKO_VERB_RCPT, ALL | SHAKO__ESMTP_IN_UTF8, in_utf8,
             COUNT(in_utf8));
}

static void c081_auth_is_a_mailbox_or_none(void **state) {
  static const row rows[] = {
      {OCTETS(" AUTH=<>"), OK, "none"},
      {OCTETS(" AUTH=a@b.example"), OK, "as it is"},
      {OCTETS(" AUTH=+22a+20b+22@c"), OK, "in quotes"},
      {OCTETS(" AUTH"), MALFORMED, "no value"},
      {OCTETS(" AUTH=<a@b>"), MALFORMED, "brackets"},
      {OCTETS(" AUTH=a"), MALFORMED, "no domain"},
      {OCTETS(" AUTH=<"), MALFORMED, "half a none"},
      {OCTETS(" AUTH=+3C+3E"), MALFORMED, "an encoded none"},
      {OCTETS(" AUTH=a+0D+0A@b"), MALFORMED, "t47: CR and LF"},
      {OCTETS(" AUTH=a@b+0A"), MALFORMED, "t47: LF"},
      {OCTETS(" AUTH=a+3B@b"), MALFORMED, "t58: semicolon"},
      {OCTETS(" AUTH=a+C3+A9@b"), MALFORMED, "beyond ASCII"},
  };

  (void)state;
  check_rows(SHAKO_VERB_MAIL, SHAKO__ESMTP_AUTH, rows, COUNT(rows));
}

/* |prefix| and |count| octets of 'x', |behind| them. */
static shako__params_result sized(shako_verb verb, const char *prefix,
                                  size_t count, const char *behind) {
  char text[1200];
  shako_params params;
  size_t len = strlen(prefix);

  memcpy(text, prefix, len);
  memset(text + len, 'x', count);
  strcpy(text + len + count, behind);
  return shako__params_read(shako__span(text), verb, ALL, NULL, &params);
}

static void c069_values_are_taken_up_to_their_limits(void **state) {
  char mailbox[400];
  size_t i;

  (void)state;
  assert_int_equal(sized(SHAKO_VERB_MAIL, " ENVID=", 100, ""), OK);
  assert_int_equal(sized(SHAKO_VERB_MAIL, " ENVID=", 101, ""), MALFORMED);
  assert_int_equal(sized(SHAKO_VERB_MAIL, " ENVID=", 97, "+2B"), OK);
  assert_int_equal(sized(SHAKO_VERB_MAIL, " ENVID=", 98, "+2B"), MALFORMED);
  assert_int_equal(sized(SHAKO_VERB_RCPT, " ORCPT=rfc822;", 493, ""), OK);
  assert_int_equal(sized(SHAKO_VERB_RCPT, " ORCPT=rfc822;", 494, ""),
                   MALFORMED);
  assert_int_equal(sized(SHAKO_VERB_MAIL, " AUTH=", 64, "@b"), OK);
  assert_int_equal(sized(SHAKO_VERB_MAIL, " AUTH=", 65, "@b"), MALFORMED);
  assert_int_equal(sized(SHAKO_VERB_MAIL, " AUTH=", 1000, "@b"), MALFORMED);

  /* the longest mailbox, and one octet more */
  memset(mailbox, 'x', sizeof(mailbox));
  memcpy(mailbox, "@", 1);
  for (i = 64; i < 256; i += 64) {
    mailbox[i] = '.';
  }
  mailbox[256] = '\0';
  assert_int_equal(sized(SHAKO_VERB_MAIL, " AUTH=", 64, mailbox), OK);
  memcpy(mailbox + 256, "x", 2);
  assert_int_equal(sized(SHAKO_VERB_MAIL, " AUTH=", 64, mailbox), MALFORMED);
}

/* Each parameter with what makes it known, what has it and a good value. */
static const struct known {
  const char *text;
  shako_verb verb;
  unsigned esmtp;
} known[] = {
    {" SIZE=1", SHAKO_VERB_MAIL, SHAKO__ESMTP_SIZE},
    {" BODY=7BIT", SHAKO_VERB_MAIL,
     SHAKO__ESMTP_8BITMIME | SHAKO__ESMTP_BINARYMIME},
    {" SMTPUTF8", SHAKO_VERB_MAIL, SHAKO__ESMTP_SMTPUTF8},
    {" RET=FULL", SHAKO_VERB_MAIL, SHAKO__ESMTP_DSN},
    {" ENVID=a", SHAKO_VERB_MAIL, SHAKO__ESMTP_DSN},
    {" REQUIRETLS", SHAKO_VERB_MAIL, SHAKO__ESMTP_REQUIRETLS},
    {" AUTH=<>", SHAKO_VERB_MAIL, SHAKO__ESMTP_AUTH},
    {" NOTIFY=NEVER", SHAKO_VERB_RCPT, SHAKO__ESMTP_DSN},
    {" ORCPT=rfc822;a", SHAKO_VERB_RCPT, SHAKO__ESMTP_DSN},
};

/* Every set of keywords, either verb. */
static void c069_a_parameter_is_known_where_it_is_offered(void **state) {
  unsigned esmtp;
  size_t i;

  (void)state;
  for (esmtp = 0; esmtp < 0x100; esmtp++) {
    for (i = 0; i < COUNT(known); i++) {
      static const shako_verb verbs[] = {SHAKO_VERB_MAIL, SHAKO_VERB_RCPT};
      size_t v;

      for (v = 0; v < 2; v++) {
        shako_params params;
        bool ok = (esmtp & known[i].esmtp) && verbs[v] == known[i].verb;

        assert_int_equal(shako__params_read(shako__span(known[i].text),
                                            verbs[v], esmtp, NULL, &params),
                         ok ? OK : UNKNOWN);
      }
    }
  }
}

static void t48_a_doubled_parameter_is_refused(void **state) {
  size_t i;

  (void)state;
  for (i = 0; i < COUNT(known); i++) {
    char text[64];
    shako_params params;
    char *at;

    snprintf(text, sizeof(text), "%s%s", known[i].text, known[i].text);
    for (at = text; *at != '=' && *at != '\0'; at++) {
      *at = (char)(*at >= 'A' && *at <= 'Z' ? *at + 32 : *at);
    }
    assert_int_equal(shako__params_read(shako__span(text), known[i].verb, ALL,
                                        NULL, &params),
                     MALFORMED);
  }
}

static void t48_what_is_no_parameter_is_refused(void **state) {
  static const row mail[] = {
      {OCTETS(" ="), MALFORMED, "an equals sign"},
      {OCTETS(" "), MALFORMED, "a space"},
      {OCTETS("SIZE=1"), MALFORMED, "no space"},
      {OCTETS(" SIZE=1 "), MALFORMED, "a space behind"},
      {OCTETS(" SIZE=1 ="), MALFORMED, "a bad second"},
      {OCTETS(" SIZE=1=2"), MALFORMED, "two equals signs"},
      {OCTETS(" SIZES=1"), UNKNOWN, "more than SIZE"},
      {OCTETS(" SIZ=1"), UNKNOWN, "less than SIZE"},
      {OCTETS(" SIZE=1 X ="), UNKNOWN, "the first fault decides"},
      {OCTETS(" X SIZE=x"), UNKNOWN, "the first fault decides"},
      {OCTETS(" SMTPUTF8=1"), MALFORMED, "a value where there is none"},
      {OCTETS(" REQUIRETLS=yes"), MALFORMED, "c091: a value"},
      {OCTETS(" RET=FULL\xc3"), MALFORMED, "t46: 8-bit"},
      {OCTETS(" X=\xff"), MALFORMED, "t46: 8-bit"},
  };
  static const row rcpt[] = {
      {OCTETS(" A B"), UNKNOWN, "two"},
      {OCTETS("x"), MALFORMED, "no space"},
      {OCTETS(" A=\xff"), MALFORMED, "t46: 8-bit"},
  };
  static const row utf8[] = {
      {OCTETS(" X=\xc3\xa9"), UNKNOWN, "UTF-8, but unknown"},
      {OCTETS(" X=\xff"), MALFORMED, "t46: no UTF-8"},
  };

  (void)state;
  check_rows(SHAKO_VERB_MAIL, ALL, mail, COUNT(mail));
  check_rows(SHAKO_VERB_RCPT, ALL, rcpt, COUNT(rcpt));
  check_rows(SHAKO_VERB_RCPT, ALL | SHAKO__ESMTP_IN_UTF8, utf8, COUNT(utf8));
}

static void t48_a_thousand_parameters_are_refused_at_the_second(void **state) {
  uint8_t octets[7000];
  shako_span text = {octets, sizeof(octets)};
  shako_params params;
  size_t i;

  (void)state;
  for (i = 0; i < sizeof(octets); i += 7) {
    memcpy(octets + i, " SIZE=1", 7);
  }
  assert_int_equal(
      shako__params_read(text, SHAKO_VERB_MAIL, ALL, NULL, &params), MALFORMED);
}

static const char own[] = "XTAG\0X-B\0";

static void own_parameters_are_taken_once(void **state) {
  static const struct {
    const char *text;
    shako__params_result want;
    const char *why;
  } mail[] = {
      {" XTAG", OK, "a keyword alone"},
      {" xtag=1 X-B=2 SIZE=3", OK, "in any case, with values"},
      {" XTAG=1 SIZE=3 xtag", MALFORMED, "said twice"},
      {" XTAGS", UNKNOWN, "a longer one"},
      {" XTA", UNKNOWN, "a shorter one"},
      {" XTAG=", MALFORMED, "an empty value"},
      {" NOTIFY=NEVER", UNKNOWN, "one of RCPT"},
  };
  shako_params params;

  (void)state;
  for (size_t i = 0; i < COUNT(mail); i++) {
    if (shako__params_read(shako__span(mail[i].text), SHAKO_VERB_MAIL, ALL, own,
                           &params) != mail[i].want) {
      fail_msg("%s", mail[i].why);
    }
  }
}

static void parameters_can_be_gone_through(void **state) {
  shako_span text = shako__span(" XTAG SIZE=30 X-B=\xc3\xa9");
  shako_span keyword;
  shako_span value;

  (void)state;
  assert_true(shako_params_next(&text, &keyword, &value));
  assert_true(shako__equals(keyword, "XTAG"));
  assert_int_equal(value.len, 0);
  assert_true(shako_params_next(&text, &keyword, &value));
  assert_true(shako__equals(keyword, "SIZE") && shako__equals(value, "30"));
  assert_true(shako_params_next(&text, &keyword, &value));
  assert_true(shako__equals(keyword, "X-B"));
  assert_int_equal(value.len, 2);
  assert_false(shako_params_next(&text, &keyword, &value));
  text.len = 0;
  assert_false(shako_params_next(&text, &keyword, &value));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(nothing_said_is_nothing_known),
      cmocka_unit_test(mail_says_all_that_it_can),
      cmocka_unit_test(rcpt_says_all_that_it_can),
      cmocka_unit_test(c059_size_is_a_number),
      cmocka_unit_test(c060_a_body_is_one_that_is_offered),
      cmocka_unit_test(c069_dsn_is_said_to_the_letter),
      cmocka_unit_test(c081_auth_is_a_mailbox_or_none),
      cmocka_unit_test(c069_values_are_taken_up_to_their_limits),
      cmocka_unit_test(c069_a_parameter_is_known_where_it_is_offered),
      cmocka_unit_test(t48_a_doubled_parameter_is_refused),
      cmocka_unit_test(t48_what_is_no_parameter_is_refused),
      cmocka_unit_test(own_parameters_are_taken_once),
      cmocka_unit_test(parameters_can_be_gone_through),
      cmocka_unit_test(t48_a_thousand_parameters_are_refused_at_the_second),
  };

  return cmocka_run_group_tests_name("esmtp", tests, NULL, NULL);
}
