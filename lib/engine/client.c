#include <string.h>

#include "base/ascii.h"
#include "engine/common.h"

void shako__client_name_put(shako_client_certificate *client, const char *kind,
                            shako_span name) {
  size_t at = strlen(client->names);
  size_t len = strlen(kind);

  if (name.len == 0 || !shako__all_text(name) ||
      memchr(name.ptr, ' ', name.len) != NULL ||
      name.len + len + 1 >= sizeof(client->names) - at) {
    return;
  }
  if (at > 0) {
    client->names[at++] = ' ';
  }
  memcpy(client->names + at, kind, len);
  memcpy(client->names + at + len, name.ptr, name.len);
  client->names[at + len + name.len] = '\0';
}

void shako__client_subject_put(shako_client_certificate *client,
                               const char *text) {
  size_t i;

  for (i = 0; i + 1 < sizeof(client->subject) && text[i] != '\0'; i++) {
    client->subject[i] = shako__is_text((uint8_t)text[i]) ? text[i] : (char)'?';
  }
  client->subject[i] = '\0';
}
