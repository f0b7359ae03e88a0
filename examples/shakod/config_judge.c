#include "config_judge.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "address.h"
#include "config_alert.h"
#include "config_certificate.h"
#include "policy_keys.h"
#include "settings.h"

/* Each of these is called after |opt| got a value, for lists after each of
   theirs and once more, and returns 0 or, after an error, -1. */

static const char *last_string(cfg_opt_t *opt) {
  unsigned size = cfg_opt_size(opt);

  return size > 0 ? cfg_opt_getnstr(opt, size - 1) : NULL;
}

/* Says what the library says of |config|, in which |opt| is. */
static int judge_by_library(cfg_t *cfg, cfg_opt_t *opt,
                            shako_listener_config *config) {
  const char *wrong = settings_judge(config);

  if (wrong != NULL) {
    cfg_error(cfg, "\"%s\": %s", last_string(opt), wrong);
  }

  return wrong != NULL ? -1 : 0;
}

/* Says what is |wrong| with the last value of |opt|, if anything is. */
static int judge(cfg_t *cfg, cfg_opt_t *opt, const char *wrong) {
  if (wrong != NULL) {
    cfg_error(cfg, "%s: %s: %s", cfg_opt_name(opt), last_string(opt), wrong);
  }

  return wrong != NULL ? -1 : 0;
}

int config_judge_number(cfg_t *cfg, cfg_opt_t *opt, long min, long max) {
  long number = cfg_opt_getnint(opt, 0);

  if (number < min || number > max) {
    cfg_error(cfg, "%s: %ld: not from %ld to %ld", cfg_opt_name(opt), number,
              min, max);
    return -1;
  }

  return 0;
}

static int judge_workers(cfg_t *cfg, cfg_opt_t *opt) {
  return config_judge_number(cfg, opt, 1, WORKERS_MAX);
}

static int judge_lookup_time(cfg_t *cfg, cfg_opt_t *opt) {
  return config_judge_number(cfg, opt, 1, LOOKUP_TIME_MAX);
}

static int judge_concurrency(cfg_t *cfg, cfg_opt_t *opt) {
  return config_judge_number(cfg, opt, 0, CONCURRENCY_MAX);
}

static int judge_tcp_queue(cfg_t *cfg, cfg_opt_t *opt) {
  return config_judge_number(cfg, opt, 1, TCP_QUEUE_MAX);
}

static int judge_engine(cfg_t *cfg, cfg_opt_t *opt) {
  return judge(cfg, opt,
               engine_find(last_string(opt)) == NULL
                   ? "no such engine, or shakod was built without it"
                   : NULL);
}

static int judge_hostname(cfg_t *cfg, cfg_opt_t *opt) {
  shako_listener_config config;

  shako_listener_config_default(&config);
  config.hostname = last_string(opt);

  return judge_by_library(cfg, opt, &config);
}

static int judge_default_domain(cfg_t *cfg, cfg_opt_t *opt) {
  shako_listener_config config;

  shako_listener_config_default(&config);
  config.default_domain = last_string(opt);

  return judge_by_library(cfg, opt, &config);
}

static int judge_interface(cfg_t *cfg, cfg_opt_t *opt) {
  shako_listener_config config;

  shako_listener_config_default(&config);
  config.interface_label = last_string(opt);

  return judge_by_library(cfg, opt, &config);
}

static int judge_offers(cfg_t *cfg, cfg_opt_t *opt) {
  shako_listener_config config;
  const char *wrong;

  shako_listener_config_default(&config);
  wrong = offers_read(&config.offers, last_string(opt));

  return wrong != NULL ? judge(cfg, opt, wrong)
                       : judge_by_library(cfg, opt, &config);
}

static int judge_proxies(cfg_t *cfg, cfg_opt_t *opt) {
  shako_listener_config config;

  shako_listener_config_default(&config);
  config.proxies = last_string(opt);

  return judge_by_library(cfg, opt, &config);
}

static int judge_mechanisms(cfg_t *cfg, cfg_opt_t *opt) {
  return judge(cfg, opt, offers_judge_mechanisms(last_string(opt)));
}

static int judge_address(cfg_t *cfg, cfg_opt_t *opt) {
  const char *text = last_string(opt);
  shako_address address;
  uint16_t port;

  return judge(cfg, opt,
               text != NULL ? address_parse(&address, &port, text) : NULL);
}

static int judge_log(cfg_t *cfg, cfg_opt_t *opt) {
  log_format format;

  return judge(cfg, opt,
               log_format_find(&format, last_string(opt))
                   ? NULL
                   : "neither plain, json, events nor asyncos");
}

static int judge_type(cfg_t *cfg, cfg_opt_t *opt) {
  const char *type = last_string(opt);
  bool known = strcmp(type, "public") == 0 || strcmp(type, "private") == 0;

  return judge(cfg, opt, known ? NULL : "neither public nor private");
}

static int judge_preset(cfg_t *cfg, cfg_opt_t *opt) {
  bool known = strcmp(last_string(opt), "submission") == 0;

  return judge(cfg, opt, known ? NULL : "there is submission only");
}

bool config_cut_row(char *row, shako_domain_map_row *cut) {
  char *blank = strchr(row, ' ');

  if (blank == NULL) {
    return false;
  }

  *blank = '\0';
  *cut = (shako_domain_map_row){row, blank + 1 + strspn(blank + 1, " ")};

  return true;
}

static int judge_domain_map(cfg_t *cfg, cfg_opt_t *opt) {
  char row[1024] = "";
  const char *text = last_string(opt);
  shako_listener_config config;
  shako_domain_map_row cut;

  if (text == NULL) {
    return 0;
  }

  if (cfg_opt_size(opt) > DOMAIN_MAP_MAX) {
    return judge(cfg, opt, "more rows than 256");
  }

  if (strlen(text) < sizeof(row)) {
    memcpy(row, text, strlen(text) + 1);
  }

  if (!config_cut_row(row, &cut)) {
    return judge(cfg, opt, "not FROM, a space and TO");
  }

  shako_listener_config_default(&config);
  config.domain_map = &cut;
  config.domain_map_rows = 1;

  return judge_by_library(cfg, opt, &config);
}

/* Has the library judge one key of a policy by itself. */
static int judge_policy_key(cfg_t *cfg, cfg_opt_t *opt) {
  listener_settings alone = {0};
  buffer block = {0};
  const char *wrong;
  char digits[32];
  size_t i = 0;

  while (strcmp(policy_keys[i].name, cfg_opt_name(opt)) != 0) {
    i++;
  }

  snprintf(digits, sizeof(digits), "%ld", cfg_opt_getnint(opt, 0));
  shako_policy_default(&alone.policy);
  policy_keys_add(&block, &policy_keys[i],
                  policy_keys[i].quoted ? last_string(opt) : digits);
  wrong = policy_keys_apply(&alone, &block);
  buffer_free(&block);
  shako_hat_unref(alone.policy_hat);
  if (wrong != NULL) {
    cfg_error(cfg, "%s: %s", policy_keys[i].name, wrong);
  }

  return wrong != NULL ? -1 : 0;
}

void config_judge(cfg_t *cfg) {
  size_t i;

  cfg_set_validate_func(cfg, "engine", judge_engine);
  cfg_set_validate_func(cfg, "hostname", judge_hostname);
  cfg_set_validate_func(cfg, "workers", judge_workers);
  cfg_set_validate_func(cfg, "resolver", judge_address);
  cfg_set_validate_func(cfg, "status", judge_address);
  cfg_set_validate_func(cfg, "lookup_timeout", judge_lookup_time);
  cfg_set_validate_func(cfg, "log", judge_log);
  cfg_set_validate_func(cfg, "listener|certificate", config_certificate_end);
  cfg_set_validate_func(cfg, "listener|type", judge_type);
  cfg_set_validate_func(cfg, "listener|listen", judge_address);
  cfg_set_validate_func(cfg, "listener|hostname", judge_hostname);
  cfg_set_validate_func(cfg, "listener|default_domain", judge_default_domain);
  cfg_set_validate_func(cfg, "listener|interface", judge_interface);
  cfg_set_validate_func(cfg, "listener|offers", judge_offers);
  cfg_set_validate_func(cfg, "listener|proxies", judge_proxies);
  cfg_set_validate_func(cfg, "listener|auth_mechanisms", judge_mechanisms);
  cfg_set_validate_func(cfg, "listener|preset", judge_preset);
  cfg_set_validate_func(cfg, "listener|domain_map", judge_domain_map);
  cfg_set_validate_func(cfg, "listener|max_concurrency", judge_concurrency);
  cfg_set_validate_func(cfg, "listener|max_handshakes", judge_concurrency);
  cfg_set_validate_func(cfg, "listener|tcp_queue", judge_tcp_queue);

  config_alert_judge(cfg);

  for (i = 0; i < policy_key_count; i++) {
    char path[64];

    snprintf(path, sizeof(path), "listener|policy|%s", policy_keys[i].name);
    cfg_set_validate_func(cfg, path, judge_policy_key);
  }
}
