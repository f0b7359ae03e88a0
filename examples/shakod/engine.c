#include "engine.h"

#include <string.h>

#include <shako/mbedtls.h>
#ifdef HAVE_OPENSSL
#  include <shako/openssl.h>
#endif

static int mbedtls_context_new(void **pcontext, char *message) {
  shako_mbedtls_context *context = NULL;
  int error = shako_mbedtls_context_new(&context, NULL, message);

  *pcontext = context;

  return error;
}

static void mbedtls_context_free(void *context) {
  shako_mbedtls_context_free(context);
}

#ifdef HAVE_OPENSSL
static int openssl_context_new(void **pcontext, char *message) {
  shako_openssl_context *context = NULL;
  int error = shako_openssl_context_new(&context, NULL, message);

  *pcontext = context;

  return error;
}

static void openssl_context_free(void *context) {
  shako_openssl_context_free(context);
}
#endif

/* The first is the default. */
static const engine engines[] = {
    {"mbedtls", shako_mbedtls_engine, mbedtls_context_new, mbedtls_context_free,
     shako_mbedtls_certificate_parse, shako_mbedtls_authorities_parse,
     shako_mbedtls_certificate_demonstration},
#ifdef HAVE_OPENSSL
    {"openssl", shako_openssl_engine, openssl_context_new, openssl_context_free,
     shako_openssl_certificate_parse, shako_openssl_authorities_parse,
     shako_openssl_certificate_demonstration},
#endif
};

const engine *engine_find(const char *name) {
  size_t i;

  for (i = 0; i < sizeof(engines) / sizeof(engines[0]); i++) {
    if (name == NULL || strcmp(engines[i].name, name) == 0) {
      return &engines[i];
    }
  }

  return NULL;
}
