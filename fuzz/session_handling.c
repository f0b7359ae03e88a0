#include <string.h>

#include "session_run.h"

/* Sending. */

/* Borrows what there is to send and checks it against what was lent. */
void run_look(run *r) {
  size_t len;
  const uint8_t *at = shako_session_send_buf(r->session, &len);
  unsigned want = run_want(r);

  HOLDS(r, (at != NULL) == ((want & SHAKO_WANT_SEND) != 0),
        "send_buf() and SEND do not agree");
  HOLDS(r, at ? len > 0 : len == 0, "a loan of no octets");
  HOLDS(r, len >= r->lent.len || (!at && r->lost), "a loan became shorter");
  HOLDS(r, !at || r->lent.len == 0 || !memcmp(at, r->lent.ptr, r->lent.len),
        "octets that were lent have changed");
  if (!at) {
    r->is_lent = false;
    octets_clear(&r->lent);
    return;
  }
  octets_add(&r->lent, at + r->lent.len, len - r->lent.len);
  r->is_lent = true;
}

static void ack_sent(run *r) {
  size_t most = r->settings->send_size;
  size_t n = most == 0 || r->lent.len < most ? r->lent.len : most;

  HOLDS(r,
        shako_session_send_ack(r->session, r->lent.len + 1) ==
            SHAKO_ERR_INVALID_ARGUMENT,
        "send_ack() of more than was lent");
  HOLDS(r, shako_session_send_ack(r->session, n) == 0, "send_ack()");
  octets_add(&r->wire, r->lent.ptr, n);
  r->is_lent = false;
  octets_clear(&r->lent);
  HOLDS(r, shako_session_send_ack(r->session, 1) == SHAKO_ERR_INVALID_STATE,
        "send_ack() without a loan");
}

/* Lends in one step and acks in another, where there are turns. */
bool run_send(run *r) {
  if (r->is_lent) {
    ack_sent(r);
    return true;
  }
  if (!(run_want(r) & SHAKO_WANT_SEND)) {
    return false;
  }
  run_look(r);
  if (r->is_lent && r->settings->order != SETTINGS_ORDER_TURNS) {
    ack_sent(r);
  }
  return true;
}

/* Receiving. */

static bool borrow(run *r) {
  unsigned want = run_want(r);

  if (r->loan) {
    return true;
  }
  r->loan = shako_session_recv_buf(r->session, &r->loan_len);
  HOLDS(r,
        (r->loan != NULL) == ((want & SHAKO_WANT_RECV) != 0) ||
            (!r->loan && r->memory.failed),
        "recv_buf() and RECV do not agree");
  HOLDS(r, !r->loan || r->loan_len > 0, "a loan of no room");
  return r->loan;
}

static void ack_received(run *r, size_t n) {
  HOLDS(r,
        shako_session_recv_ack(r->session, r->loan_len + 1) ==
            SHAKO_ERR_INVALID_ARGUMENT,
        "recv_ack() of more than was lent");
  HOLDS(r, shako_session_recv_ack(r->session, n) == 0, "recv_ack()");
  r->loan = NULL;
  HOLDS(r, shako_session_recv_ack(r->session, 1) == SHAKO_ERR_INVALID_STATE,
        "recv_ack() without a loan");
}

void run_give_back(run *r) {
  if (r->loan) {
    ack_received(r, 0);
  }
}

/* How many octets the peer sends now, if there is room for |room|. */
size_t run_next_piece(const run *r, size_t room) {
  size_t left = peer_left(&r->peer);
  size_t n = r->settings->piece;

  n = n == 0 || n > left ? left : n;
  return n < room ? n : room;
}

/* The peer has sent |n| octets. */
void run_was_sent(run *r, size_t n) {
  peer *p = &r->peer;
  const uint8_t *at = p->wire.ptr + p->sent;

  if (!r->switched) {
    octets_add(&r->clear_text, at, n);
  } else if (!p->in_tls) {
    r->muddled = true; /* it does not know that there is TLS */
    if (r->external_done) {
      octets_add(&p->inner, at, n);
    }
  }
  p->sent += n;
  r->now += r->settings->tick;
}

void run_end_stream(run *r) {
  HOLDS(r, shako_session_recv_eof(r->session) == 0, "recv_eof()");
  r->eof = true;
}

void run_end_at_once(run *r) {
  if (r->settings->ending == SETTINGS_ENDING_EOF_AT_ONCE && !r->eof &&
      peer_left(&r->peer) == 0 && !r->peer.waits) {
    run_end_stream(r);
  }
}

static void push(run *r) {
  size_t n = 0;
  int error = shako_session_push(r->session, r->peer.wire.ptr + r->peer.sent,
                                 run_next_piece(r, SIZE_MAX), &n);

  HOLDS(r, error == 0 || r->memory.failed, "push()");
  HOLDS(r, n <= run_next_piece(r, SIZE_MAX), "push() took too much");
  run_was_sent(r, n);
}

bool run_receive(run *r) {
  if (r->settings->handling == SETTINGS_HANDLING_HELD && !r->loan &&
      (run_want(r) & SHAKO_WANT_RECV)) {
    borrow(r);
  }
  if (peer_left(&r->peer) == 0 || r->eof) {
    return false;
  }
  if (!r->loan && !(run_want(r) & SHAKO_WANT_RECV)) {
    return false;
  }
  if (r->settings->handling == SETTINGS_HANDLING_PUSH) {
    push(r);
  } else if (borrow(r)) {
    size_t n = run_next_piece(r, r->loan_len);

    memcpy(r->loan, r->peer.wire.ptr + r->peer.sent, n);
    ack_received(r, n);
    run_was_sent(r, n);
  }
  run_end_at_once(r);
  return true;
}

/* A loan given back unused changes nothing. */
void run_check_room(run *r) {
  unsigned want = run_want(r);
  size_t len;

  if (r->settings->handling != SETTINGS_HANDLING_LOANS || r->memory.fail_at ||
      r->steps % 4 != 1) {
    return;
  }
  if (!borrow(r)) {
    HOLDS(r, !shako_session_recv_buf(r->session, &len) && len == 0,
          "room where there was none");
    return;
  }
  HOLDS(r,
        shako_session_recv_buf(r->session, &len) == r->loan &&
            len == r->loan_len,
        "asked again recv_buf() gives another loan");
  ack_received(r, 0);
  HOLDS(r, run_want(r) == want, "a loan given back unused changes want()");
}
