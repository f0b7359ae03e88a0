#ifndef SHAKO_POLICY_DESTINATIONS_H
#define SHAKO_POLICY_DESTINATIONS_H

#include <shako/destination.h>

#include "base/strings.h"
#include "policy/nameset.h"

/*
 *   destinations.c       the table, and what it says of a domain
 *   destinations_keys.c  the keys of a section, in one table
 *   destinations_file.c  from text, and to text
 *   destination_judge.c  what is done with an attempt
 */

/* The keys that mean something here: their numbers in the table of keys. */
enum {
  SHAKO__DESTINATION_TLS,
  SHAKO__DESTINATION_MIN_VERSION,
  SHAKO__DESTINATION_ALERT,
  SHAKO__DESTINATION_VALUES
};

/* A section of the text; the first is the default, whether it stands there or
   not. */
typedef struct shako__destination_section {
  const char *name; /* in lower case; NULL: the default */
  uint32_t line;
  uint32_t set; /* bit KEY: it is in |values|, or kept */
  uint16_t values[SHAKO__DESTINATION_VALUES];
  size_t first_kept; /* of |kept|, and their number */
  size_t kept;
} shako__destination_section;

/* A value of a key of the appliances that has no use here. */
typedef struct shako__destination_kept {
  size_t key;
  const char *value; /* without quotes */
  bool quoted;
} shako__destination_kept;

struct shako_destinations {
  shako_mem mem;
  uint32_t references;
  shako__strings strings;
  shako__array sections; /* shako__destination_section */
  shako__array kept;     /* shako__destination_kept, by section */
  shako__nameset names;
};

/* Makes a table of the default alone.  Returns NULL without memory. */
shako_destinations *shako__destinations_new(const shako_mem *mem);

/* The most sections. */
#define SHAKO__DESTINATIONS_MAX 0xffffffu

/* Makes |destinations|, with all its sections, ready to be searched.

   Returns 0, or
     SHAKO_ERR_NOMEM  it is to be freed and nothing else */
int shako__destinations_build(shako_destinations *destinations);

/* The number of keys, at most 32. */
size_t shako__destination_key_count(void);

const char *shako__destination_key_name(size_t key);

/* Returns the key of that name, or shako__destination_key_count(). */
size_t shako__destination_key_find(shako_span name);

/* Whether |key| stands in the default section alone. */
bool shako__destination_key_is_global(size_t key);

/* Reads |text| into |*value|, that of |key|, one of those below
   SHAKO__DESTINATION_VALUES.  Returns NULL, or what is wrong with it. */
const char *shako__destination_key_read(size_t key, shako_span text,
                                        uint16_t *value);

/* Returns the word for |value| of such a |key|. */
const char *shako__destination_key_word(size_t key, uint16_t value);

#endif /* SHAKO_POLICY_DESTINATIONS_H */
