/* What the language of the Host Access Table means when it is read. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <shako/hat.h>

#include "base/ascii.h"
#include "failing_memory.h"
#include "octets.h"
#include "policy/hat.h"
#include "policy/keys.h"
#include "tables.h"

#define COUNT(ARRAY) (sizeof(ARRAY) / sizeof((ARRAY)[0]))

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
    {NULL, "reject the domain \"spamdomain.com\"", NULL, SHAKO_ACCESS_REJECT,
     23, 1},
    {NULL, "TCPREFUSE the IP addresses in \"251.192.1\"", NULL,
     SHAKO_ACCESS_TCPREFUSE, 25, 1},
    {NULL, "RELAY the address 169.254.10.10", NULL, SHAKO_ACCESS_RELAY, 27, 1},
    {NULL, NULL, "$ACCEPTED", SHAKO_ACCESS_ACCEPT, 29, 1},
};

static void check_export(shako_span text) {
  shako_hat *hat = table_read_on(text, NULL);
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
  table_free(hat);
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

  check_export(shako__span(table_exported));
  check_export((shako_span){(const uint8_t *)table_exported,
                            strlen(table_exported) - 1});
  octets_add_text(&text, "\xef\xbb\xbf");
  bom = text.len;
  add_crlf(&text, table_exported);
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
  shako_hat *hat = table_read(table_additions);
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
  assert_null(shako_hat_list(hat, 0)); /* CONTINUE */
  table_free(hat);
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
  shako_hat *hat = table_read(
      "$P RELAY {\n"
      "  tls = \"required\" tls_observe = \"on\" tls_min_version = \"1.3\"\n"
      "  tls_ciphers = \"legacy\" max_message_size = 5000000000\n"
      "  max_msgs_per_session = 2 max_rcpts_per_msg = 3 max_concurrency = 4\n"
      "  max_rcpts_per_hour = 5 max_handshakes_per_minute = 6\n"
      "  banner_code = 220 banner_text = \"a\\n\\\"b\\\\\" reject_code = 450\n"
      "  reject_text = \"no\" override_hostname = \"mx.example\"\n"
      "  idle_timeout = 7 handshake_timeout = 8 session_timeout = -1\n"
      "  max_errors = 9 pipelining_early = \"allow\" bare_line_ends = "
      "\"keep\"\n"
      "}\n"
      "ALL $P\n");
  shako_hat_group group;

  (void)state;

  assert_int_equal(shako_hat_group_at(hat, 0, &group), 0);
  check_policy(group.policy);
  table_free(hat);
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

  shako_address_list_read(&list, shako__span("a@"), &table_mem, &place);
  fill_defaults(&defaults, list);
  hat = table_read_on(shako__span(text), &defaults);
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
  table_free(hat);
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

  shako_address_list_read(&list, shako__span("a@"), &table_mem, &place);
  fill_defaults(&defaults, list);
  hat = table_read_on(shako__span("%L {}"), &defaults);
  for (i = 0; i < COUNT(rows); i++) {
    shako__text text;

    shako__text_init(&text, buf, sizeof(buf));
    shako__key_put(&text, hat, shako_hat_defaults(hat),
                   shako__key_find(shako__span(rows[i].key)));
    assert_string_equal(buf, rows[i].text);
  }
  shako_address_list_unref(list);
  table_free(hat);
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
      shako_hat_read(&hat, shako__span("{"), &defaults, &table_mem, &place),
      SHAKO_ERR_INVALID_ARGUMENT);
  assert_string_equal(place.what, "policy.access: CONTINUE decides nothing");
  assert_int_equal(place.line, 0);
  assert_int_equal(place.column, 0);
  defaults.struct_size = 0;
  assert_int_equal(
      shako_hat_read(&hat, shako__span("{"), &defaults, &table_mem, &place),
      SHAKO_ERR_INVALID_ARGUMENT);
  assert_string_equal(place.what, "policy.struct_size: call "
                                  "shako_policy_default() first");
  assert_ptr_equal(hat, untouched);
  assert_int_equal(failing.live, 0);
}

static void bare_rules_share_a_policy(void **state) {
  shako_hat *hat = table_read("a ACCEPT\nB: b REJECT\nc accept\nd REJECT\n");
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
  table_free(hat);
}

static void a_member_is_in_its_group_once(void **state) {
  static const struct row {
    const char *text;
    uint32_t line;
    uint32_t other_line;
  } rows[] = {
      {"HOST.example", 4, 3}, {"192.0.2.1", 5, 2}, {"192.0.2.1", 6, 2},
      {"host.EXAMPLE", 6, 3}, {"b", 10, 9},
  };
  shako_hat *hat = table_read("A:\n192.0.2.1\nhost.example\nHOST.example\n"
                              "192.0.2.1\n192.0.2.1 host.EXAMPLE 192.0.2.2\n"
                              "ACCEPT\nB:\n192.0.2.1 a b\nc b d\nREJECT\n"
                              "192.0.2.1 ACCEPT\n192.0.2.1 REJECT\n");
  const shako__hat_repeat *repeats = hat->repeats.items;
  char *written = table_write(hat);
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
  table_free(hat);
}

/* Names whose hash (repeats.c) is the same. */
static void members_of_one_hash_are_told_apart(void **state) {
  (void)state;

  table_check_written("A: h57054.x h143168.x H57054.x REJECT",
                      "A:\n    h57054.x\n    h143168.x\n        REJECT\n");
}

/* Policies, and groups of the same names, each with its own policy. */
static void many_names_are_told_apart(void **state) {
  shako_hat_group group;
  octets text = {0};
  shako_hat *hat;
  unsigned i;

  (void)state;

  for (i = 0; i < 500; i++) {
    octets_print(&text, "$N%u ACCEPT N%u: $N%u\n", i, i, i);
  }
  hat = table_read(octets_text(&text));
  for (i = 0; shako_hat_group_at(hat, i, &group) == 0; i++) {
    assert_string_equal(group.policy->name + 1, group.name);
    assert_int_equal(group.line, i + 1);
  }
  assert_int_equal(i, 500);
  table_free(hat);
  octets_free(&text);
}

/* Adds more than a block of strings holds, with what stands around it. */
static void add_long(octets *text, const char *before, const char *after) {
  unsigned i;

  octets_add_text(text, before);
  for (i = 0; i < 4090; i++) {
    octets_add_text(text, "x");
  }
  octets_add_text(text, after);
}

static void add_table(octets *text) {
  unsigned i;

  octets_add_text(text, table_additions);
  add_long(text,
           "$T REJECT { override_hostname = \"a.example\" reject_text = \"",
           "\" }\n");
  for (i = 0; i < 20; i++) {
    octets_print(text, "N%u: $T\n", i);
  }
  add_long(text, "A: a b a c SBO:1 ::/0 $T (", ")\nb TCPREFUSE\n");
}

static void try_without_memory(bool refused) {
  shako_hat *hat = NULL;
  shako_place place;
  octets text = {0};
  int error;

  add_table(&text);
  failing.armed = true;
  error = shako_hat_read(&hat, (shako_span){text.ptr, text.len}, NULL,
                         &table_mem, &place);
  failing.armed = false;
  if (error == 0) {
    shako_hat_unref(hat);
  } else {
    assert_int_equal(error, SHAKO_ERR_NOMEM);
    assert_null(hat);
    assert_true(refused);
  }
  assert_int_equal(failing.live, 0);
  octets_free(&text);
}

static void without_memory_nothing_is_left(void **state) {
  (void)state;

  assert_true(failing_for_each(try_without_memory, 1) > 40);
}

static void check_preset(shako_hat_preset preset, const expected_group *groups,
                         size_t count) {
  const char *text = shako_hat_preset_text(preset);
  shako_hat *hat = table_read(text);

  check_groups(hat, groups, count);
  table_free(hat);
  table_check_written(text, text);
}

static void the_presets_are_what_appliances_begin_with(void **state) {
  static const expected_group public_groups[] = {
      {"WHITELIST", "Trusted senders", "$TRUSTED", SHAKO_ACCESS_ACCEPT, 24, 0},
      {"BLACKLIST", "Spammers are rejected", "$BLOCKED", SHAKO_ACCESS_REJECT,
       26, 0},
      {"SUSPECTLIST", "Suspicious senders are throttled", "$THROTTLED",
       SHAKO_ACCESS_ACCEPT, 28, 0},
      {"UNKNOWNLIST", "Reviewed, and nothing is known against them",
       "$ACCEPTED", SHAKO_ACCESS_ACCEPT, 30, 0},
      {NULL, "Everyone else", "$ACCEPTED", SHAKO_ACCESS_ACCEPT, 32, 1},
  };
  static const expected_group private_groups[] = {
      {"RELAYLIST", "Hosts that may relay", "$RELAYED", SHAKO_ACCESS_RELAY, 5,
       0},
      {NULL, "Everyone else", "$BLOCKED", SHAKO_ACCESS_REJECT, 7, 1},
  };

  (void)state;

  check_preset(SHAKO_HAT_PRESET_PUBLIC, public_groups, COUNT(public_groups));
  check_preset(SHAKO_HAT_PRESET_PRIVATE, private_groups, COUNT(private_groups));
}

static void check_limits(const shako_hat *hat, size_t i, uint32_t messages,
                         uint32_t recipients, uint64_t size,
                         uint32_t concurrency) {
  shako_hat_group group;

  assert_int_equal(shako_hat_group_at(hat, i, &group), 0);
  assert_int_equal(group.policy->max_messages, messages);
  assert_int_equal(group.policy->max_recipients, recipients);
  assert_int_equal(group.policy->max_message_size, size);
  assert_int_equal(group.policy->max_concurrency, concurrency);
  assert_int_equal(group.policy->tls, SHAKO_TLS_SETTING_REQUIRED);
}

/* TLS is what the listener's default policy says. */
static void the_public_preset_throttles(void **state) {
  shako_policy defaults;
  shako_hat *hat;

  (void)state;

  shako_policy_default(&defaults);
  defaults.tls = SHAKO_TLS_SETTING_REQUIRED;
  defaults.max_messages = 1;
  hat = table_read_on(
      shako__span(shako_hat_preset_text(SHAKO_HAT_PRESET_PUBLIC)), &defaults);
  check_limits(hat, 0, 1000, 1000, 104857600, 1000);
  check_limits(hat, 2, 10, 20, 1048576, 10);
  check_limits(hat, 3, 1000, 1000, 104857600, 1000);
  check_limits(hat, 4, 1000, 1000, 104857600, 1000);
  table_free(hat);
}

/* The last line of a million is found by its number. */
static void a_million_lines_read_in(void **state) {
  shako_hat *hat;
  shako_hat_match match;
  shako_peer peer;
  octets text = {0};
  unsigned i;

  (void)state;

  octets_add_text(&text, "BIG:\n");
  for (i = 0; i < 999995; i++) {
    octets_print(&text, "%u.%u.%u.%u\n", 1 + (i & 63), i >> 6 & 255,
                 i >> 14 & 63, 2 * (i & 127));
  }
  octets_add_text(&text, "REJECT\n192.0.2.7\nACCEPT\n");
  hat = table_read_on((shako_span){text.ptr, text.len}, NULL);
  shako_peer_default(&peer);
  shako_address_parse(&peer.address, shako__span("192.0.2.7"));
  shako_hat_find(hat, &peer, &match);
  assert_int_equal(match.line, 999998);
  assert_string_equal(match.rule, "192.0.2.7");
  table_free(hat);
  octets_free(&text);
}

static void no_text_at_all_is_an_empty_table(void **state) {
  shako_span none = {NULL, 0};
  shako_hat *hat = NULL;
  shako_place place;

  (void)state;
  assert_int_equal(shako_hat_read(&hat, none, NULL, NULL, &place), 0);
  check_groups(hat, NULL, 0);
  shako_hat_unref(hat);
}

int main(void) {
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_export_reads_in_whatever_ends_its_lines),
      cmocka_unit_test(our_additions_read_in),
      cmocka_unit_test(a_key_sets_its_field),
      cmocka_unit_test(what_a_policy_leaves_out_is_the_default),
      cmocka_unit_test(a_default_is_told_as_near_as_can_be),
      cmocka_unit_test(defaults_are_judged_first),
      cmocka_unit_test(bare_rules_share_a_policy),
      cmocka_unit_test(a_member_is_in_its_group_once),
      cmocka_unit_test(members_of_one_hash_are_told_apart),
      cmocka_unit_test(many_names_are_told_apart),
      cmocka_unit_test(without_memory_nothing_is_left),
      cmocka_unit_test(the_presets_are_what_appliances_begin_with),
      cmocka_unit_test(the_public_preset_throttles),
      cmocka_unit_test(no_text_at_all_is_an_empty_table),
      cmocka_unit_test(a_million_lines_read_in),
  };

  return cmocka_run_group_tests_name("hat_file", tests, NULL, NULL);
}
