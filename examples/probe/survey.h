#ifndef PROBE_SURVEY_H
#define PROBE_SURVEY_H

#include "probe.h"

/* Looks at the server: which setting it has, where that is to be deduced, and
   whether it takes mail.  Returns false where nothing can be tested. */
bool survey(probe *p);

#endif /* PROBE_SURVEY_H */
