#ifndef SHAKOCTL_OPTION_H
#define SHAKOCTL_OPTION_H

#include "../shakod/buffer.h"
#include "draft.h"

/* The options of the whole server. */

/* An option, and what it is to be: a string, or as the configuration has it;
   NULL takes it out. */
typedef struct option_value {
  const char *key;
  const char *value;
  bool is_string;
} option_value;

/* Has |d| say all of |values|, |count| of them, or none.  Returns false after a
   line that says why it cannot. */
bool option_set(draft *d, const option_value *values, size_t count);

/* Likewise one string. */
bool option_set_text(draft *d, const char *key, const char *text);

#endif /* SHAKOCTL_OPTION_H */
