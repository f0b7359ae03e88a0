#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <shako/shako.h>

/* What a transcript cannot show: memory, loans, answers, time. */

/* An allocator that counts, and can fail. */
typedef struct counter {
  size_t held;
  unsigned calls;
  unsigned fail_at; /* that call fails; 0: none */
} counter;

static void *count_alloc(size_t size, void *user_data) {
  counter *c = user_data;

  c->calls++;
  if (c->calls == c->fail_at) {
    return NULL;
  }
  c->held += size;
  return malloc(size);
}

static void count_release(void *ptr, size_t size, void *user_data) {
  counter *c = user_data;

  assert_true(c->held >= size);
  c->held -= size;
  free(ptr);
}

typedef struct world {
  counter counter;
  shako_mem mem;
  shako_listener *listener;
  shako_session *session;
} world;

static int open_world(world *w, const shako_policy *policy) {
  shako_listener_config config;
  shako_peer peer;
  const char *reason;
  unsigned fail_at = w->counter.fail_at;

  shako_listener_config_default(&config);
  config.hostname = "mx.example";
  config.policy = policy;
  w->mem = (shako_mem){&w->counter, count_alloc, count_release};
  w->counter.fail_at = 0;
  assert_int_equal(shako_listener_new(&w->listener, &config, &w->mem, &reason),
                   0);
  w->counter = (counter){.fail_at = fail_at};
  shako_peer_default(&peer);
  peer.name.ptr = (const uint8_t *)"a-name-of-thirty-two-octets.test";
  peer.name.len = 32;
  return shako_session_new(&w->session, w->listener, &peer, NULL, 1);
}

static void close_world(world *w) {
  shako_session_free(w->session);
  w->session = NULL;
  assert_int_equal(w->counter.held, 0);
  w->counter.held = 10000; /* the listener's own was counted before */
  shako_listener_unref(w->listener);
}

/* Polls and accepts until there is nothing to do, and sends all. */
static const char *settle(world *w) {
  const char *how = NULL;
  unsigned want;
  size_t len;

  while ((want = shako_session_want(w->session)) &
         (SHAKO_WANT_POLL | SHAKO_WANT_SEND)) {
    const shako_event *event;

    if (!(want & SHAKO_WANT_POLL)) {
      shako_session_send_buf(w->session, &len);
      shako_session_send_ack(w->session, len);
      continue;
    }
    event = shako_session_poll(w->session, 1);
    if (event && event->type == SHAKO_EVENT_CLOSED) {
      how = event->u.closed.how;
    } else if (event && event->question) {
      shako_session_accept(w->session, event->question);
    }
  }
  return how;
}

static const char *say(world *w, const char *text) {
  size_t n;

  shako_session_push(w->session, (const uint8_t *)text, strlen(text), &n);
  return settle(w);
}

static void an_idle_session_holds_512_octets_at_most(void **state) {
  world w = {0};

  (void)state;
  assert_int_equal(open_world(&w, NULL), 0);
  settle(&w);
  assert_in_range(w.counter.held, 1, 512);
  say(&w, "EHLO c.example\r\nMAIL FROM:<a@b.example>\r\n");
  assert_in_range(w.counter.held, 1, 512);
  close_world(&w);
}

static void a_burst_allocates_twice_however_long(void **state) {
  world w = {0};
  char burst[8000] = "";

  (void)state;
  assert_int_equal(open_world(&w, NULL), 0);
  settle(&w);
  w.counter.calls = 0;
  for (int i = 0; i < 200; i++) {
    strcat(burst, "NOOP\r\n");
  }
  say(&w, burst);
  assert_int_equal(w.counter.calls, 2);
  close_world(&w);
}

static const char whole[] =
    "EHLO c.example\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\n"
    "DATA\r\nhi\r\n.\r\nFOO\r\nQUIT\r\n";

static void whichever_allocation_fails_the_session_ends_in_order(void **state) {
  unsigned n = 0;
  const char *how;

  (void)state;
  do {
    world w = {.counter = {.fail_at = ++n}};

    if (open_world(&w, NULL) == SHAKO_ERR_NOMEM) {
      how = "no-memory";
    } else {
      how = settle(&w);
      for (const char *at = whole; !how && *at; at = strchr(at, '\n') + 1) {
        char line[64] = "";

        memcpy(line, at, (size_t)(strchr(at, '\n') - at + 1));
        how = say(&w, line);
      }
      assert_non_null(how);
    }
    if (strcmp(how, "quit") != 0) {
      assert_string_equal(how, "no-memory");
    }
    close_world(&w);
  } while (strcmp(how, "quit") != 0);
  assert_true(n > 4);
}

static void answers_are_checked(void **state) {
  world w = {0};
  const shako_event *event;
  shako_question q;
  char longest[SHAKO_REPLY_TEXT_MAX + 2];

  (void)state;
  memset(longest, 'x', sizeof(longest) - 1);
  longest[sizeof(longest) - 1] = '\0';
  assert_int_equal(open_world(&w, NULL), 0);
  settle(&w);
  {
    size_t n;

    shako_session_push(w.session, (const uint8_t *)"EHLO c.example\r\n", 16,
                       &n);
  }
  event = shako_session_poll(w.session, 1);
  q = event->question;
  assert_int_equal(shako_session_answer(w.session, q + 1, 550, NULL, "no"),
                   SHAKO_ERR_STALE_QUESTION);
  assert_int_equal(shako_session_answer(w.session, q, 220, NULL, "no"),
                   SHAKO_ERR_INVALID_ARGUMENT);
  assert_int_equal(shako_session_answer(w.session, q, 550, "4.1.1", "no"),
                   SHAKO_ERR_INVALID_ARGUMENT);
  assert_int_equal(shako_session_answer(w.session, q, 550, NULL, "a\r\n250 b"),
                   SHAKO_ERR_INVALID_ARGUMENT);
  assert_int_equal(shako_session_answer(w.session, q, 550, NULL, longest),
                   SHAKO_ERR_INVALID_ARGUMENT);
  assert_int_equal(shako_session_answer(w.session, q, 550, "5.7.1", "a\nb"), 0);
  assert_int_equal(shako_session_accept(w.session, q),
                   SHAKO_ERR_STALE_QUESTION);
  close_world(&w);
}

static void the_clock_stands_still_while_a_question_is_open(void **state) {
  world w = {0};
  shako_policy policy;
  const shako_event *event;

  (void)state;
  shako_policy_default(&policy);
  policy.idle_timeout = 1000;
  policy.answer_timeout = 5000;
  assert_int_equal(open_world(&w, &policy), 0);
  event = shako_session_poll(w.session, 1);
  assert_int_equal(event->type, SHAKO_EVENT_CONNECT);
  assert_int_equal(shako_session_expiry(w.session), 5001);
  assert_null(shako_session_poll(w.session, 4000));
  shako_session_accept(w.session, event->question);
  assert_null(shako_session_poll(w.session, 4000));
  assert_int_equal(shako_session_expiry(w.session), 5000);
  close_world(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_idle_session_holds_512_octets_at_most),
      cmocka_unit_test(a_burst_allocates_twice_however_long),
      cmocka_unit_test(whichever_allocation_fails_the_session_ends_in_order),
      cmocka_unit_test(answers_are_checked),
      cmocka_unit_test(the_clock_stands_still_while_a_question_is_open),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
