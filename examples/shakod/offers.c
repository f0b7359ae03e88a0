#include "offers.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

/* A word of a list, and what it stands for. */
typedef struct word {
  const char *name;
  unsigned flag;
} word;

static const word extensions[] = {
    {"CHUNKING", SHAKO_OFFER_CHUNKING},
    {"BINARYMIME", SHAKO_OFFER_BINARYMIME},
    {"SMTPUTF8", SHAKO_OFFER_SMTPUTF8},
    {"DSN", SHAKO_OFFER_DSN},
    {"REQUIRETLS", SHAKO_OFFER_REQUIRETLS},
    {"LIMITS", SHAKO_OFFER_LIMITS},
    {NULL, 0},
};

/* Those of auth.c. */
static const word mechanisms[] = {
    {"PLAIN", 1}, {"LOGIN", 2}, {"SCRAM-SHA-256", 4}, {"SCRAM-SHA-256-PLUS", 8},
    {NULL, 0},
};

/* Adds the flag of the word of |len| octets at |name| to |*flags|.  Returns
   false where it is not of the |table|. */
static bool add_word(unsigned *flags, const word *table, const char *name,
                     size_t len) {
  while (table->name != NULL && (strlen(table->name) != len ||
                                 strncasecmp(table->name, name, len) != 0)) {
    table++;
  }

  *flags |= table->flag;

  return table->name != NULL;
}

/* Reads |words| into |*flags|.  Returns false where one is unknown. */
static bool read_words(unsigned *flags, const word *table, const char *words) {
  *flags = 0;
  while (*(words += strspn(words, " ")) != '\0') {
    size_t len = strcspn(words, " ");

    if (!add_word(flags, table, words, len)) {
      return false;
    }

    words += len;
  }

  return true;
}

const char *offers_read(unsigned *offers, const char *words) {
  return read_words(offers, extensions, words)
             ? NULL
             : "not of CHUNKING, BINARYMIME, SMTPUTF8, DSN, REQUIRETLS and "
               "LIMITS";
}

const char *offers_judge_mechanisms(const char *words) {
  unsigned flags;

  if (!read_words(&flags, mechanisms, words)) {
    return "not of PLAIN, LOGIN, SCRAM-SHA-256 and SCRAM-SHA-256-PLUS";
  }

  return flags != 0 ? NULL : "no mechanism";
}
