#include "server/networks.h"

#include <stdbool.h>
#include <string.h>

#include "base/mem.h"

/*
 * Each node of the tree looks at one bit, in which two networks differ that
 * are alike in all bits that the nodes above it look at.  So no way through
 * the tree looks at a bit twice.  There is one node less than networks.
 */

/* Of a child: the rest of it is the number of a network's place; else it is
   that of a node's. */
#define LEAF 0x80000000u

/* No place, and an empty tree. */
#define NONE UINT32_MAX

#define ROOM_MIN 64u
#define ROOM_MAX (1u << 25) /* 2.4 GiB, which a size_t of 32 bits holds */

typedef struct node {
  uint32_t child[2]; /* where it is free, the first is the next one that is */
  uint32_t bit;      /* from 0, the first of the first octet */
} node;

/* Two things that have nothing to do with each other. */
typedef struct shako__place {
  shako__network network; /* where it is free, |behind| is the next such */
  node node;
} place;

static uint32_t bit_of(const uint8_t *prefix, uint32_t bit) {
  return (uint32_t)prefix[bit / 8] >> (7 - bit % 8) & 1;
}

/* Returns the first bit in which |a| and |b|, which differ, do. */
static uint32_t first_difference(const uint8_t *a, const uint8_t *b) {
  uint32_t bit = 0;

  while (a[bit / 8] == b[bit / 8]) {
    bit += 8;
  }
  while (bit_of(a, bit) == bit_of(b, bit)) {
    bit++;
  }
  return bit;
}

static uint32_t place_of(const shako__networks *networks,
                         const shako__network *network) {
  return (uint32_t)((const place *)network - networks->places);
}

/* Returns the link to the one leaf of the tree, which is not empty, that can
   be |prefix|, and in |*above| that to the node above it, or NULL. */
static uint32_t *find_leaf(shako__networks *networks, const uint8_t *prefix,
                           uint32_t **above) {
  uint32_t *link = &networks->root;

  *above = NULL;
  while (!(*link & LEAF)) {
    node *n = &networks->places[*link].node;

    *above = link;
    link = &n->child[bit_of(prefix, n->bit)];
  }
  return link;
}

static shako__network *network_of(const shako__networks *networks,
                                  uint32_t leaf) {
  return &networks->places[leaf & ~LEAF].network;
}

/* Returns the network of |prefix|, or NULL. */
static shako__network *find(shako__networks *networks, const uint8_t *prefix) {
  shako__network *network;
  uint32_t *above;

  if (networks->root == NONE) {
    return NULL;
  }
  network = network_of(networks, *find_leaf(networks, prefix, &above));
  return memcmp(network->prefix, prefix, 16) == 0 ? network : NULL;
}

/* Hangs |leaf| into the tree, where its network is not yet. */
static void hang_in(shako__networks *networks, uint32_t leaf) {
  const uint8_t *prefix = network_of(networks, leaf)->prefix;
  uint32_t at = networks->free_node;
  uint32_t *above;
  uint32_t *link;
  uint32_t side;
  node *n;

  if (networks->root == NONE) {
    networks->root = leaf;
    return;
  }
  link = find_leaf(networks, prefix, &above);
  n = &networks->places[at].node;
  networks->free_node = n->child[0];
  n->bit = first_difference(prefix, network_of(networks, *link)->prefix);
  side = bit_of(prefix, n->bit);
  n->child[side] = leaf;
  n->child[1 - side] = *link;
  *link = at;
}

/* Takes |leaf| out of the tree, and the node above it. */
static void cut_off(shako__networks *networks, uint32_t leaf) {
  uint32_t *above;
  uint32_t at;
  node *n;

  find_leaf(networks, network_of(networks, leaf)->prefix, &above);
  if (!above) {
    networks->root = NONE;
    return;
  }
  at = *above;
  n = &networks->places[at].node;
  *above = n->child[n->child[0] == leaf];
  n->child[0] = networks->free_node;
  networks->free_node = at;
}

/* Takes |network| out of the row. */
static void leave_row(shako__networks *networks,
                      const shako__network *network) {
  uint32_t before = network->before;
  uint32_t behind = network->behind;

  if (before == NONE) {
    networks->first = behind;
  } else {
    networks->places[before].network.behind = behind;
  }
  if (behind == NONE) {
    networks->end = before;
  } else {
    networks->places[behind].network.before = before;
  }
}

/* Makes free places of those from |from| on. */
static void free_places(shako__networks *networks, uint32_t from) {
  uint32_t i;

  for (i = networks->room; i-- > from;) {
    networks->places[i].network.behind = networks->free_network;
    networks->places[i].node.child[0] = networks->free_node;
    networks->free_network = i;
    networks->free_node = i;
  }
}

/* Makes twice as many places, as far as |max| goes.  Returns false without
   memory, or at |max|. */
static bool grow(shako__networks *networks) {
  uint32_t had = networks->room;
  uint32_t want = had < ROOM_MIN / 2 ? ROOM_MIN : 2 * had;
  uint32_t room = want < networks->max ? want : networks->max;
  place *places = NULL;

  if (room > had) {
    places = shako__alloc(networks->mem, room * sizeof(place));
  }
  if (!places) {
    return false;
  }
  if (had > 0) {
    memcpy(places, networks->places, had * sizeof(place));
  }
  shako__networks_free(networks);
  networks->places = places;
  networks->room = room;
  free_places(networks, had);
  return true;
}

/* Sees to it that a place is free.  Returns false where that cannot be. */
static bool make_room(shako__networks *networks, uint32_t stale) {
  bool has_first = networks->first != NONE;
  shako__network *first;

  if (networks->free_network != NONE) {
    return true;
  }
  if (!has_first || networks->places[networks->first].network.last >= stale) {
    if (grow(networks)) {
      return true;
    }
  }
  if (!has_first) {
    return false;
  }
  first = &networks->places[networks->first].network;
  leave_row(networks, first);
  shako__networks_drop(networks, first);
  return true;
}

int shako__networks_init(shako__networks *networks, const shako_mem *mem,
                         uint32_t max) {
  *networks = (shako__networks){
      .mem = mem,
      .max = max < ROOM_MAX ? max : ROOM_MAX,
      .root = NONE,
      .free_network = NONE,
      .free_node = NONE,
      .first = NONE,
      .end = NONE,
  };
  return grow(networks) ? 0 : SHAKO_ERR_NOMEM;
}

shako__network *shako__networks_take(shako__networks *networks,
                                     const uint8_t prefix[16], uint32_t stale) {
  shako__network *network = find(networks, prefix);

  if (network) {
    if (network->connections == 0) {
      leave_row(networks, network);
    }
    return network;
  }
  if (!make_room(networks, stale)) {
    return NULL;
  }
  network = network_of(networks, networks->free_network);
  networks->free_network = network->behind;
  memset(network, 0, sizeof(*network));
  memcpy(network->prefix, prefix, 16);
  hang_in(networks, place_of(networks, network) | LEAF);
  return network;
}

void shako__networks_rest(shako__networks *networks, shako__network *network) {
  uint32_t at = place_of(networks, network);

  network->before = networks->end;
  network->behind = NONE;
  if (networks->end == NONE) {
    networks->first = at;
  } else {
    networks->places[networks->end].network.behind = at;
  }
  networks->end = at;
}

void shako__networks_drop(shako__networks *networks, shako__network *network) {
  uint32_t at = place_of(networks, network);

  cut_off(networks, at | LEAF);
  network->behind = networks->free_network;
  networks->free_network = at;
}

void shako__networks_free(shako__networks *networks) {
  shako__release(networks->mem, networks->places,
                 networks->room * sizeof(place));
}
