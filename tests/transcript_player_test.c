/* The player itself: what it must refuse, and the line that it must name. */

#define _POSIX_C_SOURCE 200809L

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "transcript.h"

#define HELLO                                                                  \
  "E: CONNECT\nS: 220 mx.example ESMTP\nC: HELO client.example\n"              \
  "E: HELLO HELO client.example\nS: 250 mx.example\n"
#define MAIL                                                                   \
  "C: MAIL FROM:<a@b.example>\nE: MAIL <a@b.example>\nS: 250 2.1.0 ...\n"      \
  "C: RCPT TO:<c@d.example>\nE: RCPT <c@d.example>\nS: 250 2.1.5 ...\n"        \
  "C: DATA\nE: DATA\nS: 354 ...\n"

/* Plays |text| as a file.  Returns whether it is fulfilled; what is wrong
   stands in |message| behind the file's name. */
static bool plays(const char *text, octets *message) {
  char path[] = "/tmp/transcript-XXXXXX";
  unsigned runs = 0;
  int fd = mkstemp(path);
  size_t len = strlen(text);
  assert_true(fd >= 0);
  assert_int_equal(write(fd, text, len), len);
  close(fd);
  bool ok = transcript_play_file(path, &runs, message);
  unlink(path);
  assert_true(ok || message->len > strlen(path));
  if (!ok && strncmp(octets_text(message), path, strlen(path)) == 0) {
    octets_drop(message, strlen(path));
  }
  return ok;
}

static void what_is_so_is_fulfilled(void **state) {
  static const char *const good[] = {
      HELLO,
      "# words\n\nhostname: other.example\n"
      "E: CONNECT\nS: 220 other.example ESMTP\n",
      HELLO MAIL "C: one\nC: ..two\nC: .\nE: BODY \"one\\r\\n\"\n"
                 "E: BODY \".two\\r\\n\"\nE: MESSAGE size=11\n"
                 "S: 250 2.0.0 ...\nC: QUIT\nS: 221 ...\n"
                 "clear|E: CLOSED quit messages=1 refusals=0 tls=none\n"
                 "tls|E: CLOSED quit messages=1 tls=TLSv1.3\n",
      HELLO MAIL "C: one\nC: .\nE: BODY ...\nE: MESSAGE\n"
                 "A: 451 4.3.0 Not\\nnow\nS: 451-4.3.0 Not\n"
                 "S: 451 4.3.0 now\n",
      HELLO "REPEAT 3\nC: NOOP\nEND\nREPEAT 3\nS: 250 2.0.0 ...\nEND\n",
      HELLO "C: NOOP \\{3*\\x61b}\nS: 250 2.0.0 ...\n",
      "tls: required\nonly: clear\n" HELLO,
      HELLO "C: MAIL FROM:<a@b.example>\nE: MAIL <a@b.example>\nA: none\n"
            "A: 550 5.7.1 No\nS: 550 5.7.1 No\n",
      HELLO "C: MAIL FROM:<a@b.example>\nE: MAIL <a@b.example>\nA: none\n"
            "LOST\nE: CLOSED lost\nA: stale\n",
  };
  (void)state;
  for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
    octets message = {0};
    /* Under Required HELO is refused: the seventh is not so. */
    bool expected = i != 6;
    if (plays(good[i], &message) != expected) {
      fail_msg("%zu: %s", i, octets_text(&message));
    }
    octets_free(&message);
  }
}

/* A file and how its message begins behind the name. */
typedef struct row {
  const char *text;
  const char *message;
} row;

static void expect_rows(const row *rows, size_t count) {
  for (size_t i = 0; i < count; i++) {
    octets message = {0};
    bool ok = plays(rows[i].text, &message);
    const char *said = octets_text(&message);
    if (ok || strncmp(said, rows[i].message, strlen(rows[i].message)) != 0) {
      fail_msg("%s\n%s, and not:\n%s", rows[i].text,
               ok ? "was fulfilled" : said, rows[i].message);
    }
    octets_free(&message);
  }
}

static void what_is_not_so_is_found(void **state) {
  static const row rows[] = {
      {"E: CONNECT\nS: 220 mx.example\n", ":2: another reply"},
      {"E: CONNECT\nS: 554 ...\n", ":2: another reply"},
      {"E: CONNECT\n", ":1: another reply"},
      {"S: 220 ...\n", ":1: another event: CONNECT"},
      {HELLO "C: NOOP\n", ":6: another reply"},
      {HELLO "C: NOOP\nS: 250 2.0.0 ...\nS: 250 ...\n", ":8: not all came"},
      {HELLO "C: NOOP\nS: 250 2.0.0 ...\nE: RESET rset\n", ":8: not all came"},
      {HELLO "C: XYZZY\nS: 500 5.5.2 ...\n", ":7: another event: VIOLATION"},
      {HELLO "C: XYZZY\nS: 500 5.5.2 ...\nE: VIOLATION other 500 5.5.2\n",
       ":8: another event: VIOLATION"},
      {HELLO "C: QUIT\nS: 221 ...\nE: CLOSED quit messages=1\n",
       ":8: another event: CLOSED quit messages=0"},
      {HELLO MAIL "C: one\nC: .\nE: BODY \"two\\r\\n\"\nE: MESSAGE\n"
                  "S: 250 ...\n",
       ":17: another BODY"},
      {HELLO MAIL "C: one\nC: .\nE: BODY ...\nE: MESSAGE size=6\nS: 250 ...\n",
       ":18: another event: MESSAGE size=5"},
      {HELLO MAIL "C: one\nC: .\nE: MESSAGE\nS: 250 ...\n",
       ":17: another BODY"},
      {HELLO MAIL "C: .\nE: BODY \"x\"\nE: MESSAGE\nS: 250 ...\n",
       ":16: no BODY"},
      {HELLO "S: 250 ...\nC: MAIL FROM:<a@b.example>\n", ":6: not all came"},
      {HELLO "C: MAIL FROM:<a@b.example>\nE: MAIL <a@b.example>\nA: none\n"
             "A: stale\n",
       ":9: the answer to question"},
      {"tls: preferred\n" HELLO "C: STARTTLS\nS: 503 5.5.1 ...\n"
       "E: VIOLATION bad-sequence 503 5.5.1\nTLS:\n",
       ":10: "},
      {"timing: yes\n" HELLO "C: NOOP\noutcome: a\nS: 500 ...\noutcome: b\n"
       "S: 501 ...\n",
       ":9: another reply"},
  };
  (void)state;
  expect_rows(rows, sizeof(rows) / sizeof(rows[0]));
}

static void what_is_malformed_is_refused(void **state) {
  static const row rows[] = {
      {"", ":0: cannot be read"},
      {"E: CONNECT", ":1: the file does not end with a line end"},
      {"color: red\n", ":1: unknown key"},
      {"tls: maybe\n", ":1: not one of the values"},
      {"max_errors: x\n", ":1: no number"},
      {HELLO "X: what\n", ":6: what is this"},
      {HELLO "C: \\q\n", ":6: unknown escape"},
      {HELLO "C: \\{3text}\n", ":6: \\{count*text} is malformed"},
      {HELLO "E: BODY one\n", ":6: a BODY is"},
      {HELLO "A: maybe\n", ":6: no number"},
      {HELLO "TLS: fail wrongly\n", ":6: unknown failure"},
      {HELLO "outcome: x\n", ":6: an outcome has words"},
  };
  (void)state;
  expect_rows(rows, sizeof(rows) / sizeof(rows[0]));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_is_so_is_fulfilled),
      cmocka_unit_test(what_is_not_so_is_found),
      cmocka_unit_test(what_is_malformed_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
