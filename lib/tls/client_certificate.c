#include "tls/client_certificate.h"

#include "policy/fingerprints.h"

/*
 * The certificate of a client, judged.  An engine says what it finds wrong;
 * what of that a policy forgives is said here and nowhere else.
 */

bool shako__client_certificate_wanted(const shako_policy *policy) {
  return policy->tls_verify || policy->tls_request_certificate;
}

/* A pin stands for the authority: it says who the client is, and neither that
   its key is strong nor that its certificate still counts. */
static uint32_t forgiven(const shako_client_certificate *client,
                         const shako_policy *policy) {
  uint32_t faults = 0;

  if (policy->client_any_purpose) {
    faults |= SHAKO_CLIENT_FAULT_PURPOSE;
  }
  if (client->pinned) {
    faults |= SHAKO_CLIENT_FAULT_PURPOSE | SHAKO_CLIENT_FAULT_UNTRUSTED;
  }
  return faults;
}

void shako__client_certificate_judge(shako_client_certificate *client,
                                     const shako_policy *policy) {
  const char *pins = policy->client_fingerprints;
  bool given = (client->faults & SHAKO_CLIENT_FAULT_ABSENT) == 0;

  client->pinned =
      given && (shako__fingerprints_hold(pins, client->sha256) ||
                shako__fingerprints_hold(pins, client->spki_sha256));
  client->verified = given && (client->faults & ~forgiven(client, policy)) == 0;
}

const char *shako_client_fault_name(uint32_t faults) {
  static const struct {
    uint32_t fault;
    const char *name;
  } rows[] = {
      {SHAKO_CLIENT_FAULT_ABSENT, "absent"},
      {SHAKO_CLIENT_FAULT_REVOKED, "revoked"},
      {SHAKO_CLIENT_FAULT_EXPIRED, "expired"},
      {SHAKO_CLIENT_FAULT_NOT_YET, "not-yet-valid"},
      {SHAKO_CLIENT_FAULT_WEAK, "weak"},
      {SHAKO_CLIENT_FAULT_UNTRUSTED, "untrusted"},
      {SHAKO_CLIENT_FAULT_NO_CRL, "no-crl"},
      {SHAKO_CLIENT_FAULT_PURPOSE, "purpose"},
  };
  size_t i;

  for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    if (faults & rows[i].fault) {
      return rows[i].name;
    }
  }
  return faults != 0 ? "other" : NULL;
}
