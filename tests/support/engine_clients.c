#include "engine_bench.h"

#include "client_files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/*
 * Clients' certificates: what an engine says of each, against which authorities
 * and revocation lists.  The certificates are in the folder "clients".
 */

/* A fault of the first kind may hide one of the second. */
#define ABSENT    SHAKO_CLIENT_FAULT_ABSENT
#define REVOKED   SHAKO_CLIENT_FAULT_REVOKED
#define EXPIRED   SHAKO_CLIENT_FAULT_EXPIRED
#define NOT_YET   SHAKO_CLIENT_FAULT_NOT_YET
#define WEAK      SHAKO_CLIENT_FAULT_WEAK
#define UNTRUSTED SHAKO_CLIENT_FAULT_UNTRUSTED
#define NO_CRL    SHAKO_CLIENT_FAULT_NO_CRL
#define PURPOSE   SHAKO_CLIENT_FAULT_PURPOSE

typedef struct row {
  const char *name;        /* of the client's; NULL: none */
  const char *authorities; /* NULL: there are none */
  const char *crl;
  uint32_t faults;
  uint32_t may; /* be there too */
} row;

static void every_client_is_judged(void **state) {
  static const row rows[] = {
      {"good", "authority.pem", NULL, 0, 0},
      {"plain", "authority.pem", NULL, 0, 0},
      {"rsa", "authority.pem", NULL, 0, 0},
      {"good", "both-authorities.pem", NULL, 0, 0},
      {"stranger", "both-authorities.pem", NULL, 0, 0},
      {"below", "authority.pem", NULL, 0, 0},
      {"below", "between.pem", NULL, 0, 0},
      {NULL, "authority.pem", NULL, ABSENT, 0},
      {NULL, NULL, NULL, ABSENT, 0},
      {"good", NULL, NULL, UNTRUSTED, 0},
      /* T24: they are all there are. */
      {"good", "other-authority.pem", NULL, UNTRUSTED, 0},
      {"stranger", "authority.pem", NULL, UNTRUSTED, 0},
      {"alone", "authority.pem", NULL, UNTRUSTED, 0},
      /* A client is no authority, whoever signed its own. */
      {"of-leaf", "authority.pem", NULL, UNTRUSTED, PURPOSE},
      {"expired", "authority.pem", NULL, EXPIRED, 0},
      {"future", "authority.pem", NULL, NOT_YET, 0},
      {"server", "authority.pem", NULL, PURPOSE, 0},
      {"weak", "authority.pem", NULL, WEAK, 0},
      {"good", "authority.pem", "authority.crl", 0, 0},
      {"revoked", "authority.pem", NULL, 0, 0},
      {"revoked", "authority.pem", "authority.crl", REVOKED, 0},
      {"good", "authority.pem", "stale.crl", NO_CRL, 0},
      {"good", "authority.pem", "other.crl", NO_CRL, 0},
      {"good", "both-authorities.pem", "other.crl", NO_CRL, 0},
      {"stranger", "both-authorities.pem", "other.crl", 0, 0},
      {"below", "authority.pem", "authority.crl", NO_CRL, 0},
  };

  (void)state;
  for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
    const row *r = &rows[i / 2];
    shako_authorities *authorities =
        r->authorities != NULL ? client_authorities(r->authorities, r->crl)
                               : NULL;
    shako_client_certificate client =
        client_meet(r->name, authorities, versions[i % 2]);

    /* OpenSSL also asks for the purpose of those above the client. */
    if (client.faults != r->faults && client.faults != (r->faults | r->may)) {
      fail_msg("%s, %s, %s: 0x%x, not 0x%x", r->name ? r->name : "none",
               r->authorities ? r->authorities : "none",
               r->crl ? r->crl : "none", client.faults, r->faults);
    }
    shako_authorities_unref(authorities);
  }
}

static void a_client_is_described(void **state) {
  shako_authorities *authorities = client_authorities("authority.pem", NULL);
  shako_client_certificate client;
  uint8_t digest[32];
  size_t len;
  client_own its;

  (void)state;
  client = client_meet("good", authorities, versions[1]);
  client_own_read(&its, "good");
  assert_string_equal(client.subject, "CN=good, O=Example");
  assert_string_equal(client.names, "dns:client.example.org "
                                    "email:postmaster@example.org "
                                    "dns:mx.example.org");
  assert_int_equal(client.not_before, 946684800);
  assert_int_equal(client.not_after, 4102444800);
  assert_int_equal(psa_hash_compute(PSA_ALG_SHA_256, its.chain.raw.p,
                                    its.chain.raw.len, digest, 32, &len),
                   PSA_SUCCESS);
  assert_memory_equal(client.sha256, digest, 32);
  assert_int_equal(psa_hash_compute(PSA_ALG_SHA_256, its.chain.pk_raw.p,
                                    its.chain.pk_raw.len, digest, 32, &len),
                   PSA_SUCCESS);
  assert_memory_equal(client.spki_sha256, digest, 32);
  client_own_free(&its);
  shako_authorities_unref(authorities);
}

static void a_client_is_not_asked_for_nothing(void **state) {
  shako_authorities *authorities = client_authorities("authority.pem", NULL);
  pair_options options = {.authorities = authorities};
  shako_client_certificate client = {.struct_size = sizeof(client)};
  tls_pair pair;
  client_own its;

  (void)state;
  client_own_read(&its, "good");
  options.own = &its.chain;
  options.own_key = &its.key;
  open_pair(&pair, &options);
  assert_int_equal(pair_handshake(&pair, NULL), OK);
  assert_int_equal(pair.engine->client_certificate(pair.conn, &client), OK);
  assert_int_equal(client.faults, ABSENT);
  pair_close(&pair);
  client_own_free(&its);
  shako_authorities_unref(authorities);
}

/* A client that shows what it has no key for does not get through. */
static void a_client_proves_its_key(void **state) {
  shako_authorities *authorities = client_authorities("authority.pem", NULL);

  (void)state;
  for (size_t i = 0; i < 2; i++) {
    pair_options options = {.client_min = versions[i],
                            .client_max = versions[i],
                            .authorities = authorities,
                            .ask_client = true};
    tls_pair pair;
    client_own good;
    client_own plain;

    client_own_read(&good, "good");
    client_own_read(&plain, "plain");
    options.own = &good.chain;
    options.own_key = &plain.key;
    open_pair(&pair, &options);
    assert_int_equal(pair_handshake(&pair, NULL), FAILED);
    assert_failed(&pair, SHAKO_TLS_FAILURE_PROTOCOL);
    pair_close(&pair);
    client_own_free(&good);
    client_own_free(&plain);
  }
  shako_authorities_unref(authorities);
}

static void what_is_no_authority_is_refused(void **state) {
  static const struct {
    const char *path;
    const char *crl;
    const char *says;
  } rows[] = {
      {"missing.pem", NULL, "missing.pem: cannot be read: no such file"},
      {"good.key", NULL, "good.key: holds no CERTIFICATE in PEM form"},
      {"good.pem", NULL, "good.pem: one of the certificates is no authority's"},
      {"no-authority.pem", NULL,
       "no-authority.pem: one of the certificates is no authority's"},
      {"authority.pem", "authority.pem",
       "authority.pem: holds no X509 CRL in PEM form"},
      {"authority.pem", "missing.crl",
       "missing.crl: cannot be read: no such file"},
  };

  (void)state;
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    char paths[2][CLIENT_PATH_SIZE];
    char message[ENGINE_MESSAGE_SIZE];
    shako_authorities_source source = {.struct_size = sizeof(source)};
    shako_authorities *authorities = NULL;

    source.path = client_path(paths[0], rows[i].path);
    source.crl_path =
        rows[i].crl != NULL ? client_path(paths[1], rows[i].crl) : NULL;
    assert_int_equal(
        bench.kit->authorities_parse(&authorities, &source, NULL, message),
        SHAKO_ERR_CERTIFICATE);
    assert_null(authorities);
    if (strstr(message, rows[i].says) == NULL) {
      fail_msg("\"%s\", not \"%s\"", message, rows[i].says);
    }
  }
}

static void authorities_are_read_from_memory(void **state) {
  static const char broken[] = "-----BEGIN CERTIFICATE-----\nAAAA\n"
                               "-----END CERTIFICATE-----\n";
  char message[ENGINE_MESSAGE_SIZE];
  shako_authorities_source source = {.struct_size = sizeof(source)};
  shako_authorities *authorities = NULL;

  (void)state;
  assert_int_equal(
      bench.kit->authorities_parse(&authorities, &source, NULL, message),
      SHAKO_ERR_CERTIFICATE);
  assert_string_equal(message, "the authorities: is empty");
  source.certificates.ptr = (const uint8_t *)broken;
  source.certificates.len = sizeof(broken) - 1;
  assert_int_equal(
      bench.kit->authorities_parse(&authorities, &source, NULL, message),
      SHAKO_ERR_CERTIFICATE);
  assert_non_null(strstr(message, "the authorities: cannot be parsed"));
}

int engine_clients_run(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_client_is_judged),
      cmocka_unit_test(a_client_is_described),
      cmocka_unit_test(a_client_is_not_asked_for_nothing),
      cmocka_unit_test(a_client_proves_its_key),
      cmocka_unit_test(what_is_no_authority_is_refused),
      cmocka_unit_test(authorities_are_read_from_memory),
  };

  return cmocka_run_group_tests_name("engine_clients", tests, bench_setup,
                                     bench_teardown);
}
