/* What the levels of ciphers offer, and what they do not. */
#include "engine_bench.h"
#include "tls/offer.h"

#define MODERN       SHAKO_TLS_CIPHERS_MODERN
#define INTERMEDIATE SHAKO_TLS_CIPHERS_INTERMEDIATE
#define LEGACY       SHAKO_TLS_CIPHERS_LEGACY

typedef struct suite {
  int id;
  const char *name;
} suite;

/* In the order of the engines. */
static const suite suites[] = {
    {0x1301, "TLS_AES_128_GCM_SHA256"},
    {0x1302, "TLS_AES_256_GCM_SHA384"},
    {0x1303, "TLS_CHACHA20_POLY1305_SHA256"},
    {0xC02B, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"},
    {0xC02F, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"},
    {0xC02C, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"},
    {0xC030, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"},
    {0xCCA9, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"},
    {0xCCA8, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"},
    {0xC023, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256"},
    {0xC027, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256"},
    {0xC024, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384"},
    {0xC028, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384"},
    {0xC009, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"},
    {0xC013, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"},
    {0xC00A, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA"},
    {0xC014, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA"},
#if defined(MBEDTLS_KEY_EXCHANGE_RSA_ENABLED)
    {0x009C, "TLS_RSA_WITH_AES_128_GCM_SHA256"},
    {0x009D, "TLS_RSA_WITH_AES_256_GCM_SHA384"},
    {0x003C, "TLS_RSA_WITH_AES_128_CBC_SHA256"},
    {0x003D, "TLS_RSA_WITH_AES_256_CBC_SHA256"},
    {0x002F, "TLS_RSA_WITH_AES_128_CBC_SHA"},
    {0x0035, "TLS_RSA_WITH_AES_256_CBC_SHA"},
#endif
};

#define SUITE_COUNT (sizeof(suites) / sizeof(suites[0]))

/* How many of |suites| a level has. */
static const size_t counts[] = {
    [MODERN] = 3, [INTERMEDIATE] = 9, [LEGACY] = SUITE_COUNT};

/* Asserts that the client of |options| and the engine agree on |name|. */
static void assert_agreed(const pair_options *options, const char *name) {
  tls_pair pair;

  open_pair(&pair, options);
  assert_int_equal(pair_handshake(&pair, NULL), OK);
  assert_string_equal(pair_info(&pair).cipher, name);
  assert_talks(&pair, "EHLO client.example\r\n");
  pair_close(&pair);
}

/* Asserts that they agree on nothing: for |failure|, with |alert|. */
static void assert_refused(const pair_options *options,
                           shako_tls_failure failure, int alert) {
  int result = 0;
  tls_pair pair;

  open_pair(&pair, options);
  assert_int_equal(pair_handshake(&pair, &result), FAILED);
  assert_int_equal(result, MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE);
  assert_int_equal(pair_info(&pair).alert, alert);
  assert_failed(&pair, failure);
  pair_close(&pair);
}

/* Asserts that the offer of the suite |id| alone is told as what it is. */
static void assert_told(shako_tls_ciphers level, int id, bool allowed) {
  const uint8_t list[] = {(uint8_t)(id >> 8), (uint8_t)(id & 0xff)};
  const shako_client_hello hello = {.struct_size = sizeof(hello),
                                    .cipher_suites = {list, sizeof(list)}};
  shako_tls_offer offer;
  shako_policy policy;

  shako_policy_default(&policy);
  policy.tls_ciphers = level;
  shako__offer_read(&offer, &hello, &policy);
  assert_int_equal(offer.cipher_suites.allowed, allowed);
}

/* Lets a client offer the suite |i| alone. */
static void offer_one(shako_tls_ciphers level, size_t i) {
  const int offered[] = {suites[i].id, 0};
  const pair_options options = {
      .client_max = versions[i < 3], .suites = offered, .level = level};

  assert_told(level, suites[i].id, i < counts[level]);
  if (i < counts[level]) {
    assert_agreed(&options, suites[i].name);
  } else if (level == MODERN) {
    assert_refused(&options, SHAKO_TLS_FAILURE_NO_SHARED_VERSION, 70);
  } else {
    assert_refused(&options, SHAKO_TLS_FAILURE_NO_SHARED_CIPHER, 40);
  }
}

static void every_level_has_its_suites(void **state) {
  size_t i;

  (void)state;
  for (i = 0; i < SUITE_COUNT; i++) {
    offer_one(MODERN, i);
    offer_one(INTERMEDIATE, i);
    offer_one(LEGACY, i);
  }
}

/* The client offers what the level has from |first| on, the last one first. */
static void offer_behind(shako_tls_ciphers level, size_t first) {
  int offered[SUITE_COUNT + 1] = {0};
  const pair_options options = {
      .client_max = TLS_1_2, .suites = offered, .level = level};
  size_t count = counts[level] - first;
  size_t i;

  for (i = 0; i < count; i++) {
    offered[i] = suites[counts[level] - 1 - i].id;
  }
  assert_agreed(&options, suites[first].name);
}

/* Under TLS 1.2. */
static void the_order_is_ours(void **state) {
  size_t i;

  (void)state;
  for (i = counts[MODERN]; i < counts[INTERMEDIATE]; i++) {
    offer_behind(INTERMEDIATE, i);
  }
  for (i = counts[MODERN]; i < counts[LEGACY]; i++) {
    offer_behind(LEGACY, i);
  }
}

static void no_level_has_what_is_broken_or_odd(void **state) {
  static const int odd[] = {
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_CCM,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8,
    MBEDTLS_TLS_ECDHE_RSA_WITH_CAMELLIA_128_CBC_SHA256,
    MBEDTLS_TLS_ECDHE_RSA_WITH_ARIA_128_GCM_SHA256,
#if defined(MBEDTLS_KEY_EXCHANGE_DHE_RSA_ENABLED)
    MBEDTLS_TLS_DHE_RSA_WITH_AES_128_GCM_SHA256,
    MBEDTLS_TLS_DHE_RSA_WITH_AES_128_CBC_SHA,
#endif
#if defined(MBEDTLS_KEY_EXCHANGE_RSA_ENABLED)
    MBEDTLS_TLS_RSA_WITH_AES_128_CCM,
    MBEDTLS_TLS_RSA_WITH_CAMELLIA_128_CBC_SHA,
#endif
    0
  };
  const pair_options options = {
      .client_max = TLS_1_2, .suites = odd, .level = LEGACY};
  size_t i;

  (void)state;
  for (i = 0; odd[i] != 0; i++) {
    assert_told(LEGACY, odd[i], false);
  }
  assert_refused(&options, SHAKO_TLS_FAILURE_NO_SHARED_CIPHER, 40);
}

/* A floor of TLS 1.3 leaves nothing of the level, and no level keeps a client
   from TLS 1.3. */
static void the_floor_goes_before_the_level(void **state) {
  static const shako_tls_ciphers levels[] = {MODERN, INTERMEDIATE, LEGACY};
  size_t i;

  (void)state;
  for (i = 0; i < 3; i++) {
    const pair_options old = {
        .client_max = TLS_1_2, .floor = 0x0304, .level = levels[i]};
    pair_options both = {.level = levels[i]};

    assert_refused(&old, SHAKO_TLS_FAILURE_NO_SHARED_VERSION, 70);
    assert_agreed(&both, "TLS_CHACHA20_POLY1305_SHA256"); /* the client's */
    both.floor = 0x0304;
    assert_agreed(&both, "TLS_CHACHA20_POLY1305_SHA256");
  }
}

#if defined(MBEDTLS_KEY_EXCHANGE_RSA_ENABLED)
static void rsa_key_exchange_needs_an_rsa_key(void **state) {
  static const int rsa[] = {MBEDTLS_TLS_RSA_WITH_AES_128_GCM_SHA256, 0};
  const pair_options options = {
      .client_max = TLS_1_2, .suites = rsa, .level = LEGACY};
  tls_pair pair;

  (void)state;
  open_pair_with(&pair, bench.both + 1, 1, &options);
  assert_int_equal(pair_handshake(&pair, NULL), FAILED);
  assert_int_equal(pair_info(&pair).alert, 40);
  assert_failed(&pair, SHAKO_TLS_FAILURE_NO_SHARED_CIPHER);
  pair_close(&pair);
}
#endif

/* A ClientHello of TLS 1.|minor - 1| that offers one suite, of RSA key
   exchange, and says nothing but which signatures it takes. */
static void add_old_hello(octets *to, uint8_t minor) {
  uint8_t hello[5 + 4 + 51] = {22, 3, 1, 0, 55, 1, 0, 0, 51, 3, minor};
  static const uint8_t tail[] = {0, 0,  2, 0, 0x2f, 1, 0, 0, 8,
                                 0, 13, 0, 4, 0,    2, 4, 1};

  memcpy(hello + 5 + 4 + 34, tail, sizeof(tail));
  octets_add(to, hello, sizeof(hello));
}

static void an_old_hello_is_for_legacy(void **state) {
  static const struct {
    shako_tls_ciphers level;
    uint8_t minor;
    shako_tls_failure failure;
  } rows[] = {
    {LEGACY, 2, SHAKO_TLS_FAILURE_NO_SHARED_VERSION}, /* TLS 1.1 */
    {MODERN, 3, SHAKO_TLS_FAILURE_NO_SHARED_VERSION},
    {INTERMEDIATE, 3, SHAKO_TLS_FAILURE_NO_SHARED_CIPHER},
#if defined(MBEDTLS_KEY_EXCHANGE_RSA_ENABLED)
    {LEGACY, 3, SHAKO_TLS_FAILURE_NONE},
#endif
  };
  size_t i;

  (void)state;
  for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    const pair_options options = {.level = rows[i].level};
    shako_tls_status status;
    tls_pair pair;

    open_pair(&pair, &options);
    add_old_hello(&pair.to_engine, rows[i].minor);
    status = pair.engine->handshake(pair.conn);
    if (rows[i].failure != SHAKO_TLS_FAILURE_NONE) {
      assert_int_equal(status, FAILED);
      assert_failed(&pair, rows[i].failure);
    } else {
      assert_int_equal(status, WANT_RECV);
      assert_int_equal(pair_info(&pair).version, 0x0303);
      assert_false(has_alert(&pair.to_client));
    }
    pair_close(&pair);
  }
}

int engine_levels_run(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(every_level_has_its_suites),
    cmocka_unit_test(the_order_is_ours),
    cmocka_unit_test(no_level_has_what_is_broken_or_odd),
    cmocka_unit_test(the_floor_goes_before_the_level),
#if defined(MBEDTLS_KEY_EXCHANGE_RSA_ENABLED)
    cmocka_unit_test(rsa_key_exchange_needs_an_rsa_key),
#endif
    cmocka_unit_test(an_old_hello_is_for_legacy),
  };

  return cmocka_run_group_tests_name("engine_levels", tests, bench_setup,
                                     bench_teardown);
}
