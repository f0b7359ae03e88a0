#include "alert_message.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

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

/* Returns 0, or what errno was. */
static int store(alert_sender *sender, const char *text, size_t len) {
  delivery *d = delivery_new(&sender->folder, &sender->names);
  int error;

  if (d == NULL) {
    return errno;
  }

  delivery_write(d, text, len);
  error = delivery_finish(d);
  delivery_free(d);

  return error;
}

static void say(const shako_alert *alert, int error) {
  int len = (int)strcspn(alert->text, "\n");
  const char *severity = shako_alert_severity_name(alert->severity);

  if (error == 0) {
    log_line("alert: %s: %.*s", severity, len, alert->text);
  } else {
    log_line("alert not stored (%s): %s: %.*s", strerror(error), severity, len,
             alert->text);
  }
}

void alert_message_store(alert_sender *sender, const shako_alert_notice *notice,
                         shako_time now) {
  const alert_settings *s = &sender->settings->alerts;
  const char *to[ALERT_RECIPIENTS_MAX];
  shako_alert_envelope envelope = {.struct_size = sizeof(envelope),
                                   .hostname = sender->hostname,
                                   .from = s->from,
                                   .to = to,
                                   .unix_time = (int64_t)time(NULL),
                                   .now = now,
                                   .unique = (uint64_t)getpid()};
  size_t len;
  char *text;

  envelope.to_count = find_recipients(to, s, notice->alert);
  if (envelope.to_count == 0) {
    return;
  }

  text = compose(notice, &envelope, &len);
  say(notice->alert, text != NULL ? store(sender, text, len) : errno);
  free(text);
}
