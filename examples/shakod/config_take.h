#ifndef SHAKOD_CONFIG_TAKE_H
#define SHAKOD_CONFIG_TAKE_H

#include <confuse.h>

#include "settings.h"

/* Makes the path |name| of the file, if there is one, relative to where we are
   and not to the configuration, and returns it. */
const char *config_take_path(cfg_t *cfg, const char *name);

/* Takes the number |name| of the file over, if it is there. */
void config_take_number(cfg_t *cfg, const char *name, unsigned *number);

/* Takes over into |*s| what was read into |cfg|, which goes on to hold the
   strings.  Returns false after a line that says what is wrong. */
bool config_take(settings *s, cfg_t *cfg);

#endif /* SHAKOD_CONFIG_TAKE_H */
