#ifndef SHAKOD_SERVICE_H
#define SHAKOD_SERVICE_H

#include <stdbool.h>

#include <shako/shako.h>

#include "engine.h"
#include "maildir.h"
#include "options.h"

/* What all workers share.  Never changed once they run. */
typedef struct service {
  char hostname[256];
  bool discard;
  maildir mail; /* unless |discard| */
  const engine *tls;
  void *context; /* the engine's; NULL where nobody can speak TLS */
  shako_certificate *certificate;
  shako_certificate_provider provider;
  shako_listener *smtp;
  shako_listener *smtps; /* TLS from the first octet; NULL without TLS */
} service;

/* Reads certificate and key, and makes the listeners.  Returns false where
   that fails, after a line that says why; service_close() is due then too. */
bool service_open(service *s, const options *o);

/* Opens the mail folder, as whoever the process is by now.  Returns as
   service_open(). */
bool service_open_mail(service *s, const options *o);

void service_close(service *s);

#endif /* SHAKOD_SERVICE_H */
