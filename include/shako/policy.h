#ifndef SHAKO_POLICY_H
#define SHAKO_POLICY_H

#include <shako/common.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The TLS setting of a listener or a mail flow policy. */
typedef enum shako_tls_setting {
  SHAKO_TLS_SETTING_NO,        /* STARTTLS is not offered (the default) */
  SHAKO_TLS_SETTING_PREFERRED, /* offered, and the peer may ignore it */
  SHAKO_TLS_SETTING_REQUIRED   /* before it NOOP EHLO STARTTLS QUIT only */
} shako_tls_setting;

/* What a mail flow policy does with a connection. */
typedef enum shako_access {
  SHAKO_ACCESS_ACCEPT,
  SHAKO_ACCESS_RELAY,    /* accept, and any recipient domain */
  SHAKO_ACCESS_REJECT,   /* greet with 554 and end after QUIT */
  SHAKO_ACCESS_TCPREFUSE /* say nothing, close at once */
} shako_access;

/**
 * A mail flow policy: what a session demands and allows.  Plain data; share
 * one between any number of sessions and threads.  A limit of 0 is no limit.
 */
typedef struct shako_policy {
  size_t struct_size; /* set by shako_policy_default() */
  const char *name;   /* "$ACCEPTED"; NULL for none */
  shako_access access;
  shako_tls_setting tls;
  uint16_t tls_min_version;   /* 0x0303 (TLS 1.2) or 0x0304 (TLS 1.3) */
  uint64_t max_message_size;  /* octets */
  uint32_t max_recipients;    /* per message */
  uint32_t max_messages;      /* per connection */
  uint32_t max_errors;        /* refused commands before 421 */
  uint32_t idle_timeout;      /* milliseconds, as all that follow: */
  uint32_t handshake_timeout; /* ... from the 220 to the end of it */
  uint32_t session_timeout;   /* ... the peer's share of a connection */
  uint32_t answer_timeout;    /* ... the application's for a question */
  uint32_t reserved;          /* 0 */
} shako_policy;

/* What shako_policy_default() calls. */
SHAKO_API void shako_policy_default_sized(shako_policy *policy, size_t size);

/* Fills |*POLICY| with the defaults: accept, TLS No, 1.2 or later, 100 MiB,
   1,000 recipients and messages, 100 errors; 5 minutes idle (RFC 5321
   4.5.3.2.7), 30 seconds for a handshake, an hour for a connection, 10
   minutes for an answer. */
#define shako_policy_default(POLICY)                                           \
  shako_policy_default_sized((POLICY), sizeof(*(POLICY)))

/* What is known about a connection when a command arrives. */
typedef struct shako_facts {
  size_t struct_size;    /* sizeof(shako_facts) */
  uint16_t tls_version;  /* of the TLS that protects it; 0 in the clear */
  uint8_t tls_available; /* an engine or external TLS; 0: STARTTLS is 502 */
  uint8_t turned_away;   /* it was greeted with 554 */
  uint8_t reserved[4];   /* 0 */
} shako_facts;

typedef enum shako_verb {
  SHAKO_VERB_UNKNOWN,
  SHAKO_VERB_HELO,
  SHAKO_VERB_EHLO,
  SHAKO_VERB_STARTTLS,
  SHAKO_VERB_AUTH,
  SHAKO_VERB_MAIL,
  SHAKO_VERB_RCPT,
  SHAKO_VERB_DATA,
  SHAKO_VERB_BDAT,
  SHAKO_VERB_RSET,
  SHAKO_VERB_NOOP,
  SHAKO_VERB_VRFY,
  SHAKO_VERB_EXPN,
  SHAKO_VERB_HELP,
  SHAKO_VERB_QUIT,
  SHAKO_VERB_COUNT
} shako_verb;

/* A refusal, as the library words it.  Static storage. */
typedef struct shako_verdict {
  int code;             /* for example 530; 0: the peer was told nothing */
  const char *enhanced; /* for example "5.7.0" */
  const char *text;
  const char *reason; /* stable, for logs and metrics: "tls-required" */
  uint8_t close;      /* the connection ends after this reply */
} shako_verdict;

/**
 * The gate: says whether |policy| refuses |verb|, whatever its syntax, given
 * |facts|.  A pure function, and all that the session asks, so that a test of
 * it is a test of the policy.
 *
 * Returns NULL to let it through, or the refusal.
 */
SHAKO_API const shako_verdict *shako_policy_check(const shako_policy *policy,
                                                  const shako_facts *facts,
                                                  shako_verb verb);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* SHAKO_POLICY_H */
