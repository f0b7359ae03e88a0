#ifndef SHAKOD_MAILDIR_H
#define SHAKOD_MAILDIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A mail folder in the Maildir format: a message is written in tmp/ and
   appears in new/ by a rename, whole or not at all. */

typedef struct maildir {
  const char *path; /* as maildir_open() was given it */
  int tmp_fd;
  int new_fd;
} maildir;

/* Opens |path| (which outlives |dir|), made if it is missing, with tmp, new and
   cur in it.  Returns 0, or what errno was. */
int maildir_open(maildir *dir, const char *path);

void maildir_close(maildir *dir);

/* What makes the names of one thread's messages unique. */
typedef struct maildir_names {
  const char *host;
  unsigned worker;
  uint64_t count;
} maildir_names;

/* One message on its way into a folder.  The first error sticks. */
typedef struct delivery delivery;

/* Opens a file in tmp/.  Returns NULL with errno set where that fails. */
delivery *delivery_new(const maildir *dir, maildir_names *names);

/* Returns what the file's name has between the time and the host. */
const char *delivery_id(const delivery *d);

/* Keeps all octets as they are from here on. */
void delivery_keep(delivery *d);

/* Adds |len| octets to the file.  Of each CRLF the CR is left out, since the
   lines of a Maildir end with LF; a CR or LF alone stays. */
void delivery_write(delivery *d, const void *ptr, size_t len);

/**
 * Writes what is left, syncs the file, renames it into new/ and syncs that
 * folder.  Slow; callable from any thread.  Returns 0, or what errno was at
 * the first error: then nothing is left behind.
 */
int delivery_finish(delivery *d);

/* Frees |d|; unless it was finished, removes its file.  NULL does nothing. */
void delivery_free(delivery *d);

#endif /* SHAKOD_MAILDIR_H */
