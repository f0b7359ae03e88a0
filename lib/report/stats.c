#include "report/stats.h"

#include "base/mem.h"

/* How many ciphers, and ways to end, are told apart. */
#define WORDS_MAX 256

void shako_stats_config_default_sized(shako_stats_config *config, size_t size) {
  const shako_stats_config defaults = {.groups = 1024, .heaviest = 128};

  shako__sized_fill(config, size, &defaults, sizeof(defaults));
}

/* How many rows of |kind| there may be. */
static uint32_t max_of(const shako_stats_config *config, shako__kind kind) {
  if (kind == SHAKO__KIND_GROUP) {
    return config->groups;
  }
  return shako__kind_facts_of(kind)->heaviest ? config->heaviest : WORDS_MAX;
}

static void free_rows(shako_stats *stats, unsigned count) {
  while (count > 0) {
    shako__rows_free(&stats->rows[--count]);
  }
}

/* Makes what |stats|, zeroed, is made of.  Returns false without memory. */
static bool init(shako_stats *stats, const shako_stats_config *config,
                 const shako_mem *mem) {
  unsigned kind;

  stats->mem = *mem;
  stats->references = 1;
  stats->config = *config;
  for (kind = 0; kind < SHAKO__KIND_COUNT; kind++) {
    if (shako__rows_init(&stats->rows[kind], (shako__kind)kind,
                         max_of(config, (shako__kind)kind), &stats->mem) != 0) {
      free_rows(stats, kind);
      return false;
    }
  }
  if (pthread_mutex_init(&stats->lock, NULL) != 0) {
    free_rows(stats, kind);
    return false;
  }
  return true;
}

int shako_stats_new(shako_stats **pstats, const shako_stats_config *given,
                    const shako_mem *given_mem) {
  shako_mem mem = given_mem ? *given_mem : shako__mem_default();
  shako_stats_config config;
  shako_stats *stats;

  shako_stats_config_default(&config);
  if (given) {
    shako__sized_copy(&config, sizeof(config), given);
  }
  if (config.groups == 0 || config.groups > SHAKO__GROUPS_MAX ||
      config.heaviest == 0 || config.heaviest > SHAKO__HEAVIEST_MAX) {
    return SHAKO_ERR_INVALID_ARGUMENT;
  }
  stats = shako__alloc(&mem, sizeof(*stats));
  if (!stats) {
    return SHAKO_ERR_NOMEM;
  }
  if (!init(stats, &config, &mem)) {
    shako__release(&mem, stats, sizeof(*stats));
    return SHAKO_ERR_NOMEM;
  }
  *pstats = stats;
  return 0;
}

shako_stats *shako_stats_ref(shako_stats *stats) {
  __atomic_add_fetch(&stats->references, 1, __ATOMIC_RELAXED);

  return stats;
}

static void free_stats(shako_stats *stats) {
  shako_mem mem = stats->mem;

  pthread_mutex_destroy(&stats->lock);
  free_rows(stats, SHAKO__KIND_COUNT);
  shako__release(&mem, stats, sizeof(*stats));
}

void shako_stats_unref(shako_stats *stats) {
  if (stats &&
      __atomic_sub_fetch(&stats->references, 1, __ATOMIC_ACQ_REL) == 0) {
    free_stats(stats);
  }
}

/* Adds all of |from|; both are locked, or nobody else knows them. */
static void merge(shako_stats *into, const shako_stats *from) {
  unsigned kind;

  for (kind = 0; kind < SHAKO__KIND_COUNT; kind++) {
    shako__rows_merge(&into->rows[kind], &from->rows[kind]);
  }
}

/* Two that merge each other at once take the locks in the same order. */
void shako_stats_merge(shako_stats *into, shako_stats *from) {
  bool ascends = (uintptr_t)into < (uintptr_t)from;

  if (into == from) {
    return;
  }
  pthread_mutex_lock(ascends ? &into->lock : &from->lock);
  pthread_mutex_lock(ascends ? &from->lock : &into->lock);
  merge(into, from);
  pthread_mutex_unlock(&into->lock);
  pthread_mutex_unlock(&from->lock);
}

/* Whether |copy| has a row for each of |stats|: no memory was short. */
static bool is_whole(const shako_stats *copy, const shako_stats *stats) {
  unsigned kind;
  size_t i;

  for (kind = 0; kind < SHAKO__KIND_COUNT; kind++) {
    const shako__rows *rows = &stats->rows[kind];

    for (i = 0; i < rows->rows.count; i++) {
      const shako__row *row = shako__rows_at(rows, i);

      if (!shako__row_is_empty(rows, row) &&
          !shako__rows_find(&copy->rows[kind], &row->names)) {
        return false;
      }
    }
  }
  return true;
}

int shako_stats_copy(shako_stats **pcopy, shako_stats *stats,
                     const shako_mem *mem) {
  shako_stats *copy;
  int error = shako_stats_new(&copy, &stats->config, mem);
  bool whole;

  if (error != 0) {
    return error;
  }
  pthread_mutex_lock(&stats->lock);
  merge(copy, stats);
  whole = is_whole(copy, stats);
  pthread_mutex_unlock(&stats->lock);
  if (!whole) {
    shako_stats_unref(copy);
    return SHAKO_ERR_NOMEM;
  }
  *pcopy = copy;
  return 0;
}

void shako__stats_total(const shako_stats *stats, shako_stats_totals *totals) {
  const shako__rows *groups = &stats->rows[SHAKO__KIND_GROUP];
  uint64_t of[SHAKO__COLUMNS_OF_HEAVIEST] = {0};
  uint64_t *outcomes = of + SHAKO__COLUMN_OUTCOMES;
  uint32_t column;
  size_t i;

  *totals = (shako_stats_totals){.struct_size = sizeof(*totals)};
  for (i = 0; i < groups->rows.count; i++) {
    const shako__row *row = shako__rows_at(groups, i);

    for (column = 0; column < SHAKO__COLUMNS_OF_HEAVIEST; column++) {
      of[column] = shako__sum(of[column], row->values[column]);
    }
    totals->connections =
        shako__sum(totals->connections, shako__row_connections(row));
  }
  totals->required_ok = outcomes[SHAKO_TLS_OUTCOME_REQUIRED_OK];
  totals->required_failed =
      shako__sum(outcomes[SHAKO_TLS_OUTCOME_REQUIRED_FAILED],
                 outcomes[SHAKO_TLS_OUTCOME_REQUIRED_MISSING]);
  totals->preferred_ok = outcomes[SHAKO_TLS_OUTCOME_PREFERRED_OK];
  totals->preferred_failed = outcomes[SHAKO_TLS_OUTCOME_PREFERRED_FAILED];
  totals->clear = shako__sum(outcomes[SHAKO_TLS_OUTCOME_OFF],
                             outcomes[SHAKO_TLS_OUTCOME_CLEAR]);
  totals->none = outcomes[SHAKO_TLS_OUTCOME_NONE];
  totals->messages = of[SHAKO__COLUMN_MESSAGES];
  totals->messages_tls = of[SHAKO__COLUMN_MESSAGES_TLS];
}

void shako_stats_total(shako_stats *stats, shako_stats_totals *totals) {
  shako_stats_totals all;
  size_t size = totals->struct_size;

  pthread_mutex_lock(&stats->lock);
  shako__stats_total(stats, &all);
  pthread_mutex_unlock(&stats->lock);
  shako__sized_fill(totals, size, &all, sizeof(all));
}
