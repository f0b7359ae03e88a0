#include "smtp/line.h"

#include <string.h>

#include "base/ascii.h"

bool shako__line_find(shako_span text, size_t *len) {
  size_t at = 0;

  while (at < text.len) {
    const uint8_t *lf = memchr(text.ptr + at, '\n', text.len - at);

    if (lf == NULL) {
      return false;
    }

    at = (size_t)(lf - text.ptr);

    if (at > 0 && lf[-1] == '\r') {
      *len = at - 1;
      return true;
    }

    at++;
  }

  return false;
}

static bool is_blank(uint8_t c) {
  return c == ' ' || c == '\t';
}

static bool is_not_blank(uint8_t c) {
  return !is_blank(c);
}

shako__command shako__command_split(shako_span line) {
  shako__command command;

  command.verb = shako__cut_class(&line, is_not_blank);
  shako__cut_class(&line, is_blank);

  while (line.len > 0 && is_blank(line.ptr[line.len - 1])) {
    line.len--;
  }

  command.argument = line;
  command.damaged = !shako__all_text(line);

  return command;
}

/* RFC 9110 9.3, RFC 5789, and the first line of HTTP/2 (RFC 9113 3.4). */
static const char *const http_methods[] = {
    "CONNECT", "DELETE", "GET", "HEAD", "OPTIONS",
    "PATCH",   "POST",   "PRI", "PUT",  "TRACE",
};

static bool is_field_name(uint8_t c) {
  return shako__is_alnum(c) || c == '-';
}

bool shako__verb_is_foreign(shako_span verb) {
  size_t i;

  for (i = 0; i < sizeof(http_methods) / sizeof(http_methods[0]); i++) {
    if (shako__equals(verb, http_methods[i])) {
      return true;
    }
  }

  /* A header field's name and its colon (RFC 5322 2.2).  Before a path it is
     a command that lacks its space ("MAILFROM:<a@b.example>"). */
  for (i = 0; i < verb.len && is_field_name(verb.ptr[i]);) {
    i++;
  }
  if (i == 0 || i == verb.len || verb.ptr[i] != ':') {
    return false;
  }
  return i + 1 == verb.len || verb.ptr[i + 1] != '<';
}

bool shako__text_is_client_hello(shako_span text) {
  return text.len >= 3 && text.ptr[0] == 22 && text.ptr[1] == 3 &&
         text.ptr[2] <= 4;
}
