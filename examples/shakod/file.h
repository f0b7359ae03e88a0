#ifndef SHAKOD_FILE_H
#define SHAKOD_FILE_H

#include "buffer.h"

/* Reads all of |path| into |*text|.  Returns false after a line that says
   why. */
bool file_read(buffer *text, const char *path);

#endif /* SHAKOD_FILE_H */
