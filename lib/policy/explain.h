#ifndef SHAKO_POLICY_EXPLAIN_H
#define SHAKO_POLICY_EXPLAIN_H

#include <shako/hat.h>

#include "base/array.h"
#include "base/strings.h"

/* What shako_hat_explain() makes.  The caller holds a pointer to |seen|. */
typedef struct shako__explanation {
  shako_hat_explanation seen;
  const shako_hat *hat;
  shako_address address;
  shako_span name; /* of the host; empty where none is verified */
  shako_span sender;
  shako__strings strings; /* these two */
  shako__array steps;
  shako__array values;
  shako__array texts; /* of values: octets */
} shako__explanation;

/* Adds a step for each group before |rule|, and for its own if a member of that
   waits for a fact of |peer|.  Returns false without memory. */
bool shako__explain_steps(shako__explanation *e, const shako_peer *peer,
                          uint32_t rule);

#endif /* SHAKO_POLICY_EXPLAIN_H */
