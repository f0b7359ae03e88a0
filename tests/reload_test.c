/* Workers serve peers while the listener and its table are replaced under
   them, again and again.  Built with ThreadSanitizer where there is one. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include <shako/shako.h>

#define RELOADS 1000
#define WORKERS 2

/* What all threads share. */
typedef struct world {
  pthread_mutex_t lock; /* of |current| alone */
  shako_listener *current;
  shako_counters *counters;
  atomic_bool over;
  atomic_uint served;
} world;

/* The |i|-th table says so in its greeting, and so does its listener. */
static shako_listener *make_listener(world *w, unsigned i) {
  char text[128];
  shako_listener_config config;
  shako_listener *listener = NULL;
  shako_hat *hat = NULL;
  shako_span span = {(const uint8_t *)text, 0};
  char hostname[32];
  const char *reason;
  shako_place place;

  snprintf(hostname, sizeof(hostname), "mx%u.example", i);
  span.len = (size_t)snprintf(
      text, sizeof(text),
      "$P ACCEPT { banner_text = \"table %u\" max_concurrency = 1000 }\n"
      "G%u: 192.0.2.0/24 $P\nALL REJECT\n",
      i, i);
  if (shako_hat_read(&hat, span, NULL, NULL, &place) != 0) {
    return NULL;
  }
  shako_listener_config_default(&config);
  config.hostname = hostname;
  config.hat = hat;
  config.counters = w->counters;
  shako_listener_new(&listener, &config, NULL, &reason);
  shako_hat_unref(hat);
  return listener;
}

static shako_listener *take(world *w) {
  shako_listener *listener;

  pthread_mutex_lock(&w->lock);
  listener = shako_listener_ref(w->current);
  pthread_mutex_unlock(&w->lock);
  return listener;
}

static void put(world *w, shako_listener *listener) {
  shako_listener *old;

  pthread_mutex_lock(&w->lock);
  old = w->current;
  w->current = listener;
  pthread_mutex_unlock(&w->lock);
  shako_listener_unref(old);
}

/* Lets |session| do all it can; its replies go to |out|. */
static void pump(shako_session *session, char *out, size_t size) {
  size_t used = 0;
  unsigned want;

  while ((want = shako_session_want(session)) &
         (SHAKO_WANT_POLL | SHAKO_WANT_SEND)) {
    size_t len;
    const uint8_t *at;

    if (want & SHAKO_WANT_POLL) {
      const shako_event *event = shako_session_poll(session, 1);

      if (event != NULL && event->question != 0) {
        shako_session_accept(session, event->question);
      }
      continue;
    }
    at = shako_session_send_buf(session, &len);
    if (used + len < size) {
      memcpy(out + used, at, len);
      used += len;
    }
    shako_session_send_ack(session, len);
  }
  out[used] = '\0';
}

/* Says |text|; what comes back must be |reply|. */
static bool says(shako_session *session, const char *text, const char *reply) {
  char out[512];
  size_t n;

  shako_session_push(session, (const uint8_t *)text, strlen(text), &n);
  pump(session, out, sizeof(out));
  return strcmp(out, reply) == 0;
}

/* A session that begins with one table ends with it. */
static bool serve(shako_listener *listener) {
  static const uint8_t address[16] = {[10] = 0xff, 0xff, 192, 0, 2, 7};
  shako_session *session;
  shako_peer peer;
  char out[512];
  char want[512];
  unsigned i;
  bool right;

  shako_peer_default(&peer);
  memcpy(peer.address.bytes, address, sizeof(address));
  peer.address.known = 1;
  if (shako_session_new(&session, listener, &peer, NULL, 1) != 0) {
    return false;
  }
  shako_listener_unref(listener); /* the session has its own */
  pump(session, out, sizeof(out));
  right = sscanf(out, "220 mx%u.example", &i) == 1;
  snprintf(want, sizeof(want), "220 mx%u.example table %u\r\n", i, i);
  right = right && strcmp(out, want) == 0;
  snprintf(want, sizeof(want), "250 mx%u.example\r\n", i);
  right = right && says(session, "HELO c.example\r\n", want);
  right =
      right && says(session, "MAIL FROM:<a@b.example>\r\n", "250 2.1.0 Ok\r\n");
  right = right && says(session, "QUIT\r\n", "221 2.0.0 Bye\r\n");
  shako_session_free(session);
  return right;
}

static void *work(void *context) {
  world *w = context;
  bool right = true;

  while (right && !atomic_load(&w->over)) {
    right = serve(take(w));
    atomic_fetch_add(&w->served, right);
  }
  return right ? w : NULL;
}

static void sessions_keep_the_table_they_began_with(void **state) {
  pthread_t workers[WORKERS];
  world w = {.lock = PTHREAD_MUTEX_INITIALIZER};
  unsigned i;

  (void)state;
  assert_int_equal(shako_counters_new(&w.counters, NULL, NULL), 0);
  w.current = make_listener(&w, 0);
  assert_non_null(w.current);
  for (i = 0; i < WORKERS; i++) {
    assert_int_equal(pthread_create(&workers[i], NULL, work, &w), 0);
  }
  for (i = 1; i <= RELOADS || atomic_load(&w.served) < RELOADS; i++) {
    shako_listener *listener = make_listener(&w, i);

    assert_non_null(listener);
    put(&w, listener);
  }
  atomic_store(&w.over, true);
  for (i = 0; i < WORKERS; i++) {
    void *right;

    assert_int_equal(pthread_join(workers[i], &right), 0);
    assert_non_null(right);
  }
  shako_listener_unref(w.current);
  shako_counters_unref(w.counters);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(sessions_keep_the_table_they_began_with),
  };

  return cmocka_run_group_tests_name("reload", tests, NULL, NULL);
}
