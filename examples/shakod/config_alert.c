#include "config_alert.h"

#include <string.h>

#include "config_judge.h"
#include "config_take.h"

static int judge_wants(cfg_t *cfg, cfg_opt_t *opt) {
  const char *text = cfg_opt_getstr(opt);
  shako_place place;
  uint32_t wants;

  if (shako_alert_wants_read(&wants,
                             (shako_span){(const uint8_t *)text, strlen(text)},
                             &place) != 0) {
    cfg_error(cfg, "wants: %s: column %u: %s", text, (unsigned)place.column,
              place.what);
    return -1;
  }

  return 0;
}

static int judge_mailbox(cfg_t *cfg, const char *name, const char *address) {
  const char *wrong = settings_judge_mailbox(address);

  if (wrong != NULL) {
    cfg_error(cfg, "%s: %s: %s", name, address, wrong);
  }

  return wrong != NULL ? -1 : 0;
}

static int judge_from(cfg_t *cfg, cfg_opt_t *opt) {
  return judge_mailbox(cfg, cfg_opt_name(opt), cfg_opt_getstr(opt));
}

static int judge_section(cfg_t *cfg, cfg_opt_t *opt) {
  cfg_t *last = cfg_opt_getnsec(opt, cfg_opt_size(opt) - 1);

  return judge_mailbox(cfg, cfg_opt_name(opt), cfg_title(last));
}

static int judge_relay(cfg_t *cfg, cfg_opt_t *opt) {
  const char *wrong = settings_judge_relay(cfg_opt_getstr(opt));

  if (wrong != NULL) {
    cfg_error(cfg, "%s: %s: %s", cfg_opt_name(opt), cfg_opt_getstr(opt), wrong);
  }

  return wrong != NULL ? -1 : 0;
}

static int judge_timeout(cfg_t *cfg, cfg_opt_t *opt) {
  return config_judge_number(cfg, opt, 1, ALERT_TIMEOUT_MAX);
}

static int judge_retry(cfg_t *cfg, cfg_opt_t *opt) {
  return config_judge_number(cfg, opt, 0, ALERT_TIMEOUT_MAX);
}

static int judge_threshold(cfg_t *cfg, cfg_opt_t *opt) {
  return config_judge_number(cfg, opt, 1, ALERT_THRESHOLD_MAX);
}

static int judge_wait(cfg_t *cfg, cfg_opt_t *opt) {
  return config_judge_number(cfg, opt, 0, ALERT_WAIT_MAX);
}

void config_alert_judge(cfg_t *cfg) {
  cfg_set_validate_func(cfg, "alert", judge_section);
  cfg_set_validate_func(cfg, "alert|wants", judge_wants);
  cfg_set_validate_func(cfg, "alert_from", judge_from);
  cfg_set_validate_func(cfg, "alert_relay", judge_relay);
  cfg_set_validate_func(cfg, "alert_relay_timeout", judge_timeout);
  cfg_set_validate_func(cfg, "alert_relay_retry", judge_retry);
  cfg_set_validate_func(cfg, "alert_threshold", judge_threshold);
  cfg_set_validate_func(cfg, "alert_wait", judge_wait);
  cfg_set_validate_func(cfg, "alert_max_wait", judge_wait);
}

/* It is judged. */
static void take_recipient(alert_settings *to, cfg_t *section) {
  alert_recipient *one = &to->recipients[to->recipient_count++];
  const char *wants = cfg_getstr(section, "wants");
  shako_place place;

  one->address = cfg_title(section);
  shako_alert_wants_read(
      &one->wants, (shako_span){(const uint8_t *)wants, strlen(wants)}, &place);
}

static void take_relay(alert_relay_settings *to, cfg_t *cfg) {
  to->next_hop = cfg_getstr(cfg, "alert_relay");
  to->destinations = config_take_path(cfg, "destinations");
  to->authorities = config_take_path(cfg, "alert_relay_authorities");
  config_take_number(cfg, "alert_relay_timeout", &to->timeout);
  config_take_number(cfg, "alert_relay_retry", &to->retry);
}

bool config_alert_take(settings *s, cfg_t *cfg) {
  unsigned count = cfg_size(cfg, "alert");
  alert_settings *to = &s->alerts;
  unsigned i;

  to->maildir = config_take_path(cfg, "alert_maildir");
  take_relay(&to->relay, cfg);
  to->from = cfg_getstr(cfg, "alert_from");
  config_take_number(cfg, "alert_threshold", &to->threshold);
  config_take_number(cfg, "alert_wait", &to->rule.first_wait);
  config_take_number(cfg, "alert_max_wait", &to->rule.max_wait);

  if (count > 0 && !settings_alerts(s)) {
    cfg_error(cfg, "alert \"%s\": needs alert_maildir or alert_relay",
              cfg_title(cfg_getnsec(cfg, "alert", 0)));
    return false;
  }

  if (count > ALERT_RECIPIENTS_MAX) {
    cfg_error(cfg, "alert: more recipients than %d", ALERT_RECIPIENTS_MAX);
    return false;
  }

  for (i = 0; i < count; i++) {
    take_recipient(to, cfg_getnsec(cfg, "alert", i));
  }

  return true;
}
