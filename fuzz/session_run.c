#include "session_run.h"

#include <stdio.h>
#include <string.h>

/* More than any input needs. */
#define STEPS_MAX 400000u

/* What can be seen of a session. */
typedef struct view {
  unsigned want;
  shako_time expiry;
} view;

static void dump(const char *title, const octets *what) {
  octets text = {0};

  octets_add_escaped(&text, what->ptr, what->len);
  fprintf(stderr, "%s: %s\n", title, octets_text(&text));
  octets_free(&text);
}

void run_fail(const run *r, const char *file, int line, const char *why) {
  fprintf(stderr, "%s:%d: %s\n", file, line, why ? why : "(no reason)");
  fprintf(stderr, "step %u, want 0x%x, how \"%s\"\nevents:\n%s", r->steps,
          r->session ? run_want(r) : 0, r->how, octets_text(&r->log));
  dump("received", &r->clear_text);
  dump("inside TLS", &r->peer.inner);
  dump("sent", &r->wire);
  fflush(stderr);
  __builtin_trap();
}

unsigned run_want(const run *r) {
  return shako_session_want(r->session);
}

static view look_around(const run *r) {
  const view seen = {run_want(r), shako_session_expiry(r->session)};

  return seen;
}

static bool is_due(const run *r) {
  return (run_want(r) & SHAKO_WANT_POLL) ||
         r->now >= shako_session_expiry(r->session);
}

/* Sending. */

/* Borrows what there is to send and checks it against what was lent. */
static void look(run *r) {
  size_t len;
  const uint8_t *at = shako_session_send_buf(r->session, &len);
  unsigned want = run_want(r);

  HOLDS(r, (at != NULL) == ((want & SHAKO_WANT_SEND) != 0),
        "send_buf() and SEND do not agree");
  HOLDS(r, at ? len > 0 : len == 0, "a loan of no octets");
  HOLDS(r, len >= r->lent.len || (!at && r->lost), "a loan became shorter");
  HOLDS(r, !at || r->lent.len == 0 || !memcmp(at, r->lent.ptr, r->lent.len),
        "octets that were lent have changed");
  if (!at) {
    r->is_lent = false;
    octets_clear(&r->lent);
    return;
  }
  octets_add(&r->lent, at + r->lent.len, len - r->lent.len);
  r->is_lent = true;
}

static void ack_sent(run *r) {
  size_t most = r->settings->send_size;
  size_t n = most == 0 || r->lent.len < most ? r->lent.len : most;

  HOLDS(r,
        shako_session_send_ack(r->session, r->lent.len + 1) ==
            SHAKO_ERR_INVALID_ARGUMENT,
        "send_ack() of more than was lent");
  HOLDS(r, shako_session_send_ack(r->session, n) == 0, "send_ack()");
  octets_add(&r->wire, r->lent.ptr, n);
  r->is_lent = false;
  octets_clear(&r->lent);
  HOLDS(r, shako_session_send_ack(r->session, 1) == SHAKO_ERR_INVALID_STATE,
        "send_ack() without a loan");
}

/* Lends in one step and acks in another, where there are turns. */
static bool act_send(run *r) {
  if (r->is_lent) {
    ack_sent(r);
    return true;
  }
  if (!(run_want(r) & SHAKO_WANT_SEND)) {
    return false;
  }
  look(r);
  if (r->is_lent && r->settings->order != SETTINGS_ORDER_TURNS) {
    ack_sent(r);
  }
  return true;
}

/* Receiving. */

static bool borrow(run *r) {
  unsigned want = run_want(r);

  if (r->loan) {
    return true;
  }
  r->loan = shako_session_recv_buf(r->session, &r->loan_len);
  HOLDS(r,
        (r->loan != NULL) == ((want & SHAKO_WANT_RECV) != 0) ||
            (!r->loan && r->memory.failed),
        "recv_buf() and RECV do not agree");
  HOLDS(r, !r->loan || r->loan_len > 0, "a loan of no room");
  return r->loan;
}

static void ack_received(run *r, size_t n) {
  HOLDS(r,
        shako_session_recv_ack(r->session, r->loan_len + 1) ==
            SHAKO_ERR_INVALID_ARGUMENT,
        "recv_ack() of more than was lent");
  HOLDS(r, shako_session_recv_ack(r->session, n) == 0, "recv_ack()");
  r->loan = NULL;
  HOLDS(r, shako_session_recv_ack(r->session, 1) == SHAKO_ERR_INVALID_STATE,
        "recv_ack() without a loan");
}

void run_give_back(run *r) {
  if (r->loan) {
    ack_received(r, 0);
  }
}

/* How many octets the peer sends now, if there is room for |room|. */
static size_t next_piece(const run *r, size_t room) {
  size_t left = peer_left(&r->peer);
  size_t n = r->settings->piece;

  n = n == 0 || n > left ? left : n;
  return n < room ? n : room;
}

/* The peer has sent |n| octets. */
static void was_sent(run *r, size_t n) {
  peer *p = &r->peer;
  const uint8_t *at = p->wire.ptr + p->sent;

  if (!r->switched) {
    octets_add(&r->clear_text, at, n);
  } else if (r->external_done && !p->rest) {
    octets_add(&p->inner, at, n);
    p->inner_exact = true;
  } else if (p->waits) {
    r->muddled = true; /* it believes that there is no TLS */
  }
  p->sent += n;
  r->now += r->settings->tick;
}

static void end_stream(run *r) {
  HOLDS(r, shako_session_recv_eof(r->session) == 0, "recv_eof()");
  r->eof = true;
}

static void end_at_once(run *r) {
  if (r->settings->ending == SETTINGS_ENDING_EOF_AT_ONCE && !r->eof &&
      peer_left(&r->peer) == 0 && !r->peer.waits) {
    end_stream(r);
  }
}

static bool push(run *r) {
  size_t n = 0;
  int error = shako_session_push(r->session, r->peer.wire.ptr + r->peer.sent,
                                 next_piece(r, SIZE_MAX), &n);

  HOLDS(r, error == 0 || r->memory.failed, "push()");
  HOLDS(r, n <= next_piece(r, SIZE_MAX), "push() took too much");
  was_sent(r, n);
  return n > 0;
}

static bool act_recv(run *r) {
  size_t n;

  if (r->settings->handling == SETTINGS_HANDLING_HELD && !r->loan &&
      (run_want(r) & SHAKO_WANT_RECV)) {
    borrow(r);
  }
  if (peer_left(&r->peer) == 0 || r->eof) {
    return false;
  }
  if (!r->loan && !(run_want(r) & SHAKO_WANT_RECV)) {
    return false;
  }
  if (r->settings->handling == SETTINGS_HANDLING_PUSH) {
    n = push(r);
  } else if (borrow(r)) {
    n = next_piece(r, r->loan_len);
    memcpy(r->loan, r->peer.wire.ptr + r->peer.sent, n);
    ack_received(r, n);
    was_sent(r, n);
  }
  end_at_once(r);
  return true;
}

/* Polling. */

static void after_poll(run *r, const shako_event *event, bool in_time) {
  view now = look_around(r);

  if (r->question != 0 && !(now.want & SHAKO_WANT_ANSWER)) {
    HOLDS(r, in_time || r->memory.failed || r->lost || r->stopped,
          "a question is gone");
    run_question_gone(r);
  }
  if (event) {
    run_take_event(r, event);
    return;
  }
  HOLDS(r, !(now.want & SHAKO_WANT_POLL),
        "poll() gives nothing, and want() has POLL");
  HOLDS(r, !in_time || now.expiry > r->now, "poll() at expiry() did nothing");
}

static bool act_poll(run *r) {
  bool in_time = r->now >= shako_session_expiry(r->session);

  if (!is_due(r)) {
    return false;
  }
  run_let_go(r);
  after_poll(r, shako_session_poll(r->session, r->now), in_time);
  return true;
}

/* Where want() has no POLL, poll() must do nothing. */
static void check_idle(run *r) {
  view before = look_around(r);
  view after;

  if (is_due(r) || r->steps % 3 != 0) {
    return;
  }
  run_let_go(r);
  HOLDS(r, !shako_session_poll(r->session, r->now),
        "poll() gives an event, and want() had no POLL");
  after = look_around(r);
  HOLDS(r, before.want == after.want, "poll() acts, and want() had no POLL");
  HOLDS(r, before.expiry == after.expiry, "an idle poll() moves expiry()");
  if (r->is_lent) {
    size_t len = r->lent.len;

    look(r);
    HOLDS(r, r->lent.len == len, "an idle poll() has said something");
  }
}

static void check_want(run *r) {
  unsigned want = run_want(r);

  HOLDS(r, !(want & SHAKO_WANT_SEND) || !(want & SHAKO_WANT_CLOSE),
        "SEND together with CLOSE");
  HOLDS(r, (r->question != 0) == ((want & SHAKO_WANT_ANSWER) != 0),
        "ANSWER, and no question; or the other way round");
  HOLDS(r, r->memory.used <= RUN_MEMORY_MAX, "too much memory is in use");
  if (r->closed && !r->live) {
    HOLDS(r, (want & ~(SHAKO_WANT_CLOSE | SHAKO_WANT_SEND)) == 0,
          "after CLOSED want() is not CLOSE alone");
  }
}

/* A loan given back unused changes nothing. */
static void check_room(run *r) {
  unsigned want = run_want(r);
  size_t len;

  if (r->settings->handling != SETTINGS_HANDLING_LOANS || r->memory.fail_at) {
    return;
  }
  if (!borrow(r)) {
    HOLDS(r, !shako_session_recv_buf(r->session, &len) && len == 0,
          "room where there was none");
    return;
  }
  HOLDS(r,
        shako_session_recv_buf(r->session, &len) == r->loan &&
            len == r->loan_len,
        "asked again recv_buf() gives another loan");
  ack_received(r, 0);
  HOLDS(r, run_want(r) == want, "a loan given back unused changes want()");
}

/* Answering. */

static bool act_answer(run *r) {
  if (r->question == 0) {
    return false;
  }
  if (r->delay > 0) {
    r->delay--;
    return false;
  }
  run_answer(r);
  return true;
}

static bool act_in_order(run *r) {
  bool late = r->settings->send_late && !r->is_lent;

  switch (r->settings->order) {
  case SETTINGS_ORDER_POLL:
    return act_poll(r) || act_answer(r) || (!late && act_send(r)) ||
           act_recv(r);
  case SETTINGS_ORDER_RECV:
    return act_recv(r) || act_poll(r) || act_answer(r) ||
           (!late && act_send(r));
  case SETTINGS_ORDER_SEND:
    return act_send(r) || act_recv(r) || act_answer(r) || act_poll(r);
  case SETTINGS_ORDER_TURNS:
  case SETTINGS_ORDER_COUNT:
    break;
  }
  switch (r->steps % 4) {
  case 0:
    return act_poll(r);
  case 1:
    return act_recv(r);
  case 2:
    return !late && act_send(r);
  default:
    return act_answer(r);
  }
}

/* At rest a session waits for an answer or for the peer. */
static void check_rest(run *r) {
  HOLDS(r, r->question != 0 || (run_want(r) & SHAKO_WANT_RECV) != 0,
        "the session is stuck");
  HOLDS(r, !r->eof || r->question != 0, "the session waits after the end");
}

/* Nothing moves: what does the world do? */
static void act_at_rest(run *r) {
  if (act_poll(r) || act_recv(r) || act_send(r)) {
    return;
  }
  check_rest(r);
  if (r->question != 0) {
    r->delay = 0;
    run_answer(r);
  } else if (r->peer.waits) {
    peer_go_on(&r->peer, r->settings, r->switched);
    end_at_once(r);
  } else if (r->settings->ending == SETTINGS_ENDING_SILENCE) {
    r->now = shako_session_expiry(r->session);
  } else {
    end_stream(r);
  }
}

/* What happens at the |moment|. */
static void act_at_moment(run *r) {
  const settings *s = r->settings;

  if (r->done || r->steps != s->moment) {
    return;
  }
  r->done = true;
  if (s->ending == SETTINGS_ENDING_LOST) {
    HOLDS(r, shako_session_lost(r->session) == 0, "lost()");
    r->lost = true;
  } else if (s->ending == SETTINGS_ENDING_SHUTDOWN) {
    int error = shako_session_shutdown(r->session, "Going\ndown");

    HOLDS(r, error == 0 || error == SHAKO_ERR_INVALID_STATE, "shutdown()");
    r->stopped = r->stopped || error == 0;
  } else if (s->ending == SETTINGS_ENDING_CUT && !r->eof) {
    end_stream(r);
  }
  if (r->question != 0 && !(run_want(r) & SHAKO_WANT_ANSWER)) {
    run_question_gone(r);
  }
}

static bool is_abandoned(const run *r) {
  return r->settings->ending == SETTINGS_ENDING_ABANDON &&
         r->steps >= r->settings->moment;
}

/* Whether there is no more to do. */
static bool is_over(const run *r) {
  return is_abandoned(r) || (r->closed && !(run_want(r) & SHAKO_WANT_SEND));
}

static void step(run *r) {
  act_at_moment(r);
  check_want(r);
  check_room(r);
  check_idle(r);
  r->steps++;
  HOLDS(r, r->steps < STEPS_MAX, "this does not end");
  if (!act_in_order(r) &&
      (r->settings->order != SETTINGS_ORDER_TURNS || r->steps % 4 == 0)) {
    act_at_rest(r);
  }
}

/* shako_session_drive() */

static shako_io_status io_recv(void *ctx, uint8_t *buf, size_t len, size_t *n) {
  run *r = ctx;

  r->would_block = !r->would_block;
  if (r->would_block) {
    return SHAKO_IO_AGAIN;
  }
  if (r->eof) {
    return SHAKO_IO_EOF;
  }
  *n = next_piece(r, len);
  if (*n == 0) {
    return SHAKO_IO_AGAIN;
  }
  memcpy(buf, r->peer.wire.ptr + r->peer.sent, *n);
  was_sent(r, *n);
  return SHAKO_IO_OK;
}

static shako_io_status io_send(void *ctx, const uint8_t *buf, size_t len,
                               size_t *n) {
  run *r = ctx;
  size_t most = r->settings->send_size;

  r->would_block = !r->would_block;
  if (r->would_block && r->settings->send_late) {
    return SHAKO_IO_AGAIN;
  }
  *n = most == 0 || len < most ? len : most;
  octets_add(&r->wire, buf, *n);
  return SHAKO_IO_OK;
}

static shako_time io_now(void *ctx) {
  return ((run *)ctx)->now;
}

/* drive() came to rest without an event. */
static void drive_on(run *r, unsigned want) {
  size_t left = peer_left(&r->peer);

  HOLDS(r, !(want & SHAKO_WANT_POLL), "drive() does not poll");
  if (act_answer(r) || (want & SHAKO_WANT_SEND)) {
    return;
  }
  if (r->question != 0 || (left > 0 && !r->eof && (want & SHAKO_WANT_RECV))) {
    return;
  }
  check_rest(r);
  if (r->peer.waits) {
    peer_go_on(&r->peer, r->settings, r->switched);
  } else if (r->settings->ending == SETTINGS_ENDING_SILENCE) {
    r->now = shako_session_expiry(r->session);
  } else {
    end_stream(r);
  }
}

static void drive_step(run *r) {
  const shako_io io = {sizeof(io), r, io_recv, io_send, io_now};
  const shako_event *event;
  unsigned want;
  bool had_question = r->question != 0;

  act_at_moment(r);
  check_want(r);
  r->steps++;
  HOLDS(r, r->steps < STEPS_MAX, "this does not end");
  run_let_go(r);
  want = shako_session_drive(r->session, &io, &event);
  HOLDS(r, want == run_want(r), "drive() returns another want()");
  if (had_question && !(want & SHAKO_WANT_ANSWER)) {
    run_question_gone(r);
  }
  if (event) {
    run_take_event(r, event);
  } else if (!is_over(r)) {
    drive_on(r, want);
  }
}

/* From the start to the end. */

/* After CLOSED nothing changes any more. */
static void check_end(run *r) {
  size_t len;

  if (is_abandoned(r)) {
    return;
  }
  run_let_go(r);
  HOLDS(r, run_want(r) == SHAKO_WANT_CLOSE, "at the end CLOSE is not alone");
  HOLDS(r, !shako_session_poll(r->session, r->now + 10000000), "poll()");
  HOLDS(r, shako_session_expiry(r->session) == SHAKO_TIME_NEVER, "expiry()");
  HOLDS(r, !shako_session_send_buf(r->session, &len), "send_buf()");
  HOLDS(r, r->loan || !shako_session_recv_buf(r->session, &len), "recv_buf()");
  HOLDS(r, shako_session_shutdown(r->session, NULL) == SHAKO_ERR_INVALID_STATE,
        "shutdown()");
  HOLDS(r,
        shako_session_accept(r->session, r->last_question) ==
            SHAKO_ERR_STALE_QUESTION,
        "accept()");
  if (r->loan && r->steps % 2 == 0) {
    run_give_back(r);
  }
  HOLDS(r, shako_session_lost(r->session) == 0, "lost()");
  HOLDS(r, run_want(r) == SHAKO_WANT_CLOSE, "want() changes after the end");
}

static void play(run *r) {
  shako_peer host;

  shako_peer_default(&host);
  host.name = (shako_span){(const uint8_t *)"client.example.net", 18};
  if (shako_session_new(&r->session, r->listener, &host, r, r->now) != 0) {
    HOLDS(r, r->memory.failed, "session_new()");
    return;
  }
  HOLDS(r, shako_session_user_data(r->session) == r, "user_data()");
  HOLDS(r, shako_session_peer(r->session)->name.len == 18, "peer()");
  while (!is_over(r)) {
    if (r->settings->handling == SETTINGS_HANDLING_DRIVE) {
      drive_step(r);
    } else {
      step(r);
    }
  }
  check_end(r);
  shako_session_free(r->session);
  r->session = NULL;
}

void run_play(run *r, const settings *s, const uint8_t *input, size_t len) {
  memset(r, 0, sizeof(*r));
  r->settings = s;
  r->now = 1000;
  r->switched = s->implicit;
  run_world_open(r);
  peer_open(&r->peer, s, input, len);
  if (r->switched && s->peer != SETTINGS_PEER_RAW && settings_has_engine(s)) {
    peer_go_on(&r->peer, s, true);
  }
  play(r);
  run_world_close(r);
}

void run_free(run *r) {
  peer_free(&r->peer);
  octets_free(&r->lent);
  octets_free(&r->wire);
  octets_free(&r->clear_text);
  octets_free(&r->live_text);
  octets_free(&r->log);
  octets_free(&r->messages);
  octets_free(&r->bodies);
}
