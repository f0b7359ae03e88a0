#ifndef SHAKO_POLICY_MEMBER_H
#define SHAKO_POLICY_MEMBER_H

#include <shako/hat.h>

/* The forms of a sender group's member, as they are looked up. */
typedef enum shako__member_kind {
  SHAKO__MEMBER_ADDRESSES, /* |first| to |last| */
  SHAKO__MEMBER_NAME,      /* |name|; ".example.com" is all under it */
  SHAKO__MEMBER_SCORE,     /* |low| to |high| */
  SHAKO__MEMBER_SCORE_NONE,
  SHAKO__MEMBER_OWNER,      /* |owner| */
  SHAKO__MEMBER_LIST,       /* |name| is its zone */
  SHAKO__MEMBER_UNVERIFIED, /* |unverified| */
  SHAKO__MEMBER_ALL
} shako__member_kind;

/* A member of a sender group. */
typedef struct shako__member {
  shako__member_kind kind;
  uint8_t first[16]; /* IPv4 as in shako_address */
  uint8_t last[16];
  shako_span name;   /* in the text that was read */
  int16_t low, high; /* in tenths */
  uint32_t owner;
  shako_name_state unverified; /* NONE, TEMPORARY or MISMATCH */
} shako__member;

/* Reads |text|, one member and nothing else (README.md has the forms), into
   |*member|.

   Returns NULL, or what is wrong, in static storage, and in |*at| the octet of
   |text| where it is. */
const char *shako__member_read(shako__member *member, shako_span text,
                               size_t *at);

#endif /* SHAKO_POLICY_MEMBER_H */
