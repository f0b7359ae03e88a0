/* What peers have done lately: limits, time, and the networks that are
   remembered.  A naive model says what must come out. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/ascii.h"
#include "server/counters.h"

#define COUNT(ARRAY) (sizeof(ARRAY) / sizeof((ARRAY)[0]))

#define SECOND ((shako_time)1000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)

/* Memory that is counted, and that can run out. */
typedef struct memory {
  size_t held;
  size_t most; /* at once */
  size_t calls;
  size_t fails; /* from this call on, 1 being the first; 0: never */
} memory;

static void *memory_alloc(size_t size, void *user_data) {
  memory *m = user_data;

  m->calls++;
  if (m->fails > 0 && m->calls >= m->fails) {
    return NULL;
  }
  m->held += size;
  m->most = m->held > m->most ? m->held : m->most;
  return malloc(size);
}

static void memory_release(void *ptr, size_t size, void *user_data) {
  ((memory *)user_data)->held -= size;
  memset(ptr, 0x5a, size);
  free(ptr);
}

static shako_counters *make(uint32_t networks, uint8_t ipv4_width,
                            uint8_t ipv6_width, memory *m) {
  shako_mem mem = {m, memory_alloc, memory_release};
  shako_counters_config config;
  shako_counters *counters;

  shako_counters_config_default(&config);
  config.networks = networks;
  config.ipv4_width = ipv4_width;
  config.ipv6_width = ipv6_width;
  assert_int_equal(shako_counters_new(&counters, &config, m ? &mem : NULL), 0);
  return counters;
}

static shako_address at(const char *text) {
  shako_address address;

  assert_int_equal(shako_address_parse(&address, shako__span(text)), 0);
  return address;
}

/* The |i|-th network: 2001:db8:I:I:: */
static shako_address network(uint32_t i) {
  shako_address address = at("2001:db8::7");

  address.bytes[4] = (uint8_t)(i >> 24);
  address.bytes[5] = (uint8_t)(i >> 16);
  address.bytes[6] = (uint8_t)(i >> 8);
  address.bytes[7] = (uint8_t)i;
  return address;
}

static bool connect_at(shako_counters *counters, const char *text,
                       uint32_t limit) {
  shako_address address = at(text);

  return shako__counters_connect(counters, &address, limit, 0, 0);
}

static void disconnect_at(shako_counters *counters, const char *text) {
  shako_address address = at(text);

  shako__counters_disconnect(counters, &address, 0);
}

static bool name_recipient(shako_counters *counters, uint32_t i, uint32_t limit,
                           shako_time now) {
  shako_address address = network(i);

  return shako__counters_recipient(counters, &address, limit, now);
}

static bool begin_handshake(shako_counters *counters, uint32_t i,
                            uint32_t limit, shako_time now) {
  shako_address address = network(i);

  return shako__counters_handshake(counters, &address, limit, now);
}

static bool open_one(shako_counters *counters, uint32_t i, uint32_t limit,
                     shako_time now) {
  shako_address address = network(i);

  return shako__counters_connect(counters, &address, limit, 0, now);
}

static void close_one(shako_counters *counters, uint32_t i, shako_time now) {
  shako_address address = network(i);

  shako__counters_disconnect(counters, &address, now);
}

static void configurations_are_judged(void **state) {
  static const struct row {
    uint32_t networks;
    uint8_t ipv4_width;
    uint8_t ipv6_width;
    int error;
  } rows[] = {
      {65536, 32, 64, 0},
      {1, 0, 0, 0},
      {1, 32, 128, 0},
      {UINT32_MAX, 32, 64, 0},
      {0, 32, 64, SHAKO_ERR_INVALID_ARGUMENT},
      {1, 33, 64, SHAKO_ERR_INVALID_ARGUMENT},
      {1, 32, 129, SHAKO_ERR_INVALID_ARGUMENT},
  };
  size_t i;

  (void)state;

  for (i = 0; i < COUNT(rows); i++) {
    shako_counters_config config;
    shako_counters *counters = NULL;

    shako_counters_config_default(&config);
    config.networks = rows[i].networks;
    config.ipv4_width = rows[i].ipv4_width;
    config.ipv6_width = rows[i].ipv6_width;
    assert_int_equal(shako_counters_new(&counters, &config, NULL),
                     rows[i].error);
    assert_true((counters != NULL) == (rows[i].error == 0));
    shako_counters_unref(counters);
  }
  shako_counters_unref(NULL);
}

static void the_defaults_are_those_of_the_header(void **state) {
  shako_counters_config config;

  (void)state;

  shako_counters_config_default(&config);
  assert_int_equal(config.struct_size, sizeof(config));
  assert_int_equal(config.networks, 65536);
  assert_int_equal(config.ipv4_width, 32);
  assert_int_equal(config.ipv6_width, 64);
}

static void the_last_reference_frees(void **state) {
  memory m = {0};
  shako_counters *counters = make(100, 32, 64, &m);

  (void)state;

  assert_ptr_equal(shako_counters_ref(counters), counters);
  shako_counters_unref(counters);
  assert_true(m.held > 0);
  assert_true(open_one(counters, 1, 1, 0));
  shako_counters_unref(counters);
  assert_int_equal(m.held, 0);
}

static void so_many_connections_are_counted_and_no_more(void **state) {
  shako_counters *counters = make(100, 32, 64, NULL);
  unsigned i;

  (void)state;

  for (i = 0; i < 3; i++) {
    assert_true(open_one(counters, 1, 3, 0));
  }
  assert_false(open_one(counters, 1, 3, 0));
  assert_true(open_one(counters, 2, 3, 0)); /* another's are its own */
  assert_true(open_one(counters, 1, 4, 0)); /* another policy */
  assert_true(open_one(counters, 1, 0, 0)); /* ... without a limit */
  assert_false(open_one(counters, 1, 5, 0));
  close_one(counters, 1, 0);
  assert_true(open_one(counters, 1, 5, 0));
  for (i = 0; i < 5; i++) {
    close_one(counters, 1, 0);
  }
  assert_true(open_one(counters, 1, 1, 0));
  assert_false(open_one(counters, 1, 1, 0));
  shako_counters_unref(counters);
}

static void so_many_connections_of_all_are_counted_and_no_more(void **state) {
  shako_counters *counters = make(100, 32, 64, NULL);
  shako_address a = network(1);
  shako_address b = network(2);
  shako_address none = {0};

  (void)state;

  assert_true(shako__counters_connect(counters, &a, 1, 3, 0));
  assert_false(shako__counters_connect(counters, &a, 1, 3, 0));
  assert_true(shako__counters_connect(counters, &b, 1, 3, 0));
  assert_true(shako__counters_connect(counters, &none, 1, 3, 0));
  assert_false(shako__counters_connect(counters, &none, 0, 3, 0));
  assert_false(shako__counters_connect(counters, &a, 0, 3, 0));
  assert_true(shako__counters_connect(counters, &a, 0, 0, 0));
  shako__counters_disconnect(counters, &none, 0);
  shako__counters_disconnect(counters, &b, 0);
  assert_true(shako__counters_connect(counters, &none, 0, 3, 0));
  assert_false(shako__counters_connect(counters, &b, 0, 3, 0));
  shako_counters_unref(counters);
}

static void peers_without_an_address_have_no_limit_of_their_own(void **state) {
  shako_counters *counters = make(1, 32, 64, NULL);
  shako_address none = {0};
  unsigned i;

  (void)state;

  for (i = 0; i < 3; i++) {
    assert_true(shako__counters_connect(counters, &none, 1, 0, 0));
    assert_true(shako__counters_recipient(counters, &none, 1, 0));
    assert_true(shako__counters_handshake(counters, &none, 1, 0));
  }
  shako__counters_disconnect(counters, &none, 0);
  /* ... nor are they the network ::, nor do they take a place. */
  assert_true(connect_at(counters, "::", 1));
  shako_counters_unref(counters);
}

static void recipients_and_handshakes_are_counted_apart(void **state) {
  shako_counters *counters = make(100, 32, 64, NULL);
  unsigned i;

  (void)state;

  for (i = 0; i < 2; i++) {
    assert_true(name_recipient(counters, 1, 2, 0));
    assert_true(begin_handshake(counters, 1, 3, 0));
    assert_true(open_one(counters, 1, 4, 0));
  }
  assert_false(name_recipient(counters, 1, 2, 0));
  assert_true(begin_handshake(counters, 1, 3, 0));
  assert_false(begin_handshake(counters, 1, 3, 0));
  assert_true(name_recipient(counters, 2, 2, 0));
  for (i = 0; i < 100; i++) { /* no limit: nothing is counted */
    assert_true(name_recipient(counters, 1, 0, 0));
    assert_true(begin_handshake(counters, 1, 0, 0));
  }
  assert_true(name_recipient(counters, 1, 3, 0));
  assert_true(begin_handshake(counters, 1, 4, 0));
  assert_false(name_recipient(counters, 1, 3, 0));
  assert_false(begin_handshake(counters, 1, 4, 0));
  shako_counters_unref(counters);
}

static void peers_are_told_apart_by_so_many_bits(void **state) {
  static const struct row {
    uint8_t ipv4_width;
    uint8_t ipv6_width;
    bool same;
    const char *a;
    const char *b;
  } rows[] = {
      {32, 64, false, "192.0.2.6", "192.0.2.7"},
      {31, 64, true, "192.0.2.6", "192.0.2.7"},
      {31, 64, false, "192.0.2.7", "192.0.2.8"},
      {24, 64, true, "192.0.2.0", "192.0.2.255"},
      {24, 64, false, "192.0.2.255", "192.0.3.0"},
      {1, 64, true, "128.0.0.0", "255.255.255.255"},
      {1, 64, false, "127.255.255.255", "128.0.0.0"},
      {0, 64, true, "0.0.0.0", "255.255.255.255"},
      {0, 0, false, "0.0.0.0", "::"},
      {32, 0, true, "::", "ffff:ffff::"},
      {32, 0, false, "::", "192.0.2.6"},
      {32, 48, true, "2001:db8:1::", "2001:db8:1:ffff:ffff::1"},
      {32, 48, false, "2001:db8:1:ffff::", "2001:db8:2::"},
      {32, 64, true, "2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff"},
      {32, 64, false, "2001:db8::1", "2001:db8:0:1::1"},
      {32, 127, true, "2001:db8::6", "2001:db8::7"},
      {32, 128, false, "2001:db8::6", "2001:db8::7"},
      {32, 64, false, "::", "0.0.0.0"}, /* alike in 64 bits */
      {32, 64, true, "fe80::1%2", "fe80::2%3"},
      {32, 128, true, "fe80::1%2", "fe80::1%3"},
  };
  size_t i;

  (void)state;

  for (i = 0; i < COUNT(rows); i++) {
    const struct row *r = &rows[i];
    shako_counters *counters = make(9, r->ipv4_width, r->ipv6_width, NULL);

    assert_true(connect_at(counters, r->a, 1));
    if (connect_at(counters, r->b, 1) == r->same) {
      fail_msg("/%u, /%u: %s and %s", r->ipv4_width, r->ipv6_width, r->a, r->b);
    }
    disconnect_at(counters, r->same ? r->b : r->a);
    assert_true(connect_at(counters, r->a, 1));
    shako_counters_unref(counters);
  }
}

/* A count of |at|, and when it is there and gone. */
static void a_count_is_there_for_an_hour_and_gone_in_80_minutes(void **state) {
  static const shako_time begins[] = {0, 1, 12345678901,
                                      UINT64_MAX - 24 * HOUR};
  size_t i;
  shako_time ago;

  (void)state;

  for (i = 0; i < COUNT(begins); i++) {
    for (ago = 0; ago < 25 * MINUTE; ago += MINUTE / 4) {
      shako_counters *counters = make(9, 32, 64, NULL);
      shako_time then = begins[i] + ago;

      assert_true(name_recipient(counters, 1, 9, begins[i]));
      assert_true(name_recipient(counters, 2, 1, then));
      assert_false(name_recipient(counters, 2, 1, then));
      assert_false(name_recipient(counters, 2, 1, then + HOUR));
      assert_true(name_recipient(counters, 2, 1, then + HOUR + 20 * MINUTE));
      shako_counters_unref(counters);
    }
  }
}

static void a_handshake_is_there_for_a_minute_and_gone_in_80_s(void **state) {
  shako_time ago;

  (void)state;

  for (ago = 0; ago < 3 * MINUTE; ago += 499) {
    shako_counters *counters = make(9, 32, 64, NULL);

    assert_true(begin_handshake(counters, 1, 9, 7));
    assert_true(begin_handshake(counters, 2, 1, 7 + ago));
    assert_false(begin_handshake(counters, 2, 1, 7 + ago + MINUTE));
    assert_true(begin_handshake(counters, 2, 1, 7 + ago + 80 * SECOND));
    shako_counters_unref(counters);
  }
}

/* Workers read the clock, and come in another order. */
static void a_clock_that_lags_behind_changes_nothing(void **state) {
  shako_counters *counters = make(9, 32, 64, NULL);

  (void)state;

  assert_true(name_recipient(counters, 1, 2, 2 * HOUR));
  assert_true(name_recipient(counters, 1, 2, 2 * HOUR - 5));
  assert_false(name_recipient(counters, 1, 2, 2 * HOUR - 5));
  assert_true(begin_handshake(counters, 1, 1, 2 * HOUR + 20 * SECOND));
  assert_false(begin_handshake(counters, 1, 1, 2 * HOUR + 20 * SECOND - 5));
  assert_false(name_recipient(counters, 1, 2, 3 * HOUR));
  assert_true(name_recipient(counters, 1, 2, 3 * HOUR + 20 * MINUTE));
  shako_counters_unref(counters);
}

static void the_network_that_was_quiet_longest_is_forgotten(void **state) {
  shako_counters *counters = make(3, 32, 64, NULL);

  (void)state;

  assert_true(name_recipient(counters, 1, 1, 0));
  assert_true(name_recipient(counters, 2, 1, 0));
  assert_true(name_recipient(counters, 3, 1, 0));
  assert_false(name_recipient(counters, 1, 1, 0)); /* not quiet */
  assert_true(name_recipient(counters, 4, 1, 0));
  assert_false(name_recipient(counters, 3, 1, 0));
  assert_false(name_recipient(counters, 1, 1, 0));
  assert_false(name_recipient(counters, 4, 1, 0));
  assert_true(name_recipient(counters, 2, 1, 0)); /* was forgotten */
  assert_true(name_recipient(counters, 3, 1, 0)); /* is now */
  shako_counters_unref(counters);
}

static void a_network_with_an_open_connection_is_never_forgotten(void **state) {
  shako_counters *counters = make(3, 32, 64, NULL);
  uint32_t i;

  (void)state;

  assert_true(name_recipient(counters, 1, 1, 0));
  assert_true(open_one(counters, 1, 1, 0));
  assert_true(open_one(counters, 2, 1, 0));
  for (i = 10; i < 100; i++) {
    assert_true(name_recipient(counters, i, 1, 0));
  }
  assert_false(name_recipient(counters, 1, 1, 0));
  assert_false(open_one(counters, 1, 1, 0));
  assert_false(open_one(counters, 2, 1, 0));

  /* Where all have one, there is no place for another. */
  assert_true(open_one(counters, 3, 1, 0));
  assert_false(open_one(counters, 4, 1, 0));
  assert_false(open_one(counters, 4, 0, 0));
  assert_false(name_recipient(counters, 4, 1, 0));
  assert_false(begin_handshake(counters, 4, 1, 0));
  assert_true(name_recipient(counters, 4, 0, 0));
  close_one(counters, 2, 0);
  assert_true(open_one(counters, 4, 1, 0));
  assert_false(name_recipient(counters, 1, 1, 0));
  shako_counters_unref(counters);
}

/* What nothing is known of needs no place: 1 is not forgotten for it. */
static void a_closed_connection_leaves_nothing_behind(void **state) {
  memory m = {0};
  shako_counters *counters = make(1000, 32, 64, &m);
  size_t held = m.held;
  uint32_t i;

  (void)state;

  assert_true(name_recipient(counters, 1, 1, 0));
  for (i = 2; i < 10000; i++) {
    assert_true(open_one(counters, i, 1, 0));
    close_one(counters, i, 0);
  }
  assert_false(name_recipient(counters, 1, 1, 0));
  assert_int_equal(m.held, held);
  shako_counters_unref(counters);
  assert_int_equal(m.held, 0);
}

/* 30 networks in each 80 minutes, for a year. */
static void counts_that_are_gone_make_room_before_more_is_asked(void **state) {
  memory m = {0};
  shako_counters *counters = make(65536, 32, 64, &m);
  size_t held = m.held;
  uint32_t i;

  (void)state;

  for (i = 0; i < 30 * 365 * 18; i++) {
    assert_true(name_recipient(counters, i, 1, i * (80 * MINUTE / 30)));
  }
  assert_int_equal(m.held, held);
  shako_counters_unref(counters);
}

/* 64 is all that there is room for at first. */
static void counts_make_room_when_they_are_80_minutes_old(void **state) {
  memory m = {0};
  shako_counters *counters = make(65536, 32, 64, &m);
  shako_time now = 20 * MINUTE;
  size_t held = m.held;
  uint32_t i;

  (void)state;

  assert_true(name_recipient(counters, 999, 1, 0)); /* the clock begins */
  for (i = 0; i < 63; i++) {
    assert_true(name_recipient(counters, i, 1, now));
  }
  for (i = 100; i < 164; i++) {
    assert_true(name_recipient(counters, i, 1, now + 80 * MINUTE));
  }
  assert_int_equal(m.held, held);
  now += 160 * MINUTE - 1;
  assert_true(name_recipient(counters, 200, 1, now));
  assert_true(m.held > held);
  for (i = 100; i < 164; i++) {
    assert_false(name_recipient(counters, i, 1, now));
  }
  shako_counters_unref(counters);
}

static void memory_grows_with_the_networks_up_to_a_bound(void **state) {
  memory m = {0};
  shako_counters *counters = make(10000, 32, 64, &m);
  size_t empty = m.held;
  uint32_t i;

  (void)state;

  assert_in_range(empty, 1, 6000);
  for (i = 0; i < 10000; i++) {
    size_t places = i < 64 ? 64 : 2 * i;

    assert_true(name_recipient(counters, i, 1, 0));
    assert_in_range(m.held, 1, 300 + 76 * (places < 10000 ? places : 10000));
  }
  for (i = 0; i < 10000; i++) {
    assert_false(name_recipient(counters, i, 1, 0));
  }
  for (i = 10000; i < 30000; i++) {
    assert_true(name_recipient(counters, i, 1, 0));
  }
  assert_in_range(m.held, 76 * 10000, 300 + 76 * 10000);
  assert_in_range(m.most, m.held, 2 * m.held);
  assert_in_range(m.calls, 3, 10);
  for (i = 20000; i < 30000; i++) {
    assert_false(name_recipient(counters, i, 1, 0));
  }
  shako_counters_unref(counters);
  assert_int_equal(m.held, 0);
}

static void without_memory_there_are_no_counters(void **state) {
  size_t n;

  (void)state;

  for (n = 1; n < 3; n++) {
    memory m = {.fails = n};
    shako_mem mem = {&m, memory_alloc, memory_release};
    shako_counters *counters = NULL;

    assert_int_equal(shako_counters_new(&counters, NULL, &mem),
                     SHAKO_ERR_NOMEM);
    assert_null(counters);
    assert_int_equal(m.held, 0);
  }
}

static void without_memory_the_places_that_there_are_do(void **state) {
  memory m = {0};
  shako_counters *counters = make(65536, 32, 64, &m);
  uint32_t i;

  (void)state;

  m.fails = 1;
  for (i = 0; i < 100; i++) {
    assert_true(name_recipient(counters, i, 1, 0));
  }
  for (i = 36; i < 100; i++) {
    assert_false(name_recipient(counters, i, 1, 0));
  }
  for (i = 0; i < 64; i++) {
    assert_true(open_one(counters, i, 1, 0));
  }
  assert_false(open_one(counters, 64, 1, 0));
  m.fails = 0;
  assert_true(open_one(counters, 64, 1, 0));
  for (i = 0; i < 65; i++) {
    assert_false(open_one(counters, i, 1, 0));
    close_one(counters, i, 0);
  }
  shako_counters_unref(counters);
  assert_int_equal(m.held, 0);
}

/*
 * The model: all that ever happened to each of a few networks, in a list.
 */

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

static bool model_handshake(model *w, size_t i, uint32_t limit) {
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

    *a = at(i < 128 ? "2001:db8:5555:aaaa::9" : "192.0.2.0");
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
    want = model_handshake(w, i, limit);
    got = shako__counters_handshake(counters, a, limit, w->now);
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
    memory m = {0};
    shako_counters *counters;

    memset(&w, 0, sizeof(w));
    w.places = places[i % COUNT(places)];
    w.begin = i % 3 == 0 ? 0 : (shako_time)next_random(&seed) << i % 32;
    w.now = w.begin;
    fill(&w, &seed);
    counters = make(w.places, 32, 128, &m);
    /* The first step is where the clock begins. */
    model_recipient(&w, 0, 1);
    shako__counters_recipient(counters, &w.addresses[0], 1, w.now);
    for (step = 0; step < 10000; step++) {
      refused += compare(&w, counters, &seed);
    }
    shako_counters_unref(counters);
    assert_int_equal(m.held, 0);
  }
  assert_in_range(refused, 40000, 200000);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(configurations_are_judged),
      cmocka_unit_test(the_defaults_are_those_of_the_header),
      cmocka_unit_test(the_last_reference_frees),
      cmocka_unit_test(so_many_connections_are_counted_and_no_more),
      cmocka_unit_test(so_many_connections_of_all_are_counted_and_no_more),
      cmocka_unit_test(peers_without_an_address_have_no_limit_of_their_own),
      cmocka_unit_test(recipients_and_handshakes_are_counted_apart),
      cmocka_unit_test(peers_are_told_apart_by_so_many_bits),
      cmocka_unit_test(a_count_is_there_for_an_hour_and_gone_in_80_minutes),
      cmocka_unit_test(a_handshake_is_there_for_a_minute_and_gone_in_80_s),
      cmocka_unit_test(a_clock_that_lags_behind_changes_nothing),
      cmocka_unit_test(the_network_that_was_quiet_longest_is_forgotten),
      cmocka_unit_test(a_network_with_an_open_connection_is_never_forgotten),
      cmocka_unit_test(a_closed_connection_leaves_nothing_behind),
      cmocka_unit_test(counts_that_are_gone_make_room_before_more_is_asked),
      cmocka_unit_test(counts_make_room_when_they_are_80_minutes_old),
      cmocka_unit_test(memory_grows_with_the_networks_up_to_a_bound),
      cmocka_unit_test(without_memory_there_are_no_counters),
      cmocka_unit_test(without_memory_the_places_that_there_are_do),
      cmocka_unit_test(random_histories_agree_with_a_model),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
