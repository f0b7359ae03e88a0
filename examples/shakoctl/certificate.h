#ifndef SHAKOCTL_CERTIFICATE_H
#define SHAKOCTL_CERTIFICATE_H

#include "ctl.h"

/* The command certconfig. */
bool certificate_config(ctl *c, char *arguments);

#endif /* SHAKOCTL_CERTIFICATE_H */
