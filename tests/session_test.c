/* What a transcript cannot show: memory, loans, the rules of answers, push and
   drive, time, and sequences of commands at random. */

#define _GNU_SOURCE
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

#include "smtp/line.h"
#include "support/event_text.h"
#include "support/fake_engine.h"
#include "support/octets.h"

#define COUNT(ARRAY) (sizeof(ARRAY) / sizeof((ARRAY)[0]))

/* --- memory that counts, and can fail ---------------------------------- */

#define BLOCKS_MAX 64

typedef struct memory {
  struct {
    void *ptr;
    size_t size;
  } blocks[BLOCKS_MAX];
  size_t held; /* octets */
  unsigned calls;
  unsigned fail_at;   /* that call fails; 0: none */
  bool fails_on;      /* ... and so do all behind it */
  const char *secret; /* must not be in what is given back */
} memory;

static void *memory_alloc(size_t size, void *user_data) {
  memory *m = user_data;

  m->calls++;
  if (m->fail_at != 0 &&
      (m->fails_on ? m->calls >= m->fail_at : m->calls == m->fail_at)) {
    return NULL;
  }
  for (size_t i = 0; i < BLOCKS_MAX; i++) {
    if (!m->blocks[i].ptr) {
      m->blocks[i].ptr = must_alloc(size);
      m->blocks[i].size = size;
      m->held += size;
      return memset(m->blocks[i].ptr, 0xa5, size);
    }
  }
  fail_msg("more than %d blocks", BLOCKS_MAX);
  return NULL;
}

static void memory_release(void *ptr, size_t size, void *user_data) {
  memory *m = user_data;
  size_t i = 0;

  while (i < BLOCKS_MAX && m->blocks[i].ptr != ptr) {
    i++;
  }
  assert_non_null(ptr);
  assert_in_range(i, 0, BLOCKS_MAX - 1);
  assert_int_equal(size, m->blocks[i].size);
  if (m->secret) {
    assert_null(memmem(ptr, size, m->secret, strlen(m->secret)));
  }
  m->held -= size;
  m->blocks[i].ptr = NULL;
  free(memset(ptr, 0xdd, size));
}

/* --- a session and the world around it --------------------------------- */

typedef struct world world;

struct world {
  memory memory;
  shako_mem mem;
  shako_policy policy;
  shako_listener_config config;
  shako_certificate_provider certificates;
  fake_context context;
  fake_counters counters;
  fake_certificate certificate;
  fake_provider provider;
  shako_listener *listener;
  shako_session *session;
  shako_time now;
  /* Answers a question; NULL: accepts. */
  int (*answer)(world *w, const shako_event *event);
  int plan; /* for |answer| */

  octets events; /* each as event_text() writes it, and a line end */
  octets wire;   /* what was sent, and not yet read */
  octets heard;  /* what was read of it, TLS taken off */
  octets body;
  bool client_in_tls;
  bool server_in_tls;
  bool in_transaction;
  bool over; /* CLOSED came */
  char how[32];
  int error;
};

/* Fills |w| with what open_world() takes, to be changed in between. */
static void prepare(world *w, bool with_engine) {
  memset(w, 0, sizeof(*w));
  w->mem = (shako_mem){&w->memory, memory_alloc, memory_release};
  w->now = 1000;
  shako_policy_default(&w->policy);
  shako_listener_config_default(&w->config);
  w->config.hostname = "mx.example";
  w->config.policy = &w->policy;
  fake_certificate_init(&w->certificate);
  w->provider.certificate = &w->certificate;
  w->context.counters = &w->counters;
  fake_provider_fill(&w->provider, &w->certificates);
  if (with_engine) {
    w->policy.tls = SHAKO_TLS_SETTING_PREFERRED;
    w->config.engine = &fake_engine;
    w->config.context = &w->context;
    w->config.certificates = &w->certificates;
  }
}

static int open_listener(world *w) {
  const char *reason = NULL;

  return shako_listener_new(&w->listener, &w->config, &w->mem, &reason);
}

static int open_session(world *w) {
  static const char name[] = "a-name-of-thirty-two-octets.test";
  shako_peer peer;

  shako_peer_default(&peer);
  peer.name_state = SHAKO_NAME_VERIFIED;
  peer.name.ptr = (const uint8_t *)name;
  peer.name.len = sizeof(name) - 1;
  assert_int_equal(peer.name.len, 32);
  return shako_session_new(&w->session, w->listener, &peer, w, w->now);
}

static int open_world(world *w) {
  int error = open_listener(w);

  if (error) {
    assert_int_equal(error, SHAKO_ERR_NOMEM);
    return error;
  }
  return open_session(w);
}

static void close_world(world *w) {
  shako_session_free(w->session);
  shako_listener_unref(w->listener);
  assert_int_equal(w->memory.held, 0);
  assert_int_equal(w->certificate.base.references, 1);
  assert_int_equal(w->counters.inits, w->counters.frees);
  if (w->counters.misuses > 0) {
    fail_msg("the engine was misused: %s", w->counters.misuse);
  }
  octets_free(&w->events);
  octets_free(&w->wire);
  octets_free(&w->heard);
  octets_free(&w->body);
}

/* Gives the answer to |event|, and follows the transaction. */
static void answer(world *w, const shako_event *event) {
  shako_event_type type = event->type;
  int error = w->answer ? w->answer(w, event)
                        : shako_session_accept(w->session, event->question);

  if (error) {
    assert_int_equal(error, SHAKO_ERR_NOMEM);
  } else if (type == SHAKO_EVENT_MAIL && w->plan < 400) {
    w->in_transaction = true;
  } else if (type == SHAKO_EVENT_MESSAGE) {
    w->in_transaction = false;
  }
}

/* Notes |event|, without an answer. */
static void note(world *w, const shako_event *event) {
  octets extras = {0};

  event_text(&w->events, &extras, event, w->session);
  octets_add_text(&w->events, octets_text(&extras));
  octets_add_text(&w->events, "\n");
  octets_free(&extras);
  assert_null(event_contradiction(event));
  assert_false(w->over);
  if (event->type == SHAKO_EVENT_BODY) {
    octets_add(&w->body, event->u.body.ptr, event->u.body.len);
  } else if (event->type == SHAKO_EVENT_RESET) {
    assert_true(w->in_transaction);
    w->in_transaction = false;
  } else if (event->type == SHAKO_EVENT_CLOSED) {
    assert_false(w->in_transaction);
    w->over = true;
    snprintf(w->how, sizeof(w->how), "%s", event->u.closed.how);
    w->error = event->u.closed.error;
  }
}

/* Sends what there is, |n| octets at the most. */
static void send_some(world *w, size_t n) {
  size_t len;
  const uint8_t *at = shako_session_send_buf(w->session, &len);

  if (at) {
    assert_true(len > 0);
    n = n < len ? n : len;
    octets_add(&w->wire, at, n);
    assert_int_equal(shako_session_send_ack(w->session, n), 0);
  }
}

/* Polls and answers until there is nothing to be done; sends nothing. */
static void poll_all(world *w) {
  while (shako_session_want(w->session) & SHAKO_WANT_POLL) {
    const shako_event *event = shako_session_poll(w->session, w->now);

    if (event) {
      note(w, event);
      if (event->question) {
        answer(w, event);
      }
    }
  }
}

/* The same, and sends all. */
static void settle(world *w) {
  do {
    poll_all(w);
    send_some(w, SIZE_MAX);
  } while (shako_session_want(w->session) &
           (SHAKO_WANT_POLL | SHAKO_WANT_SEND));
}

/* Delivers octets of the wire as far as there is room, and settles. */
static void deliver(world *w, const void *octet, size_t len) {
  const uint8_t *at = octet;
  size_t n = 1;

  while (len > 0 && n > 0) {
    int error = shako_session_push(w->session, at, len, &n);

    assert_true(error == 0 || error == SHAKO_ERR_NOMEM);
    at += n;
    len -= n;
    settle(w);
  }
}

static void deliver_record(world *w, unsigned type, const char *text,
                           size_t len) {
  uint8_t record[FAKE_HEADER + FAKE_RECORD_MAX];

  deliver(w, record, fake_record(record, type, text, len));
}

static void push(world *w, const char *text) {
  size_t n;

  assert_int_equal(
      shako_session_push(w->session, (const uint8_t *)text, strlen(text), &n),
      0);
  assert_int_equal(n, strlen(text));
}

/* The client says |text|, inside TLS where it is. */
static void say(world *w, const char *text) {
  size_t len = strlen(text);

  if (!w->client_in_tls) {
    deliver(w, text, len);
    return;
  }
  while (len > 0) {
    size_t n = len < FAKE_RECORD_MAX ? len : FAKE_RECORD_MAX;

    deliver_record(w, FAKE_DATA, text, n);
    text += n;
    len -= n;
  }
}

/* The client shakes hands. */
static void shake_hands(world *w) {
  w->client_in_tls = true;
  deliver_record(w, FAKE_HANDSHAKE, "HELLO", 5);
}

static void read_record(world *w, const fake_view *view) {
  if (view->type == FAKE_DATA) {
    octets_add(&w->heard, view->payload, view->len);
  } else {
    octets_print(&w->heard, "[%.*s]", (int)view->len,
                 (const char *)view->payload);
  }
}

/* Returns what the server said since the last call; records that hold no
   text as "[DONE]". */
static const char *hear(world *w) {
  static fake_view view;
  size_t at = 0;

  octets_clear(&w->heard);
  while (at < w->wire.len && !w->server_in_tls) {
    w->server_in_tls = w->wire.ptr[at] < ' ' && w->wire.ptr[at] != '\r' &&
                       w->wire.ptr[at] != '\n';
    at += !w->server_in_tls;
  }
  octets_add(&w->heard, w->wire.ptr, at);
  while (w->server_in_tls && at < w->wire.len) {
    fake_decoded decoded =
        fake_decode(&view, w->wire.ptr + at, w->wire.len - at);

    if (decoded == FAKE_DECODED_NOTHING && w->error == SHAKO_ERR_NOMEM) {
      break; /* half a record is all that there was memory for */
    }
    assert_int_equal(decoded, FAKE_DECODED_RECORD);
    read_record(w, &view);
    at += view.used;
  }
  octets_clear(&w->wire);
  return octets_text(&w->heard);
}

/* Demands one whole reply, and returns its code. */
static int hear_code(world *w) {
  const char *text = hear(w);
  const char *line = text;

  while (*line) {
    const char *end = strstr(line, "\r\n");

    assert_non_null(end);
    assert_in_range(end - line, 4, 510);
    assert_memory_equal(line, text, 3);
    assert_int_equal(line[3], end[2] ? '-' : ' ');
    line = end + 2;
  }
  return *text ? atoi(text) : 0;
}

static void start(world *w, bool with_engine) {
  prepare(w, with_engine);
  assert_int_equal(open_world(w), 0);
  settle(w);
  assert_int_equal(hear_code(w), 220);
}

/* A session in the clear or inside TLS, greeted, with nothing said. */
static void start_inside(world *w, bool tls) {
  start(w, tls);
  if (tls) {
    say(w, "EHLO c.example\r\n");
    say(w, "STARTTLS\r\n");
    shake_hands(w);
    assert_non_null(strstr(hear(w), "220 2.0.0 Ready to start TLS\r\n[DONE]"));
    assert_non_null(strstr(octets_text(&w->events), "\nTLS TLSv1.3 "));
  }
}

/* A client's way to a 354. */
static void begin_message(world *w) {
  say(w, "EHLO c.example\r\n");
  say(w, "MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\n");
  say(w, "DATA\r\n");
  hear(w);
}

static void clear_events(world *w) {
  octets_clear(&w->events);
}

/* --- how much memory --------------------------------------------------- */

static void an_idle_session_holds_512_octets_at_most(void **state) {
  world w;
  size_t listener;

  (void)state;
  prepare(&w, true);
  assert_int_equal(open_listener(&w), 0);
  listener = w.memory.held;
  assert_int_equal(open_session(&w), 0);
  assert_in_range(w.memory.held - listener, 1, 512);
  settle(&w);
  assert_in_range(w.memory.held - listener, 1, 512);
  say(&w, "EHLO a-client-of-thirty-two-octets.test\r\n");
  assert_in_range(w.memory.held - listener, 1, 512);
  say(&w, "MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\n");
  assert_in_range(w.memory.held - listener, 1, 512);
  say(&w, "DATA\r\n");
  say(&w, "Some of it\r\n");
  assert_in_range(w.memory.held - listener, 1, 512);
  close_world(&w);
}

static char *repeated(const char *text, size_t count) {
  octets all = {0};

  for (size_t i = 0; i < count; i++) {
    octets_add_text(&all, text);
  }
  return (char *)all.ptr;
}

/* Returns the number of allocations for |count| times |text| in one burst. */
static unsigned calls_for(bool tls, const char *text, size_t count) {
  world w;
  char *burst = repeated(text, count);
  unsigned calls;

  start_inside(&w, tls);
  say(&w, "EHLO c.example\r\n");
  say(&w, "MAIL FROM:<a@b.example>\r\n");
  say(&w, "FOO\r\n"); /* the first refusal makes the counts */
  assert_int_equal(w.over, false);
  calls = w.memory.calls;
  say(&w, burst);
  calls = w.memory.calls - calls;
  free(burst);
  close_world(&w);
  return calls;
}

static void nothing_is_allocated_per_command(void **state) {
  static const char *const texts[] = {"NOOP\r\n", "RCPT TO:<c@d.example>\r\n",
                                      "FOO\r\n",
                                      "RSET\r\nMAIL FROM:<a@b.example>\r\n"};

  (void)state;
  for (size_t i = 0; i < COUNT(texts); i++) {
    assert_in_range(calls_for(false, texts[i], 1), 1, 2);
    assert_in_range(calls_for(false, texts[i], 70), 1, 2);
    assert_in_range(calls_for(true, texts[i], 1), 1, 2);
    assert_in_range(calls_for(true, texts[i], 70), 1, 2);
  }
}

/* The buffers stay until nothing is unread and nothing unsent. */
static void a_burst_in_pieces_allocates_no_more(void **state) {
  (void)state;
  for (int tls = 0; tls < 2; tls++) {
    world w;
    unsigned calls;
    size_t n;

    start_inside(&w, tls);
    calls = w.memory.calls;
    for (int i = 0; i < 50; i++) {
      uint8_t record[64];
      size_t len = fake_record(record, FAKE_DATA, "NOOP\r\n", 6);

      if (tls) {
        shako_session_push(w.session, record, len, &n);
      } else {
        shako_session_push(w.session, (const uint8_t *)"NOOP\r\n", 6, &n);
      }
      poll_all(&w); /* the client reads late */
    }
    assert_in_range(w.memory.calls - calls, 1, 2);
    settle(&w);
    assert_in_range(w.memory.calls - calls, 1, 2);
    close_world(&w);
  }
}

/* What is lent and what is sent go together, whichever is given back last. */
static void the_last_loan_takes_the_buffers_along(void **state) {
  world w;
  size_t idle, len;

  (void)state;
  start(&w, false);
  idle = w.memory.held;
  push(&w, "NOOP\r\n");
  poll_all(&w);
  assert_non_null(shako_session_recv_buf(w.session, &len));
  send_some(&w, SIZE_MAX);
  assert_true(w.memory.held > idle);
  assert_int_equal(shako_session_recv_ack(w.session, 0), 0);
  assert_int_equal(w.memory.held, idle);
  close_world(&w);
}

/* An event may point into them. */
static void an_event_keeps_the_buffers_until_the_next_poll(void **state) {
  world w;
  size_t idle;

  (void)state;
  start(&w, false);
  say(&w, "FOO\r\n"); /* the first refusal makes the counts */
  idle = w.memory.held;
  push(&w, "FOO\r\n");
  note(&w, shako_session_poll(w.session, w.now));
  send_some(&w, SIZE_MAX);
  assert_true(w.memory.held > idle);
  assert_null(shako_session_poll(w.session, w.now));
  assert_int_equal(w.memory.held, idle);
  close_world(&w);
}

static void an_over_long_line_is_not_kept(void **state) {
  char *line = repeated("x", SHAKO__LINE_MAX);
  world w;
  size_t idle;

  (void)state;
  start(&w, false);
  idle = w.memory.held;
  say(&w, line);
  assert_int_equal(w.memory.held, idle);
  say(&w, "x");
  assert_int_equal(w.memory.held, idle);
  assert_string_equal(hear(&w), "");
  say(&w, "\r\n");
  assert_int_equal(hear_code(&w), 500);
  free(line);
  close_world(&w);
}

/* A message is not collected, whether it is refused or not. */
static void a_message_is_not_kept(void **state) {
  world w;
  size_t idle;

  (void)state;
  start(&w, false);
  begin_message(&w);
  idle = w.memory.held;
  for (int i = 0; i < 100; i++) {
    say(&w, "x");
    assert_int_equal(w.memory.held, idle);
  }
  assert_int_equal(w.body.len, 100);
  close_world(&w);
}

static void push_record(world *w, unsigned type, const char *text) {
  uint8_t record[FAKE_HEADER + FAKE_RECORD_MAX];
  size_t len = fake_record(record, type, text, strlen(text));
  size_t n;

  assert_int_equal(shako_session_push(w->session, record, len, &n), 0);
  assert_int_equal(n, len);
}

/* The block that the handshake's records go to has room for replies. */
static void a_handshake_and_a_command_take_two_blocks(void **state) {
  world w;
  unsigned calls;

  (void)state;
  start(&w, true);
  say(&w, "EHLO c.example\r\n");
  say(&w, "STARTTLS\r\n");
  calls = w.memory.calls;
  push_record(&w, FAKE_HANDSHAKE, "HELLO");
  push_record(&w, FAKE_DATA, "NOOP\r\n");
  settle(&w);
  assert_int_equal(w.memory.calls - calls, 2);
  assert_non_null(strstr(hear(&w), "[DONE]250 2.0.0 Ok\r\n"));
  close_world(&w);
}

/* Sealed replies wait in blocks of their own, and no room for clear replies
   hangs on each of them. */
static void replies_in_tls_that_are_not_read_cost_their_octets(void **state) {
  char *noops = repeated("NOOP\r\n", 680);
  world w;
  size_t held;

  (void)state;
  start_inside(&w, true);
  push_record(&w, FAKE_DATA, noops);
  held = w.memory.held;
  poll_all(&w);
  assert_in_range(w.memory.held - held, 9520, 20000);
  free(noops);
  close_world(&w);
}

/* A reply that just fits is not given another block; inside TLS not even
   behind one that is not sent yet. */
static void the_same_answer_again_takes_no_memory(void **state) {
  char *text = repeated("x", SHAKO_REPLY_TEXT_MAX);

  (void)state;
  for (int tls = 0; tls < 2; tls++) {
    world w;
    unsigned calls = 0;

    start_inside(&w, tls);
    say(&w, "EHLO c.example\r\n");
    say(&w, "MAIL FROM:<a@b.example>\r\n");
    if (tls) {
      push_record(&w, FAKE_DATA, "RCPT TO:<c@d.example>\r\nNOOP\r\n");
      push_record(&w, FAKE_DATA, "RCPT TO:<c@d.example>\r\nNOOP\r\n");
    } else {
      push(&w, "RCPT TO:<c@d.example>\r\nRCPT TO:<c@d.example>\r\nNOOP\r\n");
    }
    for (int i = 0; i < 2; i++) {
      const shako_event *event = shako_session_poll(w.session, w.now);

      assert_int_equal(event->type, SHAKO_EVENT_RCPT);
      calls = w.memory.calls;
      assert_int_equal(
          shako_session_answer(w.session, event->question, 550, NULL, text), 0);
      calls = w.memory.calls - calls;
      while (shako_session_want(w.session) & SHAKO_WANT_SEND) {
        send_some(&w, SIZE_MAX);
      }
    }
    assert_int_equal(calls, 0);
    close_world(&w);
  }
  free(text);
}

/* --- running out of memory --------------------------------------------- */

static const char long_line[] =
    "0123456789 0123456789 0123456789 0123456789 0123456789 0123456789\r\n";

/* A whole session with a message, an answer of 4,096 octets and a refusal. */
static int long_answer(world *w, const shako_event *event) {
  char text[SHAKO_REPLY_TEXT_MAX + 1];

  if (event->type != SHAKO_EVENT_RCPT || event->u.rcpt.path.ptr[0] != 'l') {
    return shako_session_accept(w->session, event->question);
  }
  memset(text, 'x', sizeof(text) - 1);
  text[sizeof(text) - 1] = '\0';
  return shako_session_answer(w->session, event->question, 550, "5.1.1", text);
}

static void play_whole_session(world *w, bool tls) {
  static const char *const lines[] = {
      "EHLO c.example\r\n",
      "MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\n",
      "RCPT TO:<long@d.example>\r\nRCPT TO:<long@d.example>\r\n",
      "DATA\r\n",
      long_line,
      long_line,
      ".\r\nFOO\r\n",
      "QUIT\r\n"};

  settle(w);
  if (tls) {
    say(w, "EHLO c.example\r\n");
    say(w, "STARTTLS\r\n");
    if (!w->over && w->counters.inits > 0) {
      shake_hands(w);
    }
  }
  for (size_t i = 0; i < COUNT(lines) && !w->over; i++) {
    say(w, lines[i]);
  }
  settle(w);
}

/* Returns whether the |n|-th allocation was made at all. */
static bool play_with_failure(bool tls, unsigned n, bool fails_on) {
  world w;
  bool reached;

  prepare(&w, tls);
  w.memory.fail_at = n;
  w.memory.fails_on = fails_on;
  w.answer = long_answer;
  if (open_world(&w) == 0) {
    play_whole_session(&w, tls);
    assert_true(w.over);
    assert_int_equal(shako_session_want(w.session), SHAKO_WANT_CLOSE);
    hear(&w); /* asserts that no clear text follows TLS */
    assert_int_equal(w.error, strcmp(w.how, "quit") != 0 ? SHAKO_ERR_NOMEM : 0);
  }
  reached = w.memory.calls >= n;
  close_world(&w);
  return reached;
}

static void whichever_allocation_fails_the_session_ends_in_order(void **state) {
  (void)state;
  for (int way = 0; way < 4; way++) {
    unsigned n = 1;

    while (play_with_failure(way & 1, n, way & 2)) {
      n++;
    }
    assert_in_range(n, 10, 1000);
  }
}

static void a_whole_session_plays(void **state) {
  (void)state;
  for (int tls = 0; tls < 2; tls++) {
    world w;

    prepare(&w, tls);
    w.answer = long_answer;
    assert_int_equal(open_world(&w), 0);
    play_whole_session(&w, tls);
    assert_string_equal(w.how, "quit");
    assert_non_null(strstr(octets_text(&w.events), "messages=1 refusals=3"));
    close_world(&w);
  }
}

/* Other ways through a session, each played with each allocation failing. */
typedef struct shortage {
  const char *how; /* of CLOSED, where there is memory enough */
  void (*change)(world *w);
  void (*play)(world *w);
} shortage;

static int external_tls(world *w, const shako_event *event) {
  const shako_tls_info info = {.struct_size = sizeof(info), .version = 0x0304};

  return event->type == SHAKO_EVENT_HANDSHAKE
             ? shako_session_tls_external(w->session, event->question, &info)
             : shako_session_accept(w->session, event->question);
}

static int leave_open(world *w, const shako_event *event) {
  (void)w;
  (void)event;
  return 0;
}

static void take_tls_at_once(world *w) {
  w->config.implicit_tls = 1;
}

static void take_a_missing_certificate(world *w) {
  w->config.implicit_tls = 1;
  fake_script_add(&w->provider.ready, SHAKO_PROVIDER_NONE);
}

static void take_an_engine_that_does_not_start(world *w) {
  w->config.implicit_tls = 1;
  w->context.fail_init = 1;
}

static void take_external_tls(world *w) {
  w->config.engine = NULL;
  w->config.implicit_tls = 1;
  w->config.external_tls = 1;
  w->answer = external_tls;
}

static void take_no_answer(world *w) {
  w->answer = leave_open;
}

static void play_hello_and_quit(world *w) {
  settle(w);
  if (w->config.implicit_tls && !w->config.external_tls) {
    shake_hands(w);
  }
  if (!w->over) {
    say(w, "QUIT\r\n");
  }
}

static void play_an_end_inside_tls(world *w) {
  settle(w);
  say(w, "EHLO c.example\r\n");
  say(w, "STARTTLS\r\n");
  if (!w->over && w->counters.inits > 0) {
    shake_hands(w);
  }
  (void)shako_session_recv_eof(w->session);
  settle(w);
}

static void play_silence(world *w) {
  settle(w);
  while (!w->over) {
    const shako_event *event;

    w->now = shako_session_expiry(w->session);
    event = shako_session_poll(w->session, w->now);
    if (event) {
      note(w, event);
    }
    settle(w);
  }
}

static void play_shutdown(world *w) {
  settle(w);
  (void)shako_session_shutdown(w->session, NULL);
  settle(w);
}

static const shortage shortages[] = {
    {"quit", take_tls_at_once, play_hello_and_quit},
    {"tls-failed", take_a_missing_certificate, play_hello_and_quit},
    {"tls-failed", take_an_engine_that_does_not_start, play_hello_and_quit},
    {"quit", take_external_tls, play_hello_and_quit},
    {"idle-timeout", NULL, play_silence},
    {"answer-timeout", take_no_answer, play_silence},
    {"shutdown", NULL, play_shutdown},
    {"cut-off", NULL, play_an_end_inside_tls},
};

/* Returns whether the |n|-th allocation was made at all. */
static bool play_shortage(const shortage *s, unsigned n, bool fails_on) {
  world w;
  bool reached;

  prepare(&w, true);
  if (s->change) {
    s->change(&w);
  }
  w.memory.fail_at = n;
  w.memory.fails_on = fails_on;
  if (open_world(&w) == 0) {
    s->play(&w);
    assert_true(w.over);
    reached = w.memory.calls >= n;
    assert_int_equal(w.error, reached ? SHAKO_ERR_NOMEM : 0);
    assert_string_equal(w.how, reached ? "no-memory" : s->how);
    /* Without a connection of an engine no TLS was tried. */
    assert_true(!reached || w.counters.inits > 0 || w.config.external_tls ||
                !strstr(octets_text(&w.events), "tls=failed"));
  }
  reached = w.memory.calls >= n;
  close_world(&w);
  return reached;
}

static void every_way_ends_in_order_without_memory(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(shortages); i++) {
    for (int fails_on = 0; fails_on < 2; fails_on++) {
      unsigned n = 1;

      while (play_shortage(&shortages[i], n, fails_on)) {
        n++;
      }
      assert_in_range(n, 3, 100);
    }
  }
}

/* What comes is not even looked at where there is no room for a reply. */
static void nothing_is_read_without_memory_for_a_reply(void **state) {
  world w;

  (void)state;
  start(&w, false);
  begin_message(&w);
  push(&w, "some of it\r\n");
  w.memory.fail_at = w.memory.calls + 1;
  settle(&w);
  assert_string_equal(w.how, "no-memory");
  assert_int_equal(w.body.len, 0);
  close_world(&w);
}

static void nothing_is_asked_without_memory_for_the_path(void **state) {
  world w;

  (void)state;
  prepare(&w, false);
  w.config.default_domain = "d.example";
  assert_int_equal(open_world(&w), 0);
  settle(&w);
  say(&w, "EHLO c.example\r\n");
  clear_events(&w);
  push(&w, "MAIL FROM:<a>\r\n");
  w.memory.fail_at = w.memory.calls + 2; /* the first is for the reply */
  settle(&w);
  assert_string_equal(octets_text(&w.events), "CLOSED no-memory messages=0 "
                                              "refusals=0 error=-901 "
                                              "tls=none greeted commands=2\n");
  close_world(&w);
}

/* ... nor is the engine asked for what there is no room for; so it does not
   know that the stream was cut off, and takes its leave. */
static void nothing_is_decrypted_without_memory_for_it(void **state) {
  world w;

  (void)state;
  start_inside(&w, true);
  w.memory.fail_at = w.memory.calls + 2; /* the first is for a reply */
  shako_session_recv_eof(w.session);
  settle(&w);
  assert_string_equal(hear(&w), "[CLOSE]");
  assert_non_null(strstr(octets_text(&w.events),
                         "CLOSED no-memory messages=0 refusals=0 error=-901 "
                         "tls=TLSv1.3 "));
  close_world(&w);
}

/* --- questions ---------------------------------------------------------- */

/* Polls for an event of |type|, accepting what comes before it. */
static shako_question ask(world *w, shako_event_type type) {
  for (;;) {
    const shako_event *event = shako_session_poll(w->session, w->now);

    assert_non_null(event);
    note(w, event);
    if (event->type == type) {
      return event->question;
    }
    if (event->question) {
      answer(w, event);
    }
  }
}

/* Opens the question |type| in a session of its own. */
static shako_question open_question(world *w, shako_event_type type) {
  prepare(w, true);
  if (type == SHAKO_EVENT_HANDSHAKE) {
    w->config.engine = NULL;
    w->config.external_tls = 1;
  }
  if (type == SHAKO_EVENT_CERTIFICATE) {
    fake_script_add(&w->provider.ready, SHAKO_PROVIDER_WAIT);
  }
  assert_int_equal(open_world(w), 0);
  if (type != SHAKO_EVENT_CONNECT) {
    settle(w);
    push(w, "EHLO c.example\r\n");
  }
  if (type > SHAKO_EVENT_HELLO) {
    settle(w);
    push(w, type < SHAKO_EVENT_MAIL
                ? "STARTTLS\r\n"
                : "MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\n"
                  "DATA\r\n");
  }
  if (type == SHAKO_EVENT_MESSAGE) {
    settle(w);
    push(w, ".\r\n");
  }
  if (type == SHAKO_EVENT_HANDSHAKE) {
    settle(w);
  }
  return type == SHAKO_EVENT_HANDSHAKE ? 0 : ask(w, type);
}

static const struct {
  shako_event_type type;
  int yes; /* its code; 0: it takes none */
} questions[] = {{SHAKO_EVENT_CONNECT, 220},  {SHAKO_EVENT_HELLO, 250},
                 {SHAKO_EVENT_STARTTLS, 220}, {SHAKO_EVENT_CERTIFICATE, 0},
                 {SHAKO_EVENT_MAIL, 250},     {SHAKO_EVENT_RCPT, 250},
                 {SHAKO_EVENT_DATA, 354},     {SHAKO_EVENT_MESSAGE, 250}};

static void only_codes_that_answer_are_taken(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(questions); i++) {
    world w;
    shako_question q = open_question(&w, questions[i].type);

    assert_int_equal(shako_session_answer(w.session, q, 550, NULL, NULL),
                     SHAKO_ERR_INVALID_ARGUMENT);
    for (int code = -1; code < 1100; code++) {
      if (code < 0 || (code / 100 != 4 && code / 100 != 5 &&
                       (code != questions[i].yes || code == 0))) {
        assert_int_equal(shako_session_answer(w.session, q, code, NULL, "text"),
                         SHAKO_ERR_INVALID_ARGUMENT);
      }
    }
    /* Nothing has changed: it is open, and is answered. */
    assert_true(shako_session_want(w.session) & SHAKO_WANT_ANSWER);
    assert_int_equal(shako_session_answer(w.session, q, 499, NULL, "no"), 0);
    assert_int_equal(shako_session_accept(w.session, q),
                     SHAKO_ERR_STALE_QUESTION);
    w.in_transaction =
        w.in_transaction && questions[i].type != SHAKO_EVENT_MESSAGE;
    settle(&w);
    assert_non_null(strstr(hear(&w), "499 "));
    close_world(&w);
  }
}

/* Returns the code of the line of |text| that ends in |words|. */
static int code_of_line(const char *text, const char *words) {
  const char *line = strstr(text, words);

  assert_non_null(line);
  while (line > text && line[-1] != '\n') {
    line--;
  }
  return atoi(line);
}

/* From the first to the last: none is taken for a yes. */
static void refusals_are_from_400_to_599(void **state) {
  static const int codes[] = {400, 499, 500, 599};

  (void)state;
  for (size_t i = 0; i < COUNT(codes) * COUNT(questions); i++) {
    shako_event_type type = questions[i / COUNT(codes)].type;
    int code = codes[i % COUNT(codes)];
    world w;
    shako_question q = open_question(&w, type);

    hear(&w);
    assert_int_equal(shako_session_answer(w.session, q, code, NULL, "no"), 0);
    w.in_transaction = w.in_transaction && type != SHAKO_EVENT_MESSAGE;
    clear_events(&w);
    settle(&w);
    hear(&w);
    assert_int_equal(code_of_line(octets_text(&w.heard), " no\r\n"), code);
    assert_null(strstr(octets_text(&w.heard), "PIPELINING"));
    close_world(&w);
  }
}

static void a_yes_to_hello_is_one_line(void **state) {
  world w;
  shako_question q = open_question(&w, SHAKO_EVENT_HELLO);

  (void)state;
  assert_int_equal(shako_session_answer(w.session, q, 250, NULL, "a\nb"),
                   SHAKO_ERR_INVALID_ARGUMENT);
  assert_int_equal(shako_session_answer(w.session, q, 550, NULL, "a\nb"), 0);
  close_world(&w);
}

/* RFC 3463 has no class 3. */
static void no_enhanced_code_goes_with_354(void **state) {
  world w;
  shako_question q = open_question(&w, SHAKO_EVENT_DATA);

  (void)state;
  settle(&w);
  hear(&w);
  assert_int_equal(shako_session_answer(w.session, q, 354, "3.0.0", "Go on"),
                   0);
  settle(&w);
  assert_string_equal(hear(&w), "354 Go on\r\n");
  shako_session_lost(w.session);
  settle(&w);
  close_world(&w);
}

/* A yes that the peer did not wait for is one answer, too. */
static void a_yes_to_an_early_peer_is_the_only_answer(void **state) {
  world w;
  shako_question q = open_question(&w, SHAKO_EVENT_CONNECT);

  (void)state;
  push(&w, "EHLO c.example\r\n");
  assert_int_equal(shako_session_accept(w.session, q), 0);
  assert_false(shako_session_want(w.session) & SHAKO_WANT_ANSWER);
  assert_int_equal(shako_session_accept(w.session, q),
                   SHAKO_ERR_STALE_QUESTION);
  settle(&w);
  assert_int_equal(hear_code(&w), 554);
  close_world(&w);
}

/* ... and be it the first of a record. */
static void one_octet_is_early(void **state) {
  (void)state;
  for (int tls = 0; tls < 2; tls++) {
    world w;
    shako_question q;

    if (tls) {
      start_inside(&w, true);
      push_record(&w, FAKE_DATA, "EHLO c.example\r\n");
      q = ask(&w, SHAKO_EVENT_HELLO);
      push(&w, "\x17");
    } else {
      q = open_question(&w, SHAKO_EVENT_CONNECT);
      push(&w, "E");
    }
    assert_int_equal(shako_session_accept(w.session, q), 0);
    settle(&w);
    assert_string_equal(w.how, "early-octets");
    close_world(&w);
  }
}

/* It needed no wait. */
static void a_no_is_said_to_an_early_peer(void **state) {
  world w;
  shako_question q = open_question(&w, SHAKO_EVENT_CONNECT);

  (void)state;
  push(&w, "EHLO c.example\r\n");
  assert_int_equal(shako_session_answer(w.session, q, 550, NULL, "Go away"), 0);
  settle(&w);
  hear(&w);
  assert_int_equal(strncmp(octets_text(&w.heard), "550 ", 4), 0);
  close_world(&w);
}

static void nobody_greets_whom_the_policy_rejects(void **state) {
  world w;
  shako_question q;

  (void)state;
  prepare(&w, false);
  w.policy.access = SHAKO_ACCESS_REJECT;
  assert_int_equal(open_world(&w), 0);
  q = ask(&w, SHAKO_EVENT_CONNECT);
  assert_int_equal(shako_session_answer(w.session, q, 220, NULL, "Welcome"),
                   SHAKO_ERR_INVALID_ARGUMENT);
  assert_int_equal(shako_session_accept(w.session, q), 0);
  settle(&w);
  assert_int_equal(hear_code(&w), 554);
  close_world(&w);
}

/* Polling while it is open makes no difference to what it points to. */
static void a_question_points_to_what_was_said_until_its_answer(void **state) {
  world w;
  const shako_event *event;
  shako_span path;
  size_t len;

  (void)state;
  start(&w, false);
  say(&w, "EHLO c.example\r\n");
  push(&w, "MAIL FROM:<a@b.example>\r\n");
  event = shako_session_poll(w.session, w.now);
  assert_int_equal(event->type, SHAKO_EVENT_MAIL);
  path = event->u.mail.path;
  assert_null(shako_session_poll(w.session, w.now));
  assert_memory_equal(path.ptr, "a@b.example", path.len);
  assert_non_null(shako_session_recv_buf(w.session, &len));
  assert_int_equal(shako_session_recv_ack(w.session, 0), 0);
  assert_memory_equal(path.ptr, "a@b.example", path.len);
  close_world(&w);
}

static void enhanced_codes_are_checked(void **state) {
  static const char *const bad[] = {
      "",       "5",       "5.1",    "5.1.",      "5..1",     "5.1.1.1",
      "5.1.1 ", " 5.1.1",  "5.01.1", "5.1.01",    "5.1000.1", "5.1.1000",
      "4.1.1",  "2.1.1",   "3.1.1",  "x.1.1",     "5.x.1",    "5.1.x",
      "5.-1.1", "5.1.1\n", "55.1.1", "5.1.1\r\n", "+5.1.1",   "5,1,1"};
  static const char *const good[] = {"5.1.1", "5.0.0", "5.999.999", "5.10.0"};
  world w;
  shako_question q;

  (void)state;
  q = open_question(&w, SHAKO_EVENT_RCPT);
  for (size_t i = 0; i < COUNT(bad); i++) {
    assert_int_equal(shako_session_answer(w.session, q, 550, bad[i], "no"),
                     SHAKO_ERR_INVALID_ARGUMENT);
  }
  assert_int_equal(shako_session_answer(w.session, q, 250, "5.1.1", "yes"),
                   SHAKO_ERR_INVALID_ARGUMENT);
  close_world(&w);
  for (size_t i = 0; i < COUNT(good); i++) {
    q = open_question(&w, SHAKO_EVENT_RCPT);
    assert_int_equal(shako_session_answer(w.session, q, 550, good[i], "no"), 0);
    close_world(&w);
  }
}

static void t49_no_other_control_octet_in_an_answer(void **state) {
  world w;
  shako_question q;

  (void)state;
  q = open_question(&w, SHAKO_EVENT_RCPT);
  for (int octet = 1; octet < 256; octet++) {
    const char text[] = {'a', (char)octet, 'b', '\0'};

    if ((octet < ' ' && octet != '\n') || octet > '~') {
      assert_int_equal(shako_session_answer(w.session, q, 550, NULL, text),
                       SHAKO_ERR_INVALID_ARGUMENT);
      assert_int_equal(shako_session_shutdown(w.session, text),
                       SHAKO_ERR_INVALID_ARGUMENT);
    }
  }
  assert_int_equal(
      shako_session_answer(w.session, q, 550, NULL, "no\r\n250 injected"),
      SHAKO_ERR_INVALID_ARGUMENT);
  hear(&w);
  assert_int_equal(
      shako_session_answer(w.session, q, 550, "5.1.1", "no\n250 injected"), 0);
  settle(&w);
  assert_non_null(strstr(hear(&w), "550-5.1.1 no\r\n"
                                   "550 5.1.1 250 injected\r\n"));
  close_world(&w);
}

static void t49_an_answer_has_a_longest_text(void **state) {
  char text[SHAKO_REPLY_TEXT_MAX + 2];
  world w;
  shako_question q;

  (void)state;
  memset(text, 'x', sizeof(text) - 1);
  text[sizeof(text) - 1] = '\0';
  for (size_t i = 0; i < COUNT(questions); i++) {
    q = open_question(&w, questions[i].type);
    hear(&w);
    assert_int_equal(shako_session_answer(w.session, q, 550, "5.1.1", text),
                     SHAKO_ERR_INVALID_ARGUMENT);
    assert_int_equal(shako_session_answer(w.session, q, 550, "5.1.1", text + 1),
                     0);
    settle(&w);
    assert_true(strlen(hear(&w)) > SHAKO_REPLY_TEXT_MAX);
    w.in_transaction = false;
    close_world(&w);
  }
}

/* Folds |text| and demands that all of it is there. */
static void fold(const char *enhanced, const char *text) {
  octets joined = {0};
  world w;
  shako_question q = open_question(&w, SHAKO_EVENT_CONNECT);
  const char *line;
  size_t head = 4;

  (void)enhanced;
  shako_session_accept(w.session, q);
  say(&w, "EHLO c.example\r\n");
  say(&w, "MAIL FROM:<a@b.example>\r\n");
  hear(&w);
  push(&w, "RCPT TO:<c@d.example>\r\n");
  q = ask(&w, SHAKO_EVENT_RCPT);
  assert_int_equal(shako_session_answer(w.session, q, 550, enhanced, text), 0);
  settle(&w);
  assert_int_equal(hear_code(&w), 550); /* no line is too long */
  head += enhanced ? strlen(enhanced) + 1 : 0;
  for (line = octets_text(&w.heard); *line; line = strstr(line, "\r\n") + 2) {
    size_t len = (size_t)(strstr(line, "\r\n") - line);

    assert_true(len >= head);
    octets_add(&joined, line + head, len - head);
  }
  for (const char *at = text; *at; at++) {
    if (*at != ' ' && *at != '\n') {
      assert_true(joined.len > 0);
      while (joined.ptr[0] == ' ') {
        octets_drop(&joined, 1);
      }
      assert_int_equal(joined.ptr[0], *at);
      octets_drop(&joined, 1);
    }
  }
  octets_free(&joined);
  close_world(&w);
}

static void t49_over_long_lines_are_folded(void **state) {
  char *words = repeated("some words of an answer ", 170);
  char *solid = repeated("x", 4096);

  (void)state;
  fold("5.1.1", words);
  fold(NULL, words);
  fold("5.1.1", solid);
  fold("5.999.999", solid);
  solid[505] = ' ';
  solid[506] = ' ';
  fold(NULL, solid);
  for (size_t len = 495; len < 515; len++) {
    solid[len] = '\0';
    fold("5.1.1", solid);
    solid[len] = 'x';
  }
  free(words);
  free(solid);
}

/* T59: line continuations do not wrap. */
static void t59_an_answer_of_4097_lines(void **state) {
  char *text = repeated("\n", SHAKO_REPLY_TEXT_MAX);
  world w;
  shako_question q = open_question(&w, SHAKO_EVENT_RCPT);

  (void)state;
  settle(&w);
  hear(&w);
  assert_int_equal(shako_session_answer(w.session, q, 550, NULL, text), 0);
  poll_all(&w);
  settle(&w);
  hear(&w);
  assert_true(w.heard.len > 6 * SHAKO_REPLY_TEXT_MAX);
  assert_non_null(strstr(octets_text(&w.heard), "550-\r\n550 \r\n"));
  free(text);
  close_world(&w);
}

static void stale_answers_change_nothing(void **state) {
  world w;
  shako_question q = open_question(&w, SHAKO_EVENT_MAIL);
  const shako_tls_info info = {.struct_size = sizeof(info), .version = 0x0304};

  (void)state;
  assert_int_equal(shako_session_accept(w.session, 0),
                   SHAKO_ERR_STALE_QUESTION);
  assert_int_equal(shako_session_accept(w.session, q + 1),
                   SHAKO_ERR_STALE_QUESTION);
  assert_int_equal(shako_session_accept(w.session, q - 1),
                   SHAKO_ERR_STALE_QUESTION);
  assert_int_equal(shako_session_answer(w.session, q + 1, 550, NULL, "no"),
                   SHAKO_ERR_STALE_QUESTION);
  assert_int_equal(shako_session_tls_external(w.session, q + 1, &info),
                   SHAKO_ERR_STALE_QUESTION);
  assert_int_equal(shako_session_tls_external(w.session, q, &info),
                   SHAKO_ERR_INVALID_STATE);
  assert_int_equal(shako_session_accept(w.session, q), 0);
  w.in_transaction = true;
  assert_int_equal(shako_session_accept(w.session, q),
                   SHAKO_ERR_STALE_QUESTION);
  q = ask(&w, SHAKO_EVENT_RCPT);
  assert_int_equal(shako_session_lost(w.session), 0);
  assert_int_equal(shako_session_accept(w.session, q),
                   SHAKO_ERR_STALE_QUESTION);
  settle(&w);
  assert_string_equal(w.how, "lost");
  assert_int_equal(shako_session_accept(w.session, q),
                   SHAKO_ERR_STALE_QUESTION);
  assert_int_equal(shako_session_shutdown(w.session, NULL),
                   SHAKO_ERR_INVALID_STATE);
  close_world(&w);
}

static void handshake_takes_no_code(void **state) {
  const shako_tls_info nothing = {.struct_size = sizeof(nothing)};
  char cipher[] = "TLS_AES_128_GCM_SHA256";
  const shako_tls_info info = {
      .struct_size = sizeof(info), .version = 0x0304, .cipher = cipher};
  world w;
  const shako_event *event;
  shako_question q;

  (void)state;
  prepare(&w, false);
  w.policy.tls = SHAKO_TLS_SETTING_REQUIRED;
  w.config.external_tls = 1;
  w.config.implicit_tls = 1;
  assert_int_equal(open_world(&w), 0);
  event = shako_session_poll(w.session, w.now);
  assert_int_equal(event->type, SHAKO_EVENT_HANDSHAKE);
  q = event->question;
  assert_int_equal(shako_session_accept(w.session, q), SHAKO_ERR_INVALID_STATE);
  assert_int_equal(shako_session_tls_external(w.session, q, &nothing),
                   SHAKO_ERR_INVALID_ARGUMENT);
  assert_int_equal(shako_session_tls_external(w.session, q, &info), 0);
  memset(cipher, 'x', sizeof(cipher) - 1); /* it was copied */
  settle(&w);
  assert_int_equal(shako_session_tls_external(w.session, 0, &info),
                   SHAKO_ERR_STALE_QUESTION);
  assert_non_null(strstr(octets_text(&w.events),
                         "TLS TLSv1.3 TLS_AES_128_GCM_SHA256\nCONNECT"));
  assert_int_equal(hear_code(&w), 220);
  close_world(&w);
}

static void long_names_of_tls_are_cut(void **state) {
  char *name = repeated("x", 100);
  const shako_tls_info info = {.struct_size = sizeof(info),
                               .version = 0x0304,
                               .cipher = name,
                               .group = name};
  world w;

  (void)state;
  prepare(&w, false);
  w.config.external_tls = 1;
  w.config.implicit_tls = 1;
  assert_int_equal(open_world(&w), 0);
  assert_int_equal(shako_session_tls_external(
                       w.session, ask(&w, SHAKO_EVENT_HANDSHAKE), &info),
                   0);
  settle(&w);
  name[63] = '\0';
  assert_string_equal(shako_session_tls(w.session)->cipher, name);
  assert_string_equal(shako_session_tls(w.session)->group, name);
  free(name);
  close_world(&w);
}

/* A message over the limit is read to its end, and no more of it shown. */
static void no_more_of_a_message_is_shown_than_the_limit(void **state) {
  world w;

  (void)state;
  prepare(&w, false);
  w.policy.max_message_size = 10;
  assert_int_equal(open_world(&w), 0);
  settle(&w);
  begin_message(&w);
  for (int i = 0; i < 20; i++) {
    say(&w, "x");
  }
  assert_string_equal(octets_text(&w.body), "xxxxxxxxxx");
  hear(&w);
  say(&w, "\r\n.\r\n");
  assert_int_equal(hear_code(&w), 552);
  close_world(&w);
}

static void an_open_question_is_stale_after_shutdown(void **state) {
  world w;
  shako_question q = open_question(&w, SHAKO_EVENT_MAIL);

  (void)state;
  assert_int_equal(shako_session_shutdown(w.session, NULL), 0);
  assert_false(shako_session_want(w.session) & SHAKO_WANT_ANSWER);
  assert_int_equal(shako_session_accept(w.session, q),
                   SHAKO_ERR_STALE_QUESTION);
  close_world(&w);
}

/* --- loans --------------------------------------------------------------- */

static void a_loan_for_input_ends_with_its_ack(void **state) {
  world w;
  size_t len, again;
  uint8_t *loan;

  (void)state;
  start(&w, false);
  assert_int_equal(shako_session_recv_ack(w.session, 1),
                   SHAKO_ERR_INVALID_STATE);
  assert_int_equal(shako_session_recv_ack(w.session, 0), 0);
  loan = shako_session_recv_buf(w.session, &len);
  assert_non_null(loan);
  assert_true(len >= 4096);
  assert_ptr_equal(shako_session_recv_buf(w.session, &again), loan);
  assert_int_equal(again, len);
  assert_int_equal(shako_session_recv_ack(w.session, len + 1),
                   SHAKO_ERR_INVALID_ARGUMENT);
  /* It stays lent, whatever else is called. */
  assert_null(shako_session_poll(w.session, w.now));
  assert_ptr_equal(shako_session_recv_buf(w.session, &again), loan);
  memcpy(loan, "NOOP\r\n", 6);
  assert_int_equal(shako_session_recv_ack(w.session, 6), 0);
  assert_int_equal(shako_session_recv_ack(w.session, 6),
                   SHAKO_ERR_INVALID_STATE);
  settle(&w);
  assert_string_equal(hear(&w), "250 2.0.0 Ok\r\n");
  /* Given back unused it changes nothing. */
  assert_non_null(shako_session_recv_buf(w.session, &len));
  assert_int_equal(shako_session_recv_ack(w.session, 0), 0);
  assert_int_equal(shako_session_want(w.session), SHAKO_WANT_RECV);
  close_world(&w);
}

static void a_loan_of_output_ends_with_its_ack(void **state) {
  world w;
  size_t len, more;
  const uint8_t *loan;

  (void)state;
  start(&w, false);
  assert_null(shako_session_send_buf(w.session, &len));
  assert_int_equal(len, 0);
  assert_int_equal(shako_session_send_ack(w.session, 1),
                   SHAKO_ERR_INVALID_STATE);
  push(&w, "NOOP\r\n");
  poll_all(&w);
  loan = shako_session_send_buf(w.session, &len);
  assert_non_null(loan);
  assert_int_equal(len, 14);
  assert_int_equal(shako_session_send_ack(w.session, len + 1),
                   SHAKO_ERR_INVALID_ARGUMENT);
  /* What is said meanwhile is behind it; nothing moves. */
  push(&w, "NOOP\r\n");
  poll_all(&w);
  assert_memory_equal(loan, "250 2.0.0 Ok\r\n", 14);
  assert_ptr_equal(shako_session_send_buf(w.session, &more), loan);
  assert_int_equal(more, 28);
  assert_int_equal(shako_session_send_ack(w.session, 3), 0);
  assert_int_equal(shako_session_send_ack(w.session, 3),
                   SHAKO_ERR_INVALID_STATE);
  loan = shako_session_send_buf(w.session, &len);
  assert_int_equal(len, 25);
  assert_memory_equal(loan, " 2.0.0 Ok\r\n250 2.0.0 Ok\r\n", 25);
  assert_int_equal(shako_session_send_ack(w.session, 0), 0);
  settle(&w);
  assert_int_equal(shako_session_want(w.session), SHAKO_WANT_RECV);
  close_world(&w);
}

/* Both loans are in flight at once, and outlive the session's end. */
static void loans_outlive_the_end(void **state) {
  (void)state;
  for (int way = 0; way < 3; way++) {
    world w;
    size_t idle, len;
    uint8_t *room;

    start(&w, false);
    idle = w.memory.held;
    push(&w, "NOOP\r\n");
    room = shako_session_recv_buf(w.session, &len);
    poll_all(&w);
    assert_non_null(shako_session_send_buf(w.session, &len));
    if (way == 0) {
      shako_session_lost(w.session);
    } else if (way == 1) {
      shako_session_shutdown(w.session, NULL);
    } else {
      w.now = shako_session_expiry(w.session);
      assert_null(shako_session_poll(w.session, w.now));
    }
    poll_all(&w);
    memcpy(room, "QUIT\r\n", 6); /* as the kernel does, all the same */
    assert_int_equal(shako_session_send_ack(w.session, len), 0);
    assert_int_equal(shako_session_recv_ack(w.session, 6), 0);
    settle(&w);
    assert_true(w.over);
    assert_int_equal(shako_session_want(w.session), SHAKO_WANT_CLOSE);
    assert_true(way == 0 || w.memory.held == idle); /* it was not kept */
    close_world(&w);
  }
}

/* What comes then is of no use: not even before it is polled for. */
static void nothing_is_lent_once_it_is_to_end(void **state) {
  (void)state;
  for (int way = 0; way < 4; way++) {
    world w;
    size_t len;

    start(&w, false);
    assert_true(shako_session_want(w.session) & SHAKO_WANT_RECV);
    if (way == 0) {
      shako_session_recv_eof(w.session);
    } else if (way == 1) {
      shako_session_lost(w.session);
    } else if (way == 2) {
      shako_session_shutdown(w.session, NULL);
    } else {
      w.memory.fail_at = w.memory.calls + 1;
      assert_null(shako_session_recv_buf(w.session, &len));
      w.memory.fail_at = 0;
    }
    assert_false(shako_session_want(w.session) & SHAKO_WANT_RECV);
    assert_null(shako_session_recv_buf(w.session, &len));
    close_world(&w);
  }
}

/* A session in the clear with the smallest buffer, for which |len| octets
   are in hand, of which an open MAIL pins the last. */
static void fill_behind_mail(world *w, size_t len) {
  static const char mail[] = "MAIL FROM:<a@b.example>\r\n";
  char *rest = repeated("x", len - (sizeof(mail) - 1));

  prepare(w, false);
  w->config.recv_buffer_size = 4096;
  assert_int_equal(open_world(w), 0);
  settle(w);
  say(w, "EHLO c.example\r\n");
  push(w, mail);
  push(w, rest);
  ask(w, SHAKO_EVENT_MAIL);
  free(rest);
}

static void a_loan_of_one_octet_is_a_loan(void **state) {
  world w;
  uint8_t *loan;
  size_t len;

  (void)state;
  fill_behind_mail(&w, 4095);
  loan = shako_session_recv_buf(w.session, &len);
  assert_non_null(loan);
  assert_int_equal(len, 1);
  assert_int_equal(shako_session_shutdown(w.session, NULL), 0);
  assert_ptr_equal(shako_session_recv_buf(w.session, &len), loan);
  assert_int_equal(len, 1);
  close_world(&w);
}

/* Octets are moved to the front where there is little room behind them. */
static void octets_are_moved_for_want_of_room_only(void **state) {
  char *noops = repeated("NOOP\r\n", 341); /* 2,046 octets */

  (void)state;
  for (size_t more = 2; more < 4; more++) {
    world w;
    size_t len;
    uint8_t *block;

    prepare(&w, false);
    w.config.recv_buffer_size = 4096;
    assert_int_equal(open_world(&w), 0);
    settle(&w);
    block = shako_session_recv_buf(w.session, &len);
    assert_int_equal(len, 4096);
    memcpy(block, noops, 2046);
    memcpy(block + 2046, "NOOP", more);
    assert_int_equal(shako_session_recv_ack(w.session, 2046 + more), 0);
    poll_all(&w);
    assert_ptr_equal(shako_session_recv_buf(w.session, &len),
                     more == 2 ? block + 2048 : block + 3);
    assert_int_equal(len, more == 2 ? 2048 : 4093);
    close_world(&w);
  }
  free(noops);
}

/* Inside TLS an event points to what was decrypted: records may be moved. */
static void a_question_inside_tls_pins_no_records(void **state) {
  char *noops = repeated("NOOP\r\n", 500);
  world w;
  size_t len;

  (void)state;
  prepare(&w, true);
  w.config.recv_buffer_size = 4096;
  assert_int_equal(open_world(&w), 0);
  settle(&w);
  say(&w, "EHLO c.example\r\n");
  say(&w, "STARTTLS\r\n");
  shake_hands(&w);
  say(&w, "EHLO c.example\r\n");
  hear(&w);
  push_record(&w, FAKE_DATA, "MAIL FROM:<a@b.example>\r\n");
  push_record(&w, FAKE_DATA, noops);
  noops[6 * 177] = '\0';
  push_record(&w, FAKE_DATA, noops);
  len = 3 + 25 + 3 + 3000 + 3 + 6 * 177;
  assert_int_equal(len, 4096);
  ask(&w, SHAKO_EVENT_MAIL);
  assert_true(shako_session_want(w.session) & SHAKO_WANT_RECV);
  assert_non_null(shako_session_recv_buf(w.session, &len));
  assert_int_equal(len, 3 + 25);
  free(noops);
  close_world(&w);
}

/* A record may hold more than there is room for: what the engine keeps of it
   is read, although nothing comes behind it. */
static void the_rest_of_a_record_is_read(void **state) {
  octets text = {0};
  world w;

  (void)state;
  prepare(&w, true);
  w.config.recv_buffer_size = 4096;
  assert_int_equal(open_world(&w), 0);
  settle(&w);
  say(&w, "EHLO c.example\r\n");
  say(&w, "STARTTLS\r\n");
  shake_hands(&w);
  say(&w, "N");
  hear(&w);
  octets_add_text(&text, "OOP\r\n");
  while (text.len < 4091) {
    octets_add_text(&text, "NOOP\r\n");
  }
  octets_add_text(&text, "foo\r\n");
  say(&w, octets_text(&text));
  hear(&w);
  assert_non_null(strstr(octets_text(&w.heard), "500 5.5.2"));
  octets_free(&text);
  close_world(&w);
}

static void push_times(world *w, size_t count, const char *text) {
  char *all = repeated(text, count);

  push(w, all);
  poll_all(w);
  free(all);
}

/* Room that a move would make is room, be it for one octet: the replies that
   nobody reads stop the session behind the first one that it holds. */
static void room_for_one_octet_is_room(void **state) {
  world w;

  (void)state;
  prepare(&w, false);
  w.config.recv_buffer_size = 4096;
  assert_int_equal(open_world(&w), 0);
  poll_all(&w);
  for (int i = 0; i < 6; i++) {
    push_times(&w, 334, "NOOP\r\n");
  }
  push_times(&w, 330, "NOOP\r\n");
  push_times(&w, 4,
             "NOOP 01234567890123456789012345678901234567890123456789\r\n");
  push_times(&w, 1, "BDAT 1\r\n"); /* one more reply is one too many */
  push_times(&w, 4096, "x");
  assert_int_equal(shako_session_want(w.session),
                   SHAKO_WANT_RECV | SHAKO_WANT_SEND);
  close_world(&w);
}

/* From the 220 to tls_external() the octets are not the session's. */
static void nothing_is_lent_for_a_handshake_of_others(void **state) {
  world w;
  size_t len;
  shako_question q;
  const shako_tls_info info = {.struct_size = sizeof(info), .version = 0x0304};

  (void)state;
  prepare(&w, true);
  w.config.engine = NULL;
  w.config.external_tls = 1;
  assert_int_equal(open_world(&w), 0);
  settle(&w);
  say(&w, "EHLO c.example\r\n");
  push(&w, "STARTTLS\r\n");
  q = ask(&w, SHAKO_EVENT_STARTTLS);
  assert_int_equal(shako_session_accept(w.session, q), 0);
  assert_null(shako_session_poll(w.session, w.now));
  send_some(&w, SIZE_MAX);
  assert_int_equal(shako_session_want(w.session), SHAKO_WANT_POLL);
  q = ask(&w, SHAKO_EVENT_HANDSHAKE);
  assert_int_equal(shako_session_want(w.session), SHAKO_WANT_ANSWER);
  assert_null(shako_session_recv_buf(w.session, &len));
  assert_int_equal(shako_session_tls_external(w.session, q, &info), 0);
  poll_all(&w);
  assert_int_equal(shako_session_want(w.session), SHAKO_WANT_RECV);
  close_world(&w);
}

/* A client that does not read gets so many replies, and then is not read. */
static void replies_that_are_not_read_have_a_limit(void **state) {
  world w;

  (void)state;
  prepare(&w, false);
  assert_int_equal(open_world(&w), 0);
  poll_all(&w);
  for (int i = 0; i < 50; i++) {
    char *noops = repeated("NOOP\r\n", 100);
    size_t n;

    shako_session_push(w.session, (const uint8_t *)noops, 600, &n);
    free(noops);
    poll_all(&w);
  }
  while (w.wire.len < 32768) { /* no command is taken meanwhile */
    size_t before = w.wire.len;

    send_some(&w, SIZE_MAX);
    assert_true(w.wire.len > before);
  }
  assert_int_equal(w.wire.len, 22 + 2339 * 14); /* which is the mark */
  settle(&w);
  assert_true(w.wire.len > 32768);
  close_world(&w);
}

/* Nobody is left to be told. */
static void shutdown_of_a_lost_session_says_nothing(void **state) {
  world w;
  unsigned calls;

  (void)state;
  start(&w, false);
  calls = w.memory.calls;
  shako_session_lost(w.session);
  assert_int_equal(shako_session_shutdown(w.session, NULL), 0);
  assert_int_equal(w.memory.calls, calls);
  settle(&w);
  assert_string_equal(w.how, "lost");
  close_world(&w);
}

static void close_is_wanted_once_all_is_sent(void **state) {
  world w;

  (void)state;
  start(&w, false);
  push(&w, "QUIT\r\n");
  poll_all(&w);
  assert_int_equal(shako_session_want(w.session), SHAKO_WANT_SEND);
  assert_int_equal(shako_session_shutdown(w.session, NULL),
                   SHAKO_ERR_INVALID_STATE);
  send_some(&w, SIZE_MAX);
  assert_int_equal(shako_session_want(w.session),
                   SHAKO_WANT_POLL | SHAKO_WANT_CLOSE);
  note(&w, shako_session_poll(w.session, w.now));
  assert_string_equal(w.how, "quit");
  assert_int_equal(shako_session_want(w.session), SHAKO_WANT_CLOSE);
  close_world(&w);
}

static void what_a_lost_peer_would_hear_is_dropped_at_once(void **state) {
  world w;
  size_t idle;

  (void)state;
  prepare(&w, false);
  assert_int_equal(open_world(&w), 0);
  idle = w.memory.held;
  poll_all(&w);
  assert_true(w.memory.held > idle);
  shako_session_lost(w.session);
  assert_int_equal(w.memory.held, idle);
  close_world(&w);
}

/* Nobody is left for whom a reply could be sealed. */
static void a_lost_session_seals_nothing(void **state) {
  world w;

  (void)state;
  start_inside(&w, true);
  push_record(&w, FAKE_DATA, "NOOP\r\n");
  poll_all(&w);
  w.context.fail_write = 1;
  shako_session_lost(w.session);
  settle(&w);
  assert_string_equal(w.how, "lost");
  assert_int_equal(w.error, 0);
  close_world(&w);
}

/* --- the STARTTLS boundary (T01 to T05) ---------------------------------- */

/* Takes a STARTTLS line, with a loan open that is older than it. */
static uint8_t *starttls_under_a_loan(world *w) {
  uint8_t *loan;
  size_t len;

  start(w, true);
  say(w, "EHLO c.example\r\n");
  hear(w);
  clear_events(w);
  push(w, "STARTTLS\r\n");
  loan = shako_session_recv_buf(w->session, &len);
  assert_non_null(loan);
  poll_all(w);
  assert_string_equal(octets_text(&w->events), "STARTTLS\n");
  return loan;
}

static void nothing_is_lent_until_the_220_is_sent(void **state) {
  world w;
  size_t len;
  shako_question q;

  (void)state;
  start(&w, true);
  say(&w, "EHLO c.example\r\n");
  push(&w, "STARTTLS\r\n");
  q = ask(&w, SHAKO_EVENT_STARTTLS);
  assert_int_equal(shako_session_want(w.session), SHAKO_WANT_ANSWER);
  assert_null(shako_session_recv_buf(w.session, &len));
  assert_int_equal(shako_session_accept(w.session, q), 0);
  poll_all(&w);
  while (shako_session_want(w.session) & SHAKO_WANT_SEND) {
    assert_int_equal(shako_session_want(w.session), SHAKO_WANT_SEND);
    assert_null(shako_session_recv_buf(w.session, &len));
    assert_int_equal(len, 0);
    send_some(&w, 1);
  }
  assert_true(shako_session_want(w.session) & SHAKO_WANT_RECV);
  close_world(&w);
}

static void there_is_no_tls_before_the_220(void **state) {
  world w;
  shako_question q;

  (void)state;
  start(&w, true);
  say(&w, "EHLO c.example\r\n");
  push(&w, "STARTTLS\r\n");
  q = ask(&w, SHAKO_EVENT_STARTTLS);
  assert_null(shako_session_tls(w.session));
  assert_int_equal(shako_session_accept(w.session, q), 0);
  poll_all(&w);
  assert_non_null(shako_session_tls(w.session));
  close_world(&w);
}

/* Behind the 220 no 421 can be said, whether it is sent or not. */
static void shutdown_behind_a_220_says_nothing(void **state) {
  (void)state;
  for (int sent = 0; sent < 2; sent++) {
    world w;

    start(&w, true);
    say(&w, "EHLO c.example\r\n");
    hear(&w);
    push(&w, "STARTTLS\r\n");
    poll_all(&w);
    send_some(&w, sent ? SIZE_MAX : 0);
    assert_int_equal(shako_session_shutdown(w.session, NULL), 0);
    settle(&w);
    assert_string_equal(hear(&w), "220 2.0.0 Ready to start TLS\r\n");
    assert_string_equal(w.how, "shutdown");
    close_world(&w);
  }
}

/* What was answered and not yet polled counts: only a 220 is the last word in
   the clear. */
static void shutdown_behind_an_answer(void **state) {
  static const struct {
    shako_event_type type;
    int code;
    bool is_silent;
  } rows[] = {{SHAKO_EVENT_STARTTLS, 220, true},
              {SHAKO_EVENT_STARTTLS, 454, false},
              {SHAKO_EVENT_STARTTLS, 421, true},
              {SHAKO_EVENT_HELLO, 250, false},
              {SHAKO_EVENT_HELLO, 550, false}};

  (void)state;
  for (size_t i = 0; i < COUNT(rows); i++) {
    world w;
    shako_question q = open_question(&w, rows[i].type);
    int code = rows[i].code;

    hear(&w);
    assert_int_equal(shako_session_answer(w.session, q, code, NULL, "said"), 0);
    assert_int_equal(shako_session_shutdown(w.session, "gone"), 0);
    settle(&w);
    hear(&w);
    assert_non_null(strstr(octets_text(&w.heard), "said\r\n"));
    assert_true(!strstr(octets_text(&w.heard), "421 4.3.2 gone\r\n") ==
                rows[i].is_silent);
    close_world(&w);
  }
}

/* ... whatever else would end the session then. */
static void shutdown_has_the_last_word(void **state) {
  world w;
  shako_question q;

  (void)state;
  prepare(&w, false);
  w.policy.max_errors = 1;
  assert_int_equal(open_world(&w), 0);
  settle(&w);
  hear(&w);
  push(&w, "EHLO c.example\r\n");
  q = ask(&w, SHAKO_EVENT_HELLO);
  assert_int_equal(shako_session_answer(w.session, q, 550, NULL, "no"), 0);
  assert_int_equal(shako_session_shutdown(w.session, "gone"), 0);
  settle(&w);
  assert_string_equal(hear(&w), "550 no\r\n421 4.3.2 gone\r\n");
  close_world(&w);
}

/* The application's no to a CERTIFICATE is the end of a handshake, although
   the provider has one and the client's is good; the 421, too. */
static int deny_certificates(world *w, const shako_event *event) {
  return event->type == SHAKO_EVENT_CERTIFICATE
             ? shako_session_answer(w->session, event->question, w->plan,
                                    "4.7.0", "Not now")
             : shako_session_accept(w->session, event->question);
}

static void a_certificate_that_is_denied_ends_the_handshake(void **state) {
  static const int codes[] = {421, 454};

  (void)state;
  for (size_t i = 0; i < COUNT(codes); i++) {
    world w;

    start(&w, true);
    w.answer = deny_certificates;
    w.plan = codes[i];
    fake_script_add(&w.provider.select, SHAKO_PROVIDER_WAIT);
    fake_script_add(&w.provider.select, SHAKO_PROVIDER_OK);
    say(&w, "EHLO c.example\r\n");
    say(&w, "STARTTLS\r\n");
    hear(&w);
    shake_hands(&w);
    assert_null(strstr(octets_text(&w.events), "TLS TLSv1.3"));
    assert_non_null(
        strstr(octets_text(&w.events),
               "CERTIFICATE\nCLOSED tls-failed messages=0 refusals=1 error=0 "
               "tls=failed:no-certificate"));
    assert_int_equal(w.counters.certificates, 0);
    close_world(&w);
  }
}

/* What is decrypted and never read is wiped as well. */
static void text_behind_a_quit_is_wiped(void **state) {
  (void)state;
  for (int tls = 0; tls < 2; tls++) {
    world w;
    size_t idle;

    start_inside(&w, tls);
    idle = w.memory.held;
    w.memory.secret = "hunter2";
    say(&w, "QUIT\r\nhunter2");
    assert_string_equal(w.how, "quit");
    assert_int_equal(w.memory.held, idle);
    assert_int_equal(w.counters.frees, tls); /* the engine is done with */
    close_world(&w);
  }
}

/* Inside TLS it is text, of which the rest of the line is waited for. */
static void t30_half_a_client_hello_inside_tls(void **state) {
  world w;

  (void)state;
  start_inside(&w, true);
  say(&w, "\x16\x03\x01\x02");
  assert_false(w.over);
  say(&w, "\r\n");
  assert_int_equal(hear_code(&w), 500);
  close_world(&w);
}

/* The engine cannot seal a reply: an end without another word. */
static void a_reply_that_cannot_be_sealed_is_the_end(void **state) {
  (void)state;
  for (int eof = 0; eof < 2; eof++) {
    world w;

    start_inside(&w, true);
    w.context.fail_write = 1;
    push_record(&w, FAKE_DATA, "NOOP\r\n");
    if (eof) {
      shako_session_recv_eof(w.session);
    }
    settle(&w);
    assert_true(w.over);
    assert_int_equal(w.error, SHAKO_ERR_TLS);
    assert_string_equal(w.how, "tls-error");
    assert_int_equal(shako_session_tls(w.session)->native_error, -1);
    assert_string_equal(hear(&w), "");
    assert_int_equal(w.counters.misuses, 0);
    close_world(&w);
  }
}

/* ... also where an answer has no room before it is. */
static void an_answer_behind_a_reply_that_is_not_sealed(void **state) {
  char *text = repeated("x", SHAKO_REPLY_TEXT_MAX);

  (void)state;
  for (int fails = 0; fails < 2; fails++) {
    world w;
    shako_question q;

    start_inside(&w, true);
    say(&w, "EHLO c.example\r\n");
    say(&w, "MAIL FROM:<a@b.example>\r\n");
    hear(&w);
    w.context.fail_write = (uint8_t)fails;
    push_record(&w, FAKE_DATA, "NOOP\r\nRCPT TO:<c@d.example>\r\n");
    q = ask(&w, SHAKO_EVENT_RCPT);
    assert_int_equal(shako_session_answer(w.session, q, 550, NULL, text),
                     fails ? SHAKO_ERR_TLS : 0);
    settle(&w);
    hear(&w);
    assert_true(fails ? w.over : w.heard.len > SHAKO_REPLY_TEXT_MAX);
    close_world(&w);
  }
  free(text);
}

/* Engines that fail and cannot say why. */
static shako_tls_status fail_handshake(void *conn) {
  (void)conn;
  return SHAKO_TLS_STATUS_FAILED;
}

static shako_tls_status fail_write(void *conn, const uint8_t *buf, size_t len,
                                   size_t *n) {
  (void)conn;
  (void)buf;
  (void)len;
  (void)n;
  return SHAKO_TLS_STATUS_FAILED;
}

static void an_engine_that_fails_has_failed(void **state) {
  shako_tls_engine engine = fake_engine;
  world w;

  (void)state;
  for (int write = 0; write < 2; write++) {
    if (write) {
      engine.handshake = fake_engine.handshake;
      engine.write = fail_write;
    } else {
      engine.handshake = fail_handshake;
    }
    prepare(&w, true);
    w.config.engine = &engine;
    assert_int_equal(open_world(&w), 0);
    settle(&w);
    say(&w, "EHLO c.example\r\n");
    say(&w, "STARTTLS\r\n");
    shake_hands(&w);
    hear(&w);
    if (write) {
      say(&w, "NOOP\r\n");
    }
    assert_non_null(strstr(octets_text(&w.events), "tls=failed:internal "));
    assert_string_equal(w.how, write ? "tls-error" : "tls-failed");
    assert_string_equal(hear(&w), "");
    close_world(&w);
  }
}

static bool has_started;

static shako_tls_status start_late(void *conn, const void *context,
                                   const shako_tls_conn_config *config) {
  shako_tls_status status = has_started
                                ? fake_engine.conn_init(conn, context, config)
                                : SHAKO_TLS_STATUS_FAILED;

  has_started = true;
  return status;
}

static void an_engine_that_does_not_start_is_not_asked_again(void **state) {
  shako_tls_engine engine = fake_engine;
  world w;

  (void)state;
  engine.conn_init = start_late;
  has_started = false;
  prepare(&w, true);
  w.config.implicit_tls = 1;
  w.config.engine = &engine;
  assert_int_equal(open_world(&w), 0);
  settle(&w);
  shake_hands(&w);
  assert_string_equal(hear(&w), "");
  assert_int_equal(w.counters.inits, 0);
  assert_non_null(strstr(octets_text(&w.events), "tls=failed:internal "));
  close_world(&w);
}

/* What the alert did is known of CLOSED. */
static void a_missing_certificate_is_told_by_an_alert(void **state) {
  world w;

  (void)state;
  prepare(&w, true);
  take_a_missing_certificate(&w);
  assert_int_equal(open_world(&w), 0);
  settle(&w);
  shake_hands(&w);
  assert_string_equal(hear(&w), "[FATAL]");
  assert_string_equal(w.how, "tls-failed");
  assert_int_equal(shako_session_tls(w.session)->alert, 40);
  close_world(&w);
}

static shako_provider_status give_two(void *ctx,
                                      const shako_client_hello *hello,
                                      shako_certificate **certificates,
                                      size_t *count) {
  fake_provider *provider = ctx;

  (void)hello;
  for (size_t i = 0; i < 2; i++) {
    certificates[i] = shako_certificate_ref(&provider->certificate->base);
  }
  *count = 2;
  return SHAKO_PROVIDER_OK;
}

static void all_certificates_of_the_provider_are_offered(void **state) {
  world w;

  (void)state;
  prepare(&w, true);
  w.certificates.select = give_two;
  assert_int_equal(open_world(&w), 0);
  settle(&w);
  say(&w, "EHLO c.example\r\n");
  say(&w, "STARTTLS\r\n");
  shake_hands(&w);
  assert_int_equal(w.counters.certificates, 2);
  close_world(&w);
}

/* Replies of one octet more than the engine takes at once. */
static int long_refusal(world *w, const shako_event *event) {
  char text[150] = {0};

  if (event->type != SHAKO_EVENT_RCPT) {
    return shako_session_accept(w->session, event->question);
  }
  memset(text, 'x', 149);
  return shako_session_answer(w->session, event->question, 550, "5.1.1", text);
}

static void the_last_octet_of_a_flight_is_sealed(void **state) {
  octets burst = {0};
  world w;

  (void)state;
  start_inside(&w, true);
  w.answer = long_refusal;
  say(&w, "EHLO c.example\r\n");
  say(&w, "MAIL FROM:<a@b.example>\r\n");
  hear(&w);
  for (int i = 0; i < 60; i++) {
    octets_add_text(&burst, "NOOP\r\n");
  }
  octets_add_text(&burst, "RCPT TO:<c@d.example>\r\n");
  say(&w, octets_text(&burst));
  hear(&w);
  assert_int_equal(w.heard.len, FAKE_WRITE_MAX + 1);
  assert_int_equal(w.heard.ptr[FAKE_WRITE_MAX], '\n');
  octets_free(&burst);
  close_world(&w);
}

/* Until it is told otherwise, the peer may take as long as for a command. */
static void a_220_that_is_not_read_has_the_handshake_s_limit(void **state) {
  world w;

  (void)state;
  prepare(&w, true);
  w.policy.handshake_timeout = 300;
  assert_int_equal(open_world(&w), 0);
  settle(&w);
  say(&w, "EHLO c.example\r\n");
  hear(&w);
  push(&w, "STARTTLS\r\n");
  poll_all(&w);
  assert_int_equal(shako_session_expiry(w.session) - w.now, 300);
  w.now += 300;
  settle(&w);
  assert_string_equal(hear(&w), "220 2.0.0 Ready to start TLS\r\n");
  assert_string_equal(w.how, "tls-failed");
  close_world(&w);
}

/* Octets that came after the STARTTLS line were not the application's TLS's,
   though its handshake went well. */
static shako_question external_starttls(world *w, const char *filler,
                                        uint8_t **loan, size_t *len) {
  prepare(w, true);
  w->config.engine = NULL;
  w->config.external_tls = 1;
  w->config.recv_buffer_size = 4096;
  assert_int_equal(open_world(w), 0);
  settle(w);
  say(w, "EHLO c.example\r\n");
  hear(w);
  push(w, filler);
  push(w, "STARTTLS\r\n");
  *loan = shako_session_recv_buf(w->session, len);
  assert_non_null(*loan);
  assert_int_equal(
      shako_session_accept(w->session, ask(w, SHAKO_EVENT_STARTTLS)), 0);
  poll_all(w);
  while (shako_session_want(w->session) & SHAKO_WANT_SEND) {
    send_some(w, SIZE_MAX);
  }
  hear(w);
  return ask(w, SHAKO_EVENT_HANDSHAKE);
}

static const shako_tls_info good_tls = {.struct_size = sizeof(good_tls),
                                        .version = 0x0304};

static void t03_clear_text_is_not_the_application_s_tls(void **state) {
  (void)state;
  for (size_t n = 1; n <= 6; n++) {
    world w;
    uint8_t *loan;
    size_t len;
    shako_question q = external_starttls(&w, "", &loan, &len);

    memcpy(loan, "NOOP\r\n", n);
    assert_int_equal(shako_session_recv_ack(w.session, n), 0);
    assert_int_equal(shako_session_tls_external(w.session, q, &good_tls), 0);
    settle(&w);
    assert_string_equal(hear(&w), "");
    assert_non_null(strstr(octets_text(&w.events),
                           "HANDSHAKE\nCLOSED tls-failed "
                           "messages=0 refusals=0 error=0 "
                           "tls=failed:not-tls "));
    close_world(&w);
  }
}

/* While a loan is open, be it of one octet, nobody knows what is in it; but
   that a handshake has failed can be said. */
static void t03_no_tls_of_the_application_under_a_loan(void **state) {
  const shako_tls_info bad = {.struct_size = sizeof(bad),
                              .failure = SHAKO_TLS_FAILURE_PROTOCOL};
  octets filler = {0};
  world w;
  uint8_t *loan;
  size_t len;
  shako_question q;

  (void)state;
  while (filler.len < 4068) {
    octets_add_text(&filler, "NOOP\r\n");
  }
  octets_add_text(&filler, "NOOP 1234567890\r\n");
  q = external_starttls(&w, octets_text(&filler), &loan, &len);
  assert_int_equal(len, 1);
  assert_int_equal(shako_session_tls_external(w.session, q, &good_tls),
                   SHAKO_ERR_INVALID_STATE);
  assert_int_equal(shako_session_tls_external(w.session, q, &bad), 0);
  settle(&w);
  assert_string_equal(w.how, "tls-failed");
  octets_free(&filler);
  close_world(&w);
}

/* T03 (b): acked after the line was taken, into an old loan: the engine's.
   |after| of the 220's octets are sent before, and |n| octets come at once. */
static void ack_clear_text(size_t after, size_t n) {
  static const char text[] = "NOOP\r\n";
  world w;
  uint8_t *loan = starttls_under_a_loan(&w);

  w.memory.secret = "NOOP";
  send_some(&w, after);
  poll_all(&w);
  memcpy(loan, text, n);
  assert_int_equal(shako_session_recv_ack(w.session, n), 0);
  settle(&w);
  deliver(&w, text + n, strlen(text) - n);
  assert_string_equal(hear(&w), "220 2.0.0 Ready to start TLS\r\n");
  assert_non_null(strstr(octets_text(&w.events), "STARTTLS\nCLOSED tls-failed "
                                                 "messages=0 refusals=0 "
                                                 "error=0 tls=failed:not-tls"));
  assert_int_equal(w.counters.inits, 1);
  close_world(&w);
}

static void t03_clear_text_behind_the_220_is_the_engine_s(void **state) {
  static const size_t sent[] = {0, 1, 15, SIZE_MAX};

  (void)state;
  for (size_t i = 0; i < COUNT(sent); i++) {
    for (size_t n = 1; n <= 6; n++) {
      ack_clear_text(sent[i], n);
    }
  }
}

/* With completion I/O a ClientHello may be seen before the 220's send. */
static void t03_a_client_hello_under_an_old_loan_is_tls(void **state) {
  static const size_t sent[] = {0, 1, 15, SIZE_MAX};
  uint8_t record[16];
  size_t len = fake_record(record, FAKE_HANDSHAKE, "HELLO", 5);

  (void)state;
  for (size_t i = 0; i < COUNT(sent); i++) {
    for (size_t n = 1; n <= len; n++) {
      world w;
      uint8_t *loan = starttls_under_a_loan(&w);

      send_some(&w, sent[i]);
      poll_all(&w);
      memcpy(loan, record, n);
      assert_int_equal(shako_session_recv_ack(w.session, n), 0);
      settle(&w);
      deliver(&w, record + n, len - n);
      assert_string_equal(hear(&w), "220 2.0.0 Ready to start TLS\r\n[DONE]");
      w.client_in_tls = true;
      say(&w, "NOOP\r\n");
      assert_string_equal(hear(&w), "250 2.0.0 Ok\r\n");
      close_world(&w);
    }
  }
}

/* A question pins what is on the wire, also that of a handshake. */
static void no_octet_moves_while_a_certificate_is_awaited(void **state) {
  world w;
  uint8_t *loan;
  size_t len;

  (void)state;
  prepare(&w, true);
  w.config.recv_buffer_size = 4096;
  fake_script_add(&w.provider.select, SHAKO_PROVIDER_WAIT);
  assert_int_equal(open_world(&w), 0);
  settle(&w);
  say(&w, "EHLO c.example\r\n");
  push(&w, "STARTTLS\r\n");
  loan = shako_session_recv_buf(w.session, &len);
  assert_int_equal(len, 4096 - 10);
  poll_all(&w);
  send_some(&w, SIZE_MAX);
  memset(loan, 0, len);
  fake_record(loan, FAKE_HANDSHAKE, "HELLO", 5);
  assert_int_equal(shako_session_recv_ack(w.session, len), 0);
  ask(&w, SHAKO_EVENT_CERTIFICATE);
  assert_int_equal(shako_session_want(w.session), SHAKO_WANT_ANSWER);
  close_world(&w);
}

/* T03 (a), T04: in hand when the line is taken: counted, wiped, the end. */
static void t04_injected_octets_are_wiped_and_counted(void **state) {
  static const char secret[] = "AUTH PLAIN AGEAYg==";
  world w;

  (void)state;
  start(&w, true);
  say(&w, "EHLO c.example\r\n");
  hear(&w);
  clear_events(&w);
  w.memory.secret = secret;
  say(&w, "STARTTLS\r\nAUTH PLAIN AGEAYg==\r\nMAIL FROM:<a@b.example>\r\n");
  assert_int_equal(hear_code(&w), 554);
  assert_string_equal(
      octets_text(&w.events),
      "VIOLATION injected-bytes 554 5.5.0 octets=46\n"
      "CLOSED injected-bytes messages=0 refusals=1 error=0 tls=none "
      "greeted asked commands=2 injected-bytes=1\n");
  assert_int_equal(w.counters.inits, 0);
  close_world(&w);
}

/* T02: half a command in the clear is no part of one inside TLS. */
static void t02_half_a_line_does_not_reach_into_tls(void **state) {
  world w;

  (void)state;
  start(&w, true);
  say(&w, "EHLO c.example\r\n");
  hear(&w);
  say(&w, "STARTTLS\r\nNOOP ");
  assert_int_equal(hear_code(&w), 554);
  assert_string_equal(w.how, "injected-bytes");
  close_world(&w);
}

/* After a 454 what an old loan brings is read as commands. */
static int decline_starttls(world *w, const shako_event *event) {
  return event->type == SHAKO_EVENT_STARTTLS
             ? shako_session_answer(w->session, event->question, 454, "4.7.0",
                                    "Not now")
             : shako_session_accept(w->session, event->question);
}

static void c003_after_a_454_octets_are_commands(void **state) {
  world w;
  uint8_t *loan;
  shako_question q;
  size_t len;

  (void)state;
  start(&w, true);
  w.answer = decline_starttls;
  say(&w, "EHLO c.example\r\n");
  hear(&w);
  push(&w, "STARTTLS\r\n");
  loan = shako_session_recv_buf(w.session, &len);
  q = ask(&w, SHAKO_EVENT_STARTTLS);
  memcpy(loan, "NOOP\r\n", 6); /* while the question is open */
  assert_int_equal(shako_session_recv_ack(w.session, 6), 0);
  assert_int_equal(shako_session_answer(w.session, q, 454, "4.7.0", "Not now"),
                   0);
  settle(&w);
  assert_string_equal(hear(&w), "454 4.7.0 Not now\r\n250 2.0.0 Ok\r\n");
  close_world(&w);
}

/* --- push and drive ------------------------------------------------------ */

static void push_takes_what_there_is_room_for(void **state) {
  world w;
  size_t len, n;
  char *much = repeated("NOOP\r\n", 10000);

  (void)state;
  start(&w, false);
  assert_non_null(shako_session_recv_buf(w.session, &len));
  assert_int_equal(
      shako_session_push(w.session, (const uint8_t *)"NOOP\r\n", 6, &n),
      SHAKO_ERR_INVALID_STATE);
  assert_int_equal(n, 0);
  shako_session_recv_ack(w.session, 0);
  assert_int_equal(
      shako_session_push(w.session, (const uint8_t *)much, 60000, &n), 0);
  assert_in_range(n, 4096, 59999);
  assert_false(shako_session_want(w.session) & SHAKO_WANT_RECV);
  assert_int_equal(shako_session_push(w.session, (const uint8_t *)much, 6, &n),
                   0);
  assert_int_equal(n, 0);
  settle(&w);
  hear(&w);
  say(&w, "\r\nQUIT\r\n");
  assert_string_equal(w.how, "quit");
  assert_int_equal(shako_session_push(w.session, (const uint8_t *)much, 6, &n),
                   0);
  assert_int_equal(n, 0);
  free(much);
  close_world(&w);
}

/* A connection in memory.  The client's flights come one at a time; each
   call may be refused once before, as a socket that would block. */
typedef struct pipe_end {
  const char *const *flights; /* NULL ends them */
  size_t at;                  /* in the first one */
  size_t recv_at_once, send_at_once;
  bool blocks;
  bool recv_refused, send_refused;
  shako_io_status end; /* behind the last flight */
  unsigned fail_send;  /* that send fails; 0: none */
  unsigned sends;
  octets out;
  shako_time now;
} pipe_end;

static size_t least(size_t a, size_t b) {
  return a < b ? a : b;
}

static shako_io_status pipe_recv(void *ctx, uint8_t *buf, size_t len,
                                 size_t *n) {
  pipe_end *end = ctx;

  if (!end->blocks && (end->recv_refused = !end->recv_refused)) {
    return SHAKO_IO_AGAIN;
  }
  if (!*end->flights) {
    return end->end;
  }
  *n = least(least(len, end->recv_at_once), strlen(*end->flights) - end->at);
  memcpy(buf, *end->flights + end->at, *n);
  end->at += *n;
  if ((*end->flights)[end->at] == '\0') {
    end->flights++;
    end->at = 0;
  }
  return SHAKO_IO_OK;
}

static shako_io_status pipe_send(void *ctx, const uint8_t *buf, size_t len,
                                 size_t *n) {
  pipe_end *end = ctx;

  if (!end->blocks && (end->send_refused = !end->send_refused)) {
    return SHAKO_IO_AGAIN;
  }
  if (++end->sends == end->fail_send) {
    return SHAKO_IO_FAILED;
  }
  *n = least(len, end->send_at_once);
  octets_add(&end->out, buf, *n);
  return SHAKO_IO_OK;
}

static shako_time pipe_now(void *ctx) {
  pipe_end *end = ctx;

  return end->now;
}

static void drive_to_the_end(world *w, pipe_end *end) {
  const shako_io io = {sizeof(io), end, pipe_recv, pipe_send, pipe_now};
  const shako_event *event;
  unsigned want;
  int turns = 0;

  do {
    want = shako_session_drive(w->session, &io, &event);
    if (event) {
      note(w, event);
      if (event->question) {
        answer(w, event);
      }
    }
    assert_int_equal(want, event && event->question && !w->over
                               ? want
                               : shako_session_want(w->session));
    assert_in_range(turns++, 0, 100000);
  } while (want != SHAKO_WANT_CLOSE || event);
}

static const char *const three_flights[] = {
    "EHLO c.example\r\n",
    "MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nRCPT TO:<e@f.example>"
    "\r\nNOOP\r\nDATA\r\n",
    "Subject: hi\r\n\r\nhi\r\n.\r\nQUIT\r\n", NULL};

static void drive_answers_a_flight_in_one_write(void **state) {
  pipe_end end = {.flights = three_flights,
                  .recv_at_once = SIZE_MAX,
                  .send_at_once = SIZE_MAX,
                  .blocks = true,
                  .end = SHAKO_IO_EOF};
  world w;

  (void)state;
  prepare(&w, false);
  assert_int_equal(open_world(&w), 0);
  drive_to_the_end(&w, &end);
  assert_string_equal(w.how, "quit");
  assert_string_equal(octets_text(&w.body), "Subject: hi\r\n\r\nhi\r\n");
  assert_int_equal(end.sends, 4); /* the greeting, and one a flight */
  octets_free(&end.out);
  close_world(&w);
}

static void drive_goes_on_however_little_moves(void **state) {
  static const size_t pieces[] = {1, 2, 3, 7, 1000};
  octets first = {0};

  (void)state;
  for (size_t i = 0; i < COUNT(pieces) * COUNT(pieces) * 2; i++) {
    pipe_end end = {.flights = three_flights,
                    .recv_at_once = pieces[i / 2 % COUNT(pieces)],
                    .send_at_once = pieces[i / 2 / COUNT(pieces)],
                    .blocks = i % 2,
                    .end = SHAKO_IO_EOF};
    world w;

    prepare(&w, false);
    assert_int_equal(open_world(&w), 0);
    drive_to_the_end(&w, &end);
    assert_string_equal(w.how, "quit");
    if (i == 0) {
      octets_add_text(&first, octets_text(&end.out));
    }
    assert_string_equal(octets_text(&end.out), octets_text(&first));
    octets_free(&end.out);
    close_world(&w);
  }
  octets_free(&first);
}

static void drive_sees_the_end_of_the_stream(void **state) {
  static const char *const flights[] = {"EHLO c.example\r\n",
                                        "MAIL FROM:<a@b.example>\r\n", NULL};
  static const struct {
    shako_io_status end;
    const char *how;
  } rows[] = {{SHAKO_IO_EOF, "cut-off"}, {SHAKO_IO_FAILED, "lost"}};

  (void)state;
  for (size_t i = 0; i < COUNT(rows) * 2; i++) {
    pipe_end end = {.flights = flights,
                    .recv_at_once = 5,
                    .send_at_once = 9,
                    .blocks = i % 2,
                    .end = rows[i / 2].end};
    world w;

    prepare(&w, false);
    assert_int_equal(open_world(&w), 0);
    drive_to_the_end(&w, &end);
    assert_string_equal(w.how, rows[i / 2].how);
    if (end.blocks || end.end == SHAKO_IO_EOF) {
      assert_non_null(strstr(octets_text(&end.out), "250 2.1.0 "));
    }
    octets_free(&end.out);
    close_world(&w);
  }
}

static void drive_sees_that_a_send_failed(void **state) {
  (void)state;
  for (unsigned n = 1; n <= 4; n++) {
    pipe_end end = {.flights = three_flights,
                    .recv_at_once = SIZE_MAX,
                    .send_at_once = SIZE_MAX,
                    .blocks = true,
                    .end = SHAKO_IO_EOF,
                    .fail_send = n};
    world w;

    prepare(&w, false);
    assert_int_equal(open_world(&w), 0);
    drive_to_the_end(&w, &end);
    assert_true(strcmp(w.how, "lost") == 0 || n == 4);
    octets_free(&end.out);
    close_world(&w);
  }
}

static void drive_lets_time_pass(void **state) {
  static const char *const flights[] = {"EHLO c.example\r\n", NULL};
  pipe_end end = {.flights = flights,
                  .recv_at_once = SIZE_MAX,
                  .send_at_once = SIZE_MAX,
                  .end = SHAKO_IO_AGAIN,
                  .now = 1000};
  const shako_io io = {sizeof(io), &end, pipe_recv, pipe_send, pipe_now};
  const shako_event *event;
  world w;

  (void)state;
  prepare(&w, false);
  assert_int_equal(open_world(&w), 0);
  for (int i = 0; i < 20; i++) {
    shako_session_drive(w.session, &io, &event);
    if (event && event->question) {
      shako_session_accept(w.session, event->question);
    }
  }
  assert_int_equal(shako_session_drive(w.session, &io, &event),
                   SHAKO_WANT_RECV);
  assert_null(event);
  end.now = shako_session_expiry(w.session);
  drive_to_the_end(&w, &end);
  assert_string_equal(w.how, "idle-timeout");
  assert_non_null(strstr(octets_text(&end.out), "421 4.4.2 "));
  octets_free(&end.out);
  close_world(&w);
}

/* --- time ---------------------------------------------------------------- */

static void set_limits(world *w) {
  w->policy.idle_timeout = 1000;
  w->policy.handshake_timeout = 300;
  w->policy.session_timeout = 5000;
  w->policy.answer_timeout = 20000;
}

static shako_time left(const world *w) {
  return shako_session_expiry(w->session) - w->now;
}

static void expiry_follows_the_phase(void **state) {
  world w;
  shako_question q;

  (void)state;
  prepare(&w, true);
  set_limits(&w);
  assert_int_equal(open_world(&w), 0);
  q = ask(&w, SHAKO_EVENT_CONNECT);
  assert_int_equal(left(&w), 20000);
  w.now += 19000; /* the clock of the peer stands still */
  assert_null(shako_session_poll(w.session, w.now));
  assert_int_equal(left(&w), 1000);
  shako_session_accept(w.session, q);
  settle(&w);
  assert_int_equal(left(&w), 1000); /* idle */
  w.now += 600;
  say(&w, "EHLO c.example\r\n");
  assert_int_equal(left(&w), 1000);
  w.now += 600;
  push(&w, "STARTTLS\r\n");
  q = ask(&w, SHAKO_EVENT_STARTTLS);
  assert_int_equal(left(&w), 20000);
  shako_session_accept(w.session, q);
  settle(&w);
  assert_int_equal(left(&w), 300);
  w.now += 200;
  deliver(&w, "\x16", 1);
  assert_int_equal(left(&w), 100);
  deliver(&w, "\0\5HELLO", 7);
  w.client_in_tls = true;
  assert_int_equal(left(&w), 1000);
  /* 1,400 of the peer's 5,000 are gone; 3,600 are left. */
  for (int i = 0; i < 3; i++) {
    w.now += 900;
    say(&w, "NOOP\r\n");
  }
  assert_int_equal(left(&w), 900);
  w.now += 900;
  settle(&w);
  assert_null(shako_session_poll(w.session, w.now));
  poll_all(&w);
  settle(&w);
  assert_string_equal(w.how, "session-timeout");
  assert_true(shako_session_expiry(w.session) == SHAKO_TIME_NEVER);
  hear(&w);
  assert_non_null(strstr(octets_text(&w.heard), "421 4.4.2 "));
  assert_non_null(strstr(octets_text(&w.heard), "[CLOSE]"));
  close_world(&w);
}

/* A peer that never reads its last reply is not waited for. */
static void draining_has_a_limit(void **state) {
  (void)state;
  for (int tls = 0; tls < 2; tls++) {
    world w;
    size_t n;
    uint8_t record[64];

    start_inside(&w, tls);
    if (tls) {
      size_t len = fake_record(record, FAKE_DATA, "QUIT\r\n", 6);

      shako_session_push(w.session, record, len, &n);
    } else {
      push(&w, "QUIT\r\n");
    }
    poll_all(&w);
    assert_false(w.over);
    assert_int_equal(shako_session_want(w.session), SHAKO_WANT_SEND);
    assert_in_range(left(&w), 1, 300000);
    w.now = shako_session_expiry(w.session);
    note(&w, shako_session_poll(w.session, w.now));
    assert_string_equal(w.how, "quit");
    assert_int_equal(shako_session_want(w.session), SHAKO_WANT_CLOSE);
    close_world(&w);
  }
}

/* An answer that was given in time counts, however late poll() comes. */
static void an_answer_in_time_counts(void **state) {
  world w;
  shako_question q;

  (void)state;
  prepare(&w, false);
  set_limits(&w);
  assert_int_equal(open_world(&w), 0);
  settle(&w);
  hear(&w);
  push(&w, "EHLO c.example\r\n");
  q = ask(&w, SHAKO_EVENT_HELLO);
  w.now += 10000;
  assert_int_equal(shako_session_accept(w.session, q), 0);
  w.now += 15000;
  settle(&w);
  assert_int_equal(hear_code(&w), 250);
  assert_false(w.over);
  close_world(&w);
}

/* Whoever ends it at the last moment has ended it. */
static void a_limit_is_not_the_end_of_what_ends_anyway(void **state) {
  world w;

  (void)state;
  start(&w, false);
  assert_int_equal(shako_session_shutdown(w.session, NULL), 0);
  w.now = shako_session_expiry(w.session);
  settle(&w);
  assert_string_equal(w.how, "shutdown");
  close_world(&w);
  start(&w, false);
  assert_int_equal(shako_session_lost(w.session), 0);
  w.now = shako_session_expiry(w.session);
  settle(&w);
  assert_string_equal(w.how, "lost");
  close_world(&w);
}

static void without_limits_there_is_no_end_of_time(void **state) {
  world w;

  (void)state;
  prepare(&w, false);
  w.policy.idle_timeout = w.policy.session_timeout = 0;
  assert_int_equal(open_world(&w), 0);
  settle(&w);
  w.now = SHAKO_TIME_NEVER;
  assert_null(shako_session_poll(w.session, w.now));
  say(&w, "QUIT\r\n");
  assert_string_equal(w.how, "quit");
  close_world(&w);
}

static void a_chunk_that_goes_on_is_no_silence(void **state) {
  world w;

  (void)state;
  prepare(&w, false);
  set_limits(&w);
  assert_int_equal(open_world(&w), 0);
  settle(&w);
  hear(&w);
  say(&w, "BDAT 4\r\n");
  for (int i = 0; i < 4; i++) {
    w.now += 999;
    say(&w, "x");
  }
  assert_int_equal(hear_code(&w), 502);
  close_world(&w);
}

static void connect_shows_the_policy(void **state) {
  world w;
  const shako_event *event;

  (void)state;
  prepare(&w, true);
  assert_int_equal(open_world(&w), 0);
  event = shako_session_poll(w.session, w.now);
  assert_int_equal(event->type, SHAKO_EVENT_CONNECT);
  assert_int_equal(event->u.connect.match.policy->tls,
                   SHAKO_TLS_SETTING_PREFERRED);
  close_world(&w);
}

static void shutdown_before_the_first_poll(void **state) {
  world w;

  (void)state;
  prepare(&w, false);
  assert_int_equal(open_world(&w), 0);
  assert_int_equal(shako_session_shutdown(w.session, NULL), 0);
  assert_int_equal(shako_session_shutdown(w.session, NULL),
                   SHAKO_ERR_INVALID_STATE);
  settle(&w);
  assert_string_equal(hear(&w), "421 mx.example Service shutting down\r\n");
  assert_string_equal(w.how, "shutdown");
  close_world(&w);
  prepare(&w, false);
  assert_int_equal(open_world(&w), 0);
  assert_int_equal(shako_session_lost(w.session), 0);
  settle(&w);
  assert_string_equal(hear(&w), "");
  assert_string_equal(w.how, "lost");
  close_world(&w);
}

/* --- listeners and peers ------------------------------------------------- */

/* Demands that |w|'s listener is refused for |setting|. */
static void is_refused(world *w, const char *setting) {
  const char *reason = NULL;

  assert_int_equal(
      shako_listener_new(&w->listener, &w->config, &w->mem, &reason),
      SHAKO_ERR_INVALID_ARGUMENT);
  assert_non_null(reason);
  assert_int_equal(strncmp(reason, setting, strlen(setting)), 0);
  assert_int_equal(w->memory.calls, 0);
}

static void bad_names_are_refused(void **state) {
  static const char *const bad[] = {"",       "-a",      "a..b",
                                    "a b",    "a.",      "[192.0.2.300]",
                                    "[1.2.3", "a\r\n.b", "a_b"};
  world w;

  (void)state;
  prepare(&w, false);
  w.config.hostname = NULL;
  is_refused(&w, "hostname");
  for (size_t i = 0; i < COUNT(bad); i++) {
    w.config.hostname = bad[i];
    is_refused(&w, "hostname");
  }
}

static void bad_policies_are_refused(void **state) {
  world w;

  (void)state;
  prepare(&w, true);
  w.policy.access = SHAKO_ACCESS_CONTINUE;
  is_refused(&w, "policy.access");
  w.policy.access = (shako_access)5;
  is_refused(&w, "policy.access");
  prepare(&w, true);
  w.policy.tls = (shako_tls_setting)3;
  is_refused(&w, "policy.tls");
  prepare(&w, true);
  w.policy.tls_min_version = 0x0302;
  is_refused(&w, "policy.tls_min_version");
  w.policy.tls_min_version = 0x0305;
  is_refused(&w, "policy.tls_min_version");
  w.policy.tls_min_version = 0;
  is_refused(&w, "policy.tls_min_version");
}

/* A setting that promises TLS where there is none is refused, never served
   in the clear. */
static void tls_that_cannot_be_is_refused(void **state) {
  shako_tls_engine other = fake_engine;
  world w;

  (void)state;
  prepare(&w, false);
  w.policy.tls = SHAKO_TLS_SETTING_REQUIRED;
  is_refused(&w, "policy.tls");
  w.policy.tls = SHAKO_TLS_SETTING_PREFERRED;
  is_refused(&w, "policy.tls");
  prepare(&w, false);
  w.config.implicit_tls = 1;
  is_refused(&w, "implicit_tls");
  prepare(&w, true);
  w.config.certificates = NULL;
  is_refused(&w, "certificates");
  prepare(&w, true);
  w.certificates.ready = NULL;
  is_refused(&w, "certificates");
  prepare(&w, true);
  w.certificates.select = NULL;
  is_refused(&w, "certificates");
  prepare(&w, true);
  w.config.external_tls = 1;
  is_refused(&w, "external_tls");
  prepare(&w, true);
  other.version = SHAKO_TLS_ENGINE_VERSION + 1;
  w.config.engine = &other;
  is_refused(&w, "engine");
}

static void bad_buffer_sizes_are_refused(void **state) {
  static const size_t bad[] = {0, 1, 4095, SIZE_MAX};
  world w;

  (void)state;
  for (size_t i = 0; i < COUNT(bad); i++) {
    prepare(&w, false);
    w.config.recv_buffer_size = bad[i];
    is_refused(&w, "recv_buffer_size");
  }
  prepare(&w, false);
  w.config.recv_buffer_size = 4096;
  assert_int_equal(open_world(&w), 0);
  close_world(&w);
}

static void a_listener_copies_and_is_counted(void **state) {
  char hostname[] = "mx.example";
  world w;

  (void)state;
  prepare(&w, false);
  w.config.hostname = hostname;
  w.policy.name = "$ACCEPTED";
  assert_int_equal(open_world(&w), 0);
  memset(hostname, 'x', sizeof(hostname));
  memset(&w.policy, 0xff, sizeof(w.policy));
  assert_ptr_equal(shako_listener_ref(w.listener), w.listener);
  shako_listener_unref(w.listener);
  shako_listener_unref(w.listener); /* the session holds one, too */
  w.listener = NULL;
  settle(&w);
  assert_string_equal(hear(&w), "220 mx.example ESMTP\r\n");
  close_world(&w);
}

static void a_listener_of_an_older_caller(void **state) {
  world w;

  (void)state;
  prepare(&w, false);
  w.config.struct_size = offsetof(shako_listener_config, recv_buffer_size);
  w.config.recv_buffer_size = 0; /* beyond what it knows: not read */
  assert_int_equal(open_world(&w), 0);
  settle(&w);
  assert_int_equal(hear_code(&w), 220);
  close_world(&w);
}

static void peers_are_checked_and_copied(void **state) {
  char name[257];
  world w;
  shako_peer peer;
  shako_session *session;

  (void)state;
  start(&w, false);
  memset(name, 'a', sizeof(name));
  shako_peer_default(&peer);
  peer.port = 4711;
  peer.name_state = SHAKO_NAME_VERIFIED;
  peer.name.ptr = (const uint8_t *)name;
  peer.name.len = 256;
  assert_int_equal(shako_session_new(&session, w.listener, &peer, NULL, 0),
                   SHAKO_ERR_INVALID_ARGUMENT);
  peer.name.len = 255;
  peer.struct_size = 0;
  assert_int_equal(shako_session_new(&session, w.listener, &peer, NULL, 0),
                   SHAKO_ERR_INVALID_ARGUMENT);
  peer.struct_size = sizeof(peer);
  assert_int_equal(shako_session_new(&session, w.listener, &peer, name, 0), 0);
  memset(name, 'b', sizeof(name));
  peer.port = 1;
  assert_ptr_equal(shako_session_user_data(session), name);
  assert_int_equal(shako_session_peer(session)->port, 4711);
  assert_int_equal(shako_session_peer(session)->name.len, 255);
  assert_int_equal(shako_session_peer(session)->name.ptr[254], 'a');
  shako_session_free(session);
  shako_session_free(NULL);
  shako_listener_unref(NULL);
  close_world(&w);
}

/* --- T39: verbs at random against a model of the envelope ---------------- */

#define MODEL_RECIPIENTS 3
#define MODEL_SIZE       20

typedef struct model {
  bool barred; /* Required, and in the clear */
  bool tls;
  bool greeted, extended, mail;
  unsigned recipients;
} model;

static uint64_t seed;

static unsigned roll(unsigned sides) {
  seed ^= seed << 13;
  seed ^= seed >> 7;
  seed ^= seed << 17;
  return (unsigned)((seed >> 33) % sides);
}

static int planned_answer(world *w, const shako_event *event) {
  return w->plan >= 400 ? shako_session_answer(w->session, event->question,
                                               w->plan, NULL, "no")
                        : shako_session_accept(w->session, event->question);
}

static void forget_envelope(model *m) {
  m->mail = false;
  m->recipients = 0;
}

/* Each says what is to be sent, plans the answer to what may be asked, and
   returns the code to be expected.  RFC 5321 4.1.4 and 3.3, RFC 3207 4. */

static int model_hello(model *m, world *w, bool extended, const char **text) {
  bool good = roll(5) > 0;

  *text = extended ? good ? "EHLO c.example\r\n" : "EHLO c..example\r\n"
          : good   ? "HELO c.example\r\n"
                   : "HELO\r\n";
  if (m->barred && !extended) {
    return 530;
  }
  if (!good) {
    return 501;
  }
  if (w->plan >= 400) {
    return w->plan;
  }
  m->greeted = true;
  m->extended = extended;
  forget_envelope(m);
  return 250;
}

static int model_mail(model *m, world *w, const char **text) {
  static const struct {
    const char *text;
    int code;
    bool extended;
  } rows[] = {{"MAIL FROM:<a@b.example>\r\n", 0, false},
              {"MAIL FROM:<>\r\n", 0, false},
              {"MAIL FROM:<a@b.example> SIZE=5\r\n", 0, true},
              {"MAIL FROM:<a@b.example> SIZE=21\r\n", 552, true},
              {"MAIL FROM:<a@b@c.example>\r\n", 501, false},
              {"MAIL FROM:<a@b.example> X=1\r\n", 555, false},
              {"MAIL FROM:<a\001@b.example>\r\n", 501, false}};
  unsigned i = roll(COUNT(rows));

  *text = rows[i].text;
  if (m->barred) {
    return 530;
  }
  if (!m->greeted || m->mail) {
    return 503;
  }
  if (rows[i].extended && !m->extended) {
    return 555;
  }
  if (rows[i].code || w->plan >= 400) {
    return rows[i].code ? rows[i].code : w->plan;
  }
  m->mail = true;
  return 250;
}

static int model_rcpt(model *m, world *w, const char **text) {
  bool good = roll(4) > 0;

  *text = good ? "RCPT TO:<c@d.example>\r\n" : "RCPT TO:<>\r\n";
  if (m->barred) {
    return 530;
  }
  if (!m->mail) {
    return 503;
  }
  if (!good) {
    return 501;
  }
  if (m->recipients == MODEL_RECIPIENTS) {
    return 452;
  }
  if (w->plan >= 400) {
    return w->plan;
  }
  m->recipients++;
  return 250;
}

static int model_data(const model *m, world *w, const char **text) {
  bool good = roll(6) > 0;

  *text = good ? "DATA\r\n" : "DATA now\r\n";
  if (m->barred) {
    return 530;
  }
  if (!m->mail || m->recipients == 0) {
    return 503;
  }
  if (!good) {
    return 501;
  }
  return w->plan >= 400 ? w->plan : 354;
}

static int model_other(model *m, const char **text) {
  static const struct {
    const char *text;
    int code;
    bool free; /* before TLS under Required */
  } rows[] = {{"NOOP\r\n", 250, true},          {"NOOP \001\r\n", 501, true},
              {"RSET\r\n", 250, false},         {"RSET now\r\n", 501, false},
              {"VRFY someone\r\n", 252, false}, {"HELP\r\n", 214, false},
              {"FOO\r\n", 500, false},          {"AUTH PLAIN\r\n", 502, false},
              {"BDAT 3\r\n.\r\n", 502, false},  {"QUIT now\r\n", 501, true},
              {"N\001OP\r\n", 500, false},      {"\r\n", 500, false}};
  unsigned i = roll(COUNT(rows));

  *text = rows[i].text;
  if (m->barred && !rows[i].free) {
    return 530;
  }
  if (i == 2) {
    forget_envelope(m);
  }
  return rows[i].code;
}

static int model_starttls(const model *m, const char **text) {
  *text = "STARTTLS now\r\n";
  if (!m->barred && !m->tls) {
    return 502; /* No */
  }
  return m->tls || !m->extended || m->mail ? 503 : 501;
}

/* After a 354. */
static void model_message(model *m, world *w) {
  static const struct {
    const char *text;
    int code;
  } rows[] = {
      {"hi\r\n.\r\n", 0},           {".\r\n", 0},
      {"RSET\r\n.\r\n", 0},         {"a\nb\r\n.\r\n", 554},
      {"a\n.\nDATA\r\n.\r\n", 554}, {"0123456789 0123456789\r\n.\r\n", 552}};
  unsigned i = roll(COUNT(rows));
  int no = roll(3) ? 0 : 550;

  w->plan = no;
  say(w, rows[i].text);
  assert_int_equal(hear_code(w), rows[i].code ? rows[i].code : no ? no : 250);
  forget_envelope(m);
}

static void model_step(model *m, world *w) {
  const char *text = NULL;
  int code = 0;

  w->plan = roll(4) ? 0 : 550;
  switch (roll(10)) {
  case 0:
    code = model_hello(m, w, roll(3) > 0, &text);
    break;
  case 1:
  case 2:
    code = model_mail(m, w, &text);
    break;
  case 3:
  case 4:
  case 5:
    code = model_rcpt(m, w, &text);
    break;
  case 6:
  case 7:
    code = model_data(m, w, &text);
    break;
  case 8:
    code = model_other(m, &text);
    break;
  case 9:
    code = model_starttls(m, &text);
    break;
  }
  say(w, text);
  assert_int_equal(hear_code(w), code);
  assert_int_equal(w->in_transaction, m->mail);
  if (code == 354) {
    model_message(m, w);
    assert_false(w->in_transaction);
  }
}

static void play_model(shako_tls_setting setting, bool tls) {
  model m = {.barred = setting == SHAKO_TLS_SETTING_REQUIRED && !tls,
             .tls = tls};
  world w;

  prepare(&w, setting != SHAKO_TLS_SETTING_NO);
  w.policy.tls = setting;
  w.policy.max_errors = 0;
  w.policy.max_recipients = MODEL_RECIPIENTS;
  w.policy.max_message_size = MODEL_SIZE;
  w.answer = planned_answer;
  assert_int_equal(open_world(&w), 0);
  settle(&w);
  if (tls) {
    say(&w, "EHLO c.example\r\n");
    say(&w, "STARTTLS\r\n");
    shake_hands(&w);
  }
  hear(&w);
  for (int i = 0; i < 60; i++) {
    model_step(&m, &w);
    clear_events(&w);
  }
  if (m.barred) {
    assert_int_equal(w.body.len, 0);
  }
  close_world(&w);
}

static void t39_envelope_follows_its_model(void **state) {
  (void)state;
  seed = 0x9e3779b97f4a7c15u;
  for (int i = 0; i < 400; i++) {
    play_model(SHAKO_TLS_SETTING_NO, false);
    play_model(SHAKO_TLS_SETTING_REQUIRED, false);
    play_model(SHAKO_TLS_SETTING_REQUIRED, true);
    play_model(SHAKO_TLS_SETTING_PREFERRED, true);
  }
}

/* What the Received field names the protocol after: SMTPUTF8 is one message's,
   the rest the session's. */
static void the_protocol_is_that_of_the_message(void **state) {
  const unsigned of_session = SHAKO_RECEIVED_EXTENDED | SHAKO_RECEIVED_LMTP;
  world w;

  (void)state;
  prepare(&w, false);
  w.config.lmtp = 1;
  w.config.port = 24;
  w.config.offers = SHAKO_OFFER_SMTPUTF8;
  assert_int_equal(open_world(&w), 0);
  settle(&w);
  assert_int_equal(shako_session_protocol(w.session), SHAKO_RECEIVED_LMTP);
  say(&w, "LHLO c.example\r\n");
  assert_int_equal(shako_session_protocol(w.session), of_session);
  say(&w, "MAIL FROM:<a@b.example> SMTPUTF8\r\n");
  assert_int_equal(shako_session_protocol(w.session),
                   of_session | SHAKO_RECEIVED_SMTPUTF8);
  say(&w, "RSET\r\n");
  assert_int_equal(shako_session_protocol(w.session), of_session);
  say(&w, "MAIL FROM:<a@b.example>\r\n");
  assert_int_equal(shako_session_protocol(w.session), of_session);
  close_world(&w);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(an_idle_session_holds_512_octets_at_most),
    cmocka_unit_test(nothing_is_allocated_per_command),
    cmocka_unit_test(a_burst_in_pieces_allocates_no_more),
    cmocka_unit_test(the_last_loan_takes_the_buffers_along),
    cmocka_unit_test(an_event_keeps_the_buffers_until_the_next_poll),
    cmocka_unit_test(an_over_long_line_is_not_kept),
    cmocka_unit_test(a_message_is_not_kept),
    cmocka_unit_test(a_handshake_and_a_command_take_two_blocks),
    cmocka_unit_test(replies_in_tls_that_are_not_read_cost_their_octets),
    cmocka_unit_test(the_same_answer_again_takes_no_memory),
    cmocka_unit_test(a_whole_session_plays),
    cmocka_unit_test(whichever_allocation_fails_the_session_ends_in_order),
    cmocka_unit_test(every_way_ends_in_order_without_memory),
    cmocka_unit_test(nothing_is_read_without_memory_for_a_reply),
    cmocka_unit_test(nothing_is_asked_without_memory_for_the_path),
    cmocka_unit_test(nothing_is_decrypted_without_memory_for_it),
    cmocka_unit_test(only_codes_that_answer_are_taken),
    cmocka_unit_test(refusals_are_from_400_to_599),
    cmocka_unit_test(a_yes_to_hello_is_one_line),
    cmocka_unit_test(no_enhanced_code_goes_with_354),
    cmocka_unit_test(a_yes_to_an_early_peer_is_the_only_answer),
    cmocka_unit_test(one_octet_is_early),
    cmocka_unit_test(a_no_is_said_to_an_early_peer),
    cmocka_unit_test(nobody_greets_whom_the_policy_rejects),
    cmocka_unit_test(a_question_points_to_what_was_said_until_its_answer),
    cmocka_unit_test(enhanced_codes_are_checked),
    cmocka_unit_test(t49_no_other_control_octet_in_an_answer),
    cmocka_unit_test(t49_an_answer_has_a_longest_text),
    cmocka_unit_test(t49_over_long_lines_are_folded),
    cmocka_unit_test(t59_an_answer_of_4097_lines),
    cmocka_unit_test(stale_answers_change_nothing),
    cmocka_unit_test(handshake_takes_no_code),
    cmocka_unit_test(long_names_of_tls_are_cut),
    cmocka_unit_test(no_more_of_a_message_is_shown_than_the_limit),
    cmocka_unit_test(an_open_question_is_stale_after_shutdown),
    cmocka_unit_test(a_loan_for_input_ends_with_its_ack),
    cmocka_unit_test(a_loan_of_output_ends_with_its_ack),
    cmocka_unit_test(loans_outlive_the_end),
    cmocka_unit_test(nothing_is_lent_once_it_is_to_end),
    cmocka_unit_test(a_loan_of_one_octet_is_a_loan),
    cmocka_unit_test(octets_are_moved_for_want_of_room_only),
    cmocka_unit_test(a_question_inside_tls_pins_no_records),
    cmocka_unit_test(the_rest_of_a_record_is_read),
    cmocka_unit_test(room_for_one_octet_is_room),
    cmocka_unit_test(nothing_is_lent_for_a_handshake_of_others),
    cmocka_unit_test(replies_that_are_not_read_have_a_limit),
    cmocka_unit_test(shutdown_of_a_lost_session_says_nothing),
    cmocka_unit_test(close_is_wanted_once_all_is_sent),
    cmocka_unit_test(what_a_lost_peer_would_hear_is_dropped_at_once),
    cmocka_unit_test(a_lost_session_seals_nothing),
    cmocka_unit_test(nothing_is_lent_until_the_220_is_sent),
    cmocka_unit_test(there_is_no_tls_before_the_220),
    cmocka_unit_test(text_behind_a_quit_is_wiped),
    cmocka_unit_test(t30_half_a_client_hello_inside_tls),
    cmocka_unit_test(a_reply_that_cannot_be_sealed_is_the_end),
    cmocka_unit_test(an_answer_behind_a_reply_that_is_not_sealed),
    cmocka_unit_test(an_engine_that_fails_has_failed),
    cmocka_unit_test(an_engine_that_does_not_start_is_not_asked_again),
    cmocka_unit_test(a_missing_certificate_is_told_by_an_alert),
    cmocka_unit_test(all_certificates_of_the_provider_are_offered),
    cmocka_unit_test(the_last_octet_of_a_flight_is_sealed),
    cmocka_unit_test(a_220_that_is_not_read_has_the_handshake_s_limit),
    cmocka_unit_test(t03_clear_text_is_not_the_application_s_tls),
    cmocka_unit_test(t03_no_tls_of_the_application_under_a_loan),
    cmocka_unit_test(shutdown_behind_a_220_says_nothing),
    cmocka_unit_test(shutdown_behind_an_answer),
    cmocka_unit_test(shutdown_has_the_last_word),
    cmocka_unit_test(a_certificate_that_is_denied_ends_the_handshake),
    cmocka_unit_test(t02_half_a_line_does_not_reach_into_tls),
    cmocka_unit_test(t03_clear_text_behind_the_220_is_the_engine_s),
    cmocka_unit_test(t03_a_client_hello_under_an_old_loan_is_tls),
    cmocka_unit_test(no_octet_moves_while_a_certificate_is_awaited),
    cmocka_unit_test(t04_injected_octets_are_wiped_and_counted),
    cmocka_unit_test(c003_after_a_454_octets_are_commands),
    cmocka_unit_test(push_takes_what_there_is_room_for),
    cmocka_unit_test(drive_answers_a_flight_in_one_write),
    cmocka_unit_test(drive_goes_on_however_little_moves),
    cmocka_unit_test(drive_sees_the_end_of_the_stream),
    cmocka_unit_test(drive_sees_that_a_send_failed),
    cmocka_unit_test(drive_lets_time_pass),
    cmocka_unit_test(expiry_follows_the_phase),
    cmocka_unit_test(draining_has_a_limit),
    cmocka_unit_test(an_answer_in_time_counts),
    cmocka_unit_test(a_limit_is_not_the_end_of_what_ends_anyway),
    cmocka_unit_test(without_limits_there_is_no_end_of_time),
    cmocka_unit_test(a_chunk_that_goes_on_is_no_silence),
    cmocka_unit_test(connect_shows_the_policy),
    cmocka_unit_test(shutdown_before_the_first_poll),
    cmocka_unit_test(bad_names_are_refused),
    cmocka_unit_test(bad_policies_are_refused),
    cmocka_unit_test(tls_that_cannot_be_is_refused),
    cmocka_unit_test(bad_buffer_sizes_are_refused),
    cmocka_unit_test(a_listener_copies_and_is_counted),
    cmocka_unit_test(a_listener_of_an_older_caller),
    cmocka_unit_test(peers_are_checked_and_copied),
    cmocka_unit_test(t39_envelope_follows_its_model),
    cmocka_unit_test(the_protocol_is_that_of_the_message),
};

int main(void) {
  return cmocka_run_group_tests_name("session", tests, NULL, NULL);
}
