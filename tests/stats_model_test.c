/* Many random records: the counts are those of a naive count, in whatever
   pieces and order they are added up, and the heaviest are as near to it as
   they say. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <shako/stats.h>

#include "records.h"
#include "report/stats.h"

#define RECORDS 100000
#define PEERS   600 /* under the 1024 that can be counted one by one */
#define ROWS    2000
#define COLUMNS 128
#define TEXT    (1 << 20)

/* A line of the text. */
typedef struct row {
  char key[160];
  uint64_t connections;
  uint64_t counts[COLUMNS];
} row;

typedef struct model {
  row rows[ROWS];
  size_t count;
} model;

static model naive;
static char texts[2][TEXT];

static const char *const own_columns[] = {
    "none",
    "off",
    "clear",
    "preferred-ok",
    "preferred-failed",
    "required-ok",
    "required-failed",
    "required-missing",
    "messages",
    "messages-tls",
    "refusals",
    "recipients",
    "commands",
    "transactions",
    "observed",
    "observed-connections",
    "octets-received",
    "octets-sent",
    "octets-messages",
    "duration-ms",
    "handshake-ms",
};

#define OWN (sizeof(own_columns) / sizeof(own_columns[0]))

/* Counts |n| in the column |name| of the line |key|. */
static row *count(const char *key) {
  size_t i;

  for (i = 0; i < naive.count; i++) {
    if (strcmp(naive.rows[i].key, key) == 0) {
      return &naive.rows[i];
    }
  }
  assert_true(naive.count < ROWS);
  snprintf(naive.rows[i].key, sizeof(naive.rows[i].key), "%s", key);
  naive.count++;
  return &naive.rows[i];
}

static void count_own(row *to, const char *column, uint64_t n) {
  size_t i = 0;

  while (strcmp(own_columns[i], column) != 0) {
    i++;
  }
  to->counts[i] += n;
}

/* By the reasons, or where they were not counted by their number. */
static bool was_told_to_begin(const shako_record *r) {
  uint32_t i;

  if (!r->refused) {
    return r->refusals > 0;
  }
  for (i = 0; strcmp(shako_reason_text(i), "tls-required") != 0; i++) {
  }
  return r->refused[i] > 0;
}

/* What the header says of outcomes, once more. */
static const char *outcome(const shako_record *r) {
  bool required =
      r->tls_implicit ||
      (r->tls_setting == SHAKO_TLS_SETTING_REQUIRED && !r->tls_observed);

  if (r->tls_implicit && r->octets_received == 0 && !r->tls_completed) {
    return "none";
  }
  if (r->tls_asked) {
    return required ? (r->tls_completed ? "required-ok" : "required-failed")
                    : (r->tls_completed ? "preferred-ok" : "preferred-failed");
  }
  if (!r->greeted) {
    return "none";
  }
  if (required) {
    return was_told_to_begin(r) ? "required-missing" : "none";
  }
  return r->tls_setting == SHAKO_TLS_SETTING_NO ? "off" : "clear";
}

static void count_connection(row *to, const shako_record *r) {
  to->connections++;
  count_own(to, outcome(r), 1);
  count_own(to, "messages", r->messages);
  count_own(to, "messages-tls", r->messages_tls);
  count_own(to, "refusals", r->refusals);
}

static const char *word(const char *name) {
  if (!name) {
    return "%";
  }
  return strcmp(name, "x y%") == 0 ? "x%20y%25" : name;
}

static void count_group(const shako_record *r) {
  size_t failures = OWN;
  size_t reasons = OWN + SHAKO_TLS_FAILURE_COUNT;
  char key[160];
  row *to;
  uint32_t i;

  snprintf(key, sizeof(key), "group %s %s", word(r->listener),
           word(r->match.group));
  to = count(key);
  count_connection(to, r);
  count_own(to, "recipients", r->recipients);
  count_own(to, "commands", r->commands);
  count_own(to, "transactions", r->transactions);
  count_own(to, "observed", r->observed);
  count_own(to, "observed-connections", r->observed > 0);
  count_own(to, "octets-received", r->octets_received);
  count_own(to, "octets-sent", r->octets_sent);
  count_own(to, "octets-messages", r->octets_messages);
  count_own(to, "duration-ms", r->duration);
  count_own(to, "handshake-ms", r->tls_completed ? r->tls->handshake_time : 0);
  to->counts[failures +
             r->tls->failure * (r->tls_asked && !r->tls_completed)] +=
      r->tls_asked && !r->tls_completed;
  for (i = 0; r->refused && i < shako_reason_count(); i++) {
    to->counts[reasons + i] += r->refused[i];
  }
  to->counts[reasons + shako_reason_count()] += r->refused ? 0 : r->refusals;
}

static void count_peer(const shako_record *r) {
  const uint8_t *b = r->peer->address.bytes;
  char key[160];

  if (!r->peer->address.known) {
    snprintf(key, sizeof(key), "peer unknown");
  } else if (b[0] == 0) {
    snprintf(key, sizeof(key), "peer %u.%u.%u.%u", b[12], b[13], b[14], b[15]);
  } else if ((b[6] | b[7]) == 0) {
    snprintf(key, sizeof(key), "peer 2001:db8::/64");
  } else {
    snprintf(key, sizeof(key), "peer 2001:db8:0:%x::/64", b[6] << 8 | b[7]);
  }
  count_connection(count(key), r);
}

static void count_domain(const shako_record *r) {
  char key[160] = "domain ";
  char *to = key + strlen(key);
  const char *name = (const char *)r->peer->name.ptr;
  size_t i;

  if (r->peer->name.len == 0) {
    strcpy(to, "%");
  } else {
    name = strncmp(name, "mx.", 3) == 0 ? name + 3 : strchr(name, '.') + 1;
    name = strchr(name, '.') ? name : (const char *)r->peer->name.ptr;
    for (i = 0; name[i] != '\0'; i++) {
      to[i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] + 32 : name[i]);
    }
    to[i] = '\0';
  }
  count_connection(count(key), r);
}

static void count_rest(const shako_record *r) {
  char key[160];

  snprintf(key, sizeof(key), "closed %s", r->how);
  count(key)->connections++;
  if (r->tls_completed) {
    snprintf(key, sizeof(key), "cipher %s %s",
             r->tls->version == 0x0303 ? "TLSv1.2" : "TLSv1.3",
             r->tls->cipher ? r->tls->cipher : "unknown");
    count(key)->connections++;
  }
}

static void count_record(const shako_record *given) {
  static const shako_tls_info none = {.failure = SHAKO_TLS_FAILURE_NONE};
  shako_record r = *given;

  if (!r.tls) {
    r.tls = &none;
  }
  count_group(&r);
  count_peer(&r);
  count_domain(&r);
  count_rest(&r);
}

/* The kinds stand in the order of their lines, not of their letters. */
static int rank(const char *key) {
  static const char *const kinds[] = {"group ", "cipher ", "closed ", "peer ",
                                      "domain "};
  int i = 0;

  while (strncmp(key, kinds[i], strlen(kinds[i])) != 0) {
    i++;
  }
  return i;
}

static int by_key(const void *a, const void *b) {
  const row *of_a = a;
  const row *of_b = b;
  int order = rank(of_a->key) - rank(of_b->key);

  return order != 0 ? order : strcmp(of_a->key, of_b->key);
}

/* Adds " name=number" to |at|. */
static char *put(char *at, const char *family, const char *name, uint64_t n) {
  return n == 0 ? at
                : at + sprintf(at, " %s%s=%llu", family, name,
                               (unsigned long long)n);
}

static char *put_row(char *at, const row *r) {
  int kind = rank(r->key);
  size_t i;

  at += sprintf(at, "%s", r->key);
  if (kind == 1 || kind == 2) {
    return put(at, "", "connections", r->connections);
  }
  at += sprintf(at, "%s", kind > 2 ? " error=0" : "");
  for (i = 0; i < OWN; i++) {
    at = put(at, "", own_columns[i], r->counts[i]);
  }
  for (i = 0; i < SHAKO_TLS_FAILURE_COUNT; i++) {
    at = put(at, "failure.", shako_tls_failure_name((shako_tls_failure)i),
             r->counts[OWN + i]);
  }
  for (i = 0; i <= shako_reason_count(); i++) {
    at = put(at, "refused.",
             i < shako_reason_count() ? shako_reason_text((uint32_t)i)
                                      : "unknown",
             r->counts[OWN + SHAKO_TLS_FAILURE_COUNT + i]);
  }
  return at;
}

/* Writes what the naive count says. */
static void write_model(char *at) {
  size_t i;

  qsort(naive.rows, naive.count, sizeof(naive.rows[0]), by_key);
  at += sprintf(at, "shako-stats 1 groups=1024 heaviest=1024 peers-floor=0 "
                    "domains-floor=0\n");
  for (i = 0; i < naive.count; i++) {
    at = put_row(at, &naive.rows[i]);
    at += sprintf(at, "\n");
  }
  sprintf(at, "end\n");
}

static shako_stats *new_stats(uint32_t heaviest) {
  shako_stats_config config;
  shako_stats *stats;

  shako_stats_config_default(&config);
  config.heaviest = heaviest;
  assert_int_equal(shako_stats_new(&stats, &config, NULL), 0);
  return stats;
}

static void write_to(char *text, shako_stats *stats) {
  assert_true(shako_stats_write(stats, text, TEXT) < TEXT);
}

/* Plays |records| into one of |count| parts each, and into the model. */
static void play(shako_stats **parts, unsigned part_count, unsigned records,
                 unsigned peers, uint64_t seed) {
  static record_draft draft;
  uint64_t random = seed;
  unsigned i;

  memset(&naive, 0, sizeof(naive));
  for (i = 0; i < records; i++) {
    record_draft_random(&draft, &random, peers);
    shako_stats_add(parts[record_random(&random, part_count)], &draft.record);
    count_record(&draft.record);
  }
}

static void the_counts_are_those_of_a_naive_count(void **state) {
  shako_stats *stats = new_stats(1024);

  (void)state;

  play(&stats, 1, RECORDS, PEERS, 1);
  write_to(texts[0], stats);
  write_model(texts[1]);
  assert_string_equal(texts[0], texts[1]);
  shako_stats_unref(stats);
}

static const unsigned orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                      {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};

/* Merges |parts| in one |order|, from the left or from the right. */
static shako_stats *merged(shako_stats **parts, const unsigned *order,
                           bool right, uint32_t heaviest) {
  shako_stats *sum = new_stats(heaviest);
  shako_stats *pair = new_stats(heaviest);

  shako_stats_merge(pair, parts[order[right ? 1 : 0]]);
  shako_stats_merge(pair, parts[order[right ? 2 : 1]]);
  if (right) {
    shako_stats_merge(sum, parts[order[0]]);
    shako_stats_merge(sum, pair);
  } else {
    shako_stats_merge(sum, pair);
    shako_stats_merge(sum, parts[order[2]]);
  }
  shako_stats_unref(pair);
  return sum;
}

static void parts_add_up_in_any_order(void **state) {
  shako_stats *parts[3] = {new_stats(1024), new_stats(1024), new_stats(1024)};
  unsigned i;

  (void)state;

  play(parts, 3, RECORDS, PEERS, 2);
  write_model(texts[1]);
  for (i = 0; i < 12; i++) {
    shako_stats *sum = merged(parts, orders[i % 6], i >= 6, 1024);

    write_to(texts[0], sum);
    assert_string_equal(texts[0], texts[1]);
    shako_stats_unref(sum);
  }
  for (i = 0; i < 3; i++) {
    shako_stats_unref(parts[i]);
  }
}

/* Demands of the rows of one kind what stats.h says of the heaviest. */
static void check_heaviest(const shako_stats *stats, shako__kind kind,
                           uint64_t total) {
  const shako__rows *rows = &stats->rows[kind];
  size_t found = 0;
  size_t i;

  assert_true(rows->rows.count <= rows->max);
  assert_true(rows->floor <= total / rows->max);
  for (i = 0; i < naive.count; i++) {
    const row *r = &naive.rows[i];
    const char *name = strchr(r->key, ' ') + 1;
    shako__names names = {
        {(const uint8_t *)name, strcmp(name, "%") == 0 ? 0 : strlen(name)},
        {(const uint8_t *)"", 0}};
    const shako__row *kept;
    uint64_t counted;

    if (rank(r->key) != (int)kind) {
      continue;
    }
    kept = shako__rows_find(rows, &names);
    if (!kept) {
      assert_true(r->connections <= rows->floor);
      continue;
    }
    found++;
    counted = shako__row_connections(kept);
    assert_true(counted <= r->connections);
    assert_true(r->connections <= counted + kept->error);
    assert_true(kept->error <= rows->floor);
    assert_true(kept->values[SHAKO__COLUMN_MESSAGES] <=
                r->counts[SHAKO__COLUMN_MESSAGES]);
  }
  assert_int_equal(found, rows->rows.count); /* nobody is made up */
}

static void the_heaviest_are_as_near_as_they_say(void **state) {
  static const uint32_t sizes[] = {1, 7, 64, 200};
  size_t i;

  (void)state;

  for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
    shako_stats *stats = new_stats(sizes[i]);

    play(&stats, 1, RECORDS / 5, PEERS, 3 + i);
    check_heaviest(stats, SHAKO__KIND_PEER, RECORDS / 5);
    check_heaviest(stats, SHAKO__KIND_DOMAIN, RECORDS / 5);
    shako_stats_unref(stats);
  }
}

/* ... also where each part has dropped others; of two, in any order. */
static void the_heaviest_of_parts_are_too(void **state) {
  shako_stats *parts[3] = {new_stats(40), new_stats(40), new_stats(40)};
  unsigned i;

  (void)state;

  play(parts, 3, RECORDS / 5, PEERS, 9);
  for (i = 0; i < 12; i++) {
    shako_stats *sum = merged(parts, orders[i % 6], i >= 6, 40);

    check_heaviest(sum, SHAKO__KIND_PEER, RECORDS / 5);
    check_heaviest(sum, SHAKO__KIND_DOMAIN, RECORDS / 5);
    shako_stats_unref(sum);
  }
  for (i = 0; i < 2; i++) {
    shako_stats *sum = new_stats(40);

    shako_stats_merge(sum, parts[i]);
    shako_stats_merge(sum, parts[1 - i]);
    write_to(texts[i], sum);
    shako_stats_unref(sum);
  }
  assert_string_equal(texts[0], texts[1]);
  for (i = 0; i < 3; i++) {
    shako_stats_unref(parts[i]);
  }
}

static void what_is_written_is_read_again(void **state) {
  static const uint32_t sizes[] = {1024, 30};
  size_t i;

  (void)state;

  for (i = 0; i < 2; i++) {
    shako_stats *stats = new_stats(sizes[i]);
    shako_stats *again;
    shako_place place;
    shako_span text;

    play(&stats, 1, RECORDS / 20, PEERS, 20 + i);
    write_to(texts[0], stats);
    text = (shako_span){(const uint8_t *)texts[0], strlen(texts[0])};
    assert_int_equal(shako_stats_read(&again, text, NULL, &place), 0);
    write_to(texts[1], again);
    assert_string_equal(texts[0], texts[1]);
    shako_stats_unref(stats);
    shako_stats_unref(again);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_counts_are_those_of_a_naive_count),
      cmocka_unit_test(parts_add_up_in_any_order),
      cmocka_unit_test(the_heaviest_are_as_near_as_they_say),
      cmocka_unit_test(the_heaviest_of_parts_are_too),
      cmocka_unit_test(what_is_written_is_read_again),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
