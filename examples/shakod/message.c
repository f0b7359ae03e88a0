#include "message.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <uv.h>

#include "connection.h"
#include "envelope.h"
#include "mail.h"

static shako_session *session_of(const mail *m) {
  return m->connection->session;
}

bool message_add_sender(mail *m, const shako_event *event) {
  message *it = &m->message;

  it->binary = (event->u.mail.flags & SHAKO_MAIL_BINARYMIME) != 0;
  envelope_add_sender(&it->head, event->u.mail.path, event->u.mail.params);
  envelope_add_identity(&it->head, shako_session_identity(session_of(m)));

  return !it->head.failed;
}

bool message_add_recipient(mail *m, const shako_event *event) {
  message *it = &m->message;

  envelope_add_recipient(&it->head, event->u.rcpt.path, event->u.rcpt.params);
  if (it->recipients++ == 0) {
    buffer_add_span(&it->recipient, event->u.rcpt.path);
  }

  return !it->head.failed && !it->recipient.failed;
}

/* Returns the only recipient: where there are several, one is not betrayed to
   the others. */
static shako_span only_recipient(const message *it) {
  return it->recipients == 1 ? (shako_span){(const uint8_t *)it->recipient.ptr,
                                            it->recipient.len}
                             : (shako_span){0};
}

/* Writes the head to the file.  Returns 0, or what errno was. */
static int write_head(mail *m) {
  message *it = &m->message;
  buffer received = {0};
  const envelope_trace trace = {.helo = m->helo,
                                .recipient = only_recipient(it),
                                .by = m->connection->worker->service->hostname,
                                .id = delivery_id(it->file),
                                .unix_time = (int64_t)time(NULL)};
  bool failed;

  envelope_add_trace(&received, session_of(m), &trace);
  failed = it->head.failed || received.failed;
  if (!failed) {
    delivery_write(it->file, it->head.ptr, it->head.len);
    delivery_write(it->file, received.ptr, received.len);
  }

  buffer_free(&received);

  return failed ? ENOMEM : 0;
}

int message_begin(mail *m) {
  worker *w = m->connection->worker;
  message *it = &m->message;
  int error;

  it->file = delivery_new(&w->service->mail, &w->names);
  if (it->file == NULL) {
    return errno;
  }

  if (it->binary) {
    delivery_keep(it->file);
  }

  error = write_head(m);
  if (error != 0) {
    delivery_free(it->file);
    it->file = NULL;
  }

  return error;
}

void message_write(mail *m, shako_span octets) {
  if (m->message.file != NULL) {
    delivery_write(m->message.file, octets.ptr, octets.len);
  }
}

/* Whether |event| is the last one about its message. */
static bool is_last(const mail *m, const shako_event *event) {
  return (shako_session_protocol(session_of(m)) & SHAKO_RECEIVED_LMTP) == 0 ||
         event->u.message.recipient + 1 == m->message.recipients;
}

/* Says what became of the message.  Returns false where nobody waits for it any
   more. */
static bool answer(mail *m, const shako_event *event, const delivery *file,
                   int error) {
  char reply[128];

  if (error != 0) {
    return mail_refuse(m, event->question, error) == 0;
  }

  if (file == NULL) {
    return shako_session_accept(session_of(m), event->question) == 0;
  }

  snprintf(reply, sizeof(reply), "Stored as %s", delivery_id(file));

  return shako_session_answer(session_of(m), event->question, 250, "2.0.0",
                              reply) == 0;
}

/* Answers, and ends the transaction where that was the last.  Takes |file|,
   which is stored unless there was an |error|; NULL where mail is thrown
   away. */
static void tell(mail *m, const shako_event *event, delivery *file, int error) {
  bool last = is_last(m, event);

  if (!answer(m, event, file, error)) {
    delivery_free(file);
    return;
  }

  m->message.file = file;
  m->message.error = error;
  if (last) {
    mail_message_done(m, event, error == 0);
  }
}

/* A message on its way to the disk, on a thread of libuv's pool.  It outlives
   its transaction where the peer does not wait. */
typedef struct job {
  uv_work_t work;
  connection *connection;
  shako_event event; /* the question */
  delivery *file;
  int error;
} job;

static void sync_file(uv_work_t *work) {
  job *j = work->data;

  j->error = delivery_finish(j->file);
}

/* Answers the question.  If it is stale, the peer has left without an answer:
   it will send the message again, and nobody loses it. */
static void on_synced(uv_work_t *work, int status) {
  job *j = work->data;
  connection *c = j->connection;

  (void)status;
  tell(&c->mail, &j->event, j->file, j->error);
  free(j);
  connection_advance(c);
  connection_release(c);
}

/* Leaves the message to the pool.  Returns false without memory. */
static bool store(mail *m, const shako_event *event) {
  job *j = malloc(sizeof(*j));

  if (j == NULL) {
    return false;
  }

  *j = (job){
      .connection = m->connection, .event = *event, .file = m->message.file};
  j->work.data = j;
  m->message.file = NULL;
  connection_hold(m->connection);
  uv_queue_work(&m->connection->worker->loop, &j->work, sync_file, on_synced);

  return true;
}

void message_finish(mail *m, const shako_event *event) {
  delivery *file = m->message.file;
  bool first = event->u.message.recipient == 0;

  if (file == NULL || !first) {
    tell(m, event, file, m->message.error);
  } else if (!store(m, event)) {
    tell(m, event, file, ENOMEM);
  }
}

void message_end(message *it) {
  delivery_free(it->file);
  buffer_free(&it->head);
  buffer_free(&it->recipient);
  *it = (message){0};
}
