/* What the checks say of certificates made on the spot, and which of a table's
   a client gets. */
#include "certificate_maker.h"
#include "engine_bench.h"
#include "session_pair.h"

#include <psa/crypto.h>

#include "base/ascii.h"

/* 1 January of 2020, and of 2030, and a day between. */
#define FROM INT64_C(1577836800)
#define TO   INT64_C(1893456000)
#define NOW  INT64_C(1764000000)

/* Parses the chain |pem| with the key of |of|. */
static shako_certificate *parse(const octets *pem, const made_certificate *of) {
  const shako_certificate_source source = {
      .struct_size = sizeof(source),
      .chain = {pem->ptr, pem->len},
      .key = {of->key_pem.ptr, of->key_pem.len},
  };
  char message[ENGINE_MESSAGE_SIZE];
  shako_certificate *certificate = NULL;
  int error =
      bench.kit->certificate_parse(&certificate, &source, NULL, message);

  if (error != 0) {
    fail_msg("%d: %s", error, message);
  }
  return certificate;
}

static void check(shako_certificate_report *report,
                  const shako_certificate *certificate, const char *hostname,
                  int64_t now) {
  report->struct_size = sizeof(*report);
  assert_int_equal(shako_certificate_check(certificate, hostname, now, report),
                   0);
}

/* Asserts that the warnings of |report| are |reasons|, "a b" in their order. */
static void assert_warnings(const shako_certificate_report *report,
                            const char *reasons) {
  octets got = {0};
  size_t i;

  for (i = 0; i < report->warning_count; i++) {
    octets_print(&got, "%s%s@%u", i > 0 ? " " : "", report->warnings[i].reason,
                 (unsigned)report->warnings[i].index);
  }
  assert_string_equal(octets_text(&got), reasons);
  octets_free(&got);
}

static void assert_digest(const char *text, const mbedtls_x509_crt *crt) {
  uint8_t digest[32];
  octets want = {0};
  size_t len;
  size_t i;

  assert_int_equal(psa_hash_compute(PSA_ALG_SHA_256, crt->pk_raw.p,
                                    crt->pk_raw.len, digest, sizeof(digest),
                                    &len),
                   0);
  for (i = 0; i < sizeof(digest); i++) {
    octets_print(&want, "%02x", digest[i]);
  }
  assert_string_equal(text, octets_text(&want));
  octets_free(&want);
}

/* --- the leaf --------------------------------------------------------------
 */

static void keys_are_told(void **state) {
  static const struct {
    const char *key;
    const char *curve;
    uint32_t bits;
    const char *signature;
  } rows[] = {
      {"RSA", NULL, 2048, "sha256WithRSAEncryption"},
      {"ECDSA", "P-256", 256, "ecdsa-with-SHA256"},
  };
  size_t i;

  (void)state;
  for (i = 0; i < 2; i++) {
    shako_certificate_report report;
    shown what;

    check(&report, bench.both[i], "mail.example.org", NOW);
    assert_string_equal(report.key, rows[i].key);
    if (rows[i].curve == NULL) {
      assert_null(report.curve);
    } else {
      assert_string_equal(report.curve, rows[i].curve);
    }
    assert_int_equal(report.key_bits, rows[i].bits);
    assert_string_equal(report.signature, rows[i].signature);
    assert_int_equal(report.key_fits, 1);
    assert_int_equal(report.matches, 1);
    assert_int_equal(report.self_signed, 1);
    assert_int_equal(report.is_demonstration, 0);
    assert_int_equal(report.chain_length, 1);
    assert_int_equal(report.in_order, 1);
    assert_int_equal(report.issuer_missing, 0);
    assert_int_equal(report.not_before, INT64_C(946684800));
    assert_int_equal(report.not_after, INT64_C(4102444800));
    assert_int_equal(report.name_count, 1);
    assert_string_equal(report.issuer_spki_sha256, "");
    assert_warnings(&report, "self-signed@0");

    show(&what, shako_certificate_ref(bench.both[i]));
    assert_digest(report.spki_sha256, what.chain);
    hide(&what);
  }
}

static void dates_are_judged(void **state) {
  static const struct {
    int64_t now;
    int64_t days_left;
    const char *warnings;
  } rows[] = {
      {FROM - 1, 3653, "self-signed@0 not-yet-valid@0"},
      {FROM, 3653, "self-signed@0"},
      {NOW, 1498, "self-signed@0"},
      {TO - 14 * 86400, 14, "self-signed@0"},
      {TO - 14 * 86400 + 1, 13, "self-signed@0 expires-soon@0"},
      {TO, 0, "self-signed@0 expires-soon@0"},
      {TO + 1, -1, "self-signed@0 expired@0"},
      {TO + 86400, -1, "self-signed@0 expired@0"},
      {TO + 86401, -2, "self-signed@0 expired@0"},
  };
  static const char *const names[] = {"a.example", NULL};
  const made_options options = {.name = "leaf", .dns_names = names};
  shako_certificate_report report;
  shako_certificate *certificate;
  made_certificate leaf;
  size_t i;

  (void)state;
  make_certificate(&leaf, &options);
  certificate = parse(&leaf.pem, &leaf);
  for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    check(&report, certificate, NULL, rows[i].now);
    assert_int_equal(report.not_before, FROM);
    assert_int_equal(report.not_after, TO);
    assert_int_equal(report.days_left, rows[i].days_left);
    assert_warnings(&report, rows[i].warnings);
  }
  shako_certificate_unref(certificate);
  unmake_certificate(&leaf);
}

/* The dates change their form in 2050. */
static void old_and_late_dates_are_read(void **state) {
  const made_options options = {
      .name = "leaf", .from = "19700102030405", .to = "20991231235959"};
  shako_certificate_report report;
  shako_certificate *certificate;
  made_certificate leaf;

  (void)state;
  make_certificate(&leaf, &options);
  certificate = parse(&leaf.pem, &leaf);
  check(&report, certificate, NULL, NOW);
  assert_int_equal(report.not_before, 86400 + 3 * 3600 + 4 * 60 + 5);
  assert_int_equal(report.not_after, INT64_C(4102444799));
  assert_warnings(&report, "self-signed@0 no-names@0");
  shako_certificate_unref(certificate);
  unmake_certificate(&leaf);
}

static void names_are_judged(void **state) {
  static const char *const names[] = {"A.example", "*.b.example", "x y", NULL};
  static const struct {
    const char *hostname;
    uint8_t matches;
  } rows[] = {
      {"a.EXAMPLE", 1},   {"a.example.", 1},    {"c.b.example", 1},
      {"b.example", 0},   {"d.c.b.example", 0}, {"x y", 0},
      {"*.b.example", 0}, {"leaf", 0},          {"", 0},
  };
  const made_options options = {.name = "leaf", .dns_names = names};
  shako_certificate_report report;
  shako_certificate *certificate;
  made_certificate leaf;
  size_t i;

  (void)state;
  make_certificate(&leaf, &options);
  certificate = parse(&leaf.pem, &leaf);
  for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    check(&report, certificate, rows[i].hostname, NOW);
    assert_string_equal(report.hostname, rows[i].hostname);
    assert_int_equal(report.matches, rows[i].matches);
    assert_warnings(&report, rows[i].matches ? "self-signed@0"
                                             : "self-signed@0 name-mismatch@0");
  }
  assert_int_equal(report.name_count, 3);
  assert_memory_equal(report.names[0].ptr, names[0], strlen(names[0]));
  assert_int_equal(report.names[1].len, strlen(names[1]));
  assert_int_equal(report.names[2].len, strlen(names[2]));
  shako_certificate_unref(certificate);
  unmake_certificate(&leaf);
}

static void the_demonstration_is_known(void **state) {
  char message[ENGINE_MESSAGE_SIZE];
  shako_certificate_report report;
  shako_certificate *certificate = NULL;

  (void)state;
  assert_int_equal(bench.kit->demonstration(&certificate, "mx.example.org", NOW,
                                            NULL, message),
                   0);
  check(&report, certificate, "mx.example.org", NOW);
  assert_int_equal(report.is_demonstration, 1);
  assert_int_equal(report.matches, 1);
  assert_int_equal(report.days_left, 30);
  assert_warnings(&report, "demonstration@0");
  shako_certificate_unref(certificate);
}

/* --- the chain -------------------------------------------------------------
 */

/* What chains are made of. */
enum {
  LEAF,         /* of a.example, by MIDDLE */
  MIDDLE,       /* by ROOT */
  ROOT,         /* by itself */
  STRANGE,      /* by itself */
  FALSE_MIDDLE, /* another with the name of MIDDLE */
  EXPIRED_MIDDLE,
  EARLY_MIDDLE,
  NO_AUTHORITY, /* likewise; it may not sign */
  MADE
};

/* Makes them.  Those that stand for MIDDLE have its name, but not its key. */
static void make_all(made_certificate *made) {
  static const char *const names[] = {"a.example", NULL};
  const made_options all[MADE] = {
      [ROOT] = {.name = "root", .is_authority = true},
      [STRANGE] = {.name = "strange", .is_authority = true},
      [MIDDLE] = {.name = "middle",
                  .issuer = &made[ROOT],
                  .is_authority = true},
      [FALSE_MIDDLE] = {.name = "middle",
                        .issuer = &made[ROOT],
                        .is_authority = true},
      [EXPIRED_MIDDLE] = {.name = "middle",
                          .issuer = &made[ROOT],
                          .to = "20250101000000",
                          .is_authority = true},
      [EARLY_MIDDLE] = {.name = "middle",
                        .issuer = &made[ROOT],
                        .from = "20280101000000",
                        .is_authority = true},
      [NO_AUTHORITY] = {.name = "middle", .issuer = &made[ROOT]},
      [LEAF] = {.name = "leaf", .issuer = &made[MIDDLE], .dns_names = names},
  };
  static const int order[] = {
      ROOT,           STRANGE,      MIDDLE,       FALSE_MIDDLE,
      EXPIRED_MIDDLE, EARLY_MIDDLE, NO_AUTHORITY, LEAF};
  size_t i;

  for (i = 0; i < MADE; i++) {
    make_certificate(&made[order[i]], &all[order[i]]);
  }
}

static void chains_are_judged(void **state) {
  static const struct {
    int members[4]; /* -1 ends them */
    const char *warnings;
    int in_order;
    int issuer_missing;
  } rows[] = {
      {{LEAF, MIDDLE, -1}, "", 1, 0},
      {{LEAF, MIDDLE, ROOT, -1}, "", 1, 0},
      {{LEAF, -1}, "missing-intermediate@0", 1, 1},
      {{LEAF, ROOT, -1}, "chain-extra@1 missing-intermediate@0", 0, 1},
      {{LEAF, ROOT, MIDDLE, -1}, "chain-order@0", 0, 0},
      {{LEAF, STRANGE, MIDDLE, -1}, "chain-order@0 chain-extra@1", 0, 0},
      {{LEAF, MIDDLE, STRANGE, -1}, "chain-extra@2", 0, 0},
      {{LEAF, LEAF, MIDDLE, -1}, "chain-order@0 chain-extra@1", 0, 0},
      {{LEAF, FALSE_MIDDLE, -1}, "chain-signature@0", 0, 0},
      {{LEAF, NO_AUTHORITY, -1}, "chain-signature@0", 0, 0},
      {{LEAF, EXPIRED_MIDDLE, -1}, "chain-signature@0 expired@1", 0, 0},
      {{LEAF, EARLY_MIDDLE, ROOT, -1},
       "chain-signature@0 not-yet-valid@1",
       0,
       0},
  };
  made_certificate made[MADE];
  size_t i;
  size_t j;

  (void)state;
  make_all(made);
  for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    shako_certificate_report report;
    shako_certificate *certificate;
    octets pem = {0};

    for (j = 0; j < 4 && rows[i].members[j] >= 0; j++) {
      octets_add_text(&pem, octets_text(&made[rows[i].members[j]].pem));
    }
    certificate = parse(&pem, &made[LEAF]);
    check(&report, certificate, "a.example", NOW);
    assert_warnings(&report, rows[i].warnings);
    assert_int_equal(report.chain_length, j);
    assert_int_equal(report.in_order, rows[i].in_order);
    assert_int_equal(report.issuer_missing, rows[i].issuer_missing);
    assert_int_equal(report.self_signed, 0);
    shako_certificate_unref(certificate);
    octets_free(&pem);
  }
  for (i = 0; i < MADE; i++) {
    unmake_certificate(&made[i]);
  }
}

/* Only the date of a member that did sign is wrong. */
static void an_issuer_may_have_expired(void **state) {
  static const char *const names[] = {"a.example", NULL};
  made_certificate made[3];
  const made_options root = {.name = "root", .is_authority = true};
  const made_options middle = {.name = "middle",
                               .issuer = &made[0],
                               .to = "20250101000000",
                               .is_authority = true};
  const made_options leaf = {
      .name = "leaf", .issuer = &made[1], .dns_names = names};
  shako_certificate_report report;
  shako_certificate *certificate;
  octets pem = {0};
  shown what;
  size_t i;

  (void)state;
  make_certificate(&made[0], &root);
  make_certificate(&made[1], &middle);
  make_certificate(&made[2], &leaf);
  octets_add_text(&pem, octets_text(&made[2].pem));
  octets_add_text(&pem, octets_text(&made[1].pem));
  certificate = parse(&pem, &made[2]);
  check(&report, certificate, "a.example", NOW);
  assert_warnings(&report, "expired@1");
  assert_int_equal(report.in_order, 1);

  /* The digests for TLSA records are those of what a client sees. */
  show(&what, certificate);
  assert_digest(report.spki_sha256, what.chain);
  assert_digest(report.issuer_spki_sha256, what.chain->next);
  hide(&what);
  octets_free(&pem);
  for (i = 0; i < 3; i++) {
    unmake_certificate(&made[i]);
  }
}

/* --- tables ----------------------------------------------------------------
 */

typedef enum kind { ECDSA, RSA } kind;

static kind kind_of(const mbedtls_x509_crt *crt) {
  psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;

  assert_non_null(crt);
  assert_int_equal(mbedtls_pk_get_psa_attributes(
                       &crt->pk, PSA_KEY_USAGE_VERIFY_HASH, &attributes),
                   0);
  return PSA_KEY_TYPE_IS_RSA(psa_get_key_type(&attributes)) ? RSA : ECDSA;
}

/* Asserts that a client of |options| that asks for |name| is shown a key of
   |what| on certificates from |table|. */
static void assert_shown(const shako_certificate_table *table, const char *name,
                         const pair_options *options, kind what) {
  size_t count;
  shako_certificate *const *found =
      shako_certificate_table_find(table, shako__span(name), &count);
  int result = -1;
  tls_pair pair;

  open_pair_with(&pair, (shako_certificate **)found, count, options);
  assert_int_equal(pair_handshake(&pair, &result), OK);
  assert_int_equal(result, 0);
  assert_int_equal(kind_of(mbedtls_ssl_get_peer_cert(&pair.client)), what);
  pair_close(&pair);
}

/* RSA and ECDSA for one name: what the client can use, or else ECDSA. */
static void a_client_gets_what_it_can_use(void **state) {
  static const int rsa[] = {MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, 0};
  static const int ecdsa[] = {MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
                              0};
  static const uint16_t rsa_signatures[] = {
      MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA256,
      MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA256, MBEDTLS_TLS1_3_SIG_NONE};
  static const uint16_t ecdsa_signatures[] = {
      MBEDTLS_TLS1_3_SIG_ECDSA_SECP256R1_SHA256, MBEDTLS_TLS1_3_SIG_NONE};
  const pair_options rsa_1_2 = {.client_max = TLS_1_2, .suites = rsa};
  const pair_options ecdsa_1_2 = {.client_max = TLS_1_2, .suites = ecdsa};
  const pair_options any_1_2 = {.client_max = TLS_1_2};
  const pair_options rsa_1_3 = {.client_min = TLS_1_3,
                                .signature_algorithms = rsa_signatures};
  const pair_options ecdsa_1_3 = {.client_min = TLS_1_3,
                                  .signature_algorithms = ecdsa_signatures};
  shako_certificate_table *table = NULL;

  (void)state;
  assert_int_equal(shako_certificate_table_new(&table, NULL), 0);
  assert_int_equal(shako_certificate_table_add(table, NULL, bench.both[0]), 0);
  assert_int_equal(shako_certificate_table_add(table, NULL, bench.both[1]), 0);
  assert_shown(table, "mail.example.org", &rsa_1_2, RSA);
  assert_shown(table, "MAIL.example.org.", &ecdsa_1_2, ECDSA);
  assert_shown(table, "mail.example.org", &any_1_2, ECDSA);
  assert_shown(table, "mail.example.org", &rsa_1_3, RSA);
  assert_shown(table, "mail.example.org", &ecdsa_1_3, ECDSA);
  assert_shown(table, "other.example.org", &rsa_1_2, RSA);
  shako_certificate_table_unref(table);
}

/* Opens a listener whose certificates are those in |slot|. */
static shako_listener *open_listener(shako_certificate_slot *slot) {
  shako_certificate_provider provider;
  shako_listener_config config;
  shako_listener *listener = NULL;
  shako_policy policy;
  const char *reason = NULL;

  shako_certificate_provider_table(&provider, slot);
  shako_policy_default(&policy);
  policy.tls = SHAKO_TLS_SETTING_REQUIRED;
  shako_listener_config_default(&config);
  config.hostname = "mail.example.org";
  config.policy = &policy;
  config.engine = bench.kit->engine();
  config.context = bench.context;
  config.certificates = &provider;
  assert_int_equal(shako_listener_new(&listener, &config, NULL, &reason), 0);
  return listener;
}

/* The table in a slot: |name| has the certificate |its|, all else |other|. */
static shako_certificate_table *
make_table(const char *name, shako_certificate *its, shako_certificate *other) {
  shako_certificate_table *table = NULL;

  assert_int_equal(shako_certificate_table_new(&table, NULL), 0);
  assert_int_equal(shako_certificate_table_add(table, name, its), 0);
  assert_int_equal(shako_certificate_table_add_default(table, other), 0);
  return table;
}

/* Goes through a session with |listener|, whose client asks for mx.example.org
   and is to see a key of |what|. */
static void assert_served(shako_listener *listener, kind what) {
  session_pair pair;

  assert_int_equal(session_pair_open(&pair, listener, false), 0);
  session_pair_secure(&pair);
  assert_true(pair.secure);
  assert_int_equal(kind_of(mbedtls_ssl_get_peer_cert(&pair.client.ssl)), what);
  assert_true(session_pair_deliver(&pair));
  session_pair_end(&pair);
  session_pair_close(&pair);
}

/* Sessions get what the table of their time has for the client's name. */
static void a_session_asks_the_table(void **state) {
  shako_certificate *rsa = bench.both[0];
  shako_certificate *ecdsa = bench.both[1];
  shako_certificate_table *tables[] = {
      make_table("mx.example.org", rsa, ecdsa),
      make_table("*.example.org", ecdsa, rsa),
      make_table("example.org", ecdsa, rsa),
  };
  const kind kinds[] = {RSA, ECDSA, RSA};
  shako_certificate_slot *slot = NULL;
  shako_listener *listener;
  size_t i;

  (void)state;
  assert_int_equal(shako_certificate_slot_new(&slot, tables[2], NULL), 0);
  listener = open_listener(slot);
  for (i = 0; i < 3; i++) {
    shako_certificate_slot_set(slot, tables[i]);
    shako_certificate_table_unref(tables[i]);
    assert_served(listener, kinds[i]);
  }
  shako_listener_unref(listener);
  shako_certificate_slot_free(slot);
}

int certificate_checks_run(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(keys_are_told),
      cmocka_unit_test(dates_are_judged),
      cmocka_unit_test(old_and_late_dates_are_read),
      cmocka_unit_test(names_are_judged),
      cmocka_unit_test(the_demonstration_is_known),
      cmocka_unit_test(chains_are_judged),
      cmocka_unit_test(an_issuer_may_have_expired),
      cmocka_unit_test(a_client_gets_what_it_can_use),
      cmocka_unit_test(a_session_asks_the_table),
  };

  return cmocka_run_group_tests_name("certificate_checks", tests, bench_setup,
                                     bench_teardown);
}
