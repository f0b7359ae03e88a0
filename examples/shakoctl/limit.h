#ifndef SHAKOCTL_LIMIT_H
#define SHAKOCTL_LIMIT_H

#include <stdbool.h>

/* Puts a limit of |seconds| on whatever waits for a socket, and has Ctrl-C cut
   it short: either cuts off the socket in |*fd|, -1 for none, and whoever waits
   for it goes on.  |fd| lives until limit_end(). */
void limit_begin(const int *fd, unsigned seconds);

/* Returns whether it came to that. */
bool limit_is_over(void);

void limit_end(void);

#endif /* SHAKOCTL_LIMIT_H */
