#include "policy/lint.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"

/* What a caller holds a pointer to, and what is behind it. */
typedef struct warnings {
  shako_hat_warnings seen;
  const shako_hat *hat;
  shako__array items;
} warnings;

static const struct words {
  const char *reason;
  const char *text;
  const char *remedy;
} words[SHAKO__LINT_COUNT] = {
    [SHAKO__LINT_SHADOWED] = {"shadowed",
                              "an earlier entry matches all that it does",
                              "remove it, or move it before that one"},
    [SHAKO__LINT_REPEATED] = {"repeated",
                              "its group has it already, and it is dropped",
                              "remove it"},
    [SHAKO__LINT_AFTER_ALL] = {"after-all",
                               "it stands behind ALL, which matches every host",
                               "move it before ALL"},
    /* RFC 3207 4 */
    [SHAKO__LINT_REQUIRED_OF_ALL] =
        {"required-of-all",
         "it requires TLS of every host at a public listener, which RFC 3207 "
         "section 4 forbids",
         "set tls = \"preferred\", and require it of hosts that you know"},
    [SHAKO__LINT_OPEN_RELAY] = {"open-relay",
                                "it relays for every host at a public listener",
                                "let it ACCEPT, and RELAY for your own hosts"},
    [SHAKO__LINT_NO_TLS] = {"no-tls", "it has TLS, and the listener has none",
                            "give the listener TLS, or set tls = \"off\""},
    [SHAKO__LINT_NO_CERTIFICATE] =
        {"no-certificate", "it has TLS, and the listener has no certificate",
         "give the listener a certificate, or set tls = \"off\""},
    [SHAKO__LINT_DEMONSTRATION] =
        {"demonstration-certificate",
         "it has TLS with the demonstration certificate, which nobody can "
         "verify",
         "give the listener a certificate of its own"},
    /* RFC 5321 4.5.3.1.8 */
    [SHAKO__LINT_FEW_RECIPIENTS] =
        {"few-recipients",
         "RFC 5321 section 4.5.3.1.8 wants 100 recipients of a message taken",
         "set max_rcpts_per_msg to 100 at least"},
    [SHAKO__LINT_FREED_SENDERS] =
        {"freed-senders",
         "it takes mail in the clear from senders that another policy demands "
         "TLS of",
         "set the same tls_mandatory_senders here, or tls = \"required\""},
    [SHAKO__LINT_STUCK_SENDERS] =
        {"stuck-senders",
         "it demands TLS of its tls_mandatory_senders and does not offer it",
         "set tls = \"preferred\""},
    [SHAKO__LINT_IDLE_OBSERVE] =
        {"idle-observe", "tls_observe does nothing without tls = \"required\"",
         "set tls = \"required\", or remove tls_observe"},
    [SHAKO__LINT_IDLE_VERIFY] =
        {"idle-verify",
         "it verifies clients' certificates and serves those in the clear, who "
         "show none: not to encrypt is the way around it",
         "set tls = \"required\", or tls_verify = \"off\""},
    [SHAKO__LINT_IDLE_PINS] =
        {"idle-fingerprints",
         "client_fingerprints does nothing where no certificate is asked for",
         "set tls_verify = \"on\", or tls_request_certificate = \"on\""},
    [SHAKO__LINT_IDLE_VERSION] =
        {"idle-version",
         "it allows TLS 1.2, with which no modern cipher can be agreed",
         "set tls_min_version = \"1.3\", or tls_ciphers = \"intermediate\""},
    [SHAKO__LINT_AUTH_IN_CLEAR] =
        {"auth-in-clear",
         "passwords may come in the clear, for everybody on the way to read",
         "set smtp_auth_requires_tls = \"on\""},
    [SHAKO__LINT_IDLE_AUTH] =
        {"idle-auth",
         "AUTH needs TLS, which is not offered: nobody is ever authenticated",
         "set tls = \"preferred\" or \"required\""},
    [SHAKO__LINT_UNUSED_POLICY] = {"unused-policy", "no sender group has it",
                                   "remove it"},
    [SHAKO__LINT_UNUSED_LIST] = {"unused-list", "no policy has it",
                                 "remove it"},
    [SHAKO__LINT_DNS_FAILURE] =
        {"dns-failure",
         "its hosts may come without TLS while DNS fails: who breaks DNS gets "
         "around it",
         "add unverified[temporary] to a group that requires TLS or rejects"},
    [SHAKO__LINT_DNS_ALONE] =
        {"dns-alone",
         "its hosts are known by name alone: who forges DNS gets around TLS",
         "add their addresses"},
};

void shako__lint_add(shako__lint *lint, shako__lint_kind kind,
                     const char *subject, uint32_t line, uint32_t other_line) {
  shako_hat_warning *added = shako__array_add(&lint->found, 1);

  if (added == NULL) {
    lint->nomem = true;
    return;
  }
  *added = (shako_hat_warning){
      .reason = words[kind].reason,
      .subject = subject,
      .text = words[kind].text,
      .remedy = words[kind].remedy,
      .line = line,
      .other_line = other_line,
  };
}

void shako__lint_add_policy(shako__lint *lint, shako__lint_kind kind, size_t i,
                            uint32_t other_line) {
  const shako__hat_policy *policy = lint->hat->policies.items;
  const char *subject;

  if (i == lint->hat->policies.count) {
    shako__lint_add(lint, kind, "", 0, other_line);
    return;
  }
  policy += i;
  subject = policy->policy.name;
  if (subject == NULL) {
    subject = policy->policy.access == SHAKO_ACCESS_RELAY ? "RELAY" : "ACCEPT";
  }
  shako__lint_add(lint, kind, subject, policy->line, other_line);
}

void shako__lint_add_group(shako__lint *lint, shako__lint_kind kind, size_t i,
                           uint32_t other_line) {
  const shako__hat_group *group =
      (const shako__hat_group *)lint->hat->groups.items + i;
  const char *subject = group->name;

  if (subject == NULL) {
    subject = shako__hat_member_text(lint->hat, group->first_member);
  }
  shako__lint_add(lint, kind, subject, group->line, other_line);
}

void shako__lint_match(const shako_hat *hat, uint32_t rule,
                       shako_hat_match *match) {
  shako__hat_match(hat, rule < hat->all ? rule : hat->all, match);
}

const shako_policy *shako__lint_policy(const shako__lint *lint, size_t i) {
  const shako__hat_policy *policies = lint->hat->policies.items;
  const uint8_t *used = lint->used.items;
  const shako_policy *policy = i < lint->hat->policies.count
                                   ? &policies[i].policy
                                   : &lint->hat->defaults;

  return used[i] && shako__lint_takes_mail(policy) ? policy : NULL;
}

/* Returns false without memory. */
static bool mark_used(shako__lint *lint) {
  const shako_hat *hat = lint->hat;
  const shako__hat_group *groups = hat->groups.items;
  size_t count = hat->policies.count + 1;
  uint8_t *used = shako__array_add(&lint->used, count);
  size_t i;

  if (used == NULL) {
    return false;
  }
  memset(used, 0, count);
  for (i = 0; i < hat->groups.count; i++) {
    used[groups[i].policy] = 1;
  }
  used[hat->policies.count] = hat->all == SHAKO__NO_RULE;
  return true;
}

static bool stands_before(const void *a, const void *b, const void *context) {
  (void)context;
  return ((const shako_hat_warning *)a)->line <
         ((const shako_hat_warning *)b)->line;
}

static int inspect(shako__lint *lint) {
  if (!mark_used(lint)) {
    return SHAKO_ERR_NOMEM;
  }
  shako__lint_members(lint);
  shako__lint_policies(lint);
  shako__lint_senders(lint);
  shako__lint_dns(lint);
  if (lint->nomem) {
    return SHAKO_ERR_NOMEM;
  }
  return shako__array_sort(&lint->found, stands_before, NULL);
}

int shako_hat_lint(shako_hat_warnings **pwarnings, const shako_hat *hat,
                   const shako_hat_surroundings *surroundings) {
  warnings *w = shako__alloc(&hat->mem, sizeof(*w));
  shako__lint lint = {.hat = hat};
  int error;

  if (w == NULL) {
    return SHAKO_ERR_NOMEM;
  }
  shako__sized_copy(&lint.around, sizeof(lint.around), surroundings);
  shako__array_init(&lint.found, &hat->mem, sizeof(shako_hat_warning));
  shako__array_init(&lint.used, &hat->mem, 1);
  error = inspect(&lint);
  shako__array_free(&lint.used);
  w->hat = hat;
  w->items = lint.found;
  w->seen = (shako_hat_warnings){w->items.items, w->items.count};
  if (error != 0) {
    shako_hat_warnings_free(&w->seen);
    return error;
  }
  *pwarnings = &w->seen;
  return 0;
}

void shako_hat_warnings_free(shako_hat_warnings *seen) {
  warnings *w = (warnings *)seen;

  if (w != NULL) {
    shako__array_free(&w->items);
    shako__release(&w->hat->mem, w, sizeof(*w));
  }
}

/* line 12: shadowed: 192.0.2.7: an earlier entry ... (line 9); remove it */
static void put_warning(shako__text *text, const shako_hat_warning *warning) {
  if (warning->line > 0) {
    shako__text_put(text, "line ");
    shako__text_put_number(text, warning->line);
  } else {
    shako__text_put(text, "default policy");
  }
  shako__text_put(text, ": ");
  shako__text_put(text, warning->reason);
  shako__text_put(text, ": ");
  if (warning->subject[0] != '\0') {
    shako__text_put(text, warning->subject);
    shako__text_put(text, ": ");
  }
  shako__text_put(text, warning->text);
  if (warning->other_line > 0) {
    shako__text_put(text, " (line ");
    shako__text_put_number(text, warning->other_line);
    shako__text_put(text, ")");
  }
  shako__text_put(text, "; ");
  shako__text_put(text, warning->remedy);
  shako__text_put(text, "\n");
}

size_t shako_hat_warnings_text(const shako_hat_warnings *seen, char *buf,
                               size_t size) {
  shako__text text;
  size_t i;

  shako__text_init(&text, buf, size);
  if (seen->count == 0) {
    shako__text_put(&text, "no warnings\n");
  }
  for (i = 0; i < seen->count; i++) {
    put_warning(&text, &seen->items[i]);
  }
  return text.len;
}
