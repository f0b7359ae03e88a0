#include "limit.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/socket.h>
#include <unistd.h>

static const int *watched;
static volatile sig_atomic_t over;
static struct sigaction before; /* what Ctrl-C did */

static void cut(int number) {
  int error = errno;

  (void)number;
  over = 1;
  if (*watched >= 0) {
    shutdown(*watched, SHUT_RDWR);
  }

  errno = error;
}

static void block(int how) {
  sigset_t mask;

  sigemptyset(&mask);
  sigaddset(&mask, SIGINT);
  sigprocmask(how, &mask, NULL);
}

void limit_begin(const int *fd, unsigned seconds) {
  struct sigaction action = {.sa_handler = cut};

  watched = fd;
  over = 0;
  sigaction(SIGINT, &action, &before);
  sigaction(SIGALRM, &action, NULL);
  block(SIG_UNBLOCK);
  alarm(seconds);
}

bool limit_is_over(void) {
  return over != 0;
}

void limit_end(void) {
  alarm(0);
  block(SIG_BLOCK);
  sigaction(SIGINT, &before, NULL);
}
