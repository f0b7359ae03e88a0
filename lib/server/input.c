#include "server/input.h"

#include <string.h>

#include "base/mem.h"
#include "server/session.h"

/* Less room than this behind the wire's end is worth a move. */
#define ROOM_WORTH_HAVING 2048

/* Inside TLS of ours the text is apart from the wire. */
static bool has_records(const shako_session *session) {
  return session->conn && session->conn->engine && session->conn->agreed;
}

/* TLS may come or is there: the block has its second part. */
static size_t block_size(const shako_session *session) {
  const shako_listener *listener = session->listener;

  return (size_t)listener->recv_buffer_size * (listener->engine ? 2 : 1);
}

/* Whether octets of the peer are of any use now (session.h: nothing is lent
   between a STARTTLS line and the last octet of its 220). */
static bool is_open(const shako_session *session) {
  if (session->eof || session->lost || session->stopping || session->error) {
    return false;
  }
  if (session->switching || session->phase >= SHAKO__PHASE_ENDING) {
    return false;
  }
  if (session->listener->external_tls && session->listener->implicit_tls &&
      !session->secure) {
    return false; /* the first octets are the application's own TLS */
  }
  if (session->phase == SHAKO__PHASE_STARTTLS) {
    return !session->listener->external_tls && !shako__output_pending(session);
  }
  if (session->phase == SHAKO__PHASE_HANDSHAKE) {
    return !session->listener->external_tls;
  }
  return !has_records(session) || !session->conn->over;
}

/* Whether an event may point into the text: that of the last poll(), or the
   question's, so that polling while it is open makes no difference. */
static bool is_pinned(const shako_session *session) {
  return session->event.type != 0 || session->asking;
}

/* Whether the octets on the wire may be moved to the front. */
static bool is_movable(const shako_session *session) {
  return session->input.lent == 0 &&
         (has_records(session) || !is_pinned(session));
}

bool shako__input_room(const shako_session *session) {
  const shako__input *input = &session->input;

  if (!is_open(session)) {
    return false;
  }
  return !input->block || input->lent > 0 || input->end < input->cap ||
         (input->start > 0 && is_movable(session));
}

static bool make_block(shako_session *session) {
  shako__input *input = &session->input;

  if (!input->block) {
    input->cap = session->listener->recv_buffer_size;
    input->block = shako__mem(session)->alloc(block_size(session),
                                              shako__mem(session)->user_data);
  }
  return input->block;
}

/* Moves [*start, *end) of |part| to its front.  What it leaves behind is wiped:
   half a line may be half a password. */
static void move_to_front(uint8_t *part, uint32_t *start, uint32_t *end) {
  uint32_t len = *end - *start;
  uint32_t left = len > *start ? len : *start;

  memmove(part, part + *start, len);
  shako__wipe(part + left, *end - left);
  *start = 0;
  *end = len;
}

uint8_t *shako_session_recv_buf(shako_session *session, size_t *len) {
  shako__input *input = &session->input;

  *len = input->lent;
  if (input->lent > 0) {
    return input->block + input->end; /* the open loan, whatever is wanted */
  }
  if (!shako__input_room(session)) {
    return NULL;
  }
  if (!make_block(session)) {
    shako__fail(session, SHAKO_ERR_NOMEM);
    return NULL;
  }
  if (input->cap - input->end < ROOM_WORTH_HAVING && is_movable(session)) {
    move_to_front(input->block, &input->start, &input->end);
  }
  input->lent = input->cap - input->end;
  *len = input->lent;
  return input->block + input->end;
}

int shako_session_recv_ack(shako_session *session, size_t n) {
  shako__input *input = &session->input;

  if (input->lent == 0) {
    return n == 0 ? 0 : SHAKO_ERR_INVALID_STATE;
  }
  if (n > input->lent) {
    return SHAKO_ERR_INVALID_ARGUMENT;
  }
  input->lent = 0;
  if (session->phase < SHAKO__PHASE_ENDING) {
    input->end += (uint32_t)n;
    session->octets_received += n;
  }
  shako__input_settle(session);
  shako__output_settle(session);
  return 0;
}

size_t shako__input_wire_len(const shako_session *session) {
  return session->input.end - session->input.start;
}

shako_span shako__input_wire(const shako_session *session) {
  const shako__input *input = &session->input;
  shako_span wire = {NULL, 0};

  if (input->block) {
    wire.ptr = input->block + input->start;
    wire.len = input->end - input->start;
  }
  return wire;
}

bool shako__input_may_grow(const shako_session *session) {
  return !session->eof && shako__input_wire_len(session) < session->input.cap;
}

shako_span shako__input_text(const shako_session *session) {
  const shako__input *input = &session->input;
  shako_span text = {NULL, 0};

  if (!has_records(session)) {
    return shako__input_wire(session);
  }
  if (input->block) {
    text.ptr = input->block + input->cap + input->text_start;
    text.len = input->text_end - input->text_start;
  }
  return text;
}

bool shako__input_any(const shako_session *session) {
  return shako__input_text(session).len > 0 ||
         (session->secure && shako__input_wire_len(session) > 0);
}

void shako__input_take(shako_session *session, size_t n) {
  if (has_records(session)) {
    session->input.text_start += (uint32_t)n;
  } else {
    session->input.start += (uint32_t)n;
  }
}

void shako__input_take_secret(shako_session *session, size_t n) {
  shako__wipe((void *)(uintptr_t)shako__input_text(session).ptr, n);
  shako__input_take(session, n);
}

bool shako__input_can_fill(const shako_session *session) {
  const shako__input *input = &session->input;

  if (!has_records(session) || session->conn->over) {
    return false;
  }
  if (session->conn->dry && input->start == input->end && !session->eof) {
    return false;
  }
  return !input->block || input->text_end < input->cap || input->text_start > 0;
}

void shako__input_fill(shako_session *session) {
  shako__input *input = &session->input;
  shako_tls_status status;
  uint8_t *text;
  size_t n = 0;

  if (!make_block(session)) {
    shako__fail(session, SHAKO_ERR_NOMEM);
    return;
  }
  if (session->eof && !shako__output_seal(session)) {
    return; /* the engine may be of no more use after the end of the stream */
  }
  text = input->block + input->cap;
  move_to_front(text, &input->text_start, &input->text_end);
  status = shako__conn_read(session->conn, text + input->text_end,
                            input->cap - input->text_end, &n);
  if (status == SHAKO_TLS_STATUS_OK) {
    input->text_end += (uint32_t)n;
  } else if (status == SHAKO_TLS_STATUS_FAILED) {
    shako__output_drop(session); /* tls.h: no write() after FAILED */
  }
}

bool shako__input_ended(const shako_session *session) {
  return has_records(session) ? session->conn->over : session->eof;
}

void shako__input_wipe(shako_session *session) {
  shako__input *input = &session->input;

  if (!input->block) {
    return;
  }
  shako__wipe(input->block + input->start, input->end - input->start);
  shako__wipe(input->block + input->cap + input->text_start,
              input->text_end - input->text_start);
  input->start = input->end;
  input->text_start = input->text_end;
}

void shako__input_settle(shako_session *session) {
  const shako__input *input = &session->input;

  if (input->lent == 0 && input->start == input->end &&
      input->text_start == input->text_end && !is_pinned(session) &&
      (session->phase >= SHAKO__PHASE_ENDING ||
       !shako__output_pending(session))) {
    shako__input_free(session);
  }
}

void shako__input_free(shako_session *session) {
  shako__input_wipe(session);
  shako__release(shako__mem(session), session->input.block,
                 block_size(session));
  session->input = (shako__input){0};
}

shako_tls_status shako__input_wire_recv(void *ctx, uint8_t *buf, size_t len,
                                        size_t *n) {
  shako_session *session = ctx;
  shako__input *input = &session->input;
  size_t in_hand = input->end - input->start;

  if (in_hand == 0) {
    return session->eof ? SHAKO_TLS_STATUS_CLOSED : SHAKO_TLS_STATUS_WANT_RECV;
  }
  *n = shako__conn_take(session->conn, len < in_hand ? len : in_hand);
  if (*n == 0) {
    return SHAKO_TLS_STATUS_WANT_RECV; /* starttls.c ends it for that */
  }
  memcpy(buf, input->block + input->start, *n);
  input->start += (uint32_t)*n;
  return SHAKO_TLS_STATUS_OK;
}
