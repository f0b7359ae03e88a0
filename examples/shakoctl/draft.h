#ifndef SHAKOCTL_DRAFT_H
#define SHAKOCTL_DRAFT_H

#include "../shakod/buffer.h"
#include "../shakod/settings.h"
#include "../shakod/setup.h"
#include "conf.h"
#include "staged.h"

/* The configuration as it is to become.  Nothing of it is in any file before it
   is committed. */
typedef struct draft {
  char *path;        /* of the configuration, links followed */
  bool is_new;       /* there is no such file yet */
  buffer disk;       /* what was read from it */
  buffer text;       /* what it is to say ... */
  settings settings; /* ... and what that means */
  staged staged;     /* the other files */
} draft;

/* A state of a draft, to go back to. */
typedef struct draft_mark {
  buffer text;
  size_t staged;
  bool is_first; /* nothing is configured */
} draft_mark;

/* Reads |path|, or begins with an empty configuration where there is none.
   Returns false after a line that says what is wrong with it. */
bool draft_open(draft *d, const char *path);

void draft_close(draft *d);

/* Has |d| say |text|, which is taken over and freed.  Returns false after a
   line that says why that is no configuration; |d| stays as it is. */
bool draft_change(draft *d, buffer *text);

shako_span draft_text(const draft *d);

/* Returns whether there is anything to be committed. */
bool draft_is_changed(const draft *d);

/* Takes note of where |d| is.  Each mark is given to draft_return() or
   draft_forget(). */
bool draft_take_mark(const draft *d, draft_mark *mark);

/* Goes back to |mark|.  Returns false only where memory runs out. */
bool draft_return(draft *d, draft_mark *mark);

void draft_forget(draft_mark *mark);

/* Goes back to what the files say.  Returns likewise. */
bool draft_clear(draft *d);

/* Takes note that all of |d| is in its files now.  Returns likewise. */
bool draft_settle(draft *d);

/* Makes what shakod would make of |d|, for our name |hostname|.  Returns NULL
   after lines that say what is wrong. */
setup *draft_setup(const draft *d, const char *hostname);

/* The same, of listener |index| alone. */
setup *draft_setup_one(const draft *d, const char *hostname, size_t index);

/* Stores our name in |name|, of 256 octets.  Returns false after a line. */
bool draft_hostname(const draft *d, char *name);

/* Returns the length of the folder of the configuration in its path, with its
   slash. */
size_t draft_folder_length(const draft *d);

/* Returns how the configuration calls |path|. */
const char *draft_name(const draft *d, const char *path);

/* Adds to |to| the path, with a NUL, of the file that the configuration calls
   |name|. */
void draft_add_path(buffer *to, const draft *d, const char *name);

#endif /* SHAKOCTL_DRAFT_H */
