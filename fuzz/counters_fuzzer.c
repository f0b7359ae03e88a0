/* What a few networks do, in any order.  The first octet says how many places
   there are, the second which allocation fails; then each three are a step:
   what, who and by how much the clock moves.  A limit is kept in every hour and
   in every minute, and who keeps to it in more than these is not refused. */

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "check.h"
#include "poor_memory.h"
#include "server/counters.h"

#define NETWORKS  32u
#define NOBODY    31u /* has no address */
#define LIMIT     3u
#define TOTAL     20u
#define STEPS_MAX 500u

#define MINUTE ((shako_time)60000)
#define HOUR   (60 * MINUTE)

/* The last times that something was counted, enough to judge the limit. */
typedef struct times {
  shako_time at[LIMIT];
  uint32_t count;
} times;

typedef struct world {
  shako_counters *counters;
  poor_memory memory;
  uint32_t places;
  uint32_t seen; /* a bit for each network that was counted ever */
  uint32_t open[NETWORKS];
  times recipients[NETWORKS];
  times begun[NETWORKS]; /* handshakes */
  uint32_t connections;
  uint32_t handshakes; /* under way */
  shako_time now;
} world;

/* Whether all of |of| that may stand against one more lie within |span|. */
static bool is_full(const world *w, const times *of, shako_time span) {
  return of->count >= LIMIT && w->now - of->at[of->count % LIMIT] < span;
}

static void add(const world *w, times *of) {
  of->at[of->count++ % LIMIT] = w->now;
}

/* Whether there was always a place for everybody, so that nobody was
   forgotten. */
static bool has_room(const world *w) {
  return (uint32_t)__builtin_popcount(w->seen) <= w->places &&
         !w->memory.failed;
}

static shako_address address_of(unsigned who, uint8_t host) {
  shako_address address = {.known = who != NOBODY};

  if (who % 2 == 0) {
    memset(address.bytes + 10, 0xff, 2);
    address.bytes[12] = (uint8_t)(who << 3);
    address.bytes[14] = (uint8_t)who;
  } else {
    address.bytes[0] = (uint8_t)(who << 3);
    address.bytes[7] = (uint8_t)who;
  }
  address.bytes[15] = host;
  return address;
}

static void connect(world *w, unsigned who, const shako_address *address) {
  bool over = w->connections >= TOTAL;
  bool full = who != NOBODY && w->open[who] >= LIMIT;
  bool passed =
      shako__counters_connect(w->counters, address, LIMIT, TOTAL, w->now);

  CHECK(!passed || (!over && !full));
  CHECK(passed || over || full || !has_room(w));
  w->open[who] += passed;
  w->connections += passed;
}

static void disconnect(world *w, unsigned who, const shako_address *address) {
  if (w->open[who] > 0) {
    shako__counters_disconnect(w->counters, address, w->now);
    w->open[who]--;
    w->connections--;
  }
}

static void name_recipient(world *w, unsigned who,
                           const shako_address *address) {
  times *of = &w->recipients[who];
  bool passed = shako__counters_recipient(w->counters, address, LIMIT, w->now);

  if (who != NOBODY && has_room(w)) {
    CHECK(!passed || !is_full(w, of, HOUR));
    CHECK(passed || is_full(w, of, 80 * MINUTE));
  }
  if (passed) {
    add(w, of);
  }
}

static void begin_handshake(world *w, unsigned who,
                            const shako_address *address) {
  times *of = &w->begun[who];
  bool over = w->handshakes >= TOTAL / 2;
  shako__handshake_count result =
      shako__counters_handshake(w->counters, address, LIMIT, TOTAL / 2, w->now);

  CHECK(over == (result == SHAKO__HANDSHAKE_TOO_MANY));
  if (who != NOBODY && has_room(w) && !over) {
    CHECK(result != SHAKO__HANDSHAKE_COUNTED || !is_full(w, of, MINUTE));
    CHECK(result == SHAKO__HANDSHAKE_COUNTED ||
          is_full(w, of, MINUTE / 60 * 80));
  }
  if (result == SHAKO__HANDSHAKE_COUNTED) {
    add(w, of);
    w->handshakes++;
  }
}

static void end_handshake(world *w) {
  if (w->handshakes > 0) {
    shako__counters_handshake_over(w->counters);
    w->handshakes--;
  }
}

static void step(world *w, const uint8_t *octets) {
  static const shako_time units[] = {0, 1, 1000, MINUTE};
  unsigned who = octets[1] % NETWORKS;
  shako_address address = address_of(who, octets[1] >> 5);

  w->now += units[octets[2] >> 6] * (octets[2] & 0x3f);
  w->seen |= who != NOBODY ? UINT32_C(1) << who : 0;
  switch (octets[0] % 5) {
  case 0:
    connect(w, who, &address);
    break;
  case 1:
    disconnect(w, who, &address);
    break;
  case 2:
    name_recipient(w, who, &address);
    break;
  case 3:
    begin_handshake(w, who, &address);
    break;
  case 4:
    end_handshake(w);
    break;
  }
}

static bool open_world(world *w, const uint8_t *octets) {
  shako_mem mem = poor_memory_mem(&w->memory);
  shako_counters_config config;
  int error;

  w->places = octets[0] % NETWORKS + 1;
  w->memory.left = octets[1] > 0 ? octets[1] % 16u : SIZE_MAX;
  shako_counters_config_default(&config);
  config.networks = w->places;
  config.ipv4_width = 24;
  error = shako_counters_new(&w->counters, &config, &mem);
  CHECK(error == 0 || (error == SHAKO_ERR_NOMEM && w->memory.failed));
  return error == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len) {
  world w = {.now = HOUR};
  unsigned who;
  size_t i;

  if (len >= 2 && open_world(&w, octets)) {
    for (i = 2; i + 3 <= len && i < 3 * STEPS_MAX; i += 3) {
      step(&w, octets + i);
    }
    for (who = 0; who < NETWORKS; who++) {
      shako_address address = address_of(who, 0);

      while (w.open[who] > 0) {
        disconnect(&w, who, &address);
      }
    }
    shako_counters_unref(w.counters);
  }
  CHECK(w.memory.live == 0);

  return 0;
}
