#include "policy/lexer.h"

#include <string.h>

#include "base/ascii.h"

/*
 * Octets that no text has are found before all else, so that a CR is here
 * always half of a line end, and all that is not over a blank is one.
 */

/* Lines, columns and the places of members are of 32 bits. */
#define TEXT_MAX UINT32_MAX

static const char marks[] = "{}()=\"#";

static int fail_at(shako_place *place, uint32_t line, size_t column,
                   const char *what) {
  *place = (shako_place){line, (uint32_t)column, what};
  return SHAKO_ERR_SYNTAX;
}

static bool is_blank(uint8_t c) {
  return c <= ' ';
}

static bool is_in_word(uint8_t c) {
  return !is_blank(c) && memchr(marks, c, sizeof(marks) - 1) == NULL;
}

static bool is_in_pattern(uint8_t c) {
  return !is_blank(c);
}

static bool is_in_line(uint8_t c) {
  return c != '\n';
}

static bool is_plain(uint8_t c) {
  return (c >= ' ' && c != 0x7f) || c == '\t';
}

/* Finds what is no text at all. */
static int check_octets(shako_span text, shako_place *place) {
  uint32_t line = 1;

  while (text.len > 0) {
    shako_span run = shako__cut_class(&text, is_plain);
    bool cr = shako__cut(&text, '\r');
    bool lf = shako__cut(&text, '\n');

    if (cr && !lf) {
      return fail_at(place, line, run.len + 1, "a CR without an LF");
    }
    if (!lf && text.len > 0) {
      return fail_at(place, line, run.len + 1, "a control octet");
    }
    line++;
  }
  return 0;
}

int shako__lexer_init(shako__lexer *lexer, shako_span text,
                      shako_place *place) {
  static const char bom[] = "\xef\xbb\xbf";
  int error;

  if (text.len == 0) {
    text.ptr = (const uint8_t *)""; /* nothing is added to NULL, not even 0 */
  }
  if (text.len > TEXT_MAX) {
    return fail_at(place, 1, 1, "a table over 4294967295 octets");
  }
  if (text.len >= 3 && memcmp(text.ptr, bom, 3) == 0) {
    text = shako__slice(text, 3, text.len);
  }
  *lexer = (shako__lexer){
      .rest = text, .line_start = text.ptr, .line = 1, .place = place};
  error = check_octets(text, place);
  return error ? error : shako__lexer_next(lexer);
}

int shako__lexer_fault(const shako__lexer *lexer, size_t at, const char *what) {
  const shako__token *token = &lexer->token;

  return fail_at(lexer->place, token->line, token->column + at, what);
}

/* Cuts |n| octets off the rest, and sees what lines they end. */
static shako_span take(shako__lexer *lexer, size_t n) {
  shako_span taken = shako__slice(lexer->rest, 0, n);
  shako_span at = taken;

  while (at.len > 0) {
    shako__cut_class(&at, is_in_line);
    if (shako__cut(&at, '\n')) {
      lexer->line++;
      lexer->line_start = at.ptr;
    }
  }
  lexer->rest = shako__slice(lexer->rest, n, lexer->rest.len);
  return taken;
}

static size_t length_of(shako_span text, bool (*in_class)(uint8_t)) {
  return shako__cut_class(&text, in_class).len;
}

/* Goes to where the next token begins, over comments behind #. */
static void skip_blanks(shako__lexer *lexer) {
  take(lexer, length_of(lexer->rest, is_blank));
  while (lexer->rest.len > 0 && lexer->rest.ptr[0] == '#') {
    take(lexer, length_of(lexer->rest, is_in_line));
    take(lexer, length_of(lexer->rest, is_blank));
  }
}

/* Begins a token that is |skip| octets into what follows. */
static void begin(shako__lexer *lexer, shako__token_kind kind, size_t skip) {
  shako__token *token = &lexer->token;

  token->kind = kind;
  token->line = lexer->line;
  token->column = (uint32_t)(lexer->rest.ptr - lexer->line_start) + 1;
  take(lexer, skip);
}

/* The quote is cut off already. */
static int read_string(shako__lexer *lexer) {
  shako_span rest = lexer->rest;
  size_t i = 0;

  while (i < rest.len && rest.ptr[i] != '"' && rest.ptr[i] != '\n') {
    i += rest.ptr[i] == '\\' && i + 1 < rest.len && rest.ptr[i + 1] != '\n' ? 2
                                                                            : 1;
  }
  if (i >= rest.len || rest.ptr[i] != '"') {
    return shako__lexer_fault(lexer, 0,
                              "no quote ends this string in its line");
  }
  lexer->token.text = take(lexer, i);
  take(lexer, 1);
  return 0;
}

/* Parentheses nest; quotes and # mean nothing. */
static int read_comment(shako__lexer *lexer) {
  shako_span rest = lexer->rest;
  size_t depth = 1;
  size_t i;

  for (i = 0; i < rest.len && depth > 0; i++) {
    depth += rest.ptr[i] == '(';
    depth -= rest.ptr[i] == ')';
  }
  if (depth > 0) {
    return shako__lexer_fault(lexer, 0, "no parenthesis ends this comment");
  }
  lexer->token.text = take(lexer, i - 1);
  take(lexer, 1);
  return 0;
}

/* A token that is one octet, or begins with one. */
static int read_mark(shako__lexer *lexer, uint8_t mark) {
  switch (mark) {
  case '{':
    begin(lexer, SHAKO__TOKEN_OPEN, 1);
    return 0;
  case '}':
    begin(lexer, SHAKO__TOKEN_CLOSE, 1);
    return 0;
  case '=':
    begin(lexer, SHAKO__TOKEN_EQUALS, 1);
    return 0;
  case '"':
    begin(lexer, SHAKO__TOKEN_STRING, 1);
    return read_string(lexer);
  case '(':
    begin(lexer, SHAKO__TOKEN_COMMENT, 1);
    return read_comment(lexer);
  }
  begin(lexer, SHAKO__TOKEN_WORD, 0);
  return shako__lexer_fault(lexer, 0, "a parenthesis that closes nothing");
}

int shako__lexer_next(shako__lexer *lexer) {
  size_t len;

  skip_blanks(lexer);
  len = length_of(lexer->rest, is_in_word);
  if (len > 0) {
    begin(lexer, SHAKO__TOKEN_WORD, 0);
    lexer->token.text = take(lexer, len);
    return 0;
  }
  if (lexer->rest.len > 0) {
    return read_mark(lexer, lexer->rest.ptr[0]);
  }
  begin(lexer, SHAKO__TOKEN_END, 0);
  return 0;
}

/* Returns the length of the pattern that |text| begins with.  None ends with a
   brace: that one closes the list. */
static size_t pattern_length(shako_span text) {
  size_t len = length_of(text, is_in_pattern);

  return text.ptr[len - 1] == '}' ? len - 1 : len;
}

/* A local-part that begins with a closing brace needs quotes here. */
int shako__lexer_patterns(shako__lexer *lexer, shako_span *patterns) {
  patterns->ptr = lexer->rest.ptr;
  skip_blanks(lexer);
  while (lexer->rest.len > 0 && lexer->rest.ptr[0] != '}') {
    take(lexer, pattern_length(lexer->rest));
    skip_blanks(lexer);
  }
  patterns->len = (size_t)(lexer->rest.ptr - patterns->ptr);
  if (lexer->rest.len == 0) {
    return shako__lexer_fault(lexer, 0, "no brace ends this list");
  }
  begin(lexer, SHAKO__TOKEN_CLOSE, 1);
  return 0;
}
