#include "wire.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "proxy.h"

#define PAUSE 10 /* milliseconds */

int64_t wire_now(void) {
  struct timespec now;

  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Waits for one of the |events| for |limit| milliseconds at the most, and not
   beyond the deadline.  Returns those that are there, 0: none in time. */
static short await(wire *w, short events, int64_t limit) {
  int64_t until = wire_now() + limit;
  struct pollfd one = {.fd = w->fd, .events = events};
  int64_t left;

  if (wire_now() >= w->deadline) {
    return 0;
  }
  until = until < w->deadline ? until : w->deadline;
  do {
    left = until - wire_now();
    one.revents = 0;
  } while (poll(&one, 1, left > 0 ? (int)left : 0) < 0 && errno == EINTR);
  return one.revents;
}

static int64_t patience(const wire *w) {
  return (int64_t)w->to->timeout * 1000;
}

static bool is_connected(wire *w) {
  int error = 0;
  socklen_t len = sizeof(error);

  if (await(w, POLLOUT, patience(w)) == 0) {
    return false;
  }
  getsockopt(w->fd, SOL_SOCKET, SO_ERROR, &error, &len);
  return error == 0;
}

bool wire_connect(wire *w) {
  const struct sockaddr *to = (const struct sockaddr *)&w->to->address;
  int one = 1;

  wire_close(w);
  w->connections++;
  w->fd = socket(to->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (w->fd < 0) {
    return false;
  }
  setsockopt(w->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
  if ((connect(w->fd, to, w->to->len) == 0 || errno == EINPROGRESS) &&
      is_connected(w)) {
    return true;
  }
  wire_close(w);
  return false;
}

bool wire_open(wire *w) {
  struct sockaddr_storage own;
  socklen_t len = sizeof(own);
  uint8_t header[PROXY_HEADER_MAX];

  if (!wire_connect(w)) {
    return false;
  }
  if (w->to->proxy != 0 &&
      getsockname(w->fd, (struct sockaddr *)&own, &len) == 0) {
    wire_send_raw(w, header,
                  proxy_header(header, w->to->proxy, &own, &w->to->address));
  }
  return true;
}

void wire_close(wire *w) {
  SSL_free(w->ssl);
  if (w->fd >= 0) {
    close(w->fd);
  }
  w->fd = -1;
  w->ssl = NULL;
  w->is_tls = w->is_open = w->is_over = w->is_late = false;
  w->records = (records){0};
  w->sent = w->got = (trace){0};
  w->in_len = w->received = 0;
}

void wire__keep(wire *w, const uint8_t *octets, size_t len) {
  trace_add(&w->got, octets, len);
  if (len > WIRE_UNREAD_MAX - w->in_len) {
    w->is_over = w->is_late = true;
    return;
  }
  memcpy(w->in + w->in_len, octets, len);
  w->in_len += len;
}

/* Takes what the network has.  Returns false at the end of it. */
static bool take(wire *w) {
  uint8_t octets[16384];
  ssize_t n = recv(w->fd, octets, sizeof(octets), 0);

  if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
    return true;
  }
  if (n <= 0) {
    w->is_over = true;
    return false;
  }
  w->octets += (size_t)n;
  w->received += (size_t)n;
  if (w->received > WIRE_RECEIVED_MAX) {
    w->is_over = w->is_late = true; /* it has no end */
    return false;
  }
  if (w->is_tls) {
    records_feed(&w->records, octets, (size_t)n);
  }
  if (w->is_tls && w->ssl != NULL) {
    wire__decrypt(w, octets, (size_t)n);
  } else {
    wire__keep(w, octets, (size_t)n);
  }
  return true;
}

bool wire_receive(wire *w) {
  if (w->fd < 0 || w->is_over) {
    return false;
  }
  if (await(w, POLLIN, patience(w)) == 0) {
    w->is_late = true;
    return false;
  }
  return take(w);
}

void wire_take(wire *w, size_t len) {
  memmove(w->in, w->in + len, w->in_len - len);
  w->in_len -= len;
}

void wire__push(wire *w, const uint8_t *octets, size_t len) {
  while (len > 0 && w->fd >= 0 && !w->is_over) {
    ssize_t n = send(w->fd, octets, len, MSG_NOSIGNAL);
    short ready;

    if (n > 0) {
      octets += n;
      len -= (size_t)n;
      w->octets += (size_t)n;
      continue;
    }
    if (errno != EAGAIN && errno != EINTR) {
      return; /* what the server has said can still be read */
    }
    ready = await(w, POLLIN | POLLOUT, patience(w));
    if (ready == 0) {
      w->is_late = true;
      return;
    }
    if ((ready & POLLIN) != 0) {
      take(w); /* it may not read on before */
    }
  }
}

void wire_send_raw(wire *w, const void *octets, size_t len) {
  trace_add(&w->sent, octets, len);
  wire__push(w, octets, len);
}

void wire_send(wire *w, const void *octets, size_t len) {
  trace_add(&w->sent, octets, len);
  if (w->is_open) {
    wire__encrypt(w, octets, len);
  } else {
    wire__push(w, octets, len);
  }
}

void wire_pause(wire *w) {
  if (w->fd >= 0 && await(w, POLLIN, PAUSE) != 0) {
    take(w);
  }
}

void wire_end(wire *w) {
  if (w->fd >= 0) {
    shutdown(w->fd, SHUT_WR);
  }
}
