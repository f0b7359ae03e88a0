/* How many handshakes there may be at once, and how long one may be. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "failing_memory.h"
#include "fake_engine.h"

#define COUNT(ARRAY) (sizeof(ARRAY) / sizeof((ARRAY)[0]))

#define NOW   1000
#define LATER (NOW + 24 * 3600 * 1000)

/* A listener with what it stands on. */
typedef struct world {
  fake_context context;
  fake_provider provider;
  fake_certificate certificate;
  shako_certificate_provider functions;
  shako_policy policy;
  shako_listener_config config;
  const shako_mem *memory; /* NULL for malloc */
  shako_listener *listener;
} world;

/* Prepares |w| for its listener to be opened. */
static void prepare(world *w) {
  memset(w, 0, sizeof(*w));
  fake_certificate_init(&w->certificate);
  w->provider.certificate = &w->certificate;
  fake_provider_fill(&w->provider, &w->functions);
  shako_policy_default(&w->policy);
  w->policy.tls = SHAKO_TLS_SETTING_PREFERRED;
  w->policy.pipelining_early = 1;
  shako_listener_config_default(&w->config);
  w->config.hostname = "mx.example";
  w->config.engine = &fake_engine;
  w->config.context = &w->context;
  w->config.certificates = &w->functions;
  w->config.policy = &w->policy;
  w->config.max_handshakes = 1;
}

static void open_listener(world *w) {
  const char *reason = NULL;

  if (shako_listener_new(&w->listener, &w->config, w->memory, &reason) != 0) {
    fail_msg("%s", reason);
  }
}

static void close_listener(world *w) {
  shako_listener_unref(w->listener);
  assert_int_equal(w->certificate.base.references, 1);
}

static shako_session *connect_to(world *w) {
  shako_session *session;
  shako_peer peer;

  shako_peer_default(&peer);
  assert_int_equal(shako_session_new(&session, w->listener, &peer, NULL, NOW),
                   0);
  return session;
}

/* Hands |text| over, as far as the session takes it. */
static void feed(shako_session *session, const void *text, size_t len) {
  size_t n;

  if (shako_session_want(session) & SHAKO_WANT_RECV) {
    (void)shako_session_push(session, text, len, &n);
  }
}

static void say(shako_session *session, const char *text) {
  feed(session, text, strlen(text));
}

static void shake(shako_session *session, const char *words) {
  uint8_t record[64];

  feed(session, record,
       fake_record(record, FAKE_HANDSHAKE, words, strlen(words)));
}

static void send_all(shako_session *session) {
  size_t len;

  if (shako_session_send_buf(session, &len)) {
    assert_int_equal(shako_session_send_ack(session, len), 0);
  }
}

/* Polls and says yes, up to a question of |type| (0: none); sends what there
   is, unless |type| is STARTTLS.  Stores the question.  Returns whether it
   came. */
static bool go_to(shako_session *session, shako_event_type type,
                  shako_question *question) {
  while (shako_session_want(session) & (SHAKO_WANT_POLL | SHAKO_WANT_SEND)) {
    const shako_event *event = shako_session_poll(session, NOW);

    if (event && event->type == type) {
      *question = event->question;
      return true;
    }
    if (event && event->question != 0) {
      (void)shako_session_accept(session, event->question);
    }
    send_all(session);
  }
  return false;
}

static void go(shako_session *session) {
  (void)go_to(session, 0, NULL);
}

/* Says |text|, and goes on.  Returns what comes back. */
static const char *ask(shako_session *session, const char *text) {
  static char heard[512];
  const uint8_t *at;
  size_t len;

  say(session, text);
  while (shako_session_want(session) & SHAKO_WANT_POLL) {
    const shako_event *event = shako_session_poll(session, NOW);

    if (event && event->question != 0) {
      (void)shako_session_accept(session, event->question);
    }
  }
  at = shako_session_send_buf(session, &len);
  assert_in_range(len, 1, sizeof(heard) - 1);
  memcpy(heard, at, len);
  heard[len] = '\0';
  assert_int_equal(shako_session_send_ack(session, len), 0);
  return heard;
}

/* Whether a handshake may begin now. */
static bool is_free(world *w) {
  shako_session *session = connect_to(w);
  const char *reason = NULL;
  const shako_event *event;
  bool admitted = false;

  if (!w->config.implicit_tls) {
    go(session);
    say(session, "EHLO c.example\r\nSTARTTLS\r\n");
  }
  while ((event = shako_session_poll(session, NOW)) != NULL) {
    admitted = admitted || event->type == SHAKO_EVENT_STARTTLS ||
               event->type == SHAKO_EVENT_CERTIFICATE;
    if (event->type == SHAKO_EVENT_VIOLATION) {
      reason = event->u.violation.verdict->reason;
    }
    if (event->type == SHAKO_EVENT_HELLO) {
      (void)shako_session_accept(session, event->question);
    }
  }
  admitted = w->config.implicit_tls ? !reason : admitted;
  if (!admitted) {
    assert_string_equal(reason, "too-many-handshakes");
  }
  shako_session_free(session);
  return admitted;
}

/* --- at once -------------------------------------------------------------- */

/* How far a handshake has come. */
typedef enum stage {
  STAGE_CERTIFICATE, /* the provider asks for time before the 220 */
  STAGE_ASKED,       /* STARTTLS? */
  STAGE_UNSENT,      /* the 220 is in the output */
  STAGE_SENT,
  STAGE_HALF,   /* of the ClientHello */
  STAGE_CHOICE, /* the provider asks for time inside the handshake */
  STAGE_FLIGHT, /* one of two */
  STAGE_COUNT
} stage;

/* What ends it. */
typedef enum way {
  WAY_DONE,
  WAY_FAILS,
  WAY_CLEAR_TEXT,
  WAY_END_OF_STREAM,
  WAY_LOST,
  WAY_TIMEOUT,
  WAY_SHUTDOWN,
  WAY_NO,
  WAY_421,
  WAY_FREE,
  WAY_COUNT
} way;

/* Brings |session| to |to|.  Returns the question that is open, or 0. */
static shako_question bring(shako_session *session, stage to, bool implicit) {
  shako_question question = 0;

  go(session);
  if (!implicit) {
    say(session, "EHLO c.example\r\n");
    go(session);
    say(session, "STARTTLS\r\n");
  }
  if (to == STAGE_CERTIFICATE || to == STAGE_CHOICE) {
    if (to == STAGE_CHOICE) {
      go(session);
      shake(session, "HELLO");
    }
    assert_true(go_to(session, SHAKO_EVENT_CERTIFICATE, &question));
    return question;
  }
  if (to == STAGE_ASKED || to == STAGE_UNSENT) {
    assert_true(go_to(session, SHAKO_EVENT_STARTTLS, &question));
    if (to == STAGE_ASKED) {
      return question;
    }
    assert_int_equal(shako_session_accept(session, question), 0);
    assert_null(shako_session_poll(session, NOW));
    return 0;
  }
  go(session);
  if (to == STAGE_HALF) {
    say(session, "\x16");
    go(session);
  } else if (to == STAGE_FLIGHT) {
    shake(session, "HELLO");
    go(session);
  }
  return 0;
}

/* Ends it.  Returns false where that way leads nowhere from here. */
static bool end(shako_session *session, way by, shako_question question,
                stage from) {
  switch (by) {
  case WAY_DONE:
    (void)shako_session_accept(session, question);
    go(session);
    if (from == STAGE_HALF) {
      feed(session, "\0\5HELLO", 7);
    } else if (from != STAGE_FLIGHT && from != STAGE_CHOICE) {
      shake(session, "HELLO");
    }
    go(session);
    shake(session, "FINISH");
    go(session);
    return true;
  case WAY_FAILS:
    if (question != 0 || from == STAGE_HALF) {
      return false;
    }
    go(session);
    shake(session, "FAIL protocol");
    go(session);
    return true;
  case WAY_CLEAR_TEXT:
    if (question != 0 || from == STAGE_HALF) {
      return false;
    }
    go(session);
    say(session, "NOOP\r\n");
    go(session);
    return true;
  case WAY_END_OF_STREAM:
    shako_session_recv_eof(session);
    (void)shako_session_accept(session, question);
    go(session);
    return true;
  case WAY_LOST:
    shako_session_lost(session);
    go(session);
    return true;
  case WAY_TIMEOUT:
    (void)shako_session_poll(session, LATER);
    return true;
  case WAY_SHUTDOWN:
    assert_int_equal(shako_session_shutdown(session, NULL), 0);
    go(session);
    return true;
  case WAY_NO:
  case WAY_421:
    if (question == 0) {
      return false;
    }
    assert_int_equal(shako_session_answer(session, question,
                                          by == WAY_NO ? 454 : 421, NULL,
                                          "Not now"),
                     0);
    go(session);
    return true;
  case WAY_FREE:
  case WAY_COUNT:
    break;
  }
  return true; /* its caller frees it */
}

/* Whichever way it ends, from wherever it has come: the next one may begin.
   While it is under way none may. */
static void one_way(stage from, way by, bool implicit) {
  shako_session *session;
  shako_question question;
  bool ended;
  world w;

  prepare(&w);
  w.config.implicit_tls = implicit;
  w.context.two_flights = from == STAGE_FLIGHT;
  if (from == STAGE_CERTIFICATE) {
    fake_script_add(&w.provider.ready, SHAKO_PROVIDER_WAIT);
    fake_script_add(&w.provider.ready, SHAKO_PROVIDER_OK);
  } else if (from == STAGE_CHOICE) {
    fake_script_add(&w.provider.select, SHAKO_PROVIDER_WAIT);
    fake_script_add(&w.provider.select, SHAKO_PROVIDER_OK);
  }
  open_listener(&w);
  assert_true(is_free(&w) || from == STAGE_CERTIFICATE);
  w.provider.ready.next = 0;
  session = connect_to(&w);
  question = bring(session, from, implicit);
  assert_false(is_free(&w));
  ended = end(session, by, question, from);
  if (ended && by != WAY_FREE) {
    assert_true(is_free(&w));
  }
  shako_session_free(session);
  assert_true(is_free(&w));
  close_listener(&w);
}

static void a_place_comes_back_whichever_way_it_ends(void **state) {
  unsigned from;
  unsigned by;

  (void)state;
  for (from = 0; from < STAGE_COUNT; from++) {
    for (by = 0; by < WAY_COUNT; by++) {
      one_way((stage)from, (way)by, false);
      if (from >= STAGE_SENT) {
        one_way((stage)from, (way)by, true);
      }
    }
  }
}

/* ... and where memory runs out. */
static void *scarce_alloc(size_t size, void *user_data) {
  (void)user_data;
  return failing_now_ours() ? NULL : malloc(size);
}

static void scarce_release(void *ptr, size_t size, void *user_data) {
  (void)size;
  (void)user_data;
  free(ptr);
}

static void without_memory(bool refused) {
  static const shako_mem memory = {NULL, scarce_alloc, scarce_release};
  shako_session *session;
  world w;

  prepare(&w);
  w.memory = &memory;
  open_listener(&w);
  session = connect_to(&w);
  failing.armed = true;
  go(session);
  say(session, "EHLO c.example\r\n");
  go(session);
  say(session, "STARTTLS\r\n");
  go(session);
  shake(session, "HELLO");
  go(session);
  failing.armed = false;
  assert_true(refused || shako_session_tls(session)->version != 0);
  assert_true(is_free(&w));
  shako_session_free(session);
  close_listener(&w);
}

static void a_place_comes_back_where_there_is_no_memory(void **state) {
  (void)state;
  assert_true(failing_for_each(without_memory, 1) > 4);
}

/* The application's own handshake counts while its question is open. */
static void an_applications_handshake_counts(void **state) {
  const shako_tls_info info = {.struct_size = sizeof(info), .version = 0x0304};
  unsigned implicit;

  (void)state;
  for (implicit = 0; implicit < 2; implicit++) {
    shako_question question;
    shako_session *session;
    world w;

    prepare(&w);
    w.config.engine = NULL;
    w.config.certificates = NULL;
    w.config.external_tls = 1;
    w.config.implicit_tls = (uint8_t)implicit;
    open_listener(&w);
    session = connect_to(&w);
    if (!implicit) {
      go(session);
      say(session, "EHLO c.example\r\nSTARTTLS\r\n");
    }
    assert_true(go_to(session, SHAKO_EVENT_HANDSHAKE, &question));
    assert_false(is_free(&w));
    assert_int_equal(shako_session_tls_external(session, question, &info), 0);
    go(session);
    assert_true(is_free(&w));
    shako_session_free(session);
    close_listener(&w);
  }
}

/* What is refused is said, costs nothing, and the peer may go on. */
static void one_too_many_is_told(void **state) {
  fake_counters counters = {0};
  shako_session *a;
  shako_session *b;
  world w;

  (void)state;
  prepare(&w);
  w.context.counters = &counters;
  w.provider.counters = &counters;
  open_listener(&w);
  a = connect_to(&w);
  bring(a, STAGE_SENT, false);
  assert_int_equal(counters.inits, 1);
  assert_int_equal(counters.readies, 1);
  b = connect_to(&w);
  go(b);
  say(b, "EHLO c.example\r\n");
  go(b);
  assert_string_equal(ask(b, "STARTTLS\r\n"),
                      "454 4.7.0 Too many handshakes at the moment\r\n");
  assert_string_equal(ask(b, "NOOP\r\n"), "250 2.0.0 Ok\r\n");
  assert_int_equal(counters.inits, 1);
  assert_int_equal(counters.readies, 1);
  shako_session_free(a);
  assert_string_equal(ask(b, "STARTTLS\r\n"),
                      "220 2.0.0 Ready to start TLS\r\n");
  shako_session_free(b);
  close_listener(&w);
}

/* A port that is always TLS says nothing. */
static void one_too_many_is_closed_on_implicit_tls(void **state) {
  const shako_event *event;
  shako_session *a;
  shako_session *b;
  world w;

  (void)state;
  prepare(&w);
  w.config.implicit_tls = 1;
  open_listener(&w);
  a = connect_to(&w);
  go(a);
  b = connect_to(&w);
  event = shako_session_poll(b, NOW);
  assert_int_equal(event->type, SHAKO_EVENT_VIOLATION);
  event = shako_session_poll(b, NOW);
  assert_int_equal(event->type, SHAKO_EVENT_CLOSED);
  assert_string_equal(event->u.closed.how, "too-many-handshakes");
  assert_int_equal(shako_session_want(b), SHAKO_WANT_CLOSE);
  shako_session_free(a);
  shako_session_free(b);
  close_listener(&w);
}

static void there_is_no_limit_by_default(void **state) {
  shako_session *sessions[100];
  size_t i;
  world w;

  (void)state;
  prepare(&w);
  shako_listener_config_default(&w.config);
  assert_int_equal(w.config.max_handshakes, 0);
  prepare(&w);
  w.config.max_handshakes = 0;
  open_listener(&w);
  for (i = 0; i < COUNT(sessions); i++) {
    sessions[i] = connect_to(&w);
    bring(sessions[i], STAGE_SENT, false);
  }
  assert_true(is_free(&w));
  for (i = 0; i < COUNT(sessions); i++) {
    shako_session_free(sessions[i]);
  }
  close_listener(&w);
}

/* A listener that takes another one's place counts what that one began. */
static void the_count_outlives_a_listener(void **state) {
  shako_session *session;
  world w;

  (void)state;
  prepare(&w);
  assert_int_equal(shako_counters_new(&w.config.counters, NULL, NULL), 0);
  open_listener(&w);
  session = connect_to(&w);
  bring(session, STAGE_SENT, false);
  shako_listener_unref(w.listener);
  open_listener(&w);
  assert_false(is_free(&w));
  shako_session_free(session);
  assert_true(is_free(&w));
  close_listener(&w);
  shako_counters_unref(w.config.counters);
}

/* --- how long ------------------------------------------------------------- */

#define MOST 65536

/* An engine that takes all it gets and is content behind |wants| octets. */
static size_t wants;
static size_t taken; /* by the last connection */

typedef struct glutton {
  shako_tls_wire wire;
  int alert;
} glutton;

static shako_tls_status glutton_init(void *ctx, const void *context,
                                     const shako_tls_conn_config *config) {
  glutton *conn = ctx;

  (void)context;
  conn->wire = *config->wire;
  taken = 0;
  conn->alert = -1;
  return SHAKO_TLS_STATUS_OK;
}

static void glutton_free(void *ctx) {
  (void)ctx;
}

static shako_tls_status
glutton_certificate(void *ctx, const shako_certificate *certificate) {
  (void)ctx;
  (void)certificate;
  return SHAKO_TLS_STATUS_OK;
}

static shako_tls_status glutton_handshake(void *ctx) {
  glutton *conn = ctx;
  shako_tls_status status = SHAKO_TLS_STATUS_OK;
  uint8_t buf[1000];

  while (taken < wants && status == SHAKO_TLS_STATUS_OK) {
    size_t left = wants - taken;
    size_t n = 0;

    status = conn->wire.recv(conn->wire.ctx, buf,
                             left < sizeof(buf) ? left : sizeof(buf), &n);
    taken += n;
  }
  return status;
}

static shako_tls_status glutton_read(void *ctx, uint8_t *buf, size_t len,
                                     size_t *n) {
  glutton *conn = ctx;

  return conn->wire.recv(conn->wire.ctx, buf, len, n);
}

static shako_tls_status glutton_write(void *ctx, const uint8_t *buf, size_t len,
                                      size_t *n) {
  glutton *conn = ctx;

  *n = len;
  return conn->wire.send(conn->wire.ctx, buf, len);
}

static shako_tls_status glutton_close(void *ctx) {
  (void)ctx;
  return SHAKO_TLS_STATUS_OK;
}

static void glutton_alert(void *ctx, int description) {
  ((glutton *)ctx)->alert = description;
}

static void glutton_info(const void *ctx, shako_tls_info *info) {
  const shako_tls_info known = {.struct_size = sizeof(known),
                                .version = taken == wants ? 0x0304 : 0,
                                .alert = ((const glutton *)ctx)->alert};

  *info = known;
}

static const shako_tls_engine glutton_engine = {
    .version = SHAKO_TLS_ENGINE_VERSION,
    .name = "glutton",
    .conn_size = sizeof(glutton),
    .conn_init = glutton_init,
    .conn_free = glutton_free,
    .set_certificate = glutton_certificate,
    .handshake = glutton_handshake,
    .read = glutton_read,
    .write = glutton_write,
    .close = glutton_close,
    .alert = glutton_alert,
    .info = glutton_info,
};

static void open_glutton(world *w, size_t want, size_t buffer) {
  wants = want;
  prepare(w);
  w->config.engine = &glutton_engine;
  w->config.implicit_tls = 1;
  w->config.recv_buffer_size = buffer;
  open_listener(w);
}

/* Sends |len| octets, |step| at a time, while they are taken.  Returns how many
   were. */
static size_t pour(shako_session *session, size_t len, size_t step) {
  static const uint8_t octets[100000];
  size_t sent = 0;

  while (sent < len && (shako_session_want(session) & SHAKO_WANT_RECV)) {
    size_t n = len - sent < step ? len - sent : step;

    assert_int_equal(shako_session_push(session, octets, n, &n), 0);
    sent += n;
    while (shako_session_want(session) & SHAKO_WANT_POLL) {
      (void)shako_session_poll(session, NOW);
    }
  }
  return sent;
}

static const size_t steps[] = {1, 777, 4096, 100000};

/* The limit is met to the octet, whatever comes behind it in the same piece. */
static void a_handshake_may_be_so_long(void **state) {
  size_t i;

  (void)state;
  for (i = 0; i < COUNT(steps); i++) {
    shako_session *session;
    world w;

    open_glutton(&w, MOST, 200000);
    session = connect_to(&w);
    assert_int_equal(pour(session, MOST + 5, steps[i]), MOST + 5);
    assert_int_equal(shako_session_tls(session)->failure,
                     SHAKO_TLS_FAILURE_NONE);
    assert_int_equal(shako_session_tls(session)->version, 0x0304);
    shako_session_free(session);
    close_listener(&w);
  }
}

static void a_handshake_may_not_be_longer(void **state) {
  size_t i;

  (void)state;
  for (i = 0; i < COUNT(steps); i++) {
    const shako_tls_info *info;
    shako_session *session;
    world w;

    open_glutton(&w, MOST + 1, 8192);
    session = connect_to(&w);
    assert_in_range(pour(session, 2 * MOST, steps[i]), MOST, MOST + 8191);
    info = shako_session_tls(session);
    assert_int_equal(info->failure, SHAKO_TLS_FAILURE_TOO_LONG);
    assert_int_equal(info->alert, 40);
    assert_int_equal(info->version, 0);
    assert_int_equal(taken, MOST);
    assert_int_equal(shako_session_want(session), SHAKO_WANT_CLOSE);
    assert_true(is_free(&w));
    shako_session_free(session);
    close_listener(&w);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_place_comes_back_whichever_way_it_ends),
      cmocka_unit_test(a_place_comes_back_where_there_is_no_memory),
      cmocka_unit_test(an_applications_handshake_counts),
      cmocka_unit_test(one_too_many_is_told),
      cmocka_unit_test(one_too_many_is_closed_on_implicit_tls),
      cmocka_unit_test(there_is_no_limit_by_default),
      cmocka_unit_test(the_count_outlives_a_listener),
      cmocka_unit_test(a_handshake_may_be_so_long),
      cmocka_unit_test(a_handshake_may_not_be_longer),
  };

  return cmocka_run_group_tests_name("handshake_limits", tests, NULL, NULL);
}
