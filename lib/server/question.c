#include "server/verbs.h"

#include <string.h>

#include "base/ascii.h"
#include "base/mem.h"
#include "policy/refusals.h"
#include "policy/words.h"
#include "smtp/reply.h"

void shako__ask(shako_session *session, shako_event_type type) {
  session->question++;
  session->asking = true;
  session->asked = type;
  session->active = session->now;
  session->event.type = type;
  session->event.question = session->question;
}

bool shako__is_asking(const shako_session *session, shako_question question) {
  return session->asking && question == session->question;
}

/* What each question takes for a yes, and how the library words it (RFC 5321
   4.3.2).  Code 0: it takes no code for a yes. */
typedef struct yes_row {
  int code;
  const char *enhanced;
  const char *text;
} yes_row;

static yes_row yes_of(shako_event_type type) {
  static const yes_row rows[SHAKO_EVENT_COMMAND + 1] = {
      [SHAKO_EVENT_CONNECT] = {220, NULL, "ESMTP"},
      [SHAKO_EVENT_HELLO] = {250, NULL, NULL},
      [SHAKO_EVENT_STARTTLS] = {220, "2.0.0", "Ready to start TLS"},
      [SHAKO_EVENT_MAIL] = {250, "2.1.0", "Ok"},
      [SHAKO_EVENT_RCPT] = {250, "2.1.5", "Ok"},
      [SHAKO_EVENT_DATA] = {354, NULL, "End data with <CR><LF>.<CR><LF>"},
      [SHAKO_EVENT_MESSAGE] = {250, "2.0.0", "Ok"},
      [SHAKO_EVENT_COMMAND] = {250, "2.0.0", "Ok"},
  };

  return rows[type];
}

/* ... and what to a command that the application answers. */
static yes_row yes_to_command(const shako_session *session) {
  shako_span name = shako__span(session->event.u.command.verb);
  shako_verb verb = shako__verb_find(name)->verb;

  if (verb == SHAKO_VERB_HELP) {
    return (yes_row){214, "2.0.0", shako__help_text(session)};
  }
  if (verb == SHAKO_VERB_VRFY || verb == SHAKO_VERB_EXPN) {
    return (yes_row){252, "2.5.0", SHAKO__CANNOT_VERIFY};
  }
  return yes_of(SHAKO_EVENT_COMMAND);
}

/* The policy's words for a greeting.  |buf| holds SHAKO_REPLY_TEXT_MAX octets
   and a NUL. */
static void put_words(const shako_session *session, const char *template,
                      char *buf) {
  char remote_ip[SHAKO_ADDRESS_TEXT_SIZE];
  const shako__words words = {shako__match(session).group,
                              shako__hostname(session), remote_ip};
  shako__text text;

  shako_address_format(&session->peer.address, remote_ip);
  shako__text_init(&text, buf, SHAKO_REPLY_TEXT_MAX + 1);
  shako__words_put(&text, template, &words);
}

static bool is_rejected(const shako_session *session) {
  return session->asked == SHAKO_EVENT_CONNECT &&
         shako__policy(session)->access == SHAKO_ACCESS_REJECT &&
         !session->listener->delayed_rejection;
}

static bool is_hello_yes(const shako_session *session, int code) {
  return session->asked == SHAKO_EVENT_HELLO && code < 400;
}

/* A yes to a chunk is not said, and a no not yet (RFC 3030 2). */
static bool is_kept_back(const shako_session *session, shako__answer answer) {
  return session->asked == SHAKO_EVENT_DATA && session->chunked &&
         answer != SHAKO__ANSWER_END;
}

void shako__question_close(shako_session *session, shako__answer answer) {
  session->asking = false;
  session->answer = answer;
  if (session->asked == SHAKO_EVENT_AUTH) {
    shako__auth_wipe(session);
  }
}

int shako__reply(shako_session *session, shako__answer answer, int code,
                 const char *enhanced, const char *text) {
  char buf[SHAKO_REPLY_TEXT_MAX + SHAKO__HELLO_EXTRA];

  if (answer == SHAKO__ANSWER_YES && shako__is_early(session)) {
    shako__question_close(session, SHAKO__ANSWER_EARLY);
    return 0;
  }
  if (is_kept_back(session, answer)) {
    shako__question_close(session, answer);
    return answer == SHAKO__ANSWER_YES ||
                   shako__chunk_put_off(session, code, enhanced, text)
               ? 0
               : session->error;
  }
  if (code != 0 && shako__can_speak(session)) {
    if (is_hello_yes(session, code)) {
      shako__hello_text(session, text, buf);
      text = buf;
      enhanced = NULL; /* RFC 2034 3 */
    }
    if (!shako__output_reserve(session, shako__say_room(enhanced, text))) {
      session->asking = false;
      return session->error;
    }
    shako__say(session, code, enhanced, text);
  }
  shako__question_close(session, answer);
  return 0;
}

int shako__question_check(const shako_session *session,
                          shako_question question) {
  if (!shako__is_asking(session, question)) {
    return SHAKO_ERR_STALE_QUESTION;
  }
  if (session->error) {
    return session->error;
  }
  if (session->asked == SHAKO_EVENT_HANDSHAKE) {
    return SHAKO_ERR_INVALID_STATE;
  }
  return 0;
}

/* Greets in the words of the policy. */
static int greet(shako_session *session) {
  const shako_policy *policy = shako__policy(session);
  char text[SHAKO_REPLY_TEXT_MAX + 1];
  const char *banner = policy->banner_text ? policy->banner_text : "ESMTP";
  const char *no =
      policy->reject_text ? policy->reject_text : "No SMTP service for you";

  if (!is_rejected(session)) {
    put_words(session, banner, text);
    return shako__reply(session, SHAKO__ANSWER_YES, policy->banner_code, NULL,
                        text);
  }
  put_words(session, no, text);
  return shako__reply(session,
                      policy->reject_code == 421 ? SHAKO__ANSWER_END
                                                 : SHAKO__ANSWER_NO,
                      policy->reject_code, NULL, text);
}

int shako_session_accept(shako_session *session, shako_question question) {
  yes_row yes;
  int error = shako__question_check(session, question);

  if (error) {
    return error;
  }
  if (session->asked == SHAKO_EVENT_AUTH) {
    return SHAKO_ERR_INVALID_STATE; /* as whom? */
  }
  if (session->asked == SHAKO_EVENT_CONNECT) {
    return greet(session);
  }
  if (session->asked == SHAKO_EVENT_LOOKUP) {
    return shako_session_inform(session, question, &session->peer);
  }
  yes = session->asked == SHAKO_EVENT_COMMAND ? yes_to_command(session)
                                              : yes_of(session->asked);
  return shako__reply(session, SHAKO__ANSWER_YES, yes.code, yes.enhanced,
                      yes.text);
}

/* Whether |code| answers the open question, and how. */
static shako__answer meaning_of(const shako_session *session, int code) {
  if (code == 421) {
    return SHAKO__ANSWER_END;
  }
  if (session->asked == SHAKO_EVENT_LOOKUP) {
    return SHAKO__ANSWER_NONE;
  }
  if (code >= 400 && code <= 599) {
    return SHAKO__ANSWER_NO;
  }
  if (session->asked == SHAKO_EVENT_COMMAND) {
    return code >= 200 && code <= 299 && code != 220 && code != 221 &&
                   code != 235
               ? SHAKO__ANSWER_YES
               : SHAKO__ANSWER_NONE;
  }
  if (code != 0 && code == yes_of(session->asked).code &&
      !is_rejected(session)) {
    return SHAKO__ANSWER_YES;
  }
  return SHAKO__ANSWER_NONE;
}

int shako_session_answer(shako_session *session, shako_question question,
                         int code, const char *enhanced, const char *text) {
  shako__answer answer;
  int error = shako__question_check(session, question);

  if (error) {
    return error;
  }
  answer = meaning_of(session, code);
  if (answer == SHAKO__ANSWER_NONE || !text ||
      !shako__reply_text_valid(text, SHAKO_REPLY_TEXT_MAX)) {
    return SHAKO_ERR_INVALID_ARGUMENT;
  }
  if (enhanced && !shako__reply_enhanced_valid(enhanced, code)) {
    return SHAKO_ERR_INVALID_ARGUMENT;
  }
  if (code == 354) {
    enhanced = NULL; /* there are none of class 3 */
  }
  if (is_hello_yes(session, code) && strchr(text, '\n')) {
    return SHAKO_ERR_INVALID_ARGUMENT;
  }
  return shako__reply(session, answer, code, enhanced, text);
}

int shako_session_inform(shako_session *session, shako_question question,
                         const shako_peer *facts) {
  int error;

  if (!shako__is_asking(session, question)) {
    return SHAKO_ERR_STALE_QUESTION;
  }
  if (session->asked != SHAKO_EVENT_LOOKUP) {
    return SHAKO_ERR_INVALID_STATE;
  }
  error = shako__learn(session, facts);
  if (error != SHAKO_ERR_INVALID_ARGUMENT) {
    session->asking = false;
  }
  if (error == 0) {
    session->answer = SHAKO__ANSWER_YES;
  }
  return error;
}

int shako_session_tls_external(shako_session *session, shako_question question,
                               const shako_tls_info *info) {
  if (!shako__is_asking(session, question)) {
    return SHAKO_ERR_STALE_QUESTION;
  }
  if (session->asked != SHAKO_EVENT_HANDSHAKE) {
    return SHAKO_ERR_INVALID_STATE;
  }
  if (!SHAKO__KNOWS(info, native_error)) {
    return SHAKO_ERR_INVALID_ARGUMENT;
  }
  if (info->failure == SHAKO_TLS_FAILURE_NONE && session->input.lent > 0) {
    return SHAKO_ERR_INVALID_STATE; /* what comes into it is from before TLS */
  }
  if (info->version == 0 && info->failure == SHAKO_TLS_FAILURE_NONE) {
    return SHAKO_ERR_INVALID_ARGUMENT;
  }
  if (!session->conn) {
    bool out_of_memory;

    session->conn =
        shako__conn_new(shako__mem(session), NULL, NULL, NULL, &out_of_memory);
  }
  if (!session->conn) {
    shako__fail(session, SHAKO_ERR_NOMEM);
    session->asking = false;
    return SHAKO_ERR_NOMEM;
  }
  session->asking = false;
  if (!shako__conn_external(session->conn, shako__mem(session), info)) {
    shako__fail(session, SHAKO_ERR_NOMEM);
    return SHAKO_ERR_NOMEM;
  }
  session->answer =
      session->conn->agreed ? SHAKO__ANSWER_YES : SHAKO__ANSWER_NO;
  return 0;
}

static void answered_connect(shako_session *session, bool yes) {
  session->turned_away = !yes;
  session->phase = SHAKO__PHASE_READY;
  session->home = SHAKO__PHASE_READY;
}

static void act_on(shako_session *session, bool yes) {
  switch (session->asked) {
  case SHAKO_EVENT_CONNECT:
    answered_connect(session, yes);
    break;
  case SHAKO_EVENT_HELLO:
    shako__answered_hello(session, yes);
    break;
  case SHAKO_EVENT_STARTTLS:
    shako__answered_starttls(session, yes);
    break;
  case SHAKO_EVENT_HANDSHAKE:
    shako__answered_handshake(session, yes);
    break;
  case SHAKO_EVENT_CERTIFICATE:
    shako__answered_certificate(session, yes);
    break;
  case SHAKO_EVENT_MAIL:
    shako__answered_mail(session, yes);
    break;
  case SHAKO_EVENT_RCPT:
    shako__answered_rcpt(session, yes);
    break;
  case SHAKO_EVENT_DATA:
    shako__answered_data(session, yes);
    break;
  case SHAKO_EVENT_MESSAGE:
    shako__answered_message(session, yes);
    break;
  case SHAKO_EVENT_AUTH:
    shako__answered_auth(session, yes);
    break;
  case SHAKO_EVENT_LOOKUP:  /* phase START goes on */
  case SHAKO_EVENT_COMMAND: /* all is said */
    break;
  case SHAKO_EVENT_TLS:
  case SHAKO_EVENT_OBSERVED:
  case SHAKO_EVENT_BODY:
  case SHAKO_EVENT_RESET:
  case SHAKO_EVENT_VIOLATION:
  case SHAKO_EVENT_CLOSED:
    break; /* no questions */
  }
}

void shako__apply_answer(shako_session *session) {
  shako__answer answer = session->answer;
  bool command = session->asked != SHAKO_EVENT_LOOKUP &&
                 session->asked != SHAKO_EVENT_CONNECT &&
                 session->asked != SHAKO_EVENT_HANDSHAKE;

  /* Where there is no room, the error keeps everybody from speaking. */
  (void)shako__output_reserve(session, SHAKO__REPLY_ROOM);
  session->answer = SHAKO__ANSWER_NONE;
  session->waited += session->now - session->active;
  session->data_began += session->now - session->active;
  if (answer == SHAKO__ANSWER_EARLY) {
    shako__refuse(session, shako__refusal_verdict(SHAKO__REFUSAL_EARLY_OCTETS),
                  true);
    return;
  }
  act_on(session, answer == SHAKO__ANSWER_YES);
  session->active = session->now;
  if (answer == SHAKO__ANSWER_YES || !command) {
    if (answer == SHAKO__ANSWER_END) {
      shako__end(session, NULL, "application");
    }
    return;
  }
  shako__record_refusal(session, SHAKO_REASON_APPLICATION);
  if (answer == SHAKO__ANSWER_END) {
    shako__end(session, NULL, "application");
  } else if (session->phase < SHAKO__PHASE_ENDING) {
    shako__count_error(session);
  }
}
