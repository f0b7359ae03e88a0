#ifndef SHAKOD_PEER_NAMES_H
#define SHAKOD_PEER_NAMES_H

#include <shako/hat.h>

#include "dns_name.h"

/* The names that a peer's PTR records give it, and what each says of the
   peer's address.  No DNS in it. */

/* A peer that has more names is not tried further (as RFC 7208 4.6.4 has
   it). */
#define PEER_NAMES_MAX 10

typedef enum peer_name_state {
  PEER_NAME_ASKED,
  PEER_NAME_AGREES,  /* it has the address */
  PEER_NAME_DIFFERS, /* it has others, or none */
  PEER_NAME_FAILED   /* the DNS did */
} peer_name_state;

typedef struct peer_name {
  char text[DNS_NAME_SIZE];
  peer_name_state state;
} peer_name;

typedef struct peer_names {
  peer_name items[PEER_NAMES_MAX];
  unsigned count;
  shako_name_state none; /* why there are none, if there are none */
} peer_names;

/* Takes one more |name|, unless it is there, is none or is too many. */
void peer_names_add(peer_names *names, const char *name);

/* Fills in |facts| what all of them come to; it borrows the name. */
void peer_names_tell(const peer_names *names, shako_peer *facts);

#endif /* SHAKOD_PEER_NAMES_H */
