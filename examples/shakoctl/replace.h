#ifndef SHAKOCTL_REPLACE_H
#define SHAKOCTL_REPLACE_H

#include <stdbool.h>
#include <sys/types.h>

#include <shako/common.h>

/* A file that takes the place of another, or is new: whoever reads sees the one
   or the other, and so does a machine that has lost its power. */
typedef struct replacement {
  char *path; /* links followed */
  char *temporary;
} replacement;

/* What a file is to be where there is none yet; else owner and mode stay. */
typedef struct replacement_kind {
  bool secret; /* for its owner alone, new or not */
  uid_t owner; /* (uid_t)-1: whoever we are */
} replacement_kind;

/* Writes |text| to a temporary file beside |path|.  Returns false after a line
   that says why it cannot; then nothing is left of it. */
bool replacement_write(replacement *r, const char *path, shako_span text,
                       replacement_kind kind);

/* Puts it in its place.  Returns false after a line. */
bool replacement_finish(replacement *r);

/* Leaves nothing behind. */
void replacement_abandon(replacement *r);

#endif /* SHAKOCTL_REPLACE_H */
