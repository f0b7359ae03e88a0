#ifndef SHAKOCTL_FETCH_H
#define SHAKOCTL_FETCH_H

#include "../shakod/buffer.h"

/* Adds to |to| what the HTTP server at |address| has for |path|.  Returns false
   after a line that says why there is nothing. */
bool fetch(buffer *to, const char *address, const char *path);

#endif /* SHAKOCTL_FETCH_H */
