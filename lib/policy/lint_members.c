#include <string.h>

#include "base/ascii.h"
#include "policy/lint.h"
#include "policy/member.h"

/*
 * A member is shadowed if others decide for every host that it matches.  The
 * look-ups say so: a range that no address comes to, a name that is found as
 * another.  Kinds are not weighed against each other, but for ALL.
 */

/* Returns a bit for each rule that decides for an address, or NULL. */
static const uint8_t *mark_addresses(const shako_hat *hat, shako__array *bits) {
  size_t size = hat->members.count / 8 + 1;
  uint8_t *octets;

  shako__array_init(bits, &hat->mem, 1);
  octets = shako__array_add(bits, size);
  if (octets != NULL) {
    memset(octets, 0, size);
    shako__netset_mark(&hat->addresses, octets);
  }
  return octets;
}

static uint32_t find_addresses(const shako_hat *hat, const uint8_t *marked,
                               const shako__member *member, uint32_t rule) {
  return marked[rule / 8] >> rule % 8 & 1
             ? rule
             : shako__netset_find(&hat->addresses, member->first);
}

/* ".example.com" is looked for as "*.example.com", which is no entry's name. */
static uint32_t find_name(const shako_hat *hat, shako_span name) {
  uint8_t under[SHAKO__NAME_MAX];

  if (name.ptr[0] == '.' && name.len < sizeof(under)) {
    under[0] = '*';
    memcpy(under + 1, name.ptr, name.len);
    name = (shako_span){under, 1 + name.len};
  }
  return shako__nameset_find(&hat->names, name);
}

static uint32_t find_scores(const shako_hat *hat, const shako__member *member,
                            uint32_t rule) {
  const uint32_t *scores = hat->scores + SHAKO__HAT_SCORES / 2;
  int i;

  for (i = member->low; i <= member->high; i++) {
    if (scores[i] == rule) {
      return rule;
    }
  }
  return scores[member->low];
}

static uint32_t find_list(const shako_hat *hat, shako_span name,
                          uint32_t rule) {
  const shako__hat_zone *zones = hat->zones.items;
  size_t i;

  for (i = 0; i < hat->zones.count; i++) {
    if (shako__equals(name, zones[i].name)) {
      return zones[i].rule;
    }
  }
  return rule;
}

/* Returns |rule|, if it decides for one host at least that |member|, which is
   it, matches; else a rule that does. */
static uint32_t find_first(const shako_hat *hat, const uint8_t *marked,
                           const shako__member *member, uint32_t rule) {
  switch (member->kind) {
  case SHAKO__MEMBER_ADDRESSES:
    return find_addresses(hat, marked, member, rule);
  case SHAKO__MEMBER_NAME:
    return find_name(hat, member->name);
  case SHAKO__MEMBER_SCORE:
    return find_scores(hat, member, rule);
  case SHAKO__MEMBER_SCORE_NONE:
    return hat->score_none;
  case SHAKO__MEMBER_LIST:
    return find_list(hat, member->name, rule);
  case SHAKO__MEMBER_UNVERIFIED:
    return hat->unverified[member->unverified];
  case SHAKO__MEMBER_OWNER: /* judge_owners() */
  case SHAKO__MEMBER_ALL:
    break;
  }
  return rule;
}

static void add_member(shako__lint *lint, shako__lint_kind kind, uint32_t rule,
                       uint32_t other) {
  const shako__hat_member *members = lint->hat->members.items;

  shako__lint_add(lint, kind, shako__hat_member_text(lint->hat, rule),
                  members[rule].line, members[other].line);
}

static void judge_members(shako__lint *lint, const uint8_t *marked,
                          uint32_t from, uint32_t to) {
  uint32_t rule;

  for (rule = from; rule < to; rule++) {
    shako_span text = shako__span(shako__hat_member_text(lint->hat, rule));
    shako__member member;
    uint32_t first;
    size_t at;

    shako__member_read(&member, text, &at);
    first = find_first(lint->hat, marked, &member, rule);
    if (first < rule) {
      add_member(lint, SHAKO__LINT_SHADOWED, rule, first);
    }
  }
}

/* They are sorted, so those of one number stand together, the first first. */
static void judge_owners(shako__lint *lint) {
  const shako__hat_owner *owners = lint->hat->owners.items;
  size_t first = 0;
  size_t i;

  for (i = 1; i < lint->hat->owners.count; i++) {
    if (owners[i].owner != owners[first].owner) {
      first = i;
    } else if (owners[i].rule < lint->hat->all) {
      add_member(lint, SHAKO__LINT_SHADOWED, owners[i].rule,
                 owners[first].rule);
    }
  }
}

static void judge_repeats(shako__lint *lint) {
  const shako__hat_repeat *repeats = lint->hat->repeats.items;
  size_t i;

  for (i = 0; i < lint->hat->repeats.count; i++) {
    shako__lint_add(lint, SHAKO__LINT_REPEATED, repeats[i].text,
                    repeats[i].line, repeats[i].other_line);
  }
}

/* Judges the members of the |i|-th group, which does not stand behind ALL and
   may have it. */
static void judge_group(shako__lint *lint, const uint8_t *marked, size_t i) {
  const shako_hat *hat = lint->hat;
  const shako__hat_policy *policies = hat->policies.items;
  const shako__hat_group *group =
      (const shako__hat_group *)hat->groups.items + i;
  uint32_t end = shako__hat_group_end(hat, i);

  if (policies[group->policy].policy.access == SHAKO_ACCESS_CONTINUE) {
    return;
  }
  if (end > hat->all && end - 1 > hat->all) {
    add_member(lint, SHAKO__LINT_AFTER_ALL, hat->all + 1, hat->all);
  }
  judge_members(lint, marked, group->first_member,
                end < hat->all ? end : hat->all);
}

void shako__lint_members(shako__lint *lint) {
  const shako_hat *hat = lint->hat;
  const shako__hat_member *members = hat->members.items;
  size_t last = hat->all == SHAKO__NO_RULE ? hat->groups.count
                                           : shako__hat_group_of(hat, hat->all);
  shako__array bits;
  const uint8_t *marked = mark_addresses(hat, &bits);
  size_t i;

  lint->nomem |= marked == NULL;
  for (i = 0; i < hat->groups.count && !lint->nomem; i++) {
    if (i <= last) {
      judge_group(lint, marked, i);
    } else {
      shako__lint_add_group(lint, SHAKO__LINT_AFTER_ALL, i,
                            members[hat->all].line);
    }
  }
  judge_owners(lint);
  judge_repeats(lint);
  shako__array_free(&bits);
}
