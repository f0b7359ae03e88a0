#ifndef SHAKOD_CONFIG_TAKE_H
#define SHAKOD_CONFIG_TAKE_H

#include <confuse.h>

#include "settings.h"

/* Takes over into |*s| what was read into |cfg|, which goes on to hold the
   strings.  Returns false after a line that says what is wrong. */
bool config_take(settings *s, cfg_t *cfg);

#endif /* SHAKOD_CONFIG_TAKE_H */
