#include "server.h"

#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <uv.h>

#include "address.h"
#include "alert_relay.h"
#include "alerts.h"
#include "certificate_check.h"
#include "config.h"
#include "log.h"
#include "status.h"
#include "watch.h"
#include "worker.h"

#define SIGNALS 3
#define DAY     (24 * 60 * 60 * 1000) /* milliseconds */

/* The main thread: it waits for signals, changed files, the next day and the
   workers' end. */
typedef struct server {
  const server_start *start;
  const settings *settings; /* in force: those of the start, or: */
  settings fresh;           /* ... read since; else at zero */
  setup *setup;             /* made of them */
  uv_loop_t loop;
  uv_signal_t signals[SIGNALS];
  uv_async_t done; /* a worker has ended */
  watch watch;
  status status;
  uv_timer_t day;
  int64_t told; /* when it was last told what expires */
  worker *workers[WORKERS_MAX];
  unsigned count; /* of |workers| */
  atomic_uint running;
  bool stopping;
} server;

static void stop(server *s) {
  unsigned i;

  if (s->stopping) {
    _exit(1); /* asked twice: not even for what is in flight */
  }

  s->stopping = true;
  watch_close(&s->watch);
  for (i = 0; i < s->count; i++) {
    worker_stop(s->workers[i]);
  }
}

/* Reads |file| again, into |*fresh|.  Returns false, after a line that says
   why, where it cannot take the place of the settings of the start. */
static bool read_again(settings *fresh, const settings *first,
                       const char *file) {
  const char *fixed;

  if (!settings_open(fresh) || !config_read(fresh, file) ||
      !alert_relay_check(fresh)) {
    return false;
  }

  fixed = settings_fixed(first, fresh);
  if (fixed != NULL) {
    log_line("%s: %s cannot change without a restart", file, fixed);
  }

  return fixed == NULL;
}

/* Has new connections served by what the files of |from| say by now.  Returns
   false where that cannot be. */
static bool change(server *s, const settings *from) {
  const char *hostname = s->start->service->hostname;
  setup *next = setup_new(from, hostname, s->setup);
  unsigned i;

  if (next == NULL || !certificates_judge(next, from, hostname, s->setup)) {
    setup_unref(next);
    return false;
  }

  for (i = 0; i < s->count; i++) {
    worker_reload(s->workers[i], next);
  }

  setup_unref(s->setup);
  s->setup = next;
  alerts_raise_demonstration(s->start->service->alerts, next, from);

  return true;
}

static void say_refused(void) {
  log_line("not reloaded: what was in force stays in force");
}

/* Goes on with the configuration as it is by now. */
static bool configure(server *s, const char *file) {
  settings fresh = {0};
  uint64_t stamp;

  if (!read_again(&fresh, s->start->settings, file)) {
    settings_close(&fresh);
    return false;
  }

  stamp = watch_stamp(&fresh);
  if (!change(s, &fresh)) {
    settings_close(&fresh);
    return false;
  }

  settings_close(&s->fresh);
  s->fresh = fresh;
  s->settings = &s->fresh;
  alerts_set(s->start->service->alerts, s->settings);
  watch_set(&s->watch, s->settings, stamp);

  return true;
}

static void reload(server *s) {
  const char *file = s->start->options->config;

  if (s->stopping) {
    say_refused();
    return;
  }

  watch_note(&s->watch);
  if (file != NULL ? configure(s, file) : change(s, s->settings)) {
    log_line("reloaded");
  } else {
    say_refused();
  }
}

/* Files have changed: the configuration stays as it was read. */
static void on_change(void *ctx) {
  server *s = ctx;

  if (change(s, s->settings)) {
    log_line("reloaded: files have changed");
  } else {
    say_refused();
  }
}

static void on_day(uv_timer_t *timer) {
  server *s = timer->data;
  int64_t now = (int64_t)time(NULL);

  certificates_tell_expiry(s->setup, s->settings, s->told, now,
                           s->start->service->alerts);
  s->told = now;
}

static void on_signal(uv_signal_t *handle, int number) {
  if (number == SIGHUP) {
    reload(handle->data);
  } else {
    stop(handle->data);
  }
}

static void on_done(uv_async_t *async) {
  server *s = async->data;
  int i;

  if (atomic_load(&s->running) > 0) {
    return;
  }

  while (s->count > 0) {
    worker_join(s->workers[--s->count]);
  }

  for (i = 0; i < SIGNALS; i++) {
    uv_close((uv_handle_t *)&s->signals[i], NULL);
  }

  status_close(&s->status);
  alerts_stop(s->start->service->alerts);
  uv_close((uv_handle_t *)&s->day, NULL);
  uv_close((uv_handle_t *)&s->done, NULL);
}

static const int numbers[SIGNALS] = {SIGTERM, SIGINT, SIGHUP};

static int open_loop(server *s) {
  int error = uv_loop_init(&s->loop);
  int i;

  if (error == 0) {
    error = uv_async_init(&s->loop, &s->done, on_done);
    s->done.data = s;
  }

  for (i = 0; i < SIGNALS && error == 0; i++) {
    uv_signal_init(&s->loop, &s->signals[i]);
    s->signals[i].data = s;
    error = uv_signal_start(&s->signals[i], on_signal, numbers[i]);
  }

  if (error != 0) {
    log_line("%s", uv_strerror(error));
    return error;
  }

  watch_open(&s->watch, &s->loop, on_change, s);
  uv_timer_init(&s->loop, &s->day);
  s->day.data = s;

  return 0;
}

static void announce_one(const endpoint *e) {
  char where[ADDRESS_TEXT_SIZE];

  address_format(&e->address, e->port, where);
  log_line("listening on %s (%s)", where, e->name);
}

static void announce(const endpoints *all) {
  size_t i;

  for (i = 0; i < all->count; i++) {
    announce_one(&all->items[i]);
  }

  if (all->status.text != NULL) {
    announce_one(&all->status);
  }
}

static bool make_workers(server *s) {
  const server_start *start = s->start;

  while (s->count < start->settings->workers) {
    s->workers[s->count] = worker_new(s->count, start->service, s->setup,
                                      start->endpoints, &s->running, &s->done);
    if (s->workers[s->count] == NULL) {
      return false;
    }

    s->count++;
  }

  return true;
}

/* Signals come to this thread alone: others inherit that they are blocked. */
static bool start_workers(server *s) {
  sigset_t ours, before;
  bool good;
  int i;

  sigemptyset(&ours);
  for (i = 0; i < SIGNALS; i++) {
    sigaddset(&ours, numbers[i]);
  }

  pthread_sigmask(SIG_BLOCK, &ours, &before);
  good = make_workers(s);
  pthread_sigmask(SIG_SETMASK, &before, NULL);

  return good;
}

int server_run(const server_start *start) {
  server s = {
      .start = start, .settings = start->settings, .setup = start->setup};

  if (open_loop(&s) != 0 ||
      !status_open(&s.status, &s.loop, start->service,
                   &start->endpoints->status) ||
      !alerts_start(start->service->alerts, &s.loop) || !start_workers(&s)) {
    _exit(2); /* threads may run */
  }

  watch_set(&s.watch, s.settings, start->stamp);
  uv_timer_start(&s.day, on_day, 0, DAY);
  alerts_raise_demonstration(start->service->alerts, s.setup, s.settings);
  announce(start->endpoints);
  uv_run(&s.loop, UV_RUN_DEFAULT);
  uv_loop_close(&s.loop);
  setup_unref(s.setup);
  settings_close(&s.fresh);

  return 0;
}
