#include "certificate_check.h"

#include <string.h>
#include <time.h>

#include "log.h"

/* Fills |*report|, all at zero where the library cannot. */
static void check(shako_certificate_report *report,
                  const shako_certificate *certificate, const char *hostname,
                  int64_t unix_time) {
  *report = (shako_certificate_report){.struct_size = sizeof(*report)};
  shako_certificate_check(certificate, hostname, unix_time, report);
}

/* Returns the host that a certificate of |l| is to have the name of, or NULL:
   its own names are right, and a pattern is no host. */
static const char *host_of(const listener_settings *l,
                           const certificate_settings *c,
                           const char *hostname) {
  if (c->name == NULL) {
    return l->hostname != NULL ? l->hostname : hostname;
  }

  return c->name[0] == '\0' || c->name[0] == '*' ? NULL : c->name;
}

void certificate_inspect(shako_certificate_report *report, const setup *s,
                         const settings *from, size_t l, size_t i,
                         const char *hostname) {
  const listener_settings *listener = &from->listeners[l];

  check(report, s->listeners[l].certificates.items[i],
        host_of(listener, &listener->certificates[i], hostname),
        (int64_t)time(NULL));
}

bool certificate_is_stale(const shako_certificate_report *report,
                          int64_t unix_time) {
  return unix_time < report->not_before || unix_time > report->not_after;
}

static bool same_text(const char *a, const char *b) {
  return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* Whether an earlier listener has certificate |i| of listener |l| too, so that
   all was said of it. */
static bool is_repeated(const settings *from, size_t l, size_t i) {
  const listener_settings *listener = &from->listeners[l];
  const certificate_settings *one = &listener->certificates[i];
  size_t j;
  size_t k;

  for (j = 0; j < l; j++) {
    const listener_settings *other = &from->listeners[j];

    for (k = 0; k < other->certificate_count; k++) {
      if (strcmp(other->certificates[k].chain, one->chain) == 0 &&
          same_text(other->certificates[k].name, one->name) &&
          same_text(other->hostname, listener->hostname)) {
        return true;
      }
    }
  }

  return false;
}

static void log_warnings(const shako_certificate_report *report,
                         const char *file) {
  size_t i;

  for (i = 0; i < report->warning_count; i++) {
    const shako_certificate_warning *warning = &report->warnings[i];

    if (warning->index == 0) {
      log_line("WARNING: %s: %s: %s", file, warning->reason, warning->text);
    } else {
      log_line("WARNING: %s: %s: certificate %zu of the chain: %s", file,
               warning->reason, warning->index + 1, warning->text);
    }
  }
}

/* Whether |found| is the certificate of one that was in force. */
static bool was_in_force(const certificates *before,
                         const shako_certificate_report *found) {
  shako_certificate_report old;
  size_t i;

  for (i = 0; i < before->count; i++) {
    check(&old, before->items[i], NULL, 0);
    if (old.not_after == found->not_after &&
        old.not_before == found->not_before &&
        strcmp(old.spki_sha256, found->spki_sha256) == 0) {
      return true;
    }
  }

  return false;
}

static bool judge_one(const setup *s, const settings *from, size_t l, size_t i,
                      const char *hostname, const setup *before) {
  const char *file = from->listeners[l].certificates[i].chain;
  shako_certificate_report report;

  certificate_inspect(&report, s, from, l, i, hostname);
  if (before != NULL && certificate_is_stale(&report, (int64_t)time(NULL)) &&
      !was_in_force(&before->listeners[l].certificates, &report)) {
    log_line("%s: it is not valid %s", file,
             report.days_left < 0 ? "any more" : "yet");
    return false;
  }

  if (!is_repeated(from, l, i)) {
    log_warnings(&report, file);
  }

  return true;
}

bool certificates_judge(const setup *s, const settings *from,
                        const char *hostname, const setup *before) {
  size_t l;
  size_t i;

  for (l = 0; l < s->count; l++) {
    for (i = 0; i < s->listeners[l].certificates.count; i++) {
      if (!judge_one(s, from, l, i, hostname, before)) {
        return false;
      }
    }
  }

  return true;
}

static void tell_one(const shako_certificate *certificate, const char *file,
                     int64_t last, int64_t now, alerts *to) {
  int32_t told = SHAKO_ALERT_EXPIRY_UNTOLD;
  shako_certificate_report report;
  shako_alert alert;

  if (last != 0) {
    check(&report, certificate, NULL, last);
    shako_alert_certificate_expiry(&alert, file, &report, &told);
  }

  check(&report, certificate, NULL, now);
  if (!shako_alert_certificate_expiry(&alert, file, &report, &told)) {
    return;
  }

  alerts_raise(to, &alert);
  if (report.days_left < 0) {
    log_line("certificate %s has expired", file);
  } else {
    log_line("certificate %s expires in %lld days", file,
             (long long)report.days_left);
  }
}

void certificates_tell_expiry(const setup *s, const settings *from,
                              int64_t last, int64_t now, alerts *to) {
  size_t l;
  size_t i;

  for (l = 0; l < s->count; l++) {
    for (i = 0; i < s->listeners[l].certificates.count; i++) {
      if (!is_repeated(from, l, i)) {
        tell_one(s->listeners[l].certificates.items[i],
                 from->listeners[l].certificates[i].chain, last, now, to);
      }
    }
  }
}
