#include "openssl/internal.h"

/*
 * The engine.
 *
 * A connection goes HANDSHAKE -> OPEN -> CLOSED, and from each of them to
 * FAILED.
 *
 * Invariants:
 * - SSL_read_ex() and SSL_write_ex() are called only after SSL_do_handshake()
 *   returned 1: before, they would go on with the handshake.
 * - Nothing is asked of the wire in FAILED, and nothing sent but what goes out
 *   on the way there.  Nothing at all is sent once the wire has refused
 *   (|stop| is NO_MEMORY).
 * - OpenSSL's error queue is empty outside: SSL_get_error() looks at it, and
 *   it belongs to all that the thread does with OpenSSL.
 */

static shako_tls_status conn_init(void *ctx, const void *context,
                                  const shako_tls_conn_config *config) {
  shako__openssl_conn *conn = ctx;
  const shako_openssl_context *shared = context;
  BIO *bio;

  conn->wire = *config->wire;
  conn->state = SHAKO__OPENSSL_HANDSHAKE;
  conn->alert = -1;
  conn->authorities = (const shako__openssl_authorities *)config->authorities;
  conn->ask_client = config->ask_client != 0;
  conn->alpn_any = config->alpn_any != 0;
  conn->level = shako__level_of(config->policy);

  shako__openssl_clear_errors();
  conn->ssl = SSL_new(shared->settings[conn->level]);
  bio = BIO_new(shared->method);
  if (conn->ssl == NULL || bio == NULL) {
    BIO_free(bio);
    SSL_free(conn->ssl);
    shako__openssl_clear_errors();
    return SHAKO_TLS_STATUS_FAILED;
  }
  BIO_set_data(bio, conn);
  BIO_set_init(bio, 1);
  SSL_set_bio(conn->ssl, bio, bio);
  SSL_set_accept_state(conn->ssl);
  shako__openssl_clear_errors();

  return SHAKO_TLS_STATUS_OK;
}

static void conn_free(void *ctx) {
  shako__openssl_conn *conn = ctx;

  SSL_free(conn->ssl);
}

/* Gives OpenSSL the first certificate, with its settings, which replace what
   was set before. */
static bool give_first(shako__openssl_conn *conn,
                       shako__openssl_certificate *its) {
  SSL_CTX *settings = shako__openssl_settings(its, conn->level);

  return settings != NULL && SSL_set_SSL_CTX(conn->ssl, settings) != NULL &&
         (!conn->ask_client || shako__openssl_ask_client(conn));
}

/* Gives it another, of another kind. */
static bool give_more(const shako__openssl_conn *conn,
                      const shako__openssl_certificate *its) {
  return SSL_use_cert_and_key(conn->ssl, its->leaf, its->key, its->chain, 1) ==
         1;
}

/* OpenSSL holds one certificate of a kind: the first of ours. */
static shako_tls_status set_certificate(void *ctx,
                                        const shako_certificate *certificate) {
  shako__openssl_conn *conn = ctx;
  shako__openssl_certificate *mine;
  bool *has;
  bool done = true;

  if (certificate->engine != shako_openssl_engine() ||
      conn->certificate_count == SHAKO_CERTIFICATES_MAX) {
    return SHAKO_TLS_STATUS_FAILED;
  }
  mine = (shako__openssl_certificate *)certificate;
  has = EVP_PKEY_get_base_id(mine->key) == EVP_PKEY_EC ? &conn->has_ecdsa
                                                       : &conn->has_rsa;
  if (!*has) {
    shako__openssl_clear_errors();
    done = conn->certificate_count > 0 ? give_more(conn, mine)
                                       : give_first(conn, mine);
    shako__openssl_clear_errors();
  }
  if (!done) {
    return SHAKO_TLS_STATUS_FAILED;
  }
  *has = true;
  conn->certificate_count++;

  return SHAKO_TLS_STATUS_OK;
}

/* Judges a call of OpenSSL that failed and has nothing to wait for. */
static shako_tls_status fail(shako__openssl_conn *conn) {
  unsigned long error = shako__openssl_take_error();

  if (conn->stop != 0) {
    error = conn->stop;
  } else if (error == 0) {
    error = SSL_get_shutdown(conn->ssl) & SSL_RECEIVED_SHUTDOWN
                ? SHAKO__OPENSSL_LEFT
                : SHAKO__OPENSSL_NO_MEMORY;
  }

  return shako__openssl_fail(conn, error);
}

/* Judges |result| of a call of OpenSSL that reads and was no success. */
static shako_tls_status judge(shako__openssl_conn *conn, int result) {
  switch (conn->stop != 0 ? SSL_ERROR_SSL : SSL_get_error(conn->ssl, result)) {
  case SSL_ERROR_WANT_READ:
    return SHAKO_TLS_STATUS_WANT_RECV;
  case SSL_ERROR_ZERO_RETURN:
    if (conn->state == SHAKO__OPENSSL_OPEN) {
      conn->state = SHAKO__OPENSSL_CLOSED;
      return SHAKO_TLS_STATUS_CLOSED;
    }
    break;
  }

  return fail(conn);
}

/* OpenSSL's own names go with the settings, and these with the program. */
static const char *group_name(int nid) {
  switch (nid) {
  case NID_X25519:
    return "x25519";
  case NID_X9_62_prime256v1:
    return "secp256r1";
  case NID_secp384r1:
    return "secp384r1";
  }

  return NULL;
}

static shako_tls_status handshake(void *ctx) {
  shako__openssl_conn *conn = ctx;
  int result;

  if (conn->state != SHAKO__OPENSSL_HANDSHAKE) {
    return conn->state == SHAKO__OPENSSL_FAILED ? SHAKO_TLS_STATUS_FAILED
                                                : SHAKO_TLS_STATUS_OK;
  }

  shako__openssl_clear_errors();
  result = SSL_do_handshake(conn->ssl);
  if (result != 1 || conn->stop != 0) {
    return judge(conn, result);
  }
  shako__openssl_clear_errors();

  conn->state = SHAKO__OPENSSL_OPEN;
  conn->cipher = SSL_CIPHER_standard_name(SSL_get_current_cipher(conn->ssl));
  conn->group = group_name((int)SSL_get_negotiated_group(conn->ssl));

  return SHAKO_TLS_STATUS_OK;
}

static shako_tls_status engine_read(void *ctx, uint8_t *buf, size_t len,
                                    size_t *n) {
  shako__openssl_conn *conn = ctx;
  int result;

  if (conn->state == SHAKO__OPENSSL_CLOSED) {
    return SHAKO_TLS_STATUS_CLOSED;
  }
  if (conn->state != SHAKO__OPENSSL_OPEN) {
    return SHAKO_TLS_STATUS_FAILED;
  }

  shako__openssl_clear_errors();
  result = SSL_read_ex(conn->ssl, buf, len, n);
  if (result != 1 || conn->stop != 0) {
    return judge(conn, result);
  }
  shako__openssl_clear_errors();

  return SHAKO_TLS_STATUS_OK;
}

/* Whether application data may still be sent. */
static bool may_write(const shako__openssl_conn *conn) {
  return (conn->state == SHAKO__OPENSSL_OPEN ||
          conn->state == SHAKO__OPENSSL_CLOSED) &&
         !conn->ended;
}

static shako_tls_status engine_write(void *ctx, const uint8_t *buf, size_t len,
                                     size_t *n) {
  shako__openssl_conn *conn = ctx;

  if (!may_write(conn)) {
    return SHAKO_TLS_STATUS_FAILED;
  }

  shako__openssl_clear_errors();
  if (SSL_write_ex(conn->ssl, buf, len, n) != 1) {
    return fail(conn);
  }
  shako__openssl_clear_errors();

  return SHAKO_TLS_STATUS_OK;
}

static shako_tls_status engine_close(void *ctx) {
  shako__openssl_conn *conn = ctx;

  if (!may_write(conn)) {
    return SHAKO_TLS_STATUS_FAILED;
  }

  shako__openssl_clear_errors();
  if (SSL_shutdown(conn->ssl) < 0) {
    return fail(conn);
  }
  shako__openssl_clear_errors();
  conn->ended = true;

  return SHAKO_TLS_STATUS_OK;
}

/* Before a ClientHello was judged there are no keys, and the alert is written
   here.  With keys there is no way to send one of our choice: close_notify
   says that this is the end, and in the middle of the handshake nothing. */
static void alert(void *ctx, int description) {
  shako__openssl_conn *conn = ctx;
  const uint8_t record[] = {SSL3_RT_ALERT,       3, 3, 0, 2, SSL3_AL_FATAL,
                            (uint8_t)description};
  bool open = conn->state != SHAKO__OPENSSL_HANDSHAKE;

  if (conn->state == SHAKO__OPENSSL_FAILED || conn->ended) {
    return;
  }
  conn->state = SHAKO__OPENSSL_FAILED;
  if (open) {
    shako__openssl_take_leave(conn);
  } else if (conn->version == 0 &&
             conn->wire.send(conn->wire.ctx, record, sizeof(record)) ==
                 SHAKO_TLS_STATUS_OK) {
    conn->alert = description;
  }
}

static void info(const void *ctx, shako_tls_info *info) {
  const shako__openssl_conn *conn = ctx;
  const shako_tls_info known = {
      .struct_size = sizeof(known),
      .version = conn->version,
      .cipher = conn->cipher,
      .failure = conn->failure,
      .alert = conn->alert,
      .native_error = conn->native_error,
      .group = conn->group,
  };

  shako__sized_fill(info, info->struct_size, &known, sizeof(known));
}

/* RFC 9266: an empty context is not the same as none.  In TLS 1.2 without an
   extended master secret nothing is bound. */
static shako_tls_status channel_binding(void *ctx, uint8_t *binding) {
  static const char label[] = "EXPORTER-Channel-Binding";
  shako__openssl_conn *conn = ctx;
  bool stored;

  shako__openssl_clear_errors();
  stored = (conn->version == TLS1_3_VERSION ||
            SSL_get_extms_support(conn->ssl) == 1) &&
           SSL_export_keying_material(
               conn->ssl, binding, SHAKO_CHANNEL_BINDING_SIZE, label,
               sizeof(label) - 1, (const uint8_t *)"", 0, 1) == 1;
  shako__openssl_clear_errors();

  return stored ? SHAKO_TLS_STATUS_OK : SHAKO_TLS_STATUS_FAILED;
}

const shako_tls_engine *shako_openssl_engine(void) {
  static const shako_tls_engine engine = {
      .version = SHAKO_TLS_ENGINE_VERSION,
      .name = "openssl",
      .conn_size = sizeof(shako__openssl_conn),
      .conn_init = conn_init,
      .conn_free = conn_free,
      .set_certificate = set_certificate,
      .handshake = handshake,
      .read = engine_read,
      .write = engine_write,
      .close = engine_close,
      .alert = alert,
      .info = info,
      .inspect = shako__openssl_inspect,
      .name_at = shako__openssl_name_at,
      .is_signed = shako__openssl_is_signed,
      .client_certificate = shako__openssl_client_certificate,
      .address_at = shako__openssl_address_at,
      .channel_binding = channel_binding,
  };

  return &engine;
}
