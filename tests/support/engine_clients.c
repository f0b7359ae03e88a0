#include "engine_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <mbedtls/pk.h>
#include <mbedtls/psa_util.h>
#include <mbedtls/version.h>

/*
 * Clients' certificates: what an engine says of each, against which authorities
 * and revocation lists.  The certificates are in the folder "clients".
 */

#if MBEDTLS_VERSION_NUMBER < 0x04000000
#  define RANDOM , mbedtls_psa_get_random, MBEDTLS_PSA_RANDOM_STATE
#else
#  define RANDOM
#endif

#define PATH_SIZE 1024

/* A fault of the first kind may hide one of the second. */
#define ABSENT    SHAKO_CLIENT_FAULT_ABSENT
#define REVOKED   SHAKO_CLIENT_FAULT_REVOKED
#define EXPIRED   SHAKO_CLIENT_FAULT_EXPIRED
#define NOT_YET   SHAKO_CLIENT_FAULT_NOT_YET
#define WEAK      SHAKO_CLIENT_FAULT_WEAK
#define UNTRUSTED SHAKO_CLIENT_FAULT_UNTRUSTED
#define NO_CRL    SHAKO_CLIENT_FAULT_NO_CRL
#define PURPOSE   SHAKO_CLIENT_FAULT_PURPOSE

static char *path_to(char *path, const char *file) {
  snprintf(path, PATH_SIZE, "%s/clients/%s", bench.folder, file);
  return path;
}

/* Reads the authorities in |file|, and |crl| unless it is NULL. */
static shako_authorities *read_authorities(const char *file, const char *crl) {
  char paths[2][PATH_SIZE];
  char message[ENGINE_MESSAGE_SIZE];
  shako_authorities_source source = {.struct_size = sizeof(source)};
  shako_authorities *authorities = NULL;

  source.path = path_to(paths[0], file);
  source.crl_path = crl != NULL ? path_to(paths[1], crl) : NULL;
  if (bench.kit->authorities_parse(&authorities, &source, NULL, message) != 0) {
    fail_msg("%s", message);
  }
  return authorities;
}

/* What a client shows. */
typedef struct own {
  mbedtls_x509_crt chain;
  mbedtls_pk_context key;
} own;

static void read_own(own *its, const char *name) {
  char file[64];
  char path[PATH_SIZE];

  mbedtls_x509_crt_init(&its->chain);
  mbedtls_pk_init(&its->key);
  snprintf(file, sizeof(file), "%s.pem", name);
  assert_int_equal(
      mbedtls_x509_crt_parse_file(&its->chain, path_to(path, file)), 0);
  snprintf(file, sizeof(file), "%s.key", name);
  assert_int_equal(
      mbedtls_pk_parse_keyfile(&its->key, path_to(path, file), NULL RANDOM), 0);
}

static void free_own(own *its) {
  mbedtls_x509_crt_free(&its->chain);
  mbedtls_pk_free(&its->key);
}

/* Has a client that speaks |version| show |name| (NULL: nothing) to an engine
   with |authorities|.  Returns what the engine says. */
static shako_client_certificate meet(const char *name,
                                     shako_authorities *authorities,
                                     mbedtls_ssl_protocol_version version) {
  shako_client_certificate client = {.struct_size = sizeof(client)};
  pair_options options = {.client_min = version,
                          .client_max = version,
                          .authorities = authorities,
                          .ask_client = true};
  tls_pair pair;
  own its;

  if (name != NULL) {
    read_own(&its, name);
    options.own = &its.chain;
    options.own_key = &its.key;
  }
  open_pair(&pair, &options);
  assert_int_equal(pair_handshake(&pair, NULL), OK);
  assert_int_equal(pair.engine->client_certificate(pair.conn, &client), OK);
  assert_talks(&pair, "whatever is wrong with it, TLS goes on");
  pair_close(&pair);
  if (name != NULL) {
    free_own(&its);
  }
  return client;
}

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
        r->authorities != NULL ? read_authorities(r->authorities, r->crl)
                               : NULL;
    shako_client_certificate client =
        meet(r->name, authorities, versions[i % 2]);

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
  shako_authorities *authorities = read_authorities("authority.pem", NULL);
  shako_client_certificate client;
  uint8_t digest[32];
  size_t len;
  own its;

  (void)state;
  client = meet("good", authorities, versions[1]);
  read_own(&its, "good");
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
  free_own(&its);
  shako_authorities_unref(authorities);
}

static void a_client_is_not_asked_for_nothing(void **state) {
  shako_authorities *authorities = read_authorities("authority.pem", NULL);
  pair_options options = {.authorities = authorities};
  shako_client_certificate client = {.struct_size = sizeof(client)};
  tls_pair pair;
  own its;

  (void)state;
  read_own(&its, "good");
  options.own = &its.chain;
  options.own_key = &its.key;
  open_pair(&pair, &options);
  assert_int_equal(pair_handshake(&pair, NULL), OK);
  assert_int_equal(pair.engine->client_certificate(pair.conn, &client), OK);
  assert_int_equal(client.faults, ABSENT);
  pair_close(&pair);
  free_own(&its);
  shako_authorities_unref(authorities);
}

/* A client that shows what it has no key for does not get through. */
static void a_client_proves_its_key(void **state) {
  shako_authorities *authorities = read_authorities("authority.pem", NULL);

  (void)state;
  for (size_t i = 0; i < 2; i++) {
    pair_options options = {.client_min = versions[i],
                            .client_max = versions[i],
                            .authorities = authorities,
                            .ask_client = true};
    tls_pair pair;
    own good;
    own plain;

    read_own(&good, "good");
    read_own(&plain, "plain");
    options.own = &good.chain;
    options.own_key = &plain.key;
    open_pair(&pair, &options);
    assert_int_equal(pair_handshake(&pair, NULL), FAILED);
    assert_failed(&pair, SHAKO_TLS_FAILURE_PROTOCOL);
    pair_close(&pair);
    free_own(&good);
    free_own(&plain);
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
    char paths[2][PATH_SIZE];
    char message[ENGINE_MESSAGE_SIZE];
    shako_authorities_source source = {.struct_size = sizeof(source)};
    shako_authorities *authorities = NULL;

    source.path = path_to(paths[0], rows[i].path);
    source.crl_path =
        rows[i].crl != NULL ? path_to(paths[1], rows[i].crl) : NULL;
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
