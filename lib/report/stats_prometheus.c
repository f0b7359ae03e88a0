#include "base/ascii.h"
#include "base/text.h"
#include "report/stats.h"

/*
 * The text format of Prometheus, version 0.0.4: each family in one place,
 * behind its HELP and TYPE, with one sample or more for each row of its kind.
 */

typedef struct family {
  const char *name;
  const char *help;
  const char *type;
  shako__kind kind;
  void (*put)(shako__text *text, const struct family *f, const shako__row *row);
  uint32_t first;    /* column */
  uint32_t count;    /* of columns */
  const char *label; /* which tells these apart, if there are several */
} family;

/* Adds |label|="|value|", escaped, behind |before|. */
static void put_label(shako__text *text, const char *before, const char *label,
                      shako_span value) {
  size_t i;

  shako__text_put(text, before);
  shako__text_put(text, label);
  shako__text_put(text, "=\"");
  for (i = 0; i < value.len; i++) {
    shako_span octet = shako__slice(value, i, i + 1);

    if (*octet.ptr == '\\' || *octet.ptr == '"') {
      shako__text_put(text, "\\");
      shako__text_put_span(text, octet);
    } else {
      /* The \ of \xHH is to be escaped itself. */
      shako__text_put(text, shako__is_text(*octet.ptr) ? "" : "\\");
      shako__text_put_escaped(text, octet);
    }
  }
  shako__text_put(text, "\"");
}

/* Adds the beginning of a sample, which ends with put_value(). */
static void put_sample(shako__text *text, const family *f, const char *suffix,
                       const shako__row *row) {
  static const char *const labels[SHAKO__KIND_COUNT][2] = {
      [SHAKO__KIND_GROUP] = {"listener", "group"},
      [SHAKO__KIND_CIPHER] = {"version", "cipher"},
      [SHAKO__KIND_CLOSED] = {"how", NULL},
  };
  const char *const *label = labels[f->kind];

  shako__text_put(text, f->name);
  shako__text_put(text, suffix);
  put_label(text, "{", label[0], row->names.first);
  if (label[1]) {
    put_label(text, ",", label[1], row->names.second);
  }
}

static void put_value(shako__text *text, uint64_t value) {
  shako__text_put(text, "} ");
  shako__text_put_number(text, value);
  shako__text_put(text, "\n");
}

static void put_counter(shako__text *text, const family *f,
                        const shako__row *row) {
  put_sample(text, f, "", row);
  put_value(text, row->values[f->first]);
}

/* Adds a sample for each column that is not 0: most reasons are never
   given. */
static void put_each(shako__text *text, const family *f,
                     const shako__row *row) {
  uint32_t i;

  for (i = f->first; i < f->first + f->count; i++) {
    if (row->values[i] > 0) {
      put_sample(text, f, "", row);
      put_label(text, ",", f->label,
                shako__span(shako__column_name_of(f->kind, i).name));
      put_value(text, row->values[i]);
    }
  }
}

static void put_messages(shako__text *text, const family *f,
                         const shako__row *row) {
  uint64_t all = row->values[SHAKO__COLUMN_MESSAGES];
  uint64_t tls = row->values[SHAKO__COLUMN_MESSAGES_TLS];

  put_sample(text, f, "", row);
  put_label(text, ",", f->label, shako__span("yes"));
  put_value(text, tls);
  put_sample(text, f, "", row);
  put_label(text, ",", f->label, shako__span("no"));
  put_value(text, all > tls ? all - tls : 0);
}

/* Adds a time in milliseconds as seconds, and how many took it together. */
static void put_time(shako__text *text, const family *f, const shako__row *row,
                     uint64_t count) {
  uint64_t time = row->values[f->first];
  const char fraction[] = {'.', (char)('0' + time / 100 % 10),
                           (char)('0' + time / 10 % 10),
                           (char)('0' + time % 10), '\0'};

  put_sample(text, f, "_sum", row);
  shako__text_put(text, "} ");
  shako__text_put_number(text, time / 1000);
  shako__text_put(text, fraction);
  shako__text_put(text, "\n");
  put_sample(text, f, "_count", row);
  put_value(text, count);
}

static void put_duration(shako__text *text, const family *f,
                         const shako__row *row) {
  put_time(text, f, row, shako__row_connections(row));
}

static void put_handshakes(shako__text *text, const family *f,
                           const shako__row *row) {
  const uint64_t *outcomes = row->values + SHAKO__COLUMN_OUTCOMES;

  put_time(text, f, row,
           shako__sum(outcomes[SHAKO_TLS_OUTCOME_PREFERRED_OK],
                      outcomes[SHAKO_TLS_OUTCOME_REQUIRED_OK]));
}

#define OF_GROUP(NAME, HELP, COLUMN)                                           \
  { NAME, HELP, "counter", SHAKO__KIND_GROUP, put_counter, COLUMN, 1, NULL }

static const family families[] = {
    {"shako_connections_total", "Connections, by what became of TLS.",
     "counter", SHAKO__KIND_GROUP, put_each, SHAKO__COLUMN_OUTCOMES,
     SHAKO_TLS_OUTCOME_COUNT, "tls"},
    {"shako_messages_total", "Messages accepted, by whether inside TLS.",
     "counter", SHAKO__KIND_GROUP, put_messages, SHAKO__COLUMN_MESSAGES, 2,
     "tls"},
    {"shako_handshake_failures_total", "Failed TLS handshakes, by why.",
     "counter", SHAKO__KIND_GROUP, put_each, SHAKO__COLUMN_FAILURES,
     SHAKO_TLS_FAILURE_COUNT, "failure"},
    {"shako_refusals_total", "Refused commands, by why.", "counter",
     SHAKO__KIND_GROUP, put_each, SHAKO__COLUMN_REASONS,
     SHAKO__COLUMNS_OF_GROUP - SHAKO__COLUMN_REASONS, "reason"},
    OF_GROUP("shako_observed_commands_total",
             "Commands served that Required would have refused.",
             SHAKO__COLUMN_OBSERVED),
    OF_GROUP("shako_observed_connections_total",
             "Connections with a command that Required would have refused.",
             SHAKO__COLUMN_OBSERVED_CONNECTIONS),
    OF_GROUP("shako_recipients_total", "Recipients accepted.",
             SHAKO__COLUMN_RECIPIENTS),
    OF_GROUP("shako_commands_total", "Commands read.", SHAKO__COLUMN_COMMANDS),
    OF_GROUP("shako_transactions_total", "Mail transactions begun.",
             SHAKO__COLUMN_TRANSACTIONS),
    OF_GROUP("shako_received_bytes_total", "Octets from peers, TLS and all.",
             SHAKO__COLUMN_OCTETS_RECEIVED),
    OF_GROUP("shako_sent_bytes_total", "Octets to peers, TLS and all.",
             SHAKO__COLUMN_OCTETS_SENT),
    OF_GROUP("shako_message_bytes_total", "Octets of accepted messages.",
             SHAKO__COLUMN_OCTETS_MESSAGES),
    {"shako_handshake_seconds", "Time that completed TLS handshakes took.",
     "summary", SHAKO__KIND_GROUP, put_handshakes, SHAKO__COLUMN_HANDSHAKE_TIME,
     1, NULL},
    {"shako_connection_seconds", "Time that connections took.", "summary",
     SHAKO__KIND_GROUP, put_duration, SHAKO__COLUMN_DURATION, 1, NULL},
    {"shako_tls_connections_total",
     "Connections in TLS, by version and cipher.", "counter",
     SHAKO__KIND_CIPHER, put_counter, 0, 1, NULL},
    {"shako_closed_connections_total", "Connections, by how they ended.",
     "counter", SHAKO__KIND_CLOSED, put_counter, 0, 1, NULL},
};

static void put_head(shako__text *text, const family *f) {
  shako__text_put(text, "# HELP ");
  shako__text_put(text, f->name);
  shako__text_put(text, " ");
  shako__text_put(text, f->help);
  shako__text_put(text, "\n# TYPE ");
  shako__text_put(text, f->name);
  shako__text_put(text, " ");
  shako__text_put(text, f->type);
  shako__text_put(text, "\n");
}

static void put_family(shako__text *text, const family *f,
                       const shako__rows *rows) {
  size_t i;

  put_head(text, f);
  for (i = 0; i < rows->rows.count; i++) {
    const shako__row *row = shako__rows_at(rows, i);

    if (!shako__row_is_empty(rows, row)) {
      f->put(text, f, row);
    }
  }
}

size_t shako_stats_prometheus(shako_stats *stats, char *buf, size_t size) {
  shako__text text;
  size_t i;

  shako__text_init(&text, buf, size);
  pthread_mutex_lock(&stats->lock);
  for (i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
    put_family(&text, &families[i], &stats->rows[families[i].kind]);
  }
  pthread_mutex_unlock(&stats->lock);
  return text.len;
}
