#ifndef SHAKO_TESTS_SECURE_H
#define SHAKO_TESTS_SECURE_H

#include <openssl/ssl.h>
#include <shako/shako.h>

/* What the benchmarks of TLS share: the engines, and a client of OpenSSL with
   nothing but memory between it and a session. */

/* An engine with what it needs. */
typedef struct bench_engine {
  const shako_tls_engine *engine;
  void *context;
  shako_certificate *certificate;
  void (*context_free)(void *context);
} bench_engine;

/* Opens the engine called |name|, "mbedtls" or "openssl", with the PEM files
   |certificate| and |key|. */
void bench_engine_open(bench_engine *engine, const char *name,
                       const char *certificate, const char *key);
void bench_engine_close(bench_engine *engine);

/* Makes a listener of |config| over |engine| (NULL: without TLS). */
shako_listener *bench_listener(shako_listener_config *config,
                               const bench_engine *engine,
                               const shako_mem *mem);

/* A client's TLS, over memory. */
typedef struct bench_client {
  SSL *tls;
  BIO *in; /* from the server */
  BIO *out;
} bench_client;

void bench_client_open(bench_client *client, SSL_CTX *settings);
void bench_client_close(bench_client *client);

/* Says yes to all questions of |session| and gives what it sends to |client|,
   or to nobody. */
void bench_serve(shako_session *session, const bench_client *client);

#endif /* SHAKO_TESTS_SECURE_H */
