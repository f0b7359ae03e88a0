/*
 * The session as a filter: SMTP comes in on standard input, the replies go
 * out on standard output, and what happened is told on standard error.  No
 * TLS, no socket.  Try:
 *
 *   printf 'EHLO me.example\r\nMAIL FROM:<a@b.example>\r\nQUIT\r\n' | pipe
 */
#define _POSIX_C_SOURCE 200809L

#include <poll.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include <shako/shako.h>

static shako_time now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (shako_time)t.tv_sec * 1000 + (shako_time)t.tv_nsec / 1000000;
}

static void tell(const char *what, shako_span text) {
  fprintf(stderr, "pipe: %s%.*s\n", what, (int)text.len,
          (const char *)text.ptr);
}

/* Tells what happened; where it is a question, says yes. */
static void handle(shako_session *session, const shako_event *event) {
  if (event->type == SHAKO_EVENT_HELLO) {
    tell("hello from ", event->u.hello.name);
  } else if (event->type == SHAKO_EVENT_MAIL) {
    tell("mail from ", event->u.mail.path);
  } else if (event->type == SHAKO_EVENT_RCPT) {
    tell("mail to ", event->u.rcpt.path);
  } else if (event->type == SHAKO_EVENT_BODY) {
    fprintf(stderr, "pipe: %zu octets of it\n", event->u.body.len);
  } else if (event->type == SHAKO_EVENT_MESSAGE) {
    fprintf(stderr, "pipe: the message is complete\n");
  } else if (event->type == SHAKO_EVENT_RESET) {
    fprintf(stderr, "pipe: forget it: %s\n", event->u.reset.reason);
  } else if (event->type == SHAKO_EVENT_VIOLATION) {
    fprintf(stderr, "pipe: refused: %s\n", event->u.violation.verdict->reason);
  } else if (event->type == SHAKO_EVENT_CLOSED) {
    fprintf(stderr, "pipe: over: %s\n", event->u.closed.how);
  }
  if (event->question != 0) {
    shako_session_accept(session, event->question);
  }
}

/* Writes what the session lends; what is not taken is lent again. */
static void send_some(shako_session *session) {
  size_t len = 0;
  const uint8_t *buf = shako_session_send_buf(session, &len);
  ssize_t n = write(STDOUT_FILENO, buf, len);
  shako_session_send_ack(session, n > 0 ? (size_t)n : 0);
  if (n < 0) {
    shako_session_lost(session);
  }
}

/* Waits for input, but no longer than the session's patience lasts. */
static void receive_some(shako_session *session) {
  struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
  shako_time at = now(), expiry = shako_session_expiry(session);
  shako_time wait = expiry > at ? expiry - at : 0;
  if (poll(&in, 1, wait < 60000 ? (int)wait : 60000) <= 0) {
    return;
  }
  size_t len = 0;
  uint8_t *buf = shako_session_recv_buf(session, &len);
  ssize_t n = buf != NULL ? read(STDIN_FILENO, buf, len) : 0;
  shako_session_recv_ack(session, n > 0 ? (size_t)n : 0);
  if (buf != NULL && n <= 0) {
    shako_session_recv_eof(session);
  }
}

static void run(shako_session *session) {
  unsigned want;
  while ((want = shako_session_want(session)) != SHAKO_WANT_CLOSE) {
    if ((want & SHAKO_WANT_POLL) || now() >= shako_session_expiry(session)) {
      const shako_event *event = shako_session_poll(session, now());
      if (event != NULL) {
        handle(session, event);
      }
    } else if (want & SHAKO_WANT_SEND) {
      send_some(session);
    } else {
      receive_some(session);
    }
  }
}

int main(void) {
  shako_listener_config config;
  shako_listener_config_default(&config);
  config.hostname = "pipe.example";
  shako_listener *listener = NULL;
  const char *reason = NULL;
  if (shako_listener_new(&listener, &config, NULL, &reason) != 0) {
    fprintf(stderr, "pipe: %s\n", reason);
    return 1;
  }
  shako_peer peer;
  shako_peer_default(&peer);
  shako_session *session = NULL;
  if (shako_session_new(&session, listener, &peer, NULL, now()) == 0) {
    run(session);
  }
  shako_session_free(session);
  shako_listener_unref(listener);
  return 0;
}
