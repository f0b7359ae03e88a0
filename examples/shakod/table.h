#ifndef SHAKOD_TABLE_H
#define SHAKOD_TABLE_H

#include "settings.h"

/* Reads the Host Access Table of |l|, which has one, on top of its default
   policy.  Returns NULL after a line that says file, place and reason. */
shako_hat *table_read(const listener_settings *l);

#endif /* SHAKOD_TABLE_H */
