#include <string.h>

#include "base/mem.h"
#include "policy/refusals.h"
#include "server/verbs.h"
#include "smtp/param.h"

/*
 * BDAT (RFC 3030 2), from its line to its reply:
 *
 *   refused    phase as before, |swallow|: its octets are dropped, then the
 *              refusal is said, of a LAST on LMTP to each recipient (RFC 2033
 *              4.3): phase VERDICTS.  Without a number there is no way on: the
 *              end
 *   first      DATA is asked.  A no is put off until the octets are dropped,
 *              and the transaction is over: what follows is not its message
 *   taken      phase CHUNK: BODY events, then 250, or MESSAGE behind LAST
 *   between    phase CHUNKS: nothing of the message is in the stream
 */

/* The message is lost; of its replies |verdicts| are owed. */
static void lose_message(shako_session *session, bool last,
                         const char *reason) {
  session->verdicts = session->listener->lmtp && last ? session->recipients : 1;
  shako__reset(session, reason);
}

bool shako__chunk_refuse(shako_session *session, const shako_verdict *refusal,
                         shako_span argument) {
  shako__refusal why = shako__refusal_of(refusal);
  uint64_t limit = shako__policy(session)->max_message_size;
  bool last;

  if (!shako__bdat_read(argument, &session->swallow, &last)) {
    return false;
  }
  session->verdicts = session->swallow > 0;
  if (why == SHAKO__REFUSAL_MESSAGE_TOO_BIG) {
    lose_message(session, last, refusal->reason);
  }
  session->skipped = (uint8_t)why;
  if (limit != 0 && session->swallow > limit) {
    session->swallow = limit;
    session->skipped = SHAKO__REFUSAL_CHUNK_TOO_BIG;
  }
  return true;
}

void shako__put_off_free(shako_session *session) {
  shako__extra *extra = session->extra;

  if (extra && extra->put_off) {
    shako__release(shako__mem(session), extra->put_off, extra->put_off->size);
    extra->put_off = NULL;
  }
}

bool shako__chunk_put_off(shako_session *session, int code,
                          const char *enhanced, const char *text) {
  size_t size = sizeof(shako__put_off) + strlen(text) + 1;
  shako__extra *extra = shako__need_extra(session);
  shako__put_off *put_off =
      extra ? shako__alloc(shako__mem(session), size) : NULL;

  if (!put_off) {
    shako__fail(session, SHAKO_ERR_NOMEM);
    return false;
  }
  put_off->size = size;
  put_off->code = code;
  if (enhanced) {
    put_off->has_enhanced = true;
    memcpy(put_off->enhanced, enhanced, strlen(enhanced) + 1);
  }
  memcpy(put_off->text, text, strlen(text) + 1);
  extra->put_off = put_off;
  return true;
}

bool shako__put_off_say(shako_session *session) {
  const shako__put_off *put_off =
      session->extra ? session->extra->put_off : NULL;
  const char *enhanced;

  if (!put_off) {
    return false;
  }
  enhanced = put_off->has_enhanced ? put_off->enhanced : NULL;
  if (shako__output_reserve(session,
                            shako__say_room(enhanced, put_off->text))) {
    shako__say(session, put_off->code, enhanced, put_off->text);
  }
  return true;
}

/* Drops the octets of a refused BDAT; then says what there is to say. */
void shako__swallow_step(shako_session *session, shako_span text) {
  size_t n = text.len < session->swallow ? text.len : (size_t)session->swallow;

  shako__input_take(session, n);
  session->swallow -= n;
  session->active = session->now;
  if (session->swallow > 0) {
    return;
  }
  if (!session->extra || !session->extra->put_off) {
    shako__refuse(session, shako__refusal_verdict(session->skipped), false);
    session->verdicts--;
  }
  if (session->verdicts > 0 && session->phase < SHAKO__PHASE_ENDING) {
    session->phase = SHAKO__PHASE_VERDICTS;
  }
}

/* Whether |size| octets more are more than the policy takes. */
static bool is_too_big(const shako_session *session, uint64_t size) {
  uint64_t limit = shako__policy(session)->max_message_size;
  uint64_t so_far = session->chunked ? session->message_size : 0;

  return limit != 0 && (so_far > limit || size > limit - so_far);
}

/* Judges its phase too, for where BDAT is not offered that does not matter. */
const shako_verdict *shako__parse_bdat(shako_session *session,
                                       shako_span argument) {
  uint32_t max = shako__policy(session)->max_chunks;
  uint64_t size;
  bool last;

  if (!shako__bdat_read(argument, &size, &last)) {
    return shako__refusal_verdict(SHAKO__REFUSAL_BAD_PARAMETER);
  }
  if (!(session->listener->offers & SHAKO_OFFER_CHUNKING) ||
      session->home != SHAKO__PHASE_EHLO) {
    return shako__refusal_verdict(SHAKO__REFUSAL_NOT_IMPLEMENTED);
  }
  if (session->phase != SHAKO__PHASE_RCPT &&
      session->phase != SHAKO__PHASE_CHUNKS) {
    return shako__refusal_verdict(SHAKO__REFUSAL_BAD_SEQUENCE);
  }
  if (max != 0 && session->chunked && session->chunks >= max) {
    return shako__refusal_verdict(SHAKO__REFUSAL_TOO_MANY_CHUNKS);
  }
  if (is_too_big(session, size)) {
    return shako__refusal_verdict(SHAKO__REFUSAL_MESSAGE_TOO_BIG);
  }
  session->swallow = size;
  session->chunk_last = last;
  return NULL;
}

void shako__act_bdat(shako_session *session) {
  if (session->chunked) {
    session->chunks++;
    session->phase = SHAKO__PHASE_CHUNK;
  } else {
    session->chunked = true;
    session->chunks = 1;
    shako__ask(session, SHAKO_EVENT_DATA);
  }
}

void shako__answered_chunk(shako_session *session, bool yes) {
  if (yes) {
    session->phase = SHAKO__PHASE_CHUNK;
    return;
  }
  lose_message(session, session->chunk_last, "application");
  if (session->swallow == 0) {
    session->phase = SHAKO__PHASE_VERDICTS;
  }
}

/* The octets of a BDAT are past. */
static void finish_chunk(shako_session *session) {
  if (session->chunk_last) {
    shako__body_note_end(&session->body);
    shako__message_finish(session);
  } else {
    session->phase = SHAKO__PHASE_CHUNKS;
    shako__say(session, 250, "2.0.0", "Ok");
  }
}

void shako__chunk_step(shako_session *session) {
  shako_span text = shako__input_text(session);

  session->active = session->now;
  if (session->swallow == 0) {
    finish_chunk(session);
    return;
  }
  if (text.len > session->swallow) {
    text.len = (size_t)session->swallow;
  }
  shako__body_note(&session->body, text);
  shako__input_take(session, text.len);
  session->swallow -= text.len;
  session->message_size += text.len;
  shako__emit(session, SHAKO_EVENT_BODY);
  session->event.u.body = text;
}
