/* Measures shako__body_read() beside memchr() looking for LF in the same
   text: a mebibyte of ordinary mail, of short lines, and of lines that are a
   dot each, where every line ends a span.  Built a second time without SSE2,
   for the words that stand in for it. */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "smtp/body.h"

#define TEXT_SIZE ((size_t)1 << 20)
#define ROUNDS    400

#define LINE_76                                                                \
  "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz"                       \
  "abcdefghijklmnopqrstuvwx\r\n"

#ifdef __SSE2__
#  define PATH "vectors"
#else
#  define PATH "words"
#endif

/* Keeps the compiler from leaving out what is measured. */
static volatile size_t sink;

/* Fills |text| with lines of |line|, which ends in CRLF.  What is left over
   behind the last whole line is part of one. */
static void fill(uint8_t *text, const char *line) {
  size_t len = strlen(line);
  size_t i;

  for (i = 0; i < TEXT_SIZE; i++) {
    text[i] = (uint8_t)line[i % len];
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
  shako__body body = {0};
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
    double start = bench_now();
    double ns;

    sink = run(text);
    ns = bench_now() - start;
    best = ns < best ? ns : best;
  }

  return best;
}

/* |goal| is how many times as fast as memchr() the vectors are to be. */
static void compare(const char *what, uint8_t *text, const char *line,
                    bench_goal goal) {
  const bench_goal none = {BENCH_NO_GOAL, 0};
  char name[128];
  double memchr_ns;
  double body_ns;

  fill(text, line);
  memchr_ns = measure(count_lines, text);
  body_ns = measure(read_body, text);
  snprintf(name, sizeof(name), "body: %s, " PATH, what);
  bench_result(name, (double)TEXT_SIZE / body_ns, "GB/s", none);
  snprintf(name, sizeof(name), "body: %s, memchr", what);
  bench_result(name, (double)TEXT_SIZE / memchr_ns, "GB/s", none);
  snprintf(name, sizeof(name), "body: %s, " PATH " over memchr", what);
  bench_result(name, memchr_ns / body_ns, "ratio", goal);
}

int main(void) {
  const bench_goal none = {BENCH_NO_GOAL, 0};
#ifdef __SSE2__
  const bench_goal as_fast = {BENCH_AT_LEAST, 1};
  const bench_goal three_times = {BENCH_AT_LEAST, 3};
#else
  const bench_goal as_fast = none;
  const bench_goal three_times = none;
#endif
  uint8_t *text = malloc(TEXT_SIZE);

  bench_need(text != NULL, "no memory");
  compare("lines of 76 octets", text, LINE_76, as_fast);
  compare("lines of 8 octets", text, "abcdefgh\r\n", three_times);
  compare("every line a dot", text, "..\r\n", none);
  free(text);

  return 0;
}
