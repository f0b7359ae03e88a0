#ifndef SHAKOCTL_CERTIFICATE_IMPORT_H
#define SHAKOCTL_CERTIFICATE_IMPORT_H

#include "ctl.h"

/* Asks for a certificate and its key, and stages them; |ctx| is a ctl. */
bool certificate_import(void *ctx);

/* The files that a certificate consists of, beside the configuration. */
typedef struct certificate_paths {
  buffer chain; /* each with a NUL */
  buffer key;
  buffer passphrase;
  buffer request;
} certificate_paths;

/* Asks for a name, and makes paths of it, which certificate_paths_free()
   frees. */
bool certificate_ask_name(ctl *c, certificate_paths *paths);

void certificate_paths_free(certificate_paths *paths);

/* Whether there is such a file, or will be. */
bool certificate_is_there(const draft *d, const char *path);

#endif /* SHAKOCTL_CERTIFICATE_IMPORT_H */
