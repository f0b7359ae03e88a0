#include "resolver.h"

#include <arpa/nameser.h>
#include <stdlib.h>
#include <sys/time.h>

/* A server that stays silent is asked twice, the second time for twice as
   long: both together take as long as a lookup may. */
#define TRIES 2

/* A socket of c-ares. */
typedef struct watch {
  uv_poll_t poll;
  resolver *resolver;
  int fd;
  struct watch *next;
} watch;

static void on_timer(uv_timer_t *timer);

/* Sees to it that c-ares is called when the next question is overdue. */
static void set_timer(resolver *r) {
  struct timeval room;
  const struct timeval *next = ares_timeout(r->channel, NULL, &room);

  if (next == NULL) {
    uv_timer_stop(&r->timer);
  } else {
    uint64_t ms =
        (uint64_t)next->tv_sec * 1000 + (uint64_t)(next->tv_usec + 999) / 1000;

    uv_timer_start(&r->timer, on_timer, ms, 0);
  }
}

static void on_timer(uv_timer_t *timer) {
  resolver *r = timer->data;

  ares_process_fd(r->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
  set_timer(r);
}

static void on_ready(uv_poll_t *poll, int status, int events) {
  watch *w = poll->data;
  resolver *r = w->resolver; /* |w| may be gone afterwards */
  int fd = w->fd;
  bool read = status != 0 || (events & UV_READABLE) != 0;
  bool write = status != 0 || (events & UV_WRITABLE) != 0;

  ares_process_fd(r->channel, read ? fd : ARES_SOCKET_BAD,
                  write ? fd : ARES_SOCKET_BAD);
  set_timer(r);
}

static void on_watch_closed(uv_handle_t *handle) {
  free(handle->data);
}

/* Finds the link to the watch of |fd|, or the one at the end. */
static watch **find(resolver *r, int fd) {
  watch **link = &r->watches;

  while (*link != NULL && (*link)->fd != fd) {
    link = &(*link)->next;
  }

  return link;
}

static watch *watch_new(resolver *r, int fd) {
  watch *w = calloc(1, sizeof(*w));

  if (w == NULL || uv_poll_init(r->loop, &w->poll, fd) != 0) {
    free(w);
    return NULL;
  }

  w->poll.data = w;
  w->resolver = r;
  w->fd = fd;
  w->next = r->watches;
  r->watches = w;

  return w;
}

static void watch_end(watch **link) {
  watch *w = *link;

  *link = w->next;
  uv_close((uv_handle_t *)&w->poll, on_watch_closed);
}

/* c-ares says what it waits for on |fd|; for nothing, just before it closes
   it.  A socket that cannot be watched is silent, and its questions time
   out. */
static void on_state(void *data, ares_socket_t fd, int readable, int writable) {
  resolver *r = data;
  watch **link = find(r, fd);
  watch *w = *link;
  int events = (readable ? UV_READABLE : 0) | (writable ? UV_WRITABLE : 0);

  if (events == 0 && w != NULL) {
    watch_end(link);
  } else if (events != 0) {
    w = w != NULL ? w : watch_new(r, fd);
    if (w != NULL) {
      uv_poll_start(&w->poll, events, on_ready);
    }
  }
}

int resolver_open(resolver *r, uv_loop_t *loop, const char *server,
                  unsigned lookup_time) {
  struct ares_options options = {.timeout = (int)(lookup_time / 3),
                                 .tries = TRIES,
                                 .sock_state_cb = on_state,
                                 .sock_state_cb_data = r};
  int mask = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB;
  int error;

#ifdef ARES_OPT_UDP_MAX_QUERIES
  options.udp_max_queries = 1; /* a port each, which is hard to guess */
  mask |= ARES_OPT_UDP_MAX_QUERIES;
#endif
  *r = (resolver){.loop = loop, .lookup_time = lookup_time};
  error = ares_init_options(&r->channel, &options, mask);
  if (error == ARES_SUCCESS && server != NULL) {
    error = ares_set_servers_ports_csv(r->channel, server);
  }

  if (error == ARES_SUCCESS) {
    uv_timer_init(loop, &r->timer); /* which cannot fail */
    r->timer.data = r;
  }

  return error;
}

void resolver_ask(resolver *r, const char *name, int type,
                  ares_callback callback, void *data) {
  if (r->channel == NULL) {
    callback(data, ARES_EDESTRUCTION, 0, NULL, 0);
    return;
  }

  ares_query(r->channel, name, ns_c_in, type, callback, data);
  set_timer(r);
}

void resolver_close(resolver *r) {
  ares_channel channel = r->channel;

  r->channel = NULL; /* who is told asks nothing more */
  ares_destroy(channel);
  uv_close((uv_handle_t *)&r->timer, NULL);
}
