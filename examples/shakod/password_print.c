#include "password_print.h"

#include <stdio.h>
#include <string.h>

#include <gsasl.h>

#include "ask_password.h"
#include "log.h"
#include "password_line.h"

#define TEXT_SIZE 1024

/* Makes the secrets of |text|.  Returns NULL, or what is wrong. */
static const char *make(password *p, const char *text) {
  char salt[PASSWORD_SALT_NEW];

  if (gsasl_random(salt, sizeof(salt)) != GSASL_OK) {
    return "no random octets";
  }

  p->iterations = PASSWORD_ITERATIONS_NEW;
  password_encode(p->salt, salt, sizeof(salt));

  return password_derive(p, text) ? NULL : "not a password that SASL can have";
}

/* Prints |name| as SASLprep has it, by which it is found, and its secrets.
   Returns NULL, or what is wrong: what cannot be read back, for one. */
static const char *print(const char *name, const password *p) {
  char line[PASSWORD_NAME_MAX + 4 * PASSWORD_TEXT_SIZE];
  password again;
  const char *wrong;
  int n = snprintf(line, sizeof(line), "%s:{SCRAM-SHA-256}%u,%s,%s,%s", name,
                   p->iterations, p->salt, p->stored_key, p->server_key);

  if (n < 0 || (size_t)n >= sizeof(line) || strpbrk(name, ":\n") != NULL ||
      name[0] == '#') {
    return "not a name for a line";
  }

  wrong = password_line_read(&again, line);
  if (wrong == NULL) {
    printf("%s:{SCRAM-SHA-256}%u,%s,%s,%s\n", name, p->iterations, p->salt,
           p->stored_key, p->server_key);
  }

  return wrong;
}

bool password_print(const char *name) {
  char text[TEXT_SIZE];
  char *prepared = NULL;
  password p = {0};
  const char *wrong = "the name is none that SASL can have";

  if (gsasl_saslprep(name, 0, &prepared, NULL) == GSASL_OK) {
    if (!ask_password(text, sizeof(text))) {
      gsasl_free(prepared);
      return false;
    }

    wrong = make(&p, text);
    explicit_bzero(text, sizeof(text));
  }

  if (wrong == NULL) {
    wrong = print(prepared, &p);
  }

  gsasl_free(prepared);
  if (wrong != NULL) {
    log_line("%s: %s", name, wrong);
  }

  return wrong == NULL;
}
