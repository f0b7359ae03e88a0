#include "worker.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "connection.h"
#include "log.h"

/* How many connections are accepted before those at hand are served. */
#define ACCEPT_BURST 64

/* How long to wait, in milliseconds, when the system has no descriptor or
   memory left: some connection will end. */
#define ACCEPT_PAUSE 100

static void on_acceptable(uv_poll_t *poll, int status, int events);

static void on_pause_over(uv_timer_t *timer) {
  worker *w = timer->data;
  size_t i;

  for (i = 0; i < w->acceptor_count; i++) {
    uv_poll_start(&w->acceptors[i].poll, UV_READABLE, on_acceptable);
  }
}

static void pause_accepting(worker *w, int error) {
  size_t i;

  if (!w->pausing) {
    log_line("accept: %s", strerror(error));
  }

  for (i = 0; i < w->acceptor_count; i++) {
    uv_poll_stop(&w->acceptors[i].poll);
  }

  w->pausing = true;
  uv_timer_start(&w->pause, on_pause_over, ACCEPT_PAUSE, 0);
}

/* Accepts one connection.  Returns 0, or what errno was. */
static int accept_one(acceptor *a) {
  struct sockaddr_storage from = {0};
  socklen_t len = sizeof(from);
  int fd = accept4(a->fd, (struct sockaddr *)&from, &len,
                   SOCK_NONBLOCK | SOCK_CLOEXEC);

  if (fd < 0) {
    return errno;
  }

  a->worker->pausing = false;
  connection_start(a->worker, a->listener, fd, &from);

  return 0;
}

static void on_acceptable(uv_poll_t *poll, int status, int events) {
  acceptor *a = poll->data;
  int i;

  (void)status;
  (void)events;
  for (i = 0; i < ACCEPT_BURST; i++) {
    int error = accept_one(a);

    if (error == EAGAIN || error == EWOULDBLOCK) {
      return;
    }

    if (error != 0 && error != EINTR && error != ECONNABORTED &&
        error != EPROTO) {
      pause_accepting(a->worker, error);
      return;
    }
  }
}

/* Closes the socket too, so that the system turns newcomers away. */
static void on_acceptor_closed(uv_handle_t *handle) {
  acceptor *a = handle->data;

  close(a->fd);
}

static void on_reload(uv_async_t *async) {
  worker *w = async->data;
  setup *next = atomic_exchange(&w->next_setup, NULL);

  if (next != NULL) {
    setup_unref(w->setup);
    w->setup = next;
  }
}

static void on_stop(uv_async_t *async) {
  worker *w = async->data;
  connection *c;
  size_t i;

  w->stopping = true;
  uv_close((uv_handle_t *)&w->stop, NULL);
  uv_close((uv_handle_t *)&w->reload, NULL);
  uv_close((uv_handle_t *)&w->pause, NULL);
  for (i = 0; i < w->acceptor_count; i++) {
    uv_close((uv_handle_t *)&w->acceptors[i].poll, on_acceptor_closed);
  }

  for (c = w->connections; c != NULL; c = c->next) {
    connection_advance(c);
  }

  resolver_close(&w->resolver);
}

/* The loop ends when on_stop() has closed what is the worker's own and the
   last connection is gone. */
static void run(void *arg) {
  worker *w = arg;

  uv_run(&w->loop, UV_RUN_DEFAULT);
  atomic_fetch_sub(w->running, 1);
  uv_async_send(w->done);
}

static int add_acceptor(worker *w, const endpoint *e, unsigned number) {
  acceptor *a = &w->acceptors[w->acceptor_count];
  int error;

  a->fd = e->fds[number];
  a->listener = e->listener;
  a->worker = w;
  a->poll.data = a;
  error = uv_poll_init(&w->loop, &a->poll, a->fd);
  if (error == 0) {
    w->acceptor_count++;
    error = uv_poll_start(&a->poll, UV_READABLE, on_acceptable);
  }

  return error;
}

static int open_loop(worker *w, const endpoints *sockets) {
  int error = uv_loop_init(&w->loop);
  size_t i;

  if (error == 0) {
    error = uv_async_init(&w->loop, &w->stop, on_stop);
    w->stop.data = w;
  }

  if (error == 0) {
    error = uv_async_init(&w->loop, &w->reload, on_reload);
    w->reload.data = w;
  }

  if (error == 0) {
    error = uv_timer_init(&w->loop, &w->pause);
    w->pause.data = w;
  }

  for (i = 0; error == 0 && i < sockets->count; i++) {
    error = add_acceptor(w, &sockets->items[i], w->names.worker);
  }

  return error;
}

/* Starts the thread of a worker whose loop is ready. */
static const char *start(worker *w) {
  int error = resolver_open(&w->resolver, &w->loop, w->service->resolver,
                            w->service->lookup_time * 1000);

  if (error != ARES_SUCCESS) {
    return ares_strerror(error);
  }

  atomic_fetch_add(w->running, 1);
  error = uv_thread_create(&w->thread, run, w);

  return error != 0 ? uv_strerror(error) : NULL;
}

worker *worker_new(unsigned number, const service *shared, setup *first,
                   const endpoints *sockets, atomic_uint *running,
                   uv_async_t *done) {
  worker *w = calloc(1, sizeof(*w));
  const char *wrong = uv_strerror(UV_ENOMEM);

  if (w != NULL) {
    int error;

    w->service = shared;
    w->setup = setup_ref(first);
    w->names.host = shared->hostname;
    w->names.worker = number;
    w->running = running;
    w->done = done;
    error = open_loop(w, sockets);
    wrong = error != 0 ? uv_strerror(error) : start(w);
  }

  if (wrong != NULL) {
    log_line("worker %u: %s", number, wrong);
    return NULL; /* and the process ends */
  }

  return w;
}

void worker_reload(worker *w, setup *next) {
  setup_unref(atomic_exchange(&w->next_setup, setup_ref(next)));
  uv_async_send(&w->reload);
}

void worker_stop(worker *w) {
  uv_async_send(&w->stop);
}

void worker_join(worker *w) {
  uv_thread_join(&w->thread);
  uv_loop_close(&w->loop);
  setup_unref(w->setup);
  setup_unref(atomic_load(&w->next_setup));
  free(w);
}
