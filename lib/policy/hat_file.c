#include "base/ascii.h"
#include "base/mem.h"
#include "policy/parse.h"
#include "policy/repeats.h"
#include "policy/words.h"

static bool is_name_octet(uint8_t c) {
  return shako__is_alnum(c) || c == '-' || c == '_';
}

/* Returns what is wrong with |name|, or NULL. */
static const char *judge_name(shako_span name) {
  if (name.len == 0) {
    return "a name is missing";
  }
  if (name.len > SHAKO__GROUP_NAME_MAX) {
    return "a name over 63 octets";
  }
  shako__cut_class(&name, is_name_octet);
  return name.len > 0 ? "a name has letters, digits, - and _ alone" : NULL;
}

int shako__parse_name(shako__parser *parser, shako_span name, shako_span symbol,
                      size_t number, const char *twice) {
  const char *fault = judge_name(name);

  if (fault == NULL &&
      shako__symbols_find(&parser->symbols, symbol) != SHAKO__NO_SYMBOL) {
    fault = twice;
  }
  if (fault != NULL) {
    return shako__lexer_fault(&parser->lexer, 0, fault);
  }
  return shako__symbols_add(&parser->symbols, symbol, (uint32_t)number);
}

/* Adds the list that |patterns| are, which stand behind |brace|. */
static int add_list(shako__parser *parser, const shako__token *name,
                    const shako__token *brace, shako_span patterns) {
  shako_hat *hat = parser->hat;
  shako_place *place = parser->lexer.place;
  shako__hat_senders *added = shako__array_add(&hat->senders, 1);
  int error;

  if (added == NULL) {
    return SHAKO_ERR_NOMEM;
  }
  *added = (shako__hat_senders){.line = name->line};
  added->name = shako__strings_keep(
      &hat->strings, shako__slice(name->text, 1, name->text.len));
  added->patterns = shako__strings_keep(&hat->strings, patterns);
  if (added->name == NULL || added->patterns == NULL) {
    return SHAKO_ERR_NOMEM;
  }
  error = shako_address_list_read(&added->list, patterns, &hat->mem, place);
  if (error == SHAKO_ERR_SYNTAX) { /* counted from the brace on */
    place->column += place->line == 1 ? brace->column : 0;
    place->line += brace->line - 1;
  }
  return error;
}

/* %NAME { pattern ... } */
static int parse_list(shako__parser *parser) {
  shako__lexer *lexer = &parser->lexer;
  shako__token name = lexer->token;
  shako_span patterns;
  shako__token brace;
  int error = shako__parse_name(
      parser, shako__slice(name.text, 1, name.text.len), name.text,
      parser->hat->senders.count, "an address list of that name stands above");

  if (error == 0) {
    error = shako__lexer_next(lexer);
  }
  if (error == 0 && !shako__lexer_is(lexer, SHAKO__TOKEN_OPEN)) {
    error = shako__lexer_fault(lexer, 0, "a brace that opens is missing");
  }
  if (error != 0) {
    return error;
  }
  brace = lexer->token;
  error = shako__lexer_patterns(lexer, &patterns);
  if (error == 0) {
    error = add_list(parser, &name, &brace, patterns);
  }
  return error ? error : shako__lexer_next(lexer);
}

static int parse_entry(shako__parser *parser) {
  const shako__token *token = &parser->lexer.token;

  if (token->kind != SHAKO__TOKEN_WORD) {
    return shako__lexer_fault(&parser->lexer, 0,
                              "neither a policy, a group nor a member");
  }
  if (token->text.ptr[0] == '$') {
    return shako__parse_policy(parser);
  }
  if (token->text.ptr[0] == '%') {
    return parse_list(parser);
  }
  return shako__parse_group(parser);
}

static int parse_table(shako__parser *parser, shako_span text,
                       shako_place *place) {
  int error = shako__lexer_init(&parser->lexer, text, place);

  while (error == 0 && !shako__lexer_is(&parser->lexer, SHAKO__TOKEN_END)) {
    error = parse_entry(parser);
  }
  return error;
}

static int read_table(shako_hat *hat, shako_span text, shako_place *place) {
  shako__parser parser = {.hat = hat};
  int error;
  size_t i;

  for (i = 0; i <= SHAKO_ACCESS_CONTINUE; i++) {
    parser.bare[i] = SHAKO__NO_SYMBOL;
  }
  shako__symbols_init(&parser.symbols, &hat->mem);
  error = parse_table(&parser, text, place);
  shako__symbols_free(&parser.symbols);
  if (error == 0) {
    error = shako__repeats_drop(hat);
  }
  return error ? error : shako__hat_build(hat);
}

/* Fills |*own| with |defaults|, as far as this library knows them.  Returns why
   they are not usable, or NULL. */
static const char *take_defaults(shako_policy *own,
                                 const shako_policy *defaults) {
  shako_policy_default(own);
  if (defaults == NULL) {
    return NULL;
  }
  if (!SHAKO__KNOWS(defaults, answer_timeout)) {
    return "policy.struct_size: call shako_policy_default() first";
  }
  shako__sized_copy(own, sizeof(*own), defaults);
  return shako__policy_judge_default(own);
}

int shako_hat_read(shako_hat **phat, shako_span text,
                   const shako_policy *defaults, const shako_mem *mem,
                   shako_place *place) {
  shako_mem own = mem != NULL ? *mem : shako__mem_default();
  shako_policy policy;
  const char *why = take_defaults(&policy, defaults);
  shako_hat *hat;
  int error;

  if (why != NULL) {
    *place = (shako_place){0, 0, why};
    return SHAKO_ERR_INVALID_ARGUMENT;
  }
  hat = shako__hat_new(&policy, &own);
  if (hat == NULL) {
    return SHAKO_ERR_NOMEM;
  }
  error = read_table(hat, text, place);
  if (error != 0) {
    shako_hat_unref(hat);
    return error;
  }
  *phat = hat;
  return 0;
}
