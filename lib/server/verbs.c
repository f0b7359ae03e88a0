#include "server/verbs.h"

#include <string.h>

#include "base/ascii.h"

/* Every command, and all that is particular to it.  The gate stands before
   all columns: shako_policy_check().  Where two refusals fit, the one of the
   column further left is said. */
static const shako__verb_row rows[] = {
    /* clang-format off */
    /* name      gate                 in phase             parse                     then ask              or act               RFC */
    {"EHLO",     SHAKO_VERB_EHLO,     SHAKO__ANYWHERE | SHAKO__IN_LAST |
                                      SHAKO__IN_SMTP,      shako__parse_ehlo,        SHAKO_EVENT_HELLO,    NULL},              /* 5321 4.1.1.1 */
    {"HELO",     SHAKO_VERB_HELO,     SHAKO__ANYWHERE | SHAKO__IN_LAST |
                                      SHAKO__IN_SMTP,      shako__parse_helo,        SHAKO_EVENT_HELLO,    NULL},              /* 5321 4.1.1.1 */
    {"LHLO",     SHAKO_VERB_EHLO,     SHAKO__ANYWHERE | SHAKO__IN_LAST |
                                      SHAKO__IN_LMTP,      shako__parse_ehlo,        SHAKO_EVENT_HELLO,    NULL},              /* 2033 4.1 */
    {"MAIL",     SHAKO_VERB_MAIL,     SHAKO__IN_GREETED,   shako__parse_mail,        SHAKO_EVENT_MAIL,     NULL},              /* 5321 4.1.1.2 */
    {"RCPT",     SHAKO_VERB_RCPT,     SHAKO__IN_MAIL,      shako__parse_rcpt,        SHAKO_EVENT_RCPT,     NULL},              /* 5321 4.1.1.3 */
    {"DATA",     SHAKO_VERB_DATA,     SHAKO__IN(RCPT) |
                                      SHAKO__IN_LAST,      shako__parse_data,        SHAKO_EVENT_DATA,     NULL},              /* 5321 4.1.1.4 */
    {"RSET",     SHAKO_VERB_RSET,     SHAKO__ANYWHERE,     shako__parse_none,        0,                    shako__act_rset},   /* 5321 4.1.1.5 */
    {"NOOP",     SHAKO_VERB_NOOP,     SHAKO__ANYWHERE |
                                      SHAKO__IN_LAST,      shako__parse_any,         0,                    shako__act_noop},   /* 5321 4.1.1.9 */
    {"QUIT",     SHAKO_VERB_QUIT,     SHAKO__ANYWHERE,     shako__parse_none,        0,                    shako__act_quit},   /* 5321 4.1.1.10 */
    {"STARTTLS", SHAKO_VERB_STARTTLS, SHAKO__IN(EHLO) |
                                      SHAKO__IN_CLEAR |
                                      SHAKO__IN_ANONYMOUS, shako__parse_none,        0,                    shako__starttls_take}, /* 3207 4 */
    {"VRFY",     SHAKO_VERB_VRFY,     SHAKO__ANYWHERE |
                                      SHAKO__IN_LAST,      shako__parse_some,        0,                    shako__act_verify}, /* 5321 4.1.1.6 */
    {"EXPN",     SHAKO_VERB_EXPN,     SHAKO__ANYWHERE |
                                      SHAKO__IN_LAST,      shako__parse_some,        0,                    shako__act_verify}, /* 5321 4.1.1.7 */
    {"HELP",     SHAKO_VERB_HELP,     SHAKO__ANYWHERE,     shako__parse_any,         0,                    shako__act_help},   /* 5321 4.1.1.8 */
    {"AUTH",     SHAKO_VERB_AUTH,     SHAKO__IN(EHLO) | SHAKO__IN_LAST |
                                      SHAKO__IN_ANONYMOUS, shako__parse_auth,        0,                    shako__act_auth},   /* 4954 4 */
    {"BDAT",     SHAKO_VERB_BDAT,     SHAKO__ANYWHERE,     shako__parse_bdat,        0,                    shako__act_bdat},   /* 3030 2 */
    /* clang-format on */
};

static const shako__verb_row unknown = {
    "", SHAKO_VERB_UNKNOWN, SHAKO__ANYWHERE, shako__parse_unknown, 0, NULL};

bool shako__verb_may_be_asked(shako_verb verb) {
  return verb == SHAKO_VERB_UNKNOWN || verb == SHAKO_VERB_VRFY ||
         verb == SHAKO_VERB_EXPN || verb == SHAKO_VERB_HELP;
}

/* The first four octets in upper case as one number; no two rows share it. */
static uint32_t key(const void *name) {
  uint32_t word;

  memcpy(&word, name, sizeof(word));
  return word & 0xdfdfdfdfu;
}

const shako__verb_row *shako__verb_find(shako_span verb) {
  uint32_t wanted;

  if (verb.len < 4) {
    return &unknown;
  }
  wanted = key(verb.ptr);
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    if (key(rows[i].name) == wanted && shako__equals(verb, rows[i].name)) {
      return &rows[i];
    }
  }
  return &unknown;
}
