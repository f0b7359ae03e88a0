#ifndef SHAKOD_CERTIFICATE_CHECK_H
#define SHAKOD_CERTIFICATE_CHECK_H

#include "alerts.h"

/* What is thought of the certificates that are in use.  |s| was made of |from|,
   |hostname| is the server's. */

/* Reads certificate |i| of listener |l| of |s|, as it is now for whom it is
   meant to be. */
void certificate_inspect(shako_certificate_report *report, const setup *s,
                         const settings *from, size_t l, size_t i,
                         const char *hostname);

/* Whether no client believes it at |unix_time|: it is not valid any more, or
   not yet. */
bool certificate_is_stale(const shako_certificate_report *report,
                          int64_t unix_time);

/**
 * Logs a line for each warning of shako_certificate_check().  Returns whether
 * |s| may take the place of |before|, NULL at the start: not where that would
 * bring in a certificate that is stale.
 */
bool certificates_judge(const setup *s, const settings *from,
                        const char *hostname, const setup *before);

/* Logs a line and raises an alert for each certificate that expires within 30,
   14, 7 or 1 days |now|, and did not at the time |last| (0: never told), or has
   expired since. */
void certificates_tell_expiry(const setup *s, const settings *from,
                              int64_t last, int64_t now, alerts *to);

#endif /* SHAKOD_CERTIFICATE_CHECK_H */
