#ifndef SHAKO_ENGINE_COMMON_H
#define SHAKO_ENGINE_COMMON_H

#include <stdbool.h>
#include <stddef.h>

#include <shako/certificate.h>

/* What the engines share and the core has no use for. */

/* The length of a message, with its NUL: that of each engine's header. */
#define SHAKO__MESSAGE_SIZE 512

/* message.c: writes |parts|, which end with NULL, one after the other to
   |message|.  Of a part too long the end is kept: it is a path. */
void shako__message_write(char *message, const char *const *parts);

/* The parts as arguments. */
#define SHAKO__SAY(MESSAGE, ...)                                               \
  shako__message_write((MESSAGE), (const char *const[]){__VA_ARGS__, NULL})

/* More than any chain of certificates needs. */
#define SHAKO__PEM_SIZE_MAX ((size_t)256 * 1024)

/* A text in PEM form. */
typedef struct shako__pem {
  const char *path; /* NULL: the text is |octets| */
  shako_span octets;
  const char *name; /* as messages call it */
} shako__pem;

/* pem.c: the chain, and the key, of |source|, which outlives them. */
shako__pem shako__pem_chain(const shako_certificate_source *source);
shako__pem shako__pem_key(const shako_certificate_source *source);

/* pem.c: the authorities, and their revocation lists, of |source|, which
   outlives them. */
shako__pem shako__pem_authorities(const shako_authorities_source *source);
shako__pem shako__pem_crls(const shako_authorities_source *source);

/* Whether there is anything to read. */
static inline bool shako__pem_is_there(const shako__pem *pem) {
  return pem->path != NULL || pem->octets.len > 0;
}

/* What is said of a certificate among authorities that is none's. */
#define SHAKO__NO_AUTHORITY                                                    \
  ": one of the certificates is no authority's (a client's own belongs among " \
  "the fingerprints)"

/* client.c: adds |name| behind |kind| to |client->names|, unless it has octets
   that it should not have or there is no room. */
void shako__client_name_put(shako_client_certificate *client, const char *kind,
                            shako_span name);

/* client.c: writes |text|, of the engine's making, to |client->subject|. */
void shako__client_subject_put(shako_client_certificate *client,
                               const char *text);

/* pem.c: reads |pem| into |text|, of SHAKO__PEM_SIZE_MAX + 1 octets, with a NUL
   behind it, and checks that it is text with a block whose label ends with
   |label|.  Returns its length without the NUL, or 0 and the reason in
   |message|. */
size_t shako__pem_read(const shako__pem *pem, char *text, const char *label,
                       char *message);

/* The longest passphrase. */
#define SHAKO__PASSPHRASE_MAX 1024

/* pem.c: asks for the passphrase of |source| and writes it to |buf|, of |size|
   octets, and its length to |*len|.  Returns false, with |buf| wiped, where
   there is none. */
bool shako__passphrase_get(const shako_certificate_source *source, char *buf,
                           size_t size, size_t *len);

/* pem.c: says that the key called |name| is encrypted and that there was no
   passphrase for it. */
void shako__passphrase_missing(const shako_certificate_source *source,
                               const char *name, char *message);

/* How many levels shako_tls_ciphers has. */
#define SHAKO__LEVELS (SHAKO_TLS_CIPHERS_LEGACY + 1)

/* Returns the level of what |policy| offers: all that is not MODERN needs TLS
   1.2. */
static inline shako_tls_ciphers shako__level_of(const shako_policy *policy) {
  return policy->tls_min_version > 0x0303 ? SHAKO_TLS_CIPHERS_MODERN
                                          : policy->tls_ciphers;
}

#endif /* SHAKO_ENGINE_COMMON_H */
