#ifndef SESSION_PAIR_H
#define SESSION_PAIR_H

#include <shako/shako.h>

#include "engine_client.h"

/* A session and a client of mbed TLS, which sends it messages behind STARTTLS,
   with nothing but memory between them.  The session's own calls, and nothing
   else, are armed (failing_memory.h). */
typedef struct session_pair {
  shako_session *session;
  engine_client client;
  octets clear;   /* what the session sent up to its 220 to STARTTLS */
  size_t at_once; /* octets that the session receives at a time; 0: all */
  bool switched;  /* the 220 was sent: |client.in| is what came behind it */

  bool secure;   /* TLS came */
  bool verified; /* ... and the client's certificate is */
  bool in_mail;
  unsigned messages; /* MESSAGE events */
  octets body;       /* of the last one */
  bool closed;
  char how[32];
  int error;
  shako_tls_failure failure;
} session_pair;

/* Makes a pair, up to the greeting.  Returns what shako_session_new() does. */
int session_pair_open(session_pair *pair, shako_listener *listener,
                      bool only_1_2);
void session_pair_close(session_pair *pair);

/* Each does what the session lets it do: where it has ended, nothing. */

/* EHLO, STARTTLS, the handshake and EHLO again. */
void session_pair_secure(session_pair *pair);

/* Sends a message.  Returns whether the client was told that it is taken. */
bool session_pair_deliver(session_pair *pair);

/* QUIT, and the end of the client's stream.  Asserts that the session is over
   and that what the client got is whole. */
void session_pair_end(session_pair *pair);

#endif /* SESSION_PAIR_H */
