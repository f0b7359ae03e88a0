/* Four workers add to the same counts while others copy, merge and write them.
   Built with ThreadSanitizer where there is one. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <string.h>

#include <shako/stats.h>

#include "records.h"

#define WORKERS 4
#define RECORDS 2000

static shako_stats *shared;
static shako_stats
    *other; /* is merged into |shared|, and the other way round */
static char pages[WORKERS][1 << 17];

static void *work(void *arg) {
  char *page = arg;
  uint64_t random = (uint64_t)(page - pages[0]);
  shako_stats *stats = shako_stats_ref(shared);
  record_draft draft;
  unsigned i;

  for (i = 0; i < RECORDS; i++) {
    record_draft_random(&draft, &random, 300);
    shako_stats_add(stats, &draft.record);
    if (i % 200 == 0) {
      shako_stats *copy;

      assert_int_equal(shako_stats_copy(&copy, stats, NULL), 0);
      shako_stats_html(copy, "", page, sizeof(pages[0]));
      shako_stats_json(stats, page, sizeof(pages[0]));
      shako_stats_unref(copy);
    }
  }
  shako_stats_unref(stats);
  return NULL;
}

/* Two that merge each other do not wait for each other. */
static void *merge(void *arg) {
  bool is_first = arg == NULL;
  unsigned i;

  for (i = 0; i < 500; i++) {
    shako_stats_merge(is_first ? other : shared, is_first ? shared : other);
  }
  return NULL;
}

static void every_record_is_counted_once(void **state) {
  pthread_t threads[WORKERS];
  shako_stats_totals t = {.struct_size = sizeof(t)};
  unsigned i;

  (void)state;

  assert_int_equal(shako_stats_new(&shared, NULL, NULL), 0);
  for (i = 0; i < WORKERS; i++) {
    assert_int_equal(pthread_create(&threads[i], NULL, work, pages[i]), 0);
  }
  for (i = 0; i < WORKERS; i++) {
    assert_int_equal(pthread_join(threads[i], NULL), 0);
  }
  shako_stats_total(shared, &t);
  assert_int_equal(t.connections, WORKERS * RECORDS);
  shako_stats_unref(shared);
}

static void two_merge_each_other(void **state) {
  pthread_t threads[2];

  (void)state;

  assert_int_equal(shako_stats_new(&shared, NULL, NULL), 0);
  assert_int_equal(shako_stats_new(&other, NULL, NULL), 0);
  assert_int_equal(pthread_create(&threads[0], NULL, merge, NULL), 0);
  assert_int_equal(pthread_create(&threads[1], NULL, merge, &other), 0);
  assert_int_equal(pthread_join(threads[0], NULL), 0);
  assert_int_equal(pthread_join(threads[1], NULL), 0);
  shako_stats_unref(shared);
  shako_stats_unref(other);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_record_is_counted_once),
      cmocka_unit_test(two_merge_each_other),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
