/* A whole session: whatever the peer sends, however it is cut up, and whatever
   the application answers, the session is as its headers promise.  README.md
   has the list of what is asserted. */

#include <stdio.h>
#include <string.h>

#include "check.h"
#include "session_model.h"

/* How the same input is handed over. */
typedef enum way { WAY_WHOLE, WAY_OCTETS, WAY_CHOSEN, WAY_COUNT } way;

/* Longer inputs teach nothing that shorter ones do not. */
#define PEER_MAX 16384u

/* What of the settings changes with the way: the octets' handling, and what is
   counted in steps. */
static void take_way(settings *s, way how, size_t len) {
  size_t total = len * s->repeat;
  size_t more = s->repeat - 1 + (total > 4096 ? total / 64 : 0);

  if (s->send_size != 0) {
    s->send_size += more;
  }
  if (how == WAY_CHOSEN) {
    if (s->piece != 0) {
      s->piece += total / 1024;
    }
    return;
  }
  s->piece = how == WAY_WHOLE ? 0 : 1 + total / 1024;
  s->send_size = how == WAY_WHOLE ? 0 : 7 + more;
  s->send_late = false;
  s->handling = SETTINGS_HANDLING_LOANS;
  s->order = SETTINGS_ORDER_POLL;
  s->tick = 0;
  if (s->ending != SETTINGS_ENDING_SILENCE &&
      s->ending != SETTINGS_ENDING_EOF_AT_ONCE) {
    s->ending = SETTINGS_ENDING_EOF;
  }
}

/* Whether the chosen way ends as the others do. */
static bool is_comparable(const settings *chosen) {
  return chosen->tick == 0 && (chosen->ending == SETTINGS_ENDING_EOF ||
                               chosen->ending == SETTINGS_ENDING_SILENCE ||
                               chosen->ending == SETTINGS_ENDING_EOF_AT_ONCE);
}

/* Where the peer does not wait for the reply to STARTTLS, what stands behind
   it in one piece is injected, and in two it is TLS; and where early octets
   are minded, it depends on when they come. */
static bool is_timing(const run *r) {
  return r->injected || !r->settings->policy.pipelining_early ||
         (r->muddled && !r->settings->implicit);
}

static bool is_same(const octets *a, const octets *b) {
  return a->len == b->len && (a->len == 0 || !memcmp(a->ptr, b->ptr, a->len));
}

/* Whether one is the beginning of the other. */
static bool is_alike(const octets *a, const octets *b) {
  size_t len = a->len < b->len ? a->len : b->len;

  return len == 0 || memcmp(a->ptr, b->ptr, len) == 0;
}

/* Whether replies may have been lost on the way out. */
static bool loses_replies(const run *r) {
  return r->lost || strcmp(r->how, "tls-failed") == 0;
}

/* A message that is no message may be handed out in part. */
static void compare_messages(const run *a, const run *b) {
  HOLDS(b, run_message_count(a) == run_message_count(b), "more messages");
  for (size_t i = 0; i < run_message_count(a); i++) {
    const run_message *one = run_message_at(a, i);
    const run_message *other = run_message_at(b, i);
    size_t len = one->to - one->from;
    size_t more = other->to - other->from;

    HOLDS(b, one->complete == other->complete, "a message, and none");
    HOLDS(b, !one->complete || len == more, "another message");
    len = len < more ? len : more;
    HOLDS(b,
          len == 0 || memcmp(a->bodies.ptr + one->from,
                             b->bodies.ptr + other->from, len) == 0,
          "another message's octets");
  }
}

/* The same events and the same replies, however the input was cut up. */
static void compare(const run *a, const transcript *ta, const run *b,
                    const transcript *tb) {
  HOLDS(a,
        is_same(&a->log, &b->log) ||
            (fprintf(stderr, "other events:\n%s", octets_text(&b->log)), false),
        "cut up otherwise, other events");
  compare_messages(a, b);
  if (loses_replies(a)) {
    HOLDS(a, is_alike(&ta->clear, &tb->clear), "other replies in the clear");
    HOLDS(a, is_alike(&ta->inner, &tb->inner), "other replies inside TLS");
  } else {
    HOLDS(a, is_same(&ta->clear, &tb->clear), "other replies in the clear");
    HOLDS(a, is_same(&ta->inner, &tb->inner), "other replies inside TLS");
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t len) {
  static run runs[WAY_COUNT];
  transcript transcripts[WAY_COUNT];
  settings s[WAY_COUNT];
  bool timing = false;

  if (!settings_read(&s[WAY_CHOSEN], input, len) ||
      len > SETTINGS_HEAD + PEER_MAX) {
    return 0;
  }
  input += SETTINGS_HEAD;
  len -= SETTINGS_HEAD;
  s[WAY_WHOLE] = s[WAY_OCTETS] = s[WAY_CHOSEN];
  for (way i = WAY_WHOLE; i < WAY_COUNT; i++) {
    take_way(&s[i], i, len);
    run_play(&runs[i], &s[i], input, len);
    transcript_read(&transcripts[i], &runs[i]);
    if (s[i].offers == SETTINGS_OFFERS_NONE) {
      model_walk(&runs[i], &transcripts[i]);
    }
    timing = timing || is_timing(&runs[i]);
  }
  if (!timing) {
    compare(&runs[WAY_WHOLE], &transcripts[WAY_WHOLE], &runs[WAY_OCTETS],
            &transcripts[WAY_OCTETS]);
  }
  if (!timing && is_comparable(&s[WAY_CHOSEN])) {
    compare(&runs[WAY_WHOLE], &transcripts[WAY_WHOLE], &runs[WAY_CHOSEN],
            &transcripts[WAY_CHOSEN]);
  }
  for (way i = WAY_WHOLE; i < WAY_COUNT; i++) {
    transcript_free(&transcripts[i]);
    run_free(&runs[i]);
  }
  return 0;
}
