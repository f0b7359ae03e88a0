#include "server/session.h"

#include "policy/refusals.h"
#include "tls/client_certificate.h"

/*
 * STARTTLS (RFC 3207), from its line to the first octet inside TLS:
 *
 *   take      octets in hand behind the line were injected: 554 and the end
 *   prepare   is there a certificate, and an engine that works?  else 454
 *   ask       STARTTLS: the application may say 454
 *   220       phase STARTTLS until its last octet is acked; nothing is lent
 *   handshake phase HANDSHAKE: the ClientHello, certificates, the engine
 *   inside    phase READY: as after the greeting, nothing survives
 *
 * From the 220 on no clear text is written or parsed: the only ways out of
 * the phases STARTTLS and HANDSHAKE are READY inside TLS and the end.
 * A port that is always TLS begins with phase HANDSHAKE.
 */

/* RFC 8446 6.2 */
#define ALERT_HANDSHAKE_FAILURE 40

typedef enum readiness { READY, NOT_YET, NEVER } readiness;

/* Refuses a STARTTLS command; what came since its line are commands again. */
static void decline(shako_session *session, shako__refusal refusal) {
  session->switching = false;
  shako__refuse(session, shako__refusal_verdict(refusal), false);
}

/* Makes the conn, with our engine or, for an application's TLS, without. */
static bool make_conn(shako_session *session) {
  const shako_listener *listener = session->listener;
  const shako_policy *policy = shako__policy(session);
  const shako_tls_wire wire = {session, shako__input_wire_recv,
                               shako__output_wire_send};
  const shako_tls_conn_config config = {
      .struct_size = sizeof(config),
      .wire = &wire,
      .policy = policy,
      .authorities = listener->authorities,
      .alpn_any = listener->alpn_any,
      .ask_client = shako__client_certificate_wanted(policy)};
  bool out_of_memory;

  session->conn = shako__conn_new(shako__mem(session), listener->engine,
                                  listener->context, &config, &out_of_memory);
  if (out_of_memory) {
    shako__fail(session, SHAKO_ERR_NOMEM);
  }
  return session->conn;
}

/* Whether TLS can start, with |*refusal| for why it cannot.  NOT_YET: the
   provider was asked, and CERTIFICATE is open. */
static readiness prepare(shako_session *session, shako__refusal *refusal) {
  const shako_certificate_provider *provider = &session->listener->certificates;

  *refusal = SHAKO__REFUSAL_TLS_UNAVAILABLE;
  if (session->listener->engine) {
    switch (provider->ready(provider->ctx)) {
    case SHAKO_PROVIDER_OK:
      break;
    case SHAKO_PROVIDER_WAIT:
      shako__ask(session, SHAKO_EVENT_CERTIFICATE);
      return NOT_YET;
    case SHAKO_PROVIDER_NONE:
      *refusal = SHAKO__REFUSAL_NO_CERTIFICATE;
      return NEVER;
    }
  }
  return make_conn(session) ? READY : NEVER;
}

/* Prepares, and asks the application. */
static void get_ready(shako_session *session) {
  shako__refusal refusal;

  switch (prepare(session, &refusal)) {
  case READY:
    shako__ask(session, SHAKO_EVENT_STARTTLS);
    break;
  case NOT_YET:
    break;
  case NEVER:
    if (!session->error) {
      decline(session, refusal);
    }
    break;
  }
}

void shako__starttls_take(shako_session *session) {
  size_t injected = shako__input_text(session).len;
  shako__refusal refusal;

  session->tls_asked = true;
  if (injected > 0) {
    shako__input_wipe(session);
    session->refused_octets = (uint32_t)injected;
    shako__refuse(session,
                  shako__refusal_verdict(SHAKO__REFUSAL_INJECTED_BYTES), true);
    return;
  }
  if (!shako__handshake_admit(session, &refusal)) {
    decline(session, refusal);
    return;
  }
  session->switching = true;
  get_ready(session);
}

static void fail(shako_session *session, shako_tls_failure failure, int alert) {
  shako__conn_fail(session->conn, failure, alert);
  shako__end(session, NULL, "tls-failed");
}

/* TLS cannot start where nothing else is spoken.  Where there is no more than
   a certificate missing, the peer is told by an alert. */
static void give_up(shako_session *session, shako__refusal refusal) {
  bool missing = refusal == SHAKO__REFUSAL_NO_CERTIFICATE;
  bool out_of_memory;

  if (!session->conn && missing) {
    make_conn(session);
  }
  if (!session->conn && !session->error) {
    session->conn =
        shako__conn_new(shako__mem(session), NULL, NULL, NULL, &out_of_memory);
  }
  if (!session->conn) {
    shako__fail(session, SHAKO_ERR_NOMEM);
    return;
  }
  shako__record_handshake(session, session->now);
  fail(session,
       missing ? SHAKO_TLS_FAILURE_NO_CERTIFICATE : SHAKO_TLS_FAILURE_INTERNAL,
       ALERT_HANDSHAKE_FAILURE);
}

void shako__answered_certificate(shako_session *session, bool yes) {
  if (shako__must_end(session)) {
    return; /* the last word is said; nothing more is asked */
  }
  if (session->phase == SHAKO__PHASE_HANDSHAKE) {
    if (!yes) {
      give_up(session, SHAKO__REFUSAL_NO_CERTIFICATE);
    }
  } else if (yes) {
    get_ready(session);
  } else {
    session->switching = false; /* the 454 is said already */
  }
}

void shako__answered_starttls(shako_session *session, bool yes) {
  session->switching = false;
  if (yes) {
    shako__record_handshake(session, session->now);
    session->phase = SHAKO__PHASE_STARTTLS;
  } else {
    shako__conn_free(session->conn, shako__mem(session));
    session->conn = NULL;
  }
}

/* The handshake is complete: as after the greeting (RFC 3207 4.2). */
static void enter(shako_session *session) {
  if (session->conn->client) {
    shako__client_certificate_judge(session->conn->client,
                                    shako__policy(session));
  }
  shako__record_handshake_end(session);
  session->secure = true;
  session->owed_tls = true;
  session->active = session->now;
  session->phase =
      session->listener->implicit_tls ? SHAKO__PHASE_START : SHAKO__PHASE_READY;
  session->home = (uint8_t)session->phase;
}

/* The application's own handshake.  Octets that it acked into the session
   since the STARTTLS line were not its TLS's (session.h). */
void shako__answered_handshake(shako_session *session, bool yes) {
  shako__record_handshake(session, session->active);
  if (shako__input_wire_len(session) > 0) {
    shako__input_wipe(session);
    fail(session, SHAKO_TLS_FAILURE_NOT_TLS, -1);
  } else if (yes) {
    enter(session);
  } else {
    shako__end(session, NULL, "tls-failed");
  }
}

/* A port that is always TLS: the conn is made when the first octet is there. */
static void begin_implicit(shako_session *session) {
  shako__refusal refusal;

  switch (prepare(session, &refusal)) {
  case READY:
    shako__record_handshake(session, session->now);
    break;
  case NOT_YET:
    break;
  case NEVER:
    if (!session->error) {
      give_up(session, refusal);
    }
    break;
  }
}

/* Gets the certificates. */
static void choose(shako_session *session) {
  shako_provider_status status = SHAKO_PROVIDER_OK; /* nothing is chosen yet */

  if (!shako__hello_choose(session, &status)) {
    return;
  }
  switch (status) {
  case SHAKO_PROVIDER_OK:
    break;
  case SHAKO_PROVIDER_WAIT:
    shako__ask(session, SHAKO_EVENT_CERTIFICATE);
    break;
  case SHAKO_PROVIDER_NONE:
    give_up(session, SHAKO__REFUSAL_NO_CERTIFICATE);
    break;
  }
}

static void shake_hands(shako_session *session) {
  switch (shako__conn_handshake(session->conn, shako__mem(session))) {
  case SHAKO_TLS_STATUS_OK:
    enter(session);
    break;
  case SHAKO_TLS_STATUS_WANT_RECV:
    if (shako__conn_is_spent(session->conn)) {
      fail(session, SHAKO_TLS_FAILURE_TOO_LONG, ALERT_HANDSHAKE_FAILURE);
    }
    break;
  case SHAKO_TLS_STATUS_CLOSED:
  case SHAKO_TLS_STATUS_FAILED:
    if (!session->error) { /* else the next step ends it, for that */
      shako__end(session, NULL, "tls-failed");
    }
    break;
  }
}

bool shako__handshake_ready(const shako_session *session) {
  if (shako__input_wire_len(session) == 0 && !session->eof) {
    return false;
  }
  return !session->conn || session->conn->chosen || shako__hello_ready(session);
}

void shako__handshake_step(shako_session *session) {
  if (!session->conn) {
    begin_implicit(session);
  } else if (!session->conn->chosen) {
    choose(session);
  } else {
    shake_hands(session);
  }
}
