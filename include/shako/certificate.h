#ifndef SHAKO_CERTIFICATE_H
#define SHAKO_CERTIFICATE_H

#include <shako/tls.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * What a client offers in its ClientHello (RFC 8446 4.1.2), read before the
 * engine sees it.  It and its spans, which point to the octets as they came,
 * live until select() returns.
 *
 * All is empty or 0 where there is nothing to be read: what came is no TLS, or
 * breaks its rules (the engine then says so), has more than 64 extensions, or
 * is longer than 64 KiB or the listener's |recv_buffer_size|, with the headers
 * of its records.  select() then gives what it gives to a client that names no
 * server.
 *
 * In a list each number has two octets, the high one first; there may be some
 * that mean nothing (GREASE, RFC 8701).  Fields may be added at the end.
 */
typedef struct shako_client_hello {
  size_t struct_size;     /* sizeof(shako_client_hello) */
  shako_span server_name; /* SNI (RFC 6066 3), in any case, without a dot at its
                             end.  Empty if absent, an address, or no host name:
                             letters, digits, "-" and "_", 253 octets at most */
  uint16_t version;       /* the highest that is offered; 0: none of TLS */
  uint8_t can_ecdsa; /* certificates with such a key are of use to it, by */
  uint8_t can_rsa;   /* its signature algorithms or else cipher suites */
  uint8_t extended_master_secret; /* is offered (RFC 7627 5.1) */
  shako_span versions;            /* supported_versions (RFC 8446 4.2.1), or the
                                     one of a client without it */
  shako_span cipher_suites;
  shako_span groups;               /* supported_groups (RFC 8446 4.2.7) */
  shako_span signature_algorithms; /* RFC 8446 4.2.3 */
  shako_span protocols; /* ALPN (RFC 7301 3.1): of each name an octet with its
                           length, and itself; empty if none is offered */
} shako_client_hello;

typedef enum shako_provider_status {
  SHAKO_PROVIDER_OK,
  SHAKO_PROVIDER_WAIT, /* SHAKO_EVENT_CERTIFICATE; asked again on accept() */
  SHAKO_PROVIDER_NONE  /* no certificate: 454, or the handshake fails */
} shako_provider_status;

/* How many certificates select() may give. */
#define SHAKO_CERTIFICATES_MAX 4

/**
 * Where a listener's certificates come from: a caller's own functions, or
 * those that a shako_certificate_provider_X() fills in.
 */
typedef struct shako_certificate_provider {
  size_t struct_size; /* sizeof(shako_certificate_provider) */
  void *ctx;
  /* Says whether there is any certificate now: asked before the 220, NONE
     means 454.  Called from any thread, as is select(). */
  shako_provider_status (*ready)(void *ctx);
  /* Stores up to |*count| new references (one of each key type that |hello|
     can use) in |certificates| and their number in |*count|. */
  shako_provider_status (*select)(void *ctx, const shako_client_hello *hello,
                                  shako_certificate **certificates,
                                  size_t *count);
} shako_certificate_provider;

/* Fills |*provider| so that it always gives |certificate|, which is borrowed:
   hold a reference for as long as the provider is in use. */
SHAKO_API void
shako_certificate_provider_single(shako_certificate_provider *provider,
                                  shako_certificate *certificate);

/**
 * Certificates by the name that a client asks for.  A table is filled by one
 * thread and then published in a slot, from where on it is immutable;
 * reference-counted.
 *
 * A name is that of a host in the DNS, in any case, with or without a dot at
 * its end, or "*." and such a name, which stands for all names with one label
 * more.  The exact name goes first.  A name may have one certificate of each
 * key type, and all of them are given to the engine, ECDSA first: the client
 * says which it can use.  Where it can use none of the exact name's, it gets
 * those of "*." if it can use one of them, or else of the defaults.
 */
typedef struct shako_certificate_table shako_certificate_table;

/**
 * Makes an empty table with memory from |mem| (copied; NULL for malloc) and
 * stores it in |*ptable|.
 *
 * Returns 0, or SHAKO_ERR_NOMEM.
 */
SHAKO_API int shako_certificate_table_new(shako_certificate_table **ptable,
                                          const shako_mem *mem);

/* Takes one more reference to |table| and returns it. */
SHAKO_API shako_certificate_table *
shako_certificate_table_ref(shako_certificate_table *table);

/* Gives a reference back; the last one frees.  NULL does nothing. */
SHAKO_API void shako_certificate_table_unref(shako_certificate_table *table);

/**
 * Adds |certificate|, of which a reference is kept, under |name|, or, for NULL,
 * under each of its own DNS names that is a name as said above.
 *
 * Returns 0, or
 *   SHAKO_ERR_INVALID_ARGUMENT  |name| is none; it has SHAKO_CERTIFICATES_MAX
 *                               certificates; |certificate| is another
 *                               engine's than those in the table
 *   SHAKO_ERR_INVALID_STATE     the table is published
 *   SHAKO_ERR_CERTIFICATE       it has no such name of its own
 *   SHAKO_ERR_NOMEM
 * After an error with |name| NULL it may stand under some of its names.
 */
SHAKO_API int shako_certificate_table_add(shako_certificate_table *table,
                                          const char *name,
                                          shako_certificate *certificate);

/**
 * Adds |certificate| to those for clients that ask for an unknown name, for
 * none, or for what is no name.  Without any default it is the certificate that
 * was added first.
 *
 * Returns 0, or as shako_certificate_table_add().
 */
SHAKO_API int
shako_certificate_table_add_default(shako_certificate_table *table,
                                    shako_certificate *certificate);

/**
 * Returns what |table| has for |name|: their number in |*count|, 0 only where
 * the table is empty.  They live as long as the table.
 */
SHAKO_API shako_certificate *const *
shako_certificate_table_find(const shako_certificate_table *table,
                             shako_span name, size_t *count);

/**
 * The place of a table that can be replaced while any number of threads select
 * from it: a connection has the certificates that it was given.
 */
typedef struct shako_certificate_slot shako_certificate_slot;

/**
 * Makes a slot that holds |table|, of which it keeps a reference, with memory
 * from |mem| (copied; NULL for malloc) and stores it in |*pslot|.
 *
 * Returns 0, or SHAKO_ERR_NOMEM.
 */
SHAKO_API int shako_certificate_slot_new(shako_certificate_slot **pslot,
                                         shako_certificate_table *table,
                                         const shako_mem *mem);

/* Puts |table| in the place of the one in |slot|.  Any thread may call it. */
SHAKO_API void shako_certificate_slot_set(shako_certificate_slot *slot,
                                          shako_certificate_table *table);

/* Frees |slot|, which no listener uses any more.  NULL does nothing. */
SHAKO_API void shako_certificate_slot_free(shako_certificate_slot *slot);

/* Fills |*provider| so that it gives what the table in |slot| has for the
   client's name; |slot| is borrowed.  While that table is empty there is no
   certificate. */
SHAKO_API void
shako_certificate_provider_table(shako_certificate_provider *provider,
                                 shako_certificate_slot *slot);

/* Writes the passphrase of a key, up to |size| octets, to |buf| and its length
   to |*len|.  What stands in |buf| is wiped after use.  Returns 0; else there
   is none. */
typedef int (*shako_passphrase_fn)(void *ctx, char *buf, size_t size,
                                   size_t *len);

/* Where an engine reads a certificate from. */
typedef struct shako_certificate_source {
  size_t struct_size;           /* sizeof(shako_certificate_source) */
  const char *certificate_path; /* the chain in PEM form, leaf first ... */
  const char *key_path;         /* ... and its private key, or NULL: */
  shako_span chain;             /* in memory */
  shako_span key;
  shako_passphrase_fn passphrase; /* called where the key is encrypted, once;
                                     NULL: it must not be */
  void *passphrase_ctx;
} shako_certificate_source;

/* Where an engine reads authorities from: certificates and revocation lists in
   PEM form, each of any number, in one file or one piece of memory. */
typedef struct shako_authorities_source {
  size_t struct_size;   /* sizeof(shako_authorities_source) */
  const char *path;     /* of the certificates; NULL: in memory */
  const char *crl_path; /* of the lists; NULL: in memory, or none */
  shako_span certificates;
  shako_span crls;
} shako_authorities_source;

/* Something about a certificate that an operator hardly means.  Static
   storage. */
typedef struct shako_certificate_warning {
  const char *reason; /* stable: "expired", "missing-intermediate" */
  const char *text;
  size_t index; /* of the certificate in the chain, 0 the leaf */
} shako_certificate_warning;

#define SHAKO_CERTIFICATE_NAMES_MAX    32
#define SHAKO_CERTIFICATE_WARNINGS_MAX 16

/* The length of the hexadecimal digits of a SHA-256 digest, with a NUL. */
#define SHAKO_DIGEST_TEXT_SIZE 65

/* What shako_certificate_check() found.  Spans live as long as the certificate,
   strings are static but for |hostname|. */
typedef struct shako_certificate_report {
  size_t struct_size;   /* set by the caller to its sizeof */
  const char *hostname; /* the caller's */
  int64_t not_before;   /* of the leaf, Unix time in seconds */
  int64_t not_after;
  int64_t days_left; /* whole days until |not_after|; negative: since */
  const char *key;   /* "RSA", "ECDSA" */
  const char *curve; /* "P-256"; NULL for none */
  uint32_t key_bits;
  uint32_t chain_length;    /* certificates that are sent */
  const char *signature;    /* of the leaf: "ecdsa-with-SHA256"; "unknown" */
  uint8_t key_fits;         /* the key is the leaf's */
  uint8_t matches;          /* a name of the leaf stands for |hostname| */
  uint8_t self_signed;      /* the leaf is its own issuer */
  uint8_t is_demonstration; /* it is the demonstration certificate */
  uint8_t in_order;         /* each certificate is signed by the next */
  uint8_t issuer_missing;   /* that of the leaf is not in the chain */
  uint8_t reserved[2];      /* 0 */
  /* For TLSA 3 1 1 (RFC 6698 2.1, RFC 7672 3.1.1): of the leaf's key. */
  char spki_sha256[SHAKO_DIGEST_TEXT_SIZE];
  /* For TLSA 2 1 1: of the key of the leaf's issuer in the chain; "" where it
     is not there. */
  char issuer_spki_sha256[SHAKO_DIGEST_TEXT_SIZE];
  size_t name_count;                             /* DNS names of the leaf ... */
  shako_span names[SHAKO_CERTIFICATE_NAMES_MAX]; /* ... and the first of them */
  size_t warning_count;
  shako_certificate_warning warnings[SHAKO_CERTIFICATE_WARNINGS_MAX];
} shako_certificate_report;

/**
 * Reads |certificate|, as it is at |unix_time| (seconds) for the host
 * |hostname| (a domain name, or an IP address or its literal, which only an
 * iPAddress of the leaf stands for; NULL: whatever its name), into |*report|,
 * whose struct_size is set.  It is read as the clients read it, but what they
 * trust is not known: an issuer that is missing is right only where they hold
 * it.
 *
 * The reasons of warnings: "expired", "not-yet-valid", "expires-soon" (within
 * 14 days), "no-names", "name-mismatch", "self-signed", "demonstration",
 * "weak-signature" (MD5, SHA-1), "key-mismatch", "chain-order" (a certificate's
 * issuer is there, but not next), "chain-signature" (the next has the issuer's
 * name, but did not sign), "chain-extra" (a certificate that is no issuer of
 * another), "missing-intermediate" (the leaf stands alone).  Each is given
 * once, for the first certificate that it is about; at most the first 16 of a
 * chain are looked at.
 *
 * Returns 0, or
 *   SHAKO_ERR_INVALID_ARGUMENT  struct_size is not set; the year is not 0 to
 *                               9999; the certificate's engine cannot read it
 *   SHAKO_ERR_NOMEM
 */
SHAKO_API int shako_certificate_check(const shako_certificate *certificate,
                                      const char *hostname, int64_t unix_time,
                                      shako_certificate_report *report);

/* Writes |report| in lines of English with a NUL to |buf|, as far as |size|
   octets hold it.  Returns the length of the whole without the NUL. */
SHAKO_API size_t shako_certificate_report_text(
    const shako_certificate_report *report, char *buf, size_t size);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* SHAKO_CERTIFICATE_H */
