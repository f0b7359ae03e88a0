#ifndef SHAKO_POLICY_HAT_H
#define SHAKO_POLICY_HAT_H

#include <stdbool.h>

#include <shako/hat.h>

#include "base/array.h"
#include "base/strings.h"
#include "policy/nameset.h"
#include "policy/netset.h"
#include "policy/policy.h"

/*
 * A Host Access Table, from the inside.
 *
 *   hat_file.c   text -> policies, groups, members      shako_hat_read()
 *   hat_build.c  members -> the first rule by each fact
 *   hat_find.c   a peer -> the rule that decides         shako_hat_find()
 *   hat_write.c  back to text                            shako_hat_write()
 *
 * A rule is a member; its number is its place among all members of the table,
 * so that the lowest rule that matches decides.  Members of a group whose
 * access rule is CONTINUE decide nothing and are left out of the look-ups.
 */

/* A mail flow policy of the file, or (without a name) a bare access rule. */
typedef struct shako__hat_policy {
  shako_policy policy; /* effective: the defaults beneath what is set */
  uint32_t line;       /* of its name, or of the first use of a bare rule */
  uint64_t set;        /* bit i: its block sets key i (keys.h) */
} shako__hat_policy;

/* A key that is kept and not used. */
typedef struct shako__hat_kept {
  uint32_t policy;   /* its place in |policies| */
  uint32_t key;      /* keys.h */
  const char *value; /* as written, without its quotes */
  bool quoted;
} shako__hat_kept;

/* An address list of the file. */
typedef struct shako__hat_senders {
  const char *name;     /* without the % */
  const char *patterns; /* what stands between its braces */
  shako_address_list *list;
  uint32_t line;
} shako__hat_senders;

typedef struct shako__hat_group {
  const char *name;    /* NULL for a bare rule */
  const char *comment; /* NULL for none */
  uint32_t line;
  uint32_t policy;       /* its place in |policies| */
  uint32_t first_member; /* in |members|; they end where the next begin */
} shako__hat_group;

typedef struct shako__hat_member {
  uint32_t text; /* where it begins in |texts|, with a NUL behind it */
  uint32_t line;
} shako__hat_member;

/* A member that was there already, in the same group; it is not kept. */
typedef struct shako__hat_repeat {
  const char *text;
  uint32_t line;
  uint32_t other_line;
} shako__hat_repeat;

/* A DNS list, and the first rule that asks it. */
typedef struct shako__hat_zone {
  const char *name;
  uint32_t rule;
} shako__hat_zone;

/* A network owner, and the first rule that names it. */
typedef struct shako__hat_owner {
  uint32_t owner;
  uint32_t rule;
} shako__hat_owner;

/* Scores in tenths, from -100 to 100. */
#define SHAKO__HAT_SCORES 201

struct shako_hat {
  shako_mem mem;
  uint32_t references;   /* atomic */
  shako_policy defaults; /* its strings are in |strings| */
  shako__strings strings;

  /* the table as it was read */
  shako__array policies; /* shako__hat_policy */
  shako__array kept;     /* shako__hat_kept, by policy */
  shako__array senders;  /* shako__hat_senders */
  shako__array groups;   /* shako__hat_group */
  shako__array members;  /* shako__hat_member */
  shako__array texts;    /* of members: octets */
  shako__array repeats;  /* shako__hat_repeat, by line */

  /* the first rule by each fact; SHAKO__NO_RULE for none */
  shako__netset addresses;
  shako__nameset names;
  shako__array owners; /* shako__hat_owner, sorted */
  shako__array zones;  /* shako__hat_zone */
  uint32_t scores[SHAKO__HAT_SCORES];
  uint32_t score_none;
  uint32_t unverified[SHAKO_NAME_MISMATCH + 1];
  uint32_t all;
  uint32_t first_name; /* the lowest of |names| and |unverified| */
  uint32_t first_score;
  uint32_t first_owner;
};

/* Returns an empty table with one reference, or NULL without memory.
   |defaults| are copied, strings too. */
shako_hat *shako__hat_new(const shako_policy *defaults, const shako_mem *mem);

/* Makes |hat|, whose groups and members are all there, with no more than
   SHAKO_HAT_LISTS_MAX DNS lists, ready to be searched.

   Returns 0, or
     SHAKO_ERR_NOMEM  it is to be unreferenced and nothing else */
int shako__hat_build(shako_hat *hat);

/* Returns the lowest rule that matches |peer| by what is known of it, and in
   |*need| and |*lists| what must be known before it is sure that none of a
   group before does (SHAKO_NEED_*); SHAKO__NO_RULE for none. */
uint32_t shako__hat_rule(const shako_hat *hat, const shako_peer *peer,
                         unsigned *need, uint64_t *lists);

/* Fills |*match| for |rule|, or for SHAKO__NO_RULE with the defaults. */
void shako__hat_match(const shako_hat *hat, uint32_t rule,
                      shako_hat_match *match);

/* Returns the text of the |i|-th member. */
const char *shako__hat_member_text(const shako_hat *hat, size_t i);

/* Returns the place of the group that has the |i|-th member. */
size_t shako__hat_group_of(const shako_hat *hat, uint32_t i);

/* Returns where the members of the |i|-th group end. */
uint32_t shako__hat_group_end(const shako_hat *hat, size_t i);

#endif /* SHAKO_POLICY_HAT_H */
