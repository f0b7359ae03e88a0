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

static shako_hat *read_on(const char *text, const shako_policy *defaults) {
  shako_place place = {0, 0, "no memory"};
  shako_hat *hat = NULL;

  if (shako_hat_read(&hat, shako__span(text), defaults, &mem, &place) != 0) {
    fail_msg("line %u, column %u: %s", (unsigned)place.line,
             (unsigned)place.column, place.what);
  }
  return hat;
}

/* clang-format off */
static const char table[] =
    "%BANKS { @bank.example }\n"                             /* 1 */
    "$PARTNERS\n"
    "    ACCEPT {\n"
    "        tls = \"required\"\n"
    "        spam_check = \"off\"\n"                         /* 5 */
    "    }\n"
    "$WATCHED ACCEPT { tls = \"required\" tls_observe = \"on\" }\n"
    "$BANKS ACCEPT {\n"
    "    tls = \"preferred\" tls_mandatory_senders = \"BANKS\" }\n"
    "$STUCK ACCEPT { tls_mandatory_senders = \"BANKS\" }\n"  /* 10 */
    "EMPTY:\n"
    "    $PARTNERS\n"
    "NOTED:\n"
    "    192.0.2.0/24\n"
    "    CONTINUE\n"                                         /* 15 */
    "BLOCKED:\n"
    "    203.0.113.0/24\n"
    "    .spam.example\n"
    "    SBRS[-10.0:-5.0]\n"
    "    SBO:7\n"                                            /* 20 */
    "    dnslist[bl.example]\n"
    "    REJECT\n"
    "198.51.100. TCPREFUSE\n"
    "PARTNERS:\n"
    "    192.0.2.7\n"                                        /* 25 */
    "    .partner.example\n"
    "    $PARTNERS (TLS agreed)\n"
    "10.0.0.1 $WATCHED\n"
    "10.0.0.2 $BANKS\n"
    "10.0.0.3 $STUCK\n"                                      /* 30 */
    "unverified[mismatch] RELAY\n";
/* clang-format on */

/* A host of which all is known, and nothing good. */
static shako_peer peer_at(const char *address) {
  shako_peer peer;

  shako_peer_default(&peer);
  assert_int_equal(shako_address_parse(&peer.address, shako__span(address)), 0);
  peer.name_state = SHAKO_NAME_NONE;
  peer.score_state = SHAKO_SCORE_NONE;
  peer.owner_asked = 1;
  peer.lists_asked = UINT64_MAX;
  return peer;
}

static shako_hat_explanation *
explain(const shako_hat *hat, const shako_peer *peer, const char *sender) {
  shako_hat_explanation *explanation = NULL;

  assert_int_equal(
      shako_hat_explain(&explanation, hat, peer, shako__span(sender)), 0);
  return explanation;
}

/* Expects the text up to the values. */
static void expect_text(const shako_hat *hat, const shako_peer *peer,
                        const char *sender, const char *text) {
  shako_hat_explanation *explanation = explain(hat, peer, sender);
  char is[8192];
  char *values;

  assert_true(shako_hat_explanation_text(explanation, is, sizeof(is)) <
              sizeof(is));
  values = strstr(is, "Policy:\n");
  assert_int_equal(values == NULL, explanation->match.need != 0);
  if (values != NULL) {
    *values = '\0';
  }
  assert_string_equal(is, text);
  shako_hat_explanation_free(explanation);
}

static void what_decides_and_what_does_not_is_told(void **state) {
  shako_hat *hat = read_on(table, NULL);
  shako_peer peer = peer_at("192.0.2.7");

  (void)state;

  expect_text(hat, &peer, "a@b.example",
              "192.0.2.7 gets $PARTNERS (ACCEPT) of sender group PARTNERS: "
              "line 25, \"192.0.2.7\"\n"
              "MAIL FROM:<a@b.example> needs TLS: the policy requires it\n"
              "Entries before:\n"
              "  line 11, sender group EMPTY: it has no members\n"
              "  line 13, sender group NOTED: its access rule is CONTINUE\n"
              "  line 18, sender group BLOCKED, \".spam.example\": needs the "
              "host's name, and it has no PTR\n"
              "  line 23, \"198.51.100.\": does not match\n");
  peer = peer_at("2001:db8::1");
  peer.name_state = SHAKO_NAME_VERIFIED;
  peer.name = shako__span("mail.partner.example");
  peer.score_state = SHAKO_SCORE_KNOWN;
  peer.owner = 8; /* known, so nobody need have asked */
  peer.owner_asked = 0;
  expect_text(hat, &peer, "",
              "2001:db8::1 (mail.partner.example) gets $PARTNERS (ACCEPT) of "
              "sender group PARTNERS: line 26, \".partner.example\"\n"
              "MAIL FROM:<> needs TLS: the policy requires it\n"
              "Entries before:\n"
              "  line 11, sender group EMPTY: it has no members\n"
              "  line 13, sender group NOTED: its access rule is CONTINUE\n"
              "  line 16, sender group BLOCKED: no member matches\n"
              "  line 23, \"198.51.100.\": does not match\n");
  peer = peer_at("203.0.113.1");
  expect_text(hat, &peer, "a@b.example",
              "203.0.113.1 gets REJECT of sender group BLOCKED: line 17, "
              "\"203.0.113.0/24\"\n"
              "Entries before:\n"
              "  line 11, sender group EMPTY: it has no members\n"
              "  line 13, sender group NOTED: its access rule is CONTINUE\n");
  shako_hat_unref(hat);
  assert_int_equal(failing.live, 0);
}

static void the_default_policy_decides_in_the_end(void **state) {
  shako_hat *hat = read_on("10. REJECT\n", NULL);
  shako_peer peer = peer_at("192.0.2.7");
  shako_policy defaults;

  (void)state;

  expect_text(hat, &peer, "a@b.example",
              "192.0.2.7 gets the default policy (ACCEPT): no entry matches\n"
              "MAIL FROM:<a@b.example> needs no TLS: TLS is off\n"
              "Entries before:\n"
              "  line 1, \"10.\": does not match\n");
  shako_hat_unref(hat);
  shako_policy_submission(&defaults);
  hat = read_on("", &defaults);
  expect_text(hat, &peer, "",
              "192.0.2.7 gets the default policy (ACCEPT): no entry matches\n"
              "MAIL FROM:<> needs TLS: the policy requires it\n");
  shako_hat_unref(hat);
}

static void what_is_needed_is_told(void **state) {
  shako_hat *hat = read_on(table, NULL);
  shako_peer peer = peer_at("192.0.2.7");

  (void)state;

  peer.name_state = SHAKO_NAME_UNASKED;
  expect_text(hat, &peer, "a@b.example",
              "192.0.2.7 is not decided yet; needed: its name\n"
              "Entries before:\n"
              "  line 11, sender group EMPTY: it has no members\n"
              "  line 13, sender group NOTED: its access rule is CONTINUE\n"
              "  line 18, sender group BLOCKED, \".spam.example\": needs the "
              "host's name, which is not known yet\n"
              "  line 23, \"198.51.100.\": does not match\n");
  shako_peer_default(&peer);
  shako_address_parse(&peer.address, shako__span("203.0.114.1"));
  expect_text(hat, &peer, "",
              "203.0.114.1 is not decided yet; needed: its name, its "
              "reputation score, its network owner, the DNS list bl.example\n"
              "Entries before:\n"
              "  line 11, sender group EMPTY: it has no members\n"
              "  line 13, sender group NOTED: its access rule is CONTINUE\n"
              "  line 18, sender group BLOCKED, \".spam.example\": needs the "
              "host's name, which is not known yet\n"
              "  line 23, \"198.51.100.\": does not match\n"
              "  line 26, sender group PARTNERS, \".partner.example\": needs "
              "the host's name, which is not known yet\n"
              "  line 28, \"10.0.0.1\": does not match\n"
              "  line 29, \"10.0.0.2\": does not match\n"
              "  line 30, \"10.0.0.3\": does not match\n"
              "  line 31, \"unverified[mismatch]\": needs the host's name, "
              "which is not known yet\n");
  shako_hat_unref(hat);
}

/* Within a group it makes no difference which member matches. */
static void the_group_that_decides_waits_for_nothing(void **state) {
  shako_hat *hat = read_on("A:\n10.\n.a.example\n192.0.2.7\nREJECT\n", NULL);
  shako_peer peer = peer_at("192.0.2.7");

  (void)state;

  peer.name_state = SHAKO_NAME_UNASKED;
  expect_text(hat, &peer, "",
              "192.0.2.7 gets REJECT of sender group A: line 4, "
              "\"192.0.2.7\"\n");
  shako_hat_unref(hat);
}

/* Why a group with that member alone does not decide. */
static void every_want_of_a_fact_has_its_words(void **state) {
  static const struct want {
    const char *member;
    shako_name_state name;
    shako_score_state score;
    bool asked; /* its owner and lists */
    const char *why;
  } wants[] = {
      {"a.example", SHAKO_NAME_UNASKED, SHAKO_SCORE_NONE, true,
       "needs the host's name, which is not known yet"},
      {"a.example", SHAKO_NAME_NONE, SHAKO_SCORE_NONE, true,
       "needs the host's name, and it has no PTR"},
      {"a.example", SHAKO_NAME_TEMPORARY, SHAKO_SCORE_NONE, true,
       "needs the host's name, and DNS failed for now"},
      {"a.example", SHAKO_NAME_MISMATCH, SHAKO_SCORE_NONE, true,
       "needs the host's name, whose A and AAAA do not give the address"},
      {"a.example", SHAKO_NAME_VERIFIED, SHAKO_SCORE_NONE, true,
       "no member matches"},
      {"unverified[none]", SHAKO_NAME_UNASKED, SHAKO_SCORE_NONE, true,
       "needs the host's name, which is not known yet"},
      {"unverified[none]", SHAKO_NAME_MISMATCH, SHAKO_SCORE_NONE, true,
       "no member matches"},
      {"SBRS[1:2]", SHAKO_NAME_NONE, SHAKO_SCORE_UNASKED, true,
       "needs the host's reputation score, which is not known yet"},
      {"SBRS[none]", SHAKO_NAME_NONE, SHAKO_SCORE_UNASKED, true,
       "needs the host's reputation score, which is not known yet"},
      {"SBRS[1:2]", SHAKO_NAME_NONE, SHAKO_SCORE_NONE, true,
       "needs a reputation score, and the host has none"},
      {"SBRS[1:2]", SHAKO_NAME_NONE, SHAKO_SCORE_KNOWN, true,
       "no member matches"},
      {"SBRS[none]", SHAKO_NAME_NONE, SHAKO_SCORE_KNOWN, true,
       "no member matches"},
      {"SBO:7", SHAKO_NAME_NONE, SHAKO_SCORE_NONE, false,
       "needs the host's network owner, which is not known yet"},
      {"SBO:7", SHAKO_NAME_NONE, SHAKO_SCORE_NONE, true,
       "needs a network owner, and the host has none"},
      {"dnslist[b.example]", SHAKO_NAME_NONE, SHAKO_SCORE_NONE, false,
       "needs an answer of that DNS list, which was not asked"},
      {"dnslist[b.example]", SHAKO_NAME_NONE, SHAKO_SCORE_NONE, true,
       "no member matches"},
      /* what waits goes before what waits in vain */
      {"a.example\nSBRS[1:2]", SHAKO_NAME_NONE, SHAKO_SCORE_UNASKED, true,
       "needs the host's reputation score, which is not known yet"},
      {"192.0.2.8\nSBRS[1:2]\na.example", SHAKO_NAME_NONE, SHAKO_SCORE_NONE,
       true, "needs a reputation score, and the host has none"},
  };
  size_t i;

  (void)state;

  for (i = 0; i < COUNT(wants); i++) {
    shako_peer peer = peer_at("192.0.2.7");
    shako_hat_explanation *explanation;
    char text[128] = "A:\n";
    shako_hat *hat;

    strcat(text, wants[i].member);
    strcat(text, "\nREJECT\n");
    hat = read_on(text, NULL);
    peer.name_state = (uint8_t)wants[i].name;
    peer.name = shako__span("x.example");
    peer.score_state = (uint8_t)wants[i].score;
    peer.owner_asked = wants[i].asked;
    peer.lists_asked = wants[i].asked;
    explanation = explain(hat, &peer, "");
    assert_int_equal(explanation->step_count, 1);
    assert_string_equal(explanation->steps[0].group, "A");
    assert_string_equal(explanation->steps[0].why, wants[i].why);
    assert_int_equal(explanation->steps[0].rule == NULL,
                     strcmp(wants[i].why, "no member matches") == 0);
    shako_hat_explanation_free(explanation);
    shako_hat_unref(hat);
  }
  assert_int_equal(failing.live, 0);
}

static void a_host_without_an_address_matches_all_alone(void **state) {
  shako_hat *hat = read_on("A:\nSBRS[none]\nREJECT\nALL RELAY\n", NULL);
  shako_peer peer;

  (void)state;

  shako_peer_default(&peer);
  expect_text(hat, &peer, "",
              "A host without an IP address gets RELAY: line 4, \"ALL\"\n"
              "MAIL FROM:<> needs no TLS: TLS is off\n"
              "Entries before:\n"
              "  line 1, sender group A: the host has no IP address, and only "
              "ALL matches it\n");
  shako_hat_unref(hat);
}

static void who_needs_tls_and_why(void **state) {
  static const struct row {
    const char *address;
    const char *sender;
    int demanded;
    const char *why;
  } rows[] = {
      {"192.0.2.7", "a@b.example", 1, "the policy requires it"},
      {"192.0.2.7", "a@bank.example", 1, "the policy requires it"},
      {"10.0.0.1", "a@b.example", 0,
       "TLS is required, and this is only observed"},
      {"10.0.0.2", "a@b.example", 0, "TLS is preferred"},
      {"10.0.0.2", "", 0, "TLS is preferred"},
      {"10.0.0.2", "a@BANK.example", 1, "the sender is a mandatory TLS sender"},
      {"10.0.0.3", "a@b.example", 0, "TLS is off"},
      {"10.0.0.3", "a@bank.example", 1,
       "the sender is a mandatory TLS sender, though TLS is off"},
      {"203.0.113.1", "a@bank.example", 0, "the host is turned away"},
      {"198.51.100.1", "a@bank.example", 0, "the host is turned away"},
  };
  shako_hat *hat = read_on(table, NULL);
  shako_hat_explanation *explanation;
  shako_peer peer;
  size_t i;

  (void)state;

  for (i = 0; i < COUNT(rows); i++) {
    peer = peer_at(rows[i].address);
    explanation = explain(hat, &peer, rows[i].sender);
    assert_string_equal(explanation->tls_why, rows[i].why);
    assert_int_equal(explanation->tls_demanded, rows[i].demanded);
    shako_hat_explanation_free(explanation);
  }
  peer = peer_at("192.0.2.7");
  peer.name_state = SHAKO_NAME_UNASKED;
  explanation = explain(hat, &peer, "a@bank.example");
  assert_string_equal(explanation->tls_why, "the table has not decided yet");
  assert_int_equal(explanation->tls_demanded, 0);
  assert_int_equal(explanation->value_count, 0);
  assert_null(explanation->match.policy);
  shako_hat_explanation_free(explanation);
  shako_hat_unref(hat);
}

static const shako_hat_value *find_value(const shako_hat_explanation *e,
                                         const char *key) {
  size_t i;

  for (i = 0; i < e->value_count; i++) {
    if (strcmp(e->values[i].key, key) == 0) {
      return &e->values[i];
    }
  }
  return NULL;
}

static void check_value(const shako_hat_explanation *e, const char *key,
                        const char *text, uint32_t line) {
  const shako_hat_value *value = find_value(e, key);

  if (value == NULL) {
    fail_msg("%s has no value", key);
    return;
  }
  assert_string_equal(value->text, text);
  assert_int_equal(value->line, line);
  assert_int_equal(value->source, line > 0 ? SHAKO_HAT_SOURCE_POLICY
                                           : SHAKO_HAT_SOURCE_DEFAULT);
}

static void every_value_has_a_source(void **state) {
  shako_hat_explanation *explanation;
  shako_policy defaults;
  shako_hat *hat;
  shako_peer peer = peer_at("192.0.2.7");
  char text[8192];

  (void)state;

  shako_policy_default(&defaults);
  defaults.max_recipients = 0;
  defaults.idle_timeout = 60000;
  hat = read_on(table, &defaults);
  explanation = explain(hat, &peer, "");
  check_value(explanation, "tls", "\"required\"", 2);
  check_value(explanation, "spam_check", "\"off\"", 2);
  check_value(explanation, "tls_observe", "\"off\"", 0);
  check_value(explanation, "max_rcpts_per_msg", "-1", 0);
  check_value(explanation, "idle_timeout", "60", 0);
  assert_null(find_value(explanation, "virus_check"));
  shako_hat_explanation_text(explanation, text, sizeof(text));
  assert_non_null(strstr(text, "\nPolicy:\n"));
  assert_non_null(strstr(text, "\n  tls = \"required\" (line 2)\n"));
  assert_non_null(strstr(text, "\n  idle_timeout = 60 (default)\n"));
  shako_hat_explanation_free(explanation);
  peer = peer_at("10.0.0.2");
  explanation = explain(hat, &peer, "");
  check_value(explanation, "tls_mandatory_senders", "\"BANKS\"", 8);
  shako_hat_explanation_free(explanation);
  peer = peer_at("172.16.0.1");
  explanation = explain(hat, &peer, "");
  check_value(explanation, "tls", "\"off\"", 0);
  assert_null(find_value(explanation, "spam_check"));
  shako_hat_explanation_free(explanation);
  shako_hat_unref(hat);
  assert_int_equal(failing.live, 0);
}

/* What a peer chose forges no line, and need not live on. */
static void peers_octets_are_copied_and_escaped(void **state) {
  shako_hat *hat = read_on("", NULL);
  shako_peer peer = peer_at("192.0.2.7");
  char name[] = "x\ny.example";
  char sender[] = "a\"\r\n\x1b@b";
  shako_hat_explanation *explanation;
  char text[8192];

  (void)state;

  peer.name_state = SHAKO_NAME_VERIFIED;
  peer.name = shako__span(name);
  explanation = explain(hat, &peer, sender);
  memset(name, '?', sizeof(name));
  memset(sender, '?', sizeof(sender));
  shako_hat_explanation_text(explanation, text, sizeof(text));
  assert_true(strstr(text, "192.0.2.7 (x\\x0ay.example) gets ") == text);
  assert_non_null(strstr(text, "MAIL FROM:<a\\x22\\x0d\\x0a\\x1b@b> needs"));
  shako_hat_explanation_free(explanation);
  shako_hat_unref(hat);
}

static void the_text_fits_any_buffer(void **state) {
  shako_hat *hat = read_on(table, NULL);
  shako_peer peer = peer_at("192.0.2.7");
  shako_hat_explanation *explanation = explain(hat, &peer, "");
  char whole[8192];
  char part[8192];
  size_t len = shako_hat_explanation_text(explanation, whole, sizeof(whole));
  size_t size;

  (void)state;

  assert_int_equal(strlen(whole), len);
  for (size = 0; size <= len + 1; size++) {
    memset(part, '?', sizeof(part));
    assert_int_equal(shako_hat_explanation_text(explanation, part, size), len);
    if (size > 0) {
      assert_memory_equal(part, whole, size - 1);
      assert_int_equal(part[size - 1], '\0');
    }
    assert_int_equal(part[size], '?');
  }
  shako_hat_explanation_free(explanation);
  shako_hat_unref(hat);
}

static shako_hat *shared;

static void explain_shared(bool refused) {
  shako_hat_explanation *explanation = NULL;
  shako_peer peer = peer_at("192.0.2.7");
  size_t live = failing.live;
  int error;

  failing.armed = true;
  error = shako_hat_explain(&explanation, shared, &peer,
                            shako__span("a@b.example"));
  failing.armed = false;
  if (error == 0) {
    assert_int_equal(explanation->step_count, 4);
  } else {
    assert_true(refused);
    assert_int_equal(error, SHAKO_ERR_NOMEM);
    assert_null(explanation);
  }
  shako_hat_explanation_free(explanation);
  assert_int_equal(failing.live, live);
}

static void memory_that_runs_out_leaves_nothing(void **state) {
  (void)state;

  shared = read_on(table, NULL);
  failing.onwards = false;
  assert_true(failing_for_each(explain_shared, 1) >= 5);
  failing.onwards = true;
  assert_true(failing_for_each(explain_shared, 1) >= 5);
  failing.onwards = false;
  shako_hat_unref(shared);
  assert_int_equal(failing.live, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_decides_and_what_does_not_is_told),
      cmocka_unit_test(the_default_policy_decides_in_the_end),
      cmocka_unit_test(what_is_needed_is_told),
      cmocka_unit_test(the_group_that_decides_waits_for_nothing),
      cmocka_unit_test(every_want_of_a_fact_has_its_words),
      cmocka_unit_test(a_host_without_an_address_matches_all_alone),
      cmocka_unit_test(who_needs_tls_and_why),
      cmocka_unit_test(every_value_has_a_source),
      cmocka_unit_test(peers_octets_are_copied_and_escaped),
      cmocka_unit_test(the_text_fits_any_buffer),
      cmocka_unit_test(memory_that_runs_out_leaves_nothing),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
