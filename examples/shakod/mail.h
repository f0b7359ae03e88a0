#ifndef SHAKOD_MAIL_H
#define SHAKOD_MAIL_H

#include <stdbool.h>

#include <shako/shako.h>

#include "auth.h"
#include "buffer.h"
#include "lookup.h"
#include "message.h"

struct connection;

/* What one connection says, and what becomes of it: the answers to its
   session's questions.  Begin with all but |connection| at zero. */
typedef struct mail {
  struct connection *connection;
  char *helo;           /* the name that the peer gave itself; NULL before */
  bool open;            /* a transaction is */
  message message;      /* that it brings */
  auth auth;
  lookup *lookup;       /* while the DNS is asked about the peer */
  shako_question asked; /* ... for this question */
  shako_asyncos lines;  /* what is told of it, as the appliances do */
  buffer from;          /* of these: the reverse-path */
} mail;

/* Takes note of |event| and, if it is a question, answers it; but the answer
   to a complete message comes once it is on the disk. */
void mail_handle(mail *m, const shako_event *event);

/* Answers |question| with a temporary no, and tells the operator why: |error|
   is what errno was.  Returns as shako_session_answer(). */
int mail_refuse(mail *m, shako_question question, int error);

/* The last reply to a message was given, to |event|. */
void mail_message_done(mail *m, const shako_event *event, bool stored);

/* Whether something is in flight that a stopping server lets finish. */
bool mail_is_open(const mail *m);

/* Drops what is unfinished, and frees what |m| holds. */
void mail_end(mail *m);

#endif /* SHAKOD_MAIL_H */
