#include <string.h>

#include "base/tls_names.h"
#include "mbedtls/internal.h"

/*
 * The engine.
 *
 * A connection goes HANDSHAKE -> OPEN -> CLOSED, and from each of them to
 * FAILED.  The state is kept here, because mbed TLS forgets it: asked again
 * after a fatal alert it wants more input, as if nothing had happened.
 *
 * Invariants:
 * - mbedtls_ssl_read() and _write() are called only after
 *   mbedtls_ssl_handshake() returned 0: before, they would go on with the
 *   handshake and may return what is none of their own.
 * - Nothing is asked of the wire in FAILED, and nothing sent but the alert on
 *   the way there.  Nothing at all is sent once the wire has refused
 *   (|cut|).
 */

static shako_tls_status conn_init(void *ctx, const void *context,
                                  const shako_tls_conn_config *config) {
  shako__mbedtls_conn *conn = ctx;
  const shako_mbedtls_context *shared = context;
  const mbedtls_ssl_config *settings =
      &shared->settings[config->alpn_any != 0][shako__level_of(config->policy)];

  conn->wire = *config->wire;
  conn->ask_client = config->ask_client != 0;
  conn->authorities = (const shako__mbedtls_authorities *)config->authorities;
  conn->state = SHAKO__MBEDTLS_HANDSHAKE;
  conn->peer_alert = -1;
  conn->alert = -1;

  mbedtls_ssl_init(&conn->ssl);
  if (mbedtls_ssl_setup(&conn->ssl, settings) != 0) {
    mbedtls_ssl_free(&conn->ssl);
    return SHAKO_TLS_STATUS_FAILED;
  }
  mbedtls_ssl_set_user_data_p(&conn->ssl, conn);
  mbedtls_ssl_set_bio(&conn->ssl, conn, shako__mbedtls_bio_send,
                      shako__mbedtls_bio_recv, NULL);

  return SHAKO_TLS_STATUS_OK;
}

static void conn_free(void *ctx) {
  shako__mbedtls_conn *conn = ctx;

  mbedtls_ssl_free(&conn->ssl);
}

static shako_tls_status set_certificate(void *ctx,
                                        const shako_certificate *certificate) {
  shako__mbedtls_conn *conn = ctx;

  if (certificate->engine != shako_mbedtls_engine() ||
      conn->certificate_count == SHAKO_CERTIFICATES_MAX) {
    return SHAKO_TLS_STATUS_FAILED;
  }
  conn->certificates[conn->certificate_count++] =
      (const shako__mbedtls_certificate *)certificate;

  return SHAKO_TLS_STATUS_OK;
}

/* Judges |result| of a function of mbed TLS that is no success. */
static shako_tls_status judge(shako__mbedtls_conn *conn, int result) {
  if (conn->cut) {
    result = MBEDTLS_ERR_SSL_ALLOC_FAILED;
  }
  if (result == MBEDTLS_ERR_SSL_WANT_READ) {
    return SHAKO_TLS_STATUS_WANT_RECV;
  }

  return shako__mbedtls_fail(conn, result);
}

static shako_tls_status handshake(void *ctx) {
  shako__mbedtls_conn *conn = ctx;
  int result;

  if (conn->state != SHAKO__MBEDTLS_HANDSHAKE) {
    return conn->state == SHAKO__MBEDTLS_FAILED ? SHAKO_TLS_STATUS_FAILED
                                                : SHAKO_TLS_STATUS_OK;
  }

  /* mbed TLS may want more after a record it ignores: only the wire knows
     whether there is more. */
  do {
    conn->fed = false;
    result = mbedtls_ssl_handshake(&conn->ssl);
  } while (result == MBEDTLS_ERR_SSL_WANT_READ && conn->fed);
  if (result != 0 || conn->cut) {
    return judge(conn, result);
  }

  conn->state = SHAKO__MBEDTLS_OPEN;
  conn->cipher = shako__suite_name(
      (uint16_t)mbedtls_ssl_get_ciphersuite_id_from_ssl(&conn->ssl));

  return SHAKO_TLS_STATUS_OK;
}

/* Calls mbedtls_ssl_read() until it gives something or the wire is dry. */
static int read_record(shako__mbedtls_conn *conn, uint8_t *buf, size_t len) {
  int result;

  conn->reading = true;
  do {
    conn->fed = false;
    result = mbedtls_ssl_read(&conn->ssl, buf, len);
  } while (result == MBEDTLS_ERR_SSL_WANT_READ && conn->fed);
  conn->reading = false;

  return result != 0 ? result : MBEDTLS_ERR_SSL_CONN_EOF;
}

static shako_tls_status engine_read(void *ctx, uint8_t *buf, size_t len,
                                    size_t *n) {
  shako__mbedtls_conn *conn = ctx;
  int result;

  if (conn->state == SHAKO__MBEDTLS_CLOSED) {
    return SHAKO_TLS_STATUS_CLOSED;
  }
  if (conn->state != SHAKO__MBEDTLS_OPEN) {
    return SHAKO_TLS_STATUS_FAILED;
  }

  result = read_record(conn, buf, len);
  if (result > 0 && !conn->cut) {
    *n = (size_t)result;
    return SHAKO_TLS_STATUS_OK;
  }
  if (result == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY && !conn->cut) {
    conn->state = SHAKO__MBEDTLS_CLOSED;
    return SHAKO_TLS_STATUS_CLOSED;
  }

  return judge(conn, result);
}

/* Whether application data may still be sent. */
static bool may_write(const shako__mbedtls_conn *conn) {
  return (conn->state == SHAKO__MBEDTLS_OPEN ||
          conn->state == SHAKO__MBEDTLS_CLOSED) &&
         !conn->ended;
}

static shako_tls_status engine_write(void *ctx, const uint8_t *buf, size_t len,
                                     size_t *n) {
  shako__mbedtls_conn *conn = ctx;
  int result;

  if (!may_write(conn)) {
    return SHAKO_TLS_STATUS_FAILED;
  }
  result = mbedtls_ssl_write(&conn->ssl, buf, len);
  if (result <= 0) {
    return shako__mbedtls_fail(conn, result);
  }
  *n = (size_t)result;

  return SHAKO_TLS_STATUS_OK;
}

static shako_tls_status engine_close(void *ctx) {
  shako__mbedtls_conn *conn = ctx;
  int result;

  if (!may_write(conn)) {
    return SHAKO_TLS_STATUS_FAILED;
  }
  result = mbedtls_ssl_close_notify(&conn->ssl);
  if (result != 0) {
    return shako__mbedtls_fail(conn, result);
  }
  conn->ended = true;

  return SHAKO_TLS_STATUS_OK;
}

static void alert(void *ctx, int description) {
  shako__mbedtls_conn *conn = ctx;

  if (conn->state == SHAKO__MBEDTLS_FAILED || conn->ended) {
    return;
  }
  conn->state = SHAKO__MBEDTLS_FAILED;
  conn->alert = description;
  (void)mbedtls_ssl_send_alert_message(
      &conn->ssl, MBEDTLS_SSL_ALERT_LEVEL_FATAL, (unsigned char)description);
}

static void info(const void *ctx, shako_tls_info *info) {
  const shako__mbedtls_conn *conn = ctx;
  shako_tls_info known = {
      .struct_size = sizeof(known),
      .version = conn->version,
      .cipher = conn->cipher,
      .failure = conn->failure,
      .alert = conn->alert,
      .native_error = conn->native_error,
      .group = shako__group_name(conn->group),
  };

  shako__sized_fill(info, info->struct_size, &known, sizeof(known));
}

#if defined(MBEDTLS_SSL_KEYING_MATERIAL_EXPORT)
static bool export_binding(shako__mbedtls_conn *conn, uint8_t *binding) {
  static const char label[] = "EXPORTER-Channel-Binding";

  return mbedtls_ssl_export_keying_material(
             &conn->ssl, binding, SHAKO_CHANNEL_BINDING_SIZE, label,
             sizeof(label) - 1, (const uint8_t *)"", 0, 1) == 0;
}
#else
/* Before mbed TLS 3.6.4. */
static bool export_binding(shako__mbedtls_conn *conn, uint8_t *binding) {
  (void)conn;
  (void)binding;

  return false;
}
#endif

/* RFC 9266.  Of TLS 1.2 mbed TLS does not tell whether it has an extended
   master secret, without which nothing is bound. */
static shako_tls_status channel_binding(void *ctx, uint8_t *binding) {
  shako__mbedtls_conn *conn = ctx;

  return conn->version == 0x0304 && export_binding(conn, binding)
             ? SHAKO_TLS_STATUS_OK
             : SHAKO_TLS_STATUS_FAILED;
}

const shako_tls_engine *shako_mbedtls_engine(void) {
  static const shako_tls_engine engine = {
      .version = SHAKO_TLS_ENGINE_VERSION,
      .name = "mbedtls",
      .conn_size = sizeof(shako__mbedtls_conn),
      .conn_init = conn_init,
      .conn_free = conn_free,
      .set_certificate = set_certificate,
      .handshake = handshake,
      .read = engine_read,
      .write = engine_write,
      .close = engine_close,
      .alert = alert,
      .info = info,
      .inspect = shako__mbedtls_inspect,
      .name_at = shako__mbedtls_name_at,
      .is_signed = shako__mbedtls_is_signed,
      .client_certificate = shako__mbedtls_client_certificate,
      .address_at = shako__mbedtls_address_at,
      .channel_binding = channel_binding,
  };

  return &engine;
}
