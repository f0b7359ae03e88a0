#include "terminal.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* SIGINT is blocked but while ppoll() waits, so that none is missed. */

static volatile sig_atomic_t pressed;

static void on_interrupt(int number) {
  (void)number;
  pressed = 1;
}

void terminal_open(terminal *t) {
  struct sigaction action = {.sa_handler = on_interrupt};
  sigset_t mask;

  *t = (terminal){0};
  sigemptyset(&mask);
  sigaddset(&mask, SIGINT);
  sigprocmask(SIG_BLOCK, &mask, NULL);
  sigaction(SIGINT, &action, NULL);
}

/* Waits for input or Ctrl-C. */
static void await(terminal *t) {
  struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
  sigset_t mask;

  sigprocmask(SIG_BLOCK, NULL, &mask);
  sigdelset(&mask, SIGINT);
  pressed = 0;
  while (ppoll(&input, 1, NULL, &mask) < 0 && errno == EINTR && !pressed) {
  }

  t->interrupted = pressed;
}

static void fill(terminal *t) {
  ssize_t n;

  await(t);
  if (t->interrupted) {
    t->len = 0;
    t->overlong = false;
    return;
  }

  n = read(STDIN_FILENO, t->octets + t->len, sizeof(t->octets) - t->len);
  if (n > 0) {
    t->len += (size_t)n;
  } else if (n == 0 || errno != EINTR) {
    t->ended = true;
  }
}

/* Copies |len| octets to |line|.  A NUL would end it too early. */
static void copy(terminal *t, char *line, size_t len) {
  size_t i;

  for (i = 0; i < len; i++) {
    line[i] = t->octets[i] != '\0' ? t->octets[i] : '\1';
  }

  if (t->overlong) {
    memset(line, 'x', len = TERMINAL_LINE_MAX - 1);
    t->overlong = false;
  }

  line[len] = '\0';
}

/* Takes a line if there is one. */
static bool take(terminal *t, char *line) {
  char *end = memchr(t->octets, '\n', t->len);
  size_t size = end != NULL ? (size_t)(end - t->octets) + 1 : t->len;

  if (end == NULL && size < sizeof(t->octets)) {
    return false;
  }

  if (end != NULL) {
    copy(t, line, size - 1);
  } else {
    t->overlong = true;
  }

  t->len -= size;
  memmove(t->octets, t->octets + size, t->len);
  explicit_bzero(t->octets + t->len, size);

  return end != NULL;
}

static bool read_line(terminal *t, char *line) {
  while (!take(t, line)) {
    if (!t->ended) {
      fill(t);
    }

    if (t->ended || t->interrupted) {
      return false;
    }
  }

  return true;
}

char terminal_octet(char octet) {
  return octet >= 0x20 && octet < 0x7f ? octet : '?';
}

bool terminal_read(terminal *t, const char *prompt, bool hidden, char *line) {
  struct termios before;
  bool quiet = hidden && tcgetattr(STDIN_FILENO, &before) == 0;
  bool done;

  if (quiet) {
    struct termios after = before;

    after.c_lflag &= ~(tcflag_t)ECHO;
    tcsetattr(STDIN_FILENO, TCSADRAIN, &after);
  }

  fputs(prompt, stdout); /* not before the echo is off */
  fflush(stdout);
  done = read_line(t, line);
  if (quiet) {
    tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
    putchar('\n');
  }

  return done;
}
