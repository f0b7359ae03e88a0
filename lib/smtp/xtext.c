#include "smtp/xtext.h"

#include <string.h>

#include "base/ascii.h"
#include "base/utf8.h"

/* What is decoded, and how much of it there is. */
typedef struct sink {
  uint8_t *to; /* NULL: it is only counted */
  size_t len;
} sink;

static void put(sink *out, const uint8_t *octets, size_t len) {
  if (out->to) {
    memmove(out->to + out->len, octets, len);
  }
  out->len += len;
}

/* xchar, which is QCHAR but for "\": RFC 3461 4, RFC 6533 3. */
static bool is_xchar(uint8_t c) {
  return shako__is_text(c) && c != ' ' && c != '+' && c != '=';
}

/* hexchar, without its "+". */
static bool read_hexchar(shako_span *text, uint8_t *octet) {
  unsigned high =
      text->len > 1 ? shako__hex_value(text->ptr[0]) : SHAKO__NO_HEX;
  unsigned low = text->len > 1 ? shako__hex_value(text->ptr[1]) : SHAKO__NO_HEX;

  if (high == SHAKO__NO_HEX || low == SHAKO__NO_HEX) {
    return false;
  }
  *octet = (uint8_t)(high << 4 | low);
  *text = shako__slice(*text, 2, text->len);
  return true;
}

/* Whether xtext may hide |octet|. */
static bool is_hidden(uint8_t octet, bool utf8) {
  return shako__is_text(octet) || (utf8 && octet >= 0x80);
}

bool shako__xtext_decode(shako_span from, bool utf8, uint8_t *to, size_t *len) {
  sink out = {to, 0};

  while (from.len > 0) {
    uint8_t octet = from.ptr[0];

    from = shako__slice(from, 1, from.len);
    if (octet == '+' ? !read_hexchar(&from, &octet) || !is_hidden(octet, utf8)
                     : !is_xchar(octet)) {
      return false;
    }
    put(&out, &octet, 1);
  }
  *len = out.len;
  return true;
}

/* Whether "\x{}" may hold |point|: a space, one of "+", "=" and "\", or what is
   beyond ASCII.  HEXPOINT has controls too. */
static bool is_embedded(uint32_t point) {
  if (point < 0xa0) {
    return point == ' ' || point == '+' || point == '=' || point == '\\';
  }
  return point <= 0x10ffff && (point < 0xd800 || point > 0xdfff);
}

/* EmbeddedUnicodeChar, whose digits beyond two do not begin with a zero. */
static bool read_embedded(shako_span *text, uint32_t *point) {
  uint32_t value = 0;
  size_t digits;

  if (text->len < 3 || memcmp(text->ptr, "\\x{", 3) != 0) {
    return false;
  }
  *text = shako__slice(*text, 3, text->len);
  for (digits = 0; digits < 6 && digits < text->len; digits++) {
    unsigned digit = shako__hex_value(shako__upper(text->ptr[digits]));

    if (digit == SHAKO__NO_HEX) {
      break;
    }
    value = value << 4 | digit;
  }
  if (digits < 2 || (digits > 2 && text->ptr[0] == '0')) {
    return false;
  }
  *text = shako__slice(*text, digits, text->len);
  *point = value;
  return shako__cut(text, '}') && is_embedded(value);
}

/* QCHAR, or what is beyond it in QUCHAR. */
static bool is_quchar(shako_span one, bool utf8) {
  return one.ptr[0] < 0x80 ? is_xchar(one.ptr[0])
                           : utf8 && shako__is_utf8_text(one);
}

bool shako__unitext_decode(shako_span from, bool utf8, uint8_t *to,
                           size_t *len) {
  sink out = {to, 0};

  while (from.len > 0) {
    size_t length = shako__utf8_length(from);
    uint8_t octets[4];
    uint32_t point;

    if (length > 0 && from.ptr[0] != '\\' &&
        is_quchar(shako__slice(from, 0, length), utf8)) {
      put(&out, from.ptr, length);
      from = shako__slice(from, length, from.len);
    } else if (read_embedded(&from, &point)) {
      put(&out, octets, shako__utf8_put(point, octets));
    } else {
      return false;
    }
  }
  *len = out.len;
  return out.len > 0;
}
