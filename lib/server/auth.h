#ifndef SHAKO_SERVER_AUTH_H
#define SHAKO_SERVER_AUTH_H

#include <stdbool.h>

#include <shako/session.h>

/* AUTH under way. */
typedef struct shako__auth {
  shako_auth step; /* the event's */
} shako__auth;

/* Whether AUTH is offered and would be taken: there are mechanisms, and the
   gate lets it through. */
bool shako__auth_is_offered(const shako_session *session);

/* Writes EHLO's line, with the LF before it, to |at| where there is one, and
   returns where it ends. */
char *shako__auth_offer(const shako_session *session, char *at);

void shako__answered_auth(shako_session *session, bool yes);

/* Forgets what was said, secrets and all. */
void shako__auth_free(shako_session *session);

#endif /* SHAKO_SERVER_AUTH_H */
