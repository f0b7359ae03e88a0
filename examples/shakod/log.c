#include "log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Where nobody reads standard error any more, there is nobody to tell. */
void log_write(const char *lines, size_t len) {
  ssize_t n = len > 0 ? write(STDERR_FILENO, lines, len) : 0;

  (void)n;
}

void log_line(const char *format, ...) {
  char line[1024];
  size_t head = (size_t)snprintf(line, sizeof(line) / 2,
                                 "%.100s: ", program_invocation_short_name);
  size_t room = sizeof(line) - head - 1;
  va_list args;
  int n;

  va_start(args, format);
  n = vsnprintf(line + head, room, format, args);
  va_end(args);

  if (n >= 0) {
    size_t len = head + ((size_t)n < room ? (size_t)n : room - 1);

    line[len] = '\n';
    log_write(line, len + 1);
  }
}
