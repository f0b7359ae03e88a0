#include "policy/hat.h"

#include <string.h>

#include "base/ascii.h"
#include "policy/member.h"

/*
 * Each kind of fact has a structure of its own that gives the first rule for
 * what is known: addresses and names by their sets, owners by a sorted array,
 * scores, lists and the three unverified classes by a plain one.  The least of
 * what they give decides.  A fact that is not known is needed when the first
 * of all rules of its kind stands before that.
 */

/* Notes |rule| in |*first|, which is what |rule| is not above. */
static void note(uint32_t *first, uint32_t rule) {
  if (rule < *first) {
    *first = rule;
  }
}

static void note_scores(shako_hat *hat, const shako__member *member,
                        uint32_t rule) {
  int i;

  for (i = member->low; i <= member->high; i++) {
    note(&hat->scores[i + SHAKO__HAT_SCORES / 2], rule);
  }
  note(&hat->first_score, rule);
}

static int add_owner(shako_hat *hat, uint32_t owner, uint32_t rule) {
  shako__hat_owner *added = shako__array_add(&hat->owners, 1);

  if (added == NULL) {
    return SHAKO_ERR_NOMEM;
  }
  *added = (shako__hat_owner){owner, rule};
  note(&hat->first_owner, rule);
  return 0;
}

static int add_zone(shako_hat *hat, shako_span name, uint32_t rule) {
  shako__hat_zone *zones = hat->zones.items;
  shako__hat_zone *added;
  const char *copy;
  size_t i;

  for (i = 0; i < hat->zones.count; i++) {
    if (shako__equals(name, zones[i].name)) {
      return 0; /* rules come in their order */
    }
  }
  copy = shako__strings_keep(&hat->strings, name);
  added = copy != NULL ? shako__array_add(&hat->zones, 1) : NULL;
  if (added == NULL) {
    return SHAKO_ERR_NOMEM;
  }
  *added = (shako__hat_zone){copy, rule};
  return 0;
}

/* Where a range of IPv6 goes over IPv4, as "::/0" does, it means what is on
   both sides of it. */
static int add_addresses(shako_hat *hat, const shako__member *member,
                         uint32_t rule) {
  static const uint8_t before_ipv4[16] = {[10] = 0xff, [11] = 0xfe, 0xff,
                                          0xff,        0xff,        0xff};
  static const uint8_t after_ipv4[16] = {[9] = 1};
  int error;

  if (memcmp(member->first, before_ipv4, 16) > 0 ||
      memcmp(member->last, before_ipv4, 16) <= 0) {
    return shako__netset_add(&hat->addresses, member->first, member->last,
                             rule);
  }
  error = shako__netset_add(&hat->addresses, member->first, before_ipv4, rule);
  if (error == 0 && memcmp(member->last, after_ipv4, 16) >= 0) {
    error = shako__netset_add(&hat->addresses, after_ipv4, member->last, rule);
  }
  return error;
}

static int add_rule(shako_hat *hat, const shako__member *member,
                    uint32_t rule) {
  switch (member->kind) {
  case SHAKO__MEMBER_ADDRESSES:
    return add_addresses(hat, member, rule);
  case SHAKO__MEMBER_NAME:
    note(&hat->first_name, rule);
    return shako__nameset_add(&hat->names, member->name, rule);
  case SHAKO__MEMBER_SCORE:
    note_scores(hat, member, rule);
    return 0;
  case SHAKO__MEMBER_SCORE_NONE:
    note(&hat->score_none, rule);
    note(&hat->first_score, rule);
    return 0;
  case SHAKO__MEMBER_OWNER:
    return add_owner(hat, member->owner, rule);
  case SHAKO__MEMBER_LIST:
    return add_zone(hat, member->name, rule);
  case SHAKO__MEMBER_UNVERIFIED:
    note(&hat->unverified[member->unverified], rule);
    note(&hat->first_name, rule);
    return 0;
  case SHAKO__MEMBER_ALL:
    note(&hat->all, rule);
    return 0;
  }
  return SHAKO_ERR_INTERNAL;
}

static int add_group(shako_hat *hat, size_t i) {
  const shako__hat_group *group =
      (const shako__hat_group *)hat->groups.items + i;
  const shako__hat_policy *policies = hat->policies.items;
  uint32_t end = shako__hat_group_end(hat, i);
  shako__member member;
  size_t at;
  int error = 0;
  uint32_t rule;

  if (policies[group->policy].policy.access == SHAKO_ACCESS_CONTINUE) {
    return 0;
  }
  for (rule = group->first_member; rule < end && error == 0; rule++) {
    shako_span text = shako__span(shako__hat_member_text(hat, rule));

    if (shako__member_read(&member, text, &at) != NULL) {
      return SHAKO_ERR_INTERNAL; /* it was read before */
    }
    error = add_rule(hat, &member, rule);
  }
  return error;
}

static void begin_rules(shako_hat *hat) {
  size_t i;

  for (i = 0; i < SHAKO__HAT_SCORES; i++) {
    hat->scores[i] = SHAKO__NO_RULE;
  }
  for (i = 0; i <= SHAKO_NAME_MISMATCH; i++) {
    hat->unverified[i] = SHAKO__NO_RULE;
  }
  hat->score_none = SHAKO__NO_RULE;
  hat->all = SHAKO__NO_RULE;
  hat->first_name = SHAKO__NO_RULE;
  hat->first_score = SHAKO__NO_RULE;
  hat->first_owner = SHAKO__NO_RULE;
}

static bool owner_before(const void *a, const void *b, const void *context) {
  const shako__hat_owner *x = a;
  const shako__hat_owner *y = b;

  (void)context;
  return x->owner < y->owner; /* of equals the first stays first */
}

static void trim(shako_hat *hat) {
  shako__array_trim(&hat->policies);
  shako__array_trim(&hat->groups);
  shako__array_trim(&hat->members);
  shako__array_trim(&hat->texts);
}

int shako__hat_build(shako_hat *hat) {
  int error = 0;
  size_t i;

  begin_rules(hat);
  for (i = 0; i < hat->groups.count && error == 0; i++) {
    error = add_group(hat, i);
  }
  if (error == 0) {
    error = shako__array_sort(&hat->owners, owner_before, NULL);
  }
  if (error == 0) {
    error = shako__netset_build(&hat->addresses);
  }
  if (error == 0) {
    error = shako__nameset_build(&hat->names);
  }
  trim(hat);
  return error;
}
