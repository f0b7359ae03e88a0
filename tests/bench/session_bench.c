/* Measures a whole session in memory, through the public API alone: greeting,
   EHLO, MAIL, RCPT, DATA, a message of 1 KiB, QUIT, each sent when the reply
   to the one before is there.

     session_bench           nanoseconds a session
     session_bench COUNT     runs COUNT sessions and says nothing: for
   callgrind, with --toggle-collect=run_sessions */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <shako/shako.h>

#include "bench.h"

#define BATCH   2000
#define BATCHES 51

static char body[1024 + 3];

static const char *const flights[] = {
    "EHLO client.example\r\n",
    "MAIL FROM:<sender@client.example>\r\n",
    "RCPT TO:<recipient@server.example>\r\n",
    "DATA\r\n",
    body,
    "QUIT\r\n",
};

/* Writes the message, lines of 62 octets and a CRLF, and its end. */
static void fill_body(void) {
  size_t i;

  for (i = 0; i < 1024; i++) {
    body[i] = (char)('a' + i % 26);
    if (i % 64 >= 62) {
      body[i] = i % 64 == 62 ? '\r' : '\n';
    }
  }
  memcpy(body + 1024, ".\r\n", 3);
}

/* Says yes to all questions and takes all that is sent.  Returns what the
   session wants then. */
static unsigned serve(shako_session *session) {
  unsigned want;

  while ((want = shako_session_want(session)) & SHAKO_WANT_POLL) {
    const shako_event *event = shako_session_poll(session, 1);

    if (event != NULL && event->question != 0) {
      shako_session_accept(session, event->question);
    }
  }
  if (want & SHAKO_WANT_SEND) {
    size_t len = 0;

    shako_session_send_buf(session, &len);
    shako_session_send_ack(session, len);
  }

  return shako_session_want(session);
}

static void hand_over(shako_session *session, const char *flight, size_t len) {
  size_t room = 0;
  uint8_t *buf = shako_session_recv_buf(session, &room);

  memcpy(buf, flight, len);
  shako_session_recv_ack(session, len);
}

static void run_session(shako_listener *listener) {
  shako_session *session = NULL;
  shako_peer peer;
  unsigned want;
  size_t i;

  shako_peer_default(&peer);
  bench_need(shako_session_new(&session, listener, &peer, NULL, 1) == 0,
             "no session");
  serve(session);
  for (i = 0; i < sizeof(flights) / sizeof(flights[0]); i++) {
    size_t len = flights[i] == body ? sizeof(body) : strlen(flights[i]);

    hand_over(session, flights[i], len);
    do {
      want = serve(session);
    } while (want & (SHAKO_WANT_POLL | SHAKO_WANT_SEND));
  }
  bench_need(want == SHAKO_WANT_CLOSE, "the session did not end");
  shako_session_free(session);
}

void run_sessions(shako_listener *listener, long count);

/* Seen by its name. */
__attribute__((noinline)) void run_sessions(shako_listener *listener,
                                            long count) {
  while (count-- > 0) {
    run_session(listener);
  }
}

static int compare(const void *a, const void *b) {
  double x = *(const double *)a;
  double y = *(const double *)b;

  return (x > y) - (x < y);
}

static void measure(shako_listener *listener) {
  const bench_goal none = {BENCH_NO_GOAL, 0};
  const bench_goal goal = {BENCH_AT_MOST, 2000};
  double ns[BATCHES];
  int i;

  for (i = 0; i < BATCHES; i++) {
    double start = bench_now();

    run_sessions(listener, BATCH);
    ns[i] = (bench_now() - start) / BATCH;
  }
  qsort(ns, BATCHES, sizeof(ns[0]), compare);
  bench_result("session in memory, best", ns[0], "ns", none);
  bench_result("session in memory, median", ns[BATCHES / 2], "ns", goal);
}

int main(int argc, char **argv) {
  shako_listener_config config;
  shako_listener *listener = NULL;
  const char *reason = "";

  fill_body();
  shako_listener_config_default(&config);
  config.hostname = "server.example";
  bench_need(shako_listener_new(&listener, &config, NULL, &reason) == 0,
             reason);
  if (argc > 1) {
    run_sessions(listener, strtol(argv[1], NULL, 10));
  } else {
    measure(listener);
  }
  shako_listener_unref(listener);

  return 0;
}
