#include "policy/netset.h"

#include "policy/netsweep.h"

/*
 * The first rule that matches decides, and not the longest prefix.  So which
 * rule decides for an address is settled when the set is built: a sweep cuts
 * the addresses into stretches for which one rule decides, at most twice as
 * many and one as there are ranges, and an index finds the stretch.
 */

/* A stretch of IPv4: most tables are long in these, and in no others. */
typedef struct stretch4 {
  uint32_t last;
  uint32_t rule;
} stretch4;

static const shako__netkey before_ipv4 = {0, 0xfffeffffffff};
static const shako__netkey last_ipv4 = {0, 0xffffffffffff};
static const shako__netkey last_of_all = {UINT64_MAX, UINT64_MAX};

static bool is_ipv4(shako__netkey key) {
  return key.high == 0 && key.low >> 32 == 0xffff;
}

/* In one expression, for which compilers know an instruction. */
static uint32_t read_4(const uint8_t *octets) {
  return (uint32_t)octets[0] << 24 | (uint32_t)octets[1] << 16 |
         (uint32_t)octets[2] << 8 | octets[3];
}

static inline uint64_t read_8(const uint8_t *octets) {
  return (uint64_t)read_4(octets) << 32 | read_4(octets + 4);
}

static inline shako__netkey read_key(const uint8_t *address) {
  shako__netkey key = {read_8(address), read_8(address + 8)};

  return key;
}

void shako__netset_init(shako__netset *set, const shako_mem *mem) {
  shako__array_init(&set->ranges, mem, sizeof(shako__range));
  shako__array_init(&set->ipv4, mem, sizeof(stretch4));
  shako__array_init(&set->ipv6, mem, sizeof(shako__stretch));
  shako__netindex_init(&set->ipv4_index, mem);
  shako__netindex_init(&set->ipv6_index, mem);
}

int shako__netset_add(shako__netset *set, const uint8_t first[16],
                      const uint8_t last[16], uint32_t rule) {
  shako__range added = {read_key(first), read_key(last), rule};
  shako__range *range;

  if (shako__netkey_less(added.last, added.first)) {
    return SHAKO_ERR_INVALID_ARGUMENT;
  }
  range = shako__array_add(&set->ranges, 1);
  if (range == NULL) {
    return SHAKO_ERR_NOMEM;
  }
  *range = added;
  return 0;
}

/* Cuts the ranges into stretches of IPv4 and of what is on both sides of it;
   these meet, since nobody looks for IPv4 there. */
static int cut(shako__netset *set, shako__array *ipv4) {
  shako__netsweep sweep;
  int error = shako__netsweep_begin(&sweep, &set->ranges);

  if (error == 0) {
    error = shako__netsweep_to(&sweep, before_ipv4, &set->ipv6);
  }
  if (error == 0) {
    error = shako__netsweep_to(&sweep, last_ipv4, ipv4);
  }
  if (error == 0) {
    error = shako__netsweep_to(&sweep, last_of_all, &set->ipv6);
  }
  shako__netsweep_free(&sweep);
  shako__array_free(&set->ranges);
  return error;
}

static int build_ipv6(shako__netset *set) {
  shako__array_trim(&set->ipv6);
  return shako__netindex_build(&set->ipv6_index, &set->ipv6);
}

static int build_ipv4(shako__netset *set, const shako__array *ipv4) {
  const shako__stretch *from = ipv4->items;
  stretch4 *to = shako__array_add(&set->ipv4, ipv4->count);
  size_t i;

  if (to == NULL) {
    return SHAKO_ERR_NOMEM;
  }
  for (i = 0; i < ipv4->count; i++) {
    to[i] = (stretch4){(uint32_t)from[i].last.low, from[i].rule};
  }
  shako__array_trim(&set->ipv4);
  return shako__netindex_build(&set->ipv4_index, ipv4);
}

int shako__netset_build(shako__netset *set) {
  shako__array ipv4;
  int error;

  shako__array_init(&ipv4, set->ipv6.mem, sizeof(shako__stretch));
  error = cut(set, &ipv4);
  if (error == 0) {
    error = build_ipv6(set);
  }
  if (error == 0) {
    error = build_ipv4(set, &ipv4);
  }
  shako__array_free(&ipv4);
  return error;
}

static uint32_t find_ipv4(const shako__netset *set, shako__netkey key) {
  const stretch4 *stretch = set->ipv4.items;

  stretch += shako__netindex_find(&set->ipv4_index, key);
  while (stretch->last < (uint32_t)key.low) {
    stretch++;
  }
  return stretch->rule;
}

static uint32_t find_ipv6(const shako__netset *set, shako__netkey key) {
  const shako__stretch *stretch = set->ipv6.items;

  stretch += shako__netindex_find(&set->ipv6_index, key);
  while (shako__netkey_less(stretch->last, key)) {
    stretch++;
  }
  return stretch->rule;
}

uint32_t shako__netset_find(const shako__netset *set,
                            const uint8_t address[16]) {
  shako__netkey key = read_key(address);

  return is_ipv4(key) ? find_ipv4(set, key) : find_ipv6(set, key);
}

static void mark(uint8_t *bits, uint32_t rule) {
  if (rule != SHAKO__NO_RULE) {
    bits[rule / 8] |= (uint8_t)(1 << rule % 8);
  }
}

void shako__netset_mark(const shako__netset *set, uint8_t *bits) {
  const stretch4 *ipv4 = set->ipv4.items;
  const shako__stretch *ipv6 = set->ipv6.items;
  size_t i;

  for (i = 0; i < set->ipv4.count; i++) {
    mark(bits, ipv4[i].rule);
  }
  for (i = 0; i < set->ipv6.count; i++) {
    mark(bits, ipv6[i].rule);
  }
}

void shako__netset_free(shako__netset *set) {
  shako__array_free(&set->ranges);
  shako__array_free(&set->ipv4);
  shako__array_free(&set->ipv6);
  shako__netindex_free(&set->ipv4_index);
  shako__netindex_free(&set->ipv6_index);
}
