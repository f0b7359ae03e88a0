#ifndef SHAKOD_SETUP_H
#define SHAKOD_SETUP_H

#include <stdatomic.h>

#include "certificates.h"
#include "sasl.h"

/* A listener of the library, and what outlives it. */
typedef struct setup_listener {
  shako_listener *listener;
  shako_counters *counters;
  certificates certificates;
  shako_certificate_provider provider;
  shako_authorities *authorities; /* of clients' certificates; or NULL */
  sasl *sasl;                     /* who may authenticate; or NULL */
  bool binds;                     /* ... and that is bound to TLS if it can */
} setup_listener;

/**
 * What connections are served by, and what a reload replaces as a whole: never
 * changed once it is made, counted, shared by threads.  A connection keeps the
 * one that it began with.
 */
typedef struct setup {
  atomic_uint references;
  const engine *engine;
  void *context; /* the engine's; NULL where nobody can speak TLS */
  shako_certificate *demonstration; /* NULL: all have one of their own */
  setup_listener listeners[LISTENERS_MAX];
  size_t count;
} setup;

/**
 * Reads tables and certificates, and makes the listeners of |s|, in their
 * order.  Where there was a setup |before|, of listeners with the same names,
 * their counters go on.  |hostname| is the server's.  Returns NULL after lines
 * that say why.
 */
setup *setup_new(const settings *s, const char *hostname, const setup *before);

setup *setup_ref(setup *s);

/* Gives a reference back; the last one frees.  NULL does nothing. */
void setup_unref(setup *s);

#endif /* SHAKOD_SETUP_H */
