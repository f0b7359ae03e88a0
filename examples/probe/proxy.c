#include "proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* One end of a connection. */
typedef struct end {
  const uint8_t *address;
  size_t len;
  uint16_t port; /* in the order of the network */
} end;

static end end_of(const struct sockaddr_storage *at) {
  if (at->ss_family == AF_INET6) {
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)at;

    return (end){six->sin6_addr.s6_addr, 16, six->sin6_port};
  }

  const struct sockaddr_in *four = (const struct sockaddr_in *)at;

  return (end){(const uint8_t *)&four->sin_addr, 4, four->sin_port};
}

static size_t write_text(uint8_t *out, int family, const end *from,
                         const end *to) {
  char one[INET6_ADDRSTRLEN] = "";
  char other[INET6_ADDRSTRLEN] = "";

  inet_ntop(family, from->address, one, sizeof(one));
  inet_ntop(family, to->address, other, sizeof(other));
  return (size_t)snprintf((char *)out, PROXY_HEADER_MAX,
                          "PROXY TCP%c %s %s %u %u\r\n",
                          family == AF_INET6 ? '6' : '4', one, other,
                          ntohs(from->port), ntohs(to->port));
}

static uint8_t *put(uint8_t *out, const void *octets, size_t len) {
  memcpy(out, octets, len);
  return out + len;
}

static size_t write_binary(uint8_t *out, int family, const end *from,
                           const end *to) {
  const uint8_t kind[] = {0x21, family == AF_INET6 ? 0x21 : 0x11, 0,
                          (uint8_t)(2 * from->len + 4)};
  uint8_t *at = put(out, "\r\n\r\n\0\r\nQUIT\n", 12);

  at = put(at, kind, sizeof(kind));
  at = put(at, from->address, from->len);
  at = put(at, to->address, to->len);
  at = put(at, &from->port, 2);
  at = put(at, &to->port, 2);
  return (size_t)(at - out);
}

size_t proxy_header(uint8_t out[PROXY_HEADER_MAX], int version,
                    const struct sockaddr_storage *from,
                    const struct sockaddr_storage *to) {
  end one = end_of(from);
  end other = end_of(to);

  return version == 1 ? write_text(out, from->ss_family, &one, &other)
                      : write_binary(out, from->ss_family, &one, &other);
}
