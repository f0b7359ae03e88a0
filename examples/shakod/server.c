#include "server.h"

#include <signal.h>
#include <unistd.h>

#include <uv.h>

#include "address.h"
#include "config.h"
#include "log.h"
#include "worker.h"

#define SIGNALS 3

/* The main thread: it waits for signals and for the workers' end. */
typedef struct server {
  const server_start *start;
  setup *setup; /* in force */
  uv_loop_t loop;
  uv_signal_t signals[SIGNALS];
  uv_async_t done; /* a worker has ended */
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
  for (i = 0; i < s->count; i++) {
    worker_stop(s->workers[i]);
  }
}

/* Reads |file| again, into |*fresh|.  Returns false, after a line that says
   why, where it cannot take the place of the settings of the start. */
static bool read_again(settings *fresh, const settings *first,
                       const char *file) {
  const char *fixed;

  if (!settings_open(fresh) || !config_read(fresh, file)) {
    return false;
  }

  fixed = settings_fixed(first, fresh);
  if (fixed != NULL) {
    log_line("%s: %s cannot change without a restart", file, fixed);
  }

  return fixed == NULL;
}

/* Makes a setup of what the files say by now, or returns NULL. */
static setup *next_setup(const server *s) {
  const char *file = s->start->options->config;
  const settings *first = s->start->settings;
  settings fresh = {0};
  setup *next = NULL;

  if (file == NULL) {
    return setup_new(first, s->start->service->hostname, s->setup);
  }

  if (read_again(&fresh, first, file)) {
    next = setup_new(&fresh, s->start->service->hostname, s->setup);
  }

  settings_close(&fresh);

  return next;
}

static void reload(server *s) {
  setup *next = s->stopping ? NULL : next_setup(s);
  unsigned i;

  if (next == NULL) {
    log_line("not reloaded: what was in force stays in force");
    return;
  }

  for (i = 0; i < s->count; i++) {
    worker_reload(s->workers[i], next);
  }

  setup_unref(s->setup);
  s->setup = next;
  log_line("reloaded");
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

  uv_close((uv_handle_t *)&s->done, NULL);
}

static int open_loop(server *s) {
  static const int numbers[SIGNALS] = {SIGTERM, SIGINT, SIGHUP};
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
  }

  return error;
}

static void announce(const endpoints *all) {
  size_t i;

  for (i = 0; i < all->count; i++) {
    const endpoint *e = &all->items[i];
    char where[ADDRESS_TEXT_SIZE];

    address_format(&e->address, e->port, where);
    log_line("listening on %s (%s)", where, e->name);
  }
}

static bool start_workers(server *s) {
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

int server_run(const server_start *start) {
  server s = {.start = start, .setup = start->setup};

  if (open_loop(&s) != 0 || !start_workers(&s)) {
    _exit(2); /* threads may run */
  }

  announce(start->endpoints);
  uv_run(&s.loop, UV_RUN_DEFAULT);
  uv_loop_close(&s.loop);
  setup_unref(s.setup);

  return 0;
}
