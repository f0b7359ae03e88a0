#include <string.h>

#include "base/ascii.h"
#include "policy/member.h"
#include "policy/parse.h"

#define NO_RULE "neither a policy ($NAME) nor an access rule"

static bool has(shako_span text, uint8_t c) {
  return memchr(text.ptr, c, text.len) != NULL;
}

/* Whether a word is "NAME:"; members with colons have more before their last
   octet. */
static bool is_header(shako_span word) {
  return word.ptr[word.len - 1] == ':' &&
         !has(shako__slice(word, 0, word.len - 1), ':');
}

/* Whether the token at hand can be a member, or is a fault of one. */
static bool is_member(const shako__parser *parser) {
  shako_span word = parser->lexer.token.text;
  shako_access access;

  return shako__lexer_is(&parser->lexer, SHAKO__TOKEN_WORD) &&
         !shako__parse_access(parser, &access) && !is_header(word) &&
         word.ptr[0] != '$' && word.ptr[0] != '%';
}

static bool is_same_zone(shako_span a, shako_span b) {
  size_t i = 0;

  while (i < a.len && i < b.len &&
         shako__upper(a.ptr[i]) == shako__upper(b.ptr[i])) {
    i++;
  }
  return i == a.len && i == b.len;
}

/* Counts the DNS lists, of which a peer has room for so many answers. */
static int note_zone(shako__parser *parser, shako_span zone) {
  unsigned i;

  for (i = 0; i < parser->zone_count; i++) {
    if (is_same_zone(parser->zones[i], zone)) {
      return 0;
    }
  }
  if (i == SHAKO_HAT_LISTS_MAX) {
    return shako__lexer_fault(&parser->lexer, 0, "more than 64 DNS lists");
  }
  parser->zones[i] = zone;
  parser->zone_count++;
  return 0;
}

static int add_member(shako__parser *parser) {
  const shako__token *token = &parser->lexer.token;
  shako_hat *hat = parser->hat;
  size_t at = hat->texts.count;
  char *text = shako__array_add(&hat->texts, token->text.len + 1);
  shako__hat_member *member =
      text != NULL ? shako__array_add(&hat->members, 1) : NULL;

  if (member == NULL) {
    return SHAKO_ERR_NOMEM;
  }
  memcpy(text, token->text.ptr, token->text.len);
  text[token->text.len] = '\0';
  *member = (shako__hat_member){(uint32_t)at, token->line};
  return 0;
}

static int parse_member(shako__parser *parser) {
  shako__lexer *lexer = &parser->lexer;
  shako__member member;
  size_t at;
  const char *fault = shako__member_read(&member, lexer->token.text, &at);
  int error = 0;

  if (fault != NULL) {
    return shako__lexer_fault(lexer, at, fault);
  }
  if (member.kind == SHAKO__MEMBER_LIST) {
    error = note_zone(parser, member.name);
  }
  if (error == 0) {
    error = add_member(parser);
  }
  return error ? error : shako__lexer_next(lexer);
}

static int parse_members(shako__parser *parser) {
  int error = 0;

  while (error == 0 && is_member(parser)) {
    error = parse_member(parser);
  }
  return error;
}

/* Finds the policy of an access rule that stands alone. */
static int find_bare(shako__parser *parser, shako_access access,
                     uint32_t *policy) {
  uint32_t *bare = &parser->bare[access];

  if (*bare == SHAKO__NO_SYMBOL) {
    *bare = (uint32_t)parser->hat->policies.count;
    if (shako__parse_add_policy(parser, access) == NULL) {
      return SHAKO_ERR_NOMEM;
    }
  }
  *policy = *bare;
  return 0;
}

/* Finds the policy that the token at hand names. */
static int find_policy(shako__parser *parser, uint32_t *policy) {
  shako__lexer *lexer = &parser->lexer;
  shako_access access;

  if (shako__parse_access(parser, &access)) {
    return find_bare(parser, access, policy);
  }
  if (!shako__lexer_is(lexer, SHAKO__TOKEN_WORD) ||
      lexer->token.text.ptr[0] != '$') {
    return shako__lexer_fault(lexer, 0, NO_RULE);
  }
  *policy = shako__symbols_find(&parser->symbols, lexer->token.text);
  if (*policy == SHAKO__NO_SYMBOL) {
    return shako__lexer_fault(lexer, 0, "no policy of that name stands above");
  }
  return 0;
}

/* Keeps |text| as the comment of |group|, with one blank for each run of blanks
   and line ends, and none around it. */
static int keep_comment(shako_hat *hat, shako__hat_group *group,
                        shako_span text) {
  char *copy = shako__strings_make(&hat->strings, text.len);
  size_t len = 0;
  size_t i;

  if (copy == NULL) {
    return SHAKO_ERR_NOMEM;
  }
  for (i = 0; i < text.len; i++) {
    if (text.ptr[i] > ' ') {
      copy[len++] = (char)text.ptr[i];
    } else if (len > 0 && copy[len - 1] != ' ') {
      copy[len++] = ' ';
    }
  }
  if (len > 0 && copy[len - 1] == ' ') {
    copy[--len] = '\0';
  }
  group->comment = len > 0 ? copy : NULL;
  return 0;
}

/* What ends the group under way: its policy, and a comment. */
static int parse_rule(shako__parser *parser) {
  shako__lexer *lexer = &parser->lexer;
  shako_hat *hat = parser->hat;
  shako__hat_group *group =
      (shako__hat_group *)hat->groups.items + hat->groups.count - 1;
  int error = find_policy(parser, &group->policy);

  if (error == 0) {
    error = shako__lexer_next(lexer);
  }
  if (error == 0 && shako__lexer_is(lexer, SHAKO__TOKEN_COMMENT)) {
    error = keep_comment(hat, group, lexer->token.text);
    if (error == 0) {
      error = shako__lexer_next(lexer);
    }
  }
  return error;
}

/* Adds a group, whose |name| is NULL for a bare rule. */
static int add_group(shako__parser *parser, const char *name) {
  shako_hat *hat = parser->hat;
  shako__hat_group *added = shako__array_add(&hat->groups, 1);

  if (added == NULL) {
    return SHAKO_ERR_NOMEM;
  }
  *added = (shako__hat_group){.name = name,
                              .line = parser->lexer.token.line,
                              .first_member = (uint32_t)hat->members.count};
  return 0;
}

/* "NAME:" is at hand. */
static int begin_named(shako__parser *parser) {
  shako_hat *hat = parser->hat;
  shako_span word = parser->lexer.token.text;
  shako_span name = shako__slice(word, 0, word.len - 1);
  const char *copy;
  int error = shako__parse_name(parser, name, name, hat->groups.count,
                                "a sender group of that name stands above");

  if (error != 0) {
    return error;
  }
  copy = shako__strings_keep(&hat->strings, name);
  error = copy != NULL ? add_group(parser, copy) : SHAKO_ERR_NOMEM;
  return error ? error : shako__lexer_next(&parser->lexer);
}

int shako__parse_group(shako__parser *parser) {
  int error;

  if (is_header(parser->lexer.token.text)) {
    error = begin_named(parser);
    if (error == 0) {
      error = parse_members(parser);
    }
  } else if (is_member(parser)) {
    error = add_group(parser, NULL);
    if (error == 0) {
      error = parse_member(parser);
    }
  } else {
    return shako__lexer_fault(&parser->lexer, 0,
                              "no member stands before this rule");
  }
  return error ? error : parse_rule(parser);
}
