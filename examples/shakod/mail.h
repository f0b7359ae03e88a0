#ifndef SHAKOD_MAIL_H
#define SHAKOD_MAIL_H

#include <stdbool.h>

#include <shako/shako.h>

#include "buffer.h"
#include "lookup.h"
#include "maildir.h"

struct connection;

/* What one connection says, and what becomes of it: the answers to its
   session's questions.  Begin with all but |connection| at zero. */
typedef struct mail {
  struct connection *connection;
  char *helo;           /* the name that the peer gave itself; NULL before */
  bool extended;        /* ... with EHLO */
  bool secure;          /* TLS is up */
  bool open;            /* a transaction is */
  buffer head;          /* what is known of its head */
  delivery *message;    /* its file, from DATA to MESSAGE */
  lookup *lookup;       /* while the DNS is asked about the peer */
  shako_question asked; /* ... for this question */
  shako_asyncos lines;  /* what is told of it, as the appliances do */
  buffer from;          /* of these: the reverse-path */
} mail;

/* Takes note of |event| and, if it is a question, answers it; but the answer
   to a complete message comes once it is on the disk. */
void mail_handle(mail *m, const shako_event *event);

/* Whether something is in flight that a stopping server lets finish. */
bool mail_is_open(const mail *m);

/* Drops what is unfinished, and frees what |m| holds. */
void mail_end(mail *m);

#endif /* SHAKOD_MAIL_H */
