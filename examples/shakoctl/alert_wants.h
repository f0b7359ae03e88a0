#ifndef SHAKOCTL_ALERT_WANTS_H
#define SHAKOCTL_ALERT_WANTS_H

#include "../shakod/buffer.h"
#include "ask.h"

/* Which alerts somebody wants: a set as shako_alert_wants_read() makes it. */

/* Says |wants|, a line for each class. */
void alert_wants_print(uint32_t wants);

/* Asks for classes and severities; |*wants| is the set of before. */
bool alert_wants_ask(terminal *t, uint32_t *wants);

/* Adds |wants|, which is one that was asked for, to |to| as the configuration
   has it, with a NUL. */
void alert_wants_add(buffer *to, uint32_t wants);

#endif /* SHAKOCTL_ALERT_WANTS_H */
