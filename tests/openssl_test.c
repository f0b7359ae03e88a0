/* The engine over OpenSSL, against a client of mbed TLS in memory.  The first
   argument is the folder of the certificates. */
#define _POSIX_C_SOURCE 200809L

#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <shako/openssl.h>

#include "openssl/internal.h"
#include "support/engine_bench.h"

static int context_new(void **pcontext, const shako_mem *mem, char *message) {
  shako_openssl_context *context = NULL;
  int error = shako_openssl_context_new(&context, mem, message);

  *pcontext = context;

  return error;
}

static void context_free(void *context) {
  shako_openssl_context_free(context);
}

/* --- the error queue --------------------------------------------------- */

/* What the application left there is not taken for OpenSSL's answer, and
   nothing of ours is found there. */

#define STALE ERR_PACK(ERR_LIB_USER, 0, 1)

static void disturb(void) {
  ERR_clear_error();
  ERR_raise(ERR_LIB_USER, 1);
}

static shako_tls_status check(shako_tls_status status) {
  unsigned long error;

  while ((error = ERR_get_error()) != 0) {
    assert_int_equal(error, STALE);
  }

  return status;
}

static shako_tls_status conn_init(void *conn, const void *context,
                                  const shako_tls_conn_config *config) {
  disturb();

  return check(shako_openssl_engine()->conn_init(conn, context, config));
}

static shako_tls_status set_certificate(void *conn,
                                        const shako_certificate *certificate) {
  disturb();

  return check(shako_openssl_engine()->set_certificate(conn, certificate));
}

static shako_tls_status handshake(void *conn) {
  disturb();

  return check(shako_openssl_engine()->handshake(conn));
}

static shako_tls_status conn_read(void *conn, uint8_t *buf, size_t len,
                                  size_t *n) {
  disturb();

  return check(shako_openssl_engine()->read(conn, buf, len, n));
}

static shako_tls_status conn_write(void *conn, const uint8_t *buf, size_t len,
                                   size_t *n) {
  disturb();

  return check(shako_openssl_engine()->write(conn, buf, len, n));
}

static shako_tls_status conn_close(void *conn) {
  disturb();

  return check(shako_openssl_engine()->close(conn));
}

static void conn_alert(void *conn, int description) {
  disturb();
  shako_openssl_engine()->alert(conn, description);
  (void)check(OK);
}

static shako_tls_status channel_binding(void *conn, uint8_t *binding) {
  disturb();

  return check(shako_openssl_engine()->channel_binding(conn, binding));
}

static shako_tls_engine watched;

static const shako_tls_engine *engine(void) {
  return &watched;
}

static void watch(void) {
  watched = *shako_openssl_engine();
  watched.conn_init = conn_init;
  watched.set_certificate = set_certificate;
  watched.handshake = handshake;
  watched.read = conn_read;
  watched.write = conn_write;
  watched.close = conn_close;
  watched.alert = conn_alert;
  watched.channel_binding = channel_binding;
}

/* --- the system's configuration ----------------------------------------- */

/* A configuration in which nothing works, or all that is old does. */
static const char configuration[] =
    "openssl_conf = all\n"
    "[all]\n"
    "providers = providers\n"
    "alg_section = algorithms\n"
    "ssl_conf = ssl\n"
    "[providers]\n"
    "null = null\n"
    "[null]\n"
    "activate = 1\n"
    "[algorithms]\n"
    "default_properties = fips=yes\n"
    "[ssl]\n"
    "system_default = tls\n"
    "[tls]\n"
    "MinProtocol = TLSv1\n"
    "MaxProtocol = TLSv1.2\n"
    "CipherString = ALL:NULL@SECLEVEL=5\n"
    "Ciphersuites = TLS_AES_128_CCM_SHA256\n"
    "Groups = P-521\n"
    "SignatureAlgorithms = RSA+SHA1\n"
    "VerifyMode = Require\n"
    "NumTickets = 5\n"
    "RecordPadding = 4096\n"
    "Options = SessionTicket,UnsafeLegacyRenegotiation,Compression,"
    "ClientRenegotiation,IgnoreUnexpectedEOF,-ServerPreference\n";

/* All tests run under it. */
static void configure(void) {
  char path[] = "/tmp/openssl_test.XXXXXX";
  int fd = mkstemp(path);

  assert_true(fd >= 0);
  assert_int_equal(write(fd, configuration, sizeof(configuration) - 1),
                   sizeof(configuration) - 1);
  assert_int_equal(close(fd), 0);
  assert_int_equal(setenv("OPENSSL_CONF", path, 1), 0);
  assert_int_equal(OPENSSL_init_ssl(0, NULL), 1);
  assert_int_equal(unlink(path), 0);
}

/* Else the other tests would show nothing. */
static void it_is_in_force(void **state) {
  SSL_CTX *settings;
  OSSL_LIB_CTX *library = OSSL_LIB_CTX_new();

  (void)state;
  assert_null(SSL_CTX_new(TLS_server_method())); /* no algorithms */
  settings = SSL_CTX_new_ex(library, NULL, TLS_server_method());
  assert_non_null(settings);
  assert_int_equal(SSL_CTX_get_max_proto_version(settings), TLS1_2_VERSION);
  assert_int_equal(SSL_CTX_get_num_tickets(settings), 5);
  SSL_CTX_free(settings);
  OSSL_LIB_CTX_free(library);
  ERR_clear_error();
}

/* What no client can see of |settings|, which have |count| suites. */
static void assert_ours(SSL_CTX *settings, int count) {
  assert_int_equal(SSL_CTX_get_options(settings),
                   SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                       SSL_OP_NO_TICKET | SSL_OP_CIPHER_SERVER_PREFERENCE |
                       SSL_OP_ENABLE_MIDDLEBOX_COMPAT);
  assert_int_equal(SSL_CTX_get_mode(settings),
                   SSL_MODE_AUTO_RETRY | SSL_MODE_ENABLE_PARTIAL_WRITE |
                       SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN);
  assert_int_equal(SSL_CTX_get_session_cache_mode(settings),
                   SSL_SESS_CACHE_OFF);
  assert_int_equal(SSL_CTX_get_read_ahead(settings), 0);
  assert_int_equal(SSL_CTX_get_max_early_data(settings), 0);
  assert_int_equal(sk_SSL_CIPHER_num(SSL_CTX_get_ciphers(settings)), count);
}

static void the_settings_are_ours(void **state) {
  const shako_openssl_context *context = bench.context;

  (void)state;
  assert_ours(context->settings[SHAKO_TLS_CIPHERS_MODERN], 9);
  assert_ours(context->settings[SHAKO_TLS_CIPHERS_INTERMEDIATE], 9);
  assert_ours(context->settings[SHAKO_TLS_CIPHERS_LEGACY], 23);
}

/* --- alerts --------------------------------------------------------------- */

/* With keys OpenSSL has no function for one of our choice, and before the end
   of the handshake none for close_notify: no clear text goes out instead. */
static void no_alert_is_sent_in_the_handshake(void **state) {
  size_t i;

  (void)state;
  for (i = 0; i < 2; i++) {
    const pair_options options = {.client_max = versions[i]};
    tls_pair pair;

    open_pair(&pair, &options);
    assert_int_equal(mbedtls_ssl_handshake(&pair.client),
                     MBEDTLS_ERR_SSL_WANT_READ);
    assert_int_equal(pair_engine_handshake(&pair), WANT_RECV);
    octets_clear(&pair.to_client);
    pair.engine->alert(pair.conn, MBEDTLS_SSL_ALERT_MSG_USER_CANCELED);
    assert_int_equal(pair.to_client.len, 0);
    assert_int_equal(pair_info(&pair).alert, -1);
    assert_int_equal(pair_engine_handshake(&pair), FAILED);
    pair_close(&pair);
  }
}

/* --- threads ------------------------------------------------------------ */

enum { THREADS = 4, ROUNDS = 20 };

/* Stores at |arg| how many handshakes worked. */
static void *shake_hands(void *arg) {
  static const int rsa[] = {MBEDTLS_TLS1_3_AES_128_GCM_SHA256,
                            MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, 0};
  int *count = arg;
  int i;

  for (i = 0; i < ROUNDS; i++) {
    const pair_options options = {.client_max = versions[i % 2],
                                  .suites = i % 4 < 2 ? rsa : NULL};
    tls_pair pair;

    open_pair(&pair, &options);
    *count += pair_handshake(&pair, NULL) == OK;
    pair_close(&pair);
  }

  return NULL;
}

/* Context and certificates are shared. */
static void threads_may_share_all(void **state) {
  pthread_t threads[THREADS];
  int counts[THREADS] = {0};
  size_t i;

  (void)state;
  for (i = 0; i < THREADS; i++) {
    assert_int_equal(pthread_create(&threads[i], NULL, shake_hands, &counts[i]),
                     0);
  }
  for (i = 0; i < THREADS; i++) {
    assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(counts[i], ROUNDS);
  }
}

/* ------------------------------------------------------------------------ */

static const engine_kit kit = {
    .engine = engine,
    .context_new = context_new,
    .context_free = context_free,
    .certificate_read = shako_openssl_certificate_read,
    .certificate_parse = shako_openssl_certificate_parse,
    .authorities_parse = shako_openssl_authorities_parse,
    .demonstration = shako_openssl_certificate_demonstration,
    .unknown_ca = 0x0a000418,
    .warning = MBEDTLS_SSL_ALERT_MSG_USER_CANCELED,
    .forged = -1,
    .clear_text = -1,
    .renegotiation = MBEDTLS_SSL_ALERT_MSG_CLOSE_NOTIFY,
    .user_canceled = MBEDTLS_SSL_ALERT_MSG_CLOSE_NOTIFY,
    .binds_1_2 = true,
    .speaks_as_client = true,
};

int main(int argc, char **argv) {
  const char *folder = argc > 1 ? argv[1] : "tests/certificates";
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(it_is_in_force),
      cmocka_unit_test(the_settings_are_ours),
      cmocka_unit_test(no_alert_is_sent_in_the_handshake),
      cmocka_unit_test(threads_may_share_all),
  };

  configure();
  watch();

  return engine_cases_run(&kit, folder) + certificate_cases_run(&kit, folder) +
         cmocka_run_group_tests(tests, bench_setup, bench_teardown);
}
