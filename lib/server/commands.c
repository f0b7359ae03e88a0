#include "server/verbs.h"

#include "base/ascii.h"
#include "base/utf8.h"
#include "policy/refusals.h"
#include "server/counters.h"
#include "smtp/esmtp.h"
#include "smtp/line.h"
#include "smtp/param.h"
#include "smtp/path.h"

static const shako_verdict *no(shako__refusal refusal) {
  return shako__refusal_verdict(refusal);
}

/* Whether EHLO offered SMTPUTF8. */
static bool has_utf8(const shako_session *session) {
  return session->home == SHAKO__PHASE_EHLO &&
         (session->listener->offers & SHAKO_OFFER_SMTPUTF8);
}

/* A verb of the application's own. */
static const shako__verb_row own_row = {"",
                                        SHAKO_VERB_UNKNOWN,
                                        SHAKO__ANYWHERE,
                                        shako__parse_any,
                                        SHAKO_EVENT_COMMAND,
                                        NULL};

/* The row of |verb| on this listener. */
static const shako__verb_row *find_row(const shako_session *session,
                                       shako_span verb) {
  const shako_listener *listener = session->listener;
  const shako__verb_row *row = shako__verb_find(verb);
  uint32_t elsewhere = listener->lmtp ? SHAKO__IN_SMTP : SHAKO__IN_LMTP;

  if (row->phases & elsewhere) {
    return shako__verb_find((shako_span){NULL, 0});
  }
  return row->verb == SHAKO_VERB_UNKNOWN &&
                 shako__list_find(listener->commands, verb)
             ? &own_row
             : row;
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
  if ((row->phases & SHAKO__IN_CLEAR) &&
      (session->secure || facts.authenticated)) {
    return no(SHAKO__REFUSAL_BAD_SEQUENCE);
  }
  return NULL;
}

/* RFC 6531 3.3: what may stand behind verbs that take addresses. */
static bool is_utf8_argument(const shako_session *session,
                             const shako__verb_row *row, shako_span argument) {
  bool takes = row->verb == SHAKO_VERB_MAIL || row->verb == SHAKO_VERB_RCPT ||
               row->verb == SHAKO_VERB_VRFY || row->verb == SHAKO_VERB_EXPN;

  return takes && has_utf8(session) && shako__is_utf8_text(argument);
}

static const shako_verdict *parse(shako_session *session,
                                  const shako__verb_row *row,
                                  const shako__command *command) {
  bool known = row->parse != shako__parse_unknown;

  if (command->damaged && known &&
      !is_utf8_argument(session, row, command->argument)) {
    return no(SHAKO__REFUSAL_BAD_OCTETS);
  }
  return row->parse(session, command->argument);
}

/* Says no to a command; or, where its octets are not yet past, will. */
static void turn_down(shako_session *session, const shako_verdict *refusal,
                      const shako__verb_row *row,
                      const shako__command *command) {
  bool close = shako__verb_is_foreign(command->verb);

  if (row->verb == SHAKO_VERB_BDAT && !session->skipping) {
    close = !shako__chunk_refuse(session, refusal, command->argument);
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
  verb = find_row(session, shako__command_split(line).verb)->verb;
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

/* Whether there were too many commands on the connection. */
static bool is_spent(const shako_session *session) {
  uint32_t max = shako__policy(session)->max_commands;

  return max != 0 && session->commands > max;
}

/* Does what |row| says, or asks: what the application answers itself as a
   COMMAND. */
static void act(shako_session *session, const shako__verb_row *row,
                const shako__command *command) {
  const char *own =
      shako__list_find(session->listener->commands, command->verb);

  if (own && shako__verb_may_be_asked(row->verb)) {
    shako__ask(session, SHAKO_EVENT_COMMAND);
    session->event.u.command.verb = own;
    session->event.u.command.argument = command->argument;
  } else if (row->ask != 0) {
    shako__ask(session, row->ask);
  } else {
    row->act(session);
  }
}

void shako__command_take(shako_session *session, shako_span line,
                         bool too_long) {
  const shako__command command = shako__command_split(line);
  const shako__verb_row *row = find_row(session, command.verb);
  const shako_verdict *refusal = judge(session, row, too_long);

  session->active = session->now;
  session->commands++;
  if (is_spent(session)) {
    shako__refuse(session, no(SHAKO__REFUSAL_TOO_MANY_COMMANDS), true);
    return;
  }
  if (!refusal) {
    refusal = parse(session, row, &command);
  }
  if (session->error) {
    return; /* no memory for what the command says: the next step ends it */
  }
  if (refusal) {
    turn_down(session, refusal, row, &command);
  } else {
    act(session, row, &command);
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
  static const struct {
    unsigned offer, esmtp;
  } rows[] = {
      {SHAKO_OFFER_BINARYMIME, SHAKO__ESMTP_BINARYMIME},
      {SHAKO_OFFER_SMTPUTF8, SHAKO__ESMTP_SMTPUTF8},
      {SHAKO_OFFER_DSN, SHAKO__ESMTP_DSN},
      {SHAKO_OFFER_REQUIRETLS, SHAKO__ESMTP_REQUIRETLS},
  };
  unsigned offers = session->listener->offers;
  unsigned esmtp = SHAKO__ESMTP_SIZE | SHAKO__ESMTP_8BITMIME;

  if (session->home != SHAKO__PHASE_EHLO) {
    return 0;
  }
  if (!session->secure) {
    offers &= ~SHAKO_OFFER_REQUIRETLS;
  }
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    if (offers & rows[i].offer) {
      esmtp |= rows[i].esmtp;
    }
  }
  if (shako__auth_is_offered(session)) {
    esmtp |= SHAKO__ESMTP_AUTH;
  }
  if (session->transaction && (session->mail_flags & SHAKO_MAIL_SMTPUTF8)) {
    esmtp |= SHAKO__ESMTP_IN_UTF8;
  }
  return esmtp;
}

static const shako_verdict *read_params(const shako_session *session,
                                        shako_span text, shako_verb verb,
                                        shako_params *params) {
  const shako_listener *listener = session->listener;
  const char *more =
      verb == SHAKO_VERB_MAIL ? listener->mail_params : listener->rcpt_params;

  if (session->home != SHAKO__PHASE_EHLO) {
    more = NULL;
  }
  switch (shako__params_read(text, verb, offered(session), more, params)) {
  case SHAKO__PARAMS_OK:
    return NULL;
  case SHAKO__PARAMS_MALFORMED:
    return no(SHAKO__REFUSAL_BAD_PARAMETER);
  case SHAKO__PARAMS_UNKNOWN:
    return no(SHAKO__REFUSAL_UNKNOWN_PARAMETER);
  }
  return no(SHAKO__REFUSAL_BAD_PARAMETER);
}

/* Returns a copy of |params| that lives as long as the event.  Where nothing is
   said it takes no memory; where there is none, the session is over. */
static const shako_params *keep_params(shako_session *session,
                                       const shako_params *params) {
  static const shako_params nothing = {0};
  shako__extra *extra;

  if (params->text.len == 0) {
    return &nothing;
  }
  extra = shako__need_extra(session);
  if (!extra) {
    shako__fail(session, SHAKO_ERR_NOMEM);
    return &nothing;
  }
  extra->params = *params;
  return &extra->params;
}

/* RFC 6531 3.5: an address beyond ASCII is for SMTPUTF8 alone. */
static bool lacks_utf8(shako_span path, unsigned flags) {
  return !(flags & SHAKO_MAIL_SMTPUTF8) && !shako__all_text(path);
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
  shako_params params;
  shako__path path;

  if (!cut_keyword(&argument, "FROM:")) {
    return no(SHAKO__REFUSAL_BAD_PARAMETER);
  }
  if (!shako__reverse_path_read(&argument, has_utf8(session), &path) &&
      !shako__path_complete(session, &argument, &path)) {
    return no(SHAKO__REFUSAL_BAD_REVERSE_PATH);
  }
  refusal = read_params(session, argument, SHAKO_VERB_MAIL, &params);
  if (refusal) {
    return refusal;
  }
  if (lacks_utf8(path.mailbox, params.flags)) {
    return no(SHAKO__REFUSAL_NEEDS_SMTPUTF8);
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
  session->event.u.mail.params = keep_params(session, &params);
  session->mail_flags = (uint8_t)params.flags;
  return judge_sender(session, path.mailbox);
}

/* RFC 5321 4.1.1.3 */
const shako_verdict *shako__parse_rcpt(shako_session *session,
                                       shako_span argument) {
  const shako_policy *policy = shako__policy(session);
  const shako_verdict *refusal;
  shako_params params;
  shako__path path;

  if (!cut_keyword(&argument, "TO:")) {
    return no(SHAKO__REFUSAL_BAD_PARAMETER);
  }
  if (!shako__forward_path_read(&argument, has_utf8(session), &path) &&
      !shako__path_complete(session, &argument, &path)) {
    return no(SHAKO__REFUSAL_BAD_FORWARD_PATH);
  }
  refusal = read_params(session, argument, SHAKO_VERB_RCPT, &params);
  if (refusal) {
    return refusal;
  }
  if (lacks_utf8(path.mailbox, session->mail_flags)) {
    return no(SHAKO__REFUSAL_NEEDS_SMTPUTF8);
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
  session->event.u.rcpt.params = keep_params(session, &params);
  return NULL;
}

/* RFC 3030 3: what is not lines of text cannot come by DATA. */
const shako_verdict *shako__parse_data(shako_session *session,
                                       shako_span argument) {
  if (session->mail_flags & SHAKO_MAIL_BINARYMIME) {
    return no(SHAKO__REFUSAL_BAD_SEQUENCE);
  }
  return shako__parse_none(session, argument);
}

void shako__act_rset(shako_session *session) {
  shako__reset(session, "rset");
  shako__say(session, 250, "2.0.0", "Ok");
}

void shako__act_noop(shako_session *session) {
  shako__say(session, 250, "2.0.0", "Ok");
}

void shako__act_verify(shako_session *session) {
  shako__say(session, 252, "2.5.0", SHAKO__CANNOT_VERIFY);
}

const char *shako__help_text(const shako_session *session) {
  return session->listener->lmtp
             ? "LHLO MAIL RCPT DATA RSET NOOP QUIT STARTTLS VRFY EXPN HELP"
             : "EHLO HELO MAIL RCPT DATA RSET NOOP QUIT STARTTLS VRFY EXPN "
               "HELP";
}

void shako__act_help(shako_session *session) {
  shako__say(session, 214, "2.0.0", shako__help_text(session));
}

void shako__act_quit(shako_session *session) {
  static const shako_verdict words = {221, "2.0.0", "Bye", "quit", 1};

  shako__end(session, &words, words.reason);
}
