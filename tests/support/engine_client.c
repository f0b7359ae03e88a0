#include "engine_client.h"

#include <stdlib.h>
#include <string.h>

#include <mbedtls/psa_util.h>
#include <mbedtls/version.h>

static void must(int result) {
  if (result != 0) {
    abort();
  }
}

static int client_send(void *ctx, const unsigned char *buf, size_t len) {
  engine_client *client = ctx;

  octets_add(&client->out, buf, len);
  return (int)len;
}

static int client_recv(void *ctx, unsigned char *buf, size_t len) {
  engine_client *client = ctx;
  size_t left = client->in.len - client->read;

  if (left == 0) {
    return MBEDTLS_ERR_SSL_WANT_READ;
  }
  len = len < left ? len : left;
  memcpy(buf, client->in.ptr + client->read, len);
  client->read += len;
  return (int)len;
}

void engine_client_open(engine_client *client, bool only_1_2) {
  mbedtls_ssl_config *config = &client->config;

  memset(client, 0, sizeof(*client));
  mbedtls_ssl_config_init(config);
  must(mbedtls_ssl_config_defaults(config, MBEDTLS_SSL_IS_CLIENT,
                                   MBEDTLS_SSL_TRANSPORT_STREAM,
                                   MBEDTLS_SSL_PRESET_DEFAULT));
#if MBEDTLS_VERSION_NUMBER < 0x04000000
  mbedtls_ssl_conf_rng(config, mbedtls_psa_get_random,
                       MBEDTLS_PSA_RANDOM_STATE);
#endif
  if (only_1_2) {
    mbedtls_ssl_conf_max_tls_version(config, MBEDTLS_SSL_VERSION_TLS1_2);
  }
  mbedtls_ssl_conf_authmode(config, MBEDTLS_SSL_VERIFY_NONE);
#if defined(MBEDTLS_SSL_RENEGOTIATION)
  mbedtls_ssl_conf_renegotiation(config, MBEDTLS_SSL_RENEGOTIATION_ENABLED);
  mbedtls_ssl_conf_renegotiation_enforced(config, -1);
#endif
  mbedtls_ssl_init(&client->ssl);
  must(mbedtls_ssl_setup(&client->ssl, config));
  must(mbedtls_ssl_set_hostname(&client->ssl, "mx.example.org"));
  mbedtls_ssl_set_bio(&client->ssl, client, client_send, client_recv, NULL);
}

void engine_client_close(engine_client *client) {
  mbedtls_ssl_free(&client->ssl);
  mbedtls_ssl_config_free(&client->config);
  octets_free(&client->in);
  octets_free(&client->out);
  octets_free(&client->text);
}

static bool goes_on(int result) {
  return result == MBEDTLS_ERR_SSL_WANT_READ ||
         result == MBEDTLS_ERR_SSL_WANT_WRITE ||
         result == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET;
}

static void fail(engine_client *client, int result) {
  client->failed = true;
  client->result = result;
}

void engine_client_step(engine_client *client) {
  uint8_t buf[4096];
  size_t before;
  int result;

  if (client->failed) {
    return;
  }
  if (!client->open) {
    result = mbedtls_ssl_handshake(&client->ssl);
    client->open = result == 0;
    if (result != 0 && !goes_on(result)) {
      fail(client, result);
    }
  }
  while (client->open && !client->failed) {
    before = client->read;
    result = mbedtls_ssl_read(&client->ssl, buf, sizeof(buf));
    if (result > 0) {
      octets_add(&client->text, buf, (size_t)result);
    } else if (!goes_on(result)) {
      fail(client, result);
    } else if (client->read == before) {
      return;
    }
  }
}

void engine_client_write(engine_client *client, const uint8_t *text,
                         size_t len) {
  while (len > 0 && client->open && !client->failed) {
    int n = mbedtls_ssl_write(&client->ssl, text, len);

    if (n <= 0) {
      return;
    }
    text += n;
    len -= (size_t)n;
  }
}

void engine_client_renegotiate(engine_client *client) {
#if defined(MBEDTLS_SSL_RENEGOTIATION)
  if (client->open && !client->failed) {
    (void)mbedtls_ssl_renegotiate(&client->ssl);
  }
#else
  (void)client;
#endif
}

void engine_client_end(engine_client *client) {
  if (client->open && !client->failed) {
    (void)mbedtls_ssl_close_notify(&client->ssl);
  }
}
