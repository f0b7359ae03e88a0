#include "conf.h"

#include <ctype.h>
#include <string.h>

typedef enum token {
  TOKEN_END,
  TOKEN_WORD, /* bare or in quotes */
  TOKEN_OPEN,
  TOKEN_CLOSE,
  TOKEN_EQUALS,
  TOKEN_COMMA,
  TOKEN_STRANGE /* nothing that can be edited with a quiet mind */
} token;

static bool starts(shako_span text, size_t at, const char *with) {
  size_t len = strlen(with);

  return text.len - at >= len && memcmp(text.ptr + at, with, len) == 0;
}

/* Each of these takes what begins at |at|, and returns where it ends. */

static size_t pass_line(shako_span text, size_t at) {
  while (at < text.len && text.ptr[at] != '\n') {
    at++;
  }

  return at;
}

static size_t pass_block(shako_span text, size_t at) {
  at += 2;
  while (at < text.len && !starts(text, at, "*/")) {
    at++;
  }

  return at < text.len ? at + 2 : at;
}

static size_t pass_string(shako_span text, size_t at) {
  uint8_t quote = text.ptr[at++];

  while (at < text.len && text.ptr[at] != quote) {
    at += text.ptr[at] == '\\' ? 2 : 1;
  }

  return at < text.len ? at + 1 : text.len;
}

static bool is_word(uint8_t octet) {
  return isalnum(octet) || (octet != 0 && strchr("_-.:/@%", octet) != NULL);
}

static size_t pass_word(shako_span text, size_t at) {
  while (at < text.len && is_word(text.ptr[at])) {
    at++;
  }

  return at;
}

/* Returns where the next token begins; |*commented| is set where a comment is
   before it. */
static size_t pass_space(shako_span text, size_t at, bool *commented) {
  while (at < text.len) {
    if (text.ptr[at] == '#' || starts(text, at, "//")) {
      at = pass_line(text, at);
      *commented = true;
    } else if (starts(text, at, "/*")) {
      at = pass_block(text, at);
      *commented = true;
    } else if (isspace(text.ptr[at])) {
      at++;
    } else {
      break;
    }
  }

  return at;
}

static token mark_of(uint8_t octet) {
  switch (octet) {
  case '{':
    return TOKEN_OPEN;
  case '}':
    return TOKEN_CLOSE;
  case '=':
    return TOKEN_EQUALS;
  case ',':
    return TOKEN_COMMA;
  default:
    return TOKEN_STRANGE;
  }
}

/* Takes the next token from |*at| on; |*where| says where it stands. */
static token next(shako_span text, size_t *at, range *where) {
  bool commented;
  token found = TOKEN_WORD;
  size_t start = pass_space(text, *at, &commented);
  size_t end;

  if (start == text.len) {
    end = start;
    found = TOKEN_END;
  } else if (text.ptr[start] == '"' || text.ptr[start] == '\'') {
    end = pass_string(text, start);
  } else if (is_word(text.ptr[start])) {
    end = pass_word(text, start);
  } else {
    end = start + 1;
    found = mark_of(text.ptr[start]);
  }

  *where = (range){start, end};
  *at = end;

  return found;
}

/* Takes what follows an equals sign. */
static bool take_value(shako_span text, size_t *at, range *value) {
  token found = next(text, at, value);
  range where;

  if (found != TOKEN_OPEN) {
    return found == TOKEN_WORD;
  }

  do {
    found = next(text, at, &where);
  } while (found == TOKEN_WORD || found == TOKEN_COMMA);

  value->end = where.end;

  return found == TOKEN_CLOSE;
}

/* Takes an option, or the head of a section with its opening brace. */
static bool take_head(shako_span text, size_t *at, conf_item *item) {
  range where;
  token found = next(text, at, &item->name);

  if (found != TOKEN_WORD) {
    return false;
  }

  found = next(text, at, &where);
  item->title = (range){item->name.end, item->name.end};
  item->is_section = found != TOKEN_EQUALS;
  if (found == TOKEN_EQUALS) {
    return take_value(text, at, &item->value);
  }

  if (found == TOKEN_WORD) {
    item->title = where;
    found = next(text, at, &where);
  }

  return found == TOKEN_OPEN;
}

/* Returns where the brace is that closes what begins at |at|. */
static range find_close(shako_span text, size_t at) {
  range where = {at, at};
  size_t depth = 1;

  while (depth > 0) {
    token found = next(text, &at, &where);

    depth += found == TOKEN_OPEN;
    depth -= found == TOKEN_CLOSE;
    if (found == TOKEN_END) {
      break;
    }
  }

  return where;
}

static unsigned line_of(shako_span text, size_t at) {
  unsigned line = 1;
  size_t i;

  for (i = 0; i < at; i++) {
    line += text.ptr[i] == '\n';
  }

  return line;
}

bool conf_check(shako_span text, unsigned *line) {
  size_t at = 0;
  size_t depth = 0;
  bool understood = true;

  while (understood) {
    size_t before = at;
    range where;
    conf_item item = {0};
    token found = next(text, &at, &where);

    *line = line_of(text, where.start);
    if (found == TOKEN_END) {
      return depth == 0;
    }

    if (found == TOKEN_CLOSE) {
      understood = depth > 0;
      depth -= understood;
    } else {
      at = before;
      understood = take_head(text, &at, &item);
      depth += item.is_section;
    }
  }

  return false;
}

bool conf_next(shako_span text, range *rest, conf_item *item) {
  shako_span part = {text.ptr, rest->end};
  size_t at = rest->start;

  if (!take_head(part, &at, item)) {
    return false;
  }

  if (item->is_section) {
    range close = find_close(part, at);

    item->value = (range){at, close.start};
    at = close.end;
  }

  item->whole = (range){item->name.start, at};
  rest->start = at;

  return true;
}

static bool is_named(shako_span text, const conf_item *item, const char *name) {
  size_t len = item->name.end - item->name.start;

  return len == strlen(name) &&
         memcmp(text.ptr + item->name.start, name, len) == 0;
}

bool conf_find_option(shako_span text, range in, const char *name,
                      conf_item *item) {
  conf_item each;
  bool found = false;

  while (conf_next(text, &in, &each)) {
    if (!each.is_section && is_named(text, &each, name)) {
      *item = each;
      found = true;
    }
  }

  return found;
}

bool conf_find_section(shako_span text, range in, const char *name, size_t i,
                       conf_item *item) {
  while (conf_next(text, &in, item)) {
    if (item->is_section && is_named(text, item, name) && i-- == 0) {
      return true;
    }
  }

  return false;
}

bool conf_has_comment(shako_span text, range in) {
  shako_span part = {text.ptr, in.end};
  size_t at = in.start;
  bool commented = false;
  range where;

  do {
    pass_space(part, at, &commented);
  } while (next(part, &at, &where) != TOKEN_END);

  return commented;
}
