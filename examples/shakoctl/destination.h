#ifndef SHAKOCTL_DESTINATION_H
#define SHAKOCTL_DESTINATION_H

#include "ctl.h"

/* The file of the destination controls, beside the configuration. */
#define DESTINATION_FILE "destinations"

/* The command destconfig. */
bool destination_config(ctl *c, char *arguments);

#endif /* SHAKOCTL_DESTINATION_H */
