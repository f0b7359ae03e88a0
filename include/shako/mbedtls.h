#ifndef SHAKO_MBEDTLS_H
#define SHAKO_MBEDTLS_H

#include <shako/certificate.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The engine over mbed TLS (3.6 or later, TLS 1.2 and 1.3): libshako-mbedtls.
   Nothing of mbed TLS shows through this header.

   mbed TLS takes its memory from calloc().  Where that fails a handshake fails
   and the rest goes on, with two exceptions of mbed TLS 3.6 itself: 240 octets
   may be lost for a failed handshake of TLS 1.3; and where memory runs out
   just when the random number generator seeds itself anew (at each 10,000th
   number), mbed TLS crashes at the next number.

   What each level of shako_tls_ciphers offers, the first first (TLS 1.3 takes
   the client's first):

     MODERN        TLS 1.3 with AES-128-GCM, AES-256-GCM, ChaCha20-Poly1305; the
                   same as a floor of TLS 1.3
     INTERMEDIATE  and TLS 1.2 with ECDHE and those three
     LEGACY        and TLS 1.2 with ECDHE, AES-CBC and SHA-256, SHA-384 or
                   SHA-1; then with RSA key exchange and AES-GCM, or AES-CBC
                   and SHA-256 or SHA-1 (mbed TLS 4 has no such exchange)

   A client without any extension is refused by mbed TLS 3.6.  mbed TLS 3.6.0
   passes over what a client's certificate is for in TLS 1.3; later ones do
   not.

   One source serves mbed TLS 3.6 and 4.  With 3.6.6 all tests are run.  With
   4.0.0 (TF-PSA-Crypto 1.0.0) those of the engine were run (tests/mbedtls4):
   handshakes, alerts, certificates, the n-th allocation failing, threads, and
   clients of shakod.  Against 4.1.0 it was compiled, headers alone. */

/* Returns the engine. */
SHAKO_API const shako_tls_engine *shako_mbedtls_engine(void);

/**
 * What connections share: the settings of mbed TLS (versions, suites, groups,
 * signature algorithms), made once and never changed.  Any number of
 * listeners and threads may share one; it outlives them all.
 */
typedef struct shako_mbedtls_context shako_mbedtls_context;

/* The length that holds every |message| below, with its NUL. */
#define SHAKO_MBEDTLS_MESSAGE_SIZE 512

/**
 * Makes a context with memory from |mem| (copied; NULL for malloc) and stores
 * it in |*pcontext|.
 *
 * Returns 0, or
 *   SHAKO_ERR_NOMEM
 *   SHAKO_ERR_TLS   mbed TLS cannot work (no random numbers; a library that
 *                   does not fit the header it was compiled with); |message|,
 *                   of SHAKO_MBEDTLS_MESSAGE_SIZE octets, says why
 */
SHAKO_API int shako_mbedtls_context_new(shako_mbedtls_context **pcontext,
                                        const shako_mem *mem, char *message);

/* Frees |context|.  NULL does nothing. */
SHAKO_API void shako_mbedtls_context_free(shako_mbedtls_context *context);

/**
 * Reads a certificate chain (leaf first) and its private key, both in PEM form,
 * from the files or the memory that |source| says and stores a new reference in
 * |*pcertificate|.  The key must belong to the leaf, and be RSA of 2048 bits or
 * more or ECDSA on P-256, P-384 or P-521.  Where it is encrypted the source is
 * asked for its passphrase.  What was read of key and passphrase is wiped.
 *
 * What encrypts it is what mbed TLS knows: PKCS#8 with PBES2 and PBKDF2, or the
 * older PEM encryption with AES or DES; scrypt is not.
 *
 * Returns 0, or
 *   SHAKO_ERR_NOMEM
 *   SHAKO_ERR_CERTIFICATE  |message|, of SHAKO_MBEDTLS_MESSAGE_SIZE octets,
 *                          names the file, "the chain" or "the key", and the
 *                          reason
 */
SHAKO_API int
shako_mbedtls_certificate_parse(shako_certificate **pcertificate,
                                const shako_certificate_source *source,
                                const shako_mem *mem, char *message);

/* Likewise from the files |certificate_path| and |key_path| (which may be the
   same), of a key that is not encrypted. */
SHAKO_API int shako_mbedtls_certificate_read(shako_certificate **pcertificate,
                                             const char *certificate_path,
                                             const char *key_path,
                                             const shako_mem *mem,
                                             char *message);

/**
 * Reads the certificates of authorities and their revocation lists from the
 * files or the memory that |source| says and stores a new reference in
 * |*pauthorities|.  Whether a date has passed is asked of the system's clock,
 * which mbed TLS reads, at each handshake.
 *
 * Where there are revocation lists the issuer of a client's certificate must
 * have one that is current; those of issuers above it are heeded where they are
 * there.
 *
 * Returns 0, or
 *   SHAKO_ERR_NOMEM        a want of memory inside mbed TLS may be told as
 *                          the next, too
 *   SHAKO_ERR_CERTIFICATE  |message|, of SHAKO_MBEDTLS_MESSAGE_SIZE octets,
 *                          names the file, "the authorities" or "the revocation
 *                          lists", and the reason: one of the certificates is
 *                          no authority's (it belongs among the fingerprints
 *                          of a policy), or something cannot be read
 */
SHAKO_API int
shako_mbedtls_authorities_parse(shako_authorities **pauthorities,
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
shako_mbedtls_certificate_demonstration(shako_certificate **pcertificate,
                                        const char *hostname, int64_t unix_time,
                                        const shako_mem *mem, char *message);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* SHAKO_MBEDTLS_H */
