#include "server/auth.h"

#include <string.h>

#include "base/strings.h"
#include "server/session.h"

/* Which mechanisms of the listener's are for this client, and when AUTH is
   offered and served. */

/* Whether there is a TLS to which mechanisms can be bound; that of the
   application is its own business. */
static bool can_bind(const shako_session *session) {
  uint8_t binding[SHAKO_CHANNEL_BINDING_SIZE];

  return session->secure &&
         (session->listener->external_tls ||
          shako_session_channel_binding(session, binding) == 0);
}

bool shako__auth_is_for(const shako_session *session, const char *mechanism) {
  if (shako__sasl_find(mechanism) == SHAKO__SASL_EXTERNAL) {
    return shako__facts(session).tls_verified;
  }
  return !shako__sasl_is_plus(mechanism) || can_bind(session);
}

/* Returns the first mechanism for this client from |word| on, one of the
   listener's list (NULL: past its end), or NULL. */
static const char *next_for(const shako_session *session, const char *word) {
  while (word && !shako__auth_is_for(session, word)) {
    word = shako__list_next(word);
  }
  return word;
}

bool shako__auth_is_served(const shako_session *session) {
  const shako_facts facts = shako__facts(session);

  return !shako_policy_check(shako__policy(session), &facts, SHAKO_VERB_AUTH) &&
         next_for(session, session->listener->auth_mechanisms);
}

static char *add(char *at, const char *text) {
  size_t len = strlen(text);

  memcpy(at, text, len + 1);
  return at + len;
}

char *shako__auth_offer(const shako_session *session, char *at) {
  const char *word = session->listener->auth_mechanisms;

  if (!shako__auth_is_served(session) ||
      shako_session_identity(session).len > 0) {
    return at;
  }
  at = add(at, "\nAUTH");
  for (word = next_for(session, word); word;
       word = next_for(session, shako__list_next(word))) {
    at = add(add(at, " "), word);
  }
  return at;
}
