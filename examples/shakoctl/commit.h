#ifndef SHAKOCTL_COMMIT_H
#define SHAKOCTL_COMMIT_H

#include "ctl.h"

/* The command commit: all files or none. */
bool commit_changes(ctl *c, char *arguments);

#endif /* SHAKOCTL_COMMIT_H */
