#ifndef SHAKOD_PASSWORD_LINE_H
#define SHAKOD_PASSWORD_LINE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The secrets of one password:
 *
 *   NAME:{SCRAM-SHA-256}ITERATIONS,SALT,STORED-KEY,SERVER-KEY
 *
 * the last three in base64, the keys those of RFC 5802.  It is what GNU SASL,
 * Dovecot and others write.  No password can be read out of it, only tried.
 */

#define PASSWORD_SALT_MIN 8 /* octets */
#define PASSWORD_SALT_MAX 32
#define PASSWORD_SALT_NEW 16 /* of a line that is made here */

/* RFC 7677 4 wants so many at least; with more than the other an attempt would
   take a thread seconds. */
#define PASSWORD_ITERATIONS_MIN 4096
#define PASSWORD_ITERATIONS_MAX 4000000
#define PASSWORD_ITERATIONS_NEW 65536

#define PASSWORD_NAME_MAX 255 /* octets, as of an identity of the library */

/* A salt or a key in base64, with its NUL. */
#define PASSWORD_TEXT_SIZE 45

/* What a line says. */
typedef struct password {
  const char *name; /* NULL: there is no such line, and the rest is made up */
  unsigned iterations;
  char salt[PASSWORD_TEXT_SIZE];
  char stored_key[PASSWORD_TEXT_SIZE];
  char server_key[PASSWORD_TEXT_SIZE];
} password;

/* Reads |line|, which is changed and goes on to hold the name.  Returns NULL,
   or what is wrong. */
const char *password_line_read(password *p, char *line);

/* Makes the keys of |text| with the salt and iterations of |p|.  Slow.  Returns
   false where that cannot be. */
bool password_derive(password *p, const char *text);

/* Writes |len| octets, of a salt or a key, to |to| in base64. */
void password_encode(char to[PASSWORD_TEXT_SIZE], const char *octets,
                     size_t len);

/* Returns how many octets the salt of |p| is. */
size_t password_salt_length(const password *p);

#endif /* SHAKOD_PASSWORD_LINE_H */
