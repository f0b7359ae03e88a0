#include "server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define TABLE_MAX 65536

/* Judges what recv() or send() returned. */
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

shako_time server_now(void) {
  struct timespec t;

  clock_gettime(CLOCK_MONOTONIC, &t);

  return (shako_time)t.tv_sec * 1000 + (shako_time)t.tv_nsec / 1000000;
}

static shako_time io_now(void *ctx) {
  (void)ctx;

  return server_now();
}

shako_io server_io(int *fd) {
  return (shako_io){sizeof(shako_io), fd, io_recv, io_send, io_now};
}

/* Says what is wrong with |what|. */
static bool complain(const char *what, const char *why) {
  fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, why);

  return false;
}

static bool listen_on(server *s, const char *port) {
  struct sockaddr_in at = {.sin_family = AF_INET,
                           .sin_port = htons((uint16_t)atoi(port))};
  socklen_t len = sizeof(at);
  int on = 1;

  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  s->socket = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (setsockopt(s->socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
      bind(s->socket, (struct sockaddr *)&at, len) != 0 ||
      listen(s->socket, 128) != 0 ||
      getsockname(s->socket, (struct sockaddr *)&at, &len) != 0) {
    return complain(port, strerror(errno));
  }

  fprintf(stderr, "%s: listening on 127.0.0.1:%d\n",
          program_invocation_short_name, ntohs(at.sin_port));

  return true;
}

/* Reads the table, on top of |policy|. */
static bool read_table(shako_hat **hat, const char *path,
                       const shako_policy *policy) {
  char text[TABLE_MAX];
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t len = fd >= 0 ? read(fd, text, sizeof(text)) : -1;
  shako_place place = {0};
  int error;

  if (fd >= 0) {
    close(fd);
  }

  if (len < 0 || len == sizeof(text)) {
    return complain(path, len < 0 ? strerror(errno) : "too long");
  }

  error = shako_hat_read(hat, (shako_span){(uint8_t *)text, (size_t)len},
                         policy, NULL, &place);
  if (error == SHAKO_ERR_SYNTAX) {
    fprintf(stderr, "%s:%u:%u: %s\n", path, place.line, place.column,
            place.what);
  } else if (error != 0) {
    complain(path, shako_strerror(error));
  }

  return error == 0;
}

/* Makes a listener of |config|, and has it take the place of the one in
   force. */
static bool replace(server *s, const shako_listener_config *config) {
  shako_listener *listener = NULL;
  const char *reason = "out of memory";

  if (shako_listener_new(&listener, config, NULL, &reason) != 0) {
    return complain("listener", reason);
  }

  shako_listener_unref(s->listener);
  s->listener = listener;

  return true;
}

bool server_load(server *s) {
  shako_certificate_provider provider;
  shako_listener_config config;
  shako_policy policy;
  shako_hat *hat = NULL;
  bool done;

  shako_policy_default(&policy);
  policy.tls = SHAKO_TLS_SETTING_PREFERRED;
  if (s->table != NULL && !read_table(&hat, s->table, &policy)) {
    return false;
  }

  shako_certificate_provider_single(&provider, s->certificate);
  shako_listener_config_default(&config);
  config.hostname = SERVER_HOSTNAME;
  config.policy = hat != NULL ? NULL : &policy;
  config.hat = hat;
  config.max_concurrency = 100;
  config.counters = s->counters;
  config.engine = shako_mbedtls_engine();
  config.context = s->context;
  config.certificates = &provider;
  done = replace(s, &config);
  shako_hat_unref(hat);

  return done;
}

static bool open_tls(server *s) {
  char message[SHAKO_MBEDTLS_MESSAGE_SIZE] = "";

  return (shako_mbedtls_context_new(&s->context, NULL, message) == 0 &&
          shako_mbedtls_certificate_demonstration(
              &s->certificate, SERVER_HOSTNAME, (int64_t)time(NULL), NULL,
              message) == 0) ||
         complain("TLS", message);
}

bool server_open(server *s, int argc, char **argv) {
  *s = (server){.socket = -1, .folder = -1};
  if (argc != 3 && argc != 4) {
    return complain("usage", "PORT FOLDER [TABLE]");
  }

  s->table = argv[3];
  s->folder = open(argv[2], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (s->folder < 0) {
    return complain(argv[2], strerror(errno));
  }

  return (shako_counters_new(&s->counters, NULL, NULL) == 0 ||
          complain("counters", "out of memory")) &&
         open_tls(s) && server_load(s) && listen_on(s, argv[1]);
}

void server_close(server *s) {
  shako_listener_unref(s->listener);
  shako_counters_unref(s->counters);
  shako_certificate_unref(s->certificate);
  shako_mbedtls_context_free(s->context);
  if (s->folder >= 0) {
    close(s->folder);
  }

  if (s->socket >= 0) {
    close(s->socket);
  }
}

int server_accept(const server *s, int flags, shako_peer *peer) {
  struct sockaddr_in from = {0};
  socklen_t len = sizeof(from);
  char text[INET_ADDRSTRLEN] = "";
  int fd =
      accept4(s->socket, (struct sockaddr *)&from, &len, flags | SOCK_CLOEXEC);

  shako_peer_default(peer);
  if (fd >= 0) {
    inet_ntop(AF_INET, &from.sin_addr, text, sizeof(text));
    shako_address_parse(&peer->address,
                        (shako_span){(uint8_t *)text, strlen(text)});
    peer->port = ntohs(from.sin_port);
  }

  return fd;
}
