#include "peer_names.h"

#include <string.h>

void peer_names_add(peer_names *names, const char *name) {
  size_t len = strlen(name);
  unsigned i;

  for (i = 0; i < names->count; i++) {
    if (strcmp(names->items[i].text, name) == 0) {
      return;
    }
  }

  if (names->count < PEER_NAMES_MAX && len > 0 && len < DNS_NAME_SIZE) {
    memcpy(names->items[names->count].text, name, len + 1);
    names->count++;
  }
}

/* Finds the first one that is in |state|; or NULL. */
static const peer_name *find(const peer_names *names, peer_name_state state) {
  unsigned i;

  for (i = 0; i < names->count; i++) {
    if (names->items[i].state == state) {
      return &names->items[i];
    }
  }

  return NULL;
}

/* Why no name agrees.  One that might have is a reason to try later. */
static shako_name_state why_not(const peer_names *names) {
  if (names->count == 0) {
    return names->none;
  }

  if (find(names, PEER_NAME_ASKED) != NULL ||
      find(names, PEER_NAME_FAILED) != NULL) {
    return SHAKO_NAME_TEMPORARY;
  }

  return SHAKO_NAME_MISMATCH;
}

void peer_names_tell(const peer_names *names, shako_peer *facts) {
  /* The first in the order of the answer: the same one each time. */
  const peer_name *name = find(names, PEER_NAME_AGREES);

  if (name == NULL) {
    facts->name_state = (uint8_t)why_not(names);
  } else {
    facts->name_state = SHAKO_NAME_VERIFIED;
    facts->name = (shako_span){(const uint8_t *)name->text, strlen(name->text)};
  }
}
