#include "number.h"

bool number_parse(const char *text, uint64_t min, uint64_t max,
                  uint64_t *number) {
  uint64_t n = 0;
  const char *p;

  for (p = text; *p >= '0' && *p <= '9'; p++) {
    unsigned digit = (unsigned)(*p - '0');

    if (n > (UINT64_MAX - digit) / 10) {
      return false;
    }

    n = n * 10 + digit;
  }

  *number = n;

  return p != text && *p == '\0' && n >= min && n <= max;
}
