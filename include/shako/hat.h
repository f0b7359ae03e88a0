#ifndef SHAKO_HAT_H
#define SHAKO_HAT_H

#include <shako/policy.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * A Host Access Table: sender groups in order, each with a mail flow policy.
 * The first group with a member that matches a connecting host decides.
 * Immutable once read, reference-counted, shared by threads.
 *
 *   $PARTNERS
 *       ACCEPT {
 *           tls = "required"
 *       }
 *   PARTNERS:
 *       192.0.2.0/24
 *       .partner.example
 *           $PARTNERS (business partners, TLS agreed)
 *   ALL
 *       ACCEPT
 *
 * lib/policy/README.md describes the language: every form of a member, every
 * key of a policy.  It reads what Cisco's appliances export.
 */
typedef struct shako_hat shako_hat;

/**
 * Reads the table that |text| holds on top of |defaults| (copied; NULL for
 * shako_policy_default()), the listener's default policy parameters, and
 * stores it in |*phat|, with memory from |mem| (copied; NULL for malloc).
 *
 * Returns 0, or
 *   SHAKO_ERR_SYNTAX            |*place| says where and why; |*phat| is
 *                               untouched
 *   SHAKO_ERR_INVALID_ARGUMENT  |defaults| is not usable; |place->what| says
 *                               why
 *   SHAKO_ERR_NOMEM
 */
SHAKO_API int shako_hat_read(shako_hat **phat, shako_span text,
                             const shako_policy *defaults, const shako_mem *mem,
                             shako_place *place);

/* Takes one more reference to |hat| and returns it. */
SHAKO_API shako_hat *shako_hat_ref(shako_hat *hat);

/* Gives a reference back; the last one frees.  NULL does nothing. */
SHAKO_API void shako_hat_unref(shako_hat *hat);

/**
 * Writes |hat| as text with a NUL to |buf|, as far as |size| octets hold it;
 * shako_hat_read() reads it in again as the same table, on the same defaults.
 * Comments behind # are not kept.
 *
 * Returns the length of the whole text without the NUL.
 */
SHAKO_API size_t shako_hat_write(const shako_hat *hat, char *buf, size_t size);

/* The tables that a listener begins with. */
typedef enum shako_hat_preset {
  SHAKO_HAT_PRESET_PUBLIC, /* accepts all; no TLS is demanded */
  SHAKO_HAT_PRESET_PRIVATE /* relays for RELAYLIST, which is empty, and
                              rejects all others */
} shako_hat_preset;

/* Returns the text of |preset|, in static storage. */
SHAKO_API const char *shako_hat_preset_text(shako_hat_preset preset);

/* Returns the default policy parameters of |hat|; they live as long as it. */
SHAKO_API const shako_policy *shako_hat_defaults(const shako_hat *hat);

/* A sender group.  Lives as long as its table. */
typedef struct shako_hat_group {
  const char *name;           /* "PARTNERS"; NULL for a bare rule */
  const char *comment;        /* behind its policy, without parentheses; NULL */
  const shako_policy *policy; /* effective: the defaults beneath its own */
  uint32_t line;              /* of its name, or of the member of a bare rule */
  uint32_t members;           /* their number; never 0 in a bare rule */
} shako_hat_group;

/* Fills |*group| with the |i|-th group of |hat|, from 0 in their order.
   Returns 0, or SHAKO_ERR_INVALID_ARGUMENT past the last. */
SHAKO_API int shako_hat_group_at(const shako_hat *hat, size_t i,
                                 shako_hat_group *group);

/* Returns the value that |policy|, one of |hat|, has in the file for a key of
   the appliances that this library has no use for ("spam_check"): as written,
   without quotes, or NULL.  It lives as long as |hat|. */
SHAKO_API const char *shako_hat_kept(const shako_hat *hat,
                                     const shako_policy *policy,
                                     const char *key);

/* Whether the name of a host is known, and why not. */
typedef enum shako_name_state {
  SHAKO_NAME_UNASKED,
  SHAKO_NAME_VERIFIED,  /* PTR, and the name's A or AAAA gives the address */
  SHAKO_NAME_NONE,      /* no PTR */
  SHAKO_NAME_TEMPORARY, /* DNS failed for now */
  SHAKO_NAME_MISMATCH   /* the name's A or AAAA do not give the address */
} shako_name_state;

/* Whether the reputation score of a host is known. */
typedef enum shako_score_state {
  SHAKO_SCORE_UNASKED,
  SHAKO_SCORE_KNOWN,
  SHAKO_SCORE_NONE
} shako_score_state;

/* A connecting host.  What is not known is left as it is at zero. */
typedef struct shako_peer {
  size_t struct_size; /* set by shako_peer_default() */
  shako_address address;
  shako_address local_address;
  uint16_t port;
  uint16_t local_port;
  int16_t score;        /* in tenths, -100 to 100; valid if KNOWN */
  uint8_t name_state;   /* shako_name_state */
  uint8_t score_state;  /* shako_score_state */
  uint32_t owner;       /* network owner; 0 if it is not known */
  uint8_t owner_asked;  /* nonzero: |owner| is all that will be known */
  uint8_t reserved[3];  /* 0 */
  shako_span name;      /* valid if VERIFIED */
  uint64_t lists_asked; /* bit i: the i-th DNS list of the table is answered */
  uint64_t lists_hold;  /* bit i: ... and holds the address */
} shako_peer;

/* What shako_peer_default() calls. */
SHAKO_API void shako_peer_default_sized(shako_peer *peer, size_t size);

/* Fills |*PEER| with a host of which nothing is known. */
#define shako_peer_default(PEER)                                               \
  shako_peer_default_sized((PEER), sizeof(*(PEER)))

/* Facts that the table needs before it can decide: a set. */
#define SHAKO_NEED_NAME  0x1u
#define SHAKO_NEED_SCORE 0x2u
#define SHAKO_NEED_OWNER 0x4u
#define SHAKO_NEED_LISTS 0x8u

/* What the table says of a host, and why. */
typedef struct shako_hat_match {
  const shako_policy *policy; /* lives as long as the table; of a session, as
                                 long as that.  NULL while |need| is not 0 */
  const char *group;          /* "RELAYLIST"; NULL for none */
  const char *rule;           /* the member that matched, as written; NULL
                                 where none did: |policy| is the default */
  uint32_t line;              /* of that member; 0 for none */
  unsigned need;              /* SHAKO_NEED_* */
  uint64_t lists;             /* bit i: the i-th DNS list is needed */
} shako_hat_match;

/* The most DNS lists that a table names. */
#define SHAKO_HAT_LISTS_MAX 64

/* Returns the zone of the |i|-th DNS list of |hat|, or NULL past the last. */
SHAKO_API const char *shako_hat_list(const shako_hat *hat, unsigned i);

/**
 * Finds the first group that matches |peer|: it decides.  Where groups before
 * it need facts that |peer| does not hold, |match->need| names all of these at
 * once: find them out, and call again.  What cannot be found out has a value
 * too (TEMPORARY, SCORE_NONE, |owner_asked| with owner 0, a list asked that
 * does not hold), so that the next call decides.
 *
 * A host without an IP address matches ALL alone, and needs nothing.
 */
SHAKO_API void shako_hat_find(const shako_hat *hat, const shako_peer *peer,
                              shako_hat_match *match);

/* Why a group of the table did not decide. */
typedef struct shako_hat_step {
  const char *group; /* NULL for a bare rule */
  const char *rule;  /* the member that |why| is about, or of a bare rule; else
                        NULL */
  uint32_t line;     /* of |rule|, or of the group */
  const char *why;   /* static storage */
} shako_hat_step;

/* Where the value of a key comes from. */
typedef enum shako_hat_source {
  SHAKO_HAT_SOURCE_DEFAULT, /* the listener's default policy parameters */
  SHAKO_HAT_SOURCE_POLICY   /* the policy's own block, at |line| */
} shako_hat_source;

/* The effective value of a key. */
typedef struct shako_hat_value {
  const char *key;  /* "tls" */
  const char *text; /* as the language writes it: "\"required\"", "-1" */
  shako_hat_source source;
  uint32_t line;
} shako_hat_value;

/* Why the table decides as it does. */
typedef struct shako_hat_explanation {
  shako_hat_match match;
  const shako_hat_step *steps; /* the groups before it, in their order */
  size_t step_count;
  const shako_hat_value *values; /* of |match.policy|, every key; none while
                                    facts are needed */
  size_t value_count;
  uint8_t tls_demanded; /* MAIL from that sender needs TLS */
  const char *tls_why;  /* why, or why not; static storage */
} shako_hat_explanation;

/**
 * Explains what |hat| says of |peer|, and of a MAIL with the reverse-path
 * |sender| (without brackets; empty for <>).  |hat| outlives the explanation,
 * which is stored in |*pexplanation|; memory is the table's.
 *
 * Returns 0, or SHAKO_ERR_NOMEM.
 */
SHAKO_API int shako_hat_explain(shako_hat_explanation **pexplanation,
                                const shako_hat *hat, const shako_peer *peer,
                                shako_span sender);

/* Releases |explanation|.  NULL does nothing. */
SHAKO_API void shako_hat_explanation_free(shako_hat_explanation *explanation);

/* Writes |explanation| in lines of English with a NUL to |buf|, as far as
   |size| octets hold it.  Returns the length of the whole without the NUL. */
SHAKO_API size_t shako_hat_explanation_text(
    const shako_hat_explanation *explanation, char *buf, size_t size);

/* What shako_hat_lint() cannot see in the table. */
typedef struct shako_hat_surroundings {
  size_t struct_size; /* sizeof(shako_hat_surroundings) */
  uint8_t is_public;  /* the listener is a publicly referenced MX */
  uint8_t has_tls;    /* an engine or external TLS */
  uint8_t has_certificate;
  uint8_t is_demonstration; /* the certificate is the demonstration one */
  uint8_t is_implicit;      /* TLS comes before the greeting */
  uint8_t reserved[3];      /* 0 */
} shako_hat_surroundings;

/* Something that an operator hardly means.  Static storage, but |subject|,
   which lives as long as the table. */
typedef struct shako_hat_warning {
  const char *reason;  /* stable: "shadowed", "unused-policy" */
  const char *subject; /* the member, group or policy; "" for the table */
  const char *text;    /* what is wrong */
  const char *remedy;
  uint32_t line;
  uint32_t other_line; /* of the entry that does it to this one; 0 for none */
} shako_hat_warning;

typedef struct shako_hat_warnings {
  const shako_hat_warning *items; /* by line */
  size_t count;
} shako_hat_warnings;

/**
 * Looks for what an operator hardly means in |hat|, and stores it in
 * |*pwarnings|; |hat| outlives it, memory is the table's.
 *
 * Returns 0, or SHAKO_ERR_NOMEM.
 */
SHAKO_API int shako_hat_lint(shako_hat_warnings **pwarnings,
                             const shako_hat *hat,
                             const shako_hat_surroundings *surroundings);

/* Releases |warnings|.  NULL does nothing. */
SHAKO_API void shako_hat_warnings_free(shako_hat_warnings *warnings);

/* Writes |warnings|, a line each, with a NUL to |buf|, as far as |size| octets
   hold it.  Returns the length of the whole without the NUL. */
SHAKO_API size_t shako_hat_warnings_text(const shako_hat_warnings *warnings,
                                         char *buf, size_t size);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* SHAKO_HAT_H */
