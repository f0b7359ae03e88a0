#include <openssl/crypto.h>
#include <openssl/provider.h>

#include "openssl/internal.h"

/*
 * OpenSSL's library context of all that this engine makes: the cryptography of
 * the default provider, whatever openssl.cnf or the program loads into the
 * context that all else uses.
 *
 * There is one for the process, made when it is first needed and never freed,
 * as OpenSSL's own is: keys that meet connections of another library context
 * keep copies of themselves in it and may outlive it, and a certificate knows
 * of no context of ours (certificate.h).  So its address is the one variable
 * of lib/ that is not a constant; it is set once.
 */

static OSSL_LIB_CTX *make(void) {
  OSSL_LIB_CTX *library = OSSL_LIB_CTX_new();

  if (library != NULL && OSSL_PROVIDER_load(library, "default") == NULL) {
    OSSL_LIB_CTX_free(library);
    library = NULL;
  }

  return library;
}

OSSL_LIB_CTX *shako__openssl_library(void) {
  static OSSL_LIB_CTX *shared;
  OSSL_LIB_CTX *library = __atomic_load_n(&shared, __ATOMIC_ACQUIRE);
  OSSL_LIB_CTX *mine;

  if (library != NULL) {
    return library;
  }
  mine = make();
  if (mine != NULL &&
      !__atomic_compare_exchange_n(&shared, &library, mine, 0, __ATOMIC_ACQ_REL,
                                   __ATOMIC_ACQUIRE)) {
    OSSL_LIB_CTX_free(mine); /* another thread was first */
    return library;
  }

  return mine;
}
