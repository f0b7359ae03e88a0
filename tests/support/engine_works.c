/* What works. */
#include "engine_bench.h"

static void versions_are_agreed(void **state) {
  size_t i;

  (void)state;
  for (i = 0; i < 2; i++) {
    tls_pair pair;
    shako_tls_info info;

    open_done(&pair, versions[i]);
    info = pair_info(&pair);
    assert_int_equal(info.version, versions[i]);
    assert_string_equal(info.cipher,
                        i == 0 ? "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
                               : "TLS_CHACHA20_POLY1305_SHA256");
    assert_int_equal(info.failure, SHAKO_TLS_FAILURE_NONE);
    assert_int_equal(info.alert, -1);
    assert_int_equal(info.native_error, 0);
    assert_int_equal(pair.engine->handshake(pair.conn), OK);
    assert_talks(&pair, "EHLO client.example\r\n");
    pair_close(&pair);
  }
}

static void the_newest_version_wins(void **state) {
  const pair_options options = {0};
  tls_pair pair;

  (void)state;
  open_pair(&pair, &options);
  assert_int_equal(pair_handshake(&pair, NULL), OK);
  assert_int_equal(pair_info(&pair).version, 0x0304);
  pair_close(&pair);
}

static void a_floor_of_1_3_serves_1_3(void **state) {
  const pair_options options = {.floor = 0x0304};
  tls_pair pair;

  (void)state;
  open_pair(&pair, &options);
  assert_int_equal(pair_handshake(&pair, NULL), OK);
  assert_int_equal(pair_info(&pair).version, 0x0304);
  pair_close(&pair);
}

static void nothing_is_known_before_the_hello(void **state) {
  const pair_options options = {0};
  struct {
    size_t struct_size;
    uint16_t version;
  } small = {offsetof(shako_tls_info, cipher), 7};
  shako_tls_info info;
  tls_pair pair;

  (void)state;
  open_pair(&pair, &options);
  assert_int_equal(pair.engine->handshake(pair.conn), WANT_RECV);
  info = pair_info(&pair);
  assert_int_equal(info.version, 0);
  assert_null(info.cipher);
  assert_null(info.group);
  assert_int_equal(info.failure, SHAKO_TLS_FAILURE_NONE);
  assert_int_equal(info.alert, -1);
  pair.engine->info(pair.conn, (shako_tls_info *)(void *)&small);
  assert_int_equal(small.version, 0);
  pair_close(&pair);
}

/* The first two groups of a client: in TLS 1.3 it has a key for the first, and
   is asked for one of the second where we do not take it. */
static void the_group_has_its_name(void **state) {
  static const struct {
    uint16_t groups[3];
    const char *name;
  } rows[] = {
      {{MBEDTLS_SSL_IANA_TLS_GROUP_X25519}, "x25519"},
      {{MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1}, "secp256r1"},
      {{MBEDTLS_SSL_IANA_TLS_GROUP_SECP384R1}, "secp384r1"},
      {{MBEDTLS_SSL_IANA_TLS_GROUP_SECP521R1,
        MBEDTLS_SSL_IANA_TLS_GROUP_SECP384R1},
       "secp384r1"},
  };
  size_t i;

  (void)state;
  for (i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
    const pair_options options = {.client_max = versions[i % 2],
                                  .groups = rows[i / 2].groups};
    tls_pair pair;

    open_pair(&pair, &options);
    assert_int_equal(pair_handshake(&pair, NULL), OK);
    assert_int_equal(pair_info(&pair).version, versions[i % 2]);
    assert_string_equal(pair_info(&pair).group, rows[i / 2].name);
    pair_close(&pair);
  }
}

#if defined(MBEDTLS_KEY_EXCHANGE_RSA_ENABLED)
static void without_an_exchange_of_keys_there_is_no_group(void **state) {
  static const int suites[] = {MBEDTLS_TLS_RSA_WITH_AES_128_CBC_SHA, 0};
  const pair_options options = {.client_max = TLS_1_2,
                                .suites = suites,
                                .level = SHAKO_TLS_CIPHERS_LEGACY};
  tls_pair pair;

  (void)state;
  open_pair(&pair, &options);
  assert_int_equal(pair_handshake(&pair, NULL), OK);
  assert_null(pair_info(&pair).group);
  pair_close(&pair);
}
#endif

static void the_certificate_fits_the_client(void **state) {
  static const int rsa_suites[] = {
      MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, 0};
  static const uint16_t rsa_algorithms[] = {
      MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA256, MBEDTLS_TLS1_3_SIG_NONE};
  const pair_options tls_1_2 = {.client_max = TLS_1_2, .suites = rsa_suites};
  const pair_options tls_1_3 = {.client_min = TLS_1_3,
                                .signature_algorithms = rsa_algorithms};
  tls_pair pair;

  (void)state;
  open_pair(&pair, &tls_1_2);
  assert_int_equal(pair_handshake(&pair, NULL), OK);
  assert_string_equal(pair_info(&pair).cipher,
                      "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384");
  pair_close(&pair);

  open_pair(&pair, &tls_1_3);
  assert_int_equal(pair_handshake(&pair, NULL), OK);
  pair_close(&pair);
}

static void the_first_of_a_kind_is_shown(void **state) {
  const pair_options options = {0};
  char text[ENGINE_MESSAGE_SIZE];
  shako_certificate *two[2] = {bench.both[1], NULL};
  tls_pair pair;

  (void)state;
  assert_int_equal(bench.kit->demonstration(&two[1], "mail.example.org",
                                            1764000000, NULL, text),
                   0);
  open_pair_with(&pair, two, 2, &options);
  assert_int_equal(pair_handshake(&pair, NULL), OK);
  assert_true(mbedtls_x509_dn_gets(
                  text, sizeof(text),
                  &mbedtls_ssl_get_peer_cert(&pair.client)->subject) > 0);
  assert_null(strstr(text, "demonstration"));
  pair_close(&pair);
  shako_certificate_unref(two[1]);
}

/* The client's key share is for a group that is not ours: the hello comes
   twice, and the certificates are asked for twice. */
static void a_second_hello_is_no_trouble(void **state) {
  static const uint16_t groups[] = {MBEDTLS_SSL_IANA_TLS_GROUP_SECP521R1,
                                    MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1, 0};
  const pair_options options = {.client_min = TLS_1_3, .groups = groups};
  tls_pair pair;

  (void)state;
  open_pair(&pair, &options);
  assert_int_equal(pair_handshake(&pair, NULL), OK);
  assert_talks(&pair, "EHLO client.example\r\n");
  pair_close(&pair);
}

/* Nothing is kept of a session, and nothing for it given away. */
static void no_session_is_resumed(void **state) {
  size_t i;

  (void)state;
  for (i = 0; i < 2; i++) {
    const pair_options options = {.client_max = versions[i]};
    mbedtls_ssl_session session;
    size_t first;
    tls_pair pair;

    mbedtls_ssl_session_init(&session);
    open_done(&pair, versions[i]);
    assert_int_equal(pair.to_client.len, 0); /* no ticket */
    first = pair.sent;
    if (i == 0) {
      assert_int_equal(mbedtls_ssl_get_session(&pair.client, &session), 0);
    }
    pair_close(&pair);

    open_pair(&pair, &options);
    if (i == 0) {
      assert_int_equal(mbedtls_ssl_set_session(&pair.client, &session), 0);
    }
    assert_int_equal(pair_handshake(&pair, NULL), OK);
    assert_in_range(pair.sent, first - 16, first + 16);
    pair_close(&pair);
    mbedtls_ssl_session_free(&session);
  }
}

#if defined(MBEDTLS_SSL_KEYING_MATERIAL_EXPORT)
/* The engine's is that of the client, which is of another library or at least
   of the other side; and there is none where it would bind nothing. */
static void the_channel_binding_is_the_clients(void **state) {
  static const char label[] = "EXPORTER-Channel-Binding";
  uint8_t ours[SHAKO_CHANNEL_BINDING_SIZE];
  uint8_t theirs[SHAKO_CHANNEL_BINDING_SIZE];
  size_t i;

  (void)state;
  for (i = 0; i < 3; i++) {
    const pair_options options = {.client_max = versions[i % 2],
                                  .no_extended_master_secret = i == 2};
    bool binds = i == 1 || (i == 0 && bench.kit->binds_1_2);
    tls_pair pair;

    open_pair(&pair, &options);
    assert_int_equal(pair_handshake(&pair, NULL), OK);
    assert_int_equal(pair.engine->channel_binding(pair.conn, ours),
                     binds ? OK : FAILED);
    assert_int_equal(mbedtls_ssl_export_keying_material(
                         &pair.client, theirs, sizeof(theirs), label,
                         sizeof(label) - 1, (const uint8_t *)"", 0, 1),
                     0);
    if (binds) {
      assert_memory_equal(ours, theirs, sizeof(ours));
    }
    assert_talks(&pair, "AUTH SCRAM-SHA-256-PLUS\r\n");
    pair_close(&pair);
  }
}
#endif

int engine_works_run(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(versions_are_agreed),
    cmocka_unit_test(the_newest_version_wins),
    cmocka_unit_test(a_floor_of_1_3_serves_1_3),
    cmocka_unit_test(nothing_is_known_before_the_hello),
    cmocka_unit_test(the_group_has_its_name),
#if defined(MBEDTLS_KEY_EXCHANGE_RSA_ENABLED)
    cmocka_unit_test(without_an_exchange_of_keys_there_is_no_group),
#endif
    cmocka_unit_test(the_certificate_fits_the_client),
    cmocka_unit_test(the_first_of_a_kind_is_shown),
    cmocka_unit_test(a_second_hello_is_no_trouble),
    cmocka_unit_test(no_session_is_resumed),
#if defined(MBEDTLS_SSL_KEYING_MATERIAL_EXPORT)
    cmocka_unit_test(the_channel_binding_is_the_clients),
#endif
  };

  return cmocka_run_group_tests_name("engine_works", tests, bench_setup,
                                     bench_teardown);
}
