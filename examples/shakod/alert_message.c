#include "alert_message.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "buffer.h"
#include "log.h"

/* Stores in |to| who wants |alert|.  Returns how many. */
static size_t find_recipients(const char **to, const alert_settings *s,
                              const shako_alert *alert) {
  uint32_t wanted = SHAKO_ALERT_WANTS(alert->alert_class, alert->severity);
  size_t count = 0;
  size_t i;

  for (i = 0; i < s->recipient_count; i++) {
    if (s->recipients[i].wants & wanted) {
      to[count++] = s->recipients[i].address;
    }
  }

  return count;
}

/* Returns the message, which is to be freed, or NULL with errno set. */
static char *compose(const shako_alert_notice *notice,
                     const shako_alert_envelope *envelope, size_t *len) {
  char *text;

  errno = EINVAL;
  if (shako_alert_write(notice, envelope, NULL, 0, len) != 0) {
    return NULL;
  }

  text = malloc(*len + 1);
  if (text != NULL) {
    shako_alert_write(notice, envelope, text, *len + 1, len);
  }

  return text;
}

static void add_string(buffer *to, const char *text) {
  buffer_add_span(to, (shako_span){(const uint8_t *)text, strlen(text) + 1});
}

/* Returns the addresses of |envelope|, as a message has them, or NULL with
   errno set. */
static char *copy_addresses(const shako_alert_envelope *envelope) {
  buffer all = {0};
  size_t i;

  if (envelope->from == NULL) {
    buffer_add(&all, "alert@");
  }

  add_string(&all,
             envelope->from != NULL ? envelope->from : envelope->hostname);
  for (i = 0; i < envelope->to_count; i++) {
    add_string(&all, envelope->to[i]);
  }

  if (all.failed) {
    buffer_free(&all);
    errno = ENOMEM;
  }

  return all.ptr;
}

static void name(alert_message *m, const shako_alert *alert) {
  snprintf(m->what, sizeof(m->what), "%s: %.*s",
           shako_alert_severity_name(alert->severity),
           (int)strcspn(alert->text, "\n"), alert->text);
}

bool alert_message_write(alert_message *m, const alert_sender *sender,
                         const shako_alert_notice *notice, shako_time now) {
  const alert_settings *s = &sender->settings->alerts;
  const char *to[ALERT_RECIPIENTS_MAX];
  shako_alert_envelope envelope = {.struct_size = sizeof(envelope),
                                   .hostname = sender->hostname,
                                   .from = s->from,
                                   .to = to,
                                   .unix_time = (int64_t)time(NULL),
                                   .now = now,
                                   .unique = (uint64_t)getpid()};

  *m = (alert_message){.recipients = find_recipients(to, s, notice->alert)};
  envelope.to_count = m->recipients;
  if (m->recipients == 0) {
    return false;
  }

  name(m, notice->alert);
  m->text = compose(notice, &envelope, &m->len);
  m->addresses = m->text != NULL ? copy_addresses(&envelope) : NULL;
  if (m->addresses == NULL) {
    log_line("alert not written (%s): %s", strerror(errno), m->what);
    alert_message_free(m);
  }

  return m->addresses != NULL;
}

void alert_message_free(alert_message *m) {
  free(m->text);
  free(m->addresses);
  *m = (alert_message){.text = NULL};
}

int alert_message_store(const alert_message *m, alert_sender *sender) {
  delivery *d = delivery_new(&sender->folder, &sender->names);
  int error;

  if (d == NULL) {
    return errno;
  }

  delivery_write(d, m->text, m->len);
  error = delivery_finish(d);
  delivery_free(d);

  return error;
}
