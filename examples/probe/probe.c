#include "probe.h"

#include <stdarg.h>
#include <stdio.h>

bool fail(probe *p, const char *format, ...) {
  va_list arguments;

  if (p->why[0] == '\0') {
    va_start(arguments, format);
    vsnprintf(p->why, sizeof(p->why), format, arguments);
    va_end(arguments);
  }
  return false;
}

bool skip(probe *p, const char *why) {
  p->is_skipped = p->why[0] == '\0';
  return fail(p, "%s", why);
}
