/* Time, where the application is late: the peer is not to blame for that. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <shako/shako.h>

#include "server/session.h"
#include "support/fake_engine.h"
#include "support/octets.h"

#define HOUR (60u * 60 * 1000)

typedef struct world {
  fake_context context;
  fake_certificate certificate;
  fake_provider provider;
  shako_policy policy;
  shako_listener *listener;
  shako_session *session;
  shako_time now;
  octets heard;
  octets body;
  char how[32]; /* of CLOSED; "": it has not ended */
} world;

/* A message may pause for 10 s and has 1 octet a second, commands have a
   minute, a connection 100 hours. */
static void prepare(world *w) {
  memset(w, 0, sizeof(*w));
  w->now = 1000;
  shako_policy_default(&w->policy);
  w->policy.data_timeout = 10000;
  w->policy.min_data_rate = 1;
  w->policy.idle_timeout = 60000;
  w->policy.session_timeout = 100 * HOUR;
}

static void open_world(world *w, bool implicit) {
  shako_certificate_provider certificates;
  shako_listener_config config;
  shako_peer peer;
  const char *reason;

  fake_certificate_init(&w->certificate);
  w->provider.certificate = &w->certificate;
  fake_provider_fill(&w->provider, &certificates);
  shako_listener_config_default(&config);
  config.hostname = "mx.example";
  config.policy = &w->policy;
  config.offers = SHAKO_OFFER_CHUNKING;
  config.engine = &fake_engine;
  config.context = &w->context;
  config.certificates = &certificates;
  config.implicit_tls = implicit;
  assert_int_equal(shako_listener_new(&w->listener, &config, NULL, &reason), 0);
  shako_peer_default(&peer);
  assert_int_equal(
      shako_session_new(&w->session, w->listener, &peer, NULL, w->now), 0);
}

static void close_world(world *w) {
  shako_session_free(w->session);
  shako_listener_unref(w->listener);
  octets_free(&w->heard);
  octets_free(&w->body);
}

/* Polls once, and says yes. */
static shako_event_type poll_once(world *w) {
  const shako_event *event = shako_session_poll(w->session, w->now);
  shako_event_type type = event ? event->type : 0;

  if (!event) {
    return 0;
  }
  if (event->question) {
    assert_int_equal(shako_session_accept(w->session, event->question), 0);
  } else if (type == SHAKO_EVENT_BODY) {
    octets_add(&w->body, event->u.body.ptr, event->u.body.len);
  } else if (type == SHAKO_EVENT_CLOSED) {
    strncpy(w->how, event->u.closed.how, sizeof(w->how) - 1);
  }
  return type;
}

static void send_all(world *w) {
  size_t len;
  const uint8_t *at;

  while ((at = shako_session_send_buf(w->session, &len)) != NULL) {
    octets_add(&w->heard, at, len);
    assert_int_equal(shako_session_send_ack(w->session, len), 0);
  }
}

static void settle(world *w) {
  while (shako_session_want(w->session) & (SHAKO_WANT_POLL | SHAKO_WANT_SEND)) {
    poll_once(w);
    send_all(w);
  }
}

/* Octets come, and nobody polls. */
static void receive(world *w, const void *what, size_t len) {
  size_t n;

  assert_int_equal(shako_session_push(w->session, what, len, &n), 0);
  assert_int_equal(n, len);
}

static void say(world *w, const char *text) {
  receive(w, text, strlen(text));
  settle(w);
}

static void begin_data(world *w) {
  open_world(w, false);
  settle(w);
  say(w, "EHLO c.example\r\n");
  say(w, "MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\n");
  say(w, "DATA\r\n");
  assert_int_equal(w->session->phase, SHAKO__PHASE_BODY);
}

/* Time runs out at |when|, to the millisecond, for |how|. */
static void check_end(world *w, shako_time when, const char *how) {
  assert_true(when > w->now);
  assert_true(shako_session_expiry(w->session) == when);
  w->now = when - 1;
  settle(w);
  assert_int_equal(poll_once(w), 0);
  assert_string_equal(w->how, "");
  assert_true(shako_session_expiry(w->session) == when);
  w->now = when;
  poll_once(w);
  settle(w);
  assert_string_equal(w->how, how);
}

/* An hour over an event is the application's: what it has not read meanwhile
   may lie in the kernel. */
static void an_event_stops_the_peer_s_clock(void **state) {
  world w;

  (void)state;
  prepare(&w);
  begin_data(&w);
  receive(&w, "four", 4);
  assert_int_equal(poll_once(&w), SHAKO_EVENT_BODY);
  assert_true(shako_session_expiry(w.session) == 1000 + 100 * HOUR);
  w.now += HOUR;
  assert_int_equal(poll_once(&w), 0);
  assert_string_equal(w.how, "");
  /* 10 s between octets, 10 s and 4 octets' worth on the whole */
  check_end(&w, 1000 + HOUR + 10000, "data-timeout");
  close_world(&w);
}

static void an_event_stops_the_clock_of_the_rate(void **state) {
  world w;

  (void)state;
  prepare(&w);
  begin_data(&w);
  w.now += 9000;
  receive(&w, "four", 4);
  assert_int_equal(poll_once(&w), SHAKO_EVENT_BODY);
  w.now += HOUR;
  assert_int_equal(poll_once(&w), 0);
  check_end(&w, 1000 + HOUR + 10000 + 4000, "too-slow");
  close_world(&w);
}

/* Who polls late finds the octets that came in time. */
static void octets_in_hand_are_no_pause(void **state) {
  world w;

  (void)state;
  prepare(&w);
  begin_data(&w);
  receive(&w, "four", 4);
  w.now += HOUR;
  assert_int_equal(poll_once(&w), SHAKO_EVENT_BODY);
  assert_int_equal(w.body.len, 4);
  assert_int_equal(poll_once(&w), 0);
  /* Nobody knows when they came: as late as was allowed. */
  check_end(&w, 1000 + HOUR + 4000, "too-slow");
  close_world(&w);
}

static void a_command_in_hand_is_no_pause(void **state) {
  world w;

  (void)state;
  prepare(&w);
  open_world(&w, false);
  settle(&w);
  receive(&w, "NOOP\r\n", 6);
  w.now += HOUR;
  settle(&w);
  assert_non_null(strstr(octets_text(&w.heard), "\r\n250 "));
  check_end(&w, 1000 + HOUR + 60000, "idle-timeout");
  close_world(&w);
}

/* ... but a connection has no more than its time. */
static void octets_in_hand_do_not_outlast_the_session(void **state) {
  world w;

  (void)state;
  prepare(&w);
  begin_data(&w);
  receive(&w, "four", 4);
  w.now = 1000 + 100 * HOUR;
  poll_once(&w);
  settle(&w);
  assert_string_equal(w.how, "session-timeout");
  assert_int_equal(w.body.len, 0);
  close_world(&w);
}

/* Octets of which nothing can be made are no excuse, and poll() says so at
   once. */
static void half_a_command_in_hand_is_a_pause(void **state) {
  world w;

  (void)state;
  prepare(&w);
  open_world(&w, false);
  settle(&w);
  receive(&w, "NOOP", 4);
  w.now += 60000;
  poll_once(&w);
  settle(&w);
  assert_string_equal(w.how, "idle-timeout");
  close_world(&w);
}

/* Inside TLS they have to be tried first. */
static void half_a_record_in_hand_is_a_pause(void **state) {
  uint8_t record[32];
  world w;

  (void)state;
  prepare(&w);
  open_world(&w, true);
  receive(&w, record, fake_record(record, FAKE_HANDSHAKE, "HELLO", 5));
  settle(&w);
  receive(&w, record, fake_record(record, FAKE_DATA, "NOOP\r\n", 6) - 1);
  assert_true(shako_session_want(w.session) & SHAKO_WANT_POLL);
  w.now += 60000;
  poll_once(&w);
  settle(&w);
  assert_string_equal(w.how, "idle-timeout");
  close_world(&w);
}

/* An octet that comes with the last millisecond gains what it is worth, again
   and again, and no more. */
static void nobody_gains_time_with_octets_at_the_last_moment(void **state) {
  world w;

  (void)state;
  prepare(&w);
  w.policy.min_data_rate = 100;
  begin_data(&w);
  w.now += 9999;
  for (int i = 0; i < 100; i++) {
    receive(&w, "x", 1);
    settle(&w);
    assert_string_equal(w.how, "");
    w.now = shako_session_expiry(w.session);
    assert_true(w.now <= 1000 + 10000 + 10u * (unsigned)(i + 1));
  }
  settle(&w);
  poll_once(&w);
  settle(&w);
  assert_string_equal(w.how, "too-slow");
  close_world(&w);
}

/* What a command of the peer is worth where only octets of the message count:
   nothing. */
static void commands_between_chunks_gain_nothing(void **state) {
  world w;

  (void)state;
  prepare(&w);
  open_world(&w, false);
  settle(&w);
  say(&w, "EHLO c.example\r\n");
  say(&w, "MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nBDAT 1\r\nx");
  assert_int_equal(w.session->phase, SHAKO__PHASE_CHUNKS);
  for (int i = 0; i < 11; i++) {
    assert_string_equal(w.how, "");
    w.now += 999;
    say(&w, "NOOP\r\n");
  }
  w.now += 11;
  receive(&w, "NOOP\r\n", 6); /* in hand when time is up, and served */
  settle(&w);
  poll_once(&w);
  settle(&w);
  assert_string_equal(w.how, "too-slow");
  close_world(&w);
}

static void no_size_is_too_big_for_the_rate(void **state) {
  static const uint64_t sizes[] = {UINT64_MAX, UINT64_MAX / 2,
                                   UINT64_MAX / 1000, (uint64_t)UINT32_MAX + 1};
  world w;

  (void)state;
  prepare(&w);
  w.policy.data_timeout = UINT32_MAX;
  w.policy.session_timeout = 0;
  begin_data(&w);
  for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
    w.session->message_size = sizes[i];
    assert_true(shako_session_expiry(w.session) ==
                w.now + w.policy.data_timeout);
  }
  close_world(&w);
}

/* A clock at its end stops nobody. */
static void the_end_of_time_is_no_limit(void **state) {
  world w;

  (void)state;
  prepare(&w);
  w.policy.session_timeout = 0;
  begin_data(&w);
  w.now = SHAKO_TIME_NEVER;
  w.session->active = w.session->data_began = SHAKO_TIME_NEVER;
  assert_true(shako_session_expiry(w.session) == SHAKO_TIME_NEVER);
  assert_int_equal(poll_once(&w), 0);
  assert_string_equal(w.how, "");
  close_world(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_event_stops_the_peer_s_clock),
      cmocka_unit_test(an_event_stops_the_clock_of_the_rate),
      cmocka_unit_test(octets_in_hand_are_no_pause),
      cmocka_unit_test(a_command_in_hand_is_no_pause),
      cmocka_unit_test(octets_in_hand_do_not_outlast_the_session),
      cmocka_unit_test(half_a_command_in_hand_is_a_pause),
      cmocka_unit_test(half_a_record_in_hand_is_a_pause),
      cmocka_unit_test(nobody_gains_time_with_octets_at_the_last_moment),
      cmocka_unit_test(commands_between_chunks_gain_nothing),
      cmocka_unit_test(no_size_is_too_big_for_the_rate),
      cmocka_unit_test(the_end_of_time_is_no_limit),
  };

  return cmocka_run_group_tests_name("ending", tests, NULL, NULL);
}
