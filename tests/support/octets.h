#ifndef OCTETS_H
#define OCTETS_H

#include <stddef.h>
#include <stdint.h>

/* Octets that grow, always with a NUL behind them.  All zero is an empty
   one.  A test that runs out of memory aborts. */
typedef struct octets {
  uint8_t *ptr;
  size_t len;
  size_t room;
} octets;

void octets_add(octets *to, const void *from, size_t len);
void octets_add_text(octets *to, const char *text);

__attribute__((format(printf, 2, 3))) void
octets_print(octets *to, const char *format, ...);

/* Adds |from| with what is not printable ASCII, `\` and `"` escaped. */
void octets_add_escaped(octets *to, const void *from, size_t len);

/* Drops the first |n| octets. */
void octets_drop(octets *from, size_t n);

/* Returns the text; "" if there is none. */
const char *octets_text(const octets *from);

void octets_clear(octets *what);
void octets_free(octets *what);

/* malloc() and realloc() that abort. */
void *must_alloc(size_t size);
void *must_grow(void *ptr, size_t size);

#endif /* OCTETS_H */
