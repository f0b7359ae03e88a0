#include <stdlib.h>

#include <mbedtls/psa_util.h>
#include <mbedtls/ssl.h>
#include <psa/crypto.h>

#include "floor.h"

static const int suites[] = {MBEDTLS_TLS1_3_AES_128_GCM_SHA256,
                             MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
                             MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, 0};

static const uint16_t groups[] = {MBEDTLS_SSL_IANA_TLS_GROUP_X25519,
                                  MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1,
                                  MBEDTLS_SSL_IANA_TLS_GROUP_NONE};

static mbedtls_ssl_config config;
static mbedtls_x509_crt certificate_chain;
static mbedtls_pk_context private_key;

static bool configure(void) {
  mbedtls_ssl_config_init(&config);
  if (mbedtls_ssl_config_defaults(&config, MBEDTLS_SSL_IS_SERVER,
                                  MBEDTLS_SSL_TRANSPORT_STREAM,
                                  MBEDTLS_SSL_PRESET_DEFAULT) != 0) {
    return false;
  }
  mbedtls_ssl_conf_rng(&config, mbedtls_psa_get_random,
                       MBEDTLS_PSA_RANDOM_STATE);
  mbedtls_ssl_conf_min_tls_version(&config, MBEDTLS_SSL_VERSION_TLS1_2);
  mbedtls_ssl_conf_max_tls_version(&config, MBEDTLS_SSL_VERSION_TLS1_3);
  mbedtls_ssl_conf_tls13_key_exchange_modes(
      &config, MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_EPHEMERAL);
  mbedtls_ssl_conf_ciphersuites(&config, suites);
  mbedtls_ssl_conf_groups(&config, groups);
  mbedtls_ssl_conf_authmode(&config, MBEDTLS_SSL_VERIFY_NONE);
#if defined(MBEDTLS_SSL_SESSION_TICKETS)
  mbedtls_ssl_conf_new_session_tickets(&config, 0);
#endif

  return mbedtls_ssl_conf_own_cert(&config, &certificate_chain, &private_key) ==
         0;
}

static bool start(const char *certificate, const char *key) {
  mbedtls_x509_crt_init(&certificate_chain);
  mbedtls_pk_init(&private_key);

  return psa_crypto_init() == PSA_SUCCESS &&
         mbedtls_x509_crt_parse_file(&certificate_chain, certificate) == 0 &&
         mbedtls_pk_parse_keyfile(&private_key, key, NULL,
                                  mbedtls_psa_get_random,
                                  MBEDTLS_PSA_RANDOM_STATE) == 0 &&
         configure();
}

static void stop(void) {
  mbedtls_ssl_config_free(&config);
  mbedtls_pk_free(&private_key);
  mbedtls_x509_crt_free(&certificate_chain);
}

static int bio_send(void *wire, const unsigned char *buf, size_t len) {
  return floor_wire_put(wire, buf, len) ? (int)len
                                        : MBEDTLS_ERR_SSL_ALLOC_FAILED;
}

static int bio_recv(void *wire, unsigned char *buf, size_t len) {
  size_t n = floor_wire_take(wire, buf, len);

  return n > 0 ? (int)n : MBEDTLS_ERR_SSL_WANT_READ;
}

static void *open_conn(floor_wire *wire) {
  mbedtls_ssl_context *conn = malloc(sizeof(*conn));

  if (conn == NULL) {
    return NULL;
  }
  mbedtls_ssl_init(conn);
  if (mbedtls_ssl_setup(conn, &config) != 0) {
    mbedtls_ssl_free(conn);
    free(conn);
    return NULL;
  }
  mbedtls_ssl_set_bio(conn, wire, bio_send, bio_recv, NULL);

  return conn;
}

static void close_conn(void *conn) {
  mbedtls_ssl_free(conn);
  free(conn);
}

static floor_status judge(int result) {
  return result == MBEDTLS_ERR_SSL_WANT_READ ? FLOOR_MORE : FLOOR_FAILED;
}

static floor_status handshake(void *conn) {
  int result = mbedtls_ssl_handshake(conn);

  return result == 0 ? FLOOR_OK : judge(result);
}

static floor_status read_conn(void *conn, void *buf, size_t len, size_t *n) {
  int result = mbedtls_ssl_read(conn, buf, len);

  if (result <= 0) {
    return judge(result);
  }
  *n = (size_t)result;

  return FLOOR_OK;
}

static floor_status write_conn(void *conn, const void *buf, size_t len) {
  return mbedtls_ssl_write(conn, buf, len) == (int)len ? FLOOR_OK
                                                       : FLOOR_FAILED;
}

static void leave(void *conn) {
  mbedtls_ssl_close_notify(conn);
}

const floor_tls floor_mbedtls = {
    "mbedtls", start,     stop,       open_conn, close_conn,
    handshake, read_conn, write_conn, leave,
};
