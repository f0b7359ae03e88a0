#ifndef PROBE_REPLY_H
#define PROBE_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REPLY_MAX 8192

/* A reply (RFC 5321 4.2). */
typedef struct reply {
  int code;
  size_t lines;
  char text[REPLY_MAX]; /* with its codes and CRLF */
} reply;

/**
 * Reads the reply at the start of |octets|.
 *
 * Returns its length, or 0: there is more to come, or, where |*what| says so,
 * it is none.
 */
size_t reply_read(reply *r, const uint8_t *octets, size_t len,
                  const char **what);

/* Returns whether a line of |r| behind its first is the EHLO keyword |word|;
   |*value| is what follows it, if anything. */
bool reply_has(const reply *r, const char *word, const char **value);

/* Returns whether each line of |r| has an enhanced code of its class
   (RFC 2034 4), or, not |wanted|, none has one. */
bool reply_is_enhanced(const reply *r, bool wanted);

#endif /* PROBE_REPLY_H */
