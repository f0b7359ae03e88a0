/* A session with a message behind STARTTLS where an allocation fails,
   whichever it is: of the session's own memory, or of the TLS library's. */
#include "client_files.h"
#include "engine_bench.h"
#include "failing_memory.h"
#include "session_pair.h"

#include <psa/crypto.h>

#include <mbedtls/version.h>

/* --- memory of the listener ---------------------------------------------- */

static size_t held; /* octets */

static void *take(size_t size, void *user_data) {
  void *ptr;

  (void)user_data;
  if (failing_now_ours()) {
    return NULL;
  }
  ptr = must_alloc(size);
  held += size;
  return ptr;
}

static void give(void *ptr, size_t size, void *user_data) {
  (void)user_data;
  held -= size;
  free(ptr);
}

/* --- the world ----------------------------------------------------------- */

/* What the sessions of a test share. */
typedef struct world {
  shako_listener *listener;
  shako_certificate *certificate;
  bool is_rsa;
  bool only_1_2;
  client_own
      *own; /* what the clients show; NULL: nothing, nor are they asked */
  shako_authorities *authorities;
  session_pair other; /* opened before anything failed */
} world;

static world w;

static void open_listener(void) {
  const shako_mem mem = {NULL, take, give};
  shako_certificate_provider provider;
  shako_listener_config config;
  shako_policy policy;
  const char *reason = NULL;

  shako_policy_default(&policy);
  policy.tls = SHAKO_TLS_SETTING_REQUIRED;
  policy.max_messages = 0;
  policy.tls_request_certificate = w.own != NULL;
  shako_certificate_provider_single(&provider, w.certificate);
  shako_listener_config_default(&config);
  config.hostname = "mail.example.org";
  config.policy = &policy;
  config.engine = bench.kit->engine();
  config.context = bench.context;
  config.certificates = &provider;
  config.authorities = w.authorities;
  assert_int_equal(shako_listener_new(&w.listener, &config, &mem, &reason), 0);
}

/* A want of memory is ours.  Where it keeps an engine from its certificate, or
   from all that could be signed, there is none; what else a TLS library may
   make of it, its kit says. */
static void assert_reason(const session_pair *pair) {
  bool failed = pair->failure == SHAKO_TLS_FAILURE_INTERNAL ||
                pair->failure == SHAKO_TLS_FAILURE_NO_CERTIFICATE ||
                pair->failure == SHAKO_TLS_FAILURE_NO_SHARED_CIPHER;

  if (bench.kit->blames_client) {
    failed = failed || pair->failure == SHAKO_TLS_FAILURE_PROTOCOL ||
             pair->failure == SHAKO_TLS_FAILURE_PEER_ALERT;
  }
  assert_true(failed || pair->failure == SHAKO_TLS_FAILURE_NONE);
  if (pair->error == SHAKO_ERR_NOMEM) {
    assert_string_equal(pair->how, "no-memory");
  } else if (pair->error == SHAKO_ERR_TLS) {
    assert_string_equal(pair->how, "tls-error");
    assert_true(failed);
  } else {
    assert_int_equal(pair->error, 0);
    assert_string_equal(pair->how, failed ? "tls-failed" : "quit");
  }
}

/* Where there is no memory for close_notify there is an alert instead (mbed TLS
   4), or nothing. */
static bool is_farewell(int result) {
  return result == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY ||
         result == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE || result == 0;
}

/* Who came to say QUIT has sent the message, or was told that there is no
   TLS. */
static void assert_served(const session_pair *pair, bool taken) {
  if (strcmp(pair->how, "quit") != 0) {
    return;
  }
  assert_int_equal(taken, pair->secure);
  if (!pair->secure) {
    assert_non_null(strstr(octets_text(&pair->clear), "\r\n454 4.7.0 "));
  } else {
    assert_true(is_farewell(pair->client.result));
  }
}

/* Has the client show what the clients of the test show. */
static void show_own(session_pair *pair) {
  if (w.own != NULL) {
    assert_int_equal(mbedtls_ssl_conf_own_cert(&pair->client.config,
                                               &w.own->chain, &w.own->key),
                     0);
  }
}

/* Plays a session with a message; |refused|: memory may run out. */
static void play(bool refused) {
  session_pair pair;
  int error = session_pair_open(&pair, w.listener, w.only_1_2);
  bool taken;

  if (error != 0) {
    assert_true(refused);
    assert_int_equal(error, SHAKO_ERR_NOMEM);
    assert_null(pair.session);
    return;
  }
  show_own(&pair);
  session_pair_secure(&pair);
  assert_false(pair.verified);
  taken = session_pair_deliver(&pair);
  session_pair_end(&pair);
  assert_true(!taken || pair.messages == 1);
  assert_reason(&pair);
  assert_served(&pair, taken);
  if (!refused) {
    assert_true(taken);
    assert_int_equal(pair.client.result, MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY);
  }
  session_pair_close(&pair);
}

/* mbed TLS 3.6 does not survive a lack of memory while it gets new entropy,
   which is at each 10,000th random number: it gets some now. */
static void get_entropy(void) {
#if MBEDTLS_VERSION_NUMBER >= 0x03060600 && MBEDTLS_VERSION_NUMBER < 0x04000000
  assert_int_equal(psa_random_reseed(NULL, 0), PSA_SUCCESS);
#endif
}

/* Plays one.  All memory comes back; the session beside it does not notice, and
   neither does the next one.
   mbed TLS 3.6 loses the one half of what TLS 1.3 encrypts with where it has
   no memory for the other (mbedtls_ssl_tls13_populate_transform()). */
static void play_and_look(bool refused) {
  const failing_memory before = failing;
  size_t was_held = held;
  uint32_t references = w.certificate->references;
  size_t calls;
  /* The two values that blind an RSA key come and go with a handshake. */
  const size_t blinding = w.is_rsa ? 2 : 0;

  get_entropy();
  play(refused);
  assert_int_equal(held, was_held);
  assert_in_range(failing.live + blinding, before.live,
                  before.live + 2 * blinding + !w.only_1_2);
  assert_int_equal(w.certificate->references, references);

  calls = failing.calls;
  failing.at = 0;
  assert_true(session_pair_deliver(&w.other));
  play(false);
  failing.at = before.at;
  failing.calls = calls;
}

/* Plays sessions of TLS 1.2 or 1.3, in which one allocation fails, and then
   all behind it too: of the listener's, then of all. */
static void play_all(void) {
  bool only_1_2 = w.only_1_2;

  open_listener();
  play(false); /* makes what is made once for the process */
  assert_int_equal(session_pair_open(&w.other, w.listener, only_1_2), 0);
  show_own(&w.other);
  session_pair_secure(&w.other);
  for (int i = 0; i < 4; i++) {
    size_t n;

    failing.onwards = i % 2 == 1;
    failing.ours = i < 2;
    n = failing_for_each(play_and_look, failing.ours ? 1 : bench.step);
    assert_in_range(n, failing.ours ? 10 : 200, 100000);
  }
  session_pair_end(&w.other);
  assert_string_equal(w.other.how, "quit");
  session_pair_close(&w.other);
  shako_listener_unref(w.listener);
  assert_int_equal(held, 0);
}

static void play_without(bool is_rsa, bool only_1_2) {
  w = (world){.certificate = bench.both[is_rsa ? 0 : 1],
              .is_rsa = is_rsa,
              .only_1_2 = only_1_2};
  play_all();
}

static void a_session_of_tls_1_2_ends_in_order(void **state) {
  (void)state;
  play_without(false, true);
  play_without(true, true);
}

static void a_session_of_tls_1_3_ends_in_order(void **state) {
  (void)state;
  play_without(false, false);
  play_without(true, false);
}

/* Whatever there is no memory for, it is not that a certificate was revoked. */
static void a_revoked_client_is_never_verified(void **state) {
  client_own own;

  (void)state;
  client_own_read(&own, "revoked");
  for (int i = 0; i < 2; i++) {
    w = (world){.certificate = bench.both[1], .only_1_2 = i == 0, .own = &own};
    w.authorities = client_authorities("authority.pem", "authority.crl");
    play_all();
    shako_authorities_unref(w.authorities);
  }
  client_own_free(&own);
}

/* They are all there, with all that is revoked, or not at all. */
static void parse_authorities(bool refused) {
  const shako_mem mem = {NULL, take, give};
  char paths[2][CLIENT_PATH_SIZE];
  char message[ENGINE_MESSAGE_SIZE];
  const shako_authorities_source source = {
      .struct_size = sizeof(source),
      .path = client_path(paths[0], "both-authorities.pem"),
      .crl_path = client_path(paths[1], "authority.crl")};
  shako_authorities *parsed = NULL;
  size_t live = failing.live;
  int error;

  failing.armed = true;
  error = bench.kit->authorities_parse(&parsed, &source, &mem, message);
  failing.armed = false;
  assert_true((error == 0) == (parsed != NULL));
  if (error == 0) {
    assert_int_equal(client_meet("revoked", parsed, versions[1]).faults,
                     SHAKO_CLIENT_FAULT_REVOKED);
  } else {
    assert_true(refused && (error == SHAKO_ERR_NOMEM ||
                            (error == SHAKO_ERR_CERTIFICATE && !failing.ours)));
  }
  shako_authorities_unref(parsed);
  assert_int_equal(failing.live, live);
  assert_int_equal(held, 0);
}

static void authorities_are_read_whole_or_not_at_all(void **state) {
  (void)state;
  parse_authorities(false); /* makes what is made once for the process */
  for (int i = 0; i < 4; i++) {
    failing.onwards = i % 2 == 1;
    failing.ours = i < 2;
    failing_for_each(parse_authorities, failing.ours ? 1 : bench.step);
  }
}

int session_memory_run(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_session_of_tls_1_2_ends_in_order),
      cmocka_unit_test(a_session_of_tls_1_3_ends_in_order),
      cmocka_unit_test(a_revoked_client_is_never_verified),
      cmocka_unit_test(authorities_are_read_whole_or_not_at_all),
  };

  return cmocka_run_group_tests_name("session_memory", tests, bench_setup,
                                     bench_teardown);
}
