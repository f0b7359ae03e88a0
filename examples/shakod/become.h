#ifndef SHAKOD_BECOME_H
#define SHAKOD_BECOME_H

#include <stdbool.h>

/* Becomes the user |name| for good.  Returns false after a line that says why
   not. */
bool become(const char *name);

#endif /* SHAKOD_BECOME_H */
