#include <shako/policy.h>

#include <stdbool.h>

#include "base/ascii.h"
#include "base/mem.h"
#include "policy/fingerprints.h"
#include "policy/policy.h"
#include "policy/refusals.h"
#include "policy/words.h"
#include "smtp/path.h"

static const shako_policy defaults = {
    .access = SHAKO_ACCESS_ACCEPT,
    .tls = SHAKO_TLS_SETTING_NO,
    .tls_ciphers = SHAKO_TLS_CIPHERS_INTERMEDIATE,
    .tls_min_version = 0x0303,
    .banner_code = 220,
    .reject_code = 554,
    .max_message_size = 100u * 1024 * 1024,
    .max_recipients = 1000,
    .max_messages = 1000,
    .max_errors = 100,
    .max_concurrency = 1000,
    .idle_timeout = 300000,
    .handshake_timeout = 30000,
    .session_timeout = 3600000,
    .answer_timeout = 600000,
    .auth = SHAKO_AUTH_SETTING_OFF,
    .max_auth_failures = 3,
    .max_commands = 100000,
    .max_chunks = 100000,
    .data_timeout = 180000,
    .min_data_rate = 100,
};

void shako_policy_default_sized(shako_policy *policy, size_t size) {
  shako__sized_fill(policy, size, &defaults, sizeof(defaults));
}

void shako_policy_submission_sized(shako_policy *policy, size_t size) {
  shako_policy submission = defaults;

  submission.tls = SHAKO_TLS_SETTING_REQUIRED;
  shako__sized_fill(policy, size, &submission, sizeof(submission));
}

const char *shako__access_name(shako_access access) {
  switch (access) {
  case SHAKO_ACCESS_ACCEPT:
    return "ACCEPT";
  case SHAKO_ACCESS_RELAY:
    return "RELAY";
  case SHAKO_ACCESS_REJECT:
    return "REJECT";
  case SHAKO_ACCESS_TCPREFUSE:
    return "TCPREFUSE";
  case SHAKO_ACCESS_CONTINUE:
    break;
  }
  return "CONTINUE";
}

static const char *judge_tls(const shako_policy *policy) {
  if ((unsigned)policy->tls > SHAKO_TLS_SETTING_REQUIRED) {
    return "policy.tls: no such setting";
  }
  if ((unsigned)policy->tls_ciphers > SHAKO_TLS_CIPHERS_LEGACY) {
    return "policy.tls_ciphers: no such level";
  }
  if (policy->tls_min_version != 0x0303 && policy->tls_min_version != 0x0304) {
    return "policy.tls_min_version: neither 0x0303 nor 0x0304";
  }
  if ((unsigned)policy->auth > SHAKO_AUTH_SETTING_REQUIRED) {
    return "policy.auth: no such setting";
  }
  if (policy->client_fingerprints &&
      shako__fingerprints_judge(shako__span(policy->client_fingerprints))) {
    return "policy.client_fingerprints: not a list of SHA-256 digests";
  }
  return NULL;
}

static const char *judge_words(const shako_policy *policy) {
  if (policy->banner_code != 220) {
    return "policy.banner_code: not 220";
  }
  if (policy->reject_code < 400 || policy->reject_code > 599) {
    return "policy.reject_code: not from 400 to 599";
  }
  if (policy->banner_text && shako__words_judge(policy->banner_text)) {
    return "policy.banner_text: not the text of a reply";
  }
  if (policy->reject_text && shako__words_judge(policy->reject_text)) {
    return "policy.reject_text: not the text of a reply";
  }
  if (policy->hostname && !shako__is_host(shako__span(policy->hostname))) {
    return "policy.hostname: neither a domain nor an address literal";
  }
  return NULL;
}

const char *shako__policy_judge(const shako_policy *policy) {
  const char *why = judge_tls(policy);

  if ((unsigned)policy->access > SHAKO_ACCESS_CONTINUE) {
    return "policy.access: no such rule";
  }
  return why ? why : judge_words(policy);
}

const char *shako__policy_judge_default(const shako_policy *policy) {
  if (policy->access == SHAKO_ACCESS_CONTINUE) {
    return "policy.access: CONTINUE decides nothing";
  }
  return shako__policy_judge(policy);
}

/* RFC 3207 4: what a server that requires TLS still takes without it. */
static bool is_free_before_tls(shako_verb verb) {
  return verb == SHAKO_VERB_NOOP || verb == SHAKO_VERB_EHLO ||
         verb == SHAKO_VERB_STARTTLS || verb == SHAKO_VERB_QUIT;
}

/* RFC 4954 6: what a server that requires AUTH still takes without it. */
static bool is_free_before_auth(shako_verb verb) {
  return verb == SHAKO_VERB_AUTH || verb == SHAKO_VERB_EHLO ||
         verb == SHAKO_VERB_HELO || verb == SHAKO_VERB_NOOP ||
         verb == SHAKO_VERB_RSET || verb == SHAKO_VERB_QUIT ||
         verb == SHAKO_VERB_STARTTLS;
}

/* The rest of the gate: who the peer says it is. */
static const shako_verdict *check_identity(const shako_policy *policy,
                                           const shako_facts *facts,
                                           shako_verb verb) {
  bool clear = facts->tls_version == 0;
  bool offered = policy->auth != SHAKO_AUTH_SETTING_OFF;
  bool required = policy->auth == SHAKO_AUTH_SETTING_REQUIRED;
  bool rejected =
      policy->access == SHAKO_ACCESS_REJECT && facts->reject_delayed;

  if (verb == SHAKO_VERB_AUTH && !offered) {
    return shako__refusal_verdict(SHAKO__REFUSAL_AUTH_NOT_OFFERED);
  }
  if (verb == SHAKO_VERB_AUTH && clear && !policy->auth_in_clear) {
    return shako__refusal_verdict(SHAKO__REFUSAL_TLS_REQUIRED_OF_AUTH);
  }
  if (required && !facts->authenticated && !is_free_before_auth(verb)) {
    return shako__refusal_verdict(SHAKO__REFUSAL_AUTH_REQUIRED);
  }
  if (rejected && !facts->authenticated && verb == SHAKO_VERB_RCPT) {
    return shako__refusal_verdict(SHAKO__REFUSAL_REJECTED);
  }
  return NULL;
}

/* One condition a line, the first that holds decides; none is joined with
   another, so that none can let through what the next one would refuse. */
const shako_verdict *shako_policy_check(const shako_policy *policy,
                                        const shako_facts *facts,
                                        shako_verb verb) {
  bool clear = facts->tls_version == 0;
  bool offered = policy->tls != SHAKO_TLS_SETTING_NO && facts->tls_available;
  bool required =
      policy->tls == SHAKO_TLS_SETTING_REQUIRED && !policy->tls_observed;
  bool verify = policy->tls_verify && !policy->tls_observed;

  if (facts->turned_away && verb != SHAKO_VERB_QUIT) {
    return shako__refusal_verdict(SHAKO__REFUSAL_TURNED_AWAY);
  }
  if (required && clear && !is_free_before_tls(verb)) {
    return shako__refusal_verdict(SHAKO__REFUSAL_TLS_REQUIRED);
  }
  if (facts->mandatory_sender && clear && verb == SHAKO_VERB_MAIL) {
    return shako__refusal_verdict(SHAKO__REFUSAL_TLS_REQUIRED_OF_SENDER);
  }
  if (!clear && facts->tls_version < policy->tls_min_version &&
      verb != SHAKO_VERB_QUIT) {
    return shako__refusal_verdict(SHAKO__REFUSAL_TLS_TOO_WEAK);
  }
  if (!clear && verify && !facts->tls_verified && verb != SHAKO_VERB_QUIT) {
    return shako__refusal_verdict(SHAKO__REFUSAL_CLIENT_CERTIFICATE);
  }
  if (verb == SHAKO_VERB_STARTTLS && !offered) {
    return shako__refusal_verdict(SHAKO__REFUSAL_TLS_NOT_OFFERED);
  }
  return check_identity(policy, facts, verb);
}

const shako_verdict *shako_policy_observe(const shako_policy *policy,
                                          const shako_facts *facts,
                                          shako_verb verb) {
  shako_policy in_earnest = *policy;

  in_earnest.tls_observed = 0;
  return shako_policy_check(&in_earnest, facts, verb);
}
