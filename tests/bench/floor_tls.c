#include "floor.h"

#include <string.h>

size_t floor_wire_take(floor_wire *wire, void *buf, size_t len) {
  size_t n = len < wire->in_len ? len : wire->in_len;

  memcpy(buf, wire->in, n);
  wire->in += n;
  wire->in_len -= n;

  return n;
}

bool floor_wire_put(floor_wire *wire, const void *buf, size_t len) {
  if (len > sizeof(wire->out) - wire->out_len) {
    return false;
  }
  memcpy(wire->out + wire->out_len, buf, len);
  wire->out_len += len;

  return true;
}

const floor_tls *floor_tls_find(const char *name) {
  if (strcmp(name, "mbedtls") == 0) {
    return &floor_mbedtls;
  }
  if (strcmp(name, "openssl") == 0) {
    return &floor_openssl;
  }

  return NULL;
}
