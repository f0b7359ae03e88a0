#ifndef SHAKO_POLICY_PARSE_H
#define SHAKO_POLICY_PARSE_H

#include "policy/hat.h"
#include "policy/lexer.h"
#include "policy/symbols.h"

/*
 * The text of a table, entry by entry.  Each function begins with its first
 * token at hand and leaves the one behind its last.  All return 0, or
 *   SHAKO_ERR_SYNTAX  the lexer's place says where and why
 *   SHAKO_ERR_NOMEM
 *
 *   hat_file.c      the table; an address list
 *   parse_policy.c  $NAME ACCESS { key = value ... }
 *   parse_group.c   NAME: member ... RULE (comment), member RULE (comment)
 */

typedef struct shako__parser {
  shako_hat *hat;
  shako__lexer lexer;
  shako__symbols symbols;                   /* "$POLICY", "%LIST" and "GROUP" */
  uint32_t bare[SHAKO_ACCESS_CONTINUE + 1]; /* the policy of each access rule
                                               that stands alone */
  shako_span zones[SHAKO_HAT_LISTS_MAX];    /* of DNS lists */
  unsigned zone_count;
} shako__parser;

int shako__parse_policy(shako__parser *parser);
int shako__parse_group(shako__parser *parser);

/* Judges |name|, without its sigil, that the token at hand defines, and adds
   |symbol|, which is it with that, as |number|; |twice| says that it is
   defined already. */
int shako__parse_name(shako__parser *parser, shako_span name, shako_span symbol,
                      size_t number, const char *twice);

/* Takes the token at hand for an access rule.  Returns false where it is
   none. */
bool shako__parse_access(const shako__parser *parser, shako_access *access);

/* Adds a policy on top of the defaults.  Returns it, or NULL without memory. */
shako__hat_policy *shako__parse_add_policy(shako__parser *parser,
                                           shako_access access);

#endif /* SHAKO_POLICY_PARSE_H */
