#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"

/* No table or configuration is longer; a device may be. */
#define FILE_MAX (256u * 1024 * 1024)

/* Reads |fd| to its end.  Returns 0, or what errno was. */
static int read_all(buffer *text, int fd) {
  char octets[65536];
  ssize_t n;

  while ((n = read(fd, octets, sizeof(octets))) != 0) {
    if (n > 0) {
      buffer_add_span(text, (shako_span){(uint8_t *)octets, (size_t)n});
    } else if (errno != EINTR) {
      return errno;
    }

    if (text->failed || text->len > FILE_MAX) {
      return text->failed ? ENOMEM : EFBIG;
    }
  }

  return 0;
}

bool file_read(buffer *text, const char *path) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  int error = fd < 0 ? errno : read_all(text, fd);

  if (fd >= 0) {
    close(fd);
  }

  if (error != 0) {
    log_line("%s: %s", path, strerror(error));
  }

  return error == 0;
}

bool file_is_regular(const char *path) {
  struct stat at;

  if (stat(path, &at) == 0 && !S_ISREG(at.st_mode)) {
    log_line("%s: not a regular file", path);
    return false;
  }

  return true;
}
