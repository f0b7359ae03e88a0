#include <psa/crypto.h>

#include "mbedtls/internal.h"

/* With a table of few keys the 33rd handshake of TLS 1.3 at one time fails. */
#if MBEDTLS_VERSION_NUMBER < 0x04000000 &&                                     \
    !defined(MBEDTLS_PSA_KEY_STORE_DYNAMIC)
#  pragma message("mbed TLS without MBEDTLS_PSA_KEY_STORE_DYNAMIC")
#endif

#if !defined(MBEDTLS_SSL_ALPN)
#  error "mbed TLS without MBEDTLS_SSL_ALPN cannot refuse other protocols"
#endif

/* In our order.  Without a list mbed TLS passes the extension over. */
static const char *const protocols[] = {"smtp", "esmtp", NULL};

static const uint16_t groups[] = {
    MBEDTLS_SSL_IANA_TLS_GROUP_X25519, MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1,
    MBEDTLS_SSL_IANA_TLS_GROUP_SECP384R1, MBEDTLS_SSL_IANA_TLS_GROUP_NONE};

/* Those of RSA PKCS#1 are for TLS 1.2. */
static const uint16_t signature_algorithms[] = {
    MBEDTLS_TLS1_3_SIG_ECDSA_SECP256R1_SHA256,
    MBEDTLS_TLS1_3_SIG_ECDSA_SECP384R1_SHA384,
    MBEDTLS_TLS1_3_SIG_ECDSA_SECP521R1_SHA512,
    MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA256,
    MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA384,
    MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA512,
    MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA256,
    MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA384,
    MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA512,
    MBEDTLS_TLS1_3_SIG_NONE};

int shako__mbedtls_choose(mbedtls_ssl_context *ssl) {
  shako__mbedtls_conn *conn = mbedtls_ssl_get_user_data_p(ssl);
  size_t i;
  int error;

  conn->version = (uint16_t)mbedtls_ssl_get_version_number(ssl);
  if (conn->certificate_count == 0) {
    return MBEDTLS_ERR_SSL_PRIVATE_KEY_REQUIRED;
  }

  shako__mbedtls_ask_client(ssl, conn);
  /* Certificates are added to those that are there, and a second ClientHello
     asks a second time. */
  error = mbedtls_ssl_set_hs_own_cert(ssl, NULL, NULL);
  for (i = 0; i < conn->certificate_count && error == 0; i++) {
    /* mbed TLS does not write to them but for the blinding of an RSA key,
       which it does under that key's lock.  So threads that share an RSA key
       sign one after the other; ECDSA keys have no lock. */
    shako__mbedtls_certificate *certificate =
        (shako__mbedtls_certificate *)conn->certificates[i];

    error = mbedtls_ssl_set_hs_own_cert(ssl, &certificate->chain,
                                        &certificate->key);
  }

  return error;
}

/* Makes the settings of a server that offers the suites of |level| and selects
   a protocol, or with |alpn_any| none.  Returns 0, or an error of mbed TLS. */
static int configure(mbedtls_ssl_config *config, shako_tls_ciphers level,
                     bool alpn_any) {
  int error;

  mbedtls_ssl_config_init(config);
  error = mbedtls_ssl_config_defaults(config, MBEDTLS_SSL_IS_SERVER,
                                      MBEDTLS_SSL_TRANSPORT_STREAM,
                                      MBEDTLS_SSL_PRESET_DEFAULT);
  if (error != 0) {
    return error;
  }

#if MBEDTLS_VERSION_NUMBER < 0x04000000
  mbedtls_ssl_conf_rng(config, mbedtls_psa_get_random,
                       MBEDTLS_PSA_RANDOM_STATE);
#endif
  mbedtls_ssl_conf_min_tls_version(config, level == SHAKO_TLS_CIPHERS_MODERN
                                               ? MBEDTLS_SSL_VERSION_TLS1_3
                                               : MBEDTLS_SSL_VERSION_TLS1_2);
  mbedtls_ssl_conf_max_tls_version(config, MBEDTLS_SSL_VERSION_TLS1_3);
  mbedtls_ssl_conf_tls13_key_exchange_modes(
      config, MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_EPHEMERAL);
  mbedtls_ssl_conf_ciphersuites(config, shako__mbedtls_suites(level));
  mbedtls_ssl_conf_preference_order(config,
                                    MBEDTLS_SSL_SRV_CIPHERSUITE_ORDER_SERVER);
  mbedtls_ssl_conf_groups(config, groups);
  mbedtls_ssl_conf_sig_algs(config, signature_algorithms);
  /* A client may be asked for its certificate at its handshake, and is not told
     whose it should be: the list can be long, and says who trusts whom. */
  mbedtls_ssl_conf_authmode(config, MBEDTLS_SSL_VERIFY_NONE);
  mbedtls_ssl_conf_cert_req_ca_list(config,
                                    MBEDTLS_SSL_CERT_REQ_CA_LIST_DISABLED);
  mbedtls_ssl_conf_cert_cb(config, shako__mbedtls_choose);
#if defined(MBEDTLS_SSL_RENEGOTIATION)
  mbedtls_ssl_conf_renegotiation(config, MBEDTLS_SSL_RENEGOTIATION_DISABLED);
#endif
  mbedtls_ssl_conf_legacy_renegotiation(config,
                                        MBEDTLS_SSL_LEGACY_NO_RENEGOTIATION);
#if defined(MBEDTLS_SSL_SESSION_TICKETS)
  /* Without callbacks for them there are none in TLS 1.2 either. */
  mbedtls_ssl_conf_new_session_tickets(config, 0);
#endif

  if (alpn_any) {
    return 0;
  }

  /* It is only read, though mbed TLS 3 has no const there. */
  return mbedtls_ssl_conf_alpn_protocols(config, (const char **)protocols);
}

/* Readies mbed TLS as a whole.  Returns 0, or the error of
   shako_mbedtls_context_new(). */
static int start(char *message) {
  psa_status_t status;

  /* The patch level may differ: a release 3.6 keeps its layouts. */
  if (mbedtls_version_get_number() >> 16 != MBEDTLS_VERSION_NUMBER >> 16) {
    SHAKO__SAY(message, "compiled for " MBEDTLS_VERSION_STRING_FULL
                        ", but another mbed TLS runs");
    return SHAKO_ERR_TLS;
  }

  status = psa_crypto_init();
  switch (status) {
  case PSA_SUCCESS:
    return 0;
  case PSA_ERROR_INSUFFICIENT_MEMORY:
    return SHAKO_ERR_NOMEM;
  case PSA_ERROR_INSUFFICIENT_ENTROPY:
    SHAKO__SAY(message, "mbed TLS finds no random numbers");
    return SHAKO_ERR_TLS;
  default:
    SHAKO__SAY(message, "mbed TLS does not start");
    return SHAKO_ERR_TLS;
  }
}

int shako_mbedtls_context_new(shako_mbedtls_context **pcontext,
                              const shako_mem *mem, char *message) {
  shako_mem mine = mem != NULL ? *mem : shako__mem_default();
  shako_mbedtls_context *context;
  size_t level;
  int error;

  message[0] = '\0';
  error = start(message);
  if (error != 0) {
    return error;
  }
  context = shako__alloc(&mine, sizeof(*context));
  if (context == NULL) {
    return SHAKO_ERR_NOMEM;
  }

  context->mem = mine;
  for (level = 0; level < SHAKO__LEVELS && error == 0; level++) {
    error = configure(&context->settings[false][level],
                      (shako_tls_ciphers)level, false);
    if (error == 0) {
      error = configure(&context->settings[true][level],
                        (shako_tls_ciphers)level, true);
    }
  }
  if (error != 0) {
    shako_mbedtls_context_free(context);
    return SHAKO_ERR_NOMEM; /* nothing else goes wrong there */
  }
  *pcontext = context;

  return 0;
}

void shako_mbedtls_context_free(shako_mbedtls_context *context) {
  shako_mem mem;
  size_t level;

  if (context == NULL) {
    return;
  }
  mem = context->mem;
  for (level = 0; level < SHAKO__LEVELS; level++) {
    mbedtls_ssl_config_free(&context->settings[false][level]);
    mbedtls_ssl_config_free(&context->settings[true][level]);
  }
  shako__release(&mem, context, sizeof(*context));
}
