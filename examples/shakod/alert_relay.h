#ifndef SHAKOD_ALERT_RELAY_H
#define SHAKOD_ALERT_RELAY_H

#include <uv.h>

#include "alert_message.h"

/**
 * Hands alerts to a next hop, by the program deliver, which stands beside
 * shakod: by its TLS setting, one at a time, and never so that anything else
 * waits.  What the next hop does not take now is tried again, five times in
 * all, each time after twice as long; what it does not take at all, or not in
 * time, is stored in the folder, if there is one.  No alert is raised about an
 * alert.
 */
typedef struct alert_relay alert_relay;

/* Returns whether the destination controls of |s| can be read, if they are for
   a relay; a line says why they cannot. */
bool alert_relay_check(const settings *s);

/* Makes one that hands on what |sender| sends, which outlives it, and stores it
   in |*to|.  Returns false after a line that says why it cannot. */
bool alert_relay_open(alert_relay **to, alert_sender *sender);

/* NULL does nothing. */
void alert_relay_close(alert_relay *r);

/* Has |loop| do it. */
void alert_relay_start(alert_relay *r, uv_loop_t *loop);

/* Hands |m| on, which is given away. */
void alert_relay_add(alert_relay *r, alert_message *m);

/* Tries once what still waits, but for a few seconds alone, and then closes
   what |loop| has of it. */
void alert_relay_stop(alert_relay *r);

#endif /* SHAKOD_ALERT_RELAY_H */
