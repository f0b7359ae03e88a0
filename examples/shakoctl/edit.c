#include "edit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void add_part(buffer *to, shako_span text, size_t start, size_t end) {
  buffer_add_span(to, (shako_span){text.ptr + start, end - start});
}

void edit_replace(buffer *to, shako_span text, range where, const char *with) {
  add_part(to, text, 0, where.start);
  buffer_add(to, with);
  add_part(to, text, where.end, text.len);
}

static bool is_blank(uint8_t octet) {
  return octet == ' ' || octet == '\t' || octet == '\r';
}

/* Returns where the blanks before |at| begin. */
static size_t before_blanks(shako_span text, size_t at) {
  while (at > 0 && is_blank(text.ptr[at - 1])) {
    at--;
  }

  return at;
}

/* Returns whether nothing but blanks is before |at| on its line. */
static bool is_first(shako_span text, size_t at) {
  at = before_blanks(text, at);

  return at == 0 || text.ptr[at - 1] == '\n';
}

/* Adds the indentation of what is in |section|. */
static void add_indent(buffer *to, shako_span text, const conf_item *section) {
  range rest = section->value;
  conf_item first;

  if (conf_next(text, &rest, &first) && is_first(text, first.whole.start)) {
    size_t start = before_blanks(text, first.whole.start);

    add_part(to, text, start, first.whole.start);
    return;
  }

  if (is_first(text, section->whole.start)) {
    add_part(to, text, before_blanks(text, section->whole.start),
             section->whole.start);
  }

  buffer_add(to, "  ");
}

/* Adds |lines|, each indented as what is in |section|. */
static void add_lines(buffer *to, shako_span text, const conf_item *section,
                      const char *lines) {
  while (*lines != '\0') {
    size_t len = strcspn(lines, "\n");

    add_indent(to, text, section);
    buffer_add_span(to, (shako_span){(const uint8_t *)lines, len});
    buffer_add(to, "\n");
    lines += len + (lines[len] == '\n');
  }
}

/* Adds a section that stands on one line, with |lines| behind what is in it. */
static void append_inline(buffer *to, shako_span text, range value,
                          const char *lines) {
  size_t end = before_blanks(text, value.end);

  add_part(to, text, 0, end);
  buffer_add(to, " ");
  buffer_add(to, lines);
  buffer_add(to, " ");
  add_part(to, text, value.end, text.len);
}

static void append_to_file(buffer *to, shako_span text, const char *lines) {
  buffer_add_span(to, text);
  buffer_add(to, text.len > 0 && text.ptr[text.len - 1] != '\n' ? "\n" : "");
  buffer_add(to, lines);
  buffer_add(to, "\n");
}

void edit_append(buffer *to, shako_span text, const conf_item *section,
                 const char *lines) {
  if (section == NULL) {
    append_to_file(to, text, lines);
  } else if (is_first(text, section->value.end)) {
    size_t end = before_blanks(text, section->value.end);

    add_part(to, text, 0, end);
    add_lines(to, text, section, lines);
    add_part(to, text, end, text.len);
  } else {
    append_inline(to, text, section->value, lines);
  }
}

/* Returns where the line of what ends at |end| ends, or |end| where there is
   more on it than a comment. */
static size_t end_of_line(shako_span text, size_t end) {
  size_t at = end;

  while (at < text.len && is_blank(text.ptr[at])) {
    at++;
  }

  if (at < text.len && text.ptr[at] != '\n' && text.ptr[at] != '#') {
    return end;
  }

  while (at < text.len && text.ptr[at] != '\n') {
    at++;
  }

  return at;
}

/* Returns where the line of the last option of |in| ends, or |in.start|. */
static size_t find_place(shako_span text, range in) {
  size_t at = in.start;
  conf_item item;

  while (conf_next(text, &in, &item)) {
    at = item.is_section ? at : end_of_line(text, item.whole.end);
  }

  return at;
}

/* Adds |line|, behind the last option of |section| or of the file. */
static void add_line(buffer *to, shako_span text, const conf_item *section,
                     const char *line) {
  range in = section != NULL ? section->value : (range){0, text.len};
  size_t at = find_place(text, in);

  if (section != NULL &&
      (at == in.start || !is_first(text, section->value.end))) {
    edit_append(to, text, section, line);
    return;
  }

  add_part(to, text, 0, at);
  buffer_add(to, at > 0 ? "\n" : "");
  if (section != NULL) {
    add_indent(to, text, section);
  }

  buffer_add(to, line);
  buffer_add(to, at > 0 ? "" : "\n");
  add_part(to, text, at, text.len);
}

/* Adds "name = value" where there is none. */
static void add_option(buffer *to, shako_span text, const conf_item *section,
                       const char *name, const char *value) {
  char *line;

  if (asprintf(&line, "%s = %s", name, value) < 0) {
    to->failed = true;
    return;
  }

  add_line(to, text, section, line);
  free(line);
}

bool edit_set(buffer *to, shako_span text, const conf_item *section,
              const char *name, const char *value) {
  range in = section != NULL ? section->value : (range){0, text.len};
  conf_item item;

  if (!conf_find_option(text, in, name, &item)) {
    add_option(to, text, section, name, value);
    return true;
  }

  if (conf_has_comment(text, item.value)) {
    return false;
  }

  edit_replace(to, text, item.value, value);

  return true;
}

void edit_remove(buffer *to, shako_span text, range whole) {
  size_t end = whole.end;

  while (end < text.len && is_blank(text.ptr[end])) {
    end++;
  }

  if (is_first(text, whole.start) &&
      (end == text.len || text.ptr[end] == '\n')) {
    whole.start = before_blanks(text, whole.start);
    whole.end = end + (end < text.len);
  }

  edit_replace(to, text, whole, "");
}

/* A dollar sign would begin the name of a variable of the environment. */
void edit_quote(buffer *to, const char *value) {
  buffer_add(to, "\"");
  for (; *value != '\0'; value++) {
    buffer_add(to, strchr("\"\\$", *value) != NULL ? "\\" : "");
    buffer_add_span(to, (shako_span){(const uint8_t *)value, 1});
  }

  buffer_add(to, "\"");
}
