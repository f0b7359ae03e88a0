/* Workers shake hands while all certificates are replaced under them, again and
   again, by ones just made: with the real engines.  Built with ThreadSanitizer
   where there is one. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include <psa/crypto.h>

#include <shako/mbedtls.h>
#include <shako/shako.h>
#if WITH_OPENSSL
#  include <shako/openssl.h>
#endif

#include "engine_client.h"

#define RELOADS    1000
#define HANDSHAKES 200
#define WORKERS    2
#define NOW        1000
#define DATE       1780000000

static char message[512];

/* What all threads share. */
typedef struct world {
  shako_certificate_slot *slot;
  shako_listener *listener;
  atomic_bool over;
  atomic_uint served;
} world;

typedef int (*maker)(shako_certificate **pcertificate, const char *hostname,
                     int64_t unix_time, const shako_mem *mem, char *message);

/* A table with one certificate, whose key is new. */
static shako_certificate_table *make_table(maker make) {
  shako_certificate_table *table = NULL;
  shako_certificate *certificate = NULL;

  if (make(&certificate, "mx.example.org", DATE, NULL, message) != 0 ||
      shako_certificate_table_new(&table, NULL) != 0 ||
      shako_certificate_table_add(table, NULL, certificate) != 0) {
    fail_msg("%s", message);
  }
  shako_certificate_unref(certificate);
  return table;
}

/* --- a peer --------------------------------------------------------------- */

/* Lets |session| do all it can; what it sends goes to |to|. */
static void pump(shako_session *session, octets *to) {
  unsigned want;

  while ((want = shako_session_want(session)) &
         (SHAKO_WANT_POLL | SHAKO_WANT_SEND)) {
    if (want & SHAKO_WANT_POLL) {
      const shako_event *event = shako_session_poll(session, NOW);

      if (event && event->question != 0) {
        shako_session_accept(session, event->question);
      }
    } else {
      size_t len;
      const uint8_t *at = shako_session_send_buf(session, &len);

      octets_add(to, at, len);
      shako_session_send_ack(session, len);
    }
  }
}

/* Lets both take turns until the client has nothing to say. */
static void talk(shako_session *session, engine_client *client) {
  engine_client_step(client);
  while (client->out.len > 0) {
    size_t n = 0;

    shako_session_push(session, client->out.ptr, client->out.len, &n);
    octets_drop(&client->out, n);
    pump(session, &client->in);
    engine_client_step(client);
    if (n == 0) {
      return;
    }
  }
}

/* Whether a peer can shake hands and is served behind it. */
static bool serve(const world *w, bool only_1_2) {
  static const char hello[] = "EHLO c.example\r\n";
  engine_client client;
  shako_session *session;
  shako_peer peer;
  bool right;

  shako_peer_default(&peer);
  if (shako_session_new(&session, w->listener, &peer, NULL, NOW) != 0) {
    return false;
  }
  engine_client_open(&client, only_1_2);
  pump(session, &client.in);
  talk(session, &client);
  engine_client_write(&client, (const uint8_t *)hello, strlen(hello));
  talk(session, &client);
  right = client.open && shako_session_tls(session) &&
          shako_session_tls(session)->version == (only_1_2 ? 0x0303 : 0x0304) &&
          strstr(octets_text(&client.text), "250 ") != NULL;
  engine_client_close(&client);
  shako_session_free(session);
  return right;
}

static void *work(void *context) {
  world *w = context;
  bool right = true;
  unsigned i;

  for (i = 0; right && !atomic_load(&w->over); i++) {
    right = serve(w, i % 2 == 0);
    atomic_fetch_add(&w->served, right);
  }
  return right ? w : NULL;
}

/* --- the reloads ---------------------------------------------------------- */

static void open_world(world *w, const shako_tls_engine *engine,
                       const void *context, maker make) {
  shako_certificate_table *table = make_table(make);
  shako_certificate_provider provider;
  shako_listener_config config;
  const char *reason;

  memset(w, 0, sizeof(*w));
  assert_int_equal(shako_certificate_slot_new(&w->slot, table, NULL), 0);
  shako_certificate_table_unref(table);
  shako_certificate_provider_table(&provider, w->slot);
  shako_listener_config_default(&config);
  config.hostname = "mx.example.org";
  config.engine = engine;
  config.context = context;
  config.certificates = &provider;
  config.implicit_tls = 1;
  if (shako_listener_new(&w->listener, &config, NULL, &reason) != 0) {
    fail_msg("%s", reason);
  }
}

static void reload(world *w, maker make) {
  unsigned i;

  for (i = 0; i < RELOADS ||
              (atomic_load(&w->served) < HANDSHAKES && i < 100 * RELOADS);
       i++) {
    shako_certificate_table *table = make_table(make);

    shako_certificate_slot_set(w->slot, table);
    shako_certificate_table_unref(table);
  }
}

static void run(const shako_tls_engine *engine, const void *context,
                maker make) {
  pthread_t workers[WORKERS];
  unsigned failed = 0;
  unsigned i;
  world w;

  open_world(&w, engine, context, make);
  for (i = 0; i < WORKERS; i++) {
    assert_int_equal(pthread_create(&workers[i], NULL, work, &w), 0);
  }
  reload(&w, make);
  atomic_store(&w.over, true);
  for (i = 0; i < WORKERS; i++) {
    void *right;

    assert_int_equal(pthread_join(workers[i], &right), 0);
    failed += right == NULL;
  }
  assert_int_equal(failed, 0);
  assert_true(atomic_load(&w.served) >= HANDSHAKES);
  shako_listener_unref(w.listener);
  shako_certificate_slot_free(w.slot);
}

static void no_handshake_fails_over_mbedtls(void **state) {
  shako_mbedtls_context *context;

  (void)state;
  assert_int_equal(shako_mbedtls_context_new(&context, NULL, message), 0);
  run(shako_mbedtls_engine(), context, shako_mbedtls_certificate_demonstration);
  shako_mbedtls_context_free(context);
}

#if WITH_OPENSSL
static void no_handshake_fails_over_openssl(void **state) {
  shako_openssl_context *context;

  (void)state;
  assert_int_equal(shako_openssl_context_new(&context, NULL, message), 0);
  run(shako_openssl_engine(), context, shako_openssl_certificate_demonstration);
  shako_openssl_context_free(context);
}
#endif

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(no_handshake_fails_over_mbedtls),
#if WITH_OPENSSL
    cmocka_unit_test(no_handshake_fails_over_openssl),
#endif
  };

  if (psa_crypto_init() != PSA_SUCCESS) { /* for the clients */
    return 1;
  }
  return cmocka_run_group_tests_name("certificate_reload", tests, NULL, NULL);
}
