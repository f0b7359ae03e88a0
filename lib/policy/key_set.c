#include <string.h>

#include "base/ascii.h"
#include "policy/fingerprints.h"
#include "policy/key.h"
#include "policy/words.h"
#include "smtp/path.h"

static int wrong(const char **what, const char *why) {
  *what = why;
  return SHAKO_ERR_SYNTAX;
}

static void set_number(shako_policy *policy, const shako__key *key,
                       uint64_t number) {
  void *field = (char *)policy + key->offset;

  if (key->size == sizeof(uint8_t)) {
    *(uint8_t *)field = (uint8_t)number;
  } else if (key->size == sizeof(uint16_t)) {
    *(uint16_t *)field = (uint16_t)number;
  } else if (key->size == sizeof(uint32_t)) {
    *(uint32_t *)field = (uint32_t)number;
  } else {
    *(uint64_t *)field = number;
  }
}

static int set_choice(shako_policy *policy, const shako__key *key,
                      const shako__value *value, const char **what) {
  unsigned i;

  for (i = 0; key->choice->words[i] != NULL; i++) {
    if (value->quoted && shako__equals(value->text, key->choice->words[i])) {
      set_number(policy, key, key->choice->first + i);
      return 0;
    }
  }
  return wrong(what, key->choice->wrong);
}

static int set_limit(shako_policy *policy, const shako__key *key, unsigned unit,
                     const shako__value *value, const char **what) {
  uint64_t max = key->size == sizeof(uint64_t) ? UINT64_MAX : UINT32_MAX;
  uint64_t number;

  if (!value->quoted && shako__equals(value->text, "-1")) {
    set_number(policy, key, 0);
    return 0;
  }
  if (value->quoted || !shako__number(value->text, &number)) {
    return wrong(what, "neither a number nor -1, without quotes");
  }
  if (number == 0) {
    return wrong(what, "0 would be none at all; -1 is no limit");
  }
  if (number > max / unit) {
    return wrong(what, "a number that is too large");
  }
  set_number(policy, key, number * unit);
  return 0;
}

static int set_code(shako_policy *policy, const shako__key *key,
                    const shako__value *value, const char **what) {
  uint64_t number;

  if (value->quoted || !shako__number(value->text, &number) ||
      number < key->min || number > key->max) {
    return wrong(what, key->wrong);
  }
  set_number(policy, key, number);
  return 0;
}

/* Returns the octet that a backslash and |c| stand for, or NUL. */
static char unescape(uint8_t c) {
  switch (c) {
  case '"':
  case '\\':
    return (char)c;
  case 'n':
    return '\n';
  }
  return '\0';
}

/* Writes |text| without its escapes to |copy|, which is all zero.  Returns
   false where one is none. */
static bool copy_text(char *copy, shako_span text) {
  size_t len = 0;
  size_t i;

  for (i = 0; i < text.len; i++) {
    bool escaped = text.ptr[i] == '\\' && i + 1 < text.len;

    i += escaped;
    copy[len] = escaped ? unescape(text.ptr[i]) : (char)text.ptr[i];
    if (copy[len++] == '\0') {
      return false;
    }
  }
  return true;
}

static int set_text(shako_hat *hat, const char **field,
                    const shako__value *value, const char **what) {
  char *copy = shako__strings_make(&hat->strings, value->text.len);
  const char *why;

  if (copy == NULL) {
    return SHAKO_ERR_NOMEM;
  }
  if (!copy_text(copy, value->text)) {
    return wrong(what, "neither \\\", \\\\ nor \\n behind a backslash");
  }
  why = shako__words_judge(copy);
  if (why != NULL) {
    return wrong(what, why);
  }
  *field = copy;
  return 0;
}

static int set_host(shako_hat *hat, const char **field,
                    const shako__value *value, const char **what) {
  if (!shako__is_host(value->text)) {
    return wrong(what, "neither a domain nor an address literal");
  }
  *field = shako__strings_keep(&hat->strings, value->text);
  return *field != NULL ? 0 : SHAKO_ERR_NOMEM;
}

static int set_pins(shako_hat *hat, const char **field,
                    const shako__value *value, const char **what) {
  const char *why = shako__fingerprints_judge(value->text);

  if (why != NULL) {
    return wrong(what, why);
  }
  *field = shako__strings_keep(&hat->strings, value->text);
  return *field != NULL ? 0 : SHAKO_ERR_NOMEM;
}

static bool is_same(shako_span span, const char *text) {
  return span.len == strlen(text) && memcmp(span.ptr, text, span.len) == 0;
}

static int set_senders(const shako_hat *hat, shako_address_list **field,
                       const shako__value *value, const char **what) {
  const shako__hat_senders *senders = hat->senders.items;
  size_t i;

  for (i = 0; i < hat->senders.count; i++) {
    if (is_same(value->text, senders[i].name)) {
      *field = senders[i].list;
      return 0;
    }
  }
  return wrong(what, "no address list of that name stands above");
}

/* A key that is a string in |policy|, or NULL. */
static int set_string(shako_hat *hat, shako_policy *policy,
                      const shako__key *key, const shako__value *value,
                      const char **what) {
  void *field = (char *)policy + key->offset;

  if (!value->quoted) {
    return wrong(what, "not in double quotes");
  }
  if (key->kind == SHAKO__KEY_SENDERS) {
    *(shako_address_list **)field = NULL;
    return value->text.len > 0 ? set_senders(hat, field, value, what) : 0;
  }
  *(const char **)field = NULL;
  if (value->text.len == 0) {
    return 0;
  }
  if (key->kind == SHAKO__KEY_PINS) {
    return set_pins(hat, field, value, what);
  }
  return key->kind == SHAKO__KEY_HOST ? set_host(hat, field, value, what)
                                      : set_text(hat, field, value, what);
}

/* The value is kept elsewhere. */
static int check_kept(const shako__value *value, const char **what) {
  shako_span digits = value->text;

  shako__cut(&digits, '-');
  shako__cut_class(&digits, shako__is_digit);
  return value->quoted || digits.len == 0
             ? 0
             : wrong(what, "neither a string in double quotes nor a number");
}

int shako__key_set(shako_hat *hat, shako_policy *policy, size_t i,
                   const shako__value *value, const char **what) {
  const shako__key *key = shako__key_at(i);

  switch (key->kind) {
  case SHAKO__KEY_CHOICE:
    return set_choice(policy, key, value, what);
  case SHAKO__KEY_LIMIT:
    return set_limit(policy, key, 1, value, what);
  case SHAKO__KEY_SECONDS:
    return set_limit(policy, key, 1000, value, what);
  case SHAKO__KEY_CODE:
    return set_code(policy, key, value, what);
  case SHAKO__KEY_TEXT:
  case SHAKO__KEY_HOST:
  case SHAKO__KEY_PINS:
  case SHAKO__KEY_SENDERS:
    return set_string(hat, policy, key, value, what);
  case SHAKO__KEY_KEPT:
    return check_kept(value, what);
  }
  return SHAKO_ERR_INTERNAL;
}
