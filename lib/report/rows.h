#ifndef SHAKO_REPORT_ROWS_H
#define SHAKO_REPORT_ROWS_H

#include "base/array.h"
#include "report/columns.h"

/* The most octets of a name. */
#define SHAKO__ROW_NAME_MAX 255

/* By what a row is found; the second is empty where its kind has one name. */
typedef struct shako__names {
  shako_span first;
  shako_span second;
} shako__names;

typedef struct shako__row {
  size_t size;        /* of this block */
  shako__names names; /* behind |values| */
  uint64_t error;     /* of the heaviest: connections of others, at the most */
  uint64_t values[];
} shako__row;

/*
 * A bounded number of rows of one kind, by their names.
 *
 * Of the heaviest each row weighs its connections and its error.  Where there
 * is no place for a new one, the lightest (of these the last by its name) is
 * dropped, and the new one's error is what a row that was dropped may have
 * weighed (Metwally et al., "Efficient computation of frequent and top-k
 * elements in data streams", 2005).  Of others there is a row "other", from the
 * beginning and beyond |max|, for what has no place.
 */
typedef struct shako__rows {
  shako__array rows; /* pointers, by their names */
  const shako__kind_facts *facts;
  uint32_t max;
  uint64_t floor; /* of the heaviest: the most that one not here can weigh */
  shako__row *other;
} shako__rows;

/* Begins with no row, or with "other", with room for |max| in |mem|.

   Returns 0, or
     SHAKO_ERR_NOMEM  there is nothing to free */
int shako__rows_init(shako__rows *rows, shako__kind kind, uint32_t max,
                     const shako_mem *mem);

void shako__rows_free(shako__rows *rows);

/* Returns the row of |names|, each cut to SHAKO__ROW_NAME_MAX octets, or a new
   one, to which the caller adds one connection; without room "other".  Of the
   heaviest it is NULL without memory, and what the caller would have added is
   in |floor|. */
shako__row *shako__rows_take(shako__rows *rows, const shako__names *names);

/* Returns the row of |names| without a change, or NULL. */
shako__row *shako__rows_find(const shako__rows *rows,
                             const shako__names *names);

/* Whether there is room for one more that is not "other". */
bool shako__rows_has_room(const shako__rows *rows);

/* Adds all of |from|, of the same kind. */
void shako__rows_merge(shako__rows *into, const shako__rows *from);

/* Returns less than, equal to or more than 0, as |a| stands before, at or
   behind |b|. */
int shako__names_compare(const shako__names *a, const shako__names *b);

/* The |i|-th row by name, of rows.rows.count. */
const shako__row *shako__rows_at(const shako__rows *rows, size_t i);

/* Whether |row| has counted nothing. */
bool shako__row_is_empty(const shako__rows *rows, const shako__row *row);

/* Returns the connections of |row|, a row of the heaviest or of a group. */
uint64_t shako__row_connections(const shako__row *row);

/* Returns the row of the heaviest behind |before| by weight (NULL: the
   heaviest), those of equal weight by name, or NULL. */
const shako__row *shako__rows_next(const shako__rows *rows,
                                   const shako__row *before);

/* Returns |a| + |b|, or UINT64_MAX where that is more. */
uint64_t shako__sum(uint64_t a, uint64_t b);

#endif /* SHAKO_REPORT_ROWS_H */
