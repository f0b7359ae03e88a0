#ifndef PROBE_WIRE_H
#define PROBE_WIRE_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "records.h"
#include "trace.h"

#define WIRE_UNREAD_MAX   262144  /* octets */
#define WIRE_RECEIVED_MAX 1048576 /* of one connection */
#define FIRST_FLIGHT_MAX  4096

/* Where connections lead to. */
typedef struct wire_target {
  struct sockaddr_storage address;
  socklen_t len;
  const char *name; /* for SNI; NULL: none */
  SSL_CTX *tls;
  int proxy;        /* the version of the PROXY header; 0: none */
  unsigned timeout; /* seconds that are waited for anything */
} wire_target;

/*
 * A connection to the server.  What it cannot send is lost, and what goes wrong
 * is seen by the reader: every call returns in time.
 *
 * From wire_expect_tls() on all that comes must be records of TLS, whether or
 * not there is an |ssl| that understands them.
 */
typedef struct wire {
  const wire_target *to;
  int fd;           /* -1: none */
  SSL *ssl;         /* NULL: no TLS of ours */
  bool is_tls;      /* records are expected, ... */
  records records;  /* ... and this is what came */
  bool is_open;     /* the handshake is complete */
  bool is_over;     /* the server has ended the stream, or does not read */
  bool is_late;     /* what was awaited did not come in time, or has no end */
  int64_t deadline; /* of all of it: milliseconds of wire_now() */
  uint8_t in[WIRE_UNREAD_MAX]; /* received, decrypted, and not yet taken */
  size_t in_len;
  size_t received;                   /* octets of this connection */
  trace sent, got;                   /* in the clear, or what TLS protects */
  unsigned long connections, octets; /* made and moved so far */
} wire;

/* How TLS is begun. */
typedef struct wire_tls {
  int version;         /* no other; 0: what OpenSSL has */
  const uint8_t *alpn; /* names, as the extension has them; NULL: none */
  unsigned alpn_len;
  const char *name; /* for SNI, instead of the target's */
  size_t piece; /* octets of the ClientHello in one record; 0: all of them */
} wire_tls;

int64_t wire_now(void);

/* Connects; the PROXY header is sent with wire_open() only. */
bool wire_connect(wire *w);
bool wire_open(wire *w);

/* Closes the connection, if there is one. */
void wire_close(wire *w);

/* Sends |octets| in one segment; inside TLS in one record. */
void wire_send(wire *w, const void *octets, size_t len);

/* Sends |octets| past TLS. */
void wire_send_raw(wire *w, const void *octets, size_t len);

/* Gives the server time to read what was sent, until it says something. */
void wire_pause(wire *w);

/* Sends FIN. */
void wire_end(wire *w);

/* Waits for more.  Returns whether there is more in |w->in|, or may be. */
bool wire_receive(wire *w);

/* Removes the first |len| unread octets. */
void wire_take(wire *w, size_t len);

/* Demands records from here on; unread octets are the first of these. */
void wire_expect_tls(wire *w);

/* Makes our side of TLS, and writes its first flight into |out| instead of
   sending it.  Returns its length, or 0. */
size_t wire_begin_tls(wire *w, const wire_tls *how,
                      uint8_t out[FIRST_FLIGHT_MAX]);

/* Goes on to the end of the handshake.  Returns whether it is complete. */
bool wire_go_on(wire *w);

/* Begins TLS, and goes on to the end of the handshake. */
bool wire_handshake(wire *w, const wire_tls *how);

/* Sends close_notify. */
void wire_notify(wire *w);

/* What wire_tls.c does for the others: TLS takes what was received, and gives
   what is to be sent. */
void wire__decrypt(wire *w, const uint8_t *octets, size_t len);
void wire__encrypt(wire *w, const void *octets, size_t len);

/* Sends |octets| without a trace of them. */
void wire__push(wire *w, const uint8_t *octets, size_t len);

/* Adds to what is unread. */
void wire__keep(wire *w, const uint8_t *octets, size_t len);

#endif /* PROBE_WIRE_H */
