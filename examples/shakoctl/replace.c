#include "replace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../shakod/log.h"

/* Returns where the name of a file begins in its |path|. */
static size_t folder_length(const char *path) {
  const char *slash = strrchr(path, '/');

  return slash != NULL ? (size_t)(slash - path) + 1 : 0;
}

static char *name_temporary(const char *path) {
  size_t folder = folder_length(path);
  char *name;

  return asprintf(&name, "%.*s.%s.XXXXXX", (int)folder, path, path + folder) > 0
             ? name
             : NULL;
}

static int write_all(int fd, shako_span text) {
  while (text.len > 0) {
    ssize_t n = write(fd, text.ptr, text.len);

    if (n < 0 && errno != EINTR) {
      return -1;
    }

    text.ptr += n > 0 ? n : 0;
    text.len -= n > 0 ? (size_t)n : 0;
  }

  return fsync(fd);
}

/* Gives |fd| the owner and the mode of |path|, or those of a new file. */
static int dress(int fd, const char *path, replacement_kind kind) {
  struct stat old = {
      .st_mode = 0644, .st_uid = kind.owner, .st_gid = getegid()};
  struct stat now;

  if (stat(path, &old) != 0 && errno != ENOENT) {
    return -1;
  }

  if (fstat(fd, &now) != 0) {
    return -1;
  }

  if (old.st_uid == (uid_t)-1) {
    old.st_uid = now.st_uid;
  }

  if ((now.st_uid != old.st_uid || now.st_gid != old.st_gid) &&
      fchown(fd, old.st_uid, old.st_gid) != 0) {
    return -1;
  }

  return fchmod(fd, old.st_mode & (kind.secret ? 0600 : 07777));
}

/* Fills the temporary file.  Returns 0, or what errno was. */
static int fill(replacement *r, shako_span text, replacement_kind kind) {
  int fd = mkostemp(r->temporary, O_CLOEXEC);
  int error = 0;

  if (fd < 0) {
    error = errno;
    r->temporary[0] = '\0'; /* it is not ours to remove */
    return error;
  }

  if (dress(fd, r->path, kind) != 0 || write_all(fd, text) != 0) {
    error = errno;
  }

  if (close(fd) != 0 && error == 0) {
    error = errno;
  }

  return error;
}

bool replacement_write(replacement *r, const char *path, shako_span text,
                       replacement_kind kind) {
  int error = ENOMEM;

  *r = (replacement){.path = realpath(path, NULL)};
  if (r->path == NULL) {
    r->path = strdup(path);
  }

  if (r->path != NULL) {
    r->temporary = name_temporary(r->path);
  }

  if (r->path != NULL && r->temporary != NULL) {
    error = fill(r, text, kind);
  }

  if (error != 0) {
    log_line("%s: %s", path, strerror(error));
    replacement_abandon(r);
  }

  return error == 0;
}

/* Has the folder of |path| be on the disk as it is now. */
static int sync_folder(const char *path) {
  char folder[4096];
  size_t len = folder_length(path);
  int fd;
  int result;

  if (len >= sizeof(folder)) {
    errno = ENAMETOOLONG;
    return -1;
  }

  memcpy(folder, path, len);
  folder[len] = '\0';
  fd = open(len > 0 ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  result = fd >= 0 ? fsync(fd) : -1;
  if (fd >= 0) {
    close(fd);
  }

  return result;
}

bool replacement_finish(replacement *r) {
  bool done = rename(r->temporary, r->path) == 0;

  if (done) {
    r->temporary[0] = '\0';
    done = sync_folder(r->path) == 0;
  }

  if (!done) {
    log_line("%s: %s", r->path, strerror(errno));
  }

  return done;
}

void replacement_abandon(replacement *r) {
  if (r->temporary != NULL && r->temporary[0] != '\0') {
    unlink(r->temporary);
  }

  free(r->temporary);
  free(r->path);
  *r = (replacement){0};
}
