#include "event_text.h"

#include <string.h>

static void add_span(octets *text, const char *before, shako_span span,
                     const char *after) {
  octets_add_text(text, before);
  octets_add_escaped(text, span.ptr, span.len);
  octets_add_text(text, after);
}

static void client_text(octets *text, const shako_client_certificate *client) {
  if (client != NULL) {
    octets_print(
        text, " client=%s%s%s", client->verified ? "verified" : "unverified",
        client->faults != 0 ? "," : "",
        client->faults != 0 ? shako_client_fault_name(client->faults) : "");
  }
}

static void mail_params_text(octets *extras, const shako_params *params) {
  static const char *const rets[] = {"", " ret=full", " ret=hdrs"};
  octets_add_text(extras, rets[params->ret]);
  add_span(extras, " envid=\"", params->envid, "\"");
  add_span(extras, " auth=\"", params->auth, "\"");
  add_span(extras, " params=\"", params->text, "\"");
}

static void mail_text(octets *text, octets *extras, const shako_event *event) {
  mail_params_text(extras, event->u.mail.params);
  add_span(text, "MAIL <", event->u.mail.path, ">");
  if (event->u.mail.size != 0) {
    octets_print(text, " size=%llu", (unsigned long long)event->u.mail.size);
  }
  if (event->u.mail.flags & SHAKO_MAIL_8BITMIME) {
    octets_add_text(text, " 8bitmime");
  }
  if (event->u.mail.flags & SHAKO_MAIL_BINARYMIME) {
    octets_add_text(text, " binarymime");
  }
  if (event->u.mail.flags & SHAKO_MAIL_SMTPUTF8) {
    octets_add_text(text, " smtputf8");
  }
  if (event->u.mail.flags & SHAKO_MAIL_REQUIRETLS) {
    octets_add_text(text, " requiretls");
  }
}

static void violation_text(octets *text, octets *extras,
                           const shako_event *event) {
  const shako_verdict *verdict = event->u.violation.verdict;
  octets_print(text, "VIOLATION %s %d %s", verdict->reason, verdict->code,
               verdict->enhanced != NULL ? verdict->enhanced : "-");
  if (event->u.violation.octets != 0) {
    octets_print(extras, " octets=%llu",
                 (unsigned long long)event->u.violation.octets);
  }
}

static void match_text(octets *extras, const shako_hat_match *match) {
  if (match->policy->name != NULL) {
    octets_print(extras, " policy=%s", match->policy->name);
  }
  if (match->group != NULL) {
    octets_print(extras, " group=%s", match->group);
  }
  if (match->rule != NULL) {
    octets_print(extras, " rule=%s line=%u", match->rule, match->line);
  }
  if (match->policy->access == SHAKO_ACCESS_RELAY) {
    octets_add_text(extras, " relay");
  }
}

static void tls_text(octets *extras, const shako_record *record) {
  const shako_tls_info *tls = record->tls;
  if (tls == NULL) {
    octets_add_text(extras, " tls=none");
  } else if (tls->failure != SHAKO_TLS_FAILURE_NONE) {
    octets_print(extras, " tls=failed:%s",
                 shako_tls_failure_name(tls->failure));
  } else {
    octets_print(extras, " tls=%s", shako_tls_version_name(tls->version));
  }
  octets_add_text(extras, record->greeted ? " greeted" : "");
  octets_add_text(extras, record->tls_asked ? " asked" : "");
}

static void count_text(octets *extras, const char *name, uint32_t count) {
  if (count != 0) {
    octets_print(extras, " %s=%u", name, count);
  }
}

static void counts_text(octets *extras, const shako_record *record) {
  count_text(extras, "commands", record->commands);
  count_text(extras, "transactions", record->transactions);
  count_text(extras, "recipients", record->recipients);
  count_text(extras, "encrypted", record->messages_tls);
  count_text(extras, "observed", record->observed);
  for (uint32_t i = 0; record->refused != NULL && i < shako_reason_count();
       i++) {
    count_text(extras, shako_reason_text(i), record->refused[i]);
  }
}

static void closed_text(octets *text, octets *extras, const shako_event *event,
                        const shako_session *session) {
  shako_record record;
  shako_session_record(session, &record);
  octets_print(text, "CLOSED %s", event->u.closed.how);
  octets_print(extras, " messages=%u refusals=%u error=%d", record.messages,
               record.refusals, event->u.closed.error);
  match_text(extras, &record.match);
  tls_text(extras, &record);
  counts_text(extras, &record);
}

static void lookup_text(octets *text, const shako_event *event) {
  static const char *const facts[] = {"name", "score", "owner", "lists"};
  octets_add_text(text, "LOOKUP");
  for (unsigned i = 0; i < 4; i++) {
    if (event->u.lookup.need >> i & 1) {
      octets_print(text, " %s", facts[i]);
    }
  }
  if (event->u.lookup.lists != 0) {
    octets_print(text, "=%llx", (unsigned long long)event->u.lookup.lists);
  }
}

static void rcpt_params_text(octets *extras, const shako_params *params) {
  static const char *const words[] = {"never", "success", "failure", "delay"};
  for (unsigned i = 0; i < 4; i++) {
    if (params->notify >> i & 1) {
      octets_print(extras, " notify=%s", words[i]);
    }
  }
  if (params->orcpt.len > 0) {
    add_span(extras, " orcpt=", params->orcpt_type, ";");
    add_span(extras, "", params->orcpt, "");
  }
  add_span(extras, " params=\"", params->text, "\"");
}

static void auth_text(octets *text, octets *extras, const shako_auth *auth) {
  octets_print(text, "AUTH %s", auth->mechanism);
  octets_print(extras, " step=%u", auth->step);
  octets_add_text(extras, auth->has_response ? " said" : " none");
  add_span(extras, " response=\"", auth->response, "\"");
  add_span(extras, " authzid=\"", auth->authzid, "\"");
  add_span(extras, " authcid=\"", auth->authcid, "\"");
  add_span(extras, " password=\"", auth->password, "\"");
}

void event_text(octets *text, octets *extras, const shako_event *event,
                const shako_session *session) {
  switch (event->type) {
  case SHAKO_EVENT_LOOKUP:
    lookup_text(text, event);
    break;
  case SHAKO_EVENT_CONNECT:
    octets_add_text(text, "CONNECT");
    match_text(extras, &event->u.connect.match);
    break;
  case SHAKO_EVENT_HELLO:
    add_span(text, event->u.hello.extended ? "HELLO EHLO " : "HELLO HELO ",
             event->u.hello.name, "");
    break;
  case SHAKO_EVENT_STARTTLS:
    octets_add_text(text, "STARTTLS");
    break;
  case SHAKO_EVENT_HANDSHAKE:
    octets_add_text(text, "HANDSHAKE");
    break;
  case SHAKO_EVENT_CERTIFICATE:
    octets_add_text(text, "CERTIFICATE");
    break;
  case SHAKO_EVENT_TLS:
    octets_print(text, "TLS %s %s",
                 shako_tls_version_name(event->u.tls->version),
                 event->u.tls->cipher);
    client_text(text, event->u.tls->client);
    break;
  case SHAKO_EVENT_MAIL:
    mail_text(text, extras, event);
    break;
  case SHAKO_EVENT_RCPT:
    add_span(text, "RCPT <", event->u.rcpt.path, ">");
    add_span(extras, " given=", event->u.rcpt.given, "");
    rcpt_params_text(extras, event->u.rcpt.params);
    break;
  case SHAKO_EVENT_DATA:
    octets_add_text(text, "DATA");
    break;
  case SHAKO_EVENT_BODY:
    add_span(text, "BODY \"", event->u.body, "\"");
    break;
  case SHAKO_EVENT_MESSAGE:
    octets_add_text(text, "MESSAGE");
    octets_print(extras, " size=%llu recipient=%u",
                 (unsigned long long)event->u.message.size,
                 event->u.message.recipient);
    octets_add_text(extras, event->u.message.bare_line_ends ? " bare" : "");
    break;
  case SHAKO_EVENT_RESET:
    octets_print(text, "RESET %s", event->u.reset.reason);
    break;
  case SHAKO_EVENT_VIOLATION:
    violation_text(text, extras, event);
    break;
  case SHAKO_EVENT_CLOSED:
    closed_text(text, extras, event, session);
    break;
  case SHAKO_EVENT_AUTH:
    auth_text(text, extras, event->u.auth);
    break;
  case SHAKO_EVENT_COMMAND:
    octets_print(text, "COMMAND %s", event->u.command.verb);
    add_span(text, " \"", event->u.command.argument, "\"");
    break;
  case SHAKO_EVENT_OBSERVED:
    octets_print(text, "OBSERVED %s", event->u.observed.verdict->reason);
    break;
  }
}

/* A path is its local part, then "@" and its domain where it has one. */
static int is_whole(shako_span path, shako_span local, shako_span domain) {
  size_t len = local.len + (domain.len > 0 ? domain.len + 1 : 0);
  if (path.len != len || (len > 0 && local.len == 0)) {
    return 0;
  }
  if (local.len > 0 && memcmp(path.ptr, local.ptr, local.len) != 0) {
    return 0;
  }
  return domain.len == 0 ||
         (path.ptr[local.len] == '@' &&
          memcmp(path.ptr + local.len + 1, domain.ptr, domain.len) == 0);
}

static int asks(shako_event_type type) {
  return type == SHAKO_EVENT_LOOKUP || type == SHAKO_EVENT_CONNECT ||
         type == SHAKO_EVENT_HELLO || type == SHAKO_EVENT_STARTTLS ||
         type == SHAKO_EVENT_HANDSHAKE || type == SHAKO_EVENT_CERTIFICATE ||
         type == SHAKO_EVENT_AUTH || type == SHAKO_EVENT_COMMAND ||
         type == SHAKO_EVENT_MAIL || type == SHAKO_EVENT_RCPT ||
         type == SHAKO_EVENT_DATA || type == SHAKO_EVENT_MESSAGE;
}

const char *event_contradiction(const shako_event *event) {
  if (asks(event->type) != (event->question != 0)) {
    return "an event has a question if and only if it is one";
  }
  if (event->type == SHAKO_EVENT_MAIL &&
      !is_whole(event->u.mail.path, event->u.mail.local_part,
                event->u.mail.domain)) {
    return "MAIL's path is not its local part and domain";
  }
  if (event->type == SHAKO_EVENT_RCPT &&
      !is_whole(event->u.rcpt.path, event->u.rcpt.local_part,
                event->u.rcpt.domain)) {
    return "RCPT's path is not its local part and domain";
  }
  if (event->type == SHAKO_EVENT_BODY && event->u.body.len == 0) {
    return "a BODY without octets";
  }
  return NULL;
}
