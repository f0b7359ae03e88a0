#include <shako/common.h>
#include <shako/version.h>

const char *shako_strerror(int error) {
  switch ((shako_error)error) {
  case SHAKO_OK:
    return "success";
  case SHAKO_ERR_INVALID_ARGUMENT:
    return "invalid argument";
  case SHAKO_ERR_INVALID_STATE:
    return "not possible in this state";
  case SHAKO_ERR_STALE_QUESTION:
    return "the question is no longer open";
  case SHAKO_ERR_SYNTAX:
    return "syntax error";
  case SHAKO_ERR_CERTIFICATE:
    return "the certificate or its key cannot be used";
  case SHAKO_ERR_FATAL:
    return "fatal error";
  case SHAKO_ERR_NOMEM:
    return "out of memory";
  case SHAKO_ERR_TLS:
    return "TLS failed";
  case SHAKO_ERR_INTERNAL:
    return "internal error";
  }

  return "unknown error";
}

int shako_is_fatal(int error) {
  return error < SHAKO_ERR_FATAL;
}

uint32_t shako_version(void) {
  return SHAKO_VERSION_NUMBER;
}
