#include "mbedtls/internal.h"

/*
 * What is offered, in our order, which TLS 1.2 follows; under TLS 1.3 mbed TLS
 * follows the client's.  Each level goes on behind the one before it.
 */

/* All of TLS 1.3 but those of CCM. */
#define MODERN                                                                 \
  MBEDTLS_TLS1_3_AES_128_GCM_SHA256, MBEDTLS_TLS1_3_AES_256_GCM_SHA384,        \
      MBEDTLS_TLS1_3_CHACHA20_POLY1305_SHA256

/* Those of ECDHE that encrypt and authenticate in one (RFC 9325 4.2). */
#define INTERMEDIATE                                                           \
  MODERN, MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,                     \
      MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,                           \
      MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,                         \
      MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,                           \
      MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,                   \
      MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256

/* Those of ECDHE that have a MAC: SHA-2, then SHA-1. */
#define WITH_MAC                                                               \
  INTERMEDIATE, MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256,               \
      MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256,                           \
      MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384,                         \
      MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384,                           \
      MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA,                            \
      MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA,                              \
      MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA,                            \
      MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA

/* RSA key exchange, which mbed TLS 4 has no more.  One that mbed TLS does not
   know is not to be listed: it fails the handshake of who offers it. */
#if defined(MBEDTLS_KEY_EXCHANGE_RSA_ENABLED)
#  define LEGACY                                                               \
    WITH_MAC, MBEDTLS_TLS_RSA_WITH_AES_128_GCM_SHA256,                         \
        MBEDTLS_TLS_RSA_WITH_AES_256_GCM_SHA384,                               \
        MBEDTLS_TLS_RSA_WITH_AES_128_CBC_SHA256,                               \
        MBEDTLS_TLS_RSA_WITH_AES_256_CBC_SHA256,                               \
        MBEDTLS_TLS_RSA_WITH_AES_128_CBC_SHA,                                  \
        MBEDTLS_TLS_RSA_WITH_AES_256_CBC_SHA
#else
#  define LEGACY WITH_MAC
#endif

static const int modern[] = {MODERN, 0};
static const int intermediate[] = {INTERMEDIATE, 0};
static const int legacy[] = {LEGACY, 0};

const int *shako__mbedtls_suites(shako_tls_ciphers level) {
  static const int *const suites[SHAKO__LEVELS] = {
      [SHAKO_TLS_CIPHERS_INTERMEDIATE] = intermediate,
      [SHAKO_TLS_CIPHERS_MODERN] = modern,
      [SHAKO_TLS_CIPHERS_LEGACY] = legacy,
  };

  return suites[level];
}
