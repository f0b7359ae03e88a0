#ifndef SHAKO_TLS_H
#define SHAKO_TLS_H

#include <shako/policy.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How far an engine's function got.  Not shako_error: nothing here is the
   caller's mistake. */
typedef enum shako_tls_status {
  SHAKO_TLS_STATUS_OK = 0,
  SHAKO_TLS_STATUS_WANT_RECV, /* needs octets from the peer */
  SHAKO_TLS_STATUS_CLOSED,    /* the peer sent close_notify; of a wire: the
                                 end of the stream */
  SHAKO_TLS_STATUS_FAILED
} shako_tls_status;

/* Why TLS failed. */
typedef enum shako_tls_failure {
  SHAKO_TLS_FAILURE_NONE,
  SHAKO_TLS_FAILURE_NO_SHARED_VERSION,
  SHAKO_TLS_FAILURE_NO_SHARED_CIPHER,
  SHAKO_TLS_FAILURE_NO_SHARED_PROTOCOL,  /* of those that ALPN offered */
  SHAKO_TLS_FAILURE_CERTIFICATE_REFUSED, /* the peer's alert about ours */
  SHAKO_TLS_FAILURE_PEER_ALERT,          /* any other alert */
  SHAKO_TLS_FAILURE_NOT_TLS,             /* clear text instead of a record */
  SHAKO_TLS_FAILURE_PROTOCOL,            /* the peer broke TLS's rules */
  SHAKO_TLS_FAILURE_CUT_OFF,             /* end of stream without an alert */
  SHAKO_TLS_FAILURE_TIMEOUT,
  SHAKO_TLS_FAILURE_TOO_LONG,       /* 65,536 octets are no handshake */
  SHAKO_TLS_FAILURE_NO_CERTIFICATE, /* the provider had none to offer */
  SHAKO_TLS_FAILURE_INTERNAL,       /* ours: memory, random numbers */
  SHAKO_TLS_FAILURE_COUNT
} shako_tls_failure;

/* Returns a stable name for logs, metrics and alerts ("no-shared-version");
   "unknown" for a number out of range. */
SHAKO_API const char *shako_tls_failure_name(shako_tls_failure failure);

/* Returns "TLSv1.3" for 0x0304, "none" for 0, "unknown" for what it does not
   know. */
SHAKO_API const char *shako_tls_version_name(uint16_t version);

/**
 * The engine's view of the wire.  The session implements it; the engine
 * calls it, and only from inside a call that the session made.
 */
typedef struct shako_tls_wire {
  void *ctx;
  /* Copies 1 to |len| received octets to |buf|, their number to |*n|.
     Returns OK, WANT_RECV or CLOSED (end of stream). */
  shako_tls_status (*recv)(void *ctx, uint8_t *buf, size_t len, size_t *n);
  /* Takes all |len| octets: the session holds back before it calls the
     engine, never inside (a TLS library that is refused here loses data).
     Returns OK, or FAILED for want of memory. */
  shako_tls_status (*send)(void *ctx, const uint8_t *buf, size_t len);
} shako_tls_wire;

/* What is wrong with the certificate of a client: a set of these. */
#define SHAKO_CLIENT_FAULT_ABSENT    0x001u /* it gave none */
#define SHAKO_CLIENT_FAULT_REVOKED   0x002u
#define SHAKO_CLIENT_FAULT_EXPIRED   0x004u /* or an issuer's */
#define SHAKO_CLIENT_FAULT_NOT_YET   0x008u /* valid later */
#define SHAKO_CLIENT_FAULT_WEAK      0x010u /* a key or signature of the chain */
#define SHAKO_CLIENT_FAULT_UNTRUSTED 0x020u /* no way to an authority */
#define SHAKO_CLIENT_FAULT_NO_CRL                                              \
  0x040u                                  /* its issuer has none that is       \
                                            current, though there are some */
#define SHAKO_CLIENT_FAULT_PURPOSE 0x080u /* not for clients */
#define SHAKO_CLIENT_FAULT_OTHER   0x100u /* the TLS library's reason */

/* Returns a stable name for the gravest of |faults| ("absent", "revoked",
   "expired", "not-yet-valid", "weak", "untrusted", "no-crl", "purpose",
   "other"), or NULL for 0. */
SHAKO_API const char *shako_client_fault_name(uint32_t faults);

/* The certificate of a client.  That it holds its key is proved by the
   handshake. */
typedef struct shako_client_certificate {
  size_t struct_size;  /* sizeof(shako_client_certificate) */
  uint32_t faults;     /* SHAKO_CLIENT_FAULT_*, as the engine finds them; with
                          ABSENT all that follows is 0 */
  uint8_t pinned;      /* the policy's fingerprints have it */
  uint8_t verified;    /* as the policy judges it: without a fault, or with
                          none but those that it forgives (a certificate for
                          servers, where any purpose does; UNTRUSTED and
                          PURPOSE of one that is pinned) */
  uint8_t reserved[2]; /* 0 */
  int64_t not_before;  /* Unix time, in seconds */
  int64_t not_after;
  uint8_t sha256[32];      /* of its DER */
  uint8_t spki_sha256[32]; /* of the DER of its SubjectPublicKeyInfo */
  char subject[256];       /* its name as the TLS library writes it, in
                              printable ASCII and cut where it is longer:
                              "CN=mx.example.org, O=Example" */
  char names[1024]; /* DNS names and addresses (RFC 5280 4.2.1.6), a blank
                       between them: "dns:mx.example.org email:a@b.example".
                       Left out are those with other octets than printable
                       ASCII and those that find no room */
} shako_client_certificate;

/* How many numbers of a list are kept. */
#define SHAKO_TLS_OFFER_MAX 16

/* A list in a ClientHello, without what only fills it (GREASE, RFC 8701, and
   the signals among the cipher suites). */
typedef struct shako_tls_offer_list {
  uint16_t count;                        /* how many it has, */
  uint16_t allowed;                      /* ... how many the server takes, */
  uint16_t numbers[SHAKO_TLS_OFFER_MAX]; /* ... and the first of them */
} shako_tls_offer_list;

/* What a client offers in its ClientHello (RFC 8446 4.1.2), and what is
   allowed, by its policy and the lists of the engines (mbedtls.h, openssl.h).
   Which of it a certificate is needed for that the server does not have is
   another matter. */
typedef struct shako_tls_offer {
  size_t struct_size;            /* sizeof(shako_tls_offer) */
  uint16_t min_version;          /* that is allowed */
  uint8_t can_ecdsa;             /* of use to it are certificates with such a */
  uint8_t can_rsa;               /* key (certificate.h) */
  shako_tls_ciphers ciphers;     /* that are allowed */
  shako_tls_offer_list versions; /* 0x0303; of a client without
                                    supported_versions the highest */
  shako_tls_offer_list cipher_suites;
  shako_tls_offer_list groups;
  shako_tls_offer_list signature_algorithms;
} shako_tls_offer;

/* Writes |offer| against what is allowed, in printable ASCII without " and
   with a NUL, to |buf|, as far as |size| octets hold it; numbers in a list of
   which none is allowed stand there by their names:

     TLSv1.1; cipher suites 2, none allowed: TLS_RSA_WITH_RC4_128_SHA 0x0007;
     groups 2, 1 allowed; signature algorithms 0; certificates RSA; allowed
     TLSv1.2 or later, ciphers intermediate            (all of it on one line)

   Returns the length of the whole without the NUL. */
SHAKO_API size_t shako_tls_offer_text(const shako_tls_offer *offer, char *buf,
                                      size_t size);

/* What is known of a connection's TLS.  Strings live as long as it does. */
typedef struct shako_tls_info {
  size_t struct_size; /* sizeof(shako_tls_info) */
  uint16_t version;   /* 0x0303, 0x0304; 0 before it is agreed */
  const char *cipher; /* IANA name; NULL before it is agreed */
  shako_tls_failure failure;
  int alert;        /* that ended it, of either side; -1 for none.  0 is a
                       close_notify in the middle of the handshake, or ours
                       in the place of an alert */
  int native_error; /* the TLS library's own code; 0 for none */
  uint16_t offered_version; /* the highest in the ClientHello, which the session
                               reads; 0: it said none, or was not read */
  uint16_t reserved;        /* 0 */
  const shako_client_certificate *client; /* NULL: none was asked for */
  const char *group;         /* of the key exchange, as the IANA names it
                                ("x25519"); NULL before it is agreed, and where
                                there is none */
  shako_time handshake_time; /* milliseconds, from the 220 or the first octet of
                                implicit TLS until it was complete or failed; 0
                                before that */
  uint64_t handshake_octets; /* received in that time; 0 where TLS is the
                                application's */
  const shako_tls_offer *offer; /* until the handshake is complete, or where it
                                   fails as long as the session.  NULL where no
                                   ClientHello was read, or without memory */
} shako_tls_info;

#define SHAKO_TLS_ENGINE_VERSION 1

/* Octets of `tls-exporter` (RFC 9266). */
#define SHAKO_CHANNEL_BINDING_SIZE 32

struct shako_tls_engine;

/**
 * A certificate chain with its key, made by an engine's library and opaque to
 * the rest.  Immutable; the base of each engine's own type.
 */
typedef struct shako_certificate {
  const struct shako_tls_engine *engine;
  void (*release)(struct shako_certificate *certificate);
  uint32_t references; /* atomic; by shako_certificate_ref() and _unref() */
} shako_certificate;

/* What an engine reads in one certificate of a chain.  Spans and strings live
   as long as the chain. */
typedef struct shako_certificate_facts {
  size_t struct_size; /* sizeof(shako_certificate_facts) */
  int64_t not_before; /* Unix time, in seconds */
  int64_t not_after;
  shako_span subject;       /* the DER of the name (RFC 5280 4.1.2.6) ... */
  shako_span issuer;        /* ... and of that of its issuer */
  shako_span signature_oid; /* the contents of the algorithm's OID */
  const char *key;          /* "RSA", "ECDSA"; "other" */
  const char *curve;        /* "P-256"; NULL for none or another */
  uint32_t key_bits;
  uint8_t spki_sha256[32]; /* of the DER of SubjectPublicKeyInfo */
  uint8_t key_fits;        /* of the leaf: the key in hand is its own */
  uint8_t reserved[3];     /* 0 */
} shako_certificate_facts;

/**
 * The authorities that clients' certificates are checked against, with their
 * revocation lists, made by an engine's library and opaque to the rest.  They
 * are all: nothing that a system trusts is added.  Immutable; the base of each
 * engine's own type.
 */
typedef struct shako_authorities {
  const struct shako_tls_engine *engine;
  void (*release)(struct shako_authorities *authorities);
  uint32_t references; /* atomic; by shako_authorities_ref() and _unref() */
} shako_authorities;

/* Takes one more reference to |authorities| and returns it. */
SHAKO_API shako_authorities *
shako_authorities_ref(shako_authorities *authorities);

/* Gives a reference back; the last one releases.  NULL does nothing. */
SHAKO_API void shako_authorities_unref(shako_authorities *authorities);

/* Takes one more reference to |certificate| and returns it. */
SHAKO_API shako_certificate *
shako_certificate_ref(shako_certificate *certificate);

/* Gives a reference back; the last one releases.  NULL does nothing. */
SHAKO_API void shako_certificate_unref(shako_certificate *certificate);

/* What a session hands to an engine for one connection.  Copied by value;
   what it points to outlives the connection, but for |wire|. */
typedef struct shako_tls_conn_config {
  size_t struct_size;                   /* sizeof(shako_tls_conn_config) */
  const shako_tls_wire *wire;           /* copied */
  const shako_policy *policy;           /* tls_min_version, tls_ciphers */
  const shako_authorities *authorities; /* NULL: a client's certificate is of
                                           none */
  uint8_t alpn_any;   /* the listener's: 0 means that a client that
                         offers ALPN offers "smtp" or "esmtp", which is
                         then selected, or gets alert 120 */
  uint8_t ask_client; /* ask for the client's certificate, and go on
                         whatever is wrong with it */
} shako_tls_conn_config;

/**
 * A TLS implementation, server side.  One static const object per TLS
 * library; the state of a connection lives in |conn_size| octets that the
 * session allocates.
 *
 * The session promises: handshake() until it gives OK, then read(), write()
 * and close(); after CLOSED or FAILED nothing but alert(), info() and
 * conn_free() (after CLOSED also write() and close()).
 */
typedef struct shako_tls_engine {
  int version; /* SHAKO_TLS_ENGINE_VERSION */
  const char *name;
  size_t conn_size;

  /* Prepares |conn|, zeroed and aligned for any type, before the 220: FAILED
     becomes a 454, and nothing is sent.  |context| is the listener's.  After
     a failure conn_free() is not called. */
  shako_tls_status (*conn_init)(void *conn, const void *context,
                                const shako_tls_conn_config *config);
  void (*conn_free)(void *conn);

  /* Gives one more certificate to choose from (RSA, ECDSA), before the first
     handshake(); the session holds a reference as long as |conn| lives. */
  shako_tls_status (*set_certificate)(void *conn,
                                      const shako_certificate *certificate);

  /* Goes on with the handshake as far as the wire allows.  Returns OK (it is
     complete), WANT_RECV or FAILED. */
  shako_tls_status (*handshake)(void *conn);

  /* Decrypts up to |len| octets to |buf|, their number to |*n|; |len| is
     never 0, and OK stores at least 1.  Returns OK, WANT_RECV (all that the
     wire had is used up), CLOSED (close_notify) or FAILED; an end of stream
     without close_notify is FAILED with CUT_OFF. */
  shako_tls_status (*read)(void *conn, uint8_t *buf, size_t len, size_t *n);

  /* Takes at most one record of |buf|, the number of octets to |*n|; |len| is
     never 0.  Returns OK or FAILED. */
  shako_tls_status (*write)(void *conn, const uint8_t *buf, size_t len,
                            size_t *n);

  /* Sends close_notify; called once at the most, and write() no more after it.
     Returns OK or FAILED. */
  shako_tls_status (*close)(void *conn);

  /* Sends the fatal alert |description| (RFC 8446 6) of the session's own, as
     after a timeout, and ends the connection.  Where the TLS library cannot
     send that one (once there are keys), it sends close_notify, or nothing;
     info() says which.  Sends nothing after FAILED, where the engine has told
     the peer what there was to tell, nor after close(). */
  void (*alert)(void *conn, int description);

  /* Fills |*info|, whose struct_size is set, with what is known so far. */
  void (*info)(const void *conn, shako_tls_info *info);

  /* Reads the |index|-th certificate of the chain, 0 the leaf, to |*facts|,
     whose struct_size is set.  Returns 1, 0 past the last, or SHAKO_ERR_NOMEM.
     NULL, as the two below are then: there are no checks (certificate.h). */
  int (*inspect)(const shako_certificate *certificate, size_t index,
                 shako_certificate_facts *facts);

  /* Stores the |index|-th DNS name of the leaf (RFC 5280 4.2.1.6), which lives
     as long as the certificate, in |*name|.  Returns 1, or 0 past the last. */
  int (*name_at)(const shako_certificate *certificate, size_t index,
                 shako_span *name);

  /* Returns 1 where the |index|-th certificate is signed by the key of the one
     behind it in the chain, which is an authority's, 0 where not, or
     SHAKO_ERR_NOMEM. */
  int (*is_signed)(const shako_certificate *certificate, size_t index);

  /* Fills |*client|, whose struct_size is set and the rest 0, but for |pinned|
     and |verified|, once the handshake is complete and asked for it.  A
     certificate that was only resumed is ABSENT.  Returns OK, or FAILED for
     want of memory.  NULL: none can be asked for. */
  shako_tls_status (*client_certificate)(const void *conn,
                                         shako_client_certificate *client);

  /* Stores the |index|-th IP address of the leaf (RFC 5280 4.2.1.6), 4 or 16
     octets in network order, as name_at() does.  NULL: none is read. */
  int (*address_at)(const shako_certificate *certificate, size_t index,
                    shako_span *address);

  /* Stores the connection's `tls-exporter` (RFC 9266), once the handshake is
     complete and until FAILED.  Returns OK, or FAILED where it binds nothing
     (TLS 1.2 without RFC 7627) or is not to be had; nothing has ended then.
     NULL: there is none. */
  shako_tls_status (*channel_binding)(
      void *conn, uint8_t binding[SHAKO_CHANNEL_BINDING_SIZE]);
} shako_tls_engine;

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* SHAKO_TLS_H */
