#ifndef SHAKO_POLICY_SYMBOLS_H
#define SHAKO_POLICY_SYMBOLS_H

#include <shako/common.h>

#include "base/array.h"

/* Names of a text, which outlives them, each with a number.  Upper and lower
   case are different. */
typedef struct shako__symbols {
  shako__array entries;
  shako__array heads; /* the first entry of each chain */
} shako__symbols;

/* What is found for a name that is not there. */
#define SHAKO__NO_SYMBOL UINT32_MAX

/* Begins with none, in |mem|. */
void shako__symbols_init(shako__symbols *symbols, const shako_mem *mem);

/* Adds |name|, which is not there yet.

   Returns 0, or
     SHAKO_ERR_NOMEM  |symbols| is to be freed and nothing else */
int shako__symbols_add(shako__symbols *symbols, shako_span name,
                       uint32_t number);

/* Returns the number of |name|, or SHAKO__NO_SYMBOL. */
uint32_t shako__symbols_find(const shako__symbols *symbols, shako_span name);

void shako__symbols_free(shako__symbols *symbols);

#endif /* SHAKO_POLICY_SYMBOLS_H */
