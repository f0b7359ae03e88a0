/* Records of CBC, which have a MAC. */
#include "engine_bench.h"

/* One of each MAC. */
static const int with_mac[][2] = {
    {MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, 0},
    {MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256, 0},
    {MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384, 0},
};

enum { MAC_COUNT = sizeof(with_mac) / sizeof(with_mac[0]) };

/* Opens a pair that uses |i| of |with_mac|, after its handshake.  The MAC is
   of what is encrypted (RFC 7366), or of what is not. */
static void open_with_mac(tls_pair *pair, size_t i, bool is_of_encrypted) {
  const pair_options options = {.client_max = TLS_1_2,
                                .suites = with_mac[i],
                                .level = SHAKO_TLS_CIPHERS_LEGACY};

  open_pair(pair, &options);
#if defined(MBEDTLS_SSL_ENCRYPT_THEN_MAC)
  mbedtls_ssl_conf_encrypt_then_mac(&pair->config,
                                    is_of_encrypted ? MBEDTLS_SSL_ETM_ENABLED
                                                    : MBEDTLS_SSL_ETM_DISABLED);
#else
  (void)is_of_encrypted;
#endif
  assert_int_equal(pair_handshake(pair, NULL), OK);
}

static void data_crosses_with_a_mac(void **state) {
  const size_t size = 40000;
  uint8_t *data = must_alloc(size);
  size_t i;

  (void)state;
  memset(data, 'x', size);
  for (i = 0; i < 2 * (size_t)MAC_COUNT; i++) {
    octets got = {0};
    tls_pair pair;
    size_t n = 0;
    size_t length;

    open_with_mac(&pair, i / 2, i % 2);
    pair_client_write(&pair, data, size);
    assert_int_equal(pair_engine_drain(&pair, &got), WANT_RECV);
    assert_int_equal(got.len, size);
    assert_int_equal(pair.engine->write(pair.conn, data, size, &n), OK);
    length = (size_t)pair.to_client.ptr[3] << 8 | pair.to_client.ptr[4];
    assert_int_equal(pair.to_client.len, 5 + length); /* one record */
    octets_clear(&got);
    assert_int_equal(pair_client_drain(&pair, &got), MBEDTLS_ERR_SSL_WANT_READ);
    assert_int_equal(got.len, n);
    octets_free(&got);
    pair_close(&pair);
  }
  free(data);
}

/* Changes the octet |at| behind a record's header.  Returns how many there
   are. */
static size_t damage(size_t i, bool is_of_encrypted, size_t at) {
  octets got = {0};
  tls_pair pair;
  size_t len;

  open_with_mac(&pair, i, is_of_encrypted);
  pair_client_write(&pair, (const uint8_t *)"MAIL\r\n", 6);
  len = pair.to_engine.len - 5;
  pair.to_engine.ptr[5 + at] ^= 1;
  assert_int_equal(pair_engine_drain(&pair, &got), FAILED);
  assert_int_equal(got.len, 0);
  assert_int_equal(pair_info(&pair).alert, 20); /* whatever it was */
  assert_int_equal(pair_client_drain(&pair, &got),
                   MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE);
  assert_failed(&pair, SHAKO_TLS_FAILURE_PROTOCOL);
  pair_close(&pair);

  return len;
}

/* In the text, in the MAC or in the padding: nobody is told where. */
static void a_damaged_record_is_an_end(void **state) {
  size_t i;

  (void)state;
  for (i = 0; i < 2 * (size_t)MAC_COUNT; i++) {
    size_t len = 1;
    size_t at;

    for (at = 0; at < len; at += 5) {
      len = damage(i / 2, i % 2, at);
    }
  }
}

/* Of each length that is too short, and of some that are no blocks. */
static void a_record_may_be_too_short(void **state) {
  size_t i;
  size_t len;

  (void)state;
  for (i = 0; i < 2 * (size_t)MAC_COUNT; i++) {
    for (len = 1; len < 64; len += 5) {
      uint8_t record[5 + 64] = {23, 3, 3, 0, (uint8_t)len};
      octets got = {0};
      tls_pair pair;

      open_with_mac(&pair, i / 2, i % 2);
      octets_add(&pair.to_engine, record, 5 + len);
      assert_int_equal(pair_engine_drain(&pair, &got), FAILED);
      assert_failed(&pair, SHAKO_TLS_FAILURE_PROTOCOL);
      pair_close(&pair);
    }
  }
}

int engine_macs_run(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(data_crosses_with_a_mac),
      cmocka_unit_test(a_damaged_record_is_an_end),
      cmocka_unit_test(a_record_may_be_too_short),
  };

  return cmocka_run_group_tests_name("engine_macs", tests, bench_setup,
                                     bench_teardown);
}
