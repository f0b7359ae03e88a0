#ifndef SHAKO_SERVER_AUTH_H
#define SHAKO_SERVER_AUTH_H

#include <stdbool.h>

#include <shako/session.h>

#include "smtp/sasl.h"

/* The longest response, in base64 and without its CRLF (RFC 4954 4). */
#define SHAKO__RESPONSE_MAX 12288

/* AUTH under way: from its line to its last reply.  Wiped and freed then. */
typedef struct shako__auth {
  shako_auth step;   /* the event's */
  bool challenged;   /* the answer given is a challenge */
  bool too_long;     /* the response, which is dropped up to its CRLF */
  uint8_t *identity; /* ... or says who the client is; NULL */
  size_t identity_len;
  size_t name_len;     /* LOGIN: 0 before its first response */
  size_t response_len; /* octets of |response| so far */
  uint8_t name[SHAKO__SASL_NAME_MAX];
  uint8_t response[SHAKO__RESPONSE_MAX]; /* base64, then what it stands for */
} shako__auth;

/* auth_offer.c */

/* Whether this client may use |mechanism|: EXTERNAL with a certificate that is
   verified, one in -PLUS where there is TLS to bind it to. */
bool shako__auth_is_for(const shako_session *session, const char *mechanism);

/* Whether AUTH is served: there is a mechanism for this client, and the gate
   lets it through.  MAIL's parameter of that name is known then. */
bool shako__auth_is_served(const shako_session *session);

/* Writes EHLO's line, with the LF before it, to |at| where AUTH is served and
   nobody is authenticated, and returns where it ends. */
char *shako__auth_offer(const shako_session *session, char *at);

/* auth.c */

/* Reads some of a response, or all, at the start of |text|, which is more than
   half a line end. */
void shako__auth_step(shako_session *session, shako_span text);

void shako__answered_auth(shako_session *session, bool yes);

/* Whether as many AUTH have failed as the policy allows. */
bool shako__auth_is_spent(const shako_session *session);

/* Overwrites what the client said in the step that is asked about. */
void shako__auth_wipe(shako_session *session);

/* Forgets what was said, secrets and all. */
void shako__auth_free(shako_session *session);

#endif /* SHAKO_SERVER_AUTH_H */
