/* What a ClientHello asks for: a protocol, a certificate by name; and in how
   many pieces it comes. */
#include "client_hellos.h"
#include "engine_bench.h"
#include "session_pair.h"

#define NO_APPLICATION_PROTOCOL MBEDTLS_SSL_ALERT_MSG_NO_APPLICATION_PROTOCOL

/* --- protocols (RFC 7301) ------------------------------------------------- */

static const char *smtp[] = {"smtp", NULL};
static const char *esmtp[] = {"esmtp", NULL};
static const char *both[] = {"esmtp", "smtp", NULL};
static const char *h2_smtp[] = {"h2", "http/1.1", "smtp", NULL};
static const char *h2[] = {"h2", NULL};
static const char *http[] = {"h2", "http/1.1", NULL};
static const char *others[] = {"SMTP", "smtps", "smt", "imap", NULL};

/* Shakes hands with a client that offers |protocols|, which are served and
   |want| (NULL: none) selected, or are refused. */
static void offer(const char **protocols, bool alpn_any, bool served,
                  const char *want) {
  size_t i;

  for (i = 0; i < 2; i++) {
    const pair_options options = {.client_max = versions[i],
                                  .protocols = protocols,
                                  .alpn_any = alpn_any};
    const char *selected;
    int result = 1;
    tls_pair pair;

    open_pair(&pair, &options);
    assert_int_equal(pair_handshake(&pair, &result), served ? OK : FAILED);
    if (served) {
      assert_int_equal(result, 0);
      assert_talks(&pair, "EHLO client.example\r\n");
      selected = mbedtls_ssl_get_alpn_protocol(&pair.client);
      assert_int_equal(selected == NULL, want == NULL);
      assert_string_equal(selected ? selected : "", want ? want : "");
    } else {
      assert_int_equal(result, MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE);
      assert_int_equal(pair_info(&pair).alert, NO_APPLICATION_PROTOCOL);
      assert_failed(&pair, SHAKO_TLS_FAILURE_NO_SHARED_PROTOCOL);
    }
    pair_close(&pair);
  }
}

static void t20_smtp_is_selected(void **state) {
  (void)state;
  offer(smtp, false, true, "smtp");
  offer(esmtp, false, true, "esmtp");
  offer(both, false, true, "smtp"); /* in our order */
  offer(h2_smtp, false, true, "smtp");
}

static void t20_a_client_without_protocols_is_served(void **state) {
  (void)state;
  offer(NULL, false, true, NULL);
  offer(NULL, true, true, NULL);
}

static void t20_clients_of_other_protocols_are_refused(void **state) {
  (void)state;
  offer(h2, false, false, NULL);
  offer(http, false, false, NULL);
  offer(others, false, false, NULL);
}

static void alpn_any_takes_all_and_selects_none(void **state) {
  (void)state;
  offer(h2, true, true, NULL);
  offer(smtp, true, true, NULL);
  offer(others, true, true, NULL);
}

/* --- pieces --------------------------------------------------------------- */

/* The client's first flight comes in records of |most| octets. */
static void split(const pair_options *options, size_t most, size_t at_once) {
  octets records = {0};
  tls_pair pair;
  int result;

  open_pair(&pair, options);
  pair.at_once = at_once;
  (void)mbedtls_ssl_handshake(&pair.client);
  client_hello_split(&records, &pair.to_engine, most);
  octets_clear(&pair.to_engine);
  octets_add(&pair.to_engine, records.ptr, records.len);
  octets_free(&records);
  assert_int_equal(pair_engine_handshake(&pair), WANT_RECV);
  assert_int_equal(pair_handshake(&pair, &result), OK);
  assert_int_equal(result, 0);
  assert_talks(&pair, "EHLO client.example\r\n");
  pair_close(&pair);
}

/* mbed TLS wants the header of a message, four octets, in one record. */
static void t32_a_hello_may_come_in_many_records(void **state) {
  static const size_t sizes[] = {4, 5, 100, 255};
  size_t i;

  (void)state;
  for (i = 0; i < 2 * sizeof(sizes) / sizeof(sizes[0]); i++) {
    const pair_options options = {.client_max = versions[i % 2]};

    split(&options, sizes[i / 2], 0);
    split(&options, sizes[i / 2], 1);
  }
}

/* --- what select() sees, in a session ------------------------------------- */

/* The last hello that select() was shown. */
typedef struct sight {
  unsigned selects;
  octets name;
  uint16_t version;
  bool ecdsa, rsa, secret;
} sight;

static shako_provider_status ready(void *ctx) {
  (void)ctx;
  return SHAKO_PROVIDER_OK;
}

static shako_provider_status select_both(void *ctx,
                                         const shako_client_hello *hello,
                                         shako_certificate **certificates,
                                         size_t *count) {
  sight *seen = ctx;

  seen->selects++;
  octets_clear(&seen->name);
  octets_add(&seen->name, hello->server_name.ptr, hello->server_name.len);
  seen->version = hello->version;
  seen->ecdsa = hello->can_ecdsa;
  seen->rsa = hello->can_rsa;
  seen->secret = hello->extended_master_secret;
  certificates[0] = shako_certificate_ref(bench.both[0]);
  certificates[1] = shako_certificate_ref(bench.both[1]);
  *count = 2;
  return SHAKO_PROVIDER_OK;
}

static shako_listener *make_listener(sight *seen, uint16_t floor) {
  const shako_certificate_provider provider = {sizeof(provider), seen, ready,
                                               select_both};
  shako_listener *listener;
  shako_listener_config config;
  shako_policy policy;
  const char *reason = NULL;

  memset(seen, 0, sizeof(*seen));
  shako_policy_default(&policy);
  policy.tls = SHAKO_TLS_SETTING_REQUIRED;
  policy.tls_min_version = floor;
  shako_listener_config_default(&config);
  config.hostname = "mail.example.org";
  config.policy = &policy;
  config.engine = bench.kit->engine();
  config.context = bench.context;
  config.certificates = &provider;
  assert_int_equal(shako_listener_new(&listener, &config, NULL, &reason), 0);
  return listener;
}

static void t32_select_sees_the_name_in_any_pieces(void **state) {
  static const size_t pieces[] = {0, 1, 2, 100, 200};
  size_t i;

  (void)state;
  for (i = 0; i < 2 * sizeof(pieces) / sizeof(pieces[0]); i++) {
    bool only_1_2 = i % 2 == 0;
    sight seen;
    shako_listener *listener = make_listener(&seen, 0x0303);
    session_pair pair;

    assert_int_equal(session_pair_open(&pair, listener, only_1_2), 0);
    pair.at_once = pieces[i / 2];
    session_pair_secure(&pair);
    assert_true(session_pair_deliver(&pair));
    assert_int_equal(seen.selects, 1);
    assert_string_equal(octets_text(&seen.name), "mx.example.org");
    assert_int_equal(seen.version, only_1_2 ? 0x0303 : 0x0304);
    assert_true(seen.ecdsa && seen.rsa && seen.secret);
    session_pair_end(&pair);
    session_pair_close(&pair);
    octets_free(&seen.name);
    shako_listener_unref(listener);
  }
}

/* There is no version in common: the provider saw which the client has. */
static void t31_the_client_s_versions_are_seen(void **state) {
  sight seen;
  shako_listener *listener = make_listener(&seen, 0x0304);
  session_pair pair;

  (void)state;
  assert_int_equal(session_pair_open(&pair, listener, true), 0);
  session_pair_secure(&pair);
  session_pair_end(&pair);
  assert_false(pair.secure);
  assert_string_equal(pair.how, "tls-failed");
  assert_int_equal(pair.failure, SHAKO_TLS_FAILURE_NO_SHARED_VERSION);
  assert_int_equal(seen.version, 0x0303);
  session_pair_close(&pair);
  octets_free(&seen.name);
  shako_listener_unref(listener);
}

int engine_hello_run(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(t20_smtp_is_selected),
      cmocka_unit_test(t20_a_client_without_protocols_is_served),
      cmocka_unit_test(t20_clients_of_other_protocols_are_refused),
      cmocka_unit_test(alpn_any_takes_all_and_selects_none),
      cmocka_unit_test(t32_a_hello_may_come_in_many_records),
      cmocka_unit_test(t32_select_sees_the_name_in_any_pieces),
      cmocka_unit_test(t31_the_client_s_versions_are_seen),
  };

  return cmocka_run_group_tests_name("engine_hello", tests, bench_setup,
                                     bench_teardown);
}
