#ifndef SHAKO_SERVER_NETWORKS_H
#define SHAKO_SERVER_NETWORKS_H

#include <shako/common.h>

/* An hour and a minute are counted in slices: three whole ones, and the one
   that is under way. */
#define SHAKO__SLICES 4

/* What one network has done lately. */
typedef struct shako__network {
  uint8_t prefix[16];   /* its address; the bits behind its width are 0 */
  uint32_t connections; /* open ones */
  uint32_t last;        /* when it was last taken, in a unit of the caller's */
  uint32_t recipients[SHAKO__SLICES]; /* the slice of |last| first */
  uint32_t handshakes[SHAKO__SLICES]; /* likewise */
  uint32_t before; /* neighbours in the row of those at rest */
  uint32_t behind;
} shako__network;

/*
 * A bounded number of networks, found by their prefix.
 *
 * They are the leaves of a binary tree over the bits of the prefixes: a
 * look-up takes at most as many steps as a prefix has bits, whichever networks
 * peers choose.  There is no hash, and so neither a collision nor a secret.
 *
 * A network is with the caller from take() to rest() or drop(), or for as long
 * as it has connections.  All others are at rest: they stand in a row in the
 * order in which they came there, and the first of it makes room.
 */
typedef struct shako__networks {
  const shako_mem *mem; /* the caller's, until it is freed */
  struct shako__place *places;
  uint32_t room; /* how many places there are */
  uint32_t max;
  uint32_t root;         /* of the tree */
  uint32_t free_network; /* the first place without a network */
  uint32_t free_node;    /* the first place without a node of the tree */
  uint32_t first;        /* of the row */
  uint32_t end;          /* ... the last one */
} shako__networks;

/* Begins with no network and a little room, which grows up to |max| places (1
   at least).

   Returns 0, or
     SHAKO_ERR_NOMEM  there is nothing to free */
int shako__networks_init(shako__networks *networks, const shako_mem *mem,
                         uint32_t max);

/* Returns the network of |prefix|, or a new one of which all else is 0.  Where
   a new one has no place, the first of the row is forgotten if its |last| is
   before |stale|, or if there can be no more places.  Returns NULL where the
   row is empty then.  The next take() may move it. */
shako__network *shako__networks_take(shako__networks *networks,
                                     const uint8_t prefix[16], uint32_t stale);

/* Puts |network|, which has no connections, at the end of the row. */
void shako__networks_rest(shako__networks *networks, shako__network *network);

/* Forgets |network|. */
void shako__networks_drop(shako__networks *networks, shako__network *network);

void shako__networks_free(shako__networks *networks);

#endif /* SHAKO_SERVER_NETWORKS_H */
