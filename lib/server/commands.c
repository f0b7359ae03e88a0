#include "server/verbs.h"

#include "base/ascii.h"
#include "policy/refusals.h"
#include "server/counters.h"
#include "smtp/esmtp.h"
#include "smtp/line.h"
#include "smtp/param.h"
#include "smtp/path.h"

static const shako_verdict *no(shako__refusal refusal) {
  return shako__refusal_verdict(refusal);
}

/* What is judged before syntax: the gate, which sees every verb, then the
   phase.  |too_long| comes between: such a line has no syntax. */
static const shako_verdict *judge(const shako_session *session,
                                  const shako__verb_row *row, bool too_long) {
  const shako_facts facts = shako__facts(session);
  const shako_verdict *refusal =
      shako_policy_check(shako__policy(session), &facts, row->verb);

  if (refusal) {
    return refusal;
  }
  if (too_long) {
    return no(SHAKO__REFUSAL_LINE_TOO_LONG);
  }
  if (!(row->phases & (1u << session->phase))) {
    return no(SHAKO__REFUSAL_BAD_SEQUENCE);
  }
  if ((row->phases & SHAKO__IN_CLEAR) && session->secure) {
    return no(SHAKO__REFUSAL_BAD_SEQUENCE);
  }
  return NULL;
}

static const shako_verdict *parse(shako_session *session,
                                  const shako__verb_row *row,
                                  const shako__command *command) {
  if (command->damaged && row->verb != SHAKO_VERB_UNKNOWN) {
    return no(SHAKO__REFUSAL_BAD_OCTETS);
  }
  return row->parse(session, command->argument);
}

/* Puts |refusal| off until the octets that BDAT announced are swallowed, for
   they are in the stream whatever the answer is (RFC 3030 2).  Returns false
   where nobody knows how many they are. */
static bool put_off(shako_session *session, const shako_verdict *refusal,
                    const shako__command *command) {
  uint64_t limit = shako__policy(session)->max_message_size;
  bool last;

  if (!shako__bdat_read(command->argument, &session->swallow, &last)) {
    return false;
  }
  session->skipped = (uint8_t)shako__refusal_of(refusal);
  if (limit != 0 && session->swallow > limit) {
    session->swallow = limit;
    session->skipped = SHAKO__REFUSAL_CHUNK_TOO_BIG;
  }
  return true;
}

/* Says no to a command; or, where its octets are not yet past, will. */
static void turn_down(shako_session *session, const shako_verdict *refusal,
                      const shako__verb_row *row,
                      const shako__command *command) {
  bool close = shako__verb_is_foreign(command->verb);

  if (row->verb == SHAKO_VERB_BDAT && !session->skipping) {
    close = !put_off(session, refusal, command);
    if (session->swallow > 0) {
      return;
    }
  } else if (row->verb == SHAKO_VERB_BDAT) {
    close = true;
  }
  if (session->skipping) {
    session->skipped = (uint8_t)shako__refusal_of(refusal);
    session->skip_close = close;
    return;
  }
  shako__refuse(session, refusal, close);
}

bool shako__command_observe(shako_session *session, shako_span line) {
  const shako_policy *policy = shako__policy(session);
  const shako_facts facts = shako__facts(session);
  const shako_verdict *refusal;
  shako_verb verb;

  if (!policy->tls_observed || session->seen) {
    session->seen = false;
    return false;
  }
  verb = shako__verb_find(shako__command_split(line).verb)->verb;
  refusal = shako_policy_observe(policy, &facts, verb);
  if (!refusal || shako_policy_check(policy, &facts, verb)) {
    return false;
  }
  shako__emit(session, SHAKO_EVENT_OBSERVED);
  session->event.u.observed.verdict = refusal;
  session->observed++;
  session->seen = true;
  return true;
}

void shako__command_take(shako_session *session, shako_span line,
                         bool too_long) {
  const shako__command command = shako__command_split(line);
  const shako__verb_row *row = shako__verb_find(command.verb);
  const shako_verdict *refusal = judge(session, row, too_long);

  session->active = session->now;
  session->commands++;
  if (!refusal) {
    refusal = parse(session, row, &command);
  }
  if (session->error) {
    return; /* no memory for what the command says: the next step ends it */
  }
  if (refusal) {
    turn_down(session, refusal, row, &command);
  } else if (row->ask != 0) {
    shako__ask(session, row->ask);
  } else {
    row->act(session);
  }
}

void shako__refuse(shako_session *session, const shako_verdict *verdict,
                   bool close) {
  shako__refusal refusal = shako__refusal_of(verdict);

  session->refused = (uint8_t)refusal;
  session->refused_close = verdict->close || close;
  shako__record_refusal(session, shako__refusal_reason(refusal));
  session->owed_violation = true;
  if (session->refused_close) {
    shako__end(session, verdict, verdict->reason);
    return;
  }
  if (shako__can_speak(session)) {
    shako__say(session, verdict->code, verdict->enhanced, verdict->text);
  }
  shako__count_error(session);
}

void shako__count_error(shako_session *session) {
  const shako_verdict *words = no(SHAKO__REFUSAL_TOO_MANY_ERRORS);
  uint32_t max = shako__policy(session)->max_errors;

  if (max != 0 && session->refusals >= max) {
    shako__end(session, words, words->reason);
  }
}

const shako_verdict *shako__parse_unknown(shako_session *session,
                                          shako_span argument) {
  (void)session;
  (void)argument;

  return no(SHAKO__REFUSAL_UNKNOWN_COMMAND);
}

const shako_verdict *shako__parse_unavailable(shako_session *session,
                                              shako_span argument) {
  (void)session;
  (void)argument;

  return no(SHAKO__REFUSAL_NOT_IMPLEMENTED);
}

const shako_verdict *shako__parse_none(shako_session *session,
                                       shako_span argument) {
  (void)session;

  return argument.len > 0 ? no(SHAKO__REFUSAL_BAD_PARAMETER) : NULL;
}

const shako_verdict *shako__parse_any(shako_session *session,
                                      shako_span argument) {
  (void)session;
  (void)argument;

  return NULL;
}

const shako_verdict *shako__parse_some(shako_session *session,
                                       shako_span argument) {
  (void)session;

  return argument.len == 0 ? no(SHAKO__REFUSAL_BAD_PARAMETER) : NULL;
}

/* RFC 5321 4.1.1.1: a domain, or an address literal; after HELO too, since
   hosts without a name have nothing else to say. */
static const shako_verdict *parse_hello(shako_session *session,
                                        shako_span argument, bool extended) {
  if (!shako__is_host(argument)) {
    return no(SHAKO__REFUSAL_BAD_PARAMETER);
  }
  session->event.u.hello.name = argument;
  session->event.u.hello.extended = extended;
  session->hello_extended = extended;
  return NULL;
}

const shako_verdict *shako__parse_helo(shako_session *session,
                                       shako_span argument) {
  return parse_hello(session, argument, false);
}

const shako_verdict *shako__parse_ehlo(shako_session *session,
                                       shako_span argument) {
  return parse_hello(session, argument, true);
}

/* Cuts |keyword| ("FROM:") off |*text|, and one space behind it, which the
   grammar does not have and many clients send. */
static bool cut_keyword(shako_span *text, const char *keyword) {
  size_t len = shako__span(keyword).len;

  if (!shako__starts_with(*text, keyword)) {
    return false;
  }
  if (text->len > len && text->ptr[len] == ' ') {
    len++;
  }
  *text = shako__slice(*text, len, text->len);
  return true;
}

/* What EHLO offered; without it there are no parameters (RFC 5321 2.2.1). */
static unsigned offered(const shako_session *session) {
  return session->home == SHAKO__PHASE_EHLO
             ? SHAKO__ESMTP_SIZE | SHAKO__ESMTP_8BITMIME
             : 0;
}

static const shako_verdict *read_params(const shako_session *session,
                                        shako_span text, shako_verb verb,
                                        shako__params *params) {
  switch (shako__params_read(text, verb, offered(session), params)) {
  case SHAKO__PARAMS_OK:
    return NULL;
  case SHAKO__PARAMS_MALFORMED:
    return no(SHAKO__REFUSAL_BAD_PARAMETER);
  case SHAKO__PARAMS_UNKNOWN:
    return no(SHAKO__REFUSAL_UNKNOWN_PARAMETER);
  }
  return no(SHAKO__REFUSAL_BAD_PARAMETER);
}

/* The gate once more, now that the reverse-path is known. */
static const shako_verdict *judge_sender(const shako_session *session,
                                         shako_span path) {
  const shako_policy *policy = shako__policy(session);
  shako_facts facts = shako__facts(session);

  if (policy->tls_mandatory_senders) {
    facts.mandatory_sender =
        shako_address_list_holds(policy->tls_mandatory_senders, path) != 0;
  }
  return shako_policy_check(policy, &facts, SHAKO_VERB_MAIL);
}

/* RFC 5321 4.1.1.2 */
const shako_verdict *shako__parse_mail(shako_session *session,
                                       shako_span argument) {
  const shako_policy *policy = shako__policy(session);
  const shako_verdict *refusal;
  shako__params params;
  shako__path path;

  if (!cut_keyword(&argument, "FROM:")) {
    return no(SHAKO__REFUSAL_BAD_PARAMETER);
  }
  if (!shako__reverse_path_read(&argument, false, &path) &&
      !shako__path_complete(session, &argument, &path)) {
    return no(SHAKO__REFUSAL_BAD_REVERSE_PATH);
  }
  refusal = read_params(session, argument, SHAKO_VERB_MAIL, &params);
  if (refusal) {
    return refusal;
  }
  if (policy->max_message_size != 0 && params.size > policy->max_message_size) {
    return no(SHAKO__REFUSAL_MESSAGE_TOO_BIG);
  }
  if (policy->max_messages != 0 && session->messages >= policy->max_messages) {
    return no(SHAKO__REFUSAL_TOO_MANY_MESSAGES);
  }
  shako__path_settle(session, &path, false);
  session->event.u.mail.path = path.mailbox;
  session->event.u.mail.local_part = path.local_part;
  session->event.u.mail.domain = path.domain;
  session->event.u.mail.size = params.size;
  session->event.u.mail.flags = params.flags;
  return judge_sender(session, path.mailbox);
}

/* RFC 5321 4.1.1.3 */
const shako_verdict *shako__parse_rcpt(shako_session *session,
                                       shako_span argument) {
  const shako_policy *policy = shako__policy(session);
  const shako_verdict *refusal;
  shako__params params;
  shako__path path;

  if (!cut_keyword(&argument, "TO:")) {
    return no(SHAKO__REFUSAL_BAD_PARAMETER);
  }
  if (!shako__forward_path_read(&argument, false, &path) &&
      !shako__path_complete(session, &argument, &path)) {
    return no(SHAKO__REFUSAL_BAD_FORWARD_PATH);
  }
  refusal = read_params(session, argument, SHAKO_VERB_RCPT, &params);
  if (refusal) {
    return refusal;
  }
  if (policy->max_recipients != 0 &&
      session->recipients >= policy->max_recipients) {
    return no(SHAKO__REFUSAL_TOO_MANY_RECIPIENTS);
  }
  if (!shako__counters_recipient(
          session->listener->counters, &session->peer.address,
          policy->max_recipients_per_hour, session->now)) {
    return no(SHAKO__REFUSAL_RECIPIENT_RATE);
  }
  session->event.u.rcpt.given = path.mailbox;
  shako__path_settle(session, &path, true);
  session->event.u.rcpt.path = path.mailbox;
  session->event.u.rcpt.local_part = path.local_part;
  session->event.u.rcpt.domain = path.domain;
  return NULL;
}

/* RFC 3030 2.  Not served yet; turn_down() swallows what it announces. */
const shako_verdict *shako__parse_bdat(shako_session *session,
                                       shako_span argument) {
  uint64_t size;
  bool last;

  (void)session;

  return shako__bdat_read(argument, &size, &last)
             ? no(SHAKO__REFUSAL_NOT_IMPLEMENTED)
             : no(SHAKO__REFUSAL_BAD_PARAMETER);
}

void shako__act_rset(shako_session *session) {
  shako__reset(session, "rset");
  shako__say(session, 250, "2.0.0", "Ok");
}

void shako__act_noop(shako_session *session) {
  shako__say(session, 250, "2.0.0", "Ok");
}

/* RFC 5321 7.3: where these are not served, 252 and nothing else. */
void shako__act_verify(shako_session *session) {
  shako__say(session, 252, "2.5.0", "Cannot verify, but will take mail for it");
}

void shako__act_help(shako_session *session) {
  shako__say(session, 214, "2.0.0",
             "EHLO HELO MAIL RCPT DATA RSET NOOP QUIT STARTTLS VRFY EXPN "
             "HELP");
}

void shako__act_quit(shako_session *session) {
  static const shako_verdict words = {221, "2.0.0", "Bye", "quit", 1};

  shako__end(session, &words, words.reason);
}
