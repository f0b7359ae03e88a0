/* Ranges of addresses: the first rule wins, not the longest prefix. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "policy/netset.h"

static uint64_t seed;

static uint32_t pick(uint32_t below) {
  seed = seed * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(seed >> 33) % below;
}

static shako_address address(const char *text) {
  const shako_span span = {(const uint8_t *)text, strlen(text)};
  shako_address read = {0};

  assert_int_equal(shako_address_parse(&read, span), 0);
  return read;
}

/* --- memory that can fail ------------------------------------------------- */

typedef struct memory {
  size_t held;
  unsigned calls;
  unsigned fail_at; /* 0: never */
} memory;

static void *memory_alloc(size_t size, void *user_data) {
  memory *m = user_data;

  if (++m->calls == m->fail_at) {
    return NULL;
  }
  m->held += size;
  return malloc(size);
}

static void memory_release(void *ptr, size_t size, void *user_data) {
  memory *m = user_data;

  m->held -= size;
  free(ptr);
}

/* --- tables ----------------------------------------------------------------
 */

typedef struct range {
  const char *first, *last;
} range;

typedef struct question {
  const char *address;
  uint32_t rule;
} question;

#define NONE SHAKO__NO_RULE
#define MAX  16

static void check(const range *ranges, const question *questions) {
  memory m = {0};
  const shako_mem mem = {&m, memory_alloc, memory_release};
  shako__netset set;

  shako__netset_init(&set, &mem);
  for (uint32_t i = 0; i < MAX && ranges[i].first; i++) {
    const shako_address first = address(ranges[i].first);
    const shako_address last = address(ranges[i].last);

    assert_int_equal(shako__netset_add(&set, first.bytes, last.bytes, i), 0);
  }
  assert_int_equal(shako__netset_build(&set), 0);
  for (size_t i = 0; i < MAX && questions[i].address; i++) {
    const shako_address asked = address(questions[i].address);

    assert_int_equal(shako__netset_find(&set, asked.bytes), questions[i].rule);
  }
  shako__netset_free(&set);
  assert_int_equal(m.held, 0);
}

static void an_empty_set_holds_nothing(void **state) {
  (void)state;
  check((const range[MAX]){{NULL, NULL}},
        (const question[MAX]){{"0.0.0.0", NONE},
                              {"255.255.255.255", NONE},
                              {"::", NONE},
                              {"2001:db8::1", NONE}});
}

static void the_first_rule_wins(void **state) {
  (void)state;
  check((const range[MAX]){{"10.0.0.0", "10.255.255.255"},
                           {"10.1.0.0", "10.1.255.255"},
                           {"10.255.255.255", "11.0.0.0"},
                           {"0.0.0.0", "255.255.255.255"},
                           {"10.1.0.0", "10.1.255.255"}},
        (const question[MAX]){{"10.1.2.3", 0},
                              {"10.255.255.255", 0},
                              {"11.0.0.0", 2},
                              {"11.0.0.1", 3},
                              {"9.255.255.255", 3},
                              {"::1", NONE}});
}

static void a_hole_is_filled_by_the_rule_behind(void **state) {
  (void)state;
  check((const range[MAX]){{"192.0.2.7", "192.0.2.7"},
                           {"192.0.2.0", "192.0.2.255"}},
        (const question[MAX]){{"192.0.2.6", 1},
                              {"192.0.2.7", 0},
                              {"192.0.2.8", 1},
                              {"192.0.1.255", NONE},
                              {"192.0.3.0", NONE}});
}

static void the_ends_of_all_addresses_count(void **state) {
  (void)state;
  check((const range[MAX]){{"255.255.255.255", "255.255.255.255"},
                           {"0.0.0.0", "0.0.0.0"},
                           {"::", "::"},
                           {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
                            "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
                           {"::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"}},
        (const question[MAX]){{"255.255.255.255", 0},
                              {"0.0.0.0", 1},
                              {"::", 2},
                              {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 3},
                              {"::1", 4},
                              {"1.2.3.4", 4}});
}

static void ipv4_is_what_is_mapped(void **state) {
  (void)state;
  check((const range[MAX]){{"::ffff:192.0.2.0", "::ffff:192.0.2.255"},
                           {"2001:db8::", "2001:db8::ffff"}},
        (const question[MAX]){{"192.0.2.1", 0},
                              {"::192.0.2.1", NONE},
                              {"2001:db8::1", 1},
                              {"2001:db8::1:0", NONE}});
}

static void a_range_that_ends_before_it_begins_is_refused(void **state) {
  const shako_address low = address("10.0.0.1");
  const shako_address high = address("10.0.0.2");
  shako__netset set;
  memory m = {0};
  const shako_mem mem = {&m, memory_alloc, memory_release};

  (void)state;
  shako__netset_init(&set, &mem);
  assert_int_equal(shako__netset_add(&set, high.bytes, low.bytes, 0),
                   SHAKO_ERR_INVALID_ARGUMENT);
  shako__netset_free(&set);
}

/* --- beside a reading from top to bottom ---------------------------------- */

#define RULES_MAX 40u

/* A few addresses that are near each other, in one of four places. */
static void pick_address(uint8_t out[16]) {
  static const char *const places[] = {"10.0.0.0", "255.255.255.0",
                                       "2001:db8::", "::fffe:ffff:ff00"};
  const shako_address place = address(places[pick(4)]);

  memcpy(out, place.bytes, 16);
  out[15] = (uint8_t)pick(pick(2) ? 256 : 8);
  if (pick(4) == 0) {
    out[14] = (uint8_t)pick(256);
  }
}

static void any_set_is_as_a_reading_from_the_top(void **state) {
  (void)state;
  seed = 1;
  for (unsigned round = 0; round < 4000; round++) {
    uint8_t first[RULES_MAX][16], last[RULES_MAX][16];
    uint32_t count = pick(RULES_MAX + 1);
    shako__netset set;
    memory m = {0};
    const shako_mem mem = {&m, memory_alloc, memory_release};

    shako__netset_init(&set, &mem);
    for (uint32_t i = 0; i < count; i++) {
      pick_address(first[i]);
      pick_address(last[i]);
      if (memcmp(first[i], last[i], 16) > 0) {
        memcpy(last[i], first[i], 16);
      }
      assert_int_equal(shako__netset_add(&set, first[i], last[i], i), 0);
    }
    assert_int_equal(shako__netset_build(&set), 0);
    for (unsigned k = 0; k < 250; k++) {
      uint8_t asked[16];
      uint32_t i = 0;

      pick_address(asked);
      while (i < count && (memcmp(asked, first[i], 16) < 0 ||
                           memcmp(asked, last[i], 16) > 0)) {
        i++;
      }
      assert_int_equal(shako__netset_find(&set, asked),
                       i < count ? i : SHAKO__NO_RULE);
    }
    shako__netset_free(&set);
    assert_int_equal(m.held, 0);
  }
}

/* Adds and builds; the first failure ends it. */
static int fill(shako__netset *set, uint32_t count) {
  uint8_t first[16], last[16];
  int error = 0;

  for (uint32_t i = 0; i < count && !error; i++) {
    pick_address(first);
    memcpy(last, first, 16);
    error = shako__netset_add(set, first, last, i);
  }
  return error ? error : shako__netset_build(set);
}

static void any_allocation_may_fail(void **state) {
  int error = SHAKO_ERR_NOMEM;
  unsigned n = 0;

  (void)state;
  while (error && n < 1000) {
    memory m = {.fail_at = ++n};
    const shako_mem mem = {&m, memory_alloc, memory_release};
    shako__netset set;

    seed = 7;
    shako__netset_init(&set, &mem);
    error = fill(&set, 3000);
    assert_true(error == 0 || error == SHAKO_ERR_NOMEM);
    shako__netset_free(&set);
    assert_int_equal(m.held, 0);
    if (error == 0 && m.calls >= n) {
      error = SHAKO_ERR_NOMEM; /* it did without: go on */
    }
  }
  assert_in_range(n, 4, 999);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_empty_set_holds_nothing),
      cmocka_unit_test(the_first_rule_wins),
      cmocka_unit_test(a_hole_is_filled_by_the_rule_behind),
      cmocka_unit_test(the_ends_of_all_addresses_count),
      cmocka_unit_test(ipv4_is_what_is_mapped),
      cmocka_unit_test(a_range_that_ends_before_it_begins_is_refused),
      cmocka_unit_test(any_set_is_as_a_reading_from_the_top),
      cmocka_unit_test(any_allocation_may_fail),
  };

  return cmocka_run_group_tests_name("netset", tests, NULL, NULL);
}
