#include "policy/netsweep.h"

#include "policy/rule.h"

/*
 * The sweep goes over the addresses from the first to the last and stops
 * where a range begins or the range in force ends.  Ranges begun wait in a
 * heap; one that ended meanwhile is thrown out when it comes to the top.
 */

static const shako__range *range_at(const shako__netsweep *sweep, size_t i) {
  return (const shako__range *)sweep->ranges->items + i;
}

/* Whether the range at |i| of the heap goes before that at |j|. */
static bool goes_before(const shako__netsweep *sweep, size_t i, size_t j) {
  const uint32_t *heap = sweep->heap.items;

  return range_at(sweep, heap[i])->rule < range_at(sweep, heap[j])->rule;
}

static void swap(shako__netsweep *sweep, size_t i, size_t j) {
  uint32_t *heap = sweep->heap.items;
  uint32_t kept = heap[i];

  heap[i] = heap[j];
  heap[j] = kept;
}

/* Puts the next range on the heap. */
static bool push(shako__netsweep *sweep) {
  uint32_t *item = shako__array_add(&sweep->heap, 1);
  size_t i = sweep->heap.count - 1;

  if (item == NULL) {
    return false;
  }
  *item = (uint32_t)sweep->next++;
  while (i > 0 && goes_before(sweep, i, (i - 1) / 2)) {
    swap(sweep, i, (i - 1) / 2);
    i = (i - 1) / 2;
  }
  return true;
}

/* Takes the top off the heap. */
static void pop(shako__netsweep *sweep) {
  size_t count = --sweep->heap.count;
  size_t i = 0;
  size_t child;

  swap(sweep, 0, count);
  while ((child = 2 * i + 1) < count) {
    if (child + 1 < count && goes_before(sweep, child + 1, child)) {
      child++;
    }
    if (!goes_before(sweep, child, i)) {
      return;
    }
    swap(sweep, i, child);
    i = child;
  }
}

/* Returns the range in force, or NULL. */
static const shako__range *top(const shako__netsweep *sweep) {
  return sweep->heap.count == 0
             ? NULL
             : range_at(sweep, *(const uint32_t *)sweep->heap.items);
}

/* Takes in what begins here and throws out what ended. */
static bool begin_and_end(shako__netsweep *sweep) {
  while (sweep->next < sweep->ranges->count &&
         !shako__netkey_less(sweep->at, range_at(sweep, sweep->next)->first)) {
    if (!push(sweep)) {
      return false;
    }
  }
  while (top(sweep) != NULL &&
         shako__netkey_less(top(sweep)->last, sweep->at)) {
    pop(sweep);
  }
  return true;
}

static shako__netkey smaller(shako__netkey a, shako__netkey b) {
  return shako__netkey_less(a, b) ? a : b;
}

static shako__netkey before(shako__netkey key) {
  shako__netkey k = {key.high - (key.low == 0), key.low - 1};

  return k;
}

static shako__netkey behind(shako__netkey key) {
  shako__netkey k = {key.high + (key.low == UINT64_MAX), key.low + 1};

  return k;
}

/* Adds the addresses up to |last| to the last stretch, if it is |rule|'s, or
   as a stretch of their own. */
static bool add_stretch(shako__array *stretches, shako__netkey last,
                        uint32_t rule) {
  shako__stretch *stretch = stretches->items;

  if (stretches->count > 0 && stretch[stretches->count - 1].rule == rule) {
    stretch[stretches->count - 1].last = last;
    return true;
  }
  stretch = shako__array_add(stretches, 1);
  if (stretch == NULL) {
    return false;
  }
  *stretch = (shako__stretch){last, rule};
  return true;
}

/* Goes on to the next stop, at |end| at the latest, and returns the last
   address before it. */
static shako__netkey stop(const shako__netsweep *sweep, shako__netkey end) {
  if (top(sweep) != NULL) {
    end = smaller(end, top(sweep)->last);
  }
  if (sweep->next < sweep->ranges->count) {
    end = smaller(end, before(range_at(sweep, sweep->next)->first));
  }
  return end;
}

int shako__netsweep_to(shako__netsweep *sweep, shako__netkey end,
                       shako__array *stretches) {
  shako__netkey last;

  do {
    if (!begin_and_end(sweep)) {
      return SHAKO_ERR_NOMEM;
    }
    last = stop(sweep, end);
    if (!add_stretch(stretches, last,
                     top(sweep) ? top(sweep)->rule : SHAKO__NO_RULE)) {
      return SHAKO_ERR_NOMEM;
    }
    sweep->at = behind(last);
  } while (shako__netkey_less(last, end));
  return 0;
}

static bool begins_before(const void *a, const void *b, const void *context) {
  (void)context;
  return shako__netkey_less(((const shako__range *)a)->first,
                            ((const shako__range *)b)->first);
}

int shako__netsweep_begin(shako__netsweep *sweep, shako__array *ranges) {
  *sweep = (shako__netsweep){.ranges = ranges};
  shako__array_init(&sweep->heap, ranges->mem, sizeof(uint32_t));
  if (ranges->count > UINT32_MAX) {
    return SHAKO_ERR_NOMEM;
  }
  return shako__array_sort(ranges, begins_before, NULL);
}

void shako__netsweep_free(shako__netsweep *sweep) {
  shako__array_free(&sweep->heap);
}
