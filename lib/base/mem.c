#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static void *default_alloc(size_t size, void *user_data) {
  (void)user_data;

  return malloc(size);
}

static void default_release(void *ptr, size_t size, void *user_data) {
  (void)size;
  (void)user_data;
  free(ptr);
}

shako_mem shako__mem_default(void) {
  shako_mem mem = {NULL, default_alloc, default_release};

  return mem;
}

void *shako__alloc(const shako_mem *mem, size_t size) {
  void *ptr = mem->alloc(size, mem->user_data);

  if (ptr != NULL) {
    memset(ptr, 0, size);
  }

  return ptr;
}

void shako__release(const shako_mem *mem, void *ptr, size_t size) {
  if (ptr != NULL) {
    mem->release(ptr, size, mem->user_data);
  }
}

/* Volatile: the compiler cannot know what is called, nor leave it out. */
static void *(*const volatile overwrite)(void *, int, size_t) = memset;

void shako__wipe(void *ptr, size_t len) {
  if (len > 0) {
    overwrite(ptr, 0, len);
  }
}

static size_t smaller(size_t a, size_t b) {
  return a < b ? a : b;
}

void shako__sized_copy(void *to, size_t size, const void *from) {
  size_t from_size;

  memcpy(&from_size, from, sizeof(from_size));
  memcpy(to, from, smaller(size, from_size));
  memcpy(to, &size, sizeof(size));
}

void shako__sized_fill(void *to, size_t size, const void *defaults,
                       size_t defaults_size) {
  memset(to, 0, size);
  memcpy(to, defaults, smaller(size, defaults_size));
  memcpy(to, &size, sizeof(size));
}
