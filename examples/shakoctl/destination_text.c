#include "destination_text.h"

#include <string.h>

/* Takes the next line off |text|, with its end. */
static shako_span next_line(shako_span *text) {
  const uint8_t *end =
      text->len > 0 ? memchr(text->ptr, '\n', text->len) : NULL;
  shako_span line = *text;

  if (end != NULL) {
    line.len = (size_t)(end - text->ptr) + 1;
  }

  text->ptr += line.len;
  text->len -= line.len;

  return line;
}

static bool is_blank(uint8_t octet) {
  return octet == ' ' || octet == '\t' || octet == '\r' || octet == '\n';
}

static size_t pass_blanks(shako_span line, size_t at) {
  while (at < line.len && is_blank(line.ptr[at])) {
    at++;
  }

  return at;
}

/* Returns where the value of |key| begins in |line|; 0 where it has none. */
static size_t find_value(shako_span line, const char *key) {
  size_t len = strlen(key);
  size_t at = pass_blanks(line, 0);

  if (line.len - at <= len || memcmp(line.ptr + at, key, len) != 0) {
    return 0;
  }

  at = pass_blanks(line, at + len);
  if (at == line.len || line.ptr[at] != '=') {
    return 0;
  }

  return pass_blanks(line, at + 1);
}

/* Returns where the value ends that begins at |at|. */
static size_t pass_value(shako_span line, size_t at) {
  bool quoted = at < line.len && line.ptr[at] == '"';

  at += quoted;
  while (at < line.len &&
         (quoted ? line.ptr[at] != '"'
                 : !is_blank(line.ptr[at]) && line.ptr[at] != '#')) {
    at++;
  }

  return at + (quoted && at < line.len);
}

static void add_setting(buffer *to, const char *key, const char *value) {
  buffer_add(to, key);
  buffer_add(to, " = ");
  buffer_add(to, value);
  buffer_add(to, "\n");
}

/* Returns whether |key| is set in the section. */
static bool is_set(shako_span text, section_lines section, const char *key) {
  unsigned number;

  for (number = 1; text.len > 0; number++) {
    shako_span line = next_line(&text);

    if (number > section.first && number < section.end &&
        find_value(line, key) > 0) {
      return true;
    }
  }

  return false;
}

static void add_changed(buffer *to, shako_span line, size_t at,
                        const char *value) {
  size_t end = pass_value(line, at);

  buffer_add_span(to, (shako_span){line.ptr, at});
  buffer_add(to, value);
  buffer_add_span(to, (shako_span){line.ptr + end, line.len - end});
}

void destination_text_set(buffer *to, shako_span text, section_lines section,
                          const char *key, const char *value) {
  bool is_new = !is_set(text, section, key);
  unsigned number;

  for (number = 1; text.len > 0; number++) {
    shako_span line = next_line(&text);
    bool inside = number > section.first && number < section.end;
    size_t at = inside && !is_new ? find_value(line, key) : 0;

    if (at > 0) {
      add_changed(to, line, at, value);
    } else {
      buffer_add_span(to, line);
    }

    if (is_new && number == section.first) {
      buffer_add(to, line.ptr[line.len - 1] != '\n' ? "\n" : "");
      add_setting(to, key, value);
    }
  }
}

void destination_text_add(buffer *to, shako_span text, const char *name,
                          bool first) {
  if (!first) {
    buffer_add_span(to, text);
    buffer_add(to, text.len > 0 && text.ptr[text.len - 1] != '\n' ? "\n" : "");
  }

  buffer_add(to, "[");
  buffer_add(to, name);
  buffer_add(to, "]\n");
  if (first) {
    buffer_add_span(to, text);
  }
}

/* Returns the last line of the section that says something. */
static unsigned find_last(shako_span text, section_lines section) {
  unsigned last = section.first;
  unsigned number;

  for (number = 1; text.len > 0; number++) {
    shako_span line = next_line(&text);
    size_t at = pass_blanks(line, 0);

    if (number > section.first && number < section.end && at < line.len &&
        line.ptr[at] != '#') {
      last = number;
    }
  }

  return last;
}

void destination_text_remove(buffer *to, shako_span text,
                             section_lines section) {
  unsigned last = find_last(text, section);
  unsigned number;

  for (number = 1; text.len > 0; number++) {
    shako_span line = next_line(&text);

    if (number < section.first || number > last) {
      buffer_add_span(to, line);
    }
  }
}
