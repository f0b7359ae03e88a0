/*
 * Delivers a message to a next hop, by the TLS setting that destination
 * controls have for the recipients' domain, and raises the alert where TLS is
 * required and fails:  deliver --help
 *
 * TLS and SMTP are libcurl's.  All that is decided is decided by
 * shako_destination_judge(): each attempt is made with TLS, unless the setting
 * is No, and only a verdict of CLEAR makes another one without.
 */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "alert.h"
#include "contents.h"
#include "options.h"
#include "smtp.h"

/* What the attempts have shown so far. */
typedef struct delivery {
  const options *o;
  shako_destination destination;
  smtp_job job; /* of the next one */
  smtp_result result;
  shako_attempt_state state; /* how far TLS came, and what its certificate */
  shako_attempt_certificate certificate; /* is, where these are known already */
  shako_delivery_verdict verdict;
} delivery;

static void read_destination(delivery *d) {
  contents file = contents_read(d->o->destinations);
  shako_span span = {(const uint8_t *)file.octets, file.len};
  shako_span domain = {(const uint8_t *)d->o->domain, strlen(d->o->domain)};
  shako_place place = {0, 0, "no memory"};
  shako_destinations *destinations = NULL;

  if (shako_destinations_read(&destinations, span, NULL, &place) != 0) {
    fprintf(stderr, "deliver: %s:%u:%u: %s\n", d->o->destinations,
            (unsigned)place.line, (unsigned)place.column, place.what);
    exit(EX_CONFIG);
  }
  shako_destinations_find(destinations, domain, &d->destination);
  d->destination.name = NULL; /* it goes with the table */
  shako_destinations_unref(destinations);
  free(file.octets);
}

/* Without controls, TLS is used where it is offered. */
static void find_destination(delivery *d) {
  shako_destination_default(&d->destination);
  if (d->o->destinations == NULL) {
    d->destination.tls = SHAKO_DESTINATION_TLS_PREFERRED;
  } else {
    read_destination(d);
  }
}

static void begin(delivery *d, const contents *message) {
  shako_destination_tls tls = d->destination.tls;

  d->state = SHAKO_ATTEMPT_SECURED;
  d->job = (smtp_job){
      .name = d->o->next_hop.host,
      .port = d->o->next_hop.port,
      .connect = &d->o->connect,
      .hostname = d->o->hostname,
      .from = d->o->from,
      .recipients = d->o->recipients,
      .recipient_count = d->o->recipient_count,
      .message = message,
      .timeout = d->o->timeout,
      .tls = tls == SHAKO_DESTINATION_TLS_NO ? SMTP_TLS_NEVER : SMTP_TLS_ALWAYS,
      .verified = tls == SHAKO_DESTINATION_TLS_PREFERRED_VERIFY ||
                  tls == SHAKO_DESTINATION_TLS_REQUIRED_VERIFY,
      .min_version = d->destination.tls_min_version,
      .authorities = d->o->authorities,
  };
}

/* Tries once, and judges what is known then. */
static void attempt(delivery *d) {
  shako_attempt *a = &d->result.attempt;

  smtp_send(&d->job, &d->result);
  a->last = d->o->last;
  if (d->job.tls == SMTP_TLS_NEVER && a->state != SHAKO_ATTEMPT_BROKEN &&
      d->state != SHAKO_ATTEMPT_SECURED) {
    a->state = d->state;
  }
  if (a->certificate == SHAKO_ATTEMPT_CERTIFICATE_UNCHECKED) {
    a->certificate = d->certificate;
  }
  shako_destination_judge(&d->destination, a, &d->verdict);
}

/* Changes what the verdict allows to be changed.  Returns whether another
   attempt is to be made. */
static bool may_go_on(delivery *d) {
  const shako_attempt *a = &d->result.attempt;

  if (d->result.delivered) {
    return false;
  }
  if (d->verdict.delivery == SHAKO_DELIVERY_CLEAR &&
      d->job.tls != SMTP_TLS_NEVER) {
    d->state = a->state;
    d->job.tls = SMTP_TLS_NEVER;
    return true;
  }
  if (a->state != SHAKO_ATTEMPT_SECURED || !d->job.verified ||
      a->certificate == SHAKO_ATTEMPT_CERTIFICATE_GOOD) {
    return false;
  }
  /* The certificate may be for the domain instead. */
  if (a->certificate == SHAKO_ATTEMPT_CERTIFICATE_MISMATCH &&
      d->job.name != d->o->domain) {
    d->job.connect =
        d->o->connect.host[0] != '\0' ? &d->o->connect : &d->o->next_hop;
    d->job.name = d->o->domain;
    return true;
  }
  if (d->verdict.delivery == SHAKO_DELIVERY_ENCRYPTED) {
    d->certificate = a->certificate;
    d->job.verified = false;
    return true;
  }
  return false;
}

/* DOMAIN: what happened, and why */
static void tell(const delivery *d) {
  static const char *const words[] = {
      [SHAKO_DELIVERY_ENCRYPTED] = "delivered encrypted",
      [SHAKO_DELIVERY_CLEAR] = "delivered in clear",
      [SHAKO_DELIVERY_DEFER] = "deferred",
      [SHAKO_DELIVERY_BOUNCE] = "bounced",
  };
  const shako_delivery_verdict *verdict = &d->verdict;
  bool is_encrypted = verdict->delivery == SHAKO_DELIVERY_ENCRYPTED;

  printf("%s: %s", d->o->domain, words[verdict->delivery]);
  if (is_encrypted && d->result.tls[0] != '\0') {
    printf(" (%s)", d->result.tls);
  }
  if (verdict->result != NULL) {
    printf(", %s", verdict->result);
  }
  printf(": %s", verdict->text);
  if (!d->result.delivered && d->result.detail[0] != '\0') {
    printf(": %s", d->result.detail);
  }
  printf("\n");
}

static int status_of(const delivery *d) {
  switch (d->verdict.delivery) {
  case SHAKO_DELIVERY_ENCRYPTED:
  case SHAKO_DELIVERY_CLEAR:
    return EX_OK;
  case SHAKO_DELIVERY_DEFER:
    return EX_TEMPFAIL;
  case SHAKO_DELIVERY_BOUNCE:
    return EX_UNAVAILABLE;
  }
  return EX_SOFTWARE;
}

/* A verdict to deliver holds only where that was done: a next hop that refuses
   without a code is one that is broken. */
static void settle(delivery *d) {
  shako_attempt *a = &d->result.attempt;

  if (!d->result.delivered &&
      (d->verdict.delivery == SHAKO_DELIVERY_ENCRYPTED ||
       d->verdict.delivery == SHAKO_DELIVERY_CLEAR)) {
    a->state = SHAKO_ATTEMPT_BROKEN;
    shako_destination_judge(&d->destination, a, &d->verdict);
  }
}

int main(int argc, char **argv) {
  options o;
  delivery d = {.o = &o};
  contents message;

  options_read(&o, argc, argv);
  find_destination(&d);
  message = contents_as_message(contents_read(o.message), o.message);
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0) {
    return EX_SOFTWARE;
  }
  begin(&d, &message);
  do {
    attempt(&d);
  } while (may_go_on(&d));
  settle(&d);
  tell(&d);
  if (d.verdict.alert) {
    alert_send(&o, &d.verdict, d.result.detail);
  }
  free(message.octets);
  curl_global_cleanup();
  return status_of(&d);
}
