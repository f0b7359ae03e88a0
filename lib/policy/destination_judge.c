#include <shako/destination.h>

#include <stdbool.h>

/* What an attempt means for TLS, whatever the setting: its result type of RFC
   8460 4.3, or NULL where nothing is wrong, and that in words. */
typedef struct finding {
  const char *result;
  const char *text;
} finding;

static const finding states[] = {
    [SHAKO_ATTEMPT_BROKEN] = {NULL, "the next hop was not reached, or refused"},
    [SHAKO_ATTEMPT_NOT_OFFERED] = {"starttls-not-supported",
                                   "the next hop does not offer STARTTLS"},
    [SHAKO_ATTEMPT_NOT_STARTED] = {"starttls-not-supported",
                                   "the next hop did not start TLS"},
    [SHAKO_ATTEMPT_FAILED] = {"validation-failure", "the TLS handshake failed"},
    [SHAKO_ATTEMPT_SECURED] = {NULL, "TLS is up"},
};

static const finding certificates[] = {
    [SHAKO_ATTEMPT_CERTIFICATE_UNCHECKED] =
        {"validation-failure", "the certificate was not verified"},
    [SHAKO_ATTEMPT_CERTIFICATE_GOOD] = {NULL,
                                        "TLS is up, the certificate verified"},
    [SHAKO_ATTEMPT_CERTIFICATE_MISMATCH] = {"certificate-host-mismatch",
                                            "the certificate is of another "
                                            "host"},
    [SHAKO_ATTEMPT_CERTIFICATE_EXPIRED] = {"certificate-expired",
                                           "the certificate is not valid now"},
    [SHAKO_ATTEMPT_CERTIFICATE_NOT_TRUSTED] = {"certificate-not-trusted",
                                               "no trusted authority signed "
                                               "the certificate"},
    [SHAKO_ATTEMPT_CERTIFICATE_INVALID] = {"validation-failure",
                                           "the certificate is not valid"},
};

static const finding nonsense = {"validation-failure",
                                 "no such setting, or no such attempt"};
static const finding unwanted = {NULL, "the setting is No"};
static const finding too_old = {
    "validation-failure", "TLS is of an older version than the destination's "
                          "setting allows"};

const char *shako_destination_tls_name(shako_destination_tls tls) {
  static const char *const names[] = {
      [SHAKO_DESTINATION_TLS_NO] = "No",
      [SHAKO_DESTINATION_TLS_PREFERRED] = "Preferred",
      [SHAKO_DESTINATION_TLS_REQUIRED] = "Required",
      [SHAKO_DESTINATION_TLS_PREFERRED_VERIFY] = "Preferred (Verify)",
      [SHAKO_DESTINATION_TLS_REQUIRED_VERIFY] = "Required (Verify)",
  };

  return (unsigned)tls <= SHAKO_DESTINATION_TLS_REQUIRED_VERIFY ? names[tls]
                                                                : "unknown";
}

static bool is_required(const shako_destination *destination) {
  return destination->tls == SHAKO_DESTINATION_TLS_REQUIRED ||
         destination->tls == SHAKO_DESTINATION_TLS_REQUIRED_VERIFY;
}

static bool is_verified(const shako_destination *destination) {
  return destination->tls == SHAKO_DESTINATION_TLS_PREFERRED_VERIFY ||
         destination->tls == SHAKO_DESTINATION_TLS_REQUIRED_VERIFY;
}

/* TLS is up, and of a version that does. */
static bool is_encrypted(const shako_destination *destination,
                         const shako_attempt *attempt) {
  return attempt->state == SHAKO_ATTEMPT_SECURED &&
         (attempt->version == 0 ||
          attempt->version >= destination->tls_min_version);
}

/* Whether each number is one that there is. */
static bool make_sense(const shako_destination *destination,
                       const shako_attempt *attempt) {
  return (unsigned)destination->tls <= SHAKO_DESTINATION_TLS_REQUIRED_VERIFY &&
         (unsigned)attempt->state <= SHAKO_ATTEMPT_SECURED &&
         (unsigned)attempt->certificate <= SHAKO_ATTEMPT_CERTIFICATE_INVALID;
}

static const finding *find(const shako_destination *destination,
                           const shako_attempt *attempt) {
  if (!make_sense(destination, attempt)) {
    return &nonsense;
  }
  if (destination->tls == SHAKO_DESTINATION_TLS_NO &&
      attempt->state != SHAKO_ATTEMPT_BROKEN) {
    return &unwanted;
  }
  if (attempt->state != SHAKO_ATTEMPT_SECURED) {
    return &states[attempt->state];
  }
  if (!is_encrypted(destination, attempt)) {
    return &too_old;
  }
  return is_verified(destination) ? &certificates[attempt->certificate]
                                  : &states[SHAKO_ATTEMPT_SECURED];
}

/* No 220 to STARTTLS was said. */
static bool is_before_tls(const shako_attempt *attempt) {
  return attempt->state == SHAKO_ATTEMPT_NOT_OFFERED ||
         attempt->state == SHAKO_ATTEMPT_NOT_STARTED;
}

/* Returns what is done where neither the next hop refuses nor time runs out. */
static shako_delivery choose(const shako_destination *destination,
                             const shako_attempt *attempt,
                             const finding *found) {
  if (found == &nonsense) {
    return SHAKO_DELIVERY_DEFER;
  }
  switch (destination->tls) {
  case SHAKO_DESTINATION_TLS_NO:
    break;
  case SHAKO_DESTINATION_TLS_PREFERRED:
  case SHAKO_DESTINATION_TLS_PREFERRED_VERIFY:
    return is_encrypted(destination, attempt) ? SHAKO_DELIVERY_ENCRYPTED
           : is_before_tls(attempt)           ? SHAKO_DELIVERY_CLEAR
                                              : SHAKO_DELIVERY_DEFER;
  case SHAKO_DESTINATION_TLS_REQUIRED:
  case SHAKO_DESTINATION_TLS_REQUIRED_VERIFY:
    return is_encrypted(destination, attempt) && found->result == NULL
               ? SHAKO_DELIVERY_ENCRYPTED
               : SHAKO_DELIVERY_DEFER;
  }
  return attempt->state == SHAKO_ATTEMPT_SECURED ? SHAKO_DELIVERY_ENCRYPTED
         : is_before_tls(attempt)                ? SHAKO_DELIVERY_CLEAR
                                                 : SHAKO_DELIVERY_DEFER;
}

/* Lets a reply that refuses, and the end of all attempts, have their say. */
static shako_delivery end(shako_delivery delivery, const shako_attempt *attempt,
                          bool lacks_tls) {
  if (!lacks_tls && attempt->reply >= 500) {
    return SHAKO_DELIVERY_BOUNCE;
  }
  if (attempt->reply >= 400) {
    delivery = SHAKO_DELIVERY_DEFER;
  }
  return delivery == SHAKO_DELIVERY_DEFER && attempt->last
             ? SHAKO_DELIVERY_BOUNCE
             : delivery;
}

void shako_destination_judge(const shako_destination *destination,
                             const shako_attempt *attempt,
                             shako_delivery_verdict *verdict) {
  const finding *found = find(destination, attempt);
  shako_delivery delivery = choose(destination, attempt, found);
  bool lacks_tls = found->result != NULL && delivery == SHAKO_DELIVERY_DEFER;

  *verdict = (shako_delivery_verdict){
      .delivery = end(delivery, attempt, lacks_tls),
      .result = found->result,
      .text = found->text,
      .alert = lacks_tls && is_required(destination) && destination->alert,
  };
}
