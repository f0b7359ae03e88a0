#include "settings.h"

#include <stdlib.h>
#include <string.h>

#include "../deliver/host_port.h"
#include "address.h"
#include "config.h"

bool settings_open(settings *s) {
  *s = (settings){
      .engine = engine_find(NULL),
      .workers = 1,
      .lookup_time = 10,
      .alerts = {.threshold = 1, .relay = {.timeout = 30, .retry = 60}}};
  shako_alerts_config_default(&s->alerts.rule);
  s->listeners = calloc(LISTENERS_MAX, sizeof(s->listeners[0]));

  return s->listeners != NULL;
}

void settings_close(settings *s) {
  size_t i;

  for (i = 0; i < s->listener_count; i++) {
    shako_hat_unref(s->listeners[i].policy_hat);
  }

  free(s->listeners);
  if (s->parsed != NULL) {
    config_free(s->parsed);
  }

  *s = (settings){0};
}

listener_settings *settings_add(settings *s, const char *name) {
  listener_settings *l = &s->listeners[s->listener_count];
  shako_listener_config defaults;

  if (s->listener_count == LISTENERS_MAX) {
    return NULL;
  }

  shako_listener_config_default(&defaults);
  l->name = name;
  l->offers = OFFERS_DEFAULT;
  l->max_concurrency = defaults.max_concurrency;
  l->max_handshakes = defaults.max_handshakes;
  l->tcp_queue = defaults.tcp_queue;
  shako_policy_default(&l->policy);
  s->listener_count++;

  return l;
}

static size_t count_addresses(const settings *s) {
  size_t count = 0;
  size_t i;

  for (i = 0; i < s->listener_count; i++) {
    count += s->listeners[i].address_count;
  }

  return count;
}

const char *settings_listen(settings *s, listener_settings *l,
                            const char *text) {
  listen_address *at = &l->addresses[l->address_count];
  const char *wrong;

  if (count_addresses(s) == ENDPOINTS_MAX) {
    return "more addresses than 32";
  }

  at->text = text;
  wrong = address_parse(&at->address, &at->port, text);
  if (wrong == NULL) {
    l->address_count++;
  }

  return wrong;
}

const char *settings_status(settings *s, const char *text) {
  listen_address *at = &s->status;
  const char *wrong;

  if (text == NULL) {
    return NULL;
  }

  at->text = text;
  wrong = address_parse(&at->address, &at->port, text);
  if (wrong == NULL && !s->status_anywhere &&
      !address_is_loopback(&at->address)) {
    wrong =
        "not a loopback address: whoever reaches it may read it (allow that "
        "by status_anywhere, or --status-anywhere)";
  }

  return wrong;
}

const char *settings_judge(shako_listener_config *config) {
  shako_listener *listener = NULL;
  const char *reason = NULL;

  if (config->hostname == NULL) {
    config->hostname = "localhost";
  }

  shako_listener_new(&listener, config, NULL, &reason);
  shako_listener_unref(listener);

  return reason;
}

const char *settings_judge_hostname(const char *name) {
  shako_listener_config config;

  shako_listener_config_default(&config);
  config.hostname = name;

  return settings_judge(&config);
}

const char *settings_judge_mailbox(const char *address) {
  const shako_alert nothing = {.struct_size = sizeof(nothing)};
  const shako_alert_notice notice = {.alert = &nothing};
  const shako_alert_envelope envelope = {.struct_size = sizeof(envelope),
                                         .hostname = "localhost",
                                         .to = &address,
                                         .to_count = 1};
  size_t len;

  return shako_alert_write(&notice, &envelope, NULL, 0, &len) == 0
             ? NULL
             : "not an address of mail";
}

const char *settings_judge_relay(const char *text) {
  host_port next_hop;

  return host_port_read(&next_hop, text);
}

bool settings_alerts(const settings *s) {
  return s->alerts.maildir != NULL || s->alerts.relay.next_hop != NULL;
}

static bool same_text(const char *a, const char *b) {
  return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* Whether alerts go the same ways, and at the same times. */
static bool same_alerts(const alert_settings *a, const alert_settings *b) {
  return same_text(a->maildir, b->maildir) &&
         same_text(a->relay.next_hop, b->relay.next_hop) &&
         a->rule.first_wait == b->rule.first_wait &&
         a->rule.max_wait == b->rule.max_wait;
}

/* Whether the sockets of |a| serve |b|. */
static bool same_sockets(const listener_settings *a,
                         const listener_settings *b) {
  size_t i;

  for (i = 0; i < a->address_count && i < b->address_count; i++) {
    if (!same_text(a->addresses[i].text, b->addresses[i].text)) {
      return false;
    }
  }

  return a->address_count == b->address_count && a->tcp_queue == b->tcp_queue;
}

static const char *fixed_in_listeners(const settings *a, const settings *b) {
  size_t i;

  for (i = 0; i < a->listener_count && i < b->listener_count; i++) {
    if (!same_text(a->listeners[i].name, b->listeners[i].name)) {
      return "the listeners and their order";
    }

    if (!same_sockets(&a->listeners[i], &b->listeners[i])) {
      return "listen and tcp_queue";
    }
  }

  return a->listener_count == b->listener_count
             ? NULL
             : "the listeners and their order";
}

const char *settings_fixed(const settings *a, const settings *b) {
  if (a->engine != b->engine) {
    return "engine";
  }

  if (!same_text(a->hostname, b->hostname)) {
    return "hostname";
  }

  if (!same_text(a->maildir, b->maildir) || a->discard != b->discard) {
    return "maildir and discard";
  }

  if (!same_text(a->pid_file, b->pid_file)) {
    return "pid_file";
  }

  if (!same_text(a->user, b->user)) {
    return "user";
  }

  if (a->workers != b->workers) {
    return "workers";
  }

  if (!same_text(a->resolver, b->resolver) ||
      a->lookup_time != b->lookup_time) {
    return "resolver and lookup_timeout";
  }

  if (!same_text(a->status.text, b->status.text)) {
    return "status";
  }

  if (a->log != b->log) {
    return "log";
  }

  if (!same_alerts(&a->alerts, &b->alerts)) {
    return "alert_maildir, alert_relay, alert_wait and alert_max_wait";
  }

  return fixed_in_listeners(a, b);
}
