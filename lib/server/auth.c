#include "server/auth.h"

#include <string.h>

#include "base/ascii.h"
#include "base/base64.h"
#include "base/mem.h"
#include "policy/refusals.h"
#include "server/verbs.h"
#include "smtp/line.h"

/*
 * AUTH (RFC 4954), from its line to its last reply, all in phase AUTH:
 *
 *   begin     one block is made; an initial response is decoded into it
 *   prompt    334: the library's own words, or the application's challenge
 *   response  gathered piece by piece, each wiped where it was received
 *   ask       PLAIN, LOGIN and EXTERNAL once they have said all, other
 *             mechanisms at every step
 *   over      the block is wiped and freed, whatever the reason
 *
 * A failed one (a response that is none, "*", the application's no) counts for
 * |max_auth_failures|, and for |max_errors| not as well.
 */

/* RFC 4954 9: no fewer than three before the connection ends. */
#define FAILURES_MIN 3

/* How it ends */

void shako__auth_wipe(shako_session *session) {
  shako__auth *auth = session->extra->auth;

  auth->step.response = (shako_span){NULL, 0};
  auth->step.authzid = (shako_span){NULL, 0};
  auth->step.authcid = (shako_span){NULL, 0};
  auth->step.password = (shako_span){NULL, 0};
  shako__wipe(auth->name, sizeof(auth->name));
  shako__wipe(auth->response, sizeof(auth->response));
}

void shako__auth_free(shako_session *session) {
  shako__extra *extra = session->extra;

  if (extra && extra->auth) {
    shako__release(shako__mem(session), extra->auth->identity,
                   extra->auth->identity_len);
    shako__wipe(extra->auth, sizeof(*extra->auth));
    shako__release(shako__mem(session), extra->auth, sizeof(*extra->auth));
    extra->auth = NULL;
  }
}

bool shako__auth_is_spent(const shako_session *session) {
  uint32_t max = shako__policy(session)->max_auth_failures;

  if (max != 0 && max < FAILURES_MIN) {
    max = FAILURES_MIN;
  }
  return max != 0 && session->extra && session->extra->auth_failures >= max;
}

static void finish(shako_session *session) {
  shako__auth_free(session);
  session->phase = session->home;
}

static void fail(shako_session *session, shako__refusal refusal) {
  session->extra->auth_failures++;
  finish(session);
  shako__refuse(session, shako__refusal_verdict(refusal), false);
}

void shako__answered_auth(shako_session *session, bool yes) {
  shako__extra *extra = session->extra;
  shako__auth *auth = extra->auth;

  if (!yes) {
    extra->auth_failures++;
    finish(session);
  } else if (auth->challenged) {
    auth->challenged = false;
    auth->step.step++;
    auth->step.has_response = 1;
  } else {
    extra->identity = auth->identity;
    extra->identity_len = auth->identity_len;
    auth->identity = NULL;
    finish(session);
  }
}

/* What the client says */

/* Says 334 and |challenge|, which RFC 4954 4 wants on one line; there is room.
 */
static void challenge(shako_session *session, shako_span challenge) {
  uint8_t *at = shako__output_at(session);
  size_t len = 4;

  memcpy(at, "334 ", len);
  len += shako__base64_encode(challenge, at + len);
  memcpy(at + len, "\r\n", 2);
  shako__output_wrote(session, len + 2);
}

static void ask(shako_session *session) {
  session->extra->auth->step.has_response = 1;
  shako__ask(session, SHAKO_EVENT_AUTH);
  session->event.u.auth = &session->extra->auth->step;
}

static void take_plain(shako_session *session, shako_span message) {
  shako_auth *step = &session->extra->auth->step;
  shako__sasl_plain plain;

  if (!shako__sasl_plain_read(message, &plain)) {
    fail(session, SHAKO__REFUSAL_BAD_RESPONSE);
    return;
  }
  step->authzid = plain.authzid;
  step->authcid = plain.authcid;
  step->password = plain.password;
  ask(session);
}

/* The name, and then the password. */
static void take_login(shako_session *session, shako_span message) {
  shako__auth *auth = session->extra->auth;

  if (auth->name_len == 0 && shako__sasl_is_name(message)) {
    memcpy(auth->name, message.ptr, message.len);
    auth->name_len = message.len;
    challenge(session, shako__span(SHAKO__SASL_LOGIN_PASSWORD));
  } else if (auth->name_len > 0 && shako__sasl_is_password(message)) {
    auth->step.authcid = (shako_span){auth->name, auth->name_len};
    auth->step.password = message;
    ask(session);
  } else {
    fail(session, SHAKO__REFUSAL_BAD_RESPONSE);
  }
}

static void take_external(shako_session *session, shako_span message) {
  if (shako__sasl_is_authzid(message)) {
    session->extra->auth->step.authzid = message;
    ask(session);
  } else {
    fail(session, SHAKO__REFUSAL_BAD_RESPONSE);
  }
}

/* Takes what the client says in a step, |len| octets of |response|. */
static void take(shako_session *session, size_t len) {
  shako__auth *auth = session->extra->auth;
  const shako_span message = {auth->response, len};

  switch (shako__sasl_find(auth->step.mechanism)) {
  case SHAKO__SASL_PLAIN:
    take_plain(session, message);
    break;
  case SHAKO__SASL_LOGIN:
    take_login(session, message);
    break;
  case SHAKO__SASL_EXTERNAL:
    take_external(session, message);
    break;
  case SHAKO__SASL_OTHER:
    auth->step.response = message;
    ask(session);
    break;
  }
}

/* A response is whole. */
static void take_line(shako_session *session) {
  shako__auth *auth = session->extra->auth;
  shako_span line = {auth->response, auth->response_len};

  session->active = session->now;
  auth->response_len = 0;
  if (auth->too_long) {
    fail(session, SHAKO__REFUSAL_RESPONSE_TOO_LONG);
  } else if (shako__equals(line, "*")) {
    fail(session, SHAKO__REFUSAL_AUTH_CANCELLED);
  } else if (!shako__base64_decode(line, auth->response, &line.len)) {
    fail(session, SHAKO__REFUSAL_BAD_RESPONSE);
  } else {
    take(session, line.len);
  }
}

void shako__auth_step(shako_session *session, shako_span text) {
  shako__auth *auth = session->extra->auth;
  size_t len;
  bool whole = shako__line_find(text, &len);

  if (!whole) {
    len = text.len - (text.ptr[text.len - 1] == '\r');
  }
  if (len > sizeof(auth->response) - auth->response_len) {
    auth->too_long = true;
  }
  if (!auth->too_long) {
    memcpy(auth->response + auth->response_len, text.ptr, len);
    auth->response_len += len;
  }
  shako__input_take_secret(session, whole ? len + 2 : len);
  if (whole) {
    take_line(session);
  }
}

/* How it begins */

/* Makes the block, and decodes an initial response into it.  Where there is no
   memory the session is over. */
static const shako_verdict *begin(shako_session *session, const char *mechanism,
                                  shako_span initial) {
  shako__extra *extra = shako__need_extra(session);
  shako__auth *auth =
      extra ? shako__alloc(shako__mem(session), sizeof(*auth)) : NULL;

  if (!auth) {
    shako__fail(session, SHAKO_ERR_NOMEM);
    return NULL;
  }
  extra->auth = auth;
  auth->step.mechanism = mechanism;
  auth->step.has_response = initial.len > 0;
  if (initial.len > 0 && !shako__equals(initial, "=") &&
      !shako__base64_decode(initial, auth->response, &auth->response_len)) {
    extra->auth_failures++;
    shako__auth_free(session);
    return shako__refusal_verdict(SHAKO__REFUSAL_BAD_RESPONSE);
  }
  return NULL;
}

/* RFC 4954 4: a mechanism, and perhaps an initial response; "=" is an empty
   one. */
const shako_verdict *shako__parse_auth(shako_session *session,
                                       shako_span argument) {
  const shako__command words = shako__command_split(argument);
  const char *mechanism =
      shako__list_find(session->listener->auth_mechanisms, words.verb);

  if (!session->listener->auth_mechanisms) {
    return shako__refusal_verdict(SHAKO__REFUSAL_AUTH_NOT_OFFERED);
  }
  if (words.verb.len == 0 ||
      (words.argument.len > 0 &&
       memchr(words.argument.ptr, ' ', words.argument.len))) {
    return shako__refusal_verdict(SHAKO__REFUSAL_BAD_PARAMETER);
  }
  if (!mechanism || !shako__auth_is_for(session, mechanism)) {
    return shako__refusal_verdict(SHAKO__REFUSAL_UNKNOWN_MECHANISM);
  }
  return begin(session, mechanism, words.argument);
}

/* There is no initial response: where the client's is to come, it is asked to
   speak. */
static void start(shako_session *session) {
  switch (shako__sasl_find(session->extra->auth->step.mechanism)) {
  case SHAKO__SASL_PLAIN:
  case SHAKO__SASL_EXTERNAL:
    challenge(session, (shako_span){NULL, 0});
    break;
  case SHAKO__SASL_LOGIN:
    challenge(session, shako__span(SHAKO__SASL_LOGIN_NAME));
    break;
  case SHAKO__SASL_OTHER:
    shako__ask(session, SHAKO_EVENT_AUTH);
    session->event.u.auth = &session->extra->auth->step;
    break;
  }
}

void shako__act_auth(shako_session *session) {
  shako__auth *auth = session->extra->auth;
  size_t len = auth->response_len;

  session->phase = SHAKO__PHASE_AUTH;
  auth->response_len = 0;
  if (auth->step.has_response) {
    take(session, len);
  } else {
    start(session);
  }
}

/* What the application says */

static int check(const shako_session *session, shako_question question) {
  int error = shako__question_check(session, question);

  return error == 0 && session->asked != SHAKO_EVENT_AUTH
             ? SHAKO_ERR_INVALID_STATE
             : error;
}

int shako_session_challenge(shako_session *session, shako_question question,
                            const uint8_t *data, size_t len) {
  int error = check(session, question);

  if (error) {
    return error;
  }
  if (len > SHAKO_CHALLENGE_MAX ||
      shako__sasl_find(session->extra->auth->step.mechanism) !=
          SHAKO__SASL_OTHER) {
    return SHAKO_ERR_INVALID_ARGUMENT;
  }
  if (shako__can_speak(session)) {
    if (!shako__output_reserve(session, SHAKO__BASE64_SIZE(len) + 6)) {
      session->asking = false;
      return session->error;
    }
    challenge(session, (shako_span){data, len});
  }
  session->extra->auth->challenged = true;
  shako__question_close(session, SHAKO__ANSWER_YES);
  return 0;
}

int shako_session_authenticate(shako_session *session, shako_question question,
                               shako_span identity) {
  int error = check(session, question);
  shako__auth *auth;

  if (error) {
    return error;
  }
  if (!shako__sasl_is_name(identity)) {
    return SHAKO_ERR_INVALID_ARGUMENT;
  }
  auth = session->extra->auth;
  auth->identity = shako__alloc(shako__mem(session), identity.len);
  if (!auth->identity) {
    shako__fail(session, SHAKO_ERR_NOMEM);
    session->asking = false;
    return SHAKO_ERR_NOMEM;
  }
  memcpy(auth->identity, identity.ptr, identity.len);
  auth->identity_len = identity.len;
  return shako__reply(session, SHAKO__ANSWER_YES, 235, "2.7.0",
                      "Authentication successful");
}
