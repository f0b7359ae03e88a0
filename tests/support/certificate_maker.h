#ifndef CERTIFICATE_MAKER_H
#define CERTIFICATE_MAKER_H

#include <stdbool.h>

#include <mbedtls/pk.h>

#include "octets.h"

/* Made on the spot: a new key on P-256 and a certificate for it. */
typedef struct made_certificate {
  char subject[64]; /* "CN=leaf" */
  mbedtls_pk_context key;
  octets pem;
  octets key_pem;
} made_certificate;

typedef struct made_options {
  const char *name;               /* the common name */
  const char *from;               /* YYYYMMDDhhmmss; NULL: the year 2020 */
  const char *to;                 /* likewise; NULL: the year 2030 */
  const char *const *dns_names;   /* end with NULL; NULL: there are none */
  const made_certificate *issuer; /* NULL: itself */
  const made_certificate *signer; /* NULL: |issuer| */
  bool is_authority;
} made_options;

/* Aborts where mbed TLS fails. */
void make_certificate(made_certificate *made, const made_options *options);

/* Frees |made|. */
void unmake_certificate(made_certificate *made);

#endif /* CERTIFICATE_MAKER_H */
