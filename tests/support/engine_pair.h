#ifndef ENGINE_PAIR_H
#define ENGINE_PAIR_H

#include <stdbool.h>

#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>

#include <shako/certificate.h>

#include "octets.h"

/* How the client of a pair behaves, and what the engine gets.  All zero is a
   client that speaks TLS 1.2 and 1.3 and takes any certificate, and an engine
   with a floor of TLS 1.2 and the level INTERMEDIATE. */
typedef struct pair_options {
  mbedtls_ssl_protocol_version client_min; /* 0: TLS 1.2 */
  mbedtls_ssl_protocol_version client_max; /* 0: TLS 1.3 */
  const int *suites;                       /* of the client; ends with 0 */
  const uint16_t *groups;                  /* likewise */
  const uint16_t *signature_algorithms;    /* likewise */
  const char **protocols;                  /* likewise, with NULL (ALPN) */
  mbedtls_x509_crt *trusted;               /* all the client trusts */
  mbedtls_x509_crt *own;                   /* the client's certificate ... */
  mbedtls_pk_context *own_key;             /* ... and its key */
  const shako_authorities *authorities;    /* of the engine */
  bool ask_client;
  bool renegotiates;
  bool no_extended_master_secret;
  uint16_t floor; /* of the engine; 0: 0x0303 */
  shako_tls_ciphers level;
  bool alpn_any;
} pair_options;

/* A connection of any engine and a client of mbed TLS with nothing but memory
   between them. */
typedef struct tls_pair {
  const shako_tls_engine *engine;
  void *conn;
  octets to_engine;
  octets to_client;
  bool hung_up;   /* behind |to_engine| the stream ends */
  size_t at_once; /* octets for one call of the wire; 0: all there are */
  size_t trickle; /* octets for one call of the engine; 0: all there are */
  size_t left;    /* ... of those, still to come */
  int refuse_at;  /* the call of the wire's send that fails, from 1; 0: none */
  int sends;      /* calls of the wire's send so far */
  size_t sent;    /* octets that they brought */

  mbedtls_ssl_config config;
  mbedtls_ssl_context client;
} tls_pair;

/* Makes a pair of |engine|, whose |context| it is and which has
   |certificates|, |count| of them. */
void pair_open(tls_pair *pair, const shako_tls_engine *engine,
               const void *context, shako_certificate **certificates,
               size_t count, const pair_options *options);
void pair_close(tls_pair *pair);

/* Lets client and engine take turns until neither has anything more to do.
   Returns the engine's last status; |*client_result|, if not NULL, is the
   client's last result. */
shako_tls_status pair_handshake(tls_pair *pair, int *client_result);

/* Calls the engine's handshake() and read(): as often as the trickle needs. */
shako_tls_status pair_engine_handshake(tls_pair *pair);
shako_tls_status pair_engine_read(tls_pair *pair, uint8_t *buf, size_t len,
                                  size_t *n);

/* Has the engine read all it can, behind what |to| has already.  Returns the
   status that ended it. */
shako_tls_status pair_engine_drain(tls_pair *pair, octets *to);

/* Has the engine write all of |buf|. */
void pair_engine_write(tls_pair *pair, const uint8_t *buf, size_t len);

/* Has the client write all of |buf|. */
void pair_client_write(tls_pair *pair, const uint8_t *buf, size_t len);

/* Has the client read all it can, behind what |to| has already.  Returns the
   result that ended it. */
int pair_client_drain(tls_pair *pair, octets *to);

/* Returns what the engine knows. */
shako_tls_info pair_info(const tls_pair *pair);

#endif /* ENGINE_PAIR_H */
