#ifndef SHAKOD_PASSWORD_PRINT_H
#define SHAKOD_PASSWORD_PRINT_H

#include <stdbool.h>

/* Asks for the password of |name| and prints the line for a file of passwords.
   Returns false after a line that says what is wrong. */
bool password_print(const char *name);

#endif /* SHAKOD_PASSWORD_PRINT_H */
