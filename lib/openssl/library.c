#include <openssl/crypto.h>
#include <openssl/decoder.h>
#include <openssl/encoder.h>
#include <openssl/kdf.h>
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
 *
 * OpenSSL looks for all algorithms of a kind when it first needs one, and what
 * it finds no memory for then (seen with 3.5) is missing for ever.  So all
 * that we need is asked for here, where nothing is lost but the attempt.
 */

#define DEFINE_HAS(NAME, KIND)                                                 \
  static bool has_##NAME(OSSL_LIB_CTX *library, const char *name) {            \
    KIND *found = KIND##_fetch(library, name, NULL);                           \
                                                                               \
    KIND##_free(found);                                                        \
                                                                               \
    return found != NULL;                                                      \
  }

DEFINE_HAS(asymmetric, EVP_ASYM_CIPHER)
DEFINE_HAS(cipher, EVP_CIPHER)
DEFINE_HAS(decoder, OSSL_DECODER)
DEFINE_HAS(digest, EVP_MD)
DEFINE_HAS(encoder, OSSL_ENCODER)
DEFINE_HAS(exchange, EVP_KEYEXCH)
DEFINE_HAS(kdf, EVP_KDF)
DEFINE_HAS(keys, EVP_KEYMGMT)
DEFINE_HAS(mac, EVP_MAC)
DEFINE_HAS(random, EVP_RAND)
DEFINE_HAS(signature, EVP_SIGNATURE)

static const struct {
  bool (*has)(OSSL_LIB_CTX *library, const char *name);
  const char *name;
} needed[] = {
    {has_random, "SEED-SRC"},
    {has_random, "CTR-DRBG"},
    {has_cipher, "AES-256-CTR"}, /* for random numbers */
    {has_cipher, "AES-128-GCM"},
    {has_cipher, "AES-256-GCM"},
    {has_cipher, "ChaCha20-Poly1305"},
    {has_cipher, "AES-128-CBC"},
    {has_cipher, "AES-256-CBC"},
    {has_digest, "SHA1"},
    {has_digest, "SHA2-256"},
    {has_digest, "SHA2-384"},
    {has_digest, "SHA2-512"},
    {has_mac, "HMAC"},
    {has_kdf, "TLS13-KDF"},
    {has_kdf, "TLS1-PRF"},
    {has_kdf, "HKDF"},
    {has_keys, "X25519"},
    {has_keys, "EC"},
    {has_keys, "RSA"},
    {has_exchange, "X25519"},
    {has_exchange, "ECDH"},
    {has_asymmetric, "RSA"},
    {has_signature, "ECDSA"},
    {has_signature, "RSA"},
    {has_decoder, "EC"},
    {has_decoder, "RSA"},
    {has_encoder, "EC"},
};

static bool has_all(OSSL_LIB_CTX *library) {
  size_t i = 0;
  const size_t count = sizeof(needed) / sizeof(needed[0]);

  while (i < count && needed[i].has(library, needed[i].name)) {
    i++;
  }

  return i == count;
}

static OSSL_LIB_CTX *make(void) {
  OSSL_LIB_CTX *library = OSSL_LIB_CTX_new();

  if (library != NULL &&
      (OSSL_PROVIDER_load(library, "default") == NULL || !has_all(library))) {
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
