#ifndef SHAKOCTL_ALERT_WAYS_H
#define SHAKOCTL_ALERT_WAYS_H

#include "ctl.h"

/* How alerts go, and how often; |ctx| of each question is a ctl. */

/* Says it. */
void alert_ways_print(const ctl *c);

/* Asks for the waits between duplicates. */
bool alert_ask_setup(void *ctx);

/* Asks for whom they come from. */
bool alert_ask_from(void *ctx);

/* Asks where they are stored, and which next hop they are handed to. */
bool alert_ask_delivery(void *ctx);

#endif /* SHAKOCTL_ALERT_WAYS_H */
