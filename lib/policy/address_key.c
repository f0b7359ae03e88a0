#include "policy/address_key.h"

#include <string.h>

#include "base/ascii.h"
#include "base/utf8.h"
#include "smtp/path.h"

/* RFC 5321 4.5.3.1.1. */
#define LOCAL_PART_LENGTH 64

/* A pattern or a path, cut in two. */
typedef struct parts {
  shako_span local_part;
  bool has_at;       /* or |domain| is what stands where the @ should */
  shako_span domain; /* "" for none */
} parts;

static bool is_before_at(uint8_t c) {
  return c != '@';
}

/* Cuts a quoted string, or what there is of it, off the start of |*text|. */
static void cut_quoted(shako_span *text) {
  shako__cut(text, '"');
  while (text->len > 0 && !shako__cut(text, '"')) {
    size_t n = text->ptr[0] == '\\' && text->len > 1 ? 2 : 1;

    *text = shako__slice(*text, n, text->len);
  }
}

static void split(shako_span text, parts *cut) {
  cut->local_part = text;
  if (text.len > 0 && text.ptr[0] == '"') {
    cut_quoted(&text);
  } else {
    shako__cut_class(&text, is_before_at);
  }
  cut->local_part.len -= text.len;
  cut->has_at = shako__cut(&text, '@');
  cut->domain = text;
}

static void put(shako__address_key *to, shako_span span) {
  size_t i;

  for (i = 0; i < span.len; i++) {
    to->octets[to->len++] = shako__upper(span.ptr[i]);
  }
}

/* A local-part that ends in a NUL. */
static void put_local_part(shako__address_key *to, shako_span span) {
  bool quoted = shako__cut(&span, '"');
  size_t i;

  for (i = 0; i < span.len; i++) {
    if (quoted && span.ptr[i] == '"') {
      break;
    }
    if (quoted && span.ptr[i] == '\\' && i + 1 < span.len) {
      i++;
    }
    to->octets[to->len++] = shako__upper(span.ptr[i]);
  }
  to->octets[to->len++] = '\0';
}

static void put_domain(shako__address_key *to, shako_span span) {
  char text[SHAKO_ADDRESS_TEXT_SIZE];
  shako_address address;

  if (span.len == 0 || span.ptr[0] != '[' ||
      shako_address_parse(&address, span) != 0) {
    put(to, span);
    return;
  }
  shako_address_format(&address, text);
  put(to, shako__span("["));
  put(to, shako__span(text));
  put(to, shako__span("]"));
}

static bool is_local_part(shako_span span) {
  uint8_t octets[LOCAL_PART_LENGTH + 2];
  shako_span text = {octets, span.len + 2};
  shako__path path;

  if (span.len > LOCAL_PART_LENGTH) {
    return false;
  }
  octets[0] = '<';
  memcpy(octets + 1, span.ptr, span.len);
  octets[span.len + 1] = '>';
  return shako__bare_path_read(&text, false, &path) && text.len == 0;
}

/* Returns what is wrong with |cut|, or NULL; |*at| is where. */
static const char *judge(const parts *cut, const uint8_t **at) {
  shako_span domain = cut->domain;

  *at = cut->local_part.ptr;
  if (cut->local_part.len > 0 && !is_local_part(cut->local_part)) {
    return "not a local-part of an address";
  }
  *at = domain.ptr;
  if (!cut->has_at) {
    return "an @ is missing";
  }
  if (domain.len == 0) {
    return cut->local_part.len > 0 ? NULL : "nothing but an @";
  }
  if (cut->local_part.len == 0 && shako__cut(&domain, '.')) {
    return shako__is_domain(domain) ? NULL : "not a domain";
  }
  return shako__is_host(domain) ? NULL
                                : "neither a domain nor an address literal";
}

const char *shako__address_key_read(shako__address_key *key, shako_span pattern,
                                    size_t *at) {
  const uint8_t *place;
  const char *fault;
  parts cut;

  *at = 0;
  if (pattern.len > SHAKO__ADDRESS_MAX) {
    return "a pattern over 320 octets";
  }
  split(pattern, &cut);
  fault = judge(&cut, &place);
  *at = (size_t)(place - pattern.ptr);
  if (fault != NULL) {
    return fault;
  }
  key->len = 0;
  if (cut.local_part.len > 0) {
    put_local_part(key, cut.local_part);
  }
  key->domain = key->len;
  put_domain(key, cut.domain);
  return NULL;
}

bool shako__address_key_make(shako__address_key *key, shako_span path) {
  parts cut;

  if (path.len > SHAKO__ADDRESS_MAX || !shako__is_utf8_text(path)) {
    return false;
  }
  split(path, &cut);
  if (cut.local_part.len == 0 || (!cut.has_at && cut.domain.len > 0)) {
    return false;
  }
  key->len = 0;
  put_local_part(key, cut.local_part);
  key->domain = key->len;
  put_domain(key, cut.domain);
  return true;
}
