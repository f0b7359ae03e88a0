#include "ask_password.h"

#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "log.h"

/* Reads a line.  Returns NULL, or what is wrong with it. */
static const char *read_line(char *text, size_t size) {
  size_t len = 0;
  ssize_t n;

  /* An octet at a time, and into no buffer of stdio's: nobody would wipe it. */
  while ((n = read(STDIN_FILENO, text + len, 1)) == 1 && text[len] != '\n') {
    if (text[len] == '\0' || ++len == size) {
      return "the password is too long, or has a NUL in it";
    }
  }

  text[len] = '\0';
  if (n < 0) {
    return "the password cannot be read";
  }

  return len > 0 ? NULL : "there is no password";
}

static const char *prompt(char *text, size_t size, const char *words) {
  const char *wrong;

  fputs(words, stderr);
  wrong = read_line(text, size);
  fputs("\n", stderr);

  return wrong;
}

static const char *ask_twice(char *text, size_t size) {
  char again[1024];
  const char *wrong = prompt(text, size, "Password: ");

  if (wrong == NULL) {
    wrong = prompt(again, size < sizeof(again) ? size : sizeof(again),
                   "Once more: ");
  }

  if (wrong == NULL && strcmp(text, again) != 0) {
    wrong = "not the same twice";
  }

  explicit_bzero(again, sizeof(again));

  return wrong;
}

static const char *ask_unseen(char *text, size_t size,
                              const struct termios *before) {
  struct termios silent = *before;
  const char *wrong;

  silent.c_lflag &= ~(tcflag_t)(ECHO | ISIG); /* or it would stay silent */
  tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  wrong = ask_twice(text, size);
  tcsetattr(STDIN_FILENO, TCSAFLUSH, before);

  return wrong;
}

bool ask_password(char *text, size_t size) {
  struct termios before;
  const char *wrong = tcgetattr(STDIN_FILENO, &before) == 0
                          ? ask_unseen(text, size, &before)
                          : read_line(text, size);

  if (wrong != NULL) {
    explicit_bzero(text, size);
    log_line("%s", wrong);
  }

  return wrong == NULL;
}
