#ifndef SHAKOCTL_DESTINATION_TABLE_H
#define SHAKOCTL_DESTINATION_TABLE_H

#include <shako/destination.h>

#include "destination_text.h"
#include "draft.h"

/* The destination controls as they are to be. */
typedef struct destination_table {
  buffer path; /* of their file, with a NUL */
  buffer text;
  shako_destinations *read;
} destination_table;

/* Reads them; where there is no file, an empty table.  Returns false after a
   line that says what is wrong; destination_table_close() is due then too. */
bool destination_table_open(destination_table *t, const draft *d);

void destination_table_close(destination_table *t);

shako_span destination_table_text(const destination_table *t);

/* Fills |*entry| with the |i|-th, the default first.  Returns false past the
   last. */
bool destination_table_at(const destination_table *t, size_t i,
                          shako_destination *entry);

/* Returns the number of the section |name|, or 0 where there is none. */
size_t destination_table_find(const destination_table *t, const char *name);

/* Returns where the |i|-th section is; |first| is 0 where it is not there. */
section_lines destination_table_lines(const destination_table *t, size_t i);

/* Has |d| say |text|, which is freed.  Returns false after a line that says why
   that is no table. */
bool destination_table_put(const destination_table *t, draft *d, buffer *text);

/* Each of these opens it, for the section |name|, or the default for NULL, and
   closes it again.  A line says where it cannot. */

/* Has |key| be |value| in the section, which is there. */
void destination_table_set(draft *d, const char *name, const char *key,
                           const char *value);

/* Adds the section unless it is there.  Returns whether it is there now. */
bool destination_table_add(draft *d, const char *name);

/* Fills |*entry| with what holds for the section, but for its name.  Returns
   whether it could. */
bool destination_table_get(const draft *d, const char *name,
                           shako_destination *entry);

#endif /* SHAKOCTL_DESTINATION_TABLE_H */
