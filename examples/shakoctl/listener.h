#ifndef SHAKOCTL_LISTENER_H
#define SHAKOCTL_LISTENER_H

#include "ctl.h"

/* The command listenerconfig. */
bool listener_config(ctl *c, char *arguments);

#endif /* SHAKOCTL_LISTENER_H */
