#ifndef SHAKOD_CERTIFICATES_H
#define SHAKOD_CERTIFICATES_H

#include "settings.h"

/* The certificates of one listener, in the order of its settings, and the slot
   in which the table of them is.  Nothing is in it where none is given. */
typedef struct certificates {
  shako_certificate *items[LISTENER_CERTIFICATES_MAX];
  size_t count;
  shako_certificate_slot *slot;
} certificates;

/* Reads one with |from| and stores it in |*to|.  Returns false after a line
   that says what is wrong. */
bool certificate_read(shako_certificate **to, const certificate_settings *s,
                      const engine *from);

/* Reads those of |l| with |from| into |*c|, all at zero.  Returns false after a
   line that says what is wrong; certificates_close() is due then too. */
bool certificates_read(certificates *c, const listener_settings *l,
                       const engine *from);

void certificates_close(certificates *c);

#endif /* SHAKOD_CERTIFICATES_H */
