#include "listen.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "address.h"
#include "log.h"

static bool complain(const endpoint *e) {
  log_line("%s %s: %s", e->option, e->text, strerror(errno));

  return false;
}

static const char *option_of(const settings *s, const listener_settings *l) {
  if (s->file != NULL) {
    return "listen";
  }

  return l->implicit_tls ? "--listen-tls" : "--listen";
}

void endpoints_fill(endpoints *to, const settings *s) {
  size_t i;
  size_t j;

  to->count = 0;
  to->status = (endpoint){.option = s->file != NULL ? "status" : "--status",
                          .text = s->status.text,
                          .name = "status",
                          .address = s->status.address,
                          .port = s->status.port};
  for (i = 0; i < s->listener_count; i++) {
    const listener_settings *l = &s->listeners[i];

    for (j = 0; j < l->address_count; j++) {
      to->items[to->count++] = (endpoint){.option = option_of(s, l),
                                          .text = l->addresses[j].text,
                                          .name = l->name,
                                          .listener = i,
                                          .address = l->addresses[j].address,
                                          .port = l->addresses[j].port,
                                          .backlog = (int)l->tcp_queue};
    }
  }
}

static bool set_options(int fd, const struct sockaddr_storage *at,
                        bool shared) {
  int on = 1;

  return setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
         (at->ss_family != AF_INET6 ||
          setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) == 0) &&
         (!shared ||
          setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) == 0);
}

/* Binds one socket to |e|; |shared| lets others bind to the same address.
   Returns it, or -1. */
static int bind_one(const endpoint *e, bool shared) {
  struct sockaddr_storage at;
  socklen_t len = address_to_system(&at, &e->address, e->port);
  int fd = socket(at.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

  if (fd >= 0 && (!set_options(fd, &at, shared) ||
                  bind(fd, (struct sockaddr *)&at, len) != 0)) {
    int error = errno;

    close(fd);
    errno = error;
    return -1;
  }

  return fd;
}

/* Learns which port the system gave to |fd|. */
static bool learn_port(endpoint *e, int fd) {
  struct sockaddr_storage at;
  socklen_t len = sizeof(at);
  shako_address address;

  if (getsockname(fd, (struct sockaddr *)&at, &len) != 0) {
    return false;
  }

  address_from_system(&address, &e->port, &at);

  return true;
}

/* Makes sure that nobody else has the address (a second shakod of the same
   user could share it), and learns the port.  Returns the socket, or -1. */
static int bind_alone(endpoint *e) {
  int fd = bind_one(e, false);

  if (fd >= 0 && !learn_port(e, fd)) {
    close(fd);
    fd = -1;
  }

  return fd;
}

bool endpoint_bind(endpoint *e, unsigned workers) {
  int fd = bind_alone(e);

  if (fd >= 0 && workers == 1) {
    e->fds[e->count++] = fd;
    return true;
  }

  if (fd < 0) {
    return complain(e);
  }

  for (close(fd); e->count < workers; e->count++) {
    e->fds[e->count] = bind_one(e, true);
    if (e->fds[e->count] < 0) {
      return complain(e);
    }
  }

  return true;
}

bool endpoint_listen(const endpoint *e) {
  unsigned i;

  for (i = 0; i < e->count; i++) {
    if (listen(e->fds[i], e->backlog) != 0) {
      return complain(e);
    }
  }

  return true;
}

void endpoint_close(endpoint *e) {
  while (e->count > 0) {
    close(e->fds[--e->count]);
  }
}
