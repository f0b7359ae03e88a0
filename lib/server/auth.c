#include "server/auth.h"

#include "base/mem.h"
#include "policy/refusals.h"
#include "server/verbs.h"

bool shako__auth_is_offered(const shako_session *session) {
  (void)session;

  return false;
}

char *shako__auth_offer(const shako_session *session, char *at) {
  (void)session;

  return at;
}

const shako_verdict *shako__parse_auth(shako_session *session,
                                       shako_span argument) {
  (void)session;
  (void)argument;

  return shako__refusal_verdict(SHAKO__REFUSAL_AUTH_NOT_OFFERED);
}

void shako__act_auth(shako_session *session) {
  (void)session;
}

void shako__answered_auth(shako_session *session, bool yes) {
  (void)session;
  (void)yes;
}

void shako__auth_free(shako_session *session) {
  shako__extra *extra = session->extra;

  if (extra && extra->auth) {
    shako__release(shako__mem(session), extra->auth, sizeof(*extra->auth));
    extra->auth = NULL;
  }
}

int shako_session_challenge(shako_session *session, shako_question question,
                            const uint8_t *data, size_t len) {
  (void)session;
  (void)question;
  (void)data;
  (void)len;

  return SHAKO_ERR_STALE_QUESTION;
}

int shako_session_authenticate(shako_session *session, shako_question question,
                               shako_span identity) {
  (void)session;
  (void)question;
  (void)identity;

  return SHAKO_ERR_STALE_QUESTION;
}
