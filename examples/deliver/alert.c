#define _GNU_SOURCE

#include "alert.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <shako/alert.h>

#define MESSAGE_MAX 16384

static shako_span span_of(const char *text) {
  return (shako_span){(const uint8_t *)text, strlen(text)};
}

static void complain(const char *where, const char *what) {
  fprintf(stderr, "deliver: the alert is lost: %s: %s\n", where, what);
}

static bool write_all(int fd, const char *octets, size_t len) {
  while (len > 0) {
    ssize_t n = write(fd, octets, len);

    if (n < 0 && errno != EINTR) {
      return false;
    }
    octets += n > 0 ? n : 0;
    len -= n > 0 ? (size_t)n : 0;
  }
  return fsync(fd) == 0;
}

/* Opens |folder|, which is made, and the three in it.  Returns a descriptor, or
   -1. */
static int open_maildir(const char *folder) {
  int fd;

  mkdir(folder, 0700);
  fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd >= 0) {
    mkdirat(fd, "tmp", 0700);
    mkdirat(fd, "new", 0700);
    mkdirat(fd, "cur", 0700);
  }
  return fd;
}

/* Maildirs have LF alone. */
static void drop_cr(contents *message) {
  size_t len = 0;
  size_t i;

  for (i = 0; i < message->len; i++) {
    if (message->octets[i] != '\r') {
      message->octets[len++] = message->octets[i];
    }
  }
  message->len = len;
}

static bool put_file(int folder, contents *message) {
  char from[64];
  char to[64];
  int fd;

  snprintf(from, sizeof(from), "tmp/%lld.P%ld.alert", (long long)time(NULL),
           (long)getpid());
  snprintf(to, sizeof(to), "new/%s", from + 4);
  fd = openat(folder, from, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) {
    return false;
  }
  drop_cr(message);
  if (!write_all(fd, message->octets, message->len) || close(fd) != 0) {
    return false;
  }
  return renameat(folder, from, folder, to) == 0;
}

static void put_into_maildir(const char *path, contents *message) {
  int folder = open_maildir(path);

  if (folder < 0 || !put_file(folder, message)) {
    complain(path, strerror(errno));
  }
  if (folder >= 0) {
    close(folder);
  }
}

static void relay(const options *o, const char *from, const contents *message) {
  static const endpoint nowhere;
  smtp_result result;
  smtp_job job = {
      .name = o->alert_relay.host,
      .port = o->alert_relay.port,
      .connect = &nowhere,
      .hostname = o->hostname,
      .from = from,
      .recipients = o->alert_to,
      .recipient_count = o->alert_to_count,
      .message = message,
      .timeout = o->timeout,
      .tls = SMTP_TLS_IF_OFFERED,
  };

  smtp_send(&job, &result);
  if (!result.delivered) {
    complain(o->alert_relay.host, result.detail);
  }
}

/* Returns the alert in writing, in |buf|. */
static bool write_alert(const options *o, const shako_alert *alert,
                        const char *from, contents *message, char *buf) {
  shako_alert_notice notice = {
      .alert = alert, .serial = 1, .count = 1, .total = 1};
  shako_alert_envelope envelope = {
      .struct_size = sizeof(envelope),
      .hostname = o->hostname,
      .from = from,
      .to = o->alert_to,
      .to_count = o->alert_to_count,
      .unix_time = (int64_t)time(NULL),
      .unique = (uint64_t)getpid(),
  };

  message->octets = buf;
  return shako_alert_write(&notice, &envelope, buf, MESSAGE_MAX,
                           &message->len) == 0 &&
         message->len < MESSAGE_MAX;
}

void alert_send(const options *o, const shako_delivery_verdict *verdict,
                const char *detail) {
  char buf[MESSAGE_MAX];
  char from[300];
  shako_alert alert;
  contents message;

  if (o->alert_to_count == 0) {
    return;
  }
  snprintf(from, sizeof(from), "%s%s",
           o->alert_from != NULL ? o->alert_from : "alert@",
           o->alert_from != NULL ? "" : o->hostname);
  shako_alert_required_tls(&alert, span_of(o->domain),
                           span_of(o->next_hop.host), verdict, span_of(detail));
  if (!write_alert(o, &alert, from, &message, buf)) {
    complain("its message", "an address or a name is not right, or too long");
    return;
  }
  if (o->alert_relay.host[0] != '\0') {
    relay(o, from, &message);
  }
  if (o->alert_maildir != NULL) {
    put_into_maildir(o->alert_maildir, &message);
  }
}
