#include "smtp/param.h"

#include <shako/session.h>

#include "base/ascii.h"

static bool is_space(uint8_t c) {
  return c == ' ';
}

static bool is_keyword(uint8_t c) {
  return shako__is_alnum(c) || c == '-';
}

/* esmtp-value: %d33-60 / %d62-126. */
static bool is_value(uint8_t c) {
  return shako__is_text(c) && c != ' ' && c != '=';
}

bool shako__param_read(shako_span *text, shako__param *param) {
  shako_span rest = *text;
  shako__param read;

  if (shako__cut_class(&rest, is_space).len == 0) {
    return false;
  }

  read.keyword = shako__cut_class(&rest, is_keyword);
  read.has_value = shako__cut(&rest, '=');
  read.value = rest;
  read.value.len = 0;

  if (read.has_value) {
    read.value = shako__cut_class(&rest, is_value);
  }

  if (read.keyword.len == 0 || read.keyword.ptr[0] == '-' ||
      (read.has_value && read.value.len == 0) ||
      (rest.len > 0 && !is_space(rest.ptr[0]))) {
    return false;
  }

  *text = rest;
  *param = read;

  return true;
}

/* RFC 1870 4: 1 to 20 digits.  What 64 bits do not hold is over any limit. */
static bool read_size(shako_span value, shako__mail_params *params) {
  shako_span rest = value;
  shako_span digits = shako__cut_class(&rest, shako__is_digit);

  if (rest.len > 0 || digits.len == 0 || digits.len > 20) {
    return false;
  }
  if (!shako__number(value, &params->size)) {
    params->size = UINT64_MAX;
  }
  return true;
}

/* RFC 6152 2. */
static bool read_body(shako_span value, shako__mail_params *params) {
  if (shako__equals(value, "8BITMIME")) {
    params->flags |= SHAKO_MAIL_8BITMIME;
    return true;
  }

  return shako__equals(value, "7BIT");
}

/* The parameters of MAIL.  None of them goes without a value. */
static const struct mail_param {
  const char *keyword;
  bool (*read)(shako_span value, shako__mail_params *params);
} mail_params[] = {
    {"SIZE", read_size},
    {"BODY", read_body},
};

#define MAIL_PARAMS_COUNT (sizeof(mail_params) / sizeof(mail_params[0]))

/* Returns the place in |mail_params| of |keyword|, or their number. */
static size_t find_mail_param(shako_span keyword) {
  size_t i = 0;

  while (i < MAIL_PARAMS_COUNT &&
         !shako__equals(keyword, mail_params[i].keyword)) {
    i++;
  }

  return i;
}

shako__param_result shako__mail_params_read(shako_span text,
                                            shako__mail_params *params) {
  bool seen[MAIL_PARAMS_COUNT] = {false};
  shako__param param;

  *params = (shako__mail_params){0, 0};

  while (text.len > 0) {
    size_t i;

    if (!shako__param_read(&text, &param)) {
      return SHAKO__PARAM_MALFORMED;
    }

    i = find_mail_param(param.keyword);

    if (i == MAIL_PARAMS_COUNT) {
      return SHAKO__PARAM_UNKNOWN;
    }

    if (seen[i] || !param.has_value ||
        !mail_params[i].read(param.value, params)) {
      return SHAKO__PARAM_MALFORMED;
    }

    seen[i] = true;
  }

  return SHAKO__PARAM_OK;
}

shako__param_result shako__rcpt_params_read(shako_span text) {
  shako__param param;

  if (text.len == 0) {
    return SHAKO__PARAM_OK;
  }

  return shako__param_read(&text, &param) ? SHAKO__PARAM_UNKNOWN
                                          : SHAKO__PARAM_MALFORMED;
}

bool shako__bdat_read(shako_span argument, uint64_t *size, bool *last) {
  shako_span digits = shako__cut_class(&argument, shako__is_digit);
  bool has_marker = argument.len > 0;
  uint64_t number;

  if (!shako__number(digits, &number) ||
      (has_marker && !shako__equals(argument, " LAST"))) {
    return false;
  }

  *size = number;
  *last = has_marker;

  return true;
}
