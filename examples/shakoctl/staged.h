#ifndef SHAKOCTL_STAGED_H
#define SHAKOCTL_STAGED_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "../shakod/buffer.h"

#define STAGED_MAX 256

/* A file that is to be written with the next commit.  Until then it is in
   memory alone, where whoever reads files by their path finds it. */
typedef struct staged_file {
  char *path;
  int fd;
  char now[32]; /* a path that is open to this process only */
  bool secret;
  struct stat before; /* what was there when it was first staged */
} staged_file;

/* Those of a draft; of several with one path the last one counts. */
typedef struct staged {
  staged_file files[STAGED_MAX];
  size_t count;
} staged;

/* Adds a file that holds |text|.  Returns false after a line that says why it
   cannot. */
bool staged_add(staged *s, const char *path, shako_span text, bool secret);

/* Returns whether what |file| replaces is what it was. */
bool staged_is_untouched(const staged_file *file);

/* Returns the file that is to be |path|, or NULL. */
const staged_file *staged_find(const staged *s, const char *path);

/* Lends what |file| holds, until staged_return().  Returns false after a
   line. */
bool staged_lend(const staged_file *file, shako_span *text);

void staged_return(shako_span text);

/* Returns the path by which |path| is read as it is to be; NULL for NULL. */
const char *staged_path(const staged *s, const char *path);

/* Forgets all but the first |count| files. */
void staged_cut(staged *s, size_t count);

#endif /* SHAKOCTL_STAGED_H */
