/* The PROXY protocol's header: a stranger's octets are never taken for it in
   part, and what is read of it does not depend on what came with it. */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "check.h"
#include "smtp/proxy.h"

static void check_tlvs(shako_span text, const shako__proxy *proxy) {
  shako_span tlvs = proxy->tlvs;
  shako_span value;
  uint8_t type;

  if (tlvs.len == 0) {
    return;
  }
  CHECK(text.ptr[0] == '\r' && proxy->kind != SHAKO__PROXY_OWN);
  CHECK(tlvs.ptr + tlvs.len == text.ptr + proxy->len);
  while (shako__proxy_tlv(&tlvs, &type, &value)) {
    CHECK(value.ptr + value.len == tlvs.ptr);
    CHECK(type != 3 || value.len == 4);
  }
  CHECK(tlvs.len == 0);
}

static void check_done(shako_span text, size_t max, const shako__proxy *proxy) {
  bool is_line = text.ptr[0] == 'P';
  bool is_ip = proxy->kind == SHAKO__PROXY_IP;

  CHECK(proxy->what == NULL);
  CHECK(proxy->len <= text.len);
  CHECK(proxy->len <= (is_line ? SHAKO__PROXY_V1_MAX : max));
  CHECK(proxy->len >= (is_line ? 15 : 16));
  CHECK(!is_line || memcmp(text.ptr + proxy->len - 2, "\r\n", 2) == 0);
  CHECK(!is_line || (!proxy->datagram && proxy->kind != SHAKO__PROXY_UNIX));
  CHECK(proxy->source.known == is_ip && proxy->destination.known == is_ip);
  CHECK(proxy->source.scope == 0 && proxy->destination.scope == 0);
  CHECK(is_ip || (proxy->source_port == 0 && proxy->destination_port == 0));
  check_tlvs(text, proxy);
}

/* Reads the first |n| octets from memory of just that size. */
static shako__proxy_result read_part(const uint8_t *octets, size_t n,
                                     size_t max, shako__proxy *proxy) {
  uint8_t *own = malloc(n + 1);
  shako__proxy_result result;

  CHECK(own != NULL);
  memcpy(own + 1, octets, n);
  result = shako__proxy_read((shako_span){own + 1, n}, max, proxy);
  if (result == SHAKO__PROXY_DONE) {
    check_done((shako_span){own + 1, n}, max, proxy);
  }
  CHECK((result == SHAKO__PROXY_BAD) == (proxy->what != NULL));
  proxy->tlvs.ptr = NULL;
  free(own);
  return result;
}

/* However far the octets have come: first MORE, and then always the same. */
static void check_all(const uint8_t *octets, size_t len, size_t max) {
  shako__proxy_result last = SHAKO__PROXY_MORE;
  shako__proxy proxy, first;
  size_t n;

  memset(&first, 0, sizeof(first));
  for (n = 0; n <= len; n++) {
    shako__proxy_result result = read_part(octets, n, max, &proxy);

    CHECK(last == SHAKO__PROXY_MORE || result == last);
    CHECK(result != SHAKO__PROXY_MORE ||
          n < (octets[0] == 'P' ? SHAKO__PROXY_V1_MAX : max));
    if (result == SHAKO__PROXY_DONE && last == SHAKO__PROXY_MORE) {
      CHECK(proxy.len == n);
      first = proxy;
    }
    CHECK(result != SHAKO__PROXY_DONE ||
          (proxy.len == first.len && proxy.kind == first.kind &&
           memcmp(&proxy.source, &first.source, sizeof(proxy.source)) == 0 &&
           proxy.source_port == first.source_port &&
           proxy.tlvs.len == first.tlvs.len));
    last = result;
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len) {
  if (len > 0) {
    check_all(octets, len, SHAKO__PROXY_V2_MAX);
    check_all(octets, len, 64);
  }
  return 0;
}
