#include "staged.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../shakod/log.h"

/* Writes all of |text|.  Returns whether it could. */
static bool fill(int fd, shako_span text) {
  while (text.len > 0) {
    ssize_t n = write(fd, text.ptr, text.len);

    if (n <= 0) {
      return false;
    }

    text.ptr += n;
    text.len -= (size_t)n;
  }

  return true;
}

static void close_file(staged_file *file) {
  free(file->path);
  if (file->fd >= 0) {
    close(file->fd);
  }

  *file = (staged_file){.fd = -1};
}

/* Looks at what is there, all at zero for nothing. */
static struct stat look(const char *path) {
  struct stat now = {.st_ino = 0};

  return stat(path, &now) == 0 ? now : (struct stat){.st_ino = 0};
}

bool staged_is_untouched(const staged_file *file) {
  struct stat now = look(file->path);
  const struct stat *before = &file->before;

  return now.st_dev == before->st_dev && now.st_ino == before->st_ino &&
         now.st_size == before->st_size &&
         now.st_mtim.tv_sec == before->st_mtim.tv_sec &&
         now.st_mtim.tv_nsec == before->st_mtim.tv_nsec;
}

bool staged_add(staged *s, const char *path, shako_span text, bool secret) {
  staged_file *file = &s->files[s->count];
  const staged_file *earlier = staged_find(s, path);

  if (s->count == STAGED_MAX) {
    log_line("more than %d files: commit first", STAGED_MAX);
    return false;
  }

  *file =
      (staged_file){.path = strdup(path),
                    .fd = memfd_create("shakoctl", MFD_CLOEXEC),
                    .secret = secret,
                    .before = earlier != NULL ? earlier->before : look(path)};
  if (file->path == NULL || file->fd < 0 || fchmod(file->fd, 0600) != 0 ||
      !fill(file->fd, text)) {
    log_line("%s: %s", path, strerror(errno));
    close_file(file);
    return false;
  }

  snprintf(file->now, sizeof(file->now), "/dev/fd/%d", file->fd);
  s->count++;

  return true;
}

const staged_file *staged_find(const staged *s, const char *path) {
  size_t i = s->count;

  while (i > 0) {
    if (strcmp(s->files[--i].path, path) == 0) {
      return &s->files[i];
    }
  }

  return NULL;
}

bool staged_lend(const staged_file *file, shako_span *text) {
  struct stat now;
  void *at;

  *text = (shako_span){NULL, 0};
  if (fstat(file->fd, &now) == 0 && now.st_size == 0) {
    return true;
  }

  at = mmap(NULL, (size_t)now.st_size, PROT_READ, MAP_PRIVATE, file->fd, 0);
  if (at == MAP_FAILED) {
    log_line("%s: %s", file->path, strerror(errno));
    return false;
  }

  *text = (shako_span){at, (size_t)now.st_size};

  return true;
}

void staged_return(shako_span text) {
  if (text.len > 0) {
    munmap((void *)(uintptr_t)text.ptr, text.len);
  }
}

const char *staged_path(const staged *s, const char *path) {
  const staged_file *file = path != NULL ? staged_find(s, path) : NULL;

  return file != NULL ? file->now : path;
}

void staged_cut(staged *s, size_t count) {
  while (s->count > count) {
    close_file(&s->files[--s->count]);
  }
}
