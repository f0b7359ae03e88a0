#ifndef SHAKO_REPORT_STATS_H
#define SHAKO_REPORT_STATS_H

#include <pthread.h>

#include "report/rows.h"

/*
 * Counts, from the inside.
 *
 *   outcome      what became of TLS on a connection
 *   columns      what is counted, and its names
 *   rows         a bounded number of rows of counts, by name
 *   stats        what a record adds to which row; merging
 *   stats_write, stats_read     to text and back
 *   stats_json, stats_prometheus, stats_html    for readers
 *
 * One lock guards all rows.  Who writes them takes it for the whole text.
 */
struct shako_stats {
  shako_mem mem;
  uint32_t references; /* atomic */
  shako_stats_config config;
  pthread_mutex_t lock; /* of: */
  shako__rows rows[SHAKO__KIND_COUNT];
};

/* What a configuration may hold. */
#define SHAKO__GROUPS_MAX   65536
#define SHAKO__HEAVIEST_MAX 1024

/* Fills |*totals| of |stats|, which is locked. */
void shako__stats_total(const shako_stats *stats, shako_stats_totals *totals);

#endif /* SHAKO_REPORT_STATS_H */
