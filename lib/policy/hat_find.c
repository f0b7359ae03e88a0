#include "policy/hat.h"

#include "base/mem.h"

/* The least rule for what is known of a peer decides, unless one of a group
   before it could match by what is not (hat_build.c).  Within a group it makes
   no difference which one matches. */

/* Notes |rule| in |*first|, which is what |rule| is not above. */
static void note(uint32_t *first, uint32_t rule) {
  if (rule < *first) {
    *first = rule;
  }
}

static void find_name(const shako_hat *hat, const shako_peer *peer,
                      uint32_t *first) {
  if (peer->name_state == SHAKO_NAME_VERIFIED) {
    note(first, shako__nameset_find(&hat->names, peer->name));
  } else if (peer->name_state <= SHAKO_NAME_MISMATCH) {
    note(first, hat->unverified[peer->name_state]);
  }
}

static void find_score(const shako_hat *hat, const shako_peer *peer,
                       uint32_t *first) {
  int score = peer->score + SHAKO__HAT_SCORES / 2;

  if (peer->score_state == SHAKO_SCORE_NONE) {
    note(first, hat->score_none);
  } else if (peer->score_state == SHAKO_SCORE_KNOWN && score >= 0 &&
             score < SHAKO__HAT_SCORES) {
    note(first, hat->scores[score]);
  }
}

static void find_owner(const shako_hat *hat, const shako_peer *peer,
                       uint32_t *first) {
  const shako__hat_owner *owners = hat->owners.items;
  size_t from = 0;
  size_t to = hat->owners.count;

  while (from < to) { /* the first of that owner, or of one above it */
    size_t middle = from + (to - from) / 2;

    if (owners[middle].owner < peer->owner) {
      from = middle + 1;
    } else {
      to = middle;
    }
  }
  if (from < hat->owners.count && owners[from].owner == peer->owner) {
    note(first, owners[from].rule);
  }
}

static void find_lists(const shako_hat *hat, const shako_peer *peer,
                       uint32_t *first) {
  const shako__hat_zone *zones = hat->zones.items;
  uint64_t held = peer->lists_asked & peer->lists_hold;
  size_t i;

  for (i = 0; i < hat->zones.count; i++) {
    if (held >> i & 1) {
      note(first, zones[i].rule);
    }
  }
}

/* Returns the lists not asked whose rule stands before |rule|. */
static uint64_t lists_before(const shako_hat *hat, const shako_peer *peer,
                             uint32_t rule) {
  const shako__hat_zone *zones = hat->zones.items;
  uint64_t lists = 0;
  size_t i;

  for (i = 0; i < hat->zones.count; i++) {
    if (!(peer->lists_asked >> i & 1) && zones[i].rule < rule) {
      lists |= (uint64_t)1 << i;
    }
  }
  return lists;
}

static unsigned needs_before(const shako_hat *hat, const shako_peer *peer,
                             uint32_t rule) {
  unsigned need = 0;

  if (peer->name_state == SHAKO_NAME_UNASKED && hat->first_name < rule) {
    need |= SHAKO_NEED_NAME;
  }
  if (peer->score_state == SHAKO_SCORE_UNASKED && hat->first_score < rule) {
    need |= SHAKO_NEED_SCORE;
  }
  if (peer->owner == 0 && !peer->owner_asked && hat->first_owner < rule) {
    need |= SHAKO_NEED_OWNER;
  }
  return need;
}

/* Returns the first rule of the group that |rule| is of. */
static uint32_t group_start(const shako_hat *hat, uint32_t rule) {
  const shako__hat_group *groups = hat->groups.items;

  return rule == SHAKO__NO_RULE
             ? rule
             : groups[shako__hat_group_of(hat, rule)].first_member;
}

uint32_t shako__hat_rule(const shako_hat *hat, const shako_peer *peer,
                         unsigned *need, uint64_t *lists) {
  uint32_t first = hat->all;

  *need = 0;
  *lists = 0;
  if (!peer->address.known) {
    return first;
  }
  note(&first, shako__netset_find(&hat->addresses, peer->address.bytes));
  find_name(hat, peer, &first);
  find_score(hat, peer, &first);
  find_owner(hat, peer, &first);
  find_lists(hat, peer, &first);
  *need = needs_before(hat, peer, group_start(hat, first));
  *lists = lists_before(hat, peer, group_start(hat, first));
  if (*lists != 0) {
    *need |= SHAKO_NEED_LISTS;
  }
  return first;
}

void shako__hat_match(const shako_hat *hat, uint32_t rule,
                      shako_hat_match *match) {
  const shako__hat_member *members = hat->members.items;
  const shako__hat_policy *policies = hat->policies.items;
  const shako__hat_group *group;

  *match = (shako_hat_match){.policy = &hat->defaults};
  if (rule == SHAKO__NO_RULE) {
    return;
  }
  group = (const shako__hat_group *)hat->groups.items +
          shako__hat_group_of(hat, rule);
  match->policy = &policies[group->policy].policy;
  match->group = group->name;
  match->rule = shako__hat_member_text(hat, rule);
  match->line = members[rule].line;
}

void shako_hat_find(const shako_hat *hat, const shako_peer *given,
                    shako_hat_match *match) {
  shako_peer peer;
  unsigned need;
  uint64_t lists;
  uint32_t rule;

  shako_peer_default(&peer);
  shako__sized_copy(&peer, sizeof(peer), given);
  rule = shako__hat_rule(hat, &peer, &need, &lists);
  if (need == 0) {
    shako__hat_match(hat, rule, match);
  } else {
    *match = (shako_hat_match){.need = need, .lists = lists};
  }
}
