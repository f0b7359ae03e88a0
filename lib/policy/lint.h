#ifndef SHAKO_POLICY_LINT_H
#define SHAKO_POLICY_LINT_H

#include "policy/hat.h"

/*
 *   lint.c           the warnings in words, and what collects them
 *   lint_members.c   members that can decide nothing
 *   lint_policies.c  what a policy has, whichever host gets it
 *   lint_senders.c   lists of mandatory TLS senders
 *   lint_dns.c       TLS that is required as long as DNS works
 */

typedef enum shako__lint_kind {
  SHAKO__LINT_SHADOWED,
  SHAKO__LINT_REPEATED,
  SHAKO__LINT_AFTER_ALL,
  SHAKO__LINT_REQUIRED_OF_ALL,
  SHAKO__LINT_OPEN_RELAY,
  SHAKO__LINT_NO_TLS,
  SHAKO__LINT_NO_CERTIFICATE,
  SHAKO__LINT_DEMONSTRATION,
  SHAKO__LINT_FEW_RECIPIENTS,
  SHAKO__LINT_FREED_SENDERS,
  SHAKO__LINT_STUCK_SENDERS,
  SHAKO__LINT_IDLE_OBSERVE,
  SHAKO__LINT_IDLE_VERIFY,
  SHAKO__LINT_IDLE_PINS,
  SHAKO__LINT_IDLE_VERSION,
  SHAKO__LINT_AUTH_IN_CLEAR,
  SHAKO__LINT_IDLE_AUTH,
  SHAKO__LINT_UNUSED_POLICY,
  SHAKO__LINT_UNUSED_LIST,
  SHAKO__LINT_DNS_FAILURE,
  SHAKO__LINT_DNS_ALONE,
  SHAKO__LINT_COUNT
} shako__lint_kind;

/* A table under inspection. */
typedef struct shako__lint {
  const shako_hat *hat;
  shako_hat_surroundings around;
  shako__array found; /* shako_hat_warning */
  shako__array used;  /* an octet for each policy, and one for the default:
                         nonzero if a host can get it */
  bool nomem;
} shako__lint;

/* Adds a warning, or sets |nomem|. */
void shako__lint_add(shako__lint *lint, shako__lint_kind kind,
                     const char *subject, uint32_t line, uint32_t other_line);

/* ... of the |i|-th policy, or of the default policy behind the last. */
void shako__lint_add_policy(shako__lint *lint, shako__lint_kind kind, size_t i,
                            uint32_t other_line);

/* ... of the |i|-th group. */
void shako__lint_add_group(shako__lint *lint, shako__lint_kind kind, size_t i,
                           uint32_t other_line);

/* Fills |*match| for a host that |rule| and ALL match and nothing else. */
void shako__lint_match(const shako_hat *hat, uint32_t rule,
                       shako_hat_match *match);

/* Returns the |i|-th policy, or the default policy behind the last, if a host
   can get it and it takes mail; else NULL. */
const shako_policy *shako__lint_policy(const shako__lint *lint, size_t i);

/* Whether |policy| takes mail. */
static inline bool shako__lint_takes_mail(const shako_policy *policy) {
  return policy->access <= SHAKO_ACCESS_RELAY;
}

/* Whether |policy| takes none in the clear. */
static inline bool shako__lint_is_required(const shako_policy *policy) {
  return policy->tls == SHAKO_TLS_SETTING_REQUIRED && !policy->tls_observed;
}

void shako__lint_members(shako__lint *lint);
void shako__lint_policies(shako__lint *lint);
void shako__lint_senders(shako__lint *lint);
void shako__lint_dns(shako__lint *lint);

#endif /* SHAKO_POLICY_LINT_H */
