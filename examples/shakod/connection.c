#include "connection.h"

#include <stdlib.h>
#include <unistd.h>

#include "address.h"

static void on_written(uv_write_t *request, int status) {
  connection *c = request->handle->data;
  size_t n = c->sending;

  c->sending = 0;
  if (c->closing) {
    return;
  }

  shako_session_send_ack(c->session, status == 0 ? n : 0);
  if (status != 0) {
    c->gone = true;
    shako_session_lost(c->session);
  }

  connection_advance(c);
}

/* Leaves the loan of |len| octets at |ptr| to the loop. */
static void write_later(connection *c, const uint8_t *ptr, size_t len) {
  uv_buf_t buf = uv_buf_init((char *)(uintptr_t)ptr, (unsigned)len);
  int error = uv_write(&c->write, (uv_stream_t *)&c->tcp, &buf, 1, on_written);

  if (error == 0) {
    c->sending = len;
  } else {
    shako_session_send_ack(c->session, 0);
    c->gone = true;
    shako_session_lost(c->session);
  }
}

/* Sends what the socket takes at once. */
static void send_all(connection *c) {
  const uint8_t *ptr;
  size_t len = 0;

  while (c->sending == 0 &&
         (ptr = shako_session_send_buf(c->session, &len)) != NULL) {
    uv_buf_t buf = uv_buf_init((char *)(uintptr_t)ptr, (unsigned)len);
    int n = uv_try_write((uv_stream_t *)&c->tcp, &buf, 1);

    if (n > 0) {
      shako_session_send_ack(c->session, (size_t)n);
    } else {
      write_later(c, ptr, len); /* which sees the error, if it is one */
    }
  }
}

/* Ends the session of a stopping worker, unless a message is in flight. */
static void end_if_idle(connection *c) {
  if (c->worker->stopping && !c->ending && !mail_is_open(&c->mail)) {
    c->ending = true;
    shako_session_shutdown(c->session, NULL);
  }
}

/* Takes all events that there are, and lets time pass. */
static void take_events(connection *c, shako_time now) {
  bool due = shako_session_expiry(c->session) <= now;

  end_if_idle(c);
  while (due || (shako_session_want(c->session) & SHAKO_WANT_POLL)) {
    const shako_event *event = shako_session_poll(c->session, now);

    due = false;
    if (event != NULL) {
      mail_handle(&c->mail, event);
      end_if_idle(c); /* before the next message of the flight begins */
    }
  }
}

static void on_alloc(uv_handle_t *handle, size_t size, uv_buf_t *buf) {
  connection *c = handle->data;
  size_t len = 0;
  uint8_t *ptr = shako_session_recv_buf(c->session, &len);

  (void)size;
  *buf = uv_buf_init((char *)ptr, ptr != NULL ? (unsigned)len : 0);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf) {
  connection *c = stream->data;

  if (buf->base != NULL) {
    shako_session_recv_ack(c->session, n > 0 ? (size_t)n : 0);
  }

  if (n == UV_EOF) {
    shako_session_recv_eof(c->session);
    c->gone = true;
  } else if (n < 0 && n != UV_ENOBUFS) {
    shako_session_lost(c->session);
    c->gone = true;
  }

  connection_advance(c);
}

/* Reads exactly when the session has room: a peer whose answers are slow is
   held back by its own socket. */
static void read_if_wanted(connection *c, unsigned want) {
  bool wanted = (want & SHAKO_WANT_RECV) != 0 && !c->gone;

  if (wanted && !c->reading) {
    uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read);
  } else if (!wanted && c->reading) {
    uv_read_stop((uv_stream_t *)&c->tcp);
  }

  c->reading = wanted;
}

static void on_timer(uv_timer_t *timer) {
  connection_advance(timer->data);
}

/* Sees to it that time is told when it is due.  A timer that fires too early
   does no harm, so that one is seldom moved. */
static void set_timer(connection *c, shako_time now) {
  shako_time expiry = shako_session_expiry(c->session);

  if (expiry == SHAKO_TIME_NEVER) {
    uv_timer_stop(&c->timer);
  } else if (!uv_is_active((uv_handle_t *)&c->timer) || expiry < c->due) {
    c->due = expiry;
    uv_timer_start(&c->timer, on_timer, expiry > now ? expiry - now : 0, 0);
  }
}

void connection_advance(connection *c) {
  shako_time now = uv_now(&c->worker->loop);
  unsigned want;

  if (c->over) {
    return;
  }

  do {
    take_events(c, now);
    send_all(c);
    want = shako_session_want(c->session);
  } while (want & SHAKO_WANT_POLL);

  if (want == SHAKO_WANT_CLOSE) {
    c->over = true;
    connection_linger(c);
  } else {
    read_if_wanted(c, want);
    set_timer(c, now);
  }
}

/* Says who is at the other end of |fd|, and where we are. */
static void describe_peer(shako_peer *peer, int fd,
                          const struct sockaddr_storage *from) {
  struct sockaddr_storage here = {0};
  socklen_t len = sizeof(here);

  shako_peer_default(peer);
  address_from_system(&peer->address, &peer->port, from);
  if (getsockname(fd, (struct sockaddr *)&here, &len) == 0) {
    address_from_system(&peer->local_address, &peer->local_port, &here);
  }
}

static connection *connection_new(worker *w, const setup_listener *from,
                                  const shako_peer *peer) {
  connection *c = calloc(1, sizeof(*c));

  if (c == NULL) {
    return NULL;
  }

  if (shako_session_new(&c->session, from->listener, peer, c,
                        uv_now(&w->loop)) != 0) {
    free(c);
    return NULL;
  }

  c->worker = w;
  c->icid = w->names.worker + 1 + w->accepted++ * w->service->workers;
  c->setup = setup_ref(w->setup);
  c->listener = from->listener;
  c->sasl = from->sasl;
  c->binds = from->binds;
  c->mail.connection = c;
  c->next = w->connections;
  if (c->next != NULL) {
    c->next->prev = c;
  }

  w->connections = c;

  return c;
}

void connection_start(worker *w, size_t listener, int fd,
                      const struct sockaddr_storage *from) {
  shako_peer peer;
  connection *c;

  describe_peer(&peer, fd, from);
  c = connection_new(w, &w->setup->listeners[listener], &peer);
  if (c == NULL) {
    close(fd);
    return;
  }

  uv_timer_init(&w->loop, &c->timer);
  uv_tcp_init(&w->loop, &c->tcp);
  c->timer.data = c;
  c->tcp.data = c;
  c->holds = 2; /* the two handles */
  if (uv_tcp_open(&c->tcp, fd) != 0) {
    close(fd);
    connection_close(c);
    return;
  }

  uv_tcp_nodelay(&c->tcp, 1); /* replies leave whole */
  connection_advance(c);
}
