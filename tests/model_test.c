/* Sequences of commands at random, with answers at random, cut at random: the
   session says what a small model of the RFCs says (support/model.h), and shows
   the application the same.

     MODEL_RUNS=1000000   so many sequences
     MODEL_SEED=1234      this one, as a failure prints it */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <shako/shako.h>

#include "support/model.h"
#include "support/octets.h"

#define COUNT(ARRAY) (sizeof(ARRAY) / sizeof((ARRAY)[0]))

#define RUNS      100000
#define STEPS_MAX 40
#define SMALL     200 /* octets of a message, where there is a limit */

/* --- chance ------------------------------------------------------------- */

/* xorshift64* */
static uint64_t state;

static unsigned below(unsigned n) {
  state ^= state >> 12;
  state ^= state << 25;
  state ^= state >> 27;
  return (unsigned)((state * 0x2545f4914f6cdd1du >> 33) % n);
}

static bool chance(unsigned percent) {
  return below(100) < percent;
}

/* --- what the client says ------------------------------------------------ */

typedef struct script {
  model model;
  octets text;            /* all that the client says */
  size_t ends[STEPS_MAX]; /* where it may wait for replies */
  size_t count;
} script;

/* Adds a line whose letters are in any case. */
static void add_line(octets *to, const char *line) {
  size_t from = to->len;
  bool mixed = chance(10);

  octets_add_text(to, line);
  for (size_t i = from; mixed && i < to->len && to->ptr[i] != ' '; i++) {
    bool letter = to->ptr[i] >= 'A' && to->ptr[i] <= 'Z';

    to->ptr[i] = (uint8_t)(to->ptr[i] | (letter && chance(50) ? 0x20 : 0));
  }
  octets_add_text(to, "\r\n");
}

/* What follows where all goes well. */
static model_verb sensible(const model *m) {
  if (m->hello == MODEL_NO_HELLO) {
    return m->lmtp ? MODEL_LHLO : chance(80) ? MODEL_EHLO : MODEL_HELO;
  }
  if (!m->transaction) {
    return MODEL_MAIL;
  }
  if (m->chunks) {
    return MODEL_BDAT;
  }
  if (m->recipients == 0 || chance(50)) {
    return MODEL_RCPT;
  }
  return m->chunking && chance(70) ? MODEL_BDAT : MODEL_DATA;
}

static model_verb pick(const model *m) {
  model_verb verb = (model_verb)below(MODEL_COUNT);

  if (chance(70) || (verb == MODEL_QUIT && chance(80))) {
    return sensible(m);
  }
  return verb;
}

static const char *const good[MODEL_COUNT] = {
    [MODEL_EHLO] = "EHLO c.example", [MODEL_HELO] = "HELO [192.0.2.7]",
    [MODEL_LHLO] = "LHLO c.example", [MODEL_DATA] = "DATA",
    [MODEL_RSET] = "RSET",           [MODEL_NOOP] = "NOOP at all",
    [MODEL_VRFY] = "VRFY someone",   [MODEL_QUIT] = "QUIT",
    [MODEL_STARTTLS] = "STARTTLS",   [MODEL_UNKNOWN] = "XYZZY FROM:<a@b>",
};

static const char *const bad[MODEL_COUNT] = {
    [MODEL_EHLO] = "EHLO",
    [MODEL_HELO] = "HELO a b",
    [MODEL_LHLO] = "LHLO",
    [MODEL_MAIL] = "MAIL FROM:a b",
    [MODEL_RCPT] = "RCPT TO:<>",
    [MODEL_DATA] = "DATA now",
    [MODEL_BDAT] = "BDAT x",
    [MODEL_RSET] = "RSET now",
    [MODEL_NOOP] = NULL,
    [MODEL_VRFY] = "VRFY",
    [MODEL_QUIT] = "QUIT now",
    [MODEL_STARTTLS] = "STARTTLS now",
    [MODEL_UNKNOWN] = "MAILFROM <x>",
};

/* Octets for a chunk, any at all, such as look like commands. */
static void make_chunk(octets *data, uint64_t max) {
  static const char *const pieces[] = {
      "QUIT\r\n", "\r\n.\r\n", "\n", "\r", "BDAT 3\r\n", "x", "\r\nRSET\r\n"};
  size_t count = below(4) * below(3);

  for (size_t i = 0; i < count; i++) {
    octets_add_text(data, pieces[below(COUNT(pieces))]);
  }
  if (chance(3)) {
    while (data->len < SMALL) {
      octets_add_text(data, "0123456789");
    }
  }
  if (max > 0 && data->len > max) {
    data->len = (size_t)max;
  }
}

/* One line of a text, to |data| as it is and to |wire| with its dot. */
static void add_text_line(octets *data, octets *wire, const char *line) {
  octets_add_text(data, line);
  octets_add_text(data, "\r\n");
  octets_add_text(wire, *line == '.' ? "." : "");
  octets_add_text(wire, line);
  octets_add_text(wire, "\r\n");
}

static void make_text(model_step *step, octets *wire) {
  static const char *const lines[] = {
      "", ".", "..", ".x", "QUIT", "a line", "a line that is longer than most"};
  static const char *const bares[] = {"a\nb", "\n.",    "\r",
                                      "a\r",  ".\n.\n", "\n"};
  size_t count = below(8);

  step->bare = chance(10);
  for (size_t i = 0; i < count; i++) {
    add_text_line(&step->data, wire, lines[below(COUNT(lines))]);
  }
  if (step->bare) {
    add_text_line(&step->data, wire, bares[below(COUNT(bares))]);
    add_text_line(&step->data, wire, lines[below(COUNT(lines))]);
  }
  octets_add_text(wire, ".\r\n");
}

/* The commands that have parameters. */
static void add_with_parameters(model_step *step, uint64_t max, octets *to) {
  octets line = {0};

  if (step->verb == MODEL_BDAT) {
    step->last = chance(40);
    make_chunk(&step->data, max);
    octets_print(&line, "BDAT %zu%s", step->data.len,
                 step->last ? " LAST" : "");
  } else if (step->verb == MODEL_RCPT) {
    octets_print(&line, "RCPT TO:<r%u@d.example>", step->number);
  } else {
    step->declared = chance(10) ? 1 + below(2 * SMALL) : 0;
    octets_print(&line, "MAIL FROM:<r%u@d.example>", step->number);
    if (step->declared > 0) {
      octets_print(&line, " SIZE=%u", (unsigned)step->declared);
    }
  }
  add_line(to, octets_text(&line));
  octets_add(to, step->data.ptr, step->data.len);
  octets_free(&line);
}

static void mark(script *s) {
  s->ends[s->count++] = s->text.len;
}

static void add_step(script *s) {
  model_step step = {.verb = pick(&s->model), .number = (unsigned)s->count};
  unsigned often = step.verb == MODEL_BDAT ? 1 : 8;

  step.bad = bad[step.verb] && chance(often);
  if (step.bad) {
    add_line(&s->text, bad[step.verb]);
  } else if (good[step.verb]) {
    add_line(&s->text, good[step.verb]);
  } else {
    add_with_parameters(&step, s->model.max_size, &s->text);
  }
  model_take(&s->model, &step);
  octets_free(&step.data);
  mark(s);
}

static void add_text(script *s) {
  model_step step = {0};

  make_text(&step, &s->text);
  model_text(&s->model, &step);
  octets_free(&step.data);
  mark(s);
}

/* Makes up a client, and what must come of it. */
static void make_script(script *s) {
  size_t steps = 1 + below(STEPS_MAX - 1);

  model_begin(&s->model);
  while (s->count < steps && !s->model.over) {
    if (s->model.text_next) {
      add_text(s);
    } else {
      add_step(s);
    }
  }
  model_end_of_stream(&s->model);
}

/* --- the session --------------------------------------------------------- */

typedef struct play {
  const script *script;
  shako_session *session;
  uint64_t seed;
  bool slow;               /* answers take their time */
  shako_question question; /* is open, and not yet answered; 0: none */
  shako_event_type type;
  unsigned asked;
  size_t event; /* the next that is expected */
  octets body;  /* since MAIL */
  octets heard;
  bool closed;
} play;

static void lose_run(const play *p, const char *what) {
  octets text = {0};

  octets_add_escaped(&text, p->script->text.ptr, p->script->text.len);
  fprintf(stderr, "The client: %s\nHeard:\n%s\n", octets_text(&text),
          octets_text(&p->heard));
  fail_msg("MODEL_SEED=%llu: %s, at event %zu", (unsigned long long)p->seed,
           what, p->event);
}

static unsigned number_in(shako_span path) {
  unsigned number = 0;

  for (size_t i = 1; i < path.len && path.ptr[i] != '@'; i++) {
    number = number * 10 + (path.ptr[i] - '0');
  }
  return number;
}

static unsigned number_of(const shako_event *event) {
  if (event->type == SHAKO_EVENT_MAIL) {
    return number_in(event->u.mail.path);
  }
  if (event->type == SHAKO_EVENT_RCPT) {
    return number_in(event->u.rcpt.path);
  }
  return event->type == SHAKO_EVENT_MESSAGE ? event->u.message.recipient : 0;
}

/* The octets of a message are those that were sent, or a beginning of them. */
static bool is_body(const play *p, const model_event *expected) {
  size_t len = p->body.len;

  if (expected->whole ? len != expected->body_len : len > expected->body_len) {
    return false;
  }
  return len == 0 ||
         memcmp(p->body.ptr, p->script->model.bodies.ptr + expected->body_at,
                len) == 0;
}

static void check_event(play *p, const shako_event *event) {
  const model *m = &p->script->model;
  const model_event *expected = &m->events[p->event];

  if (p->event == m->event_count || expected->type != event->type) {
    octets_print(&p->heard, "(event %d)", event->type);
    lose_run(p, "another event");
  } else if (expected->number != number_of(event)) {
    lose_run(p, "another path or recipient");
  }
  if (event->type == SHAKO_EVENT_MESSAGE) {
    if (!is_body(p, expected) || event->u.message.size != p->body.len) {
      lose_run(p, "another message");
    }
  } else if (event->type == SHAKO_EVENT_RESET && !is_body(p, expected)) {
    lose_run(p, "another message, which was refused");
  }
  if (event->type == SHAKO_EVENT_MAIL) {
    octets_clear(&p->body);
  }
  p->event++;
}

static void answer(play *p) {
  shako_question question = p->question;
  int no = model_answer(p->seed, p->asked++);
  int error;

  p->question = 0;
  error = no == 0 ? shako_session_accept(p->session, question)
                  : shako_session_answer(p->session, question, no, NULL, "No");
  if (error) {
    lose_run(p, "an answer is not taken");
  }
}

static void take_event(play *p, const shako_event *event) {
  if (event->type == SHAKO_EVENT_BODY) {
    octets_add(&p->body, event->u.body.ptr, event->u.body.len);
  } else if (event->type != SHAKO_EVENT_VIOLATION) {
    check_event(p, event);
  }
  p->closed = event->type == SHAKO_EVENT_CLOSED;
  p->question = event->question;
  if (p->question && !p->slow) {
    answer(p);
  }
}

static void hear(play *p) {
  size_t len;
  const uint8_t *at = shako_session_send_buf(p->session, &len);

  if (at) {
    size_t n = 1 + below((unsigned)len);

    octets_add(&p->heard, at, n);
    shako_session_send_ack(p->session, n);
  }
}

/* Lets the session do all it can, but for what waits for an answer. */
static void settle(play *p) {
  while (shako_session_want(p->session) & (SHAKO_WANT_POLL | SHAKO_WANT_SEND)) {
    const shako_event *event = shako_session_poll(p->session, 0);

    if (event) {
      take_event(p, event);
    }
    if (chance(50)) {
      hear(p);
    }
  }
}

/* Answers whatever is asked. */
static void settle_all(play *p) {
  settle(p);
  while (p->question) {
    answer(p);
    settle(p);
  }
}

/* Delivers what the client says up to |to|, in pieces. */
static void deliver(play *p, size_t from, size_t to) {
  while (from < to && !p->closed) {
    size_t most = chance(20) ? to - from : 1 + below(60);
    size_t n = most < to - from ? most : to - from;

    if (shako_session_push(p->session, p->script->text.ptr + from, n, &n)) {
      lose_run(p, "no more octets are taken");
    }
    from += n;
    if (p->question && (n == 0 || chance(50))) {
      answer(p);
    }
    settle(p);
    if (n == 0 && !p->question &&
        !(shako_session_want(p->session) & SHAKO_WANT_RECV)) {
      break; /* it ends */
    }
  }
}

/* Reads the replies, line for line. */
static void check_replies(play *p) {
  const model *m = &p->script->model;
  const char *line = octets_text(&p->heard);
  size_t count = 0;

  while (*line) {
    const char *next = strstr(line, "\r\n");
    int code = atoi(line);

    if (!next || count == m->reply_count) {
      lose_run(p, "a reply too many, or half a one");
      return;
    }
    if (line[3] == ' ') {
      int expected = m->replies[count++];

      if (expected < 10 ? code / 100 != expected : code != expected) {
        octets_print(&p->heard, "(%zu: not %d but %d)", count, expected, code);
        lose_run(p, "another reply");
      }
    }
    line = next + 2;
  }
  if (count != m->reply_count || p->event != m->event_count) {
    lose_run(p, "a reply or an event is missing");
  }
}

/* Plays |s|.  |waits|: the client waits for the replies to each command. */
static void play_script(const script *s, shako_listener *listener, bool waits) {
  play p = {.script = s, .seed = s->model.seed, .slow = chance(30)};
  shako_peer peer;
  size_t from = 0;

  shako_peer_default(&peer);
  assert_int_equal(shako_session_new(&p.session, listener, &peer, NULL, 0), 0);
  settle_all(&p);
  for (size_t i = 0; i < s->count && !p.closed; i++) {
    if (waits || i + 1 == s->count) {
      deliver(&p, from, s->ends[i]);
      settle_all(&p);
      from = s->ends[i];
    }
  }
  shako_session_recv_eof(p.session);
  settle_all(&p);
  if (!p.closed) {
    lose_run(&p, "it does not end");
  }
  check_replies(&p);
  shako_session_free(p.session);
  octets_free(&p.body);
  octets_free(&p.heard);
}

/* --- all of them -----------------------------------------------------------
 */

/* By what is set: LMTP, CHUNKING, a limit of size, no early octets. */
static shako_listener *listeners[16];

static shako_listener *open_listener(unsigned set) {
  shako_listener_config config;
  shako_policy policy;
  shako_listener *listener;
  const char *reason;

  shako_policy_default(&policy);
  policy.max_message_size = set & 4 ? SMALL : 0;
  policy.pipelining_early = !(set & 8);
  policy.max_errors = 0;
  shako_listener_config_default(&config);
  config.hostname = "mx.example";
  config.policy = &policy;
  config.lmtp = set & 1;
  config.port = config.lmtp ? 24 : 25;
  config.offers = set & 2 ? SHAKO_OFFER_CHUNKING : 0;
  config.recv_buffer_size = 4096;
  assert_int_equal(shako_listener_new(&listener, &config, NULL, &reason), 0);
  return listener;
}

static void play_seed(uint64_t seed) {
  script s = {0};
  unsigned set;

  state = seed * 2 + 1;
  for (int i = 0; i < 8; i++) {
    below(2);
  }
  set = below(COUNT(listeners));
  s.model.seed = seed;
  s.model.lmtp = set & 1;
  s.model.chunking = set & 2;
  s.model.max_size = set & 4 ? SMALL : 0;
  make_script(&s);
  play_script(&s, listeners[set], set & 8 || chance(20));
  octets_free(&s.text);
  model_free(&s.model);
}

static void the_session_does_what_the_rfcs_say(void **unused) {
  const char *one = getenv("MODEL_SEED");
  const char *more = getenv("MODEL_RUNS");
  uint64_t runs = more ? strtoull(more, NULL, 10) : RUNS;

  (void)unused;
  for (unsigned i = 0; i < COUNT(listeners); i++) {
    listeners[i] = open_listener(i);
  }
  if (one) {
    play_seed(strtoull(one, NULL, 10));
    runs = 0;
  }
  for (uint64_t seed = 1; seed <= runs; seed++) {
    play_seed(seed);
  }
  for (unsigned i = 0; i < COUNT(listeners); i++) {
    shako_listener_unref(listeners[i]);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_session_does_what_the_rfcs_say),
  };

  return cmocka_run_group_tests_name("model", tests, NULL, NULL);
}
