#ifndef SHAKO_BASE_ARRAY_H
#define SHAKO_BASE_ARRAY_H

#include <stdbool.h>

#include <shako/common.h>

/* Items of one size, whose number grows. */
typedef struct shako__array {
  const shako_mem *mem; /* the caller's, until it is freed */
  size_t size;          /* of an item */
  size_t count;
  size_t room; /* items that |items| can hold */
  void *items;
} shako__array;

/* Begins an empty array of items of |size| octets in |mem|. */
void shako__array_init(shako__array *array, const shako_mem *mem, size_t size);

/* Adds |n| items, which the caller fills.  Returns the first, which moves with
   the next one added, or NULL without memory, and then nothing is added. */
void *shako__array_add(shako__array *array, size_t n);

/* Whether item |a| stands before item |b|. */
typedef bool shako__before(const void *a, const void *b, const void *context);

/* Sorts |array| in O(n log n), whatever it holds; equal items keep their
   order.  |context| is handed to |before|.

   Returns 0, or
     SHAKO_ERR_NOMEM  there is no room for a second array */
int shako__array_sort(shako__array *array, shako__before *before,
                      const void *context);

/* Gives back the room that no item uses, if there is memory to move to. */
void shako__array_trim(shako__array *array);

/* Gives all of it back and leaves an empty array. */
void shako__array_free(shako__array *array);

#endif /* SHAKO_BASE_ARRAY_H */
