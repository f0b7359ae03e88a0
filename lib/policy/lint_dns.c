#include "base/ascii.h"
#include "policy/lint.h"
#include "policy/member.h"

/*
 * A group that requires TLS of hosts by their names does so as long as DNS
 * says who they are.  Where it does not, they are in an unverified class, and
 * get what that gets.
 */

/* What the members of a group go by. */
typedef struct group_facts {
  bool names;
  bool others;
} group_facts;

/* Looks at the members before ALL. */
static group_facts look_at(const shako_hat *hat, size_t i) {
  const shako__hat_group *groups = hat->groups.items;
  uint32_t end = shako__hat_group_end(hat, i);
  group_facts facts = {false, false};
  uint32_t rule;

  for (rule = groups[i].first_member; rule < end && rule < hat->all; rule++) {
    shako_span text = shako__span(shako__hat_member_text(hat, rule));
    shako__member member;
    size_t at;

    shako__member_read(&member, text, &at);
    facts.names |= member.kind == SHAKO__MEMBER_NAME;
    facts.others |= member.kind != SHAKO__MEMBER_NAME;
  }
  return facts;
}

/* Warns if a host of that class, known by nothing else, may come in the clear.
   Returns whether it may. */
static bool warn(shako__lint *lint, shako__lint_kind kind, size_t i,
                 shako_name_state class) {
  shako_hat_match match;

  shako__lint_match(lint->hat, lint->hat->unverified[class], &match);
  if (!shako__lint_takes_mail(match.policy) ||
      shako__lint_is_required(match.policy)) {
    return false;
  }
  shako__lint_add_group(lint, kind, i, match.line);
  return true;
}

static void judge_group(shako__lint *lint, size_t i) {
  group_facts facts = look_at(lint->hat, i);

  if (!facts.names ||
      warn(lint, SHAKO__LINT_DNS_FAILURE, i, SHAKO_NAME_TEMPORARY) ||
      facts.others || warn(lint, SHAKO__LINT_DNS_ALONE, i, SHAKO_NAME_NONE)) {
    return;
  }
  warn(lint, SHAKO__LINT_DNS_ALONE, i, SHAKO_NAME_MISMATCH);
}

void shako__lint_dns(shako__lint *lint) {
  const shako__hat_policy *policies = lint->hat->policies.items;
  const shako__hat_group *groups = lint->hat->groups.items;
  size_t i;

  for (i = 0; i < lint->hat->groups.count; i++) {
    const shako_policy *policy = &policies[groups[i].policy].policy;

    if (shako__lint_takes_mail(policy) && shako__lint_is_required(policy)) {
      judge_group(lint, i);
    }
  }
}
