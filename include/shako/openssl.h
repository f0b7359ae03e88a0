#ifndef SHAKO_OPENSSL_H
#define SHAKO_OPENSSL_H

#include <shako/certificate.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The engine over OpenSSL (3.0 or later, TLS 1.2 and 1.3): libshako-openssl.
   Nothing of OpenSSL shows through this header.

   It takes its cryptography from OpenSSL's default provider in a library
   context of its own, and each setting that decides what TLS is from its own
   tables: openssl.cnf, and what else the program does with OpenSSL, change
   neither.  OpenSSL's error queue of the calling thread is empty after each
   call.

   What each level of shako_tls_ciphers offers, the first first (TLS 1.3 takes
   the client's first):

     MODERN        TLS 1.3 with AES-128-GCM, AES-256-GCM, ChaCha20-Poly1305; the
                   same as a floor of TLS 1.3
     INTERMEDIATE  and TLS 1.2 with ECDHE and those three
     LEGACY        and TLS 1.2 with ECDHE, AES-CBC and SHA-256, SHA-384 or
                   SHA-1; then with RSA key exchange and AES-GCM, or AES-CBC
                   and SHA-256 or SHA-1

   A client of TLS 1.2 that does not say which signatures it takes means SHA-1
   (RFC 5246 7.4.1.4.1), with which OpenSSL finds no cipher, of RSA key exchange
   neither. */

/* Returns the engine. */
SHAKO_API const shako_tls_engine *shako_openssl_engine(void);

/**
 * What connections share: the settings of OpenSSL (versions, suites, groups,
 * signature algorithms), made once and never changed.  Any number of
 * listeners and threads may share one; it outlives them all.
 */
typedef struct shako_openssl_context shako_openssl_context;

/* The length that holds every |message| below, with its NUL. */
#define SHAKO_OPENSSL_MESSAGE_SIZE 512

/**
 * Makes a context with memory from |mem| (copied; NULL for malloc) and stores
 * it in |*pcontext|.
 *
 * Returns 0, or
 *   SHAKO_ERR_NOMEM
 *   SHAKO_ERR_TLS   OpenSSL cannot work (no random numbers, no default
 *                   provider, a build without what is asked of it);
 *                   |message|, of SHAKO_OPENSSL_MESSAGE_SIZE octets, says why
 */
SHAKO_API int shako_openssl_context_new(shako_openssl_context **pcontext,
                                        const shako_mem *mem, char *message);

/* Frees |context|.  NULL does nothing. */
SHAKO_API void shako_openssl_context_free(shako_openssl_context *context);

/**
 * Reads a certificate chain (leaf first) and its private key, both in PEM form,
 * from the files or the memory that |source| says and stores a new reference in
 * |*pcertificate|.  The key must belong to the leaf, and be RSA of 2048 bits or
 * more or ECDSA on P-256, P-384 or P-521.  Where it is encrypted the source is
 * asked for its passphrase.  What was read of key and passphrase is wiped.
 *
 * What encrypts it is what OpenSSL knows: PKCS#8, or the older PEM encryption,
 * for which it takes its cryptography from where the program has it.
 *
 * Of several certificates of one kind (RSA, ECDSA) for one connection the
 * first is shown.
 *
 * Returns 0, or
 *   SHAKO_ERR_NOMEM
 *   SHAKO_ERR_CERTIFICATE  |message|, of SHAKO_OPENSSL_MESSAGE_SIZE octets,
 *                          names the file, "the chain" or "the key", and the
 *                          reason
 */
SHAKO_API int
shako_openssl_certificate_parse(shako_certificate **pcertificate,
                                const shako_certificate_source *source,
                                const shako_mem *mem, char *message);

/* Likewise from the files |certificate_path| and |key_path| (which may be the
   same), of a key that is not encrypted. */
SHAKO_API int shako_openssl_certificate_read(shako_certificate **pcertificate,
                                             const char *certificate_path,
                                             const char *key_path,
                                             const shako_mem *mem,
                                             char *message);

/**
 * Reads the certificates of authorities and their revocation lists from the
 * files or the memory that |source| says and stores a new reference in
 * |*pauthorities|.  Whether a date has passed is asked of the system's clock,
 * which OpenSSL reads, at each handshake.
 *
 * Where there are revocation lists the issuer of a client's certificate must
 * have one that is current; those of issuers above it are heeded where they are
 * there.
 *
 * Returns 0, or
 *   SHAKO_ERR_NOMEM        a want of memory inside OpenSSL may be told as
 *                          the next, too
 *   SHAKO_ERR_CERTIFICATE  |message|, of SHAKO_OPENSSL_MESSAGE_SIZE octets,
 *                          names the file, "the authorities" or "the revocation
 *                          lists", and the reason: one of the certificates is
 *                          no authority's (it belongs among the fingerprints
 *                          of a policy), or something cannot be read
 */
SHAKO_API int
shako_openssl_authorities_parse(shako_authorities **pauthorities,
                                const shako_authorities_source *source,
                                const shako_mem *mem, char *message);

/**
 * Makes the demonstration certificate on the spot: a new P-256 key,
 * self-signed for |hostname| (a domain name, or an address literal) and valid
 * from a day before |unix_time| for 30 days, whose subject says "shako
 * demonstration certificate - do not trust".  It proves nothing to a client:
 * say so, loudly, wherever it is used.
 *
 * Returns 0, or
 *   SHAKO_ERR_INVALID_ARGUMENT  |hostname| is empty or longer than 255 octets,
 *                               or the years are not 1970 to 9999
 *   SHAKO_ERR_NOMEM
 *   SHAKO_ERR_TLS               |message| says why
 */
SHAKO_API int
shako_openssl_certificate_demonstration(shako_certificate **pcertificate,
                                        const char *hostname, int64_t unix_time,
                                        const shako_mem *mem, char *message);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* SHAKO_OPENSSL_H */
