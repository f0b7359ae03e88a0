#include "base/ascii.h"
#include "report/html.h"
#include "report/stats.h"

/* The report of TLS connections, as the appliances have it, and below it what
   it is made of. */

static void put_line(shako__text *text, const char *name, uint64_t number,
                     uint64_t whole, bool is_bad) {
  shako__html_row(text);
  shako__html_name(text, shako__span(name), "");
  if (is_bad) {
    shako__html_bad(text, number);
  } else {
    shako__html_number(text, number);
  }
  shako__html_share(text, number, whole);
  shako__html_row_end(text);
}

static void put_connections(shako__text *text, const shako_stats_totals *t) {
  static const char *const heads[] = {"Outcome", "Connections", "Share", NULL};
  uint64_t all = t->connections;

  shako__html_table(text, "TLS connections", heads, 1);
  put_line(text, "TLS required: success", t->required_ok, all, false);
  put_line(text, "TLS required: failed", t->required_failed, all, true);
  put_line(text, "TLS preferred: success", t->preferred_ok, all, false);
  put_line(text, "TLS preferred: failed", t->preferred_failed, all, true);
  put_line(text, "In the clear", t->clear, all, false);
  put_line(text, "TLS not at issue", t->none, all, false);
  put_line(text, "Total", all, all, false);
  shako__html_table_end(text);
}

static void put_messages(shako__text *text, const shako_stats_totals *t) {
  static const char *const heads[] = {"Outcome", "Messages", "Share", NULL};
  uint64_t all = t->messages;
  uint64_t tls = t->messages_tls;

  shako__html_table(text, "Messages", heads, 1);
  put_line(text, "Encrypted", tls, all, false);
  put_line(text, "Not encrypted", all > tls ? all - tls : 0, all, false);
  put_line(text, "Total", all, all, false);
  shako__html_table_end(text);
}

/* The columns that a group, a peer and a domain have, and their cells. */
#define CONNECTION_HEADS                                                       \
  "TLS required: success", "TLS required: failed", "... not begun",            \
      "TLS preferred: success", "TLS preferred: failed", "In the clear",       \
      "Turned away", "Connections", "Messages encrypted", "Messages"

static void put_connection_cells(shako__text *text, const shako__row *row) {
  const uint64_t *of = row->values + SHAKO__COLUMN_OUTCOMES;

  shako__html_number(text, of[SHAKO_TLS_OUTCOME_REQUIRED_OK]);
  shako__html_bad(text, of[SHAKO_TLS_OUTCOME_REQUIRED_FAILED]);
  shako__html_bad(text, of[SHAKO_TLS_OUTCOME_REQUIRED_MISSING]);
  shako__html_number(text, of[SHAKO_TLS_OUTCOME_PREFERRED_OK]);
  shako__html_bad(text, of[SHAKO_TLS_OUTCOME_PREFERRED_FAILED]);
  shako__html_number(
      text, shako__sum(of[SHAKO_TLS_OUTCOME_CLEAR], of[SHAKO_TLS_OUTCOME_OFF]));
  shako__html_number(text, of[SHAKO_TLS_OUTCOME_NONE]);
  shako__html_number(text, shako__row_connections(row));
  shako__html_number(text, row->values[SHAKO__COLUMN_MESSAGES_TLS]);
  shako__html_number(text, row->values[SHAKO__COLUMN_MESSAGES]);
}

static void put_group(shako__text *text, const shako__row *row) {
  shako__html_row(text);
  shako__html_name(text, row->names.first, "no name");
  shako__html_name(text, row->names.second, "no group");
  put_connection_cells(text, row);
  shako__html_number(text, row->values[SHAKO__COLUMN_OBSERVED_CONNECTIONS]);
  shako__html_row_end(text);
}

static void put_cipher(shako__text *text, const shako__row *row) {
  shako__html_row(text);
  shako__html_name(text, row->names.first, "unknown");
  shako__html_name(text, row->names.second, "unknown");
  shako__html_number(text, row->values[0]);
  shako__html_row_end(text);
}

static void put_closed(shako__text *text, const shako__row *row) {
  shako__html_row(text);
  shako__html_name(text, row->names.first, "unknown");
  shako__html_number(text, row->values[0]);
  shako__html_row_end(text);
}

typedef void put_row(shako__text *text, const shako__row *row);

static void put_rows(shako__text *text, const shako__rows *rows, put_row *put) {
  size_t i;

  for (i = 0; i < rows->rows.count; i++) {
    const shako__row *row = shako__rows_at(rows, i);

    if (!shako__row_is_empty(rows, row)) {
      put(text, row);
    }
  }
  shako__html_table_end(text);
}

static void put_heaviest(shako__text *text, const shako__rows *rows,
                         const char *empty) {
  const shako__row *row = NULL;

  while ((row = shako__rows_next(rows, row)) != NULL) {
    shako__html_row(text);
    shako__html_name(text, row->names.first, empty);
    put_connection_cells(text, row);
    shako__html_number(text, row->error);
    shako__html_row_end(text);
  }
  shako__html_table_end(text);
}

/* Adds how often each of |count| columns from |first| on was counted in all
   groups, but for those that never were. */
static void put_sums(shako__text *text, const shako__rows *groups,
                     uint32_t first, uint32_t count) {
  uint32_t column;
  size_t i;

  for (column = first; column < first + count; column++) {
    uint64_t sum = 0;

    for (i = 0; i < groups->rows.count; i++) {
      sum = shako__sum(sum, shako__rows_at(groups, i)->values[column]);
    }
    if (sum > 0) {
      shako__html_row(text);
      shako__html_name(
          text,
          shako__span(shako__column_name_of(SHAKO__KIND_GROUP, column).name),
          "");
      shako__html_number(text, sum);
      shako__html_row_end(text);
    }
  }
  shako__html_table_end(text);
}

static void put_details(shako__text *text, const shako__rows *rows) {
  static const char *const groups[] = {"Listener", "Sender group",
                                       CONNECTION_HEADS,
                                       "Required would have refused", NULL};
  static const char *const domains[] = {"Domain", CONNECTION_HEADS,
                                        "... may be missing", NULL};
  static const char *const peers[] = {"Peer", CONNECTION_HEADS,
                                      "... may be missing", NULL};

  shako__html_table(text, "Sender groups", groups, 2);
  put_rows(text, &rows[SHAKO__KIND_GROUP], put_group);
  shako__html_table(text, "Domains, the heaviest first", domains, 1);
  put_heaviest(text, &rows[SHAKO__KIND_DOMAIN], "no verified name");
  shako__html_table(text, "Peers, the heaviest first", peers, 1);
  put_heaviest(text, &rows[SHAKO__KIND_PEER], "unknown");
}

static void put_reasons(shako__text *text, const shako__rows *rows) {
  static const char *const ciphers[] = {"Version", "Cipher", "Connections",
                                        NULL};
  static const char *const failures[] = {"Failure", "Connections", NULL};
  static const char *const refusals[] = {"Reason", "Commands", NULL};
  static const char *const ends[] = {"End", "Connections", NULL};

  shako__html_table(text, "TLS versions and ciphers", ciphers, 2);
  put_rows(text, &rows[SHAKO__KIND_CIPHER], put_cipher);
  shako__html_table(text, "Failed handshakes", failures, 1);
  put_sums(text, &rows[SHAKO__KIND_GROUP], SHAKO__COLUMN_FAILURES,
           SHAKO_TLS_FAILURE_COUNT);
  shako__html_table(text, "Refused commands", refusals, 1);
  put_sums(text, &rows[SHAKO__KIND_GROUP], SHAKO__COLUMN_REASONS,
           SHAKO__COLUMNS_OF_GROUP - SHAKO__COLUMN_REASONS);
  shako__html_table(text, "How connections ended", ends, 1);
  put_rows(text, &rows[SHAKO__KIND_CLOSED], put_closed);
}

size_t shako_stats_html(shako_stats *stats, const char *title, char *buf,
                        size_t size) {
  shako_stats_totals totals;
  shako__text text;

  shako__text_init(&text, buf, size);
  shako__html_begin(&text, title);
  pthread_mutex_lock(&stats->lock);
  shako__stats_total(stats, &totals);
  put_connections(&text, &totals);
  put_messages(&text, &totals);
  put_details(&text, stats->rows);
  put_reasons(&text, stats->rows);
  pthread_mutex_unlock(&stats->lock);
  shako__html_end(&text);
  return text.len;
}
