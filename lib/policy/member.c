#include "policy/member.h"

#include <string.h>

#include "base/ascii.h"
#include "policy/member_address.h"

/*
 * Each function cuts what it reads off the start of |*text|.  Where one
 * returns what is wrong, |*text| begins there.
 */

/* RFC 1035 2.3.4, without the octets that only the wire has. */
#define HOST_LENGTH  253
#define LABEL_LENGTH 63

/* Names of hosts in the DNS hold underscores, though RFC 952 has none. */
static bool is_label_octet(uint8_t c) {
  return shako__is_alnum(c) || c == '-' || c == '_';
}

/* Returns what is wrong with the first octet of |text|, which is not of a
   label. */
static const char *judge_octet(shako_span text) {
  if (text.len == 0 || text.ptr[0] == '.') {
    return "a label is missing";
  }
  if (text.ptr[0] == '*') {
    return "no wildcard: .example.com is all names under it";
  }
  return "an octet that no host name has";
}

static const char *read_label(shako_span *text, shako_span *label) {
  shako_span rest = *text;

  *label = shako__cut_class(&rest, is_label_octet);
  if (label->len == 0) {
    return judge_octet(rest);
  }
  if (label->len > LABEL_LENGTH) {
    return "a label over 63 octets";
  }
  if (label->ptr[0] == '-' || label->ptr[label->len - 1] == '-') {
    return "a label that begins or ends with a hyphen";
  }
  *text = rest;
  return NULL;
}

static bool is_number(shako_span label) {
  shako__cut_class(&label, shako__is_digit);
  return label.len == 0;
}

/* |*name| is without the dot that may end it. */
static const char *read_host(shako_span *text, shako_span *name) {
  shako_span label;

  *name = *text;
  do {
    const char *fault = read_label(text, &label);

    if (fault != NULL) {
      return fault;
    }
    name->len = (size_t)(text->ptr - name->ptr);
  } while (shako__cut(text, '.') && text->len > 0);
  if (text->len > 0) {
    return judge_octet(*text);
  }
  if (is_number(label)) {
    *text = label;
    return "neither an address nor a name: a number ends it";
  }
  if (name->len > HOST_LENGTH) {
    *text = *name;
    return "a host name over 253 octets";
  }
  return NULL;
}

static const char *read_name(shako__member *member, shako_span *text) {
  bool under = shako__cut(text, '.');
  const char *fault = read_host(text, &member->name);

  member->kind = SHAKO__MEMBER_NAME;
  if (under) {
    member->name.ptr--;
    member->name.len++;
  }
  return fault;
}

static const char *read_score(shako_span *text, int16_t *tenths) {
  shako_span rest = *text;
  bool minus = shako__cut(&rest, '-');
  shako_span whole = shako__cut_class(&rest, shako__is_digit);
  bool dot = shako__cut(&rest, '.');
  shako_span tenth = {rest.ptr, 0};
  uint64_t score;
  uint64_t more = 0;

  if (dot) {
    tenth = shako__cut_class(&rest, shako__is_digit);
  }
  if (!shako__number(whole, &score) || score > 10 ||
      (whole.len > 1 && whole.ptr[0] == '0') ||
      (dot && (tenth.len != 1 || !shako__number(tenth, &more))) ||
      score * 10 + more > 100) {
    return "not a score (-10.0 to 10.0, with one decimal)";
  }
  *tenths = (int16_t)(score * 10 + more);
  *tenths = minus ? (int16_t) - *tenths : *tenths;
  *text = rest;
  return NULL;
}

static const char *read_scores(shako__member *member, shako_span *text) {
  shako_span second;
  const char *fault;

  if (shako__equals(*text, "none")) {
    member->kind = SHAKO__MEMBER_SCORE_NONE;
    return NULL;
  }
  member->kind = SHAKO__MEMBER_SCORE;
  fault = read_score(text, &member->low);
  if (fault != NULL) {
    return fault;
  }
  if (!shako__cut(text, ':')) {
    return "a colon and a second score are missing";
  }
  second = *text;
  fault = read_score(text, &member->high);
  if (fault != NULL) {
    return fault;
  }
  if (member->low > member->high) {
    *text = second;
    return "a range that runs backwards";
  }
  return text->len > 0 ? "nothing may follow the second score" : NULL;
}

static const char *read_list(shako__member *member, shako_span *text) {
  member->kind = SHAKO__MEMBER_LIST;
  return read_host(text, &member->name);
}

static const char *read_unverified(shako__member *member, shako_span *text) {
  member->kind = SHAKO__MEMBER_UNVERIFIED;
  if (shako__equals(*text, "none")) {
    member->unverified = SHAKO_NAME_NONE;
  } else if (shako__equals(*text, "temporary")) {
    member->unverified = SHAKO_NAME_TEMPORARY;
  } else if (shako__equals(*text, "mismatch")) {
    member->unverified = SHAKO_NAME_MISMATCH;
  } else {
    return "neither none, temporary nor mismatch";
  }
  return NULL;
}

/* What has brackets, and what reads what is in them. */
static const struct keyword {
  const char *name;
  const char *(*read)(shako__member *member, shako_span *text);
} keywords[] = {
    {"SBRS", read_scores},
    {"dnslist", read_list},
    {"unverified", read_unverified},
};

static const struct keyword *find_keyword(shako_span name) {
  size_t i;

  for (i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++) {
    if (shako__equals(name, keywords[i].name)) {
      return &keywords[i];
    }
  }
  return NULL;
}

static bool is_before_bracket(uint8_t c) {
  return c != '[';
}

/* A word that is a keyword, or has a bracket behind it. */
static const char *read_keyword(shako__member *member, shako_span *text) {
  shako_span rest = *text;
  const struct keyword *keyword =
      find_keyword(shako__cut_class(&rest, is_before_bracket));

  if (keyword == NULL) {
    return "only SBRS, dnslist and unverified have brackets";
  }
  *text = rest;
  if (!shako__cut(text, '[')) {
    return "a bracket is missing";
  }
  if (rest.ptr[rest.len - 1] != ']') {
    *text = shako__slice(rest, rest.len, rest.len);
    return "no bracket ends it";
  }
  text->len--;
  return keyword->read(member, text);
}

/* What follows "SBO". */
static const char *read_owner(shako__member *member, shako_span *text) {
  uint64_t owner;

  member->kind = SHAKO__MEMBER_OWNER;
  if (!shako__cut(text, ':')) {
    return "a colon and a number are missing";
  }
  if (!shako__number(*text, &owner) || text->ptr[0] == '0' ||
      owner > UINT32_MAX) {
    return "not a network owner: 1 to 4294967295";
  }
  member->owner = (uint32_t)owner;
  return NULL;
}

static const char *read_member(shako__member *member, shako_span *text) {
  if (shako__equals(*text, "ALL")) {
    member->kind = SHAKO__MEMBER_ALL;
    return NULL;
  }
  if (shako__equals(*text, "SBO") || shako__starts_with(*text, "SBO:")) {
    *text = shako__slice(*text, 3, text->len);
    return read_owner(member, text);
  }
  if (find_keyword(*text) != NULL ||
      (text->len > 0 && memchr(text->ptr, '[', text->len) != NULL)) {
    return read_keyword(member, text);
  }
  if (shako__member_is_addresses(*text)) {
    return shako__member_addresses_read(member, text);
  }
  return read_name(member, text);
}

const char *shako__member_read(shako__member *member, shako_span text,
                               size_t *at) {
  shako_span rest = text;
  const char *fault;

  *member = (shako__member){0};
  fault = read_member(member, &rest);
  *at = (size_t)(rest.ptr - text.ptr);
  return fault;
}
