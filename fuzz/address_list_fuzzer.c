/* The first line is a path, the rest an address list.  A list holds what its
   patterns hold one by one, each of which holds what it says, however the path
   is spelled. */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <shako/policy.h>

#include "base/ascii.h"
#include "base/utf8.h"
#include "check.h"

#define PATH_MAX_LENGTH 320

/* Returns the list that |text| is, or NULL where it is none. */
static shako_address_list *read_list(shako_span text) {
  shako_address_list *list = NULL;
  shako_place place = {0, 0, NULL};
  int error = shako_address_list_read(&list, text, NULL, &place);

  if (error == 0) {
    CHECK(place.what == NULL && list != NULL);
    return list;
  }
  CHECK(error == SHAKO_ERR_SYNTAX && list == NULL);
  CHECK(place.what != NULL && *place.what != '\0');
  CHECK(place.line >= 1 && place.line <= text.len + 1);
  CHECK(place.column >= 1 && place.column <= text.len + 1);
  return NULL;
}

static bool holds(const shako_address_list *list, shako_span path) {
  return shako_address_list_holds(list, path) != 0;
}

static bool has(shako_span text, const char *any) {
  size_t i;

  for (i = 0; i < text.len; i++) {
    if (text.ptr[i] == 0 || strchr(any, text.ptr[i]) != NULL) {
      return true;
    }
  }
  return false;
}

/* A string that grows, octet by octet, and gets no longer than a path. */
typedef struct writing {
  uint8_t octets[PATH_MAX_LENGTH];
  size_t len;
  bool full;
} writing;

static void put(writing *to, shako_span span) {
  if (span.len > sizeof(to->octets) - to->len) {
    to->full = true;
    return;
  }
  memcpy(to->octets + to->len, span.ptr, span.len);
  to->len += span.len;
}

static void put_text(writing *to, const char *text) {
  put(to, shako__span(text));
}

static shako_span written(const writing *from) {
  shako_span span = {from->octets, from->len};

  return span;
}

static void check_case(const shako_address_list *list, shako_span path,
                       bool held) {
  uint8_t upper[PATH_MAX_LENGTH];
  uint8_t lower[PATH_MAX_LENGTH];
  size_t i;

  for (i = 0; i < path.len; i++) {
    upper[i] = shako__upper(path.ptr[i]);
    lower[i] =
        (uint8_t)(path.ptr[i] | (shako__is_alpha(path.ptr[i]) ? 0x20 : 0));
  }
  CHECK(holds(list, (shako_span){upper, path.len}) == held);
  CHECK(holds(list, (shako_span){lower, path.len}) == held);
}

/* A quoted local-part, and one all of quoted pairs, which are of ASCII, are the
   plain one. */
static void check_quoted(const shako_address_list *list, shako_span path,
                         bool held) {
  writing quoted = {.len = 0};
  writing pairs = {.len = 0};
  size_t i;

  put_text(&quoted, "\"");
  put_text(&pairs, "\"");
  for (i = 0; i < path.len && path.ptr[i] != '@'; i++) {
    put(&quoted, shako__slice(path, i, i + 1));
    put_text(&pairs, "\\");
    put(&pairs, shako__slice(path, i, i + 1));
  }
  put_text(&quoted, "\"");
  put(&quoted, shako__slice(path, i, path.len));
  put_text(&pairs, "\"");
  put(&pairs, shako__slice(path, i, path.len));
  CHECK(quoted.full || holds(list, written(&quoted)) == held);
  CHECK(pairs.full || !shako__all_text(path) ||
        holds(list, written(&pairs)) == held);
}

static bool same(shako_span a, shako_span b) {
  size_t i;

  for (i = 0; a.len == b.len && i < a.len; i++) {
    if (shako__upper(a.ptr[i]) != shako__upper(b.ptr[i])) {
      return false;
    }
  }
  return a.len == b.len;
}

static size_t at_sign(shako_span text) {
  size_t i = 0;

  while (i < text.len && text.ptr[i] != '@') {
    i++;
  }
  return i;
}

/* Whether |path| matches |pattern|, as the header says it and without quotes
   and literals. */
static bool is_match(shako_span pattern, shako_span path) {
  size_t a = at_sign(pattern);
  size_t b = at_sign(path);
  shako_span domain = shako__slice(pattern, a + 1, pattern.len);
  shako_span of_path = shako__slice(path, b + (b < path.len), path.len);

  if (b == 0 || !shako__is_utf8_text(path) ||
      (a > 0 && !same(shako__slice(pattern, 0, a), shako__slice(path, 0, b)))) {
    return false;
  }
  if (domain.len > 0 && domain.ptr[0] == '.' && of_path.len > domain.len) {
    of_path = shako__slice(of_path, of_path.len - domain.len, of_path.len);
  }
  return domain.len == 0 || same(domain, of_path);
}

/* A pattern holds what it is made for. */
static void check_pattern(const shako_address_list *list, shako_span pattern) {
  bool local = pattern.ptr[0] != '@';
  bool domain = pattern.ptr[pattern.len - 1] != '@';
  writing path = {.len = 0};

  if (local) {
    put(&path, pattern);
    put_text(&path, domain ? "" : "x.example");
  } else {
    bool under = pattern.ptr[1] == '.';

    put_text(&path, under ? "a@b" : "a");
    put(&path, shako__slice(pattern, under, pattern.len));
  }
  CHECK(path.full || holds(list, written(&path)));
}

/* Returns whether |word|, one of a list, holds |path|. */
static bool check_word(shako_span word, shako_span path) {
  shako_address_list *list = read_list(word);
  bool held;

  CHECK(list != NULL);
  held = holds(list, path);
  check_pattern(list, word);
  if (!has(word, "\"\\[") && !has(path, "\"\\[") &&
      path.len <= PATH_MAX_LENGTH) {
    CHECK(held == is_match(word, path));
  }
  shako_address_list_unref(list);
  return held;
}

static bool is_in_word(uint8_t c) {
  return c != ' ' && c != '\t' && c != '\r' && c != '\n';
}

static bool is_in_line(uint8_t c) {
  return c != '\n';
}

/* Returns whether one of the patterns of |text|, a list, holds |path|. */
static bool check_words(shako_span text, shako_span path) {
  bool held = false;

  while (text.len > 0) {
    shako_span word;

    if (*text.ptr == '#') {
      shako__cut_class(&text, is_in_line);
    }
    word = shako__cut_class(&text, is_in_word);
    if (word.len > 0) {
      held = check_word(word, path) || held;
    } else {
      text = shako__slice(text, text.len > 0, text.len);
    }
  }
  return held;
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len) {
  shako_span text = {octets, len};
  shako_span path = shako__cut_class(&text, is_in_line);
  shako_address_list *list;
  bool held;

  shako__cut(&text, '\n');
  list = read_list(text);
  if (list == NULL) {
    return 0;
  }
  held = holds(list, path);
  CHECK(check_words(text, path) == held);
  CHECK(!held || path.len <= PATH_MAX_LENGTH);
  if (path.len <= PATH_MAX_LENGTH) {
    check_case(list, path, held);
  }
  if (path.len > 0 && path.len <= PATH_MAX_LENGTH && !has(path, "\"\\") &&
      path.ptr[0] != '@') {
    check_quoted(list, path, held);
  }
  shako_address_list_unref(list);

  return 0;
}
