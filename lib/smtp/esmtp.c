#include "smtp/esmtp.h"

#include "base/ascii.h"
#include "base/strings.h"
#include "base/utf8.h"
#include "smtp/param.h"
#include "smtp/path.h"
#include "smtp/xtext.h"

/* Each function reads the value of one parameter, and returns false where it
   is none. */

/* RFC 1870 4.  What 64 bits do not hold is over any limit. */
static bool read_size(shako_span value, unsigned esmtp, shako_params *params) {
  shako_span rest = value;
  shako_span digits = shako__cut_class(&rest, shako__is_digit);

  (void)esmtp;

  if (rest.len > 0 || digits.len == 0 || digits.len > 20) {
    return false;
  }
  if (!shako__number(value, &params->size)) {
    params->size = UINT64_MAX;
  }
  return true;
}

/* RFC 6152 2, RFC 3030 3. */
static bool read_body(shako_span value, unsigned esmtp, shako_params *params) {
  if (shako__equals(value, "8BITMIME")) {
    params->flags |= SHAKO_MAIL_8BITMIME;
    return (esmtp & SHAKO__ESMTP_8BITMIME) != 0;
  }
  if (shako__equals(value, "BINARYMIME")) {
    params->flags |= SHAKO_MAIL_BINARYMIME;
    return (esmtp & SHAKO__ESMTP_BINARYMIME) != 0;
  }
  return shako__equals(value, "7BIT");
}

/* RFC 6531 3.4. */
static bool read_smtputf8(shako_span value, unsigned esmtp,
                          shako_params *params) {
  (void)value;
  (void)esmtp;

  params->flags |= SHAKO_MAIL_SMTPUTF8;
  return true;
}

/* RFC 8689 2. */
static bool read_requiretls(shako_span value, unsigned esmtp,
                            shako_params *params) {
  (void)value;
  (void)esmtp;

  params->flags |= SHAKO_MAIL_REQUIRETLS;
  return true;
}

/* RFC 3461 4.3. */
static bool read_ret(shako_span value, unsigned esmtp, shako_params *params) {
  (void)esmtp;

  params->ret =
      shako__equals(value, "FULL") ? SHAKO_DSN_RET_FULL : SHAKO_DSN_RET_HDRS;
  return params->ret == SHAKO_DSN_RET_FULL || shako__equals(value, "HDRS");
}

#define ENVID_LENGTH 100

/* RFC 3461 4.4. */
static bool read_envid(shako_span value, unsigned esmtp, shako_params *params) {
  size_t len;

  (void)esmtp;

  params->envid = value;
  return value.len <= ENVID_LENGTH &&
         shako__xtext_decode(value, false, NULL, &len);
}

/* A local-part of 64, an "@" and a domain of 255 octets. */
#define MAILBOX_LENGTH 320

/* RFC 4954 5. */
static bool read_auth(shako_span value, unsigned esmtp, shako_params *params) {
  uint8_t octets[MAILBOX_LENGTH];
  shako_span mailbox = {octets, 0};

  (void)esmtp;

  params->auth = value;
  return shako__equals(value, "<>") ||
         (shako__xtext_decode(value, false, NULL, &mailbox.len) &&
          mailbox.len <= MAILBOX_LENGTH &&
          shako__xtext_decode(value, false, octets, &mailbox.len) &&
          shako__is_mailbox(mailbox, false));
}

static bool is_not_comma(uint8_t c) {
  return c != ',';
}

static unsigned notify_flag(shako_span word) {
  if (shako__equals(word, "SUCCESS")) {
    return SHAKO_DSN_NOTIFY_SUCCESS;
  }
  if (shako__equals(word, "FAILURE")) {
    return SHAKO_DSN_NOTIFY_FAILURE;
  }
  return shako__equals(word, "DELAY") ? SHAKO_DSN_NOTIFY_DELAY : 0;
}

/* RFC 3461 4.1. */
static bool read_notify(shako_span value, unsigned esmtp,
                        shako_params *params) {
  (void)esmtp;

  if (shako__equals(value, "NEVER")) {
    params->notify = SHAKO_DSN_NOTIFY_NEVER;
    return true;
  }

  do {
    unsigned flag = notify_flag(shako__cut_class(&value, is_not_comma));

    if (flag == 0) {
      return false;
    }
    params->notify |= flag;
  } while (shako__cut(&value, ','));

  return true;
}

#define ORCPT_LENGTH 500

/* Whether |address| is xtext, where |utf8| says that it may be of UTF-8: an
   address that Postfix was given without ORCPT it passes on so, as "rfc822". */
static bool is_xtext(shako_span address, bool utf8) {
  uint8_t octets[ORCPT_LENGTH];
  shako_span plain = {octets, 0};

  return shako__xtext_decode(address, utf8, octets, &plain.len) &&
         shako__is_written(plain, utf8);
}

/* RFC 3461 4.2, whose addr-type is an atom; RFC 6533 3.  An address that is
   empty is refused: it would be none. */
static bool read_orcpt(shako_span value, unsigned esmtp, shako_params *params) {
  bool utf8 = (esmtp & SHAKO__ESMTP_IN_UTF8) != 0;
  shako_span address = value;
  size_t len;

  params->orcpt_type = shako__cut_class(&address, shako__is_atext);
  if (value.len > ORCPT_LENGTH || params->orcpt_type.len == 0 ||
      !shako__cut(&address, ';') || address.len == 0) {
    return false;
  }
  params->orcpt = address;
  return shako__equals(params->orcpt_type, "utf-8")
             ? shako__unitext_decode(address, utf8, NULL, &len)
             : is_xtext(address, utf8);
}

/* The parameters that there are: to which verb, known where one of which
   keywords is offered, whether there is a value, and what reads it. */
static const struct row {
  const char *keyword;
  shako_verb verb;
  unsigned esmtp;
  bool has_value;
  bool (*read)(shako_span value, unsigned esmtp, shako_params *params);
} rows[] = {
    /* clang-format off */
    {"SIZE",       SHAKO_VERB_MAIL, SHAKO__ESMTP_SIZE,        true,  read_size},
    {"BODY",       SHAKO_VERB_MAIL, SHAKO__ESMTP_8BITMIME |
                                    SHAKO__ESMTP_BINARYMIME,  true,  read_body},
    {"SMTPUTF8",   SHAKO_VERB_MAIL, SHAKO__ESMTP_SMTPUTF8,    false, read_smtputf8},
    {"RET",        SHAKO_VERB_MAIL, SHAKO__ESMTP_DSN,         true,  read_ret},
    {"ENVID",      SHAKO_VERB_MAIL, SHAKO__ESMTP_DSN,         true,  read_envid},
    {"REQUIRETLS", SHAKO_VERB_MAIL, SHAKO__ESMTP_REQUIRETLS,  false, read_requiretls},
    {"AUTH",       SHAKO_VERB_MAIL, SHAKO__ESMTP_AUTH,        true,  read_auth},
    {"NOTIFY",     SHAKO_VERB_RCPT, SHAKO__ESMTP_DSN,         true,  read_notify},
    {"ORCPT",      SHAKO_VERB_RCPT, SHAKO__ESMTP_DSN,         true,  read_orcpt},
    /* clang-format on */
};

#define ROWS_COUNT (sizeof(rows) / sizeof(rows[0]))

/* Returns the place in |rows| of a parameter that is known, or ROWS_COUNT. */
static size_t find(shako_span keyword, shako_verb verb, unsigned esmtp) {
  size_t i = 0;

  while (i < ROWS_COUNT && (rows[i].verb != verb || !(rows[i].esmtp & esmtp) ||
                            !shako__equals(keyword, rows[i].keyword))) {
    i++;
  }

  return i;
}

bool shako__param_is_known(shako_span keyword, shako_verb verb) {
  return find(keyword, verb, ~0u) < ROWS_COUNT;
}

/* Whether a parameter |own| stands in |text| before |param|. */
static bool is_repeated(const char *own, shako_span text,
                        const shako__param *param, bool utf8) {
  shako__param before;

  while (shako__param_read(&text, utf8, &before) &&
         before.keyword.ptr != param->keyword.ptr) {
    if (shako__equals(before.keyword, own)) {
      return true;
    }
  }
  return false;
}

/* Judges a parameter that is not in the table. */
static shako__params_result read_own(const char *more, shako_span all,
                                     const shako__param *param, bool utf8) {
  const char *own = shako__list_find(more, param->keyword);

  if (!own) {
    return SHAKO__PARAMS_UNKNOWN;
  }
  return is_repeated(own, all, param, utf8) ? SHAKO__PARAMS_MALFORMED
                                            : SHAKO__PARAMS_OK;
}

static shako__params_result read_row(size_t i, const shako__param *param,
                                     unsigned esmtp, bool *seen,
                                     shako_params *params) {
  bool good = !seen[i] && param->has_value == rows[i].has_value &&
              rows[i].read(param->value, esmtp, params);

  seen[i] = true;
  return good ? SHAKO__PARAMS_OK : SHAKO__PARAMS_MALFORMED;
}

shako__params_result shako__params_read(shako_span text, shako_verb verb,
                                        unsigned esmtp, const char *more,
                                        shako_params *params) {
  bool utf8 = (esmtp & SHAKO__ESMTP_IN_UTF8) != 0;
  bool seen[ROWS_COUNT] = {false};
  shako__param param;

  *params = (shako_params){.text = text};

  while (text.len > 0) {
    shako__params_result result;
    size_t i;

    if (!shako__param_read(&text, utf8, &param)) {
      return SHAKO__PARAMS_MALFORMED;
    }
    i = find(param.keyword, verb, esmtp);
    result = i < ROWS_COUNT ? read_row(i, &param, esmtp, seen, params)
                            : read_own(more, params->text, &param, utf8);
    if (result != SHAKO__PARAMS_OK) {
      return result;
    }
  }

  return SHAKO__PARAMS_OK;
}

int shako_params_next(shako_span *text, shako_span *keyword,
                      shako_span *value) {
  shako__param param;

  if (!shako__param_read(text, true, &param)) {
    return 0;
  }
  *keyword = param.keyword;
  *value = param.has_value ? param.value : (shako_span){NULL, 0};
  return 1;
}
