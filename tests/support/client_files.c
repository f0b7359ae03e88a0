#include "client_files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include <mbedtls/psa_util.h>
#include <mbedtls/version.h>

#include "engine_bench.h"

#if MBEDTLS_VERSION_NUMBER < 0x04000000
#  define RANDOM , mbedtls_psa_get_random, MBEDTLS_PSA_RANDOM_STATE
#else
#  define RANDOM
#endif

char *client_path(char *path, const char *file) {
  snprintf(path, CLIENT_PATH_SIZE, "%s/clients/%s", bench.folder, file);
  return path;
}

shako_authorities *client_authorities(const char *file, const char *crl) {
  char paths[2][CLIENT_PATH_SIZE];
  char message[ENGINE_MESSAGE_SIZE];
  shako_authorities_source source = {.struct_size = sizeof(source)};
  shako_authorities *authorities = NULL;

  source.path = client_path(paths[0], file);
  source.crl_path = crl != NULL ? client_path(paths[1], crl) : NULL;
  if (bench.kit->authorities_parse(&authorities, &source, NULL, message) != 0) {
    fail_msg("%s", message);
  }
  return authorities;
}

void client_own_read(client_own *its, const char *name) {
  char file[64];
  char path[CLIENT_PATH_SIZE];

  mbedtls_x509_crt_init(&its->chain);
  mbedtls_pk_init(&its->key);
  snprintf(file, sizeof(file), "%s.pem", name);
  assert_int_equal(
      mbedtls_x509_crt_parse_file(&its->chain, client_path(path, file)), 0);
  snprintf(file, sizeof(file), "%s.key", name);
  assert_int_equal(
      mbedtls_pk_parse_keyfile(&its->key, client_path(path, file), NULL RANDOM),
      0);
}

void client_own_free(client_own *its) {
  mbedtls_x509_crt_free(&its->chain);
  mbedtls_pk_free(&its->key);
}

shako_client_certificate client_meet(const char *name,
                                     shako_authorities *authorities,
                                     mbedtls_ssl_protocol_version version) {
  shako_client_certificate client = {.struct_size = sizeof(client)};
  pair_options options = {.client_min = version,
                          .client_max = version,
                          .authorities = authorities,
                          .ask_client = true};
  tls_pair pair;
  client_own its;

  if (name != NULL) {
    client_own_read(&its, name);
    options.own = &its.chain;
    options.own_key = &its.key;
  }
  open_pair(&pair, &options);
  assert_int_equal(pair_handshake(&pair, NULL), OK);
  assert_int_equal(pair.engine->client_certificate(pair.conn, &client), OK);
  assert_talks(&pair, "whatever is wrong with it, TLS goes on");
  pair_close(&pair);
  if (name != NULL) {
    client_own_free(&its);
  }
  return client;
}
