#include "policy/netindex.h"

/*
 * A trie whose nodes are as wide as they have stretches.
 *
 * A node stands for a run of stretches.  It cuts the space between the first
 * and the last |last| of the run into slots of 2^shift addresses, one to two
 * for each stretch.  A slot says which stretch is the first that ends in it or
 * behind it; where more than SHAKO__NETINDEX_SCAN end in it, it names a node
 * that cuts the slot's own space again.
 *
 * So what is spread takes one step, whatever its number, and what lies in a
 * heap (the hosts of one network, the few prefixes of IPv6 in use) one more for
 * each heap in a heap.  A run that gets a node of its own has 16 slots at
 * least, half of them in use: each step leaves an eighth of the space at the
 * most, and there are 43 steps at the most.
 *
 * A key before the run falls into the first slot and one behind it into the
 * last, and so on down: the scan then begins at the run's first stretch, or
 * passes the end of the run.
 */

typedef struct node {
  shako__netkey first; /* |last| of the run's first stretch */
  uint32_t slots;      /* where its slots begin */
  uint32_t greatest;   /* number of its last slot */
  uint32_t shift;
} node;

/* A run of stretches that waits for its node. */
typedef struct run {
  size_t from;
  size_t to;
} run;

/* Marks a slot that names a node. */
#define IS_NODE 0x80000000u

void shako__netindex_init(shako__netindex *index, const shako_mem *mem) {
  shako__array_init(&index->nodes, mem, sizeof(node));
  shako__array_init(&index->slots, mem, sizeof(uint32_t));
}

/* Returns |a| - |b|, where |a| is not less. */
static shako__netkey distance(shako__netkey a, shako__netkey b) {
  shako__netkey d = {a.high - b.high - (a.low < b.low), a.low - b.low};

  return d;
}

/* Returns |key| / 2^|shift|, or UINT64_MAX where that is over it. */
static uint64_t shifted(shako__netkey key, unsigned shift) {
  if (shift >= 64) {
    return key.high >> (shift - 64);
  }
  if (key.high >> shift != 0) {
    return UINT64_MAX;
  }
  return shift == 0 ? key.low : key.high << (64 - shift) | key.low >> shift;
}

/* Returns the number of |key|'s slot in |n|. */
static inline uint32_t slot_of(const node *n, shako__netkey key) {
  uint64_t slot = 0;

  if (key.high == n->first.high && n->shift < 64) {
    /* IPv4 always comes this way, which is short. */
    slot = key.low < n->first.low ? 0 : (key.low - n->first.low) >> n->shift;
  } else if (!shako__netkey_less(key, n->first)) {
    slot = shifted(distance(key, n->first), n->shift);
  }
  return slot < n->greatest ? (uint32_t)slot : n->greatest;
}

static const shako__stretch *stretch_at(const shako__array *stretches,
                                        size_t i) {
  return (const shako__stretch *)stretches->items + i;
}

/* Returns a node for |r| without its slots. */
static node node_of(const shako__array *stretches, const run *r) {
  shako__netkey last = stretch_at(stretches, r->to - 1)->last;
  node n = {.first = stretch_at(stretches, r->from)->last};
  size_t size = 1;

  while (size <= r->to - r->from) {
    size *= 2;
  }
  n.greatest = (uint32_t)(size - 1);
  while (shifted(distance(last, n.first), n.shift) > n.greatest) {
    n.shift++;
  }
  return n;
}

/* Returns what the slot says in which the stretches of |r| end; adds to |runs|
   what needs a node of its own.  Returns false without memory. */
static bool fill_slot(uint32_t *slot, run r, shako__array *runs) {
  run *child;

  if (r.to - r.from <= SHAKO__NETINDEX_SCAN) {
    *slot = (uint32_t)r.from;
    return true;
  }
  *slot = (uint32_t)runs->count | IS_NODE;
  child = shako__array_add(runs, 1);
  if (child == NULL) {
    return false;
  }
  *child = r;
  return true;
}

/* Fills the slots of |n|, which stands for |r|. */
static bool fill_slots(uint32_t *slots, const node *n, run r,
                       const shako__array *stretches, shako__array *runs) {
  run part = {r.from, r.from};
  uint32_t i;

  for (i = 0; i <= n->greatest; i++) {
    part.from = part.to;
    while (part.to < r.to &&
           slot_of(n, stretch_at(stretches, part.to)->last) == i) {
      part.to++;
    }
    if (!fill_slot(&slots[i], part, runs)) {
      return false;
    }
  }
  return true;
}

/* Adds the node of |r|. */
static bool add_node(shako__netindex *index, run r,
                     const shako__array *stretches, shako__array *runs) {
  node *n = shako__array_add(&index->nodes, 1);
  uint32_t *slots;

  if (n == NULL) {
    return false;
  }
  *n = node_of(stretches, &r);
  n->slots = (uint32_t)index->slots.count;
  slots = shako__array_add(&index->slots, (size_t)n->greatest + 1);
  return slots != NULL && index->slots.count < IS_NODE &&
         fill_slots(slots, n, r, stretches, runs);
}

/* Adds the nodes of |runs| in turn, which makes more of them. */
static bool add_nodes(shako__netindex *index, const shako__array *stretches,
                      shako__array *runs) {
  run *first = shako__array_add(runs, 1);
  size_t i;

  if (first == NULL) {
    return false;
  }
  *first = (run){0, stretches->count};
  for (i = 0; i < runs->count; i++) {
    if (!add_node(index, ((const run *)runs->items)[i], stretches, runs)) {
      return false;
    }
  }
  return true;
}

int shako__netindex_build(shako__netindex *index,
                          const shako__array *stretches) {
  shako__array runs;
  bool ok;

  shako__array_init(&runs, stretches->mem, sizeof(run));
  ok = stretches->count < IS_NODE && add_nodes(index, stretches, &runs);
  shako__array_free(&runs);
  shako__array_trim(&index->nodes);
  shako__array_trim(&index->slots);
  return ok ? 0 : SHAKO_ERR_NOMEM;
}

size_t shako__netindex_find(const shako__netindex *index, shako__netkey key) {
  const node *nodes = index->nodes.items;
  const uint32_t *slots = index->slots.items;
  uint32_t at = IS_NODE;

  while ((at & IS_NODE) != 0) {
    const node *n = &nodes[at ^ IS_NODE];

    at = slots[n->slots + slot_of(n, key)];
  }
  return at;
}

void shako__netindex_free(shako__netindex *index) {
  shako__array_free(&index->nodes);
  shako__array_free(&index->slots);
}
