#ifndef SHAKO_POLICY_NETINDEX_H
#define SHAKO_POLICY_NETINDEX_H

#include "base/array.h"

/* The 16 octets of an address as a number. */
typedef struct shako__netkey {
  uint64_t high;
  uint64_t low;
} shako__netkey;

static inline bool shako__netkey_less(shako__netkey a, shako__netkey b) {
  return a.high < b.high || (a.high == b.high && a.low < b.low);
}

/* The addresses behind the stretch before this one, up to |last|. */
typedef struct shako__stretch {
  shako__netkey last;
  uint32_t rule; /* that decides for them, or SHAKO__NO_RULE */
} shako__stretch;

/* Says where in an array of stretches an address is. */
typedef struct shako__netindex {
  shako__array nodes;
  shako__array slots;
} shako__netindex;

/* The stretch is at most that many behind the place where to begin. */
#define SHAKO__NETINDEX_SCAN 8

/* Begins an index that holds nothing and is not to be searched. */
void shako__netindex_init(shako__netindex *index, const shako_mem *mem);

/* Fills |index|, once, for |stretches|: one at least and less than 2^31, each
   |last| over the one before.

   Returns 0, or
     SHAKO_ERR_NOMEM  it is to be freed and nothing else */
int shako__netindex_build(shako__netindex *index,
                          const shako__array *stretches);

/* Returns the number of a stretch, at most SHAKO__NETINDEX_SCAN before the
   first one whose |last| is |key| or over it.  The last stretch is not below
   |key|. */
size_t shako__netindex_find(const shako__netindex *index, shako__netkey key);

void shako__netindex_free(shako__netindex *index);

#endif /* SHAKO_POLICY_NETINDEX_H */
