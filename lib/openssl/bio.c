#include "openssl/internal.h"

/*
 * Between OpenSSL and the wire.
 *
 * Without read-ahead OpenSSL asks for exactly what the record at hand needs,
 * first its header and then its body, so that no octet behind a record is ever
 * taken from the wire.
 *
 * OpenSSL is told of no trouble: where the wire gives no more, it hears that
 * there is nothing yet, and |stop| says why.  Told of an end of the stream it
 * would answer with an alert, and what it does after an error it is not asked
 * to do.
 */

static int wait(BIO *bio, shako__openssl_conn *conn, unsigned long why) {
  if (conn->stop == 0) {
    conn->stop = why;
  }
  BIO_set_retry_read(bio);

  return -1;
}

/* The first octet that is not a handshake's ends it at once: a peer that sends
   clear text may send less than the header that OpenSSL waits for. */
static int judge(BIO *bio, shako__openssl_conn *conn, const char *buf,
                 size_t n) {
  if (!conn->begun && buf[0] != SSL3_RT_HANDSHAKE) {
    return wait(bio, conn, SHAKO__OPENSSL_CLEAR_TEXT);
  }
  conn->begun = true;

  return (int)n;
}

static int recv_octets(BIO *bio, char *buf, int len) {
  shako__openssl_conn *conn = BIO_get_data(bio);
  size_t n = 0;

  BIO_clear_retry_flags(bio);
  if (len <= 0) {
    return 0;
  }
  if (conn->refusals >= SHAKO__OPENSSL_REFUSALS_MAX) {
    return wait(bio, conn, SHAKO__OPENSSL_RENEGOTIATES);
  }

  switch (conn->wire.recv(conn->wire.ctx, (uint8_t *)buf, (size_t)len, &n)) {
  case SHAKO_TLS_STATUS_OK:
    return judge(bio, conn, buf, n);
  case SHAKO_TLS_STATUS_WANT_RECV:
    return wait(bio, conn, 0);
  case SHAKO_TLS_STATUS_CLOSED:
    return wait(bio, conn, SHAKO__OPENSSL_CUT_OFF);
  case SHAKO_TLS_STATUS_FAILED:
    break;
  }

  return wait(bio, conn, SHAKO__OPENSSL_NO_MEMORY);
}

/* The wire takes all or has no memory; then it gets nothing more. */
static int send_octets(BIO *bio, const char *buf, int len) {
  shako__openssl_conn *conn = BIO_get_data(bio);

  BIO_clear_retry_flags(bio);
  if (len <= 0) {
    return 0;
  }
  if (conn->stop == SHAKO__OPENSSL_NO_MEMORY) {
    return -1;
  }
  if (conn->wire.send(conn->wire.ctx, (const uint8_t *)buf, (size_t)len) !=
      SHAKO_TLS_STATUS_OK) {
    conn->stop = SHAKO__OPENSSL_NO_MEMORY;
    return -1;
  }

  return len;
}

static long control(BIO *bio, int command, long number, void *ptr) {
  (void)bio;
  (void)number;
  (void)ptr;

  return command == BIO_CTRL_FLUSH;
}

BIO_METHOD *shako__openssl_bio_method(void) {
  BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "shako's wire");

  if (method != NULL) {
    (void)BIO_meth_set_read(method, recv_octets);
    (void)BIO_meth_set_write(method, send_octets);
    (void)BIO_meth_set_ctrl(method, control);
  }

  return method;
}
