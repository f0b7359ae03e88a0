#ifndef SHAKOD_BUFFER_H
#define SHAKOD_BUFFER_H

#include <stdbool.h>

#include <shako/common.h>

/* Text that grows.  Begin with all at zero, end with buffer_free().  Once
   memory has run out, |failed| stays set and nothing more is added. */
typedef struct buffer {
  char *ptr; /* no NUL at the end */
  size_t len;
  size_t size;
  bool failed;
} buffer;

void buffer_free(buffer *b);

void buffer_add(buffer *b, const char *s);

/* Adds |span| as it is. */
void buffer_add_span(buffer *b, shako_span span);

/* Adds |span|, which the library lets have no control octet, to a header field:
   that no line can be added is worth a second look all the same, and such an
   octet becomes a question mark. */
void buffer_add_field(buffer *b, shako_span span);

/* Adds |number| in decimal digits. */
void buffer_add_number(buffer *b, uint64_t number);

#endif /* SHAKOD_BUFFER_H */
