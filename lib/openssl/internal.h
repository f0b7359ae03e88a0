#ifndef SHAKO_OPENSSL_INTERNAL_H
#define SHAKO_OPENSSL_INTERNAL_H

#include <stdbool.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <shako/certificate.h>
#include <shako/openssl.h>

#include "base/mem.h"
#include "engine/common.h"

struct shako_openssl_context {
  shako_mem mem;
  BIO_METHOD *method; /* of the BIO that leads to the wire */
  SSL_CTX *settings[SHAKO__LEVELS];
};

typedef struct shako__openssl_certificate {
  shako_certificate base;
  shako_mem mem;
  X509 *leaf;
  STACK_OF(X509) * chain; /* without the leaf */
  EVP_PKEY *key;
  GENERAL_NAMES *names; /* of the leaf; NULL for none */
  /* As the context's, with chain and key in them, some 15 KiB each, made when
     they are first needed, by whichever thread: given chain and key for each
     connection OpenSSL would compare the two each time. */
  SSL_CTX *settings[SHAKO__LEVELS];
} shako__openssl_certificate;

typedef struct shako__openssl_authorities {
  shako_authorities base;
  shako_mem mem;
  X509_STORE *store;
  bool has_crls;
} shako__openssl_authorities;

typedef enum shako__openssl_state {
  SHAKO__OPENSSL_HANDSHAKE,
  SHAKO__OPENSSL_OPEN,
  SHAKO__OPENSSL_CLOSED, /* the peer sent close_notify; we may still write */
  SHAKO__OPENSSL_FAILED
} shako__openssl_state;

/* A connection. */
typedef struct shako__openssl_conn {
  SSL *ssl;
  shako_tls_wire wire;
  const shako__openssl_authorities *authorities; /* NULL for none */
  shako_tls_ciphers level;
  shako__openssl_state state;
  unsigned long stop; /* why the wire gives no more, or 0; an error code */

  uint32_t client_faults; /* of the client's certificate, as they are found */
  uint8_t certificate_count;
  bool has_ecdsa; /* a certificate with such a key */
  bool has_rsa;
  bool ask_client;  /* for its certificate */
  bool alpn_any;    /* no protocol is selected */
  bool begun;       /* the wire gave octets */
  bool ended;       /* our close_notify went out */
  uint8_t refusals; /* of renegotiations */

  uint16_t version;
  const char *cipher;
  const char *group;
  shako_tls_failure failure;
  int alert;
  int native_error;
} shako__openssl_conn;

/* How many renegotiations are refused before the connection ends. */
#define SHAKO__OPENSSL_REFUSALS_MAX 3

/* What OpenSSL would say of what it is not told: codes of its error queue. */
#define SHAKO__OPENSSL_CUT_OFF                                                 \
  ERR_PACK(ERR_LIB_SSL, 0, SSL_R_UNEXPECTED_EOF_WHILE_READING)
#define SHAKO__OPENSSL_CLEAR_TEXT                                              \
  ERR_PACK(ERR_LIB_SSL, 0, SSL_R_WRONG_VERSION_NUMBER)
#define SHAKO__OPENSSL_RENEGOTIATES                                            \
  ERR_PACK(ERR_LIB_SSL, 0, SSL_R_NO_RENEGOTIATION)
#define SHAKO__OPENSSL_NO_MEMORY ERR_PACK(ERR_LIB_SSL, 0, ERR_R_MALLOC_FAILURE)
#define SHAKO__OPENSSL_LEFT                                                    \
  ERR_PACK(ERR_LIB_SSL, 0, SSL_AD_REASON_OFFSET + SSL_AD_CLOSE_NOTIFY)

/* library.c: returns OpenSSL's library context of all that is made here, or
   NULL where it cannot be made. */
OSSL_LIB_CTX *shako__openssl_library(void);

/* context.c: returns the settings of |level| with |certificate| in them, or
   NULL. */
SSL_CTX *shako__openssl_settings(shako__openssl_certificate *certificate,
                                 shako_tls_ciphers level);

/* bio.c: returns the method of the BIO that leads to a connection's wire, or
   NULL for want of memory. */
BIO_METHOD *shako__openssl_bio_method(void);

/* failure.c: latches |native|, a code of OpenSSL's error queue, as the end of
   |conn| and returns FAILED. */
shako_tls_status shako__openssl_fail(shako__openssl_conn *conn,
                                     unsigned long native);

/* failure.c: sends close_notify, unless that is done, to say that this is the
   end: OpenSSL has no function that sends an alert of our choice. */
void shako__openssl_take_leave(shako__openssl_conn *conn);

/* Empties OpenSSL's error queue, which mostly is empty: to look costs less. */
static inline void shako__openssl_clear_errors(void) {
  if (ERR_peek_error() != 0) {
    ERR_clear_error();
  }
}

/* Returns the connection that |ssl| belongs to: its BIO knows, and OpenSSL need
   not keep it once more. */
static inline shako__openssl_conn *shako__openssl_conn_of(const SSL *ssl) {
  return BIO_get_data(SSL_get_rbio(ssl));
}

/* failure.c: empties OpenSSL's error queue and returns the code in it that
   says most; 0 where there is none. */
unsigned long shako__openssl_take_error(void);

/* certificate.c: returns a certificate without chain and key, with one
   reference, or NULL. */
shako__openssl_certificate *
shako__openssl_certificate_new(const shako_mem *mem);

/* inspect.c: reads what is asked of |certificate|, whose leaf and chain are
   there, later by several threads.  Returns false where OpenSSL fails, with why
   in its queue. */
bool shako__openssl_certificate_settle(shako__openssl_certificate *certificate);

/* inspect.c: the checks of an engine (tls.h). */
int shako__openssl_inspect(const shako_certificate *certificate, size_t index,
                           shako_certificate_facts *facts);
int shako__openssl_name_at(const shako_certificate *certificate, size_t index,
                           shako_span *name);
int shako__openssl_address_at(const shako_certificate *certificate,
                              size_t index, shako_span *address);
int shako__openssl_is_signed(const shako_certificate *certificate,
                             size_t index);

/* client.c: has OpenSSL ask the client of |conn|, whose |ssl| is there, for its
   certificate, and check it against the authorities, if there are any.  Returns
   false where OpenSSL fails. */
bool shako__openssl_ask_client(const shako__openssl_conn *conn);

/* client.c: that of the engine (tls.h). */
shako_tls_status
shako__openssl_client_certificate(const void *ctx,
                                  shako_client_certificate *client);

/* inspect.c: writes the digest of the DER of SubjectPublicKeyInfo to
   |digest|. */
bool shako__openssl_hash_key(uint8_t *digest, const X509 *x);

/* inspect.c: returns |time| as Unix time. */
int64_t shako__openssl_unix_time(const ASN1_TIME *time);

/* message.c: empties OpenSSL's error queue.  Returns SHAKO_ERR_NOMEM where that
   is what it says; else says |parts| and returns |error|. */
int shako__openssl_refuse(char *message, int error, const char *const *parts);

/* message.c: the same, with OpenSSL's reason behind |path|, which may be "",
   and |what|. */
int shako__openssl_explain(char *message, int error, const char *path,
                           const char *what);

/* The parts as arguments. */
#define SHAKO__REFUSE(MESSAGE, ...)                                            \
  shako__openssl_refuse((MESSAGE), SHAKO_ERR_CERTIFICATE,                      \
                        (const char *const[]){__VA_ARGS__, NULL})
#endif /* SHAKO_OPENSSL_INTERNAL_H */
