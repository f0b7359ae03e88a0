/* The engine over OpenSSL where an allocation of OpenSSL's fails, whichever it
   is.  The first argument is the folder of the certificates, the second how
   many allocations are left out from one that fails to the next. */
#include <stdlib.h>

#include <openssl/crypto.h>
#include <openssl/err.h>

#include <shako/openssl.h>

#include "support/engine_bench.h"
#include "support/failing_memory.h"

/* --- OpenSSL's memory --------------------------------------------------- */

static void *take(size_t size, const char *file, int line) {
  (void)file;
  (void)line;

  return failing_now() ? NULL : malloc(size);
}

static void *retake(void *ptr, size_t size, const char *file, int line) {
  (void)file;
  (void)line;

  return failing_now() ? NULL : realloc(ptr, size);
}

static void give(void *ptr, const char *file, int line) {
  (void)file;
  (void)line;
  free(ptr);
}

static size_t for_each(void (*what)(bool refused)) {
  return failing_for_each(what, bench.step);
}

/* OpenSSL does not always say that it was for want of memory. */
static void assert_refused(int error, int otherwise) {
  assert_true(error == SHAKO_ERR_NOMEM || error == otherwise);
}

/* --- contexts and certificates ------------------------------------------- */

static void make_context(bool refused) {
  char message[ENGINE_MESSAGE_SIZE];
  shako_openssl_context *context = NULL;
  int error;

  failing.armed = refused;
  error = shako_openssl_context_new(&context, NULL, message);
  failing.armed = false;
  assert_int_equal(ERR_peek_error(), 0);
  if (error != 0) {
    assert_true(refused);
    assert_refused(error, SHAKO_ERR_TLS);
    assert_null(context);
  }
  shako_openssl_context_free(context);
}

static void a_context_is_made_or_not(void **state) {
  (void)state;
  (void)for_each(make_context);
}

static void read_certificate(bool refused) {
  static const char *const names[] = {"rsa2048", "chain", "ecdsa"};
  char message[ENGINE_MESSAGE_SIZE];
  size_t i;

  for (i = 0; i < 3; i++) {
    shako_certificate *certificate = NULL;
    octets pem = {0};
    octets key = {0};
    int error;

    octets_print(&pem, "%s/%s.pem", bench.folder, names[i]);
    octets_print(&key, "%s/%s.key", bench.folder, names[i == 0 ? 0 : 2]);
    failing.armed = refused;
    error = shako_openssl_certificate_read(&certificate, octets_text(&pem),
                                           octets_text(&key), NULL, message);
    failing.armed = false;
    assert_int_equal(ERR_peek_error(), 0);
    if (error != 0) {
      assert_true(refused);
      assert_refused(error, SHAKO_ERR_CERTIFICATE);
      assert_null(certificate);
    }
    shako_certificate_unref(certificate);
    octets_free(&pem);
    octets_free(&key);
  }
}

static void a_certificate_is_read_or_not(void **state) {
  (void)state;
  (void)for_each(read_certificate);
}

static shako_certificate *checked;

/* What is found does not depend on memory: it is found, or its want told; or a
   signature seems not to fit, where OpenSSL does not say why. */
static void check_certificate(bool refused) {
  shako_certificate_report report = {.struct_size = sizeof(report)};
  int error;

  failing.armed = refused;
  error =
      shako_certificate_check(checked, "mail.example.org", 1764000000, &report);
  failing.armed = false;
  assert_int_equal(ERR_peek_error(), 0);
  if (error != 0) {
    assert_true(refused);
    assert_int_equal(error, SHAKO_ERR_NOMEM);
    return;
  }
  assert_int_equal(report.chain_length, 2);
  assert_true(report.in_order || refused);
  assert_int_equal(report.warning_count, report.in_order ? 0 : 1);
  assert_true(report.in_order ||
              strcmp(report.warnings[0].reason, "chain-signature") == 0);
  assert_int_equal(report.matches, 1);
}

static void a_certificate_is_checked_or_not(void **state) {
  char message[ENGINE_MESSAGE_SIZE];
  octets pem = {0};

  (void)state;
  octets_print(&pem, "%s/both.pem", bench.folder);
  assert_int_equal(shako_openssl_certificate_read(&checked, octets_text(&pem),
                                                  octets_text(&pem), NULL,
                                                  message),
                   0);
  octets_free(&pem);
  check_certificate(false);
  assert_true(failing_for_each(check_certificate, 1) > 4);
  shako_certificate_unref(checked);
}

static void demonstrate(bool refused) {
  char message[ENGINE_MESSAGE_SIZE];
  shako_certificate *certificate = NULL;
  int error;

  failing.armed = refused;
  error = shako_openssl_certificate_demonstration(
      &certificate, "mail.example.org", 1764000000, NULL, message);
  failing.armed = false;
  assert_int_equal(ERR_peek_error(), 0);
  if (error != 0) {
    assert_true(refused);
    assert_refused(error, SHAKO_ERR_TLS);
    assert_null(certificate);
  }
  shako_certificate_unref(certificate);
}

static void the_demonstration_is_made_or_not(void **state) {
  (void)state;
  (void)for_each(demonstrate);
}

/* --- connections --------------------------------------------------------- */

static shako_tls_status no_recv(void *ctx, uint8_t *buf, size_t len,
                                size_t *n) {
  (void)ctx;
  (void)buf;
  (void)len;
  (void)n;

  return WANT_RECV;
}

static void prepare(bool refused) {
  const shako_tls_engine *engine = shako_openssl_engine();
  const shako_tls_wire wire = {NULL, no_recv, NULL};
  const shako_policy policy = {.struct_size = sizeof(policy),
                               .tls_min_version = 0x0304};
  const shako_tls_conn_config config = {
      .struct_size = sizeof(config), .wire = &wire, .policy = &policy};
  void *conn = must_alloc(engine->conn_size);
  shako_tls_status status;

  failing.armed = refused;
  status = engine->conn_init(conn, bench.context, &config);
  if (status == OK) {
    status = engine->set_certificate(conn, bench.both[0]);
    engine->conn_free(conn);
  }
  failing.armed = false;
  assert_int_equal(ERR_peek_error(), 0);
  assert_true(status == OK || (refused && status == FAILED));
  free(conn);
}

static void a_connection_is_prepared_or_not(void **state) {
  (void)state;
  (void)for_each(prepare);
}

static shako_tls_status handshake(void *conn) {
  shako_tls_status status;

  failing.armed = failing.at > 0;
  status = shako_openssl_engine()->handshake(conn);
  failing.armed = false;

  return status;
}

/* Reads what the client has sent, answers and closes. */
static shako_tls_status talk(void *conn) {
  const shako_tls_engine *engine = shako_openssl_engine();
  shako_tls_status status;
  uint8_t buf[8];
  size_t n = 0;

  failing.armed = failing.at > 0;
  status = engine->read(conn, buf, sizeof(buf), &n);
  if (status == OK) {
    status = engine->write(conn, buf, n, &n);
  }
  if (status == OK) {
    status = engine->close(conn);
  }
  failing.armed = false;

  return status;
}

/* Asserts that it failed for want of memory.  Where RSA cannot decrypt what a
   key is made of, another one is taken, and the client is as wrong as one that
   guesses (RFC 5246 7.4.7.1). */
static void assert_ours(tls_pair *pair, bool is_rsa) {
  shako_tls_failure failure = pair_info(pair).failure;

  if (!is_rsa || failure != SHAKO_TLS_FAILURE_PROTOCOL) {
    assert_int_equal(failure, SHAKO_TLS_FAILURE_INTERNAL);
  }
  assert_failed(pair, failure);
}

static void go_through(bool refused, const pair_options *options) {
  shako_tls_engine engine = *shako_openssl_engine();
  shako_tls_status status;
  tls_pair pair;

  engine.handshake = handshake;
  pair_open(&pair, &engine, bench.context, bench.both, 2, options);
  status = pair_handshake(&pair, NULL);
  if (status == OK) {
    pair_client_write(&pair, (const uint8_t *)"QUIT\r\n", 6);
    status = talk(pair.conn);
  }
  assert_int_equal(ERR_peek_error(), 0);
  if (status != OK) {
    assert_true(refused);
    assert_ours(&pair, options->level == SHAKO_TLS_CIPHERS_LEGACY);
  }
  pair_close(&pair);
}

static void connect_1_2(bool refused) {
  const pair_options options = {.client_max = TLS_1_2};

  go_through(refused, &options);
}

static void connect_1_3(bool refused) {
  const pair_options options = {.client_max = TLS_1_3};

  go_through(refused, &options);
}

#if defined(MBEDTLS_KEY_EXCHANGE_RSA_ENABLED)
static void connect_legacy(bool refused) {
  static const int rsa[] = {MBEDTLS_TLS_RSA_WITH_AES_128_CBC_SHA, 0};
  const pair_options options = {
      .client_max = TLS_1_2, .suites = rsa, .level = SHAKO_TLS_CIPHERS_LEGACY};

  go_through(refused, &options);
}
#endif

/* What goes wrong is taken for the client's fault in one case alone. */
static void a_connection_works_or_ends(void **state) {
  (void)state;
  assert_true(for_each(connect_1_2) > 100);
  assert_true(for_each(connect_1_3) > 100);
#if defined(MBEDTLS_KEY_EXCHANGE_RSA_ENABLED)
  assert_true(for_each(connect_legacy) > 100);
#endif
}

/* ------------------------------------------------------------------------- */

static int context_new(void **pcontext, const shako_mem *mem, char *message) {
  shako_openssl_context *context = NULL;
  int error = shako_openssl_context_new(&context, mem, message);

  *pcontext = context;

  return error;
}

static void context_free(void *context) {
  shako_openssl_context_free(context);
}

static engine_kit kit = {.engine = shako_openssl_engine,
                         .context_new = context_new,
                         .context_free = context_free,
                         .certificate_read = shako_openssl_certificate_read,
                         .certificate_parse = shako_openssl_certificate_parse,
                         .authorities_parse = shako_openssl_authorities_parse,
                         .reads_traditional = true};

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_context_is_made_or_not),
      cmocka_unit_test(a_certificate_is_read_or_not),
      cmocka_unit_test(a_certificate_is_checked_or_not),
      cmocka_unit_test(the_demonstration_is_made_or_not),
      cmocka_unit_test(a_connection_is_prepared_or_not),
      cmocka_unit_test(a_connection_works_or_ends),
  };

  /* OpenSSL 3.5 forgets that it had no memory for a client's certificate, and
     says that it cannot be read; 3.0 does not. */
  kit.blames_client = OpenSSL_version_num() >= 0x30100000L;
  bench.kit = &kit;
  bench.folder = argc > 1 ? argv[1] : "tests/certificates";
  bench.step = argc > 2 ? strtoul(argv[2], NULL, 10) : 1;
  if (CRYPTO_set_mem_functions(take, retake, give) != 1) {
    return 1;
  }

  /* What OpenSSL makes once for the process it does not try again: the setup
     has it made. */
  return cmocka_run_group_tests(tests, bench_setup, bench_teardown) +
         session_memory_run() + certificate_parse_run();
}
