#include <stdlib.h>
#include <string.h>

#include "session_model.h"

#define LINE_MAX_SIZE 512u

static bool is_digit(uint8_t c) {
  return c >= '0' && c <= '9';
}

/* "2.1.0 " */
static bool has_enhanced(const uint8_t *at, size_t len) {
  size_t i = 0;
  int dots = 0;

  while (i < len && (is_digit(at[i]) || at[i] == '.')) {
    dots += at[i] == '.';
    i++;
  }
  return dots == 2 && i >= 5 && i < len && at[1] == '.' && at[i] == ' ';
}

/* Reads one line.  Returns its length, or 0 where it is not all there. */
static size_t read_line(const run *r, const uint8_t *at, size_t len,
                        reply *line, bool *more) {
  const uint8_t *lf = memchr(at, '\n', len);
  size_t n;

  if (!lf) {
    return 0;
  }
  n = (size_t)(lf - at) + 1;
  HOLDS(r, n >= 6 && n <= LINE_MAX_SIZE, "a reply's line is too long or short");
  HOLDS(r, at[n - 2] == '\r', "a reply's line ends in a bare LF");
  HOLDS(r, at[0] >= '2' && at[0] <= '5' && is_digit(at[1]) && is_digit(at[2]),
        "a reply has no code");
  HOLDS(r, at[3] == ' ' || at[3] == '-', "no space or hyphen behind a code");
  for (size_t i = 4; i < n - 2; i++) {
    HOLDS(r, at[i] >= 0x20 && at[i] <= 0x7e, "a reply is not printable");
  }
  line->code = (at[0] - '0') * 100 + (at[1] - '0') * 10 + at[2] - '0';
  line->enhanced = has_enhanced(at + 4, n - 6);
  HOLDS(r, !line->enhanced || at[4] == at[0],
        "an enhanced code of another class");
  *more = at[3] == '-';
  return n;
}

/* Reads a reply.  Returns its length, or 0 where it is not all there. */
static size_t read_reply(const run *r, const octets *text, size_t from,
                         reply *out) {
  size_t at = from;
  bool more = true;

  while (more) {
    reply line;
    size_t n = read_line(r, text->ptr + at, text->len - at, &line, &more);

    if (n == 0) {
      return 0;
    }
    if (at == from) {
      *out = line;
    }
    HOLDS(r, line.code == out->code, "a reply of two codes");
    HOLDS(r, line.enhanced == out->enhanced, "an enhanced code here and there");
    at += n;
  }
  return at - from;
}

/* Whether the last octets may be missing. */
static bool is_torn(const run *r) {
  return r->lost || !r->closed || strcmp(r->how, "lost") == 0 ||
         r->memory.failed || r->settings->ending == SETTINGS_ENDING_SILENCE ||
         r->settings->tick > 0 ||
         settings_has_answer(r->settings, SETTINGS_ANSWER_NEVER);
}

/* Reads replies from |*at| on, up to the |stop|th with code 220 (0: all). */
static void read_replies(const run *r, const octets *text, size_t *at,
                         unsigned stop, octets *out) {
  unsigned greetings = 0;

  while (*at < text->len) {
    reply next;
    size_t n = read_reply(r, text, *at, &next);

    if (n == 0) {
      HOLDS(r, is_torn(r), "a reply without its end");
      *at = text->len;
      return;
    }
    octets_add(out, &next, sizeof(next));
    *at += n;
    greetings += next.code == 220;
    if (stop != 0 && greetings == stop) {
      return;
    }
  }
}

/* Reads the engine's records from |at| on. */
static void read_records(transcript *t, const run *r, size_t at) {
  fake_view *view = must_alloc(sizeof(*view));

  while (at < r->wire.len) {
    fake_decoded decoded =
        fake_decode(view, r->wire.ptr + at, r->wire.len - at);

    HOLDS(r, decoded != FAKE_DECODED_BAD, "clear text where TLS is");
    if (decoded == FAKE_DECODED_NOTHING) {
      HOLDS(r, is_torn(r), "a record without its end");
      break;
    }
    HOLDS(r, !t->closed, "a record behind close_notify");
    if (view->type == FAKE_DATA) {
      octets_add(&t->inner, view->payload, view->len);
    } else if (view->type == FAKE_ALERT && view->len == 5) {
      t->closed = memcmp(view->payload, "CLOSE", 5) == 0;
    }
    at += view->used;
  }
  free(view);
}

/* Where the clear text ends; all of it is read. */
static size_t read_clear(transcript *t, const run *r) {
  size_t at = 0;

  if (!r->settings->implicit) {
    read_replies(r, &r->wire, &at, 2, &t->clear_replies);
  }
  octets_add(&t->clear, r->wire.ptr, at);
  return at;
}

void transcript_read(transcript *t, const run *r) {
  size_t inner = 0;
  size_t at;

  memset(t, 0, sizeof(*t));
  at = read_clear(t, r);
  if (!r->switched) {
    HOLDS(r, at == r->wire.len, "a 220 to nothing");
    return;
  }
  if (settings_has_engine(r->settings)) {
    read_records(t, r, at);
  } else {
    HOLDS(r, at == r->wire.len || r->external_done,
          "clear text before the application's handshake");
    HOLDS(r, !r->external_done || at == r->external_at,
          "clear text between the 220 and the application's handshake");
    HOLDS(r, at == r->wire.len || r->secure,
          "clear text after the application's failed handshake");
    octets_add(&t->inner, r->wire.ptr + at, r->wire.len - at);
  }
  read_replies(r, &t->inner, &inner, 0, &t->inner_replies);
  HOLDS(r, t->inner.len == 0 || r->secure, "replies before the handshake");
}

void transcript_free(transcript *t) {
  octets_free(&t->clear);
  octets_free(&t->inner);
  octets_free(&t->clear_replies);
  octets_free(&t->inner_replies);
}
