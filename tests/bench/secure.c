#include "secure.h"

#include <string.h>

#include <shako/mbedtls.h>
#include <shako/openssl.h>

#include "bench.h"

static void free_mbedtls(void *context) {
  shako_mbedtls_context_free(context);
}

static void open_mbedtls(bench_engine *to, const char *certificate,
                         const char *key) {
  char message[SHAKO_MBEDTLS_MESSAGE_SIZE];
  shako_mbedtls_context *context = NULL;

  bench_need(shako_mbedtls_context_new(&context, NULL, message) == 0, message);
  bench_need(shako_mbedtls_certificate_read(&to->certificate, certificate, key,
                                            NULL, message) == 0,
             message);
  to->engine = shako_mbedtls_engine();
  to->context = context;
  to->context_free = free_mbedtls;
}

static void free_openssl(void *context) {
  shako_openssl_context_free(context);
}

static void open_openssl(bench_engine *to, const char *certificate,
                         const char *key) {
  char message[SHAKO_OPENSSL_MESSAGE_SIZE];
  shako_openssl_context *context = NULL;

  bench_need(shako_openssl_context_new(&context, NULL, message) == 0, message);
  bench_need(shako_openssl_certificate_read(&to->certificate, certificate, key,
                                            NULL, message) == 0,
             message);
  to->engine = shako_openssl_engine();
  to->context = context;
  to->context_free = free_openssl;
}

void bench_engine_open(bench_engine *engine, const char *name,
                       const char *certificate, const char *key) {
  if (strcmp(name, "mbedtls") == 0) {
    open_mbedtls(engine, certificate, key);
  } else {
    open_openssl(engine, certificate, key);
  }
}

void bench_engine_close(bench_engine *engine) {
  shako_certificate_unref(engine->certificate);
  engine->context_free(engine->context);
}

shako_listener *bench_listener(shako_listener_config *config,
                               const bench_engine *engine,
                               const shako_mem *mem) {
  shako_certificate_provider provider;
  shako_listener *listener = NULL;
  const char *reason = "";
  shako_policy policy;

  shako_policy_default(&policy);
  config->hostname = "localhost";
  if (engine != NULL) {
    shako_certificate_provider_single(&provider, engine->certificate);
    policy.tls = SHAKO_TLS_SETTING_PREFERRED;
    config->engine = engine->engine;
    config->context = engine->context;
    config->certificates = &provider;
  }
  config->policy = &policy;
  bench_need(shako_listener_new(&listener, config, mem, &reason) == 0, reason);

  return listener;
}

void bench_client_open(bench_client *client, SSL_CTX *settings) {
  client->tls = SSL_new(settings);
  client->in = BIO_new(BIO_s_mem());
  client->out = BIO_new(BIO_s_mem());
  bench_need(client->tls != NULL && client->in != NULL && client->out != NULL,
             "no memory");
  SSL_set_bio(client->tls, client->in, client->out);
  SSL_set_connect_state(client->tls);
}

void bench_client_close(bench_client *client) {
  SSL_free(client->tls);
}

void bench_serve(shako_session *session, const bench_client *client) {
  unsigned want;

  while ((want = shako_session_want(session)) &
         (SHAKO_WANT_POLL | SHAKO_WANT_SEND)) {
    const shako_event *event = shako_session_poll(session, 1);
    size_t len = 0;
    const uint8_t *buf;

    if (event != NULL && event->question != 0) {
      shako_session_accept(session, event->question);
    }
    buf = shako_session_send_buf(session, &len);
    if (buf != NULL && client != NULL) {
      BIO_write(client->in, buf, (int)len);
    }
    shako_session_send_ack(session, len);
  }
}
