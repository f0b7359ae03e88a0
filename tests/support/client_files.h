#ifndef CLIENT_FILES_H
#define CLIENT_FILES_H

#include <mbedtls/pk.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>

#include <shako/certificate.h>

/* The certificates of clients, in the folder "clients" of the bench. */

#define CLIENT_PATH_SIZE 1024

/* Writes where |file| is to |path|, of CLIENT_PATH_SIZE octets, and returns
   it. */
char *client_path(char *path, const char *file);

/* Reads the authorities in |file|, and their lists in |crl| unless it is NULL,
   with the engine of the bench. */
shako_authorities *client_authorities(const char *file, const char *crl);

/* What a client shows, and its key. */
typedef struct client_own {
  mbedtls_x509_crt chain;
  mbedtls_pk_context key;
} client_own;

/* Reads NAME.pem and NAME.key. */
void client_own_read(client_own *its, const char *name);
void client_own_free(client_own *its);

/* Has a client that speaks |version| show |name| (NULL: nothing) to the engine
   of the bench with |authorities|.  Returns what the engine says. */
shako_client_certificate client_meet(const char *name,
                                     shako_authorities *authorities,
                                     mbedtls_ssl_protocol_version version);

#endif /* CLIENT_FILES_H */
