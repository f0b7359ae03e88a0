#ifndef SHAKOD_STATUS_H
#define SHAKOD_STATUS_H

#include <uv.h>

#include "listen.h"
#include "service.h"

/* How many clients are served at a time; more are turned away. */
#define STATUS_CLIENTS_MAX 16

struct status_client;

/* What the counts are asked for by HTTP: one request a connection, on the main
   thread.  Begin with all at zero. */
typedef struct status {
  const service *service;
  uv_tcp_t listener;
  struct status_client *clients; /* the first of a list */
  unsigned count;                /* of them */
} status;

/* Takes the socket of |e|, which is bound, unless there is none, and serves it
   in |loop|.  Returns false after a line that says why. */
bool status_open(status *s, uv_loop_t *loop, const service *shared,
                 endpoint *e);

/* Ends it, and all connections with it. */
void status_close(status *s);

#endif /* SHAKOD_STATUS_H */
