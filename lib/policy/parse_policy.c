#include "base/ascii.h"
#include "policy/keys.h"
#include "policy/parse.h"

bool shako__parse_access(const shako__parser *parser, shako_access *access) {
  unsigned i;

  if (!shako__lexer_is(&parser->lexer, SHAKO__TOKEN_WORD)) {
    return false;
  }
  for (i = 0; i <= SHAKO_ACCESS_CONTINUE; i++) {
    if (shako__equals(parser->lexer.token.text,
                      shako__access_name((shako_access)i))) {
      *access = (shako_access)i;
      return true;
    }
  }
  return false;
}

shako__hat_policy *shako__parse_add_policy(shako__parser *parser,
                                           shako_access access) {
  shako_hat *hat = parser->hat;
  shako__hat_policy *added = shako__array_add(&hat->policies, 1);

  if (added != NULL) {
    *added = (shako__hat_policy){hat->defaults, parser->lexer.token.line, 0};
    added->policy.name = NULL;
    added->policy.access = access;
  }
  return added;
}

/* Returns the policy under way, which is the last. */
static shako__hat_policy *last_policy(const shako__parser *parser) {
  return (shako__hat_policy *)parser->hat->policies.items +
         parser->hat->policies.count - 1;
}

static int keep_value(shako__parser *parser, size_t key,
                      const shako__value *value) {
  shako_hat *hat = parser->hat;
  const char *copy = shako__strings_keep(&hat->strings, value->text);
  shako__hat_kept *kept = copy != NULL ? shako__array_add(&hat->kept, 1) : NULL;

  if (kept == NULL) {
    return SHAKO_ERR_NOMEM;
  }
  *kept = (shako__hat_kept){(uint32_t)hat->policies.count - 1, (uint32_t)key,
                            copy, value->quoted};
  return 0;
}

/* The value of |key| is at hand. */
static int parse_value(shako__parser *parser, size_t key) {
  shako__lexer *lexer = &parser->lexer;
  shako__hat_policy *policy = last_policy(parser);
  shako__value value = {shako__lexer_is(lexer, SHAKO__TOKEN_STRING),
                        lexer->token.text};
  const char *what = NULL;
  int error;

  if (!value.quoted && !shako__lexer_is(lexer, SHAKO__TOKEN_WORD)) {
    return shako__lexer_fault(lexer, 0, "a value is missing");
  }
  error = shako__key_set(parser->hat, &policy->policy, key, &value, &what);
  if (error == SHAKO_ERR_SYNTAX) {
    return shako__lexer_fault(lexer, 0, what);
  }
  policy->set |= (uint64_t)1 << key;
  if (error == 0 && shako__key_is_kept(key)) {
    error = keep_value(parser, key, &value);
  }
  return error ? error : shako__lexer_next(lexer);
}

static int parse_setting(shako__parser *parser) {
  shako__lexer *lexer = &parser->lexer;
  size_t key;
  int error;

  if (!shako__lexer_is(lexer, SHAKO__TOKEN_WORD)) {
    return shako__lexer_fault(lexer, 0,
                              "neither a key nor the brace that ends a block");
  }
  key = shako__key_find(lexer->token.text);
  if (key == shako__key_count()) {
    return shako__lexer_fault(lexer, 0, "no such key");
  }
  if (last_policy(parser)->set >> key & 1) {
    return shako__lexer_fault(lexer, 0, "a key that this block sets already");
  }
  error = shako__lexer_next(lexer);
  if (error == 0 && !shako__lexer_is(lexer, SHAKO__TOKEN_EQUALS)) {
    error = shako__lexer_fault(lexer, 0, "a = is missing");
  }
  if (error == 0) {
    error = shako__lexer_next(lexer);
  }
  return error ? error : parse_value(parser, key);
}

/* The brace that opens the block is at hand. */
static int parse_block(shako__parser *parser) {
  shako__lexer *lexer = &parser->lexer;
  int error = shako__lexer_next(lexer);

  while (error == 0 && !shako__lexer_is(lexer, SHAKO__TOKEN_CLOSE)) {
    error = parse_setting(parser);
  }
  return error ? error : shako__lexer_next(lexer);
}

/* Judges the policy as a whole; |token| is its name. */
static int judge(shako__parser *parser, const shako__token *token) {
  const char *why = shako__policy_judge(&last_policy(parser)->policy);

  if (why != NULL) {
    *parser->lexer.place = (shako_place){token->line, token->column, why};
    return SHAKO_ERR_SYNTAX;
  }
  return 0;
}

/* The access rule is at hand. */
static int parse_rest(shako__parser *parser, const shako__token *token) {
  shako__lexer *lexer = &parser->lexer;
  shako__hat_policy *policy;
  shako_access access;
  int error;

  if (!shako__parse_access(parser, &access)) {
    return shako__lexer_fault(lexer, 0,
                              "neither ACCEPT, RELAY, REJECT, TCPREFUSE nor "
                              "CONTINUE");
  }
  policy = shako__parse_add_policy(parser, access);
  if (policy == NULL) {
    return SHAKO_ERR_NOMEM;
  }
  policy->line = token->line;
  policy->policy.name = shako__strings_keep(&parser->hat->strings, token->text);
  if (policy->policy.name == NULL) {
    return SHAKO_ERR_NOMEM;
  }
  error = shako__lexer_next(lexer);
  if (error == 0 && shako__lexer_is(lexer, SHAKO__TOKEN_OPEN)) {
    error = parse_block(parser);
  }
  return error ? error : judge(parser, token);
}

int shako__parse_policy(shako__parser *parser) {
  shako__token token = parser->lexer.token;
  shako_span name = shako__slice(token.text, 1, token.text.len);
  int error =
      shako__parse_name(parser, name, token.text, parser->hat->policies.count,
                        "a policy of that name stands above");

  if (error == 0) {
    error = shako__lexer_next(&parser->lexer);
  }
  return error ? error : parse_rest(parser, &token);
}
