#include "server/listener.h"

#include <string.h>

#include "base/text.h"
#include "policy/hat.h"
#include "policy/policy.h"

/* Adds a line: "Name: Inboundmail", or "Name:" for NULL. */
static void put_line(shako__text *text, const char *label, const char *value) {
  shako__text_put(text, label);
  shako__text_put(text, ":");
  if (value) {
    shako__text_put(text, " ");
    shako__text_put(text, value);
  }
  shako__text_put(text, "\n");
}

/* Interface: PublicNet (192.168.2.1/24) TCP Port 25 */
static void put_interface(shako__text *text, const shako_listener *listener) {
  shako__text_put(text, "Interface: ");
  if (listener->interface_label) {
    shako__text_put(text, listener->interface_label);
    shako__text_put(text, " ");
  }
  shako__text_put(text, "TCP Port ");
  shako__text_put_number(text, listener->port);
  shako__text_put(text, "\n");
}

/* Max Concurrency: 1000 (TCP Queue: 50) */
static void put_concurrency(shako__text *text, const shako_listener *listener) {
  shako__text_put(text, "Max Concurrency: ");
  if (listener->max_concurrency > 0) {
    shako__text_put_number(text, listener->max_concurrency);
  } else {
    shako__text_put(text, "no limit");
  }
  shako__text_put(text, " (TCP Queue: ");
  shako__text_put_number(text, listener->tcp_queue);
  shako__text_put(text, ")\n");
}

static const char *setting_name(shako_tls_setting setting) {
  switch (setting) {
  case SHAKO_TLS_SETTING_NO:
    break;
  case SHAKO_TLS_SETTING_PREFERRED:
    return "Preferred";
  case SHAKO_TLS_SETTING_REQUIRED:
    return "Required";
  }
  return "No";
}

/* Required (observed), 1.3 or later, Required of mandatory senders */
static void put_setting(shako__text *text, const shako_policy *policy) {
  bool required = policy->tls == SHAKO_TLS_SETTING_REQUIRED;
  bool observed = required && policy->tls_observed;

  shako__text_put(text, setting_name(policy->tls));
  if (observed) {
    shako__text_put(text, " (observed)");
  }
  if (policy->tls != SHAKO_TLS_SETTING_NO && policy->tls_min_version > 0x0303) {
    shako__text_put(text, ", 1.3 or later");
  }
  if (policy->tls != SHAKO_TLS_SETTING_NO && policy->tls_verify) {
    shako__text_put(text, ", Verify");
  }
  if (policy->tls_mandatory_senders && (!required || observed)) {
    shako__text_put(text, ", Required of mandatory senders");
  }
}

static const char *protocol_name(const shako_listener *listener) {
  if (listener->implicit_tls) {
    return listener->lmtp ? "LMTP in TLS" : "SMTP in TLS";
  }
  return listener->lmtp ? "LMTP" : "SMTP";
}

static void put_listener(shako__text *text, const shako_listener *listener) {
  bool is_public = listener->type == SHAKO_LISTENER_TYPE_PUBLIC;

  put_line(text, "Name", listener->name);
  put_line(text, "Type", is_public ? "Public" : "Private");
  put_interface(text, listener);
  put_line(text, "Protocol", protocol_name(listener));
  put_line(text, "Default Domain", listener->default_domain);
  put_concurrency(text, listener);
  put_line(text, "Domain map", listener->map_rows > 0 ? "enabled" : "disabled");
  shako__text_put(text, "TLS: ");
  put_setting(text, &listener->policy);
  shako__text_put(text, "\n");
}

/* PARTNERS: $PARTNERS (ACCEPT), TLS Required; or for a policy without a name
   ALL: ACCEPT, TLS No */
static void put_group(shako__text *text, const char *name,
                      const char *policy_name, const shako_policy *policy) {
  shako__text_put(text, "  ");
  shako__text_put(text, name);
  shako__text_put(text, ": ");
  if (policy_name) {
    shako__text_put(text, policy_name);
    shako__text_put(text, " (");
  }
  shako__text_put(text, shako__access_name(policy->access));
  shako__text_put(text, policy_name ? ")" : "");
  if (policy->access <= SHAKO_ACCESS_RELAY) {
    shako__text_put(text, ", TLS ");
    put_setting(text, policy);
  }
  shako__text_put(text, "\n");
}

static void put_groups(shako__text *text, const shako_hat *hat) {
  const shako__hat_policy *policies = hat->policies.items;
  const shako__hat_group *groups = hat->groups.items;
  size_t i;

  shako__text_put(text, "\nSender groups:\n");
  for (i = 0; i < hat->groups.count; i++) {
    const shako_policy *policy = &policies[groups[i].policy].policy;
    const char *name = groups[i].name;

    if (!name) {
      name = shako__hat_member_text(hat, groups[i].first_member);
    }
    put_group(text, name, policy->name, policy);
  }
  if (hat->all == SHAKO__NO_RULE) {
    put_group(text, "no entry matches", "the default policy", &hat->defaults);
  }
}

/* A provider that asks for time has a certificate in view. */
static bool has_certificate(const shako_listener *listener) {
  const shako_certificate_provider *provider = &listener->certificates;

  return listener->external_tls ||
         (provider->ready &&
          provider->ready(provider->ctx) != SHAKO_PROVIDER_NONE);
}

static void put_text_of(shako__text *text, const shako_hat_warnings *warnings) {
  size_t room = text->len < text->size ? text->size - text->len : 0;
  char *at = room > 0 ? text->buf + text->len : NULL;

  text->len += shako_hat_warnings_text(warnings, at, room);
}

static void begin_warnings(shako__text *text, bool *begun) {
  if (!*begun) {
    shako__text_put(text, "\nWarnings:\n");
  }
  *begun = true;
}

/* certificate (ECDSA): name-mismatch: none of its names stands for the host */
static void put_warning(shako__text *text, const char *key,
                        const shako_certificate_warning *warning) {
  shako__text_put(text, "certificate (");
  shako__text_put(text, key);
  shako__text_put(text, "): ");
  shako__text_put(text, warning->reason);
  shako__text_put(text, ": ");
  shako__text_put(text, warning->text);
  shako__text_put(text, "\n");
}

/* What is wrong with |certificate| whatever the time is, which nobody says
   here.  Returns false without memory. */
static bool put_certificate(shako__text *text, const char *hostname,
                            const shako_certificate *certificate, bool *begun) {
  shako_certificate_report report = {.struct_size = sizeof(report)};
  int error = shako_certificate_check(certificate, hostname, 0, &report);
  size_t i;

  for (i = 0; i < report.warning_count; i++) {
    if (strcmp(report.warnings[i].reason, "not-yet-valid") != 0) {
      begin_warnings(text, begun);
      put_warning(text, report.key, &report.warnings[i]);
    }
  }
  return error != SHAKO_ERR_NOMEM;
}

/* Those of a client that names no server.  Returns as put_certificate(). */
static bool put_certificates(shako__text *text, const shako_listener *listener,
                             bool *begun) {
  const shako_certificate_provider *provider = &listener->certificates;
  const shako_client_hello none = {.struct_size = sizeof(none)};
  shako_certificate *certificates[SHAKO_CERTIFICATES_MAX];
  size_t count = SHAKO_CERTIFICATES_MAX;
  bool done = true;
  size_t i;

  if (!provider->select || provider->select(provider->ctx, &none, certificates,
                                            &count) != SHAKO_PROVIDER_OK) {
    return true;
  }
  for (i = 0; i < count; i++) {
    done = done &&
           put_certificate(text, listener->hostname, certificates[i], begun);
    shako_certificate_unref(certificates[i]);
  }
  return done;
}

/* Returns false without memory. */
static bool put_lint(shako__text *text, const shako_listener *listener,
                     bool *begun) {
  const shako_hat_surroundings around = {
      .struct_size = sizeof(around),
      .is_public = listener->type == SHAKO_LISTENER_TYPE_PUBLIC,
      .has_tls = listener->engine || listener->external_tls,
      .has_certificate = has_certificate(listener),
      .is_implicit = listener->implicit_tls,
  };
  shako_hat_warnings *warnings;

  if (shako_hat_lint(&warnings, listener->hat, &around) != 0) {
    return false;
  }
  if (warnings->count > 0) {
    begin_warnings(text, begun);
    put_text_of(text, warnings);
  }
  shako_hat_warnings_free(warnings);
  return true;
}

size_t shako_listener_summary(const shako_listener *listener, char *buf,
                              size_t size) {
  shako__text text;
  bool begun = false;
  bool done = true;

  shako__text_init(&text, buf, size);
  put_listener(&text, listener);
  if (listener->hat) {
    put_groups(&text, listener->hat);
    done = put_lint(&text, listener, &begun);
  }
  if (!done || !put_certificates(&text, listener, &begun)) {
    shako__text_init(&text, buf, size);
  }
  return text.len;
}
