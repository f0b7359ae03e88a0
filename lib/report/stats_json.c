#include "base/json.h"
#include "report/stats.h"

static void put_totals(shako__json *json, const shako_stats *stats) {
  shako_stats_totals t;

  shako__stats_total(stats, &t);
  shako__json_object(json, "totals");
  shako__json_number(json, "connections", t.connections);
  shako__json_number(json, "required_ok", t.required_ok);
  shako__json_number(json, "required_failed", t.required_failed);
  shako__json_number(json, "preferred_ok", t.preferred_ok);
  shako__json_number(json, "preferred_failed", t.preferred_failed);
  shako__json_number(json, "clear", t.clear);
  shako__json_number(json, "none", t.none);
  shako__json_number(json, "messages", t.messages);
  shako__json_number(json, "messages_tls", t.messages_tls);
  shako__json_object_end(json);
}

/* Adds the |count| columns from |first| on, without those at 0. */
static void put_some(shako__json *json, const char *key, const shako__row *row,
                     uint32_t first, uint32_t count) {
  uint32_t i;

  shako__json_object(json, key);
  for (i = first; i < first + count; i++) {
    if (row->values[i] > 0) {
      shako__json_number(json, shako__column_name_of(SHAKO__KIND_GROUP, i).name,
                         row->values[i]);
    }
  }
  shako__json_object_end(json);
}

/* Adds what a group, a peer and a domain have. */
static void put_connections(shako__json *json, const shako__row *row) {
  shako__json_number(json, "connections", shako__row_connections(row));
  put_some(json, "tls", row, SHAKO__COLUMN_OUTCOMES, SHAKO_TLS_OUTCOME_COUNT);
  shako__json_number(json, "messages", row->values[SHAKO__COLUMN_MESSAGES]);
  shako__json_number(json, "messages_tls",
                     row->values[SHAKO__COLUMN_MESSAGES_TLS]);
  shako__json_number(json, "refusals", row->values[SHAKO__COLUMN_REFUSALS]);
}

static void put_group(shako__json *json, const shako__row *row) {
  const uint64_t *values = row->values;

  shako__json_octets(json, "listener", row->names.first);
  shako__json_octets(json, "group", row->names.second);
  put_connections(json, row);
  shako__json_number(json, "recipients", values[SHAKO__COLUMN_RECIPIENTS]);
  shako__json_number(json, "commands", values[SHAKO__COLUMN_COMMANDS]);
  shako__json_number(json, "transactions", values[SHAKO__COLUMN_TRANSACTIONS]);
  shako__json_number(json, "observed", values[SHAKO__COLUMN_OBSERVED]);
  shako__json_number(json, "observed_connections",
                     values[SHAKO__COLUMN_OBSERVED_CONNECTIONS]);
  shako__json_number(json, "octets_received",
                     values[SHAKO__COLUMN_OCTETS_RECEIVED]);
  shako__json_number(json, "octets_sent", values[SHAKO__COLUMN_OCTETS_SENT]);
  shako__json_number(json, "octets_messages",
                     values[SHAKO__COLUMN_OCTETS_MESSAGES]);
  shako__json_number(json, "duration_ms", values[SHAKO__COLUMN_DURATION]);
  shako__json_number(json, "handshake_ms",
                     values[SHAKO__COLUMN_HANDSHAKE_TIME]);
  put_some(json, "failures", row, SHAKO__COLUMN_FAILURES,
           SHAKO_TLS_FAILURE_COUNT);
  put_some(json, "refused", row, SHAKO__COLUMN_REASONS,
           SHAKO__COLUMNS_OF_GROUP - SHAKO__COLUMN_REASONS);
}

static void put_cipher(shako__json *json, const shako__row *row) {
  shako__json_octets(json, "version", row->names.first);
  shako__json_octets(json, "cipher", row->names.second);
  shako__json_number(json, "connections", row->values[0]);
}

static void put_closed(shako__json *json, const shako__row *row) {
  shako__json_octets(json, "how", row->names.first);
  shako__json_number(json, "connections", row->values[0]);
}

typedef void put_row(shako__json *json, const shako__row *row);

static void put_rows(shako__json *json, const char *key,
                     const shako__rows *rows, put_row *put) {
  size_t i;

  shako__json_array(json, key);
  for (i = 0; i < rows->rows.count; i++) {
    const shako__row *row = shako__rows_at(rows, i);

    if (!shako__row_is_empty(rows, row)) {
      shako__json_object(json, NULL);
      put(json, row);
      shako__json_object_end(json);
    }
  }
  shako__json_array_end(json);
}

/* Adds the heaviest first.  |floor| says what one that is not here can have. */
static void put_heaviest(shako__json *json, const char *key, const char *name,
                         const shako__rows *rows) {
  const shako__row *row = NULL;

  shako__json_object(json, key);
  shako__json_number(json, "floor", rows->floor);
  shako__json_array(json, "rows");
  while ((row = shako__rows_next(rows, row)) != NULL) {
    shako__json_object(json, NULL);
    shako__json_octets(json, name, row->names.first);
    shako__json_number(json, "error", row->error);
    put_connections(json, row);
    shako__json_object_end(json);
  }
  shako__json_array_end(json);
  shako__json_object_end(json);
}

size_t shako_stats_json(shako_stats *stats, char *buf, size_t size) {
  const shako__rows *rows = stats->rows;
  shako__json json;

  shako__json_init(&json, buf, size);
  pthread_mutex_lock(&stats->lock);
  shako__json_object(&json, NULL);
  put_totals(&json, stats);
  put_rows(&json, "groups", &rows[SHAKO__KIND_GROUP], put_group);
  put_rows(&json, "ciphers", &rows[SHAKO__KIND_CIPHER], put_cipher);
  put_rows(&json, "closed", &rows[SHAKO__KIND_CLOSED], put_closed);
  put_heaviest(&json, "peers", "peer", &rows[SHAKO__KIND_PEER]);
  put_heaviest(&json, "domains", "domain", &rows[SHAKO__KIND_DOMAIN]);
  shako__json_object_end(&json);
  pthread_mutex_unlock(&stats->lock);
  return json.text.len;
}
