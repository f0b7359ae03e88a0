#ifndef SHAKO_POLICY_ADDRESS_KEY_H
#define SHAKO_POLICY_ADDRESS_KEY_H

#include <stdbool.h>

#include <shako/common.h>

/* The longest pattern and the longest path: a local-part of 64, an @ and a
   domain of 255 octets (RFC 5321 4.5.3.1). */
#define SHAKO__ADDRESS_MAX 320

/*
 * The one spelling of a pattern, and of what it matches: the local-part
 * without quotes and backslashes, NUL, and the domain, in upper case, with an
 * address literal as that address.  There is no other NUL, so that these
 * differ, whatever stands in them:
 *
 *   user@example.com  USER NUL EXAMPLE.COM
 *   user@             USER NUL
 *   @example.com      EXAMPLE.COM
 *   @.example.com     .EXAMPLE.COM
 */
typedef struct shako__address_key {
  uint8_t octets[SHAKO__ADDRESS_MAX + SHAKO_ADDRESS_TEXT_SIZE];
  size_t len;
  size_t domain; /* where it begins */
} shako__address_key;

/* Makes |*key| of |pattern|, one of an address list.

   Returns NULL, or what is wrong, in static storage, and in |*at| the octet of
   |pattern| where it is. */
const char *shako__address_key_read(shako__address_key *key, shako_span pattern,
                                    size_t *at);

/* Makes |*key| of |path|, an address without brackets.  Returns false where
   it is none that a pattern could match. */
bool shako__address_key_make(shako__address_key *key, shako_span path);

#endif /* SHAKO_POLICY_ADDRESS_KEY_H */
