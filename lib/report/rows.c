#include "report/rows.h"

#include <string.h>

#include "base/ascii.h"
#include "base/mem.h"

uint64_t shako__sum(uint64_t a, uint64_t b) {
  return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static int compare(shako_span a, shako_span b) {
  size_t len = a.len < b.len ? a.len : b.len;
  int order = len > 0 ? memcmp(a.ptr, b.ptr, len) : 0;

  return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

int shako__names_compare(const shako__names *a, const shako__names *b) {
  int order = compare(a->first, b->first);

  return order != 0 ? order : compare(a->second, b->second);
}

static shako__row *row_at(const shako__rows *rows, size_t i) {
  return ((shako__row *const *)rows->rows.items)[i];
}

const shako__row *shako__rows_at(const shako__rows *rows, size_t i) {
  return row_at(rows, i);
}

/* Returns the place of the first row that does not stand before |names|. */
static size_t place_of(const shako__rows *rows, const shako__names *names) {
  size_t low = 0;
  size_t high = rows->rows.count;

  while (low < high) {
    size_t middle = low + (high - low) / 2;

    if (shako__names_compare(&row_at(rows, middle)->names, names) < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

static bool is_at(const shako__rows *rows, size_t at,
                  const shako__names *names) {
  return at < rows->rows.count &&
         shako__names_compare(&row_at(rows, at)->names, names) == 0;
}

static shako_span keep(uint8_t *at, shako_span name) {
  if (name.len > 0) {
    memcpy(at, name.ptr, name.len);
  }
  return (shako_span){at, name.len};
}

/* Returns a row of |names| that is nowhere yet, or NULL without memory. */
static shako__row *make_row(const shako__rows *rows,
                            const shako__names *names) {
  size_t head = sizeof(shako__row) + rows->facts->columns * sizeof(uint64_t);
  size_t size = head + names->first.len + names->second.len;
  shako__row *row = shako__alloc(rows->rows.mem, size);

  if (row) {
    uint8_t *text = (uint8_t *)row + head;

    row->size = size;
    row->names.first = keep(text, names->first);
    row->names.second = keep(text + names->first.len, names->second);
  }
  return row;
}

/* Puts a new row of |names| at the place |at|.  Returns it, or NULL without
   memory. */
static shako__row *insert(shako__rows *rows, size_t at,
                          const shako__names *names) {
  shako__row *row = make_row(rows, names);
  shako__row **items;

  if (row && !shako__array_add(&rows->rows, 1)) {
    shako__release(rows->rows.mem, row, row->size);
    row = NULL;
  }
  if (row) {
    items = rows->rows.items;
    memmove(items + at + 1, items + at,
            (rows->rows.count - 1 - at) * sizeof(shako__row *));
    items[at] = row;
  }
  return row;
}

static void drop(shako__rows *rows, size_t at) {
  shako__row **items = rows->rows.items;

  shako__release(rows->rows.mem, items[at], items[at]->size);
  rows->rows.count--;
  memmove(items + at, items + at + 1,
          (rows->rows.count - at) * sizeof(shako__row *));
}

int shako__rows_init(shako__rows *rows, shako__kind kind, uint32_t max,
                     const shako_mem *mem) {
  const shako__names other = {
      shako__span("other"),
      shako__span(shako__kind_facts_of(kind)->names > 1 ? "other" : "")};

  *rows = (shako__rows){.facts = shako__kind_facts_of(kind), .max = max};
  shako__array_init(&rows->rows, mem, sizeof(shako__row *));
  if (!rows->facts->heaviest) {
    rows->other = insert(rows, 0, &other);
    if (!rows->other) {
      shako__array_free(&rows->rows);
      return SHAKO_ERR_NOMEM;
    }
  }
  return 0;
}

void shako__rows_free(shako__rows *rows) {
  while (rows->rows.count > 0) {
    drop(rows, rows->rows.count - 1);
  }
  shako__array_free(&rows->rows);
}

bool shako__rows_has_room(const shako__rows *rows) {
  return rows->rows.count - (rows->other != NULL) < rows->max;
}

uint64_t shako__row_connections(const shako__row *row) {
  uint64_t sum = 0;
  uint32_t i;

  for (i = 0; i < SHAKO_TLS_OUTCOME_COUNT; i++) {
    sum = shako__sum(sum, row->values[SHAKO__COLUMN_OUTCOMES + i]);
  }
  return sum;
}

static uint64_t weight(const shako__row *row) {
  return shako__sum(shako__row_connections(row), row->error);
}

static uint64_t larger(uint64_t a, uint64_t b) {
  return a > b ? a : b;
}

/* Drops the lightest row. */
static void drop_lightest(shako__rows *rows) {
  uint64_t least = UINT64_MAX;
  size_t lightest = 0;
  size_t i;

  for (i = 0; i < rows->rows.count; i++) {
    uint64_t of_row = weight(row_at(rows, i));

    if (of_row <= least) {
      least = of_row;
      lightest = i;
    }
  }
  rows->floor = larger(rows->floor, least);
  drop(rows, lightest);
}

static shako_span shorten(shako_span name) {
  return (shako_span){name.ptr, name.len < SHAKO__ROW_NAME_MAX
                                    ? name.len
                                    : SHAKO__ROW_NAME_MAX};
}

shako__row *shako__rows_take(shako__rows *rows, const shako__names *given) {
  shako__names names = {shorten(given->first), shorten(given->second)};
  size_t at = place_of(rows, &names);
  shako__row *row = NULL;

  if (is_at(rows, at, &names)) {
    return row_at(rows, at);
  }
  if (rows->facts->heaviest && !shako__rows_has_room(rows)) {
    drop_lightest(rows);
    at = place_of(rows, &names);
  }
  if (shako__rows_has_room(rows)) {
    row = insert(rows, at, &names);
  }
  if (!row && rows->facts->heaviest) {
    rows->floor = shako__sum(rows->floor, 1);
    return NULL;
  }
  if (row) {
    row->error = rows->floor;
  }
  return row ? row : rows->other;
}

shako__row *shako__rows_find(const shako__rows *rows,
                             const shako__names *names) {
  size_t at = place_of(rows, names);

  return is_at(rows, at, names) ? row_at(rows, at) : NULL;
}

bool shako__row_is_empty(const shako__rows *rows, const shako__row *row) {
  uint32_t i;

  for (i = 0; i < rows->facts->columns; i++) {
    if (row->values[i] > 0) {
      return false;
    }
  }
  return true;
}

static void add_values(const shako__rows *rows, shako__row *to,
                       const shako__row *from) {
  uint32_t i;

  for (i = 0; i < rows->facts->columns; i++) {
    to->values[i] = shako__sum(to->values[i], from->values[i]);
  }
}

static void merge_all(shako__rows *into, const shako__rows *from) {
  size_t i;

  for (i = 0; i < from->rows.count; i++) {
    const shako__row *row = row_at(from, i);

    if (!shako__row_is_empty(from, row)) {
      add_values(into, shako__rows_take(into, &row->names), row);
    }
  }
}

/* Adds |row| of |from|, or, without memory, to what |*lost| is: the most that
   a row that is not here can weigh. */
static void merge_row(shako__rows *into, const shako__row *row,
                      uint64_t *lost) {
  size_t at = place_of(into, &row->names);
  bool is_here = is_at(into, at, &row->names);
  shako__row *to = is_here ? row_at(into, at) : insert(into, at, &row->names);

  if (!to) {
    *lost = larger(*lost, shako__sum(into->floor, weight(row)));
    return;
  }
  to->error = shako__sum(is_here ? to->error : into->floor, row->error);
  add_values(into, to, row);
}

/* All that is here and not in |from| may have been dropped there, and the
   other way round. */
static void merge_heaviest(shako__rows *into, const shako__rows *from) {
  uint64_t lost = 0;
  size_t i;

  for (i = 0; i < into->rows.count; i++) {
    shako__row *row = row_at(into, i);

    if (!shako__rows_find(from, &row->names)) {
      row->error = shako__sum(row->error, from->floor);
    }
  }
  for (i = 0; i < from->rows.count; i++) {
    merge_row(into, row_at(from, i), &lost);
  }
  into->floor = larger(shako__sum(into->floor, from->floor), lost);
  while (into->rows.count > into->max) {
    drop_lightest(into);
  }
}

void shako__rows_merge(shako__rows *into, const shako__rows *from) {
  if (into->facts->heaviest) {
    merge_heaviest(into, from);
  } else {
    merge_all(into, from);
  }
}

/* Whether |a| stands before |b| by weight, those of equal weight by name. */
static bool is_before(const shako__row *a, const shako__row *b) {
  uint64_t of_a = weight(a);
  uint64_t of_b = weight(b);

  return of_a != of_b ? of_a > of_b
                      : shako__names_compare(&a->names, &b->names) < 0;
}

const shako__row *shako__rows_next(const shako__rows *rows,
                                   const shako__row *before) {
  const shako__row *next = NULL;
  size_t i;

  for (i = 0; i < rows->rows.count; i++) {
    const shako__row *row = row_at(rows, i);

    if ((!before || is_before(before, row)) &&
        (!next || is_before(row, next))) {
      next = row;
    }
  }
  return next;
}
