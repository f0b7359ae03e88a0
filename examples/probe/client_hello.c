#include "client_hello.h"

#include <string.h>

/* Groups, point formats, and RSA and ECDSA with SHA-256 and SHA-1. */
static const uint8_t extensions[] = {
    0, 36,                                         /* all of them */
    0, 10, 0, 8,  0, 6, 0, 23, 0, 24, 0, 25,       /* supported_groups */
    0, 11, 0, 2,  1, 0,                            /* ec_point_formats */
    0, 13, 0, 10, 0, 8, 4, 1,  4, 3,  2, 1,  2, 3, /* signature_algorithms */
    0, 23, 0, 0,                                   /* extended_master_secret */
};

typedef struct writer {
  uint8_t *out;
  size_t len;
} writer;

static void put(writer *w, size_t value, unsigned octets) {
  while (octets > 0) {
    octets--;
    w->out[w->len++] = (uint8_t)(value >> (8 * octets));
  }
}

static void put_octets(writer *w, const uint8_t *octets, size_t len) {
  memcpy(w->out + w->len, octets, len);
  w->len += len;
}

size_t client_hello_write(uint8_t out[CLIENT_HELLO_MAX], uint16_t version,
                          const uint16_t *suites, size_t count) {
  size_t more = version > SSL_3 ? sizeof(extensions) : 0;
  size_t body = 2 + 32 + 1 + 2 + 2 * (count + 1) + 2 + more;
  writer w = {out, 0};
  size_t i;

  put(&w, 22, 1); /* a record of the handshake */
  put(&w, version < TLS_1_0 ? SSL_3 : TLS_1_0, 2);
  put(&w, 4 + body, 2);
  put(&w, 1, 1); /* ClientHello */
  put(&w, body, 3);
  put(&w, version, 2);
  for (i = 0; i < 32; i++) {
    put(&w, i, 1); /* what is random elsewhere */
  }
  put(&w, 0, 1); /* no session */
  put(&w, 2 * (count + 1), 2);
  for (i = 0; i < count; i++) {
    put(&w, suites[i], 2);
  }
  put(&w, 0x00ff, 2); /* TLS_EMPTY_RENEGOTIATION_INFO_SCSV, RFC 5746 3.3 */
  put(&w, 0x0100, 2); /* no compression */
  put_octets(&w, extensions, more);
  return w.len;
}
