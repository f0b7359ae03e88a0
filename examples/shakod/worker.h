#ifndef SHAKOD_WORKER_H
#define SHAKOD_WORKER_H

#include <stdatomic.h>
#include <stdbool.h>

#include <uv.h>

#include "listen.h"
#include "maildir.h"
#include "resolver.h"
#include "service.h"
#include "setup.h"

struct connection;
struct worker;

/* One socket that a worker accepts from. */
typedef struct acceptor {
  uv_poll_t poll;
  int fd;
  size_t listener; /* its place in the setup */
  struct worker *worker;
} acceptor;

/* A thread with a loop of its own.  Only worker_new(), worker_reload(),
   worker_stop() and worker_join() are called from outside that thread. */
typedef struct worker {
  const service *service;
  setup *setup;                /* for new connections */
  _Atomic(setup *) next_setup; /* what worker_reload() left; or NULL */
  uv_loop_t loop;
  uv_thread_t thread;
  uv_async_t stop;   /* worker_stop() */
  uv_async_t reload; /* worker_reload() */
  resolver resolver;
  uv_timer_t pause; /* until which nothing is accepted */
  bool pausing;     /* the last attempt to accept failed */
  bool stopping;
  acceptor acceptors[ENDPOINTS_MAX];
  size_t acceptor_count;
  struct connection *connections; /* the first of a list */
  maildir_names names;
  unsigned attempts;    /* passwords that are being tried */
  uint64_t accepted;    /* connections */
  uint64_t messages;    /* that were begun, and have a number in the log */
  char scratch[16384];  /* for octets that nobody wants */
  atomic_uint *running; /* how many workers are */
  uv_async_t *done;     /* tells the main thread that it fell */
} worker;

/**
 * Makes worker |number|, which takes the sockets of that number from |sockets|
 * and closes them in the end, and starts its thread.  It takes a reference to
 * |first|.  Returns it, or NULL after a line that says why.
 */
worker *worker_new(unsigned number, const service *shared, setup *first,
                   const endpoints *sockets, atomic_uint *running,
                   uv_async_t *done);

/* Has new connections served by |next|, of which it takes a reference. */
void worker_reload(worker *w, setup *next);

/* Accepts no more, ends idle sessions, lets the others finish. */
void worker_stop(worker *w);

/* Waits for the thread and frees |w|. */
void worker_join(worker *w);

#endif /* SHAKOD_WORKER_H */
