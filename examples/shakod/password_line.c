#include "password_line.h"

#include <stdlib.h>
#include <string.h>

#include <gsasl.h>

#include "number.h"

#define KEY_SIZE GSASL_HASH_SHA256_SIZE

static const char scheme[] = "{SCRAM-SHA-256}";

/* Copies |text|, which fits; the rest is zero, so that all of it compares. */
static void put(char to[PASSWORD_TEXT_SIZE], const char *text) {
  memset(to, 0, PASSWORD_TEXT_SIZE);
  memcpy(to, text, strlen(text));
}

void password_encode(char to[PASSWORD_TEXT_SIZE], const char *octets,
                     size_t len) {
  char *text = NULL;
  size_t size = 0;

  if (gsasl_base64_to(octets, len, &text, &size) != GSASL_OK) {
    put(to, "");
    return;
  }

  put(to, text);
  explicit_bzero(text, size);

  gsasl_free(text);
}

/* Decodes |text| into |octets|, of |size|.  Returns how many it is; 0 where it
   is not the base64 that would be written of them. */
static size_t decode(char *octets, size_t size, const char *text) {
  char again[PASSWORD_TEXT_SIZE];
  char *found = NULL;
  size_t len = 0;

  if (strlen(text) < PASSWORD_TEXT_SIZE &&
      gsasl_base64_from(text, strlen(text), &found, &len) == GSASL_OK &&
      len <= size) {
    memcpy(octets, found, len);
    password_encode(again, found, len);
    len = strcmp(again, text) == 0 ? len : 0;
  } else {
    len = 0;
  }

  gsasl_free(found);

  return len;
}

size_t password_salt_length(const password *p) {
  char salt[PASSWORD_SALT_MAX];

  return decode(salt, sizeof(salt), p->salt);
}

bool password_derive(password *p, const char *text) {
  char salt[PASSWORD_SALT_MAX];
  char keys[4][KEY_SIZE];
  size_t len = decode(salt, sizeof(salt), p->salt);
  int error = gsasl_scram_secrets_from_password(
      GSASL_HASH_SHA256, text, p->iterations, salt, len, keys[0], keys[1],
      keys[2], keys[3]);

  if (error == GSASL_OK) {
    password_encode(p->server_key, keys[2], KEY_SIZE);
    password_encode(p->stored_key, keys[3], KEY_SIZE);
  }

  explicit_bzero(keys, sizeof(keys));

  return error == GSASL_OK;
}

/* Whether |name| is as SASLprep (RFC 4013) has it, which is what names of
   clients are made before they are looked for. */
static bool is_prepared(const char *name) {
  char *prepared = NULL;
  bool same = gsasl_saslprep(name, 0, &prepared, NULL) == GSASL_OK &&
              strcmp(prepared, name) == 0;

  gsasl_free(prepared);

  return same;
}

static const char *read_name(password *p, char *name) {
  p->name = name;
  if (name[0] == '\0' || strlen(name) > PASSWORD_NAME_MAX) {
    return "not a name of 1 to 255 octets";
  }

  return is_prepared(name) ? NULL : "the name is not as SASLprep has it";
}

/* Takes a key or a salt of |min| to |max| octets over.  Returns false where
   |text| is none. */
static bool take(char to[PASSWORD_TEXT_SIZE], const char *text, size_t min,
                 size_t max) {
  char octets[PASSWORD_SALT_MAX];
  size_t len = text != NULL ? decode(octets, sizeof(octets), text) : 0;

  if (len < min || len > max) {
    return false;
  }

  put(to, text);

  return true;
}

static const char *read_secrets(password *p, char *rest) {
  const char *iterations = strsep(&rest, ",");
  uint64_t number = 0;

  if (!number_parse(iterations, PASSWORD_ITERATIONS_MIN,
                    PASSWORD_ITERATIONS_MAX, &number)) {
    return "not 4096 to 4000000 iterations";
  }

  p->iterations = (unsigned)number;
  if (!take(p->salt, strsep(&rest, ","), PASSWORD_SALT_MIN,
            PASSWORD_SALT_MAX)) {
    return "not a salt of 8 to 32 octets in base64";
  }

  if (!take(p->stored_key, strsep(&rest, ","), KEY_SIZE, KEY_SIZE) ||
      !take(p->server_key, rest, KEY_SIZE, KEY_SIZE)) {
    return "not two keys of SHA-256 in base64";
  }

  return NULL;
}

const char *password_line_read(password *p, char *line) {
  char *secrets = strchr(line, ':');
  const char *wrong;

  *p = (password){0};
  if (secrets == NULL ||
      strncmp(secrets + 1, scheme, sizeof(scheme) - 1) != 0) {
    return "not NAME:{SCRAM-SHA-256}ITERATIONS,SALT,STORED-KEY,SERVER-KEY";
  }

  *secrets = '\0';
  wrong = read_name(p, line);

  return wrong != NULL ? wrong : read_secrets(p, secrets + sizeof(scheme));
}
