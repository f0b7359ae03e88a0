#ifndef SHAKOD_REPORT_H
#define SHAKOD_REPORT_H

#include "options.h"

/* What is said on standard output, of a server that is not started. */

/* Says what each listener of |s| is, as shako_listener_summary() has it, and of
   each certificate that is given what shako_certificate_report_text() has.
   Returns the status that the process ends with: 1 after lines that say what
   is wrong, or where a certificate is not valid now. */
int report_check(const settings *s, const char *hostname);

/* Says what the tables of |s| make of the peer that |o| names, without asking
   any DNS.  Returns the status that the process ends with. */
int report_explain(const settings *s, const options *o);

#endif /* SHAKOD_REPORT_H */
