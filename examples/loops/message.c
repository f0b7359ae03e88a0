#include "message.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "server.h"

/* Opens a file that no other message has. */
static bool open_file(message *m) {
  static atomic_uint count;
  int fd;

  snprintf(m->name, sizeof(m->name), ".%lld.%ld.%u", (long long)time(NULL),
           (long)getpid(), atomic_fetch_add(&count, 1));
  fd =
      openat(m->folder, m->name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  m->file = fd >= 0 ? fdopen(fd, "w") : NULL;
  if (fd >= 0 && m->file == NULL) {
    close(fd);
    unlinkat(m->folder, m->name, 0);
  }

  return m->file != NULL;
}

/* Writes a line of the envelope. */
static void write_path(const message *m, const char *field, shako_span path) {
  fprintf(m->file, "%s: <%.*s>\r\n", field, (int)path.len,
          (const char *)path.ptr);
}

/* Writes the trace.  Returns false where there is none to be made. */
static bool write_received(const message *m, const shako_session *session) {
  const shako_peer *peer = shako_session_peer(session);
  const shako_tls_info *tls = shako_session_tls(session);
  shako_received received;
  char text[SHAKO_RECEIVED_SIZE];
  size_t len = 0;

  shako_received_default(&received);
  received.hello = (shako_span){(const uint8_t *)m->hello, strlen(m->hello)};
  received.address = peer->address;
  received.by = SERVER_HOSTNAME;
  received.id = m->name + 1;
  received.cipher = tls != NULL ? tls->cipher : NULL;
  received.protocol = shako_session_protocol(session);
  received.unix_time = (int64_t)time(NULL);
  if (peer->name_state == SHAKO_NAME_VERIFIED) {
    received.name = peer->name;
  }

  return shako_received_write(&received, text, &len) == 0 &&
         fwrite(text, 1, len, m->file) == len;
}

/* Says what is known of the connection, in one line. */
static void tell(const shako_session *session) {
  int64_t unix_ms = (int64_t)time(NULL) * 1000;
  shako_record record;
  size_t size;
  char *line;

  shako_session_record(session, &record);
  size = shako_record_json(&record, 0, unix_ms, NULL, 0) + 1;
  line = malloc(size);
  if (line != NULL) {
    shako_record_json(&record, 0, unix_ms, line, size);
    fputs(line, stderr);
  }

  free(line);
}

static void note_hello(message *m, const shako_event *event) {
  snprintf(m->hello, sizeof(m->hello), "%.*s", (int)event->u.hello.name.len,
           (const char *)event->u.hello.name.ptr);
}

static void answer(shako_session *session, shako_question question, bool yes) {
  if (yes) {
    shako_session_accept(session, question);
  } else {
    shako_session_answer(session, question, 452, "4.3.1",
                         "Insufficient system storage");
  }
}

bool message_take(message *m, shako_session *session,
                  const shako_event *event) {
  bool good = true;

  switch (event->type) {
  case SHAKO_EVENT_HELLO:
    note_hello(m, event);
    break;
  case SHAKO_EVENT_MAIL:
    good = open_file(m);
    if (good) {
      write_path(m, "Return-Path", event->u.mail.path);
    }
    break;
  case SHAKO_EVENT_RCPT:
    write_path(m, "Delivered-To", event->u.rcpt.path);
    break;
  case SHAKO_EVENT_DATA:
    good = write_received(m, session);
    break;
  case SHAKO_EVENT_BODY:
    fwrite(event->u.body.ptr, 1, event->u.body.len, m->file);
    break;
  case SHAKO_EVENT_MESSAGE:
    return true;
  case SHAKO_EVENT_RESET:
    message_drop(m);
    break;
  case SHAKO_EVENT_CLOSED:
    tell(session);
    break;
  case SHAKO_EVENT_LOOKUP:      /* no DNS: all is as if it did not answer */
  case SHAKO_EVENT_CONNECT:     /* as the policy says */
  case SHAKO_EVENT_STARTTLS:    /* whoever wants to */
  case SHAKO_EVENT_HANDSHAKE:   /* of external TLS only */
  case SHAKO_EVENT_CERTIFICATE: /* of a provider that waits only */
  case SHAKO_EVENT_AUTH:        /* of a listener with mechanisms only */
  case SHAKO_EVENT_COMMAND:     /* of one with commands only */
  case SHAKO_EVENT_TLS:         /* the record has it */
  case SHAKO_EVENT_VIOLATION:   /* counted in the record, ... */
  case SHAKO_EVENT_OBSERVED:    /* ... as these are */
    break;
  }

  if (event->question != 0) {
    answer(session, event->question, good);
  }

  return false;
}

bool message_write(message *m) {
  return fflush(m->file) == 0 && !ferror(m->file);
}

bool message_publish(message *m) {
  if (renameat(m->folder, m->name, m->folder, m->name + 1) != 0) {
    return false;
  }

  memmove(m->name, m->name + 1, strlen(m->name)); /* as it is called now */

  return true;
}

void message_answer(message *m, shako_session *session, shako_question question,
                    bool stored) {
  if (!stored) {
    message_drop(m);
  }

  answer(session, question, stored);
  if (m->file != NULL) {
    fclose(m->file);
    m->file = NULL;
  }
}

void message_drop(message *m) {
  if (m->file != NULL) {
    fclose(m->file);
    m->file = NULL;
    unlinkat(m->folder, m->name, 0);
  }
}
