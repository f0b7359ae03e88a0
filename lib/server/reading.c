#include "server/session.h"

#include "policy/refusals.h"
#include "smtp/line.h"

/* What the octets in hand are.  Where there is not enough of it in hand, more
   is decrypted from the wire; where no more will come, the session ends. */
typedef enum reading {
  READING_REST,     /* the rest of an over-long line */
  READING_VERDICTS, /* none are read: a message has replies to come (LMTP) */
  READING_CHUNK,    /* of a BDAT that is taken */
  READING_REFUSED,  /* of a BDAT that is refused */
  READING_BODY,     /* the message */
  READING_RESPONSE, /* the client's, to AUTH */
  READING_LINE      /* a command; or a ClientHello, on a port without TLS */
} reading;

static reading reading_of(const shako_session *session) {
  if (session->skipping) {
    return READING_REST;
  }
  if (session->phase == SHAKO__PHASE_VERDICTS) {
    return READING_VERDICTS;
  }
  if (session->phase == SHAKO__PHASE_CHUNK) {
    return READING_CHUNK;
  }
  if (session->swallow > 0) {
    return READING_REFUSED;
  }
  if (session->phase == SHAKO__PHASE_BODY) {
    return READING_BODY;
  }
  return session->phase == SHAKO__PHASE_AUTH ? READING_RESPONSE : READING_LINE;
}

/* Whether |text| is enough of it for a step.  A CR alone may be half of the
   line end that is looked for. */
static bool is_enough(const shako_session *session, reading what,
                      shako_span text) {
  size_t len;

  switch (what) {
  case READING_VERDICTS:
    return true;
  case READING_CHUNK:
    return session->swallow == 0 || text.len > 0;
  case READING_REFUSED:
  case READING_BODY:
    return text.len > 0;
  case READING_REST:
  case READING_RESPONSE:
    return text.len > 1 || (text.len == 1 && text.ptr[0] != '\r');
  case READING_LINE:
    break;
  }
  return text.len >= SHAKO__LINE_MAX || shako__line_find(text, &len) ||
         (!session->secure && shako__text_is_client_hello(text));
}

/* Whether there is a step where what is in hand is not enough. */
static bool can_do_without(const shako_session *session) {
  return shako__input_can_fill(session) || shako__input_ended(session);
}

bool shako__reading_ready(const shako_session *session) {
  return can_do_without(session) ||
         is_enough(session, reading_of(session), shako__input_text(session));
}

/* Drops the rest of an over-long line, which may be AUTH with a password; then
   says what there is to say. */
static void skip_step(shako_session *session, shako_span text) {
  size_t len;

  if (shako__line_find(text, &len)) {
    shako__input_take_secret(session, len + 2);
    session->skipping = false;
    shako__refuse(session, shako__refusal_verdict(session->skipped),
                  session->skip_close);
  } else {
    bool cr = text.ptr[text.len - 1] == '\r';

    shako__input_take_secret(session, text.len - cr);
  }
}

/* Takes a command line, or of one that is too long what may be looked at. */
static void line_step(shako_session *session, shako_span text) {
  shako_span line = text;
  bool whole;

  if (!session->secure && shako__text_is_client_hello(text)) {
    shako__refuse(session,
                  shako__refusal_verdict(SHAKO__REFUSAL_TLS_ON_CLEAR_PORT),
                  true);
    return;
  }
  if (line.len > SHAKO__LINE_MAX) {
    line.len = SHAKO__LINE_MAX;
  }
  whole = shako__line_find(line, &line.len);
  if (shako__command_observe(session, line)) {
    return;
  }
  if (whole) {
    shako__input_take(session, line.len + 2);
  } else {
    session->skipping = true;
  }
  shako__command_take(session, line, !whole);
}

/* The text has ended, or TLS has failed: all that can be answered is. */
static void ended_step(shako_session *session) {
  const shako__conn *conn = session->conn;
  bool failed = session->secure && conn->over &&
                conn->info.failure != SHAKO_TLS_FAILURE_NONE &&
                conn->info.failure != SHAKO_TLS_FAILURE_CUT_OFF;

  shako__end(session, NULL, failed ? "tls-failed" : "cut-off");
}

static void text_step(shako_session *session, reading what, shako_span text) {
  switch (what) {
  case READING_REST:
    skip_step(session, text);
    break;
  case READING_VERDICTS:
    shako__verdicts_step(session);
    break;
  case READING_CHUNK:
    shako__chunk_step(session);
    break;
  case READING_REFUSED:
    shako__swallow_step(session, text);
    break;
  case READING_BODY:
    shako__body_step(session);
    break;
  case READING_RESPONSE:
    shako__auth_step(session, text);
    break;
  case READING_LINE:
    line_step(session, text);
    break;
  }
}

void shako__reading_step(shako_session *session) {
  const reading what = reading_of(session);
  const shako_span text = shako__input_text(session);

  if (!shako__output_reserve(session, SHAKO__REPLY_ROOM)) {
    return;
  }
  if (!can_do_without(session) || is_enough(session, what, text)) {
    text_step(session, what, text);
  } else if (shako__input_can_fill(session)) {
    shako__input_fill(session);
  } else {
    ended_step(session);
  }
}
