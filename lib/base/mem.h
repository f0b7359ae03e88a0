#ifndef SHAKO_BASE_MEM_H
#define SHAKO_BASE_MEM_H

#include <shako/common.h>

/* Returns malloc() and free() as a shako_mem. */
shako_mem shako__mem_default(void);

/* Returns |size| octets (never 0) of |mem|, zeroed, or NULL. */
void *shako__alloc(const shako_mem *mem, size_t size);

/* Gives |size| octets at |ptr| back to |mem|.  NULL does nothing. */
void shako__release(const shako_mem *mem, void *ptr, size_t size);

/* Overwrites |len| octets with zeroes, which no compiler leaves out. */
void shako__wipe(void *ptr, size_t len);

/* Whether the caller's |*STRUCT| was sized, and by a header that knew |FIELD|,
   the last one of the first release. */
#define SHAKO__KNOWS(STRUCT, FIELD)                                            \
  ((STRUCT)->struct_size >=                                                    \
   (size_t)((const char *)(&(STRUCT)->FIELD + 1) - (const char *)(STRUCT)))

/* Copies a caller's sized struct over |to|, which holds the defaults: what
   the caller does not know of stays as it is, what this library does not know
   of is left behind.  Both structs begin with their size_t struct_size; |to|
   keeps |size|. */
void shako__sized_copy(void *to, size_t size, const void *from);

/* Fills a caller's struct of |size| octets from |defaults|, as
   shako_X_default_sized() does; what this library does not know of is 0. */
void shako__sized_fill(void *to, size_t size, const void *defaults,
                       size_t defaults_size);

#endif /* SHAKO_BASE_MEM_H */
