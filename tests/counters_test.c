/* What peers have done lately: limits, time, and the networks that are
   remembered. */

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
  shako__handshake_count count =
      shako__counters_handshake(counters, &address, limit, 0, now);

  if (count == SHAKO__HANDSHAKE_COUNTED) {
    shako__counters_handshake_over(counters);
  }
  return count == SHAKO__HANDSHAKE_COUNTED;
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
    assert_int_equal(shako__counters_handshake(counters, &none, 1, 0, 0),
                     SHAKO__HANDSHAKE_COUNTED);
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

/* One too many at once is none of those that its network began. */
static void so_many_handshakes_are_under_way_and_no_more(void **state) {
  shako_counters *counters = make(100, 32, 64, NULL);
  shako_address a = at("192.0.2.7");
  shako_address none = {0};
  unsigned i;

  (void)state;
  for (i = 0; i < 2; i++) {
    assert_int_equal(shako__counters_handshake(counters, &none, 1, 2, 0),
                     SHAKO__HANDSHAKE_COUNTED);
  }
  assert_int_equal(shako__counters_handshake(counters, &none, 1, 2, 0),
                   SHAKO__HANDSHAKE_TOO_MANY);
  assert_int_equal(shako__counters_handshake(counters, &a, 1, 2, 0),
                   SHAKO__HANDSHAKE_TOO_MANY);
  shako__counters_handshake_over(counters);
  assert_int_equal(shako__counters_handshake(counters, &a, 1, 2, 0),
                   SHAKO__HANDSHAKE_COUNTED);
  shako__counters_handshake_over(counters);
  assert_int_equal(shako__counters_handshake(counters, &a, 1, 2, 0),
                   SHAKO__HANDSHAKE_TOO_OFTEN);
  assert_int_equal(shako__counters_handshake(counters, &a, 2, 2, 0),
                   SHAKO__HANDSHAKE_COUNTED);
  assert_int_equal(shako__counters_handshake(counters, &a, 0, 0, 0),
                   SHAKO__HANDSHAKE_COUNTED); /* no limit */
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

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(configurations_are_judged),
      cmocka_unit_test(the_defaults_are_those_of_the_header),
      cmocka_unit_test(the_last_reference_frees),
      cmocka_unit_test(so_many_connections_are_counted_and_no_more),
      cmocka_unit_test(so_many_connections_of_all_are_counted_and_no_more),
      cmocka_unit_test(peers_without_an_address_have_no_limit_of_their_own),
      cmocka_unit_test(recipients_and_handshakes_are_counted_apart),
      cmocka_unit_test(so_many_handshakes_are_under_way_and_no_more),
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
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
