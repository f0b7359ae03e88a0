#include "octets.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *must_grow(void *ptr, size_t size) {
  void *grown = realloc(ptr, size);
  if (grown == NULL) {
    abort();
  }
  return grown;
}

void *must_alloc(size_t size) {
  void *ptr = must_grow(NULL, size > 0 ? size : 1);
  memset(ptr, 0, size);
  return ptr;
}

static void reserve(octets *to, size_t more) {
  size_t need = to->len + more + 1;
  if (need > to->room) {
    size_t room = need < 256 ? 256 : need * 2;
    to->ptr = must_grow(to->ptr, room);
    to->room = room;
  }
}

void octets_add(octets *to, const void *from, size_t len) {
  reserve(to, len);
  if (len > 0) {
    memcpy(to->ptr + to->len, from, len);
  }
  to->len += len;
  to->ptr[to->len] = 0;
}

void octets_add_text(octets *to, const char *text) {
  octets_add(to, text, strlen(text));
}

void octets_print(octets *to, const char *format, ...) {
  va_list args;
  va_start(args, format);
  int len = vsnprintf(NULL, 0, format, args);
  va_end(args);
  if (len < 0) {
    abort();
  }
  reserve(to, (size_t)len);
  va_start(args, format);
  vsnprintf((char *)to->ptr + to->len, (size_t)len + 1, format, args);
  va_end(args);
  to->len += (size_t)len;
}

void octets_add_escaped(octets *to, const void *from, size_t len) {
  const uint8_t *octet = from;
  for (size_t i = 0; i < len; i++) {
    if (octet[i] == '\r') {
      octets_add_text(to, "\\r");
    } else if (octet[i] == '\n') {
      octets_add_text(to, "\\n");
    } else if (octet[i] == '\\' || octet[i] == '"') {
      octets_print(to, "\\%c", octet[i]);
    } else if (octet[i] < 0x20 || octet[i] > 0x7e) {
      octets_print(to, "\\x%02X", octet[i]);
    } else {
      octets_add(to, octet + i, 1);
    }
  }
}

void octets_drop(octets *from, size_t n) {
  if (n > 0) {
    memmove(from->ptr, from->ptr + n, from->len - n + 1);
    from->len -= n;
  }
}

const char *octets_text(const octets *from) {
  return from->ptr != NULL ? (const char *)from->ptr : "";
}

void octets_clear(octets *what) {
  what->len = 0;
  if (what->ptr != NULL) {
    what->ptr[0] = 0;
  }
}

void octets_free(octets *what) {
  free(what->ptr);
  memset(what, 0, sizeof(*what));
}
