#include "watch_files.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "watch.h"

/* How many links may lead to a file: as many as Linux follows. */
#define LINKS_MAX 40

void watch_each_file(const settings *s,
                     void (*visit)(void *ctx, const char *path), void *ctx) {
  size_t l;
  size_t i;

  for (l = 0; l < s->listener_count; l++) {
    const listener_settings *listener = &s->listeners[l];

    if (listener->table != NULL) {
      visit(ctx, listener->table);
    }

    if (listener->authorities != NULL) {
      visit(ctx, listener->authorities);
    }

    if (listener->revocations != NULL) {
      visit(ctx, listener->revocations);
    }

    if (listener->passwords != NULL) {
      visit(ctx, listener->passwords);
    }

    for (i = 0; i < listener->certificate_count; i++) {
      const certificate_settings *c = &listener->certificates[i];

      visit(ctx, c->chain);
      visit(ctx, c->key);
      if (c->passphrase != NULL) {
        visit(ctx, c->passphrase);
      }
    }
  }
}

/* FNV-1a */
static void mix(uint64_t *stamp, uint64_t number) {
  int i;

  for (i = 0; i < 64; i += 8) {
    *stamp = (*stamp ^ (number >> i & 255)) * UINT64_C(0x100000001b3);
  }
}

static void stamp_file(void *ctx, const char *path) {
  uint64_t *stamp = ctx;
  struct stat file;

  if (stat(path, &file) != 0) {
    mix(stamp, (uint64_t)errno);
    return;
  }

  mix(stamp, (uint64_t)file.st_dev);
  mix(stamp, (uint64_t)file.st_ino);
  mix(stamp, (uint64_t)file.st_size);
  mix(stamp, (uint64_t)file.st_mode);
  mix(stamp, (uint64_t)file.st_mtim.tv_sec);
  mix(stamp, (uint64_t)file.st_mtim.tv_nsec);
  mix(stamp, (uint64_t)file.st_ctim.tv_sec);
  mix(stamp, (uint64_t)file.st_ctim.tv_nsec);
}

uint64_t watch_stamp(const settings *s) {
  uint64_t stamp = UINT64_C(0xcbf29ce484222325);

  watch_each_file(s, stamp_file, &stamp);

  return stamp;
}

/* Cuts the last name off |path|: what is left is its folder. */
static void cut_name(char *path) {
  char *slash = strrchr(path, '/');

  if (slash == NULL) {
    memcpy(path, ".", sizeof("."));
  } else {
    slash[slash == path] = '\0';
  }
}

/* Adds the folder of the first |len| octets of |path|, or the nearest above it
   that is there. */
static int add_folder_of(const char *path, size_t len,
                         int (*add)(void *ctx, const char *folder), void *ctx) {
  char folder[PATH_MAX];
  int error;

  memcpy(folder, path, len);
  folder[len] = '\0';
  do {
    cut_name(folder);
    error = add(ctx, folder);
  } while ((error == -ENOENT || error == -ENOTDIR) &&
           strcmp(folder, "/") != 0 && strcmp(folder, ".") != 0);

  return error;
}

/* Returns whether the first |len| octets of |path| are a symbolic link. */
static bool is_link(const char *path, size_t len) {
  char name[PATH_MAX];
  struct stat file;

  memcpy(name, path, len);
  name[len] = '\0';

  return lstat(name, &file) == 0 && S_ISLNK(file.st_mode);
}

/* Puts what the link |path| points to in its place.  Returns false where it is
   none, or too long. */
static bool follow(char *path) {
  char target[PATH_MAX];
  ssize_t n = readlink(path, target, sizeof(target) - 1);
  size_t room = PATH_MAX;

  if (n < 0) {
    return false;
  }

  target[n] = '\0';
  if (target[0] == '/') {
    path[0] = '\0';
  } else {
    cut_name(path);
    strncat(path, "/", room - strlen(path) - 1);
  }

  if (strlen(path) + (size_t)n >= room) {
    return false;
  }

  strncat(path, target, room - strlen(path) - 1);

  return true;
}

int watch_folders_of(const char *path,
                     int (*add)(void *ctx, const char *folder), void *ctx) {
  char at[PATH_MAX];
  int links = LINKS_MAX;
  int error = 0;
  size_t i;

  if (strlen(path) >= sizeof(at)) {
    return -ENAMETOOLONG;
  }

  memcpy(at, path, strlen(path) + 1);
  do {
    for (i = 1; error == 0 && at[i] != '\0'; i++) {
      if (at[i] == '/' && at[i - 1] != '/' && is_link(at, i)) {
        error = add_folder_of(at, i, add, ctx);
      }
    }

    error = error == 0 ? add_folder_of(at, strlen(at), add, ctx) : error;
  } while (error == 0 && links-- > 0 && follow(at));

  return error;
}
