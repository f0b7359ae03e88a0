#ifndef SESSION_RUN_H
#define SESSION_RUN_H

#include "fake_engine.h"
#include "octets.h"
#include "session_peer.h"
#include "session_settings.h"

/* A message: what was accepted by DATA's answer. */
typedef struct run_message {
  size_t from, to; /* in |bodies| */
  bool complete;   /* MESSAGE; else a RESET of |reason| */
  char reason[32];
} run_message;

/* What a listener takes from its memory. */
typedef struct run_memory {
  size_t used;
  size_t most;
  unsigned allocations;
  unsigned fail_at; /* this allocation fails; 0: none */
  bool failed;
} run_memory;

/* More than this a session never has. */
#define RUN_MEMORY_MAX ((size_t)128 * 1024)

/* One session, from its start to CLOSED. */
typedef struct run {
  const settings *settings;
  shako_session *session;
  shako_time now;
  unsigned steps;
  peer peer;
  bool eof;
  bool lost;
  bool stopped; /* shutdown() was called */
  bool done;    /* |moment| was */

  uint8_t *loan; /* of recv_buf() */
  size_t loan_len;
  octets lent; /* what send_buf() lent, as long as it does */
  bool is_lent;
  bool recv_blocks; /* the io's last call said AGAIN */
  bool send_blocks;
  octets wire;       /* all that was sent */
  octets clear_text; /* all that was received before TLS */

  /* TLS */
  bool switched;      /* STARTTLS is accepted, or the port is always TLS */
  bool secure;        /* TLS was delivered */
  bool external_done; /* HANDSHAKE is answered */
  size_t external_at; /* ... when so much was sent */
  bool injected;      /* "injected-bytes" */
  bool muddled;       /* the peer does not know that TLS began */

  /* events */
  const shako_event *live;
  octets live_text;
  octets log;
  octets messages; /* of run_message */
  octets bodies;
  bool in_transaction;
  bool in_data;
  bool turned_away;
  uint32_t recipients;
  uint32_t accepted; /* messages */
  bool taken;        /* the last one, by a recipient at least */
  bool challenges;   /* the AUTH asked is to be answered with a challenge */
  uint32_t violations;
  uint32_t noes;
  bool closed;
  char how[32];

  /* the question */
  shako_question question; /* 0: none is open */
  shako_question last_question;
  shako_event_type asked;
  settings_answer answer;
  unsigned questions;
  unsigned delay;

  /* the surroundings */
  run_memory memory;
  shako_listener *listener;
  shako_tls_engine chatty;
  fake_context context;
  fake_counters counters;
  fake_certificate certificate;
  fake_provider provider;
} run;

/* Runs a session with |s| against a peer that says |input|. */
void run_play(run *r, const settings *s, const uint8_t *input, size_t len);
void run_free(run *r);

/* Says why a run is wrong, and all that happened, and traps. */
_Noreturn void run_fail(const run *r, const char *file, int line,
                        const char *why);

#define HOLDS(RUN, CONDITION, WHY)                                             \
  do {                                                                         \
    if (!(CONDITION)) {                                                        \
      run_fail((RUN), __FILE__, __LINE__, (WHY));                              \
    }                                                                          \
  } while (0)

size_t run_message_count(const run *r);
const run_message *run_message_at(const run *r, size_t i);

/* session_run.c */

unsigned run_want(const run *r);

/* Whether there is no more to do. */
bool run_is_over(const run *r);

/* What comes before each step, however it is done. */
void run_begin_step(run *r);

/* Answers the open question, if there is one and its time has come.  Returns
   whether it did. */
bool run_answer_in_time(run *r);

/* Nothing moves, and no question is open: the peer goes on, or time does, or
   the stream ends. */
void run_go_on(run *r);

/* session_handling.c: octets in and out, by loans */

/* Each returns whether it did something. */
bool run_send(run *r);
bool run_receive(run *r);

/* Borrows what there is to send, and checks it against what was lent. */
void run_look(run *r);

/* Gives the loan of room back unused, if there is one. */
void run_give_back(run *r);

/* A loan given back unused changes nothing. */
void run_check_room(run *r);

/* How many octets the peer sends now, if there is room for |room|. */
size_t run_next_piece(const run *r, size_t room);

/* The peer has sent |n| octets. */
void run_was_sent(run *r, size_t n);

void run_end_stream(run *r);
void run_end_at_once(run *r);

/* session_drive.c: one step by shako_session_drive() */
void run_drive(run *r);

/* session_events.c */

/* Checks that the event polled last is as it was, and forgets it. */
void run_let_go(run *r);
void run_take_event(run *r, const shako_event *event);

/* Gives the answer that the settings have for the open question. */
void run_answer(run *r);

/* The question, if one was open, is open no more. */
void run_question_gone(run *r);

/* session_world.c: listener, memory, engine and provider */
void run_world_open(run *r);
void run_world_close(run *r);

#endif /* SESSION_RUN_H */
