#include "base/text.h"

#include <string.h>

#include "base/ascii.h"

void shako__text_init(shako__text *text, char *buf, size_t size) {
  *text = (shako__text){buf, size, 0};
  if (size > 0) {
    buf[0] = '\0';
  }
}

void shako__text_put_span(shako__text *text, shako_span span) {
  if (text->len < text->size && span.len > 0) {
    size_t room = text->size - text->len - 1;
    size_t n = span.len < room ? span.len : room;

    memcpy(text->buf + text->len, span.ptr, n);
    text->buf[text->len + n] = '\0';
  }
  text->len += span.len;
}

void shako__text_put(shako__text *text, const char *string) {
  shako__text_put_span(text, shako__span(string));
}

void shako__text_put_number(shako__text *text, uint64_t number) {
  char digits[21];

  shako__put_number(digits, number);
  shako__text_put(text, digits);
}

static void put_octet(shako__text *text, uint8_t octet) {
  shako_span span = {&octet, 1};

  shako__text_put_span(text, span);
}

void shako__text_put_escaped(shako__text *text, shako_span span) {
  static const char digits[] = "0123456789abcdef";
  size_t i;

  for (i = 0; i < span.len; i++) {
    uint8_t octet = span.ptr[i];

    if (shako__is_text(octet) && octet != '\\' && octet != '"') {
      put_octet(text, octet);
    } else {
      shako__text_put(text, "\\x");
      put_octet(text, (uint8_t)digits[octet >> 4]);
      put_octet(text, (uint8_t)digits[octet & 15]);
    }
  }
}
