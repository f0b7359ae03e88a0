#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "smtp/body.h"

#define OCTETS(TEXT)                                                           \
  { (const uint8_t *)(TEXT), sizeof(TEXT) - 1 }
#define COUNT(ARRAY) (sizeof(ARRAY) / sizeof((ARRAY)[0]))

#define TEXT_MAX 256

/* All that can be seen of a body. */
typedef struct outcome {
  uint8_t data[TEXT_MAX];
  size_t data_len;
  size_t used;
  bool bare;
  bool end;
} outcome;

static bool same(const outcome *a, const outcome *b) {
  return a->data_len == b->data_len &&
         memcmp(a->data, b->data, a->data_len) == 0 && a->used == b->used &&
         a->bare == b->bare && a->end == b->end;
}

/* Whether bare ones are kept; a test that sets it sets it back. */
static bool keep;

/* The reference: no automaton, the whole text at once, and the text of the
   standard.  The CRLF of the DATA line stands before the text. */
static void read_naively(shako_span text, outcome *want) {
  uint8_t with_crlf[TEXT_MAX + 2] = "\r\n";
  const uint8_t *t = with_crlf + 2;
  size_t limit;
  size_t i;

  memcpy(with_crlf + 2, text.ptr, text.len);
  memset(want, 0, sizeof(*want));
  want->used = text.len;
  limit = text.len;

  /* The end is CRLF.CRLF; its first CRLF belongs to the text. */
  for (i = 0; i + 3 <= text.len && !want->end; i++) {
    if (memcmp(t + i - 2, "\r\n.\r\n", 5) == 0) {
      want->end = true;
      want->used = i + 3;
      limit = i;
    }
  }

  /* The first bare one ends what is handed out. */
  for (i = 0; i < want->used && !want->bare && !keep; i++) {
    if (t[i] == '\n' && (t + i)[-1] != '\r') {
      want->bare = true;
      limit = i;
    } else if (t[i] == '\r' && i + 1 < want->used && t[i + 1] != '\n') {
      want->bare = true;
      limit = i + 1;
    }
  }

  /* A dot behind CRLF is taken off, and a CR behind that dot with it; where
     bare ones are kept, that CR only as long as it may belong to the end. */
  for (i = 0; i < limit; i++) {
    bool dot = t[i] == '.' && memcmp(t + i - 2, "\r\n", 2) == 0;
    bool dot_cr = i > 0 && memcmp(t + i - 3, "\r\n.\r", 4) == 0 &&
                  (!keep || i + 1 == text.len);

    if (!dot && !dot_cr) {
      want->data[want->data_len++] = t[i];
    }
  }
}

/* Reads |chunk| from memory of just its size, so that a sanitizer sees each
   octet that is read outside. */
static void read_chunk(shako__body *body, shako_span chunk, outcome *got) {
  uint8_t *copy = malloc(chunk.len > 0 ? chunk.len : 1);
  size_t at = 0;

  assert_non_null(copy);
  memcpy(copy, chunk.ptr, chunk.len);

  while (at < chunk.len && body->state != SHAKO__BODY_END) {
    shako_span rest = {copy + at, chunk.len - at};
    shako_span data;
    size_t n = shako__body_read(body, rest, &data);

    assert_true(n <= rest.len);
    if (n == 0) { /* a CR that was held back */
      assert_true(keep && data.len == 1 && data.ptr[0] == '\r');
    } else {
      assert_true(data.ptr >= rest.ptr && data.len <= n);
      assert_true(data.ptr + data.len <= rest.ptr + n);
    }
    memcpy(got->data + got->data_len, data.ptr, data.len);
    got->data_len += data.len;
    at += n;
  }

  got->used += at;
  free(copy);
}

static void finish(const shako__body *body, outcome *got) {
  got->bare = body->bare;
  got->end = body->state == SHAKO__BODY_END;
}

/* Reads |text| in three chunks, cut at |first| and |second|. */
static void read_cut(shako_span text, size_t first, size_t second,
                     outcome *got) {
  shako__body body = {.keep = keep};
  shako_span chunks[] = {{text.ptr, first},
                         {text.ptr + first, second - first},
                         {text.ptr + second, text.len - second}};
  size_t i;

  memset(got, 0, sizeof(*got));

  for (i = 0; i < COUNT(chunks); i++) {
    read_chunk(&body, chunks[i], got);
  }

  finish(&body, got);
}

static void read_octet_by_octet(shako_span text, outcome *got) {
  shako__body body = {.keep = keep};
  size_t i;

  memset(got, 0, sizeof(*got));

  for (i = 0; i < text.len; i++) {
    shako_span octet = {text.ptr + i, 1};

    read_chunk(&body, octet, got);
  }

  finish(&body, got);
}

static void fail_at(shako_span text, const char *what) {
  char hex[2 * TEXT_MAX + 1] = "";
  size_t i;

  for (i = 0; i < text.len; i++) {
    hex[2 * i] = "0123456789abcdef"[text.ptr[i] >> 4];
    hex[2 * i + 1] = "0123456789abcdef"[text.ptr[i] & 15];
  }

  fail_msg("%s: %s", what, hex);
}

/* At every cut, at all pairs of cuts where |text| is short, and octet by
   octet, it reads as |want|. */
static void check_splits(shako_span text, const outcome *want,
                         const char *what) {
  outcome got;
  size_t i;
  size_t k;

  read_octet_by_octet(text, &got);

  if (!same(&got, want)) {
    fail_at(text, what);
  }

  for (i = 0; i <= text.len; i++) {
    for (k = i; k <= (text.len <= 24 ? text.len : i); k++) {
      read_cut(text, i, k, &got);

      if (!same(&got, want)) {
        fail_at(text, what);
      }
    }
  }
}

static void check_against_reference(shako_span text, const char *what) {
  outcome want;

  read_naively(text, &want);
  check_splits(text, &want, what);
}

/* A body of one row, with octets behind it that are not the message's. */
typedef struct body_row {
  shako_span text;
  shako_span data;
  size_t left; /* octets of |text| behind the end */
  bool end;
  bool bare;
  const char *why;
} body_row;

static void check_rows(const body_row *rows, size_t count) {
  size_t i;

  for (i = 0; i < count; i++) {
    outcome want = {.data_len = rows[i].data.len,
                    .used = rows[i].text.len - rows[i].left,
                    .bare = rows[i].bare,
                    .end = rows[i].end};

    memcpy(want.data, rows[i].data.ptr, rows[i].data.len);
    check_splits(rows[i].text, &want, rows[i].why);
    check_against_reference(rows[i].text, rows[i].why);
  }
}

static void one_dot_is_taken_off_each_line(void **state) {
  static const body_row rows[] = {
      {OCTETS(".\r\n"), OCTETS(""), 0, true, false, "an empty message"},
      {OCTETS("a\r\n.\r\n"), OCTETS("a\r\n"), 0, true, false, "one line"},
      {OCTETS("\r\n.\r\n"), OCTETS("\r\n"), 0, true, false, "an empty line"},
      {OCTETS("a\r\n.\r\nQUIT\r\n"), OCTETS("a\r\n"), 6, true, false,
       "what follows is no message"},
      {OCTETS(".\r\n.\r\n"), OCTETS(""), 3, true, false, "ends but once"},
      {OCTETS("..\r\n.\r\n"), OCTETS(".\r\n"), 0, true, false,
       "two dots at the start"},
      {OCTETS("a\r\n..\r\n.\r\n"), OCTETS("a\r\n.\r\n"), 0, true, false,
       "s06: CRLF..CRLF"},
      {OCTETS("a\r\n...\r\n.\r\n"), OCTETS("a\r\n..\r\n"), 0, true, false,
       "one of three"},
      {OCTETS(".a\r\n.b\r\n.\r\n"), OCTETS("a\r\nb\r\n"), 0, true, false,
       "dots that nobody doubled"},
      {OCTETS("a.\r\n.\r\n"), OCTETS("a.\r\n"), 0, true, false,
       "a dot at the end of a line"},
      {OCTETS("a.b\r\n.\r\n"), OCTETS("a.b\r\n"), 0, true, false,
       "a dot inside a line"},
      {OCTETS(". \r\n.\r\n"), OCTETS(" \r\n"), 0, true, false,
       "s06: CRLF. CRLF"},
      {OCTETS("\0\r\n.\r\n"), OCTETS("\0\r\n"), 0, true, false, "NUL is data"},
      {OCTETS("\xff\x80\r\n.\r\n"), OCTETS("\xff\x80\r\n"), 0, true, false,
       "8-bit octets are data"},
      {OCTETS("a\r\n.\r"), OCTETS("a\r\n"), 0, false, false, "not yet"},
      {OCTETS("a\r\n."), OCTETS("a\r\n"), 0, false, false, "not yet"},
      {OCTETS("a\r\n"), OCTETS("a\r\n"), 0, false, false, "not yet"},
      {OCTETS("a\r"), OCTETS("a\r"), 0, false, false, "not bare yet"},
      {OCTETS("a"), OCTETS("a"), 0, false, false, "not yet"},
      {OCTETS(""), OCTETS(""), 0, false, false, "nothing"},
  };

  (void)state;
  check_rows(rows, COUNT(rows));
}

static void t35_lines_that_look_like_the_end_are_data(void **state) {
  static const body_row rows[] = {
      {OCTETS("foo\n.\r\n\r\n.\r\n"), OCTETS("foo"), 0, true, true,
       "LF.CRLF behind a word"},
      {OCTETS("foo\n.\r\n.\r\n"), OCTETS("foo"), 0, true, true,
       "LF.CRLF, then the end"},
      {OCTETS(".x\n\r\n.\r\n"), OCTETS("x"), 0, true, true, ".x LF"},
      {OCTETS(".\r\r\n\r\n.\r\n"), OCTETS(""), 0, true, true, ".CR CR LF"},
      {OCTETS(".\r\r\n.\r\n"), OCTETS(""), 0, true, true,
       ".CR CR LF, then the end"},
      {OCTETS(".\n\r\n.\r\n"), OCTETS(""), 0, true, true, ".LF"},
      {OCTETS(".\rx\r\n.\r\n"), OCTETS(""), 0, true, true, ".CR x"},
      {OCTETS("\n.\r\n"), OCTETS(""), 0, false, true,
       "LF.CRLF at the very start"},
      {OCTETS("\r.\r\n"), OCTETS("\r"), 0, false, true,
       "CR.CRLF at the very start"},
  };

  (void)state;
  check_rows(rows, COUNT(rows));
}

/* Sequences that some server takes, or took, for the end of a message. */
static const struct vector {
  shako_span octets;
  bool bare;
  const char *why;
} vectors[] = {
    {OCTETS("\n.\n"), true, "LF.LF"},
    {OCTETS("\n.\r\n"), true, "LF.CRLF"},
    {OCTETS("\n.\r"), true, "LF.CR"},
    {OCTETS("\r.\n"), true, "CR.LF"},
    {OCTETS("\r.\r"), true, "CR.CR"},
    {OCTETS("\r.\r\n"), true, "CR.CRLF"},
    {OCTETS("\r\n.\n"), true, "CRLF.LF"},
    {OCTETS("\r\n.\r"), true, "CRLF.CR"},
    {OCTETS("\r\n.\r\r\n"), true, "CRLF.CRCRLF"},
    {OCTETS("\r\r\n.\r\r\n"), true, "CRCRLF.CRCRLF"},
    {OCTETS("\r\n\0.\r\n"), false, "CRLF NUL.CRLF"},
    {OCTETS("\r\n.\0\r\n"), false, "CRLF.NUL CRLF"},
    {OCTETS("\r\n.\r\0\n"), true, "CRLF.CR NUL LF"},
    {OCTETS("\r\0\n.\r\n"), true, "CR NUL LF.CRLF"},
    {OCTETS("\n\0.\r\n"), true, "LF NUL.CRLF"},
    {OCTETS("\r\n..\r\n"), false, "CRLF..CRLF"},
    {OCTETS("\r\n. \r\n"), false, "CRLF. CRLF"},
    {OCTETS("\r\n .\r\n"), false, "CRLF .CRLF"},
    {OCTETS("\n\r.\r\n"), true, "LFCR.CRLF"},
    {OCTETS("\n\r.\n\r"), true, "LFCR.LFCR"},
    {OCTETS("\r\n.\n\r\n"), true, "CRLF.LFCRLF"},
    {OCTETS("\r\n\n.\r\n"), true, "CRLFLF.CRLF"},
    {OCTETS("\r\n\r.\r\n"), true, "CRLFCR.CRLF"},
    {OCTETS("\x85.\x85"), false, "NEL.NEL"},
    {OCTETS("\x0b.\x0b"), false, "VT.VT"},
    {OCTETS("\x0c.\x0c"), false, "FF.FF"},
    {OCTETS("\r\n\xe3\x80\x82\r\n"), false, "ideographic full stop"},
};

/* Puts |before|, |vector| and |after| together and checks that the message
   ends with the last octet and no sooner. */
static void check_vector(const char *before, const struct vector *vector,
                         const char *after) {
  size_t before_len = strlen(before);
  size_t after_len = strlen(after);
  uint8_t octets[TEXT_MAX];
  shako_span text = {octets, before_len + vector->octets.len + after_len};
  outcome want;

  memcpy(octets, before, before_len);
  memcpy(octets + before_len, vector->octets.ptr, vector->octets.len);
  memcpy(octets + before_len + vector->octets.len, after, after_len);
  read_naively(text, &want);

  if (!want.end || want.used != text.len || want.bare != vector->bare) {
    fail_at(text, vector->why);
  }

  check_splits(text, &want, vector->why);
}

static void t33_s06_nothing_else_ends_a_message(void **state) {
  size_t i;

  (void)state;

  for (i = 0; i < COUNT(vectors); i++) {
    check_vector("a", &vectors[i], "b\r\n.\r\n");
    check_vector("", &vectors[i], "b\r\n.\r\n");
    check_vector("a\r\nb", &vectors[i], "MAIL FROM:<b@c>\r\n.\r\n");
    check_vector("twenty plain octets ", &vectors[i],
                 "and then as many more as it takes to fill a block of 64 and "
                 "the next\r\n.\r\n");
  }
}

/* Octets that differ from CR, LF and dot in the highest bit alone, among others
   that have it. */
static void octets_with_the_highest_bit_are_no_line_ends(void **state) {
  static const struct vector others[] = {
      {OCTETS("\x8d\n\x8a"), true, "8D LF"},
      {OCTETS("\r\x8a\x8d"), true, "CR 8A"},
      {OCTETS("\x8d\x8a.\x8d\x8a"), false, "8D 8A.8D 8A"},
      {OCTETS("\r\n\xae\r\n"), false, "CRLF AE CRLF"},
  };
  char before[21] = {0};
  char after[81] = {0};
  size_t i;

  (void)state;
  memset(before, 0xff, 20);
  memset(after, 0xff, 75);
  memcpy(after + 75, "\r\n.\r\n", 5);

  for (i = 0; i < COUNT(others); i++) {
    check_vector(before, &others[i], after);
  }
}

static void s02_nothing_is_handed_out_behind_a_bare_one(void **state) {
  static const body_row rows[] = {
      {OCTETS("a\nb\r\nc\r\n.\r\n"), OCTETS("a"), 0, true, true, "LF"},
      {OCTETS("a\rb\r\nc\r\n.\r\n"), OCTETS("a\r"), 0, true, true, "CR"},
      {OCTETS("a\r\r\nb\r\n.\r\n"), OCTETS("a\r"), 0, true, true, "CR CRLF"},
      {OCTETS("a\r\n\nb\r\n.\r\n"), OCTETS("a\r\n"), 0, true, true, "CRLF LF"},
      {OCTETS("a\r\n..\nb\r\n.\r\n"), OCTETS("a\r\n."), 0, true, true,
       "LF behind a doubled dot"},
      {OCTETS("a\n"
              "0123456789012345678901234567890123456789"
              "0123456789012345678901234567890123456789\r\n.\r\nQUIT\r\n"),
       OCTETS("a"), 6, true, true, "long enough for a block"},
  };

  (void)state;
  check_rows(rows, COUNT(rows));
}

static void crlf_dot_crlf_ends_behind_any_bare_one(void **state) {
  static const body_row rows[] = {
      {OCTETS("a\r\r\n.\r\nQUIT"), OCTETS("a\r"), 4, true, true,
       "CR before it"},
      {OCTETS("a\n\r\n.\r\nQUIT"), OCTETS("a"), 4, true, true, "LF before it"},
      {OCTETS(".\r\r\n.\r\nQUIT"), OCTETS(""), 4, true, true, ".CR before it"},
  };

  (void)state;
  check_rows(rows, COUNT(rows));
}

static void nothing_is_used_behind_the_end(void **state) {
  shako__body body = {.state = SHAKO__BODY_END};
  shako_span text = OCTETS("QUIT\r\n");
  shako_span data;

  (void)state;

  assert_int_equal(shako__body_read(&body, text, &data), 0);
  assert_int_equal(data.len, 0);
}

/* Nothing but a dot that is taken off, or the end, splits what is in hand. */
static void what_is_data_comes_in_one_piece(void **state) {
  shako_span text = OCTETS("One line.\r\nAnd.\r\n\r\na.b\r\nThe last\r\n");
  shako__body body = {0};
  shako_span data;

  (void)state;
  assert_int_equal(shako__body_read(&body, text, &data), text.len);
  assert_ptr_equal(data.ptr, text.ptr);
  assert_int_equal(data.len, text.len);
}

/* Not even where a CR is held back of which the next octet decides. */
static void of_no_octets_nothing_is_read(void **state) {
  static const uint8_t dot_cr[] = {'.', '\r'};
  shako__body body = {.keep = true};
  shako_span data;

  (void)state;
  assert_int_equal(shako__body_read(&body, (shako_span){dot_cr, 2}, &data), 2);
  assert_int_equal(data.len, 0);
  assert_int_equal(shako__body_read(&body, (shako_span){dot_cr, 0}, &data), 0);
  assert_int_equal(data.len, 0);
  assert_int_equal(body.state, SHAKO__BODY_DOT_CR);
}

static uint32_t next_random(uint32_t *seed) {
  *seed ^= *seed << 13;
  *seed ^= *seed >> 17;
  *seed ^= *seed << 5;

  return *seed;
}

static const uint8_t alphabet[] = {'\r', '\n', '.', 'a', '\0'};

static void all_short_texts_read_as_the_reference_has_it(void **state) {
  uint8_t octets[7];
  size_t total = 1;
  size_t len;

  (void)state;

  for (len = 0; len <= COUNT(octets); len++) {
    shako_span text = {octets, len};
    size_t n;

    for (n = 0; n < total; n++) {
      size_t digits = n;
      size_t i;

      for (i = 0; i < len; i++) {
        octets[i] = alphabet[digits % COUNT(alphabet)];
        digits /= COUNT(alphabet);
      }

      check_against_reference(text, "a short text");
    }

    total *= COUNT(alphabet);
  }
}

/* Fills |octets| with up to |max| of the alphabet, one by one. */
static size_t random_octets(uint32_t *seed, uint8_t *octets, size_t max) {
  size_t len = next_random(seed) % (max + 1);
  size_t i;

  for (i = 0; i < len; i++) {
    octets[i] = alphabet[next_random(seed) % COUNT(alphabet)];
  }

  return len;
}

/* Fills |octets| with up to |max|, mostly such as make lines, and some that
   differ from CR, LF and dot in the highest bit alone. */
static size_t random_lines(uint32_t *seed, uint8_t *octets, size_t max) {
  static const shako_span pieces[] = {
      OCTETS("aaaaaaaaaaaaaaaaa"),
      OCTETS("aaaaaaa"),
      OCTETS("aaa"),
      OCTETS("a.a"),
      OCTETS("\r\n"),
      OCTETS("\r\n"),
      OCTETS("\r\n\r\n"),
      OCTETS("\r\n.."),
      OCTETS("\r\na"),
      OCTETS("\x8a\x8d\xae"),
      OCTETS("\0"),
      OCTETS("."),
      OCTETS("\r\n.\r\n"),
      OCTETS("\x8d\n"),
      OCTETS("\r\x8a"),
      OCTETS("\r"),
      OCTETS("\n"),
  };
  size_t kinds = next_random(seed) % 4 == 0 ? COUNT(pieces) : 10;
  size_t len = 0;

  for (;;) {
    shako_span piece = pieces[next_random(seed) % kinds];

    if (len + piece.len > max || next_random(seed) % 64 == 0) {
      return len;
    }

    memcpy(octets + len, piece.ptr, piece.len);
    len += piece.len;
  }
}

static void random_texts_read_as_the_reference_has_it(void **state) {
  uint32_t seed = 3207;
  unsigned i;

  (void)state;

  for (i = 0; i < 300000; i++) {
    uint8_t octets[TEXT_MAX];
    shako_span text = {octets, 0};
    outcome want;
    outcome got;

    text.len = i % 2 == 0 ? random_octets(&seed, octets, 100)
                          : random_lines(&seed, octets, 200);
    read_naively(text, &want);
    read_cut(text, 0, 0, &got);

    if (!same(&got, &want)) {
      fail_at(text, "whole");
    }

    if (i % 50 == 0) {
      check_splits(text, &want, "split");
    }
  }
}

static void what_is_kept_reads_as_the_reference_has_it(void **state) {
  keep = true;
  all_short_texts_read_as_the_reference_has_it(state);
  random_texts_read_as_the_reference_has_it(state);
  keep = false;
}

static bool has_bare(shako_span text) {
  for (size_t i = 0; i < text.len; i++) {
    bool behind_cr = i > 0 && text.ptr[i - 1] == '\r';

    if (behind_cr != (text.ptr[i] == '\n')) {
      return true;
    }
  }
  return text.len > 0 && text.ptr[text.len - 1] == '\r';
}

/* All texts of 7 octets out of CR, LF, a dot and another, at every split. */
static void s08_a_bare_one_in_chunks_is_noted(void **state) {
  static const uint8_t kinds[] = {'\r', '\n', '.', 'x'};
  uint8_t octets[7];

  (void)state;
  for (uint32_t i = 0; i < 1u << (2 * sizeof(octets)); i++) {
    for (size_t k = 0; k < sizeof(octets); k++) {
      octets[k] = kinds[i >> (2 * k) & 3];
    }
    for (size_t cut = 0; cut <= sizeof(octets); cut++) {
      const shako_span whole = {octets, sizeof(octets)};
      shako__body body = {.keep = false};

      shako__body_note(&body, (shako_span){octets, cut});
      shako__body_note(&body, (shako_span){octets + cut, sizeof(octets) - cut});
      shako__body_note_end(&body);
      if (body.kept != has_bare(whole)) {
        fail_at(whole, "noted otherwise");
      }
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(one_dot_is_taken_off_each_line),
      cmocka_unit_test(t35_lines_that_look_like_the_end_are_data),
      cmocka_unit_test(t33_s06_nothing_else_ends_a_message),
      cmocka_unit_test(octets_with_the_highest_bit_are_no_line_ends),
      cmocka_unit_test(s02_nothing_is_handed_out_behind_a_bare_one),
      cmocka_unit_test(crlf_dot_crlf_ends_behind_any_bare_one),
      cmocka_unit_test(nothing_is_used_behind_the_end),
      cmocka_unit_test(what_is_data_comes_in_one_piece),
      cmocka_unit_test(of_no_octets_nothing_is_read),
      cmocka_unit_test(all_short_texts_read_as_the_reference_has_it),
      cmocka_unit_test(random_texts_read_as_the_reference_has_it),
      cmocka_unit_test(s08_a_bare_one_in_chunks_is_noted),
      cmocka_unit_test(what_is_kept_reads_as_the_reference_has_it),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
