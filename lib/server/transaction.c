#include "server/session.h"

#include <string.h>

#include "base/ascii.h"
#include "policy/refusals.h"

/* Ends the transaction, if there is one: RESET is owed.  Back to where EHLO
   or HELO was. */
void shako__reset(shako_session *session, const char *reason) {
  if (session->transaction) {
    session->owed_reset = reason;
  }
  session->transaction = false;
  session->recipients = 0;
  session->phase = session->home;
}

static char *add(char *at, const char *text) {
  size_t len = strlen(text);

  memcpy(at, text, len + 1);
  return at + len;
}

/* The keywords of EHLO (RFC 5321 4.1.1.1), each on a line of its own. */
static void add_keywords(const shako_session *session, char *at) {
  const shako_policy *policy = shako__policy(session);
  const shako_facts facts = shako__facts(session);

  at = add(at, "\nPIPELINING\n8BITMIME\nENHANCEDSTATUSCODES\nSIZE ");
  at = shako__put_number(at, policy->max_message_size);
  if (!session->secure &&
      !shako_policy_check(policy, &facts, SHAKO_VERB_STARTTLS)) {
    add(at, "\nSTARTTLS");
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
  if (yes) {
    session->phase = SHAKO__PHASE_BODY;
    session->body =
        (shako__body){.keep = shako__policy(session)->bare_line_ends};
    session->message_size = 0;
  }
}

/* RFC 5321 4.1.1.4: whatever the answer, the transaction is over. */
void shako__answered_message(shako_session *session, bool yes) {
  if (yes) {
    shako__record_message(session);
  }
  session->transaction = false;
  shako__reset(session, NULL);
}

static void refuse_message(shako_session *session, shako__refusal refusal) {
  const shako_verdict *verdict = shako__refusal_verdict(refusal);

  shako__reset(session, verdict->reason);
  shako__refuse(session, verdict, false);
}

static bool is_too_big(const shako_session *session) {
  uint64_t limit = shako__policy(session)->max_message_size;

  return limit != 0 && session->message_size > limit;
}

/* The end of the message was seen. */
static void finish(shako_session *session) {
  if (session->body.bare) {
    refuse_message(session, SHAKO__REFUSAL_BARE_LINE_END);
  } else if (is_too_big(session)) {
    refuse_message(session, SHAKO__REFUSAL_MESSAGE_TOO_BIG);
  } else {
    shako__ask(session, SHAKO_EVENT_MESSAGE);
    session->event.u.message.size = session->message_size;
  }
}

/* Reads on to the next piece of the message, or its end.  A message that is
   refused already is read to its end, and no more of it is handed out. */
void shako__body_step(shako_session *session) {
  shako_span data;
  size_t used =
      shako__body_read(&session->body, shako__input_text(session), &data);

  shako__input_take(session, used);
  session->active = session->now;
  session->message_size += data.len;
  if (session->body.state == SHAKO__BODY_END) {
    session->phase = SHAKO__PHASE_RCPT;
    finish(session);
  } else if (data.len > 0 && !is_too_big(session)) {
    shako__emit(session, SHAKO_EVENT_BODY);
    session->event.u.body = data;
  }
}
