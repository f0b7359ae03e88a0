#ifndef SHAKOD_PASSPHRASE_H
#define SHAKOD_PASSPHRASE_H

#include <stdbool.h>
#include <stddef.h>

/* The passphrase of a key, for as long as the key is read. */
typedef struct passphrase {
  char text[1024];
  size_t len;
} passphrase;

/* Takes the first line of |path|, without its end.  Returns false after a line
   that says why there is none: a file that others may read or write is
   refused. */
bool passphrase_read(passphrase *p, const char *path);

/* Gives it away: a shako_passphrase_fn, with |p| for |ctx|. */
int passphrase_give(void *ctx, char *buf, size_t size, size_t *len);

void passphrase_wipe(passphrase *p);

#endif /* SHAKOD_PASSPHRASE_H */
