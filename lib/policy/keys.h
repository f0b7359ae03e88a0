#ifndef SHAKO_POLICY_KEYS_H
#define SHAKO_POLICY_KEYS_H

#include <stdbool.h>

#include "base/text.h"
#include "policy/hat.h"

/*
 * The keys of a policy's block, in one table: name, the field of shako_policy
 * that it is, and which values it takes.  A key's number is its place in the
 * table (KEY of a set: bit KEY of shako__hat_policy.set).
 */

/* A value as the file has it. */
typedef struct shako__value {
  bool quoted; /* a string, without its quotes */
  shako_span text;
} shako__value;

/* Their number, at most 64. */
size_t shako__key_count(void);

/* Returns the name of |key|. */
const char *shako__key_name(size_t key);

/* Returns the key of that name, or shako__key_count(). */
size_t shako__key_find(shako_span name);

/* Whether |key| is one of the appliances' that has no use here: its value is
   kept as written. */
bool shako__key_is_kept(size_t key);

/* Sets the field of |key| in |policy| to |value|; strings are kept in |hat|,
   address lists are those of |hat|.

   Returns 0, or
     SHAKO_ERR_SYNTAX  |*what| says why |value| does not do
     SHAKO_ERR_NOMEM */
int shako__key_set(shako_hat *hat, shako_policy *policy, size_t key,
                   const shako__value *value, const char **what);

/* Adds the value of |key| in |policy| as the file would have it. */
void shako__key_put(shako__text *text, const shako_hat *hat,
                    const shako_policy *policy, size_t key);

#endif /* SHAKO_POLICY_KEYS_H */
