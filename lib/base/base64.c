#include "base/base64.h"

#include "base/ascii.h"

/* Returns all ones where |c|, an octet, is in [from, to], and else 0. */
static uint32_t in_range(uint32_t c, uint32_t from, uint32_t to) {
  return 0u - (((from - 1u - c) & (c - to - 1u)) >> 31);
}

/* Returns the character that stands for |bits|, 0 to 63. */
static uint8_t digit(uint32_t bits) {
  uint32_t c = (in_range(bits, 0, 25) & (bits + 'A')) |
               (in_range(bits, 26, 51) & (bits - 26 + 'a')) |
               (in_range(bits, 52, 61) & (bits - 52 + '0')) |
               (in_range(bits, 62, 62) & '+') | (in_range(bits, 63, 63) & '/');

  return (uint8_t)c;
}

#define NO_DIGIT 64u

/* Returns the six bits that |c| stands for, or NO_DIGIT. */
static uint32_t value(uint32_t c) {
  uint32_t upper = in_range(c, 'A', 'Z');
  uint32_t lower = in_range(c, 'a', 'z');
  uint32_t number = in_range(c, '0', '9');
  uint32_t plus = in_range(c, '+', '+');
  uint32_t slash = in_range(c, '/', '/');

  return (upper & (c - 'A')) | (lower & (c - 'a' + 26)) |
         (number & (c - '0' + 52)) | (plus & 62) | (slash & 63) |
         (~(upper | lower | number | plus | slash) & NO_DIGIT);
}

/* Writes the four characters for one to three octets. */
static void encode_group(const uint8_t *from, size_t len, uint8_t *to) {
  uint32_t bits = (uint32_t)from[0] << 16;

  bits |= len > 1 ? (uint32_t)from[1] << 8 : 0;
  bits |= len > 2 ? from[2] : 0;
  to[0] = digit(bits >> 18);
  to[1] = digit(bits >> 12 & 63);
  to[2] = len > 1 ? digit(bits >> 6 & 63) : '=';
  to[3] = len > 2 ? digit(bits & 63) : '=';
}

/* From the end: a group's place is never before its octets'. */
size_t shako__base64_encode(shako_span from, uint8_t *to) {
  size_t group = (from.len + 2) / 3;

  while (group > 0) {
    group--;
    encode_group(from.ptr + group * 3,
                 from.len - group * 3 < 3 ? from.len - group * 3 : 3,
                 to + group * 4);
  }
  return SHAKO__BASE64_SIZE(from.len);
}

/* Writes the |len| octets, one to three, that four characters stand for.
   Returns nonzero where they stand for no such octets. */
static uint32_t decode_group(const uint8_t *from, size_t len, uint8_t *to) {
  uint32_t a = value(from[0]);
  uint32_t b = value(from[1]);
  uint32_t c = len > 1 ? value(from[2]) : 0;
  uint32_t d = len > 2 ? value(from[3]) : 0;
  uint32_t bits = a << 18 | b << 12 | c << 6 | d;
  uint32_t bad = (a | b | c | d) & NO_DIGIT;

  to[0] = (uint8_t)(bits >> 16);
  if (len > 1) {
    to[1] = (uint8_t)(bits >> 8);
  }
  if (len > 2) {
    to[2] = (uint8_t)bits;
  }
  return bad | (bits & (0xffffffu >> (len * 8)));
}

bool shako__base64_decode(shako_span from, uint8_t *to, size_t *len) {
  uint32_t bad = 0;
  size_t pad = 0;
  size_t at;

  if (from.len % 4 != 0) {
    return false;
  }
  while (pad < 2 && pad < from.len && from.ptr[from.len - 1 - pad] == '=') {
    pad++;
  }
  for (at = 0; at < from.len; at += 4) {
    size_t octets = at + 4 == from.len ? 3 - pad : 3;

    bad |= decode_group(from.ptr + at, octets, to + at / 4 * 3);
  }
  *len = from.len / 4 * 3 - pad;
  return bad == 0;
}
