#include "dns_reply.h"

#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include <ares.h>

#include "address.h"

/* A host with more addresses than this is not looked at further. */
#define ADDRESSES_MAX 64

bool dns_reply_is_none(int status) {
  return status == ARES_ENOTFOUND || status == ARES_ENODATA;
}

int dns_reply_names(int status, const unsigned char *reply, int len,
                    void (*add)(void *data, const char *name), void *data) {
  struct hostent *host = NULL;
  char **name;

  if (status == ARES_SUCCESS) {
    status = ares_parse_ptr_reply(reply, len, NULL, 0, AF_INET, &host);
  }

  if (status != ARES_SUCCESS) {
    return status;
  }

  for (name = host->h_aliases; *name != NULL; name++) {
    add(data, *name);
  }

  add(data, host->h_name);
  ares_free_hostent(host);

  return ARES_SUCCESS;
}

static int has_ipv4(const unsigned char *reply, int len, const uint8_t *bytes) {
  struct ares_addrttl found[ADDRESSES_MAX];
  int count = ADDRESSES_MAX;
  int status = ares_parse_a_reply(reply, len, NULL, found, &count);
  int i;

  for (i = 0; status == ARES_SUCCESS && i < count; i++) {
    if (memcmp(&found[i].ipaddr, bytes, 4) == 0) {
      return ARES_SUCCESS;
    }
  }

  return status == ARES_SUCCESS ? ARES_ENODATA : status;
}

static int has_ipv6(const unsigned char *reply, int len, const uint8_t *bytes) {
  struct ares_addr6ttl found[ADDRESSES_MAX];
  int count = ADDRESSES_MAX;
  int status = ares_parse_aaaa_reply(reply, len, NULL, found, &count);
  int i;

  for (i = 0; status == ARES_SUCCESS && i < count; i++) {
    if (memcmp(&found[i].ip6addr, bytes, 16) == 0) {
      return ARES_SUCCESS;
    }
  }

  return status == ARES_SUCCESS ? ARES_ENODATA : status;
}

int dns_reply_has_address(int status, const unsigned char *reply, int len,
                          const shako_address *address) {
  if (status != ARES_SUCCESS) {
    return status;
  }

  return address_is_ipv4(address) ? has_ipv4(reply, len, address->bytes + 12)
                                  : has_ipv6(reply, len, address->bytes);
}

bool dns_reply_is_listed(int status, const unsigned char *reply, int len) {
  struct ares_addrttl found[ADDRESSES_MAX];
  int count = ADDRESSES_MAX;
  int i;

  if (status != ARES_SUCCESS ||
      ares_parse_a_reply(reply, len, NULL, found, &count) != ARES_SUCCESS) {
    return false;
  }

  for (i = 0; i < count; i++) {
    uint32_t address = ntohl(found[i].ipaddr.s_addr);

    if (address >> 24 == 127 && address >> 8 != 0x7fffff) {
      return true;
    }
  }

  return false;
}
