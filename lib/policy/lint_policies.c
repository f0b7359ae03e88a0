#include "policy/lint.h"

/*
 * A policy is judged once, whoever gets it.  Where the default policy is at
 * fault, it is named, and not those that take after it.
 */

static bool takes_few_recipients(const shako_policy *policy) {
  return policy->max_recipients > 0 && policy->max_recipients < 100;
}

static bool sticks_senders(const shako_policy *policy) {
  return policy->tls_mandatory_senders != NULL &&
         policy->tls == SHAKO_TLS_SETTING_NO;
}

static bool observes_nothing(const shako_policy *policy) {
  return policy->tls_observed && policy->tls != SHAKO_TLS_SETTING_REQUIRED;
}

static bool verifies_in_vain(const shako_policy *policy) {
  return policy->tls_verify && policy->tls != SHAKO_TLS_SETTING_REQUIRED;
}

static bool pins_nothing(const shako_policy *policy) {
  return policy->client_fingerprints != NULL && !policy->tls_verify &&
         !policy->tls_request_certificate;
}

static bool allows_idle_version(const shako_policy *policy) {
  return policy->tls != SHAKO_TLS_SETTING_NO &&
         policy->tls_ciphers == SHAKO_TLS_CIPHERS_MODERN &&
         policy->tls_min_version < 0x0304;
}

static bool bares_passwords(const shako_policy *policy) {
  return policy->auth != SHAKO_AUTH_SETTING_OFF && policy->auth_in_clear &&
         !shako__lint_is_required(policy);
}

static bool authenticates_nobody(const shako_policy *policy) {
  return policy->auth != SHAKO_AUTH_SETTING_OFF && !policy->auth_in_clear &&
         policy->tls == SHAKO_TLS_SETTING_NO;
}

/* What is wrong with a policy, whatever stands beside it. */
static const struct fault {
  shako__lint_kind kind;
  bool (*is)(const shako_policy *policy);
} faults[] = {
    {SHAKO__LINT_FEW_RECIPIENTS, takes_few_recipients},
    {SHAKO__LINT_STUCK_SENDERS, sticks_senders},
    {SHAKO__LINT_IDLE_OBSERVE, observes_nothing},
    {SHAKO__LINT_IDLE_VERIFY, verifies_in_vain},
    {SHAKO__LINT_IDLE_PINS, pins_nothing},
    {SHAKO__LINT_IDLE_VERSION, allows_idle_version},
    {SHAKO__LINT_AUTH_IN_CLEAR, bares_passwords},
    {SHAKO__LINT_IDLE_AUTH, authenticates_nobody},
};

/* Whether |fault| matters where the table is. */
static bool is_at_issue(const shako__lint *lint, const struct fault *fault) {
  bool of_auth = fault->kind == SHAKO__LINT_AUTH_IN_CLEAR ||
                 fault->kind == SHAKO__LINT_IDLE_AUTH;

  return !of_auth || !lint->around.is_implicit;
}

static void judge_fault(shako__lint *lint, const struct fault *fault) {
  size_t last = lint->hat->policies.count;
  bool by_default = fault->is(&lint->hat->defaults);
  size_t i;

  for (i = 0; i <= last; i++) {
    const shako_policy *policy = shako__lint_policy(lint, i);

    if (policy != NULL && fault->is(policy)) {
      shako__lint_add_policy(lint, fault->kind, by_default ? last : i, 0);
      if (by_default) {
        return;
      }
    }
  }
}

/* Judges what a host of which nothing is known gets at a public listener. */
static void judge_rest(shako__lint *lint) {
  shako_hat_match match;
  const char *subject;

  shako__lint_match(lint->hat, SHAKO__NO_RULE, &match);
  subject = match.rule != NULL ? match.rule : "";
  if (shako__lint_takes_mail(match.policy) &&
      shako__lint_is_required(match.policy)) {
    shako__lint_add(lint, SHAKO__LINT_REQUIRED_OF_ALL, subject, match.line, 0);
  }
  if (match.policy->access == SHAKO_ACCESS_RELAY) {
    shako__lint_add(lint, SHAKO__LINT_OPEN_RELAY, subject, match.line, 0);
  }
}

/* Returns the first policy that demands most TLS, and what it demands. */
static size_t find_most_tls(const shako__lint *lint, shako_tls_setting *most) {
  size_t most_at = 0;
  size_t i;

  *most = SHAKO_TLS_SETTING_NO;
  for (i = 0; i <= lint->hat->policies.count; i++) {
    const shako_policy *policy = shako__lint_policy(lint, i);

    if (policy != NULL && policy->tls > *most) {
      *most = policy->tls;
      most_at = i;
    }
  }
  return most_at;
}

/* Says once what the listener lacks, of the policy that it hurts most. */
static void judge_listener(shako__lint *lint) {
  shako_tls_setting most;
  size_t i = find_most_tls(lint, &most);

  if (most == SHAKO_TLS_SETTING_NO) {
    return;
  }
  if (!lint->around.has_tls) {
    shako__lint_add_policy(lint, SHAKO__LINT_NO_TLS, i, 0);
  } else if (!lint->around.has_certificate) {
    shako__lint_add_policy(lint, SHAKO__LINT_NO_CERTIFICATE, i, 0);
  } else if (lint->around.is_demonstration) {
    shako__lint_add_policy(lint, SHAKO__LINT_DEMONSTRATION, i, 0);
  }
}

static void judge_unused(shako__lint *lint) {
  const uint8_t *used = lint->used.items;
  size_t i;

  for (i = 0; i < lint->hat->policies.count; i++) {
    if (!used[i]) {
      shako__lint_add_policy(lint, SHAKO__LINT_UNUSED_POLICY, i, 0);
    }
  }
}

void shako__lint_policies(shako__lint *lint) {
  size_t i;

  for (i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
    if (is_at_issue(lint, &faults[i])) {
      judge_fault(lint, &faults[i]);
    }
  }
  if (lint->around.is_public) {
    judge_rest(lint);
  }
  judge_listener(lint);
  judge_unused(lint);
}
