#include <openssl/proverr.h>

#include "openssl/internal.h"

/*
 * What an error of OpenSSL means.
 *
 * OpenSSL tells the peer by itself, and its alert says what the matter is
 * better than its hundreds of reasons do, which differ between its releases.
 * The table has what no alert tells or where it tells something else.
 */

/* Of OpenSSL 3.2, which may run what was compiled for an earlier one. */
#ifndef SSL_R_RECORD_LAYER_FAILURE
#  define SSL_R_RECORD_LAYER_FAILURE 313
#endif

typedef struct meaning {
  unsigned long native;
  shako_tls_failure failure;
} meaning;

#define OF_TLS(REASON) ERR_PACK(ERR_LIB_SSL, 0, REASON)

#define SHORT_FOR_AES      ERR_PACK(ERR_LIB_PROV, 0, PROV_R_INVALID_AAD)
#define SHORT_FOR_CHACHA20 ERR_PACK(ERR_LIB_PROV, 0, PROV_R_INVALID_DATA)

static const meaning meanings[] = {
    {SHAKO__OPENSSL_CUT_OFF, SHAKO_TLS_FAILURE_CUT_OFF},
    {SHAKO__OPENSSL_NO_MEMORY, SHAKO_TLS_FAILURE_INTERNAL},
    {SHAKO__OPENSSL_RENEGOTIATES, SHAKO_TLS_FAILURE_PROTOCOL},
    /* Of a record, not of a ClientHello. */
    {OF_TLS(SSL_R_WRONG_VERSION_NUMBER), SHAKO_TLS_FAILURE_PROTOCOL},
    /* SSL 3.0 is answered in its own words, which has none for it. */
    {OF_TLS(SSL_R_UNSUPPORTED_PROTOCOL), SHAKO_TLS_FAILURE_NO_SHARED_VERSION},
    {OF_TLS(SSL_R_VERSION_TOO_LOW), SHAKO_TLS_FAILURE_NO_SHARED_VERSION},
    {OF_TLS(SSL_R_BAD_LEGACY_VERSION), SHAKO_TLS_FAILURE_NO_SHARED_VERSION},
    /* OpenSSL ended it without saying why. */
    {OF_TLS(SSL_R_MISSING_FATAL), SHAKO_TLS_FAILURE_INTERNAL},
    /* A record too short for its cipher, under TLS 1.2, which OpenSSL before
       3.2 takes for a fault of its own: of AES and of ChaCha20. */
    {SHORT_FOR_AES, SHAKO_TLS_FAILURE_PROTOCOL},
    {SHORT_FOR_CHACHA20, SHAKO_TLS_FAILURE_PROTOCOL},
};

/* Whether |alert| says that our certificate does not do (RFC 8446 6.2). */
static bool is_about_certificate(int alert) {
  return alert >= SSL_AD_BAD_CERTIFICATE && alert <= SSL_AD_UNKNOWN_CA &&
         alert != SSL_AD_ILLEGAL_PARAMETER;
}

/* Returns what the alert that OpenSSL sent with |native| means. */
static shako_tls_failure judge_alert(const shako__openssl_conn *conn,
                                     unsigned long native, bool open) {
  switch (conn->alert) {
  case -1: /* it could not be sent */
    return ERR_COMMON_ERROR(native) ? SHAKO_TLS_FAILURE_INTERNAL
                                    : SHAKO_TLS_FAILURE_PROTOCOL;
  case SSL_AD_INTERNAL_ERROR:
    return SHAKO_TLS_FAILURE_INTERNAL;
  case SSL_AD_NO_APPLICATION_PROTOCOL:
    return SHAKO_TLS_FAILURE_NO_SHARED_PROTOCOL;
  case SSL_AD_PROTOCOL_VERSION:
    return open ? SHAKO_TLS_FAILURE_PROTOCOL
                : SHAKO_TLS_FAILURE_NO_SHARED_VERSION;
  case SSL_AD_HANDSHAKE_FAILURE:
    if (open) {
      return SHAKO_TLS_FAILURE_PROTOCOL;
    }
    return conn->version != 0 && conn->certificate_count == 0
               ? SHAKO_TLS_FAILURE_NO_CERTIFICATE
               : SHAKO_TLS_FAILURE_NO_SHARED_CIPHER;
  }

  return SHAKO_TLS_FAILURE_PROTOCOL;
}

static shako_tls_failure judge(const shako__openssl_conn *conn,
                               unsigned long native, bool open) {
  size_t i;

  for (i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
    if (meanings[i].native == native) {
      return meanings[i].failure;
    }
  }

  return judge_alert(conn, native, open);
}

/* Whether |error| only says that there was |before|, which says more. */
static bool adds_nothing(unsigned long error, unsigned long before) {
  if (error == OF_TLS(SSL_R_RECORD_LAYER_FAILURE)) {
    return ERR_GET_LIB(before) == ERR_LIB_SSL;
  }

  return error == OF_TLS(ERR_R_INTERNAL_ERROR) &&
         (before == SHORT_FOR_AES || before == SHORT_FOR_CHACHA20);
}

unsigned long shako__openssl_take_error(void) {
  unsigned long found = 0;
  unsigned long error;
  bool no_memory = false;

  /* The last of TLS itself, or the first. */
  while ((error = ERR_get_error()) != 0) {
    no_memory = no_memory || ERR_GET_REASON(error) == ERR_R_MALLOC_FAILURE;
    if (found == 0 ||
        (ERR_GET_LIB(error) == ERR_LIB_SSL && !adds_nothing(error, found))) {
      found = error;
    }
  }

  return no_memory ? SHAKO__OPENSSL_NO_MEMORY : found;
}

void shako__openssl_take_leave(shako__openssl_conn *conn) {
  ERR_clear_error();
  if (!conn->ended && SSL_shutdown(conn->ssl) >= 0) {
    conn->ended = true;
    conn->alert = SSL_AD_CLOSE_NOTIFY;
  }
  ERR_clear_error();
}

shako_tls_status shako__openssl_fail(shako__openssl_conn *conn,
                                     unsigned long native) {
  int reason = ERR_GET_REASON(native);
  bool open = conn->state != SHAKO__OPENSSL_HANDSHAKE;

  conn->state = SHAKO__OPENSSL_FAILED;
  conn->native_error = (int)native;

  if (native == SHAKO__OPENSSL_CLEAR_TEXT && !conn->begun) {
    conn->failure = SHAKO_TLS_FAILURE_NOT_TLS; /* and not a word to it */
  } else if (conn->stop == SHAKO__OPENSSL_NO_MEMORY) {
    conn->failure = SHAKO_TLS_FAILURE_INTERNAL;
    conn->alert = -1; /* whatever OpenSSL believes to have sent */
  } else if (ERR_GET_LIB(native) == ERR_LIB_SSL &&
             reason >= SSL_AD_REASON_OFFSET &&
             reason < SSL_AD_REASON_OFFSET + 256) {
    conn->alert = reason - SSL_AD_REASON_OFFSET;
    conn->failure = is_about_certificate(conn->alert)
                        ? SHAKO_TLS_FAILURE_CERTIFICATE_REFUSED
                        : SHAKO_TLS_FAILURE_PEER_ALERT;
  } else {
    conn->failure = judge(conn, native, open);
    if (native == SHAKO__OPENSSL_RENEGOTIATES) {
      shako__openssl_take_leave(conn);
    }
  }

  return SHAKO_TLS_STATUS_FAILED;
}
