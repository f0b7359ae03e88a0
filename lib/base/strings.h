#ifndef SHAKO_BASE_STRINGS_H
#define SHAKO_BASE_STRINGS_H

#include <shako/common.h>

/* Strings that stay where they are until all are freed at once. */
typedef struct shako__strings {
  const shako_mem *mem; /* the caller's, until it is freed */
  struct shako__strings_block *blocks;
} shako__strings;

/* Begins with none, in |mem|. */
void shako__strings_init(shako__strings *strings, const shako_mem *mem);

/* Returns a copy of |span| with a NUL, or NULL without memory. */
const char *shako__strings_keep(shako__strings *strings, shako_span span);

/* Returns |len| octets and a NUL, all zero, for the caller to fill, or NULL
   without memory. */
char *shako__strings_make(shako__strings *strings, size_t len);

/* A list: words, each with its NUL, and behind the last one more NUL. */

/* Returns the words of |text|, which blanks part, as a list, or NULL without
   memory. */
const char *shako__strings_list(shako__strings *strings, shako_span text);

/* Returns the word behind |word| in its list, or NULL.  A list is its own first
   word, and empty where that is. */
const char *shako__list_next(const char *word);

/* Returns the word of |list| (NULL: none) that is |word| but for case, or
   NULL. */
const char *shako__list_find(const char *list, shako_span word);

void shako__strings_free(shako__strings *strings);

#endif /* SHAKO_BASE_STRINGS_H */
