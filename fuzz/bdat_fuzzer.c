/* BDAT, which is refused: however the input is cut up, the octets of a chunk
   are past before the reply, none of them is read as a command, and what
   stands behind them is.

   An octet 1 stands for 300 times "x", so that lines get too long and chunks
   too big. */

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <shako/io.h>
#include <shako/session.h>

#include "base/ascii.h"
#include "check.h"
#include "octets.h"
#include "smtp/line.h"
#include "smtp/param.h"

#define NOW 1000

/* A chunk of more is too big. */
#define CHUNK_MAX 1000u

/* --- what is to be -------------------------------------------------------- */

/* What an input means, read with all of it in hand. */
typedef struct meaning {
  unsigned replies; /* with the greeting */
  bool ends;        /* and then nothing more is read */
  octets same;      /* other octets in the chunks, the same commands */
} meaning;

static size_t find_line(shako_span text) {
  size_t len;

  return shako__line_find(text, &len) ? len + 2 : 0;
}

static bool is_quit(const shako__command *command) {
  return shako__equals(command->verb, "QUIT") && command->argument.len == 0;
}

/* Takes the chunk that BDAT, of a line that is not too long, announces off
   |*text|. */
static void take_chunk(meaning *m, const shako__command *command,
                       shako_span *text) {
  static const char other[] = "QUIT\r\nGET / HTTP/1.1\r\n";
  uint64_t size;
  bool last;
  size_t n;

  if (command->damaged || !shako__bdat_read(command->argument, &size, &last)) {
    m->replies++;
    m->ends = true; /* nobody knows where its octets end */
    return;
  }
  m->ends = size > CHUNK_MAX;
  size = m->ends ? CHUNK_MAX : size;
  n = size < text->len ? (size_t)size : text->len;
  for (size_t i = 0; i < n; i++) {
    octets_add(&m->same, other + i % (sizeof(other) - 1), 1);
  }
  *text = shako__slice(*text, n, text->len);
  m->replies += n == size;
  m->ends = m->ends || n < size;
}

/* Takes a line of |len| octets, with its CRLF, off |*text|. */
static void take_line(meaning *m, size_t len, shako_span *text) {
  bool too_long = len > SHAKO__LINE_MAX;
  shako__command command = shako__command_split(
      shako__slice(*text, 0, too_long ? SHAKO__LINE_MAX : len - 2));
  bool bdat = shako__equals(command.verb, "BDAT");

  octets_add(&m->same, text->ptr, len);
  *text = shako__slice(*text, len, text->len);
  if (bdat && !too_long) {
    take_chunk(m, &command, text);
    return;
  }
  m->replies++;
  m->ends = bdat || (is_quit(&command) && !too_long) ||
            shako__verb_is_foreign(command.verb);
}

static void read_meaning(meaning *m, shako_span text) {
  *m = (meaning){.replies = 1};
  while (!m->ends && !shako__text_is_client_hello(text)) {
    size_t len = find_line(text);

    if (len == 0) {
      break;
    }
    take_line(m, len, &text);
  }
  octets_add(&m->same, text.ptr, text.len);
}

/* --- what is ----------------------------------------------------------------
 */

typedef struct outcome {
  octets replies;
  octets events;
} outcome;

static void answer(shako_session *session, const shako_event *event) {
  int error;

  if (event->type == SHAKO_EVENT_MAIL) { /* so that there is no message */
    error = shako_session_answer(session, event->question, 550, NULL, "no");
  } else {
    error = shako_session_accept(session, event->question);
  }
  CHECK(error == 0);
}

/* Lets the session do all it can. */
static void pump(shako_session *session, outcome *got) {
  unsigned want;

  while ((want = shako_session_want(session)) &
         (SHAKO_WANT_POLL | SHAKO_WANT_SEND)) {
    if (want & SHAKO_WANT_POLL) {
      const shako_event *event = shako_session_poll(session, NOW);

      if (event != NULL) {
        octets_print(&got->events, "%d ", (int)event->type);
      }
      if (event != NULL && event->type == SHAKO_EVENT_HELLO) {
        octets_add(&got->events, event->u.hello.name.ptr,
                   event->u.hello.name.len);
      }
      if (event != NULL && event->question != 0) {
        answer(session, event);
      }
    } else {
      size_t len;
      const uint8_t *at = shako_session_send_buf(session, &len);

      octets_add(&got->replies, at, len);
      CHECK(shako_session_send_ack(session, len) == 0);
    }
  }
}

static shako_session *open_session(void) {
  shako_listener *listener = NULL;
  shako_session *session = NULL;
  shako_listener_config config;
  shako_policy policy;
  const char *reason;
  shako_peer peer;

  shako_policy_default(&policy);
  policy.max_message_size = CHUNK_MAX;
  policy.max_errors = 0;
  policy.pipelining_early = 1; /* whatever stands behind EHLO is read */
  shako_listener_config_default(&config);
  config.hostname = "mx.example";
  config.policy = &policy;
  config.recv_buffer_size = 4096;
  CHECK(shako_listener_new(&listener, &config, NULL, &reason) == 0);
  shako_peer_default(&peer);
  CHECK(shako_session_new(&session, listener, &peer, NULL, NOW) == 0);
  shako_listener_unref(listener);

  return session;
}

/* Plays |text|, at first |first| octets of it and then |size| at a time. */
static outcome play(shako_span text, size_t first, size_t size) {
  outcome got = {0};
  shako_session *session = open_session();
  size_t n = first;

  pump(session, &got);
  while (text.len > 0 && (shako_session_want(session) & SHAKO_WANT_RECV)) {
    n = n < text.len ? n : text.len;
    CHECK(shako_session_push(session, text.ptr, n, &n) == 0);
    text = shako__slice(text, n, text.len);
    pump(session, &got);
    n = size;
  }
  CHECK(shako_session_recv_eof(session) == 0);
  pump(session, &got);
  CHECK(shako_session_want(session) == SHAKO_WANT_CLOSE);
  shako_session_free(session);

  return got;
}

static void free_outcome(outcome *what) {
  octets_free(&what->replies);
  octets_free(&what->events);
}

/* Whether |a| and |b| are the same octets. */
static bool same(const octets *a, const octets *b) {
  return a->len == b->len &&
         (a->len == 0 || memcmp(a->ptr, b->ptr, a->len) == 0);
}

/* Plays |text| likewise, and demands that the same comes of it. */
static void check(shako_span text, size_t first, size_t size,
                  const outcome *want) {
  outcome got = play(text, first, size);

  CHECK(same(&got.replies, &want->replies));
  CHECK(same(&got.events, &want->events));
  free_outcome(&got);
}

/* Returns how many replies there are in |text|. */
static unsigned count_replies(const octets *text) {
  unsigned count = 0;
  size_t start = 0;

  for (size_t i = 0; i < text->len; i++) {
    if (text->ptr[i] == '\n') {
      count += text->ptr[start + 3] == ' ';
      start = i + 1;
    }
  }
  CHECK(start == text->len);

  return count;
}

/* Adds |input| to |to|, 1 written out. */
static void expand(octets *to, const uint8_t *input, size_t len) {
  static const char x[] = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"; /* 30 */

  for (size_t i = 0; i < len; i++) {
    if (input[i] != 1) {
      octets_add(to, input + i, 1);
      continue;
    }
    for (int times = 0; times < 10; times++) {
      octets_add_text(to, x);
    }
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t len) {
  static const size_t sizes[] = {1, 2, 7, 64};
  octets all = {0};
  meaning m;
  shako_span text;
  shako_span other;
  outcome want;

  octets_add(&all, "", 0);
  expand(&all, input, len);
  text = (shako_span){all.ptr, all.len};
  read_meaning(&m, text);
  other = (shako_span){m.same.ptr, m.same.len};
  want = play(text, text.len, 1);
  CHECK(count_replies(&want.replies) == m.replies);
  check(other, other.len, 1, &want);
  for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
    if (all.len / sizes[i] < 300) {
      check(text, sizes[i], sizes[i], &want);
      check(other, sizes[i], sizes[i], &want);
    }
  }
  for (size_t i = 1; i < all.len; i++) {
    if (all.len <= 40 || all.ptr[i - 1] == '\r' || all.ptr[i] == '\r') {
      check(text, i, all.len, &want);
    }
  }
  free_outcome(&want);
  octets_free(&m.same);
  octets_free(&all);

  return 0;
}
