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

static size_t blank_comment(char *text, size_t len, size_t at) {
  for (; at < len && text[at] != '\n'; at++) {
    text[at] = ' ';
  }

  return at;
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
    if (text[at] == '"' || text[at] == '\'') {
      at = pass_string(text, len, at);
    } else if (text[at] == '#') {
      at = blank_comment(text, len, at);
    } else if (is_word(text[at])) {
      at = pass_word(text, len, at);
    } else {
      at++;
    }
  }
}
