#include "policy/symbols.h"

#include <string.h>

/* A hash of chains, of which there are at least as many as names. */

typedef struct entry {
  shako_span name;
  uint32_t number;
  uint32_t next; /* of its chain; SHAKO__NO_SYMBOL for none */
} entry;

/* 2^64 by the golden ratio. */
#define HASH_FACTOR 0x9e3779b97f4a7c15u

static size_t hash_of(shako_span name) {
  uint64_t hash = 0;
  size_t i;

  for (i = 0; i < name.len; i++) {
    hash = (hash ^ name.ptr[i]) * HASH_FACTOR;
  }
  return (size_t)(hash >> 32);
}

void shako__symbols_init(shako__symbols *symbols, const shako_mem *mem) {
  shako__array_init(&symbols->entries, mem, sizeof(entry));
  shako__array_init(&symbols->heads, mem, sizeof(uint32_t));
}

/* Returns where the chain of |name| begins; there is one. */
static uint32_t *head_of(const shako__symbols *symbols, shako_span name) {
  uint32_t *heads = symbols->heads.items;

  return &heads[hash_of(name) & (symbols->heads.count - 1)];
}

static void link_in(shako__symbols *symbols, uint32_t i) {
  entry *entries = symbols->entries.items;
  uint32_t *head = head_of(symbols, entries[i].name);

  entries[i].next = *head;
  *head = i;
}

/* Makes twice as many chains as there were.  Returns false without memory. */
static bool spread(shako__symbols *symbols) {
  size_t more = symbols->heads.count > 0 ? symbols->heads.count : 16;
  uint32_t i;

  if (shako__array_add(&symbols->heads, more) == NULL) {
    return false;
  }
  memset(symbols->heads.items, 0xff, symbols->heads.count * sizeof(uint32_t));
  for (i = 0; i < symbols->entries.count; i++) {
    link_in(symbols, i);
  }
  return true;
}

int shako__symbols_add(shako__symbols *symbols, shako_span name,
                       uint32_t number) {
  entry *added;

  if (symbols->entries.count == symbols->heads.count && !spread(symbols)) {
    return SHAKO_ERR_NOMEM;
  }
  added = shako__array_add(&symbols->entries, 1);
  if (added == NULL) {
    return SHAKO_ERR_NOMEM;
  }
  *added = (entry){name, number, SHAKO__NO_SYMBOL};
  link_in(symbols, (uint32_t)symbols->entries.count - 1);
  return 0;
}

static bool is_same(shako_span a, shako_span b) {
  return a.len == b.len && memcmp(a.ptr, b.ptr, a.len) == 0;
}

uint32_t shako__symbols_find(const shako__symbols *symbols, shako_span name) {
  const entry *entries = symbols->entries.items;
  uint32_t i =
      symbols->heads.count > 0 ? *head_of(symbols, name) : SHAKO__NO_SYMBOL;

  while (i != SHAKO__NO_SYMBOL && !is_same(entries[i].name, name)) {
    i = entries[i].next;
  }
  return i != SHAKO__NO_SYMBOL ? entries[i].number : SHAKO__NO_SYMBOL;
}

void shako__symbols_free(shako__symbols *symbols) {
  shako__array_free(&symbols->entries);
  shako__array_free(&symbols->heads);
}
