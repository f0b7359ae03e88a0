#include <stdlib.h>

#include "connection.h"

/*
 * The end of a connection.  A socket that is closed with octets unread is
 * reset, and the reset can destroy the last reply on its way.  So: send the
 * end of the stream, read and discard until the peer's, then close.
 */

/* How long, in milliseconds, and how much of it. */
#define LINGER_TIME   2000
#define LINGER_OCTETS 65536

void connection_hold(connection *c) {
  c->holds++;
}

static void unlink_from_worker(connection *c) {
  if (c->prev != NULL) {
    c->prev->next = c->next;
  } else {
    c->worker->connections = c->next;
  }

  if (c->next != NULL) {
    c->next->prev = c->prev;
  }
}

void connection_release(connection *c) {
  if (--c->holds > 0) {
    return;
  }

  unlink_from_worker(c);
  mail_end(&c->mail);
  shako_session_free(c->session);
  setup_unref(c->setup);
  free(c);
}

static void on_closed(uv_handle_t *handle) {
  connection_release(handle->data);
}

void connection_close(connection *c) {
  if (!c->closing) {
    c->closing = true;
    uv_close((uv_handle_t *)&c->tcp, on_closed);
    uv_close((uv_handle_t *)&c->timer, on_closed);
  }
}

static void on_linger_timeout(uv_timer_t *timer) {
  connection_close(timer->data);
}

static void on_scratch(uv_handle_t *handle, size_t size, uv_buf_t *buf) {
  connection *c = handle->data;

  (void)size;
  *buf = uv_buf_init(c->worker->scratch, sizeof(c->worker->scratch));
}

static void on_discard(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf) {
  connection *c = stream->data;

  (void)buf;
  c->discarded += n > 0 ? (size_t)n : 0;
  if (n < 0 || c->discarded >= LINGER_OCTETS) {
    connection_close(c);
  }
}

static void on_shutdown(uv_shutdown_t *request, int status) {
  connection *c = request->handle->data;

  if (status != 0) {
    connection_close(c);
  }
}

void connection_linger(connection *c) {
  uv_stream_t *stream = (uv_stream_t *)&c->tcp;

  /* A peer that is gone, or that never read its last reply, is not worth the
     wait. */
  if (c->gone || c->sending > 0 ||
      uv_shutdown(&c->shutdown, stream, on_shutdown) != 0) {
    connection_close(c);
    return;
  }

  uv_read_stop(stream);
  uv_timer_start(&c->timer, on_linger_timeout, LINGER_TIME, 0);
  if (uv_read_start(stream, on_scratch, on_discard) != 0) {
    connection_close(c);
  }
}
