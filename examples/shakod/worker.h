#ifndef SHAKOD_WORKER_H
#define SHAKOD_WORKER_H

#include <stdatomic.h>
#include <stdbool.h>

#include <uv.h>

#include "maildir.h"
#include "options.h"
#include "service.h"

struct connection;
struct worker;

/* One socket that a worker accepts from. */
typedef struct acceptor {
  uv_poll_t poll;
  int fd;
  shako_listener *listener;
  struct worker *worker;
} acceptor;

/* A thread with a loop of its own.  Only worker_new(), worker_stop() and
   worker_join() are called from outside that thread. */
typedef struct worker {
  const service *service;
  uv_loop_t loop;
  uv_thread_t thread;
  uv_async_t stop;  /* worker_stop() */
  uv_timer_t pause; /* until which nothing is accepted */
  bool pausing;     /* the last attempt to accept failed */
  bool stopping;
  acceptor acceptors[ENDPOINTS_MAX];
  size_t acceptor_count;
  struct connection *connections; /* the first of a list */
  maildir_names names;
  char scratch[16384];  /* for octets that nobody wants */
  atomic_uint *running; /* how many workers are */
  uv_async_t *done;     /* tells the main thread that it fell */
} worker;

/**
 * Makes worker |number|, which takes the sockets of that number from
 * |endpoints| and closes them in the end, and starts its thread.  Returns it,
 * or NULL after a line that says why.
 */
worker *worker_new(unsigned number, const service *shared,
                   const endpoint *endpoints, size_t endpoint_count,
                   atomic_uint *running, uv_async_t *done);

/* Accepts no more, ends idle sessions, lets the others finish. */
void worker_stop(worker *w);

/* Waits for the thread and frees |w|. */
void worker_join(worker *w);

#endif /* SHAKOD_WORKER_H */
