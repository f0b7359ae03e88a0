#include <stdlib.h>
#include <string.h>

#include "chatty_engine.h"
#include "session_run.h"

static void *counted_alloc(size_t size, void *user_data) {
  run_memory *memory = user_data;

  memory->allocations++;
  if (memory->allocations == memory->fail_at) {
    memory->failed = true;
    return NULL;
  }
  memory->used += size;
  if (memory->used > memory->most) {
    memory->most = memory->used;
  }
  return malloc(size);
}

static void counted_release(void *ptr, size_t size, void *user_data) {
  run_memory *memory = user_data;

  memory->used -= size;
  free(ptr);
}

static void add(fake_script *script, shako_provider_status a,
                shako_provider_status b) {
  fake_script_add(script, a);
  fake_script_add(script, b);
}

static void open_provider(run *r) {
  fake_provider *provider = &r->provider;

  provider->certificate = &r->certificate;
  provider->counters = &r->counters;
  fake_certificate_init(&r->certificate);
  switch (r->settings->provider) {
  case SETTINGS_PROVIDER_NOT_READY:
    add(&provider->ready, SHAKO_PROVIDER_NONE, SHAKO_PROVIDER_NONE);
    break;
  case SETTINGS_PROVIDER_READY_LATER:
    add(&provider->ready, SHAKO_PROVIDER_WAIT, SHAKO_PROVIDER_OK);
    break;
  case SETTINGS_PROVIDER_SELECTS_NONE:
    add(&provider->select, SHAKO_PROVIDER_NONE, SHAKO_PROVIDER_NONE);
    break;
  case SETTINGS_PROVIDER_SELECTS_LATER:
    add(&provider->select, SHAKO_PROVIDER_WAIT, SHAKO_PROVIDER_OK);
    break;
  case SETTINGS_PROVIDER_NEVER_READY:
    add(&provider->ready, SHAKO_PROVIDER_WAIT, SHAKO_PROVIDER_NONE);
    break;
  case SETTINGS_PROVIDER_GOOD:
  case SETTINGS_PROVIDER_INIT_FAILS:
  case SETTINGS_PROVIDER_CERTIFICATE_FAILS:
  case SETTINGS_PROVIDER_COUNT:
    break;
  }
}

static void open_engine(run *r) {
  const settings *s = r->settings;

  chatty_engine_fill(&r->chatty);
  r->context.counters = &r->counters;
  r->context.version = s->engine_version;
  r->context.two_flights = s->engine == SETTINGS_ENGINE_FAKE_TWO_FLIGHTS;
  r->context.fail_init = s->provider == SETTINGS_PROVIDER_INIT_FAILS;
  r->context.fail_set_certificate =
      s->provider == SETTINGS_PROVIDER_CERTIFICATE_FAILS;
}

/* A table that asks for the peer's name, and comes to the defaults then. */
static shako_hat *read_table(run *r, const shako_mem *mem) {
  static const char table[] = "ASKED: .example.net unverified[none] ACCEPT\n"
                              "ALL ACCEPT\n";
  const shako_span text = {(const uint8_t *)table, sizeof(table) - 1};
  shako_hat *hat = NULL;
  shako_place place;

  HOLDS(r, shako_hat_read(&hat, text, &r->settings->policy, mem, &place) == 0,
        place.what);
  return hat;
}

static void put_offers(settings_offers offers, shako_listener_config *config) {
  switch (offers) {
  case SETTINGS_OFFERS_ALL:
    config->offers = SHAKO_OFFER_CHUNKING | SHAKO_OFFER_BINARYMIME |
                     SHAKO_OFFER_SMTPUTF8 | SHAKO_OFFER_DSN |
                     SHAKO_OFFER_REQUIRETLS | SHAKO_OFFER_LIMITS;
    break;
  case SETTINGS_OFFERS_LMTP:
    config->offers = SHAKO_OFFER_CHUNKING;
    config->lmtp = 1;
    config->port = 24;
    break;
  case SETTINGS_OFFERS_OWN:
    config->commands = "X XSTATUS VRFY HELP";
    config->keywords = "XSTATUS\nXTAG now";
    config->mail_params = "XTAG";
    config->rcpt_params = "XTAG XRCPT";
    config->default_domain = "default.example";
    break;
  case SETTINGS_OFFERS_AUTH:
  case SETTINGS_OFFERS_AUTH_REQUIRED:
    config->auth_mechanisms = "PLAIN LOGIN EXTERNAL X-STEPS";
    break;
  case SETTINGS_OFFERS_PROXY:
    config->proxies = "::/0";
    break;
  case SETTINGS_OFFERS_NONE:
  case SETTINGS_OFFERS_COUNT:
    break;
  }
}

void run_world_open(run *r) {
  const settings *s = r->settings;
  const shako_mem mem = {&r->memory, counted_alloc, counted_release};
  shako_certificate_provider provider;
  shako_listener_config config;
  const char *reason = NULL;

  open_provider(r);
  open_engine(r);
  fake_provider_fill(&r->provider, &provider);
  shako_listener_config_default(&config);
  config.hostname = "mx.example.org";
  if (s->table) {
    config.hat = read_table(r, &mem);
  } else {
    config.policy = &s->policy;
  }
  put_offers(s->offers, &config);
  config.implicit_tls = s->implicit;
  config.external_tls = s->engine == SETTINGS_ENGINE_EXTERNAL;
  config.recv_buffer_size = s->recv_buffer;
  if (settings_has_engine(s)) {
    config.engine =
        s->engine == SETTINGS_ENGINE_CHATTY ? &r->chatty : &fake_engine;
    config.context = &r->context;
    config.certificates = &provider;
  }
  HOLDS(r, shako_listener_new(&r->listener, &config, &mem, &reason) == 0,
        reason);
  shako_hat_unref(config.hat);
  if (s->ending == SETTINGS_ENDING_NOMEM) {
    r->memory.fail_at = r->memory.allocations + 1 + s->moment;
  }
}

void run_world_close(run *r) {
  shako_listener_unref(r->listener);
  r->listener = NULL;
  HOLDS(r, r->memory.used == 0, "memory was not given back");
  HOLDS(r, r->memory.most <= RUN_MEMORY_MAX, "too much memory was in use");
  HOLDS(r, r->counters.misuses == 0, r->counters.misuse);
  HOLDS(r, r->counters.inits == r->counters.frees,
        "conn_init() without its conn_free()");
  HOLDS(r, r->certificate.base.references == 1, "a certificate leaked");
}
