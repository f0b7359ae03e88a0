/*
 * A thread for each connection, with sockets that block, and one listener for
 * all of them.
 *
 *   threads PORT FOLDER [TABLE]      (server.h says what these are)
 *
 * A session belongs to its thread; the listener belongs to nobody: each session
 * holds a reference.  So on SIGHUP, when TABLE is read again, new connections
 * get what it says now, and those under way go on as they began.
 */
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "message.h"
#include "server.h"

typedef struct connection {
  int fd;
  shako_session *session;
  message message;
} connection;

static volatile sig_atomic_t hung_up;

static void on_signal(int number) {
  (void)number;
  hung_up = 1;
}

/* Returns whether the message is on the disk, under its name. */
static bool store(message *m) {
  return message_write(m) && fsync(fileno(m->file)) == 0 &&
         message_publish(m) && fsync(m->folder) == 0;
}

static void run(connection *c) {
  shako_io io = server_io(&c->fd);
  const shako_event *event;
  unsigned want;

  do {
    want = shako_session_drive(c->session, &io, &event);
    if (event != NULL && message_take(&c->message, c->session, event)) {
      message_answer(&c->message, c->session, event->question,
                     store(&c->message));
    }
  } while (want != SHAKO_WANT_CLOSE);
}

/* Closing with octets unread would reset the connection, and could destroy the
   last reply. */
static void linger(int fd) {
  shako_time end = server_now() + LINGER_TIME;
  char octets[4096];
  size_t total = 0;
  ssize_t n;

  shutdown(fd, SHUT_WR);
  do {
    n = recv(fd, octets, sizeof(octets), 0); /* a second at the most */
    total += n > 0 ? (size_t)n : 0;
  } while (n > 0 && total < LINGER_OCTETS && server_now() < end);
}

static void *serve(void *ctx) {
  connection *c = ctx;

  run(c);
  linger(c->fd);
  message_drop(&c->message);
  shako_session_free(c->session);
  close(c->fd);
  free(c);

  return NULL;
}

static connection *make_connection(const server *s, const shako_peer *peer,
                                   int fd) {
  connection *c = calloc(1, sizeof(*c));

  if (c == NULL) {
    return NULL;
  }

  c->fd = fd;
  c->message.folder = s->folder;
  if (shako_session_new(&c->session, s->listener, peer, c, server_now()) != 0) {
    free(c);
    c = NULL;
  }

  return c;
}

/* Has |fd| served.  It gives up waiting after a second, so that time can
   pass. */
static void start(const server *s, const shako_peer *peer, int fd) {
  const struct timeval second = {.tv_sec = 1};
  connection *c = make_connection(s, peer, fd);
  pthread_t thread;

  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof(second));
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &second, sizeof(second));
  if (c != NULL && pthread_create(&thread, NULL, serve, c) == 0) {
    pthread_detach(thread);
    return;
  }

  if (c != NULL) {
    shako_session_free(c->session);
  }

  free(c);
  close(fd);
}

/* Reads the table again. */
static void reload(server *s) {
  hung_up = 0;
  fprintf(stderr, "threads: %s\n",
          server_load(s) ? "reloaded" : "not reloaded");
}

/* Serves for ever; a signal comes only while it waits. */
static void serve_all(server *s, const sigset_t *mask) {
  struct pollfd waiting = {.fd = s->socket, .events = POLLIN};
  shako_peer peer;
  int fd;

  for (;;) {
    ppoll(&waiting, 1, NULL, mask);
    if (hung_up) {
      reload(s);
    }

    fd = server_accept(s, 0, &peer);
    if (fd >= 0) {
      start(s, &peer, fd);
    }
  }
}

int main(int argc, char **argv) {
  struct sigaction action = {.sa_handler = on_signal};
  sigset_t blocked;
  sigset_t mask;
  server s;

  sigemptyset(&blocked);
  sigaddset(&blocked, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &blocked, &mask);
  sigaction(SIGHUP, &action, NULL);
  if (!server_open(&s, argc, argv)) {
    server_close(&s);
    return 2;
  }

  serve_all(&s, &mask);
}
