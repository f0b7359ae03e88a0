#ifndef SHAKO_POLICY_LEXER_H
#define SHAKO_POLICY_LEXER_H

#include <stdbool.h>

#include <shako/common.h>

/* What the text of a Host Access Table is made of. */
typedef enum shako__token_kind {
  SHAKO__TOKEN_WORD,
  SHAKO__TOKEN_STRING,  /* without its quotes, \" and \\ as they are */
  SHAKO__TOKEN_COMMENT, /* in parentheses, without these */
  SHAKO__TOKEN_OPEN,
  SHAKO__TOKEN_CLOSE,
  SHAKO__TOKEN_EQUALS,
  SHAKO__TOKEN_END
} shako__token_kind;

typedef struct shako__token {
  shako__token_kind kind;
  shako_span text;
  uint32_t line; /* of its first octet, as the column */
  uint32_t column;
} shako__token;

/* A text, and the token at hand. */
typedef struct shako__lexer {
  shako__token token;
  shako_span rest; /* behind it */
  const uint8_t *line_start;
  uint32_t line; /* of |rest| */
  shako_place *place;
} shako__lexer;

/* Begins |text|, which outlives it, with its first token at hand; |place| is
   where faults are told.

   Returns 0, or
     SHAKO_ERR_SYNTAX  |*place| says where and why; so for all that follow */
int shako__lexer_init(shako__lexer *lexer, shako_span text, shako_place *place);

/* Goes on to the next token; behind the last stays SHAKO__TOKEN_END. */
int shako__lexer_next(shako__lexer *lexer);

/* Cuts the patterns of an address list off, from behind the brace at hand to
   the one that closes it, which is then at hand. */
int shako__lexer_patterns(shako__lexer *lexer, shako_span *patterns);

/* Says that |what| is wrong with the token at hand, |at| octets into it.
   Returns SHAKO_ERR_SYNTAX. */
int shako__lexer_fault(const shako__lexer *lexer, size_t at, const char *what);

/* Whether the token at hand is of |kind|. */
static inline bool shako__lexer_is(const shako__lexer *lexer,
                                   shako__token_kind kind) {
  return lexer->token.kind == kind;
}

#endif /* SHAKO_POLICY_LEXER_H */
