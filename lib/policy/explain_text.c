#include "base/ascii.h"
#include "base/text.h"
#include "policy/explain.h"
#include "policy/policy.h"

static void put_line(shako__text *text, uint32_t line) {
  shako__text_put(text, "line ");
  shako__text_put_number(text, line);
}

/* 192.0.2.7 (mail.partner.example) */
static void put_host(shako__text *text, const shako__explanation *e) {
  char address[SHAKO_ADDRESS_TEXT_SIZE];

  shako_address_format(&e->address, address);
  shako__text_put(text,
                  e->address.known ? address : "A host without an IP address");
  if (e->name.len > 0) {
    shako__text_put(text, " (");
    shako__text_put_escaped(text, e->name);
    shako__text_put(text, ")");
  }
}

/* $PARTNERS (ACCEPT), or ACCEPT alone */
static void put_policy(shako__text *text, const shako_policy *policy,
                       const char *name) {
  if (name == NULL) {
    shako__text_put(text, shako__access_name(policy->access));
    return;
  }
  shako__text_put(text, name);
  shako__text_put(text, " (");
  shako__text_put(text, shako__access_name(policy->access));
  shako__text_put(text, ")");
}

/* ... gets $PARTNERS (ACCEPT) of sender group PARTNERS: line 12,
   "192.0.2.0/24" */
static void put_verdict(shako__text *text, const shako_hat_match *match) {
  shako__text_put(text, " gets ");
  if (match->rule == NULL) {
    put_policy(text, match->policy, "the default policy");
    shako__text_put(text, ": no entry matches\n");
    return;
  }
  put_policy(text, match->policy, match->policy->name);
  if (match->group != NULL) {
    shako__text_put(text, " of sender group ");
    shako__text_put(text, match->group);
  }
  shako__text_put(text, ": ");
  put_line(text, match->line);
  shako__text_put(text, ", \"");
  shako__text_put(text, match->rule);
  shako__text_put(text, "\"\n");
}

/* ... is not decided yet; needed: its name, the DNS list bl.example.org */
static void put_needs(shako__text *text, const shako__explanation *e) {
  static const struct need {
    unsigned bit;
    const char *words;
  } needs[] = {
      {SHAKO_NEED_NAME, "its name"},
      {SHAKO_NEED_SCORE, "its reputation score"},
      {SHAKO_NEED_OWNER, "its network owner"},
  };
  const shako_hat_match *match = &e->seen.match;
  const char *before = " is not decided yet; needed: ";
  unsigned i;

  for (i = 0; i < sizeof(needs) / sizeof(needs[0]); i++) {
    if (match->need & needs[i].bit) {
      shako__text_put(text, before);
      shako__text_put(text, needs[i].words);
      before = ", ";
    }
  }
  for (i = 0; i < SHAKO_HAT_LISTS_MAX; i++) {
    if (match->lists >> i & 1) {
      shako__text_put(text, before);
      shako__text_put(text, "the DNS list ");
      shako__text_put(text, shako_hat_list(e->hat, i));
      before = ", ";
    }
  }
  shako__text_put(text, "\n");
}

/* MAIL FROM:<a@partner.example> needs TLS: the policy requires it */
static void put_tls(shako__text *text, const shako__explanation *e) {
  shako__text_put(text, "MAIL FROM:<");
  shako__text_put_escaped(text, e->sender);
  shako__text_put(text,
                  e->seen.tls_demanded ? "> needs TLS: " : "> needs no TLS: ");
  shako__text_put(text, e->seen.tls_why);
  shako__text_put(text, "\n");
}

/* line 9, sender group PARTNERS, ".partner.example": needs the host's name */
static void put_step(shako__text *text, const shako_hat_step *step) {
  shako__text_put(text, "  ");
  put_line(text, step->line);
  if (step->group != NULL) {
    shako__text_put(text, ", sender group ");
    shako__text_put(text, step->group);
  }
  if (step->rule != NULL) {
    shako__text_put(text, ", \"");
    shako__text_put(text, step->rule);
    shako__text_put(text, "\"");
  }
  shako__text_put(text, ": ");
  shako__text_put(text, step->why);
  shako__text_put(text, "\n");
}

/* tls = "required" (line 2) */
static void put_value(shako__text *text, const shako_hat_value *value) {
  shako__text_put(text, "  ");
  shako__text_put(text, value->key);
  shako__text_put(text, " = ");
  shako__text_put(text, value->text);
  shako__text_put(text, " (");
  if (value->source == SHAKO_HAT_SOURCE_POLICY) {
    put_line(text, value->line);
  } else {
    shako__text_put(text, "default");
  }
  shako__text_put(text, ")\n");
}

static void put_steps(shako__text *text, const shako_hat_explanation *seen) {
  size_t i;

  if (seen->step_count > 0) {
    shako__text_put(text, "Entries before:\n");
  }
  for (i = 0; i < seen->step_count; i++) {
    put_step(text, &seen->steps[i]);
  }
}

static void put_values(shako__text *text, const shako_hat_explanation *seen) {
  size_t i;

  if (seen->value_count > 0) {
    shako__text_put(text, "Policy:\n");
  }
  for (i = 0; i < seen->value_count; i++) {
    put_value(text, &seen->values[i]);
  }
}

size_t shako_hat_explanation_text(const shako_hat_explanation *explanation,
                                  char *buf, size_t size) {
  const shako__explanation *e = (const shako__explanation *)explanation;
  const shako_hat_match *match = &explanation->match;
  shako__text text;

  shako__text_init(&text, buf, size);
  put_host(&text, e);
  if (match->need != 0) {
    put_needs(&text, e);
  } else {
    put_verdict(&text, match);
    if (match->policy->access <= SHAKO_ACCESS_RELAY) {
      put_tls(&text, e);
    }
  }
  put_steps(&text, explanation);
  put_values(&text, explanation);
  return text.len;
}
