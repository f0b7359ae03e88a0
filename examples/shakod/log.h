#ifndef SHAKOD_LOG_H
#define SHAKOD_LOG_H

#include <stdbool.h>

#include <shako/shako.h>

#include "buffer.h"

/* What goes to standard error: whole lines, each in one write, so that those
   of several threads never mix.  Nothing that a peer said is ever in one. */

/* Writes the program's name, ": " and what follows as one line. */
void log_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* How often one reason was given to a peer. */
typedef struct tally_entry {
  const char *reason; /* static */
  uint32_t count;
} tally_entry;

/* Why commands of one connection were refused. */
typedef struct tally {
  tally_entry *entries;
  size_t len;
} tally;

/* Counts |reason|, a string that lives for ever. */
void tally_add(tally *t, const char *reason);

void tally_free(tally *t);

/* Writes the one line of a connection: its |peer|, whether |secure| was
   reached, what was refused, and what CLOSED says. */
void log_connection(const shako_peer *peer, bool secure, const tally *refused,
                    const shako_event *closed);

#endif /* SHAKOD_LOG_H */
