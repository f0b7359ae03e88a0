#include <openssl/crypto.h>
#include <openssl/obj_mac.h>
#include <openssl/rand.h>

#include "openssl/internal.h"

/* The suites of TLS 1.3 but those of CCM.  All lists are in our order, which
   TLS 1.2 follows. */
#define SUITES_1_3                                                             \
  "TLS_AES_128_GCM_SHA256:"                                                    \
  "TLS_AES_256_GCM_SHA384:"                                                    \
  "TLS_CHACHA20_POLY1305_SHA256"

/* Those of ECDHE that encrypt and authenticate in one (RFC 9325 4.2). */
#define INTERMEDIATE                                                           \
  "ECDHE-ECDSA-AES128-GCM-SHA256:"                                             \
  "ECDHE-RSA-AES128-GCM-SHA256:"                                               \
  "ECDHE-ECDSA-AES256-GCM-SHA384:"                                             \
  "ECDHE-RSA-AES256-GCM-SHA384:"                                               \
  "ECDHE-ECDSA-CHACHA20-POLY1305:"                                             \
  "ECDHE-RSA-CHACHA20-POLY1305"

/* Those of ECDHE that have a MAC (SHA-2, then SHA-1), and RSA key exchange. */
#define LEGACY                                                                 \
  "ECDHE-ECDSA-AES128-SHA256:"                                                 \
  "ECDHE-RSA-AES128-SHA256:"                                                   \
  "ECDHE-ECDSA-AES256-SHA384:"                                                 \
  "ECDHE-RSA-AES256-SHA384:"                                                   \
  "ECDHE-ECDSA-AES128-SHA:"                                                    \
  "ECDHE-RSA-AES128-SHA:"                                                      \
  "ECDHE-ECDSA-AES256-SHA:"                                                    \
  "ECDHE-RSA-AES256-SHA:"                                                      \
  "AES128-GCM-SHA256:"                                                         \
  "AES256-GCM-SHA384:"                                                         \
  "AES128-SHA256:"                                                             \
  "AES256-SHA256:"                                                             \
  "AES128-SHA:"                                                                \
  "AES256-SHA"

typedef struct offer {
  int floor;
  const char *suites_1_2; /* OpenSSL takes no empty list */
  int count;              /* of all suites */
} offer;

static const offer offers[SHAKO__LEVELS] = {
    [SHAKO_TLS_CIPHERS_INTERMEDIATE] = {TLS1_2_VERSION, INTERMEDIATE, 3 + 6},
    [SHAKO_TLS_CIPHERS_MODERN] = {TLS1_3_VERSION, INTERMEDIATE, 3 + 6},
    [SHAKO_TLS_CIPHERS_LEGACY] = {TLS1_2_VERSION, INTERMEDIATE ":" LEGACY,
                                  3 + 6 + 14},
};

/* Those of RSA PKCS#1 are for TLS 1.2. */
#define SIGNATURE_ALGORITHMS                                                   \
  "ecdsa_secp256r1_sha256:"                                                    \
  "ecdsa_secp384r1_sha384:"                                                    \
  "ecdsa_secp521r1_sha512:"                                                    \
  "rsa_pss_rsae_sha256:"                                                       \
  "rsa_pss_rsae_sha384:"                                                       \
  "rsa_pss_rsae_sha512:"                                                       \
  "rsa_pkcs1_sha256:"                                                          \
  "rsa_pkcs1_sha384:"                                                          \
  "rsa_pkcs1_sha512"

#define OPTIONS                                                                \
  (SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET |        \
   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_ENABLE_MIDDLEBOX_COMPAT)

/* Buffers are freed while they are empty, a write is one record, and a chain
   is what the file says. */
#define MODE                                                                   \
  (SSL_MODE_AUTO_RETRY | SSL_MODE_ENABLE_PARTIAL_WRITE |                       \
   SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN)

/* Notes the alerts that OpenSSL sends. */
static void note(const SSL *ssl, int where, int value) {
  shako__openssl_conn *conn = shako__openssl_conn_of(ssl);
  int level = value >> 8;
  int description = value & 0xff;

  if (where != SSL_CB_WRITE_ALERT) {
    return;
  }
  if (level == SSL3_AL_FATAL) {
    conn->alert = description;
  } else if (description == SSL_AD_NO_RENEGOTIATION) {
    conn->refusals++;
  }
}

/* Whether the ClientHello offers TLS 1.3 (RFC 8446 4.2.1). */
static bool offers_1_3(SSL *ssl) {
  const unsigned char *list = NULL;
  size_t len = 0;
  size_t i;

  if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_supported_versions, &list,
                                &len) != 1) {
    return false;
  }
  for (i = 1; i + 1 < len; i += 2) {
    if (list[i] == 3 && list[i + 1] == 4) {
      return true;
    }
  }

  return false;
}

/* Under TLS 1.3, where all ciphers are as good, it is the client who knows
   which is the fastest.  Its offer of 1.3 is always taken. */
static int note_hello(SSL *ssl, int *alert, void *unused) {
  (void)alert;
  (void)unused;
  if (offers_1_3(ssl)) {
    (void)SSL_clear_options(ssl, SSL_OP_CIPHER_SERVER_PREFERENCE);
  }

  return SSL_CLIENT_HELLO_SUCCESS;
}

/* Selects one of the protocols in |offered|, in our order. */
static int select_protocol(SSL *ssl, const unsigned char **selected,
                           unsigned char *len, const unsigned char *offered,
                           unsigned int offered_len, void *unused) {
  static const unsigned char ours[] = "\4smtp\5esmtp";
  const shako__openssl_conn *conn = shako__openssl_conn_of(ssl);
  unsigned char *found;

  (void)unused;
  if (conn->alpn_any) {
    return SSL_TLSEXT_ERR_NOACK;
  }
  if (SSL_select_next_proto(&found, len, ours, sizeof(ours) - 1, offered,
                            offered_len) != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL; /* no_application_protocol */
  }
  *selected = found;

  return SSL_TLSEXT_ERR_OK;
}

/* OpenSSL is about to choose a certificate: the version is agreed. */
static int note_version(SSL *ssl, void *unused) {
  shako__openssl_conn *conn = shako__openssl_conn_of(ssl);

  (void)unused;
  conn->version = (uint16_t)SSL_version(ssl);

  return 1;
}

/* Sets all that a server of |what| asks, since OpenSSL has filled |settings|
   from the system's configuration.  Returns false for want of memory, or where
   OpenSSL was built without one of these.

   The security level is the one that adds nothing: all that a level forbids
   is not in our lists, but for what it says of the rest of a chain, which is
   between those who made it and the clients.  The ciphers are counted because
   OpenSSL leaves out what it finds no memory for. */
static bool configure(SSL_CTX *settings, const offer *what) {
  static const int groups[] = {NID_X25519, NID_X9_62_prime256v1, NID_secp384r1};

  (void)SSL_CTX_clear_options(settings, SSL_CTX_get_options(settings));
  (void)SSL_CTX_set_options(settings, OPTIONS);
  (void)SSL_CTX_clear_mode(settings, SSL_CTX_get_mode(settings));
  (void)SSL_CTX_set_mode(settings, MODE);
  SSL_CTX_set_security_level(settings, 0);
  (void)SSL_CTX_set_session_cache_mode(settings, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_verify(settings, SSL_VERIFY_NONE, NULL);
  SSL_CTX_set_read_ahead(settings, 0);
  SSL_CTX_set_info_callback(settings, note);
  SSL_CTX_set_client_hello_cb(settings, note_hello, NULL);
  SSL_CTX_set_cert_cb(settings, note_version, NULL);
  SSL_CTX_set_alpn_select_cb(settings, select_protocol, NULL);

  return SSL_CTX_set_num_tickets(settings, 0) &&
         SSL_CTX_set_max_early_data(settings, 0) &&
         SSL_CTX_set_block_padding(settings, 0) &&
         SSL_CTX_set_min_proto_version(settings, what->floor) &&
         SSL_CTX_set_max_proto_version(settings, TLS1_3_VERSION) &&
         SSL_CTX_set_ciphersuites(settings, SUITES_1_3) &&
         SSL_CTX_set_cipher_list(settings, what->suites_1_2) &&
         SSL_CTX_set1_groups(settings, groups,
                             (long)(sizeof(groups) / sizeof(groups[0]))) &&
         SSL_CTX_set1_sigalgs_list(settings, SIGNATURE_ALGORITHMS) &&
         sk_SSL_CIPHER_num(SSL_CTX_get_ciphers(settings)) == what->count;
}

/* Makes the settings of |what|, as far as it gets, in |*psettings|.  Returns as
   shako_openssl_context_new(). */
static int make(SSL_CTX **psettings, const offer *what, OSSL_LIB_CTX *library,
                char *message) {
  *psettings = SSL_CTX_new_ex(library, NULL, TLS_server_method());
  if (*psettings == NULL) {
    return shako__openssl_explain(message, SHAKO_ERR_TLS, "",
                                  "OpenSSL does not start");
  }
  if (!configure(*psettings, what)) {
    return shako__openssl_explain(
        message, SHAKO_ERR_TLS, "",
        "OpenSSL was built without what TLS needs here");
  }

  return 0;
}

SSL_CTX *shako__openssl_settings(shako__openssl_certificate *certificate,
                                 shako_tls_ciphers level) {
  SSL_CTX **place = &certificate->settings[level];
  SSL_CTX *settings = __atomic_load_n(place, __ATOMIC_ACQUIRE);
  STACK_OF(X509) *chain =
      sk_X509_num(certificate->chain) > 0 ? certificate->chain : NULL;
  SSL_CTX *mine;

  if (settings != NULL) {
    return settings;
  }
  mine = SSL_CTX_new_ex(shako__openssl_library(), NULL, TLS_server_method());
  if (mine == NULL || !configure(mine, &offers[level]) ||
      SSL_CTX_use_cert_and_key(mine, certificate->leaf, certificate->key, chain,
                               1) != 1) {
    SSL_CTX_free(mine);
    return NULL;
  }
  if (!__atomic_compare_exchange_n(place, &settings, mine, 0, __ATOMIC_ACQ_REL,
                                   __ATOMIC_ACQUIRE)) {
    SSL_CTX_free(mine); /* another thread was first */
    return settings;
  }

  return mine;
}

/* Makes the parts of |context|.  Returns 0, or the error of
   shako_openssl_context_new(). */
static int fill(shako_openssl_context *context, char *message) {
  OSSL_LIB_CTX *library = shako__openssl_library();
  unsigned char octet;
  size_t level;

  if (OPENSSL_version_major() != OPENSSL_VERSION_MAJOR) {
    SHAKO__SAY(message, "compiled for " OPENSSL_VERSION_TEXT
                        ", but another OpenSSL runs");
    return SHAKO_ERR_TLS;
  }
  if (library == NULL) {
    return shako__openssl_explain(message, SHAKO_ERR_TLS, "",
                                  "OpenSSL does not start");
  }
  if (RAND_bytes_ex(library, &octet, 1, 0) != 1) {
    return shako__openssl_explain(message, SHAKO_ERR_TLS, "",
                                  "OpenSSL finds no random numbers");
  }

  context->method = shako__openssl_bio_method();
  if (context->method == NULL) {
    return SHAKO_ERR_NOMEM;
  }
  for (level = 0; level < SHAKO__LEVELS; level++) {
    int error =
        make(&context->settings[level], &offers[level], library, message);

    if (error != 0) {
      return error;
    }
  }

  return 0;
}

int shako_openssl_context_new(shako_openssl_context **pcontext,
                              const shako_mem *mem, char *message) {
  shako_mem mine = mem != NULL ? *mem : shako__mem_default();
  shako_openssl_context *context = shako__alloc(&mine, sizeof(*context));
  int error;

  message[0] = '\0';
  if (context == NULL) {
    return SHAKO_ERR_NOMEM;
  }

  context->mem = mine;
  ERR_clear_error();
  error = fill(context, message);
  ERR_clear_error();
  if (error != 0) {
    shako_openssl_context_free(context);
    return error;
  }
  *pcontext = context;

  return 0;
}

void shako_openssl_context_free(shako_openssl_context *context) {
  shako_mem mem;
  size_t level;

  if (context == NULL) {
    return;
  }
  mem = context->mem;
  for (level = 0; level < SHAKO__LEVELS; level++) {
    SSL_CTX_free(context->settings[level]);
  }
  BIO_meth_free(context->method);
  shako__release(&mem, context, sizeof(*context));
}
