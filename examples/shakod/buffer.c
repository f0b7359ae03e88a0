#include "buffer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buffer_free(buffer *b) {
  free(b->ptr);
  *b = (buffer){0};
}

/* Makes room for |len| more; returns where they go, or NULL. */
static char *buffer_grow(buffer *b, size_t len) {
  size_t size = b->size == 0 ? 256 : b->size;
  char *ptr;

  while (size - b->len < len) {
    size *= 2;
  }

  ptr = size == b->size ? b->ptr : realloc(b->ptr, size);
  if (ptr == NULL) {
    b->failed = true;
    return NULL;
  }

  b->ptr = ptr;
  b->size = size;
  b->len += len;

  return ptr + b->len - len;
}

static char *buffer_take(buffer *b, size_t len) {
  return b->failed ? NULL : buffer_grow(b, len);
}

void buffer_add_span(buffer *b, shako_span span) {
  char *to = buffer_take(b, span.len);

  if (to != NULL && span.len > 0) {
    memcpy(to, span.ptr, span.len);
  }
}

void buffer_add(buffer *b, const char *s) {
  buffer_add_span(b, (shako_span){(const uint8_t *)s, strlen(s)});
}

void buffer_add_field(buffer *b, shako_span span) {
  char *to = buffer_take(b, span.len);
  size_t i;

  for (i = 0; to != NULL && i < span.len; i++) {
    uint8_t c = span.ptr[i];

    to[i] = c >= 0x20 && c != 0x7f ? (char)c : '?';
  }
}

void buffer_add_number(buffer *b, uint64_t number) {
  char digits[32];

  snprintf(digits, sizeof(digits), "%" PRIu64, number);
  buffer_add(b, digits);
}
