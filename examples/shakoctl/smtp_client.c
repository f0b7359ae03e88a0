#include "smtp_client.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "limit.h"
#include "terminal.h"

#define TIMEOUT                                                                \
  10                    /* seconds, for each thing that is awaited; the whole  \
                           has a limit too, see limit.h */
#define REPLY_LINES 128 /* the longest reply that is read */

static void name_address(char *text, size_t size, const struct sockaddr *at,
                         socklen_t len) {
  if (getnameinfo(at, len, text, (socklen_t)size, NULL, 0, NI_NUMERICHOST) !=
      0) {
    snprintf(text, size, "?");
  }
}

/* Connects |fd| within the time.  Returns 0, or what errno was. */
static int connect_in_time(int fd, const struct addrinfo *to) {
  struct timeval limit = {.tv_sec = TIMEOUT};

  /* A connect() keeps to the limit of sending. */
  if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) != 0 ||
      setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) != 0 ||
      connect(fd, to->ai_addr, to->ai_addrlen) != 0) {
    return errno == EINPROGRESS ? ETIMEDOUT : errno;
  }

  return 0;
}

static bool try_address(smtp_client *c, const struct addrinfo *to,
                        const char *port) {
  struct sockaddr_storage local;
  socklen_t len = sizeof(local);
  int error;

  name_address(c->address, sizeof(c->address), to->ai_addr, to->ai_addrlen);
  printf("Connecting to %s on port %s.\n", c->address, port);
  c->fd = socket(to->ai_family, to->ai_socktype | SOCK_CLOEXEC, 0);
  error = c->fd < 0 ? errno : connect_in_time(c->fd, to);
  if (error != 0) {
    printf("Connecting to %s failed: %s.\n", c->address, strerror(error));
    smtp_client_close(c);
    return false;
  }

  getsockname(c->fd, (struct sockaddr *)&local, &len);
  name_address(c->local, sizeof(c->local), (struct sockaddr *)&local, len);
  printf("Connected to %s from interface %s.\n", c->address, c->local);

  return true;
}

bool smtp_client_connect(smtp_client *c, const char *host, const char *port) {
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
  struct addrinfo *found = NULL;
  struct addrinfo *each;
  int error = getaddrinfo(host, port, &hints, &found);

  *c = (smtp_client){.fd = -1};
  if (error != 0) {
    printf("%s: %s.\n", host, gai_strerror(error));
    return false;
  }

  for (each = found; each != NULL && c->fd < 0 && !limit_is_over();
       each = each->ai_next) {
    try_address(c, each, port);
  }

  freeaddrinfo(found);

  return c->fd >= 0;
}

/* Reads one line, octet by octet: what follows it may be TLS.  Control
   characters become question marks. */
static bool read_line(smtp_client *c) {
  size_t len = 0;
  char octet = '\0';

  while (octet != '\n') {
    ssize_t n = read(c->fd, &octet, 1);

    if (n < 0 && errno == EINTR) {
      continue;
    }

    if (n <= 0 || len == sizeof(c->reply) - 1) {
      printf("The server %s.\n", n == 0  ? "closed the connection"
                                 : n < 0 ? "did not answer in time"
                                         : "sent a line that is too long");
      return false;
    }

    if (octet != '\r' && octet != '\n') {
      c->reply[len++] = terminal_octet(octet);
    }
  }

  c->reply[len] = '\0';

  return true;
}

static bool is_code(const char *line) {
  return strspn(line, "0123456789") == 3 &&
         (line[3] == '\0' || line[3] == ' ' || line[3] == '-');
}

/* Reads a reply, and notes whether a line of it offers STARTTLS. */
static bool read_reply(smtp_client *c) {
  size_t i;

  for (i = 0; i < REPLY_LINES; i++) {
    if (!read_line(c)) {
      return false;
    }

    if (!is_code(c->reply)) {
      printf("The server does not speak SMTP: %s\n", c->reply);
      return false;
    }

    c->code = atoi(c->reply);
    c->offers_tls =
        c->offers_tls || (i > 0 && c->code == 250 && c->reply[3] != '\0' &&
                          strcasecmp(c->reply + 4, "STARTTLS") == 0);
    if (c->reply[3] != '-') {
      return true;
    }
  }

  puts("The server sent a reply that is too long.");

  return false;
}

/* Sends |line| and reads the reply, which is to have |code|. */
static bool command(smtp_client *c, const char *line, int code) {
  size_t len = strlen(line);

  if (send(c->fd, line, len, MSG_NOSIGNAL) != (ssize_t)len) {
    puts("The server closed the connection.");
    return false;
  }

  if (!read_reply(c)) {
    return false;
  }

  if (c->code != code) {
    printf("The server refused: %s\n", c->reply);
  }

  return c->code == code;
}

/* Whether nothing came behind the reply to STARTTLS: it would have been put
   there by somebody else. */
static bool is_quiet(const smtp_client *c) {
  struct pollfd input = {.fd = c->fd, .events = POLLIN};

  if (poll(&input, 1, 0) > 0) {
    puts("The server sent more behind its reply to STARTTLS, in the clear.");
    return false;
  }

  return true;
}

bool smtp_client_start_tls(smtp_client *c, const char *hostname) {
  char hello[300];

  snprintf(hello, sizeof(hello), "EHLO %s\r\n", hostname);
  if (!read_reply(c)) {
    return false;
  }

  if (c->code != 220) {
    printf("The server refused: %s\n", c->reply);
    return false;
  }

  if (!command(c, hello, 250)) {
    return false;
  }

  if (!c->offers_tls) {
    puts("The server does not offer STARTTLS.");
    return false;
  }

  return command(c, "STARTTLS\r\n", 220) && is_quiet(c);
}

void smtp_client_close(smtp_client *c) {
  if (c->fd >= 0) {
    close(c->fd);
  }

  c->fd = -1;
}
