#include "server/verbs.h"

#include "base/ascii.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "policy/refusals.h"
#include "smtp/line.h"
#include "smtp/path.h"

static const shako_verdict *no(shako__refusal refusal) {
  return shako__refusal_verdict(refusal);
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
  if ((row->phases & SHAKO__IN_CLEAR) && session->secure) {
    return no(SHAKO__REFUSAL_BAD_SEQUENCE);
  }
  if ((row->phases & SHAKO__IN_ANONYMOUS) && facts.authenticated) {
    return no(SHAKO__REFUSAL_BAD_SEQUENCE);
  }
  return NULL;
}

/* RFC 6531 3.3: what may stand behind verbs that take addresses. */
static bool is_utf8_argument(const shako_session *session,
                             const shako__verb_row *row, shako_span argument) {
  bool takes = row->verb == SHAKO_VERB_MAIL || row->verb == SHAKO_VERB_RCPT ||
               row->verb == SHAKO_VERB_VRFY || row->verb == SHAKO_VERB_EXPN;

  return takes && shako__has_utf8(session) && shako__is_utf8_text(argument);
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

/* Whether more is in hand behind a command which may only end a group, or from
   a peer that was not offered PIPELINING (RFC 2920 3.1). */
static bool is_unwaited(const shako_session *session,
                        const shako__verb_row *row) {
  bool is_last = (row->phases & SHAKO__IN_LAST) || !session->hello_extended;

  return is_last && !session->skipping && shako__input_any(session);
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

static void take(shako_session *session, const shako__verb_row *row,
                 const shako__command *command, bool too_long) {
  const shako_verdict *refusal = judge(session, row, too_long);

  session->active = session->now;
  session->commands++;
  if (is_unwaited(session, row) && session->unwaited < UINT16_MAX) {
    session->unwaited++;
  }
  if (is_spent(session)) {
    shako__refuse(session, no(SHAKO__REFUSAL_TOO_MANY_COMMANDS), true);
    return;
  }
  if (!refusal) {
    refusal = parse(session, row, command);
  }
  if (session->error) {
    return; /* no memory for what the command says: the next step ends it */
  }
  if (refusal) {
    turn_down(session, refusal, row, command);
  } else {
    act(session, row, command);
  }
}

/* Whether a password may stand there: behind AUTH, or as a command that nobody
   knows, from a client that did not wait to be told that AUTH is refused.  No
   event points there. */
static bool is_secret(const shako__verb_row *row) {
  return row->verb == SHAKO_VERB_AUTH || row->parse == shako__parse_unknown;
}

void shako__command_take(shako_session *session, shako_span line,
                         bool too_long) {
  const shako__command command = shako__command_split(line);
  const shako__verb_row *row = find_row(session, command.verb);

  take(session, row, &command, too_long);
  if (is_secret(row) && !too_long) {
    shako__wipe((void *)(uintptr_t)line.ptr, line.len);
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
  const shako__extra *extra = session->extra;
  uint32_t errors = session->refusals - (extra ? extra->auth_failures : 0);
  uint32_t max = shako__policy(session)->max_errors;
  const shako_verdict *words = NULL;

  if (max != 0 && errors >= max) {
    words = no(SHAKO__REFUSAL_TOO_MANY_ERRORS);
  } else if (shako__auth_is_spent(session)) {
    words = no(SHAKO__REFUSAL_TOO_MANY_AUTH_FAILURES);
  }
  if (words) {
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
             ? "LHLO MAIL RCPT DATA BDAT RSET NOOP QUIT STARTTLS AUTH VRFY "
               "EXPN HELP"
             : "EHLO HELO MAIL RCPT DATA BDAT RSET NOOP QUIT STARTTLS AUTH "
               "VRFY EXPN HELP";
}

void shako__act_help(shako_session *session) {
  shako__say(session, 214, "2.0.0", shako__help_text(session));
}

void shako__act_quit(shako_session *session) {
  static const shako_verdict words = {221, "2.0.0", "Bye", "quit", 1};

  shako__end(session, &words, words.reason);
}
