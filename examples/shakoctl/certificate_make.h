#ifndef SHAKOCTL_CERTIFICATE_MAKE_H
#define SHAKOCTL_CERTIFICATE_MAKE_H

#include <stdbool.h>

#include <openssl/bio.h>

/* What a certificate or a request is to say. */
typedef struct certificate_plan {
  const char *names; /* of hosts, with blanks between them */
  bool rsa;          /* else ECDSA */
  bool request;      /* for an authority to sign; else signed by its key */
  long days;
} certificate_plan;

/* Makes a key and what |plan| asks for, and writes them as PEM.  Returns false
   after a line that says why it cannot. */
bool certificate_make(BIO *certificate, BIO *key, const certificate_plan *plan);

#endif /* SHAKOCTL_CERTIFICATE_MAKE_H */
