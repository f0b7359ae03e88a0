#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "engine/common.h"

/* Words an error of the C library, which strerror() would do in the language
   of the locale. */
static const char *word(int error) {
  switch (error) {
  case ENOENT:
  case ENOTDIR:
    return "no such file";
  case EACCES:
    return "permission denied";
  case EISDIR:
    return "it is a directory";
  case EMFILE:
  case ENFILE:
    return "too many open files";
  default:
    return "input/output error";
  }
}

/* Reads all of |path| and returns its length; more than |max| means that there
   is more.  On an error it returns 0 and stores it in |*error|. */
static size_t read_all(const char *path, char *text, size_t max, int *error) {
  FILE *file = fopen(path, "rb");
  size_t len;

  if (file == NULL) {
    *error = errno;
    return 0;
  }
  /* Without a buffer, in which a key would stay. */
  (void)setvbuf(file, NULL, _IONBF, 0);
  len = fread(text, 1, max + 1, file);
  if (ferror(file)) {
    *error = errno;
    len = 0;
  }
  (void)fclose(file);

  return len;
}

/* Whether |text| has a line "-----BEGIN ... |label|-----". */
static bool has_block(const char *text, const char *label) {
  size_t len = strlen(label);
  const char *begin = strstr(text, "-----BEGIN ");

  while (begin != NULL) {
    const char *end = strstr(begin + 11, "-----");

    if (end == NULL) {
      return false;
    }
    if ((size_t)(end - begin) >= 11 + len &&
        memcmp(end - len, label, len) == 0) {
      return true;
    }
    begin = strstr(end, "-----BEGIN ");
  }

  return false;
}

shako__pem shako__pem_chain(const shako_certificate_source *source) {
  const char *path = source->certificate_path;

  return (shako__pem){path, source->chain, path != NULL ? path : "the chain"};
}

shako__pem shako__pem_key(const shako_certificate_source *source) {
  const char *path = source->key_path;

  return (shako__pem){path, source->key, path != NULL ? path : "the key"};
}

shako__pem shako__pem_authorities(const shako_authorities_source *source) {
  const char *path = source->path;

  return (shako__pem){path, source->certificates,
                      path != NULL ? path : "the authorities"};
}

shako__pem shako__pem_crls(const shako_authorities_source *source) {
  const char *path = source->crl_path;

  return (shako__pem){path, source->crls,
                      path != NULL ? path : "the revocation lists"};
}

/* Copies the octets of |pem| as read_all() reads a file. */
static size_t copy_all(const shako__pem *pem, char *text, size_t max) {
  size_t len = pem->octets.len <= max ? pem->octets.len : max + 1;

  if (len > 0) {
    memcpy(text, pem->octets.ptr, len);
  }

  return len;
}

size_t shako__pem_read(const shako__pem *pem, char *text, const char *label,
                       char *message) {
  const size_t max = SHAKO__PEM_SIZE_MAX - 1;
  int error = 0;
  size_t len = pem->path != NULL ? read_all(pem->path, text, max, &error)
                                 : copy_all(pem, text, max);

  if (error != 0) {
    SHAKO__SAY(message, pem->name, ": cannot be read: ", word(error));
    return 0;
  }
  if (len == 0) {
    SHAKO__SAY(message, pem->name, ": is empty");
    return 0;
  }
  if (len > max) {
    SHAKO__SAY(message, pem->name, ": is too large to be a PEM file");
    return 0;
  }
  text[len] = '\0';
  if (strlen(text) != len || !has_block(text, label)) {
    SHAKO__SAY(message, pem->name, ": holds no ", label, " in PEM form");
    return 0;
  }

  return len;
}

bool shako__passphrase_get(const shako_certificate_source *source, char *buf,
                           size_t size, size_t *len) {
  *len = 0;
  if (source->passphrase != NULL &&
      source->passphrase(source->passphrase_ctx, buf, size, len) == 0 &&
      *len <= size) {
    return true;
  }
  shako__wipe(buf, size);

  return false;
}

void shako__passphrase_missing(const shako_certificate_source *source,
                               const char *name, char *message) {
  SHAKO__SAY(message, name,
             source->passphrase == NULL
                 ? ": the key is encrypted; it must be readable without a "
                   "password"
                 : ": the key is encrypted, and there is no passphrase for it");
}
