#ifndef SHAKOD_CONFIG_H
#define SHAKOD_CONFIG_H

#include <stdbool.h>

#include "buffer.h"
#include "settings.h"

/* Reads the configuration |file| into |*s|, for which settings_open() was
   called.  Its paths become relative to where we are.  Returns false after a
   line that says file, line and reason. */
bool config_read(settings *s, const char *file);

/* The same of |text|, which is changed on the way, as if it were in |file|. */
bool config_parse(settings *s, const char *file, buffer *text);

/* Frees what config_parse() made: |s->parsed|. */
void config_free(void *parsed);

#endif /* SHAKOD_CONFIG_H */
