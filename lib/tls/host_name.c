#include "tls/host_name.h"

#include <string.h>

#include "base/ascii.h"

#define LABEL_MAX 63

static bool is_in_label(uint8_t c) {
  return shako__is_alnum(c) || c == '-' || c == '_';
}

/* Cuts a label off the start of |*text|; a pattern's first may be "*". */
static bool cut_label(shako_span *text, bool may_be_wild) {
  size_t len;

  if (may_be_wild && shako__cut(text, '*')) {
    return text->len > 0;
  }
  len = shako__cut_class(text, is_in_label).len;
  return len > 0 && len <= LABEL_MAX;
}

bool shako__host_name_read(shako__host_name *name, shako_span text,
                           bool is_pattern) {
  shako_span rest;
  size_t i;

  if (text.len > 0 && text.ptr[text.len - 1] == '.') {
    text.len--;
  }
  if (text.len > SHAKO__HOST_NAME_MAX) {
    return false;
  }
  rest = text;
  if (!cut_label(&rest, is_pattern)) {
    return false;
  }
  while (rest.len > 0) {
    if (!shako__cut(&rest, '.') || !cut_label(&rest, false)) {
      return false;
    }
  }

  name->len = text.len;
  for (i = 0; i < text.len; i++) {
    uint8_t c = text.ptr[i];

    name->text[i] = (uint8_t)(shako__is_alpha(c) ? c | 0x20 : c);
  }
  return true;
}

bool shako__host_name_widen(shako__host_name *name) {
  const uint8_t *dot = memchr(name->text, '.', name->len);
  size_t rest;

  if (dot == NULL) {
    return false;
  }
  rest = name->len - (size_t)(dot - name->text);
  memmove(name->text + 1, dot, rest);
  name->text[0] = '*';
  name->len = rest + 1;
  return true;
}

static bool same(const shako__host_name *a, const shako__host_name *b) {
  return a->len == b->len && memcmp(a->text, b->text, a->len) == 0;
}

bool shako__host_name_matches(shako_span pattern, shako_span text) {
  shako__host_name wanted;
  shako__host_name name;

  return shako__host_name_read(&wanted, pattern, true) &&
         shako__host_name_read(&name, text, false) &&
         (same(&wanted, &name) ||
          (shako__host_name_widen(&name) && same(&wanted, &name)));
}
