#ifndef SHAKOCTL_LISTENER_QUESTIONS_H
#define SHAKOCTL_LISTENER_QUESTIONS_H

#include "listener_edit.h"

/* Each of these asks about one listener.  |ctx| is its listener_edit. */

bool listener_ask_name(void *ctx);
bool listener_ask_interface(void *ctx);
bool listener_ask_limits(void *ctx);
bool listener_ask_setup(void *ctx);
bool listener_ask_tls(void *ctx);

/* Adds to |to| the addresses of |text|, which has blanks between them, as a
   list of the configuration. */
void listener_add_list(buffer *to, const char *text);

#endif /* SHAKOCTL_LISTENER_QUESTIONS_H */
