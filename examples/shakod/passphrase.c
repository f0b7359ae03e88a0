#include "passphrase.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"

/* Fills |p->text| from |fd|, up to its size.  Returns 0, or what errno was. */
static int fill(passphrase *p, int fd) {
  while (p->len < sizeof(p->text)) {
    ssize_t n = read(fd, p->text + p->len, sizeof(p->text) - p->len);

    if (n == 0) {
      return 0;
    }

    if (n > 0) {
      p->len += (size_t)n;
    } else if (errno != EINTR) {
      return errno;
    }
  }

  return 0;
}

/* Reads |fd|.  Returns NULL, or what is wrong. */
static const char *read_line(passphrase *p, int fd) {
  struct stat file;
  const char *end;
  int error;

  if (fstat(fd, &file) != 0) {
    return strerror(errno);
  }

  if (S_ISREG(file.st_mode) && (file.st_mode & (S_IROTH | S_IWOTH)) != 0) {
    return "everybody can read or write it: not used (chmod o-rw)";
  }

  error = fill(p, fd);
  if (error != 0) {
    return strerror(error);
  }

  end = memchr(p->text, '\n', p->len);
  if (end == NULL && p->len == sizeof(p->text)) {
    return "its first line is longer than 1023 octets";
  }

  p->len = end != NULL ? (size_t)(end - p->text) : p->len;
  p->len -= p->len > 0 && p->text[p->len - 1] == '\r';

  return p->len > 0 ? NULL : "its first line is empty";
}

bool passphrase_read(passphrase *p, const char *path) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  const char *wrong;

  p->len = 0;
  wrong = fd < 0 ? strerror(errno) : read_line(p, fd);
  if (wrong != NULL) {
    log_line("%s: %s", path, wrong);
    passphrase_wipe(p);
  }

  if (fd >= 0) {
    close(fd);
  }

  return wrong == NULL;
}

int passphrase_give(void *ctx, char *buf, size_t size, size_t *len) {
  const passphrase *p = ctx;

  if (p->len > size) {
    return -1;
  }

  memcpy(buf, p->text, p->len);
  *len = p->len;

  return 0;
}

void passphrase_wipe(passphrase *p) {
  explicit_bzero(p, sizeof(*p));
}
