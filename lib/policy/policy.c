#include <shako/policy.h>

#include <stdbool.h>

#include "base/mem.h"
#include "policy/refusals.h"

void shako_policy_default_sized(shako_policy *policy, size_t size) {
  const shako_policy defaults = {
      .access = SHAKO_ACCESS_ACCEPT,
      .tls = SHAKO_TLS_SETTING_NO,
      .tls_min_version = 0x0303,
      .max_message_size = 100u * 1024 * 1024,
      .max_recipients = 1000,
      .max_messages = 1000,
      .max_errors = 100,
      .idle_timeout = 300000,
      .handshake_timeout = 30000,
      .session_timeout = 3600000,
      .answer_timeout = 600000,
  };

  shako__sized_fill(policy, size, &defaults, sizeof(defaults));
}

/* RFC 3207 4: what a server that requires TLS still takes without it. */
static bool is_free_before_tls(shako_verb verb) {
  return verb == SHAKO_VERB_NOOP || verb == SHAKO_VERB_EHLO ||
         verb == SHAKO_VERB_STARTTLS || verb == SHAKO_VERB_QUIT;
}

/* One condition a line, the first that holds decides; none is joined with
   another, so that none can let through what the next one would refuse. */
const shako_verdict *shako_policy_check(const shako_policy *policy,
                                        const shako_facts *facts,
                                        shako_verb verb) {
  bool clear = facts->tls_version == 0;
  bool offered = policy->tls != SHAKO_TLS_SETTING_NO && facts->tls_available;

  if (facts->turned_away && verb != SHAKO_VERB_QUIT) {
    return shako__refusal_verdict(SHAKO__REFUSAL_TURNED_AWAY);
  }
  if (policy->tls == SHAKO_TLS_SETTING_REQUIRED && clear &&
      !is_free_before_tls(verb)) {
    return shako__refusal_verdict(SHAKO__REFUSAL_TLS_REQUIRED);
  }
  if (!clear && facts->tls_version < policy->tls_min_version &&
      verb != SHAKO_VERB_QUIT) {
    return shako__refusal_verdict(SHAKO__REFUSAL_TLS_TOO_WEAK);
  }
  if (verb == SHAKO_VERB_STARTTLS && !offered) {
    return shako__refusal_verdict(SHAKO__REFUSAL_TLS_NOT_OFFERED);
  }
  return NULL;
}
