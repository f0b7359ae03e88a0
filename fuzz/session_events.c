#include <stdio.h>
#include <string.h>

#include "event_text.h"
#include "session_run.h"

size_t run_message_count(const run *r) {
  return r->messages.len / sizeof(run_message);
}

const run_message *run_message_at(const run *r, size_t i) {
  return (const run_message *)(const void *)r->messages.ptr + i;
}

static run_message *last_message(run *r) {
  return (run_message *)(void *)r->messages.ptr + (run_message_count(r) - 1);
}

/* The life of an event. */

/* Writes what |event| says; a BODY's octets as a checksum, for there may be
   many. */
static void describe(octets *text, const shako_event *event,
                     const shako_session *session) {
  octets extras = {0};
  uint32_t sum = 2166136261u;

  octets_clear(text);
  if (event->type != SHAKO_EVENT_BODY) {
    event_text(text, &extras, event, session);
    octets_add(text, extras.ptr, extras.len);
    octets_free(&extras);
    return;
  }
  for (size_t i = 0; i < event->u.body.len; i++) {
    sum = (sum ^ event->u.body.ptr[i]) * 16777619u;
  }
  octets_print(text, "BODY %zu %u", event->u.body.len, sum);
}

void run_let_go(run *r) {
  octets text = {0};

  if (!r->live) {
    return;
  }
  describe(&text, r->live, r->session);
  HOLDS(r, strcmp(octets_text(&text), octets_text(&r->live_text)) == 0,
        "an event changed while it lived");
  octets_free(&text);
  r->live = NULL;
}

/* What may happen when. */

static void check_transaction(run *r, const shako_event *event) {
  switch (event->type) {
  case SHAKO_EVENT_MAIL:
    HOLDS(r, !r->in_transaction, "MAIL inside a transaction");
    break;
  case SHAKO_EVENT_RCPT:
    HOLDS(r, r->in_transaction, "RCPT without an accepted MAIL");
    break;
  case SHAKO_EVENT_DATA:
    HOLDS(r, r->in_transaction && r->recipients > 0,
          "DATA without an accepted RCPT");
    break;
  case SHAKO_EVENT_BODY:
  case SHAKO_EVENT_MESSAGE:
    HOLDS(r, r->in_data, "BODY or MESSAGE without an accepted DATA");
    break;
  case SHAKO_EVENT_RESET:
    HOLDS(r, r->in_transaction, "RESET without a transaction");
    break;
  case SHAKO_EVENT_STARTTLS:
    HOLDS(r, r->settings->policy.tls != SHAKO_TLS_SETTING_NO,
          "STARTTLS under No");
    HOLDS(r, !r->in_transaction && !r->switched, "STARTTLS out of place");
    break;
  case SHAKO_EVENT_TLS:
    HOLDS(r, r->switched && !r->secure, "TLS that nobody asked for");
    break;
  case SHAKO_EVENT_CLOSED:
    HOLDS(r, !r->in_transaction, "CLOSED, and a transaction has not ended");
    break;
  case SHAKO_EVENT_LOOKUP:
  case SHAKO_EVENT_OBSERVED:
  case SHAKO_EVENT_CONNECT:
  case SHAKO_EVENT_HELLO:
  case SHAKO_EVENT_HANDSHAKE:
  case SHAKO_EVENT_CERTIFICATE:
  case SHAKO_EVENT_AUTH:
  case SHAKO_EVENT_COMMAND:
  case SHAKO_EVENT_VIOLATION:
    break;
  }
}

/* What only a host has whose TLS is as it must be. */
static bool is_mail(shako_event_type type) {
  return type == SHAKO_EVENT_MAIL || type == SHAKO_EVENT_RCPT ||
         type == SHAKO_EVENT_DATA || type == SHAKO_EVENT_BODY ||
         type == SHAKO_EVENT_MESSAGE;
}

static void check_gate(run *r, const shako_event *event) {
  const shako_policy *policy = &r->settings->policy;
  const shako_tls_info *tls = shako_session_tls(r->session);

  if (event->type != SHAKO_EVENT_HELLO && !is_mail(event->type)) {
    return;
  }
  HOLDS(r, !r->turned_away, "a host that was turned away got on");
  HOLDS(r, !r->switched || r->secure, "a command before TLS was delivered");
  HOLDS(r,
        !is_mail(event->type) || policy->auth != SHAKO_AUTH_SETTING_REQUIRED ||
            shako_session_identity(r->session).len > 0,
        "mail from somebody who is not authenticated");
  HOLDS(r, !r->secure || (tls && tls->version >= policy->tls_min_version),
        "a command inside TLS that is too weak");
  HOLDS(r,
        r->secure || !is_mail(event->type) ||
            policy->tls != SHAKO_TLS_SETTING_REQUIRED || policy->tls_observed,
        "mail under Required, and without TLS");
}

/* Whether messages may come by BDAT. */
static bool has_chunks(const run *r) {
  return r->settings->offers == SETTINGS_OFFERS_ALL ||
         r->settings->offers == SETTINGS_OFFERS_LMTP;
}

static bool has_bare(const uint8_t *body, size_t len) {
  bool cr = false;

  for (size_t i = 0; i < len; i++) {
    if (cr != (body[i] == '\n')) {
      return true;
    }
    cr = body[i] == '\r';
  }
  return cr;
}

/* The same words end a message without a bare CR or LF. */
static void check_message(run *r, const shako_event *event) {
  const run_message *message = last_message(r);
  const uint8_t *body = r->bodies.ptr + message->from;
  size_t len = message->to - message->from;

  HOLDS(r, event->u.message.size == len, "MESSAGE of another size");
  HOLDS(r, has_bare(body, len) == (event->u.message.bare_line_ends != 0),
        "MESSAGE is wrong about a bare CR or LF");
  if (has_chunks(r)) {
    return;
  }
  HOLDS(r, !event->u.message.bare_line_ends, "a bare CR or LF in a message");
  HOLDS(r, len == 0 || body[len - 1] == '\n',
        "a message does not end with its last line");
}

static uint32_t sum_of(const uint32_t *counts) {
  uint32_t sum = 0;

  for (uint32_t i = 0; i < shako_reason_count(); i++) {
    sum += counts[i];
  }
  return sum;
}

static void check_closed(run *r, const shako_event *event) {
  bool uncounted;
  shako_record record;

  shako_session_record(r->session, &record);
  uncounted = record.refusals > 0 && !record.refused;
  HOLDS(r, event->u.closed.how == record.how, "CLOSED for another reason");
  HOLDS(r, record.messages == r->accepted, "the record has other messages");
  HOLDS(r, record.refusals == r->violations + r->noes,
        "the record has other refusals");
  HOLDS(r, !record.refused || sum_of(record.refused) == record.refusals,
        "the reasons do not add up to the refusals");
  HOLDS(r, record.error != 0 || uncounted || !r->memory.failed,
        "memory ran out, and CLOSED has no error");
  HOLDS(r, (record.error == 0 && !uncounted) || r->memory.failed,
        "an error, and nothing failed");
  HOLDS(r, r->secure == (record.tls_completed != 0),
        "the record has other TLS");
  HOLDS(r, !r->secure || record.tls, "CLOSED without the TLS that there was");
}

static void follow(run *r, const shako_event *event) {
  switch (event->type) {
  case SHAKO_EVENT_TLS:
    r->secure = true;
    break;
  case SHAKO_EVENT_BODY:
    octets_add(&r->bodies, event->u.body.ptr, event->u.body.len);
    last_message(r)->to = r->bodies.len;
    break;
  case SHAKO_EVENT_MESSAGE:
    check_message(r, event);
    last_message(r)->complete = true;
    break;
  case SHAKO_EVENT_RESET:
    if (r->in_data) {
      run_message *message = last_message(r);

      message->complete = false;
      snprintf(message->reason, sizeof(message->reason), "%s",
               event->u.reset.reason);
    }
    r->in_transaction = r->in_data = false;
    break;
  case SHAKO_EVENT_VIOLATION:
    r->violations++;
    r->injected = r->injected || event->u.violation.octets > 0;
    break;
  case SHAKO_EVENT_CLOSED:
    check_closed(r, event);
    r->closed = true;
    snprintf(r->how, sizeof(r->how), "%s", event->u.closed.how);
    break;
  case SHAKO_EVENT_LOOKUP:
  case SHAKO_EVENT_OBSERVED:
  case SHAKO_EVENT_CONNECT:
  case SHAKO_EVENT_HELLO:
  case SHAKO_EVENT_STARTTLS:
  case SHAKO_EVENT_HANDSHAKE:
  case SHAKO_EVENT_CERTIFICATE:
  case SHAKO_EVENT_AUTH:
  case SHAKO_EVENT_COMMAND:
  case SHAKO_EVENT_MAIL:
  case SHAKO_EVENT_RCPT:
  case SHAKO_EVENT_DATA:
    break;
  }
}

static bool takes_words(settings_answer answer) {
  return answer == SETTINGS_ANSWER_OWN_WORDS || answer == SETTINGS_ANSWER_4YZ ||
         answer == SETTINGS_ANSWER_5YZ || answer == SETTINGS_ANSWER_4YZ_LATE ||
         answer == SETTINGS_ANSWER_LONG_YES ||
         answer == SETTINGS_ANSWER_LONG_NO ||
         answer == SETTINGS_ANSWER_WRONG_FIRST;
}

static void take_question(run *r, const shako_event *event) {
  const settings *s = r->settings;

  if (event->question == 0) {
    return;
  }
  HOLDS(r, r->question == 0, "a second question is open");
  HOLDS(r, !r->lost && !r->stopped, "a question, and the session is to end");
  HOLDS(r, event->question > r->last_question,
        "a question's name was used again");
  r->question = r->last_question = event->question;
  r->challenges = event->type == SHAKO_EVENT_AUTH &&
                  strcmp(event->u.auth->mechanism, "X-STEPS") == 0 &&
                  event->u.auth->step < 2;
  r->asked = event->type;
  r->answer = s->answers[r->questions % SETTINGS_ANSWERS];
  if (event->type == SHAKO_EVENT_LOOKUP && takes_words(r->answer)) {
    r->answer = SETTINGS_ANSWER_ACCEPT; /* 421 is the only code it takes */
  }
  r->questions++;
  r->delay = r->answer == SETTINGS_ANSWER_LATE ||
                     r->answer == SETTINGS_ANSWER_4YZ_LATE ||
                     r->answer == SETTINGS_ANSWER_NEVER
                 ? 5
                 : 0;
}

void run_take_event(run *r, const shako_event *event) {
  const char *wrong = event_contradiction(event);

  HOLDS(r, !r->closed, "an event after CLOSED");
  HOLDS(r, !wrong, wrong);
  r->live = event;
  describe(&r->live_text, event, r->session);
  if (event->type != SHAKO_EVENT_BODY) {
    octets_add(&r->log, r->live_text.ptr, r->live_text.len);
    octets_add_text(&r->log, "\n");
  }
  check_transaction(r, event);
  check_gate(r, event);
  follow(r, event);
  take_question(r, event);
}

/* Answers. */

static int yes_code(shako_event_type type) {
  switch (type) {
  case SHAKO_EVENT_LOOKUP:
  case SHAKO_EVENT_OBSERVED:
  case SHAKO_EVENT_CONNECT:
  case SHAKO_EVENT_STARTTLS:
    return 220;
  case SHAKO_EVENT_DATA:
    return 354;
  default:
    return 250;
  }
}

/* CERTIFICATE takes a no only, and so does CONNECT where the policy says it
   all. */
static bool takes_yes(const run *r) {
  return r->asked != SHAKO_EVENT_CERTIFICATE &&
         !(r->asked == SHAKO_EVENT_CONNECT &&
           r->settings->policy.access == SHAKO_ACCESS_REJECT);
}

/* Words of SHAKO_REPLY_TEXT_MAX octets, on lines of up to 1000 octets or on
   one, with and without spaces to fold them at. */
static void long_words(char *text, bool lines) {
  for (size_t i = 0; i < SHAKO_REPLY_TEXT_MAX; i++) {
    text[i] = (char)(i < 2000 && i % 7 == 6 ? ' ' : 'a' + i % 26);
    if (lines && i % 1000 == 999) {
      text[i] = '\n';
    }
  }
  text[SHAKO_REPLY_TEXT_MAX] = '\0';
}

static int answer(run *r, int code, const char *enhanced, const char *text) {
  return shako_session_answer(r->session, r->question, code, enhanced, text);
}

static int say_long(run *r, bool yes) {
  char text[SHAKO_REPLY_TEXT_MAX + 2];

  long_words(text, !yes || r->asked != SHAKO_EVENT_HELLO);
  return yes ? answer(r, yes_code(r->asked), NULL, text)
             : answer(r, 554, NULL, text);
}

/* All that is no answer, and then one. */
static int answer_wrongly_first(run *r) {
  char text[SHAKO_REPLY_TEXT_MAX + 2];
  const int wrong = SHAKO_ERR_INVALID_ARGUMENT;

  memset(text, 'x', sizeof(text) - 1);
  text[sizeof(text) - 1] = '\0';
  HOLDS(r, answer(r, 0, NULL, "No") == wrong, "code 0");
  HOLDS(r,
        r->asked == SHAKO_EVENT_COMMAND || answer(r, 251, NULL, "No") == wrong,
        "code 251");
  HOLDS(r, answer(r, 600, NULL, "No") == wrong, "code 600");
  HOLDS(r, answer(r, 550, "4.7.1", "No") == wrong, "another class");
  HOLDS(r, answer(r, 550, "5.7", "No") == wrong, "a short enhanced code");
  HOLDS(r, answer(r, 550, NULL, "N\ro") == wrong, "a CR");
  HOLDS(r, answer(r, 550, NULL, "N\xc3\xb6") == wrong, "an octet over 126");
  HOLDS(r, answer(r, 550, NULL, text) == wrong, "a text too long");
  HOLDS(r,
        shako_session_accept(r->session, r->question + 1) ==
            SHAKO_ERR_STALE_QUESTION,
        "another question's name");
  return shako_session_accept(r->session, r->question);
}

/* A mechanism of two steps, or one that the library has read. */
static int authenticate(run *r, bool *yes) {
  static const uint8_t name[] = {'j', 'o', 'e'};

  HOLDS(r,
        shako_session_accept(r->session, r->question) ==
            SHAKO_ERR_INVALID_STATE,
        "AUTH was accepted");
  *yes = true;
  if (r->challenges) {
    return shako_session_challenge(r->session, r->question, name, sizeof(name));
  }
  return shako_session_authenticate(r->session, r->question,
                                    (shako_span){name, sizeof(name)});
}

/* Says yes or no; whether it was yes to |*yes|. */
static int say(run *r, bool *yes) {
  *yes = false;
  switch (r->answer) {
  case SETTINGS_ANSWER_4YZ:
  case SETTINGS_ANSWER_4YZ_LATE:
    return answer(r, 450, "4.7.1", "Come back later");
  case SETTINGS_ANSWER_5YZ:
    return answer(r, 550, "5.7.1", "Not here");
  case SETTINGS_ANSWER_421:
    return answer(r, 421, "4.3.0", "Not any more");
  case SETTINGS_ANSWER_LONG_NO:
    return say_long(r, false);
  default:
    break;
  }
  if (r->asked == SHAKO_EVENT_AUTH) {
    return authenticate(r, yes);
  }
  *yes = takes_yes(r) || r->asked == SHAKO_EVENT_CERTIFICATE;
  if (r->answer == SETTINGS_ANSWER_WRONG_FIRST) {
    return answer_wrongly_first(r);
  }
  if (r->answer == SETTINGS_ANSWER_OWN_WORDS && takes_yes(r)) {
    return answer(r, yes_code(r->asked),
                  r->asked == SHAKO_EVENT_DATA ? NULL : "2.7.0", "As you like");
  }
  if (r->answer == SETTINGS_ANSWER_LONG_YES && takes_yes(r)) {
    return say_long(r, true);
  }
  return shako_session_accept(r->session, r->question);
}

/* Says what is none, and says it while a loan is open. */
static void shake_hands_wrongly(run *r) {
  shako_tls_info info = {.struct_size = sizeof(info), .alert = -1};

  HOLDS(r,
        shako_session_accept(r->session, r->question) ==
            SHAKO_ERR_INVALID_STATE,
        "HANDSHAKE was accepted");
  info.version = 0x0304;
  HOLDS(r,
        !r->loan ||
            shako_session_tls_external(r->session, r->question, &info) ==
                SHAKO_ERR_INVALID_STATE,
        "a handshake while a loan from before it is open");
  run_give_back(r);
  info.version = 0;
  HOLDS(r,
        shako_session_tls_external(r->session, r->question, &info) ==
            SHAKO_ERR_INVALID_ARGUMENT,
        "TLS with neither a version nor a failure");
}

/* The application's own handshake. */
static int shake_hands(run *r, bool *yes) {
  shako_tls_info info = {.struct_size = sizeof(info), .alert = -1};

  shake_hands_wrongly(r);
  *yes = r->answer != SETTINGS_ANSWER_4YZ && r->answer != SETTINGS_ANSWER_5YZ &&
         r->answer != SETTINGS_ANSWER_421 &&
         r->answer != SETTINGS_ANSWER_LONG_NO &&
         r->answer != SETTINGS_ANSWER_4YZ_LATE;
  if (*yes) {
    info.version = r->settings->engine_version;
    info.cipher = fake_cipher(info.version);
  } else {
    info.failure = SHAKO_TLS_FAILURE_PEER_ALERT;
  }
  r->external_done = true;
  r->external_at = r->wire.len;
  return shako_session_tls_external(r->session, r->question, &info);
}

static void begin_message(run *r) {
  const run_message message = {r->bodies.len, r->bodies.len, false, ""};

  octets_add(&r->messages, &message, sizeof(message));
  r->taken = false;
  r->in_data = true;
}

/* On LMTP each recipient has its own, and the message counts once. */
static void follow_verdict(run *r, bool yes) {
  r->accepted += yes && !r->taken;
  r->taken = r->taken || yes;
  if (r->settings->offers == SETTINGS_OFFERS_LMTP && r->recipients > 1) {
    r->recipients--;
    return;
  }
  r->in_transaction = r->in_data = false;
}

/* What an answer that was taken changes. */
static void follow_answer(run *r, bool yes) {
  if (!yes && r->asked != SHAKO_EVENT_LOOKUP &&
      r->asked != SHAKO_EVENT_CONNECT && r->asked != SHAKO_EVENT_HANDSHAKE) {
    r->noes++;
  }
  if (r->asked == SHAKO_EVENT_CONNECT) {
    r->turned_away = !yes;
  } else if (r->asked == SHAKO_EVENT_STARTTLS && yes) {
    r->switched = true;
  } else if (r->asked == SHAKO_EVENT_MAIL && yes) {
    r->in_transaction = true;
    r->recipients = 0;
  } else if (r->asked == SHAKO_EVENT_RCPT && yes) {
    r->recipients++;
  } else if (r->asked == SHAKO_EVENT_DATA && yes) {
    begin_message(r);
  } else if (r->asked == SHAKO_EVENT_MESSAGE) {
    follow_verdict(r, yes);
  }
}

/* Does something else instead.  Returns whether it did. */
static bool evade(run *r) {
  int error;

  switch (r->answer) {
  case SETTINGS_ANSWER_SHUTDOWN:
    error = shako_session_shutdown(r->session, NULL);
    HOLDS(r,
          error == 0 || (r->stopped && error == SHAKO_ERR_INVALID_STATE) ||
              r->memory.failed,
          "shutdown()");
    r->stopped = true;
    break;
  case SETTINGS_ANSWER_LOST:
    HOLDS(r, shako_session_lost(r->session) == 0, "lost()");
    r->lost = true;
    break;
  case SETTINGS_ANSWER_NEVER:
    r->now = shako_session_expiry(r->session);
    HOLDS(r, r->now != SHAKO_TIME_NEVER, "a question without a limit");
    r->delay = 5; /* poll() comes first */
    return true;
  default:
    return false;
  }
  if (!(run_want(r) & SHAKO_WANT_ANSWER)) {
    run_question_gone(r);
  }
  return true;
}

void run_question_gone(run *r) {
  shako_question question = r->question;

  r->question = 0;
  HOLDS(r,
        question == 0 || shako_session_accept(r->session, question) ==
                             SHAKO_ERR_STALE_QUESTION,
        "a question is gone and not stale");
}

void run_answer(run *r) {
  bool yes;
  int error;

  if (evade(r)) {
    return;
  }
  error =
      r->asked == SHAKO_EVENT_HANDSHAKE ? shake_hands(r, &yes) : say(r, &yes);
  if (error == 0) {
    if (r->asked == SHAKO_EVENT_AUTH) {
      r->live = NULL; /* wiped */
    }
    follow_answer(r, yes);
    run_question_gone(r);
    return;
  }
  HOLDS(r, r->memory.failed && shako_is_fatal(error),
        "an answer was not taken");
  if (!(run_want(r) & SHAKO_WANT_ANSWER)) {
    run_question_gone(r);
  }
}
