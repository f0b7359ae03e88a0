#include "reply.h"

#include <string.h>
#include <strings.h>

#define LINE_MAX_OCTETS 512 /* RFC 5321 4.5.3.1.5 */

static bool is_digit(uint8_t c, char from, char to) {
  return c >= from && c <= to;
}

/* Returns the length of the first line with its end, or 0. */
static size_t line_length(const uint8_t *octets, size_t len,
                          const char **what) {
  const uint8_t *end = memchr(octets, '\n', len);
  size_t size = end != NULL ? (size_t)(end - octets) + 1 : 0;
  size_t i;

  if ((end == NULL ? len : size) > LINE_MAX_OCTETS) {
    *what = "a line of more than 512 octets";
    return 0;
  }
  if (size == 1 || (size > 1 && octets[size - 2] != '\r')) {
    *what = "a line that ends in LF alone";
    return 0;
  }
  for (i = 0; i + 2 < size; i++) {
    if (octets[i] < ' ' && octets[i] != '\t') {
      *what = "a control octet";
      return 0;
    }
  }
  return size;
}

static bool has_code(const uint8_t *line, size_t len) {
  return len >= 5 && is_digit(line[0], '2', '5') &&
         is_digit(line[1], '0', '5') && is_digit(line[2], '0', '9') &&
         (line[3] == ' ' || line[3] == '-' || line[3] == '\r');
}

size_t reply_read(reply *r, const uint8_t *octets, size_t len,
                  const char **what) {
  size_t at = 0;
  size_t size;

  r->lines = 0;
  do {
    size = line_length(octets + at, len - at, what);
    if (size == 0) {
      return 0;
    }
    if (!has_code(octets + at, size)) {
      *what = "a line without a code";
      return 0;
    }
    if (memcmp(octets, octets + at, 3) != 0) {
      *what = "lines of different codes";
      return 0;
    }
    if (at + size >= REPLY_MAX) {
      *what = "a reply of more than 8 KiB";
      return 0;
    }
    at += size;
    r->lines++;
  } while (octets[at - size + 3] == '-');
  memcpy(r->text, octets, at);
  r->text[at] = '\0';
  r->code =
      (octets[0] - '0') * 100 + (octets[1] - '0') * 10 + (octets[2] - '0');
  return at;
}

static const char *next_line(const char *line) {
  const char *end = strchr(line, '\n');

  return end != NULL && end[1] != '\0' ? end + 1 : NULL;
}

bool reply_has(const reply *r, const char *word, const char **value) {
  size_t len = strlen(word);
  const char *line = r->text;

  while ((line = next_line(line)) != NULL) {
    if (strncasecmp(line + 4, word, len) == 0 &&
        strchr(" \r=", line[4 + len]) != NULL) {
      *value = line + 4 + len;
      return true;
    }
  }
  return false;
}

/* Returns the length of up to three digits. */
static size_t digits(const char *text) {
  size_t len = strspn(text, "0123456789");

  return len <= 3 ? len : 0;
}

/* class.subject.detail and a blank, or the line's end */
static bool starts_enhanced(const char *text, char class) {
  size_t subject = text[0] == class && text[1] == '.' ? digits(text + 2) : 0;
  const char *detail = text + 3 + subject;

  return subject > 0 && detail[-1] == '.' && digits(detail) > 0 &&
         strchr(" \r", detail[digits(detail)]) != NULL;
}

bool reply_is_enhanced(const reply *r, bool wanted) {
  const char *line;

  for (line = r->text; line != NULL; line = next_line(line)) {
    bool has = line[3] != '\r' && starts_enhanced(line + 4, line[0]);

    if (has != wanted) {
      return false;
    }
  }
  return true;
}
