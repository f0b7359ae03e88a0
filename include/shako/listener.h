#ifndef SHAKO_LISTENER_H
#define SHAKO_LISTENER_H

#include <shako/certificate.h>
#include <shako/counters.h>
#include <shako/hat.h>
#include <shako/tls.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * What sessions of one listening socket share.  Immutable once made,
 * reference-counted, shared by threads.  To reload, make a new one and give
 * it to new sessions: those under way keep theirs.
 */
typedef struct shako_listener shako_listener;

/* Whom a listener is for.  It says which table suits it (hat.h) and what lint
   thinks of it, and is told in the summary. */
typedef enum shako_listener_type {
  SHAKO_LISTENER_TYPE_PUBLIC,
  SHAKO_LISTENER_TYPE_PRIVATE
} shako_listener_type;

/* A row of a domain map: the domain of a recipient is |to| instead of |from|,
   before the application is asked.  ".example.com" stands for all domains
   under it. */
typedef struct shako_domain_map_row {
  const char *from;
  const char *to;
} shako_domain_map_row;

/* What EHLO offers beside PIPELINING, 8BITMIME, ENHANCEDSTATUSCODES and SIZE; a
   set of these.  All but LIMITS are promises that the application keeps, for
   which none is a default. */
#define SHAKO_OFFER_CHUNKING                                                   \
  0x01u /* RFC 3030: a message may then hold CR and                            \
           LF alone, in DATA's stead; to send it                               \
           on by DATA as it is would be to smuggle                             \
           (see SHAKO_EVENT_MESSAGE) */
#define SHAKO_OFFER_BINARYMIME 0x02u /* RFC 3030 3; with CHUNKING */
#define SHAKO_OFFER_SMTPUTF8   0x04u /* RFC 6531: paths and messages in UTF-8 */
#define SHAKO_OFFER_DSN        0x08u /* RFC 3461 */
#define SHAKO_OFFER_REQUIRETLS                                                 \
  0x10u                          /* RFC 8689: inside TLS only; such a          \
                                    message goes out by TLS or not at all */
#define SHAKO_OFFER_LIMITS 0x20u /* RFC 9422: what the policy's limits are */

typedef struct shako_listener_config {
  size_t struct_size;   /* set by shako_listener_config_default() */
  const char *name;     /* "Inboundmail"; NULL for none */
  const char *hostname; /* in the greeting; a domain or address literal */
  shako_listener_type type;
  uint16_t port;               /* as the summary tells it; 25 */
  uint8_t implicit_tls;        /* the first octet is TLS (port 465) */
  uint8_t external_tls;        /* the application shakes hands */
  uint8_t alpn_any;            /* 0: a client that offers protocols by ALPN
                                  must offer "smtp" or "esmtp", else the
                                  handshake fails with alert 120 (RFC 7301
                                  3.2), so that no other protocol's client is
                                  brought to talk to this port.  1: none is
                                  selected, whatever is offered */
  const char *interface_label; /* "PublicNet (192.168.2.1/24)"; NULL */
  const char *default_domain;  /* of a recipient or sender without one, which is
                                  else refused; NULL */
  const shako_policy *policy;  /* copied; NULL: the default policy */
  shako_hat *hat;              /* a reference is kept; NULL: |policy| for every
                                  peer.  With a table |policy| is NULL: it has
                                  its own defaults */
  const shako_domain_map_row *domain_map; /* copied */
  size_t domain_map_rows;
  uint32_t max_concurrency; /* connections of all peers; 0: no limit.  1000 */
  uint32_t max_handshakes;  /* of those, with a handshake under way: one more
                               STARTTLS gets 454, one more connection that
                               begins with TLS is closed.  A peer that lets its
                               handshake_timeout pass holds a place so long.
                               0: no limit, the default */
  uint32_t tcp_queue;       /* for the program that listens; 50 */
  shako_counters *counters; /* a reference is kept; NULL: of its own */
  const shako_tls_engine *engine; /* NULL: no TLS but |external_tls| */
  const void *context;            /* the engine's; outlives the listener */
  const shako_certificate_provider *certificates; /* copied; its |ctx|
                                                     outlives the listener */
  shako_authorities *authorities; /* of clients' certificates; a reference is
                                     kept; NULL: none */
  size_t recv_buffer_size;        /* octets, 4096 at least; 16384 by default */
  unsigned offers;                /* SHAKO_OFFER_*; 0 */
  uint8_t lmtp;                   /* LHLO instead of EHLO and HELO, and a reply
                                     for each recipient (RFC 2033) */
  uint8_t delayed_rejection;      /* a peer with access REJECT is greeted, and
                                     refused its recipients until it is
                                     authenticated */
  const char *auth_mechanisms;    /* "PLAIN LOGIN": those of SASL that the
                                     policies with |auth| offer (RFC 4954), in
                                     this order, copied; NULL: none.  EXTERNAL
                                     is offered to clients whose certificate is
                                     verified, a mechanism in -PLUS inside TLS that
                                     has a channel binding (session.h), or is
                                     the application's */
  const char *commands;    /* "XSTATUS HELP": verbs of the application's own,
                              and of VRFY, EXPN and HELP those that it answers
                              (SHAKO_EVENT_COMMAND); copied; NULL: none */
  const char *keywords;    /* further lines of EHLO, with LF between them;
                              copied; NULL: none */
  const char *mail_params; /* "XTAG": keywords of further parameters of MAIL;
                              copied; NULL: none */
  const char *rcpt_params; /* likewise of RCPT */
  const char *proxies;     /* "192.0.2.1, 10.0.0.0/8": peers that are proxies;
                              each begins with a header of HAProxy's PROXY
                              protocol, before TLS and greeting, within the
                              default policy's |handshake_timeout| (3 s at
                              least), which says who the peer is.  They may say
                              that they are anybody.  Copied; NULL: nobody.
                              Not with |implicit_tls| and |external_tls| both */
} shako_listener_config;

/* What shako_listener_config_default() calls. */
SHAKO_API void
shako_listener_config_default_sized(shako_listener_config *config, size_t size);

/* Fills |*CONFIG| with the defaults: no name, no TLS. */
#define shako_listener_config_default(CONFIG)                                  \
  shako_listener_config_default_sized((CONFIG), sizeof(*(CONFIG)))

/**
 * Makes a listener of |*config|, whose strings and policy are copied, with
 * memory from |mem| (copied; NULL for malloc), which its sessions use too,
 * and stores it in |*plistener|.
 *
 * Returns 0, or
 *   SHAKO_ERR_INVALID_ARGUMENT  |*reason| says which setting and why
 *   SHAKO_ERR_NOMEM
 */
SHAKO_API int shako_listener_new(shako_listener **plistener,
                                 const shako_listener_config *config,
                                 const shako_mem *mem, const char **reason);

/* Takes one more reference to |listener| and returns it. */
SHAKO_API shako_listener *shako_listener_ref(shako_listener *listener);

/* Gives a reference back; the last one frees.  NULL does nothing. */
SHAKO_API void shako_listener_unref(shako_listener *listener);

/* Returns the policy of |listener| for peers of which its table says nothing,
   and before that.  It lives as long as |listener|. */
SHAKO_API const shako_policy *
shako_listener_policy(const shako_listener *listener);

/* Returns the table of |listener|, which it keeps, or NULL. */
SHAKO_API const shako_hat *shako_listener_hat(const shako_listener *listener);

/**
 * Writes the summary of |listener| with a NUL to |buf|, as far as |size| octets
 * hold it:
 *
 *   Name: Inboundmail
 *   Type: Public
 *   Interface: PublicNet (192.168.2.1/24) TCP Port 25
 *   Protocol: SMTP
 *   Default Domain:
 *   Max Concurrency: 1000 (TCP Queue: 50)
 *   Domain map: disabled
 *   TLS: Required
 *
 * "Protocol:" is SMTP or LMTP, and either may be "in TLS" from the first octet.
 * "TLS:" tells the default policy's setting.  With a table the effective
 * setting of each sender group and the warnings (shako_hat_lint()) follow, and
 * then those of the certificates for clients that name no server, but for what
 * depends on the time (shako_certificate_check()).
 *
 * Returns the length of the whole without the NUL, or 0 where memory ran out.
 */
SHAKO_API size_t shako_listener_summary(const shako_listener *listener,
                                        char *buf, size_t size);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* SHAKO_LISTENER_H */
