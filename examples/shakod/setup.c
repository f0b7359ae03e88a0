#include "setup.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "log.h"
#include "table.h"

/* What the making of one listener needs. */
typedef struct plan {
  const listener_settings *settings;
  shako_hat *hat;       /* or NULL */
  const char *hostname; /* of the server */
} plan;

static bool has_tls(const shako_policy *policy) {
  return policy->tls != SHAKO_TLS_SETTING_NO;
}

static bool demands_auth(const shako_policy *policy) {
  return policy->auth == SHAKO_AUTH_SETTING_REQUIRED;
}

/* Whether a peer can come under a policy that |is| so. */
static bool any_policy(const plan *p, bool (*is)(const shako_policy *policy)) {
  shako_hat_group group;
  size_t i;

  for (i = 0; p->hat != NULL && shako_hat_group_at(p->hat, i, &group) == 0;
       i++) {
    if (is(group.policy)) {
      return true;
    }
  }

  return is(&p->settings->policy);
}

/* Whether a client can come to speak TLS with the listener. */
static bool needs_tls(const plan *p) {
  return p->settings->implicit_tls || any_policy(p, has_tls);
}

static void warn_of_demonstration(void) {
  log_line("WARNING: no certificate is given: clients are shown the "
           "demonstration certificate,");
  log_line("WARNING: which was made just now and proves nothing. Whoever "
           "checks refuses it.");
  log_line("WARNING: Before real mail comes, give a certificate and its key "
           "(PEM files).");
}

static bool complain(int error, const char *message) {
  if (error != 0) {
    log_line("%s", message[0] != '\0' ? message : shako_strerror(error));
  }

  return error == 0;
}

/* Makes the demonstration certificate, unless it is there. */
static bool demonstrate(setup *s, const char *hostname) {
  char message[ENGINE_MESSAGE_SIZE] = "";

  if (s->demonstration != NULL) {
    return true;
  }

  warn_of_demonstration();

  return complain(s->engine->demonstration(&s->demonstration, hostname,
                                           (int64_t)time(NULL), NULL, message),
                  message);
}

/* Certificates that were given are read, needed or not: one that is of no use
   is an error and never a reason for another. */
static bool add_certificates(setup *s, setup_listener *to, const plan *p) {
  if (!certificates_read(&to->certificates, p->settings, s->engine)) {
    return false;
  }

  if (to->certificates.count > 0) {
    shako_certificate_provider_table(&to->provider, to->certificates.slot);
    return true;
  }

  if (!needs_tls(p)) {
    return true;
  }

  if (!demonstrate(s, p->hostname)) {
    return false;
  }

  shako_certificate_provider_single(&to->provider, s->demonstration);

  return true;
}

/* Reads whom clients' certificates may be of. */
static bool add_authorities(const setup *s, setup_listener *to,
                            const listener_settings *l) {
  char message[ENGINE_MESSAGE_SIZE] = "";
  const shako_authorities_source source = {.struct_size = sizeof(source),
                                           .path = l->authorities,
                                           .crl_path = l->revocations};

  return l->authorities == NULL ||
         complain(s->engine->authorities_parse(&to->authorities, &source, NULL,
                                               message),
                  message);
}

static bool add_tls(setup *s, setup_listener *to, const plan *p,
                    shako_listener_config *config) {
  char message[ENGINE_MESSAGE_SIZE] = "";

  if (!add_certificates(s, to, p) || !add_authorities(s, to, p->settings)) {
    return false;
  }

  if (!needs_tls(p)) {
    return true;
  }

  if (s->context == NULL &&
      !complain(s->engine->context_new(&s->context, message), message)) {
    return false;
  }

  config->engine = s->engine->engine();
  config->context = s->context;
  config->certificates = &to->provider;
  config->authorities = to->authorities;

  return true;
}

/* Reads who may authenticate.  Where nobody can and somebody must, no mail
   would come. */
static bool add_sasl(setup_listener *to, const plan *p) {
  const listener_settings *l = p->settings;

  if (l->passwords != NULL) {
    to->sasl = sasl_new(l->passwords);
    to->binds = strcasestr(l->mechanisms, "-PLUS") != NULL;
    return to->sasl != NULL;
  }

  if (any_policy(p, demands_auth)) {
    log_line("listener \"%s\": smtp_auth is required, and nobody can "
             "authenticate: needs passwords",
             l->name);
    return false;
  }

  return true;
}

/* Says in |config| what |p| does. */
static void fill_config(shako_listener_config *config, const plan *p) {
  const listener_settings *l = p->settings;

  shako_listener_config_default(config);
  config->name = l->name;
  config->hostname = l->hostname != NULL ? l->hostname : p->hostname;
  config->type = l->type;
  config->port = l->addresses[0].port;
  config->implicit_tls = l->implicit_tls;
  config->interface_label = l->interface_label;
  config->default_domain = l->default_domain;
  config->policy = p->hat == NULL ? &l->policy : NULL;
  config->hat = p->hat;
  config->domain_map = l->domain_map;
  config->domain_map_rows = l->domain_map_rows;
  config->max_concurrency = l->max_concurrency;
  config->max_handshakes = l->max_handshakes;
  config->tcp_queue = l->tcp_queue;
  config->offers = l->offers;
  config->lmtp = l->lmtp;
  config->delayed_rejection = l->delayed_rejection;
  config->auth_mechanisms = l->mechanisms;
  config->proxies = l->proxies;
}

static bool add_listener(setup *s, setup_listener *to, const plan *p) {
  shako_listener_config config;
  const char *reason = "";
  int error;

  fill_config(&config, p);
  config.counters = to->counters;
  if (!add_tls(s, to, p, &config) || !add_sasl(to, p)) {
    return false;
  }

  error = shako_listener_new(&to->listener, &config, NULL, &reason);
  if (error != 0) {
    log_line("listener \"%s\": %s", p->settings->name, reason);
  }

  return error == 0;
}

/* Takes over the counters of before, or makes new ones. */
static bool add_counters(setup_listener *to, const setup_listener *before) {
  if (before != NULL) {
    to->counters = shako_counters_ref(before->counters);
    return true;
  }

  return complain(shako_counters_new(&to->counters, NULL, NULL), "");
}

/* Makes the next listener. */
static bool add_next(setup *s, const plan *p, const setup *before) {
  setup_listener *to = &s->listeners[s->count];
  const setup_listener *old =
      before != NULL ? &before->listeners[s->count] : NULL;

  s->count++; /* so that what there is of it is freed */

  return add_counters(to, old) && add_listener(s, to, p);
}

static bool add_all(setup *s, const settings *from, const char *hostname,
                    const setup *before) {
  size_t i;
  bool done = true;

  for (i = 0; i < from->listener_count && done; i++) {
    plan p = {.settings = &from->listeners[i], .hostname = hostname};

    if (p.settings->table != NULL) {
      p.hat = table_read(p.settings);
      done = p.hat != NULL;
    }

    done = done && add_next(s, &p, before);
    shako_hat_unref(p.hat);
  }

  return done;
}

/* Says so where a certificate that was given is of no use. */
static void warn_of_unused(const setup *s) {
  size_t i;

  for (i = 0; s->context == NULL && i < s->count; i++) {
    if (s->listeners[i].certificates.count > 0) {
      log_line("the certificate is not used: no policy has TLS, and no "
               "listener is TLS from the first octet");
      return;
    }
  }
}

setup *setup_new(const settings *from, const char *hostname,
                 const setup *before) {
  setup *s = calloc(1, sizeof(*s));

  if (s == NULL) {
    log_line("out of memory");
    return NULL;
  }

  atomic_init(&s->references, 1);
  s->engine = from->engine;
  if (!add_all(s, from, hostname, before)) {
    setup_unref(s);
    return NULL;
  }

  warn_of_unused(s);

  return s;
}

setup *setup_ref(setup *s) {
  atomic_fetch_add(&s->references, 1);

  return s;
}

void setup_unref(setup *s) {
  size_t i;

  if (s == NULL || atomic_fetch_sub(&s->references, 1) > 1) {
    return;
  }

  for (i = 0; i < s->count; i++) {
    shako_listener_unref(s->listeners[i].listener);
    shako_counters_unref(s->listeners[i].counters);
    shako_authorities_unref(s->listeners[i].authorities);
    certificates_close(&s->listeners[i].certificates);
    sasl_free(s->listeners[i].sasl);
  }

  shako_certificate_unref(s->demonstration);
  if (s->context != NULL) {
    s->engine->context_free(s->context);
  }

  free(s);
}
