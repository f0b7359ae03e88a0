#include "poor_memory.h"

#include <stdlib.h>

static void *take(size_t size, void *user_data) {
  poor_memory *memory = user_data;
  void *ptr = memory->left > 0 ? malloc(size) : NULL;

  if (ptr == NULL) {
    memory->failed = true;
    return NULL;
  }
  memory->left -= memory->left != SIZE_MAX;
  memory->live++;
  return ptr;
}

static void give_back(void *ptr, size_t size, void *user_data) {
  poor_memory *memory = user_data;

  (void)size;
  memory->live--;
  free(ptr);
}

shako_mem poor_memory_mem(poor_memory *memory) {
  return (shako_mem){memory, take, give_back};
}
