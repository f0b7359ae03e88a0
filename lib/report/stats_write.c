#include "base/ascii.h"
#include "base/text.h"
#include "report/stats.h"

/* Adds |name| as stats.h says. */
static void put_name(shako__text *text, shako_span name) {
  static const char digits[] = "0123456789ABCDEF";
  size_t i;

  shako__text_put(text, name.len > 0 ? " " : " %");
  for (i = 0; i < name.len; i++) {
    uint8_t octet = name.ptr[i];
    const uint8_t escaped[3] = {'%', (uint8_t)digits[octet >> 4],
                                (uint8_t)digits[octet & 15]};

    if (shako__is_text(octet) && octet != ' ' && octet != '%') {
      shako__text_put_span(text, shako__slice(name, i, i + 1));
    } else {
      shako__text_put_span(text, (shako_span){escaped, sizeof(escaped)});
    }
  }
}

/* Adds " name=number". */
static void put_count(shako__text *text, const char *name, uint64_t number) {
  shako__text_put(text, name);
  shako__text_put(text, "=");
  shako__text_put_number(text, number);
}

static void put_row(shako__text *text, shako__kind kind,
                    const shako__row *row) {
  const shako__kind_facts *facts = shako__kind_facts_of(kind);
  uint32_t i;

  shako__text_put(text, facts->word);
  put_name(text, row->names.first);
  if (facts->names > 1) {
    put_name(text, row->names.second);
  }
  if (facts->heaviest) {
    put_count(text, " error", row->error);
  }
  for (i = 0; i < facts->columns; i++) {
    if (row->values[i] > 0) {
      shako__column_name name = shako__column_name_of(kind, i);

      shako__text_put(text, " ");
      shako__text_put(text, name.family);
      put_count(text, name.name, row->values[i]);
    }
  }
  shako__text_put(text, "\n");
}

static void put_rows(shako__text *text, const shako_stats *stats,
                     shako__kind kind) {
  const shako__rows *rows = &stats->rows[kind];
  size_t i;

  for (i = 0; i < rows->rows.count; i++) {
    const shako__row *row = shako__rows_at(rows, i);

    if (!shako__row_is_empty(rows, row)) {
      put_row(text, kind, row);
    }
  }
}

size_t shako_stats_write(shako_stats *stats, char *buf, size_t size) {
  shako__text text;
  unsigned kind;

  shako__text_init(&text, buf, size);
  pthread_mutex_lock(&stats->lock);
  shako__text_put(&text, "shako-stats 1");
  put_count(&text, " groups", stats->config.groups);
  put_count(&text, " heaviest", stats->config.heaviest);
  put_count(&text, " peers-floor", stats->rows[SHAKO__KIND_PEER].floor);
  put_count(&text, " domains-floor", stats->rows[SHAKO__KIND_DOMAIN].floor);
  shako__text_put(&text, "\n");
  for (kind = 0; kind < SHAKO__KIND_COUNT; kind++) {
    put_rows(&text, stats, (shako__kind)kind);
  }
  pthread_mutex_unlock(&stats->lock);
  shako__text_put(&text, "end\n");
  return text.len;
}
