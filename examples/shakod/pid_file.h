#ifndef SHAKOD_PID_FILE_H
#define SHAKOD_PID_FILE_H

#include <stdbool.h>

/* The file that says who the running server is.  It is locked for as long as
   the server runs, so that what a dead one left behind misleads nobody. */

/* Writes our number into |path|.  Returns false after a line that says what is
   wrong, above all that another server has it. */
bool pid_file_write(const char *path);

/* Returns the number of the server that has |path| locked, or 0. */
int pid_file_holder(const char *path);

#endif /* SHAKOD_PID_FILE_H */
