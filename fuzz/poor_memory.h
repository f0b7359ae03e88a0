#ifndef POOR_MEMORY_H
#define POOR_MEMORY_H

#include <stdbool.h>

#include <shako/common.h>

/* Memory of which the allocation behind |left| further ones fails, and all
   behind it; SIZE_MAX: none does. */
typedef struct poor_memory {
  size_t left;
  size_t live; /* blocks that are not given back */
  bool failed; /* one did */
} poor_memory;

/* Returns what allocates from |memory|, which outlives it. */
shako_mem poor_memory_mem(poor_memory *memory);

#endif /* POOR_MEMORY_H */
