#include "base/ascii.h"
#include "policy/explain.h"
#include "policy/hat.h"
#include "policy/member.h"

/*
 * shako__hat_rule() says which rule decides, so no member of a group before it
 * matches.  Which of them could not be judged, for want of a fact, is found by
 * reading them again: an explanation takes as long as the table is.
 */

/* Returns what |member| needs that nobody has asked for, or NULL. */
static const char *why_open(const shako_hat *hat, const shako_peer *peer,
                            const shako__member *member) {
  unsigned i;

  switch (member->kind) {
  case SHAKO__MEMBER_NAME:
  case SHAKO__MEMBER_UNVERIFIED:
    return peer->name_state == SHAKO_NAME_UNASKED
               ? "needs the host's name, which is not known yet"
               : NULL;
  case SHAKO__MEMBER_SCORE:
  case SHAKO__MEMBER_SCORE_NONE:
    return peer->score_state == SHAKO_SCORE_UNASKED
               ? "needs the host's reputation score, which is not known yet"
               : NULL;
  case SHAKO__MEMBER_OWNER:
    return peer->owner == 0 && !peer->owner_asked
               ? "needs the host's network owner, which is not known yet"
               : NULL;
  case SHAKO__MEMBER_LIST:
    for (i = 0; shako_hat_list(hat, i) != NULL; i++) {
      if (shako__equals(member->name, shako_hat_list(hat, i))) {
        return peer->lists_asked >> i & 1
                   ? NULL
                   : "needs an answer of that DNS list, which was not asked";
      }
    }
    return NULL;
  case SHAKO__MEMBER_ADDRESSES:
  case SHAKO__MEMBER_ALL:
    break;
  }
  return NULL;
}

static const char *why_no_name(const shako_peer *peer) {
  switch ((shako_name_state)peer->name_state) {
  case SHAKO_NAME_NONE:
    return "needs the host's name, and it has no PTR";
  case SHAKO_NAME_TEMPORARY:
    return "needs the host's name, and DNS failed for now";
  case SHAKO_NAME_MISMATCH:
    return "needs the host's name, whose A and AAAA do not give the address";
  case SHAKO_NAME_UNASKED:
  case SHAKO_NAME_VERIFIED:
    break;
  }
  return NULL;
}

/* Returns what |member| needs and is not to be had, or NULL. */
static const char *why_lost(const shako_peer *peer,
                            const shako__member *member) {
  if (member->kind == SHAKO__MEMBER_NAME) {
    return why_no_name(peer);
  }
  if (member->kind == SHAKO__MEMBER_SCORE &&
      peer->score_state == SHAKO_SCORE_NONE) {
    return "needs a reputation score, and the host has none";
  }
  if (member->kind == SHAKO__MEMBER_OWNER && peer->owner == 0) {
    return "needs a network owner, and the host has none";
  }
  return NULL;
}

/* Looks in the members from |from| up to |to| for one that lacks a fact: for
   the first that waits for it, else for the first that waits in vain.  Fills
   |*step| and returns whether there was one. */
static bool find_lack(const shako_hat *hat, const shako_peer *peer,
                      uint32_t from, uint32_t to, shako_hat_step *step) {
  const shako__hat_member *members = hat->members.items;
  bool found = false;
  bool open = false;
  uint32_t i;

  for (i = from; i < to && !open; i++) {
    const char *rule = shako__hat_member_text(hat, i);
    shako__member member;
    const char *why;
    size_t at;

    shako__member_read(&member, shako__span(rule), &at);
    why = why_open(hat, peer, &member);
    open = why != NULL;
    if (!open && !found) {
      why = why_lost(peer, &member);
    }
    if (why != NULL) {
      step->rule = rule;
      step->line = members[i].line;
      step->why = why;
      found = true;
    }
  }
  return found;
}

/* Fills |*step| for the |i|-th group. */
static void make_step(const shako_hat *hat, const shako_peer *peer, size_t i,
                      shako_hat_step *step) {
  const shako__hat_group *group =
      (const shako__hat_group *)hat->groups.items + i;
  const shako__hat_policy *policies = hat->policies.items;
  uint32_t end = shako__hat_group_end(hat, i);

  *step = (shako_hat_step){group->name, NULL, group->line, NULL};
  if (group->name == NULL) {
    step->rule = shako__hat_member_text(hat, group->first_member);
  }
  if (policies[group->policy].policy.access == SHAKO_ACCESS_CONTINUE) {
    step->why = "its access rule is CONTINUE";
  } else if (end == group->first_member) {
    step->why = "it has no members";
  } else if (!peer->address.known) {
    step->why = "the host has no IP address, and only ALL matches it";
  } else if (!find_lack(hat, peer, group->first_member, end, step)) {
    step->why = group->name != NULL ? "no member matches" : "does not match";
  }
}

bool shako__explain_steps(shako__explanation *e, const shako_peer *peer,
                          uint32_t rule) {
  const shako_hat *hat = e->hat;
  size_t own = rule == SHAKO__NO_RULE ? hat->groups.count
                                      : shako__hat_group_of(hat, rule);
  shako_hat_step *steps =
      own > 0 ? shako__array_add(&e->steps, own) : e->steps.items;
  size_t i;

  if (own > 0 && steps == NULL) {
    return false;
  }
  for (i = 0; i < own; i++) {
    make_step(hat, peer, i, &steps[i]);
  }
  return true;
}
