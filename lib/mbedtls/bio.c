#include "mbedtls/internal.h"

/*
 * Between mbed TLS and the wire.
 *
 * mbed TLS asks for exactly what the record at hand needs, first its header
 * and then its body, so that no octet behind a record is ever taken from the
 * wire, and a call that sends begins with a record's header.
 *
 * While the handshake goes on, the records that come in are watched for what
 * mbed TLS does not tell:
 * - The first octet that is not a handshake's ends it at once.  A peer that
 *   sends clear text may send less than the header that mbed TLS waits for.
 * - A client that does not like our certificate under TLS 1.3 may say so in
 *   the clear, before it switches to the new keys.  mbed TLS takes that alert
 *   for a damaged record; here it ends the handshake as what it is.
 */

enum { HEADER_SIZE = 5, ALERT_SIZE = 2 };

static bool is_alert(const shako__mbedtls_record *record) {
  return record->octets[0] == MBEDTLS_SSL_MSG_ALERT && record->octets[3] == 0 &&
         record->octets[4] == ALERT_SIZE;
}

/* Takes what |record| still needs to be known from |buf| and returns how much
   that was.  The body of anything but an alert is only counted. */
static size_t take(shako__mbedtls_record *record, const uint8_t *buf,
                   size_t len) {
  if (record->have < HEADER_SIZE) {
    record->octets[record->have++] = buf[0];
    if (record->have == HEADER_SIZE) {
      record->rest = (size_t)record->octets[3] << 8 | record->octets[4];
    }

    return 1;
  }
  if (is_alert(record)) {
    record->octets[record->have++] = buf[0];
    len = 1;
  }
  if (len > record->rest) {
    len = record->rest;
  }
  record->rest -= len;

  return len;
}

/* Returns the error that |record|, an alert all of which is there, means, or
   0 for a warning that mbed TLS may see. */
static int judge_alert(shako__mbedtls_conn *conn) {
  uint8_t level = conn->record.octets[HEADER_SIZE];
  uint8_t description = conn->record.octets[HEADER_SIZE + 1];

  if (description == MBEDTLS_SSL_ALERT_MSG_CLOSE_NOTIFY) {
    return MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY;
  }
  if (level == MBEDTLS_SSL_ALERT_LEVEL_FATAL) {
    conn->peer_alert = description;

    return MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE;
  }

  return 0;
}

/* Watches |len| octets that came in during the handshake.  Returns 0, or the
   error that ends it. */
static int watch(shako__mbedtls_conn *conn, const uint8_t *buf, size_t len) {
  shako__mbedtls_record *record = &conn->record;
  int error = 0;

  while (len > 0 && error == 0) {
    size_t n = take(record, buf, len);

    buf += n;
    len -= n;
    if (record->have >= HEADER_SIZE && record->rest == 0) {
      error = is_alert(record) ? judge_alert(conn) : 0;
      record->have = 0;
    }
  }

  return error;
}

/* Judges |n| octets that the wire gave.  Returns what mbed TLS gets: their
   number or an error. */
static int judge(shako__mbedtls_conn *conn, const uint8_t *buf, size_t n) {
  int error = 0;

  if (!conn->begun) {
    conn->begun = true;
    conn->clear_text = buf[0] != MBEDTLS_SSL_MSG_HANDSHAKE;
  }
  if (conn->clear_text) {
    return MBEDTLS_ERR_SSL_INVALID_RECORD;
  }
  if (conn->state == SHAKO__MBEDTLS_HANDSHAKE) {
    error = watch(conn, buf, n);
  }

  return error != 0 ? error : (int)n;
}

int shako__mbedtls_bio_recv(void *ctx, unsigned char *buf, size_t len) {
  shako__mbedtls_conn *conn = ctx;
  size_t n = 0;

  conn->fed = false;
  conn->alerted = false; /* what more may follow was no fatal alert */
  if (conn->refusals >= SHAKO__MBEDTLS_REFUSALS_MAX) {
    return MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE;
  }

  switch (conn->wire.recv(conn->wire.ctx, buf, len, &n)) {
  case SHAKO_TLS_STATUS_OK:
    conn->fed = true;
    return judge(conn, buf, n);
  case SHAKO_TLS_STATUS_WANT_RECV:
    return MBEDTLS_ERR_SSL_WANT_READ;
  case SHAKO_TLS_STATUS_CLOSED:
    return 0;
  case SHAKO_TLS_STATUS_FAILED:
    break;
  }

  return MBEDTLS_ERR_SSL_INTERNAL_ERROR;
}

/* The description can be read only in the clear. */
static void note_alert(shako__mbedtls_conn *conn, const uint8_t *buf,
                       size_t len) {
  conn->alerted = true;
  if (len == HEADER_SIZE + ALERT_SIZE) {
    conn->alert = buf[HEADER_SIZE + 1];
  }
  if (conn->reading) {
    /* In the middle of reading mbed TLS sends a warning for one reason. */
    conn->refusals++;
  }
}

/* Notes what goes out.  Under the keys of TLS 1.3 all records look the same. */
static void note(shako__mbedtls_conn *conn, const uint8_t *buf, size_t len) {
  switch (buf[0]) {
  case MBEDTLS_SSL_MSG_CHANGE_CIPHER_SPEC:
    conn->sealed = true;
    break;
  case MBEDTLS_SSL_MSG_HANDSHAKE:
    if (!conn->sealed && conn->group == 0) {
      conn->group = shako__mbedtls_group_in(buf, len);
    }
    break;
  case MBEDTLS_SSL_MSG_APPLICATION_DATA:
    conn->hidden = conn->version == MBEDTLS_SSL_VERSION_TLS1_3;
    break;
  case MBEDTLS_SSL_MSG_ALERT:
    note_alert(conn, buf, len);
    break;
  }
}

/* The wire takes all or has no memory.  Nothing is sent after the latter: mbed
   TLS keeps what it could not send and would try again with any alert. */
int shako__mbedtls_bio_send(void *ctx, const unsigned char *buf, size_t len) {
  shako__mbedtls_conn *conn = ctx;

  if (conn->cut) {
    return MBEDTLS_ERR_SSL_ALLOC_FAILED;
  }
  if (conn->wire.send(conn->wire.ctx, buf, len) != SHAKO_TLS_STATUS_OK) {
    conn->cut = true;
    return MBEDTLS_ERR_SSL_ALLOC_FAILED;
  }
  note(conn, buf, len);

  return (int)len;
}
