#include "server/session.h"

#include "policy/refusals.h"
#include "smtp/reply.h"

/* How long the last replies may take to be sent, in milliseconds. */
#define DRAIN_TIMEOUT 30000

/* The least that a proxy has for its header (PROXY protocol 2), likewise. */
#define PROXY_TIMEOUT_MIN 3000

/* How a session ends that a fatal error ends. */
static const char *reason_of(int error) {
  switch (error) {
  case SHAKO_ERR_NOMEM:
    return "no-memory";
  case SHAKO_ERR_TLS:
    return "tls-error";
  }
  return "internal-error";
}

void shako__end(shako_session *session, const shako_verdict *words,
                const char *how) {
  if (session->phase >= SHAKO__PHASE_ENDING) {
    return;
  }
  if (words && words->code != 0 && !session->stopping &&
      shako__can_speak(session)) {
    shako__say(session, words->code, words->enhanced, words->text);
  }
  if (session->conn) {
    if (session->conn->info.failure == SHAKO_TLS_FAILURE_NONE) {
      shako__output_seal(session);
    }
    shako__output_drop(session);
    shako__record_handshake_end(session);
    shako__conn_end(session->conn);
  }
  /* Also where the last words could not be sealed. */
  session->how = session->error ? reason_of(session->error) : how;
  session->phase = SHAKO__PHASE_ENDING;
  session->active = session->now;
  session->asking = false;
  session->answer = SHAKO__ANSWER_NONE;
  session->swallow = 0;
  shako__input_wipe(session);
  shako__auth_free(session);
  if (session->transaction) {
    session->owed_reset = session->how;
    session->transaction = false;
  }
}

/* The output is sent: the last event. */
void shako__close_step(shako_session *session) {
  shako__emit(session, SHAKO_EVENT_CLOSED);
  session->event.u.closed.how = session->how;
  session->event.u.closed.error = session->error;
  session->phase = SHAKO__PHASE_CLOSED;
  shako__depart(session);
}

/*
 * Time.  What a connection, a handshake, an answer and the last replies may
 * take is counted whatever happens.  How long the peer may be idle and how slow
 * its message may be is counted only while the session waits for the peer: not
 * while poll() would do or return something, nor for a question.
 */

static shako_time later(shako_time from, uint64_t span) {
  return span > SHAKO_TIME_NEVER - from ? SHAKO_TIME_NEVER : from + span;
}

static shako_time after(shako_time from, uint32_t limit) {
  return limit == 0 ? SHAKO_TIME_NEVER : later(from, limit);
}

static shako_time sooner(shako_time a, shako_time b) {
  return a < b ? a : b;
}

static shako_time session_limit(const shako_session *session) {
  return after(session->born + session->waited,
               shako__policy(session)->session_timeout);
}

static bool is_in_message(const shako_session *session) {
  return session->phase == SHAKO__PHASE_BODY ||
         session->phase == SHAKO__PHASE_CHUNK;
}

/* How long the peer may take for what comes next. */
static uint32_t patience(const shako_session *session) {
  const shako_policy *policy = shako__policy(session);

  if (session->phase == SHAKO__PHASE_PROXY) {
    return policy->handshake_timeout > 0 &&
                   policy->handshake_timeout < PROXY_TIMEOUT_MIN
               ? PROXY_TIMEOUT_MIN
               : policy->handshake_timeout;
  }
  if (shako__is_handshaking(session)) {
    return policy->handshake_timeout;
  }
  return is_in_message(session) ? policy->data_timeout : policy->idle_timeout;
}

static shako_time idle_limit(const shako_session *session) {
  return after(session->active, patience(session));
}

/* When more of the message must have come. */
static shako_time rate_limit(const shako_session *session) {
  const shako_policy *policy = shako__policy(session);
  uint64_t rate = policy->min_data_rate;
  uint64_t size = session->message_size;

  if (!is_in_message(session) && session->phase != SHAKO__PHASE_CHUNKS) {
    return SHAKO_TIME_NEVER;
  }
  if (rate == 0 || policy->data_timeout == 0 || size / rate > UINT32_MAX) {
    return SHAKO_TIME_NEVER;
  }
  return later(after(session->data_began, policy->data_timeout),
               size / rate * 1000 + size % rate * 1000 / rate);
}

/* What ends the session; |waits|: it waits for the peer. */
static shako_time limit_of(const shako_session *session, bool waits) {
  shako_time limit;

  if (session->phase == SHAKO__PHASE_CLOSED) {
    return SHAKO_TIME_NEVER;
  }
  if (session->phase == SHAKO__PHASE_ENDING) {
    return after(session->active, DRAIN_TIMEOUT);
  }
  if (session->asking) {
    return after(session->active, shako__policy(session)->answer_timeout);
  }
  limit = session_limit(session);
  if (waits || shako__is_handshaking(session)) {
    limit = sooner(limit, idle_limit(session));
    limit = sooner(limit, rate_limit(session));
  }
  return limit;
}

shako_time shako_session_expiry(const shako_session *session) {
  return limit_of(session, session->event.type == 0 && !shako__ready(session));
}

bool shako__is_late(const shako_session *session) {
  shako_time limit;

  if (session->now < limit_of(session, true)) {
    return false;
  }
  limit = shako_session_expiry(session);
  return limit != SHAKO_TIME_NEVER && session->now >= limit;
}

void shako__pass_time(shako_session *session, shako_time now) {
  bool unasked = session->event.type != 0 && session->event.question == 0;
  shako_time limit;

  if (now <= session->now) {
    return;
  }
  if (unasked && session->phase < SHAKO__PHASE_ENDING) {
    session->active += now - session->now;
    session->data_began += now - session->now;
  }
  session->now = now;
  limit = rate_limit(session);
  if (now > limit && shako__ready(session)) {
    session->data_began += now - limit;
  }
}

/* Ends the session for |refusal|, in words where there is room for them. */
static void end_for(shako_session *session, shako__refusal refusal) {
  const shako_verdict *words = shako__refusal_verdict(refusal);

  shako__output_reserve(session, SHAKO__REPLY_ROOM);
  shako__end(session, words, words->reason);
}

/* A limit of time is reached.  An answer that was given counts first, and so
   does what ends the session anyway. */
void shako__expire(shako_session *session) {
  if (session->answer != SHAKO__ANSWER_NONE || shako__must_end(session)) {
    return;
  }
  if (session->phase == SHAKO__PHASE_ENDING) {
    session->lost = true;
    shako__output_drop(session);
  } else if (session->asking) {
    end_for(session, SHAKO__REFUSAL_ANSWER_TIMEOUT);
  } else if (shako__is_handshaking(session)) {
    if (session->conn) {
      shako__conn_fail(session->conn, SHAKO_TLS_FAILURE_TIMEOUT, -1);
    }
    shako__end(session, NULL, "tls-failed");
  } else if (session->now >= session_limit(session)) {
    end_for(session, SHAKO__REFUSAL_SESSION_TIMEOUT);
  } else if (session->now < idle_limit(session)) {
    end_for(session, SHAKO__REFUSAL_TOO_SLOW);
  } else {
    end_for(session, is_in_message(session) ? SHAKO__REFUSAL_DATA_TIMEOUT
                                            : SHAKO__REFUSAL_IDLE_TIMEOUT);
  }
}

int shako_session_shutdown(shako_session *session, const char *text) {
  const shako_verdict *words = shako__refusal_verdict(SHAKO__REFUSAL_SHUTDOWN);
  bool switches = session->answer == SHAKO__ANSWER_YES &&
                  session->asked == SHAKO_EVENT_STARTTLS;
  bool said = session->answer == SHAKO__ANSWER_END; /* a 421 already */

  if (session->phase >= SHAKO__PHASE_ENDING || session->stopping) {
    return SHAKO_ERR_INVALID_STATE;
  }
  if (!text) {
    text = words->text;
  }
  if (!shako__reply_text_valid(text, SHAKO_REPLY_TEXT_MAX)) {
    return SHAKO_ERR_INVALID_ARGUMENT;
  }
  if (shako__can_speak(session) && !switches && !said) {
    if (!shako__output_reserve(session,
                               shako__say_room(words->enhanced, text))) {
      return session->error;
    }
    shako__say(session, words->code, words->enhanced, text);
  }
  session->asking = false;
  session->stopping = true;
  return 0;
}
