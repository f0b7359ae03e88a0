#ifndef PROBE_REPORT_H
#define PROBE_REPORT_H

#include "probe.h"

/* How many cases ended how. */
typedef struct report {
  unsigned passed, failed, skipped;
} report;

/* Prints a case, and nothing of how it went. */
void report_name(const options *o, const probe_case *c);

/* Counts a case that was played, and prints it. */
void report_case(report *r, const probe *p, const probe_case *c,
                 bool has_passed);

/* Prints the counts. */
void report_end(const report *r, const probe *p, int64_t milliseconds);

#endif /* PROBE_REPORT_H */
