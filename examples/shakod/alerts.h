#ifndef SHAKOD_ALERTS_H
#define SHAKOD_ALERTS_H

#include <uv.h>

#include "setup.h"

/* What an operator must hear of.  Any thread raises it; the main one tells it,
   by a message to those whom the settings name, in a Maildir or by a relay. */
typedef struct alerts alerts;

/**
 * Opens the folder and the relay that |s| names, as whoever the process is by
 * now, and stores the alerts in |*to|, NULL where it names neither.  |s| and
 * |hostname| outlive them.  Returns false after a line that says why;
 * alerts_close() is due then too.
 */
bool alerts_open(alerts **to, const settings *s, const char *hostname);

/* For the functions that follow, NULL is nobody who wants to hear of
   anything. */

void alerts_close(alerts *a);

/* Has |loop|, the main thread's, tell what is raised from now on.  Returns
   false after a line that says why. */
bool alerts_start(alerts *a, uv_loop_t *loop);

/* Tells what still waits.  Nothing is raised any more; the loop is yet to run
   until nothing is left in it: a few seconds, where the relay hangs. */
void alerts_stop(alerts *a);

/* Tells those whom |s| names from now on.  For the main thread. */
void alerts_set(alerts *a, const settings *s);

/* Raises |alert|, from any thread between start and stop. */
void alerts_raise(alerts *a, const shako_alert *alert);

/* Likewise what there is to be said of a connection that is |closed|: it was
   to use TLS and did not, or it began too many handshakes. */
void alerts_raise_closed(alerts *a, const shako_record *closed);

/* Likewise of each listener of |s| that has the demonstration certificate;
   |s| was made of |from|. */
void alerts_raise_demonstration(alerts *a, const setup *s,
                                const settings *from);

#endif /* SHAKOD_ALERTS_H */
