#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/ascii.h"
#include "failing_memory.h"
#include "policy/netset.h"

#define COUNT(ARRAY) (sizeof(ARRAY) / sizeof((ARRAY)[0]))

static void *test_alloc(size_t size, void *user_data) {
  void *ptr = failing_now() ? NULL : malloc(size);

  (void)user_data;
  failing.live += ptr != NULL;
  return ptr == NULL ? NULL : memset(ptr, 0xa5, size);
}

static void test_release(void *ptr, size_t size, void *user_data) {
  (void)user_data;
  failing.live--;
  memset(ptr, 0x5a, size);
  free(ptr);
}

static const shako_mem mem = {NULL, test_alloc, test_release};

/* A range as text, and its rule. */
typedef struct entry {
  const char *first;
  const char *last;
  uint32_t rule;
} entry;

#define NONE SHAKO__NO_RULE

static void read_address(const char *text, uint8_t *bytes) {
  shako_address address;

  if (shako_address_parse(&address, shako__span(text)) != 0) {
    fail_msg("%s", text);
  }
  memcpy(bytes, address.bytes, 16);
}

static int add(shako__netset *set, const entry *e) {
  uint8_t first[16];
  uint8_t last[16];

  read_address(e->first, first);
  read_address(e->last, last);
  return shako__netset_add(set, first, last, e->rule);
}

static void make(shako__netset *set, const entry *entries, size_t count) {
  size_t i;

  shako__netset_init(set, &mem);
  for (i = 0; i < count; i++) {
    assert_int_equal(add(set, &entries[i]), 0);
  }
  assert_int_equal(shako__netset_build(set), 0);
}

static void expect(const shako__netset *set, const char *text, uint32_t want) {
  uint8_t address[16];
  uint32_t rule;

  read_address(text, address);
  rule = shako__netset_find(set, address);
  if (rule != want) {
    fail_msg("%s: rule %u, not %u", text, (unsigned)rule, (unsigned)want);
  }
}

static void nothing_is_in_an_empty_set(void **state) {
  shako__netset set;

  (void)state;

  make(&set, NULL, 0);
  expect(&set, "0.0.0.0", NONE);
  expect(&set, "255.255.255.255", NONE);
  expect(&set, "::", NONE);
  expect(&set, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NONE);
  shako__netset_free(&set);
  assert_int_equal(failing.live, 0);
}

/* One table with every edge; the ends of each range and their neighbours. */
static void the_first_rule_decides_up_to_the_edges(void **state) {
  static const entry entries[] = {
      {"10.0.0.5", "10.0.0.9", 3},
      {"10.0.0.0", "10.255.255.255", 9},
      {"10.0.0.7", "10.0.0.7", 1},
      {"10.0.0.10", "10.0.0.12", 3},
      {"10.0.0.8", "10.0.0.8", 20}, /* hidden by the second */
      {"0.0.0.0", "0.0.0.0", 4},
      {"255.255.255.255", "255.255.255.255", 5},
      {"192.0.2.0", "192.0.2.255", 8},
      {"192.0.2.0", "192.0.2.255", 7}, /* the same, of a lower rule */
      {"192.0.2.128", "192.0.3.127", 6},
      {"::", "::", 0},
      {"::fffe:ffff:ffff", "::fffe:ffff:ffff", 10},
      {"::1:0:0:0", "::1:0:0:0", 11},
      {"2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", 13},
      {"2001:db8::1", "2001:db8::1", 12},
      {"2001:db8::ffff:ffff:ffff:ffff", "2001:db8:0:1::", 2},
      {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
       "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 14},
  };
  static const struct row {
    const char *address;
    uint32_t rule;
  } rows[] = {
      {"10.0.0.4", 9},
      {"10.0.0.5", 3},
      {"10.0.0.6", 3},
      {"10.0.0.7", 1},
      {"10.0.0.8", 3},
      {"10.0.0.12", 3},
      {"10.0.0.13", 9},
      {"10.255.255.255", 9},
      {"9.255.255.255", NONE},
      {"11.0.0.0", NONE},
      {"0.0.0.0", 4},
      {"0.0.0.1", NONE},
      {"255.255.255.254", NONE},
      {"255.255.255.255", 5},
      {"192.0.1.255", NONE},
      {"192.0.2.0", 7},
      {"192.0.2.127", 7},
      {"192.0.2.128", 6},
      {"192.0.3.127", 6},
      {"192.0.3.128", NONE},
      {"::", 0},
      {"::1", NONE},
      {"::fffe:ffff:fffe", NONE},
      {"::fffe:ffff:ffff", 10},
      {"::ffff:0:0", 4},
      {"::ffff:a00:7", 1},
      {"::ffff:ffff:ffff", 5},
      {"::1:0:0:0", 11},
      {"::1:0:0:1", NONE},
      {"::10.0.0.7", NONE},
      {"2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", NONE},
      {"2001:db8::", 13},
      {"2001:db8::1", 12},
      {"2001:db8::2", 13},
      {"2001:db8::ffff:ffff:ffff:fffe", 13},
      {"2001:db8::ffff:ffff:ffff:ffff", 2},
      {"2001:db8:0:1::", 2},
      {"2001:db8:0:1::1", 13},
      {"2001:db9::", NONE},
      {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe", NONE},
      {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 14},
  };
  shako__netset set;
  size_t i;

  (void)state;

  make(&set, entries, COUNT(entries));
  for (i = 0; i < COUNT(rows); i++) {
    expect(&set, rows[i].address, rows[i].rule);
  }
  shako__netset_free(&set);
  assert_int_equal(failing.live, 0);
}

static void the_range_of_all_octets_holds_ipv4_too(void **state) {
  static const entry entries[] = {
      {"::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 2},
      {"0.0.0.0", "255.255.255.255", 3},
      {"10.0.0.0", "10.0.0.255", 1},
  };
  shako__netset set;

  (void)state;

  make(&set, entries, COUNT(entries));
  expect(&set, "0.0.0.0", 2);
  expect(&set, "10.0.0.0", 1);
  expect(&set, "10.0.1.0", 2);
  expect(&set, "255.255.255.255", 2);
  expect(&set, "::", 2);
  expect(&set, "::1:0:0:0", 2);
  expect(&set, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 2);
  shako__netset_free(&set);

  make(&set, entries + 1, 1);
  expect(&set, "0.0.0.0", 3);
  expect(&set, "255.255.255.255", 3);
  expect(&set, "::fffe:ffff:ffff", NONE);
  expect(&set, "::1:0:0:0", NONE);
  shako__netset_free(&set);
  assert_int_equal(failing.live, 0);
}

static void neighbours_of_one_rule_are_one_stretch(void **state) {
  static const entry entries[] = {
      {"10.0.0.0", "10.0.0.9", 1},
      {"10.0.0.10", "10.0.0.19", 1},
      {"10.0.0.15", "10.0.0.29", 1},
      {"10.0.0.20", "10.0.0.20", 2},
  };
  shako__netset set;

  (void)state;

  make(&set, entries, COUNT(entries));
  expect(&set, "10.0.0.29", 1);
  assert_int_equal(set.ipv4.count, 3);
  assert_int_equal(set.ipv6.count, 1);
  shako__netset_free(&set);
}

static void a_range_that_ends_before_it_begins_is_refused(void **state) {
  static const entry rows[] = {
      {"10.0.0.2", "10.0.0.1", 1},
      {"2001:db8:0:1::", "2001:db8::ffff", 1},
      {"2001:db8::", "10.0.0.1", 1},
  };
  shako__netset set;
  size_t i;

  (void)state;

  shako__netset_init(&set, &mem);
  for (i = 0; i < COUNT(rows); i++) {
    assert_int_equal(add(&set, &rows[i]), SHAKO_ERR_INVALID_ARGUMENT);
  }
  assert_int_equal(shako__netset_build(&set), 0);
  expect(&set, "10.0.0.1", NONE);
  shako__netset_free(&set);
  assert_int_equal(failing.live, 0);
}

static uint32_t next_random(uint32_t *seed) {
  *seed ^= *seed << 13;
  *seed ^= *seed >> 17;
  *seed ^= *seed << 5;

  return *seed;
}

/* Few addresses, so that ranges overlap, nest and meet: |base| with a number
   of |bits| bits that ends at bit |at|, counted from the end of the address. */
typedef struct universe {
  const char *base;
  unsigned bits;
  unsigned at;
} universe;

static const universe universes[] = {
    {"0.0.0.0", 5, 0},
    {"255.255.255.224", 5, 0},
    {"10.0.0.0", 8, 12},
    {"0.0.0.0", 8, 24},
    {"::fffe:ffff:fff0", 5, 0},
    {"::fffe:ffff:fff0", 5, 28},
    {"::", 8, 40},
    {"::", 7, 121},
    {"2001:db8::", 8, 60},
    {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ff00", 8, 0},
};

/* Adds |number| * 2^|at| to |base|, round the end. */
static void write_address(const uint8_t *base, uint32_t number, unsigned at,
                          uint8_t *address) {
  uint64_t rest = (uint64_t)number << at % 8;
  size_t i = 16 - at / 8;

  memcpy(address, base, 16);
  while (i-- > 0) {
    rest += address[i];
    address[i] = (uint8_t)rest;
    rest >>= 8;
  }
}

typedef struct reference {
  uint8_t first[64][16];
  uint8_t last[64][16];
  uint32_t rules[64];
  size_t count;
} reference;

static uint32_t look_through(const reference *all, const uint8_t *address) {
  uint32_t lowest = NONE;
  size_t i;

  for (i = 0; i < all->count; i++) {
    if (memcmp(all->first[i], address, 16) <= 0 &&
        memcmp(address, all->last[i], 16) <= 0 && all->rules[i] < lowest) {
      lowest = all->rules[i];
    }
  }
  return lowest;
}

/* An address of |u|, at times one before or behind it. */
static void pick(const universe *u, uint32_t *seed, uint8_t *address) {
  uint8_t base[16];
  uint32_t random = next_random(seed);

  read_address(u->base, base);
  write_address(base, (random >> 8) % (1u << u->bits), u->at, address);
  if (random % 4 == 0) {
    memcpy(base, address, 16);
    write_address(base, random % 8 == 0 ? 1 : UINT32_MAX, 0, address);
  }
}

static void add_random(shako__netset *set, reference *all, const universe *u,
                       uint32_t *seed) {
  uint8_t a[16];
  uint8_t b[16];
  size_t i = all->count;

  pick(u, seed, a);
  pick(u, seed, b);
  if (next_random(seed) % 4 == 0) {
    memcpy(b, a, 16);
  }
  memcpy(all->first[i], memcmp(a, b, 16) < 0 ? a : b, 16);
  memcpy(all->last[i], memcmp(a, b, 16) < 0 ? b : a, 16);
  all->rules[i] = next_random(seed) % 40;
  all->count++;
  assert_int_equal(
      shako__netset_add(set, all->first[i], all->last[i], all->rules[i]), 0);
}

static unsigned compare(const shako__netset *set, const reference *all,
                        const universe *u, uint32_t *seed) {
  unsigned found = 0;
  unsigned i;

  for (i = 0; i < 250; i++) {
    uint8_t address[16];
    uint32_t want;

    pick(u, seed, address);
    want = look_through(all, address);
    if (shako__netset_find(set, address) != want) {
      fail_msg("universe %s, %zu ranges: rule %u, not %u", u->base, all->count,
               (unsigned)shako__netset_find(set, address), (unsigned)want);
    }
    found += want != NONE;
  }
  return found;
}

/* 1,250,000 pairs of a set and an address. */
static void random_sets_agree_with_a_walk_through_the_table(void **state) {
  uint32_t seed = 3207;
  unsigned found = 0;
  unsigned i;

  (void)state;

  for (i = 0; i < 5000; i++) {
    const universe *u = &universes[i % COUNT(universes)];
    static reference all;
    shako__netset set;
    size_t count = next_random(&seed) % COUNT(all.rules);

    /* At times few, at times of two universes. */
    count = next_random(&seed) % 2 == 0 ? count % 6 : count;
    all.count = 0;
    shako__netset_init(&set, &mem);
    while (all.count < count) {
      add_random(&set, &all,
                 next_random(&seed) % 8 == 0
                     ? &universes[next_random(&seed) % COUNT(universes)]
                     : u,
                 &seed);
    }
    assert_int_equal(shako__netset_build(&set), 0);
    found += compare(&set, &all, u, &seed);
    shako__netset_free(&set);
  }
  assert_true(found > 250000 && found < 1000000);
  assert_int_equal(failing.live, 0);
}

/* Hosts in heaps, and in each heap heaps: the index is many nodes deep. */
static void heaps_in_heaps_are_found(void **state) {
  static const uint8_t base[16] = {0x20, 0x01, 0x0d, 0xb8};
  uint8_t address[16];
  shako__netset set;
  unsigned i;
  unsigned j;

  (void)state;

  shako__netset_init(&set, &mem);
  for (i = 0; i < 96; i++) {
    for (j = 0; j < 20; j++) {
      write_address(base, 1 + 2 * j, 95 - i, address);
      assert_int_equal(shako__netset_add(&set, address, address, 100 * i + j),
                       0);
    }
  }
  assert_int_equal(shako__netset_build(&set), 0);
  for (i = 0; i < 96; i++) {
    for (j = 0; j < 20; j++) {
      write_address(base, 1 + 2 * j, 95 - i, address);
      assert_int_equal(shako__netset_find(&set, address), 100 * i + j);
    }
  }
  shako__netset_free(&set);
  assert_int_equal(failing.live, 0);
}

/* Fills a set and asks it, or is refused memory on the way. */
static void fill_and_ask(bool refused) {
  static const entry asked = {"10.0.0.1", "10.0.0.1", 0};
  shako__netset set;
  uint8_t base[16] = {[10] = 0xff, [11] = 0xff, [12] = 172};
  int error = 0;
  uint32_t i;

  failing.armed = true;
  shako__netset_init(&set, &mem);
  for (i = 0; i < 200 && error == 0; i++) {
    base[15] = (uint8_t)i;
    base[0] = i % 2 == 0 ? 0 : 0x20;
    error = i == 0 ? add(&set, &asked) : shako__netset_add(&set, base, base, i);
  }
  if (error == 0) {
    error = shako__netset_build(&set);
  }
  failing.armed = false;
  if (error == 0) {
    expect(&set, "10.0.0.1", 0);
    assert_int_equal(shako__netset_find(&set, base), 199);
  } else {
    assert_true(refused);
    assert_int_equal(error, SHAKO_ERR_NOMEM);
  }
  shako__netset_free(&set);
  assert_int_equal(failing.live, 0);
}

static void memory_that_runs_out_leaves_nothing(void **state) {
  (void)state;

  failing.onwards = false;
  assert_true(failing_for_each(fill_and_ask, 1) > 15);
  failing.onwards = true;
  assert_true(failing_for_each(fill_and_ask, 1) > 15);
  failing.onwards = false;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(nothing_is_in_an_empty_set),
      cmocka_unit_test(the_first_rule_decides_up_to_the_edges),
      cmocka_unit_test(the_range_of_all_octets_holds_ipv4_too),
      cmocka_unit_test(neighbours_of_one_rule_are_one_stretch),
      cmocka_unit_test(a_range_that_ends_before_it_begins_is_refused),
      cmocka_unit_test(random_sets_agree_with_a_walk_through_the_table),
      cmocka_unit_test(heaps_in_heaps_are_found),
      cmocka_unit_test(memory_that_runs_out_leaves_nothing),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
