#ifndef SHAKO_HAT_H
#define SHAKO_HAT_H

#include <shako/policy.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A connecting host.  What is not known is left as it is at zero. */
typedef struct shako_peer {
  size_t struct_size; /* set by shako_peer_default() */
  shako_address address;
  shako_address local_address;
  uint16_t port;
  uint16_t local_port;
  shako_span name; /* verified both ways (PTR, and its A or AAAA), or empty */
} shako_peer;

/* What shako_peer_default() calls. */
SHAKO_API void shako_peer_default_sized(shako_peer *peer, size_t size);

/* Fills |*PEER| with a host of which nothing is known. */
#define shako_peer_default(PEER)                                               \
  shako_peer_default_sized((PEER), sizeof(*(PEER)))

/* What was decided for a peer, and why. */
typedef struct shako_hat_match {
  const shako_policy *policy; /* in force; lives as long as the session */
  const char *group;          /* "RELAYLIST"; NULL for none */
  const char *rule;           /* the member that matched; NULL for none */
  uint32_t line;              /* of that member in the table; 0 for none */
} shako_hat_match;

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* SHAKO_HAT_H */
