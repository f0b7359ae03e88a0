/* The text of DATA: whatever it is and however it is split, it reads as an
   independent automaton has it. */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "smtp/body.h"

/* All that can be seen of a body. */
typedef struct outcome {
  uint8_t *data;
  size_t data_len;
  size_t used;
  bool bare;
  bool end;
} outcome;

/* The reference knows the last four octets, newest lowest, and no states.
   CRLF stands before the text. */
typedef struct reference {
  uint32_t last;
  bool keep; /* a bare CR or LF is data */
  outcome out;
} reference;

#define CRLF 0x0d0au

static void reference_step(reference *r, uint8_t c) {
  bool line_start = (r->last & 0xffff) == CRLF;
  bool behind_dot = (r->last & 0xffffff) == (CRLF << 8 | '.');
  bool cr_before = (r->last & 0xff) == '\r';
  bool held_back = r->last == (CRLF << 16 | '.' << 8 | '\r');

  r->out.used++;

  if (held_back && c != '\n' && r->keep) {
    r->out.data[r->out.data_len++] = '\r';
  }

  if (held_back && c == '\n') {
    r->out.end = true;
  } else if (cr_before != (c == '\n') && !r->keep) {
    r->out.bare = true;
  } else if (!r->out.bare && !(line_start && c == '.') &&
             !(behind_dot && c == '\r')) {
    r->out.data[r->out.data_len++] = c;
  }

  r->last = r->last << 8 | c;
}

static void read_reference(const uint8_t *octets, size_t len, bool keep,
                           outcome *want) {
  reference r = {CRLF, keep, *want};
  size_t i;

  for (i = 0; i < len && !r.out.end; i++) {
    reference_step(&r, octets[i]);
  }

  *want = r.out;
}

/* Reads |len| octets from memory of just that size. */
static void read_chunk(shako__body *body, const uint8_t *octets, size_t len,
                       outcome *got) {
  uint8_t *copy = malloc(len);
  shako_span rest = {copy, len};

  CHECK(copy != NULL);
  memcpy(copy, octets, len);

  while (rest.len > 0 && body->state != SHAKO__BODY_END) {
    shako_span data;
    size_t n = shako__body_read(body, rest, &data);

    CHECK(n <= rest.len);
    if (n == 0) { /* a CR that was held back */
      CHECK(body->keep && data.len == 1 && data.ptr[0] == '\r');
    } else {
      CHECK(data.ptr >= rest.ptr && data.len <= n);
      CHECK((size_t)(data.ptr - rest.ptr) <= n - data.len);
    }
    CHECK(!body->bare || data.len == 0);
    memcpy(got->data + got->data_len, data.ptr, data.len);
    got->data_len += data.len;
    got->used += n;
    rest.ptr += n;
    rest.len -= n;
  }

  free(copy);
}

/* Reads all in a first chunk of |first| octets and further ones of |size|. */
static void check_split(const uint8_t *octets, size_t len, bool keep,
                        size_t first, size_t size, const outcome *want,
                        outcome *got) {
  shako__body body = {.keep = keep};
  size_t n = first;
  size_t at;

  got->data_len = 0;
  got->used = 0;

  for (at = 0; at < len; at += n, n = size) {
    if (n > len - at) {
      n = len - at;
    }

    if (n > 0) {
      read_chunk(&body, octets + at, n, got);
    }
  }

  CHECK(body.bare == want->bare);
  CHECK((body.state == SHAKO__BODY_END) == want->end);
  CHECK(got->used == want->used);
  CHECK(got->data_len == want->data_len);
  CHECK(memcmp(got->data, want->data, want->data_len) == 0);
}

static void check(const uint8_t *octets, size_t len, bool keep) {
  static const size_t sizes[] = {1, 2, 3, 7, 17, 65, 100, 1000};
  outcome want = {malloc(len + 1), 0, 0, false, false};
  outcome got = {malloc(len + 1), 0, 0, false, false};
  size_t i;

  CHECK(want.data != NULL && got.data != NULL);
  read_reference(octets, len, keep, &want);
  check_split(octets, len, keep, len, 1, &want, &got);

  for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
    check_split(octets, len, keep, sizes[i], sizes[i], &want, &got);
  }

  for (i = 0; i < len && len <= 80; i++) {
    check_split(octets, len, keep, i, len, &want, &got);
  }

  free(want.data);
  free(got.data);
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len) {
  check(octets, len, false);
  check(octets, len, true);

  return 0;
}
