/* The engine over mbed TLS, against a client of mbed TLS in memory.  The
   first argument is the folder of the certificates. */
#include <shako/mbedtls.h>

#include "support/engine_bench.h"

static int context_new(void **pcontext, const shako_mem *mem, char *message) {
  shako_mbedtls_context *context = NULL;
  int error = shako_mbedtls_context_new(&context, mem, message);

  *pcontext = context;

  return error;
}

static void context_free(void *context) {
  shako_mbedtls_context_free(context);
}

static const engine_kit kit = {
    .engine = shako_mbedtls_engine,
    .context_new = context_new,
    .context_free = context_free,
    .certificate_read = shako_mbedtls_certificate_read,
    .certificate_parse = shako_mbedtls_certificate_parse,
    .authorities_parse = shako_mbedtls_authorities_parse,
    .demonstration = shako_mbedtls_certificate_demonstration,
    .unknown_ca = MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE,
    .warning = MBEDTLS_SSL_ALERT_MSG_NO_RENEGOTIATION,
    .forged = MBEDTLS_SSL_ALERT_MSG_BAD_RECORD_MAC,
    .clear_text = MBEDTLS_SSL_ALERT_MSG_UNEXPECTED_MESSAGE,
    .renegotiation = MBEDTLS_SSL_ALERT_MSG_UNEXPECTED_MESSAGE,
    .user_canceled = MBEDTLS_SSL_ALERT_MSG_USER_CANCELED,
    .reads_traditional = true,
};

int main(int argc, char **argv) {
  const char *folder = argc > 1 ? argv[1] : "tests/certificates";

  return engine_cases_run(&kit, folder) + certificate_cases_run(&kit, folder);
}
