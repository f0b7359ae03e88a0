#include <string.h>

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "openssl/internal.h"

#define RSA_BITS_MIN 2048

static void release(shako_certificate *base) {
  shako__openssl_certificate *certificate = (shako__openssl_certificate *)base;
  shako_mem mem = certificate->mem;

  X509_free(certificate->leaf);
  sk_X509_pop_free(certificate->chain, X509_free);
  EVP_PKEY_free(certificate->key);
  GENERAL_NAMES_free(certificate->names);
  for (size_t level = 0; level < SHAKO__LEVELS; level++) {
    SSL_CTX_free(certificate->settings[level]);
  }
  shako__release(&mem, certificate, sizeof(*certificate));
}

shako__openssl_certificate *
shako__openssl_certificate_new(const shako_mem *mem) {
  shako_mem mine = mem != NULL ? *mem : shako__mem_default();
  shako__openssl_certificate *certificate =
      shako__alloc(&mine, sizeof(*certificate));

  if (certificate == NULL) {
    return NULL;
  }
  certificate->base.engine = shako_openssl_engine();
  certificate->base.release = release;
  certificate->base.references = 1;
  certificate->mem = mine;

  return certificate;
}

#define WANTED_KINDS                                                           \
  "RSA of 2048 bits or more, and ECDSA on P-256, P-384 or P-521"

/* Says that the kind of key in |path| does not do. */
static int refuse_kind(char *message, const char *path) {
  return SHAKO__REFUSE(message, path,
                       ": a kind of key that does not work here (such as "
                       "Ed25519); what does: " WANTED_KINDS);
}

/* Reads the next certificate of |bio|.  Returns NULL, with why in the error
   queue, where there is none. */
static X509 *read_one(BIO *bio) {
  X509 *certificate = X509_new_ex(shako__openssl_library(), NULL);

  if (certificate != NULL &&
      PEM_read_bio_X509(bio, &certificate, NULL, NULL) == NULL) {
    X509_free(certificate); /* NULL where the reading has freed it */
    return NULL;
  }

  return certificate;
}

/* Reads the certificates behind the first one of |bio|, which |path| holds.
   Returns as shako_openssl_certificate_read(). */
static int read_rest(STACK_OF(X509) * chain, BIO *bio, const char *path,
                     char *message) {
  X509 *next;

  while ((next = read_one(bio)) != NULL) {
    if (sk_X509_push(chain, next) == 0) {
      X509_free(next);
      return SHAKO_ERR_NOMEM;
    }
  }
  if (ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE) {
    ERR_clear_error(); /* that was the end */
    return 0;
  }

  return SHAKO__REFUSE(message, path,
                       ": only some of the certificates in it can be read");
}

/* Reads the chain in |pem| by way of |text|.  Returns likewise. */
static int read_chain(shako__openssl_certificate *certificate,
                      const shako__pem *pem, char *text, char *message) {
  size_t len = shako__pem_read(pem, text, "CERTIFICATE", message);
  BIO *bio;
  EVP_PKEY *key;
  int error;

  if (len == 0) {
    return SHAKO_ERR_CERTIFICATE;
  }
  bio = BIO_new_mem_buf(text, (int)len);
  certificate->chain = sk_X509_new_null();
  if (bio == NULL || certificate->chain == NULL) {
    BIO_free(bio);
    return SHAKO_ERR_NOMEM;
  }

  certificate->leaf = read_one(bio);
  error = certificate->leaf == NULL
              ? shako__openssl_explain(message, SHAKO_ERR_CERTIFICATE,
                                       pem->name, ": cannot be parsed")
              : read_rest(certificate->chain, bio, pem->name, message);
  BIO_free(bio);
  if (error != 0) {
    return error;
  }
  key = X509_get0_pubkey(certificate->leaf);
  if (key == NULL || (EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA &&
                      EVP_PKEY_get_base_id(key) != EVP_PKEY_EC)) {
    return refuse_kind(message, pem->name);
  }

  return 0;
}

/* Where OpenSSL asks for a passphrase: several times, one way to read a key
   after the other. */
typedef struct passphrase {
  const shako_certificate_source *source;
  bool asked; /* the source was */
  bool given;
  char text[SHAKO__PASSPHRASE_MAX];
  size_t len;
} passphrase;

/* Is called by OpenSSL, which wipes |buf|, where the key is encrypted. */
static int give_passphrase(char *buf, int size, int writing, void *ctx) {
  passphrase *its = ctx;

  (void)writing;
  if (!its->asked) {
    its->asked = true;
    its->given = shako__passphrase_get(its->source, its->text,
                                       sizeof(its->text), &its->len);
  }
  if (!its->given || its->len > (size_t)size) {
    return -1;
  }
  memcpy(buf, its->text, its->len);

  return (int)its->len;
}

/* Says why the key called |name| was not read.  Returns likewise. */
static int refuse_key(const passphrase *its, const char *name, char *message) {
  if (!its->asked) {
    return shako__openssl_explain(message, SHAKO_ERR_CERTIFICATE, name,
                                  ": cannot be parsed");
  }
  if (its->given) {
    return shako__openssl_explain(message, SHAKO_ERR_CERTIFICATE, name,
                                  ": cannot be decrypted with this passphrase");
  }
  if (shako__openssl_take_error() == SHAKO__OPENSSL_NO_MEMORY) {
    return SHAKO_ERR_NOMEM;
  }
  shako__passphrase_missing(its->source, name, message);

  return SHAKO_ERR_CERTIFICATE;
}

/* Reads the private key of |source| by way of |text|.  Returns likewise. */
static int read_key(EVP_PKEY **pkey, const shako_certificate_source *source,
                    char *text, char *message) {
  const shako__pem pem = shako__pem_key(source);
  passphrase its = {.source = source};
  size_t len = shako__pem_read(&pem, text, "PRIVATE KEY", message);
  BIO *bio;

  if (len == 0) {
    return SHAKO_ERR_CERTIFICATE;
  }
  bio = BIO_new_mem_buf(text, (int)len);
  if (bio == NULL) {
    return SHAKO_ERR_NOMEM;
  }
  *pkey = PEM_read_bio_PrivateKey_ex(bio, NULL, give_passphrase, &its,
                                     shako__openssl_library(), NULL);
  shako__wipe(its.text, sizeof(its.text));
  BIO_free(bio);
  if (*pkey == NULL) {
    return refuse_key(&its, pem.name, message);
  }
  ERR_clear_error();

  return 0;
}

/* Whether |key|, of ECDSA, is on a curve that TLS 1.3 has. */
static bool is_on_good_curve(const EVP_PKEY *key) {
  static const char *const curves[] = {SN_X9_62_prime256v1, SN_secp384r1,
                                       SN_secp521r1};
  char name[32];
  size_t i;

  if (EVP_PKEY_get_group_name(key, name, sizeof(name), NULL) != 1) {
    return false;
  }
  for (i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
    if (strcmp(name, curves[i]) == 0) {
      return true;
    }
  }

  return false;
}

/* Judges the kind and the size of |key|, which |path| held.  Returns 0, or
   SHAKO_ERR_CERTIFICATE. */
static int check_kind(const EVP_PKEY *key, const char *path, char *message) {
  int kind = EVP_PKEY_get_base_id(key);

  if (kind == EVP_PKEY_RSA && EVP_PKEY_get_bits(key) < RSA_BITS_MIN) {
    return SHAKO__REFUSE(message, path,
                         ": an RSA key of less than 2048 bits is too weak");
  }
  if (kind == EVP_PKEY_RSA || (kind == EVP_PKEY_EC && is_on_good_curve(key))) {
    return 0;
  }

  return refuse_kind(message, path);
}

/* Reads chain and key of |source| by way of |text|.  Returns as
   shako_openssl_certificate_parse(). */
static int read_both(shako__openssl_certificate *certificate,
                     const shako_certificate_source *source, char *text,
                     char *message) {
  const shako__pem chain = shako__pem_chain(source);
  const char *key = shako__pem_key(source).name;
  int error = read_chain(certificate, &chain, text, message);

  if (error == 0) {
    error = read_key(&certificate->key, source, text, message);
  }
  if (error == 0) {
    error = check_kind(certificate->key, key, message);
  }
  if (error == 0 &&
      X509_check_private_key(certificate->leaf, certificate->key) != 1) {
    error = SHAKO__REFUSE(message, key,
                          ": the key does not belong to the certificate ",
                          chain.name);
  }
  if (error == 0 && !shako__openssl_certificate_settle(certificate)) {
    error = shako__openssl_explain(message, SHAKO_ERR_CERTIFICATE, chain.name,
                                   ": its extensions cannot be read");
  }

  return error;
}

int shako_openssl_certificate_parse(shako_certificate **pcertificate,
                                    const shako_certificate_source *source,
                                    const shako_mem *mem, char *message) {
  shako_certificate_source mine = {0};
  shako__openssl_certificate *certificate;
  char *text;
  int error;

  message[0] = '\0';
  shako__sized_copy(&mine, sizeof(mine), source);
  certificate = shako__openssl_certificate_new(mem);
  if (certificate == NULL) {
    return SHAKO_ERR_NOMEM;
  }

  ERR_clear_error();
  text = shako__alloc(&certificate->mem, SHAKO__PEM_SIZE_MAX + 1);
  if (text == NULL) {
    error = SHAKO_ERR_NOMEM;
  } else if (shako__openssl_library() == NULL) {
    error = shako__openssl_explain(message, SHAKO_ERR_CERTIFICATE,
                                   shako__pem_chain(&mine).name,
                                   ": OpenSSL does not start");
  } else {
    error = read_both(certificate, &mine, text, message);
  }
  if (text != NULL) {
    shako__wipe(text, SHAKO__PEM_SIZE_MAX + 1);
    shako__release(&certificate->mem, text, SHAKO__PEM_SIZE_MAX + 1);
  }
  ERR_clear_error();
  if (error != 0) {
    release(&certificate->base);
    return error;
  }
  *pcertificate = &certificate->base;

  return 0;
}

int shako_openssl_certificate_read(shako_certificate **pcertificate,
                                   const char *certificate_path,
                                   const char *key_path, const shako_mem *mem,
                                   char *message) {
  const shako_certificate_source source = {
      .struct_size = sizeof(source),
      .certificate_path = certificate_path,
      .key_path = key_path,
  };

  return shako_openssl_certificate_parse(pcertificate, &source, mem, message);
}
