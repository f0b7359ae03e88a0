#include "chatty_engine.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "fake_engine.h"

/* A fake engine's conn, with the wire in front of it. */
typedef struct chatty_conn {
  shako_tls_wire wire;
  bool failed; /* the wire took no more */
  _Alignas(16) unsigned char fake[];
} chatty_conn;

static shako_tls_status init(void *ptr, const void *context,
                             const shako_tls_conn_config *config) {
  chatty_conn *conn = ptr;

  conn->wire = *config->wire;
  return fake_engine.conn_init(conn->fake, context, config);
}

static void release(void *ptr) {
  fake_engine.conn_free(((chatty_conn *)ptr)->fake);
}

static shako_tls_status set_certificate(void *ptr,
                                        const shako_certificate *certificate) {
  return fake_engine.set_certificate(((chatty_conn *)ptr)->fake, certificate);
}

static shako_tls_status handshake(void *ptr) {
  return fake_engine.handshake(((chatty_conn *)ptr)->fake);
}

static shako_tls_status read(void *ptr, uint8_t *buf, size_t len, size_t *n) {
  chatty_conn *conn = ptr;
  uint8_t out[FAKE_HEADER + CHATTY_SIZE];
  uint8_t words[CHATTY_SIZE];
  size_t size;

  memset(words, '-', sizeof(words));
  size = fake_record(out, FAKE_ALERT, words, sizeof(words));
  if (conn->wire.send(conn->wire.ctx, out, size) != SHAKO_TLS_STATUS_OK) {
    conn->failed = true;
    return SHAKO_TLS_STATUS_FAILED;
  }
  return fake_engine.read(conn->fake, buf, len, n);
}

/* Fails for good once the wire has refused. */
static shako_tls_status judge(chatty_conn *conn, shako_tls_status status) {
  if (conn->failed) {
    abort(); /* tls.h: nothing is asked after FAILED */
  }
  conn->failed = status == SHAKO_TLS_STATUS_FAILED;
  return status;
}

static shako_tls_status write(void *ptr, const uint8_t *buf, size_t len,
                              size_t *n) {
  chatty_conn *conn = ptr;

  return judge(conn, fake_engine.write(conn->fake, buf, len, n));
}

static shako_tls_status end(void *ptr) {
  chatty_conn *conn = ptr;

  return judge(conn, fake_engine.close(conn->fake));
}

static void alert(void *ptr, int description) {
  fake_engine.alert(((chatty_conn *)ptr)->fake, description);
}

static void info(const void *ptr, shako_tls_info *out) {
  const chatty_conn *conn = ptr;

  fake_engine.info(conn->fake, out);
  if (conn->failed && out->failure == SHAKO_TLS_FAILURE_NONE) {
    out->failure = SHAKO_TLS_FAILURE_INTERNAL;
  }
}

void chatty_engine_fill(shako_tls_engine *engine) {
  const shako_tls_engine chatty = {
      .version = SHAKO_TLS_ENGINE_VERSION,
      .name = "chatty",
      .conn_size = sizeof(chatty_conn) + fake_engine.conn_size,
      .conn_init = init,
      .conn_free = release,
      .set_certificate = set_certificate,
      .handshake = handshake,
      .read = read,
      .write = write,
      .close = end,
      .alert = alert,
      .info = info,
  };

  *engine = chatty;
}
