#include "policy/fingerprints.h"

#include <string.h>

#include "base/ascii.h"

#define DIGEST_SIZE 32

static bool is_between(uint8_t c) {
  return c == ' ' || c == ',' || c == '\n' || c == '\t';
}

static unsigned digit_at(shako_span text, size_t i) {
  return i < text.len ? shako__hex_value(shako__upper(text.ptr[i]))
                      : SHAKO__NO_HEX;
}

/* Reads one fingerprint at the beginning of |rest| and cuts it off. */
static bool cut_digest(shako_span *rest, uint8_t *digest) {
  size_t i;

  for (i = 0; i < DIGEST_SIZE; i++) {
    unsigned high = digit_at(*rest, 0);
    unsigned low = digit_at(*rest, 1);

    if (high == SHAKO__NO_HEX || low == SHAKO__NO_HEX) {
      return false;
    }
    digest[i] = (uint8_t)(high << 4 | low);
    *rest = shako__slice(*rest, 2, rest->len);
    if (i + 1 < DIGEST_SIZE) {
      (void)shako__cut(rest, ':');
    }
  }
  return rest->len == 0 || is_between(rest->ptr[0]);
}

const char *shako__fingerprints_judge(shako_span text) {
  uint8_t digest[DIGEST_SIZE];

  shako__cut_class(&text, is_between);
  if (text.len == 0) {
    return "no fingerprint";
  }
  while (text.len > 0) {
    if (!cut_digest(&text, digest)) {
      return "not the 64 hexadecimal digits of a SHA-256 digest";
    }
    shako__cut_class(&text, is_between);
  }
  return NULL;
}

bool shako__fingerprints_hold(const char *text, const uint8_t *digest) {
  shako_span rest = text ? shako__span(text) : (shako_span){NULL, 0};
  uint8_t one[DIGEST_SIZE];

  shako__cut_class(&rest, is_between);
  while (rest.len > 0 && cut_digest(&rest, one)) {
    if (memcmp(one, digest, DIGEST_SIZE) == 0) {
      return true;
    }
    shako__cut_class(&rest, is_between);
  }
  return false;
}
