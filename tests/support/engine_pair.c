#include "engine_pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <mbedtls/psa_util.h>
#include <mbedtls/version.h>

/* Moves up to |len| octets from |queue| to |buf| and returns their number. */
static size_t take(octets *queue, uint8_t *buf, size_t len) {
  size_t n = queue->len < len ? queue->len : len;

  if (n > 0) {
    memcpy(buf, queue->ptr, n);
    octets_drop(queue, n);
  }

  return n;
}

static shako_tls_status wire_recv(void *ctx, uint8_t *buf, size_t len,
                                  size_t *n) {
  tls_pair *pair = ctx;

  if (pair->at_once > 0 && len > pair->at_once) {
    len = pair->at_once;
  }
  if (pair->trickle > 0 && len > pair->left) {
    len = pair->left;
  }
  *n = take(&pair->to_engine, buf, len);
  if (*n > 0) {
    pair->left -= pair->trickle > 0 ? *n : 0;
    return SHAKO_TLS_STATUS_OK;
  }

  return pair->hung_up && pair->to_engine.len == 0 ? SHAKO_TLS_STATUS_CLOSED
                                                   : SHAKO_TLS_STATUS_WANT_RECV;
}

static shako_tls_status wire_send(void *ctx, const uint8_t *buf, size_t len) {
  tls_pair *pair = ctx;

  assert_true(len > 0);
  pair->sends++;
  if (pair->sends == pair->refuse_at) {
    return SHAKO_TLS_STATUS_FAILED;
  }
  octets_add(&pair->to_client, buf, len);
  pair->sent += len;

  return SHAKO_TLS_STATUS_OK;
}

static int client_send(void *ctx, const unsigned char *buf, size_t len) {
  tls_pair *pair = ctx;

  octets_add(&pair->to_engine, buf, len);

  return (int)len;
}

static int client_recv(void *ctx, unsigned char *buf, size_t len) {
  tls_pair *pair = ctx;
  size_t n = take(&pair->to_client, buf, len);

  return n > 0 ? (int)n : MBEDTLS_ERR_SSL_WANT_READ;
}

static void open_client(tls_pair *pair, const pair_options *options) {
  mbedtls_ssl_config *config = &pair->config;

  mbedtls_ssl_config_init(config);
  assert_int_equal(mbedtls_ssl_config_defaults(config, MBEDTLS_SSL_IS_CLIENT,
                                               MBEDTLS_SSL_TRANSPORT_STREAM,
                                               MBEDTLS_SSL_PRESET_DEFAULT),
                   0);
#if MBEDTLS_VERSION_NUMBER < 0x04000000
  mbedtls_ssl_conf_rng(config, mbedtls_psa_get_random,
                       MBEDTLS_PSA_RANDOM_STATE);
#endif
  if (options->client_min != 0) {
    mbedtls_ssl_conf_min_tls_version(config, options->client_min);
  }
  if (options->client_max != 0) {
    mbedtls_ssl_conf_max_tls_version(config, options->client_max);
  }
  if (options->suites != NULL) {
    mbedtls_ssl_conf_ciphersuites(config, options->suites);
  }
  if (options->groups != NULL) {
    mbedtls_ssl_conf_groups(config, options->groups);
  }
  if (options->signature_algorithms != NULL) {
    mbedtls_ssl_conf_sig_algs(config, options->signature_algorithms);
  }
  if (options->protocols != NULL) {
    assert_int_equal(
        mbedtls_ssl_conf_alpn_protocols(config, options->protocols), 0);
  }
  mbedtls_ssl_conf_authmode(config, options->trusted != NULL
                                        ? MBEDTLS_SSL_VERIFY_REQUIRED
                                        : MBEDTLS_SSL_VERIFY_NONE);
  mbedtls_ssl_conf_ca_chain(config, options->trusted, NULL);
  if (options->own != NULL) {
    assert_int_equal(
        mbedtls_ssl_conf_own_cert(config, options->own, options->own_key), 0);
  }
#if defined(MBEDTLS_SSL_EXTENDED_MASTER_SECRET)
  if (options->no_extended_master_secret) {
    mbedtls_ssl_conf_extended_master_secret(config,
                                            MBEDTLS_SSL_EXTENDED_MS_DISABLED);
  }
#endif
#if defined(MBEDTLS_SSL_RENEGOTIATION)
  mbedtls_ssl_conf_renegotiation(config, options->renegotiates);
  mbedtls_ssl_conf_renegotiation_enforced(config, -1);
#endif

  mbedtls_ssl_init(&pair->client);
  assert_int_equal(mbedtls_ssl_setup(&pair->client, config), 0);
  assert_int_equal(mbedtls_ssl_set_hostname(&pair->client, "mail.example.org"),
                   0);
  mbedtls_ssl_set_bio(&pair->client, pair, client_send, client_recv, NULL);
}

void pair_open(tls_pair *pair, const shako_tls_engine *engine,
               const void *context, shako_certificate **certificates,
               size_t count, const pair_options *options) {
  const shako_tls_wire wire = {pair, wire_recv, wire_send};
  shako_policy policy;
  const shako_tls_conn_config config = {.struct_size = sizeof(config),
                                        .wire = &wire,
                                        .policy = &policy,
                                        .authorities = options->authorities,
                                        .alpn_any = options->alpn_any,
                                        .ask_client = options->ask_client};
  size_t i;

  memset(pair, 0, sizeof(*pair));
  memset(&policy, 0, sizeof(policy));
  policy.struct_size = sizeof(policy);
  policy.tls_min_version = options->floor != 0 ? options->floor : 0x0303;
  policy.tls_ciphers = options->level;

  pair->engine = engine;
  pair->conn = must_alloc(pair->engine->conn_size);
  memset(pair->conn, 0, pair->engine->conn_size);
  assert_int_equal(pair->engine->conn_init(pair->conn, context, &config),
                   SHAKO_TLS_STATUS_OK);
  for (i = 0; i < count; i++) {
    assert_int_equal(pair->engine->set_certificate(pair->conn, certificates[i]),
                     SHAKO_TLS_STATUS_OK);
  }
  open_client(pair, options);
}

void pair_close(tls_pair *pair) {
  pair->engine->conn_free(pair->conn);
  free(pair->conn);
  mbedtls_ssl_free(&pair->client);
  mbedtls_ssl_config_free(&pair->config);
  octets_free(&pair->to_engine);
  octets_free(&pair->to_client);
}

/* Whether the engine, which wants more, was given only a part. */
static bool goes_on(tls_pair *pair, shako_tls_status status) {
  return status == SHAKO_TLS_STATUS_WANT_RECV && pair->to_engine.len > 0;
}

shako_tls_status pair_engine_handshake(tls_pair *pair) {
  shako_tls_status status;

  do {
    pair->left = pair->trickle;
    status = pair->engine->handshake(pair->conn);
  } while (goes_on(pair, status));

  return status;
}

shako_tls_status pair_engine_read(tls_pair *pair, uint8_t *buf, size_t len,
                                  size_t *n) {
  shako_tls_status status;

  do {
    pair->left = pair->trickle;
    status = pair->engine->read(pair->conn, buf, len, n);
  } while (goes_on(pair, status));

  return status;
}

shako_tls_status pair_handshake(tls_pair *pair, int *client_result) {
  shako_tls_status status = SHAKO_TLS_STATUS_WANT_RECV;
  int result = MBEDTLS_ERR_SSL_WANT_READ;
  size_t moved;

  do {
    if (result == MBEDTLS_ERR_SSL_WANT_READ) {
      result = mbedtls_ssl_handshake(&pair->client);
    }
    moved = pair->to_engine.len;
    if (status == SHAKO_TLS_STATUS_WANT_RECV) {
      status = pair_engine_handshake(pair);
    }
  } while (moved > 0 && pair->to_client.len > 0 &&
           (result == MBEDTLS_ERR_SSL_WANT_READ ||
            status == SHAKO_TLS_STATUS_WANT_RECV));
  if (client_result != NULL) {
    *client_result = result;
  }

  return status;
}

shako_tls_status pair_engine_drain(tls_pair *pair, octets *to) {
  uint8_t buf[4096];
  size_t n = 0;
  shako_tls_status status;

  while ((status = pair_engine_read(pair, buf, sizeof(buf), &n)) ==
         SHAKO_TLS_STATUS_OK) {
    assert_in_range(n, 1, sizeof(buf));
    octets_add(to, buf, n);
  }

  return status;
}

void pair_engine_write(tls_pair *pair, const uint8_t *buf, size_t len) {
  while (len > 0) {
    size_t n = 0;

    assert_int_equal(pair->engine->write(pair->conn, buf, len, &n),
                     SHAKO_TLS_STATUS_OK);
    assert_in_range(n, 1, len);
    buf += n;
    len -= n;
  }
}

void pair_client_write(tls_pair *pair, const uint8_t *buf, size_t len) {
  while (len > 0) {
    int n = mbedtls_ssl_write(&pair->client, buf, len);

    assert_true(n > 0);
    buf += n;
    len -= (size_t)n;
  }
}

int pair_client_drain(tls_pair *pair, octets *to) {
  uint8_t buf[4096];
  int n;

  while ((n = mbedtls_ssl_read(&pair->client, buf, sizeof(buf))) > 0) {
    octets_add(to, buf, (size_t)n);
  }

  return n;
}

shako_tls_info pair_info(const tls_pair *pair) {
  shako_tls_info info = {.struct_size = sizeof(info)};

  pair->engine->info(pair->conn, &info);

  return info;
}
