/* Four workers count in the same counters.  Built with ThreadSanitizer where
   there is one. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>

#include "server/counters.h"

#define WORKERS  4
#define STEPS    20000
#define NETWORKS 100 /* over 64, so that the counters grow meanwhile */
#define LIMIT    2   /* connections of a network */
#define TOTAL    5   /* ... of all */
#define RATE     700 /* recipients of a network; three try more than that */

/* What all workers share, and what they saw. */
typedef struct world {
  shako_counters *counters;
  atomic_uint open[NETWORKS];
  atomic_uint open_of_all;
  atomic_uint recipients[NETWORKS];
  atomic_uint over; /* more passed than may */
  atomic_uint worker;
} world;

static shako_address network(unsigned i) {
  shako_address address = {{0x20, 1, 0xd, 0xb8}, .known = 1};

  address.bytes[7] = (uint8_t)i;
  return address;
}

/* What is open is told to the others after it is counted, and no longer
   before it is not: they see as many as are counted, or less. */
static void come_and_go(world *w, unsigned i, shako_time now) {
  shako_address address = network(i);

  if (!shako__counters_connect(w->counters, &address, LIMIT, TOTAL, now)) {
    return;
  }
  if (atomic_fetch_add(&w->open[i], 1) >= LIMIT) {
    atomic_fetch_add(&w->over, 1);
  }
  if (atomic_fetch_add(&w->open_of_all, 1) >= TOTAL) {
    atomic_fetch_add(&w->over, 1);
  }
  if (shako__counters_recipient(w->counters, &address, RATE, now)) {
    atomic_fetch_add(&w->recipients[i], 1);
  }
  atomic_fetch_sub(&w->open_of_all, 1);
  atomic_fetch_sub(&w->open[i], 1);
  shako__counters_disconnect(w->counters, &address, now);
}

/* Each worker's clock is another; all of it lies within an hour. */
static void *work(void *arg) {
  world *w = arg;
  unsigned self = atomic_fetch_add(&w->worker, 1);
  shako_counters *counters = shako_counters_ref(w->counters);
  unsigned step;

  for (step = 0; step < STEPS; step++) {
    /* One half is of three networks, which all workers want. */
    unsigned i = step % 2 == 0 ? step / 2 % 3 : (step + self) % NETWORKS;

    come_and_go(w, i, 100 + step + 7 * self);
  }
  shako_counters_unref(counters);
  return NULL;
}

static void run(world *w) {
  pthread_t threads[WORKERS];
  unsigned i;

  for (i = 0; i < WORKERS; i++) {
    assert_int_equal(pthread_create(&threads[i], NULL, work, w), 0);
  }
  for (i = 0; i < WORKERS; i++) {
    assert_int_equal(pthread_join(threads[i], NULL), 0);
  }
}

/* All that was opened is closed: there is room for as many as at first. */
static void nothing_is_left_open(world *w) {
  shako_address a = network(0);
  unsigned i;

  for (i = 0; i < TOTAL; i++) {
    shako_address address = network(i / LIMIT);

    assert_true(
        shako__counters_connect(w->counters, &address, LIMIT, TOTAL, STEPS));
  }
  assert_false(shako__counters_connect(w->counters, &a, 0, TOTAL, STEPS));
  assert_false(shako__counters_connect(w->counters, &a, LIMIT, 0, STEPS));
}

static void workers_together_never_pass_a_limit(void **state) {
  static world w;
  unsigned i;

  (void)state;

  assert_int_equal(shako_counters_new(&w.counters, NULL, NULL), 0);
  run(&w);
  assert_int_equal(w.over, 0);
  for (i = 0; i < NETWORKS; i++) {
    shako_address address = network(i);

    assert_in_range(w.recipients[i], i < 3 ? RATE : 1, RATE);
    /* What passed is what was counted. */
    assert_true(shako__counters_recipient(w.counters, &address,
                                          w.recipients[i] + 1, STEPS));
    assert_false(shako__counters_recipient(w.counters, &address,
                                           w.recipients[i] + 1, STEPS));
  }
  nothing_is_left_open(&w);
  shako_counters_unref(w.counters);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(workers_together_never_pass_a_limit),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
