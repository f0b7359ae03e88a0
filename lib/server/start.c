#include "server/session.h"

#include "policy/hat.h"
#include "policy/refusals.h"
#include "server/counters.h"

/*
 * Before the greeting, in this order:
 *
 *   decide   the table gives the peer its policy; for what it needs to know,
 *            LOOKUP is asked, once
 *   refuse   TCPREFUSE: the end, without a word
 *   admit    one more connection of this network, or 421
 *   ask      CONNECT; or the handshake, on a port that is always TLS, and then
 *            CONNECT
 */

static bool refuse(shako_session *session, shako__refusal refusal) {
  if (shako__output_reserve(session, SHAKO__REPLY_ROOM)) {
    shako__refuse(session, shako__refusal_verdict(refusal), true);
  }
  return false;
}

/* Returns whether the policy is known; where it is not, LOOKUP is open. */
static bool decide(shako_session *session) {
  const shako_hat *hat = session->listener->hat;
  unsigned need = 0;
  uint64_t lists = 0;

  session->rule = SHAKO__NO_RULE;
  if (hat) {
    session->rule = shako__hat_rule(hat, &session->peer, &need, &lists);
  }
  if (need != 0) {
    shako__ask(session, SHAKO_EVENT_LOOKUP);
    session->event.u.lookup.need = need;
    session->event.u.lookup.lists = lists;
    return false;
  }
  session->policy = shako__match(session).policy;
  return true;
}

static bool admit(shako_session *session) {
  const shako_listener *listener = session->listener;

  session->counted =
      shako__counters_connect(listener->counters, &session->peer.address,
                              session->policy->max_concurrency,
                              listener->max_concurrency, session->now);
  return session->counted ||
         refuse(session, SHAKO__REFUSAL_TOO_MANY_CONNECTIONS);
}

static void count_no_handshake(shako_session *session) {
  if (session->handshaking) {
    shako__counters_handshake_over(session->listener->counters);
  }
  session->handshaking = false;
}

void shako__depart(shako_session *session) {
  count_no_handshake(session);
  if (session->counted) {
    shako__counters_disconnect(session->listener->counters,
                               &session->peer.address, session->now);
  }
  session->counted = false;
}

bool shako__handshake_admit(shako_session *session, shako__refusal *refusal) {
  const shako_listener *listener = session->listener;

  *refusal = SHAKO__REFUSAL_TOO_MANY_HANDSHAKES;
  switch (shako__counters_handshake(
      listener->counters, &session->peer.address,
      shako__policy(session)->max_handshakes_per_minute,
      listener->max_handshakes, session->now)) {
  case SHAKO__HANDSHAKE_COUNTED:
    session->handshaking = true;
    return true;
  case SHAKO__HANDSHAKE_TOO_MANY:
    break;
  case SHAKO__HANDSHAKE_TOO_OFTEN:
    *refusal = SHAKO__REFUSAL_HANDSHAKE_RATE;
    break;
  }
  return false;
}

void shako__handshake_settle(shako_session *session) {
  bool taken = session->switching && session->phase < SHAKO__PHASE_ENDING;

  if (!taken && !shako__is_handshaking(session)) {
    count_no_handshake(session);
  }
}

/* A port that is always TLS. */
static void begin_tls(shako_session *session) {
  shako__refusal refusal;

  if (!shako__handshake_admit(session, &refusal)) {
    refuse(session, refusal);
    return;
  }
  session->phase = SHAKO__PHASE_HANDSHAKE;
  if (session->listener->external_tls) {
    shako__ask(session, SHAKO_EVENT_HANDSHAKE);
  }
}

bool shako__is_early(const shako_session *session) {
  bool is_first_hello = session->asked == SHAKO_EVENT_HELLO &&
                        session->phase == SHAKO__PHASE_READY;
  bool is_data = session->asked == SHAKO_EVENT_DATA && !session->chunked;

  if (shako__policy(session)->pipelining_early) {
    return false;
  }
  if (session->asked != SHAKO_EVENT_CONNECT && !is_data && !is_first_hello) {
    return false;
  }
  return shako__input_any(session);
}

/* Greets a peer whose TLS does not do with the refusal, and takes only QUIT
   from then on.  Returns whether there is one. */
static bool turn_away(shako_session *session) {
  const shako_facts facts = shako__facts(session);
  const shako_verdict *refusal =
      shako_policy_check(shako__policy(session), &facts, SHAKO_VERB_EHLO);

  if (!refusal) {
    return false;
  }
  if (shako__output_reserve(session, SHAKO__REPLY_ROOM)) {
    session->turned_away = true;
    shako__refuse(session, refusal, false);
  }
  if (session->phase == SHAKO__PHASE_START) {
    session->phase = SHAKO__PHASE_READY;
    session->home = SHAKO__PHASE_READY;
  }
  return true;
}

void shako__start_step(shako_session *session) {
  bool inside = session->secure;

  if (!session->policy && !decide(session)) {
    return;
  }
  if (session->policy->access == SHAKO_ACCESS_TCPREFUSE) {
    shako__end(session, NULL, "tcprefuse");
  } else if (!session->counted && !admit(session)) {
    return;
  } else if (session->listener->implicit_tls && !inside) {
    begin_tls(session);
  } else if (inside && turn_away(session)) {
    return;
  } else {
    shako__ask(session, SHAKO_EVENT_CONNECT);
    session->event.u.connect.match = shako__match(session);
  }
}
