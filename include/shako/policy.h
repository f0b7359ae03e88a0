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
  SHAKO_ACCESS_RELAY,     /* accept, and any recipient domain */
  SHAKO_ACCESS_REJECT,    /* greet with 554 and end after QUIT */
  SHAKO_ACCESS_TCPREFUSE, /* say nothing, close at once */
  SHAKO_ACCESS_CONTINUE   /* in a Host Access Table: decide nothing, read on */
} shako_access;

/* Which cipher suites are offered.  What a suite needs of a certificate
   (ECDSA, RSA) is another matter. */
typedef enum shako_tls_ciphers {
  SHAKO_TLS_CIPHERS_INTERMEDIATE, /* forward secrecy and AEAD (RFC 9325 4.2) */
  SHAKO_TLS_CIPHERS_MODERN,       /* those of TLS 1.3: with it nothing less */
  SHAKO_TLS_CIPHERS_LEGACY        /* CBC and RSA key exchange too, last */
} shako_tls_ciphers;

/* What a mail flow policy makes of AUTH (RFC 4954). */
typedef enum shako_auth_setting {
  SHAKO_AUTH_SETTING_OFF,       /* not offered */
  SHAKO_AUTH_SETTING_PREFERRED, /* offered */
  SHAKO_AUTH_SETTING_REQUIRED   /* ... and before it no mail is taken */
} shako_auth_setting;

/**
 * Reverse-paths, by any of these patterns:
 *
 *   user@example.com   that address
 *   user@              that local-part, at any domain
 *   @example.com       every address of that domain
 *   @.example.com      ... of the domains under it
 *   @[192.0.2.1]       ... of that address literal (RFC 5321 4.1.3)
 *
 * Upper and lower case are alike, and so are a local-part and its quoted form
 * (RFC 5321 4.1.2).  Immutable, reference-counted, shared by threads.
 */
typedef struct shako_address_list shako_address_list;

/**
 * Reads the patterns of |text|, one or more a line; # where one would begin
 * starts a comment.  Stores the list in |*plist|, with memory from |mem|
 * (copied; NULL for malloc).
 *
 * Returns 0, or
 *   SHAKO_ERR_SYNTAX  |*place| says where and why; |*plist| is untouched
 *   SHAKO_ERR_NOMEM
 */
SHAKO_API int shako_address_list_read(shako_address_list **plist,
                                      shako_span text, const shako_mem *mem,
                                      shako_place *place);

/* Takes one more reference to |list| and returns it. */
SHAKO_API shako_address_list *shako_address_list_ref(shako_address_list *list);

/* Gives a reference back; the last one frees.  NULL does nothing. */
SHAKO_API void shako_address_list_unref(shako_address_list *list);

/* Returns nonzero if |list| holds |path|, an address without brackets as MAIL
   has it ("a@b.example"); never for the empty one. */
SHAKO_API int shako_address_list_holds(const shako_address_list *list,
                                       shako_span path);

/**
 * A mail flow policy: what a session demands and allows.  Plain data; share
 * one between any number of sessions and threads.  A limit of 0 is no limit.
 *
 * Texts may use $Group (the sender group), $Hostname (the host's name in the
 * greeting) and $RemoteIP (the peer's address); $$ is a dollar sign.  They have
 * at most 4096 octets with 63, 255 and 57 for these.
 */
typedef struct shako_policy {
  size_t struct_size; /* set by shako_policy_default() */
  const char *name;   /* "$ACCEPTED"; NULL for none */
  shako_access access;
  shako_tls_setting tls;
  shako_tls_ciphers tls_ciphers;
  uint16_t tls_min_version; /* 0x0303 (TLS 1.2) or 0x0304 (TLS 1.3) */
  uint8_t tls_observed;     /* with REQUIRED: act as PREFERRED, and tell what
                               would have been refused */
  uint8_t pipelining_early; /* take octets from before the greeting, behind the
                               first EHLO and behind DATA; else 554 */
  uint8_t bare_line_ends;   /* a CR or LF alone in DATA is data; else 554 */
  uint8_t tls_request_certificate; /* ask a client for its certificate, and
                                      tell of it (shako_client_certificate) */
  uint8_t tls_verify; /* ... and inside TLS take nothing but QUIT from one whose
                         certificate is not verified */
  uint8_t client_any_purpose; /* a certificate for servers alone verifies too */
  uint16_t banner_code;       /* 220 */
  uint16_t reject_code;       /* 4yz or 5yz; of the greeting that turns away */
  const char *banner_text;    /* behind the host's name; NULL: "ESMTP" */
  const char *reject_text;    /* likewise; NULL: "No SMTP service for you" */
  const char *hostname;       /* instead of the listener's; NULL: that */
  /* SHA-256 digests of certificates or of their SubjectPublicKeyInfo in
     hexadecimal digits, with or without colons, with blanks or commas between
     them: a client that has one of these is verified, whoever its issuer is.
     NULL for none. */
  const char *client_fingerprints;
  /* Their reverse-paths need TLS, whatever |tls| is; NULL for nobody. */
  shako_address_list *tls_mandatory_senders;
  uint64_t max_message_size; /* octets */
  uint32_t max_recipients;   /* per message */
  uint32_t max_messages;     /* per connection */
  uint32_t max_errors;       /* refused commands before 421 */
  uint32_t max_concurrency;  /* connections; as the next two, of one
                                address or network (counters.h) */
  uint32_t max_recipients_per_hour;
  uint32_t max_handshakes_per_minute; /* new TLS connections */
  uint32_t idle_timeout;              /* milliseconds, as all that follow: */
  uint32_t handshake_timeout;         /* ... from the 220 to the end of it */
  uint32_t session_timeout;           /* ... the peer's share of a connection */
  uint32_t answer_timeout;            /* ... the application's for a question */
  shako_auth_setting auth;
  uint8_t auth_in_clear;      /* also without TLS: passwords may be read by
                                 whoever is on the way */
  uint32_t max_auth_failures; /* before 421; no less than 3 (RFC 4954 9) */
  uint32_t max_commands;      /* per connection, refused ones too */
  uint32_t max_chunks;        /* BDAT commands of a message */
  uint32_t data_timeout;      /* milliseconds between octets of a message */
  uint32_t min_data_rate;     /* octets a second of a message on the whole, for
                                 which |data_timeout| is allowed more; without
                                 that one there is no limit */
} shako_policy;

/* What shako_policy_default() calls. */
SHAKO_API void shako_policy_default_sized(shako_policy *policy, size_t size);

/* Fills |*POLICY| with the defaults: accept, TLS No, 1.2 or later, no AUTH,
   100 MiB, 1,000 recipients, messages and connections, 100 errors, 3 failed
   AUTH, 100,000 commands and chunks; 5 minutes idle (RFC 5321 4.5.3.2.7), 3
   minutes between octets of a message and 100 a second on the whole, 30 seconds
   for a handshake, an hour for a connection, 10 minutes for an answer. */
#define shako_policy_default(POLICY)                                           \
  shako_policy_default_sized((POLICY), sizeof(*(POLICY)))

/* Fills |*POLICY| with the defaults for a port of submission (RFC 6409, port
   587): as shako_policy_default(), with TLS Required. A
   listener with mechanisms should have |auth| Required there too (RFC 6409
   4.3). */
#define shako_policy_submission(POLICY)                                        \
  shako_policy_submission_sized((POLICY), sizeof(*(POLICY)))

/* What shako_policy_submission() calls. */
SHAKO_API void shako_policy_submission_sized(shako_policy *policy, size_t size);

/* What is known about a connection when a command arrives. */
typedef struct shako_facts {
  size_t struct_size;       /* sizeof(shako_facts) */
  uint16_t tls_version;     /* of the TLS that protects it; 0 in the clear */
  uint8_t tls_available;    /* an engine or external TLS; 0: STARTTLS is 502 */
  uint8_t turned_away;      /* it was greeted with 554 */
  uint8_t mandatory_sender; /* MAIL's reverse-path is in
                               |tls_mandatory_senders| */
  uint8_t tls_verified;     /* the client's certificate is verified */
  uint8_t authenticated;    /* by AUTH */
  uint8_t reject_delayed;   /* the listener's |delayed_rejection| */
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

/* Returns what shako_policy_check() would say if |policy| were not observed:
   where it refuses and that one does not, Required would have. */
SHAKO_API const shako_verdict *shako_policy_observe(const shako_policy *policy,
                                                    const shako_facts *facts,
                                                    shako_verb verb);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* SHAKO_POLICY_H */
