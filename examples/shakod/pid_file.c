#include "pid_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "log.h"

static const struct flock whole_file = {.l_type = F_WRLCK,
                                        .l_whence = SEEK_SET};

/* Locks |fd| and writes to it.  Returns whether it could. */
static bool fill(int fd) {
  struct flock lock = whole_file;
  char text[32];
  int len = snprintf(text, sizeof(text), "%d\n", (int)getpid());

  return fcntl(fd, F_SETLK, &lock) == 0 && ftruncate(fd, 0) == 0 &&
         write(fd, text, (size_t)len) == len;
}

bool pid_file_write(const char *path) {
  int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
  int error;

  if (fd >= 0 && fill(fd)) {
    return true; /* the lock lives as long as |fd|, which is never closed */
  }

  error = errno;
  if (error == EAGAIN || error == EACCES) {
    log_line("%s: another server has it, or it is not ours", path);
  } else {
    log_line("%s: %s", path, strerror(error));
  }

  if (fd >= 0) {
    close(fd);
  }

  return false;
}

int pid_file_holder(const char *path) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  struct flock lock = whole_file;
  int holder = 0;

  if (fd < 0) {
    return 0;
  }

  if (fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK) {
    holder = (int)lock.l_pid;
  }

  close(fd);

  return holder;
}
