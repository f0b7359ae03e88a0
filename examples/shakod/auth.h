#ifndef SHAKOD_AUTH_H
#define SHAKOD_AUTH_H

#include <shako/shako.h>

#include "sasl.h"

struct mail;

/* What AUTH knows of a connection.  Begin with all at zero. */
typedef struct auth {
  sasl_talk *talk; /* that is under way, or was; or NULL */
} auth;

/* Answers the AUTH |event|: PLAIN and LOGIN once a thread of libuv's pool has
   tried the password, since that takes long. */
void auth_handle(struct mail *m, const shako_event *event);

/* Frees what |*a| holds. */
void auth_end(auth *a);

#endif /* SHAKOD_AUTH_H */
