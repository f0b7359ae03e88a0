#include "base/ascii.h"
#include "policy/refusals.h"
#include "server/counters.h"
#include "server/verbs.h"
#include "smtp/esmtp.h"
#include "smtp/path.h"

/* What MAIL and RCPT say: a path, then parameters that EHLO offered. */

static const shako_verdict *no(shako__refusal refusal) {
  return shako__refusal_verdict(refusal);
}

bool shako__has_utf8(const shako_session *session) {
  return session->home == SHAKO__PHASE_EHLO &&
         (session->listener->offers & SHAKO_OFFER_SMTPUTF8);
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
  if (shako__auth_is_served(session)) {
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
  if (!shako__reverse_path_read(&argument, shako__has_utf8(session), &path) &&
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
  if (!shako__forward_path_read(&argument, shako__has_utf8(session), &path) &&
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
