#ifndef SHAKO_BASE_TEXT_H
#define SHAKO_BASE_TEXT_H

#include <shako/common.h>

/* A text that is written piece by piece into a caller's buffer.  What does not
   fit is counted and left out; there is a NUL in any case but for |size| 0. */
typedef struct shako__text {
  char *buf;
  size_t size; /* of |buf| */
  size_t len;  /* of the whole text, without the NUL */
} shako__text;

/* Begins an empty text. */
void shako__text_init(shako__text *text, char *buf, size_t size);

/* Adds the octets of |span|. */
void shako__text_put_span(shako__text *text, shako_span span);

/* Adds a string. */
void shako__text_put(shako__text *text, const char *string);

/* Adds |number| in decimal. */
void shako__text_put_number(shako__text *text, uint64_t number);

/* Adds |span| with what is not printable ASCII, and \ and ", as \xHH: what a
   peer sent can forge no line. */
void shako__text_put_escaped(shako__text *text, shako_span span);

#endif /* SHAKO_BASE_TEXT_H */
