#include "base/ascii.h"
#include "base/mem.h"
#include "base/text.h"
#include "policy/destinations.h"
#include "policy/lexer.h"
#include "policy/symbols.h"
#include "smtp/path.h"

/* The text of destination controls: sections of keys.  What it is made of is
   what a Host Access Table is made of, but that a value ends with its line. */

typedef struct parser {
  shako_destinations *destinations;
  shako__lexer lexer;
  shako__symbols names; /* of sections */
} parser;

static const char no_section[] = "neither a section, [DOMAIN], nor a key";

static shako__destination_section *section_at(const parser *p, size_t i) {
  return (shako__destination_section *)p->destinations->sections.items + i;
}

/* Returns the name of the section that the token at hand begins, empty where
   it begins none. */
static shako_span title_of(const shako__token *token) {
  shako_span text = token->text;
  shako_span none = {NULL, 0};

  if (token->kind != SHAKO__TOKEN_WORD || text.ptr[0] != '[' ||
      text.ptr[text.len - 1] != ']') {
    return none;
  }
  return shako__slice(text, 1, text.len - 1);
}

/* Whether |name| is a domain, or a dot and one: with or without another at its
   end, which |*name| has no more. */
static bool cut_name(shako_span *name) {
  shako_span domain;

  if (name->ptr[name->len - 1] == '.') {
    name->len--;
  }
  domain = *name;
  shako__cut(&domain, '.');
  return name->len <= SHAKO__NAME_MAX && shako__is_domain(domain);
}

/* Returns a copy of |name| in lower case, or NULL without memory. */
static const char *keep_name(parser *p, shako_span name) {
  char *copy = shako__strings_make(&p->destinations->strings, name.len);
  size_t i;

  for (i = 0; copy != NULL && i < name.len; i++) {
    uint8_t c = name.ptr[i];

    copy[i] = (char)(shako__is_alpha(c) ? c | 0x20 : c);
  }
  return copy;
}

static int add_section(parser *p, const char *name) {
  shako__destination_section *added;
  shako_span symbol = shako__span(name);
  size_t i = p->destinations->sections.count;

  if (shako__symbols_find(&p->names, symbol) != SHAKO__NO_SYMBOL) {
    return shako__lexer_fault(&p->lexer, 0,
                              "a section of that name stands above");
  }
  if (i == SHAKO__DESTINATIONS_MAX) {
    return shako__lexer_fault(&p->lexer, 0, "too many sections");
  }
  added = shako__array_add(&p->destinations->sections, 1);
  if (added == NULL) {
    return SHAKO_ERR_NOMEM;
  }
  *added =
      (shako__destination_section){.name = name, .line = p->lexer.token.line};
  return shako__symbols_add(&p->names, symbol, (uint32_t)i);
}

static int open_default(parser *p) {
  shako__destination_section *section = section_at(p, 0);

  if (section->line != 0) {
    return shako__lexer_fault(&p->lexer, 0, "the default section stands above");
  }
  section->line = p->lexer.token.line;
  return 0;
}

/* Begins the section |title|; |*at|, which is 0, becomes its place. */
static int open_section(parser *p, shako_span title, size_t *at) {
  const char *name;

  if (!cut_name(&title)) {
    return shako__lexer_fault(&p->lexer, 1,
                              "neither a domain, a dot and one, nor DEFAULT");
  }
  if (shako__equals(title, "DEFAULT") || shako__equals(title, "ALL")) {
    return open_default(p);
  }
  name = keep_name(p, title);
  *at = p->destinations->sections.count;
  return name != NULL ? add_section(p, name) : SHAKO_ERR_NOMEM;
}

/* Takes the words that stand at hand and behind, up to the end of the line;
   a string is one. */
static int take_value(parser *p, shako_span *value, bool *quoted) {
  shako__lexer *lexer = &p->lexer;
  uint32_t line = lexer->token.line;
  int error;

  *value = lexer->token.text;
  *quoted = shako__lexer_is(lexer, SHAKO__TOKEN_STRING);
  error = shako__lexer_next(lexer);
  while (error == 0 && !*quoted && lexer->token.line == line &&
         shako__lexer_is(lexer, SHAKO__TOKEN_WORD)) {
    shako_span word = lexer->token.text;

    value->len = (size_t)(word.ptr - value->ptr) + word.len;
    error = shako__lexer_next(lexer);
  }
  return error;
}

static int keep_value(parser *p, size_t section, size_t key) {
  shako_destinations *d = p->destinations;
  shako__destination_section *s = section_at(p, section);
  shako__destination_kept *kept = shako__array_add(&d->kept, 1);
  shako_span value;
  int error;

  if (kept == NULL) {
    return SHAKO_ERR_NOMEM;
  }
  *kept = (shako__destination_kept){.key = key};
  s->first_kept = s->kept == 0 ? d->kept.count - 1 : s->first_kept;
  s->kept++;
  error = take_value(p, &value, &kept->quoted);
  if (error == 0) {
    kept->value = shako__strings_keep(&d->strings, value);
    error = kept->value != NULL ? 0 : SHAKO_ERR_NOMEM;
  }
  return error;
}

/* The value is at hand. */
static int parse_value(parser *p, size_t section, size_t key) {
  shako__destination_section *s = section_at(p, section);
  const char *wrong;

  s->set |= 1u << key;
  if (key >= SHAKO__DESTINATION_VALUES) {
    return keep_value(p, section, key);
  }
  wrong =
      shako__destination_key_read(key, p->lexer.token.text, &s->values[key]);
  return wrong != NULL ? shako__lexer_fault(&p->lexer, 0, wrong)
                       : shako__lexer_next(&p->lexer);
}

/* Returns what is wrong with |key| in |section|, or NULL. */
static const char *judge_key(const parser *p, size_t section, size_t key) {
  if (key == shako__destination_key_count()) {
    return "no such key";
  }
  if (section != 0 && shako__destination_key_is_global(key)) {
    return "a key of the section DEFAULT alone";
  }
  return section_at(p, section)->set >> key & 1
             ? "a key that this section sets already"
             : NULL;
}

/* KEY = value */
static int parse_setting(parser *p, size_t section) {
  shako__lexer *lexer = &p->lexer;
  size_t key = shako__destination_key_find(lexer->token.text);
  const char *wrong = judge_key(p, section, key);
  uint32_t line;
  int error;

  if (wrong != NULL) {
    return shako__lexer_fault(lexer, 0, wrong);
  }
  error = shako__lexer_next(lexer);
  if (error == 0 && !shako__lexer_is(lexer, SHAKO__TOKEN_EQUALS)) {
    error = shako__lexer_fault(lexer, 0, "a = is missing");
  }
  line = lexer->token.line;
  error = error ? error : shako__lexer_next(lexer);
  if (error == 0 && (lexer->token.line != line ||
                     (!shako__lexer_is(lexer, SHAKO__TOKEN_WORD) &&
                      !shako__lexer_is(lexer, SHAKO__TOKEN_STRING)))) {
    error = shako__lexer_fault(lexer, 0, "a value is missing before this");
  }
  return error ? error : parse_value(p, section, key);
}

/* [DOMAIN], and the keys up to the next. */
static int parse_section(parser *p) {
  shako_span title = title_of(&p->lexer.token);
  size_t section = 0;
  int error;

  if (title.len == 0) {
    return shako__lexer_fault(&p->lexer, 0, no_section);
  }
  error = open_section(p, title, &section);
  error = error ? error : shako__lexer_next(&p->lexer);
  while (error == 0 && shako__lexer_is(&p->lexer, SHAKO__TOKEN_WORD) &&
         p->lexer.token.text.ptr[0] != '[') {
    error = parse_setting(p, section);
  }
  return error;
}

static int read_table(shako_destinations *destinations, shako_span text,
                      shako_place *place) {
  parser p = {.destinations = destinations};
  int error = shako__lexer_init(&p.lexer, text, place);

  shako__symbols_init(&p.names, &destinations->mem);
  while (error == 0 && !shako__lexer_is(&p.lexer, SHAKO__TOKEN_END)) {
    error = parse_section(&p);
  }
  shako__symbols_free(&p.names);
  return error ? error : shako__destinations_build(destinations);
}

int shako_destinations_read(shako_destinations **pdestinations, shako_span text,
                            const shako_mem *mem, shako_place *place) {
  shako_mem own = mem != NULL ? *mem : shako__mem_default();
  shako_destinations *destinations = shako__destinations_new(&own);
  int error;

  if (destinations == NULL) {
    return SHAKO_ERR_NOMEM;
  }
  error = read_table(destinations, text, place);
  if (error != 0) {
    shako_destinations_unref(destinations);
    return error;
  }
  *pdestinations = destinations;
  return 0;
}

static void put_setting(shako__text *text, size_t key, const char *quote,
                        const char *value) {
  shako__text_put(text, shako__destination_key_name(key));
  shako__text_put(text, " = ");
  shako__text_put(text, quote);
  shako__text_put(text, value);
  shako__text_put(text, quote);
  shako__text_put(text, "\n");
}

static void put_section(shako__text *text,
                        const shako_destinations *destinations,
                        const shako__destination_section *section) {
  const shako__destination_kept *kept = destinations->kept.items;
  size_t i;

  shako__text_put(text, "[");
  shako__text_put(text, section->name != NULL ? section->name : "DEFAULT");
  shako__text_put(text, "]\n");
  for (i = 0; i < SHAKO__DESTINATION_VALUES; i++) {
    if (section->set >> i & 1) {
      put_setting(text, i, "",
                  shako__destination_key_word(i, section->values[i]));
    }
  }
  for (i = section->first_kept; i < section->first_kept + section->kept; i++) {
    put_setting(text, kept[i].key, kept[i].quoted ? "\"" : "", kept[i].value);
  }
}

size_t shako_destinations_write(const shako_destinations *destinations,
                                char *buf, size_t size) {
  const shako__destination_section *sections = destinations->sections.items;
  shako__text text;
  size_t i;

  shako__text_init(&text, buf, size);
  for (i = 0; i < destinations->sections.count; i++) {
    if (sections[i].line != 0) {
      put_section(&text, destinations, &sections[i]);
    }
  }
  return text.len;
}
