#include "passwords.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gsasl.h>

#include "log.h"
#include "password_line.h"

/* No file is longer. */
#define FILE_MAX (64 * 1024 * 1024)

/* A line that was read. */
typedef struct entry {
  password password;
  unsigned line;
} entry;

struct passwords {
  char *text; /* of the file; the names are in it */
  size_t size;
  entry *entries; /* by name */
  size_t count;
  char seed[GSASL_HASH_SHA256_SIZE]; /* of what is made up */
};

/* Reads |fd| into |p->text|, with a NUL at its end.  Returns NULL, or what is
   wrong. */
static const char *read_text(passwords *p, int fd) {
  struct stat file;
  size_t len = 0;
  ssize_t n;

  if (fstat(fd, &file) != 0) {
    return strerror(errno);
  }

  if ((file.st_mode & (S_IROTH | S_IWOTH)) != 0) {
    return "everybody can read or write it: not used (chmod o-rw)";
  }

  if (!S_ISREG(file.st_mode) || file.st_size > FILE_MAX) {
    return "not a regular file of 64 MiB at most";
  }

  p->size = (size_t)file.st_size + 1;
  p->text = calloc(1, p->size);
  while (p->text != NULL && len + 1 < p->size &&
         (n = read(fd, p->text + len, p->size - 1 - len)) != 0) {
    if (n < 0 && errno != EINTR) {
      return strerror(errno);
    }

    len += n > 0 ? (size_t)n : 0;
  }

  if (p->text == NULL) {
    return strerror(ENOMEM);
  }

  return memchr(p->text, '\0', len) == NULL ? NULL : "a NUL is in it";
}

static size_t count_lines(const char *text) {
  size_t count = 1;

  while ((text = strchr(text, '\n')) != NULL) {
    text++;
    count++;
  }

  return count;
}

/* Reads the lines.  Returns NULL, or what is wrong with line |*line|. */
static const char *read_lines(passwords *p, unsigned *line) {
  char *rest = p->text;
  const char *wrong = NULL;
  char *text;

  p->entries = calloc(count_lines(p->text), sizeof(p->entries[0]));
  if (p->entries == NULL) {
    return strerror(ENOMEM);
  }

  for (*line = 1; wrong == NULL && (text = strsep(&rest, "\n")) != NULL;
       ++*line) {
    entry *next = &p->entries[p->count];

    if (text[0] != '\0' && text[0] != '#') {
      wrong = password_line_read(&next->password, text);
      next->line = *line;
      p->count++;
    }
  }

  --*line;

  return wrong;
}

static int compare(const void *a, const void *b) {
  const entry *left = a;
  const entry *right = b;

  return strcmp(left->password.name, right->password.name);
}

/* Sorts the entries.  Returns NULL, or what is wrong with line |*line|. */
static const char *sort(passwords *p, unsigned *line) {
  size_t i;

  if (p->count > 0) {
    qsort(p->entries, p->count, sizeof(p->entries[0]), compare);
  }

  for (i = 1; i < p->count; i++) {
    const entry *one = &p->entries[i - 1];
    const entry *other = &p->entries[i];

    if (compare(one, other) == 0) {
      *line = one->line > other->line ? one->line : other->line;
      return "this name is there already";
    }
  }

  return NULL;
}

/* Makes the seed out of all keys: who has one does not know it, and a restart
   does not change it. */
static const char *make_seed(passwords *p) {
  char unused[3][GSASL_HASH_SHA256_SIZE];
  size_t len = p->count * PASSWORD_TEXT_SIZE;
  char *keys = malloc(len + 1);
  size_t i;
  int error = GSASL_MALLOC_ERROR;

  for (i = 0; keys != NULL && i < p->count; i++) {
    memcpy(keys + i * PASSWORD_TEXT_SIZE, p->entries[i].password.server_key,
           PASSWORD_TEXT_SIZE);
  }

  if (keys != NULL) {
    error = gsasl_scram_secrets_from_password(GSASL_HASH_SHA256, "shakod", 1,
                                              keys, len, p->seed, unused[0],
                                              unused[1], unused[2]);
    explicit_bzero(keys, len);
  }

  explicit_bzero(unused, sizeof(unused));
  free(keys);

  return error == GSASL_OK ? NULL : gsasl_strerror(error);
}

/* Reads |fd|.  Returns NULL, or what is wrong; |*line| is where, or 0. */
static const char *read_all(passwords *p, int fd, unsigned *line) {
  const char *wrong = read_text(p, fd);

  if (wrong == NULL && p->text != NULL) {
    wrong = read_lines(p, line);
  }

  if (wrong == NULL) {
    wrong = sort(p, line);
  }

  if (wrong == NULL) {
    *line = 0;
    wrong = make_seed(p);
  }

  return wrong;
}

passwords *passwords_read(const char *path) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  passwords *p = calloc(1, sizeof(*p));
  const char *wrong = strerror(fd < 0 ? errno : ENOMEM);
  unsigned line = 0;

  if (fd >= 0 && p != NULL) {
    wrong = read_all(p, fd, &line);
  }

  if (fd >= 0) {
    close(fd);
  }

  if (wrong != NULL && line > 0) {
    log_line("%s:%u: %s", path, line, wrong);
  } else if (wrong != NULL) {
    log_line("%s: %s", path, wrong);
  }

  if (wrong != NULL) {
    passwords_free(p);
    return NULL;
  }

  return p;
}

void passwords_free(passwords *p) {
  if (p == NULL) {
    return;
  }

  if (p->text != NULL) {
    explicit_bzero(p->text, p->size);
  }

  if (p->entries != NULL) {
    explicit_bzero(p->entries, p->count * sizeof(p->entries[0]));
  }

  free(p->text);
  free(p->entries);
  explicit_bzero(p, sizeof(*p));
  free(p);
}

/* Makes up what |name| would have.  The salt, which is told, must not lead to
   the keys: so it is a part of what the server's would be, which is not. */
static bool make_up(const passwords *p, const char *name, password *found) {
  char salted[GSASL_HASH_SHA256_SIZE];
  char client_key[GSASL_HASH_SHA256_SIZE];
  char server_key[GSASL_HASH_SHA256_SIZE];
  char stored_key[GSASL_HASH_SHA256_SIZE];
  int error = gsasl_scram_secrets_from_password(
      GSASL_HASH_SHA256, name, 1, p->seed, sizeof(p->seed), salted, client_key,
      server_key, stored_key);

  if (error == GSASL_OK) {
    const password *like =
        p->count > 0 ? &p->entries[(unsigned char)stored_key[0] % p->count].password
                     : NULL;
    size_t len = like != NULL ? password_salt_length(like) : PASSWORD_SALT_NEW;

    found->iterations =
        like != NULL ? like->iterations : PASSWORD_ITERATIONS_NEW;
    password_encode(found->salt, server_key, len);
    password_encode(found->stored_key, stored_key, sizeof(stored_key));
    password_encode(found->server_key, stored_key, sizeof(stored_key));
  }

  explicit_bzero(salted, sizeof(salted));
  explicit_bzero(client_key, sizeof(client_key));

  return error == GSASL_OK;
}

bool passwords_find(const passwords *p, const char *name, password *found) {
  const entry *there = NULL;
  char *prepared = NULL;
  bool usable =
      gsasl_saslprep(name, GSASL_ALLOW_UNASSIGNED, &prepared, NULL) == GSASL_OK;
  entry wanted = {.password = {.name = usable ? prepared : ""}};

  *found = (password){0};
  usable = make_up(p, wanted.password.name, found); /* for the same time */
  if (p->count > 0) {
    there = bsearch(&wanted, p->entries, p->count, sizeof(wanted), compare);
  }

  if (there != NULL) {
    *found = there->password;
  }

  gsasl_free(prepared);

  return usable;
}

/* Whether |a| and |b|, of as many octets as any key has, are the same; in a
   time that does not say where they differ. */
static bool same_key(const char *a, const char *b) {
  volatile unsigned char differ = 0;
  size_t i;

  for (i = 0; i < PASSWORD_TEXT_SIZE; i++) {
    differ |= (unsigned char)(a[i] ^ b[i]);
  }

  return differ == 0;
}

const char *passwords_check(const passwords *p, const char *name,
                            const char *text) {
  const char *right = NULL;
  password found;
  password given;

  if (passwords_find(p, name, &found)) {
    given = found;
    if (password_derive(&given, text) &&
        same_key(given.stored_key, found.stored_key)) {
      right = found.name;
    }
  }

  explicit_bzero(&given, sizeof(given));
  explicit_bzero(&found, sizeof(found));

  return right;
}
