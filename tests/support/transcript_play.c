#include "transcript_run.h"

#include <string.h>

/* Blocks longer than this are not split everywhere. */
#define ALL_SPLITS  2000u
#define SOME_SPLITS 400u
/* Of octets said in a file: in one that is longer every split is played in
   one variant, each in its turn, and not in all of them. */
#define LONG_FILE 6000u

typedef struct play {
  const transcript *script;
  unsigned *runs;
  octets *message;
  octets text; /* what the server said in the first run */
  bool has_text;
  unsigned turn;
} play;

static bool play_once(play *p, const run_variant *variant) {
  octets text = {0};
  (*p->runs)++;
  bool ok = transcript_run(p->script, variant, &text, p->message);
  if (ok && p->has_text && !p->script->head.timing &&
      (text.len != p->text.len ||
       (text.len > 0 && memcmp(text.ptr, p->text.ptr, text.len) != 0))) {
    octets_print(p->message,
                 "%s: the server's words are others than in the first run:\n"
                 "%s\nand now:\n%s",
                 p->script->path, octets_text(&p->text), octets_text(&text));
    ok = false;
  }
  if (!p->has_text) {
    p->text = text;
    p->has_text = true;
  } else {
    octets_free(&text);
  }
  return ok;
}

/* Whether TLS is ever in the file; if not there is one framing. */
static bool has_records(const transcript *script) {
  return script->side == TRANSCRIPT_SIDE_TLS || script->has_tls;
}

/* Plays |delivery| in all other respects. */
static bool play_delivery(play *p, run_delivery delivery, size_t split,
                          bool in_turn) {
  run_variant variant = {.delivery = delivery, .split = split};
  unsigned framings = has_records(p->script) ? 2 : 1;
  unsigned all = framings * 2 * RUN_ACKS_COUNT;
  for (unsigned i = 0; i < all; i++) {
    if (in_turn && i != p->turn % all) {
      continue;
    }
    variant.withheld = i % 2;
    variant.acks = (run_acks)(i / 2 % RUN_ACKS_COUNT);
    variant.framing = (run_framing)(i / 2 / RUN_ACKS_COUNT);
    if (!play_once(p, &variant)) {
      return false;
    }
  }
  p->turn++;
  return true;
}

static size_t block_len(const transcript *script, const transcript_step *step) {
  size_t len = step->kind == TRANSCRIPT_STEP_TLS ? 32 : 0;
  for (size_t i = 0; i < step->piece_count; i++) {
    size_t piece = step->pieces[i].octets.len;
    len += piece;
    if (has_records(script)) {
      len += FAKE_HEADER * (2 + piece / FAKE_RECORD_MAX);
    }
  }
  return len;
}

static size_t reply_len(const transcript_step *step) {
  size_t len = 0;
  for (size_t i = 0; i < step->outcomes[0].count; i++) {
    const transcript_item *item = &step->outcomes[0].items[i];
    len += item->is_event ? 0 : strlen(item->text);
  }
  return len;
}

/* Splits every block up to ALL_SPLITS everywhere, and longer ones there and
   near the end and here and there between. */
static bool play_splits(play *p) {
  size_t small = 0;
  size_t large = 0;
  size_t total = 0;
  for (size_t i = 0; i < p->script->count; i++) {
    size_t len = block_len(p->script, &p->script->steps[i]);
    total += len + reply_len(&p->script->steps[i]);
    small = len <= ALL_SPLITS && len > small ? len : small;
    large = len > large ? len : large;
  }
  bool in_turn = total > LONG_FILE;
  for (size_t at = 1; at < small; at++) {
    if (!play_delivery(p, RUN_DELIVERY_SPLIT, at, in_turn)) {
      return false;
    }
  }
  size_t from = small > 0 ? small : 1;
  size_t stride = (large - small) / (SOME_SPLITS / 2) + 1;
  for (size_t at = from; at < large; at++) {
    bool near_end = at + SOME_SPLITS / 4 > large;
    bool near_start = at < SOME_SPLITS / 4;
    if ((near_end || near_start || (at - from) % stride == 0) &&
        !play_delivery(p, RUN_DELIVERY_SPLIT, at, in_turn)) {
      return false;
    }
  }
  return true;
}

bool transcript_play(const transcript *script, unsigned *runs,
                     octets *message) {
  play p = {.script = script, .runs = runs, .message = message};
  bool ok = play_delivery(&p, RUN_DELIVERY_WHOLE, 0, false) &&
            play_delivery(&p, RUN_DELIVERY_OCTETS, 0, false) && play_splits(&p);
  octets_free(&p.text);
  return ok;
}

static bool play_side(const char *path, transcript_side side, bool *wrapped,
                      unsigned *runs, octets *message) {
  transcript *script = transcript_read(path, side, message);
  bool ok = script != NULL;
  if (ok) {
    *wrapped = transcript_is_wrapped(script);
    bool skipped =
        side == TRANSCRIPT_SIDE_CLEAR ? script->head.only_tls : !*wrapped;
    ok = skipped || transcript_play(script, runs, message);
    transcript_free(script);
  }
  return ok;
}

bool transcript_play_file(const char *path, unsigned *runs, octets *message) {
  bool wrapped = false;
  return play_side(path, TRANSCRIPT_SIDE_CLEAR, &wrapped, runs, message) &&
         (!wrapped ||
          play_side(path, TRANSCRIPT_SIDE_TLS, &wrapped, runs, message));
}
