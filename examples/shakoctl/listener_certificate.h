#ifndef SHAKOCTL_LISTENER_CERTIFICATE_H
#define SHAKOCTL_LISTENER_CERTIFICATE_H

#include <stdbool.h>

/* The dialog about the certificates of a listener; |ctx| is its
   listener_edit. */
bool listener_certificate(void *ctx);

#endif /* SHAKOCTL_LISTENER_CERTIFICATE_H */
