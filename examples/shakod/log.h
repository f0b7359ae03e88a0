#ifndef SHAKOD_LOG_H
#define SHAKOD_LOG_H

#include <stddef.h>

/* What goes to standard error: whole lines, each in one write, so that those
   of several threads never mix. */

/* Writes the program's name, ": " and what follows as one line, in which is
   nothing that a peer said. */
void log_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Writes |len| octets of whole lines. */
void log_write(const char *lines, size_t len);

#endif /* SHAKOD_LOG_H */
