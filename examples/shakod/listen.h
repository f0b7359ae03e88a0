#ifndef SHAKOD_LISTEN_H
#define SHAKOD_LISTEN_H

#include <stdbool.h>

#include <shako/common.h>

#define WORKERS_MAX 64

/* An address that the server listens on: one socket for each worker, among
   which the system spreads the connections (SO_REUSEPORT). */
typedef struct endpoint {
  const char *text; /* as it was given */
  bool implicit_tls;
  shako_address address;
  uint16_t port; /* 0: endpoint_bind() picks one */
  int fds[WORKERS_MAX];
  unsigned count; /* of |fds| */
} endpoint;

/* Binds |workers| sockets.  Returns false where that fails, after a line that
   says why; those bound are then left for endpoint_close(). */
bool endpoint_bind(endpoint *e, unsigned workers);

/* Takes connections from here on.  Returns as endpoint_bind(). */
bool endpoint_listen(const endpoint *e);

/* Closes the sockets. */
void endpoint_close(endpoint *e);

#endif /* SHAKOD_LISTEN_H */
