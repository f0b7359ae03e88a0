#ifndef SHAKO_SERVER_COUNTERS_H
#define SHAKO_SERVER_COUNTERS_H

#include <stdbool.h>

#include <shako/counters.h>

/* Counts one more connection of |address| and of all, unless they have
   |limit| or |total| already (0: no limit).  Returns whether it was counted;
   then shako__counters_disconnect() is due.  A peer without an address counts
   among all only, here and below. */
bool shako__counters_connect(shako_counters *counters,
                             const shako_address *address, uint32_t limit,
                             uint32_t total, shako_time now);

void shako__counters_disconnect(shako_counters *counters,
                                const shako_address *address, shako_time now);

/* Counts one more recipient that |address| named in this hour, or handshake
   that it began in this minute, unless they are |limit| already (0: no limit,
   and nothing is counted).  Returns whether it was counted. */
bool shako__counters_recipient(shako_counters *counters,
                               const shako_address *address, uint32_t limit,
                               shako_time now);
bool shako__counters_handshake(shako_counters *counters,
                               const shako_address *address, uint32_t limit,
                               shako_time now);

#endif /* SHAKO_SERVER_COUNTERS_H */
