#ifndef TRANSCRIPT_RUN_H
#define TRANSCRIPT_RUN_H

/* Between transcript_match.c, transcript_pump.c, transcript_run.c and
   transcript_play.c. */

#include "transcript.h"

#include <setjmp.h>

typedef enum run_delivery {
  RUN_DELIVERY_WHOLE,
  RUN_DELIVERY_OCTETS,
  RUN_DELIVERY_SPLIT
} run_delivery;

typedef enum run_acks {
  RUN_ACKS_WHOLE,
  RUN_ACKS_OCTET, /* and output is looked at after every call */
  RUN_ACKS_LATE,
  RUN_ACKS_LOAN, /* late, and a loan for input is always open */
  RUN_ACKS_COUNT
} run_acks;

typedef enum run_framing {
  RUN_FRAMING_WIRE,   /* delivery cuts the octets of the wire */
  RUN_FRAMING_RECORDS /* it cuts what is in TLS into records */
} run_framing;

typedef struct run_variant {
  run_delivery delivery;
  size_t split; /* each block is cut at this position modulo its length */
  bool withheld;
  run_acks acks;
  run_framing framing;
} run_variant;

/* How far an outcome has come. */
typedef struct run_cursor {
  size_t event; /* the next item of its kind */
  size_t reply;
  bool dead;
} run_cursor;

#define RUN_OUTCOMES_MAX 16u

/* What must still be seen of the engine's records before a step is
   complete. */
typedef enum run_need {
  RUN_NEED_NOTHING,
  RUN_NEED_MORE,
  RUN_NEED_DONE,
  RUN_NEED_FATAL
} run_need;

typedef struct run {
  const transcript *script;
  const run_variant *variant;
  octets *message;
  jmp_buf failed;
  unsigned long calls;

  /* The world. */
  size_t memory; /* octets out */
  fake_certificate certificate;
  fake_provider provider;
  fake_context context;
  fake_counters counters;
  shako_listener *listener;
  shako_session *session;
  shako_time now;

  /* From the client.  |piece| octets of |input| are delivered before the
     cut. */
  octets input;
  size_t piece;
  uint8_t *loan;
  size_t loan_len;
  bool client_in_tls;

  /* To the client: |wire| is all that was lent, |acked| of it taken,
     |decoded| of it read into |line|; |text| is all that was said. */
  octets wire;
  size_t acked;
  size_t decoded;
  bool lent;
  bool records; /* TLS has begun on the wire */
  bool more_seen, done_seen, close_seen, fatal_seen;
  octets line;
  char code[4]; /* of a reply that goes on; or "" */
  octets text;

  /* Expected. */
  const transcript_step *step;
  unsigned line_at; /* what a failure is about, if it is known */
  run_cursor cursors[RUN_OUTCOMES_MAX];
  octets body; /* of BODY events in a row */
  bool has_body;
  run_need need;
  bool tls_hidden; /* the wrapping's TLS event has come */

  /* Events and questions. */
  const shako_event *live; /* until the next poll */
  octets live_text;        /* by event_text() */
  octets live_extras;
  octets log;              /* what came, for a message */
  shako_question question; /* the last one, open or not */
  shako_event_type asked;
  bool planned; /* it is open and |answer| is its answer */
  bool left_open;
  transcript_answer answer;

  /* Rules that hold throughout. */
  bool in_transaction; /* a MAIL was accepted */
  bool in_data;        /* a DATA was accepted */
  bool taken;          /* the message was, by one recipient at least */
  unsigned verdicts;   /* recipients without their MESSAGE */
  uint64_t body_size;
  uint32_t messages;
  bool secure;
  bool switching; /* from STARTTLS to the ack of its 220 */
  bool said_220;
  bool closed; /* CLOSED was polled */
  bool lost;
} run;

/* Ends the run with file:line, the variant, what is wrong and what came. */
_Noreturn __attribute__((format(printf, 2, 3))) void
run_fail(run *r, const char *format, ...);

/* transcript_match.c */

void run_begin_step(run *r, const transcript_step *step);

/* Returns whether all that is expected of the step has come. */
bool run_is_complete(const run *r);

/* Demands that it has. */
void run_end_step(run *r);

/* Takes an event; a question's answer is then in |r->answer|. */
void run_match_event(run *r, const shako_event *event);

/* Reads what was lent since. */
void run_decode(run *r);

/* transcript_pump.c: the calls to the session, each followed by checks. */

void run_check(run *r);
void run_poll(run *r);
void run_answer(run *r, const transcript_answer *answer);
bool run_receive(run *r); /* some of |input|, if there is room */
void run_give_back(run *r);
void run_look(run *r); /* at what is lent */
void run_send(run *r, bool one_octet);
unsigned run_want(const run *r);
bool run_is_due(const run *r); /* POLL, or time */

/* transcript_run.c */

/* Plays |script| once.  Returns false with |*message|.  What the server said
   in all is added to |*text|. */
bool transcript_run(const transcript *script, const run_variant *variant,
                    octets *text, octets *message);

#endif /* TRANSCRIPT_RUN_H */
