#include "server/session.h"

#include "base/mem.h"
#include "policy/refusals.h"

/*
 * The record of a connection.  Whole numbers are counted where things happen;
 * all else is put together when somebody asks, from what the session knows
 * anyway.
 */

/* The counts by reason are whole or missing: without memory for them at the
   first refusal there are none for the rest either. */
void shako__record_refusal(shako_session *session, uint32_t reason) {
  shako__extra *extra =
      session->refusals == 0 ? shako__need_extra(session) : session->extra;

  if (extra) {
    extra->refused[reason]++;
  }
  session->refusals++;
}

void shako__record_message(shako_session *session) {
  session->messages++;
  session->messages_tls += session->secure;
  session->octets_messages += session->message_size;
}

void shako__record_handshake(shako_session *session, shako_time since) {
  shako__conn *conn = session->conn;

  if (!conn->started) {
    conn->started = true;
    conn->since = since;
    conn->octets_before =
        session->octets_received - shako__input_wire_len(session);
  }
}

/* Behind a complete handshake the rest on the wire is no part of it. */
void shako__record_handshake_end(shako_session *session) {
  shako__conn *conn = session->conn;
  size_t rest = conn->agreed ? shako__input_wire_len(session) : 0;

  if (conn->started && !conn->measured) {
    conn->measured = true;
    conn->info.handshake_time = session->now - conn->since;
    conn->info.handshake_octets =
        session->octets_received - rest - conn->octets_before;
  }
}

static void tell_tls(const shako_session *session, shako_record *record) {
  const shako_policy *policy = shako__policy(session);

  record->tls_setting = policy->tls;
  record->tls_observed = policy->tls_observed;
  record->tls_implicit = session->listener->implicit_tls;
  record->tls_asked = session->tls_asked || record->tls_implicit;
  record->tls_completed = session->secure;
  record->tls = shako_session_tls(session);
}

static void tell_counts(const shako_session *session, shako_record *record) {
  record->commands = session->commands;
  record->transactions = session->transactions;
  record->messages = session->messages;
  record->messages_tls = session->messages_tls;
  record->recipients = session->all_recipients;
  record->refusals = session->refusals;
  record->observed = session->observed;
  record->unwaited = session->unwaited;
  if (session->refusals > 0 && session->extra && session->extra->counted) {
    record->refused = session->extra->refused;
  }
  record->octets_received = session->octets_received;
  record->octets_sent = session->octets_sent;
  record->octets_messages = session->octets_messages;
}

void shako_session_record_sized(const shako_session *session,
                                shako_record *record, size_t size) {
  shako_record whole = {
      .struct_size = sizeof(whole),
      .listener = session->listener->name,
      .peer = &session->peer,
      .match = shako__match(session),
      .greeted = session->home != SHAKO__PHASE_START && !session->turned_away,
      .proxied = session->proxied,
      .how = session->how,
      .error = session->error,
      .duration = session->now - session->born,
      .identity = shako_session_identity(session),
  };

  tell_tls(session, &whole);
  tell_counts(session, &whole);
  shako__sized_fill(record, size, &whole, sizeof(whole));
}
