#include "server/listener.h"

#include "base/ascii.h"
#include "base/mem.h"
#include "policy/policy.h"
#include "smtp/path.h"
#include "tls/client_certificate.h"

#define RECV_BUFFER_MIN 4096
#define RECV_BUFFER_MAX (16u * 1024 * 1024)

void shako_listener_config_default_sized(shako_listener_config *config,
                                         size_t size) {
  const shako_listener_config defaults = {
      .port = 25,
      .max_concurrency = 1000,
      .tcp_queue = 50,
      .recv_buffer_size = 16384,
  };

  shako__sized_fill(config, size, &defaults, sizeof(defaults));
}

static const char *judge_names(const shako_listener_config *config) {
  if (!config->hostname) {
    return "hostname: must be set";
  }
  if (!shako__is_host(shako__span(config->hostname))) {
    return "hostname: neither a domain nor an address literal";
  }
  if (config->default_domain &&
      !shako__is_host(shako__span(config->default_domain))) {
    return "default_domain: neither a domain nor an address literal";
  }
  if (config->name && !shako__all_text(shako__span(config->name))) {
    return "name: an octet that is not printable ASCII";
  }
  if (config->interface_label &&
      !shako__all_text(shako__span(config->interface_label))) {
    return "interface_label: an octet that is not printable ASCII";
  }
  if ((unsigned)config->type > SHAKO_LISTENER_TYPE_PRIVATE) {
    return "type: no such type";
  }
  return NULL;
}

static const char *judge_map(const shako_listener_config *config) {
  size_t i;

  for (i = 0; i < config->domain_map_rows; i++) {
    const shako_domain_map_row *row = &config->domain_map[i];
    shako_span from = shako__span(row->from);

    shako__cut(&from, '.');
    if (!shako__is_domain(from)) {
      return "domain_map: from: neither a domain nor a dot and a domain";
    }
    if (!shako__is_host(shako__span(row->to))) {
      return "domain_map: to: neither a domain nor an address literal";
    }
  }
  return NULL;
}

static bool has_tls(const shako_listener_config *config) {
  return config->engine || config->external_tls;
}

static const char *judge_tls(const shako_listener_config *config) {
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
  if (config->authorities && config->authorities->engine != config->engine) {
    return "authorities: of another engine";
  }
  if (config->implicit_tls && !has_tls(config)) {
    return "implicit_tls: there is no TLS (engine, external_tls)";
  }
  return NULL;
}

/* Whether |policy| offers or demands TLS, and there is none. */
static bool lacks_tls(const shako_listener_config *config,
                      const shako_policy *policy) {
  return policy->tls != SHAKO_TLS_SETTING_NO && !has_tls(config);
}

/* Whether |policy| asks clients for what the engine cannot get. */
static bool lacks_clients(const shako_listener_config *config,
                          const shako_policy *policy) {
  return shako__client_certificate_wanted(policy) && config->engine &&
         !config->engine->client_certificate;
}

/* Whether |policy| demands what no client has. */
static bool lacks_authorities(const shako_listener_config *config,
                              const shako_policy *policy) {
  return policy->tls_verify && config->engine && !config->authorities &&
         !policy->client_fingerprints;
}

/* Whether |policy| takes no mail but from those who cannot say who they are. */
static bool lacks_auth(const shako_listener_config *config,
                       const shako_policy *policy) {
  return policy->auth == SHAKO_AUTH_SETTING_REQUIRED &&
         !config->auth_mechanisms;
}

/* Whether |lacks| holds of a group of the table that takes mail. */
static bool table_lacks(const shako_listener_config *config,
                        bool (*lacks)(const shako_listener_config *config,
                                      const shako_policy *policy)) {
  shako_hat_group group;
  size_t i;

  for (i = 0; config->hat && shako_hat_group_at(config->hat, i, &group) == 0;
       i++) {
    if (group.policy->access <= SHAKO_ACCESS_RELAY &&
        lacks(config, group.policy)) {
      return true;
    }
  }
  return false;
}

static const char *judge_policies(const shako_listener_config *config,
                                  const shako_policy *policy) {
  const char *why = shako__policy_judge_default(policy);

  if (why) {
    return why;
  }
  if (lacks_tls(config, policy)) {
    return "policy.tls: there is no TLS (engine, external_tls)";
  }
  if (lacks_clients(config, policy)) {
    return "policy.tls_verify: the engine knows no clients' certificates";
  }
  if (lacks_authorities(config, policy)) {
    return "policy.tls_verify: nobody can be verified (authorities, "
           "client_fingerprints)";
  }
  if (lacks_auth(config, policy)) {
    return "policy.auth: there are no auth_mechanisms";
  }
  if (table_lacks(config, lacks_auth)) {
    return "hat: a policy requires AUTH, and there are no auth_mechanisms";
  }
  if (table_lacks(config, lacks_tls)) {
    return "hat: a policy has TLS, and there is none (engine, external_tls)";
  }
  if (table_lacks(config, lacks_clients)) {
    return "hat: a policy has tls_verify, and the engine knows no clients' "
           "certificates";
  }
  if (table_lacks(config, lacks_authorities)) {
    return "hat: a policy has tls_verify, and nobody can be verified "
           "(authorities, client_fingerprints)";
  }
  return NULL;
}

static const char *judge_config(const shako_listener_config *config,
                                const shako_policy *policy) {
  const char *why = judge_names(config);

  if (!why) {
    why = judge_map(config);
  }
  if (!why) {
    why = judge_tls(config);
  }
  if (!why) {
    why = shako__offers_judge(config);
  }
  if (!why) {
    why = shako__proxies_judge(config);
  }
  if (!why) {
    why = judge_policies(config, policy);
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
  if (config->policy && config->hat) {
    return "policy: the table has defaults of its own";
  }
  if (config->certificates && !SHAKO__KNOWS(config->certificates, select)) {
    return "certificates.struct_size: must be set";
  }
  return NULL;
}

/* Copies |text| to |*copy|; NULL stays NULL.  Returns false without memory. */
static bool keep(shako_listener *listener, const char **copy,
                 const char *text) {
  *copy = NULL;
  if (text) {
    *copy = shako__strings_keep(&listener->strings, shako__span(text));
  }
  return *copy || !text;
}

static bool keep_policy(shako_listener *listener, const shako_policy *policy) {
  shako_policy *copy = &listener->policy;

  *copy = *policy;
  if (copy->tls_mandatory_senders) {
    shako_address_list_ref(copy->tls_mandatory_senders);
  }
  return keep(listener, &copy->name, policy->name) &&
         keep(listener, &copy->banner_text, policy->banner_text) &&
         keep(listener, &copy->reject_text, policy->reject_text) &&
         keep(listener, &copy->hostname, policy->hostname) &&
         keep(listener, &copy->client_fingerprints,
              policy->client_fingerprints);
}

static bool keep_map(shako_listener *listener,
                     const shako_listener_config *config) {
  size_t rows = config->domain_map_rows;
  size_t i;

  listener->map_rows = rows;
  if (rows > 0) {
    listener->map_to =
        shako__alloc(&listener->mem, rows * sizeof(listener->map_to[0]));
    if (!listener->map_to) {
      return false;
    }
  }
  for (i = 0; i < rows; i++) {
    const shako_domain_map_row *row = &config->domain_map[i];

    if (!keep(listener, &listener->map_to[i], row->to) ||
        shako__nameset_add(&listener->mapped, shako__span(row->from),
                           (uint32_t)i) != 0) {
      return false;
    }
  }
  return shako__nameset_build(&listener->mapped) == 0;
}

static bool keep_names(shako_listener *listener,
                       const shako_listener_config *config) {
  return keep(listener, &listener->hostname, config->hostname) &&
         keep(listener, &listener->name, config->name) &&
         keep(listener, &listener->interface_label, config->interface_label) &&
         keep(listener, &listener->default_domain, config->default_domain);
}

static bool keep_shared(shako_listener *listener,
                        const shako_listener_config *config) {
  if (config->hat) {
    listener->hat = shako_hat_ref(config->hat);
  }
  if (config->authorities) {
    listener->authorities = shako_authorities_ref(config->authorities);
  }
  if (config->counters) {
    listener->counters = shako_counters_ref(config->counters);
    return true;
  }
  return shako_counters_new(&listener->counters, NULL, &listener->mem) == 0;
}

static void copy_plain(shako_listener *listener,
                       const shako_listener_config *config) {
  listener->type = config->type;
  listener->port = config->port;
  listener->max_concurrency = config->max_concurrency;
  listener->max_handshakes = config->max_handshakes;
  listener->tcp_queue = config->tcp_queue;
  listener->engine = config->engine;
  listener->context = config->context;
  listener->implicit_tls = config->implicit_tls != 0;
  listener->external_tls = config->external_tls != 0;
  listener->alpn_any = config->alpn_any != 0;
  listener->recv_buffer_size = (uint32_t)config->recv_buffer_size;
  if (config->certificates) {
    listener->certificates.struct_size = sizeof(listener->certificates);
    shako__sized_copy(&listener->certificates, sizeof(listener->certificates),
                      config->certificates);
  }
}

static shako_listener *make(const shako_listener_config *config,
                            const shako_policy *policy, const shako_mem *mem) {
  shako_listener *listener = shako__alloc(mem, sizeof(*listener));

  if (!listener) {
    return NULL;
  }
  listener->mem = *mem;
  listener->references = 1;
  shako__strings_init(&listener->strings, &listener->mem);
  shako__nameset_init(&listener->mapped, &listener->mem);
  shako__netset_init(&listener->proxies, &listener->mem);
  copy_plain(listener, config);
  if (!keep_names(listener, config) || !keep_policy(listener, policy) ||
      !shako__offers_keep(listener, config) ||
      !shako__proxies_keep(listener, config) || !keep_map(listener, config) ||
      !keep_shared(listener, config)) {
    shako_listener_unref(listener);
    return NULL;
  }
  return listener;
}

/* Fills |*policy| with the one for peers of which no table says anything. */
static void default_policy(const shako_listener_config *config,
                           shako_policy *policy) {
  shako_policy_default(policy);
  if (config->hat) {
    *policy = *shako_hat_defaults(config->hat);
  } else if (config->policy) {
    shako__sized_copy(policy, sizeof(*policy), config->policy);
  }
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
  default_policy(&config, &policy);
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

static void free_listener(shako_listener *listener) {
  shako_mem mem = listener->mem;

  shako_hat_unref(listener->hat);
  shako_counters_unref(listener->counters);
  shako_authorities_unref(listener->authorities);
  shako_address_list_unref(listener->policy.tls_mandatory_senders);
  shako__nameset_free(&listener->mapped);
  shako__netset_free(&listener->proxies);
  shako__release(&mem, listener->map_to,
                 listener->map_rows * sizeof(listener->map_to[0]));
  shako__strings_free(&listener->strings);
  shako__release(&mem, listener, sizeof(*listener));
}

void shako_listener_unref(shako_listener *listener) {
  if (listener &&
      __atomic_sub_fetch(&listener->references, 1, __ATOMIC_ACQ_REL) == 0) {
    free_listener(listener);
  }
}

const shako_policy *shako_listener_policy(const shako_listener *listener) {
  return &listener->policy;
}

const shako_hat *shako_listener_hat(const shako_listener *listener) {
  return listener->hat;
}
