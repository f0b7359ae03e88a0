#ifndef SHAKO_BASE_ASCII_H
#define SHAKO_BASE_ASCII_H

#include <stdbool.h>

#include <shako/common.h>

/* The C locale's classes, whatever the locale is. */
static inline bool shako__is_digit(uint8_t c) {
  return c >= '0' && c <= '9';
}

static inline bool shako__is_alpha(uint8_t c) {
  return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static inline bool shako__is_alnum(uint8_t c) {
  return shako__is_alpha(c) || shako__is_digit(c);
}

/* Printable ASCII or a space: all that a command may hold. */
static inline bool shako__is_text(uint8_t c) {
  return c >= 0x20 && c <= 0x7e;
}

static inline uint8_t shako__upper(uint8_t c) {
  return c >= 'a' && c <= 'z' ? (uint8_t)(c - 0x20) : c;
}

#define SHAKO__NO_HEX 16u

/* Returns what |c|, a hexadecimal digit in upper case, counts, or
   SHAKO__NO_HEX where it is none. */
static inline unsigned shako__hex_value(uint8_t c) {
  if (shako__is_digit(c)) {
    return c - (unsigned)'0';
  }
  return c >= 'A' && c <= 'F' ? c - (unsigned)'A' + 10 : SHAKO__NO_HEX;
}

/* Returns the octets [from, to) of |span|. */
static inline shako_span shako__slice(shako_span span, size_t from, size_t to) {
  shako_span slice = {span.ptr + from, to - from};

  return slice;
}

/* Cuts |c| off the start of |*text|.  Returns false, and touches nothing,
   where something else or nothing stands there. */
static inline bool shako__cut(shako_span *text, uint8_t c) {
  if (text->len == 0 || *text->ptr != c) {
    return false;
  }

  text->ptr++;
  text->len--;

  return true;
}

/* Cuts the octets for which |in_class| holds, which may be none, off the
   start of |*text| and returns them. */
static inline shako_span shako__cut_class(shako_span *text,
                                          bool (*in_class)(uint8_t)) {
  shako_span run = {text->ptr, 0};

  while (text->len > 0 && in_class(*text->ptr)) {
    text->ptr++;
    text->len--;
    run.len++;
  }

  return run;
}

/* Returns the octets of a string. */
shako_span shako__span(const char *text);

/* Whether |span| is |text|, upper and lower case alike. */
bool shako__equals(shako_span span, const char *text);

/* Whether |span| begins with |text|, upper and lower case alike. */
bool shako__starts_with(shako_span span, const char *text);

/* Whether every octet of |span| is printable ASCII or a space. */
bool shako__all_text(shako_span span);

/* Reads |span|, 1 to 20 digits and nothing else, into |*number|.  Returns
   false where it is not that or is over UINT64_MAX. */
bool shako__number(shako_span span, uint64_t *number);

/* Writes |number| in decimal digits and a NUL to |at|, 21 octets at the most.
   Returns where the NUL is. */
char *shako__put_number(char *at, uint64_t number);

/* Writes |len| octets in hexadecimal digits, in lower case, and a NUL to |at|.
 */
void shako__put_hex(char *at, const uint8_t *octets, size_t len);

#endif /* SHAKO_BASE_ASCII_H */
