#include "certificate_import.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../shakod/file.h"
#include "../shakod/log.h"
#include "certificate_list.h"

#define PEM_MAX 65536

/* A file, which may be a secret: wiped after use. */
typedef struct pem {
  char text[PEM_MAX];
  size_t len;
} pem;

static bool is_name(const char *name) {
  size_t i;

  for (i = 0; name[i] != '\0'; i++) {
    if (!isalnum((unsigned char)name[i]) && strchr("-_.", name[i]) == NULL) {
      return false;
    }
  }

  return i > 0 && i < 128 && name[0] != '.';
}

static void name_path(buffer *to, const draft *d, const char *name,
                      const char *end) {
  char file[160];

  snprintf(file, sizeof(file), "%.128s%s", name, end);
  draft_add_path(to, d, file);
}

bool certificate_ask_name(ctl *c, certificate_paths *paths) {
  answer name;

  *paths = (certificate_paths){.chain = {0}};
  do {
    if (!ask_text(&c->terminal,
                  "Enter a name for this certificate, of letters, digits, "
                  "\"-\", \"_\" and \".\".",
                  NULL, &name)) {
      return false;
    }
  } while (!is_name(name.text));

  name_path(&paths->chain, &c->draft, name.text, ".pem");
  name_path(&paths->key, &c->draft, name.text, ".key");
  name_path(&paths->passphrase, &c->draft, name.text, ".secret");
  name_path(&paths->request, &c->draft, name.text, ".csr");

  return !paths->chain.failed && !paths->key.failed &&
         !paths->passphrase.failed && !paths->request.failed;
}

void certificate_paths_free(certificate_paths *paths) {
  buffer_free(&paths->chain);
  buffer_free(&paths->key);
  buffer_free(&paths->passphrase);
  buffer_free(&paths->request);
}

bool certificate_is_there(const draft *d, const char *path) {
  return staged_find(&d->staged, path) != NULL || access(path, F_OK) == 0;
}

/* Reads |path|.  Returns 0, or what errno was. */
static int fill(pem *file, int fd) {
  ssize_t n;

  do {
    n = read(fd, file->text + file->len, sizeof(file->text) - file->len);
    file->len += n > 0 ? (size_t)n : 0;
  } while (n > 0 || (n < 0 && errno == EINTR));

  if (n == 0 && file->len == sizeof(file->text)) {
    return EFBIG;
  }

  return n < 0 ? errno : 0;
}

static bool read_pem(pem *file, const draft *d, const char *path) {
  int fd = open(staged_path(&d->staged, path), O_RDONLY | O_CLOEXEC);
  int error;

  file->len = 0;
  error = fd < 0 ? errno : fill(file, fd);
  if (fd >= 0) {
    close(fd);
  }

  if (error != 0) {
    log_line("%s: %s", path, strerror(error));
  }

  return error == 0;
}

/* Stages what is in the file |from| as |to|. */
static bool stage(draft *d, const char *to, const char *from, bool secret,
                  bool *encrypted) {
  pem file = {.len = 0};
  bool done = file_is_regular(staged_path(&d->staged, from)) &&
              read_pem(&file, d, from);

  if (done) {
    *encrypted = memmem(file.text, file.len, "ENCRYPTED", 9) != NULL;
    done =
        staged_add(&d->staged, to,
                   (shako_span){(const uint8_t *)file.text, file.len}, secret);
  }

  explicit_bzero(&file, sizeof(file));

  return done;
}

/* Asks for a passphrase, and stages it. */
static bool ask_passphrase(ctl *c, const char *path, bool *done) {
  answer given;
  size_t len;

  if (!ask_hidden(&c->terminal,
                  "Enter the passphrase of the key. It is kept in a file for "
                  "its owner alone.",
                  &given)) {
    return false;
  }

  len = strlen(given.text);
  given.text[len] = '\n';
  *done = staged_add(&c->draft.staged, path,
                     (shako_span){(const uint8_t *)given.text, len + 1}, true);
  explicit_bzero(&given, sizeof(given));

  return true;
}

/* Whether |chain| and |key| are a certificate with its key.  What is wrong is
   said by these names, by which whoever answers knows them. */
static bool judge(const draft *d, const char *chain, const char *key,
                  const char *passphrase) {
  certificate_settings item = {
      .chain = chain, .key = key, .passphrase = passphrase};
  shako_certificate *certificate = NULL;
  shako_certificate_report report;

  if (!certificate_list_read(&item, d, &certificate, &report)) {
    return false;
  }

  shako_certificate_unref(certificate);

  return true;
}

/* Stages the files |chain| and |key|. */
static bool take(ctl *c, const certificate_paths *paths, const answer *chain,
                 const answer *key) {
  draft *d = &c->draft;
  size_t mark = d->staged.count;
  bool encrypted = false;
  bool done = stage(d, paths->chain.ptr, chain->text, false, &encrypted) &&
              stage(d, paths->key.ptr, key->text, true, &encrypted);

  if (done && encrypted && !ask_passphrase(c, paths->passphrase.ptr, &done)) {
    return false;
  }

  if (done && judge(d, chain->text, key->text,
                    encrypted ? paths->passphrase.ptr : NULL)) {
    puts("The certificate is imported. Use listenerconfig->EDIT->CERTIFICATE "
         "to have a\nlistener use it.");
  } else {
    staged_cut(&d->staged, mark);
    puts("Nothing was imported.");
  }

  return true;
}

/* Asks whether what is there may be replaced. */
static bool ask_replace(ctl *c, const certificate_paths *paths, bool *sure) {
  *sure = true;
  if (!certificate_is_there(&c->draft, paths->chain.ptr)) {
    return true;
  }

  *sure = false;

  return ask_yes(&c->terminal, "There is such a certificate. Replace it?",
                 sure);
}

static bool ask_files(ctl *c, const certificate_paths *paths, answer *chain,
                      answer *key) {
  bool has_key = certificate_is_there(&c->draft, paths->key.ptr);

  return ask_text(&c->terminal,
                  "Enter the file of the certificate and its chain (PEM, the "
                  "server's own first).",
                  NULL, chain) &&
         ask_text(&c->terminal, "Enter the file of its private key (PEM).",
                  has_key ? paths->key.ptr : NULL, key);
}

bool certificate_import(void *ctx) {
  ctl *c = ctx;
  certificate_paths paths;
  answer chain;
  answer key;
  bool sure;
  bool answered =
      certificate_ask_name(c, &paths) && ask_replace(c, &paths, &sure) &&
      (!sure ||
       (ask_files(c, &paths, &chain, &key) && take(c, &paths, &chain, &key)));

  certificate_paths_free(&paths);

  return answered;
}
