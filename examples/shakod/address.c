#include "address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "number.h"

static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

bool address_is_ipv4(const shako_address *address) {
  return memcmp(address->bytes, mapped, sizeof(mapped)) == 0;
}

bool address_is_loopback(const shako_address *address) {
  static const uint8_t ipv6[16] = {[15] = 1};

  return address_is_ipv4(address)
             ? address->bytes[sizeof(mapped)] == 127
             : memcmp(address->bytes, ipv6, sizeof(ipv6)) == 0;
}

static void from_ipv4(shako_address *address, const struct sockaddr_in *from) {
  memcpy(address->bytes, mapped, sizeof(mapped));
  memcpy(address->bytes + sizeof(mapped), &from->sin_addr, 4);
  address->known = 1;
}

static void from_ipv6(shako_address *address, const struct sockaddr_in6 *from) {
  memcpy(address->bytes, &from->sin6_addr, 16);
  address->scope = from->sin6_scope_id;
  address->known = 1;
}

void address_from_system(shako_address *address, uint16_t *port,
                         const struct sockaddr_storage *from) {
  const void *any = from;

  *address = (shako_address){0};
  *port = 0;

  if (from->ss_family == AF_INET) {
    from_ipv4(address, any);
    *port = ntohs(((const struct sockaddr_in *)any)->sin_port);
  } else if (from->ss_family == AF_INET6) {
    from_ipv6(address, any);
    *port = ntohs(((const struct sockaddr_in6 *)any)->sin6_port);
  }
}

static socklen_t to_ipv4(struct sockaddr_in *to, const shako_address *address,
                         uint16_t port) {
  to->sin_family = AF_INET;
  to->sin_port = htons(port);
  memcpy(&to->sin_addr, address->bytes + sizeof(mapped), 4);

  return sizeof(*to);
}

static socklen_t to_ipv6(struct sockaddr_in6 *to, const shako_address *address,
                         uint16_t port) {
  to->sin6_family = AF_INET6;
  to->sin6_port = htons(port);
  to->sin6_scope_id = address->scope;
  memcpy(&to->sin6_addr, address->bytes, 16);

  return sizeof(*to);
}

socklen_t address_to_system(struct sockaddr_storage *to,
                            const shako_address *address, uint16_t port) {
  memset(to, 0, sizeof(*to));

  return address_is_ipv4(address) ? to_ipv4((void *)to, address, port)
                                  : to_ipv6((void *)to, address, port);
}

void address_format(const shako_address *address, uint16_t port, char *text) {
  char ip[SHAKO_ADDRESS_TEXT_SIZE];
  bool brackets = address->known && !address_is_ipv4(address);

  shako_address_format(address, ip);
  snprintf(text, ADDRESS_TEXT_SIZE, brackets ? "[%s]:%u" : "%s:%u", ip, port);
}

/* Cuts |text| at the colon before the port, and the brackets off the host,
   which only IPv6 has. */
static const char *split(const char *text, shako_span *host,
                         const char **port) {
  const char *colon = strrchr(text, ':');
  bool has_colon;

  if (colon == NULL) {
    return "not ADDRESS:PORT";
  }

  *host = (shako_span){(const uint8_t *)text, (size_t)(colon - text)};
  *port = colon + 1;
  if (host->len >= 2 && text[0] == '[' && colon[-1] == ']') {
    host->ptr++;
    host->len -= 2;
  }

  has_colon = host->len > 0 && memchr(host->ptr, ':', host->len) != NULL;
  if (has_colon != (host->ptr != (const uint8_t *)text)) {
    return "not ADDRESS:PORT (brackets around IPv6, and only there)";
  }

  return NULL;
}

const char *address_parse(shako_address *address, uint16_t *port,
                          const char *text) {
  shako_span host;
  const char *digits;
  const char *wrong = split(text, &host, &digits);
  uint64_t number;

  if (wrong != NULL) {
    return wrong;
  }

  if (!number_parse(digits, 0, UINT16_MAX, &number)) {
    return "not a port";
  }

  if (shako_address_parse(address, host) != 0) {
    return "not an IP address (names are not looked up)";
  }

  *port = (uint16_t)number;

  return NULL;
}
