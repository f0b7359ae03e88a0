#include "policy/nameset.h"

#include <string.h>

#include "base/ascii.h"

/*
 * A name is hashed from its end to its start, so one pass over it gives the
 * hash of each of its suffixes: at a dot that of ".example.com", at the start
 * that of the whole.  Each is looked up once.
 *
 * The entries are sorted by hash, and a bucket is a run of them: those whose
 * hashes begin with the same bits, one on average.  In it the search is
 * binary, by hash and then by name.  The hash therefore needs no key.  It only
 * makes the usual case fast; names that were chosen to have one hash, in the
 * table (a list of what others registered) or in the DNS, make a look-up as
 * slow as in a sorted list and no slower.  All a peer has to choose is his own
 * name, and so at most 128 look-ups of log2(entries) steps.
 */

typedef struct entry {
  uint64_t hash;
  uint32_t name; /* where its length and it begin in |names| */
  uint32_t rule;
} entry;

/* Odd, and 2^64 by the golden ratio: each octet reaches the highest bits. */
#define HASH_FACTOR 0x9e3779b97f4a7c15u

static uint64_t hash_octet(uint64_t hash, uint8_t octet) {
  return (hash ^ octet) * HASH_FACTOR;
}

static uint64_t hash_of(shako_span name) {
  uint64_t hash = 0;

  while (name.len > 0) {
    hash = hash_octet(hash, name.ptr[--name.len]);
  }
  return hash;
}

/* Returns |name| in |upper|, SHAKO__NAME_MAX octets, in upper case and without
   a dot at its end; empty where it is too long. */
static shako_span fold(shako_span name, uint8_t *upper) {
  shako_span folded = {upper, 0};

  if (name.len > 0 && name.ptr[name.len - 1] == '.') {
    name.len--;
  }
  if (name.len <= SHAKO__NAME_MAX) {
    for (; folded.len < name.len; folded.len++) {
      upper[folded.len] = shako__upper(name.ptr[folded.len]);
    }
  }
  return folded;
}

static shako_span name_of(const shako__array *names, const entry *e) {
  const uint8_t *at = (const uint8_t *)names->items + e->name;
  shako_span name = {at + 1, *at};

  return name;
}

/* Returns less than, equal to or over 0 as |a| stands to |b|. */
static int compare_names(shako_span a, shako_span b) {
  if (a.len != b.len) {
    return a.len < b.len ? -1 : 1;
  }
  return memcmp(a.ptr, b.ptr, a.len);
}

/* Returns less than, equal to or over 0 as |e| stands to |name|, which has
   |hash|. */
static int compare(const shako__array *names, const entry *e, uint64_t hash,
                   shako_span name) {
  if (e->hash != hash) {
    return e->hash < hash ? -1 : 1;
  }
  return compare_names(name_of(names, e), name);
}

void shako__nameset_init(shako__nameset *set, const shako_mem *mem) {
  shako__array_init(&set->entries, mem, sizeof(entry));
  shako__array_init(&set->names, mem, 1);
  shako__array_init(&set->buckets, mem, sizeof(uint32_t));
  set->shift = 0;
}

int shako__nameset_add(shako__nameset *set, shako_span name, uint32_t rule) {
  size_t at = set->names.count;
  uint8_t upper[SHAKO__NAME_MAX];
  uint8_t *copy;
  entry *e;

  name = fold(name, upper);
  if (name.len == 0) {
    return SHAKO_ERR_INVALID_ARGUMENT;
  }
  copy = at > UINT32_MAX ? NULL : shako__array_add(&set->names, 1 + name.len);
  if (copy == NULL) {
    return SHAKO_ERR_NOMEM;
  }
  e = shako__array_add(&set->entries, 1);
  if (e == NULL) {
    return SHAKO_ERR_NOMEM;
  }
  *copy = (uint8_t)name.len;
  memcpy(copy + 1, name.ptr, name.len);
  *e = (entry){hash_of(name), (uint32_t)at, rule};
  return 0;
}

/* Puts the lowest rule of a name first. */
static bool goes_before(const void *a, const void *b, const void *names) {
  const entry *x = a;
  const entry *y = b;
  int order = compare(names, x, y->hash, name_of(names, y));

  return order < 0 || (order == 0 && x->rule < y->rule);
}

/* Leaves of each name its first entry. */
static void drop_others(shako__nameset *set) {
  entry *entries = set->entries.items;
  size_t kept = 0;
  size_t i;

  for (i = 0; i < set->entries.count; i++) {
    if (kept == 0 || compare(&set->names, &entries[kept - 1], entries[i].hash,
                             name_of(&set->names, &entries[i])) != 0) {
      entries[kept++] = entries[i];
    }
  }
  set->entries.count = kept;
  shako__array_trim(&set->entries);
  shako__array_trim(&set->names);
}

/* Makes two buckets at least, and one an entry at the most beyond that. */
static bool add_buckets(shako__nameset *set) {
  const entry *entries = set->entries.items;
  size_t count = 2;
  uint32_t *buckets;
  size_t at = 0;
  size_t i;

  for (set->shift = 63; count <= set->entries.count / 2; count *= 2) {
    set->shift--;
  }
  buckets = shako__array_add(&set->buckets, count + 1);
  if (buckets == NULL) {
    return false;
  }
  for (i = 0; i <= count; i++) {
    while (at < set->entries.count && entries[at].hash >> set->shift < i) {
      at++;
    }
    buckets[i] = (uint32_t)at;
  }
  return true;
}

int shako__nameset_build(shako__nameset *set) {
  if (shako__array_sort(&set->entries, goes_before, &set->names) != 0) {
    return SHAKO_ERR_NOMEM;
  }
  drop_others(set);
  return add_buckets(set) ? 0 : SHAKO_ERR_NOMEM;
}

/* Returns the rule of the entry |name|, which has |hash|. */
static uint32_t find_entry(const shako__nameset *set, uint64_t hash,
                           shako_span name) {
  const uint32_t *bucket =
      (const uint32_t *)set->buckets.items + (hash >> set->shift);
  const entry *entries = set->entries.items;
  size_t from = bucket[0];
  size_t to = bucket[1];

  while (from < to) {
    size_t middle = from + (to - from) / 2;
    int order = compare(&set->names, &entries[middle], hash, name);

    if (order == 0) {
      return entries[middle].rule;
    }
    if (order < 0) {
      from = middle + 1;
    } else {
      to = middle;
    }
  }
  return SHAKO__NO_RULE;
}

uint32_t shako__nameset_find(const shako__nameset *set, shako_span name) {
  uint8_t upper[SHAKO__NAME_MAX];
  uint32_t lowest = SHAKO__NO_RULE;
  uint64_t hash = 0;
  size_t at;

  name = fold(name, upper);
  if (name.len > 0 && name.ptr[0] == '.') {
    return SHAKO__NO_RULE;
  }
  for (at = name.len; at-- > 0;) {
    hash = hash_octet(hash, name.ptr[at]);
    if (at == 0 || name.ptr[at] == '.') {
      uint32_t rule = find_entry(set, hash, shako__slice(name, at, name.len));

      lowest = rule < lowest ? rule : lowest;
    }
  }
  return lowest;
}

void shako__nameset_free(shako__nameset *set) {
  shako__array_free(&set->entries);
  shako__array_free(&set->names);
  shako__array_free(&set->buckets);
}
