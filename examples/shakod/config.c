#include "config.h"

#include <stdio.h>
#include <string.h>

#include <confuse.h>

#include "config_judge.h"
#include "config_take.h"
#include "config_text.h"
#include "file.h"
#include "log.h"
#include "policy_keys.h"

#define STRING(NAME)  CFG_STR((NAME), NULL, CFGF_NODEFAULT)
#define STRINGS(NAME) CFG_STR_LIST((NAME), NULL, CFGF_NODEFAULT)
#define NUMBER(NAME)  CFG_INT((NAME), 0, CFGF_NODEFAULT)
#define FLAG(NAME)    CFG_BOOL((NAME), cfg_false, CFGF_NONE)

#define POLICY_KEYS_MAX 40

static void on_error(cfg_t *cfg, const char *format, va_list args) {
  char what[512];

  vsnprintf(what, sizeof(what), format, args);
  log_line("%s:%d: %s", cfg->filename, cfg->line, what);
}

/* Makes the options of a policy's section out of the table of its keys. */
static void add_policy_keys(cfg_opt_t *policy) {
  size_t i;

  for (i = 0; i < policy_key_count; i++) {
    const char *name = policy_keys[i].name;

    policy[i] = policy_keys[i].quoted ? (cfg_opt_t)STRING(name)
                                      : (cfg_opt_t)NUMBER(name);
  }

  policy[i] = (cfg_opt_t)CFG_END();
}

/* Makes an empty configuration, whose options are |server|. */
static cfg_t *make_of_server(cfg_opt_t *server) {
  cfg_t *cfg = cfg_init(server, CFGF_NONE);

  if (cfg != NULL) {
    cfg_set_error_function(cfg, on_error);
    config_judge(cfg);
  }

  return cfg;
}

/* The same, where those of a listener are |listener|. */
static cfg_t *make_of_listener(cfg_opt_t *listener) {
  cfg_opt_t alert[] = {CFG_STR("wants", "All", CFGF_NONE), CFG_END()};
  cfg_opt_t server[] = {
      STRING("engine"),
      STRING("hostname"),
      STRING("maildir"),
      STRING("pid_file"),
      FLAG("discard"),
      CFG_BOOL("watch", cfg_true, CFGF_NONE),
      STRING("user"),
      NUMBER("workers"),
      STRING("resolver"),
      STRING("status"),
      FLAG("status_anywhere"),
      NUMBER("lookup_timeout"),
      STRING("log"),
      STRING("alert_maildir"),
      STRING("alert_relay"),
      STRING("alert_relay_authorities"),
      NUMBER("alert_relay_timeout"),
      NUMBER("alert_relay_retry"),
      STRING("destinations"),
      STRING("alert_from"),
      NUMBER("alert_threshold"),
      NUMBER("alert_wait"),
      NUMBER("alert_max_wait"),
      CFG_SEC("alert", alert, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES),
      CFG_SEC("listener", listener,
              CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES),
      CFG_END()};

  return make_of_server(server);
}

/* The same, where those of a policy are |policy|. */
static cfg_t *make_of_policy(cfg_opt_t *policy) {
  cfg_opt_t certificate[] = {STRING("chain"), STRING("key"),
                             STRING("passphrase_file"), CFG_END()};
  cfg_opt_t listener[] = {
      STRING("type"),
      STRINGS("listen"),
      FLAG("implicit_tls"),
      STRING("interface"),
      STRING("hostname"),
      STRING("default_domain"),
      STRING(CONFIG_CERTIFICATE),
      STRING("key"),
      CFG_SEC("certificate", certificate, CFGF_MULTI | CFGF_TITLE),
      STRING("client_authorities"),
      STRING("client_revocations"),
      STRING("offers"),
      FLAG("lmtp"),
      STRING("proxies"),
      FLAG("delayed_rejection"),
      STRING("passwords"),
      STRING("auth_mechanisms"),
      STRING("hat"),
      STRING("preset"),
      STRINGS("domain_map"),
      NUMBER("max_concurrency"),
      NUMBER("max_handshakes"),
      NUMBER("tcp_queue"),
      CFG_SEC("policy", policy, CFGF_NODEFAULT),
      CFG_END()};

  return make_of_listener(listener);
}

/* Makes an empty configuration, which knows what may be in it. */
static cfg_t *make(void) {
  cfg_opt_t policy[POLICY_KEYS_MAX];

  add_policy_keys(policy);

  return make_of_policy(policy);
}

/* Reads |text| as if it were all that is in |file|. */
static bool parse(cfg_t *cfg, const char *file, buffer *text) {
  FILE *stream = fmemopen(text->ptr, text->len, "r");
  int error = CFG_PARSE_ERROR;

  cfg->filename = strdup(file);
  if (stream == NULL || cfg->filename == NULL) {
    log_line("%s: out of memory", file);
  } else {
    error = cfg_parse_fp(cfg, stream);
  }

  if (stream != NULL) {
    fclose(stream);
  }

  return error == CFG_SUCCESS;
}

bool config_parse(settings *s, const char *file, buffer *text) {
  cfg_t *cfg = make();

  s->file = file;
  s->parsed = cfg;
  if (cfg == NULL) {
    log_line("%s: out of memory", file);
    return false;
  }

  config_text_prepare(text->ptr, text->len);

  return parse(cfg, file, text) && config_take(s, cfg);
}

bool config_read(settings *s, const char *file) {
  buffer text = {0};
  bool done = file_read(&text, file) && config_parse(s, file, &text);

  buffer_free(&text);

  return done;
}

void config_free(void *parsed) {
  cfg_free(parsed);
}
