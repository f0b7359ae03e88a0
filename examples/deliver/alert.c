#include "alert.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <shako/alert.h>

#include "../shakod/maildir.h"

#define MESSAGE_MAX 16384

static shako_span span_of(const char *text) {
  return (shako_span){(const uint8_t *)text, strlen(text)};
}

static void complain(const char *where, const char *what) {
  fprintf(stderr, "deliver: the alert is lost: %s: %s\n", where, what);
}

/* Puts |message| into the folder |path|, whole or not at all.  Returns 0, or
   what errno was. */
static int put_into_maildir(const char *path, const char *hostname,
                            const contents *message) {
  maildir_names names = {.host = hostname};
  delivery *d;
  maildir folder;
  int error = maildir_open(&folder, path);

  if (error != 0) {
    return error;
  }
  d = delivery_new(&folder, &names);
  if (d == NULL) {
    error = errno;
  } else {
    delivery_write(d, message->octets, message->len);
    error = delivery_finish(d);
  }
  delivery_free(d);
  maildir_close(&folder);
  return error;
}

static void relay(const options *o, const char *from, const contents *message) {
  static const host_port nowhere;
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
  int error;

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
    error = put_into_maildir(o->alert_maildir, o->hostname, &message);
    if (error != 0) {
      complain(o->alert_maildir, strerror(error));
    }
  }
}
