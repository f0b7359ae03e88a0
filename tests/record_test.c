/* What the record of a connection says, and when. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <shako/shako.h>

#include "failing_memory.h"
#include "fake_engine.h"
#include "policy/refusals.h"

#define COUNT(ARRAY) (sizeof(ARRAY) / sizeof((ARRAY)[0]))

#define MESSAGE "Subject: a\r\n\r\n.dot\r\n"

/* --- a session ------------------------------------------------------------ */

typedef struct world {
  fake_counters counters;
  fake_context context;
  fake_certificate certificate;
  fake_provider provider;
  shako_certificate_provider certificates;
  shako_policy policy;
  shako_listener_config config;
  shako_listener *listener;
  shako_session *session;
  shako_time now;
  shako_event_type refused; /* is answered 550; 0: none */
  shako_event_type slow;    /* takes 1000 ms to answer; 0: none */
  uint64_t received;        /* octets that the session was given */
  uint64_t sent;            /* ... and gave */
  bool in_tls;
} world;

static void *test_alloc(size_t size, void *user_data) {
  (void)user_data;
  return failing_now() ? NULL : malloc(size);
}

static void test_release(void *ptr, size_t size, void *user_data) {
  (void)size;
  (void)user_data;
  free(ptr);
}

static const shako_mem mem = {NULL, test_alloc, test_release};

static void prepare(world *w) {
  memset(w, 0, sizeof(*w));
  w->now = 1000;
  fake_certificate_init(&w->certificate);
  w->provider.certificate = &w->certificate;
  w->context.counters = &w->counters;
  fake_provider_fill(&w->provider, &w->certificates);
  shako_policy_default(&w->policy);
  w->policy.tls = SHAKO_TLS_SETTING_PREFERRED;
  shako_listener_config_default(&w->config);
  w->config.name = "Inbound";
  w->config.hostname = "mx.example";
  w->config.policy = &w->policy;
  w->config.engine = &fake_engine;
  w->config.context = &w->context;
  w->config.certificates = &w->certificates;
}

static void answer(world *w, const shako_event *event) {
  if (event->type == w->slow) {
    w->now += 1000;
  }
  if (event->type == SHAKO_EVENT_HANDSHAKE) {
    const shako_tls_info info = {.struct_size = sizeof(info),
                                 .version = 0x0304};

    assert_int_equal(
        shako_session_tls_external(w->session, event->question, &info), 0);
  } else if (event->type == w->refused) {
    assert_int_equal(
        shako_session_answer(w->session, event->question, 550, NULL, "No"), 0);
  } else {
    assert_int_equal(shako_session_accept(w->session, event->question), 0);
  }
}

/* Polls, answers and sends until there is nothing to be done. */
static void settle(world *w) {
  while (shako_session_want(w->session) & (SHAKO_WANT_POLL | SHAKO_WANT_SEND)) {
    const shako_event *event = shako_session_poll(w->session, w->now);
    size_t len;

    if (event && event->question) {
      answer(w, event);
    }
    if (shako_session_send_buf(w->session, &len)) {
      assert_int_equal(shako_session_send_ack(w->session, len), 0);
      w->sent += len;
    }
  }
}

static void start(world *w) {
  const char *reason;
  shako_peer peer;

  shako_peer_default(&peer);
  assert_int_equal(shako_listener_new(&w->listener, &w->config, &mem, &reason),
                   0);
  assert_int_equal(
      shako_session_new(&w->session, w->listener, &peer, NULL, w->now), 0);
  settle(w);
}

static void stop(world *w) {
  shako_session_free(w->session);
  shako_listener_unref(w->listener);
}

static void deliver(world *w, const uint8_t *octets, size_t len) {
  size_t n;

  assert_int_equal(shako_session_push(w->session, octets, len, &n), 0);
  assert_int_equal(n, len);
  w->received += len;
  settle(w);
}

/* The client says |text|, inside TLS where it is. */
static void say(world *w, const char *text) {
  uint8_t record[FAKE_HEADER + FAKE_RECORD_MAX];
  size_t len = strlen(text);

  if (w->in_tls) {
    deliver(w, record, fake_record(record, FAKE_DATA, text, len));
  } else {
    deliver(w, (const uint8_t *)text, len);
  }
}

static void say_starttls(world *w) {
  say(w, "EHLO c.example\r\n");
  say(w, "STARTTLS\r\n");
}

/* Shakes hands, and has |text| travel along. */
static void shake_hands(world *w, const char *text) {
  uint8_t octets[FAKE_RECORD_MAX];
  size_t len = fake_record(octets, FAKE_HANDSHAKE, "HELLO", 5);

  w->in_tls = true;
  len += fake_record(octets + len, FAKE_DATA, text, strlen(text));
  deliver(w, octets, len);
}

static shako_record record_of(const world *w) {
  shako_record record;

  shako_session_record(w->session, &record);
  assert_int_equal(record.struct_size, sizeof(record));
  return record;
}

/* --- what is counted ------------------------------------------------------ */

static void a_conversation_is_counted(void **state) {
  shako_record record;
  world w;

  (void)state;
  prepare(&w);
  start(&w);
  say(&w, "EHLO c.example\r\n");
  say(&w, "MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\n");
  say(&w, "DATA\r\n");
  say(&w, MESSAGE ".\r\n");
  say(&w, "STARTTLS\r\n");
  w.now += 30;
  shake_hands(&w, "EHLO c.example\r\n");
  w.now += 7;
  say(&w, "MAIL FROM:<a@b.example>\r\nRSET\r\nFOO\r\nFOO\r\n"
          "MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\n"
          "RCPT TO:<e@f.example>\r\n");
  say(&w, "DATA\r\n");
  say(&w, "x\r\n.\r\n");
  record = record_of(&w);
  assert_null(record.how);
  say(&w, "QUIT\r\n");

  record = record_of(&w);
  assert_string_equal(record.listener, "Inbound");
  assert_ptr_equal(record.peer, shako_session_peer(w.session));
  assert_string_equal(record.how, "quit");
  assert_int_equal(record.error, 0);
  assert_int_equal(record.tls_setting, SHAKO_TLS_SETTING_PREFERRED);
  assert_int_equal(record.tls_asked, 1);
  assert_int_equal(record.tls_completed, 1);
  assert_int_equal(record.tls_implicit, 0);
  assert_int_equal(record.greeted, 1);
  assert_ptr_equal(record.tls, shako_session_tls(w.session));
  assert_int_equal(record.commands, 15);
  assert_int_equal(record.transactions, 3);
  assert_int_equal(record.messages, 2);
  assert_int_equal(record.messages_tls, 1);
  assert_int_equal(record.recipients, 3);
  assert_int_equal(record.refusals, 2);
  assert_int_equal(record.octets_received, w.received);
  assert_int_equal(record.octets_sent, w.sent);
  assert_int_equal(record.octets_messages,
                   strlen("Subject: a\r\n\r\ndot\r\n") + strlen("x\r\n"));
  assert_int_equal(record.duration, 37);
  assert_int_equal(record.tls->handshake_time, 30);
  assert_int_equal(record.tls->handshake_octets, FAKE_HEADER + strlen("HELLO"));
  assert_string_equal(record.tls->group, FAKE_GROUP);
  stop(&w);
}

static void what_is_open_is_told_as_far_as_it_is(void **state) {
  shako_record record;
  world w;

  (void)state;
  prepare(&w);
  start(&w);
  say(&w, "EHLO c.example\r\n");
  say(&w, "MAIL FROM:<a@b.example>\r\n");
  say(&w, "STARTTLS\r\nRSET\r\n");
  say(&w, "STARTTLS\r\n");
  w.now += 5;
  assert_null(shako_session_poll(w.session, w.now));
  record = record_of(&w);
  assert_null(record.how);
  assert_int_equal(record.tls_asked, 1);
  assert_int_equal(record.tls_completed, 0);
  assert_non_null(record.tls);
  assert_int_equal(record.transactions, 1);
  assert_int_equal(record.messages, 0);
  assert_int_equal(record.duration, 5);
  assert_int_equal(record.tls->handshake_time, 0);
  stop(&w);
}

/* The peer's clock stands still meanwhile, and the real one does not. */
static void the_time_of_answers_is_the_connection_s(void **state) {
  world w;

  (void)state;
  prepare(&w);
  w.policy.session_timeout = 2500;
  w.policy.idle_timeout = 0;
  w.slow = SHAKO_EVENT_MAIL;
  start(&w);
  say(&w, "EHLO c.example\r\n");
  say(&w, "MAIL FROM:<a@b.example>\r\n");
  say(&w, "RSET\r\nMAIL FROM:<a@b.example>\r\nRSET\r\n");
  assert_int_equal(record_of(&w).duration, 2000);
  w.now += 2499;
  assert_null(shako_session_poll(w.session, w.now));
  assert_int_equal(shako_session_expiry(w.session), w.now + 1);
  w.now++;
  settle(&w);
  assert_null(shako_session_poll(w.session, w.now));
  settle(&w);
  assert_string_equal(record_of(&w).how, "session-timeout");
  assert_int_equal(record_of(&w).duration, 4500);
  stop(&w);
}

static void implicit_tls_is_asked_for_from_the_start(void **state) {
  shako_record record;
  world w;

  (void)state;
  prepare(&w);
  w.config.implicit_tls = 1;
  w.policy.pipelining_early = 1;
  start(&w);
  record = record_of(&w);
  assert_int_equal(record.tls_implicit, 1);
  assert_int_equal(record.tls_asked, 1);
  assert_int_equal(record.greeted, 0);
  assert_null(record.tls);

  w.now += 50; /* before the first octet: no handshake yet */
  deliver(&w, (const uint8_t *)"\x16", 1);
  w.now += 11;
  deliver(&w, (const uint8_t *)"\x00\x05HELLO", 7);
  record = record_of(&w);
  assert_int_equal(record.greeted, 1);
  assert_int_equal(record.tls_completed, 1);
  assert_int_equal(record.tls->handshake_time, 11);
  assert_int_equal(record.tls->handshake_octets, 8);
  stop(&w);
}

/* TLS is the application's: its octets are none of the session's. */
static void a_handshake_of_others_has_its_time(void **state) {
  uint8_t implicit;

  (void)state;
  for (implicit = 0; implicit < 2; implicit++) {
    shako_record record;
    world w;

    prepare(&w);
    w.config.engine = NULL;
    w.config.external_tls = 1;
    w.config.implicit_tls = implicit;
    w.slow = SHAKO_EVENT_HANDSHAKE;
    start(&w);
    say_starttls(&w);
    record = record_of(&w);
    assert_int_equal(record.tls_asked, 1);
    assert_int_equal(record.tls_completed, 1);
    assert_int_equal(record.tls->handshake_time, 1000);
    assert_int_equal(record.tls->handshake_octets, 0);
    stop(&w);
  }
}

static void a_handshake_that_failed_is_measured_too(void **state) {
  shako_record record;
  world w;

  (void)state;
  prepare(&w);
  start(&w);
  say_starttls(&w);
  w.now += 3;
  deliver(&w, (const uint8_t *)"QUIT\r\n", 6);
  record = record_of(&w);
  assert_string_equal(record.how, "tls-failed");
  assert_int_equal(record.tls->failure, SHAKO_TLS_FAILURE_NOT_TLS);
  assert_int_equal(record.tls_asked, 1);
  assert_int_equal(record.tls_completed, 0);
  assert_int_equal(record.tls->handshake_time, 3);
  assert_int_equal(record.tls->handshake_octets, 6);
  stop(&w);
}

/* It began with the 220, and not when that was found out. */
static void a_handshake_without_a_certificate_is_measured_too(void **state) {
  shako_record record;
  world w;

  (void)state;
  prepare(&w);
  fake_script_add(&w.provider.select, SHAKO_PROVIDER_NONE);
  start(&w);
  say_starttls(&w);
  w.now += 4;
  deliver(&w, (const uint8_t *)"\x16\x00\x05HELLO", 8);
  record = record_of(&w);
  assert_string_equal(record.how, "tls-failed");
  assert_int_equal(record.tls->failure, SHAKO_TLS_FAILURE_NO_CERTIFICATE);
  assert_int_equal(record.tls->handshake_time, 4);
  assert_int_equal(record.tls->handshake_octets, 8);
  stop(&w);
}

/* What is not served is not asked for either. */
static void a_starttls_that_is_refused_is_asked_for(void **state) {
  world w;

  (void)state;
  prepare(&w);
  fake_script_add(&w.provider.ready, SHAKO_PROVIDER_NONE);
  start(&w);
  say(&w, "EHLO c.example\r\n");
  say(&w, "MAIL FROM:<a@b.example>\r\nSTARTTLS\r\n");
  assert_int_equal(record_of(&w).tls_asked, 0); /* 503 */
  say(&w, "RSET\r\n");
  say(&w, "STARTTLS\r\n");
  assert_int_equal(record_of(&w).tls_asked, 1); /* 454 */
  assert_null(record_of(&w).tls);
  stop(&w);
}

static void who_is_turned_away_is_not_greeted(void **state) {
  static const shako_access access[] = {
      SHAKO_ACCESS_ACCEPT, SHAKO_ACCESS_REJECT, SHAKO_ACCESS_TCPREFUSE};
  world w;

  (void)state;
  for (size_t i = 0; i < COUNT(access); i++) {
    prepare(&w);
    w.policy.access = access[i];
    start(&w);
    assert_int_equal(record_of(&w).greeted, i == 0);
    assert_int_equal(record_of(&w).match.policy->access, access[i]);
    stop(&w);
  }
  prepare(&w);
  w.refused = SHAKO_EVENT_CONNECT;
  start(&w);
  assert_int_equal(record_of(&w).greeted, 0);
  assert_int_equal(record_of(&w).refusals, 0);
  stop(&w);
}

/* S7: served, and counted. */
static void s07_who_does_not_wait_is_counted(void **state) {
  static const struct {
    const char *text;
    uint32_t count;
  } cases[] = {
      {"EHLO client.example\r\n", 0},
      {"EHLO again.example\r\nRSET\r\n", 1}, /* a second one is served */
      {"NOOP\r\nRSET\r\n", 2},
      {"MAIL FROM:<a@a.example>\r\nRCPT TO:<b@b.example>\r\nRSET\r\n", 2},
      {"VRFY b\r\nEXPN b\r\nHELP\r\n", 4},
      {"VRFY b\r\n", 4},
      {"MAIL FROM:<a@a.example>\r\nRCPT TO:<b@b.example>\r\nDATA\r\n", 4},
      {"\r\n.\r\nRSET\r\n", 4},
      {"AUTH PLAIN\r\nAGEAYg==\r\n", 5},
      {"MAIL FROM:<a@a.example>\r\nRCPT TO:<b@b.example>\r\n", 5},
      {"DATA\r\n\r\n.\r\nRSET\r\n", 6},
      {"HELO client.example\r\nRSET\r\n", 7},
      {"RSET\r\nHELP\r\n", 8}, /* PIPELINING is no longer offered */
  };
  world w;
  size_t i;

  (void)state;
  prepare(&w);
  w.policy.pipelining_early = 1; /* behind DATA, too */
  start(&w);
  for (i = 0; i < COUNT(cases); i++) {
    say(&w, cases[i].text);
    assert_int_equal(record_of(&w).unwaited, cases[i].count);
  }
  stop(&w);
}

static void nothing_changes_behind_the_end(void **state) {
  shako_record before;
  shako_record after;
  size_t len;
  world w;

  (void)state;
  prepare(&w);
  start(&w);
  assert_non_null(shako_session_recv_buf(w.session, &len));
  assert_int_equal(shako_session_lost(w.session), 0);
  settle(&w);
  before = record_of(&w);
  assert_string_equal(before.how, "lost");
  assert_int_equal(shako_session_recv_ack(w.session, len), 0);
  assert_null(shako_session_poll(w.session, w.now + 99));
  after = record_of(&w);
  assert_memory_equal(&before, &after, sizeof(before));
  stop(&w);
}

/* --- refusals ------------------------------------------------------------- */

static void refusals_are_counted_by_reason(void **state) {
  uint32_t wanted[SHAKO__REFUSAL_COUNT + 1] = {[SHAKO_REASON_APPLICATION] = 3};
  shako_record record;
  world w;

  (void)state;
  prepare(&w);
  w.refused = SHAKO_EVENT_MAIL;
  start(&w);
  assert_null(record_of(&w).refused);
  say(&w, "EHLO c.example\r\n");
  say(&w, "FOO\r\nBAR\r\nDATA\r\n"
          "MAIL FROM:<a@b.example>\r\nMAIL FROM:<a@b.example>\r\n"
          "MAIL FROM:<a@b.example>\r\nBDAT 2\r\nxxQUIT\r\n");
  record = record_of(&w);
  assert_int_equal(record.refusals, 7);
  assert_non_null(record.refused);
  wanted[shako__refusal_reason(SHAKO__REFUSAL_UNKNOWN_COMMAND)] = 2;
  wanted[shako__refusal_reason(SHAKO__REFUSAL_BAD_SEQUENCE)] = 1;
  wanted[shako__refusal_reason(SHAKO__REFUSAL_NOT_IMPLEMENTED)] = 1;
  assert_memory_equal(record.refused, wanted, sizeof(wanted));
  stop(&w);
}

static void reasons_have_words_of_their_own(void **state) {
  uint32_t i;

  (void)state;
  assert_string_equal(shako_reason_text(SHAKO_REASON_APPLICATION),
                      "application");
  assert_int_equal(shako_reason_count(), SHAKO__REFUSAL_COUNT + 1);
  for (i = 1; i < shako_reason_count(); i++) {
    const shako_verdict *verdict = shako__refusal_verdict(i - 1);
    uint32_t other;

    assert_string_equal(shako_reason_text(i), verdict->reason);
    assert_int_equal(shako__refusal_reason(shako__refusal_of(verdict)), i);
    for (other = 0; other < i; other++) {
      assert_string_not_equal(shako_reason_text(i), shako_reason_text(other));
    }
  }
  assert_null(shako_reason_text(i));
  assert_null(shako_reason_text(UINT32_MAX));
}

/* The session goes on, and half a count is none. */
static void without_memory_for_them_no_reasons_are_counted(void **state) {
  shako_record record;
  world w;

  (void)state;
  prepare(&w);
  start(&w);
  say(&w, "EHLO c.example\r\n");
  failing = (failing_memory){.armed = true, .at = 3};
  say(&w, "FOO\r\n"); /* input, output, the counts */
  assert_true(failing.calls >= 3);
  failing = (failing_memory){0};
  assert_null(record_of(&w).refused);
  say(&w, "FOO\r\nQUIT\r\n");
  record = record_of(&w);
  assert_string_equal(record.how, "quit");
  assert_int_equal(record.error, 0);
  assert_int_equal(record.refusals, 2);
  assert_null(record.refused);
  stop(&w);
}

/* --- callers and outcomes ------------------------------------------------- */

static void an_older_caller_gets_what_it_knows(void **state) {
  struct {
    shako_record record;
    uint8_t behind[8];
  } mine;
  world w;

  (void)state;
  prepare(&w);
  start(&w);
  memset(&mine, 0xa5, sizeof(mine));
  shako_session_record_sized(w.session, &mine.record,
                             offsetof(shako_record, how));
  assert_int_equal(mine.record.struct_size, offsetof(shako_record, how));
  assert_string_equal(mine.record.listener, "Inbound");
  assert_int_equal(*(const uint8_t *)&mine.record.how, 0xa5);
  shako_session_record_sized(w.session, &mine.record, sizeof(mine));
  assert_int_equal(mine.record.struct_size, sizeof(mine));
  assert_int_equal(mine.behind[7], 0);
  stop(&w);
}

/* Setting, observed, implicit, asked, completed, greeted. */
typedef struct outcome_row {
  int setting, observed, implicit, asked, completed, greeted;
  const char *outcome;
} outcome_row;

static void a_connection_has_one_outcome(void **state) {
  enum { NO, PREFERRED, REQUIRED };
  static const outcome_row rows[] = {
      {NO, 0, 0, 0, 0, 0, "none"},
      {NO, 0, 0, 0, 0, 1, "off"},
      {PREFERRED, 0, 0, 0, 0, 0, "none"},
      {PREFERRED, 0, 0, 0, 0, 1, "clear"},
      {PREFERRED, 0, 0, 1, 0, 1, "preferred-failed"},
      {PREFERRED, 0, 0, 1, 1, 1, "preferred-ok"},
      {PREFERRED, 0, 0, 1, 1, 0, "preferred-ok"},
      {REQUIRED, 0, 0, 0, 0, 0, "none"},
      {REQUIRED, 0, 0, 0, 0, 1, "required-missing"},
      {REQUIRED, 0, 0, 1, 0, 1, "required-failed"},
      {REQUIRED, 0, 0, 1, 1, 1, "required-ok"},
      {REQUIRED, 1, 0, 0, 0, 1, "clear"},
      {REQUIRED, 1, 0, 1, 0, 1, "preferred-failed"},
      {REQUIRED, 1, 0, 1, 1, 1, "preferred-ok"},
      {NO, 0, 1, 1, 0, 0, "required-failed"},
      {NO, 0, 1, 1, 1, 1, "required-ok"},
      {REQUIRED, 1, 1, 1, 1, 1, "required-ok"},
  };

  (void)state;
  for (size_t i = 0; i < COUNT(rows); i++) {
    const shako_record record = {
        .struct_size = sizeof(record),
        .tls_setting = (shako_tls_setting)rows[i].setting,
        .tls_observed = (uint8_t)rows[i].observed,
        .tls_implicit = (uint8_t)rows[i].implicit,
        .tls_asked = (uint8_t)rows[i].asked,
        .tls_completed = (uint8_t)rows[i].completed,
        .greeted = (uint8_t)rows[i].greeted,
        .refusals = 1,
        .octets_received = 1,
    };

    assert_string_equal(shako_tls_outcome_name(shako_record_outcome(&record)),
                        rows[i].outcome);
  }
  assert_string_equal(shako_tls_outcome_name(SHAKO_TLS_OUTCOME_COUNT),
                      "unknown");
}

/* Who only looks whether somebody is there, as health checks do. */
static void who_wants_nothing_has_not_failed(void **state) {
  uint32_t refused[64] = {0};
  shako_record record = {
      .struct_size = sizeof(record),
      .tls_setting = SHAKO_TLS_SETTING_REQUIRED,
      .greeted = 1,
  };

  (void)state;
  assert_in_range(shako_reason_count(), 1, COUNT(refused));
  assert_int_equal(shako_record_outcome(&record), SHAKO_TLS_OUTCOME_NONE);
  record.refused = refused;
  for (uint32_t i = 0; i < shako_reason_count(); i++) {
    bool told = strcmp(shako_reason_text(i), "tls-required") == 0;

    record.refusals = refused[i] = 1;
    assert_int_equal(shako_record_outcome(&record),
                     told ? SHAKO_TLS_OUTCOME_REQUIRED_MISSING
                          : SHAKO_TLS_OUTCOME_NONE);
    refused[i] = 0;
  }
  record.tls_implicit = record.tls_asked = 1;
  record.greeted = 0;
  assert_int_equal(shako_record_outcome(&record), SHAKO_TLS_OUTCOME_NONE);
  record.octets_received = 1;
  assert_int_equal(shako_record_outcome(&record),
                   SHAKO_TLS_OUTCOME_REQUIRED_FAILED);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_conversation_is_counted),
      cmocka_unit_test(what_is_open_is_told_as_far_as_it_is),
      cmocka_unit_test(the_time_of_answers_is_the_connection_s),
      cmocka_unit_test(implicit_tls_is_asked_for_from_the_start),
      cmocka_unit_test(a_handshake_of_others_has_its_time),
      cmocka_unit_test(a_handshake_that_failed_is_measured_too),
      cmocka_unit_test(a_handshake_without_a_certificate_is_measured_too),
      cmocka_unit_test(a_starttls_that_is_refused_is_asked_for),
      cmocka_unit_test(who_is_turned_away_is_not_greeted),
      cmocka_unit_test(s07_who_does_not_wait_is_counted),
      cmocka_unit_test(nothing_changes_behind_the_end),
      cmocka_unit_test(refusals_are_counted_by_reason),
      cmocka_unit_test(reasons_have_words_of_their_own),
      cmocka_unit_test(without_memory_for_them_no_reasons_are_counted),
      cmocka_unit_test(an_older_caller_gets_what_it_knows),
      cmocka_unit_test(a_connection_has_one_outcome),
      cmocka_unit_test(who_wants_nothing_has_not_failed),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
