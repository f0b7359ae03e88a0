#include "base/utf8.h"

#include "base/ascii.h"

/* RFC 3629 4, UTF8-char: the first octet's range, the second's, and how many
   octets there are.  All further ones are 80 to BF. */
static const struct row {
  uint8_t first;
  uint8_t last;
  uint8_t second_first;
  uint8_t second_last;
  uint8_t len;
} rows[] = {
    /* clang-format off */
    {0x00, 0x7f, 0x00, 0x00, 1},
    {0xc2, 0xdf, 0x80, 0xbf, 2},
    {0xe0, 0xe0, 0xa0, 0xbf, 3},
    {0xe1, 0xec, 0x80, 0xbf, 3},
    {0xed, 0xed, 0x80, 0x9f, 3}, /* no surrogates */
    {0xee, 0xef, 0x80, 0xbf, 3},
    {0xf0, 0xf0, 0x90, 0xbf, 4},
    {0xf1, 0xf3, 0x80, 0xbf, 4},
    {0xf4, 0xf4, 0x80, 0x8f, 4},
    /* clang-format on */
};

/* Returns the row of |first|, or NULL. */
static const struct row *find(uint8_t first) {
  size_t i;

  for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    if (first >= rows[i].first && first <= rows[i].last) {
      return &rows[i];
    }
  }
  return NULL;
}

size_t shako__utf8_length(shako_span text) {
  const struct row *row = text.len > 0 ? find(text.ptr[0]) : NULL;
  size_t i;

  if (!row || text.len < row->len) {
    return 0;
  }
  if (row->len > 1 &&
      (text.ptr[1] < row->second_first || text.ptr[1] > row->second_last)) {
    return 0;
  }
  for (i = 2; i < row->len; i++) {
    if ((text.ptr[i] & 0xc0) != 0x80) {
      return 0;
    }
  }
  return row->len;
}

bool shako__is_utf8(shako_span text) {
  while (text.len > 0) {
    size_t len = shako__utf8_length(text);

    if (len == 0) {
      return false;
    }
    text = shako__slice(text, len, text.len);
  }
  return true;
}

bool shako__is_utf8_text(shako_span text) {
  size_t i;

  for (i = 0; i < text.len; i++) {
    uint8_t c = text.ptr[i];

    if (c < 0x20 || c == 0x7f ||
        (c == 0xc2 && i + 1 < text.len && text.ptr[i + 1] < 0xa0)) {
      return false;
    }
  }
  return shako__is_utf8(text);
}

bool shako__is_written(shako_span text, bool utf8) {
  return utf8 ? shako__is_utf8_text(text) : shako__all_text(text);
}

size_t shako__utf8_put(uint32_t point, uint8_t *to) {
  size_t len = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  static const uint8_t marks[] = {0x00, 0xc0, 0xe0, 0xf0};
  size_t i;

  for (i = len - 1; i > 0; i--) {
    to[i] = (uint8_t)(0x80 | (point & 0x3f));
    point >>= 6;
  }
  to[0] = (uint8_t)(marks[len - 1] | point);
  return len;
}
