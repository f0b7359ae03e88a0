#ifndef MODEL_H
#define MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <shako/shako.h>

#include "octets.h"

/*
 * The rules of transactions (RFC 5321 3 and 4.1, RFC 3030 2, RFC 2033 4), in
 * few words: what a server says to a command, and what its application is
 * shown, given what the application answers.  Of the library's code it knows
 * nothing but the names of events.
 *
 * Where the RFCs leave a choice, this is the library's: a transaction whose
 * DATA is refused goes on; one whose BDAT is refused is over; a BDAT whose size
 * cannot be read ends the connection.
 */

typedef enum model_verb {
  MODEL_EHLO,
  MODEL_HELO,
  MODEL_LHLO,
  MODEL_MAIL,
  MODEL_RCPT,
  MODEL_DATA,
  MODEL_BDAT,
  MODEL_RSET,
  MODEL_NOOP,
  MODEL_VRFY,
  MODEL_QUIT,
  MODEL_STARTTLS, /* which is not offered */
  MODEL_UNKNOWN,
  MODEL_COUNT
} model_verb;

typedef struct model_step {
  model_verb verb;
  bool bad;          /* in its parameters */
  unsigned number;   /* MAIL, RCPT: in the path */
  uint64_t declared; /* MAIL: SIZE; 0: none */
  bool last;         /* BDAT */
  bool bare;         /* the text of DATA has a CR or LF alone */
  octets data;       /* the text of DATA, no dot added, or what BDAT brings */
} model_step;

/* What the application is shown. */
typedef struct model_event {
  shako_event_type type;
  unsigned number; /* MAIL, RCPT: in the path; MESSAGE: of the recipient */
  size_t body_at;  /* MESSAGE, RESET: the octets of the message that came, in */
  size_t body_len; /* |bodies| */
  bool whole;      /* ... all of them; else it may be fewer */
} model_event;

typedef enum model_hello {
  MODEL_NO_HELLO,
  MODEL_OLD_HELLO,
  MODEL_EXTENDED
} model_hello;

typedef struct model {
  bool lmtp;
  bool chunking;
  uint64_t max_size; /* 0: no limit */
  uint64_t seed;     /* of model_answer() */

  unsigned asked; /* questions so far */
  bool turned_away;
  bool over;
  model_hello hello;
  bool transaction;
  unsigned recipients;
  bool chunks;    /* BDAT has begun its message */
  bool text_next; /* 354 is said */
  size_t body_at; /* where its octets begin in |bodies| */

  int *replies; /* codes; or 5 for whichever of them */
  size_t reply_count, reply_room;
  model_event *events;
  size_t event_count, event_room;
  octets bodies;
} model;

/* Returns the application's answer to the |n|-th question, from 0: 0 for yes,
   or the code of a no. */
int model_answer(uint64_t seed, unsigned n);

/* Begins a connection.  |m| is zeroed but for what a listener is like. */
void model_begin(model *m);

/* Takes a command.  Behind a 354 |m->text_next| is set, and model_text() is to
   be next. */
void model_take(model *m, const model_step *step);
void model_text(model *m, const model_step *step);

/* The client's stream ends. */
void model_end_of_stream(model *m);

void model_free(model *m);

#endif /* MODEL_H */
