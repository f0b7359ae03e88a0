/*
 * The smallest server with STARTTLS: blocking sockets, one connection after
 * another, shako_session_drive() over recv() and send().  Messages go to
 * standard output.
 *
 *   minimal [PORT [CERTIFICATE KEY]]     (loopback only; PEM files)
 *
 * Without files it shows the demonstration certificate, which proves nothing.
 */
#define _POSIX_C_SOURCE 200809L

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <shako/mbedtls.h>
#include <shako/shako.h>

static shako_io_status status(ssize_t n, size_t *count) {
  *count = n > 0 ? (size_t)n : 0;
  if (n < 0) {
    return errno == EAGAIN || errno == EINTR ? SHAKO_IO_AGAIN : SHAKO_IO_FAILED;
  }
  return n == 0 ? SHAKO_IO_EOF : SHAKO_IO_OK;
}

static shako_io_status io_recv(void *ctx, uint8_t *buf, size_t len, size_t *n) {
  return status(recv(*(int *)ctx, buf, len, 0), n);
}

static shako_io_status io_send(void *ctx, const uint8_t *buf, size_t len,
                               size_t *n) {
  return status(send(*(int *)ctx, buf, len, MSG_NOSIGNAL), n);
}

static shako_time io_now(void *ctx) {
  struct timespec t;
  (void)ctx;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (shako_time)t.tv_sec * 1000 + (shako_time)t.tv_nsec / 1000000;
}

/* Says yes to every question, and shows the messages. */
static void handle(shako_session *session, const shako_event *event) {
  if (event->type == SHAKO_EVENT_BODY) {
    fwrite(event->u.body.ptr, 1, event->u.body.len, stdout);
  } else if (event->type == SHAKO_EVENT_MESSAGE) {
    fflush(stdout);
  } else if (event->type == SHAKO_EVENT_CLOSED) {
    fprintf(stderr, "minimal: over: %s\n", event->u.closed.how);
  }
  if (event->question != 0) {
    shako_session_accept(session, event->question);
  }
}

/* Closing with unread input would reset the connection and destroy the last
   reply: wait for the peer to close, 2 seconds or 64 KiB. */
static void linger(int fd) {
  char buf[4096];
  ssize_t n;
  size_t total = 0;
  shako_time end = io_now(NULL) + 2000;
  shutdown(fd, SHUT_WR);
  do {
    n = recv(fd, buf, sizeof(buf), 0); /* a second at the most */
    total += n > 0 ? (size_t)n : 0;
  } while ((n > 0 || (n < 0 && errno == EAGAIN)) && total < 65536 &&
           io_now(NULL) < end);
}

static void run(shako_session *session, const shako_io *io) {
  unsigned want;
  do {
    const shako_event *event = NULL;
    want = shako_session_drive(session, io, &event);
    if (event != NULL) {
      handle(session, event);
    }
  } while (want != SHAKO_WANT_CLOSE);
}

static void serve(shako_listener *listener, int fd) {
  struct timeval second = {.tv_sec = 1}; /* so that time passes */
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof(second));
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &second, sizeof(second));
  shako_io io = {sizeof(io), &fd, io_recv, io_send, io_now};
  shako_peer peer;
  shako_peer_default(&peer);
  shako_session *session = NULL;
  if (shako_session_new(&session, listener, &peer, NULL, io_now(NULL)) == 0) {
    run(session, &io);
    linger(fd);
  }
  shako_session_free(session);
  close(fd);
}

static int listen_on(unsigned short port) {
  int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
  socklen_t len = sizeof(at);
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (bind(fd, (struct sockaddr *)&at, len) != 0 || listen(fd, 16) != 0 ||
      getsockname(fd, (struct sockaddr *)&at, &len) != 0) {
    perror("minimal");
    exit(2);
  }
  fprintf(stderr, "minimal: listening on 127.0.0.1:%d\n", ntohs(at.sin_port));
  return fd;
}

static void check(int error, const char *message) {
  if (error != 0) {
    fprintf(stderr, "minimal: %s: %s\n", shako_strerror(error), message);
    exit(2);
  }
}

int main(int argc, char **argv) {
  char message[SHAKO_MBEDTLS_MESSAGE_SIZE] = "";
  const char *reason = "";
  shako_mbedtls_context *context = NULL;
  shako_certificate *certificate = NULL;
  check(argc == 3 || argc > 4 ? SHAKO_ERR_INVALID_ARGUMENT : 0,
        "minimal [PORT [CERTIFICATE KEY]]");
  check(shako_mbedtls_context_new(&context, NULL, message), message);
  check(argc == 4 ? shako_mbedtls_certificate_read(&certificate, argv[2],
                                                   argv[3], NULL, message)
                  : shako_mbedtls_certificate_demonstration(
                        &certificate, "localhost", (int64_t)time(NULL), NULL,
                        message),
        message);
  shako_certificate_provider provider;
  shako_certificate_provider_single(&provider, certificate);

  shako_policy policy;
  shako_policy_default(&policy);
  policy.tls = SHAKO_TLS_SETTING_PREFERRED;
  shako_listener_config config;
  shako_listener_config_default(&config);
  config.hostname = "localhost";
  config.policy = &policy;
  config.engine = shako_mbedtls_engine();
  config.context = context;
  config.certificates = &provider;
  shako_listener *listener = NULL;
  check(shako_listener_new(&listener, &config, NULL, &reason), reason);

  int fd = listen_on((unsigned short)(argc > 1 ? atoi(argv[1]) : 2525));
  for (;;) {
    int connection = accept(fd, NULL, NULL);
    if (connection >= 0) {
      serve(listener, connection);
    }
  }
}
