#ifndef ENGINE_CLIENT_H
#define ENGINE_CLIENT_H

#include <stdbool.h>

#include <mbedtls/ssl.h>

#include "octets.h"

/* A client of mbed TLS with memory on both sides of it.  It takes any
   certificate. */
typedef struct engine_client {
  mbedtls_ssl_config config;
  mbedtls_ssl_context ssl;
  octets in;   /* records that it is to read */
  size_t read; /* ... and has read */
  octets out;  /* records that it has written */
  octets text; /* what it has decrypted */
  bool open;   /* the handshake is complete */
  bool failed; /* it reads no more */
  int result;  /* ... for this error of mbed TLS */
} engine_client;

/* Opens a client of TLS 1.2 or of TLS 1.3. */
void engine_client_open(engine_client *client, bool only_1_2);
void engine_client_close(engine_client *client);

/* Goes on with the handshake and decrypts, as far as |in| goes. */
void engine_client_step(engine_client *client);

/* Encrypts |len| octets of |text|. */
void engine_client_write(engine_client *client, const uint8_t *text,
                         size_t len);

/* Asks for a renegotiation. */
void engine_client_renegotiate(engine_client *client);

/* Sends close_notify. */
void engine_client_end(engine_client *client);

#endif /* ENGINE_CLIENT_H */
