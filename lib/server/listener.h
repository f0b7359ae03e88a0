#ifndef SHAKO_SERVER_LISTENER_H
#define SHAKO_SERVER_LISTENER_H

#include <stdbool.h>

#include <shako/listener.h>

#include "base/strings.h"
#include "policy/nameset.h"

struct shako_listener {
  shako_mem mem;
  uint32_t references; /* atomic */
  shako__strings strings;
  const char *name; /* NULL for none, as the next two */
  const char *interface_label;
  const char *default_domain;
  const char *hostname;
  shako_listener_type type;
  uint16_t port;
  shako_policy policy; /* its strings are here, or the table's */
  shako_hat *hat;      /* NULL for none */
  shako_counters *counters;
  shako__nameset mapped; /* domains, by their row */
  const char **map_to;   /* the other column */
  size_t map_rows;
  uint32_t max_concurrency;
  uint32_t max_handshakes;
  uint32_t tcp_queue;
  const shako_tls_engine *engine;
  const void *context;
  shako_certificate_provider certificates;
  shako_authorities *authorities; /* NULL for none */
  bool implicit_tls;
  bool external_tls;
  bool alpn_any;
  uint32_t recv_buffer_size;
};

#endif /* SHAKO_SERVER_LISTENER_H */
