#include "mail.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <uv.h>

#include "alerts.h"
#include "connection.h"
#include "log.h"
#include "log_connection.h"

/* Begins the lines of a message: with its number, and who it is from. */
static void begin_lines(mail *m, const shako_event *event) {
  worker *w = m->connection->worker;

  buffer_free(&m->from);
  buffer_add_span(&m->from, event->u.mail.path);
  m->lines.mid = w->names.worker + 1 + w->messages++ * w->service->workers;
  m->lines.from = (shako_span){(const uint8_t *)m->from.ptr, m->from.len};
}

static void tell_lines(mail *m, const shako_event *event) {
  connection *c = m->connection;

  if (c->worker->service->log == LOG_ASYNCOS) {
    if (event->type == SHAKO_EVENT_MAIL) {
      begin_lines(m, event);
    }

    m->lines.icid = c->icid;
    log_asyncos(&m->lines, c->session, event);
  }
}

/* Tells what became of a message that was complete. */
static void tell_message(mail *m, const shako_event *event, bool stored) {
  static const shako_event refused = {.type = SHAKO_EVENT_RESET,
                                      .u.reset.reason = "application"};

  tell_lines(m, stored ? event : &refused);
}

static void accept_question(mail *m, shako_question question) {
  shako_session_accept(m->connection->session, question);
}

int mail_refuse(mail *m, shako_question question, int error) {
  log_line("message not stored: %s", uv_strerror(-error));

  return shako_session_answer(m->connection->session, question, 452, "4.3.1",
                              "Message not stored, try again later");
}

static void on_facts(void *owner, const shako_peer *facts) {
  mail *m = owner;

  m->lookup = NULL;
  if (shako_session_inform(m->connection->session, m->asked, facts) ==
      SHAKO_ERR_INVALID_ARGUMENT) {
    accept_question(m, m->asked); /* a name that is none: nothing is known */
  }

  connection_advance(m->connection);
}

/* Asks the DNS what the table must know of the peer. */
static void on_lookup(mail *m, const shako_event *event) {
  connection *c = m->connection;

  m->asked = event->question;
  m->lookup =
      lookup_new(&c->worker->resolver, &shako_session_peer(c->session)->address,
                 shako_listener_hat(c->listener), event, on_facts, m);
  if (m->lookup == NULL) {
    accept_question(m, event->question);
  }
}

static void on_hello(mail *m, const shako_event *event) {
  shako_span name = event->u.hello.name;
  char *copy = malloc(name.len + 1);

  if (copy == NULL) {
    mail_refuse(m, event->question, ENOMEM);
    return;
  }

  memcpy(copy, name.ptr, name.len);
  copy[name.len] = '\0';
  free(m->helo);
  m->helo = copy;
  accept_question(m, event->question);
}

static void on_mail(mail *m, const shako_event *event) {
  if (!message_add_sender(m, event)) {
    message_end(&m->message);
    mail_refuse(m, event->question, ENOMEM);
    return;
  }

  m->open = true;
  accept_question(m, event->question);
}

static void on_rcpt(mail *m, const shako_event *event) {
  if (!message_add_recipient(m, event)) {
    mail_refuse(m, event->question, ENOMEM);
    return;
  }

  accept_question(m, event->question);
}

static void on_data(mail *m, const shako_event *event) {
  int error = m->connection->worker->service->discard ? 0 : message_begin(m);

  if (error != 0) {
    mail_refuse(m, event->question, error);
    return;
  }

  accept_question(m, event->question);
}

static void end_transaction(mail *m) {
  message_end(&m->message);
  m->open = false;
}

void mail_message_done(mail *m, const shako_event *event, bool stored) {
  tell_message(m, event, stored);
  end_transaction(m);
}

static void on_closed(const mail *m) {
  const connection *c = m->connection;
  shako_record record;

  shako_session_record(c->session, &record);
  if (c->worker->service->stats != NULL) {
    shako_stats_add(c->worker->service->stats, &record);
  }

  alerts_raise_closed(c->worker->service->alerts, &record);

  /* Whoever reads it finds it counted. */
  log_connection(c->worker->service->log, c->icid, &record);
}

void mail_handle(mail *m, const shako_event *event) {
  log_event(m->connection->worker->service->log, m->connection->icid, event);
  switch (event->type) {
  case SHAKO_EVENT_LOOKUP:
    on_lookup(m, event);
    break;
  case SHAKO_EVENT_CONNECT:
  case SHAKO_EVENT_STARTTLS:
    accept_question(m, event->question);
    break;
  case SHAKO_EVENT_HELLO:
    on_hello(m, event);
    break;
  case SHAKO_EVENT_AUTH:
    auth_handle(m, event);
    break;
  case SHAKO_EVENT_MAIL:
    on_mail(m, event);
    break;
  case SHAKO_EVENT_RCPT:
    on_rcpt(m, event);
    break;
  case SHAKO_EVENT_DATA:
    on_data(m, event);
    break;
  case SHAKO_EVENT_BODY:
    message_write(m, event->u.body);
    break;
  case SHAKO_EVENT_MESSAGE:
    message_finish(m, event);
    break;
  case SHAKO_EVENT_RESET:
    end_transaction(m);
    break;
  case SHAKO_EVENT_CLOSED:
    on_closed(m);
    break;
  case SHAKO_EVENT_TLS:         /* the session knows */
  case SHAKO_EVENT_VIOLATION:   /* the record counts them, ... */
  case SHAKO_EVENT_OBSERVED:    /* ... and these */
  case SHAKO_EVENT_COMMAND:     /* of one with commands only */
  case SHAKO_EVENT_HANDSHAKE:   /* of external TLS only */
  case SHAKO_EVENT_CERTIFICATE: /* of a provider that waits only */
    break;
  }

  if (event->type != SHAKO_EVENT_MESSAGE) {
    tell_lines(m, event);
  }
}

bool mail_is_open(const mail *m) {
  return m->open;
}

void mail_end(mail *m) {
  lookup_cancel(m->lookup);
  end_transaction(m);
  auth_end(&m->auth);
  buffer_free(&m->from);
  free(m->helo);
}
