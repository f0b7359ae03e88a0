#include <shako/io.h>

#include <string.h>

#include "server/session.h"

int shako_session_push(shako_session *session, const uint8_t *buf, size_t len,
                       size_t *n) {
  uint8_t *room;

  *n = 0;
  if (session->input.lent > 0) {
    return SHAKO_ERR_INVALID_STATE;
  }
  while (len > 0) {
    size_t size;

    room = shako_session_recv_buf(session, &size);
    if (!room) {
      break;
    }
    size = len < size ? len : size;
    memcpy(room, buf, size);
    shako_session_recv_ack(session, size);
    *n += size;
    buf += size;
    len -= size;
  }
  return session->error;
}

/* Sends what it can.  Returns false where the io would block. */
static bool send_some(shako_session *session, const shako_io *io) {
  size_t len;
  size_t n = 0;
  const uint8_t *buf = shako_session_send_buf(session, &len);
  shako_io_status status;

  if (!buf) {
    return true; /* memory ran out: want() has changed */
  }
  status = io->send(io->ctx, buf, len, &n);
  shako_session_send_ack(session, status == SHAKO_IO_OK ? n : 0);
  if (status == SHAKO_IO_AGAIN) {
    return false;
  }
  if (status != SHAKO_IO_OK) {
    shako_session_lost(session);
  }
  return true;
}

/* Receives what there is.  Returns false where the io would block. */
static bool recv_some(shako_session *session, const shako_io *io) {
  size_t len;
  size_t n = 0;
  uint8_t *buf = shako_session_recv_buf(session, &len);
  shako_io_status status;

  if (!buf) {
    return true;
  }
  status = io->recv(io->ctx, buf, len, &n);
  shako_session_recv_ack(session, status == SHAKO_IO_OK ? n : 0);
  switch (status) {
  case SHAKO_IO_OK:
    return true;
  case SHAKO_IO_AGAIN:
    return false;
  case SHAKO_IO_EOF:
    shako_session_recv_eof(session);
    return true;
  case SHAKO_IO_FAILED:
    shako_session_lost(session);
    return true;
  }
  return true;
}

static bool is_time(const shako_session *session, const shako_io *io) {
  shako_time expiry = shako_session_expiry(session);

  return expiry != SHAKO_TIME_NEVER && io->now(io->ctx) >= expiry;
}

unsigned shako_session_drive(shako_session *session, const shako_io *io,
                             const shako_event **event) {
  bool can_send = true;

  for (;;) {
    unsigned want = shako_session_want(session);

    *event = NULL;
    if ((want & SHAKO_WANT_POLL) || is_time(session, io)) {
      *event = shako_session_poll(session, io->now(io->ctx));
      if (*event) {
        return shako_session_want(session);
      }
    } else if ((want & SHAKO_WANT_SEND) && can_send) {
      can_send = send_some(session, io);
    } else if ((want & SHAKO_WANT_ANSWER) || !(want & SHAKO_WANT_RECV)) {
      return want;
    } else if (!recv_some(session, io)) {
      return shako_session_want(session);
    }
  }
}
