#ifndef EVENT_TEXT_H
#define EVENT_TEXT_H

#include "octets.h"

#include <shako/shako.h>

/* Adds |event| of |session| to |text| as a transcript writes it (a BODY with its
   octets), and to |extras| the fields that a transcript may leave out, each
   behind a blank: with CLOSED, those of the record. */
void event_text(octets *text, octets *extras, const shako_event *event,
                const shako_session *session);

/* Returns what contradicts itself in |event|, or NULL. */
const char *event_contradiction(const shako_event *event);

#endif /* EVENT_TEXT_H */
