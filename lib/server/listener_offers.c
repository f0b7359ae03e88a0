#include <string.h>

#include "base/ascii.h"
#include "server/listener.h"
#include "server/verbs.h"
#include "smtp/esmtp.h"
#include "smtp/line.h"

/* What a listener offers beyond what every one does: which of it makes sense,
   and its copy. */

#define OFFERS_ALL                                                             \
  (SHAKO_OFFER_CHUNKING | SHAKO_OFFER_BINARYMIME | SHAKO_OFFER_SMTPUTF8 |      \
   SHAKO_OFFER_DSN | SHAKO_OFFER_REQUIRETLS | SHAKO_OFFER_LIMITS)

/* What EHLO's reply has room for (SHAKO__HELLO_EXTRA). */
#define MECHANISMS_MAX 400
#define KEYWORDS_MAX   1024

static bool is_blank(uint8_t c) {
  return c == ' ' || c == '\t' || c == '\n';
}

static bool is_not_blank(uint8_t c) {
  return !is_blank(c);
}

/* Whether |is_word| holds of each of the words of |text| (NULL: none). */
static bool all_words(const char *text, bool (*is_word)(shako_span word)) {
  shako_span rest = shako__span(text ? text : "");

  shako__cut_class(&rest, is_blank);
  while (rest.len > 0) {
    if (!is_word(shako__cut_class(&rest, is_not_blank))) {
      return false;
    }
    shako__cut_class(&rest, is_blank);
  }
  return true;
}

/* RFC 4422 3.1 */
static bool is_mechanism_octet(uint8_t c) {
  return (c >= 'A' && c <= 'Z') || shako__is_digit(c) || c == '-' || c == '_';
}

static bool is_mechanism(shako_span word) {
  shako_span rest = word;

  shako__cut_class(&rest, is_mechanism_octet);
  return rest.len == 0 && word.len <= 20;
}

static bool is_keyword_octet(uint8_t c) {
  return shako__is_alnum(c) || c == '-';
}

/* RFC 5321 4.1.2: esmtp-keyword */
static bool is_keyword(shako_span word) {
  shako_span rest = word;

  shako__cut_class(&rest, is_keyword_octet);
  return rest.len == 0 && word.len <= 64 && word.ptr[0] != '-';
}

/* A verb that the library does not know, or one of those that it leaves to the
   application. */
static bool is_command(shako_span word) {
  return is_keyword(word) && !shako__verb_is_foreign(word) &&
         shako__verb_may_be_asked(shako__verb_find(word)->verb);
}

static bool is_mail_param(shako_span word) {
  return is_keyword(word) && !shako__param_is_known(word, SHAKO_VERB_MAIL);
}

static bool is_rcpt_param(shako_span word) {
  return is_keyword(word) && !shako__param_is_known(word, SHAKO_VERB_RCPT);
}

static const char *judge_flags(const shako_listener_config *config) {
  if (config->offers & ~OFFERS_ALL) {
    return "offers: no such extension";
  }
  if ((config->offers & SHAKO_OFFER_BINARYMIME) &&
      !(config->offers & SHAKO_OFFER_CHUNKING)) {
    return "offers: BINARYMIME needs CHUNKING";
  }
  /* RFC 2033 5 */
  if (config->lmtp && config->port == 25) {
    return "lmtp: not on port 25";
  }
  return NULL;
}

/* Whether |text| is lines of printable ASCII, none of them empty. */
static bool is_lines(shako_span text) {
  while (text.len > 0) {
    shako_span line = shako__cut_class(&text, shako__is_text);

    if (line.len == 0 || line.ptr[0] == ' ') {
      return false;
    }
    if (text.len > 0 && (!shako__cut(&text, '\n') || text.len == 0)) {
      return false;
    }
  }
  return true;
}

static size_t length(const char *text) {
  return text ? strlen(text) : 0;
}

const char *shako__offers_judge(const shako_listener_config *config) {
  const char *why = judge_flags(config);

  if (why) {
    return why;
  }
  if (!all_words(config->auth_mechanisms, is_mechanism) ||
      length(config->auth_mechanisms) > MECHANISMS_MAX) {
    return "auth_mechanisms: not names of SASL mechanisms";
  }
  if (!all_words(config->commands, is_command)) {
    return "commands: not verbs, or one of the library's";
  }
  if (!all_words(config->mail_params, is_mail_param)) {
    return "mail_params: not keywords, or one of the library's";
  }
  if (!all_words(config->rcpt_params, is_rcpt_param)) {
    return "rcpt_params: not keywords, or one of the library's";
  }
  if (config->keywords && (!is_lines(shako__span(config->keywords)) ||
                           length(config->keywords) > KEYWORDS_MAX)) {
    return "keywords: not lines of printable ASCII";
  }
  return NULL;
}

/* Copies |text| to |*copy|, as a list; where there is nothing in it, NULL.
   Returns false without memory. */
static bool keep_list(shako_listener *listener, const char **copy,
                      const char *text) {
  *copy = NULL;
  if (text) {
    *copy = shako__strings_list(&listener->strings, shako__span(text));
    if (!*copy) {
      return false;
    }
    if (**copy == '\0') {
      *copy = NULL;
    }
  }
  return true;
}

bool shako__offers_keep(shako_listener *listener,
                        const shako_listener_config *config) {
  listener->offers = config->offers;
  listener->lmtp = config->lmtp != 0;
  listener->delayed_rejection = config->delayed_rejection != 0;
  if (config->keywords && *config->keywords) {
    listener->keywords =
        shako__strings_keep(&listener->strings, shako__span(config->keywords));
    if (!listener->keywords) {
      return false;
    }
  }
  return keep_list(listener, &listener->auth_mechanisms,
                   config->auth_mechanisms) &&
         keep_list(listener, &listener->commands, config->commands) &&
         keep_list(listener, &listener->mail_params, config->mail_params) &&
         keep_list(listener, &listener->rcpt_params, config->rcpt_params);
}
