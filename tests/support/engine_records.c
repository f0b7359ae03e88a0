/* Data, and the records that it comes and goes in. */
#include "engine_bench.h"

static void much_data_crosses(void **state) {
  const size_t size = 100 * 1024;
  uint8_t *data = must_alloc(size);
  size_t i;

  (void)state;
  for (i = 0; i < size; i++) {
    data[i] = (uint8_t)(i * 7 + (i >> 8));
  }
  for (i = 0; i < 2; i++) {
    octets got = {0};
    tls_pair pair;

    open_done(&pair, versions[i]);
    pair_client_write(&pair, data, size);
    assert_int_equal(pair_engine_drain(&pair, &got), WANT_RECV);
    assert_int_equal(got.len, size);
    assert_memory_equal(got.ptr, data, size);
    octets_clear(&got);
    pair_engine_write(&pair, data, size);
    assert_int_equal(pair_client_drain(&pair, &got), MBEDTLS_ERR_SSL_WANT_READ);
    assert_int_equal(got.len, size);
    assert_memory_equal(got.ptr, data, size);
    octets_free(&got);
    pair_close(&pair);
  }
  free(data);
}

static void write_takes_one_record_at_most(void **state) {
  uint8_t *data = must_alloc(40000);
  size_t i;

  (void)state;
  for (i = 0; i < 2; i++) {
    tls_pair pair;
    size_t n = 0;
    size_t length;

    open_done(&pair, versions[i]);
    octets_clear(&pair.to_client);
    assert_int_equal(pair.engine->write(pair.conn, data, 40000, &n), OK);
    assert_in_range(n, 16000, 16384);
    length = (size_t)pair.to_client.ptr[3] << 8 | pair.to_client.ptr[4];
    assert_int_equal(pair.to_client.len, 5 + length);
    pair_close(&pair);
  }
  free(data);
}

/* Nothing is padded, whatever a TLS library is told elsewhere. */
static void a_short_text_is_a_short_record(void **state) {
  size_t i;

  (void)state;
  for (i = 0; i < 2; i++) {
    tls_pair pair;

    open_done(&pair, versions[i]);
    octets_clear(&pair.to_client);
    pair_engine_write(&pair, (const uint8_t *)"250 2.0.0 Ok\r\n", 14);
    assert_in_range(pair.to_client.len, 5 + 14 + 16, 5 + 14 + 24);
    pair_close(&pair);
  }
}

#if defined(MBEDTLS_SSL_MAX_FRAGMENT_LENGTH)
/* RFC 6066 4; mbed TLS knows it for TLS 1.2 alone. */
static void a_client_may_ask_for_small_records(void **state) {
  const pair_options options = {.client_max = TLS_1_2};
  uint8_t data[2000] = {0};
  octets got = {0};
  tls_pair pair;
  size_t n = 0;

  (void)state;
  open_pair(&pair, &options);
  assert_int_equal(
      mbedtls_ssl_conf_max_frag_len(&pair.config, MBEDTLS_SSL_MAX_FRAG_LEN_512),
      0);
  assert_int_equal(pair_handshake(&pair, NULL), OK);
  assert_int_equal(pair.engine->write(pair.conn, data, sizeof(data), &n), OK);
  assert_in_range(n, 1, 512);
  pair_engine_write(&pair, data + n, sizeof(data) - n);
  assert_int_equal(pair_client_drain(&pair, &got), MBEDTLS_ERR_SSL_WANT_READ);
  assert_int_equal(got.len, sizeof(data));
  octets_free(&got);
  pair_close(&pair);
}
#endif

/* T32: the client's octets come one by one, in one burst or in one call
   each. */
static void octets_may_come_one_by_one(void **state) {
  size_t i;

  (void)state;
  for (i = 0; i < 4; i++) {
    const pair_options options = {.client_max = versions[i % 2]};
    tls_pair pair;

    open_pair(&pair, &options);
    pair.at_once = 1;
    pair.trickle = i < 2 ? 1 : 0;
    assert_int_equal(pair_handshake(&pair, NULL), OK);
    assert_int_equal(pair_info(&pair).version, versions[i % 2]);
    assert_talks(&pair, "EHLO client.example\r\n");
    pair_close(&pair);
  }
}

/* Cuts the record in |queue| into records of |size| octets. */
static void fragment(octets *queue, size_t size) {
  octets whole = *queue;
  size_t at;

  memset(queue, 0, sizeof(*queue));
  for (at = 5; at < whole.len; at += size) {
    size_t len = whole.len - at < size ? whole.len - at : size;
    const uint8_t header[5] = {22, 3, 1, (uint8_t)(len >> 8), (uint8_t)len};

    octets_add(queue, header, sizeof(header));
    octets_add(queue, whole.ptr + at, len);
  }
  octets_free(&whole);
}

/* T32 */
static void a_hello_may_come_in_many_records(void **state) {
  size_t i;

  (void)state;
  for (i = 0; i < 4; i++) {
    const pair_options options = {.client_max = versions[i % 2]};
    tls_pair pair;

    open_pair(&pair, &options);
    pair.trickle = i < 2 ? 0 : 1;
    assert_int_equal(mbedtls_ssl_handshake(&pair.client),
                     MBEDTLS_ERR_SSL_WANT_READ);
    fragment(&pair.to_engine, 20);
    assert_int_equal(pair_handshake(&pair, NULL), OK);
    assert_talks(&pair, "EHLO client.example\r\n");
    pair_close(&pair);
  }
}

int engine_records_run(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(much_data_crosses),
    cmocka_unit_test(a_short_text_is_a_short_record),
    cmocka_unit_test(write_takes_one_record_at_most),
#if defined(MBEDTLS_SSL_MAX_FRAGMENT_LENGTH)
    cmocka_unit_test(a_client_may_ask_for_small_records),
#endif
    cmocka_unit_test(octets_may_come_one_by_one),
    cmocka_unit_test(a_hello_may_come_in_many_records),
  };

  return cmocka_run_group_tests_name("engine_records", tests, bench_setup,
                                     bench_teardown);
}
