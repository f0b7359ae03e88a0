#ifndef SHAKO_SERVER_LISTENER_H
#define SHAKO_SERVER_LISTENER_H

#include <stdbool.h>

#include <shako/listener.h>

struct shako_listener {
  shako_mem mem;
  uint32_t references; /* atomic */
  size_t size;         /* of this object, with its strings */
  const char *hostname;
  shako_policy policy;
  const shako_tls_engine *engine;
  const void *context;
  shako_certificate_provider certificates;
  bool implicit_tls;
  bool external_tls;
  uint32_t recv_buffer_size;
};

#endif /* SHAKO_SERVER_LISTENER_H */
