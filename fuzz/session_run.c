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
  view before;
  view after;
  size_t lent;

  if (is_due(r) || r->steps % 3 != 0) {
    return;
  }
  if (r->is_lent) {
    run_look(r);
  }
  before = look_around(r);
  lent = r->lent.len;
  run_let_go(r);
  HOLDS(r, !shako_session_poll(r->session, r->now),
        "poll() gives an event, and want() had no POLL");
  after = look_around(r);
  HOLDS(r, before.want == after.want, "poll() acts, and want() had no POLL");
  HOLDS(r, before.expiry == after.expiry, "an idle poll() moves expiry()");
  if (r->is_lent) {
    run_look(r);
    HOLDS(r, r->lent.len == lent, "an idle poll() has said something");
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

/* Answering. */

bool run_answer_in_time(run *r) {
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
    return act_poll(r) || run_answer_in_time(r) || (!late && run_send(r)) ||
           run_receive(r);
  case SETTINGS_ORDER_RECV:
    return run_receive(r) || act_poll(r) || run_answer_in_time(r) ||
           (!late && run_send(r));
  case SETTINGS_ORDER_SEND:
    return run_send(r) || run_receive(r) || run_answer_in_time(r) ||
           act_poll(r);
  case SETTINGS_ORDER_TURNS:
  case SETTINGS_ORDER_COUNT:
    break;
  }
  switch (r->steps % 4) {
  case 0:
    return act_poll(r);
  case 1:
    return run_receive(r);
  case 2:
    return !late && run_send(r);
  default:
    return run_answer_in_time(r);
  }
}

/* At rest a session waits for an answer or for the peer. */
static void check_rest(run *r) {
  HOLDS(r, r->question != 0 || (run_want(r) & SHAKO_WANT_RECV) != 0,
        "the session is stuck");
  HOLDS(r, !r->eof || r->question != 0, "the session waits after the end");
}

void run_go_on(run *r) {
  check_rest(r);
  if (r->peer.waits) {
    peer_go_on(&r->peer, r->settings, r->switched);
    run_end_at_once(r);
  } else if (r->settings->ending == SETTINGS_ENDING_SILENCE) {
    r->now = shako_session_expiry(r->session);
  } else {
    run_end_stream(r);
  }
}

/* Nothing moves: what does the world do? */
static void act_at_rest(run *r) {
  if (act_poll(r) || run_receive(r) || run_send(r)) {
    return;
  }
  if (r->question != 0) {
    r->delay = 0;
    run_answer(r);
  } else {
    run_go_on(r);
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
    run_end_stream(r);
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
bool run_is_over(const run *r) {
  return is_abandoned(r) || (r->closed && !(run_want(r) & SHAKO_WANT_SEND));
}

void run_begin_step(run *r) {
  act_at_moment(r);
  check_want(r);
  r->steps++;
  HOLDS(r, r->steps < STEPS_MAX, "this does not end");
}

static void step(run *r) {
  run_begin_step(r);
  run_check_room(r);
  check_idle(r);
  if (!act_in_order(r) &&
      (r->settings->order != SETTINGS_ORDER_TURNS || r->steps % 4 == 0)) {
    act_at_rest(r);
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
  host.address.known =
      r->settings->table || r->settings->offers == SETTINGS_OFFERS_PROXY;
  if (!r->settings->table) {
    host.name_state = SHAKO_NAME_VERIFIED;
  }
  host.name = (shako_span){(const uint8_t *)"client.example.net", 18};
  if (shako_session_new(&r->session, r->listener, &host, r, r->now) != 0) {
    HOLDS(r, r->memory.failed, "session_new()");
    return;
  }
  HOLDS(r, shako_session_user_data(r->session) == r, "user_data()");
  HOLDS(r,
        shako_session_peer(r->session)->name.len ==
            (r->settings->table ? 0 : 18),
        "peer()");
  while (!run_is_over(r)) {
    if (r->settings->handling == SETTINGS_HANDLING_DRIVE) {
      run_drive(r);
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
  octets_add(&r->bodies, "", 0); /* somewhere, even if empty */
  octets_add(&r->wire, "", 0);
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
