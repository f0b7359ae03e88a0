#include "auth.h"

#include <stdlib.h>
#include <string.h>

#include <uv.h>

#include "connection.h"
#include "mail.h"

/* How many passwords a worker has being tried, or waiting for it: each takes
   long, and what else the pool does waits behind them. */
#define ATTEMPTS_MAX 32

static shako_session *session_of(const mail *m) {
  return m->connection->session;
}

static void refuse(const mail *m, shako_question question) {
  shako_session_answer(session_of(m), question, 535, "5.7.8",
                       "Authentication credentials invalid");
}

static void refuse_for_now(const mail *m, shako_question question) {
  shako_session_answer(session_of(m), question, 454, "4.7.0",
                       "Temporary authentication failure");
}

static void agree(const mail *m, shako_question question, const char *name) {
  shako_session_authenticate(session_of(m), question,
                             (shako_span){(const uint8_t *)name, strlen(name)});
}

/* A password that is tried, on a thread of libuv's pool. */
typedef struct attempt {
  uv_work_t work;
  connection *connection;
  shako_question question;
  const char *found; /* who it is */
  size_t size;
  const char *password;
  char name[]; /* and behind its NUL the password, with one of its own */
} attempt;

static void try_password(uv_work_t *work) {
  attempt *a = work->data;

  a->found = sasl_check(a->connection->sasl, a->name, a->password);
}

static void free_attempt(attempt *a) {
  explicit_bzero(a, a->size);
  free(a);
}

/* Answers, unless the peer has left. */
static void on_tried(uv_work_t *work, int status) {
  attempt *a = work->data;
  connection *c = a->connection;

  (void)status;
  if (a->found != NULL) {
    agree(&c->mail, a->question, a->found);
  } else {
    refuse(&c->mail, a->question);
  }

  free_attempt(a);
  c->worker->attempts--;
  connection_advance(c);
  connection_release(c);
}

/* Adds |span| and a NUL to |to|; returns where they end. */
static char *put(char *to, shako_span span) {
  if (span.len > 0) {
    memcpy(to, span.ptr, span.len);
  }

  to[span.len] = '\0';

  return to + span.len + 1;
}

/* Returns NULL without memory. */
static attempt *attempt_new(const mail *m, const shako_event *event) {
  const shako_auth *said = event->u.auth;
  size_t size = sizeof(attempt) + said->authcid.len + said->password.len + 2;
  attempt *a = malloc(size);

  if (a != NULL) {
    *a = (attempt){
        .connection = m->connection, .question = event->question, .size = size};
    a->work.data = a;
    a->password = put(a->name, said->authcid);
    put(a->name + said->authcid.len + 1, said->password);
  }

  return a;
}

/* Whether |said| wants to act as itself, as all must here. */
static bool acts_as_itself(const shako_auth *said) {
  return said->authzid.len == 0 ||
         (said->authzid.len == said->authcid.len &&
          memcmp(said->authzid.ptr, said->authcid.ptr, said->authzid.len) == 0);
}

/* Takes PLAIN and LOGIN, which the library has read to the end. */
static void on_password(mail *m, const shako_event *event) {
  worker *w = m->connection->worker;
  attempt *a = NULL;

  if (!acts_as_itself(event->u.auth)) {
    refuse(m, event->question);
    return;
  }

  if (w->attempts < ATTEMPTS_MAX) {
    a = attempt_new(m, event);
  }

  if (a == NULL) {
    refuse_for_now(m, event->question);
    return;
  }

  w->attempts++;
  connection_hold(m->connection);
  uv_queue_work(&w->loop, &a->work, try_password, on_tried);
}

/* Begins a conversation by |mechanism|.  Where the binding is offered, a client
   that could have used it and says that it was not is being deceived. */
static bool begin(mail *m, const char *mechanism) {
  uint8_t binding[SHAKO_CHANNEL_BINDING_SIZE];
  bool bound = m->connection->binds &&
               shako_session_channel_binding(session_of(m), binding) == 0;

  sasl_talk_free(m->auth.talk);
  m->auth.talk =
      sasl_talk_new(m->connection->sasl, mechanism, bound ? binding : NULL);
  explicit_bzero(binding, sizeof(binding));

  return m->auth.talk != NULL;
}

/* Takes one step of a mechanism of GNU SASL's. */
static void on_step(mail *m, const shako_event *event) {
  const shako_auth *said = event->u.auth;
  shako_span challenge = {0};

  if (said->step == 0 && !begin(m, said->mechanism)) {
    refuse_for_now(m, event->question);
    return;
  }

  switch (sasl_talk_step(m->auth.talk, said->response, &challenge)) {
  case SASL_CHALLENGE:
    shako_session_challenge(session_of(m), event->question, challenge.ptr,
                            challenge.len);
    break;
  case SASL_YES:
    agree(m, event->question, sasl_talk_name(m->auth.talk));
    break;
  case SASL_NO:
    refuse(m, event->question);
    break;
  case SASL_NOMEM:
    refuse_for_now(m, event->question);
    break;
  }
}

void auth_handle(mail *m, const shako_event *event) {
  const char *mechanism = event->u.auth->mechanism;

  if (strcmp(mechanism, "PLAIN") == 0 || strcmp(mechanism, "LOGIN") == 0) {
    on_password(m, event);
  } else {
    on_step(m, event);
  }
}

void auth_end(auth *a) {
  sasl_talk_free(a->talk);
  *a = (auth){0};
}
