#ifndef SHAKOD_ASK_PASSWORD_H
#define SHAKOD_ASK_PASSWORD_H

#include <stdbool.h>
#include <stddef.h>

/* Reads the first line of standard input, without its end, into |text| of
   |size|; at a terminal it is asked for, unseen, and once more.  Returns false
   after a line that says what is wrong with it. */
bool ask_password(char *text, size_t size);

#endif /* SHAKOD_ASK_PASSWORD_H */
