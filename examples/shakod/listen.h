#ifndef SHAKOD_LISTEN_H
#define SHAKOD_LISTEN_H

#include <stdbool.h>

#include "settings.h"

/* An address that the server listens on: one socket for each worker, among
   which the system spreads the connections (SO_REUSEPORT). */
typedef struct endpoint {
  const char *option; /* by which it was given: "--listen" */
  const char *text;   /* as it was given */
  const char *name;   /* of its listener */
  size_t listener;    /* the place of that in the setup */
  shako_address address;
  uint16_t port; /* 0: endpoint_bind() picks one */
  int backlog;   /* how many connections may wait to be accepted */
  int fds[WORKERS_MAX];
  unsigned count; /* of |fds| */
} endpoint;

typedef struct endpoints {
  endpoint items[ENDPOINTS_MAX];
  size_t count;
  endpoint status; /* where the counts are told; no |text|: nowhere */
} endpoints;

/* Fills |*to| with the addresses of |s|, whose strings outlive it. */
void endpoints_fill(endpoints *to, const settings *s);

/* Binds |workers| sockets.  Returns false where that fails, after a line that
   says why; those bound are then left for endpoint_close(). */
bool endpoint_bind(endpoint *e, unsigned workers);

/* Takes connections from here on.  Returns as endpoint_bind(). */
bool endpoint_listen(const endpoint *e);

/* Closes the sockets. */
void endpoint_close(endpoint *e);

#endif /* SHAKOD_LISTEN_H */
