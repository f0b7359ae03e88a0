/*
 * Many connections in one thread, over poll().
 *
 *   poll_loop PORT FOLDER [TABLE]      (server.h says what these are)
 *
 * A turn of the loop: wait for sockets, and no longer than the next session's
 * patience lasts; have shako_session_drive() move those that can; then make all
 * messages of the turn safe with two writes to the disk, and only then say so.
 * No message is called stored that is not, and a hundred cost what one does.
 *
 * On SIGTERM no more connections are taken, peers hear 421, and it ends when
 * the last one has.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "message.h"
#include "server.h"

#define CONNECTIONS_MAX 128

/* How many events of one connection are taken before it is the next one's
   turn. */
#define EVENTS_MAX 64

typedef struct connection {
  int fd;
  shako_io io;
  shako_session *session;
  message message;
  shako_question question; /* of a message that waits for the disk; or 0 */
  bool lingers;            /* the session is over; waiting for the peer */
  shako_time due;          /* ... until then */
  size_t discarded;        /* octets, meanwhile */
} connection;

typedef struct loop {
  server server;
  connection *connections[CONNECTIONS_MAX];
  struct pollfd polled[CONNECTIONS_MAX + 1]; /* theirs; and behind them: */
  size_t count;
} loop;

static volatile sig_atomic_t stopped;

static void on_signal(int number) {
  (void)number;
  stopped = 1;
}

static void end(loop *l, size_t i) {
  connection *c = l->connections[i];

  message_drop(&c->message);
  shako_session_free(c->session);
  close(c->fd);
  free(c);
  l->connections[i] = l->connections[--l->count];
  l->polled[i] = l->polled[l->count];
}

/* Closing with octets unread would reset the connection, and could destroy the
   last reply. */
static void begin_to_linger(connection *c) {
  shutdown(c->fd, SHUT_WR);
  c->lingers = true;
  c->due = server_now() + LINGER_TIME;
}

/* Returns whether there is more to wait for. */
static bool linger(connection *c) {
  char octets[4096];
  ssize_t n = recv(c->fd, octets, sizeof(octets), 0);

  c->discarded += n > 0 ? (size_t)n : 0;

  return (n > 0 || (n < 0 && errno == EAGAIN)) &&
         c->discarded < LINGER_OCTETS && server_now() < c->due;
}

/* Does what can be done without waiting, but not for ever. */
static void advance(connection *c) {
  const shako_event *event = NULL;
  int i = 0;

  do {
    shako_session_drive(c->session, &c->io, &event);
    if (event != NULL && message_take(&c->message, c->session, event)) {
      c->question = event->question;
    }
  } while (event != NULL && ++i < EVENTS_MAX);

  if (shako_session_want(c->session) == SHAKO_WANT_CLOSE) {
    begin_to_linger(c);
  }
}

/* Returns when |c| is to be moved even if its socket is quiet. */
static shako_time due_of(const connection *c) {
  if (c->lingers) {
    return c->due;
  }

  return shako_session_want(c->session) & SHAKO_WANT_POLL
             ? 0
             : shako_session_expiry(c->session);
}

/* Returns what the socket of |c| is polled for.  While a question is open
   drive() receives nothing. */
static short events_of(const connection *c) {
  unsigned want = c->lingers ? SHAKO_WANT_RECV : shako_session_want(c->session);
  short events = want & SHAKO_WANT_SEND ? POLLOUT : 0;

  if ((want & SHAKO_WANT_RECV) && !(want & SHAKO_WANT_ANSWER)) {
    events |= POLLIN;
  }

  return events;
}

/* Waits until there is something to do; a signal comes only here. */
static void await(loop *l, const sigset_t *mask) {
  shako_time now = server_now();
  shako_time first = SHAKO_TIME_NEVER;
  struct timespec wait = {0};
  bool full = l->count == CONNECTIONS_MAX;
  size_t i;

  for (i = 0; i < l->count; i++) {
    connection *c = l->connections[i];

    l->polled[i] = (struct pollfd){.fd = c->fd, .events = events_of(c)};
    first = due_of(c) < first ? due_of(c) : first;
  }

  /* With no place for one more, nobody is accepted. */
  l->polled[i] = (struct pollfd){.fd = stopped || full ? -1 : l->server.socket,
                                 .events = POLLIN};
  if (first > now) {
    wait.tv_sec = (time_t)((first - now) / 1000);
    wait.tv_nsec = (long)((first - now) % 1000) * 1000000;
  }

  ppoll(l->polled, l->count + 1, first == SHAKO_TIME_NEVER ? NULL : &wait,
        mask);
}

static void accept_one(loop *l) {
  shako_peer peer;
  int fd = server_accept(&l->server, SOCK_NONBLOCK, &peer);
  connection *c = fd >= 0 ? calloc(1, sizeof(*c)) : NULL;

  if (c == NULL || shako_session_new(&c->session, l->server.listener, &peer, c,
                                     server_now()) != 0) {
    free(c);
    if (fd >= 0) {
      close(fd);
    }

    return;
  }

  c->fd = fd;
  c->io = server_io(&c->fd);
  c->message.folder = l->server.folder;
  l->connections[l->count++] = c;
}

/* Makes the messages of this turn safe: what was written, then the names. */
static void commit(loop *l) {
  bool stored[CONNECTIONS_MAX] = {false};
  bool safe;
  size_t waiting = 0;
  size_t i;

  for (i = 0; i < l->count; i++) {
    connection *c = l->connections[i];

    stored[i] = c->question != 0 && message_write(&c->message);
    waiting += c->question != 0;
  }

  if (waiting == 0) {
    return;
  }

  safe = syncfs(l->server.folder) == 0;
  for (i = 0; i < l->count; i++) {
    stored[i] =
        safe && stored[i] && message_publish(&l->connections[i]->message);
  }

  safe = fsync(l->server.folder) == 0;
  for (i = 0; i < l->count; i++) {
    connection *c = l->connections[i];

    if (c->question != 0) {
      message_answer(&c->message, c->session, c->question, safe && stored[i]);
      c->question = 0;
    }
  }
}

/* Moves on who can be.  From the last to the first, since one that ends leaves
   its place to the last. */
static void turn(loop *l) {
  size_t i = l->count;

  while (i-- > 0) {
    connection *c = l->connections[i];

    if (l->polled[i].revents == 0 && due_of(c) > server_now()) {
      continue;
    }

    if (!c->lingers) {
      advance(c);
    } else if (!linger(c)) {
      end(l, i);
    }
  }

  commit(l);
}

/* Has all peers told that this is the end. */
static void stop(loop *l) {
  size_t i;

  for (i = 0; i < l->count; i++) {
    if (!l->connections[i]->lingers) {
      shako_session_shutdown(l->connections[i]->session, NULL);
    }
  }
}

static void run(loop *l, const sigset_t *mask) {
  bool told = false;

  while (!told || l->count > 0) {
    await(l, mask);
    if (l->polled[l->count].revents & POLLIN) {
      accept_one(l);
    }

    if (stopped && !told) {
      told = true;
      stop(l);
    }

    turn(l);
  }
}

int main(int argc, char **argv) {
  static loop l;
  struct sigaction action = {.sa_handler = on_signal};
  sigset_t blocked;
  sigset_t mask;

  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  sigprocmask(SIG_BLOCK, &blocked, &mask);
  sigaction(SIGTERM, &action, NULL);
  if (!server_open(&l.server, argc, argv)) {
    server_close(&l.server);
    return 2;
  }

  run(&l, &mask);
  server_close(&l.server);

  return 0;
}
