#ifndef SHAKOCTL_TLS_VERIFY_H
#define SHAKOCTL_TLS_VERIFY_H

#include "ctl.h"

/* The command tlsverify: says step by step what a mail server does when it is
   asked for TLS, and what its certificate is worth. */
bool tls_verify(ctl *c, char *arguments);

#endif /* SHAKOCTL_TLS_VERIFY_H */
