#include "sasl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gsasl.h>

#include "log.h"
#include "passwords.h"

struct sasl {
  passwords *passwords;
  Gsasl *gsasl;
};

struct sasl_talk {
  sasl *sasl;
  Gsasl_session *session;
  char *said;                       /* the last challenge */
  password found;                   /* of the name that the client gave */
  char binding[PASSWORD_TEXT_SIZE]; /* in base64; empty: there is none */
  bool begun;                       /* the client has said something */
  bool complete;                    /* all but its last word, which is empty */
};

/* Finds the secrets of who the client says it is, and hands them over. */
static int give_secrets(sasl_talk *t, Gsasl_session *session) {
  const char *name = gsasl_property_fast(session, GSASL_AUTHID);
  char iterations[16];

  if (name == NULL || !passwords_find(t->sasl->passwords, name, &t->found)) {
    return GSASL_NO_CALLBACK;
  }

  snprintf(iterations, sizeof(iterations), "%u", t->found.iterations);
  gsasl_property_set(session, GSASL_SCRAM_ITER, iterations);
  gsasl_property_set(session, GSASL_SCRAM_SALT, t->found.salt);
  gsasl_property_set(session, GSASL_SCRAM_STOREDKEY, t->found.stored_key);

  return gsasl_property_set(session, GSASL_SCRAM_SERVERKEY,
                            t->found.server_key);
}

/* GNU SASL asks for a property that it has not. */
static int on_property(Gsasl *gsasl, Gsasl_session *session,
                       Gsasl_property property) {
  sasl_talk *t = gsasl_session_hook_get(session);

  (void)gsasl;
  if (property == GSASL_SCRAM_ITER) {
    return give_secrets(t, session);
  }

  if (property == GSASL_CB_TLS_EXPORTER && t->binding[0] != '\0') {
    return gsasl_property_set(session, property, t->binding);
  }

  return GSASL_NO_CALLBACK;
}

sasl *sasl_new(const char *path) {
  sasl *s = calloc(1, sizeof(*s));

  if (s == NULL) {
    log_line("%s: out of memory", path);
    return NULL;
  }

  s->passwords = passwords_read(path);
  if (s->passwords == NULL) {
    sasl_free(s);
    return NULL;
  }

  if (gsasl_init(&s->gsasl) != GSASL_OK) {
    s->gsasl = NULL;
    log_line("%s: GNU SASL does not start", path);
    sasl_free(s);
    return NULL;
  }

  gsasl_callback_set(s->gsasl, on_property);

  return s;
}

void sasl_free(sasl *s) {
  if (s == NULL) {
    return;
  }

  if (s->gsasl != NULL) {
    gsasl_done(s->gsasl);
  }

  passwords_free(s->passwords);
  free(s);
}

const char *sasl_check(const sasl *s, const char *name, const char *text) {
  return passwords_check(s->passwords, name, text);
}

sasl_talk *sasl_talk_new(sasl *s, const char *mechanism,
                         const uint8_t *binding) {
  sasl_talk *t = calloc(1, sizeof(*t));

  if (t == NULL) {
    return NULL;
  }

  t->sasl = s;
  if (gsasl_server_start(s->gsasl, mechanism, &t->session) != GSASL_OK) {
    free(t);
    return NULL;
  }

  gsasl_session_hook_set(t->session, t);
  if (binding != NULL) {
    password_encode(t->binding, (const char *)binding,
                    SHAKO_CHANNEL_BINDING_SIZE);
  }

  return t;
}

void sasl_talk_free(sasl_talk *t) {
  if (t == NULL) {
    return;
  }

  gsasl_finish(t->session);
  gsasl_free(t->said);
  explicit_bzero(t, sizeof(*t));
  free(t);
}

/* Whether who has proved to be |t->found| may act as whom it wants to: as
   itself. */
static bool may_act(const sasl_talk *t) {
  const char *as = gsasl_property_fast(t->session, GSASL_AUTHZID);

  return t->found.name != NULL &&
         (as == NULL || as[0] == '\0' || strcmp(as, t->found.name) == 0);
}

/* What |error| of GNU SASL makes of the conversation. */
static sasl_result judge(sasl_talk *t, int error) {
  switch (error) {
  case GSASL_NEEDS_MORE:
    return SASL_CHALLENGE;
  case GSASL_OK: /* its last word is a challenge, too (RFC 4954 4) */
    t->complete = may_act(t);
    return t->complete ? SASL_CHALLENGE : SASL_NO;
  case GSASL_MALLOC_ERROR:
    return SASL_NOMEM;
  default:
    return SASL_NO;
  }
}

sasl_result sasl_talk_step(sasl_talk *t, shako_span response,
                           shako_span *challenge) {
  size_t len = 0;
  int error;

  if (t->complete) {
    return response.len == 0 ? SASL_YES : SASL_NO;
  }

  /* Where it was asked to begin, it is its turn. */
  if ((t->begun && response.len == 0) ||
      (response.len > 0 && memchr(response.ptr, '\0', response.len) != NULL)) {
    return SASL_NO;
  }

  t->begun = true;
  gsasl_free(t->said);
  t->said = NULL;
  error = gsasl_step(t->session, (const char *)response.ptr, response.len,
                     &t->said, &len);
  *challenge = (shako_span){(const uint8_t *)t->said, len};

  return judge(t, error);
}

const char *sasl_talk_name(const sasl_talk *t) {
  return t->found.name;
}
