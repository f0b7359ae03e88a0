/* Who does not do his part stops the other, and memory stays bounded: an
   application that does not poll, a peer that sends without end and does not
   read.  Here a peer that sends reads nothing until it is stopped, and then
   one piece after the other. */

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

#include "support/fake_engine.h"
#include "support/octets.h"

#define COUNT(ARRAY) (sizeof(ARRAY) / sizeof((ARRAY)[0]))

/* Replies that are not sent yet, the longest one of them twice; what is read,
   twice inside TLS, where replies are kept in the clear too; the session. */
#define RECV_BUFFER 16384u
#define UNSENT      (32768u + 2 * 4400u)
#define BOUND       (2 * RECV_BUFFER + 2 * UNSENT + 4096u)

#define MANY 100000u

/* What a peer sends over and over. */
typedef struct flow {
  const char *name;
  const char *before;
  const char *text;    /* NULL: a line that is too long */
  unsigned replies[6]; /* to each |text|, by their first digit */
  bool lmtp;
  bool verbose; /* the application answers at length */
  uint64_t max_message_size;
} flow;

typedef struct world {
  size_t held; /* octets of memory */
  size_t peak;
  fake_context context;
  fake_counters counters;
  fake_certificate certificate;
  fake_provider provider;
  shako_policy policy;
  shako_listener *listener;
  size_t base; /* what the listener holds */
  shako_session *session;
  bool tls;
  bool verbose; /* answers as long as there can be */
  octets wire;  /* from the server, and not yet understood */
  octets clear; /* ... inside TLS */
  char begun;   /* a reply line is under way: its first digit */
  size_t at;    /* ... and how long it is */
  bool goes_on; /* ... and another follows */
  unsigned replies[6];
  unsigned events[SHAKO_EVENT_COMMAND + 1];
} world;

static void *take(size_t size, void *user_data) {
  world *w = user_data;

  w->held += size;
  w->peak = w->held > w->peak ? w->held : w->peak;
  return must_alloc(size);
}

static void give(void *block, size_t size, void *user_data) {
  ((world *)user_data)->held -= size;
  free(block);
}

/* --- the server's side -----------------------------------------------------
 */

static void open_world(world *w, bool tls, const flow *f) {
  const shako_mem mem = {w, take, give};
  shako_certificate_provider certificates;
  shako_listener_config config;
  shako_peer peer;
  const char *reason;

  memset(w, 0, sizeof(*w));
  w->tls = tls;
  fake_certificate_init(&w->certificate);
  w->provider.certificate = &w->certificate;
  w->context.counters = &w->counters;
  fake_provider_fill(&w->provider, &certificates);
  shako_policy_default(&w->policy);
  w->policy.max_commands = w->policy.max_chunks = w->policy.max_errors = 0;
  w->policy.pipelining_early = 1;
  if (f) {
    w->verbose = f->verbose;
    w->policy.max_message_size = f->max_message_size;
  }
  w->policy.max_messages = w->policy.max_recipients = 0;
  shako_listener_config_default(&config);
  config.hostname = "mx.example";
  config.policy = &w->policy;
  config.offers = SHAKO_OFFER_CHUNKING;
  config.lmtp = f && f->lmtp;
  config.port = config.lmtp ? 24 : 25;
  config.engine = &fake_engine;
  config.context = &w->context;
  config.certificates = &certificates;
  config.implicit_tls = tls;
  config.recv_buffer_size = RECV_BUFFER;
  assert_int_equal(shako_listener_new(&w->listener, &config, &mem, &reason), 0);
  w->base = w->held;
  shako_peer_default(&peer);
  assert_int_equal(shako_session_new(&w->session, w->listener, &peer, NULL, 0),
                   0);
}

static void close_world(world *w) {
  shako_session_free(w->session);
  shako_listener_unref(w->listener);
  assert_int_equal(w->held, 0);
  assert_int_equal(w->counters.misuses, 0);
  octets_free(&w->wire);
  octets_free(&w->clear);
}

static void answer(world *w, const shako_event *event) {
  static char text[SHAKO_REPLY_TEXT_MAX + 1];
  bool can =
      event->type == SHAKO_EVENT_RCPT || event->type == SHAKO_EVENT_MESSAGE;
  int error;

  if (w->verbose && can) {
    memset(text, 'x', SHAKO_REPLY_TEXT_MAX);
    error =
        shako_session_answer(w->session, event->question, 250, "2.0.0", text);
  } else {
    error = shako_session_accept(w->session, event->question);
  }
  assert_int_equal(error, 0);
}

/* Polls and answers until there is nothing to be done; sends nothing. */
static void poll_all(world *w) {
  while (shako_session_want(w->session) & SHAKO_WANT_POLL) {
    const shako_event *event = shako_session_poll(w->session, 0);

    if (event) {
      w->events[event->type]++;
    }
    if (event && event->question) {
      answer(w, event);
    }
  }
}

/* --- the peer's side --------------------------------------------------------
 */

/* Hears one octet of replies. */
static void hear_octet(world *w, uint8_t octet) {
  if (w->at == 0) {
    w->begun = (char)octet;
  } else if (w->at == 3) {
    w->goes_on = octet == '-';
  }
  w->at++;
  if (octet == '\n') {
    assert_in_range(w->begun, '2', '5');
    w->replies[w->begun - '0'] += !w->goes_on;
    w->at = 0;
  }
}

static void hear_text(world *w, const uint8_t *text, size_t len) {
  for (size_t i = 0; i < len; i++) {
    hear_octet(w, text[i]);
  }
}

static void hear(world *w, const uint8_t *at, size_t len) {
  static fake_view view;
  size_t used = 0;

  if (!w->tls) {
    hear_text(w, at, len);
    return;
  }
  octets_add(&w->wire, at, len);
  while (fake_decode(&view, w->wire.ptr + used, w->wire.len - used) ==
         FAKE_DECODED_RECORD) {
    if (view.type == FAKE_DATA) {
      hear_text(w, view.payload, view.len);
    }
    used += view.used;
  }
  octets_drop(&w->wire, used);
}

/* Reads one loan.  Returns false where there is none. */
static bool read_some(world *w) {
  size_t len;
  const uint8_t *at = shako_session_send_buf(w->session, &len);

  if (!at) {
    return false;
  }
  hear(w, at, len);
  assert_int_equal(shako_session_send_ack(w->session, len), 0);
  return true;
}

/* Says |len| octets.  Reads only where that is the only way on. */
static void send_wire(world *w, const uint8_t *at, size_t len) {
  while (len > 0) {
    size_t n;

    assert_int_equal(shako_session_push(w->session, at, len, &n), 0);
    at += n;
    len -= n;
    poll_all(w);
    assert_true(n > 0 || read_some(w));
  }
}

static void say(world *w, const char *text, size_t len) {
  uint8_t record[FAKE_HEADER + FAKE_RECORD_MAX];

  while (w->tls && len > 0) {
    size_t n = len < FAKE_RECORD_MAX ? len : FAKE_RECORD_MAX;

    send_wire(w, record, fake_record(record, FAKE_DATA, text, n));
    text += n;
    len -= n;
  }
  send_wire(w, (const uint8_t *)text, len);
}

static void read_all(world *w) {
  do {
    poll_all(w);
  } while (read_some(w));
}

static void say_line(world *w, const char *line) {
  say(w, line, strlen(line));
  read_all(w);
}

static void begin(world *w, bool tls, const flow *f) {
  uint8_t record[32];

  open_world(w, tls, f);
  if (tls) {
    send_wire(w, record, fake_record(record, FAKE_HANDSHAKE, "HELLO", 5));
  }
  read_all(w);
  say_line(w, f && f->lmtp ? "LHLO c.example\r\n" : "EHLO c.example\r\n");
  memset(w->replies, 0, sizeof(w->replies));
  w->peak = 0;
}

/* Says |text| |times| over, in pieces that end anywhere. */
static void flood(world *w, const char *text, size_t len, size_t times) {
  octets piece = {0};

  for (size_t i = 0; i < times; i++) {
    octets_add(&piece, text, len);
    if (piece.len > 3000) {
      say(w, (const char *)piece.ptr, piece.len);
      octets_clear(&piece);
    }
  }
  say(w, (const char *)piece.ptr, piece.len);
  octets_free(&piece);
}

static void check_peak(const world *w, const char *what) {
  size_t used = w->peak - w->base;

  if (used > BOUND) {
    fail_msg("%s: %zu octets held, and not %u", what, used, BOUND);
  }
  print_message("%s%s: %zu octets at the most\n", what, w->tls ? ", TLS" : "",
                used);
}

/* --- a peer that does not read ----------------------------------------------
 */

#define RCPT   "RCPT TO:<c@d.example>\r\n"
#define RCPT10 RCPT RCPT RCPT RCPT RCPT RCPT RCPT RCPT RCPT RCPT
#define MAIL   "MAIL FROM:<a@b.example>\r\n"

static const flow flows[] = {
    {.name = "NOOP", .text = "NOOP\r\n", .replies[2] = 1},
    {.name = "unknown commands", .text = "FOO\r\n", .replies[5] = 1},
    {.name = "EHLO", .text = "EHLO c.example\r\n", .replies[2] = 1},
    {.name = "transactions", .text = MAIL RCPT "RSET\r\n", .replies[2] = 3},
    {.name = "recipients",
     .before = MAIL,
     .text = RCPT,
     .replies[2] = 1,
     .verbose = true},
    {.name = "messages",
     .text = MAIL RCPT "DATA\r\nabc\r\n.\r\n",
     .replies = {[2] = 3, [3] = 1},
     .verbose = true},
    {.name = "chunks",
     .before = MAIL RCPT,
     .text = "BDAT 3\r\nabc",
     .replies[2] = 1},
    {.name = "messages by BDAT",
     .text = MAIL RCPT "BDAT 3 LAST\r\nabc",
     .replies[2] = 3,
     .verbose = true},
    {.name = "refused chunks", .text = "BDAT 3\r\nabc", .replies[5] = 1},
    {.name = "over-long lines", .text = NULL, .replies[5] = 1},
    {.name = "verdicts",
     .text = MAIL RCPT10 "BDAT 0 LAST\r\n",
     .replies[2] = 21,
     .lmtp = true,
     .verbose = true},
    {.name = "verdicts of refused messages",
     .text = MAIL RCPT10 "DATA\r\nabc\r\n.\r\n",
     .replies = {[2] = 11, [3] = 1, [5] = 10},
     .lmtp = true,
     .max_message_size = 4},
};

static char *over_long_line(void) {
  char *line = must_alloc(5003);

  memset(line, 'x', 5000);
  memcpy(line + 5000, "\r\n", 3);
  return line;
}

static void play(const flow *f, bool tls, size_t times) {
  char *line = f->text ? NULL : over_long_line();
  const char *text = line ? line : f->text;
  world w;

  begin(&w, tls, f);
  say_line(&w, f->before ? f->before : "");
  memset(w.replies, 0, sizeof(w.replies));
  flood(&w, text, strlen(text), times);
  check_peak(&w, f->name);
  read_all(&w);
  for (size_t i = 0; i < COUNT(w.replies); i++) {
    assert_int_equal(w.replies[i], f->replies[i] * times);
  }
  say_line(&w, "QUIT\r\n");
  assert_int_equal(w.events[SHAKO_EVENT_CLOSED], 1);
  free(line);
  close_world(&w);
}

static void who_does_not_read_is_not_served_without_end(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(flows); i++) {
    play(&flows[i], false, 3000);
    play(&flows[i], true, 3000);
  }
}

static void a_hundred_thousand_commands_in_one_flight(void **state) {
  (void)state;
  play(&flows[0], false, MANY);
  play(&flows[0], true, MANY);
}

/* Of what comes while the replies wait no more is read than there is room
   for. */
static void the_reading_stops_too(void **state) {
  world w;
  size_t taken = 0;
  size_t n;

  (void)state;
  begin(&w, false, NULL);
  do {
    assert_int_equal(
        shako_session_push(w.session, (const uint8_t *)"NOOP\r\n", 6, &n), 0);
    taken += n;
    poll_all(&w);
  } while (n > 0);
  assert_int_equal(shako_session_want(w.session), SHAKO_WANT_SEND);
  /* 14 octets of reply to 6, and then a buffer full */
  assert_in_range(taken, RECV_BUFFER, RECV_BUFFER + 32768 / 2);
  read_all(&w);
  assert_true(shako_session_want(w.session) & SHAKO_WANT_RECV);
  assert_int_equal(w.replies[2], taken / 6);
  close_world(&w);
}

/* --- an application that does not poll ----------------------------------- */

/* Takes what there is room for, of a peer that never stops. */
static size_t take_all(world *w) {
  static uint8_t more[4096];
  uint8_t record[FAKE_HEADER + FAKE_RECORD_MAX];
  size_t len = sizeof(more);
  size_t taken = 0;
  size_t n;

  memset(more, 'x', sizeof(more));
  if (w->tls) {
    len = fake_record(record, FAKE_DATA, more, 1000);
  }
  do {
    assert_int_equal(
        shako_session_push(w->session, w->tls ? record : more, len, &n), 0);
    taken += n;
    assert_true(taken <= 100 * RECV_BUFFER);
  } while (n == len);
  return taken;
}

static void begin_message(world *w, bool tls) {
  begin(w, tls, NULL);
  say_line(w, MAIL RCPT);
  say_line(w, "DATA\r\n");
}

static void who_does_not_poll_is_sent_no_more(void **state) {
  (void)state;
  for (int tls = 0; tls < 2; tls++) {
    world w;

    begin(&w, tls, NULL);
    assert_int_equal(take_all(&w), RECV_BUFFER);
    assert_false(shako_session_want(w.session) & SHAKO_WANT_RECV);
    check_peak(&w, "no poll");
    close_world(&w);
  }
}

/* Nor who keeps an event of the message to himself. */
static void who_keeps_an_event_is_sent_no_more(void **state) {
  (void)state;
  for (int tls = 0; tls < 2; tls++) {
    const shako_event *event = NULL;
    uint8_t first;
    world w;

    begin_message(&w, tls);
    take_all(&w);
    event = shako_session_poll(w.session, 0);
    assert_non_null(event);
    assert_int_equal(event->type, SHAKO_EVENT_BODY);
    first = event->u.body.ptr[0];
    assert_in_range(take_all(&w), 0, RECV_BUFFER);
    assert_false(shako_session_want(w.session) & SHAKO_WANT_RECV);
    assert_int_equal(event->u.body.ptr[0], first);
    check_peak(&w, "a kept event");
    close_world(&w);
  }
}

/* Nor who does not answer. */
static void who_does_not_answer_is_sent_no_more(void **state) {
  (void)state;
  for (int tls = 0; tls < 2; tls++) {
    const shako_event *event = NULL;
    uint8_t mail[64] = MAIL;
    size_t len = strlen(MAIL);
    world w;

    begin(&w, tls, NULL);
    if (tls) {
      len = fake_record(mail, FAKE_DATA, MAIL, len);
    }
    assert_int_equal(shako_session_push(w.session, mail, len, &len), 0);
    while (!event) {
      event = shako_session_poll(w.session, 0);
    }
    assert_int_equal(event->type, SHAKO_EVENT_MAIL);
    assert_in_range(take_all(&w), 1, RECV_BUFFER);
    assert_int_equal(
        shako_session_want(w.session) & (SHAKO_WANT_RECV | SHAKO_WANT_POLL), 0);
    check_peak(&w, "an open question");
    close_world(&w);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(who_does_not_read_is_not_served_without_end),
      cmocka_unit_test(a_hundred_thousand_commands_in_one_flight),
      cmocka_unit_test(the_reading_stops_too),
      cmocka_unit_test(who_does_not_poll_is_sent_no_more),
      cmocka_unit_test(who_keeps_an_event_is_sent_no_more),
      cmocka_unit_test(who_does_not_answer_is_sent_no_more),
  };

  return cmocka_run_group_tests_name("pressure", tests, NULL, NULL);
}
