#include <string.h>

#include "session_run.h"

static shako_io_status io_recv(void *ctx, uint8_t *buf, size_t len, size_t *n) {
  run *r = ctx;

  r->recv_blocks = !r->recv_blocks;
  if (r->recv_blocks) {
    return SHAKO_IO_AGAIN;
  }
  if (r->eof) {
    return SHAKO_IO_EOF;
  }
  *n = run_next_piece(r, len);
  if (*n == 0) {
    return SHAKO_IO_AGAIN;
  }
  memcpy(buf, r->peer.wire.ptr + r->peer.sent, *n);
  run_was_sent(r, *n);
  return SHAKO_IO_OK;
}

static shako_io_status io_send(void *ctx, const uint8_t *buf, size_t len,
                               size_t *n) {
  run *r = ctx;
  size_t most = r->settings->send_size;

  r->send_blocks = !r->send_blocks;
  if (r->send_blocks && r->settings->send_late) {
    return SHAKO_IO_AGAIN;
  }
  *n = most == 0 || len < most ? len : most;
  octets_add(&r->wire, buf, *n);
  return SHAKO_IO_OK;
}

static shako_time io_now(void *ctx) {
  return ((run *)ctx)->now;
}

/* drive() came to rest without an event. */
static void drive_on(run *r, unsigned want) {
  size_t left = peer_left(&r->peer);

  HOLDS(r, !(want & SHAKO_WANT_POLL), "drive() does not poll");
  if (run_answer_in_time(r) || (want & SHAKO_WANT_SEND)) {
    return;
  }
  if (r->question != 0 || (left > 0 && !r->eof && (want & SHAKO_WANT_RECV))) {
    return;
  }
  run_go_on(r);
}

void run_drive(run *r) {
  const shako_io io = {sizeof(io), r, io_recv, io_send, io_now};
  const shako_event *event;
  bool had_question;
  unsigned want;

  run_begin_step(r);
  had_question = r->question != 0;
  run_let_go(r);
  want = shako_session_drive(r->session, &io, &event);
  HOLDS(r, want == run_want(r), "drive() returns another want()");
  if (had_question && !(want & SHAKO_WANT_ANSWER)) {
    run_question_gone(r);
  }
  if (event) {
    run_take_event(r, event);
  } else if (!run_is_over(r)) {
    drive_on(r, want);
  }
}
