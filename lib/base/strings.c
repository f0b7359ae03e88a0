#include "base/strings.h"

#include <string.h>

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

void shako__strings_free(shako__strings *strings) {
  while (strings->blocks != NULL) {
    block *first = strings->blocks;

    strings->blocks = first->next;
    shako__release(strings->mem, first, first->size);
  }
}
