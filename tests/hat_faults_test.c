/* What is no Host Access Table, and where and why it is none. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <shako/hat.h>

#include "failing_memory.h"
#include "octets.h"
#include "tables.h"

#define COUNT(ARRAY) (sizeof(ARRAY) / sizeof((ARRAY)[0]))

/* A text, which may hold a NUL. */
#define TEXT(STRING) STRING, sizeof(STRING) - 1

/* 63 and 64 octets. */
#define NAME_63                                                                \
  "a23456789012345678901234567890123456789012345678901234567890123"
#define NAME_64 NAME_63 "4"

#define NO_ENTRY  "neither a policy, a group nor a member"
#define NO_ACCESS "neither ACCEPT, RELAY, REJECT, TCPREFUSE nor CONTINUE"
#define NO_RULE   "neither a policy ($NAME) nor an access rule"
#define NO_NUMBER "neither a number nor -1, without quotes"
#define NO_NAME   "a name has letters, digits, - and _ alone"
#define NO_LIST   "no address list of that name stands above"
#define NO_ESCAPE "neither \\\", \\\\ nor \\n behind a backslash"

typedef struct fault {
  const char *text;
  size_t len;
  uint32_t line;
  uint32_t column;
  const char *what;
} fault;

static void check_fault(const fault *row) {
  shako_hat *const untouched = (shako_hat *)&failing;
  shako_span text = {(const uint8_t *)row->text, row->len};
  shako_hat *hat = untouched;
  shako_place place = {0, 0, "read"};
  int error = table_try(&hat, text, NULL, &place);

  if (error != SHAKO_ERR_SYNTAX || place.line != row->line ||
      place.column != row->column || strcmp(place.what, row->what) != 0) {
    fail_msg("%d, %u:%u: %s\nand not %u:%u: %s in\n%s", error,
             (unsigned)place.line, (unsigned)place.column, place.what,
             (unsigned)row->line, (unsigned)row->column, row->what, row->text);
  }
  assert_ptr_equal(hat, untouched);
  assert_int_equal(failing.live, 0);
}

static void check_faults(const fault *rows, size_t count) {
  size_t i;

  for (i = 0; i < count; i++) {
    check_fault(&rows[i]);
  }
}

static void what_is_no_text_is_refused(void **state) {
  static const fault rows[] = {
      {TEXT("ALL ACCEPT\0"), 1, 11, "a control octet"},
      {TEXT("ALL\n\tACC\001PT"), 2, 5, "a control octet"},
      {TEXT("\n# a\x7f\n"), 2, 4, "a control octet"},
      {TEXT("ALL\vACCEPT"), 1, 4, "a control octet"},
      {TEXT("ALL\fACCEPT"), 1, 4, "a control octet"},
      {TEXT("ALL ACCEPT (\033)"), 1, 13, "a control octet"},
      {TEXT("ALL\rACCEPT"), 1, 4, "a CR without an LF"},
      {TEXT("ALL\r\nACCEPT\r"), 2, 7, "a CR without an LF"},
      {TEXT("ALL\r\r\nACCEPT"), 1, 4, "a CR without an LF"},
      {TEXT("{\n\001"), 2, 1, "a control octet"},
      {TEXT("\xef\xbb\xbf}"), 1, 1, NO_ENTRY},
      {TEXT("\xef\xbb\xbf\xef\xbb\xbf"
            "ALL ACCEPT"),
       1, 1, "an octet that no host name has"},
      {TEXT("\xef\xbb"), 1, 1, "an octet that no host name has"},
      {TEXT("ALL ACCEPT\n  (x (y)\n"), 2, 3,
       "no parenthesis ends this comment"},
      {TEXT("ALL ACCEPT ("), 1, 12, "no parenthesis ends this comment"},
      {TEXT("ALL ACCEPT (x))"), 1, 15, "a parenthesis that closes nothing"},
      {TEXT(")"), 1, 1, "a parenthesis that closes nothing"},
      {TEXT("$P ACCEPT { banner_text = \"x\n\" }"), 1, 27,
       "no quote ends this string in its line"},
      {TEXT("$P ACCEPT { banner_text = \"x\\\""), 1, 27,
       "no quote ends this string in its line"},
      {TEXT("$P ACCEPT { banner_text = \"x\\"), 1, 27,
       "no quote ends this string in its line"},
      {TEXT("$P ACCEPT { banner_text = \"x\\\n\" }"), 1, 27,
       "no quote ends this string in its line"},
      {TEXT("$P ACCEPT { banner_text = \"x\\\r\n\" }"), 1, 27,
       "no quote ends this string in its line"},
  };

  (void)state;

  check_faults(rows, COUNT(rows));
}

static void what_is_no_entry_is_refused(void **state) {
  static const fault rows[] = {
      {TEXT("{"), 1, 1, NO_ENTRY},
      {TEXT("\n\n  }"), 3, 3, NO_ENTRY},
      {TEXT("="), 1, 1, NO_ENTRY},
      {TEXT("\"x\""), 1, 1, NO_ENTRY},
      {TEXT("(x)"), 1, 1, NO_ENTRY},
      {TEXT("ALL ACCEPT (x) (y)"), 1, 16, NO_ENTRY},
      {TEXT("ALL ACCEPT {}"), 1, 12, NO_ENTRY},
      {TEXT("$P ACCEPT (x)"), 1, 11, NO_ENTRY},
      {TEXT("$P ACCEPT {} {}"), 1, 14, NO_ENTRY},
      {TEXT("ACCEPT"), 1, 1, "no member stands before this rule"},
      {TEXT("a ACCEPT\nreject"), 2, 1, "no member stands before this rule"},
  };

  (void)state;

  check_faults(rows, COUNT(rows));
}

static void what_is_no_group_is_refused(void **state) {
  static const fault rows[] = {
      {TEXT("A:"), 1, 3, NO_RULE},
      {TEXT("A:\n"), 2, 1, NO_RULE},
      {TEXT("A: 10.0.0.1\nB: ACCEPT"), 2, 1, NO_RULE},
      {TEXT("A: 10.0.0.1\n%B {}"), 2, 1, NO_RULE},
      {TEXT("A: (x) ACCEPT"), 1, 4, NO_RULE},
      {TEXT("A: 10.0.0.1 (x) ACCEPT"), 1, 13, NO_RULE},
      {TEXT("A: \"ACCEPT\""), 1, 4, NO_RULE},
      {TEXT("A: {"), 1, 4, NO_RULE},
      {TEXT("A: = "), 1, 4, NO_RULE},
      {TEXT("10.0.0.1"), 1, 9, NO_RULE},
      {TEXT("10.0.0.1 10.0.0.2 REJECT"), 1, 10, NO_RULE},
      {TEXT("10.0.0.1 DENY"), 1, 10, NO_RULE},
      {TEXT("10.0.0.1\n\"$P\""), 2, 1, NO_RULE},
      {TEXT("10.0.0.1\nA: ACCEPT"), 2, 1, NO_RULE},
      {TEXT("A: ACCEPT\nA: REJECT"), 2, 1,
       "a sender group of that name stands above"},
      {TEXT("A!: ACCEPT"), 1, 1, NO_NAME},
      {TEXT("a.b: ACCEPT"), 1, 1, NO_NAME},
      {TEXT("$A: ACCEPT"), 1, 1, NO_NAME},
      {TEXT("\xc3\xa9: ACCEPT"), 1, 1, NO_NAME},
      {TEXT(" : ACCEPT"), 1, 2, "a name is missing"},
      {TEXT(NAME_64 ": ACCEPT"), 1, 1, "a name over 63 octets"},
      {TEXT("A: a..b ACCEPT"), 1, 6, "a label is missing"},
      {TEXT("A:\n\ta\n\t1.2.3.256\nACCEPT"), 3, 8, "a number over 255"},
      {TEXT("a_b* ACCEPT"), 1, 4,
       "no wildcard: .example.com is all names "
       "under it"},
      {TEXT("sbrs[1:0] ACCEPT"), 1, 8, "a range that runs backwards"},
      {TEXT("fe80::1%1 ACCEPT"), 1, 8,
       "a scope, which no address in a table has"},
      {TEXT("2001:db8: ACCEPT"), 1, 1, "not an IPv6 address"},
      {TEXT("$P ACCEPT\nA: $Q"), 2, 4, "no policy of that name stands above"},
      {TEXT("$P ACCEPT\nA: $p"), 2, 4, "no policy of that name stands above"},
      {TEXT("A: $P\n$P ACCEPT"), 1, 4, "no policy of that name stands above"},
      {TEXT("%P {}\nA: $P"), 2, 4, "no policy of that name stands above"},
      {TEXT("10.0.0.1 $"), 1, 10, "no policy of that name stands above"},
  };

  (void)state;

  check_faults(rows, COUNT(rows));
}

static void what_is_no_policy_is_refused(void **state) {
  static const fault rows[] = {
      {TEXT("$P"), 1, 3, NO_ACCESS},
      {TEXT("$P\nDENY"), 2, 1, NO_ACCESS},
      {TEXT("$P ACCEPTED"), 1, 4, NO_ACCESS},
      {TEXT("$P \"ACCEPT\""), 1, 4, NO_ACCESS},
      {TEXT("$P {}"), 1, 4, NO_ACCESS},
      {TEXT("$P ACCEPT\n$P REJECT"), 2, 1,
       "a policy of that name stands above"},
      {TEXT("$ ACCEPT"), 1, 1, "a name is missing"},
      {TEXT("$a.b ACCEPT"), 1, 1, NO_NAME},
      {TEXT("$$P ACCEPT"), 1, 1, NO_NAME},
      {TEXT("$" NAME_64 " ACCEPT"), 1, 1, "a name over 63 octets"},
      {TEXT("$P ACCEPT {"), 1, 12,
       "neither a key nor the brace that ends a block"},
      {TEXT("$P ACCEPT { = 1 }"), 1, 13,
       "neither a key nor the brace that ends a block"},
      {TEXT("$P ACCEPT {\n  max_error = 1 }"), 2, 3, "no such key"},
      {TEXT("$P ACCEPT { tls_verifier = \"on\" }"), 1, 13, "no such key"},
      {TEXT("$P ACCEPT { smtp_auths = \"off\" }"), 1, 13, "no such key"},
      {TEXT("$P ACCEPT { max_errors }"), 1, 24, "a = is missing"},
      {TEXT("$P ACCEPT { max_errors 1 }"), 1, 24, "a = is missing"},
      {TEXT("$P ACCEPT { max_errors = }"), 1, 26, "a value is missing"},
      {TEXT("$P ACCEPT { max_errors = = }"), 1, 26, "a value is missing"},
      {TEXT("$P ACCEPT { max_errors ="), 1, 25, "a value is missing"},
      {TEXT("$P ACCEPT { tls = \"on\" }"), 1, 19,
       "neither \"off\", \"preferred\" nor \"required\""},
      {TEXT("$P ACCEPT { max_errors = 1\nMAX_ERRORS = 1 }"), 2, 1,
       "a key that this block sets already"},
      {TEXT("$P ACCEPT { use_sb = 1 use_sb = 1 }"), 1, 24,
       "a key that this block sets already"},
  };

  (void)state;

  check_faults(rows, COUNT(rows));
}

static void what_is_no_list_is_refused(void **state) {
  static const fault rows[] = {
      {TEXT("%L"), 1, 3, "a brace that opens is missing"},
      {TEXT("%L a@"), 1, 4, "a brace that opens is missing"},
      {TEXT("% {}"), 1, 1, "a name is missing"},
      {TEXT("%a@ {}"), 1, 1, NO_NAME},
      {TEXT("%" NAME_64 " {}"), 1, 1, "a name over 63 octets"},
      {TEXT("%L {}\n%L {}"), 2, 1, "an address list of that name stands above"},
      {TEXT("%L {"), 1, 4, "no brace ends this list"},
      {TEXT("%L {\n@a.example # }\n"), 1, 4, "no brace ends this list"},
      {TEXT("%L { @a.example #}"), 1, 4, "no brace ends this list"},
      {TEXT("\n %L { a }"), 2, 8, "an @ is missing"},
      {TEXT("%L {a@b}c }"), 1, 7, "neither a domain nor an address literal"},
      {TEXT("%L {\n  a@b.example\n   a@..b }"), 3, 6,
       "neither a domain nor an address literal"},
      {TEXT("%L {\r\n  a@b.example\r\n   @ }"), 3, 5, "nothing but an @"},
      {TEXT("\n%L\n{\n@\n}"), 4, 2, "nothing but an @"},
      {TEXT("$P ACCEPT { tls_mandatory_senders = \"L\" }\n%L {}"), 1, 37,
       NO_LIST},
      {TEXT("%L {} $P ACCEPT { tls_mandatory_senders = \"l\" }"), 1, 43,
       NO_LIST},
      {TEXT("%L {} $P ACCEPT { tls_mandatory_senders = \"%L\" }"), 1, 43,
       NO_LIST},
      {TEXT("%L {} $P ACCEPT { tls_mandatory_senders = L }"), 1, 43,
       "not in double quotes"},
  };

  (void)state;

  check_faults(rows, COUNT(rows));
}

static void a_value_that_does_not_do_is_refused(void **state) {
  static const struct row {
    const char *setting;
    const char *what;
  } rows[] = {
      {"tls = off", "neither \"off\", \"preferred\" nor \"required\""},
      {"tls = \"\"", "neither \"off\", \"preferred\" nor \"required\""},
      {"tls = \"require\"", "neither \"off\", \"preferred\" nor \"required\""},
      {"tls_observe = \"yes\"", "neither \"off\" nor \"on\""},
      {"tls_observe = 1", "neither \"off\" nor \"on\""},
      {"tls_min_version = 1.2", "neither \"1.2\" nor \"1.3\""},
      {"tls_min_version = \"1.1\"", "neither \"1.2\" nor \"1.3\""},
      {"tls_ciphers = \"all\"",
       "neither \"intermediate\", \"modern\" nor \"legacy\""},
      {"tls_verify = \"yes\"", "neither \"off\" nor \"on\""},
      {"tls_request_certificate = on", "neither \"off\" nor \"on\""},
      {"client_purpose = \"server\"", "neither \"client\" nor \"any\""},
      {"client_fingerprints = 11", "not in double quotes"},
      {"client_fingerprints = \" \"", "no fingerprint"},
      {"client_fingerprints = \"11:22\"",
       "not the 64 hexadecimal digits of a SHA-256 digest"},
      {"pipelining_early = \"on\"", "neither \"refuse\" nor \"allow\""},
      {"bare_line_ends = \"allow\"", "neither \"refuse\" nor \"keep\""},
      {"max_errors = 0", "0 would be none at all; -1 is no limit"},
      {"max_errors = 00", "0 would be none at all; -1 is no limit"},
      {"max_errors = -0", NO_NUMBER},
      {"max_errors = -2", NO_NUMBER},
      {"max_errors = +1", NO_NUMBER},
      {"max_errors = 1k", NO_NUMBER},
      {"max_errors = \"1\"", NO_NUMBER},
      {"max_errors = \"-1\"", NO_NUMBER},
      {"max_errors = 4294967296", "a number that is too large"},
      {"max_message_size = 18446744073709551616", NO_NUMBER},
      {"idle_timeout = 4294968", "a number that is too large"},
      {"handshake_timeout = 0", "0 would be none at all; -1 is no limit"},
      {"session_timeout = 1.5", NO_NUMBER},
      {"banner_code = 221", "not 220"},
      {"banner_code = \"220\"", "not 220"},
      {"reject_code = 399", "not from 400 to 599"},
      {"reject_code = 600", "not from 400 to 599"},
      {"reject_code = -1", "not from 400 to 599"},
      {"banner_text = hello", "not in double quotes"},
      {"banner_text = \"\\x\"", NO_ESCAPE},
      {"banner_text = \"\\N\"", NO_ESCAPE},
      {"banner_text = \"$Name\"",
       "neither $Group, $Hostname, $RemoteIP nor $$"},
      {"reject_text = \"$\"", "neither $Group, $Hostname, $RemoteIP nor $$"},
      {"reject_text = \"\xc3\xa9\"",
       "an octet that is neither printable ASCII nor a line end"},
      {"reject_text = \"\t\"",
       "an octet that is neither printable ASCII nor a line end"},
      {"override_hostname = mx.example", "not in double quotes"},
      {"override_hostname = \"mx..example\"",
       "neither a domain nor an address literal"},
      {"override_hostname = \"192.0.2.1.\"",
       "neither a domain nor an address literal"},
      {"spam_check = on", "neither a string in double quotes nor a number"},
      {"dhap_limit = 1.5", "neither a string in double quotes nor a number"},
  };
  char text[128];
  size_t i;

  (void)state;

  for (i = 0; i < COUNT(rows); i++) {
    int len =
        snprintf(text, sizeof(text), "$P ACCEPT {\n%s\n}", rows[i].setting);
    size_t column = strcspn(rows[i].setting, "=") + 3;
    fault expected = {text, (size_t)len, 2, (uint32_t)column, rows[i].what};

    check_fault(&expected);
  }
}

/* Texts and names at their limits, and one over it. */
static void limits_are_exact(void **state) {
  octets text = {0};
  fault over = {NULL, 0, 1, 27,
                "too long for a reply (4096 octets with its variables)"};
  size_t i;

  (void)state;

  octets_add_text(&text, "$P ACCEPT { reject_text = \"$Group");
  for (i = 63; i < 4096; i++) {
    octets_add_text(&text, "x");
  }
  octets_add_text(&text, "\" }");
  table_free(table_read(octets_text(&text)));
  text.len -= 3;
  octets_add_text(&text, "x\" }");
  over.text = octets_text(&text);
  over.len = text.len;
  check_fault(&over);
  octets_free(&text);
  table_free(
      table_read("%" NAME_63 " {} $" NAME_63 " ACCEPT " NAME_63 ": $" NAME_63));
}

/* Nothing of the text is looked at. */
static void a_text_of_4_gib_is_too_long(void **state) {
#if SIZE_MAX > UINT32_MAX
  shako_span text = {(const uint8_t *)"ALL ACCEPT", (size_t)UINT32_MAX + 1};
  shako_hat *hat = NULL;
  shako_place place;

  assert_int_equal(shako_hat_read(&hat, text, NULL, &table_mem, &place),
                   SHAKO_ERR_SYNTAX);
  assert_string_equal(place.what, "a table over 4294967295 octets");
  assert_int_equal(place.line, 1);
  assert_int_equal(place.column, 1);
#endif
  (void)state;
}

/* Lists count wherever they stand; the same once. */
static void a_table_has_64_dns_lists(void **state) {
  fault over = {NULL, 0, 69, 2, "more than 64 DNS lists"};
  octets text = {0};
  unsigned i;

  (void)state;

  octets_add_text(&text, "A:\n");
  for (i = 0; i < SHAKO_HAT_LISTS_MAX; i++) {
    octets_print(&text, "dnslist[l%u.example]\n", i);
  }
  octets_add_text(&text, "CONTINUE\nDNSLIST[L7.EXAMPLE.]\nREJECT\n");
  table_free(table_read(octets_text(&text)));
  octets_add_text(&text, " dnslist[l7.example.com] REJECT\n");
  over.text = octets_text(&text);
  over.len = text.len;
  check_fault(&over);
  octets_free(&text);
}

int main(void) {
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_is_no_text_is_refused),
      cmocka_unit_test(what_is_no_entry_is_refused),
      cmocka_unit_test(what_is_no_group_is_refused),
      cmocka_unit_test(what_is_no_policy_is_refused),
      cmocka_unit_test(what_is_no_list_is_refused),
      cmocka_unit_test(a_value_that_does_not_do_is_refused),
      cmocka_unit_test(limits_are_exact),
      cmocka_unit_test(a_text_of_4_gib_is_too_long),
      cmocka_unit_test(a_table_has_64_dns_lists),
  };

  return cmocka_run_group_tests_name("hat_faults", tests, NULL, NULL);
}
