#include "records.h"

#define RECORD_MAX (16384 + 2048)

enum { CHANGE_CIPHER_SPEC = 20, HANDSHAKE = 22, APPLICATION_DATA = 23 };

/* Judges a whole head.  That of an alert may have any version. */
static void judge(records *r) {
  r->left = (size_t)r->head[3] << 8 | r->head[4];
  r->have = 0;
  r->has_handshake |= r->head[0] == HANDSHAKE;
  r->is_broken = r->head[1] != 3 || r->left > RECORD_MAX;
}

void records_feed(records *r, const uint8_t *octets, size_t len) {
  size_t i;

  for (i = 0; i < len && !r->is_broken; i++) {
    if (r->left > 0) {
      r->left--;
      continue;
    }
    r->head[r->have++] = octets[i];
    r->is_broken =
        r->head[0] < CHANGE_CIPHER_SPEC || r->head[0] > APPLICATION_DATA;
    if (r->have == sizeof(r->head)) {
      judge(r);
    }
  }
}
