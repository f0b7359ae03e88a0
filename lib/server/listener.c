#include "server/listener.h"

#include <string.h>

#include "base/ascii.h"
#include "base/mem.h"
#include "smtp/path.h"

#define RECV_BUFFER_MIN 4096
#define RECV_BUFFER_MAX (16u * 1024 * 1024)

void shako_listener_config_default_sized(shako_listener_config *config,
                                         size_t size) {
  const shako_listener_config defaults = {.recv_buffer_size = 16384};

  shako__sized_fill(config, size, &defaults, sizeof(defaults));
}

static const char *judge_hostname(const char *hostname) {
  shako_span span;

  if (!hostname) {
    return "hostname: must be set";
  }
  span = shako__span(hostname);
  if (!shako__is_domain(span) && !shako__is_address_literal(span)) {
    return "hostname: neither a domain nor an address literal";
  }
  return NULL;
}

static const char *judge_policy(const shako_policy *policy) {
  if ((unsigned)policy->access > SHAKO_ACCESS_TCPREFUSE) {
    return "policy.access: no such rule";
  }
  if ((unsigned)policy->tls > SHAKO_TLS_SETTING_REQUIRED) {
    return "policy.tls: no such setting";
  }
  if (policy->tls_min_version != 0x0303 && policy->tls_min_version != 0x0304) {
    return "policy.tls_min_version: neither 0x0303 nor 0x0304";
  }
  return NULL;
}

static const char *judge_tls(const shako_listener_config *config,
                             const shako_policy *policy) {
  bool possible = config->engine || config->external_tls;
  const shako_certificate_provider *provider = config->certificates;

  if (config->engine && config->external_tls) {
    return "external_tls: there is an engine too";
  }
  if (config->engine && config->engine->version != SHAKO_TLS_ENGINE_VERSION) {
    return "engine: made for another version of this library";
  }
  if (config->engine && !provider) {
    return "certificates: an engine needs a provider";
  }
  if (provider && (!provider->ready || !provider->select)) {
    return "certificates: ready or select is missing";
  }
  if (config->implicit_tls && !possible) {
    return "implicit_tls: there is no TLS (engine, external_tls)";
  }
  if (policy->tls != SHAKO_TLS_SETTING_NO && !possible) {
    return "policy.tls: there is no TLS (engine, external_tls)";
  }
  return NULL;
}

static const char *judge_config(const shako_listener_config *config,
                                const shako_policy *policy) {
  const char *why = judge_hostname(config->hostname);

  if (!why) {
    why = judge_policy(policy);
  }
  if (!why) {
    why = judge_tls(config, policy);
  }
  if (!why && (config->recv_buffer_size < RECV_BUFFER_MIN ||
               config->recv_buffer_size > RECV_BUFFER_MAX)) {
    why = "recv_buffer_size: not from 4096 to 16777216";
  }
  return why;
}

/* A struct_size that was never set would take all defaults, and with them TLS
   No, for what the caller said. */
static const char *judge_sizes(const shako_listener_config *config) {
  if (config->policy && !SHAKO__KNOWS(config->policy, answer_timeout)) {
    return "policy.struct_size: call shako_policy_default() first";
  }
  if (config->certificates && !SHAKO__KNOWS(config->certificates, select)) {
    return "certificates.struct_size: must be set";
  }
  return NULL;
}

/* Copies |text| to |*room| and moves that on; NULL stays NULL. */
static const char *keep(char **room, const char *text) {
  char *copy = *room;
  size_t size;

  if (!text) {
    return NULL;
  }
  size = strlen(text) + 1;
  memcpy(copy, text, size);
  *room += size;
  return copy;
}

static size_t text_size(const char *text) {
  return text ? strlen(text) + 1 : 0;
}

static shako_listener *make(const shako_listener_config *config,
                            const shako_policy *policy, const shako_mem *mem) {
  size_t size = sizeof(shako_listener) + text_size(config->hostname) +
                text_size(policy->name);
  shako_listener *listener = shako__alloc(mem, size);
  char *room;

  if (!listener) {
    return NULL;
  }
  room = (char *)(listener + 1);
  listener->mem = *mem;
  listener->references = 1;
  listener->size = size;
  listener->hostname = keep(&room, config->hostname);
  listener->policy = *policy;
  listener->policy.name = keep(&room, policy->name);
  listener->engine = config->engine;
  listener->context = config->context;
  listener->implicit_tls = config->implicit_tls != 0;
  listener->external_tls = config->external_tls != 0;
  listener->recv_buffer_size = (uint32_t)config->recv_buffer_size;
  if (config->certificates) {
    listener->certificates.struct_size = sizeof(listener->certificates);
    shako__sized_copy(&listener->certificates, sizeof(listener->certificates),
                      config->certificates);
  }
  return listener;
}

int shako_listener_new(shako_listener **plistener,
                       const shako_listener_config *given,
                       const shako_mem *given_mem, const char **reason) {
  shako_mem mem = given_mem ? *given_mem : shako__mem_default();
  shako_listener_config config;
  shako_policy policy;

  shako_listener_config_default(&config);
  shako__sized_copy(&config, sizeof(config), given);
  *reason = judge_sizes(&config);
  if (*reason) {
    return SHAKO_ERR_INVALID_ARGUMENT;
  }
  shako_policy_default(&policy);
  if (config.policy) {
    shako__sized_copy(&policy, sizeof(policy), config.policy);
  }
  *reason = judge_config(&config, &policy);
  if (*reason) {
    return SHAKO_ERR_INVALID_ARGUMENT;
  }
  *plistener = make(&config, &policy, &mem);
  if (!*plistener) {
    *reason = "out of memory";
    return SHAKO_ERR_NOMEM;
  }
  return 0;
}

shako_listener *shako_listener_ref(shako_listener *listener) {
  __atomic_add_fetch(&listener->references, 1, __ATOMIC_RELAXED);

  return listener;
}

void shako_listener_unref(shako_listener *listener) {
  if (!listener) {
    return;
  }
  if (__atomic_sub_fetch(&listener->references, 1, __ATOMIC_ACQ_REL) == 0) {
    shako_mem mem = listener->mem;

    shako__release(&mem, listener, listener->size);
  }
}
