#ifndef SHAKO_REPORT_COLUMNS_H
#define SHAKO_REPORT_COLUMNS_H

#include <stdbool.h>

#include <shako/stats.h>

#include "policy/refusals.h"

/* What rows are of. */
typedef enum shako__kind {
  SHAKO__KIND_GROUP,  /* by listener and sender group */
  SHAKO__KIND_CIPHER, /* by version and cipher */
  SHAKO__KIND_CLOSED, /* by how connections ended */
  SHAKO__KIND_PEER,
  SHAKO__KIND_DOMAIN,
  SHAKO__KIND_COUNT
} shako__kind;

/* The counts of a row, in the order in which they are written.  A group's row
   has all of them, a peer's and a domain's the first ones.  A cipher's and an
   end's row has the first place only, for all connections. */
enum {
  SHAKO__COLUMN_OUTCOMES = 0, /* by shako_tls_outcome */
  SHAKO__COLUMN_MESSAGES = SHAKO_TLS_OUTCOME_COUNT,
  SHAKO__COLUMN_MESSAGES_TLS,
  SHAKO__COLUMN_REFUSALS,
  SHAKO__COLUMNS_OF_HEAVIEST,
  SHAKO__COLUMN_RECIPIENTS = SHAKO__COLUMNS_OF_HEAVIEST,
  SHAKO__COLUMN_COMMANDS,
  SHAKO__COLUMN_TRANSACTIONS,
  SHAKO__COLUMN_OBSERVED, /* commands that Required would have refused */
  SHAKO__COLUMN_OBSERVED_CONNECTIONS, /* ... connections with such */
  SHAKO__COLUMN_OCTETS_RECEIVED,
  SHAKO__COLUMN_OCTETS_SENT,
  SHAKO__COLUMN_OCTETS_MESSAGES,
  SHAKO__COLUMN_DURATION,       /* milliseconds */
  SHAKO__COLUMN_HANDSHAKE_TIME, /* ... of completed handshakes */
  SHAKO__COLUMN_FAILURES,       /* by shako_tls_failure */
  SHAKO__COLUMN_REASONS = SHAKO__COLUMN_FAILURES + SHAKO_TLS_FAILURE_COUNT,
  SHAKO__COLUMN_REASON_UNKNOWN =
      SHAKO__COLUMN_REASONS + SHAKO__REFUSAL_COUNT + 1,
  SHAKO__COLUMNS_OF_GROUP
};

/* How the rows of a kind are written, and how many there may be. */
typedef struct shako__kind_facts {
  const char *word;
  uint32_t names;   /* 1 or 2, by which a row is found */
  uint32_t columns; /* counts of a row */
  bool heaviest;    /* a new row takes the lightest one's place */
} shako__kind_facts;

const shako__kind_facts *shako__kind_facts_of(shako__kind kind);

/* The name of a column is both together: "refused." and "tls-required". */
typedef struct shako__column_name {
  const char *family;
  const char *name;
} shako__column_name;

shako__column_name shako__column_name_of(shako__kind kind, uint32_t column);

#endif /* SHAKO_REPORT_COLUMNS_H */
