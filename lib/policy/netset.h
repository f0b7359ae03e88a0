#ifndef SHAKO_POLICY_NETSET_H
#define SHAKO_POLICY_NETSET_H

#include "policy/netindex.h"
#include "policy/rule.h"

/*
 * Ranges of addresses, each with the number of its rule.  Addresses are the
 * 16 octets of a shako_address; IPv4 is ::ffff:0:0 to ::ffff:ffff:ffff and in
 * no way apart: the range of all octets holds both.
 */
typedef struct shako__netset {
  shako__array ranges; /* until it is built */
  shako__array ipv4;   /* stretches, smaller */
  shako__array ipv6;   /* stretches */
  shako__netindex ipv4_index;
  shako__netindex ipv6_index;
} shako__netset;

/* Begins an empty set in |mem|, which outlives it. */
void shako__netset_init(shako__netset *set, const shako_mem *mem);

/* Adds the addresses from |first| to |last|, both included, which may overlap
   others.

   Returns 0, or
     SHAKO_ERR_INVALID_ARGUMENT  |last| is before |first|
     SHAKO_ERR_NOMEM             nothing is added */
int shako__netset_add(shako__netset *set, const uint8_t first[16],
                      const uint8_t last[16], uint32_t rule);

/* Makes |set| ready to be searched, once, behind the last add.

   Returns 0, or
     SHAKO_ERR_NOMEM  it is to be freed and nothing else */
int shako__netset_build(shako__netset *set);

/* Returns the lowest rule of those whose range holds |address|, or
   SHAKO__NO_RULE.  |set| is built. */
uint32_t shako__netset_find(const shako__netset *set,
                            const uint8_t address[16]);

/* Sets the bit of each rule that decides for an address, the lowest in the
   first octet, in |bits|, which has room for all of them.  |set| is built. */
void shako__netset_mark(const shako__netset *set, uint8_t *bits);

void shako__netset_free(shako__netset *set);

#endif /* SHAKO_POLICY_NETSET_H */
