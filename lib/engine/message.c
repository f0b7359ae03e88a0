#include <string.h>

#include "engine/common.h"

/* So that two paths and the words about them always fit. */
#define PART_MAX 160

/* Writes |len| octets behind the |at| of |message| that are there, as far as
   there is room, and returns how many are there then. */
static size_t append(char *message, size_t at, const char *text, size_t len) {
  size_t room = SHAKO__MESSAGE_SIZE - 1 - at;

  if (len > room) {
    len = room;
  }
  memcpy(message + at, text, len);

  return at + len;
}

void shako__message_write(char *message, const char *const *parts) {
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
