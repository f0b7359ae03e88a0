#include "status.h"

#include <stdbool.h>
#include <stdlib.h>

#include "log.h"
#include "status_page.h"

/* How long a client may take, in milliseconds, from when it is accepted to when
   it has closed. */
#define CLIENT_TIME 5000

/* How many may wait to be accepted. */
#define BACKLOG 16

/* A connection.  It asks, is answered, and is closed when it has closed, lest a
   reset destroy the answer. */
typedef struct status_client {
  status *status;
  struct status_client *next;
  struct status_client *prev;
  uv_tcp_t tcp;
  uv_timer_t timer;
  uv_write_t write;
  uv_shutdown_t shutdown;
  unsigned handles; /* that are not closed yet */
  bool ended;       /* it sends no more */
  bool answered;    /* all is sent */
  size_t len;       /* of: */
  char request[STATUS_REQUEST_MAX];
  buffer answer;
} status_client;

static void on_closed(uv_handle_t *handle) {
  status_client *c = handle->data;

  if (--c->handles == 0) {
    buffer_free(&c->answer);
    free(c);
  }
}

static void close_client(status_client *c) {
  if (uv_is_closing((uv_handle_t *)&c->tcp)) {
    return;
  }

  if (c->prev != NULL) {
    c->prev->next = c->next;
  } else {
    c->status->clients = c->next;
  }

  if (c->next != NULL) {
    c->next->prev = c->prev;
  }

  c->status->count--;
  uv_close((uv_handle_t *)&c->tcp, on_closed);
  uv_close((uv_handle_t *)&c->timer, on_closed);
}

static void on_timer(uv_timer_t *timer) {
  close_client(timer->data);
}

static void on_shutdown(uv_shutdown_t *request, int error) {
  status_client *c = request->handle->data;

  c->answered = true;
  if (error != 0 || c->ended) {
    close_client(c);
  }
}

static void on_written(uv_write_t *request, int error) {
  status_client *c = request->handle->data;

  if (error != 0 ||
      uv_shutdown(&c->shutdown, (uv_stream_t *)&c->tcp, on_shutdown) != 0) {
    close_client(c);
  }
}

/* Answers what has come so far, as soon as that can be. */
static void answer(status_client *c) {
  uv_buf_t buf;

  status_page_answer(&c->answer, c->status->service,
                     (shako_span){(const uint8_t *)c->request, c->len});
  if (c->answer.failed) {
    close_client(c);
    return;
  }

  buf = uv_buf_init(c->answer.ptr, (unsigned)c->answer.len);
  if (c->answer.len > 0 &&
      uv_write(&c->write, (uv_stream_t *)&c->tcp, &buf, 1, on_written) != 0) {
    close_client(c);
  }
}

/* Behind the request there is nothing that we want: the same place again. */
static void on_alloc(uv_handle_t *handle, size_t size, uv_buf_t *buf) {
  status_client *c = handle->data;
  size_t at = c->answer.len > 0 ? 0 : c->len;

  (void)size;
  *buf = uv_buf_init(c->request + at, (unsigned)(sizeof(c->request) - at));
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf) {
  status_client *c = stream->data;

  (void)buf;
  if (n == UV_EOF && c->answer.len > 0 && !c->answered) {
    c->ended = true; /* and may still read */
    uv_read_stop(stream);
  } else if (n < 0) {
    close_client(c);
  } else if (n > 0 && c->answer.len == 0) {
    c->len += (size_t)n;
    answer(c);
  }
}

static void add_client(status *s, status_client *c) {
  c->status = s;
  c->next = s->clients;
  if (c->next != NULL) {
    c->next->prev = c;
  }

  s->clients = c;
  s->count++;
}

/* Too many are accepted too, so that they see at once that they are. */
static void on_connection(uv_stream_t *listener, int error) {
  status *s = listener->data;
  status_client *c = error == 0 ? calloc(1, sizeof(*c)) : NULL;

  if (c == NULL) {
    return;
  }

  uv_tcp_init(listener->loop, &c->tcp);
  uv_timer_init(listener->loop, &c->timer);
  c->tcp.data = c;
  c->timer.data = c;
  c->handles = 2;
  add_client(s, c);
  if (uv_accept(listener, (uv_stream_t *)&c->tcp) != 0 ||
      s->count > STATUS_CLIENTS_MAX ||
      uv_timer_start(&c->timer, on_timer, CLIENT_TIME, 0) != 0 ||
      uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read) != 0) {
    close_client(c);
  }
}

bool status_open(status *s, uv_loop_t *loop, const service *shared,
                 endpoint *e) {
  int error;

  if (e->count == 0) {
    return true;
  }

  s->service = shared;
  s->listener.data = s;
  error = uv_tcp_init(loop, &s->listener);
  if (error == 0) {
    error = uv_tcp_open(&s->listener, e->fds[0]);
  }

  if (error == 0) {
    e->count = 0;
    error = uv_listen((uv_stream_t *)&s->listener, BACKLOG, on_connection);
  }

  if (error != 0) {
    log_line("%s %s: %s", e->option, e->text, uv_strerror(error));
  }

  return error == 0;
}

void status_close(status *s) {
  if (s->service == NULL) {
    return;
  }

  while (s->clients != NULL) {
    close_client(s->clients);
  }

  uv_close((uv_handle_t *)&s->listener, NULL);
}
