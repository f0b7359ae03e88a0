/* The language of the Host Access Table: what is read, what is refused and
   where, and that what is written reads in again as the same. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <shako/hat.h>

#include "base/ascii.h"
#include "failing_memory.h"
#include "octets.h"
#include "policy/hat.h"
#include "policy/keys.h"

#define COUNT(ARRAY) (sizeof(ARRAY) / sizeof((ARRAY)[0]))

static void *test_alloc(size_t size, void *user_data) {
  void *ptr = failing_now() ? NULL : malloc(size);

  (void)user_data;
  failing.live += ptr != NULL;
  return ptr == NULL ? NULL : memset(ptr, 0xa5, size);
}

static void test_release(void *ptr, size_t size, void *user_data) {
  (void)user_data;
  failing.live--;
  memset(ptr, 0x5a, size);
  free(ptr);
}

static const shako_mem mem = {NULL, test_alloc, test_release};

static shako_hat *read_span(shako_span text, const shako_policy *defaults) {
  shako_place place = {0, 0, "no memory"};
  shako_hat *hat = NULL;

  if (shako_hat_read(&hat, text, defaults, &mem, &place) != 0) {
    fail_msg("%u:%u: %s in\n%.*s", (unsigned)place.line, (unsigned)place.column,
             place.what, (int)text.len, (const char *)text.ptr);
  }
  return hat;
}

static shako_hat *read_right(const char *text) {
  return read_span(shako__span(text), NULL);
}

/* Returns what |hat| is in writing; the caller frees it. */
static char *write_out(const shako_hat *hat) {
  size_t len = shako_hat_write(hat, NULL, 0);
  char *text = must_alloc(len + 1);

  assert_int_equal(shako_hat_write(hat, text, len + 1), len);
  assert_int_equal(strlen(text), len);
  return text;
}

static void free_hat(shako_hat *hat) {
  shako_hat_unref(hat);
  assert_int_equal(failing.live, 0);
}

/* What |text| is when it is read and written. */
static void check_written(const char *text, const char *expected) {
  shako_hat *hat = read_right(text);
  char *written = write_out(hat);

  assert_string_equal(written, expected);
  free(written);
  free_hat(hat);
}

static void check_fixed(const char *text) {
  shako_hat *hat = read_right(text);
  char *written = write_out(hat);

  free_hat(hat);
  check_written(written, written);
  free(written);
}

/* As the appliances export it. */
static const char exported[] =
    "# a comment\n"
    "$ACCEPTED\n"
    "    ACCEPT\n"
    "$THROTTLED\n"
    "    ACCEPT {\n"
    "        spam_check = \"on\"\n"
    "        max_msgs_per_session = 10\n"
    "        max_concurrency = 10\n"
    "        max_rcpts_per_msg = 25\n"
    "        max_rcpts_per_hour = 1\n"
    "        dhap_limit = 0\n"
    "        virus_check = \"on\"\n"
    "        max_message_size = 1048576\n"
    "        use_sb = \"on\"\n"
    "        tls = \"off\"\n"
    "    }\n"
    "$BLOCKED\n"
    "    REJECT\n"
    "WHITELIST:\n"
    "        $ACCEPTED (My trusted senders have no anti-spam scanning)\n"
    "SUSPECTLIST:\n"
    "        $THROTTLED (Suspicious senders are throttled)\n"
    "spamdomain.com\n"
    "    REJECT (reject the domain \"spamdomain.com\")\n"
    "251.192.1.\n"
    "    TCPREFUSE (TCPREFUSE the IP addresses in \"251.192.1\")\n"
    "169.254.10.10\n"
    "    RELAY (RELAY the address 169.254.10.10)\n"
    "ALL\n"
    "    $ACCEPTED\n";

static const char with_additions[] =
    "%BANKS { # whose mail is never to go in the clear\n"
    "    @bank.example @.bank.example # }\n"
    "    \"a#}b\"@ a}b@x.example\n"
    "}\n"
    "$PARTNERS\n"
    "    ACCEPT {\n"
    "        tls = \"required\"\n"
    "        tls_min_version = \"1.3\"\n"
    "    }\n"
    "$BANKS ACCEPT{tls=\"preferred\" tls_mandatory_senders=\"BANKS\"}\n"
    "$NOTED CONTINUE { significant_bits = 24 }\n"
    "PARTNERS:\n"
    "    192.0.2.0/24 # a comment behind a member\n"
    "    .partner.example\n"
    "    unverified[mismatch]\n"
    "        $PARTNERS (business partners, TLS agreed)\n"
    "NOTED: SBRS[-10.0:-3.0] dnslist[bl.example] $NOTED\n"
    "2001:db8:: $BANKS\n"
    "ALL ACCEPT\n"
    "192.0.2.7 REJECT\n";

/* What a group is expected to be. */
typedef struct expected_group {
  const char *name;
  const char *comment;
  const char *policy; /* NULL for a bare rule */
  shako_access access;
  uint32_t line;
  uint32_t members;
} expected_group;

static void check_string(const char *string, const char *expected) {
  if (string == NULL || expected == NULL) {
    assert_ptr_equal(string, expected);
  } else {
    assert_string_equal(string, expected);
  }
}

static void check_groups(const shako_hat *hat, const expected_group *expected,
                         size_t count) {
  shako_hat_group group;
  size_t i;

  for (i = 0; i < count; i++) {
    assert_int_equal(shako_hat_group_at(hat, i, &group), 0);
    check_string(group.name, expected[i].name);
    check_string(group.comment, expected[i].comment);
    check_string(group.policy->name, expected[i].policy);
    assert_int_equal(group.policy->access, expected[i].access);
    assert_int_equal(group.line, expected[i].line);
    assert_int_equal(group.members, expected[i].members);
  }
  assert_int_equal(shako_hat_group_at(hat, count, &group),
                   SHAKO_ERR_INVALID_ARGUMENT);
}

static const expected_group groups_of_export[] = {
    {"WHITELIST", "My trusted senders have no anti-spam scanning", "$ACCEPTED",
     SHAKO_ACCESS_ACCEPT, 19, 0},
    {"SUSPECTLIST", "Suspicious senders are throttled", "$THROTTLED",
     SHAKO_ACCESS_ACCEPT, 21, 0},
    {NULL, "reject the domain \"spamdomain.com\"", NULL, SHAKO_ACCESS_REJECT, 23,
     1},
    {NULL, "TCPREFUSE the IP addresses in \"251.192.1\"", NULL,
     SHAKO_ACCESS_TCPREFUSE, 25, 1},
    {NULL, "RELAY the address 169.254.10.10", NULL, SHAKO_ACCESS_RELAY, 27, 1},
    {NULL, NULL, "$ACCEPTED", SHAKO_ACCESS_ACCEPT, 29, 1},
};

static void check_export(shako_span text) {
  shako_hat *hat = read_span(text, NULL);
  const shako_policy *throttled;
  shako_hat_group group;

  check_groups(hat, groups_of_export, COUNT(groups_of_export));
  assert_int_equal(shako_hat_group_at(hat, 1, &group), 0);
  throttled = group.policy;
  assert_int_equal(throttled->max_messages, 10);
  assert_int_equal(throttled->max_concurrency, 10);
  assert_int_equal(throttled->max_recipients, 25);
  assert_int_equal(throttled->max_recipients_per_hour, 1);
  assert_int_equal(throttled->max_message_size, 1048576);
  assert_int_equal(throttled->tls, SHAKO_TLS_SETTING_NO);
  check_string(shako_hat_kept(hat, throttled, "spam_check"), "on");
  check_string(shako_hat_kept(hat, throttled, "dhap_limit"), "0");
  check_string(shako_hat_kept(hat, throttled, "use_sb"), "on");
  check_string(shako_hat_kept(hat, throttled, "significant_bits"), NULL);
  check_string(shako_hat_kept(hat, throttled, "tls"), NULL);
  free_hat(hat);
}

/* Adds |text| to |to| with CRLF for LF. */
static void add_crlf(octets *to, const char *text) {
  for (; *text != '\0'; text++) {
    octets_add_text(to, *text == '\n' ? "\r" : "");
    octets_add(to, text, 1);
  }
}

static void an_export_reads_in_whatever_ends_its_lines(void **state) {
  octets text = {0};
  size_t bom;

  (void)state;

  check_export(shako__span(exported));
  check_export((shako_span){(const uint8_t *)exported, sizeof(exported) - 2});
  octets_add_text(&text, "\xef\xbb\xbf");
  bom = text.len;
  add_crlf(&text, exported);
  check_export((shako_span){text.ptr, text.len});
  check_export((shako_span){text.ptr + bom, text.len - bom});
  octets_free(&text);
}

static void our_additions_read_in(void **state) {
  static const expected_group groups[] = {
      {"PARTNERS", "business partners, TLS agreed", "$PARTNERS",
       SHAKO_ACCESS_ACCEPT, 12, 3},
      {"NOTED", NULL, "$NOTED", SHAKO_ACCESS_CONTINUE, 17, 2},
      {NULL, NULL, "$BANKS", SHAKO_ACCESS_ACCEPT, 18, 1},
      {NULL, NULL, NULL, SHAKO_ACCESS_ACCEPT, 19, 1},
      {NULL, NULL, NULL, SHAKO_ACCESS_REJECT, 20, 1},
  };
  shako_hat *hat = read_right(with_additions);
  const shako_address_list *banks;
  shako_hat_group group;

  (void)state;

  check_groups(hat, groups, COUNT(groups));
  shako_hat_group_at(hat, 0, &group);
  assert_int_equal(group.policy->tls, SHAKO_TLS_SETTING_REQUIRED);
  assert_int_equal(group.policy->tls_min_version, 0x0304);
  assert_null(group.policy->tls_mandatory_senders);
  shako_hat_group_at(hat, 2, &group);
  assert_int_equal(group.policy->tls, SHAKO_TLS_SETTING_PREFERRED);
  banks = group.policy->tls_mandatory_senders;
  assert_non_null(banks);
  assert_true(shako_address_list_holds(banks, shako__span("a@bank.example")));
  assert_true(shako_address_list_holds(banks, shako__span("a@b.bank.example")));
  assert_true(shako_address_list_holds(banks, shako__span("a#}b@x.example")));
  assert_true(shako_address_list_holds(banks, shako__span("a}b@x.example")));
  assert_false(shako_address_list_holds(banks, shako__span("a@x.example")));
  assert_string_equal(shako_hat_list(hat, 0) ? "asked" : "", "");
  free_hat(hat);
}

static void a_table_is_written_in_its_order(void **state) {
  static const char expected[] = "%BANKS {\n"
                                 "    @bank.example\n"
                                 "    @.bank.example\n"
                                 "    \"a#}b\"@\n"
                                 "    a}b@x.example\n"
                                 "}\n"
                                 "$PARTNERS\n"
                                 "    ACCEPT {\n"
                                 "        tls = \"required\"\n"
                                 "        tls_min_version = \"1.3\"\n"
                                 "    }\n"
                                 "$BANKS\n"
                                 "    ACCEPT {\n"
                                 "        tls = \"preferred\"\n"
                                 "        tls_mandatory_senders = \"BANKS\"\n"
                                 "    }\n"
                                 "$NOTED\n"
                                 "    CONTINUE {\n"
                                 "        significant_bits = 24\n"
                                 "    }\n"
                                 "PARTNERS:\n"
                                 "    192.0.2.0/24\n"
                                 "    .partner.example\n"
                                 "    unverified[mismatch]\n"
                                 "        $PARTNERS (business partners, TLS "
                                 "agreed)\n"
                                 "NOTED:\n"
                                 "    SBRS[-10.0:-3.0]\n"
                                 "    dnslist[bl.example]\n"
                                 "        $NOTED\n"
                                 "2001:db8::\n"
                                 "    $BANKS\n"
                                 "ALL\n"
                                 "    ACCEPT\n"
                                 "192.0.2.7\n"
                                 "    REJECT\n";

  (void)state;

  check_written(with_additions, expected);
}

static void what_is_written_reads_in_as_the_same(void **state) {
  static const char *const texts[] = {
      "",
      "\n",
      "# nothing\n",
      "ALL ACCEPT",
      "%A {}",
      "%A{a@}$P ACCEPT{tls_mandatory_senders=\"A\"}ALL $P()",
      "$P ACCEPT {}",
      "A: REJECT (a (b) \"c\" # d)",
      "accept. ACCEPT",
      "A: 1 1.2 1.2.3 SBO:7 sbrs[none] ALL x RELAY",
      exported,
      with_additions,
  };
  size_t i;

  (void)state;

  for (i = 0; i < COUNT(texts); i++) {
    check_fixed(texts[i]);
  }
}

static void blanks_case_and_comments_say_little(void **state) {
  static const struct row {
    const char *text;
    const char *written;
  } rows[] = {
      {"ALL\tACCEPT", "ALL\n    ACCEPT\n"},
      {"\r\n all\r\nAccept\r\n", "all\n    ACCEPT\n"},
      {"ALL#x\nREJECT#y", "ALL\n    REJECT\n"},
      {"ALL ACCEPT(x)", "ALL\n    ACCEPT (x)\n"},
      {"ALL ACCEPT (\n\t a\r\n  b )", "ALL\n    ACCEPT (a b)\n"},
      {"ALL ACCEPT ((a) b (c))", "ALL\n    ACCEPT ((a) b (c))\n"},
      {"ALL ACCEPT (5\" # and it's \xc3\xa9)",
       "ALL\n    ACCEPT (5\" # and it's \xc3\xa9)\n"},
      {"ALL ACCEPT ( )", "ALL\n    ACCEPT\n"},
      {"ALL ACCEPT()", "ALL\n    ACCEPT\n"},
      {"$P accept{TLS=\"Off\"max_errors=9}ALL $P",
       "$P\n    ACCEPT {\n        tls = \"off\"\n        max_errors = 9\n    }\n"
       "ALL\n    $P\n"},
      {"$p ACCEPT $P REJECT ALL $p",
       "$p\n    ACCEPT\n$P\n    REJECT\nALL\n    $p\n"},
      {"A: REJECT a: ACCEPT", "A:\n        REJECT\na:\n        ACCEPT\n"},
      {"%A{} $A REJECT A: $A", "%A {\n}\n$A\n    REJECT\nA:\n        $A\n"},
      {"%A\n{#}\n}", "%A {\n}\n"},
      {"a-Z_09: x ACCEPT", "a-Z_09:\n    x\n        ACCEPT\n"},
      {"ALL ACCEPT 10.0.0.1 REJECT", "ALL\n    ACCEPT\n10.0.0.1\n    REJECT\n"},
      {":: REJECT", "::\n    REJECT\n"},
  };
  size_t i;

  (void)state;

  for (i = 0; i < COUNT(rows); i++) {
    check_written(rows[i].text, rows[i].written);
  }
}

static void a_value_is_written_as_it_is_read(void **state) {
  static const char *const settings[] = {
      "tls = \"off\"",
      "tls = \"preferred\"",
      "tls = \"required\"",
      "tls_observe = \"off\"",
      "tls_observe = \"on\"",
      "tls_min_version = \"1.2\"",
      "tls_min_version = \"1.3\"",
      "tls_ciphers = \"intermediate\"",
      "tls_ciphers = \"modern\"",
      "tls_ciphers = \"legacy\"",
      "tls_mandatory_senders = \"\"",
      "tls_mandatory_senders = \"L\"",
      "max_message_size = 1",
      "max_message_size = 18446744073709551615",
      "max_message_size = -1",
      "max_msgs_per_session = 4294967295",
      "max_rcpts_per_msg = 7",
      "max_concurrency = -1",
      "max_rcpts_per_hour = 7",
      "max_handshakes_per_minute = 7",
      "banner_code = 220",
      "banner_text = \"\"",
      "banner_text = \"a \\\"b\\\" \\\\ c\\nd\"",
      "banner_text = \"$Group $Hostname $RemoteIP $$\"",
      "reject_code = 400",
      "reject_code = 599",
      "reject_text = \"{ # ( = no\"",
      "override_hostname = \"mx.example\"",
      "override_hostname = \"[192.0.2.1]\"",
      "override_hostname = \"\"",
      "idle_timeout = 4294967",
      "handshake_timeout = 1",
      "session_timeout = -1",
      "max_errors = 7",
      "pipelining_early = \"refuse\"",
      "pipelining_early = \"allow\"",
      "bare_line_ends = \"refuse\"",
      "bare_line_ends = \"keep\"",
      "spam_check = \"o\\n\\\"\\\\\\x(\"",
      "virus_check = \"\"",
      "use_sb = -1",
      "dhap_limit = 007",
      "significant_bits = \"24\"",
  };
  char text[256];
  size_t i;

  (void)state;

  for (i = 0; i < COUNT(settings); i++) {
    snprintf(text, sizeof(text),
             "%%L {\n}\n$P\n    ACCEPT {\n        %s\n    }\n", settings[i]);
    check_written(text, text);
  }
}

static void check_policy(const shako_policy *policy) {
  assert_int_equal(policy->access, SHAKO_ACCESS_RELAY);
  assert_int_equal(policy->tls, SHAKO_TLS_SETTING_REQUIRED);
  assert_int_equal(policy->tls_observed, 1);
  assert_int_equal(policy->tls_min_version, 0x0304);
  assert_int_equal(policy->tls_ciphers, SHAKO_TLS_CIPHERS_LEGACY);
  assert_int_equal(policy->max_message_size, 5000000000u);
  assert_int_equal(policy->max_messages, 2);
  assert_int_equal(policy->max_recipients, 3);
  assert_int_equal(policy->max_concurrency, 4);
  assert_int_equal(policy->max_recipients_per_hour, 5);
  assert_int_equal(policy->max_handshakes_per_minute, 6);
  assert_int_equal(policy->banner_code, 220);
  assert_string_equal(policy->banner_text, "a\n\"b\\");
  assert_int_equal(policy->reject_code, 450);
  assert_string_equal(policy->reject_text, "no");
  assert_string_equal(policy->hostname, "mx.example");
  assert_int_equal(policy->idle_timeout, 7000);
  assert_int_equal(policy->handshake_timeout, 8000);
  assert_int_equal(policy->session_timeout, 0);
  assert_int_equal(policy->max_errors, 9);
  assert_int_equal(policy->pipelining_early, 1);
  assert_int_equal(policy->bare_line_ends, 1);
}

static void a_key_sets_its_field(void **state) {
  shako_hat *hat = read_right(
      "$P RELAY {\n"
      "  tls = \"required\" tls_observe = \"on\" tls_min_version = \"1.3\"\n"
      "  tls_ciphers = \"legacy\" max_message_size = 5000000000\n"
      "  max_msgs_per_session = 2 max_rcpts_per_msg = 3 max_concurrency = 4\n"
      "  max_rcpts_per_hour = 5 max_handshakes_per_minute = 6\n"
      "  banner_code = 220 banner_text = \"a\\n\\\"b\\\\\" reject_code = 450\n"
      "  reject_text = \"no\" override_hostname = \"mx.example\"\n"
      "  idle_timeout = 7 handshake_timeout = 8 session_timeout = -1\n"
      "  max_errors = 9 pipelining_early = \"allow\" bare_line_ends = \"keep\"\n"
      "}\n"
      "ALL $P\n");
  shako_hat_group group;

  (void)state;

  assert_int_equal(shako_hat_group_at(hat, 0, &group), 0);
  check_policy(group.policy);
  free_hat(hat);
}

/* Defaults that differ from the library's in every field. */
static void fill_defaults(shako_policy *defaults, shako_address_list *list) {
  shako_policy_default(defaults);
  defaults->name = "$DEFAULT";
  defaults->access = SHAKO_ACCESS_REJECT;
  defaults->tls = SHAKO_TLS_SETTING_REQUIRED;
  defaults->max_errors = 7;
  defaults->idle_timeout = 1500;
  defaults->banner_text = "hello";
  defaults->reject_text = "go";
  defaults->hostname = "own.example";
  defaults->tls_mandatory_senders = list;
}

static void what_a_policy_leaves_out_is_the_default(void **state) {
  static const char text[] =
      "$P ACCEPT { max_errors = 8 reject_text = \"\" }\n"
      "$Q ACCEPT { tls_mandatory_senders = \"\" override_hostname = \"\" }\n"
      "a $P\nb $Q\nc RELAY\n";
  shako_address_list *list = NULL;
  shako_hat_group group;
  shako_policy defaults;
  shako_place place;
  shako_hat *hat;

  (void)state;

  shako_address_list_read(&list, shako__span("a@"), &mem, &place);
  fill_defaults(&defaults, list);
  hat = read_span(shako__span(text), &defaults);
  shako_address_list_unref(list);

  shako_hat_group_at(hat, 0, &group);
  assert_string_equal(group.policy->name, "$P");
  assert_int_equal(group.policy->tls, SHAKO_TLS_SETTING_REQUIRED);
  assert_int_equal(group.policy->max_errors, 8);
  assert_int_equal(group.policy->idle_timeout, 1500);
  assert_string_equal(group.policy->banner_text, "hello");
  assert_null(group.policy->reject_text);
  assert_string_equal(group.policy->hostname, "own.example");
  assert_non_null(group.policy->tls_mandatory_senders);
  shako_hat_group_at(hat, 1, &group);
  assert_null(group.policy->tls_mandatory_senders);
  assert_null(group.policy->hostname);
  shako_hat_group_at(hat, 2, &group);
  assert_null(group.policy->name);
  assert_int_equal(group.policy->access, SHAKO_ACCESS_RELAY);
  assert_int_equal(group.policy->max_errors, 7);
  assert_string_equal(shako_hat_defaults(hat)->name, "$DEFAULT");
  free_hat(hat);
}

/* A value of the API's that the language cannot say. */
static void a_default_is_told_as_near_as_can_be(void **state) {
  static const struct row {
    const char *key;
    const char *text;
  } rows[] = {
      {"idle_timeout", "2"},
      {"banner_text", "\"hello\""},
      {"override_hostname", "\"own.example\""},
      {"tls_mandatory_senders", "(a list of the listener's)"},
      {"spam_check", ""},
  };
  shako_address_list *list = NULL;
  shako_policy defaults;
  shako_place place;
  shako_hat *hat;
  char buf[64];
  size_t i;

  (void)state;

  shako_address_list_read(&list, shako__span("a@"), &mem, &place);
  fill_defaults(&defaults, list);
  hat = read_span(shako__span("%L {}"), &defaults);
  for (i = 0; i < COUNT(rows); i++) {
    shako__text text;

    shako__text_init(&text, buf, sizeof(buf));
    shako__key_put(&text, hat, shako_hat_defaults(hat),
                   shako__key_find(shako__span(rows[i].key)));
    assert_string_equal(buf, rows[i].text);
  }
  shako_address_list_unref(list);
  free_hat(hat);
}

static void defaults_are_judged_first(void **state) {
  shako_hat *const untouched = (shako_hat *)&failing;
  shako_hat *hat = untouched;
  shako_policy defaults;
  shako_place place = {9, 9, NULL};

  (void)state;

  shako_policy_default(&defaults);
  defaults.access = SHAKO_ACCESS_CONTINUE;
  assert_int_equal(
      shako_hat_read(&hat, shako__span("{"), &defaults, &mem, &place),
      SHAKO_ERR_INVALID_ARGUMENT);
  assert_string_equal(place.what, "policy.access: CONTINUE decides nothing");
  assert_int_equal(place.line, 0);
  assert_int_equal(place.column, 0);
  defaults.struct_size = 0;
  assert_int_equal(
      shako_hat_read(&hat, shako__span("{"), &defaults, &mem, &place),
      SHAKO_ERR_INVALID_ARGUMENT);
  assert_string_equal(place.what, "policy.struct_size: call "
                                  "shako_policy_default() first");
  assert_ptr_equal(hat, untouched);
  assert_int_equal(failing.live, 0);
}

static void bare_rules_share_a_policy(void **state) {
  shako_hat *hat = read_right("a ACCEPT\nB: b REJECT\nc accept\nd REJECT\n");
  shako_hat_group groups[4];
  size_t i;

  (void)state;

  for (i = 0; i < 4; i++) {
    assert_int_equal(shako_hat_group_at(hat, i, &groups[i]), 0);
    assert_null(groups[i].policy->name);
  }
  assert_ptr_equal(groups[0].policy, groups[2].policy);
  assert_ptr_equal(groups[1].policy, groups[3].policy);
  assert_int_equal(hat->policies.count, 2);
  assert_int_equal(((shako__hat_policy *)hat->policies.items)[1].line, 2);
  free_hat(hat);
}

static void a_member_is_in_its_group_once(void **state) {
  static const struct row {
    const char *text;
    uint32_t line;
    uint32_t other_line;
  } rows[] = {
      {"HOST.example", 4, 3},
      {"192.0.2.1", 5, 2},
      {"192.0.2.1", 6, 2},
      {"host.EXAMPLE", 6, 3},
      {"b", 10, 9},
  };
  shako_hat *hat = read_right("A:\n192.0.2.1\nhost.example\nHOST.example\n"
                              "192.0.2.1\n192.0.2.1 host.EXAMPLE 192.0.2.2\n"
                              "ACCEPT\nB:\n192.0.2.1 a b\nc b d\nREJECT\n"
                              "192.0.2.1 ACCEPT\n192.0.2.1 REJECT\n");
  const shako__hat_repeat *repeats = hat->repeats.items;
  char *written = write_out(hat);
  size_t i;

  (void)state;

  assert_int_equal(hat->repeats.count, COUNT(rows));
  for (i = 0; i < COUNT(rows); i++) {
    assert_string_equal(repeats[i].text, rows[i].text);
    assert_int_equal(repeats[i].line, rows[i].line);
    assert_int_equal(repeats[i].other_line, rows[i].other_line);
  }
  assert_string_equal(written,
                      "A:\n    192.0.2.1\n    host.example\n    192.0.2.2\n"
                      "        ACCEPT\n"
                      "B:\n    192.0.2.1\n    a\n    b\n    c\n    d\n"
                      "        REJECT\n"
                      "192.0.2.1\n    ACCEPT\n192.0.2.1\n    REJECT\n");
  free(written);
  free_hat(hat);
}
