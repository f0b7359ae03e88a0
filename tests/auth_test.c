/* AUTH, as far as no transcript can show it: what the application may answer,
   who is authenticated and when, memory that runs out, and that no secret is
   left in any. */

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

#include "support/fake_engine.h"
#include "support/octets.h"

#define COUNT(ARRAY) (sizeof(ARRAY) / sizeof((ARRAY)[0]))

/* --- memory that looks for secrets, and can fail ------------------------- */

/* The password, and what base64 makes of it behind "\0ann\0" and alone. */
static const char *const secrets[] = {"hunter2-secret", "aHVudGVyMi1zZWNyZXQ",
                                      "bgBodW50ZXIyLXNlY3JldA"};
#define PART 6 /* so many octets of a secret are too many */

#define PLAIN_SAID "AGFubgBodW50ZXIyLXNlY3JldA=="
#define NAME_SAID  "YW5u"
#define LOGIN_SAID "aHVudGVyMi1zZWNyZXQ="

#define BLOCKS_MAX 64

typedef struct memory {
  struct {
    void *ptr;
    size_t size;
  } blocks[BLOCKS_MAX];
  unsigned calls;
  unsigned fail_at; /* that call fails; 0: none */
} memory;

static bool has_secret(const void *ptr, size_t size) {
  for (size_t i = 0; i < COUNT(secrets); i++) {
    for (size_t at = 0; at + PART <= strlen(secrets[i]); at += 2) {
      if (memmem(ptr, size, secrets[i] + at, PART) != NULL) {
        return true;
      }
    }
  }
  return false;
}

static void *memory_alloc(size_t size, void *user_data) {
  memory *m = user_data;
  size_t i = 0;

  if (++m->calls == m->fail_at) {
    return NULL;
  }
  while (m->blocks[i].ptr != NULL) {
    assert_in_range(++i, 0, BLOCKS_MAX - 1);
  }
  m->blocks[i].ptr = memset(must_alloc(size), 0xa5, size);
  m->blocks[i].size = size;
  return m->blocks[i].ptr;
}

static void memory_release(void *ptr, size_t size, void *user_data) {
  memory *m = user_data;
  size_t i = 0;

  while (m->blocks[i].ptr != ptr) {
    assert_in_range(++i, 0, BLOCKS_MAX - 1);
  }
  assert_int_equal(size, m->blocks[i].size);
  assert_false(has_secret(ptr, size));
  m->blocks[i].ptr = NULL;
  free(ptr);
}

/* --- a session and the world around it ----------------------------------- */

typedef enum plan { SAY_YES, SAY_NO, SAY_421, CHALLENGE, LEAVE_OPEN } plan;

typedef struct world {
  memory memory;
  shako_policy policy;
  shako_listener_config config;
  fake_certificate certificate;
  fake_provider provider;
  shako_listener *listener;
  shako_session *session;
  size_t piece;            /* octets delivered at a time; 0: all */
  plan plan;               /* for AUTH */
  const shako_event *open; /* an AUTH that is not answered */
  unsigned asked;
  octets heard;
  char how[32];
} world;

static void prepare(world *w, bool tls) {
  static shako_certificate_provider certificates;

  memset(w, 0, sizeof(*w));
  shako_policy_default(&w->policy);
  w->policy.auth = SHAKO_AUTH_SETTING_PREFERRED;
  w->policy.max_auth_failures = 0;
  w->policy.auth_in_clear = !tls;
  shako_listener_config_default(&w->config);
  w->config.hostname = "mx.example";
  w->config.policy = &w->policy;
  w->config.auth_mechanisms = "PLAIN LOGIN X-OWN";
  w->config.recv_buffer_size = 4096;
  if (tls) {
    fake_certificate_init(&w->certificate);
    w->provider.certificate = &w->certificate;
    fake_provider_fill(&w->provider, &certificates);
    w->config.engine = &fake_engine;
    w->config.certificates = &certificates;
    w->config.implicit_tls = 1;
  }
}

static void answer_auth(world *w, const shako_event *event) {
  shako_span ann = {(const uint8_t *)"ann", 3};
  int error = 0;

  w->asked++;
  switch (w->plan) {
  case SAY_YES:
    error = shako_session_authenticate(w->session, event->question, ann);
    break;
  case SAY_NO:
    error =
        shako_session_answer(w->session, event->question, 535, "5.7.8", "No");
    break;
  case SAY_421:
    error =
        shako_session_answer(w->session, event->question, 421, "4.7.0", "No");
    break;
  case CHALLENGE:
    w->plan = SAY_YES;
    error = shako_session_challenge(w->session, event->question,
                                    (const uint8_t *)"?", 1);
    break;
  case LEAVE_OPEN:
    w->open = event;
    return;
  }
  if (error != SHAKO_ERR_NOMEM) {
    assert_int_equal(error, 0);
  }
}

/* Lets the session do and say all that it can. */
static void pump(world *w) {
  for (;;) {
    const shako_event *event;
    const uint8_t *out;
    size_t len;

    if (w->open != NULL) {
      return;
    }
    event = shako_session_poll(w->session, 0);
    if (event != NULL && event->type == SHAKO_EVENT_AUTH) {
      answer_auth(w, event);
    } else if (event != NULL && event->question != 0) {
      shako_session_accept(w->session, event->question);
    } else if (event != NULL && event->type == SHAKO_EVENT_CLOSED) {
      snprintf(w->how, sizeof(w->how), "%s", event->u.closed.how);
    } else if ((out = shako_session_send_buf(w->session, &len)) != NULL) {
      octets_add(&w->heard, out, len);
      shako_session_send_ack(w->session, len);
    } else if (event == NULL) {
      return;
    }
  }
}

/* The client sends octets of the wire. */
static void deliver(world *w, const void *from, size_t all) {
  for (size_t done = 0; done < all;) {
    size_t n = all - done;
    size_t room;
    uint8_t *to = shako_session_recv_buf(w->session, &room);

    if (to == NULL) {
      return;
    }
    n = n < room ? n : room;
    n = w->piece != 0 && w->piece < n ? w->piece : n;
    memcpy(to, (const uint8_t *)from + done, n);
    shako_session_recv_ack(w->session, n);
    done += n;
    pump(w);
  }
}

static void say_record(world *w, unsigned type, const void *said, size_t len) {
  uint8_t record[FAKE_HEADER + FAKE_RECORD_MAX];

  deliver(w, record, fake_record(record, type, said, len));
}

/* The client says |text|, inside TLS in records of |piece| octets. */
static void say(world *w, const char *text) {
  size_t all = strlen(text);

  if (!w->config.implicit_tls) {
    deliver(w, text, all);
    return;
  }
  for (size_t done = 0; done < all;) {
    size_t n = all - done < FAKE_RECORD_MAX ? all - done : FAKE_RECORD_MAX;

    n = w->piece != 0 && w->piece < n ? w->piece : n;
    say_record(w, FAKE_DATA, text + done, n);
    done += n;
  }
}

/* Returns false where memory ran out. */
static bool open_world(world *w) {
  const shako_mem mem = {&w->memory, memory_alloc, memory_release};
  const char *reason = NULL;
  shako_peer peer;
  int error = shako_listener_new(&w->listener, &w->config, &mem, &reason);

  shako_peer_default(&peer);
  if (error == 0) {
    error = shako_session_new(&w->session, w->listener, &peer, NULL, 0);
  }
  if (error != 0) {
    assert_int_equal(error, SHAKO_ERR_NOMEM);
    return false;
  }
  if (w->config.implicit_tls) {
    pump(w);
    say_record(w, FAKE_HANDSHAKE, "HELLO", 5);
  }
  pump(w);
  return true;
}

static void open_greeted(world *w) {
  assert_true(open_world(w));
  say(w, "EHLO client.example\r\n");
  octets_clear(&w->heard);
}

static void close_world(world *w) {
  shako_session_free(w->session);
  shako_listener_unref(w->listener);
  for (size_t i = 0; i < BLOCKS_MAX; i++) {
    assert_null(w->memory.blocks[i].ptr);
  }
  octets_free(&w->heard);
}

static size_t held(const world *w) {
  size_t sum = 0;

  for (size_t i = 0; i < BLOCKS_MAX; i++) {
    sum += w->memory.blocks[i].ptr != NULL ? w->memory.blocks[i].size : 0;
  }
  return sum;
}

/* In what lives: but for the fake engine's, which does not wipe. */
static void assert_no_secret_lives(const world *w) {
  for (size_t i = 0; i < BLOCKS_MAX && !w->config.implicit_tls; i++) {
    if (w->memory.blocks[i].ptr != NULL) {
      assert_false(
          has_secret(w->memory.blocks[i].ptr, w->memory.blocks[i].size));
    }
  }
}

/* --- secrets ------------------------------------------------------------- */

#define LONG_512                                                               \
  "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"                                           \
  "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"                                           \
  "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"                                           \
  "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define LONG_2048                                                              \
  LONG_512 LONG_512 LONG_512 LONG_512 LONG_512 LONG_512 LONG_512 LONG_512      \
      LONG_512 LONG_512 LONG_512 LONG_512 LONG_512 LONG_512 LONG_512 LONG_512

typedef struct talk {
  const char *said; /* behind EHLO */
  plan plan;
  unsigned asked; /* AUTH events */
} talk;

static const talk talks[] = {
    {"AUTH PLAIN " PLAIN_SAID "\r\n", SAY_YES, 1},
    {"AUTH PLAIN " PLAIN_SAID "\r\n", SAY_NO, 1},
    {"AUTH PLAIN " PLAIN_SAID "\r\n", SAY_421, 1},
    {"AUTH PLAIN\r\n" PLAIN_SAID "\r\n", SAY_YES, 1},
    {"AUTH LOGIN\r\n" NAME_SAID "\r\n" LOGIN_SAID "\r\n", SAY_YES, 1},
    {"AUTH LOGIN " NAME_SAID "\r\n" LOGIN_SAID "\r\n", SAY_NO, 1},
    {"AUTH LOGIN " LOGIN_SAID "\r\n!\r\n", SAY_NO, 0},
    {"AUTH X-OWN\r\n" LOGIN_SAID "\r\n", SAY_NO, 1},
    {"AUTH X-OWN " LOGIN_SAID "\r\n" LOGIN_SAID "\r\n", CHALLENGE, 2},
    {"NOOP\r\nNOOP\r\nAUTH PLAIN " PLAIN_SAID "\r\nNOOP\r\n", SAY_NO, 1},
    /* refused */
    {"AUTH PLAIN " PLAIN_SAID "!\r\n", SAY_YES, 0},
    {"AUTH PLAIN\r\n" PLAIN_SAID "!\r\n", SAY_YES, 0},
    {"AUTH NONE " PLAIN_SAID "\r\n", SAY_YES, 0},
    {"AUTH PLAIN " PLAIN_SAID " x\r\n", SAY_YES, 0},
    {"AUTH PLAIN " PLAIN_SAID "\xff\r\n", SAY_YES, 0},
    {"AUTH PLAIN " LONG_2048 PLAIN_SAID "\r\n", SAY_YES, 0},
    {"AUTH PLAIN " PLAIN_SAID LONG_2048 "\r\n", SAY_YES, 0},
    {"AUTH PLAIN\r\n" LONG_2048 LONG_2048 LONG_2048 LONG_2048 LONG_2048
         LONG_2048 LONG_2048 LONG_2048 PLAIN_SAID "\r\n",
     SAY_YES, 0},
    {"AUTH PLAIN\r\n" PLAIN_SAID LONG_2048 LONG_2048 LONG_2048 LONG_2048
         LONG_2048 LONG_2048 LONG_2048 "\r\n",
     SAY_YES, 0},
    {"MAIL FROM:<a@b.example>\r\nAUTH PLAIN " PLAIN_SAID "\r\n", SAY_YES, 0},
    {"HELO client.example\r\nAUTH PLAIN " PLAIN_SAID "\r\n", SAY_YES, 0},
};

static const size_t pieces[] = {0, 1, 2, 5, 11, 64, 1000};

/* Of what the client said nothing is left once it is answered, whatever the
   answer, and in no memory that is given back. */
static void no_secret_is_left(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(talks) * COUNT(pieces) * 2; i++) {
    const talk *t = &talks[i / 2 / COUNT(pieces)];
    world w;

    prepare(&w, i % 2);
    w.piece = pieces[i / 2 % COUNT(pieces)];
    if (strlen(t->said) > 1000 && w.piece > 0 && w.piece < 64) {
      w.piece += 500; /* octet by octet that would take long */
    }
    w.plan = t->plan;
    open_greeted(&w);
    say(&w, t->said);
    assert_int_equal(w.asked, t->asked);
    assert_true(w.heard.len > 0);
    assert_no_secret_lives(&w);
    close_world(&w);
  }
}

static void end_somehow(world *w, size_t how) {
  w->open = NULL;
  if (how == 1) {
    shako_session_lost(w->session);
  } else if (how == 2) {
    shako_session_shutdown(w->session, NULL);
  } else if (how == 3) {
    shako_session_recv_eof(w->session);
  }
  if (how != 0) {
    pump(w);
  }
  if (w->how[0] != '\0') {
    assert_no_secret_lives(w);
  }
}

/* The first half of a conversation, up to each octet of it, and then the end:
   the session is freed, or lost, or shut down, or the stream ends. */
static void no_secret_is_left_of_half_a_talk(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(talks); i++) {
    size_t all = strlen(talks[i].said) < 100 ? strlen(talks[i].said) : 100;

    for (size_t n = 0; n < all * 4; n++) {
      char half[100] = {0};
      world w;

      prepare(&w, n / 4 % 2);
      w.piece = 7;
      w.plan = LEAVE_OPEN;
      open_greeted(&w);
      memcpy(half, talks[i].said, n / 4);
      say(&w, half);
      end_somehow(&w, n % 4);
      close_world(&w);
    }
  }
}

/* Where AUTH is refused in the clear nobody is shown what was said, and it is
   wiped. */
static void x6_a_refused_auth_is_wiped(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(pieces); i++) {
    world w;

    prepare(&w, false);
    w.policy.auth_in_clear = 0;
    w.piece = pieces[i];
    open_greeted(&w);
    say(&w, "AUTH PLAIN " PLAIN_SAID "\r\nAUTH LOGIN\r\n" NAME_SAID
            "\r\n" LOGIN_SAID "\r\nNOOP\r\n");
    assert_int_equal(w.asked, 0);
    assert_no_secret_lives(&w);
    assert_string_equal(octets_text(&w.heard),
                        "530 5.7.0 Must issue a STARTTLS command first\r\n"
                        "530 5.7.0 Must issue a STARTTLS command first\r\n"
                        "500 5.5.2 Command unrecognized\r\n"
                        "500 5.5.2 Command unrecognized\r\n"
                        "250 2.0.0 Ok\r\n");
    close_world(&w);
  }
}

/* Opens AUTH PLAIN, which is asked about and not answered. */
static const shako_event *open_plain(world *w) {
  prepare(w, true);
  w->plan = LEAVE_OPEN;
  open_greeted(w);
  say(w, "AUTH PLAIN " PLAIN_SAID "\r\n");
  assert_non_null(w->open);
  assert_int_equal(w->open->u.auth->password.len, 14);
  return w->open;
}

static void an_event_is_wiped_when_it_is_answered(void **state) {
  (void)state;
  for (int yes = 0; yes < 2; yes++) {
    world w;
    const shako_event *event = open_plain(&w);
    const shako_auth *auth = event->u.auth;
    const uint8_t *password = auth->password.ptr;
    uint8_t zero[14] = {0};

    assert_memory_equal(password, "hunter2-secret", 14);
    w.plan = yes ? SAY_YES : SAY_NO;
    answer_auth(&w, event);
    assert_memory_equal(password, zero, 14);
    assert_int_equal(auth->password.len, 0);
    assert_int_equal(auth->authcid.len, 0);
    assert_string_equal(auth->mechanism, "PLAIN");
    w.open = NULL;
    pump(&w);
    close_world(&w);
  }
}

/* --- answers ------------------------------------------------------------- */

static shako_span span(const char *text) {
  return (shako_span){(const uint8_t *)text, strlen(text)};
}

/* What is no answer changes nothing: the question stays open. */
static void wrong_answers_are_refused(void **state) {
  static const int codes[] = {0, 220, 235, 250, 334, 354, 600};
  static char long_name[257];
  world w;
  shako_question question = open_plain(&w)->question;

  (void)state;
  memset(long_name, 'a', 256);
  assert_int_equal(shako_session_accept(w.session, question),
                   SHAKO_ERR_INVALID_STATE);
  for (size_t i = 0; i < COUNT(codes); i++) {
    assert_int_equal(
        shako_session_answer(w.session, question, codes[i], NULL, "x"),
        SHAKO_ERR_INVALID_ARGUMENT);
  }
  assert_int_equal(shako_session_answer(w.session, question, 535, "4.7.8", "x"),
                   SHAKO_ERR_INVALID_ARGUMENT);
  assert_int_equal(shako_session_authenticate(w.session, question, span("")),
                   SHAKO_ERR_INVALID_ARGUMENT);
  assert_int_equal(
      shako_session_authenticate(w.session, question, span("a\nb")),
      SHAKO_ERR_INVALID_ARGUMENT);
  assert_int_equal(
      shako_session_authenticate(w.session, question, span("a\xff")),
      SHAKO_ERR_INVALID_ARGUMENT);
  assert_int_equal(
      shako_session_authenticate(w.session, question, span(long_name)),
      SHAKO_ERR_INVALID_ARGUMENT);
  assert_int_equal(shako_session_challenge(w.session, question, NULL, 0),
                   SHAKO_ERR_INVALID_ARGUMENT); /* the library reads PLAIN */
  assert_int_equal(
      shako_session_authenticate(w.session, question + 1, span("ann")),
      SHAKO_ERR_STALE_QUESTION);
  assert_int_equal(shako_session_challenge(w.session, 0, NULL, 0),
                   SHAKO_ERR_STALE_QUESTION);
  assert_memory_equal(w.open->u.auth->password.ptr, "hunter2-secret", 14);
  long_name[255] = '\0';
  assert_int_equal(
      shako_session_authenticate(w.session, question, span(long_name)), 0);
  assert_int_equal(shako_session_authenticate(w.session, question, span("ann")),
                   SHAKO_ERR_STALE_QUESTION);
  w.open = NULL;
  pump(&w);
  assert_int_equal(shako_session_identity(w.session).len, 255);
  close_world(&w);
}

static void challenges_have_a_limit(void **state) {
  static uint8_t challenge[SHAKO_CHALLENGE_MAX + 1];
  world w;

  (void)state;
  prepare(&w, true);
  w.plan = LEAVE_OPEN;
  open_greeted(&w);
  say(&w, "AUTH X-OWN\r\n");
  assert_non_null(w.open);
  assert_int_equal(w.open->u.auth->has_response, 0);
  assert_int_equal(shako_session_challenge(w.session, w.open->question,
                                           challenge, sizeof(challenge)),
                   SHAKO_ERR_INVALID_ARGUMENT);
  assert_int_equal(shako_session_challenge(w.session, w.open->question,
                                           challenge, SHAKO_CHALLENGE_MAX),
                   0);
  close_world(&w);
}

/* Questions of another kind have no such answers. */
static void other_questions_authenticate_nobody(void **state) {
  const shako_event *event;
  uint8_t *to;
  size_t room;
  world w;

  (void)state;
  prepare(&w, false);
  open_greeted(&w);
  to = shako_session_recv_buf(w.session, &room);
  memcpy(to, "MAIL FROM:<>\r\n", 14);
  shako_session_recv_ack(w.session, 14);
  event = shako_session_poll(w.session, 0);
  assert_non_null(event);
  assert_int_equal(event->type, SHAKO_EVENT_MAIL);
  assert_int_equal(
      shako_session_authenticate(w.session, event->question, span("ann")),
      SHAKO_ERR_INVALID_STATE);
  assert_int_equal(shako_session_challenge(w.session, event->question, NULL, 0),
                   SHAKO_ERR_INVALID_STATE);
  close_world(&w);
}

/* --- who it is ----------------------------------------------------------- */

/* The identity is the session's copy, though it was the event's own octets. */
static void an_identity_stays(void **state) {
  shako_record record;
  world w;
  const shako_event *event = open_plain(&w);

  (void)state;
  assert_int_equal(shako_session_identity(w.session).len, 0);
  assert_int_equal(shako_session_authenticate(w.session, event->question,
                                              event->u.auth->authcid),
                   0);
  w.open = NULL;
  assert_int_equal(shako_session_identity(w.session).len, 0);
  pump(&w);
  assert_int_equal(shako_session_identity(w.session).len, 3);
  assert_memory_equal(shako_session_identity(w.session).ptr, "ann", 3);
  assert_true(shako_session_protocol(w.session) & SHAKO_RECEIVED_AUTH);
  say(&w, "EHLO client.example\r\nMAIL FROM:<>\r\nRSET\r\nAUTH PLAIN\r\n");
  assert_int_equal(w.asked, 1);
  assert_memory_equal(shako_session_identity(w.session).ptr, "ann", 3);
  say(&w, "QUIT\r\n");
  assert_memory_equal(shako_session_identity(w.session).ptr, "ann", 3);
  shako_session_record(w.session, &record);
  assert_ptr_equal(record.identity.ptr, shako_session_identity(w.session).ptr);
  assert_int_equal(record.identity.len, 3);
  close_world(&w);
}

static void nobody_is_authenticated_by_a_no(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(talks); i++) {
    bool yes = talks[i].plan == SAY_YES || talks[i].plan == CHALLENGE;
    world w;

    prepare(&w, true);
    w.plan = talks[i].plan;
    open_greeted(&w);
    say(&w, talks[i].said);
    assert_int_equal(shako_session_identity(w.session).len > 0,
                     yes && talks[i].asked > 0);
    close_world(&w);
  }
}

/* --- what it is bound to -------------------------------------------------- */

static int bind_to(const world *w) {
  uint8_t expected[SHAKO_CHANNEL_BINDING_SIZE];
  uint8_t binding[SHAKO_CHANNEL_BINDING_SIZE];
  int error = shako_session_channel_binding(w->session, binding);

  memset(expected, FAKE_BINDING, sizeof(expected));
  if (error == 0) {
    assert_memory_equal(binding, expected, sizeof(expected));
  }
  return error;
}

/* RFC 9266: with TLS of the engine's there is one, unless it says no. */
static void a_channel_binding_needs_tls(void **state) {
  const fake_context contexts[] = {
      {0}, {.version = 0x0303}, {.fail_binding = 1}};
  shako_tls_engine without = fake_engine;

  (void)state;
  without.channel_binding = NULL;
  for (size_t i = 0; i < 5; i++) {
    bool binds = i == 0;
    world w;

    prepare(&w, i < 4);
    w.config.context = i < 3 ? &contexts[i] : NULL;
    w.config.auth_mechanisms = "SCRAM-SHA-256-PLUS X-OWN";
    if (i == 3) {
      w.config.engine = &without;
    }
    open_greeted(&w);
    say(&w, "AUTH SCRAM-SHA-256-PLUS\r\n");
    assert_int_equal(bind_to(&w), binds ? 0 : SHAKO_ERR_INVALID_STATE);
    assert_int_equal(w.asked, binds);
    say(&w, "QUIT\r\n");
    assert_int_equal(bind_to(&w), SHAKO_ERR_INVALID_STATE);
    close_world(&w);
  }
}

/* --- memory -------------------------------------------------------------- */

/* Whichever allocation fails, nothing is left, and nobody is authenticated
   without having been told so. */
static void memory_runs_out(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(talks) * 2; i++) {
    bool failed = true;

    for (unsigned n = 1; failed; n++) {
      world w;

      prepare(&w, i % 2);
      w.plan = talks[i / 2].plan;
      w.memory.fail_at = n;
      if (open_world(&w)) {
        say(&w, "EHLO client.example\r\n");
        say(&w, talks[i / 2].said);
      }
      failed = w.memory.calls >= n;
      if (w.session != NULL && failed && w.how[0] != '\0') {
        assert_true(strcmp(w.how, "no-memory") == 0 ||
                    strcmp(w.how, "application") == 0 ||
                    strcmp(w.how, "tls-failed") == 0);
      }
      close_world(&w);
    }
  }
}

/* An AUTH that is not under way, or over, holds no memory for it. */
static void memory_is_held_while_it_is_needed(void **state) {
  size_t before;
  world w;

  (void)state;
  prepare(&w, false);
  w.plan = SAY_NO;
  open_greeted(&w);
  say(&w, "AUTH NONE\r\n");
  before = held(&w);
  say(&w, "AUTH LOGIN\r\n");
  assert_in_range(held(&w) - before, 12288, 13312);
  say(&w, NAME_SAID "\r\n" LOGIN_SAID "\r\n");
  assert_int_equal(w.asked, 1);
  assert_int_equal(held(&w), before);
  close_world(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(no_secret_is_left),
      cmocka_unit_test(no_secret_is_left_of_half_a_talk),
      cmocka_unit_test(x6_a_refused_auth_is_wiped),
      cmocka_unit_test(an_event_is_wiped_when_it_is_answered),
      cmocka_unit_test(wrong_answers_are_refused),
      cmocka_unit_test(challenges_have_a_limit),
      cmocka_unit_test(other_questions_authenticate_nobody),
      cmocka_unit_test(an_identity_stays),
      cmocka_unit_test(nobody_is_authenticated_by_a_no),
      cmocka_unit_test(a_channel_binding_needs_tls),
      cmocka_unit_test(memory_runs_out),
      cmocka_unit_test(memory_is_held_while_it_is_needed),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
