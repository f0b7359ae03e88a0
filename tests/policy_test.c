#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <shako/shako.h>

#include "policy/refusals.h"

/* The gate over every cell, against tables written from RFC 3207 section 4
   and 4.1, RFC 5321 section 3.1 and the settings' meaning. */

static const char *const verbs[SHAKO_VERB_COUNT] = {
    "unknown", "HELO", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA",
    "BDAT",    "RSET", "NOOP", "VRFY",     "EXPN", "HELP", "QUIT"};

/* What is free before TLS under Required: NOOP, EHLO, STARTTLS, QUIT. */
static const char *const free_verbs = " NOOP EHLO STARTTLS QUIT ";
static const char *const free_of_auth =
    " AUTH EHLO HELO NOOP RSET QUIT STARTTLS ";

typedef struct cell {
  shako_policy policy;
  shako_facts facts;
  shako_verb verb;
} cell;

static int is_named(const char *list, shako_verb verb) {
  const char *at = strstr(list, verbs[verb]);

  return at && at[-1] == ' ' && at[strlen(verbs[verb])] == ' ';
}

static const char *wanted_of_identity(const cell *c, int clear) {
  if (c->verb == SHAKO_VERB_AUTH && c->policy.auth == SHAKO_AUTH_SETTING_OFF) {
    return "502 5.5.1 auth-not-offered";
  }
  if (c->verb == SHAKO_VERB_AUTH && clear && !c->policy.auth_in_clear) {
    return "530 5.7.0 tls-required-of-auth";
  }
  if (c->policy.auth == SHAKO_AUTH_SETTING_REQUIRED &&
      !c->facts.authenticated && !is_named(free_of_auth, c->verb)) {
    return "530 5.7.0 auth-required";
  }
  if (c->policy.access == SHAKO_ACCESS_REJECT && c->facts.reject_delayed &&
      !c->facts.authenticated && c->verb == SHAKO_VERB_RCPT) {
    return "550 5.7.1 rejected";
  }
  return "";
}

static const char *wanted(const cell *c) {
  int clear = c->facts.tls_version == 0;

  if (c->facts.turned_away) {
    return c->verb == SHAKO_VERB_QUIT ? "" : "503 5.5.1 turned-away";
  }
  if (clear && c->policy.tls == SHAKO_TLS_SETTING_REQUIRED &&
      !c->policy.tls_observed && !is_named(free_verbs, c->verb)) {
    return "530 5.7.0 tls-required";
  }
  if (clear && c->facts.mandatory_sender && c->verb == SHAKO_VERB_MAIL) {
    return "530 5.7.0 tls-required-of-sender";
  }
  if (!clear && c->facts.tls_version < c->policy.tls_min_version) {
    return c->verb == SHAKO_VERB_QUIT ? "" : "554 5.7.0 tls-too-weak";
  }
  if (!clear && c->policy.tls_verify && !c->policy.tls_observed &&
      !c->facts.tls_verified) {
    return c->verb == SHAKO_VERB_QUIT ? "" : "554 5.7.0 client-certificate";
  }
  if (c->verb == SHAKO_VERB_STARTTLS &&
      (c->policy.tls == SHAKO_TLS_SETTING_NO || !c->facts.tls_available)) {
    return "502 5.5.1 tls-not-offered";
  }
  return wanted_of_identity(c, clear);
}

/* To observe is to judge as if it were in earnest. */
static void check_observed(const cell *c) {
  shako_policy in_earnest = c->policy;

  in_earnest.tls_observed = 0;
  assert_ptr_equal(shako_policy_observe(&c->policy, &c->facts, c->verb),
                   shako_policy_check(&in_earnest, &c->facts, c->verb));
}

static void check(const cell *c) {
  const shako_verdict *verdict =
      shako_policy_check(&c->policy, &c->facts, c->verb);
  char came[64] = "";

  if (verdict) {
    snprintf(came, sizeof(came), "%d %s %s", verdict->code, verdict->enhanced,
             verdict->reason);
  }
  if (strcmp(came, wanted(c)) != 0) {
    fail_msg("setting %d tls %x available %d away %d floor %x %s: \"%s\", "
             "not \"%s\"",
             (int)c->policy.tls, c->facts.tls_version, c->facts.tls_available,
             c->facts.turned_away, c->policy.tls_min_version, verbs[c->verb],
             came, wanted(c));
  }
}

static void every_cell_of_the_gate(void **state) {
  static const uint16_t versions[] = {0, 0x0303, 0x0304};
  unsigned cells = 0;
  cell c;

  (void)state;
  shako_policy_default(&c.policy);
  for (unsigned i = 0; i < 3 * 3 * 2 * 2 * 2 * 2 * 2 * 4 * SHAKO_VERB_COUNT;
       i++) {
    unsigned rest = i;

    c.policy.tls = (shako_tls_setting)(rest % 3);
    rest /= 3;
    c.facts = (shako_facts){.struct_size = sizeof(c.facts)};
    c.facts.tls_version = versions[rest % 3];
    rest /= 3;
    c.facts.tls_available = rest % 2;
    rest /= 2;
    c.facts.turned_away = rest % 2;
    rest /= 2;
    c.policy.tls_min_version = rest % 2 ? 0x0304 : 0x0303;
    rest /= 2;
    c.policy.tls_observed = rest % 2;
    rest /= 2;
    c.facts.mandatory_sender = rest % 2;
    rest /= 2;
    c.policy.tls_verify = rest % 2;
    rest /= 2;
    c.facts.tls_verified = rest % 2;
    c.verb = (shako_verb)(rest / 2);
    check(&c);
    check_observed(&c);
    cells++;
  }
  assert_int_equal(cells, 17280);
}

static void every_cell_of_the_gate_for_identity(void **state) {
  cell c;

  (void)state;
  shako_policy_default(&c.policy);
  for (unsigned i = 0; i < 3 * 3 * 2 * 2 * 2 * 2 * 2 * SHAKO_VERB_COUNT; i++) {
    unsigned rest = i;

    c.facts = (shako_facts){.struct_size = sizeof(c.facts), .tls_available = 1};
    c.policy.tls = (shako_tls_setting)(rest % 3);
    rest /= 3;
    c.policy.auth = (shako_auth_setting)(rest % 3);
    rest /= 3;
    c.policy.auth_in_clear = rest % 2;
    rest /= 2;
    c.policy.access = rest % 2 ? SHAKO_ACCESS_REJECT : SHAKO_ACCESS_ACCEPT;
    rest /= 2;
    c.facts.tls_version = rest % 2 ? 0x0304 : 0;
    rest /= 2;
    c.facts.authenticated = rest % 2;
    rest /= 2;
    c.facts.reject_delayed = rest % 2;
    c.verb = (shako_verb)(rest / 2);
    check(&c);
    check_observed(&c);
  }
}

static void the_words_of_required_are_those_of_rfc_3207(void **state) {
  shako_policy policy;
  const shako_facts facts = {.struct_size = sizeof(facts), .tls_available = 1};
  const shako_verdict *verdict;

  (void)state;
  shako_policy_default(&policy);
  assert_null(shako_policy_check(&policy, &facts, SHAKO_VERB_MAIL));
  policy.tls = SHAKO_TLS_SETTING_REQUIRED;
  verdict = shako_policy_check(&policy, &facts, SHAKO_VERB_MAIL);
  assert_string_equal(verdict->text, "Must issue a STARTTLS command first");
  assert_int_equal(verdict->close, 0);
}

/* What RFC 3207, 2034, 4954 and 5248 have for each "no" about TLS and AUTH. */
static void c051_the_codes_are_those_of_the_rfcs(void **state) {
  static const struct {
    shako__refusal refusal;
    int code;
    const char *enhanced;
    int close;
  } rows[] = {
      {SHAKO__REFUSAL_TLS_REQUIRED, 530, "5.7.0", 0},
      {SHAKO__REFUSAL_TLS_REQUIRED_OF_SENDER, 530, "5.7.0", 0},
      {SHAKO__REFUSAL_TLS_REQUIRED_OF_AUTH, 530, "5.7.0", 0},
      {SHAKO__REFUSAL_TLS_NOT_OFFERED, 502, "5.5.1", 0},
      {SHAKO__REFUSAL_NO_CERTIFICATE, 454, "4.7.0", 0},
      {SHAKO__REFUSAL_TLS_UNAVAILABLE, 454, "4.7.0", 0},
      {SHAKO__REFUSAL_TOO_MANY_HANDSHAKES, 454, "4.7.0", 0},
      {SHAKO__REFUSAL_HANDSHAKE_RATE, 454, "4.7.0", 0},
      {SHAKO__REFUSAL_BAD_PARAMETER, 501, "5.5.4", 0},
      {SHAKO__REFUSAL_BAD_SEQUENCE, 503, "5.5.1", 0},
      {SHAKO__REFUSAL_INJECTED_BYTES, 554, "5.5.0", 1},
      {SHAKO__REFUSAL_TLS_TOO_WEAK, 554, "5.7.0", 0},
      {SHAKO__REFUSAL_CLIENT_CERTIFICATE, 554, "5.7.0", 0},
      {SHAKO__REFUSAL_UNKNOWN_MECHANISM, 504, "5.5.4", 0},
      {SHAKO__REFUSAL_AUTH_REQUIRED, 530, "5.7.0", 0},
      {SHAKO__REFUSAL_UNKNOWN_PARAMETER, 555, "5.5.4", 0},
      {SHAKO__REFUSAL_TOO_MANY_ERRORS, 421, "4.7.0", 1},
  };
  size_t i;

  (void)state;
  for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    const shako_verdict *verdict = shako__refusal_verdict(rows[i].refusal);

    assert_int_equal(verdict->code, rows[i].code);
    assert_string_equal(verdict->enhanced, rows[i].enhanced);
    assert_int_equal(verdict->close, rows[i].close);
  }
}

static void a_port_of_submission_requires_tls(void **state) {
  shako_policy ordinary;
  shako_policy policy;

  (void)state;
  shako_policy_default(&ordinary);
  shako_policy_submission(&policy);
  assert_int_equal(policy.tls, SHAKO_TLS_SETTING_REQUIRED);
  policy.tls = SHAKO_TLS_SETTING_NO;
  assert_memory_equal(&policy, &ordinary, sizeof(policy));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_cell_of_the_gate),
      cmocka_unit_test(every_cell_of_the_gate_for_identity),
      cmocka_unit_test(the_words_of_required_are_those_of_rfc_3207),
      cmocka_unit_test(c051_the_codes_are_those_of_the_rfcs),
      cmocka_unit_test(a_port_of_submission_requires_tls),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
