#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/array.h"
#include "base/mem.h"

/* An item, and where it was added. */
typedef struct item {
  uint32_t key;
  uint32_t place;
} item;

static bool key_before(const void *a, const void *b, const void *context) {
  assert_string_equal(context, "context");
  return ((const item *)a)->key < ((const item *)b)->key;
}

static uint32_t next_random(uint32_t *seed) {
  *seed ^= *seed << 13;
  *seed ^= *seed >> 17;
  *seed ^= *seed << 5;

  return *seed;
}

/* Adds |count| items with keys under |keys|; returns the sum of the keys. */
static uint64_t fill(shako__array *array, size_t count, uint32_t keys) {
  uint32_t seed = 7;
  uint64_t sum = 0;
  size_t i;

  for (i = 0; i < count; i++) {
    item *added = shako__array_add(array, 1);

    assert_non_null(added);
    *added = (item){next_random(&seed) % keys, (uint32_t)i};
    sum += added->key;
  }
  return sum;
}

static void items_are_sorted_and_equal_ones_keep_their_order(void **state) {
  shako_mem mem = shako__mem_default();
  size_t count;

  (void)state;

  for (count = 0; count < 300; count++) {
    shako__array array;
    const item *items;
    uint64_t sum;
    size_t i;

    shako__array_init(&array, &mem, sizeof(item));
    sum = fill(&array, count, 20);
    assert_int_equal(shako__array_sort(&array, key_before, "context"), 0);
    assert_int_equal(array.count, count);
    items = array.items;
    for (i = 0; i < count; i++) {
      sum -= items[i].key;
      assert_true(i == 0 || items[i - 1].key < items[i].key ||
                  (items[i - 1].key == items[i].key &&
                   items[i - 1].place < items[i].place));
    }
    assert_int_equal(sum, 0);
    shako__array_free(&array);
  }
}

static void trimming_keeps_the_items(void **state) {
  shako_mem mem = shako__mem_default();
  shako__array array;
  size_t i;

  (void)state;

  shako__array_init(&array, &mem, sizeof(item));
  fill(&array, 21, UINT32_MAX);
  assert_true(array.room > 21);
  shako__array_trim(&array);
  assert_int_equal(array.room, 21);
  for (i = 0; i < 21; i++) {
    assert_int_equal(((const item *)array.items)[i].place, i);
  }
  array.count = 0;
  shako__array_trim(&array);
  assert_null(array.items);
  shako__array_free(&array);
}

static void *no_alloc(size_t size, void *user_data) {
  (void)size;
  (*(size_t *)user_data)++;
  return NULL;
}

static void what_no_memory_can_hold_is_not_asked_for(void **state) {
  static const size_t sizes[] = {SIZE_MAX, SIZE_MAX / 2, SIZE_MAX / 8,
                                 SIZE_MAX / sizeof(item) + 1};
  size_t asked = 0;
  shako_mem mem = {&asked, no_alloc, NULL};
  shako__array array;
  size_t i;

  (void)state;

  shako__array_init(&array, &mem, sizeof(item));
  for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
    assert_null(shako__array_add(&array, sizes[i]));
    assert_int_equal(array.count, 0);
  }
  assert_int_equal(asked, 0);
  assert_null(shako__array_add(&array, 1));
  assert_int_equal(asked, 1);
}

static void a_number_over_all_there_are_is_refused(void **state) {
  shako_mem mem = shako__mem_default();
  shako__array array;

  (void)state;

  shako__array_init(&array, &mem, 1);
  assert_non_null(shako__array_add(&array, 3));
  assert_null(shako__array_add(&array, SIZE_MAX));
  assert_null(shako__array_add(&array, SIZE_MAX - 2));
  assert_int_equal(array.count, 3);
  shako__array_free(&array);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(items_are_sorted_and_equal_ones_keep_their_order),
      cmocka_unit_test(trimming_keeps_the_items),
      cmocka_unit_test(what_no_memory_can_hold_is_not_asked_for),
      cmocka_unit_test(a_number_over_all_there_are_is_refused),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
