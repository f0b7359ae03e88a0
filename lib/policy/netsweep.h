#ifndef SHAKO_POLICY_NETSWEEP_H
#define SHAKO_POLICY_NETSWEEP_H

#include "policy/netindex.h"

/* The addresses from |first| to |last|, for which |rule| would decide. */
typedef struct shako__range {
  shako__netkey first;
  shako__netkey last;
  uint32_t rule;
} shako__range;

/* Turns ranges that overlap as they please into stretches that do not. */
typedef struct shako__netsweep {
  const shako__array *ranges; /* sorted by |first| */
  size_t next;                /* in |ranges|, the first not yet begun */
  shako__array heap;          /* numbers of those begun, least rule on top */
  shako__netkey at;           /* what is before it is done */
} shako__netsweep;

/* Begins at the first of all addresses; sorts |ranges|, which hold still until
   the end.

   Returns 0, or
     SHAKO_ERR_NOMEM  it is to be freed and nothing else */
int shako__netsweep_begin(shako__netsweep *sweep, shako__array *ranges);

/* Adds the stretches from where |sweep| is up to |end|, and goes behind it.
   Neighbours of the same rule become one.

   Returns 0, or
     SHAKO_ERR_NOMEM  it is to be freed and nothing else */
int shako__netsweep_to(shako__netsweep *sweep, shako__netkey end,
                       shako__array *stretches);

void shako__netsweep_free(shako__netsweep *sweep);

#endif /* SHAKO_POLICY_NETSWEEP_H */
