#ifndef SHAKOD_FILE_H
#define SHAKOD_FILE_H

#include "buffer.h"

/* Reads all of |path| into |*text|.  Returns false after a line that says
   why. */
bool file_read(buffer *text, const char *path);

/* Returns whether |path| can be read without waiting for anybody, as a pipe
   cannot, and ends.  A line says that it does not; what is missing is left to
   whoever opens it. */
bool file_is_regular(const char *path);

#endif /* SHAKOD_FILE_H */
