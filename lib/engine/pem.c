#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

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

size_t shako__pem_read(const char *path, char *text, const char *label,
                       char *message) {
  int error = 0;
  size_t len = read_all(path, text, SHAKO__PEM_SIZE_MAX - 1, &error);

  if (error != 0) {
    SHAKO__SAY(message, path, ": cannot be read: ", word(error));
    return 0;
  }
  if (len == 0) {
    SHAKO__SAY(message, path, ": is empty");
    return 0;
  }
  if (len >= SHAKO__PEM_SIZE_MAX) {
    SHAKO__SAY(message, path, ": is too large to be a PEM file");
    return 0;
  }
  text[len] = '\0';
  if (strlen(text) != len || !has_block(text, label)) {
    SHAKO__SAY(message, path, ": holds no ", label, " in PEM form");
    return 0;
  }

  return len;
}
