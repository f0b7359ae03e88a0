/* Alerts, and what they answer. */
#include "engine_bench.h"

static void a_client_may_refuse_the_certificate(void **state) {
  size_t i;

  (void)state;
  for (i = 0; i < 4; i++) {
    const pair_options options = {.client_max = versions[i % 2],
                                  .trusted = &bench.authority};
    tls_pair pair;

    open_pair(&pair, &options);
    pair.trickle = i < 2 ? 0 : 1;
    assert_int_equal(pair_handshake(&pair, NULL), FAILED);
    assert_int_equal(pair_info(&pair).alert, 48);
    assert_int_equal(pair_info(&pair).version, versions[i % 2]);
    assert_int_equal(pair_info(&pair).native_error, bench.kit->unknown_ca);
    assert_false(has_alert(&pair.to_client)); /* it gets no answer */
    assert_failed(&pair, SHAKO_TLS_FAILURE_CERTIFICATE_REFUSED);
    pair_close(&pair);
  }
}

/* Alerts after the handshake are encrypted. */
static void alerts_have_their_kinds(void **state) {
  static const struct {
    uint8_t alert;
    shako_tls_failure failure;
  } rows[] = {
      {41, SHAKO_TLS_FAILURE_PEER_ALERT},
      {42, SHAKO_TLS_FAILURE_CERTIFICATE_REFUSED},
      {46, SHAKO_TLS_FAILURE_CERTIFICATE_REFUSED},
      {47, SHAKO_TLS_FAILURE_PEER_ALERT}, /* illegal_parameter */
      {48, SHAKO_TLS_FAILURE_CERTIFICATE_REFUSED},
      {49, SHAKO_TLS_FAILURE_PEER_ALERT},
      {80, SHAKO_TLS_FAILURE_PEER_ALERT},
  };
  size_t i;

  (void)state;
  for (i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
    octets got = {0};
    tls_pair pair;

    open_done(&pair, versions[i % 2]);
    assert_int_equal(
        mbedtls_ssl_send_alert_message(
            &pair.client, MBEDTLS_SSL_ALERT_LEVEL_FATAL, rows[i / 2].alert),
        0);
    assert_int_equal(pair_engine_drain(&pair, &got), FAILED);
    assert_int_equal(pair_info(&pair).alert, rows[i / 2].alert);
    assert_failed(&pair, rows[i / 2].failure);
    pair_close(&pair);
  }
}

/* Asserts that it ended with |alert|, or, for -1, with any. */
static void assert_alert(const tls_pair *pair, int alert) {
  if (alert < 0) {
    assert_true(pair_info(pair).alert > 0);
  } else {
    assert_int_equal(pair_info(pair).alert, alert);
  }
}

/* An alert in the clear counts only before there are keys. */
static void a_forged_alert_is_a_damaged_record(void **state) {
  static const uint8_t forged[] = {21, 3, 3, 0, 2, 2, 42};
  size_t i;

  (void)state;
  for (i = 0; i < 2; i++) {
    octets got = {0};
    tls_pair pair;

    open_done(&pair, versions[i]);
    octets_add(&pair.to_engine, forged, sizeof(forged));
    assert_int_equal(pair_engine_drain(&pair, &got), FAILED);
    assert_alert(&pair, bench.kit->forged);
    assert_int_equal(pair_client_drain(&pair, &got),
                     MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE);
    assert_failed(&pair, SHAKO_TLS_FAILURE_PROTOCOL);
    pair_close(&pair);
  }
}

/* Of no cipher's least length. */
static void a_record_may_be_too_short(void **state) {
  static const uint8_t record[] = {23, 3, 3, 0, 1, 0};
  static const int suites[][2] = {
      {MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, 0},
      {MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, 0},
      {MBEDTLS_TLS1_3_AES_128_GCM_SHA256, 0},
      {MBEDTLS_TLS1_3_CHACHA20_POLY1305_SHA256, 0},
  };
  size_t i;

  (void)state;
  for (i = 0; i < sizeof(suites) / sizeof(suites[0]); i++) {
    const pair_options options = {.client_max = versions[i / 2],
                                  .suites = suites[i]};
    octets got = {0};
    tls_pair pair;

    open_pair(&pair, &options);
    assert_int_equal(pair_handshake(&pair, NULL), OK);
    octets_add(&pair.to_engine, record, sizeof(record));
    assert_int_equal(pair_engine_drain(&pair, &got), FAILED);
    assert_failed(&pair, SHAKO_TLS_FAILURE_PROTOCOL);
    pair_close(&pair);
  }
}

static void a_damaged_record_is_an_end(void **state) {
  size_t i;

  (void)state;
  for (i = 0; i < 2; i++) {
    octets got = {0};
    tls_pair pair;
    int sends;

    open_done(&pair, versions[i]);
    pair_client_write(&pair, (const uint8_t *)"MAIL\r\n", 6);
    sends = pair.sends;
    pair.to_engine.ptr[pair.to_engine.len - 3] ^= 1;
    assert_int_equal(pair_engine_drain(&pair, &got), FAILED);
    assert_int_equal(got.len, 0);
    assert_int_equal(pair.sends, sends + 1); /* one alert, not two */
    assert_int_equal(pair_info(&pair).alert, 20);
    assert_int_equal(pair_client_drain(&pair, &got),
                     MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE);
    assert_failed(&pair, SHAKO_TLS_FAILURE_PROTOCOL);
    pair_close(&pair);
  }
}

/* Behind a good hello. */
static void clear_text_in_the_handshake_is_an_end(void **state) {
  size_t i;

  (void)state;
  for (i = 0; i < 2; i++) {
    const pair_options options = {.client_max = versions[i]};
    tls_pair pair;

    open_pair(&pair, &options);
    assert_int_equal(mbedtls_ssl_handshake(&pair.client),
                     MBEDTLS_ERR_SSL_WANT_READ);
    octets_add_text(&pair.to_engine, "EHLO client.example\r\n");
    assert_int_equal(pair_engine_handshake(&pair), FAILED);
    assert_failed(&pair, SHAKO_TLS_FAILURE_PROTOCOL);
    pair_close(&pair);
  }
}

static void clear_text_inside_tls_is_an_end(void **state) {
  size_t i;

  (void)state;
  for (i = 0; i < 2; i++) {
    octets got = {0};
    tls_pair pair;

    open_done(&pair, versions[i]);
    octets_add_text(&pair.to_engine, "MAIL FROM:<>\r\n");
    assert_int_equal(pair_engine_drain(&pair, &got), FAILED);
    assert_int_equal(got.len, 0);
    assert_alert(&pair, bench.kit->clear_text);
    assert_int_equal(pair_client_drain(&pair, &got),
                     MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE);
    assert_failed(&pair, SHAKO_TLS_FAILURE_PROTOCOL);
    pair_close(&pair);
  }
}

static void the_session_may_send_an_alert(void **state) {
  const pair_options options = {0};
  octets got = {0};
  int result = 0;
  size_t i;
  tls_pair pair;

  (void)state;
  for (i = 0; i < 2; i++) {
    open_done(&pair, versions[i]);
    pair.engine->alert(pair.conn, MBEDTLS_SSL_ALERT_MSG_USER_CANCELED);
    assert_int_equal(pair_info(&pair).alert, bench.kit->user_canceled);
    assert_int_equal(pair_client_drain(&pair, &got),
                     bench.kit->user_canceled != 0
                         ? MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE
                         : MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY);
    assert_int_equal(pair_engine_drain(&pair, &got), FAILED);
    pair_close(&pair);
  }

  open_pair(&pair, &options); /* in the clear, too */
  pair.engine->alert(pair.conn, MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE);
  assert_int_equal(pair_info(&pair).alert, 40);
  assert_int_equal(pair_handshake(&pair, &result), FAILED);
  assert_int_equal(result, MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE);
  assert_int_equal(pair.to_client.len, 0);
  pair_close(&pair);
}

/* A TLS library may return in the middle of its input after such a warning. */
static void a_warning_does_not_stop_the_reading(void **state) {
  uint8_t buf[64] = {0};
  size_t n = 0;
  tls_pair pair;

  (void)state;
  open_done(&pair, TLS_1_2);
  assert_int_equal(
      mbedtls_ssl_send_alert_message(
          &pair.client, MBEDTLS_SSL_ALERT_LEVEL_WARNING, bench.kit->warning),
      0);
  pair_client_write(&pair, (const uint8_t *)"NOOP\r\n", 6);
  assert_int_equal(pair.engine->read(pair.conn, buf, sizeof(buf), &n), OK);
  assert_int_equal(n, 6);
  assert_memory_equal(buf, "NOOP\r\n", 6);
  pair_close(&pair);
}

/* --- renegotiation (T17) ---------------------------------------------- */

#if defined(MBEDTLS_SSL_RENEGOTIATION)
/* Has the client ask, whatever came of it the last time. */
static void ask_again(tls_pair *pair) {
  size_t sent = pair->to_engine.len;

  pair->client.MBEDTLS_PRIVATE(state) = MBEDTLS_SSL_HANDSHAKE_OVER;
  pair->client.MBEDTLS_PRIVATE(renego_status) = 2; /* done */
  (void)mbedtls_ssl_renegotiate(&pair->client);
  assert_true(pair->to_engine.len > sent);
}

static void renegotiation_is_refused(void **state) {
  const pair_options options = {.client_max = TLS_1_2, .renegotiates = true};
  octets got = {0};
  tls_pair pair;
  int i;

  (void)state;
  open_pair(&pair, &options);
  assert_int_equal(pair_handshake(&pair, NULL), OK);
  for (i = 0; i < 2; i++) {
    ask_again(&pair);
    assert_int_equal(pair.to_client.len, 0);
    assert_int_equal(pair_engine_drain(&pair, &got), WANT_RECV);
    assert_true(has_alert(&pair.to_client)); /* a warning */
  }
  ask_again(&pair);
  assert_int_equal(pair_engine_drain(&pair, &got), FAILED);
  assert_int_equal(got.len, 0);
  assert_int_equal(pair_info(&pair).alert, bench.kit->renegotiation);
  assert_failed(&pair, SHAKO_TLS_FAILURE_PROTOCOL);
  pair_close(&pair);
}

static void many_renegotiations_at_once_are_refused(void **state) {
  const pair_options options = {.client_max = TLS_1_2, .renegotiates = true};
  octets got = {0};
  tls_pair pair;
  int i;

  (void)state;
  open_pair(&pair, &options);
  assert_int_equal(pair_handshake(&pair, NULL), OK);
  for (i = 0; i < 20; i++) {
    ask_again(&pair);
  }
  assert_int_equal(pair_engine_drain(&pair, &got), FAILED);
  assert_true(pair.sends < 20);
  assert_failed(&pair, SHAKO_TLS_FAILURE_PROTOCOL);
  pair_close(&pair);
}
#endif

int engine_alerts_run(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_client_may_refuse_the_certificate),
      cmocka_unit_test(alerts_have_their_kinds),
      cmocka_unit_test(a_forged_alert_is_a_damaged_record),
      cmocka_unit_test(a_record_may_be_too_short),
      cmocka_unit_test(a_damaged_record_is_an_end),
      cmocka_unit_test(clear_text_in_the_handshake_is_an_end),
      cmocka_unit_test(clear_text_inside_tls_is_an_end),
      cmocka_unit_test(the_session_may_send_an_alert),
      cmocka_unit_test(a_warning_does_not_stop_the_reading),
      cmocka_unit_test(renegotiation_is_refused),
      cmocka_unit_test(many_renegotiations_at_once_are_refused),
  };

  return cmocka_run_group_tests_name("engine_alerts", tests, bench_setup,
                                     bench_teardown);
}
