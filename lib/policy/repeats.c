#include "policy/repeats.h"

#include "base/ascii.h"

/*
 * Members are sorted by a hash of their text, so that those of one group that
 * are alike stand side by side.  Texts that were chosen to have one hash make
 * that slower, and not quadratic.
 */

typedef struct entry {
  uint32_t hash;
  uint32_t group;
  uint32_t member;
} entry;

/* 2^64 by the golden ratio. */
#define HASH_FACTOR 0x9e3779b97f4a7c15u

static uint32_t hash_of(const char *text) {
  uint64_t hash = 0;

  for (; *text != '\0'; text++) {
    hash = (hash ^ shako__upper((uint8_t)*text)) * HASH_FACTOR;
  }
  return (uint32_t)(hash >> 32);
}

/* Returns less than, equal to or over 0 as |a| stands to |b| in upper case. */
static int compare_texts(const char *a, const char *b) {
  size_t i = 0;

  while (a[i] != '\0' &&
         shako__upper((uint8_t)a[i]) == shako__upper((uint8_t)b[i])) {
    i++;
  }
  return shako__upper((uint8_t)a[i]) - shako__upper((uint8_t)b[i]);
}

static int compare(const shako_hat *hat, const entry *a, const entry *b) {
  if (a->hash != b->hash) {
    return a->hash < b->hash ? -1 : 1;
  }
  if (a->group != b->group) {
    return a->group < b->group ? -1 : 1;
  }
  return compare_texts(shako__hat_member_text(hat, a->member),
                       shako__hat_member_text(hat, b->member));
}

static bool goes_before(const void *a, const void *b, const void *hat) {
  return compare(hat, a, b) < 0;
}

/* Adds the members of the |i|-th group, if one can be a repeat. */
static int add_group(const shako_hat *hat, size_t i, shako__array *entries) {
  const shako__hat_group *group =
      (const shako__hat_group *)hat->groups.items + i;
  uint32_t first = group->first_member;
  uint32_t count = shako__hat_group_end(hat, i) - first;
  entry *added;
  uint32_t n;

  if (count < 2) {
    return 0;
  }
  added = shako__array_add(entries, count);
  if (added == NULL) {
    return SHAKO_ERR_NOMEM;
  }
  for (n = 0; n < count; n++) {
    added[n] = (entry){hash_of(shako__hat_member_text(hat, first + n)),
                       (uint32_t)i, first + n};
  }
  return 0;
}

/* Notes in |firsts| that each member is the first of its kind.  Returns it, or
   NULL without memory. */
static uint32_t *begin_firsts(const shako_hat *hat, shako__array *firsts) {
  uint32_t *first = shako__array_add(firsts, hat->members.count);
  uint32_t i;

  for (i = 0; first != NULL && i < hat->members.count; i++) {
    first[i] = i;
  }
  return first;
}

/* Notes in |firsts|, for each member, the first of its group that is like it:
   mostly itself.  |firsts| stays empty where there are no repeats. */
static int find_firsts(const shako_hat *hat, const shako__array *entries,
                       shako__array *firsts) {
  const entry *at = entries->items;
  uint32_t *first = NULL;
  size_t like = 0;
  size_t i;

  for (i = 1; i < entries->count; i++) {
    if (compare(hat, &at[like], &at[i]) != 0) {
      like = i;
      continue;
    }
    if (first == NULL) {
      first = begin_firsts(hat, firsts);
    }
    if (first == NULL) {
      return SHAKO_ERR_NOMEM;
    }
    first[at[i].member] = at[like].member;
  }
  return 0;
}

/* Notes that member |i| is like |first|. */
static int add_repeat(shako_hat *hat, uint32_t i, uint32_t first) {
  const shako__hat_member *members = hat->members.items;
  const char *text = shako__strings_keep(
      &hat->strings, shako__span(shako__hat_member_text(hat, i)));
  shako__hat_repeat *added =
      text != NULL ? shako__array_add(&hat->repeats, 1) : NULL;

  if (added == NULL) {
    return SHAKO_ERR_NOMEM;
  }
  *added = (shako__hat_repeat){text, members[i].line, members[first].line};
  return 0;
}

/* Notes all repeats, by line. */
static int note_repeats(shako_hat *hat, const uint32_t *first) {
  int error = 0;
  uint32_t i;

  for (i = 0; i < hat->members.count && error == 0; i++) {
    if (first[i] != i) {
      error = add_repeat(hat, i, first[i]);
    }
  }
  return error;
}

/* Closes the gaps that repeats leave. */
static void drop(shako_hat *hat, const uint32_t *first) {
  shako__hat_group *groups = hat->groups.items;
  shako__hat_member *members = hat->members.items;
  uint32_t kept = 0;
  size_t i;

  for (i = 0; i < hat->groups.count; i++) {
    uint32_t end = shako__hat_group_end(hat, i);
    uint32_t n = groups[i].first_member;

    groups[i].first_member = kept;
    for (; n < end; n++) {
      if (first[n] == n) {
        members[kept++] = members[n];
      }
    }
  }
  hat->members.count = kept;
}

static int find_and_drop(shako_hat *hat, shako__array *entries,
                         shako__array *firsts) {
  int error = 0;
  size_t i;

  for (i = 0; i < hat->groups.count && error == 0; i++) {
    error = add_group(hat, i, entries);
  }
  if (error == 0) {
    error = shako__array_sort(entries, goes_before, hat);
  }
  if (error == 0) {
    error = find_firsts(hat, entries, firsts);
  }
  if (error == 0 && firsts->count > 0) {
    error = note_repeats(hat, firsts->items);
    drop(hat, firsts->items);
  }
  return error;
}

int shako__repeats_drop(shako_hat *hat) {
  shako__array entries;
  shako__array firsts;
  int error;

  shako__array_init(&entries, &hat->mem, sizeof(entry));
  shako__array_init(&firsts, &hat->mem, sizeof(uint32_t));
  error = find_and_drop(hat, &entries, &firsts);
  shako__array_free(&entries);
  shako__array_free(&firsts);
  return error;
}
