#ifndef SHAKO_TESTS_FLOOR_H
#define SHAKO_TESTS_FLOOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* As much as a session of the library receives at once. */
#define FLOOR_RECV_SIZE 16384

/**
 * What a connection's TLS finds and leaves while one event is handled; all
 * connections share it.  A TLS library takes all of |in| before it asks for
 * more.
 */
typedef struct floor_wire {
  const uint8_t *in;
  size_t in_len;
  size_t out_len;
  uint8_t out[65536];
} floor_wire;

/* Takes up to |len| octets that came in to |buf|; returns their number. */
size_t floor_wire_take(floor_wire *wire, void *buf, size_t len);

/* Adds octets that go out.  Returns false where there is no room. */
bool floor_wire_put(floor_wire *wire, const void *buf, size_t len);

typedef enum floor_status { FLOOR_OK, FLOOR_MORE, FLOOR_FAILED } floor_status;

/**
 * A bare TLS library, server side, with the settings that the library's own
 * engine has: ciphers, groups, no tickets, no sessions.
 */
typedef struct floor_tls {
  const char *name;
  /* Readies what connections share.  Returns false if that fails. */
  bool (*start)(const char *certificate, const char *key);
  void (*stop)(void);
  /* Returns a connection over |wire|, or NULL. */
  void *(*open)(floor_wire *wire);
  void (*close)(void *conn);
  floor_status (*handshake)(void *conn);
  /* Decrypts 1 to |len| octets to |buf|, their number to |*n|. */
  floor_status (*read)(void *conn, void *buf, size_t len, size_t *n);
  floor_status (*write)(void *conn, const void *buf, size_t len);
  /* Sends close_notify. */
  void (*leave)(void *conn);
} floor_tls;

/* Returns the TLS library called |name|, or NULL. */
const floor_tls *floor_tls_find(const char *name);

extern const floor_tls floor_mbedtls;
extern const floor_tls floor_openssl;

#endif /* SHAKO_TESTS_FLOOR_H */
