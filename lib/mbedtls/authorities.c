#include <mbedtls/error.h>
#include <psa/crypto.h>

#include "mbedtls/internal.h"

static void release(shako_authorities *base) {
  shako__mbedtls_authorities *authorities = (shako__mbedtls_authorities *)base;
  shako_mem mem = authorities->mem;

  mbedtls_x509_crt_free(&authorities->chain);
  mbedtls_x509_crl_free(&authorities->crls);
  shako__release(&mem, authorities, sizeof(*authorities));
}

static shako__mbedtls_authorities *make(const shako_mem *mem) {
  shako_mem mine = mem != NULL ? *mem : shako__mem_default();
  shako__mbedtls_authorities *authorities =
      shako__alloc(&mine, sizeof(*authorities));

  if (authorities == NULL) {
    return NULL;
  }
  authorities->base.engine = shako_mbedtls_engine();
  authorities->base.release = release;
  authorities->base.references = 1;
  authorities->mem = mine;
  mbedtls_x509_crt_init(&authorities->chain);
  mbedtls_x509_crl_init(&authorities->crls);

  return authorities;
}

/* Says why mbed TLS, which gave |result|, does not take what |name| holds. */
static int refuse(char *message, const char *name, int result) {
  char reason[128];

  if (result == MBEDTLS_ERR_X509_ALLOC_FAILED) {
    return SHAKO_ERR_NOMEM;
  }
  if (result > 0) {
    SHAKO__SAY(message, name, ": only some of what it holds can be read");
  } else {
    mbedtls_strerror(result, reason, sizeof(reason));
    SHAKO__SAY(message, name, ": cannot be parsed: ", reason);
  }

  return SHAKO_ERR_CERTIFICATE;
}

/* A certificate that is no authority's would count as one where mbed TLS finds
   it among them. */
static bool are_all_authorities(const mbedtls_x509_crt *chain) {
  while (chain != NULL && mbedtls_x509_crt_get_ca_istrue(chain) == 1) {
    chain = chain->next;
  }

  return chain == NULL;
}

/* Reads the certificates in |pem| by way of |text|.  Returns as
   shako_mbedtls_authorities_parse(). */
static int read_chain(mbedtls_x509_crt *chain, const shako__pem *pem,
                      char *text, char *message) {
  size_t len = shako__pem_read(pem, text, "CERTIFICATE", message);
  int result;

  if (len == 0) {
    return SHAKO_ERR_CERTIFICATE;
  }
  result = mbedtls_x509_crt_parse(chain, (const unsigned char *)text, len + 1);
  if (result != 0) {
    return refuse(message, pem->name, result);
  }
  if (!are_all_authorities(chain)) {
    SHAKO__SAY(message, pem->name, SHAKO__NO_AUTHORITY);
    return SHAKO_ERR_CERTIFICATE;
  }

  return 0;
}

/* Reads the revocation lists in |pem|.  Returns likewise. */
static int read_crls(mbedtls_x509_crl *crls, const shako__pem *pem, char *text,
                     char *message) {
  size_t len = shako__pem_read(pem, text, "X509 CRL", message);
  int result;

  if (len == 0) {
    return SHAKO_ERR_CERTIFICATE;
  }
  result = mbedtls_x509_crl_parse(crls, (const unsigned char *)text, len + 1);

  return result == 0 ? 0 : refuse(message, pem->name, result);
}

static int read_both(shako__mbedtls_authorities *authorities,
                     const shako_authorities_source *source, char *text,
                     char *message) {
  const shako__pem chain = shako__pem_authorities(source);
  const shako__pem crls = shako__pem_crls(source);
  int error = read_chain(&authorities->chain, &chain, text, message);

  authorities->has_crls = shako__pem_is_there(&crls);
  if (error == 0 && authorities->has_crls) {
    error = read_crls(&authorities->crls, &crls, text, message);
  }

  return error;
}

int shako_mbedtls_authorities_parse(shako_authorities **pauthorities,
                                    const shako_authorities_source *source,
                                    const shako_mem *mem, char *message) {
  shako_authorities_source mine = {0};
  shako__mbedtls_authorities *authorities = make(mem);
  char *text;
  int error = SHAKO_ERR_NOMEM;

  message[0] = '\0';
  shako__sized_copy(&mine, sizeof(mine), source);
  if (authorities == NULL) {
    return SHAKO_ERR_NOMEM;
  }

  text = shako__alloc(&authorities->mem, SHAKO__PEM_SIZE_MAX + 1);
  if (text != NULL && psa_crypto_init() == PSA_SUCCESS) {
    error = read_both(authorities, &mine, text, message);
  }
  shako__release(&authorities->mem, text, SHAKO__PEM_SIZE_MAX + 1);
  if (error != 0) {
    release(&authorities->base);
    return error;
  }
  *pauthorities = &authorities->base;

  return 0;
}
