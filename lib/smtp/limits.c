#include "smtp/limits.h"

#include "base/text.h"

#define VALUE_MAX 999999u

static void put(shako__text *line, const char *name, uint32_t value) {
  if (value == 0 || value > VALUE_MAX) {
    return;
  }
  shako__text_put(line, line->len == 0 ? "LIMITS " : " ");
  shako__text_put(line, name);
  shako__text_put_number(line, value);
}

size_t shako__limits_write(const shako__limits *limits, char *text) {
  shako__text line;

  shako__text_init(&line, text, SHAKO__LIMITS_SIZE);
  put(&line, "MAILMAX=", limits->messages);
  put(&line, "RCPTMAX=", limits->recipients);
  put(&line, "RCPTDOMAINMAX=", limits->domains);
  return line.len;
}
