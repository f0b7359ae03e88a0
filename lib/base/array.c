#include "base/array.h"

#include <string.h>

#include "base/mem.h"

void shako__array_init(shako__array *array, const shako_mem *mem, size_t size) {
  *array = (shako__array){.mem = mem, .size = size};
}

static uint8_t *item_at(const shako__array *array, size_t i) {
  return (uint8_t *)array->items + i * array->size;
}

/* Returns room for |n| items (never 0) that hold nothing yet, or NULL. */
static void *alloc_items(const shako__array *array, size_t n) {
  if (n > SIZE_MAX / 2 / array->size) {
    return NULL;
  }
  return array->mem->alloc(n * array->size, array->mem->user_data);
}

/* Moves into |items|, which has room for |room|. */
static void move_to(shako__array *array, void *items, size_t room) {
  shako__release(array->mem, array->items, array->room * array->size);
  array->items = items;
  array->room = room;
}

/* Copies what there is to a place for |room| items.  Returns false without
   memory. */
static bool set_room(shako__array *array, size_t room) {
  void *items = alloc_items(array, room);

  if (items == NULL) {
    return false;
  }
  if (array->count > 0) {
    memcpy(items, array->items, array->count * array->size);
  }
  move_to(array, items, room);
  return true;
}

void *shako__array_add(shako__array *array, size_t n) {
  if (n > array->room - array->count) {
    size_t need = n > SIZE_MAX - array->count ? SIZE_MAX : array->count + n;
    size_t room = array->room < need / 2 ? need : 2 * array->room + 8;

    if (!set_room(array, room)) {
      return NULL;
    }
  }
  array->count += n;
  return item_at(array, array->count - n);
}

/* Merges the sorted runs [at, middle) and [middle, end) of |array| into the
   same place of |to|. */
static void merge(const shako__array *array, uint8_t *to, size_t at,
                  size_t middle, size_t end, shako__before *before,
                  const void *context) {
  size_t size = array->size;
  const uint8_t *a = item_at(array, at);
  const uint8_t *b = item_at(array, middle);
  const uint8_t *a_end = b;
  const uint8_t *b_end = item_at(array, end);

  to += at * size;
  while (a < a_end && b < b_end) {
    const uint8_t **next = before(b, a, context) ? &b : &a;

    memcpy(to, *next, size);
    *next += size;
    to += size;
  }
  memcpy(to, a, (size_t)(a_end - a));
  memcpy(to + (a_end - a), b, (size_t)(b_end - b));
}

static size_t smaller(size_t a, size_t b) {
  return a < b ? a : b;
}

/* Lets |a| and |b| have each other's items, of which there are as many. */
static void exchange(shako__array *a, shako__array *b) {
  shako__array kept = *a;

  *a = *b;
  *b = kept;
}

/* Makes sorted runs of 2 * |run| items in |to| of runs of |run| items. */
static void merge_runs(const shako__array *array, const shako__array *to,
                       size_t run, shako__before *before, const void *context) {
  size_t count = array->count;
  size_t at;

  for (at = 0; at < count; at += 2 * run) {
    merge(array, to->items, at, smaller(at + run, count),
          smaller(at + 2 * run, count), before, context);
  }
}

int shako__array_sort(shako__array *array, shako__before *before,
                      const void *context) {
  shako__array other;
  size_t run;

  shako__array_init(&other, array->mem, array->size);
  if (array->count > 0 && shako__array_add(&other, array->count) == NULL) {
    return SHAKO_ERR_NOMEM;
  }
  for (run = 1; run < array->count; run *= 2) {
    merge_runs(array, &other, run, before, context);
    exchange(array, &other);
  }
  shako__array_free(&other);
  return 0;
}

void shako__array_trim(shako__array *array) {
  if (array->count == 0) {
    shako__array_free(array);
  } else if (array->count < array->room) {
    set_room(array, array->count);
  }
}

void shako__array_free(shako__array *array) {
  move_to(array, NULL, 0);
  array->count = 0;
}
