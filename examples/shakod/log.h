#ifndef SHAKOD_LOG_H
#define SHAKOD_LOG_H

#include <shako/shako.h>

/* What goes to standard error: whole lines, each in one write, so that those
   of several threads never mix.  Nothing that a peer said is ever in one. */

/* Writes the program's name, ": " and what follows as one line. */
void log_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Writes the one line of a connection that is |closed|. */
void log_connection(const shako_record *closed);

#endif /* SHAKOD_LOG_H */
