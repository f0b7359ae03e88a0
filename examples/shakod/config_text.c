#include "config_text.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

/* Each of these takes what begins at |at|, and returns where it ends. */

static size_t pass_string(const char *text, size_t len, size_t at) {
  char quote = text[at++];

  while (at < len && text[at] != quote) {
    at += text[at] == '\\' ? 2 : 1;
  }

  return at + 1;
}

static size_t blank(char *text, size_t at, size_t end) {
  for (; at < end; at++) {
    text[at] = text[at] == '\n' ? '\n' : ' ';
  }

  return at;
}

/* Whether what begins at |at| is not the rest of a bare word. */
static bool is_start(const char *text, size_t at) {
  return at == 0 || isspace((unsigned char)text[at - 1]) ||
         strchr("{}=,\"'", text[at - 1]) != NULL;
}

/* Returns where the comment ends that begins at |at|, or |at| where none
   does. */
static size_t find_comment_end(const char *text, size_t len, size_t at) {
  bool two = len - at >= 2 && text[at] == '/' && is_start(text, at);
  const char *end = NULL;

  if (text[at] == '#' || (two && text[at + 1] == '/')) {
    end = memchr(text + at, '\n', len - at);
    return end != NULL ? (size_t)(end - text) : len;
  }

  if (two && text[at + 1] == '*') {
    end = memmem(text + at + 2, len - at - 2, "*/", 2);
  }

  return end != NULL ? (size_t)(end - text) + 2 : at;
}

static bool is_word(char octet) {
  return isalnum((unsigned char)octet) || octet == '_' || octet == '-';
}

static size_t pass_word(char *text, size_t len, size_t at) {
  const size_t size = strlen(CONFIG_CERTIFICATE);
  size_t start = at;
  size_t next;

  while (at < len && is_word(text[at])) {
    at++;
  }

  next = at;
  while (next < len && isspace((unsigned char)text[next])) {
    next++;
  }

  if (at - start == size && memcmp(text + start, "certificate", size) == 0 &&
      next < len && text[next] == '=') {
    memcpy(text + start, CONFIG_CERTIFICATE, size);
  }

  return at;
}

void config_text_prepare(char *text, size_t len) {
  size_t at = 0;

  while (at < len) {
    size_t end = find_comment_end(text, len, at);

    if (end > at) {
      at = blank(text, at, end);
    } else if (text[at] == '"' || text[at] == '\'') {
      at = pass_string(text, len, at);
    } else if (is_word(text[at])) {
      at = pass_word(text, len, at);
    } else {
      at++;
    }
  }
}
