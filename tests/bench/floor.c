/*
 * The floor: the cheapest responder that an epoll loop can be, to measure
 * shakod against.  It reads nothing of what it receives: the answers are fixed
 * and come one after another, each when something that ends in LF is there;
 * only the end of a message is looked for.
 *
 *   floor SCRIPT [ENGINE CERTIFICATE KEY]     (loopback, a free port)
 *
 * SCRIPT is plain, pipelined, starttls or noop; with starttls ENGINE, mbedtls
 * or openssl, is the bare TLS library, and the files are PEM.
 */
#define _GNU_SOURCE

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "floor.h"

#define GREETING "220 localhost ESMTP\r\n"
#define HELLO                                                                  \
  "250-localhost\r\n250-PIPELINING\r\n250-8BITMIME\r\n"                        \
  "250-ENHANCEDSTATUSCODES\r\n250 SIZE 104857600\r\n"
#define HELLO_STARTTLS                                                         \
  "250-localhost\r\n250-PIPELINING\r\n250-8BITMIME\r\n"                        \
  "250-ENHANCEDSTATUSCODES\r\n250-STARTTLS\r\n250 SIZE 104857600\r\n"
#define SENDER    "250 2.1.0 Sender ok\r\n"
#define RECIPIENT "250 2.1.5 Recipient ok\r\n"
#define GO_AHEAD  "354 Start mail input; end with <CRLF>.<CRLF>\r\n"
#define ACCEPTED  "250 2.0.0 Message accepted\r\n"
#define FAREWELL  "221 2.0.0 Bye\r\n"

typedef enum kind {
  ANSWER,
  BODY,    /* answer when the end of the message is there */
  SECURE,  /* and then TLS begins */
  FOREVER, /* the same again and again */
  LAST     /* and the connection ends */
} kind;

typedef struct step {
  const char *answer;
  kind kind;
} step;

/* clang-format off */
#define MESSAGE_STEPS                                                          \
  {SENDER, ANSWER}, {RECIPIENT, ANSWER}, {GO_AHEAD, ANSWER}, {ACCEPTED, BODY}, \
  {FAREWELL, LAST}

static const step plain[] = {{HELLO, ANSWER}, MESSAGE_STEPS};
static const step pipelined[] = {
  {HELLO, ANSWER}, {SENDER RECIPIENT GO_AHEAD, ANSWER}, {ACCEPTED, BODY},
  {FAREWELL, LAST}};
static const step starttls[] = {
  {HELLO_STARTTLS, ANSWER}, {"220 2.0.0 Go ahead\r\n", SECURE},
  {HELLO, ANSWER}, MESSAGE_STEPS};
static const step noop[] = {{HELLO, ANSWER}, {"250 2.0.0 OK\r\n", FOREVER}};
/* clang-format on */

typedef struct connection {
  int fd;
  const step *step;
  void *tls;
  bool open;         /* TLS is there */
  uint8_t behind[4]; /* the last octets of the message so far */
} connection;

static const step *script;
static const floor_tls *tls;
static floor_wire wire;

static bool say(connection *c, const char *text) {
  size_t len = strlen(text);

  return c->open ? tls->write(c->tls, text, len) == FLOOR_OK
                 : floor_wire_put(&wire, text, len);
}

/* Looks for the end of the message in |text|, before which there is room for
   what was the end of the text before.  Returns how much of it is used. */
static size_t find_end(connection *c, uint8_t *text, size_t len) {
  uint8_t *begin = text - sizeof(c->behind);
  const uint8_t *end;

  memcpy(begin, c->behind, sizeof(c->behind));
  end = memmem(begin, len + sizeof(c->behind), "\r\n.\r\n", 5);
  if (end == NULL) {
    memcpy(c->behind, text + len - sizeof(c->behind), sizeof(c->behind));
    return 0;
  }
  memset(c->behind, 0, sizeof(c->behind));

  return (size_t)(end + 5 - text);
}

/* Answers |text|.  Returns false where the connection is over. */
static bool answer(connection *c, uint8_t *text, size_t len) {
  while (len > 0) {
    const step *now = c->step;
    size_t used = now->kind == BODY ? find_end(c, text, len) : len;

    if (used == 0 || text[used - 1] != '\n') {
      return true; /* more of it will come */
    }
    if (!say(c, now->answer) || now->kind == LAST) {
      return false;
    }
    if (now->kind == SECURE) {
      c->tls = tls->open(&wire);
    }
    c->step += now->kind != FOREVER;
    text += used;
    len -= used;
  }

  return true;
}

/* Room in front for find_end(). */
static uint8_t received[4 + FLOOR_RECV_SIZE];
static uint8_t decrypted[4 + FLOOR_RECV_SIZE];

static bool take_records(connection *c, size_t len) {
  floor_status status = FLOOR_OK;
  size_t n = 0;

  wire.in = received + 4;
  wire.in_len = len;
  if (!c->open) {
    status = tls->handshake(c->tls);
    c->open = status == FLOOR_OK;
  }
  while (status == FLOOR_OK &&
         (status = tls->read(c->tls, decrypted + 4, FLOOR_RECV_SIZE, &n)) ==
             FLOOR_OK) {
    if (!answer(c, decrypted + 4, n)) {
      tls->leave(c->tls);
      return false;
    }
  }

  return status == FLOOR_MORE;
}

static bool send_out(connection *c) {
  ssize_t n =
      wire.out_len == 0 ? 0 : send(c->fd, wire.out, wire.out_len, MSG_NOSIGNAL);
  bool done = n == (ssize_t)wire.out_len;

  wire.out_len = 0;

  return done;
}

static void drop(connection *c) {
  if (c->tls != NULL) {
    tls->close(c->tls);
  }
  close(c->fd);
  free(c);
}

/* Receives and answers.  Less than there was room for was all there is. */
static void serve(connection *c) {
  bool goes_on = true;
  ssize_t n;

  do {
    n = recv(c->fd, received + 4, FLOOR_RECV_SIZE, 0);
    if (n < 0 && errno == EAGAIN) {
      return;
    }
    goes_on = n > 0 && (c->tls != NULL ? take_records(c, (size_t)n)
                                       : answer(c, received + 4, (size_t)n));
    goes_on = send_out(c) && goes_on;
  } while (goes_on && n == FLOOR_RECV_SIZE);

  if (!goes_on) {
    drop(c);
  }
}

static void accept_all(int listener, int loop) {
  int fd;

  while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
    connection *c = calloc(1, sizeof(*c));
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};

    if (c == NULL) {
      abort();
    }
    c->fd = fd;
    c->step = script;
    epoll_ctl(loop, EPOLL_CTL_ADD, fd, &event);
    say(c, GREETING);
    send_out(c);
  }
}

static int listen_somewhere(void) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  struct sockaddr_in at = {.sin_family = AF_INET};
  socklen_t len = sizeof(at);

  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(fd, (struct sockaddr *)&at, len) != 0 || listen(fd, 1024) != 0 ||
      getsockname(fd, (struct sockaddr *)&at, &len) != 0) {
    perror("floor");
    exit(2);
  }
  fprintf(stderr, "floor: listening on 127.0.0.1:%d (smtp)\n",
          ntohs(at.sin_port));

  return fd;
}

static const step *find_script(const char *name) {
  if (strcmp(name, "plain") == 0) {
    return plain;
  }
  if (strcmp(name, "pipelined") == 0) {
    return pipelined;
  }
  if (strcmp(name, "starttls") == 0) {
    return starttls;
  }

  return strcmp(name, "noop") == 0 ? noop : NULL;
}

static void run(int listener) {
  struct epoll_event events[256];
  struct epoll_event newcomers = {.events = EPOLLIN};
  int loop = epoll_create1(0);

  epoll_ctl(loop, EPOLL_CTL_ADD, listener, &newcomers);
  for (;;) {
    int n = epoll_wait(loop, events, 256, -1);
    int i;

    for (i = 0; i < n; i++) {
      if (events[i].data.ptr == NULL) {
        accept_all(listener, loop);
      } else {
        serve(events[i].data.ptr);
      }
    }
  }
}

int main(int argc, char **argv) {
  script = argc == 2 || argc == 5 ? find_script(argv[1]) : NULL;
  tls = argc == 5 ? floor_tls_find(argv[2]) : NULL;
  if (script == NULL || (script == starttls) != (tls != NULL) ||
      (tls != NULL && !tls->start(argv[3], argv[4]))) {
    fputs("usage: floor SCRIPT [ENGINE CERTIFICATE KEY]\n", stderr);
    return 2;
  }
  run(listen_somewhere());
}
