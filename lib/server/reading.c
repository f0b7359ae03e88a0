#include "server/session.h"

#include "policy/refusals.h"
#include "smtp/line.h"

/*
 * What the octets in hand are, by the first of these that holds:
 *
 *   skipping       the rest of an over-long line
 *   swallow > 0    what a refused BDAT announced
 *   phase CHUNK    octets of a BDAT that is taken
 *   phase BODY     the message
 *   phase AUTH     a response of the client
 *   else           a command line; or a ClientHello, on a port without TLS
 *
 * Where there is not enough of it in hand, more is decrypted from the wire;
 * where no more will come, the session ends.
 */

/* Whether there is something to skip: a CR may be half of a line end. */
static bool can_skip(shako_span text) {
  return text.len > 1 || (text.len == 1 && text.ptr[0] != '\r');
}

/* Whether nothing of a BDAT is left to come. */
static bool is_chunk_over(const shako_session *session) {
  return session->phase == SHAKO__PHASE_CHUNK && session->swallow == 0;
}

bool shako__reading_ready(const shako_session *session) {
  shako_span text = shako__input_text(session);
  size_t len;

  if (session->phase == SHAKO__PHASE_VERDICTS || is_chunk_over(session)) {
    return true;
  }
  if (shako__input_can_fill(session) || shako__input_ended(session)) {
    return true;
  }
  if (session->phase == SHAKO__PHASE_BODY || session->swallow > 0) {
    return text.len > 0;
  }
  if (session->skipping || session->phase == SHAKO__PHASE_AUTH) {
    return can_skip(text);
  }
  return text.len >= SHAKO__LINE_MAX || shako__line_find(text, &len) ||
         (!session->secure && shako__text_is_client_hello(text));
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

/* Takes a command line, if there is a whole one.  Returns whether it was. */
static bool line_step(shako_session *session, shako_span text) {
  shako_span head = text;
  size_t len;

  if (!session->secure && shako__text_is_client_hello(text)) {
    shako__refuse(session,
                  shako__refusal_verdict(SHAKO__REFUSAL_TLS_ON_CLEAR_PORT),
                  true);
    return true;
  }
  if (head.len > SHAKO__LINE_MAX) {
    head.len = SHAKO__LINE_MAX;
  }
  if (shako__line_find(head, &len)) {
    head.len = len;
    if (shako__command_observe(session, head)) {
      return true;
    }
    shako__input_take(session, len + 2);
    shako__command_take(session, head, false);
    return true;
  }
  if (head.len == SHAKO__LINE_MAX) {
    if (shako__command_observe(session, head)) {
      return true;
    }
    session->skipping = true;
    shako__command_take(session, head, true);
    return true;
  }
  return false;
}

/* The text has ended, or TLS has failed: all that can be answered is. */
static void ended_step(shako_session *session) {
  const shako__conn *conn = session->conn;
  bool failed = session->secure && conn->over &&
                conn->info.failure != SHAKO_TLS_FAILURE_NONE &&
                conn->info.failure != SHAKO_TLS_FAILURE_CUT_OFF;

  shako__end(session, NULL, failed ? "tls-failed" : "cut-off");
}

static bool text_step(shako_session *session) {
  shako_span text = shako__input_text(session);

  if (session->skipping && can_skip(text)) {
    skip_step(session, text);
    return true;
  }
  if (session->phase == SHAKO__PHASE_VERDICTS) {
    shako__verdicts_step(session);
    return true;
  }
  if (is_chunk_over(session) ||
      (session->phase == SHAKO__PHASE_CHUNK && text.len > 0)) {
    shako__chunk_step(session);
    return true;
  }
  if (session->swallow > 0 && text.len > 0) {
    shako__swallow_step(session, text);
    return true;
  }
  if (session->phase == SHAKO__PHASE_BODY && text.len > 0) {
    shako__body_step(session);
    return true;
  }
  if (session->phase == SHAKO__PHASE_AUTH && can_skip(text)) {
    shako__auth_step(session, text);
    return true;
  }
  return !session->skipping && session->swallow == 0 &&
         session->phase != SHAKO__PHASE_BODY &&
         session->phase != SHAKO__PHASE_AUTH && line_step(session, text);
}

void shako__reading_step(shako_session *session) {
  if (!shako__output_reserve(session, SHAKO__REPLY_ROOM)) {
    return;
  }
  if (text_step(session)) {
    return;
  }
  if (shako__input_can_fill(session)) {
    shako__input_fill(session);
  } else {
    ended_step(session);
  }
}
