/* How a connection ends, and where none begins. */
#include "engine_bench.h"

static void close_notify_is_an_end(void **state) {
  uint8_t buf[8] = {0};
  octets got = {0};
  size_t i;
  size_t n = 0;

  (void)state;
  for (i = 0; i < 2; i++) {
    tls_pair pair;

    open_done(&pair, versions[i]);
    pair_client_write(&pair, (const uint8_t *)"QUIT\r\n", 6);
    assert_int_equal(mbedtls_ssl_close_notify(&pair.client), 0);
    octets_add(&pair.to_engine, "MAIL FROM:<>\r\n", 14);
    assert_int_equal(pair_engine_drain(&pair, &got), CLOSED);
    assert_string_equal(octets_text(&got), "QUIT\r\n");
    octets_clear(&got);
    assert_int_equal(pair_engine_read(&pair, buf, sizeof(buf), &n), CLOSED);
    assert_int_equal(pair.to_engine.len, 14); /* nobody reads that */

    pair_engine_write(&pair, (const uint8_t *)"221 bye\r\n", 9);
    assert_int_equal(pair.engine->close(pair.conn), OK);
    assert_int_equal(pair_client_drain(&pair, &got),
                     MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY);
    assert_string_equal(octets_text(&got), "221 bye\r\n");
    octets_clear(&got);
    assert_int_equal(pair_info(&pair).failure, SHAKO_TLS_FAILURE_NONE);
    pair_close(&pair);
  }
  octets_free(&got);
}

static void nothing_is_written_behind_our_close_notify(void **state) {
  size_t i;

  (void)state;
  for (i = 0; i < 2; i++) {
    tls_pair pair;
    size_t sent;
    size_t n = 0;

    open_done(&pair, versions[i]);
    assert_int_equal(pair.engine->close(pair.conn), OK);
    sent = pair.to_client.len;
    assert_true(sent > 0);
    assert_int_equal(pair.engine->write(pair.conn, (const uint8_t *)"x", 1, &n),
                     FAILED);
    assert_int_equal(pair.engine->close(pair.conn), FAILED);
    pair.engine->alert(pair.conn, MBEDTLS_SSL_ALERT_MSG_INTERNAL_ERROR);
    assert_int_equal(pair.to_client.len, sent);
    assert_int_equal(pair_info(&pair).failure, SHAKO_TLS_FAILURE_NONE);
    pair_close(&pair);
  }
}

static void an_end_of_stream_is_a_failure(void **state) {
  size_t i;

  (void)state;
  for (i = 0; i < 2; i++) {
    octets got = {0};
    tls_pair pair;

    open_done(&pair, versions[i]);
    pair_client_write(&pair, (const uint8_t *)"DATA\r\n", 6);
    pair.hung_up = true;
    assert_int_equal(pair_engine_drain(&pair, &got), FAILED);
    assert_string_equal(octets_text(&got), "DATA\r\n");
    assert_int_equal(pair.to_client.len, 0);
    assert_failed(&pair, SHAKO_TLS_FAILURE_CUT_OFF);
    octets_free(&got);
    pair_close(&pair);
  }
}

/* At every octet of the client's first flight. */
static void a_handshake_may_be_cut_off(void **state) {
  const pair_options options = {0};
  size_t kept;
  size_t len = 1;

  (void)state;
  for (kept = 0; kept < len; kept += 13) {
    tls_pair pair;

    open_pair(&pair, &options);
    assert_int_equal(mbedtls_ssl_handshake(&pair.client),
                     MBEDTLS_ERR_SSL_WANT_READ);
    len = pair.to_engine.len;
    octets_drop(&pair.to_engine, 0);
    pair.to_engine.len = kept;
    pair.hung_up = true;
    assert_int_equal(pair.engine->handshake(pair.conn), FAILED);
    assert_int_equal(pair.to_client.len, 0);
    assert_failed(&pair, SHAKO_TLS_FAILURE_CUT_OFF);
    pair_close(&pair);
  }
}

static void a_client_may_give_up_in_the_handshake(void **state) {
  static const uint8_t close_notify[] = {21, 3, 3, 0, 2, 1, 0};
  size_t i;

  (void)state;
  for (i = 0; i < 2; i++) {
    const pair_options options = {.client_max = versions[i]};
    tls_pair pair;

    open_pair(&pair, &options);
    assert_int_equal(mbedtls_ssl_handshake(&pair.client),
                     MBEDTLS_ERR_SSL_WANT_READ);
    octets_add(&pair.to_engine, close_notify, sizeof(close_notify));
    assert_int_equal(pair.engine->handshake(pair.conn), FAILED);
    assert_int_equal(pair_info(&pair).alert, 0);
    assert_failed(&pair, SHAKO_TLS_FAILURE_PEER_ALERT);
    pair_close(&pair);
  }
}

/* T30, T03: not one octet is answered. */
static void clear_text_is_no_tls(void **state) {
  static const char *const texts[] = {
      "EHLO x\r\n",          "E",    "EHLO client.example\r\nMAIL FROM:<>\r\n",
      "GET / HTTP/1.1\r\n",  "\r\n", "QUIT\r\n",
      "\x80\x2e\x01\x03\x01"};
  const pair_options options = {0};
  size_t i;

  (void)state;
  for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
    tls_pair pair;

    open_pair(&pair, &options);
    octets_add_text(&pair.to_engine, texts[i]);
    assert_int_equal(pair.engine->handshake(pair.conn), FAILED);
    assert_int_equal(pair.to_client.len, 0);
    assert_failed(&pair, SHAKO_TLS_FAILURE_NOT_TLS);
    pair_close(&pair);
  }
}

/* The version in its old place, which the list of versions overrides, is that
   of SSL 3.0 (RFC 8446 D.5). */
static void a_hello_that_says_ssl_is_refused(void **state) {
  const pair_options options = {.client_min = TLS_1_3};
  tls_pair pair;

  (void)state;
  open_pair(&pair, &options);
  assert_int_equal(mbedtls_ssl_handshake(&pair.client),
                   MBEDTLS_ERR_SSL_WANT_READ);
  pair.to_engine.ptr[5 + 4 + 1] = 0;
  assert_int_equal(pair.engine->handshake(pair.conn), FAILED);
  assert_failed(&pair, SHAKO_TLS_FAILURE_NO_SHARED_VERSION);
  pair_close(&pair);
}

/* --- nothing in common ------------------------------------------------ */

static void a_floor_of_1_3_refuses_1_2(void **state) {
  const pair_options options = {.client_max = TLS_1_2, .floor = 0x0304};
  int result = 0;
  tls_pair pair;

  (void)state;
  open_pair(&pair, &options);
  assert_int_equal(pair_handshake(&pair, &result), FAILED);
  assert_int_equal(result, MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE);
  assert_int_equal(pair_info(&pair).version, 0);
  assert_int_equal(pair_info(&pair).alert, 70);
  assert_failed(&pair, SHAKO_TLS_FAILURE_NO_SHARED_VERSION);
  pair_close(&pair);
}

/* A ClientHello as TLS 1.0 and 1.1 know it, without extensions. */
static void old_versions_are_refused(void **state) {
  size_t i;

  (void)state;
  for (i = 0; i < 6; i++) {
    const uint8_t minor = (uint8_t)(i % 3);
    const pair_options options = {.floor = i < 3 ? 0x0303 : 0x0304};
    uint8_t hello[5 + 4 + 41] = {22, 3, 1, 0, 45, 1, 0, 0, 41, 3, minor};
    static const uint8_t tail[] = {0, 0, 2, 0, 0x2f, 1, 0}; /* RSA, AES */
    /* SSL 3.0, as an alert's version, knew none about versions. */
    int alert = bench.kit->speaks_as_client && minor == 0 ? 40 : 70;
    tls_pair pair;

    memcpy(hello + 5 + 4 + 34, tail, sizeof(tail));
    open_pair(&pair, &options);
    octets_add(&pair.to_engine, hello, sizeof(hello));
    assert_int_equal(pair.engine->handshake(pair.conn), FAILED);
    assert_int_equal(pair.to_client.len, 7);
    assert_int_equal(pair.to_client.ptr[0], MBEDTLS_SSL_MSG_ALERT);
    assert_int_equal(pair.to_client.ptr[2],
                     bench.kit->speaks_as_client ? minor : 3);
    assert_int_equal(pair.to_client.ptr[5], MBEDTLS_SSL_ALERT_LEVEL_FATAL);
    assert_int_equal(pair.to_client.ptr[6], alert);
    assert_int_equal(pair_info(&pair).alert, alert);
    assert_failed(&pair, SHAKO_TLS_FAILURE_NO_SHARED_VERSION);
    pair_close(&pair);
  }
}

static void without_a_common_cipher_there_is_no_tls(void **state) {
  static const int old[] = {
#if defined(MBEDTLS_TLS_RSA_WITH_AES_128_CBC_SHA)
    MBEDTLS_TLS_RSA_WITH_AES_128_CBC_SHA,
#endif
    MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA,
    0
  };
  static const int small[] = {MBEDTLS_TLS1_3_AES_128_CCM_SHA256, 0};
  static const uint16_t groups[] = {MBEDTLS_SSL_IANA_TLS_GROUP_SECP521R1, 0};
  static const pair_options rows[] = {
      {.client_max = TLS_1_2, .suites = old},
      {.client_min = TLS_1_3, .suites = small},
      {.client_max = TLS_1_2, .groups = groups},
      {.client_min = TLS_1_3, .groups = groups},
  };
  size_t i;

  (void)state;
  for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    int result = 0;
    tls_pair pair;

    open_pair(&pair, &rows[i]);
    assert_int_equal(pair_handshake(&pair, &result), FAILED);
    assert_int_equal(result, MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE);
    assert_int_equal(pair_info(&pair).alert, 40);
    assert_failed(&pair, SHAKO_TLS_FAILURE_NO_SHARED_CIPHER);
    pair_close(&pair);
  }
}

/* The client takes ECDSA alone, and there is RSA alone. */
static void a_certificate_must_fit_the_client(void **state) {
  static const int suites[] = {MBEDTLS_TLS1_3_AES_128_GCM_SHA256,
                               MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
                               0};
  static const uint16_t algorithms[] = {
      MBEDTLS_TLS1_3_SIG_ECDSA_SECP256R1_SHA256, 0};
  size_t i;

  (void)state;
  for (i = 0; i < 2; i++) {
    const pair_options options = {.client_max = versions[i],
                                  .suites = suites,
                                  .signature_algorithms = algorithms};
    int result = 0;
    tls_pair pair;

    open_pair_with(&pair, bench.both, 1, &options);
    assert_int_equal(pair_handshake(&pair, &result), FAILED);
    assert_int_equal(result, MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE);
    assert_int_equal(pair_info(&pair).alert, 40);
    assert_int_equal(pair_info(&pair).version, versions[i]);
    assert_failed(&pair, SHAKO_TLS_FAILURE_NO_SHARED_CIPHER);
    pair_close(&pair);
  }
}

static void without_a_certificate_there_is_no_tls(void **state) {
  size_t i;

  (void)state;
  for (i = 0; i < 2; i++) {
    const pair_options options = {.client_max = versions[i]};
    int result = 0;
    tls_pair pair;

    open_pair_with(&pair, NULL, 0, &options);
    assert_int_equal(pair_handshake(&pair, &result), FAILED);
    assert_int_equal(result, MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE);
    assert_int_equal(pair_info(&pair).alert, 40);
    assert_failed(&pair, SHAKO_TLS_FAILURE_NO_CERTIFICATE);
    pair_close(&pair);
  }
}

int engine_ends_run(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(close_notify_is_an_end),
      cmocka_unit_test(nothing_is_written_behind_our_close_notify),
      cmocka_unit_test(an_end_of_stream_is_a_failure),
      cmocka_unit_test(a_handshake_may_be_cut_off),
      cmocka_unit_test(a_client_may_give_up_in_the_handshake),
      cmocka_unit_test(clear_text_is_no_tls),
      cmocka_unit_test(a_floor_of_1_3_refuses_1_2),
      cmocka_unit_test(a_hello_that_says_ssl_is_refused),
      cmocka_unit_test(old_versions_are_refused),
      cmocka_unit_test(without_a_common_cipher_there_is_no_tls),
      cmocka_unit_test(a_certificate_must_fit_the_client),
      cmocka_unit_test(without_a_certificate_there_is_no_tls),
  };

  return cmocka_run_group_tests_name("engine_ends", tests, bench_setup,
                                     bench_teardown);
}
