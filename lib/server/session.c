#include "server/session.h"

#include <string.h>

#include "base/mem.h"
#include "policy/hat.h"
#include "policy/refusals.h"

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

/* Judges what a caller says of a peer. */
static bool is_peer(const shako_peer *peer) {
  if (peer->name_state > SHAKO_NAME_MISMATCH ||
      peer->score_state > SHAKO_SCORE_NONE) {
    return false;
  }
  return peer->name_state != SHAKO_NAME_VERIFIED ||
         (peer->name.len > 0 && peer->name.len <= PEER_NAME_MAX);
}

static bool read_peer(shako_peer *peer, const shako_peer *given) {
  if (given->struct_size < sizeof(given->struct_size)) {
    return false;
  }
  shako_peer_default(peer);
  shako__sized_copy(peer, sizeof(*peer), given);
  if (peer->name_state != SHAKO_NAME_VERIFIED) {
    peer->name = (shako_span){NULL, 0};
  }
  return is_peer(peer);
}

/* Makes |session|'s copy of the peer's name its own.  Returns false without
   memory. */
static bool keep_name(shako_session *session) {
  shako_span *name = &session->peer.name;
  uint8_t *copy;

  if (name->len == 0) {
    return true;
  }
  copy = shako__alloc(shako__mem(session), name->len);
  if (!copy) {
    name->len = 0;
    return false;
  }
  memcpy(copy, name->ptr, name->len);
  name->ptr = copy;
  return true;
}

static void release_name(const shako_session *session, shako_span name) {
  if (name.len > 0) {
    shako__release(shako__mem(session), (void *)(uintptr_t)name.ptr, name.len);
  }
}

int shako_session_new(shako_session **psession, shako_listener *listener,
                      const shako_peer *given, void *user_data,
                      shako_time now) {
  shako_session *session;
  shako_peer peer;

  if (!read_peer(&peer, given)) {
    return SHAKO_ERR_INVALID_ARGUMENT;
  }
  session = shako__alloc(&listener->mem, sizeof(*session));
  if (!session) {
    return SHAKO_ERR_NOMEM;
  }
  session->listener = shako_listener_ref(listener);
  session->user_data = user_data;
  session->now = session->born = session->active = now;
  session->peer = peer;
  session->rule = SHAKO__NO_RULE;
  if (shako__is_proxy(listener, &peer.address)) {
    session->phase = SHAKO__PHASE_PROXY;
  }
  if (!keep_name(session)) {
    shako_session_free(session);
    return SHAKO_ERR_NOMEM;
  }
  *psession = session;
  return 0;
}

/* What was needed and is not said is not to be had. */
static void close_facts(shako_peer *peer) {
  if (peer->name_state == SHAKO_NAME_UNASKED) {
    peer->name_state = SHAKO_NAME_TEMPORARY;
  }
  if (peer->score_state == SHAKO_SCORE_UNASKED) {
    peer->score_state = SHAKO_SCORE_NONE;
  }
  peer->owner_asked = 1;
  peer->lists_asked = UINT64_MAX;
}

int shako__learn(shako_session *session, const shako_peer *given) {
  shako_peer facts;
  shako_peer *peer = &session->peer;
  shako_span old_name = peer->name; /* perhaps that of |given| too */
  bool kept;

  if (!read_peer(&facts, given)) {
    return SHAKO_ERR_INVALID_ARGUMENT;
  }
  close_facts(&facts);
  peer->name_state = facts.name_state;
  peer->name = facts.name;
  peer->score_state = facts.score_state;
  peer->score = facts.score;
  peer->owner = facts.owner;
  peer->owner_asked = facts.owner_asked;
  peer->lists_asked = facts.lists_asked;
  peer->lists_hold = facts.lists_hold;
  kept = keep_name(session);
  release_name(session, old_name);
  if (!kept) {
    shako__fail(session, SHAKO_ERR_NOMEM);
    return SHAKO_ERR_NOMEM;
  }
  return 0;
}

void shako__replace_peer(shako_session *session, const shako_peer *peer) {
  release_name(session, session->peer.name);
  session->peer = *peer;
}

void shako_session_free(shako_session *session) {
  shako_listener *listener;

  if (!session) {
    return;
  }
  listener = session->listener;
  shako__depart(session);
  shako__extra_free(session);
  release_name(session, session->peer.name);
  shako__conn_free(session->conn, &listener->mem);
  shako__input_free(session);
  shako__output_free(session);
  shako__release(&listener->mem, session, sizeof(*session));
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

int shako_session_channel_binding(const shako_session *session,
                                  uint8_t binding[SHAKO_CHANNEL_BINDING_SIZE]) {
  return session->secure && shako__conn_binding(session->conn, binding)
             ? 0
             : SHAKO_ERR_INVALID_STATE;
}

const shako_policy *shako__policy(const shako_session *session) {
  return session->policy ? session->policy : &session->listener->policy;
}

const char *shako__hostname(const shako_session *session) {
  const char *own = shako__policy(session)->hostname;

  return own ? own : session->listener->hostname;
}

shako_hat_match shako__match(const shako_session *session) {
  shako_hat_match match = {.policy = shako__policy(session)};

  if (session->listener->hat && session->rule != SHAKO__NO_RULE) {
    shako__hat_match(session->listener->hat, session->rule, &match);
  }
  return match;
}

const shako_mem *shako__mem(const shako_session *session) {
  return &session->listener->mem;
}

shako_span shako_session_identity(const shako_session *session) {
  const shako__extra *extra = session->extra;

  return extra ? (shako_span){extra->identity, extra->identity_len}
               : (shako_span){NULL, 0};
}

unsigned shako_session_protocol(const shako_session *session) {
  unsigned protocol = 0;

  if (session->hello_extended) {
    protocol |= SHAKO_RECEIVED_EXTENDED;
  }
  if (session->secure) {
    protocol |= SHAKO_RECEIVED_TLS;
  }
  if (shako_session_identity(session).len > 0) {
    protocol |= SHAKO_RECEIVED_AUTH;
  }
  if (session->transaction && (session->mail_flags & SHAKO_MAIL_SMTPUTF8)) {
    protocol |= SHAKO_RECEIVED_SMTPUTF8;
  }
  if (session->listener->lmtp) {
    protocol |= SHAKO_RECEIVED_LMTP;
  }
  return protocol;
}

shako_facts shako__facts(const shako_session *session) {
  const shako_listener *listener = session->listener;
  bool secure = session->secure;
  const shako_facts facts = {
      .struct_size = sizeof(facts),
      .tls_version = secure ? session->conn->info.version : 0,
      .tls_verified =
          secure && session->conn->client && session->conn->client->verified,
      .tls_available = listener->engine || listener->external_tls,
      .turned_away = session->turned_away,
      .authenticated = session->extra && session->extra->identity_len > 0,
      .reject_delayed = listener->delayed_rejection,
  };

  return facts;
}

bool shako__is_handshaking(const shako_session *session) {
  return session->phase == SHAKO__PHASE_STARTTLS ||
         session->phase == SHAKO__PHASE_HANDSHAKE;
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
  if (session->phase == SHAKO__PHASE_PROXY || shako__is_handshaking(session)) {
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
  session->asking = false;
  shako__output_drop(session);
  return 0;
}

static bool phase_is_ready(const shako_session *session) {
  switch (session->phase) {
  case SHAKO__PHASE_START:
    return true;
  case SHAKO__PHASE_PROXY:
    return shako__proxy_ready(session);
  case SHAKO__PHASE_READY:
  case SHAKO__PHASE_HELO:
  case SHAKO__PHASE_EHLO:
  case SHAKO__PHASE_MAIL:
  case SHAKO__PHASE_RCPT:
  case SHAKO__PHASE_BODY:
  case SHAKO__PHASE_CHUNK:
  case SHAKO__PHASE_CHUNKS:
  case SHAKO__PHASE_VERDICTS:
  case SHAKO__PHASE_AUTH:
    return session->output.queued + session->output.clear_len <
               SHAKO__OUTPUT_HIGH &&
           shako__reading_ready(session);
  case SHAKO__PHASE_STARTTLS:
    return !shako__output_pending(session);
  case SHAKO__PHASE_HANDSHAKE:
    return shako__handshake_ready(session);
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
  return !session->asking && phase_is_ready(session);
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
  if (session->asking) {
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
    event->u.violation.verdict = shako__refusal_verdict(session->refused);
    event->u.violation.closes = session->refused_close;
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

static void phase_step(shako_session *session) {
  switch (session->phase) {
  case SHAKO__PHASE_START:
    shako__start_step(session);
    break;
  case SHAKO__PHASE_PROXY:
    shako__proxy_step(session);
    break;
  case SHAKO__PHASE_READY:
  case SHAKO__PHASE_HELO:
  case SHAKO__PHASE_EHLO:
  case SHAKO__PHASE_MAIL:
  case SHAKO__PHASE_RCPT:
  case SHAKO__PHASE_BODY:
  case SHAKO__PHASE_CHUNK:
  case SHAKO__PHASE_CHUNKS:
  case SHAKO__PHASE_VERDICTS:
  case SHAKO__PHASE_AUTH:
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
  shako__pass_time(session, now);
  session->event.type = 0;
  shako__rewrite_free(session);
  do {
    if (shako__is_late(session)) {
      shako__expire(session);
    }
    while (session->event.type == 0 && shako__ready(session)) {
      step(session);
    }
  } while (session->event.type == 0 && shako__is_late(session));
  shako__handshake_settle(session);
  shako__input_settle(session);
  shako__output_settle(session);
  return session->event.type == 0 ? NULL : &session->event;
}
