#ifndef SHAKO_RECORD_H
#define SHAKO_RECORD_H

#include <shako/hat.h>
#include <shako/tls.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Why a command was refused: the library's refusals, numbered.  The numbers
   are stable within an SHAKO_ABI; 0 stands for the application's own no. */
#define SHAKO_REASON_APPLICATION 0

/* Returns how many reasons there are, SHAKO_REASON_APPLICATION too. */
SHAKO_API uint32_t shako_reason_count(void);

/* Returns the stable word of |reason| ("tls-required"), in static storage, or
   NULL past the last. */
SHAKO_API const char *shako_reason_text(uint32_t reason);

/**
 * The verdict of a connection: who it was, by which rule it was judged, whether
 * it had to use TLS and did, and what it was refused.  Plain data, as of when
 * shako_session_record() was called; what it points to is the session's.
 */
typedef struct shako_record {
  size_t struct_size;   /* sizeof(shako_record) */
  const char *listener; /* its name; NULL */
  const shako_peer *peer;
  shako_hat_match match;         /* group, policy, rule, line */
  shako_tls_setting tls_setting; /* of the policy that judged it */
  uint8_t tls_observed;
  uint8_t tls_implicit;      /* TLS before the greeting */
  uint8_t tls_asked;         /* STARTTLS was taken, or TLS is implicit */
  uint8_t tls_completed;     /* a handshake was completed */
  uint8_t greeted;           /* it was not turned away */
  uint8_t proxied;           /* |peer| is as a proxy announced it */
  uint8_t reserved[2];       /* 0 */
  const shako_tls_info *tls; /* as shako_session_tls(); NULL: none was tried */
  const char *how;           /* "quit", "lost", a reason: session.c lists them
                                all; NULL: it has not ended */
  int error;                 /* a fatal shako_error, or 0 */
  uint32_t commands;         /* lines read as commands */
  uint32_t transactions;     /* MAIL accepted */
  uint32_t messages;         /* accepted */
  uint32_t messages_tls;     /* ... of them inside TLS */
  uint32_t recipients;       /* accepted */
  uint32_t refusals;         /* by the library or the application */
  uint32_t observed;         /* served, and Required would have refused */
  const uint32_t *refused;   /* shako_reason_count() counts, which add up to
                                |refusals|; NULL: there are none, or there was
                                no memory for them */
  uint64_t octets_received;  /* of the wire, TLS records and all, before the end
                              */
  uint64_t octets_sent;
  uint64_t octets_messages; /* of accepted messages, dots removed */
  shako_time duration;      /* milliseconds, from shako_session_new() to the
                               last poll() */
  shako_span identity; /* as whom the peer is authenticated; empty: it is not */
  uint32_t unwaited;   /* commands behind which the peer sent more where it had
                          to wait for the reply (RFC 2920 3.1), and which were
                          served nevertheless; 65,535: or more */
  uint8_t reserved_too[4]; /* 0 */
} shako_record;

/* What became of TLS on a connection: each has exactly one of these. */
typedef enum shako_tls_outcome {
  SHAKO_TLS_OUTCOME_NONE,         /* TLS was not at issue: the peer was turned
                                     away before, or it must use TLS and wanted
                                     nothing that needs it, as health checks
                                     do; or it sent nothing where TLS is first
                                     */
  SHAKO_TLS_OUTCOME_OFF,          /* in the clear: TLS is not offered */
  SHAKO_TLS_OUTCOME_CLEAR,        /* ... offered, and the peer did not ask */
  SHAKO_TLS_OUTCOME_PREFERRED_OK, /* offered, and a handshake was completed */
  SHAKO_TLS_OUTCOME_PREFERRED_FAILED,
  SHAKO_TLS_OUTCOME_REQUIRED_OK,
  SHAKO_TLS_OUTCOME_REQUIRED_FAILED,
  SHAKO_TLS_OUTCOME_REQUIRED_MISSING, /* ... and the peer wanted something
                                         ("tls-required") but did not ask */
  SHAKO_TLS_OUTCOME_COUNT
} shako_tls_outcome;

/* Returns a stable name for logs and metrics ("required-failed"); "unknown" for
   a number out of range. */
SHAKO_API const char *shako_tls_outcome_name(shako_tls_outcome outcome);

/* Judges |record|.  TLS before the greeting counts as required, and Required
   that is only observed as Preferred, which is what it does. */
SHAKO_API shako_tls_outcome shako_record_outcome(const shako_record *record);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* SHAKO_RECORD_H */
