#ifndef LOOPS_SERVER_H
#define LOOPS_SERVER_H

/*
 * What the loops of this folder share, so that each has nothing in it but how
 * it waits: where to listen, what is demanded of peers, how a socket is read.
 * All take the same arguments:
 *
 *   poll_loop PORT FOLDER [TABLE]      (loopback only; port 0 picks one)
 *
 * Messages are put into FOLDER.  TABLE is a Host Access Table; without one TLS
 * is offered to everybody and demanded of nobody.  The certificate is the
 * demonstration certificate, which proves nothing.
 */
#include <stdbool.h>

#include <shako/mbedtls.h>
#include <shako/shako.h>

#define SERVER_HOSTNAME "mx.example.org"

/* The longest wait for the peer to close, in milliseconds and octets. */
#define LINGER_TIME   2000
#define LINGER_OCTETS 65536

typedef struct server {
  int socket;        /* that listens, and never blocks */
  int folder;        /* of messages */
  const char *table; /* a file; NULL for none */
  shako_listener *listener;
  shako_counters *counters; /* of all listeners, one after another */
  shako_mbedtls_context *context;
  shako_certificate *certificate;
} server;

/* Opens all of it, and says where it listens.  Returns false after a line that
   says what is wrong. */
bool server_open(server *s, int argc, char **argv);

void server_close(server *s);

/* Makes the listener of new sessions anew, of the table as it is by now; those
   under way keep theirs.  Where that is not possible a line says why, and what
   was in force stays. */
bool server_load(server *s);

/* Accepts a connection if there is one, and says who it is.  Returns the
   socket, or -1; |flags| is SOCK_NONBLOCK where it is not to block, or 0. */
int server_accept(const server *s, int flags, shako_peer *peer);

/* Returns the input and output of |*fd|. */
shako_io server_io(int *fd);

shako_time server_now(void);

#endif /* LOOPS_SERVER_H */
