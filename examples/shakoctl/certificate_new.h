#ifndef SHAKOCTL_CERTIFICATE_NEW_H
#define SHAKOCTL_CERTIFICATE_NEW_H

#include <stdbool.h>

/* Each asks what it needs, and stages what it makes; |ctx| is a ctl. */
bool certificate_new(void *ctx);
bool certificate_request(void *ctx);

#endif /* SHAKOCTL_CERTIFICATE_NEW_H */
