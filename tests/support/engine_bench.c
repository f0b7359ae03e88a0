#include "engine_bench.h"

#include <psa/crypto.h>

engine_bench bench;

const mbedtls_ssl_protocol_version versions[2] = {TLS_1_2, TLS_1_3};

static shako_certificate *read_certificate(const char *name) {
  char message[ENGINE_MESSAGE_SIZE];
  shako_certificate *certificate = NULL;
  octets pem = {0};
  octets key = {0};

  octets_print(&pem, "%s/%s.pem", bench.folder, name);
  octets_print(&key, "%s/%s.key", bench.folder, name);
  assert_int_equal(bench.kit->certificate_read(&certificate, octets_text(&pem),
                                               octets_text(&key), NULL,
                                               message),
                   0);
  octets_free(&pem);
  octets_free(&key);

  return certificate;
}

int bench_setup(void **state) {
  char message[ENGINE_MESSAGE_SIZE];
  octets path = {0};

  (void)state;
  assert_int_equal(psa_crypto_init(), PSA_SUCCESS); /* for the client */
  assert_int_equal(bench.kit->context_new(&bench.context, NULL, message), 0);
  assert_string_equal(message, "");
  bench.both[0] = read_certificate("rsa2048");
  bench.both[1] = read_certificate("ecdsa");
  octets_print(&path, "%s/authority.pem", bench.folder);
  mbedtls_x509_crt_init(&bench.authority);
  assert_int_equal(
      mbedtls_x509_crt_parse_file(&bench.authority, octets_text(&path)), 0);
  octets_free(&path);

  return 0;
}

int bench_teardown(void **state) {
  (void)state;
  mbedtls_x509_crt_free(&bench.authority);
  shako_certificate_unref(bench.both[0]);
  shako_certificate_unref(bench.both[1]);
  bench.kit->context_free(bench.context);

  return 0;
}

void open_pair_with(tls_pair *pair, shako_certificate **certificates,
                    size_t count, const pair_options *options) {
  pair_open(pair, bench.kit->engine(), bench.context, certificates, count,
            options);
}

void open_pair(tls_pair *pair, const pair_options *options) {
  open_pair_with(pair, bench.both, 2, options);
}

void open_done(tls_pair *pair, mbedtls_ssl_protocol_version version) {
  const pair_options options = {.client_min = version, .client_max = version};
  int result = -1;

  open_pair(pair, &options);
  assert_int_equal(pair_handshake(pair, &result), OK);
  assert_int_equal(result, 0);
}

void assert_failed(tls_pair *pair, shako_tls_failure failure) {
  shako_tls_info info = pair_info(pair);
  uint8_t buf[8] = "EHLO x\r\n";
  size_t sent = pair->to_client.len;
  size_t kept;
  size_t n = 0;
  int i;

  assert_int_equal(info.failure, failure);
  assert_int_not_equal(info.native_error, 0);
  octets_add(&pair->to_engine, buf, sizeof(buf));
  kept = pair->to_engine.len;
  for (i = 0; i < 2; i++) {
    assert_int_equal(pair->engine->handshake(pair->conn), FAILED);
    assert_int_equal(pair->engine->read(pair->conn, buf, sizeof(buf), &n),
                     FAILED);
    assert_int_equal(pair->engine->write(pair->conn, buf, sizeof(buf), &n),
                     FAILED);
    assert_int_equal(pair->engine->close(pair->conn), FAILED);
    pair->engine->alert(pair->conn, MBEDTLS_SSL_ALERT_MSG_USER_CANCELED);
  }
  assert_int_equal(pair->to_engine.len, kept);
  assert_int_equal(pair->to_client.len, sent);
  assert_int_equal(pair_info(pair).failure, failure);
  assert_int_equal(pair_info(pair).alert, info.alert);
  assert_int_equal(pair_info(pair).native_error, info.native_error);
}

void assert_talks(tls_pair *pair, const char *text) {
  octets got = {0};

  pair_client_write(pair, (const uint8_t *)text, strlen(text));
  assert_int_equal(pair_engine_drain(pair, &got), WANT_RECV);
  assert_string_equal(octets_text(&got), text);
  octets_clear(&got);
  pair_engine_write(pair, (const uint8_t *)text, strlen(text));
  assert_int_equal(pair_client_drain(pair, &got), MBEDTLS_ERR_SSL_WANT_READ);
  assert_string_equal(octets_text(&got), text);
  octets_free(&got);
}

bool has_alert(const octets *records) {
  size_t at = 0;

  while (at + 5 <= records->len) {
    if (records->ptr[at] == MBEDTLS_SSL_MSG_ALERT) {
      return true;
    }
    at += 5 + ((size_t)records->ptr[at + 3] << 8 | records->ptr[at + 4]);
  }

  return false;
}

void show(shown *what, shako_certificate *certificate) {
  const pair_options options = {0};
  int result = -1;

  what->certificate = certificate;
  open_pair_with(&what->pair, &what->certificate, 1, &options);
  assert_int_equal(pair_handshake(&what->pair, &result), OK);
  assert_int_equal(result, 0);
  what->chain =
      (mbedtls_x509_crt *)mbedtls_ssl_get_peer_cert(&what->pair.client);
  assert_non_null(what->chain);
}

void hide(shown *what) {
  pair_close(&what->pair);
  shako_certificate_unref(what->certificate);
}

int engine_cases_run(const engine_kit *kit, const char *folder) {
  bench.kit = kit;
  bench.folder = folder;

  return engine_works_run() + engine_levels_run() + engine_macs_run() +
         engine_records_run() + engine_ends_run() + engine_alerts_run() +
         engine_ours_run() + engine_hello_run() + engine_clients_run();
}

int certificate_cases_run(const engine_kit *kit, const char *folder) {
  bench.kit = kit;
  bench.folder = folder;

  return certificate_files_run() + certificate_parse_run() +
         certificate_checks_run() + certificate_demonstration_run();
}
