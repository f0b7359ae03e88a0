#include "mail.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <uv.h>

#include "alerts.h"
#include "connection.h"
#include "envelope.h"
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

/* Answers |question| with a temporary no, and tells the operator why. */
static int refuse(mail *m, shako_question question, int error) {
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
    refuse(m, event->question, ENOMEM);
    return;
  }

  memcpy(copy, name.ptr, name.len);
  copy[name.len] = '\0';
  free(m->helo);
  m->helo = copy;
  m->extended = event->u.hello.extended != 0;
  accept_question(m, event->question);
}

static void on_mail(mail *m, const shako_event *event) {
  envelope_add_sender(&m->head, event->u.mail.path);
  if (m->head.failed) {
    buffer_free(&m->head);
    refuse(m, event->question, ENOMEM);
    return;
  }

  m->open = true;
  accept_question(m, event->question);
}

static void on_rcpt(mail *m, const shako_event *event) {
  envelope_add_recipient(&m->head, event->u.rcpt.path);
  if (m->head.failed) {
    refuse(m, event->question, ENOMEM);
    return;
  }

  accept_question(m, event->question);
}

/* Returns the keyword of RFC 3848; there is none for HELO in TLS. */
static const char *with(const mail *m) {
  if (!m->extended) {
    return "SMTP";
  }

  return m->secure ? "ESMTPS" : "ESMTP";
}

/* Writes the head to the file.  Returns 0, or what errno was. */
static int write_head(mail *m) {
  buffer received = {0};
  envelope_trace trace = {.peer = shako_session_peer(m->connection->session),
                          .helo = m->helo,
                          .by = m->connection->worker->service->hostname,
                          .with = with(m),
                          .id = delivery_id(m->message),
                          .unix_time = (int64_t)time(NULL)};
  bool failed;

  envelope_add_trace(&received, &trace);
  failed = m->head.failed || received.failed;
  if (!failed) {
    delivery_write(m->message, m->head.ptr, m->head.len);
    delivery_write(m->message, received.ptr, received.len);
  }

  buffer_free(&received);

  return failed ? ENOMEM : 0;
}

/* Opens the file.  Returns as write_head(). */
static int begin_message(mail *m) {
  worker *w = m->connection->worker;

  m->message = delivery_new(&w->service->mail, &w->names);

  return m->message != NULL ? write_head(m) : errno;
}

static void drop_message(mail *m) {
  delivery_free(m->message);
  m->message = NULL;
}

static void on_data(mail *m, const shako_event *event) {
  int error = m->connection->worker->service->discard ? 0 : begin_message(m);

  if (error != 0) {
    drop_message(m);
    refuse(m, event->question, error);
    return;
  }

  accept_question(m, event->question);
}

static void on_body(mail *m, const shako_event *event) {
  if (m->message != NULL) {
    delivery_write(m->message, event->u.body.ptr, event->u.body.len);
  }
}

static void end_transaction(mail *m) {
  drop_message(m);
  buffer_free(&m->head);
  m->open = false;
}

/* A message on its way to the disk, on a thread of libuv's pool.  It outlives
   its transaction where the peer does not wait. */
typedef struct job {
  uv_work_t work;
  connection *connection;
  shako_event event; /* the question */
  delivery *message;
  int error;
} job;

static void sync_message(uv_work_t *work) {
  job *j = work->data;

  j->error = delivery_finish(j->message);
}

/* Answers the question.  If it is stale, the peer has left without an answer:
   it will send the message again, and nobody loses it. */
static void on_synced(uv_work_t *work, int status) {
  job *j = work->data;
  connection *c = j->connection;
  int result;

  (void)status;
  if (j->error != 0) {
    result = refuse(&c->mail, j->event.question, j->error);
  } else {
    char reply[128];

    snprintf(reply, sizeof(reply), "Stored as %s", delivery_id(j->message));
    result = shako_session_answer(c->session, j->event.question, 250, "2.0.0",
                                  reply);
  }

  if (result == 0) {
    tell_message(&c->mail, &j->event, j->error == 0);
    end_transaction(&c->mail);
  }

  delivery_free(j->message);
  free(j);
  connection_advance(c);
  connection_release(c);
}

static void on_message(mail *m, const shako_event *event) {
  job *j;

  if (m->connection->worker->service->discard) {
    accept_question(m, event->question);
    tell_message(m, event, true);
    end_transaction(m);
    return;
  }

  j = malloc(sizeof(*j));
  if (j == NULL) {
    refuse(m, event->question, ENOMEM);
    tell_message(m, event, false);
    end_transaction(m);
    return;
  }

  *j = (job){
      .connection = m->connection, .event = *event, .message = m->message};
  j->work.data = j;
  m->message = NULL;
  connection_hold(m->connection);
  uv_queue_work(&m->connection->worker->loop, &j->work, sync_message,
                on_synced);
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
  case SHAKO_EVENT_TLS:
    m->secure = true;
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
    on_body(m, event);
    break;
  case SHAKO_EVENT_MESSAGE:
    on_message(m, event);
    break;
  case SHAKO_EVENT_RESET:
    end_transaction(m);
    break;
  case SHAKO_EVENT_CLOSED:
    on_closed(m);
    break;
  case SHAKO_EVENT_VIOLATION:   /* the record counts them, ... */
  case SHAKO_EVENT_OBSERVED:    /* ... and these */
  case SHAKO_EVENT_AUTH:        /* of a listener with mechanisms only */
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
  buffer_free(&m->from);
  free(m->helo);
}
