#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "maildir.h"

/* "M123456P1234W0Q17": microseconds, process, worker, count. */
#define ID_SIZE 64

/* No file's name is longer (NAME_MAX); a long host is cut. */
#define NAME_SIZE 256

struct delivery {
  const maildir *dir;
  int fd;    /* -1 once closed */
  int error; /* what errno was at the first error, or 0 */
  bool keep; /* CRLF stays what it is */
  bool cr;   /* the last octet was a CR, which waits for the next */
  char id[ID_SIZE];
  char name[NAME_SIZE];
  size_t len; /* of what waits in |octets| */
  char octets[16384];
};

/* Adds as much of |host| as fits to |name|, whose length is |len|, as the name
   of a file has it: no slash, and no colon, which begins the flags. */
static void add_host(char *name, size_t len, const char *host) {
  for (; *host != '\0' && len + 4 < NAME_SIZE; host++) {
    if (*host == '/' || *host == ':') {
      memcpy(name + len, *host == '/' ? "\\057" : "\\072", 4);
      len += 4;
    } else {
      name[len++] = *host;
    }
  }

  name[len] = '\0';
}

static void make_name(delivery *d, maildir_names *names) {
  struct timespec now;
  int n;

  clock_gettime(CLOCK_REALTIME, &now);
  snprintf(d->id, sizeof(d->id), "M%06ldP%ldW%uQ%" PRIu64, now.tv_nsec / 1000,
           (long)getpid(), names->worker, names->count++);
  n = snprintf(d->name, sizeof(d->name), "%lld.%s.", (long long)now.tv_sec,
               d->id);
  add_host(d->name, (size_t)n, names->host);
}

/* Makes the file, by its path: ThreadSanitizer does not know openat(), and
   takes the descriptor for the socket that had its number before.  Returns it,
   or -1. */
static int create(const delivery *d) {
  char path[PATH_MAX];
  int n = snprintf(path, sizeof(path), "%s/tmp/%s", d->dir->path, d->name);

  if (n < 0 || (size_t)n >= sizeof(path)) {
    errno = ENAMETOOLONG;
    return -1;
  }

  return open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
}

delivery *delivery_new(const maildir *dir, maildir_names *names) {
  delivery *d = malloc(sizeof(*d));

  if (d == NULL) {
    return NULL;
  }

  d->dir = dir;
  d->error = 0;
  d->keep = false;
  d->cr = false;
  d->len = 0;
  make_name(d, names);
  d->fd = create(d);
  if (d->fd < 0) {
    int error = errno;

    free(d);
    errno = error;
    return NULL;
  }

  return d;
}

const char *delivery_id(const delivery *d) {
  return d->id;
}

/* Closes and removes the file; keeps the first error. */
static void fail(delivery *d) {
  d->error = errno != 0 ? errno : EIO;
  if (d->fd >= 0) {
    close(d->fd);
    d->fd = -1;
  }

  unlinkat(d->dir->tmp_fd, d->name, 0);
}

static void flush(delivery *d) {
  size_t done = 0;

  while (d->error == 0 && done < d->len) {
    ssize_t n = write(d->fd, d->octets + done, d->len - done);

    if (n > 0) {
      done += (size_t)n;
    } else if (n == 0 || errno != EINTR) {
      fail(d);
    }
  }

  d->len = 0;
}

static void write_run(delivery *d, const char *ptr, size_t len) {
  while (len > 0 && d->error == 0) {
    size_t room = sizeof(d->octets) - d->len;
    size_t n = len < room ? len : room;

    memcpy(d->octets + d->len, ptr, n);
    d->len += n;
    ptr += n;
    len -= n;
    if (d->len == sizeof(d->octets)) {
      flush(d);
    }
  }
}

void delivery_keep(delivery *d) {
  d->keep = true;
}

/* Writes the CR that waits, if one does and no LF follows it. */
static void settle_cr(delivery *d, bool lf_follows) {
  if (d->cr && !lf_follows) {
    write_run(d, "\r", 1);
  }

  d->cr = false;
}

void delivery_write(delivery *d, const void *ptr, size_t len) {
  const char *p = ptr;

  while (len > 0) {
    const char *cr = d->keep ? NULL : memchr(p, '\r', len);
    size_t run = cr != NULL ? (size_t)(cr - p) : len;
    size_t used = cr != NULL ? run + 1 : run;

    settle_cr(d, *p == '\n');
    write_run(d, p, run);
    d->cr = cr != NULL;
    p += used;
    len -= used;
  }
}

/* Syncs and closes the file.  An error of close() is one of writing too. */
static int sync_file(delivery *d) {
  int result = fsync(d->fd);
  int closed;

  if (result != 0) {
    return -1;
  }

  closed = close(d->fd);
  d->fd = -1;

  return closed;
}

static int publish(delivery *d) {
  const maildir *dir = d->dir;

  if (renameat(dir->tmp_fd, d->name, dir->new_fd, d->name) != 0) {
    return -1;
  }

  if (fsync(dir->new_fd) != 0) {
    int error = errno;

    unlinkat(dir->new_fd, d->name, 0);
    errno = error;
    return -1;
  }

  return 0;
}

int delivery_finish(delivery *d) {
  settle_cr(d, false);
  flush(d);
  if (d->error == 0 && (sync_file(d) != 0 || publish(d) != 0)) {
    fail(d);
  }

  return d->error;
}

void delivery_free(delivery *d) {
  if (d == NULL) {
    return;
  }

  if (d->fd >= 0) {
    close(d->fd);
    unlinkat(d->dir->tmp_fd, d->name, 0);
  }

  free(d);
}
