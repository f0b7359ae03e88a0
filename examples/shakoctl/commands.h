#ifndef SHAKOCTL_COMMANDS_H
#define SHAKOCTL_COMMANDS_H

#include "ctl.h"

/* Runs |line|, a command with its arguments, which is changed.  Returns whether
   there is such a command. */
bool commands_run(ctl *c, char *line);

#endif /* SHAKOCTL_COMMANDS_H */
