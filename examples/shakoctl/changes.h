#ifndef SHAKOCTL_CHANGES_H
#define SHAKOCTL_CHANGES_H

#include "ctl.h"

/* The commands showchanges and clearchanges. */
bool changes_show(ctl *c, char *arguments);
bool changes_clear(ctl *c, char *arguments);

#endif /* SHAKOCTL_CHANGES_H */
