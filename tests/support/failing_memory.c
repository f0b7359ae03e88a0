#include "failing_memory.h"

failing_memory failing;

bool failing_now(void) {
  return !failing.ours && failing_now_ours();
}

bool failing_now_ours(void) {
  if (!failing.armed) {
    return false;
  }
  failing.calls++;
  return failing.onwards ? failing.at > 0 && failing.calls >= failing.at
                         : failing.calls == failing.at;
}

size_t failing_for_each(void (*what)(bool refused), size_t step) {
  size_t n = 1;

  do {
    failing.at = n;
    failing.calls = 0;
    what(true);
    n += n < 64 ? 1 : step;
  } while (failing.calls >= failing.at);
  failing.at = 0;
  what(false);

  return n;
}
