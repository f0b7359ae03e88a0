#include "maildir.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Opens the folder |name| in |at|, made if it is missing, and syncs |at|
   where it was.  Returns a descriptor, or -1. */
static int open_folder(int at, const char *name) {
  bool made = mkdirat(at, name, 0700) == 0;
  int fd;

  if (!made && errno != EEXIST) {
    return -1;
  }

  fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd >= 0 && faccessat(fd, ".", W_OK | X_OK, AT_EACCESS) != 0) {
    int error = errno;

    close(fd);
    errno = error;
    fd = -1;
  }

  return fd;
}

/* Syncs |fd|, and the folder that it is in. */
static int sync_folder(int fd) {
  int parent = openat(fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  int result = parent < 0 ? -1 : fsync(parent);

  if (parent >= 0) {
    close(parent);
  }

  return result == 0 ? fsync(fd) : -1;
}

static int open_all(maildir *dir, int fd) {
  int cur_fd = open_folder(fd, "cur");

  dir->tmp_fd = open_folder(fd, "tmp");
  dir->new_fd = open_folder(fd, "new");
  if (cur_fd >= 0) {
    close(cur_fd);
  }

  return cur_fd < 0 || dir->tmp_fd < 0 || dir->new_fd < 0 ? -1
                                                          : sync_folder(fd);
}

int maildir_open(maildir *dir, const char *path) {
  int fd = open_folder(AT_FDCWD, path);
  int error;

  dir->path = path;
  dir->tmp_fd = -1;
  dir->new_fd = -1;
  if (fd < 0) {
    return errno;
  }

  error = open_all(dir, fd) == 0 ? 0 : errno;
  close(fd);
  if (error != 0) {
    maildir_close(dir);
  }

  return error;
}

void maildir_close(maildir *dir) {
  if (dir->tmp_fd >= 0) {
    close(dir->tmp_fd);
  }

  if (dir->new_fd >= 0) {
    close(dir->new_fd);
  }

  dir->tmp_fd = -1;
  dir->new_fd = -1;
}
