#ifndef SHAKOD_CONNECTION_H
#define SHAKOD_CONNECTION_H

#include <stdbool.h>
#include <sys/socket.h>

#include <uv.h>

#include "mail.h"
#include "worker.h"

/**
 * A connection: a session between a socket and the mail it brings.
 *
 * It lives from connection_start() until its handles are closed and nothing
 * holds it any more (a message that is being synced does).
 */
typedef struct connection {
  worker *worker;
  struct connection *next; /* in the worker's list */
  struct connection *prev;
  setup *setup; /* that it began with, which holds: */
  shako_listener *listener;
  sasl *sasl; /* NULL: nobody can authenticate */
  bool binds; /* SASL to TLS, where the client can */
  shako_session *session;
  uint64_t icid; /* the number of the connection, in the log */
  mail mail;
  uv_tcp_t tcp;
  uv_timer_t timer;
  uv_write_t write;
  uv_shutdown_t shutdown;
  shako_time due;   /* when |timer| fires, if it runs */
  size_t sending;   /* octets lent to |write|; 0 if it is not in flight */
  size_t discarded; /* octets, while lingering */
  unsigned holds;   /* why it must not be freed */
  bool reading;
  bool gone;   /* the peer is: no use in lingering */
  bool ending; /* shako_session_shutdown() was called */
  bool over;   /* the session is; the socket lingers */
  bool closing;
} connection;

/* Serves |fd|, just accepted |from| there at the |listener|-th of the setup.
   Owns it, whatever comes. */
void connection_start(worker *w, size_t listener, int fd,
                      const struct sockaddr_storage *from);

/* Does all that can be done now: takes events, sends, decides whether to
   read, and when to come back.  To be called after whatever happened. */
void connection_advance(connection *c);

/* Keeps |c| until connection_release(). */
void connection_hold(connection *c);

void connection_release(connection *c);

/* Sees the peer off: the session is over and all is sent.  Waits until the
   peer closes, as session.h asks, then closes. */
void connection_linger(connection *c);

/* Closes at once. */
void connection_close(connection *c);

#endif /* SHAKOD_CONNECTION_H */
