#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/ascii.h"
#include "failing_memory.h"
#include "policy/nameset.h"

#define COUNT(ARRAY) (sizeof(ARRAY) / sizeof((ARRAY)[0]))
#define NONE         SHAKO__NO_RULE

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

static uint32_t find(const shako__nameset *set, const char *name) {
  return shako__nameset_find(set, shako__span(name));
}

static void nothing_is_in_an_empty_set(void **state) {
  shako__nameset set;

  (void)state;

  shako__nameset_init(&set, &mem);
  assert_int_equal(shako__nameset_build(&set), 0);
  assert_int_equal(find(&set, ""), NONE);
  assert_int_equal(find(&set, "."), NONE);
  assert_int_equal(find(&set, "host.example.com"), NONE);
  shako__nameset_free(&set);
  assert_int_equal(failing.live, 0);
}

static void names_and_what_is_under_them_are_found(void **state) {
  static const struct entry {
    const char *name;
    uint32_t rule;
  } entries[] = {
      {"host.example.com", 7},
      {".example.com", 9},
      {".deep.example.com", 3},
      {"a.deep.example.com", 5},
      {"Example.ORG.", 1},
      {".Example.ORG", 2},
      {"twice.example", 12},
      {"twice.example", 10},
      {"TWICE.example.", 11},
      {"localhost", 4},
      {".test", 0},
      {"1_2.x-y.example", 6},
      {"caf\xc3\xa9.example", 8},
  };
  static const struct row {
    const char *name;
    uint32_t rule;
    const char *why;
  } rows[] = {
      {"host.example.com", 7, "the name, and under another: the lower"},
      {"HOST.Example.Com", 7, "in any case"},
      {"host.example.com.", 7, "a dot at the end"},
      {"host.example.com..", NONE, "two are no name's end"},
      {"other.example.com", 9, "under it"},
      {"x.host.example.com", 9, "a name alone has nothing under it"},
      {"example.com", NONE, "not under itself"},
      {".example.com", NONE, "no name"},
      {"x..example.com", 9, "an empty label is under it too"},
      {"notexample.com", NONE, "ends alike, without the dot"},
      {"example.com.evil.example", NONE, "begins alike"},
      {"a.deep.example.com", 3, "what stands over it is lower"},
      {"b.c.deep.example.com", 3, "labels further down"},
      {"deep.example.com", 9, "under the shorter one alone"},
      {"example.org", 1, "folded in the table"},
      {"www.example.org", 2, "folded in the table, under"},
      {"twice.example", 10, "the lowest of three"},
      {"localhost", 4, "one label"},
      {"x.localhost", NONE, "under one label"},
      {"x.test", 0, "under a label, rule 0"},
      {"test", NONE, "the label itself"},
      {"1_2.X-Y.example", 6, "what is no letter stays"},
      {"12.x-y.example", NONE, "... and counts"},
      {"caf\xc3\xa9.example", 8, "high octets"},
      {"caf\xc3\x89.example", NONE, "... have no case"},
      {"host.example.co", NONE, "cut off"},
      {"ost.example.com.", 9, "cut off at the start"},
      {"com", NONE, "a suffix of a name in it"},
      {"", NONE, "nothing"},
      {".", NONE, "the root"},
  };
  shako__nameset set;
  size_t i;

  (void)state;

  shako__nameset_init(&set, &mem);
  for (i = 0; i < COUNT(entries); i++) {
    assert_int_equal(
        shako__nameset_add(&set, shako__span(entries[i].name), entries[i].rule),
        0);
  }
  assert_int_equal(shako__nameset_build(&set), 0);
  for (i = 0; i < COUNT(rows); i++) {
    if (find(&set, rows[i].name) != rows[i].rule) {
      fail_msg("%s: %s", rows[i].name, rows[i].why);
    }
  }
  shako__nameset_free(&set);
  assert_int_equal(failing.live, 0);
}

static void nul_is_an_octet_as_any(void **state) {
  static const uint8_t text[] = "host\0.example.com";
  shako_span name = {text, sizeof(text) - 1};
  shako__nameset set;

  (void)state;

  shako__nameset_init(&set, &mem);
  assert_int_equal(shako__nameset_add(&set, shako__span("host"), 1), 0);
  assert_int_equal(shako__nameset_add(&set, name, 2), 0);
  assert_int_equal(shako__nameset_build(&set), 0);
  assert_int_equal(shako__nameset_find(&set, name), 2);
  assert_int_equal(find(&set, "host"), 1);
  name.len = 5;
  assert_int_equal(shako__nameset_find(&set, name), NONE);
  shako__nameset_free(&set);
}

static void names_have_255_octets_at_the_most(void **state) {
  uint8_t text[257];
  shako_span name = {text, 255};
  shako__nameset set;
  size_t i;

  (void)state;

  for (i = 0; i < sizeof(text); i++) {
    text[i] = i % 2 == 0 ? 'a' : '.';
  }
  shako__nameset_init(&set, &mem);
  assert_int_equal(shako__nameset_add(&set, name, 5), 0);
  name.len = 257;
  assert_int_equal(shako__nameset_add(&set, name, 5),
                   SHAKO_ERR_INVALID_ARGUMENT);
  assert_int_equal(shako__nameset_add(&set, shako__span(""), 5),
                   SHAKO_ERR_INVALID_ARGUMENT);
  assert_int_equal(shako__nameset_add(&set, shako__span("."), 5),
                   SHAKO_ERR_INVALID_ARGUMENT);
  assert_int_equal(shako__nameset_add(&set, shako__span(".a.a"), 6), 0);
  assert_int_equal(shako__nameset_build(&set), 0);
  name.len = 255;
  assert_int_equal(shako__nameset_find(&set, name), 5);
  name.len = 256;
  assert_int_equal(shako__nameset_find(&set, name), 5);
  name.len = 257;
  assert_int_equal(shako__nameset_find(&set, name), NONE);
  name.len = 253;
  assert_int_equal(shako__nameset_find(&set, name), 6);
  shako__nameset_free(&set);
  assert_int_equal(failing.live, 0);
}

static uint32_t next_random(uint32_t *seed) {
  *seed ^= *seed << 13;
  *seed ^= *seed >> 17;
  *seed ^= *seed << 5;

  return *seed;
}

#define NAMES 40

/* The plain way: every entry is compared. */
typedef struct reference {
  char names[NAMES][20];
  uint32_t rules[NAMES];
  size_t count;
} reference;

/* Writes a name of 1 to |labels| labels, of few there are. */
static void write_name(char *text, unsigned labels, uint32_t *seed) {
  static const char *const some[] = {"a", "b", "A", "ab", "bb"};
  unsigned i;

  *text = '\0';
  labels = 1 + next_random(seed) % labels;
  for (i = 0; i < labels; i++) {
    strcat(text, i == 0 ? "" : ".");
    strcat(text, some[next_random(seed) % COUNT(some)]);
  }
}

static bool is_matched(const char *entry, const char *name) {
  size_t len = strlen(name);
  size_t n = strlen(entry);

  return (entry[0] == '.' ? len > n : len == n) &&
         shako__equals(shako__span(name + len - n), entry);
}

static uint32_t look_through(const reference *all, const char *name) {
  uint32_t lowest = NONE;
  size_t i;

  for (i = 0; i < all->count; i++) {
    if (is_matched(all->names[i], name) && all->rules[i] < lowest) {
      lowest = all->rules[i];
    }
  }
  return lowest;
}

static void add_random(shako__nameset *set, reference *all, uint32_t *seed) {
  char *name = all->names[all->count];
  uint32_t rule = next_random(seed) % 50;

  name[0] = '.';
  write_name(name + 1, 4, seed);
  if (next_random(seed) % 2 == 0) {
    memmove(name, name + 1, strlen(name));
  }
  all->rules[all->count++] = rule;
  assert_int_equal(shako__nameset_add(set, shako__span(name), rule), 0);
}

static unsigned compare(const shako__nameset *set, const reference *all,
                        uint32_t *seed) {
  unsigned found = 0;
  unsigned i;

  for (i = 0; i < 250; i++) {
    char name[32];
    uint32_t want;

    write_name(name, 6, seed);
    want = look_through(all, name);
    if (find(set, name) != want) {
      fail_msg("%s: rule %u, not %u", name, (unsigned)find(set, name),
               (unsigned)want);
    }
    found += want != NONE;
  }
  return found;
}

/* 1,000,000 pairs of a set and a name. */
static void random_sets_agree_with_a_walk_through_the_table(void **state) {
  static reference all;
  uint32_t seed = 1035;
  unsigned found = 0;
  unsigned i;

  (void)state;

  for (i = 0; i < 4000; i++) {
    size_t count = next_random(&seed) % (NAMES + 1);
    shako__nameset set;

    all.count = 0;
    shako__nameset_init(&set, &mem);
    while (all.count < count) {
      add_random(&set, &all, &seed);
    }
    assert_int_equal(shako__nameset_build(&set), 0);
    found += compare(&set, &all, &seed);
    shako__nameset_free(&set);
  }
  assert_true(found > 200000 && found < 800000);
  assert_int_equal(failing.live, 0);
}

static void every_name_of_many_is_found(void **state) {
  shako__nameset set;
  char name[32];
  uint32_t i;

  (void)state;

  shako__nameset_init(&set, &mem);
  for (i = 0; i < 100000; i++) {
    snprintf(name, sizeof(name), "h%u.example", (unsigned)i);
    assert_int_equal(shako__nameset_add(&set, shako__span(name), i), 0);
  }
  assert_int_equal(shako__nameset_build(&set), 0);
  for (i = 0; i < 100000; i++) {
    snprintf(name, sizeof(name), "h%u.example", (unsigned)i);
    assert_int_equal(find(&set, name), i);
  }
  assert_int_equal(find(&set, "h100000.example"), NONE);
  shako__nameset_free(&set);
  assert_int_equal(failing.live, 0);
}

/* Fills a set and asks it, or is refused memory on the way. */
static void fill_and_ask(bool refused) {
  shako__nameset set;
  char name[32];
  int error = 0;
  uint32_t i;

  failing.armed = true;
  shako__nameset_init(&set, &mem);
  for (i = 0; i < 200 && error == 0; i++) {
    snprintf(name, sizeof(name), "h%u.example", (unsigned)i);
    error = shako__nameset_add(&set, shako__span(name), i);
  }
  if (error == 0) {
    error = shako__nameset_build(&set);
  }
  failing.armed = false;
  if (error == 0) {
    assert_int_equal(find(&set, "h0.example"), 0);
    assert_int_equal(find(&set, "h199.example"), 199);
  } else {
    assert_true(refused);
    assert_int_equal(error, SHAKO_ERR_NOMEM);
  }
  shako__nameset_free(&set);
  assert_int_equal(failing.live, 0);
}

static void memory_that_runs_out_leaves_nothing(void **state) {
  (void)state;

  failing.onwards = false;
  assert_true(failing_for_each(fill_and_ask, 1) > 10);
  failing.onwards = true;
  assert_true(failing_for_each(fill_and_ask, 1) > 10);
  failing.onwards = false;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(nothing_is_in_an_empty_set),
      cmocka_unit_test(names_and_what_is_under_them_are_found),
      cmocka_unit_test(nul_is_an_octet_as_any),
      cmocka_unit_test(names_have_255_octets_at_the_most),
      cmocka_unit_test(random_sets_agree_with_a_walk_through_the_table),
      cmocka_unit_test(every_name_of_many_is_found),
      cmocka_unit_test(memory_that_runs_out_leaves_nothing),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
