#ifndef SHAKOCTL_LISTENER_ACCESS_H
#define SHAKOCTL_LISTENER_ACCESS_H

#include <stdbool.h>

/* The dialog about the Host Access Table of a listener; |ctx| is its
   listener_edit. */
bool listener_access(void *ctx);

#endif /* SHAKOCTL_LISTENER_ACCESS_H */
