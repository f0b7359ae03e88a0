#ifndef DELIVER_HOST_PORT_H
#define DELIVER_HOST_PORT_H

#include <stdbool.h>

/* HOST or HOST:PORT, with brackets around an IPv6 address. */
typedef struct host_port {
  char host[256];
  char port[6];
} host_port;

/* Returns whether |text| is a name, or an address of IPv4: nothing that means
   something in a URL. */
bool host_port_is_host(const char *text);

/* Reads |text|; without a port, it is 25.  Returns NULL, or what is wrong. */
const char *host_port_read(host_port *to, const char *text);

#endif /* DELIVER_HOST_PORT_H */
