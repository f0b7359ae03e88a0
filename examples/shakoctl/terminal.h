#ifndef SHAKOCTL_TERMINAL_H
#define SHAKOCTL_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

#define TERMINAL_LINE_MAX 1024 /* with a NUL */

/* Whoever answers: a terminal, or a pipe. */
typedef struct terminal {
  char octets[TERMINAL_LINE_MAX]; /* read and not used up yet */
  size_t len;
  bool overlong;    /* the line that is being read is */
  bool ended;       /* there is no more input */
  bool interrupted; /* Ctrl-C was pressed; whoever has seen it clears it */
} terminal;

/* Takes over what Ctrl-C does: it comes to notice while a line is awaited. */
void terminal_open(terminal *t);

/* Says |prompt| and reads a line, without its end and without echo where
   |hidden|, into |line|, which holds TERMINAL_LINE_MAX octets.  Returns false
   where there is none any more or Ctrl-C was pressed; what has no line end is
   no line.  One that is too long comes as as many octets as there is room for.
 */
bool terminal_read(terminal *t, const char *prompt, bool hidden, char *line);

/* Returns |octet|, or a question mark where it is no printable ASCII: what
   comes from a peer or a certificate is not to command a terminal. */
char terminal_octet(char octet);

#endif /* SHAKOCTL_TERMINAL_H */
