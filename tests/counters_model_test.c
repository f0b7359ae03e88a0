/* Random histories of a few networks.  A model, which has all that ever
   happened to each of them in a list, says what must come out. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/ascii.h"
#include "server/counters.h"

#define COUNT(ARRAY) (sizeof(ARRAY) / sizeof((ARRAY)[0]))

#define SECOND ((shako_time)1000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)

#define NETWORKS 220
#define EVENTS   64

typedef struct known {
  bool known;
  uint32_t connections;
  uint64_t touched;              /* the number of the step that did */
  shako_time recipients[EVENTS]; /* as a ring */
  shako_time handshakes[EVENTS];
  uint32_t recipient_count; /* of all time */
  uint32_t handshake_count;
} known;

typedef struct model {
  known networks[NETWORKS];
  shako_address addresses[NETWORKS];
  uint32_t places;
  uint32_t connections;
  uint32_t handshakes; /* under way */
  uint64_t step;
  shako_time begin;
  shako_time now;
} model;

/* How many of |count| events lie in the slice of |now| and the three before,
   and in |*exact| how many lie less than three slices back. */
static uint32_t lately(const model *w, const shako_time *events, uint32_t count,
                       shako_time slice, uint32_t *exact) {
  uint32_t first = count < EVENTS ? 0 : count - EVENTS;
  uint32_t n = 0;

  *exact = 0;
  while (count-- > first) {
    shako_time event = events[count % EVENTS];

    n += (w->now - w->begin) / slice - (event - w->begin) / slice <= 3;
    *exact += w->now - event < 3 * slice;
  }
  return n;
}

static uint32_t recipients_of(const model *w, const known *k, uint32_t *exact) {
  return lately(w, k->recipients, k->recipient_count, 20 * MINUTE, exact);
}

static uint32_t handshakes_of(const model *w, const known *k, uint32_t *exact) {
  return lately(w, k->handshakes, k->handshake_count, 20 * SECOND, exact);
}

/* Whether |k| may be forgotten without a difference. */
static bool is_blank(const model *w, const known *k) {
  uint32_t exact;

  return k->connections == 0 && recipients_of(w, k, &exact) == 0 &&
         handshakes_of(w, k, &exact) == 0;
}

/* Forgets who was quiet longest.  Returns false where nobody can be. */
static bool forget_one(model *w) {
  known *quiet = NULL;
  size_t i;

  for (i = 0; i < NETWORKS; i++) {
    known *k = &w->networks[i];

    if (k->known && k->connections == 0 &&
        (!quiet || k->touched < quiet->touched)) {
      quiet = k;
    }
  }
  if (quiet) {
    memset(quiet, 0, sizeof(*quiet));
  }
  return quiet != NULL;
}

static known *touch(model *w, size_t i) {
  known *k = &w->networks[i];
  uint32_t count = 0;
  size_t j;

  for (j = 0; j < NETWORKS; j++) {
    count += w->networks[j].known;
  }
  if (!k->known && count >= w->places && !forget_one(w)) {
    return NULL;
  }
  k->known = true;
  k->touched = ++w->step;
  return k;
}

static void leave(const model *w, known *k) {
  if (k && is_blank(w, k)) {
    memset(k, 0, sizeof(*k));
  }
}

static bool model_connect(model *w, size_t i, uint32_t limit, uint32_t total) {
  known *k;
  bool passes;

  if (total > 0 && w->connections >= total) {
    return false;
  }
  k = touch(w, i);
  passes = k && (limit == 0 || k->connections < limit);
  if (passes) {
    k->connections++;
    w->connections++;
  }
  leave(w, k);
  return passes;
}

static void model_disconnect(model *w, size_t i) {
  known *k = touch(w, i);

  k->connections--;
  w->connections--;
  leave(w, k);
}

static bool model_recipient(model *w, size_t i, uint32_t limit) {
  known *k = limit > 0 ? touch(w, i) : NULL;
  uint32_t exact;
  bool passes;

  if (!k) {
    return limit == 0;
  }
  passes = recipients_of(w, k, &exact) < limit;
  assert_true(exact < limit || !passes); /* never too many in an hour */
  if (passes) {
    k->recipients[k->recipient_count++ % EVENTS] = w->now;
  }
  leave(w, k);
  return passes;
}

static bool model_may_begin(model *w, size_t i, uint32_t limit) {
  known *k = limit > 0 ? touch(w, i) : NULL;
  uint32_t exact;
  bool passes;

  if (!k) {
    return limit == 0;
  }
  passes = handshakes_of(w, k, &exact) < limit;
  assert_true(exact < limit || !passes);
  if (passes) {
    k->handshakes[k->handshake_count++ % EVENTS] = w->now;
  }
  leave(w, k);
  return passes;
}

static shako__handshake_count model_handshake(model *w, size_t i,
                                              uint32_t limit, uint32_t total) {
  if (total > 0 && w->handshakes >= total) {
    return SHAKO__HANDSHAKE_TOO_MANY;
  }
  if (!model_may_begin(w, i, limit)) {
    return SHAKO__HANDSHAKE_TOO_OFTEN;
  }
  w->handshakes++;
  return SHAKO__HANDSHAKE_COUNTED;
}

/* Compares the beginning of one or, while some are under way, the end. */
static bool compare_handshake(model *w, shako_counters *counters, size_t i,
                              uint32_t limit, bool ends) {
  const shako_address *a = &w->addresses[i];
  uint32_t total = limit == 3 ? 2 : 0;
  shako__handshake_count want;

  if (ends && w->handshakes > 0) {
    w->handshakes--;
    shako__counters_handshake_over(counters);
    return true;
  }
  want = model_handshake(w, i, limit, total);
  return shako__counters_handshake(counters, a, limit, total, w->now) == want;
}

static shako_counters *make(uint32_t networks) {
  shako_counters_config config;
  shako_counters *counters;

  shako_counters_config_default(&config);
  config.networks = networks;
  config.ipv6_width = 128;
  assert_int_equal(shako_counters_new(&counters, &config, NULL), 0);
  return counters;
}

static shako_address read_address(const char *text) {
  shako_address address;

  assert_int_equal(shako_address_parse(&address, shako__span(text)), 0);
  return address;
}

static uint32_t next_random(uint32_t *seed) {
  *seed ^= *seed << 13;
  *seed ^= *seed >> 17;
  *seed ^= *seed << 5;

  return *seed;
}

/* Networks that make a deep tree (each differs from one in one bit more),
   neighbours of IPv4, and some from everywhere. */
static void fill(model *w, uint32_t *seed) {
  size_t i;
  size_t j;

  for (i = 0; i < NETWORKS; i++) {
    shako_address *a = &w->addresses[i];

    *a = read_address(i < 128 ? "2001:db8:5555:aaaa::9" : "192.0.2.0");
    if (i < 128) {
      a->bytes[i / 8] ^= (uint8_t)(0x80 >> i % 8);
    } else if (i < 180) {
      a->bytes[15] = (uint8_t)i;
    } else {
      for (j = 0; j < 16; j++) {
        a->bytes[j] = (uint8_t)(next_random(seed) >> 9);
      }
    }
  }
}

/* Lets time pass: mostly little, so that counts meet limits. */
static void pass_time(model *w, uint32_t *seed) {
  static const shako_time most[] = {0,          0,          5,    SECOND,
                                    3 * SECOND, 5 * SECOND, 2000, 70 * SECOND};
  uint32_t random = next_random(seed);

  w->now += (random >> 8) % (most[random % COUNT(most)] + 1);
  if (random % 1024 == 9) {
    w->now += (random >> 12) % (2 * HOUR);
  }
}

/* Compares one step.  Returns whether something was refused. */
static bool compare(model *w, shako_counters *counters, uint32_t *seed) {
  uint32_t random = next_random(seed);
  uint32_t limit = (random >> 4) % 5;
  uint32_t total = random % 64 < 8 ? w->places / 2 : 0;
  /* Some networks come more often than others. */
  size_t i = next_random(seed) % (random & 1 << 20 ? NETWORKS : 24) *
             (random & 1 << 21 ? 1 : 9) % NETWORKS;
  const shako_address *a = &w->addresses[i];
  bool want = true;
  bool got = true;

  pass_time(w, seed);
  switch (random % 4) {
  case 0:
    want = model_connect(w, i, limit, total);
    got = shako__counters_connect(counters, a, limit, total, w->now);
    break;
  case 1:
    if (w->networks[i].connections > 0) {
      model_disconnect(w, i);
      shako__counters_disconnect(counters, a, w->now);
    }
    break;
  case 2:
    want = model_recipient(w, i, limit * 3);
    got = shako__counters_recipient(counters, a, limit * 3, w->now);
    break;
  case 3:
    got = compare_handshake(w, counters, i, limit, (random & 1 << 22) != 0);
    break;
  }
  if (want != got) {
    fail_msg("places %u, step %llu: network %zu: %d, not %d",
             (unsigned)w->places, (unsigned long long)w->step, i, got, want);
  }
  return !want;
}

static void random_histories_agree_with_a_model(void **state) {
  static const uint32_t places[] = {1, 2, 3, 7, 20, 64, 65, 150, 219, 1000};
  uint32_t seed = 421;
  unsigned refused = 0;
  unsigned i;
  unsigned step;

  (void)state;

  for (i = 0; i < 40; i++) {
    static model w;
    shako_counters *counters;

    memset(&w, 0, sizeof(w));
    w.places = places[i % COUNT(places)];
    w.begin = i % 3 == 0 ? 0 : (shako_time)next_random(&seed) << i % 32;
    w.now = w.begin;
    fill(&w, &seed);
    counters = make(w.places);
    /* The first step is where the clock begins. */
    model_recipient(&w, 0, 1);
    shako__counters_recipient(counters, &w.addresses[0], 1, w.now);
    for (step = 0; step < 10000; step++) {
      refused += compare(&w, counters, &seed);
    }
    shako_counters_unref(counters);
  }
  assert_in_range(refused, 40000, 200000);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(random_histories_agree_with_a_model),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
