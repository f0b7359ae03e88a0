#ifndef SHAKOD_CONFIG_ALERT_H
#define SHAKOD_CONFIG_ALERT_H

#include <confuse.h>

#include "settings.h"

/* Has |cfg| judge what it says of alerts as soon as it is read. */
void config_alert_judge(cfg_t *cfg);

/* Takes it over.  Returns false after a line that says what is wrong. */
bool config_alert_take(settings *s, cfg_t *cfg);

#endif /* SHAKOD_CONFIG_ALERT_H */
