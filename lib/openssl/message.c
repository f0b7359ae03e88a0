#include <string.h>

#include "openssl/internal.h"

/* So that two paths and the words about them always fit. */
#define PART_MAX 160

/* Writes |len| octets behind the |at| of |message| that are there, as far as
   there is room, and returns how many are there then. */
static size_t append(char *message, size_t at, const char *text, size_t len) {
  size_t room = SHAKO_OPENSSL_MESSAGE_SIZE - 1 - at;

  if (len > room) {
    len = room;
  }
  memcpy(message + at, text, len);

  return at + len;
}

void shako__openssl_say(char *message, const char *const *parts) {
  size_t at = 0;

  for (; *parts != NULL; parts++) {
    size_t len = strlen(*parts);
    size_t skip = 0;

    if (len > PART_MAX) {
      skip = len - (PART_MAX - 3);
      at = append(message, at, "...", 3);
    }
    at = append(message, at, *parts + skip, len - skip);
  }
  message[at] = '\0';
}

int shako__openssl_explain(char *message, int error, const char *const *parts) {
  unsigned long code = ERR_peek_error(); /* the first: what began it */
  const char *reason = ERR_reason_error_string(code);
  size_t at;

  ERR_clear_error();
  if (ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE) {
    return SHAKO_ERR_NOMEM;
  }
  shako__openssl_say(message, parts);
  if (reason != NULL) {
    at = strlen(message);
    at = append(message, at, ": ", 2);
    at = append(message, at, reason, strlen(reason));
    message[at] = '\0';
  }

  return error;
}
