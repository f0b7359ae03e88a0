/* Faults of ours, or that might be taken for them. */
#include "engine_bench.h"

/* Goes through handshake, data and close with the |n|-th call of the wire's
   send refused.  Returns whether it was reached. */
static bool refuse(mbedtls_ssl_protocol_version version, int n) {
  const pair_options options = {.client_max = version};
  shako_tls_status status;
  bool reached;
  tls_pair pair;

  open_pair(&pair, &options);
  pair.refuse_at = n;
  status = pair_handshake(&pair, NULL);
  if (status == OK) {
    size_t got = 0;

    status = pair.engine->write(pair.conn, (const uint8_t *)"x", 1, &got);
  }
  if (status == OK) {
    status = pair.engine->close(pair.conn);
  }
  reached = pair.sends >= n;
  assert_int_equal(status, reached ? FAILED : OK);
  if (reached) {
    assert_int_equal(pair.sends, n); /* and nothing was sent after it */
    assert_int_equal(pair_info(&pair).alert, -1);
    assert_failed(&pair, SHAKO_TLS_FAILURE_INTERNAL);
    assert_int_equal(pair.sends, n);
  }
  pair_close(&pair);

  return reached;
}

static void a_wire_without_memory_is_an_end(void **state) {
  size_t i;

  (void)state;
  for (i = 0; i < 2; i++) {
    int n = 1;

    while (refuse(versions[i], n)) {
      n++;
    }
    assert_in_range(n, 4, 20);
  }
}

/* The alert for an error finds the wire without memory. */
static void an_alert_may_find_no_memory(void **state) {
  const pair_options options = {.client_max = TLS_1_2, .floor = 0x0304};
  tls_pair pair;

  (void)state;
  open_pair(&pair, &options);
  pair.refuse_at = 1;
  assert_int_equal(pair_handshake(&pair, NULL), FAILED);
  assert_int_equal(pair.sends, 1);
  assert_int_equal(pair.to_client.len, 0);
  assert_int_equal(pair_info(&pair).alert, -1);
  pair_close(&pair);
}

static void strange_certificates_are_refused(void **state) {
  static const shako_tls_engine other = {.version = 1};
  const shako_certificate foreign = {&other, NULL, 1};
  const pair_options options = {0};
  tls_pair pair;
  size_t i;

  (void)state;
  open_pair(&pair, &options);
  assert_int_equal(pair.engine->set_certificate(pair.conn, &foreign), FAILED);
  for (i = 2; i < SHAKO_CERTIFICATES_MAX; i++) {
    assert_int_equal(pair.engine->set_certificate(pair.conn, bench.both[0]),
                     OK);
  }
  assert_int_equal(pair.engine->set_certificate(pair.conn, bench.both[0]),
                   FAILED);
  assert_int_equal(pair_handshake(&pair, NULL), OK);
  pair_close(&pair);
}

static void data_waits_for_the_handshake(void **state) {
  const pair_options options = {0};
  uint8_t octet = 0;
  size_t n = 0;
  tls_pair pair;

  (void)state;
  open_pair(&pair, &options);
  assert_int_equal(mbedtls_ssl_handshake(&pair.client),
                   MBEDTLS_ERR_SSL_WANT_READ);
  assert_int_equal(pair.engine->read(pair.conn, &octet, 1, &n), FAILED);
  assert_int_equal(pair.engine->write(pair.conn, &octet, 1, &n), FAILED);
  assert_int_equal(pair.engine->close(pair.conn), FAILED);
  assert_int_equal(pair.to_client.len, 0);
  pair_close(&pair);
}

/* Changes the octet |at| of the flight |flight| (from 0) of the client of
   |options|, behind which the stream ends.  Returns the length of that
   flight. */
static size_t damage(const pair_options *options, size_t flight, size_t at) {
  shako_tls_status status = WANT_RECV;
  shako_tls_info info;
  size_t len;
  tls_pair pair;

  open_pair(&pair, options);
  (void)mbedtls_ssl_handshake(&pair.client);
  if (flight == 1) {
    assert_int_equal(pair_engine_handshake(&pair), WANT_RECV);
    (void)mbedtls_ssl_handshake(&pair.client);
  }
  len = pair.to_engine.len;
  pair.to_engine.ptr[at] ^= 0x41;
  pair.hung_up = true;
  status = pair_handshake(&pair, NULL);
  info = pair_info(&pair);
  if (status == FAILED) {
    assert_int_not_equal(info.failure, SHAKO_TLS_FAILURE_NONE);
    assert_int_not_equal(info.failure, SHAKO_TLS_FAILURE_INTERNAL);
    assert_failed(&pair, info.failure);
  } else {
    assert_int_equal(status, OK);
  }
  pair_close(&pair);

  return len;
}

/* It may still do, or it is the client's fault and never ours. */
static void a_damaged_flight_is_the_clients_fault(void **state) {
  static const uint16_t groups[] = {MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1, 0};
#if defined(MBEDTLS_KEY_EXCHANGE_RSA_ENABLED)
  static const int rsa[] = {MBEDTLS_TLS_RSA_WITH_AES_128_CBC_SHA, 0};
#endif
  static const pair_options rows[] = {
    {.client_max = TLS_1_2, .groups = groups},
    {.client_max = TLS_1_3, .groups = groups},
#if defined(MBEDTLS_KEY_EXCHANGE_RSA_ENABLED)
    {.client_max = TLS_1_2, .suites = rsa, .level = SHAKO_TLS_CIPHERS_LEGACY},
#endif
  };
  size_t i;

  (void)state;
  for (i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
    size_t len = 1;
    size_t at;

    for (at = 0; at < len; at += 3) {
      len = damage(&rows[i / 2], i % 2, at);
    }
  }
}

int engine_ours_run(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_wire_without_memory_is_an_end),
      cmocka_unit_test(an_alert_may_find_no_memory),
      cmocka_unit_test(strange_certificates_are_refused),
      cmocka_unit_test(data_waits_for_the_handshake),
      cmocka_unit_test(a_damaged_flight_is_the_clients_fault),
  };

  return cmocka_run_group_tests_name("engine_ours", tests, bench_setup,
                                     bench_teardown);
}
