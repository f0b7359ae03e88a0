#include "config_take.h"

#include <stdio.h>
#include <string.h>

#include "config_alert.h"
#include "config_certificate.h"
#include "config_judge.h"
#include "policy_keys.h"

const char *config_take_path(cfg_t *cfg, const char *name) {
  const char *path = cfg_getstr(cfg, name);
  const char *slash = strrchr(cfg->filename, '/');
  buffer whole = {0};

  if (path == NULL || path[0] == '/' || slash == NULL) {
    return path;
  }

  buffer_add_span(&whole, (shako_span){(const uint8_t *)cfg->filename,
                                       (size_t)(slash - cfg->filename) + 1});
  buffer_add(&whole, path);
  buffer_add_span(&whole, (shako_span){(const uint8_t *)"", 1});
  if (!whole.failed) {
    cfg_setstr(cfg, name, whole.ptr);
  }

  buffer_free(&whole);

  return cfg_getstr(cfg, name);
}

static void add_policy_value(buffer *block, cfg_t *policy,
                             const policy_key *key) {
  char digits[32];

  if (cfg_size(policy, key->name) == 0) {
    return;
  }

  if (key->quoted) {
    policy_keys_add(block, key, cfg_getstr(policy, key->name));
  } else {
    snprintf(digits, sizeof(digits), "%ld", cfg_getint(policy, key->name));
    policy_keys_add(block, key, digits);
  }
}

static bool take_policy(listener_settings *l, cfg_t *cfg) {
  cfg_t *policy =
      cfg_size(cfg, "policy") > 0 ? cfg_getsec(cfg, "policy") : NULL;
  buffer block = {0};
  const char *wrong;
  size_t i;

  if (cfg_getstr(cfg, "preset") != NULL) {
    shako_policy_submission(&l->policy);
  }

  if (l->passwords != NULL) {
    l->policy.auth = cfg_getstr(cfg, "preset") != NULL
                         ? SHAKO_AUTH_SETTING_REQUIRED /* RFC 6409 4.3 */
                         : SHAKO_AUTH_SETTING_PREFERRED;
  }

  for (i = 0; policy != NULL && i < policy_key_count; i++) {
    add_policy_value(&block, policy, &policy_keys[i]);
  }

  wrong = block.len > 0 || block.failed ? policy_keys_apply(l, &block) : NULL;
  buffer_free(&block);
  if (wrong != NULL) {
    cfg_error(policy, "policy: %s", wrong);
  }

  return wrong == NULL;
}

static bool take_addresses(settings *s, listener_settings *l, cfg_t *cfg) {
  unsigned i;

  for (i = 0; i < cfg_size(cfg, "listen"); i++) {
    const char *text = cfg_getnstr(cfg, "listen", i);
    const char *wrong = settings_listen(s, l, text);

    if (wrong != NULL) {
      cfg_error(cfg, "listen: %s: %s", text, wrong);
      return false;
    }
  }

  if (i == 0) {
    cfg_error(cfg, "listener \"%s\": needs listen = {\"ADDRESS:PORT\"}",
              l->name);
  }

  return i > 0;
}

static void take_domain_map(listener_settings *l, cfg_t *cfg) {
  unsigned i;

  for (i = 0; i < cfg_size(cfg, "domain_map"); i++) {
    config_cut_row(cfg_getnstr(cfg, "domain_map", i), &l->domain_map[i]);
  }

  l->domain_map_rows = i;
}

static void take_strings(listener_settings *l, cfg_t *cfg) {
  const char *type = cfg_getstr(cfg, "type");

  l->type = type != NULL && strcmp(type, "private") == 0
                ? SHAKO_LISTENER_TYPE_PRIVATE
                : SHAKO_LISTENER_TYPE_PUBLIC;
  l->implicit_tls = cfg_getbool(cfg, "implicit_tls") == cfg_true;
  l->interface_label = cfg_getstr(cfg, "interface");
  l->hostname = cfg_getstr(cfg, "hostname");
  l->default_domain = cfg_getstr(cfg, "default_domain");
  l->table = config_take_path(cfg, "hat");
  l->authorities = config_take_path(cfg, "client_authorities");
  l->revocations = config_take_path(cfg, "client_revocations");
}

static bool take_offers(listener_settings *l, cfg_t *cfg) {
  const char *offers = cfg_getstr(cfg, "offers");

  if (offers != NULL) {
    offers_read(&l->offers, offers); /* it is judged */
  }

  l->lmtp = cfg_getbool(cfg, "lmtp") == cfg_true;
  l->delayed_rejection = cfg_getbool(cfg, "delayed_rejection") == cfg_true;
  l->proxies = cfg_getstr(cfg, "proxies");
  l->passwords = config_take_path(cfg, "passwords");
  l->mechanisms = cfg_getstr(cfg, "auth_mechanisms");
  if (l->mechanisms != NULL && l->passwords == NULL) {
    cfg_error(cfg, "listener \"%s\": auth_mechanisms needs passwords", l->name);
    return false;
  }

  if (l->passwords != NULL && l->mechanisms == NULL) {
    l->mechanisms = MECHANISMS_DEFAULT;
  }

  return true;
}

void config_take_number(cfg_t *cfg, const char *name, unsigned *number) {
  if (cfg_size(cfg, name) > 0) {
    *number = (unsigned)cfg_getint(cfg, name);
  }
}

static bool judge_name(const listener_settings *l, cfg_t *cfg) {
  shako_listener_config config;
  const char *wrong;

  shako_listener_config_default(&config);
  config.name = l->name;
  wrong = settings_judge(&config);
  if (wrong != NULL) {
    cfg_error(cfg, "listener: %s", wrong);
  }

  return wrong == NULL;
}

static bool judge_revocations(const listener_settings *l, cfg_t *cfg) {
  if (l->revocations != NULL && l->authorities == NULL) {
    cfg_error(cfg,
              "listener \"%s\": client_revocations needs "
              "client_authorities",
              l->name);
    return false;
  }

  return true;
}

static bool take_listener(settings *s, cfg_t *cfg) {
  listener_settings *l = settings_add(s, cfg_title(cfg));

  if (l == NULL) {
    cfg_error(cfg, "more than %d listeners", LISTENERS_MAX);
    return false;
  }

  if (!judge_name(l, cfg)) {
    return false;
  }

  take_strings(l, cfg);
  take_domain_map(l, cfg);
  config_take_number(cfg, "max_concurrency", &l->max_concurrency);
  config_take_number(cfg, "max_handshakes", &l->max_handshakes);
  config_take_number(cfg, "tcp_queue", &l->tcp_queue);

  return judge_revocations(l, cfg) && config_certificate_take(l, cfg) &&
         take_offers(l, cfg) && take_policy(l, cfg) &&
         take_addresses(s, l, cfg);
}

static bool take_status(settings *s, cfg_t *cfg) {
  const char *wrong;

  s->status_anywhere = cfg_getbool(cfg, "status_anywhere") == cfg_true;
  wrong = settings_status(s, cfg_getstr(cfg, "status"));
  if (wrong != NULL) {
    cfg_error(cfg, "status: %s: %s", s->status.text, wrong);
  }

  return wrong == NULL;
}

static bool take_server(settings *s, cfg_t *cfg) {
  const char *log = cfg_getstr(cfg, "log");

  s->engine = engine_find(cfg_getstr(cfg, "engine"));
  s->hostname = cfg_getstr(cfg, "hostname");
  s->discard = cfg_getbool(cfg, "discard") == cfg_true;
  s->watch = cfg_getbool(cfg, "watch") == cfg_true;
  s->maildir = config_take_path(cfg, "maildir");
  s->pid_file = config_take_path(cfg, "pid_file");
  s->user = cfg_getstr(cfg, "user");
  s->resolver = cfg_getstr(cfg, "resolver");
  if (log != NULL) {
    log_format_find(&s->log, log); /* it is judged */
  }
  config_take_number(cfg, "workers", &s->workers);
  config_take_number(cfg, "lookup_timeout", &s->lookup_time);

  if (s->discard == (s->maildir != NULL)) {
    cfg_error(cfg, "needs maildir or discard, and not both");
    return false;
  }

  return take_status(s, cfg) && config_alert_take(s, cfg);
}

bool config_take(settings *s, cfg_t *cfg) {
  unsigned count = cfg_size(cfg, "listener");
  unsigned i;

  for (i = 0; i < count; i++) {
    if (!take_listener(s, cfg_getnsec(cfg, "listener", i))) {
      return false;
    }
  }

  if (count == 0) {
    cfg_error(cfg, "no listener");
  }

  return count > 0 && take_server(s, cfg);
}
