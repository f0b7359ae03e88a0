/*
 * Many connections in one thread, over libevent.
 *
 *   libevent_loop PORT FOLDER [TABLE]      (server.h says what these are)
 *
 * Each connection has one event, which waits for the socket or for time, and is
 * set anew after each step: for what the session wants, and no longer than its
 * patience lasts.  On SIGTERM it ends at once.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include "message.h"
#include "server.h"

/* How many events of one connection are taken before it is the next one's
   turn. */
#define EVENTS_MAX 64

typedef struct loop {
  server server;
  struct event_base *base;
  struct connection *first; /* of all */
} loop;

typedef struct connection {
  loop *loop;
  struct connection *next;
  struct connection **link; /* what points to this one */
  int fd;
  shako_io io;
  shako_session *session;
  message message;
  struct event event;
  shako_time due;   /* until when it lingers */
  size_t discarded; /* octets, meanwhile */
} connection;

static void end(connection *c) {
  *c->link = c->next;
  if (c->next != NULL) {
    c->next->link = c->link;
  }

  event_del(&c->event);
  message_drop(&c->message);
  shako_session_free(c->session);
  close(c->fd);
  free(c);
}

/* Has |step| called for |what| becomes possible, or when it is |due|. */
static void wait_for(connection *c, short what, shako_time due,
                     event_callback_fn step) {
  shako_time now = server_now();
  shako_time ms = due > now ? due - now : 0;
  struct timeval wait = {.tv_sec = (time_t)(ms / 1000),
                         .tv_usec = (suseconds_t)(ms % 1000) * 1000};

  event_assign(&c->event, c->loop->base, c->fd, what, step, c);
  event_add(&c->event, due == SHAKO_TIME_NEVER ? NULL : &wait);
}

/* Waits for the peer to close: closing with octets unread would reset the
   connection, and could destroy the last reply. */
static void on_linger(evutil_socket_t fd, short what, void *ctx) {
  connection *c = ctx;
  char octets[4096];
  ssize_t n = what & EV_READ ? recv(fd, octets, sizeof(octets), 0) : 0;

  c->discarded += n > 0 ? (size_t)n : 0;
  if (n > 0 && c->discarded < LINGER_OCTETS && server_now() < c->due) {
    wait_for(c, EV_READ, c->due, on_linger);
  } else {
    end(c);
  }
}

static bool store(message *m) {
  return message_write(m) && fsync(fileno(m->file)) == 0 &&
         message_publish(m) && fsync(m->folder) == 0;
}

/* Does what can be done without waiting, but not for ever.  Returns what the
   session wants then. */
static unsigned advance(connection *c) {
  const shako_event *event = NULL;
  int i = 0;

  do {
    shako_session_drive(c->session, &c->io, &event);
    if (event != NULL && message_take(&c->message, c->session, event)) {
      message_answer(&c->message, c->session, event->question,
                     store(&c->message));
    }
  } while (event != NULL && ++i < EVENTS_MAX);

  return shako_session_want(c->session);
}

static void on_ready(evutil_socket_t fd, short what, void *ctx) {
  connection *c = ctx;
  unsigned want = advance(c);

  (void)what;
  if (want == SHAKO_WANT_CLOSE) {
    shutdown(fd, SHUT_WR);
    c->due = server_now() + LINGER_TIME;
    wait_for(c, EV_READ, c->due, on_linger);
  } else {
    wait_for(c,
             (short)((want & SHAKO_WANT_RECV ? EV_READ : 0) |
                     (want & SHAKO_WANT_SEND ? EV_WRITE : 0)),
             want & SHAKO_WANT_POLL ? 0 : shako_session_expiry(c->session),
             on_ready);
  }
}

static connection *make_connection(loop *l, const shako_peer *peer, int fd) {
  connection *c = calloc(1, sizeof(*c));

  if (c == NULL) {
    return NULL;
  }

  c->loop = l;
  c->fd = fd;
  c->io = server_io(&c->fd);
  c->message.folder = l->server.folder;
  if (shako_session_new(&c->session, l->server.listener, peer, c,
                        server_now()) != 0) {
    free(c);
    return NULL;
  }

  c->next = l->first;
  c->link = &l->first;
  if (c->next != NULL) {
    c->next->link = &c->next;
  }

  l->first = c;

  return c;
}

static void on_accept(evutil_socket_t socket, short what, void *ctx) {
  loop *l = ctx;
  shako_peer peer;
  int fd = server_accept(&l->server, SOCK_NONBLOCK, &peer);
  connection *c = fd >= 0 ? make_connection(l, &peer, fd) : NULL;

  (void)socket;
  (void)what;
  if (c != NULL) {
    on_ready(fd, 0, c);
  } else if (fd >= 0) {
    close(fd);
  }
}

static void on_signal(evutil_socket_t number, short what, void *ctx) {
  loop *l = ctx;

  (void)number;
  (void)what;
  event_base_loopbreak(l->base);
}

/* Serves until SIGTERM. */
static bool run(loop *l) {
  struct event *accepts =
      event_new(l->base, l->server.socket, EV_READ | EV_PERSIST, on_accept, l);
  struct event *signals = evsignal_new(l->base, SIGTERM, on_signal, l);
  bool done = accepts != NULL && signals != NULL &&
              event_add(accepts, NULL) == 0 && event_add(signals, NULL) == 0 &&
              event_base_dispatch(l->base) >= 0;

  for (connection *c = l->first, *next; c != NULL; c = next) {
    next = c->next;
    end(c);
  }

  if (signals != NULL) {
    event_free(signals);
  }

  if (accepts != NULL) {
    event_free(accepts);
  }

  return done;
}

int main(int argc, char **argv) {
  loop l = {.base = event_base_new()};
  bool done = server_open(&l.server, argc, argv) && l.base != NULL && run(&l);

  if (l.base != NULL) {
    event_base_free(l.base);
  }

  server_close(&l.server);

  return done ? 0 : 2;
}
