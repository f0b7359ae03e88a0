#ifndef SESSION_MODEL_H
#define SESSION_MODEL_H

#include "session_run.h"

/*
 * What the octets that a session sent must be, given what it received: a
 * client that reads the replies beside its own commands, and knows of the
 * session's insides nothing.
 */

/* One reply. */
typedef struct reply {
  int code;
  bool enhanced; /* each line has an enhanced code */
} reply;

/* All that was said, in the clear and inside TLS. */
typedef struct transcript {
  octets clear;
  octets inner;
  octets clear_replies; /* of reply */
  octets inner_replies;
  bool closed; /* close_notify was sent */
} transcript;

/* Takes apart what |r| sent.  It must be well-formed replies, and records of
   the fake engine and nothing else behind a 220 to STARTTLS. */
void transcript_read(transcript *t, const run *r);
void transcript_free(transcript *t);

/* Walks through what |r| received with |t| in hand: each command has its
   reply, and that is one which may be. */
void model_walk(const run *r, const transcript *t);

#endif /* SESSION_MODEL_H */
