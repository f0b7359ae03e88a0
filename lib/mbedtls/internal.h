#ifndef SHAKO_MBEDTLS_INTERNAL_H
#define SHAKO_MBEDTLS_INTERNAL_H

#include <stdbool.h>

#include <mbedtls/pk.h>
#include <mbedtls/psa_util.h>
#include <mbedtls/ssl.h>
#include <mbedtls/version.h>
#include <mbedtls/x509_crl.h>
#include <mbedtls/x509_crt.h>

#include <shako/certificate.h>
#include <shako/mbedtls.h>

#include "base/mem.h"
#include "engine/common.h"

/* mbed TLS 4 draws random numbers by itself: its functions lost the two
   arguments that say where from. */
#if MBEDTLS_VERSION_NUMBER < 0x04000000
#  define SHAKO__RANDOM , mbedtls_psa_get_random, MBEDTLS_PSA_RANDOM_STATE
#else
#  define SHAKO__RANDOM
#endif

struct shako_mbedtls_context {
  shako_mem mem;
  mbedtls_ssl_config settings[2][SHAKO__LEVELS]; /* [alpn_any] */
};

typedef struct shako__mbedtls_certificate {
  shako_certificate base;
  shako_mem mem;
  mbedtls_x509_crt chain; /* leaf first */
  mbedtls_pk_context key;
} shako__mbedtls_certificate;

typedef struct shako__mbedtls_authorities {
  shako_authorities base;
  shako_mem mem;
  mbedtls_x509_crt chain;
  mbedtls_x509_crl crls;
  bool has_crls;
} shako__mbedtls_authorities;

/* What there is to know of the record that comes in during a handshake. */
typedef struct shako__mbedtls_record {
  uint8_t octets[7]; /* its header and the first two of its body */
  size_t have;       /* of |octets|, at most 5 for what is no alert */
  size_t rest;       /* octets of its body still to come */
} shako__mbedtls_record;

typedef enum shako__mbedtls_state {
  SHAKO__MBEDTLS_HANDSHAKE,
  SHAKO__MBEDTLS_OPEN,
  SHAKO__MBEDTLS_CLOSED, /* the peer sent close_notify; we may still write */
  SHAKO__MBEDTLS_FAILED
} shako__mbedtls_state;

/* A connection. */
typedef struct shako__mbedtls_conn {
  mbedtls_ssl_context ssl;
  shako_tls_wire wire;
  const shako__mbedtls_certificate *certificates[SHAKO_CERTIFICATES_MAX];
  size_t certificate_count;
  const shako__mbedtls_authorities *authorities; /* NULL for none */
  shako__mbedtls_state state;
  shako__mbedtls_record record;

  bool ask_client;  /* for its certificate */
  bool begun;       /* the wire gave octets */
  bool fed;         /* ... when last asked */
  bool clear_text;  /* the first octet was not that of a handshake */
  bool cut;         /* the wire took nothing once and gets nothing more */
  bool alerted;     /* an alert went out since the wire was last asked */
  bool hidden;      /* alerts that go out look like any record */
  bool sealed;      /* our ChangeCipherSpec went out: what follows it no longer
                       tells of the key exchange */
  bool ended;       /* our close_notify went out */
  bool reading;     /* inside mbedtls_ssl_read() */
  uint8_t refusals; /* of renegotiations */

  uint16_t version;
  uint16_t group; /* of the key exchange; 0: none yet */
  const char *cipher;
  shako_tls_failure failure;
  int peer_alert; /* a fatal one that came in the clear, or -1 */
  int alert;
  int native_error;
} shako__mbedtls_conn;

/* How many renegotiations are refused before the connection ends. */
#define SHAKO__MBEDTLS_REFUSALS_MAX 3

/* bio.c: what mbed TLS calls to reach the wire; |ctx| is the connection. */
int shako__mbedtls_bio_recv(void *ctx, unsigned char *buf, size_t len);
int shako__mbedtls_bio_send(void *ctx, const unsigned char *buf, size_t len);

/* group.c: returns the group of the key exchange where |record|, a handshake's
   in the clear, of |len| octets, says it, or 0. */
uint16_t shako__mbedtls_group_in(const uint8_t *record, size_t len);

/* failure.c: latches |native|, an error of mbed TLS, as the end of |conn|,
   tells the peer where mbed TLS did not, and returns FAILED. */
shako_tls_status shako__mbedtls_fail(shako__mbedtls_conn *conn, int native);

/* suites.c: returns the suites of |level|, which end with 0. */
const int *shako__mbedtls_suites(shako_tls_ciphers level);

/* context.c: gives mbed TLS the certificates of the connection that |ssl|
   belongs to. */
int shako__mbedtls_choose(mbedtls_ssl_context *ssl);

/* certificate.c: returns a certificate without chain and key, with one
   reference, or NULL. */
shako__mbedtls_certificate *
shako__mbedtls_certificate_new(const shako_mem *mem);

/* client.c: has mbed TLS ask the client of |conn| for its certificate, where it
   is to.  As the next one, it is called during the handshake of |ssl|. */
void shako__mbedtls_ask_client(mbedtls_ssl_context *ssl,
                               const shako__mbedtls_conn *conn);

/* client.c: that of the engine (tls.h). */
shako_tls_status
shako__mbedtls_client_certificate(const void *ctx,
                                  shako_client_certificate *client);

/* inspect.c: returns |time| as Unix time. */
int64_t shako__mbedtls_unix_time(const mbedtls_x509_time *time);

/* inspect.c: the checks of an engine (tls.h). */
int shako__mbedtls_inspect(const shako_certificate *certificate, size_t index,
                           shako_certificate_facts *facts);
int shako__mbedtls_name_at(const shako_certificate *certificate, size_t index,
                           shako_span *name);
int shako__mbedtls_address_at(const shako_certificate *certificate,
                              size_t index, shako_span *address);
int shako__mbedtls_is_signed(const shako_certificate *certificate,
                             size_t index);

#endif /* SHAKO_MBEDTLS_INTERNAL_H */
