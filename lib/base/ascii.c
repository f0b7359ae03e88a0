#include "base/ascii.h"

#include <string.h>

shako_span shako__span(const char *text) {
  shako_span span = {(const uint8_t *)text, strlen(text)};

  return span;
}

bool shako__equals(shako_span span, const char *text) {
  return span.len == strlen(text) && shako__starts_with(span, text);
}

bool shako__starts_with(shako_span span, const char *text) {
  size_t i;

  for (i = 0; text[i] != '\0'; i++) {
    if (i == span.len ||
        shako__upper(span.ptr[i]) != shako__upper((uint8_t)text[i])) {
      return false;
    }
  }

  return true;
}

/* Whether all of eight octets are text.  What is no text has, or its borrow or
   carry gives, the highest bit. */
static bool is_text_8(const uint8_t *octets) {
  const uint64_t ones = 0x0101010101010101;
  uint64_t word;

  memcpy(&word, octets, sizeof(word));
  return ((word | (word - ones * 0x20) | (word + ones)) & ones * 0x80) == 0;
}

bool shako__all_text(shako_span span) {
  while (span.len >= 8 && is_text_8(span.ptr)) {
    span.ptr += 8;
    span.len -= 8;
  }
  shako__cut_class(&span, shako__is_text);

  return span.len == 0;
}

bool shako__number(shako_span span, uint64_t *number) {
  uint64_t value = 0;
  size_t i;

  if (span.len == 0 || span.len > 20) {
    return false;
  }

  for (i = 0; i < span.len; i++) {
    unsigned digit = (unsigned)span.ptr[i] - '0';

    if (digit > 9 || value > (UINT64_MAX - digit) / 10) {
      return false;
    }

    value = value * 10 + digit;
  }

  *number = value;

  return true;
}

char *shako__put_number(char *at, uint64_t number) {
  char digits[20];
  size_t count = 0;

  do {
    digits[count++] = (char)('0' + number % 10);
    number /= 10;
  } while (number > 0);
  while (count > 0) {
    *at++ = digits[--count];
  }
  *at = '\0';
  return at;
}

void shako__put_hex(char *at, const uint8_t *octets, size_t len) {
  static const char digits[] = "0123456789abcdef";
  size_t i;

  for (i = 0; i < len; i++) {
    *at++ = digits[octets[i] >> 4];
    *at++ = digits[octets[i] & 15];
  }
  *at = '\0';
}
