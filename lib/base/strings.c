#include "base/strings.h"

#include <string.h>

#include "base/ascii.h"
#include "base/mem.h"

#define BLOCK_SIZE 4096

struct shako__strings_block {
  struct shako__strings_block *next;
  size_t size; /* of this object */
  size_t used; /* octets of |data| */
  char data[];
};

typedef struct shako__strings_block block;

void shako__strings_init(shako__strings *strings, const shako_mem *mem) {
  *strings = (shako__strings){mem, NULL};
}

/* Puts a block in front that has room for |n| octets. */
static block *add_block(shako__strings *strings, size_t n) {
  size_t size = n > BLOCK_SIZE - sizeof(block) ? sizeof(block) + n : BLOCK_SIZE;
  block *added = shako__alloc(strings->mem, size);

  if (added != NULL) {
    added->size = size;
    added->next = strings->blocks;
    strings->blocks = added;
  }
  return added;
}

char *shako__strings_make(shako__strings *strings, size_t len) {
  block *at = strings->blocks;

  if (at == NULL || at->size - sizeof(*at) - at->used <= len) {
    at = add_block(strings, len + 1);
  }
  if (at == NULL) {
    return NULL;
  }
  at->used += len + 1;
  return at->data + at->used - len - 1;
}

const char *shako__strings_keep(shako__strings *strings, shako_span span) {
  char *copy = shako__strings_make(strings, span.len);

  if (copy != NULL && span.len > 0) {
    memcpy(copy, span.ptr, span.len);
  }
  return copy;
}

static bool is_blank(uint8_t c) {
  return c == ' ' || c == '\t' || c == '\n';
}

static bool is_not_blank(uint8_t c) {
  return !is_blank(c);
}

const char *shako__strings_list(shako__strings *strings, shako_span text) {
  char *list = shako__strings_make(strings, text.len + 1); /* all zero */
  char *at = list;

  while (list != NULL && text.len > 0) {
    shako_span word;

    shako__cut_class(&text, is_blank);
    word = shako__cut_class(&text, is_not_blank);
    if (word.len > 0) {
      memcpy(at, word.ptr, word.len);
      at += word.len + 1;
    }
  }
  return list;
}

const char *shako__list_next(const char *word) {
  const char *next = word + strlen(word) + 1;

  return *word != '\0' && *next != '\0' ? next : NULL;
}

const char *shako__list_find(const char *list, shako_span word) {
  if (list == NULL || word.len == 0) {
    return NULL;
  }
  while (list != NULL && !shako__equals(word, list)) {
    list = shako__list_next(list);
  }
  return list;
}

void shako__strings_free(shako__strings *strings) {
  while (strings->blocks != NULL) {
    block *first = strings->blocks;

    strings->blocks = first->next;
    shako__release(strings->mem, first, first->size);
  }
}
