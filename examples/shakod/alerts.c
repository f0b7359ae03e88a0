#include "alerts.h"

#include <stdlib.h>
#include <string.h>

#include "alert_relay.h"
#include "log.h"

/* Notices that wait for the main thread; more are lost.  Only where duplicates
   are not held back can there be many. */
#define WAITING_MAX 64

typedef struct waiting {
  shako_alert_notice notice; /* of: */
  shako_alert alert;
} waiting;

struct alerts {
  alert_sender sender; /* the main thread's, as the next three */
  alert_relay *relay;  /* NULL: what is told is stored */
  uv_async_t raised;   /* an alert was */
  uv_timer_t due;
  atomic_uint threshold;
  uv_mutex_t lock; /* for all that follows */
  shako_alerts *alerts;
  unsigned lost; /* since that was told */
  size_t count;  /* of: */
  waiting waiting[WAITING_MAX];
};

static shako_time clock_now(void) {
  return uv_hrtime() / 1000000;
}

/* Opens the ways that alerts go. */
static bool open_ways(alerts *a, const alert_settings *s) {
  int error =
      s->maildir != NULL ? maildir_open(&a->sender.folder, s->maildir) : 0;

  if (error != 0) {
    log_line("alert_maildir %s: %s", s->maildir, strerror(error));
  }

  return error == 0 &&
         (s->relay.next_hop == NULL || alert_relay_open(&a->relay, &a->sender));
}

bool alerts_open(alerts **to, const settings *s, const char *hostname) {
  alerts *a;

  *to = NULL;
  if (!settings_alerts(s)) {
    return true;
  }

  a = calloc(1, sizeof(*a));
  if (a == NULL || shako_alerts_new(&a->alerts, &s->alerts.rule, NULL) != 0 ||
      uv_mutex_init(&a->lock) != 0) {
    shako_alerts_free(a != NULL ? a->alerts : NULL);
    free(a);
    log_line("alerts: out of memory");
    return false;
  }

  *to = a;
  a->sender.hostname = hostname;
  a->sender.folder = (maildir){.tmp_fd = -1, .new_fd = -1};
  a->sender.names = (maildir_names){.host = hostname, .worker = WORKERS_MAX};
  alerts_set(a, s);

  return open_ways(a, &s->alerts);
}

void alerts_close(alerts *a) {
  if (a == NULL) {
    return;
  }

  alert_relay_close(a->relay);
  maildir_close(&a->sender.folder);
  shako_alerts_free(a->alerts);
  uv_mutex_destroy(&a->lock);
  free(a);
}

static void copy(waiting *to, const shako_alert_notice *notice) {
  to->notice = *notice;
  to->alert = *notice->alert;
}

/* Takes the next notice that is to be told.  Returns false where there is
   none. */
static bool take(alerts *a, waiting *next, shako_time now) {
  const shako_alert_notice *notice = NULL;
  bool found;

  uv_mutex_lock(&a->lock);
  found = a->count > 0;
  if (found) {
    *next = a->waiting[0];
    memmove(a->waiting, a->waiting + 1, --a->count * sizeof(a->waiting[0]));
  } else {
    notice = shako_alerts_due(a->alerts, now);
  }

  if (notice != NULL) {
    copy(next, notice);
    found = true;
  }

  uv_mutex_unlock(&a->lock);
  next->notice.alert = &next->alert;

  return found;
}

static void tell_lost(alerts *a) {
  unsigned lost;

  uv_mutex_lock(&a->lock);
  lost = a->lost;
  a->lost = 0;
  uv_mutex_unlock(&a->lock);
  if (lost > 0) {
    log_line("%u alerts are lost: they came too fast", lost);
  }
}

static void store(alerts *a, alert_message *m) {
  int error = alert_message_store(m, &a->sender);

  if (error == 0) {
    log_line("alert: %s", m->what);
  } else {
    log_line("alert not stored (%s): %s", strerror(error), m->what);
  }

  alert_message_free(m);
}

static void tell_one(alerts *a, const shako_alert_notice *notice,
                     shako_time now) {
  alert_message m;

  if (!alert_message_write(&m, &a->sender, notice, now)) {
    return;
  }

  if (a->relay == NULL) {
    store(a, &m);
  } else {
    log_line("alert: %s", m.what);
    alert_relay_add(a->relay, &m);
  }
}

/* Tells what waits, but not for ever, whatever comes meanwhile.  Returns
   whether there may be more. */
static bool tell_some(alerts *a) {
  shako_time now = clock_now();
  waiting next;
  int i;

  for (i = 0; i < WAITING_MAX && take(a, &next, now); i++) {
    tell_one(a, &next.notice, now);
  }

  tell_lost(a);

  return i == WAITING_MAX;
}

static void on_due(uv_timer_t *timer);

/* Sees to it that the next duplicates are told in time. */
static void set_timer(alerts *a) {
  shako_time now = clock_now();
  shako_time expiry;

  uv_mutex_lock(&a->lock);
  expiry = shako_alerts_expiry(a->alerts);
  uv_mutex_unlock(&a->lock);
  if (expiry == SHAKO_TIME_NEVER) {
    uv_timer_stop(&a->due);
  } else {
    uv_timer_start(&a->due, on_due, expiry > now ? expiry - now : 0, 0);
  }
}

static void tell(alerts *a) {
  if (tell_some(a)) {
    uv_async_send(&a->raised);
  }

  set_timer(a);
}

static void on_due(uv_timer_t *timer) {
  tell(timer->data);
}

static void on_raised(uv_async_t *async) {
  tell(async->data);
}

bool alerts_start(alerts *a, uv_loop_t *loop) {
  int error;

  if (a == NULL) {
    return true;
  }

  uv_timer_init(loop, &a->due);
  a->due.data = a;
  a->raised.data = a;

  error = uv_async_init(loop, &a->raised, on_raised);
  if (error != 0) {
    log_line("alerts: %s", uv_strerror(error));
  } else if (a->relay != NULL) {
    alert_relay_start(a->relay, loop);
  }

  return error == 0;
}

void alerts_stop(alerts *a) {
  if (a != NULL) {
    while (tell_some(a)) {
    }

    uv_close((uv_handle_t *)&a->raised, NULL);
    uv_close((uv_handle_t *)&a->due, NULL);
    if (a->relay != NULL) {
      alert_relay_stop(a->relay);
    }
  }
}

void alerts_set(alerts *a, const settings *s) {
  if (a != NULL) {
    a->sender.settings = s;
    atomic_store(&a->threshold, s->alerts.threshold);
  }
}

void alerts_raise(alerts *a, const shako_alert *alert) {
  const shako_alert_notice *notice;

  if (a == NULL) {
    return;
  }

  uv_mutex_lock(&a->lock);
  notice = shako_alerts_raise(a->alerts, alert, clock_now());
  if (notice != NULL && a->count < WAITING_MAX) {
    copy(&a->waiting[a->count++], notice);
  } else if (notice != NULL) {
    a->lost++;
  }

  uv_mutex_unlock(&a->lock);
  uv_async_send(&a->raised);
}

static bool was_refused(const shako_record *closed, const char *reason) {
  uint32_t i;

  for (i = 0; closed->refused != NULL && i < shako_reason_count(); i++) {
    if (closed->refused[i] > 0 && strcmp(shako_reason_text(i), reason) == 0) {
      return true;
    }
  }

  return false;
}

void alerts_raise_closed(alerts *a, const shako_record *closed) {
  const shako_address *who = &closed->peer->address;
  shako_tls_outcome outcome = shako_record_outcome(closed);
  shako_alert alert;

  if (a == NULL) {
    return;
  }

  /* Whoever was not let begin one is not to blame for what is missing. */
  if (was_refused(closed, "too-many-handshakes") ||
      was_refused(closed, "handshake-rate")) {
    shako_alert_handshakes(&alert, who, atomic_load(&a->threshold));
    alerts_raise(a, &alert);
  } else if (outcome == SHAKO_TLS_OUTCOME_REQUIRED_FAILED ||
             outcome == SHAKO_TLS_OUTCOME_REQUIRED_MISSING) {
    shako_alert_inbound_tls(&alert, closed->match.group, who,
                            closed->tls != NULL ? closed->tls->failure
                                                : SHAKO_TLS_FAILURE_NONE,
                            atomic_load(&a->threshold));
    alerts_raise(a, &alert);
  }
}

void alerts_raise_demonstration(alerts *a, const setup *s,
                                const settings *from) {
  shako_alert alert;
  size_t i;

  for (i = 0; i < s->count; i++) {
    if (s->listeners[i].certificates.count == 0 &&
        s->listeners[i].provider.select != NULL) {
      shako_alert_demonstration(&alert, from->listeners[i].name);
      alerts_raise(a, &alert);
    }
  }
}
