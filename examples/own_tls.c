/*
 * A program that has a TLS of its own (here OpenSSL's) and keeps it: the
 * session says when it is time for the handshake, the program shakes hands on
 * its socket and tells the session what came of it.  Blocking sockets, one
 * connection after another; messages go to standard output.
 *
 *   own_tls PORT CERTIFICATE KEY [no | preferred | required]
 *
 * Loopback only; port 0 picks one; the files are PEM; TLS is required unless
 * told.
 *
 * What it is responsible for, in this order:
 * 1. Until the handshake it reads from the socket into the session's buffer
 *    and nowhere else.  A reader with a buffer of its own (stdio, a framework)
 *    may hold octets from behind the STARTTLS line, which would be clear text
 *    that somebody injected: all of them go to the session, before anything
 *    else, which then answers 554 and ends.
 * 2. On SHAKO_EVENT_HANDSHAKE the 220 is sent.  A receive that is under way is
 *    stopped, and its loan given back with an ack of 0.
 * 3. It shakes hands, with a limit of time of its own.
 * 4. It tells: shako_session_tls_external().  From here on the session gets
 *    what is inside TLS.
 * 5. On SHAKO_WANT_CLOSE it says close_notify.
 */
#define _POSIX_C_SOURCE 200809L

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <shako/shako.h>

#define HANDSHAKE_TIMEOUT 30000 /* milliseconds */

typedef struct connection {
  int fd;
  SSL *ssl;   /* NULL in the clear */
  int broken; /* TLS failed: say nothing more */
} connection;

static shako_time io_now(void *ctx) {
  struct timespec t;
  (void)ctx;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (shako_time)t.tv_sec * 1000 + (shako_time)t.tv_nsec / 1000000;
}

/* Judges what recv() or send() returned. */
static shako_io_status clear_status(ssize_t n, size_t *count) {
  *count = n > 0 ? (size_t)n : 0;
  if (n < 0) {
    return errno == EAGAIN || errno == EINTR ? SHAKO_IO_AGAIN : SHAKO_IO_FAILED;
  }
  return n == 0 ? SHAKO_IO_EOF : SHAKO_IO_OK;
}

/* Judges what SSL_read_ex() or SSL_write_ex() returned.  An end of the stream
   without close_notify is FAILED: a message may have been cut off. */
static shako_io_status tls_status(connection *c, int result) {
  if (result == 1) {
    return SHAKO_IO_OK;
  }
  switch (SSL_get_error(c->ssl, result)) {
  case SSL_ERROR_WANT_READ: /* a second has passed */
  case SSL_ERROR_WANT_WRITE:
    return SHAKO_IO_AGAIN;
  case SSL_ERROR_ZERO_RETURN:
    return SHAKO_IO_EOF;
  }
  c->broken = 1;
  return SHAKO_IO_FAILED;
}

static shako_io_status io_recv(void *ctx, uint8_t *buf, size_t len, size_t *n) {
  connection *c = ctx;
  if (c->ssl == NULL) {
    return clear_status(recv(c->fd, buf, len, 0), n);
  }
  ERR_clear_error();
  return tls_status(c, SSL_read_ex(c->ssl, buf, len, n));
}

static shako_io_status io_send(void *ctx, const uint8_t *buf, size_t len,
                               size_t *n) {
  connection *c = ctx;
  if (c->ssl == NULL) {
    return clear_status(send(c->fd, buf, len, 0), n);
  }
  ERR_clear_error();
  return tls_status(c, SSL_write_ex(c->ssl, buf, len, n));
}

/* Shakes hands.  Returns what to tell the session. */
static shako_tls_info shake_hands(connection *c, SSL_CTX *tls) {
  shako_tls_info info = {.struct_size = sizeof(info), .alert = -1};
  shako_time end = io_now(NULL) + HANDSHAKE_TIMEOUT;
  shako_io_status status = SHAKO_IO_FAILED;
  c->ssl = SSL_new(tls);
  ERR_clear_error();
  if (c->ssl != NULL && SSL_set_fd(c->ssl, c->fd) == 1) {
    do {
      status = tls_status(c, SSL_accept(c->ssl));
    } while (status == SHAKO_IO_AGAIN && io_now(NULL) < end);
  }
  if (status == SHAKO_IO_OK) {
    info.version = (uint16_t)SSL_version(c->ssl);
    info.cipher = SSL_CIPHER_standard_name(SSL_get_current_cipher(c->ssl));
    info.group =
        SSL_group_to_name(c->ssl, (int)SSL_get_negotiated_group(c->ssl));
  } else {
    info.failure = status == SHAKO_IO_AGAIN ? SHAKO_TLS_FAILURE_TIMEOUT
                                            : SHAKO_TLS_FAILURE_PROTOCOL;
    info.native_error = (int)ERR_peek_error();
    c->broken = 1;
  }
  return info;
}

/* Says how a connection went, in one line. */
static void show_end(const shako_session *session) {
  shako_record record;
  shako_session_record(session, &record);
  const shako_tls_info *tls = record.tls;
  int failed = tls != NULL && tls->failure != SHAKO_TLS_FAILURE_NONE;
  fprintf(stderr, "own_tls: tls=%s messages=%u refused=%u end=%s\n",
          failed ? "failed" : shako_tls_version_name(tls ? tls->version : 0),
          (unsigned)record.messages, (unsigned)record.refusals, record.how);
}

/* Says yes to every question, and shows the messages. */
static void handle(shako_session *session, const shako_event *event,
                   connection *c, SSL_CTX *tls) {
  shako_question question = event->question;
  if (event->type == SHAKO_EVENT_HANDSHAKE) {
    shako_session_recv_ack(session, 0); /* drive() leaves no loan open; a
                                           receive under way would */
    shako_tls_info info = shake_hands(c, tls);
    shako_session_tls_external(session, question, &info);
    return;
  }
  if (event->type == SHAKO_EVENT_BODY) {
    fwrite(event->u.body.ptr, 1, event->u.body.len, stdout);
  } else if (event->type == SHAKO_EVENT_MESSAGE) {
    fflush(stdout);
  } else if (event->type == SHAKO_EVENT_CLOSED) {
    show_end(session);
  }
  if (question != 0) {
    shako_session_accept(session, question);
  }
}

/* Says goodbye in TLS, and waits for the peer to close, 2 seconds or 64 KiB:
   closing with unread input would reset the connection and destroy the last
   reply. */
static void linger(connection *c) {
  char buf[4096];
  ssize_t n;
  size_t total = 0;
  shako_time end = io_now(NULL) + 2000;
  if (c->ssl != NULL && !c->broken) {
    SSL_shutdown(c->ssl);
  }
  shutdown(c->fd, SHUT_WR);
  do {
    n = recv(c->fd, buf, sizeof(buf), 0); /* a second at the most */
    total += n > 0 ? (size_t)n : 0;
  } while ((n > 0 || (n < 0 && errno == EAGAIN)) && total < 65536 &&
           io_now(NULL) < end);
}

static void serve(shako_listener *listener, SSL_CTX *tls, int fd) {
  struct timeval second = {.tv_sec = 1}; /* so that time passes */
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof(second));
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &second, sizeof(second));
  connection c = {.fd = fd};
  shako_io io = {sizeof(io), &c, io_recv, io_send, io_now};
  shako_peer peer;
  shako_peer_default(&peer);
  shako_session *session = NULL;
  if (shako_session_new(&session, listener, &peer, NULL, io_now(NULL)) == 0) {
    unsigned want;
    do {
      const shako_event *event = NULL;
      want = shako_session_drive(session, &io, &event);
      if (event != NULL) {
        handle(session, event, &c, tls);
      }
    } while (want != SHAKO_WANT_CLOSE);
    linger(&c);
  }
  shako_session_free(session);
  SSL_free(c.ssl);
  close(fd);
}

static void check(int good, const char *what) {
  if (!good) {
    const char *reason = ERR_reason_error_string(ERR_peek_error());
    fprintf(stderr, "own_tls: %s%s%s\n", what, reason ? ": " : "",
            reason ? reason : "");
    exit(2);
  }
}

static int listen_on(unsigned short port) {
  int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
  socklen_t len = sizeof(at);
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  check(bind(fd, (struct sockaddr *)&at, len) == 0 && listen(fd, 16) == 0 &&
            getsockname(fd, (struct sockaddr *)&at, &len) == 0,
        "the port cannot be had");
  fprintf(stderr, "own_tls: listening on 127.0.0.1:%d\n", ntohs(at.sin_port));
  return fd;
}

/* Makes what all connections share.  A write that could not be finished comes
   again with a buffer that may have moved. */
static SSL_CTX *make_tls(const char *certificate, const char *key) {
  SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
  check(tls != NULL, "OpenSSL does not start");
  SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION);
  SSL_CTX_set_options(tls, SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(tls, SSL_MODE_ENABLE_PARTIAL_WRITE |
                            SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  check(SSL_CTX_use_certificate_chain_file(tls, certificate) == 1, certificate);
  check(SSL_CTX_use_PrivateKey_file(tls, key, SSL_FILETYPE_PEM) == 1, key);
  return tls;
}

int main(int argc, char **argv) {
  static const char *const settings[] = {"no", "preferred", "required"};
  const char *reason = "";
  int setting = SHAKO_TLS_SETTING_REQUIRED;
  check(argc == 4 || argc == 5, "own_tls PORT CERTIFICATE KEY [SETTING]");
  signal(SIGPIPE, SIG_IGN);
  SSL_CTX *tls = make_tls(argv[2], argv[3]);
  while (argc > 4 && strcmp(argv[4], settings[setting]) != 0) {
    check(setting-- > 0, argv[4]);
  }

  shako_policy policy;
  shako_policy_default(&policy);
  policy.tls = (shako_tls_setting)setting;
  shako_listener_config config;
  shako_listener_config_default(&config);
  config.hostname = "localhost";
  config.policy = &policy;
  config.external_tls = 1;
  shako_listener *listener = NULL;
  int error = shako_listener_new(&listener, &config, NULL, &reason);
  check(error == 0, reason);

  int fd = listen_on((unsigned short)atoi(argv[1]));
  for (;;) {
    int accepted = accept(fd, NULL, NULL);
    if (accepted >= 0) {
      serve(listener, tls, accepted);
    }
  }
}
