#include "server/session.h"

#include <string.h>

#include "base/mem.h"

/*
 * The ways in which a session ends ("how" of CLOSED):
 *   quit             the peer said QUIT
 *   cut-off          its stream ended without
 *   lost             the application said so: shako_session_lost()
 *   tcprefuse        by policy, without a word
 *   application      the application answered 421
 *   tls-failed       the handshake, or TLS after it; shako_tls_info says why
 *   shutdown         shako_session_shutdown()
 *   no-memory, tls-error, internal-error   a fatal shako_error
 *   idle-timeout, session-timeout, answer-timeout
 *   a refusal's reason (policy/refusals.c), where it ends the connection
 */

#define PEER_NAME_MAX 255

void shako_peer_default_sized(shako_peer *peer, size_t size) {
  const shako_peer defaults = {0};

  shako__sized_fill(peer, size, &defaults, sizeof(defaults));
}

int shako_session_new(shako_session **psession, shako_listener *listener,
                      const shako_peer *given, void *user_data,
                      shako_time now) {
  shako_peer peer;
  shako_session *session;
  size_t size;

  if (given->struct_size < sizeof(given->struct_size)) {
    return SHAKO_ERR_INVALID_ARGUMENT;
  }
  shako_peer_default(&peer);
  shako__sized_copy(&peer, sizeof(peer), given);
  if (peer.name.len > PEER_NAME_MAX) {
    return SHAKO_ERR_INVALID_ARGUMENT;
  }
  size = sizeof(*session) + peer.name.len;
  session = shako__alloc(&listener->mem, size);
  if (!session) {
    return SHAKO_ERR_NOMEM;
  }
  session->size = size;
  session->listener = shako_listener_ref(listener);
  session->user_data = user_data;
  session->now = session->born = session->active = now;
  session->peer = peer;
  if (peer.name.len > 0) {
    memcpy(session + 1, peer.name.ptr, peer.name.len);
    session->peer.name.ptr = (const uint8_t *)(session + 1);
  }
  *psession = session;
  return 0;
}

void shako_session_free(shako_session *session) {
  shako_listener *listener;

  if (!session) {
    return;
  }
  listener = session->listener;
  shako__conn_free(session->conn, &listener->mem);
  shako__input_free(session);
  shako__output_free(session);
  shako__release(&listener->mem, session, session->size);
  shako_listener_unref(listener);
}

void *shako_session_user_data(const shako_session *session) {
  return session->user_data;
}

const shako_peer *shako_session_peer(const shako_session *session) {
  return &session->peer;
}

const shako_tls_info *shako_session_tls(const shako_session *session) {
  return session->conn && session->conn->started ? &session->conn->info : NULL;
}

const shako_policy *shako__policy(const shako_session *session) {
  return &session->listener->policy;
}

const shako_mem *shako__mem(const shako_session *session) {
  return &session->listener->mem;
}

shako_facts shako__facts(const shako_session *session) {
  const shako_listener *listener = session->listener;
  const shako_facts facts = {
      .struct_size = sizeof(facts),
      .tls_version = session->secure ? session->conn->info.version : 0,
      .tls_available = listener->engine || listener->external_tls,
      .turned_away = session->turned_away,
  };

  return facts;
}

bool shako__can_speak(const shako_session *session) {
  if (session->error || session->lost) {
    return false;
  }
  if (session->listener->implicit_tls && !session->secure) {
    return false;
  }
  if (shako__policy(session)->access == SHAKO_ACCESS_TCPREFUSE) {
    return false;
  }
  if (session->phase == SHAKO__PHASE_STARTTLS ||
      session->phase == SHAKO__PHASE_HANDSHAKE) {
    return false;
  }
  return !session->secure ||
         session->conn->info.failure == SHAKO_TLS_FAILURE_NONE;
}

void shako__fail(shako_session *session, int error) {
  if (session->error == 0) {
    session->error = error;
  }
}

int shako_session_recv_eof(shako_session *session) {
  session->eof = true;

  return 0;
}

int shako_session_lost(shako_session *session) {
  session->lost = true;
  session->question = 0;
  shako__output_drop(session);
  return 0;
}

static bool phase_is_ready(const shako_session *session) {
  switch (session->phase) {
  case SHAKO__PHASE_START:
    return true;
  case SHAKO__PHASE_READY:
  case SHAKO__PHASE_HELO:
  case SHAKO__PHASE_EHLO:
  case SHAKO__PHASE_MAIL:
  case SHAKO__PHASE_RCPT:
  case SHAKO__PHASE_BODY:
    return session->output.queued + session->output.clear_len <
               SHAKO__OUTPUT_HIGH &&
           shako__reading_ready(session);
  case SHAKO__PHASE_STARTTLS:
    return !shako__output_pending(session);
  case SHAKO__PHASE_HANDSHAKE:
    return shako__input_wire_len(session) > 0 || session->eof;
  case SHAKO__PHASE_ENDING:
    return !shako__output_pending(session);
  case SHAKO__PHASE_CLOSED:
    return false;
  }
  return false;
}

static bool owes(const shako_session *session) {
  return session->owed_reset || session->owed_violation || session->owed_tls;
}

bool shako__must_end(const shako_session *session) {
  return (session->error || session->lost || session->stopping) &&
         session->phase < SHAKO__PHASE_ENDING;
}

bool shako__ready(const shako_session *session) {
  if (session->phase == SHAKO__PHASE_CLOSED) {
    return false;
  }
  if (owes(session) || session->answer != SHAKO__ANSWER_NONE ||
      shako__must_end(session)) {
    return true;
  }
  return session->question == 0 && phase_is_ready(session);
}

unsigned shako_session_want(const shako_session *session) {
  unsigned want = 0;
  bool unasked = session->event.type != 0 && session->event.question == 0;

  if (shako__input_room(session)) {
    want |= SHAKO_WANT_RECV;
  }
  if (shako__output_pending(session)) {
    want |= SHAKO_WANT_SEND;
  }
  if (shako__ready(session) ||
      (unasked && session->phase < SHAKO__PHASE_CLOSED)) {
    want |= SHAKO_WANT_POLL;
  }
  if (session->question != 0) {
    want |= SHAKO_WANT_ANSWER;
  }
  if (session->phase >= SHAKO__PHASE_ENDING &&
      !shako__output_pending(session)) {
    want |= SHAKO_WANT_CLOSE;
  }
  return want;
}

void shako__emit(shako_session *session, shako_event_type type) {
  session->event.type = type;
  session->event.question = 0;
}

/* Delivers the first event that is owed. */
static void deliver(shako_session *session) {
  shako_event *event = &session->event;

  if (session->owed_reset) {
    shako__emit(session, SHAKO_EVENT_RESET);
    event->u.reset.reason = session->owed_reset;
    session->owed_reset = NULL;
  } else if (session->owed_violation) {
    shako__emit(session, SHAKO_EVENT_VIOLATION);
    event->u.violation.verdict = &session->refused;
    event->u.violation.octets = session->refused_octets;
    session->owed_violation = false;
    session->refused_octets = 0;
  } else {
    shako__emit(session, SHAKO_EVENT_TLS);
    event->u.tls = &session->conn->info;
    session->owed_tls = false;
  }
}

/* Ends a session that cannot go on, whatever it was doing. */
static void end_early(shako_session *session) {
  if (session->error) {
    shako__end(session, NULL, NULL); /* the error says how */
  } else if (session->lost) {
    shako__end(session, NULL, "lost");
  } else {
    shako__end(session, NULL, "shutdown"); /* its 421 is said already */
  }
}

/* The first step: by the policy, or by the kind of port. */
static void start(shako_session *session) {
  const shako_listener *listener = session->listener;

  if (shako__policy(session)->access == SHAKO_ACCESS_TCPREFUSE) {
    shako__end(session, NULL, "tcprefuse");
  } else if (listener->implicit_tls && !session->secure) {
    session->phase = SHAKO__PHASE_HANDSHAKE;
    if (listener->external_tls) {
      shako__ask(session, SHAKO_EVENT_HANDSHAKE);
    }
  } else {
    shako__ask(session, SHAKO_EVENT_CONNECT);
    session->event.u.connect.match.policy = shako__policy(session);
  }
}

static void phase_step(shako_session *session) {
  switch (session->phase) {
  case SHAKO__PHASE_START:
    start(session);
    break;
  case SHAKO__PHASE_READY:
  case SHAKO__PHASE_HELO:
  case SHAKO__PHASE_EHLO:
  case SHAKO__PHASE_MAIL:
  case SHAKO__PHASE_RCPT:
  case SHAKO__PHASE_BODY:
    shako__reading_step(session);
    break;
  case SHAKO__PHASE_STARTTLS:
    session->phase = SHAKO__PHASE_HANDSHAKE;
    if (session->listener->external_tls) {
      shako__ask(session, SHAKO_EVENT_HANDSHAKE);
    }
    break;
  case SHAKO__PHASE_HANDSHAKE:
    shako__handshake_step(session);
    break;
  case SHAKO__PHASE_ENDING:
    shako__close_step(session);
    break;
  case SHAKO__PHASE_CLOSED:
    break;
  }
}

static void step(shako_session *session) {
  if (owes(session)) {
    deliver(session);
  } else if (session->answer != SHAKO__ANSWER_NONE) {
    shako__apply_answer(session);
  } else if (shako__must_end(session)) {
    end_early(session);
  } else {
    phase_step(session);
  }
}

const shako_event *shako_session_poll(shako_session *session, shako_time now) {
  if (session->phase == SHAKO__PHASE_CLOSED) {
    return NULL;
  }
  if (now > session->now) {
    session->now = now;
  }
  session->event.type = 0;
  if (shako_session_expiry(session) != SHAKO_TIME_NEVER &&
      session->now >= shako_session_expiry(session)) {
    shako__expire(session);
  }
  while (session->event.type == 0 && shako__ready(session)) {
    step(session);
  }
  shako__input_settle(session);
  shako__output_settle(session);
  return session->event.type == 0 ? NULL : &session->event;
}
