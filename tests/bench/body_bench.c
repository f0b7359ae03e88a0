/* Measures shako__body_read() beside memchr() looking for LF in the same
   text: a mebibyte of ordinary mail, and of short lines.  Prints the best of
   many rounds, and the ratio of the two (over 1: faster than memchr). */

#define _POSIX_C_SOURCE 199309L

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "smtp/body.h"

#define TEXT_SIZE ((size_t)1 << 20)
#define ROUNDS    400

/* Keeps the compiler from leaving out what is measured. */
static volatile size_t sink;

static double now_ns(void) {
  struct timespec now;

  clock_gettime(CLOCK_MONOTONIC, &now);

  return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* Fills |text| with lines of |width| octets and a CRLF. */
static void fill(uint8_t *text, size_t width) {
  size_t i;

  for (i = 0; i < TEXT_SIZE; i++) {
    size_t column = i % (width + 2);

    text[i] = column < width ? (uint8_t)('a' + i % 26) : '\r';

    if (column == width + 1) {
      text[i] = '\n';
    }
  }
}

static size_t count_lines(const uint8_t *text) {
  const uint8_t *end = text + TEXT_SIZE;
  size_t lines = 0;

  while ((text = memchr(text, '\n', (size_t)(end - text))) != NULL) {
    text++;
    lines++;
  }

  return lines;
}

static size_t read_body(const uint8_t *text) {
  shako__body body = {SHAKO__BODY_LINE_START, false};
  shako_span rest = {text, TEXT_SIZE};
  size_t octets = 0;

  while (rest.len > 0 && body.state != SHAKO__BODY_END) {
    shako_span data;
    size_t n = shako__body_read(&body, rest, &data);

    octets += data.len;
    rest.ptr += n;
    rest.len -= n;
  }

  return octets;
}

/* Returns the nanoseconds of the fastest of ROUNDS rounds. */
static double measure(size_t (*run)(const uint8_t *text), const uint8_t *text) {
  double best = 1e18;
  int i;

  for (i = 0; i < ROUNDS; i++) {
    double start = now_ns();
    double ns;

    sink = run(text);
    ns = now_ns() - start;
    best = ns < best ? ns : best;
  }

  return best;
}

static void compare(const char *what, uint8_t *text, size_t width) {
  double memchr_ns;
  double body_ns;

  fill(text, width);
  memchr_ns = measure(count_lines, text);
  body_ns = measure(read_body, text);
  printf("%-28s body %7.0f ns %5.1f GB/s  memchr %7.0f ns %5.1f GB/s  "
         "ratio %.2f\n",
         what, body_ns, (double)TEXT_SIZE / body_ns, memchr_ns,
         (double)TEXT_SIZE / memchr_ns, memchr_ns / body_ns);
}

int main(void) {
  uint8_t *text = malloc(TEXT_SIZE);

  if (text == NULL) {
    return 1;
  }

  compare("1 MiB, lines of 76 octets", text, 76);
  compare("1 MiB, lines of 10 octets", text, 10);
  free(text);

  return 0;
}
