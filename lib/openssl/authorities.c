#include <openssl/pem.h>

#include "openssl/internal.h"

static void release(shako_authorities *base) {
  shako__openssl_authorities *authorities = (shako__openssl_authorities *)base;
  shako_mem mem = authorities->mem;

  X509_STORE_free(authorities->store);
  shako__release(&mem, authorities, sizeof(*authorities));
}

static shako__openssl_authorities *make(const shako_mem *mem) {
  shako_mem mine = mem != NULL ? *mem : shako__mem_default();
  shako__openssl_authorities *authorities =
      shako__alloc(&mine, sizeof(*authorities));

  if (authorities == NULL) {
    return NULL;
  }
  authorities->base.engine = shako_openssl_engine();
  authorities->base.release = release;
  authorities->base.references = 1;
  authorities->mem = mine;

  return authorities;
}

/* Whether OpenSSL has read what it reads but once: where memory runs out it
   leaves that out for ever, and says nothing. */
static bool is_whole(X509 *x) {
  const EVP_PKEY *key = X509_get0_pubkey(x);

  return X509_check_purpose(x, -1, 0) == 1 && key != NULL &&
         EVP_PKEY_get_security_bits(key) > 0 &&
         X509_get_signature_info(x, NULL, NULL, NULL, NULL) == 1;
}

/* Adds one certificate of |bio| to |store|.  Returns 1, 0 where there is none,
   or -1 where it is no authority's. */
static int add_certificate(X509_STORE *store, BIO *bio) {
  X509 *x = X509_new_ex(shako__openssl_library(), NULL);
  int result = -1;

  if (x == NULL || PEM_read_bio_X509(bio, &x, NULL, NULL) == NULL) {
    X509_free(x); /* NULL where the reading has freed it */
    return 0;
  }
  if (!is_whole(x)) {
    result = 0;
  } else if (X509_check_ca(x) == 1) {
    result = X509_STORE_add_cert(store, x);
  }
  X509_free(x);

  return result;
}

/* Likewise a revocation list; never -1. */
static int add_crl(X509_STORE *store, BIO *bio) {
  X509_CRL *crl = X509_CRL_new_ex(shako__openssl_library(), NULL);
  int result;

  if (crl == NULL || PEM_read_bio_X509_CRL(bio, &crl, NULL, NULL) == NULL) {
    X509_CRL_free(crl);
    return 0;
  }
  result = X509_STORE_add_crl(store, crl);
  X509_CRL_free(crl);

  return result;
}

/* Reads all of |pem|, whose blocks are labelled |label|, by way of |text|.
   Returns as shako_openssl_authorities_parse(). */
static int read_all(X509_STORE *store, const shako__pem *pem, const char *label,
                    int (*add)(X509_STORE *store, BIO *bio), char *text,
                    char *message) {
  size_t len = shako__pem_read(pem, text, label, message);
  BIO *bio = len > 0 ? BIO_new_mem_buf(text, (int)len) : NULL;
  int result = 1;

  if (bio == NULL) {
    return len > 0 ? SHAKO_ERR_NOMEM : SHAKO_ERR_CERTIFICATE;
  }
  ERR_clear_error();
  while (result == 1) {
    result = add(store, bio);
  }
  BIO_free(bio);
  if (result < 0) {
    return SHAKO__REFUSE(message, pem->name, SHAKO__NO_AUTHORITY);
  }
  if (ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE) {
    ERR_clear_error(); /* that was the end */
    return 0;
  }

  return shako__openssl_explain(message, SHAKO_ERR_CERTIFICATE, pem->name,
                                ": cannot be parsed");
}

static int read_both(shako__openssl_authorities *authorities,
                     const shako_authorities_source *source, char *text,
                     char *message) {
  const shako__pem certificates = shako__pem_authorities(source);
  const shako__pem crls = shako__pem_crls(source);
  int error;

  authorities->store = X509_STORE_new();
  if (authorities->store == NULL) {
    return SHAKO_ERR_NOMEM;
  }
  error = read_all(authorities->store, &certificates, "CERTIFICATE",
                   add_certificate, text, message);
  authorities->has_crls = shako__pem_is_there(&crls);
  if (error == 0 && authorities->has_crls) {
    error =
        read_all(authorities->store, &crls, "X509 CRL", add_crl, text, message);
  }

  return error;
}

int shako_openssl_authorities_parse(shako_authorities **pauthorities,
                                    const shako_authorities_source *source,
                                    const shako_mem *mem, char *message) {
  shako_authorities_source mine = {0};
  shako__openssl_authorities *authorities = make(mem);
  char *text;
  int error = SHAKO_ERR_NOMEM;

  message[0] = '\0';
  shako__sized_copy(&mine, sizeof(mine), source);
  if (authorities == NULL) {
    return SHAKO_ERR_NOMEM;
  }

  text = shako__alloc(&authorities->mem, SHAKO__PEM_SIZE_MAX + 1);
  if (text != NULL && shako__openssl_library() != NULL) {
    error = read_both(authorities, &mine, text, message);
  }
  shako__release(&authorities->mem, text, SHAKO__PEM_SIZE_MAX + 1);
  ERR_clear_error();
  if (error != 0) {
    release(&authorities->base);
    return error;
  }
  *pauthorities = &authorities->base;

  return 0;
}
