#include "smtp/body.h"

#include <string.h>

#if defined(__SSE2__)
#  include <emmintrin.h>
#endif

#include "base/ascii.h"

/*
 * The automaton is the truth.  In front of it runs plain(), which passes over
 * octets that the automaton would hand out one by one, a block at a time.
 *
 * plain() is asked in LINE_START, LINE and CR only, and needs to know no more
 * than the octet before.  There an octet is data unless
 *   - it is LF and the octet before is not CR, or the other way round;
 *   - it is a dot and the octet before is LF.
 * Behind a bare LF (state LINE) the second rule is too careful, which costs
 * one step of the automaton and nothing else.
 */

typedef enum octet_class { IS_OTHER, IS_CR, IS_LF, IS_DOT } octet_class;

typedef enum meaning {
  DATA, /* of the message */
  SKIP, /* a dot taken off, or the end */
  BARE  /* shows that a CR or LF is bare */
} meaning;

typedef struct transition {
  shako__body_state next;
  meaning meaning;
} transition;

/* clang-format off */
#define TO(NEXT, MEANING) {SHAKO__BODY_##NEXT, MEANING}

static const transition transitions[][4] = {
  /*  other           CR                LF                    dot */
  [SHAKO__BODY_LINE_START] =
    {TO(LINE, DATA), TO(CR, DATA),     TO(LINE, BARE),       TO(DOT, SKIP)},
  [SHAKO__BODY_LINE] =
    {TO(LINE, DATA), TO(CR, DATA),     TO(LINE, BARE),       TO(LINE, DATA)},
  [SHAKO__BODY_CR] =
    {TO(LINE, BARE), TO(CR, BARE),     TO(LINE_START, DATA), TO(LINE, BARE)},
  [SHAKO__BODY_DOT] =
    {TO(LINE, DATA), TO(DOT_CR, SKIP), TO(LINE, BARE),       TO(LINE, DATA)},
  [SHAKO__BODY_DOT_CR] =
    {TO(LINE, BARE), TO(CR, BARE),     TO(END, SKIP),        TO(LINE, BARE)},
};
/* clang-format on */

static octet_class class_of(uint8_t c) {
  switch (c) {
  case '\r':
    return IS_CR;
  case '\n':
    return IS_LF;
  case '.':
    return IS_DOT;
  }

  return IS_OTHER;
}

#if defined(__SSE2__)

static __m128i load(const uint8_t *p) {
  return _mm_loadu_si128((const __m128i *)(const void *)p);
}

static __m128i equal(__m128i block, char c) {
  return _mm_cmpeq_epi8(block, _mm_set1_epi8(c));
}

/* Marks those of the 16 octets at |p| that are not plain. */
static __m128i odd_octets(const uint8_t *p) {
  __m128i before = load(p - 1);
  __m128i here = load(p);
  __m128i torn = _mm_xor_si128(equal(before, '\r'), equal(here, '\n'));
  __m128i dot = _mm_and_si128(equal(before, '\n'), equal(here, '.'));

  return _mm_or_si128(torn, dot);
}

static bool is_plain_64(const uint8_t *p) {
  __m128i low = _mm_or_si128(odd_octets(p), odd_octets(p + 16));
  __m128i high = _mm_or_si128(odd_octets(p + 32), odd_octets(p + 48));

  return _mm_movemask_epi8(_mm_or_si128(low, high)) == 0;
}

/* Returns how many octets at |p|, of |len|, are surely data; p[-1] is the
   octet before them. */
static size_t plain(const uint8_t *p, size_t len) {
  size_t n = 0;

  while (len - n >= 64 && is_plain_64(p + n)) {
    n += 64;
  }

  while (len - n >= 16) {
    unsigned odd = (unsigned)_mm_movemask_epi8(odd_octets(p + n));

    if (odd != 0) {
      return n + (size_t)__builtin_ctz(odd);
    }

    n += 16;
  }

  return n;
}

#else

static uint64_t load(const uint8_t *p) {
  uint64_t word;

  memcpy(&word, p, sizeof(word));

  return word;
}

/* Returns 0x80 for each octet of |word| that is |c|, 0 for the others. */
static uint64_t equal(uint64_t word, uint8_t c) {
  const uint64_t ones = UINT64_MAX / 255;
  const uint64_t low = ones * 0x7f;

  word ^= ones * c;

  return ~(((word & low) + low) | word | low);
}

/* Marks those of the 8 octets at |p| that are not plain. */
static uint64_t odd_octets(const uint8_t *p) {
  uint64_t before = load(p - 1);
  uint64_t here = load(p);

  return (equal(before, '\r') ^ equal(here, '\n')) |
         (equal(before, '\n') & equal(here, '.'));
}

/* Returns how many octets at |p|, of |len|, are surely data; p[-1] is the
   octet before them. */
static size_t plain(const uint8_t *p, size_t len) {
  size_t n = 0;

  while (len - n >= 8 && odd_octets(p + n) == 0) {
    n += 8;
  }

  return n;
}

#endif

static shako__body_state state_behind(uint8_t c) {
  switch (class_of(c)) {
  case IS_CR:
    return SHAKO__BODY_CR;
  case IS_LF:
    return SHAKO__BODY_LINE_START;
  case IS_DOT:
  case IS_OTHER:
    break;
  }

  return SHAKO__BODY_LINE;
}

/* Passes over plain octets of |text| from |at|, which is not 0, on.  Returns
   where they end. */
static size_t pass_plain(shako__body *body, shako_span text, size_t at) {
  size_t n;

  if (body->state > SHAKO__BODY_CR) {
    return at;
  }

  n = plain(text.ptr + at, text.len - at);

  if (n > 0) {
    body->state = state_behind(text.ptr[at + n - 1]);
  }

  return at + n;
}

/* Whether the CR behind a dot turns out, by |next|, to be data. */
static bool was_data(const shako__body *body, uint8_t next) {
  return body->keep && body->state == SHAKO__BODY_DOT_CR && next != '\n';
}

size_t shako__body_read(shako__body *body, shako_span text, shako_span *data) {
  static const uint8_t cr = '\r';
  size_t from = 0;
  size_t at = 0;

  if (text.len > 0 && was_data(body, text.ptr[0])) {
    body->state = SHAKO__BODY_CR;
    body->kept = true;
    *data = (shako_span){&cr, 1};
    return 0;
  }
  while (at < text.len && body->state != SHAKO__BODY_END &&
         !was_data(body, text.ptr[at])) {
    const transition *to = &transitions[body->state][class_of(text.ptr[at])];
    bool is_kept = body->keep && to->meaning == BARE;
    bool is_data = (to->meaning == DATA || is_kept) && !body->bare;

    if (!is_data && from < at) {
      break;
    }

    body->state = to->next;
    body->kept = body->kept || is_kept;
    body->bare = body->bare || (to->meaning == BARE && !is_kept);
    at = pass_plain(body, text, at + 1);
    from = is_data ? from : at;
  }

  *data = shako__slice(text, from, at);

  return at;
}

/* Whether each |c| in |text| has the |mate| beside it, |step| octets on; one at
   the edge counts as if it had. */
static bool all_mated(shako_span text, char c, char mate, ptrdiff_t step) {
  const uint8_t *end = text.ptr + text.len;
  const uint8_t *at = memchr(text.ptr, c, text.len);

  while (at) {
    const uint8_t *beside = at + step;

    if (beside >= text.ptr && beside < end && *beside != (uint8_t)mate) {
      return false;
    }
    at = memchr(at + 1, c, (size_t)(end - at) - 1);
  }
  return true;
}

void shako__body_note(shako__body *body, shako_span text) {
  bool cr_before = body->state == SHAKO__BODY_CR;

  if (text.len == 0) {
    return;
  }
  body->kept = body->kept || cr_before != (text.ptr[0] == '\n') ||
               !all_mated(text, '\r', '\n', 1) ||
               !all_mated(text, '\n', '\r', -1);
  body->state =
      text.ptr[text.len - 1] == '\r' ? SHAKO__BODY_CR : SHAKO__BODY_LINE;
}

void shako__body_note_end(shako__body *body) {
  body->kept = body->kept || body->state == SHAKO__BODY_CR;
}
