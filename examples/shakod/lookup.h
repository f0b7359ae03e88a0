#ifndef SHAKOD_LOOKUP_H
#define SHAKOD_LOOKUP_H

#include <shako/shako.h>

#include "resolver.h"

/**
 * What the DNS says of one peer: its verified name, and which lists hold its
 * address, all asked at once.  The limit of the resolver is for all of it;
 * what has not come by then counts as a temporary failure.
 *
 * There is no public source of reputation scores and network owners: of these
 * nothing is said, which counts as not to be had.
 */
typedef struct lookup lookup;

/* Gets what was found out, which lives as long as the call.  The lookup is
   gone with it. */
typedef void (*lookup_callback)(void *owner, const shako_peer *facts);

/**
 * Begins to find out what |event|, a LOOKUP for a peer with |address|, asks
 * for; |hat| names the lists.  |done| is called with |owner| from the loop,
 * never in here.  Returns NULL without memory.
 */
lookup *lookup_new(resolver *r, const shako_address *address,
                   const shako_hat *hat, const shako_event *event,
                   lookup_callback done, void *owner);

/* Forgets the owner: nobody is told.  NULL does nothing. */
void lookup_cancel(lookup *l);

#endif /* SHAKOD_LOOKUP_H */
