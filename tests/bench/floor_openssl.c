#include <openssl/ssl.h>

#include "floor.h"

static SSL_CTX *settings;
static BIO_METHOD *method;

static int bio_write(BIO *bio, const char *buf, int len) {
  return floor_wire_put(BIO_get_data(bio), buf, (size_t)len) ? len : -1;
}

static int bio_read(BIO *bio, char *buf, int len) {
  size_t n = floor_wire_take(BIO_get_data(bio), buf, (size_t)len);

  BIO_clear_retry_flags(bio);
  if (n == 0) {
    BIO_set_retry_read(bio);
    return -1;
  }

  return (int)n;
}

static long bio_ctrl(BIO *bio, int command, long number, void *pointer) {
  (void)bio;
  (void)number;
  (void)pointer;

  return command == BIO_CTRL_FLUSH;
}

static bool make_method(void) {
  method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "floor");

  return method != NULL && BIO_meth_set_write(method, bio_write) &&
         BIO_meth_set_read(method, bio_read) &&
         BIO_meth_set_ctrl(method, bio_ctrl);
}

static bool start(const char *certificate, const char *key) {
  settings = SSL_CTX_new(TLS_server_method());
  if (settings == NULL || !make_method()) {
    return false;
  }
  (void)SSL_CTX_set_options(settings,
                            SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
  (void)SSL_CTX_set_mode(settings, SSL_MODE_RELEASE_BUFFERS);
  (void)SSL_CTX_set_session_cache_mode(settings, SSL_SESS_CACHE_OFF);

  return SSL_CTX_set_num_tickets(settings, 0) &&
         SSL_CTX_set_min_proto_version(settings, TLS1_2_VERSION) &&
         SSL_CTX_set_ciphersuites(settings, "TLS_AES_128_GCM_SHA256") &&
         SSL_CTX_set_cipher_list(settings, "ECDHE-ECDSA-AES128-GCM-SHA256:"
                                           "ECDHE-RSA-AES128-GCM-SHA256") &&
         SSL_CTX_set1_groups_list(settings, "X25519:P-256") &&
         SSL_CTX_use_certificate_file(settings, certificate,
                                      SSL_FILETYPE_PEM) == 1 &&
         SSL_CTX_use_PrivateKey_file(settings, key, SSL_FILETYPE_PEM) == 1;
}

static void stop(void) {
  SSL_CTX_free(settings);
  BIO_meth_free(method);
}

static void *open_conn(floor_wire *wire) {
  SSL *conn = SSL_new(settings);
  BIO *bio = BIO_new(method);

  if (conn == NULL || bio == NULL) {
    SSL_free(conn);
    BIO_free(bio);
    return NULL;
  }
  BIO_set_data(bio, wire);
  BIO_set_init(bio, 1);
  SSL_set_bio(conn, bio, bio);
  SSL_set_accept_state(conn);

  return conn;
}

static void close_conn(void *conn) {
  SSL_free(conn);
}

static floor_status judge(SSL *conn, int result) {
  return SSL_get_error(conn, result) == SSL_ERROR_WANT_READ ? FLOOR_MORE
                                                            : FLOOR_FAILED;
}

static floor_status handshake(void *conn) {
  int result = SSL_do_handshake(conn);

  return result == 1 ? FLOOR_OK : judge(conn, result);
}

static floor_status read_conn(void *conn, void *buf, size_t len, size_t *n) {
  int result = SSL_read_ex(conn, buf, len, n);

  return result == 1 ? FLOOR_OK : judge(conn, result);
}

static floor_status write_conn(void *conn, const void *buf, size_t len) {
  size_t n;

  return SSL_write_ex(conn, buf, len, &n) == 1 ? FLOOR_OK : FLOOR_FAILED;
}

static void leave(void *conn) {
  SSL_shutdown(conn);
}

const floor_tls floor_openssl = {
    "openssl", start,     stop,       open_conn, close_conn,
    handshake, read_conn, write_conn, leave,
};
