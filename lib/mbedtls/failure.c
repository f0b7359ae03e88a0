#include <mbedtls/threading.h>

#include "mbedtls/internal.h"

/*
 * What an error of mbed TLS means, and whether the peer was told: mbed TLS
 * sends an alert with some errors and not with others.  Where alerts are not
 * hidden, what it did was seen (|alerted|).  Where they are, the table says
 * what it does: a second alert would do no harm, and none leaves the peer
 * waiting.
 */

#define NO_ALERT (-1)

typedef enum telling {
  NEVER,        /* mbed TLS sends no alert with this error */
  IN_HANDSHAKE, /* ... one, but only while the handshake lasts */
  ALWAYS
} telling;

typedef struct meaning {
  int native;
  shako_tls_failure failure;
  int alert; /* what the peer is told (RFC 8446 6), or NO_ALERT */
  telling told;
} meaning;

static const meaning meanings[] = {
    {MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION, SHAKO_TLS_FAILURE_NO_SHARED_VERSION,
     MBEDTLS_SSL_ALERT_MSG_PROTOCOL_VERSION, IN_HANDSHAKE},
    {MBEDTLS_ERR_SSL_HANDSHAKE_FAILURE, SHAKO_TLS_FAILURE_NO_SHARED_CIPHER,
     MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE, IN_HANDSHAKE},
    {MBEDTLS_ERR_SSL_NO_APPLICATION_PROTOCOL,
     SHAKO_TLS_FAILURE_NO_SHARED_PROTOCOL,
     MBEDTLS_SSL_ALERT_MSG_NO_APPLICATION_PROTOCOL, IN_HANDSHAKE},
    {MBEDTLS_ERR_SSL_PRIVATE_KEY_REQUIRED, SHAKO_TLS_FAILURE_NO_CERTIFICATE,
     MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE, NEVER},
    {MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE, SHAKO_TLS_FAILURE_PEER_ALERT,
     NO_ALERT, NEVER},
    {MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY, SHAKO_TLS_FAILURE_PEER_ALERT, NO_ALERT,
     NEVER},
    {MBEDTLS_ERR_SSL_CONN_EOF, SHAKO_TLS_FAILURE_CUT_OFF, NO_ALERT, NEVER},
    {MBEDTLS_ERR_SSL_INVALID_RECORD, SHAKO_TLS_FAILURE_PROTOCOL,
     MBEDTLS_SSL_ALERT_MSG_UNEXPECTED_MESSAGE, NEVER},
    {MBEDTLS_ERR_SSL_INVALID_MAC, SHAKO_TLS_FAILURE_PROTOCOL,
     MBEDTLS_SSL_ALERT_MSG_BAD_RECORD_MAC, ALWAYS},
    {MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE, SHAKO_TLS_FAILURE_PROTOCOL,
     MBEDTLS_SSL_ALERT_MSG_UNEXPECTED_MESSAGE, IN_HANDSHAKE},
    {MBEDTLS_ERR_SSL_ILLEGAL_PARAMETER, SHAKO_TLS_FAILURE_PROTOCOL,
     MBEDTLS_SSL_ALERT_MSG_ILLEGAL_PARAMETER, IN_HANDSHAKE},
    {MBEDTLS_ERR_SSL_DECODE_ERROR, SHAKO_TLS_FAILURE_PROTOCOL,
     MBEDTLS_SSL_ALERT_MSG_DECODE_ERROR, IN_HANDSHAKE},
    {MBEDTLS_ERR_SSL_UNSUPPORTED_EXTENSION, SHAKO_TLS_FAILURE_PROTOCOL,
     MBEDTLS_SSL_ALERT_MSG_UNSUPPORTED_EXT, IN_HANDSHAKE},
    /* A point that is not on its curve. */
    {MBEDTLS_ERR_SSL_BAD_INPUT_DATA, SHAKO_TLS_FAILURE_PROTOCOL,
     MBEDTLS_SSL_ALERT_MSG_ILLEGAL_PARAMETER, NEVER},
/* A client that does not have the key of its certificate, in TLS 1.2. */
#if defined(MBEDTLS_ERR_ECP_VERIFY_FAILED)
    {MBEDTLS_ERR_ECP_VERIFY_FAILED, SHAKO_TLS_FAILURE_PROTOCOL,
     MBEDTLS_SSL_ALERT_MSG_DECRYPT_ERROR, NEVER},
#endif
#if defined(MBEDTLS_ERR_ECP_SIG_LEN_MISMATCH)
    {MBEDTLS_ERR_ECP_SIG_LEN_MISMATCH, SHAKO_TLS_FAILURE_PROTOCOL,
     MBEDTLS_SSL_ALERT_MSG_DECRYPT_ERROR, NEVER},
#endif
#if defined(MBEDTLS_ERR_RSA_VERIFY_FAILED)
    {MBEDTLS_ERR_RSA_VERIFY_FAILED, SHAKO_TLS_FAILURE_PROTOCOL,
     MBEDTLS_SSL_ALERT_MSG_DECRYPT_ERROR, NEVER},
    {MBEDTLS_ERR_RSA_INVALID_PADDING, SHAKO_TLS_FAILURE_PROTOCOL,
     MBEDTLS_SSL_ALERT_MSG_DECRYPT_ERROR, NEVER},
#endif
    /* All others: memory, random numbers, and whatever else. */
    {0, SHAKO_TLS_FAILURE_INTERNAL, MBEDTLS_SSL_ALERT_MSG_INTERNAL_ERROR,
     NEVER},
};

/* Returns the meaning of |native|, to whose high-level code mbed TLS 3 may
   have added a low-level one of less than 0x80. */
static const meaning *look_up(int native) {
  int high = -(-native & 0xff80);
  const meaning *row = meanings;

  while (row->native != 0 && row->native != native && row->native != high) {
    row++;
  }

  return row;
}

/* Whether |native| says that a client's certificate cannot be read. */
static bool is_unreadable(int native) {
  int high = -native & 0xff80;

  return high >= -MBEDTLS_ERR_X509_FEATURE_UNAVAILABLE &&
         high <= -MBEDTLS_ERR_X509_BAD_INPUT_DATA;
}

/* Returns the meaning of |native| in the state that |conn| is in. */
static const meaning *find(const shako__mbedtls_conn *conn, int native) {
  static const meaning unreadable = {0, SHAKO_TLS_FAILURE_PROTOCOL,
                                     MBEDTLS_SSL_ALERT_MSG_BAD_CERT,
                                     IN_HANDSHAKE};
  static const meaning unproved = {0, SHAKO_TLS_FAILURE_PROTOCOL,
                                   MBEDTLS_SSL_ALERT_MSG_DECRYPT_ERROR,
                                   IN_HANDSHAKE};

  if (conn->ask_client && is_unreadable(native)) {
    return &unreadable;
  }
  /* TLS 1.3: the ciphers are agreed, and it is the proof of the key. */
  if (conn->ask_client && conn->hidden &&
      native == MBEDTLS_ERR_SSL_HANDSHAKE_FAILURE) {
    return &unproved;
  }

  return look_up(native);
}

/* Whether |alert| says that our certificate does not do (RFC 8446 6.2). */
static bool is_about_certificate(int alert) {
  return alert >= MBEDTLS_SSL_ALERT_MSG_BAD_CERT &&
         alert <= MBEDTLS_SSL_ALERT_MSG_UNKNOWN_CA &&
         alert != MBEDTLS_SSL_ALERT_MSG_ILLEGAL_PARAMETER;
}

/* Returns the alert with which the peer ended the connection. */
static int received_alert(const shako__mbedtls_conn *conn) {
  if (conn->native_error == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY) {
    return MBEDTLS_SSL_ALERT_MSG_CLOSE_NOTIFY;
  }
  if (conn->peer_alert >= 0) {
    return conn->peer_alert;
  }
#if MBEDTLS_VERSION_NUMBER >= 0x04010000
  return mbedtls_ssl_get_fatal_alert(&conn->ssl);
#else
  /* Of an encrypted alert no function tells.  The record with which it ended
     is still there. */
  return conn->ssl.MBEDTLS_PRIVATE(in_msg)[1];
#endif
}

/* Tells the peer what went wrong, unless it knows. */
static void tell(shako__mbedtls_conn *conn, const meaning *row, bool open) {
  bool told = conn->alerted;

  if (conn->hidden) {
    told = row->told == ALWAYS || (row->told == IN_HANDSHAKE && !open);
  }

  if (conn->alert < 0) {
    conn->alert = row->alert;
  }
  if (!told && !conn->ended && row->alert != NO_ALERT) {
    conn->alert = row->alert;
    (void)mbedtls_ssl_send_alert_message(
        &conn->ssl, MBEDTLS_SSL_ALERT_LEVEL_FATAL, (unsigned char)row->alert);
  }
}

/* Has an RSA key blinded anew.  Where memory ran out while mbed TLS 3 renewed
   the two values for that, which all connections share, they no longer belong
   together, and the key would sign wrongly for ever.  It may be that only the
   client notices: TLS 1.3 tries the next algorithm where one fails. */
static void renew_blinding(const shako__mbedtls_certificate *certificate) {
#if MBEDTLS_VERSION_NUMBER < 0x04000000
  mbedtls_rsa_context *rsa;

  if (mbedtls_pk_get_type(&certificate->key) != MBEDTLS_PK_RSA) {
    return;
  }
  rsa = mbedtls_pk_rsa(certificate->key);
#  if defined(MBEDTLS_THREADING_C)
  if (mbedtls_mutex_lock(&rsa->MBEDTLS_PRIVATE(mutex)) != 0) {
    return;
  }
#  endif
  mbedtls_mpi_free(&rsa->MBEDTLS_PRIVATE(Vi));
  mbedtls_mpi_free(&rsa->MBEDTLS_PRIVATE(Vf));
#  if defined(MBEDTLS_THREADING_C)
  (void)mbedtls_mutex_unlock(&rsa->MBEDTLS_PRIVATE(mutex));
#  endif
#else
  (void)certificate;
#endif
}

static void renew_all_blinding(const shako__mbedtls_conn *conn) {
  for (size_t i = 0; i < conn->certificate_count; i++) {
    renew_blinding(conn->certificates[i]);
  }
}

shako_tls_status shako__mbedtls_fail(shako__mbedtls_conn *conn, int native) {
  const meaning *row = find(conn, native);
  bool open = conn->state != SHAKO__MBEDTLS_HANDSHAKE;

  if (!open) {
    renew_all_blinding(conn);
  }
  conn->state = SHAKO__MBEDTLS_FAILED;
  conn->native_error = native;
  conn->failure = row->failure;

  if (conn->clear_text) {
    conn->failure = SHAKO_TLS_FAILURE_NOT_TLS; /* and not a word to it */
  } else if (row->failure == SHAKO_TLS_FAILURE_PEER_ALERT) {
    conn->alert = received_alert(conn);
    if (is_about_certificate(conn->alert)) {
      conn->failure = SHAKO_TLS_FAILURE_CERTIFICATE_REFUSED;
    }
  } else if (!conn->cut) {
    tell(conn, row, open);
  }

  return SHAKO_TLS_STATUS_FAILED;
}
