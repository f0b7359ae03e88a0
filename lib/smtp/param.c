#include "smtp/param.h"

#include "base/ascii.h"
#include "base/utf8.h"

static bool is_space(uint8_t c) {
  return c == ' ';
}

static bool is_keyword(uint8_t c) {
  return shako__is_alnum(c) || c == '-';
}

/* esmtp-value: %d33-60 / %d62-126 / UTF8-non-ascii. */
static bool is_value(uint8_t c) {
  return c != ' ' && c != '=';
}

bool shako__param_read(shako_span *text, bool utf8, shako__param *param) {
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
      !shako__is_written(read.value, utf8) ||
      (rest.len > 0 && !is_space(rest.ptr[0]))) {
    return false;
  }

  *text = rest;
  *param = read;

  return true;
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
