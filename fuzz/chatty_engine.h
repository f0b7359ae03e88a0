#ifndef CHATTY_ENGINE_H
#define CHATTY_ENGINE_H

#include <shako/tls.h>

/* Fills |*engine| with the fake engine, but that it sends a record, an alert
   of CHATTY_SIZE octets that the client ignores, before each time that it
   reads: as TLS libraries do that refuse a renegotiation. */
#define CHATTY_SIZE 40u

void chatty_engine_fill(shako_tls_engine *engine);

#endif /* CHATTY_ENGINE_H */
