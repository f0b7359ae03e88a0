#ifndef SHAKO_COUNTERS_H
#define SHAKO_COUNTERS_H

#include <shako/common.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * What peers have done lately, which no single session knows: how many
 * connections they have, how many recipients they named in this hour and how
 * many handshakes they began in this minute.  Sessions count in it, and are
 * held to the limits of their policy.  Peers are told apart by their network,
 * the first bits of their address; those without an IP address are not.
 *
 * Share one among all workers, and keep it when a listener is replaced: then
 * nobody's count begins anew.  The connections and the handshakes at once that
 * a listener allows in all (max_concurrency, max_handshakes) are those of all
 * listeners that share it.  Thread-safe, reference-counted, bounded.
 *
 * A recipient counts for an hour at least and for 80 minutes at the most, a
 * handshake for a minute and for 80 seconds: in no hour, and in no minute, do
 * more than the limit get through, and nobody who keeps to it in any 80
 * minutes, or seconds, is refused.  What is refused does not count.
 *
 * A network has a place while it has an open connection or one of its counts
 * may still matter.  Where all places are taken, the network without a
 * connection that was quiet longest is forgotten, and begins at zero when it
 * comes back.  To be forgotten on purpose a peer needs as many other networks
 * as there are places, each with a limit of its own: what he gains he had.
 * One with an open connection is never forgotten; where all are such, a
 * connection of one more network is refused as one too many.
 */
typedef struct shako_counters shako_counters;

typedef struct shako_counters_config {
  size_t struct_size;  /* set by shako_counters_config_default() */
  uint32_t networks;   /* places at the most, of 76 octets, which come when
                          they are needed; over the number of connections;
                          65536 */
  uint8_t ipv4_width;  /* bits of an address that tell peers apart; 32 */
  uint8_t ipv6_width;  /* 64 */
  uint8_t reserved[2]; /* 0 */
} shako_counters_config;

/* What shako_counters_config_default() calls. */
SHAKO_API void
shako_counters_config_default_sized(shako_counters_config *config, size_t size);

/* Fills |*CONFIG| with the defaults. */
#define shako_counters_config_default(CONFIG)                                  \
  shako_counters_config_default_sized((CONFIG), sizeof(*(CONFIG)))

/**
 * Makes counters by |*config| (NULL for the defaults) that stand at zero, with
 * memory from |mem| (copied; NULL for malloc), and stores them in |*pcounters|.
 *
 * Returns 0, or
 *   SHAKO_ERR_INVALID_ARGUMENT  no networks, or a width over 32 or 128
 *   SHAKO_ERR_NOMEM
 */
SHAKO_API int shako_counters_new(shako_counters **pcounters,
                                 const shako_counters_config *config,
                                 const shako_mem *mem);

/* Takes one more reference to |counters| and returns it. */
SHAKO_API shako_counters *shako_counters_ref(shako_counters *counters);

/* Gives a reference back; the last one frees.  NULL does nothing. */
SHAKO_API void shako_counters_unref(shako_counters *counters);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* SHAKO_COUNTERS_H */
