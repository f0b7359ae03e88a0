#include "mbedtls/internal.h"

/*
 * The group of the key exchange, which no function of mbed TLS tells.  It
 * stands in the clear in what the server sends: in TLS 1.3 in the key_share of
 * a ServerHello, that of a HelloRetryRequest too (RFC 8446 4.2.8), in TLS 1.2
 * at the start of a ServerKeyExchange (RFC 8422 5.4).
 */

#define RECORD_HEADER_SIZE  5
#define MESSAGE_HEADER_SIZE 4
#define VERSION_AND_RANDOM  (2 + 32)
#define SUITE_TO_EXTENSIONS (2 + 1 + 2)
#define KEY_SHARE           51
#define NAMED_CURVE         3

static uint16_t number_at(const uint8_t *at) {
  return (uint16_t)(at[0] << 8 | at[1]);
}

static uint16_t find_in_hello(const uint8_t *body, size_t len) {
  size_t at = VERSION_AND_RANDOM;

  if (at < len) {
    at += 1u + body[at] + SUITE_TO_EXTENSIONS;
  }
  while (at + 6 <= len) {
    if (number_at(body + at) == KEY_SHARE) {
      return number_at(body + at + 4);
    }
    at += 4u + number_at(body + at + 2);
  }

  return 0;
}

uint16_t shako__mbedtls_group_in(const uint8_t *record, size_t len) {
  const uint8_t *message = record + RECORD_HEADER_SIZE;
  const uint8_t *body = message + MESSAGE_HEADER_SIZE;
  size_t size = len - RECORD_HEADER_SIZE - MESSAGE_HEADER_SIZE;

  if (len <= RECORD_HEADER_SIZE + MESSAGE_HEADER_SIZE) {
    return 0;
  }
  switch (message[0]) {
  case MBEDTLS_SSL_HS_SERVER_HELLO:
    return find_in_hello(body, size);
  case MBEDTLS_SSL_HS_SERVER_KEY_EXCHANGE:
    return size >= 3 && body[0] == NAMED_CURVE ? number_at(body + 1) : 0;
  }

  return 0;
}
