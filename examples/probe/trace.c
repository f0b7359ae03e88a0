#include "trace.h"

#include <stdio.h>
#include <string.h>

void trace_add(trace *t, const uint8_t *octets, size_t len) {
  size_t over;

  if (len > TRACE_OCTETS) {
    octets += len - TRACE_OCTETS;
    len = TRACE_OCTETS;
    t->is_cut = true;
  }
  if (t->len + len > TRACE_OCTETS) {
    over = t->len + len - TRACE_OCTETS;
    memmove(t->octets, t->octets + over, t->len - over);
    t->len -= over;
    t->is_cut = true;
  }
  memcpy(t->octets + t->len, octets, len);
  t->len += len;
}

static size_t escape(char *to, uint8_t octet) {
  switch (octet) {
  case '\r':
    return (size_t)sprintf(to, "\\r");
  case '\n':
    return (size_t)sprintf(to, "\\n");
  case '"':
  case '\\':
    return (size_t)sprintf(to, "\\%c", octet);
  default:
    if (octet >= ' ' && octet < 0x7f) {
      return (size_t)sprintf(to, "%c", octet);
    }
    return (size_t)sprintf(to, "\\x%02x", octet);
  }
}

void trace_text(const trace *t, char text[TRACE_TEXT]) {
  size_t at = t->is_cut ? (size_t)sprintf(text, "...") : 0;
  size_t i;

  for (i = 0; i < t->len; i++) {
    at += escape(text + at, t->octets[i]);
  }
  text[at] = '\0';
}
