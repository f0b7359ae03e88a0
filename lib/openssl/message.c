#include "openssl/internal.h"

int shako__openssl_refuse(char *message, int error, const char *const *parts) {
  if (shako__openssl_take_error() == SHAKO__OPENSSL_NO_MEMORY) {
    return SHAKO_ERR_NOMEM;
  }
  shako__message_write(message, parts);

  return error;
}

int shako__openssl_explain(char *message, int error, const char *path,
                           const char *what) {
  const char *reason = ERR_reason_error_string(ERR_peek_error());
  const char *const parts[] = {path, what, reason != NULL ? ": " : "",
                               reason != NULL ? reason : "", NULL};

  return shako__openssl_refuse(message, error, parts);
}
