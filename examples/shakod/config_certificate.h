#ifndef SHAKOD_CONFIG_CERTIFICATE_H
#define SHAKOD_CONFIG_CERTIFICATE_H

#include <confuse.h>

#include "settings.h"

/* Called after each section of a certificate.  Returns 0. */
int config_certificate_end(cfg_t *cfg, cfg_opt_t *opt);

/* Takes over the certificates of the listener |cfg|.  Returns false after a
   line that says what is wrong. */
bool config_certificate_take(listener_settings *l, cfg_t *cfg);

#endif /* SHAKOD_CONFIG_CERTIFICATE_H */
