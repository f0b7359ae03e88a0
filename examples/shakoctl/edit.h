#ifndef SHAKOCTL_EDIT_H
#define SHAKOCTL_EDIT_H

#include "../shakod/buffer.h"
#include "conf.h"

/* Each of these adds to |to| the text |text| with one change, and leaves all
   else of it octet for octet. */

/* Puts |with| in the place of |where|. */
void edit_replace(buffer *to, shako_span text, range where, const char *with);

/**
 * Has the option |name| of |section|, or where that is NULL of the whole file,
 * be |value|, which is written as it is.  Returns false where its value holds a
 * comment, which would be lost.
 */
bool edit_set(buffer *to, shako_span text, const conf_item *section,
              const char *name, const char *value);

/* Adds |lines|, which are indented by themselves, at the end of |section|, or
   where that is NULL of the file. */
void edit_append(buffer *to, shako_span text, const conf_item *section,
                 const char *lines);

/* Takes out |whole|, with its line where nothing else is on it. */
void edit_remove(buffer *to, shako_span text, range whole);

/* Adds |value| to |to| as a string of the configuration. */
void edit_quote(buffer *to, const char *value);

#endif /* SHAKOCTL_EDIT_H */
