#ifndef SHAKO_POLICY_NAMESET_H
#define SHAKO_POLICY_NAMESET_H

#include "base/array.h"
#include "policy/rule.h"

/* Names of hosts, each with the number of its rule: "host.example.com" is that
   name, ".example.com" every name under it and not itself.  Upper and lower
   case of ASCII are alike; one dot at the end says nothing. */
typedef struct shako__nameset {
  shako__array entries;
  shako__array names;   /* octets: of each name its length and itself */
  shako__array buckets; /* where each begins in |entries| */
  uint32_t shift;       /* of a hash, to its bucket */
} shako__nameset;

/* The longest name (RFC 1035 2.3.4), with a dot at its start. */
#define SHAKO__NAME_MAX 255

/* Begins an empty set in |mem|, which outlives it. */
void shako__nameset_init(shako__nameset *set, const shako_mem *mem);

/* Adds |name|, of which a copy is kept; it may be there already.

   Returns 0, or
     SHAKO_ERR_INVALID_ARGUMENT  |name| is empty or over SHAKO__NAME_MAX
     SHAKO_ERR_NOMEM             nothing is added */
int shako__nameset_add(shako__nameset *set, shako_span name, uint32_t rule);

/* Makes |set| ready to be searched, once, behind the last add.

   Returns 0, or
     SHAKO_ERR_NOMEM  it is to be freed and nothing else */
int shako__nameset_build(shako__nameset *set);

/* Returns the lowest rule of those whose name is |name| or stands over it, or
   SHAKO__NO_RULE.  |set| is built. */
uint32_t shako__nameset_find(const shako__nameset *set, shako_span name);

void shako__nameset_free(shako__nameset *set);

#endif /* SHAKO_POLICY_NAMESET_H */
