#ifndef SHAKO_POLICY_KEY_H
#define SHAKO_POLICY_KEY_H

#include "policy/keys.h"

/*
 * A row of the table of keys.
 *
 *   keys.c     the table, and values to text
 *   key_set.c  values from text
 */

/* What the value of a key is, and where it goes. */
typedef enum shako__key_kind {
  SHAKO__KEY_CHOICE,  /* a word; its place among them is the number */
  SHAKO__KEY_LIMIT,   /* a number from 1 on, or -1 for no limit, which is 0 */
  SHAKO__KEY_SECONDS, /* likewise, in milliseconds in shako_policy */
  SHAKO__KEY_CODE,    /* a number from |min| to |max| */
  SHAKO__KEY_TEXT,    /* words with variables; "" is none, which is NULL */
  SHAKO__KEY_HOST,    /* likewise, a domain or an address literal */
  SHAKO__KEY_PINS,    /* likewise, SHA-256 digests */
  SHAKO__KEY_SENDERS, /* likewise, the name of an address list */
  SHAKO__KEY_KEPT     /* a string or a number */
} shako__key_kind;

/* Words of which a value is one. */
typedef struct shako__choice {
  const char *const *words; /* up to NULL */
  unsigned first;           /* the number of the first */
  const char *wrong;        /* what a value is that is none of them */
} shako__choice;

typedef struct shako__key {
  const char *name;
  shako__key_kind kind;
  size_t offset; /* of the field in shako_policy */
  size_t size;   /* of it */
  const shako__choice *choice;
  uint16_t min;
  uint16_t max;
  const char *wrong; /* what a code is that is not between them */
} shako__key;

const shako__key *shako__key_at(size_t key);

/* Fields are of 1 to 8 octets. */
uint64_t shako__key_number(const shako_policy *policy, const shako__key *key);

#endif /* SHAKO_POLICY_KEY_H */
