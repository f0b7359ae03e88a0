#include "server/session.h"

#include <string.h>

#include "base/ascii.h"
#include "policy/refusals.h"
#include "smtp/limits.h"

/* Ends the transaction, if there is one: RESET is owed.  Back to where EHLO
   or HELO was. */
void shako__reset(shako_session *session, const char *reason) {
  if (session->transaction) {
    session->owed_reset = reason;
  }
  session->transaction = false;
  session->chunked = false;
  session->recipients = 0;
  session->phase = session->home;
}

static char *add(char *at, const char *text) {
  size_t len = strlen(text);

  memcpy(at, text, len + 1);
  return at + len;
}

/* What the policy limits (RFC 9422). */
static char *add_limits(const shako_policy *policy, char *at) {
  const shako__limits limits = {.messages = policy->max_messages,
                                .recipients = policy->max_recipients};
  char line[SHAKO__LIMITS_SIZE];

  return shako__limits_write(&limits, line) > 0 ? add(add(at, "\n"), line) : at;
}

/* What the listener offers and others do not. */
static char *add_offers(const shako_session *session, char *at) {
  unsigned offers = session->listener->offers;

  if (offers & SHAKO_OFFER_CHUNKING) {
    at = add(at, "\nCHUNKING");
  }
  if (offers & SHAKO_OFFER_BINARYMIME) {
    at = add(at, "\nBINARYMIME");
  }
  if (offers & SHAKO_OFFER_SMTPUTF8) {
    at = add(at, "\nSMTPUTF8");
  }
  if (offers & SHAKO_OFFER_DSN) {
    at = add(at, "\nDSN");
  }
  if ((offers & SHAKO_OFFER_REQUIRETLS) && session->secure) {
    at = add(at, "\nREQUIRETLS");
  }
  if (offers & SHAKO_OFFER_LIMITS) {
    at = add_limits(shako__policy(session), at);
  }
  return at;
}

/* The keywords of EHLO (RFC 5321 4.1.1.1), each on a line of its own. */
static void add_keywords(const shako_session *session, char *at) {
  const shako_policy *policy = shako__policy(session);
  const shako_facts facts = shako__facts(session);

  at = add(at, "\nPIPELINING\n8BITMIME\nENHANCEDSTATUSCODES\nSIZE ");
  at = shako__put_number(at, policy->max_message_size);
  at = add_offers(session, at);
  at = shako__auth_offer(session, at);
  if (!session->secure &&
      !shako_policy_check(policy, &facts, SHAKO_VERB_STARTTLS)) {
    at = add(at, "\nSTARTTLS");
  }
  if (session->listener->keywords) {
    add(add(at, "\n"), session->listener->keywords);
  }
}

void shako__hello_text(const shako_session *session, const char *greeting,
                       char *text) {
  char *at = add(text, shako__hostname(session));

  if (greeting && *greeting) {
    at = add(add(at, " "), greeting);
  }
  if (session->hello_extended) {
    add_keywords(session, at);
  }
}

/* RFC 5321 4.1.4: an accepted EHLO or HELO resets; a refused one changes
   nothing. */
void shako__answered_hello(shako_session *session, bool yes) {
  if (!yes) {
    return;
  }
  session->home =
      session->hello_extended ? SHAKO__PHASE_EHLO : SHAKO__PHASE_HELO;
  shako__reset(session, session->hello_extended ? "ehlo" : "helo");
}

void shako__answered_mail(shako_session *session, bool yes) {
  if (yes) {
    session->transaction = true;
    session->transactions++;
    session->phase = SHAKO__PHASE_MAIL;
  }
}

void shako__answered_rcpt(shako_session *session, bool yes) {
  if (yes) {
    session->recipients++;
    session->all_recipients++;
    session->phase = SHAKO__PHASE_RCPT;
  }
}

void shako__answered_data(shako_session *session, bool yes) {
  bool keep = shako__policy(session)->bare_line_ends;

  session->data_began = session->now;
  session->message_size = 0;
  session->message_taken = false;
  session->body = (shako__body){.keep = keep};
  if (session->chunked) {
    shako__answered_chunk(session, yes);
  } else if (yes) {
    session->phase = SHAKO__PHASE_BODY;
  }
}

/* The transaction is over, whatever the answer is (RFC 5321 4.1.1.4); on LMTP
   when each recipient has its own (RFC 2033 4.2). */
void shako__answered_message(shako_session *session, bool yes) {
  if (yes && !session->message_taken) {
    session->message_taken = true;
    shako__record_message(session);
  }
  if (session->verdicts > 1) {
    session->verdicts--;
    return;
  }
  session->verdicts = 0;
  session->transaction = false;
  shako__reset(session, NULL);
}

static void ask_message(shako_session *session) {
  shako__ask(session, SHAKO_EVENT_MESSAGE);
  session->event.u.message.size = session->message_size;
  session->event.u.message.recipient =
      session->verdicts > 0 ? session->recipients - session->verdicts : 0;
  session->event.u.message.bare_line_ends = session->body.kept;
}

/* Refuses the message: on LMTP to each of its recipients. */
static void refuse_message(shako_session *session, shako__refusal refusal) {
  const shako_verdict *verdict = shako__refusal_verdict(refusal);
  uint32_t recipients = session->recipients;

  shako__reset(session, verdict->reason);
  shako__refuse(session, verdict, false);
  if (session->listener->lmtp && session->phase < SHAKO__PHASE_ENDING &&
      recipients > 1) {
    session->verdicts = recipients - 1;
    session->phase = SHAKO__PHASE_VERDICTS;
  }
}

/* One more reply to a message on LMTP: the application's, or, where the
   message was refused, the one that the first recipient got. */
void shako__verdicts_step(shako_session *session) {
  const shako_verdict *refused = shako__refusal_verdict(session->refused);

  if (session->transaction) {
    ask_message(session);
    return;
  }
  if (!shako__put_off_say(session)) {
    shako__say(session, refused->code, refused->enhanced, refused->text);
  }
  session->verdicts--;
  if (session->verdicts == 0) {
    shako__put_off_free(session);
    session->phase = session->home;
  }
}

static bool is_too_big(const shako_session *session) {
  uint64_t limit = shako__policy(session)->max_message_size;

  return limit != 0 && session->message_size > limit;
}

void shako__message_finish(shako_session *session) {
  session->phase = SHAKO__PHASE_RCPT;
  if (session->body.bare) {
    refuse_message(session, SHAKO__REFUSAL_BARE_LINE_END);
  } else if (is_too_big(session)) {
    refuse_message(session, SHAKO__REFUSAL_MESSAGE_TOO_BIG);
  } else {
    if (session->listener->lmtp) {
      session->verdicts = session->recipients;
      session->phase = SHAKO__PHASE_VERDICTS;
    }
    ask_message(session);
  }
}

/* Reads on to the next piece of the message, or its end.  A message that is
   refused already is read to its end, and no more of it is handed out; its
   size still tells how fast it comes. */
void shako__body_step(shako_session *session) {
  shako_span data;
  size_t used =
      shako__body_read(&session->body, shako__input_text(session), &data);

  shako__input_take(session, used);
  session->active = session->now;
  session->message_size += session->body.bare ? used : data.len;
  if (session->body.state == SHAKO__BODY_END) {
    shako__message_finish(session);
  } else if (data.len > 0 && !is_too_big(session)) {
    shako__emit(session, SHAKO_EVENT_BODY);
    session->event.u.body = data;
  }
}
