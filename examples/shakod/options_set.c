#include "options_set.h"

#include <string.h>

#include "address.h"
#include "log.h"
#include "number.h"

bool options_add_address(options *o, const char *option, const char *text) {
  bool implicit = strcmp(option, "--listen-tls") == 0;
  const char *wrong = settings_listen(
      &o->line, &o->line.listeners[implicit ? SMTPS : SMTP], text);

  if (wrong != NULL) {
    log_line("%s %s: %s", option, text, wrong);
  }

  return wrong == NULL;
}

static bool set_tls(options *o, const char *text) {
  static const char *const names[] = {"no", "preferred", "required"};
  unsigned i;

  for (i = 0; i < 3; i++) {
    if (strcmp(text, names[i]) == 0) {
      o->line.listeners[SMTP].policy.tls = (shako_tls_setting)i;
      return true;
    }
  }

  log_line("--tls %s: not no, preferred or required", text);

  return false;
}

static bool set_engine(options *o, const char *text) {
  o->line.engine = engine_find(text);
  if (o->line.engine == NULL) {
    log_line("--engine %s: %s", text,
             strcmp(text, "openssl") == 0 ? "shakod was built without it"
                                          : "neither mbedtls nor openssl");
  }

  return o->line.engine != NULL;
}

static bool set_number(const char *option, const char *text, uint64_t min,
                       uint64_t max, unsigned *number) {
  uint64_t found = 0;

  if (!number_parse(text, min, max, &found)) {
    log_line("%s %s: not a number from %u to %u", option, text, (unsigned)min,
             (unsigned)max);
    return false;
  }

  *number = (unsigned)found;

  return true;
}

static bool set_max_message_size(options *o, const char *text) {
  uint64_t size;
  int i;

  if (!number_parse(text, 1, INT64_MAX, &size)) {
    log_line("--max-message-size %s: not a number of octets", text);
    return false;
  }

  for (i = 0; i < BOTH; i++) {
    o->line.listeners[i].policy.max_message_size = size;
  }

  return true;
}

static bool set_max_concurrency(options *o, const char *text) {
  unsigned number = 0;
  int i;

  if (!set_number("--max-concurrency", text, 0, CONCURRENCY_MAX, &number)) {
    return false;
  }

  for (i = 0; i < BOTH; i++) {
    o->line.listeners[i].max_concurrency = number;
    o->line.listeners[i].policy.max_concurrency = number;
  }

  return true;
}

static bool set_resolver(options *o, const char *text) {
  shako_address address;
  uint16_t port;
  const char *wrong = address_parse(&address, &port, text);

  o->line.resolver = text;
  if (wrong != NULL) {
    log_line("--resolver %s: %s", text, wrong);
  }

  return wrong == NULL;
}

static bool set_log(options *o, const char *text) {
  bool known = log_format_find(&o->line.log, text);

  if (!known) {
    log_line("--log %s: not plain, json, events or asyncos", text);
  }

  return known;
}

static bool set_alert_to(options *o, const char *text) {
  alert_settings *alerts = &o->line.alerts;
  const char *wrong = settings_judge_mailbox(text);

  if (wrong == NULL && alerts->recipient_count == ALERT_RECIPIENTS_MAX) {
    wrong = "more recipients than 16";
  }

  if (wrong != NULL) {
    log_line("--alert-to %s: %s", text, wrong);
    return false;
  }

  alerts->recipients[alerts->recipient_count++] =
      (alert_recipient){text, UINT32_MAX};

  return true;
}

static bool set_alert_relay(options *o, const char *text) {
  const char *wrong = settings_judge_relay(text);

  o->line.alerts.relay.next_hop = text;
  if (wrong != NULL) {
    log_line("--alert-relay %s: %s", text, wrong);
  }

  return wrong == NULL;
}

static bool set_explain(options *o, const char *text) {
  o->task = TASK_EXPLAIN;
  o->address = text;

  return true;
}

static bool set_password(options *o, const char *text) {
  o->task = TASK_PASSWORD;
  o->user = text;

  return true;
}

/* Returns where the string that is the value of |option| belongs. */
static const char **find_string(options *o, int option) {
  switch (option) {
  case OPT_CONFIG:
    return &o->config;
  case OPT_HAT:
    return &o->line.listeners[SMTP].table;
  case OPT_CERTIFICATE:
    return &o->line.listeners[SMTP].certificates[0].chain;
  case OPT_KEY:
    return &o->line.listeners[SMTP].certificates[0].key;
  case OPT_HOSTNAME:
    return &o->line.hostname;
  case OPT_MAILDIR:
    return &o->line.maildir;
  case OPT_USER:
    return &o->line.user;
  case OPT_ALERT_MAILDIR:
    return &o->line.alerts.maildir;
  case OPT_STATUS:
    return &o->line.status.text;
  case OPT_NAME:
    return &o->name;
  case OPT_FROM:
    return &o->sender;
  case OPT_LISTENER:
    return &o->listener;
  }

  return NULL;
}

bool options_set(options *o, int option, const char *text) {
  const char **string = find_string(o, option);

  switch (option) {
  case OPT_LISTEN:
    return options_add_address(o, "--listen", text);
  case OPT_LISTEN_TLS:
    return options_add_address(o, "--listen-tls", text);
  case OPT_TLS:
    return set_tls(o, text);
  case OPT_ENGINE:
    return set_engine(o, text);
  case OPT_WORKERS:
    return set_number("--workers", text, 1, WORKERS_MAX, &o->line.workers);
  case OPT_MAX_MESSAGE_SIZE:
    return set_max_message_size(o, text);
  case OPT_MAX_CONCURRENCY:
    return set_max_concurrency(o, text);
  case OPT_RESOLVER:
    return set_resolver(o, text);
  case OPT_LOOKUP_TIMEOUT:
    return set_number("--lookup-timeout", text, 1, LOOKUP_TIME_MAX,
                      &o->line.lookup_time);
  case OPT_LOG:
    return set_log(o, text);
  case OPT_ALERT_TO:
    return set_alert_to(o, text);
  case OPT_ALERT_RELAY:
    return set_alert_relay(o, text);
  case OPT_EXPLAIN:
    return set_explain(o, text);
  case OPT_PASSWORD:
    return set_password(o, text);
  case OPT_CHECK:
    o->task = TASK_CHECK;
    return true;
  case OPT_DISCARD:
    o->line.discard = true;
    return true;
  case OPT_WATCH:
    o->line.watch = true;
    return true;
  case OPT_STATUS_ANYWHERE:
    o->line.status_anywhere = true;
    return true;
  }

  *string = text;

  return true;
}
