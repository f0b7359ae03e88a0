/* Names of hosts and what stands under them: the first rule wins. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cmocka.h>

#include "policy/nameset.h"

static uint64_t seed;

static uint32_t pick(uint32_t below) {
  seed = seed * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(seed >> 33) % below;
}

static shako_span span(const char *text) {
  return (shako_span){(const uint8_t *)text, strlen(text)};
}

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

#define NONE SHAKO__NO_RULE

static const char *const table[] = {
    "mx.example.com",  ".example.com",    "example.com",    ".COM",
    "a.b.example.com", ".mx.example.com", "mx.example.com", "localhost",
};

static const struct {
  const char *name;
  uint32_t rule;
} questions[] = {
    {"mx.example.com", 0},
    {"MX.Example.Com", 0},
    {"mx.example.com.", 0},
    {"b.example.com", 1},
    {"a.b.example.com", 1},
    {"x.mx.example.com", 1},
    {"example.com", 2},
    {"notexample.com", 3},
    {"com", NONE},
    {"localhost", 7},
    {"x.localhost", NONE},
    {"example.org", NONE},
    {"mx.example.com.net", NONE},
    {"", NONE},
    {".", NONE},
    {"xmx.example.co", NONE},
};

static void a_name_and_what_is_under_it(void **state) {
  memory m = {0};
  const shako_mem mem = {&m, memory_alloc, memory_release};
  shako__nameset set;

  (void)state;
  shako__nameset_init(&set, &mem);
  for (uint32_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
    assert_int_equal(shako__nameset_add(&set, span(table[i]), i), 0);
  }
  assert_int_equal(shako__nameset_build(&set), 0);
  for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++) {
    assert_int_equal(shako__nameset_find(&set, span(questions[i].name)),
                     questions[i].rule);
  }
  shako__nameset_free(&set);
  assert_int_equal(m.held, 0);
}

static void what_is_too_long_is_refused(void **state) {
  char name[SHAKO__NAME_MAX + 2];
  memory m = {0};
  const shako_mem mem = {&m, memory_alloc, memory_release};
  shako__nameset set;

  (void)state;
  memset(name, 'a', sizeof(name) - 1);
  name[sizeof(name) - 1] = '\0';
  shako__nameset_init(&set, &mem);
  assert_int_equal(shako__nameset_add(&set, span(name), 0),
                   SHAKO_ERR_INVALID_ARGUMENT);
  assert_int_equal(shako__nameset_add(&set, span(""), 0),
                   SHAKO_ERR_INVALID_ARGUMENT);
  assert_int_equal(shako__nameset_add(&set, span(name + 1), 0), 0);
  assert_int_equal(shako__nameset_build(&set), 0);
  assert_int_equal(shako__nameset_find(&set, span(name + 1)), 0);
  assert_int_equal(shako__nameset_find(&set, span(name)), NONE);
  shako__nameset_free(&set);
}

/* --- beside a reading from top to bottom ---------------------------------- */

#define RULES_MAX 40u
#define NAME_SIZE 32u

/* One to four labels of a few, so that names meet. */
static void pick_name(char *out) {
  static const char *const labels[] = {"a", "b", "A", "mx", "example"};
  uint32_t count = 1 + pick(4);

  *out = '\0';
  for (uint32_t i = 0; i < count; i++) {
    strcat(strcat(out, i > 0 ? "." : ""), labels[pick(5)]);
  }
}

static bool matches(const char *entry, const char *name) {
  size_t e = strlen(entry);
  size_t n = strlen(name);

  if (entry[0] != '.') {
    return strcasecmp(entry, name) == 0;
  }
  return n > e && strcasecmp(name + n - e, entry) == 0;
}

static void any_set_is_as_a_reading_from_the_top(void **state) {
  (void)state;
  seed = 1;
  for (unsigned round = 0; round < 4000; round++) {
    char names[RULES_MAX][NAME_SIZE + 1];
    uint32_t count = pick(RULES_MAX + 1);
    memory m = {0};
    const shako_mem mem = {&m, memory_alloc, memory_release};
    shako__nameset set;

    shako__nameset_init(&set, &mem);
    for (uint32_t i = 0; i < count; i++) {
      bool under = pick(2);

      names[i][0] = '.';
      pick_name(names[i] + under);
      assert_int_equal(shako__nameset_add(&set, span(names[i]), i), 0);
    }
    assert_int_equal(shako__nameset_build(&set), 0);
    for (unsigned k = 0; k < 250; k++) {
      char asked[NAME_SIZE];
      uint32_t i = 0;

      pick_name(asked);
      while (i < count && !matches(names[i], asked)) {
        i++;
      }
      assert_int_equal(shako__nameset_find(&set, span(asked)),
                       i < count ? i : NONE);
    }
    shako__nameset_free(&set);
    assert_int_equal(m.held, 0);
  }
}

static int fill(shako__nameset *set) {
  char name[NAME_SIZE];
  int error = 0;

  for (uint32_t i = 0; i < 3000 && !error; i++) {
    pick_name(name);
    error = shako__nameset_add(set, span(name), i);
  }
  return error ? error : shako__nameset_build(set);
}

static void any_allocation_may_fail(void **state) {
  int error = SHAKO_ERR_NOMEM;
  unsigned n = 0;

  (void)state;
  while (error && n < 1000) {
    memory m = {.fail_at = ++n};
    const shako_mem mem = {&m, memory_alloc, memory_release};
    shako__nameset set;

    seed = 7;
    shako__nameset_init(&set, &mem);
    error = fill(&set);
    assert_true(error == 0 || error == SHAKO_ERR_NOMEM);
    shako__nameset_free(&set);
    assert_int_equal(m.held, 0);
    if (error == 0 && m.calls >= n) {
      error = SHAKO_ERR_NOMEM; /* it did without: go on */
    }
  }
  assert_in_range(n, 4, 999);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_name_and_what_is_under_it),
      cmocka_unit_test(what_is_too_long_is_refused),
      cmocka_unit_test(any_set_is_as_a_reading_from_the_top),
      cmocka_unit_test(any_allocation_may_fail),
  };

  return cmocka_run_group_tests_name("nameset", tests, NULL, NULL);
}
