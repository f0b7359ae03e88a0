#ifndef SHAKOCTL_ALERT_H
#define SHAKOCTL_ALERT_H

#include "ctl.h"

/* The command alertconfig. */
bool alert_config(ctl *c, char *arguments);

#endif /* SHAKOCTL_ALERT_H */
