#include "report/log.h"

static const char *name_of(shako_event_type type) {
  static const char *const names[] = {
      [SHAKO_EVENT_LOOKUP] = "lookup",
      [SHAKO_EVENT_CONNECT] = "connect",
      [SHAKO_EVENT_HELLO] = "hello",
      [SHAKO_EVENT_STARTTLS] = "starttls",
      [SHAKO_EVENT_HANDSHAKE] = "handshake",
      [SHAKO_EVENT_CERTIFICATE] = "certificate",
      [SHAKO_EVENT_TLS] = "tls",
      [SHAKO_EVENT_AUTH] = "auth",
      [SHAKO_EVENT_MAIL] = "mail",
      [SHAKO_EVENT_RCPT] = "rcpt",
      [SHAKO_EVENT_DATA] = "data",
      [SHAKO_EVENT_BODY] = "body",
      [SHAKO_EVENT_MESSAGE] = "message",
      [SHAKO_EVENT_RESET] = "reset",
      [SHAKO_EVENT_VIOLATION] = "violation",
      [SHAKO_EVENT_CLOSED] = "closed",
      [SHAKO_EVENT_OBSERVED] = "observed",
      [SHAKO_EVENT_COMMAND] = "command",
  };

  return names[type];
}

/* Writes what of |set| there is: by |names|, or the numbers of the bits. */
static void put_set(shako__json *json, const char *key, uint64_t set,
                    const char *const *names) {
  unsigned i;

  shako__json_array(json, key);
  for (i = 0; i < 64; i++) {
    if ((set >> i & 1) == 0) {
      continue;
    }
    if (names) {
      shako__json_string(json, NULL, names[i]);
    } else {
      shako__json_number(json, NULL, i);
    }
  }
  shako__json_array_end(json);
}

static void put_lookup(shako__json *json, const shako_event *event) {
  static const char *const needs[64] = {"name", "score", "owner", "lists"};

  put_set(json, "need", event->u.lookup.need, needs);
  put_set(json, "lists", event->u.lookup.lists, NULL);
}

static void put_mail(shako__json *json, const shako_event *event) {
  shako__json_octets(json, "path", event->u.mail.path);
  shako__json_number(json, "size", event->u.mail.size);
  shako__json_bool(json, "eight_bit",
                   event->u.mail.flags & SHAKO_MAIL_8BITMIME);
  shako__json_bool(json, "binary", event->u.mail.flags & SHAKO_MAIL_BINARYMIME);
  shako__json_bool(json, "smtputf8", event->u.mail.flags & SHAKO_MAIL_SMTPUTF8);
  shako__json_bool(json, "requiretls",
                   event->u.mail.flags & SHAKO_MAIL_REQUIRETLS);
}

static void put_verdict(shako__json *json, const shako_verdict *verdict) {
  shako__json_string(json, "reason", verdict->reason);
  shako__json_integer(json, "code", verdict->code);
  shako__json_string(json, "enhanced", verdict->enhanced);
}

static void put_tls(shako__json *json, const shako_tls_info *tls) {
  shako__log_version(json, "version", tls->version);
  shako__json_string(json, "cipher", tls->cipher);
  shako__log_client(json, tls->client);
  shako__json_string(json, "group", tls->group);
}

static void put_fields(shako__json *json, const shako_event *event) {
  switch (event->type) {
  case SHAKO_EVENT_LOOKUP:
    put_lookup(json, event);
    break;
  case SHAKO_EVENT_CONNECT:
    shako__log_match(json, &event->u.connect.match);
    break;
  case SHAKO_EVENT_HELLO:
    shako__json_octets(json, "name", event->u.hello.name);
    shako__json_bool(json, "extended", event->u.hello.extended);
    break;
  case SHAKO_EVENT_TLS:
    put_tls(json, event->u.tls);
    break;
  case SHAKO_EVENT_MAIL:
    put_mail(json, event);
    break;
  case SHAKO_EVENT_RCPT:
    shako__json_octets(json, "path", event->u.rcpt.path);
    shako__json_octets(json, "given", event->u.rcpt.given);
    break;
  case SHAKO_EVENT_BODY:
    shako__json_number(json, "octets", event->u.body.len);
    break;
  case SHAKO_EVENT_MESSAGE:
    shako__json_number(json, "octets", event->u.message.size);
    shako__json_number(json, "recipient", event->u.message.recipient);
    break;
  case SHAKO_EVENT_RESET:
    shako__json_string(json, "reason", event->u.reset.reason);
    break;
  case SHAKO_EVENT_VIOLATION:
    put_verdict(json, event->u.violation.verdict);
    shako__json_bool(json, "closes", event->u.violation.closes);
    shako__json_number(json, "octets", event->u.violation.octets);
    break;
  case SHAKO_EVENT_CLOSED:
    shako__json_string(json, "how", event->u.closed.how);
    shako__json_integer(json, "error", event->u.closed.error);
    break;
  case SHAKO_EVENT_OBSERVED:
    put_verdict(json, event->u.observed.verdict);
    break;
  case SHAKO_EVENT_AUTH: /* never what was said */
    shako__json_string(json, "mechanism", event->u.auth->mechanism);
    shako__json_number(json, "step", event->u.auth->step);
    break;
  case SHAKO_EVENT_COMMAND: /* likewise */
    shako__json_string(json, "verb", event->u.command.verb);
    break;
  case SHAKO_EVENT_STARTTLS:
  case SHAKO_EVENT_HANDSHAKE:
  case SHAKO_EVENT_CERTIFICATE:
  case SHAKO_EVENT_DATA:
    break; /* that they happened is all */
  }
}

size_t shako_event_json(const shako_event *event, uint64_t icid,
                        int64_t unix_ms, char *buf, size_t size) {
  shako__json json;

  shako__json_init(&json, buf, size);
  shako__log_begin(&json, "event", icid, unix_ms);
  shako__json_string(&json, "event", name_of(event->type));
  if (event->question != 0) {
    shako__json_number(&json, "question", event->question);
  } else {
    shako__json_null(&json, "question");
  }
  put_fields(&json, event);
  return shako__log_end(&json);
}
