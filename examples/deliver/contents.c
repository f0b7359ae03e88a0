#include "contents.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

/* No message or table is longer. */
#define CONTENTS_MAX (256u * 1024 * 1024)

static _Noreturn void fail(const char *path, const char *what, int status) {
  fprintf(stderr, "deliver: %s: %s\n", path, what);
  exit(status);
}

static void *must_grow(void *octets, size_t size) {
  void *grown = realloc(octets, size);

  if (grown == NULL) {
    fail("memory", "there is no more", EX_OSERR);
  }
  return grown;
}

contents contents_read(const char *path) {
  FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
  contents read;
  size_t n;

  if (file == NULL) {
    fail(path, "it cannot be opened", EX_NOINPUT);
  }
  read = (contents){must_grow(NULL, 65537), 0};
  while ((n = fread(read.octets + read.len, 1, 65536, file)) > 0) {
    read.len += n;
    if (read.len > CONTENTS_MAX) {
      fail(path, "it is too long", EX_DATAERR);
    }
    read.octets = must_grow(read.octets, read.len + 65537);
  }
  if (ferror(file)) {
    fail(path, "it cannot be read", EX_NOINPUT);
  }
  fclose(file);
  read.octets[read.len] = '\0';
  return read;
}

/* A CR in front of the NUL at the end stands alone too. */
static bool has_lone_cr(const contents *in) {
  size_t i;

  for (i = 0; i < in->len; i++) {
    if (in->octets[i] == '\r' && in->octets[i + 1] != '\n') {
      return true;
    }
  }
  return false;
}

contents contents_as_message(contents from, const char *path) {
  contents to;
  size_t i;

  if (has_lone_cr(&from)) {
    free(from.octets);
    fail(path, "a CR stands alone in it", EX_DATAERR);
  }
  to = (contents){must_grow(NULL, 2 * from.len + 1), 0};
  for (i = 0; i < from.len; i++) {
    if (from.octets[i] == '\n' && (i == 0 || from.octets[i - 1] != '\r')) {
      to.octets[to.len++] = '\r';
    }
    to.octets[to.len++] = from.octets[i];
  }
  to.octets[to.len] = '\0';
  free(from.octets);
  return to;
}
