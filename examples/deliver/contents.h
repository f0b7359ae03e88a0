#ifndef DELIVER_CONTENTS_H
#define DELIVER_CONTENTS_H

#include <stddef.h>

/* What a file holds, with a NUL behind it; free() takes it back. */
typedef struct contents {
  char *octets;
  size_t len;
} contents;

/* Reads |path|, "-" for the standard input.  Does not return where that fails.
 */
contents contents_read(const char *path);

/* Makes of each LF that is alone a CRLF, as a message has it on the wire.
   Does not return where a CR is alone, which next hops read as they like. */
contents contents_as_message(contents from, const char *path);

#endif /* DELIVER_CONTENTS_H */
