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

/* Counts one more recipient that |address| named in this hour, unless they are
   |limit| already (0: no limit, and nothing is counted).  Returns whether it
   was counted. */
bool shako__counters_recipient(shako_counters *counters,
                               const shako_address *address, uint32_t limit,
                               shako_time now);

typedef enum shako__handshake_count {
  SHAKO__HANDSHAKE_COUNTED,
  SHAKO__HANDSHAKE_TOO_MANY, /* at once */
  SHAKO__HANDSHAKE_TOO_OFTEN /* of |address| */
} shako__handshake_count;

/* Counts one more handshake that is under way, and that |address| began in this
   minute, unless there are |total| under way or |limit| begun already (0: no
   limit, and nothing is counted of |address|).  Where it was counted
   shako__counters_handshake_over() is due. */
shako__handshake_count shako__counters_handshake(shako_counters *counters,
                                                 const shako_address *address,
                                                 uint32_t limit, uint32_t total,
                                                 shako_time now);

void shako__counters_handshake_over(shako_counters *counters);

#endif /* SHAKO_SERVER_COUNTERS_H */
