#ifndef CLIENT_HELLO_DRAFT_H
#define CLIENT_HELLO_DRAFT_H

#include "octets.h"

/* ClientHellos made by hand. */

#define HELLO_DRAFT_LENGTHS 64

/* A message under way, and where in it there are lengths. */
typedef struct hello_draft {
  octets message;
  size_t lengths[HELLO_DRAFT_LENGTHS];
  size_t sizes[HELLO_DRAFT_LENGTHS];
  size_t count;
} hello_draft;

/* Adds |number| in |size| octets, or writes it at |at|. */
void draft_add_number(octets *to, size_t size, size_t number);
void draft_set_number(uint8_t *at, size_t size, size_t number);

/* Begins a vector whose length has |size| octets.  Returns what ends it. */
size_t draft_begin(hello_draft *d, size_t size);
void draft_end(hello_draft *d, size_t which);

/* Adds a whole vector. */
void draft_add_vector(hello_draft *d, size_t size, const void *octet,
                      size_t len);

/* The last three arguments, for a string. */
#define VECTOR(SIZE, TEXT) (SIZE), (TEXT), sizeof(TEXT) - 1

/* Adds an extension of |type| whose body is one vector. */
void draft_add_extension(hello_draft *d, size_t type, size_t size,
                         const void *octet, size_t len);

/* Adds server_name with one name of a host. */
void draft_add_name(hello_draft *d, const void *name, size_t len);

/* Begins a message, up to its extensions.  Returns what ends it. */
size_t draft_message(hello_draft *d, unsigned version, const void *suites,
                     size_t len);

/* Makes a whole message with all extensions that are read: the name is
   mx.example.com, the protocols are "smtp" and "h2", the last extension is one
   that nobody knows. */
void draft_all(hello_draft *d);

/* Makes a whole message with one extension. */
void draft_with(hello_draft *d, size_t type, size_t size, const void *octet,
                size_t len);

#endif /* CLIENT_HELLO_DRAFT_H */
