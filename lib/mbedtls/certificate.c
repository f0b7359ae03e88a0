#include <string.h>

#include <mbedtls/error.h>
#include <psa/crypto.h>

#include "mbedtls/internal.h"

#define RSA_BITS_MIN 2048

static void release(shako_certificate *base) {
  shako__mbedtls_certificate *certificate = (shako__mbedtls_certificate *)base;
  shako_mem mem = certificate->mem;

  mbedtls_x509_crt_free(&certificate->chain);
  mbedtls_pk_free(&certificate->key);
  shako__release(&mem, certificate, sizeof(*certificate));
}

shako__mbedtls_certificate *
shako__mbedtls_certificate_new(const shako_mem *mem) {
  shako_mem mine = mem != NULL ? *mem : shako__mem_default();
  shako__mbedtls_certificate *certificate =
      shako__alloc(&mine, sizeof(*certificate));

  if (certificate == NULL) {
    return NULL;
  }
  certificate->base.engine = shako_mbedtls_engine();
  certificate->base.release = release;
  certificate->base.references = 1;
  certificate->mem = mine;
  mbedtls_x509_crt_init(&certificate->chain);
  mbedtls_pk_init(&certificate->key);

  return certificate;
}

/* Says in mbed TLS's words why it does not take what |path| holds: the name of
   a file, or what stands for it. */
static int refuse(char *message, const char *path, int error) {
  char reason[128];

  if (error == MBEDTLS_ERR_X509_ALLOC_FAILED ||
      error == MBEDTLS_ERR_PK_ALLOC_FAILED) {
    return SHAKO_ERR_NOMEM;
  }
  mbedtls_strerror(error, reason, sizeof(reason));
  SHAKO__SAY(message, path, ": cannot be parsed: ", reason);

  return SHAKO_ERR_CERTIFICATE;
}

/* Whether |error| says that mbed TLS does not know the kind of a key. */
static bool is_unknown_kind(int error) {
  int high = -(-error & 0xff80);

  return high == MBEDTLS_ERR_PK_UNKNOWN_PK_ALG ||
         high == MBEDTLS_ERR_PK_UNKNOWN_NAMED_CURVE ||
         high == MBEDTLS_ERR_X509_UNKNOWN_SIG_ALG ||
         high == MBEDTLS_ERR_X509_UNKNOWN_OID; /* mbed TLS 4's word for it */
}

#define WANTED_KINDS                                                           \
  "RSA of 2048 bits or more, and ECDSA on P-256, P-384 or P-521"

/* Says that the kind of key in |path| does not do. */
static int refuse_kind(char *message, const char *path) {
  SHAKO__SAY(message, path,
             ": a kind of key that does not work here (such as Ed25519); "
             "what does: " WANTED_KINDS);

  return SHAKO_ERR_CERTIFICATE;
}

/* Reads the chain in |pem| by way of |text|.  Returns as
   shako_mbedtls_certificate_parse(). */
static int read_chain(mbedtls_x509_crt *chain, const shako__pem *pem,
                      char *text, char *message) {
  size_t len = shako__pem_read(pem, text, "CERTIFICATE", message);
  int result;

  if (len == 0) {
    return SHAKO_ERR_CERTIFICATE;
  }
  result = mbedtls_x509_crt_parse(chain, (const unsigned char *)text, len + 1);
  if (result == 0) {
    return 0;
  }
  if (result > 0) {
    SHAKO__SAY(message, pem->name,
               ": only some of the certificates in it can be read");
    return SHAKO_ERR_CERTIFICATE;
  }

  return is_unknown_kind(result) ? refuse_kind(message, pem->name)
                                 : refuse(message, pem->name, result);
}

/* Reads the encrypted key |text| of |len| octets, called |name|.  Returns
   likewise. */
static int decrypt_key(mbedtls_pk_context *key,
                       const shako_certificate_source *source, const char *name,
                       const char *text, size_t len, char *message) {
  char passphrase[SHAKO__PASSPHRASE_MAX];
  char reason[128];
  size_t n;
  int result;

  if (!shako__passphrase_get(source, passphrase, sizeof(passphrase), &n)) {
    shako__passphrase_missing(source, name, message);
    return SHAKO_ERR_CERTIFICATE;
  }
  result =
      mbedtls_pk_parse_key(key, (const unsigned char *)text, len + 1,
                           (const unsigned char *)passphrase, n SHAKO__RANDOM);
  shako__wipe(passphrase, sizeof(passphrase));
  if (result == 0) {
    return 0;
  }
  if (result == MBEDTLS_ERR_PK_ALLOC_FAILED) {
    return SHAKO_ERR_NOMEM;
  }
  mbedtls_strerror(result, reason, sizeof(reason));
  SHAKO__SAY(message, name,
             ": cannot be decrypted with this passphrase: ", reason);

  return SHAKO_ERR_CERTIFICATE;
}

/* Reads the private key of |source| by way of |text|.  Returns likewise. */
static int read_key(mbedtls_pk_context *key,
                    const shako_certificate_source *source, char *text,
                    char *message) {
  const shako__pem pem = shako__pem_key(source);
  size_t len = shako__pem_read(&pem, text, "PRIVATE KEY", message);
  int result;

  if (len == 0) {
    return SHAKO_ERR_CERTIFICATE;
  }
  result = mbedtls_pk_parse_key(key, (const unsigned char *)text, len + 1, NULL,
                                0 SHAKO__RANDOM);
  if (result == 0) {
    return 0;
  }
  if (result == MBEDTLS_ERR_PK_PASSWORD_REQUIRED) {
    return decrypt_key(key, source, pem.name, text, len, message);
  }

  return is_unknown_kind(result) ? refuse_kind(message, pem.name)
                                 : refuse(message, pem.name, result);
}

/* Judges the kind and the size of |key|, which |path| held.  Returns 0, or
   SHAKO_ERR_CERTIFICATE. */
static int check_kind(const mbedtls_pk_context *key, const char *path,
                      char *message) {
  psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
  psa_key_type_t type;
  size_t bits;

  if (mbedtls_pk_get_psa_attributes(key, PSA_KEY_USAGE_SIGN_HASH,
                                    &attributes) != 0) {
    return refuse_kind(message, path);
  }
  type = psa_get_key_type(&attributes);
  bits = psa_get_key_bits(&attributes);
  psa_reset_key_attributes(&attributes);

  if (PSA_KEY_TYPE_IS_RSA(type)) {
    if (bits >= RSA_BITS_MIN) {
      return 0;
    }
    SHAKO__SAY(message, path,
               ": an RSA key of less than 2048 bits is too weak");
    return SHAKO_ERR_CERTIFICATE;
  }
  if (PSA_KEY_TYPE_IS_ECC(type) &&
      PSA_KEY_TYPE_ECC_GET_FAMILY(type) == PSA_ECC_FAMILY_SECP_R1 &&
      bits >= 256) {
    return 0;
  }

  return refuse_kind(message, path);
}

/* Reads chain and key of |source| by way of |text|.  Returns as
   shako_mbedtls_certificate_parse(). */
static int read_both(shako__mbedtls_certificate *certificate,
                     const shako_certificate_source *source, char *text,
                     char *message) {
  const shako__pem chain = shako__pem_chain(source);
  const char *key = shako__pem_key(source).name;
  int error = read_chain(&certificate->chain, &chain, text, message);

  if (error == 0) {
    error = read_key(&certificate->key, source, text, message);
  }
  if (error == 0) {
    error = check_kind(&certificate->key, key, message);
  }
  if (error == 0 && mbedtls_pk_check_pair(&certificate->chain.pk,
                                          &certificate->key SHAKO__RANDOM)) {
    SHAKO__SAY(message, key, ": the key does not belong to the certificate ",
               chain.name);
    error = SHAKO_ERR_CERTIFICATE;
  }

  return error;
}

int shako_mbedtls_certificate_parse(shako_certificate **pcertificate,
                                    const shako_certificate_source *source,
                                    const shako_mem *mem, char *message) {
  shako_certificate_source mine = {0};
  shako__mbedtls_certificate *certificate;
  char *text;
  int error = SHAKO_ERR_NOMEM;

  message[0] = '\0';
  shako__sized_copy(&mine, sizeof(mine), source);
  certificate = shako__mbedtls_certificate_new(mem);
  if (certificate == NULL) {
    return SHAKO_ERR_NOMEM;
  }

  text = shako__alloc(&certificate->mem, SHAKO__PEM_SIZE_MAX + 1);
  if (text != NULL && psa_crypto_init() == PSA_SUCCESS) {
    error = read_both(certificate, &mine, text, message);
  }
  if (text != NULL) {
    shako__wipe(text, SHAKO__PEM_SIZE_MAX + 1);
    shako__release(&certificate->mem, text, SHAKO__PEM_SIZE_MAX + 1);
  }
  if (error != 0) {
    release(&certificate->base);
    return error;
  }
  *pcertificate = &certificate->base;

  return 0;
}

int shako_mbedtls_certificate_read(shako_certificate **pcertificate,
                                   const char *certificate_path,
                                   const char *key_path, const shako_mem *mem,
                                   char *message) {
  const shako_certificate_source source = {
      .struct_size = sizeof(source),
      .certificate_path = certificate_path,
      .key_path = key_path,
  };

  return shako_mbedtls_certificate_parse(pcertificate, &source, mem, message);
}
