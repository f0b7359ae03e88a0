#include <shako/policy.h>

#include <string.h>

#include "base/array.h"
#include "base/ascii.h"
#include "base/mem.h"
#include "policy/address_key.h"

/*
 * The keys of the patterns (address_key.h), sorted.  A path has one too, and
 * is looked up as that, without its domain, without its local-part, and then
 * as what is under each of the domains over its own.
 */

struct shako_address_list {
  shako_mem mem;
  uint32_t references; /* atomic */
  shako__array keys;   /* slot, sorted by what they hold */
  shako__array octets; /* of keys */
};

/* Where a key is in |octets|. */
typedef struct slot {
  size_t at;
  size_t len;
} slot;

static int add_key(shako_address_list *list, const shako__address_key *key) {
  size_t at = list->octets.count;
  uint8_t *octets = shako__array_add(&list->octets, key->len);
  slot *to = octets != NULL ? shako__array_add(&list->keys, 1) : NULL;

  if (to == NULL) {
    return SHAKO_ERR_NOMEM;
  }
  memcpy(octets, key->octets, key->len);
  *to = (slot){at, key->len};
  return 0;
}

static bool is_blank(uint8_t c) {
  return c == ' ' || c == '\t';
}

static bool is_in_comment(uint8_t c) {
  return c != '\r' && c != '\n';
}

static bool is_in_pattern(uint8_t c) {
  return !is_blank(c) && is_in_comment(c);
}

/* Cuts blanks and a comment off the start of |*line|. */
static void cut_blanks(shako_span *line) {
  shako__cut_class(line, is_blank);
  if (line->len > 0 && line->ptr[0] == '#') {
    shako__cut_class(line, is_in_comment);
  }
}

/* Cuts a line off the start of |*text| and adds its patterns.  |*what| is what
   is wrong, at |text->ptr|. */
static int read_line(shako_address_list *list, shako_span *text,
                     const char **what) {
  int error = 0;

  cut_blanks(text);
  while (error == 0 && text->len > 0 && is_in_comment(text->ptr[0])) {
    shako_span pattern = shako__cut_class(text, is_in_pattern);
    shako__address_key key;
    size_t at;

    *what = shako__address_key_read(&key, pattern, &at);
    if (*what != NULL) {
      text->ptr = pattern.ptr + at;
      return SHAKO_ERR_SYNTAX;
    }
    error = add_key(list, &key);
    cut_blanks(text);
  }
  if (error == 0 && text->len > 0) {
    shako__cut(text, '\r');
    *what = "a CR without an LF";
    error = shako__cut(text, '\n') ? 0 : SHAKO_ERR_SYNTAX;
  }
  return error;
}

static int read_lines(shako_address_list *list, shako_span text,
                      shako_place *place) {
  uint32_t line = 0;
  int error = 0;

  while (text.len > 0 && error == 0) {
    const uint8_t *start = text.ptr;
    const char *what = NULL;

    line++;
    error = read_line(list, &text, &what);
    if (error == SHAKO_ERR_SYNTAX) {
      *place = (shako_place){line, (uint32_t)(text.ptr - start) + 1, what};
    }
  }
  return error;
}

/* Returns less than, equal to or over 0 as |a| stands to |b|. */
static int compare(shako_span a, shako_span b) {
  size_t len = a.len < b.len ? a.len : b.len;
  int order = memcmp(a.ptr, b.ptr, len);

  return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static shako_span span_of(const shako__array *octets, const slot *s) {
  shako_span span = {(const uint8_t *)octets->items + s->at, s->len};

  return span;
}

static bool goes_before(const void *a, const void *b, const void *octets) {
  return compare(span_of(octets, a), span_of(octets, b)) < 0;
}

static int read_list(shako_address_list *list, shako_span text,
                     shako_place *place) {
  int error = read_lines(list, text, place);

  if (error == 0) {
    error = shako__array_sort(&list->keys, goes_before, &list->octets);
    shako__array_trim(&list->keys);
    shako__array_trim(&list->octets);
  }
  return error;
}

int shako_address_list_read(shako_address_list **plist, shako_span text,
                            const shako_mem *mem, shako_place *place) {
  shako_mem own = mem != NULL ? *mem : shako__mem_default();
  shako_address_list *list = shako__alloc(&own, sizeof(*list));
  int error;

  if (list == NULL) {
    return SHAKO_ERR_NOMEM;
  }
  list->mem = own;
  list->references = 1;
  shako__array_init(&list->keys, &list->mem, sizeof(slot));
  shako__array_init(&list->octets, &list->mem, 1);
  error = read_list(list, text, place);
  if (error != 0) {
    shako_address_list_unref(list);
    return error;
  }
  *plist = list;
  return 0;
}

shako_address_list *shako_address_list_ref(shako_address_list *list) {
  __atomic_add_fetch(&list->references, 1, __ATOMIC_RELAXED);

  return list;
}

void shako_address_list_unref(shako_address_list *list) {
  shako_mem mem;

  if (list == NULL ||
      __atomic_sub_fetch(&list->references, 1, __ATOMIC_ACQ_REL) > 0) {
    return;
  }
  mem = list->mem;
  shako__array_free(&list->keys);
  shako__array_free(&list->octets);
  shako__release(&mem, list, sizeof(*list));
}

static bool has_key(const shako_address_list *list, shako_span key) {
  const slot *slots = list->keys.items;
  size_t from = 0;
  size_t to = list->keys.count;

  while (from < to) {
    size_t middle = from + (to - from) / 2;
    int order = compare(span_of(&list->octets, &slots[middle]), key);

    if (order == 0) {
      return true;
    }
    if (order < 0) {
      from = middle + 1;
    } else {
      to = middle;
    }
  }
  return false;
}

/* Whether |list| has |domain|, in upper case, or a domain over it. */
static bool has_domain(const shako_address_list *list, shako_span domain) {
  size_t i;

  for (i = 0; i < domain.len; i++) {
    if ((i == 0 || domain.ptr[i] == '.') &&
        has_key(list, shako__slice(domain, i, domain.len))) {
      return true;
    }
  }
  return false;
}

int shako_address_list_holds(const shako_address_list *list, shako_span path) {
  shako__address_key key;
  shako_span all = {key.octets, 0};

  if (!shako__address_key_make(&key, path)) {
    return 0;
  }
  all.len = key.len;
  return has_key(list, all) ||
         has_key(list, shako__slice(all, 0, key.domain)) ||
         has_domain(list, shako__slice(all, key.domain, all.len));
}
