#ifndef SHAKO_TESTS_LOAD_H
#define SHAKO_TESTS_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/ssl.h>

typedef enum load_kind {
  LOAD_SAY,
  LOAD_BODY,     /* the message and its end, in front of |say| */
  LOAD_STARTTLS, /* and when it is answered, a handshake */
  LOAD_END
} load_kind;

/* What a client says, and how many replies it waits for then. */
typedef struct load_step {
  const char *say;
  unsigned replies;
  load_kind kind;
} load_step;

/* What is sent: the |unit| some times, and then the |last|. */
typedef struct load_text {
  const uint8_t *unit;
  size_t unit_len;
  size_t times;
  const uint8_t *last;
  size_t last_len;
} load_text;

/* The conversation, without the part of it that is repeated. */
typedef struct load_script {
  const load_step *steps;
  const load_step *again; /* the step that |repeat| is about, or NULL */
  unsigned long repeat;   /* how often */
  load_text body;
  SSL_CTX *tls; /* of the client; NULL in the clear */
} load_script;

/* A client's connection. */
typedef struct load_client {
  const load_script *script;
  const load_step *step;
  unsigned long repeated;
  int fd;
  SSL *tls;
  bool shaking;     /* hands */
  load_text text;   /* what is left to send */
  size_t sent;      /* of its unit, or of its last */
  unsigned waiting; /* for so many replies */
  unsigned column;  /* in the line of a reply */
  bool final;       /* that line ends a reply */
} load_client;

typedef enum load_state { LOAD_WAITS, LOAD_DONE, LOAD_FAILED } load_state;

/* Connects |client| to |port| of the loopback.  Returns false if that
   fails. */
bool load_client_open(load_client *client, const load_script *script, int port);

/* Goes on as far as the socket allows. */
load_state load_client_advance(load_client *client);

void load_client_close(load_client *client);

#endif /* SHAKO_TESTS_LOAD_H */
