#include "dns_name.h"

#include <stdio.h>
#include <string.h>

#include "address.h"

/* "192.0.2.7" becomes "7.2.0.192.". */
static size_t reverse_ipv4(const uint8_t *bytes, char *name) {
  return (size_t)snprintf(name, DNS_NAME_SIZE, "%u.%u.%u.%u.", bytes[3],
                          bytes[2], bytes[1], bytes[0]);
}

/* The last nibble first, a dot behind each. */
static size_t reverse_ipv6(const uint8_t *bytes, char *name) {
  static const char digits[] = "0123456789abcdef";
  size_t len = 0;
  int i;

  for (i = 15; i >= 0; i--) {
    name[len++] = digits[bytes[i] & 15];
    name[len++] = '.';
    name[len++] = digits[bytes[i] >> 4];
    name[len++] = '.';
  }

  return len;
}

bool dns_name_reverse(const shako_address *address, const char *zone,
                      char *name) {
  size_t len = address_is_ipv4(address)
                   ? reverse_ipv4(address->bytes + 12, name)
                   : reverse_ipv6(address->bytes, name);
  size_t zone_len = strlen(zone);

  if (zone_len >= DNS_NAME_SIZE - len) {
    return false;
  }

  memcpy(name + len, zone, zone_len + 1);

  return true;
}

void dns_name_ptr(const shako_address *address, char *name) {
  dns_name_reverse(
      address, address_is_ipv4(address) ? "in-addr.arpa" : "ip6.arpa", name);
}
