#ifndef SHAKOD_PASSWORDS_H
#define SHAKOD_PASSWORDS_H

#include "password_line.h"

/* Who may authenticate: a file of lines (password_line.h), empty ones, and such
   as begin with #.  Immutable once it is read; shared by threads. */
typedef struct passwords passwords;

/* Reads the file |path|, which is refused if everybody can read or write it.
   Returns NULL after a line that says what is wrong. */
passwords *passwords_read(const char *path);

/* Wipes and frees |p|.  NULL does nothing. */
void passwords_free(passwords *p);

/* Finds |name|, as SASLprep has it, and fills |*found|, which lives as long as
   |p|.  For a name that is not there it makes up what cannot be told from a
   line, the same each time, so that nobody learns which names there are.
   Returns false without memory. */
bool passwords_find(const passwords *p, const char *name, password *found);

/* Returns the name of the line that |name| and |text| are right for, or NULL,
   in the same time.  Slow; callable from any thread. */
const char *passwords_check(const passwords *p, const char *name,
                            const char *text);

#endif /* SHAKOD_PASSWORDS_H */
