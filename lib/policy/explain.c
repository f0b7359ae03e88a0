#include "policy/explain.h"

#include "base/ascii.h"
#include "base/mem.h"
#include "policy/hat.h"
#include "policy/keys.h"
#include "policy/refusals.h"

/* Whether the block of |policy| sets |key|.  The default policy has none. */
static bool is_set(const shako__hat_policy *policy, size_t key) {
  return policy != NULL && (policy->set >> key & 1);
}

/* A key that is only kept has no value but a policy's own. */
static bool has_value(const shako__hat_policy *policy, size_t key) {
  return is_set(policy, key) || !shako__key_is_kept(key);
}

/* Adds the value of |key| with its text at |at|.  Returns where that ends. */
static char *add_value(shako__explanation *e, const shako__hat_policy *policy,
                       size_t key, char *at) {
  shako_hat_value *value = shako__array_add(&e->values, 1); /* there is room */
  const char *end = (const char *)e->texts.items + e->texts.count;
  shako__text text;

  shako__text_init(&text, at, (size_t)(end - at));
  shako__key_put(&text, e->hat, e->seen.match.policy, key);
  *value = (shako_hat_value){.key = shako__key_name(key), .text = at};
  if (is_set(policy, key)) {
    value->source = SHAKO_HAT_SOURCE_POLICY;
    value->line = policy->line;
  }
  return at + text.len + 1;
}

/* Returns how many octets the texts of all values take. */
static size_t measure_values(const shako__explanation *e,
                             const shako__hat_policy *policy) {
  shako__text text;
  size_t key;

  shako__text_init(&text, NULL, 0);
  for (key = 0; key < shako__key_count(); key++) {
    if (has_value(policy, key)) {
      shako__key_put(&text, e->hat, e->seen.match.policy, key);
      text.len++;
    }
  }
  return text.len;
}

static bool add_values(shako__explanation *e, const shako__hat_policy *policy) {
  size_t size = measure_values(e, policy);
  char *at = shako__array_add(&e->texts, size);
  size_t key;

  if (at == NULL || shako__array_add(&e->values, shako__key_count()) == NULL) {
    return false;
  }
  e->values.count = 0;
  for (key = 0; key < shako__key_count(); key++) {
    if (has_value(policy, key)) {
      at = add_value(e, policy, key, at);
    }
  }
  return true;
}

/* Returns the policy of |rule|, or NULL where the default decides. */
static const shako__hat_policy *own_policy(const shako_hat *hat,
                                           uint32_t rule) {
  const shako__hat_policy *policies = hat->policies.items;
  const shako__hat_group *groups = hat->groups.items;

  return rule == SHAKO__NO_RULE
             ? NULL
             : &policies[groups[shako__hat_group_of(hat, rule)].policy];
}

static const char *why_no_tls(const shako_policy *policy) {
  if (policy->access > SHAKO_ACCESS_RELAY) {
    return "the host is turned away";
  }
  if (policy->tls == SHAKO_TLS_SETTING_NO) {
    return "TLS is off";
  }
  return policy->tls == SHAKO_TLS_SETTING_PREFERRED
             ? "TLS is preferred"
             : "TLS is required, and this is only observed";
}

/* Asks the gate itself about MAIL in the clear. */
static void judge_tls(shako__explanation *e) {
  const shako_policy *policy = e->seen.match.policy;
  const shako_facts facts = {
      .struct_size = sizeof(facts),
      .tls_available = 1,
      .mandatory_sender =
          policy->tls_mandatory_senders != NULL &&
          shako_address_list_holds(policy->tls_mandatory_senders, e->sender),
  };
  const shako_verdict *verdict =
      shako_policy_check(policy, &facts, SHAKO_VERB_MAIL);

  e->seen.tls_demanded = verdict != NULL;
  if (verdict == shako__refusal_verdict(SHAKO__REFUSAL_TLS_REQUIRED)) {
    e->seen.tls_why = "the policy requires it";
  } else if (verdict != NULL) {
    e->seen.tls_why = policy->tls == SHAKO_TLS_SETTING_NO
                          ? "the sender is a mandatory TLS sender, though TLS "
                            "is off"
                          : "the sender is a mandatory TLS sender";
  } else {
    e->seen.tls_why = why_no_tls(policy);
  }
}

static bool keep(shako__explanation *e, shako_span *copy, shako_span span) {
  copy->ptr = (const uint8_t *)shako__strings_keep(&e->strings, span);
  copy->len = span.len;
  return copy->ptr != NULL;
}

static int explain(shako__explanation *e, const shako_peer *peer,
                   shako_span sender) {
  shako_hat_match *match = &e->seen.match;
  uint32_t rule = shako__hat_rule(e->hat, peer, &match->need, &match->lists);
  shako_span none = {NULL, 0};
  bool verified = peer->name_state == SHAKO_NAME_VERIFIED;

  e->address = peer->address;
  e->seen.tls_why = "the table has not decided yet";
  if (!keep(e, &e->name, verified ? peer->name : none) ||
      !keep(e, &e->sender, sender) || !shako__explain_steps(e, peer, rule)) {
    return SHAKO_ERR_NOMEM;
  }
  if (match->need == 0) {
    shako__hat_match(e->hat, rule, match);
    judge_tls(e);
    return add_values(e, own_policy(e->hat, rule)) ? 0 : SHAKO_ERR_NOMEM;
  }
  return 0;
}

/* Shows the caller what there is. */
static void show(shako__explanation *e) {
  e->seen.steps = e->steps.items;
  e->seen.step_count = e->steps.count;
  e->seen.values = e->values.items;
  e->seen.value_count = e->values.count;
}

int shako_hat_explain(shako_hat_explanation **pexplanation,
                      const shako_hat *hat, const shako_peer *given,
                      shako_span sender) {
  shako__explanation *e = shako__alloc(&hat->mem, sizeof(*e));
  shako_peer peer;

  if (e == NULL) {
    return SHAKO_ERR_NOMEM;
  }
  e->hat = hat;
  shako__strings_init(&e->strings, &hat->mem);
  shako__array_init(&e->steps, &hat->mem, sizeof(shako_hat_step));
  shako__array_init(&e->values, &hat->mem, sizeof(shako_hat_value));
  shako__array_init(&e->texts, &hat->mem, 1);
  shako_peer_default(&peer);
  shako__sized_copy(&peer, sizeof(peer), given);
  if (explain(e, &peer, sender) != 0) {
    shako_hat_explanation_free(&e->seen);
    return SHAKO_ERR_NOMEM;
  }
  show(e);
  *pexplanation = &e->seen;
  return 0;
}

void shako_hat_explanation_free(shako_hat_explanation *explanation) {
  shako__explanation *e = (shako__explanation *)explanation;

  if (e != NULL) {
    shako__strings_free(&e->strings);
    shako__array_free(&e->steps);
    shako__array_free(&e->values);
    shako__array_free(&e->texts);
    shako__release(&e->hat->mem, e, sizeof(*e));
  }
}
