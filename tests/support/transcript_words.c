#include "transcript_parse.h"

#include <stdlib.h>
#include <string.h>

_Noreturn void transcript_fail(parser *p, const char *why, const char *what) {
  octets_print(p->message, "%s:%u: %s: %s", p->script->path, p->number, why,
               what);
  longjmp(p->failed, 1);
}

/* What a transcript keeps. */

typedef struct kept {
  struct kept *next;
  max_align_t data[];
} kept;

void *transcript_keep(transcript *script, size_t size) {
  kept *block = must_alloc(sizeof(kept) + size);
  block->next = script->kept;
  script->kept = block;
  return block->data;
}

char *transcript_keep_text(transcript *script, const char *text, size_t len) {
  char *copy = transcript_keep(script, len + 1);
  memcpy(copy, text, len);
  return copy;
}

/* Words and numbers. */

bool transcript_begins(const char *text, const char *with) {
  return strncmp(text, with, strlen(with)) == 0;
}

const char *transcript_behind(const char *text, const char *prefix) {
  if (!transcript_begins(text, prefix)) {
    return NULL;
  }
  text += strlen(prefix);
  return *text == ' ' ? text + 1 : text;
}

uint64_t transcript_number(parser *p, const char *text) {
  char *end = NULL;
  unsigned long long value = strtoull(text, &end, 10);
  if (*text < '0' || *text > '9' || *end != 0) {
    transcript_fail(p, "no number", text);
  }
  return value;
}

bool transcript_word(const char **text, char *word, size_t room) {
  size_t len = strcspn(*text, " ");
  if (len == 0 || len >= room) {
    return false;
  }
  memcpy(word, *text, len);
  word[len] = 0;
  *text += len;
  *text += **text == ' ';
  return true;
}

/* Escapes. */

static size_t unescape_many(parser *p, const char *text, size_t len,
                            octets *out) {
  char *star = NULL;
  unsigned long count = strtoul(text, &star, 10);
  const char *end = memchr(text, '}', len);
  if (end == NULL || *star != '*' || star > end) {
    transcript_fail(p, "\\{count*text} is malformed", text);
  }
  octets once = {0};
  transcript_unescape(p, star + 1, (size_t)(end - star) - 1, &once);
  for (unsigned long i = 0; i < count; i++) {
    octets_add(out, once.ptr, once.len);
  }
  octets_free(&once);
  return (size_t)(end - text) + 1;
}

/* Reads what stands behind a backslash; returns how much that was. */
static size_t unescape_one(parser *p, const char *text, size_t len,
                           octets *out) {
  static const char names[] = "rnt0\\\"";
  static const char octet[] = "\r\n\t\0\\\"";
  const char *at = len > 0 ? memchr(names, text[0], 6) : NULL;
  if (at != NULL) {
    octets_add(out, octet + (at - names), 1);
    return 1;
  }
  if (len >= 3 && text[0] == 'x') {
    char digits[3] = {text[1], text[2], 0};
    char *end = NULL;
    uint8_t value = (uint8_t)strtoul(digits, &end, 16);
    if (*end == 0) {
      octets_add(out, &value, 1);
      return 3;
    }
  }
  if (len > 0 && text[0] == '{') {
    return 1 + unescape_many(p, text + 1, len - 1, out);
  }
  transcript_fail(p, "unknown escape", text);
}

void transcript_unescape(parser *p, const char *text, size_t len, octets *out) {
  for (size_t i = 0; i < len;) {
    if (text[i] == '\\') {
      i += 1 + unescape_one(p, text + i + 1, len - i - 1, out);
    } else {
      octets_add(out, text + i, 1);
      i++;
    }
  }
}

char *transcript_unescaped_text(parser *p, const char *text) {
  octets out = {0};
  transcript_unescape(p, text, strlen(text), &out);
  char *kept_text = transcript_keep_text(p->script, octets_text(&out), out.len);
  octets_free(&out);
  return kept_text;
}

void transcript_free_kept(transcript *script) {
  for (kept *block = script->kept; block != NULL;) {
    kept *next = block->next;
    free(block);
    block = next;
  }
  script->kept = NULL;
}
