#include "server/counters.h"

#include <pthread.h>
#include <string.h>

#include "base/mem.h"
#include "server/networks.h"

/*
 * One lock guards all networks: what is done under it takes a microsecond.
 *
 * A minute is three slices of 20 seconds, and an hour three of 20 minutes.
 * Counted is what lies in the slice under way and in the three before it, an
 * hour at least.  That needs no list of times, and never lets more through in
 * any hour than the limit; the price is that a count weighs up to a slice
 * longer than it must.
 *
 * All times are numbers of the short slices since the first call.  They go
 * back for nobody: workers may read the clock and come here in another order.
 */

#define SLICE          20000u /* milliseconds */
#define SLICES_OF_LONG 60u    /* short slices in a long one */

#define ANY_NUMBER UINT32_MAX

struct shako_counters {
  shako_mem mem;
  uint32_t references; /* atomic */
  uint8_t ipv4_width;
  uint8_t ipv6_width;
  pthread_mutex_t lock; /* of all below */
  shako__networks networks;
  uint64_t connections; /* open ones, of all */
  uint64_t handshakes;  /* under way, of all */
  shako_time begin;     /* NEVER before the first call */
  uint32_t now;
};

void shako_counters_config_default_sized(shako_counters_config *config,
                                         size_t size) {
  const shako_counters_config defaults = {
      .networks = 65536,
      .ipv4_width = 32,
      .ipv6_width = 64,
  };

  shako__sized_fill(config, size, &defaults, sizeof(defaults));
}

/* Makes what |counters|, zeroed, is made of.  Returns false without memory. */
static bool init(shako_counters *counters, const shako_counters_config *config,
                 const shako_mem *mem) {
  counters->mem = *mem;
  counters->references = 1;
  counters->ipv4_width = config->ipv4_width;
  counters->ipv6_width = config->ipv6_width;
  counters->begin = SHAKO_TIME_NEVER;
  if (shako__networks_init(&counters->networks, &counters->mem,
                           config->networks) != 0) {
    return false;
  }
  if (pthread_mutex_init(&counters->lock, NULL) != 0) {
    shako__networks_free(&counters->networks);
    return false;
  }
  return true;
}

int shako_counters_new(shako_counters **pcounters,
                       const shako_counters_config *given,
                       const shako_mem *given_mem) {
  shako_mem mem = given_mem ? *given_mem : shako__mem_default();
  shako_counters_config config;
  shako_counters *counters;

  shako_counters_config_default(&config);
  if (given) {
    shako__sized_copy(&config, sizeof(config), given);
  }
  if (config.networks == 0 || config.ipv4_width > 32 ||
      config.ipv6_width > 128) {
    return SHAKO_ERR_INVALID_ARGUMENT;
  }
  counters = shako__alloc(&mem, sizeof(*counters));
  if (!counters) {
    return SHAKO_ERR_NOMEM;
  }
  if (!init(counters, &config, &mem)) {
    shako__release(&mem, counters, sizeof(*counters));
    return SHAKO_ERR_NOMEM;
  }
  *pcounters = counters;
  return 0;
}

shako_counters *shako_counters_ref(shako_counters *counters) {
  __atomic_add_fetch(&counters->references, 1, __ATOMIC_RELAXED);

  return counters;
}

static void free_counters(shako_counters *counters) {
  shako_mem mem = counters->mem;

  pthread_mutex_destroy(&counters->lock);
  shako__networks_free(&counters->networks);
  shako__release(&mem, counters, sizeof(*counters));
}

void shako_counters_unref(shako_counters *counters) {
  if (counters &&
      __atomic_sub_fetch(&counters->references, 1, __ATOMIC_ACQ_REL) == 0) {
    free_counters(counters);
  }
}

/* Writes the network of |address| to |prefix|. */
static void cut(const shako_counters *counters, const shako_address *address,
                uint8_t prefix[16]) {
  static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  bool is_ipv4 = memcmp(address->bytes, mapped, sizeof(mapped)) == 0;
  unsigned width = is_ipv4 ? 96u + counters->ipv4_width : counters->ipv6_width;
  unsigned i;

  for (i = 0; i < 16; i++) {
    unsigned bits = width < 8 ? width : 8;

    prefix[i] = (uint8_t)(address->bytes[i] & 0xff00u >> bits);
    width -= bits;
  }
}

/* Moves the clock to |now|. */
static void set_clock(shako_counters *counters, shako_time now) {
  uint64_t slices;

  if (counters->begin == SHAKO_TIME_NEVER) {
    counters->begin = now;
  }
  slices = now < counters->begin ? 0 : (now - counters->begin) / SLICE;
  if (slices > UINT32_MAX) { /* 2,700 years */
    slices = UINT32_MAX;
  }
  if (slices > counters->now) {
    counters->now = (uint32_t)slices;
  }
}

/* Begins |by| new slices. */
static void shift(uint32_t *slices, uint32_t by) {
  uint32_t i;

  for (i = SHAKO__SLICES; i-- > 0;) {
    slices[i] = i >= by ? slices[i - by] : 0;
  }
}

static uint64_t sum(const uint32_t *slices) {
  uint64_t n = 0;
  uint32_t i;

  for (i = 0; i < SHAKO__SLICES; i++) {
    n += slices[i];
  }
  return n;
}

/* Returns the network of |address| as it stands now, to be put back, or NULL
   where there is no place for it. */
static shako__network *take(shako_counters *counters,
                            const shako_address *address) {
  const uint32_t memory = SHAKO__SLICES * SLICES_OF_LONG;
  uint32_t now = counters->now;
  uint8_t prefix[16];
  shako__network *network;

  cut(counters, address, prefix);
  network = shako__networks_take(&counters->networks, prefix,
                                 now < memory ? 0 : now - memory + 1);
  if (network) {
    shift(network->handshakes, now - network->last);
    shift(network->recipients,
          now / SLICES_OF_LONG - network->last / SLICES_OF_LONG);
    network->last = now;
  }
  return network;
}

static void put_back(shako_counters *counters, shako__network *network) {
  if (network->connections > 0) {
    return;
  }
  if (sum(network->recipients) > 0 || sum(network->handshakes) > 0) {
    shako__networks_rest(&counters->networks, network);
  } else {
    shako__networks_drop(&counters->networks, network);
  }
}

static uint32_t number(uint32_t limit) {
  return limit == 0 ? ANY_NUMBER : limit;
}

/* Counts a connection of |address|.  Returns whether it was. */
static bool count_connection(shako_counters *counters,
                             const shako_address *address, uint32_t limit) {
  shako__network *network = take(counters, address);
  bool passes = network && network->connections < number(limit);

  if (passes) {
    network->connections++;
  }
  if (network) {
    put_back(counters, network);
  }
  return passes;
}

bool shako__counters_connect(shako_counters *counters,
                             const shako_address *address, uint32_t limit,
                             uint32_t total, shako_time now) {
  bool passes;

  pthread_mutex_lock(&counters->lock);
  set_clock(counters, now);
  passes = counters->connections < number(total) &&
           (!address->known || count_connection(counters, address, limit));
  if (passes) {
    counters->connections++;
  }
  pthread_mutex_unlock(&counters->lock);
  return passes;
}

void shako__counters_disconnect(shako_counters *counters,
                                const shako_address *address, shako_time now) {
  pthread_mutex_lock(&counters->lock);
  set_clock(counters, now);
  if (address->known) {
    /* It has a place: nobody forgets one with an open connection. */
    shako__network *network = take(counters, address);

    network->connections--;
    put_back(counters, network);
  }
  counters->connections--;
  pthread_mutex_unlock(&counters->lock);
}

typedef enum rate { RECIPIENTS, HANDSHAKES } rate;

/* Counts one more of |what| in the slice under way.  Returns whether it was. */
static bool count_in(shako_counters *counters, const shako_address *address,
                     rate what, uint32_t limit) {
  shako__network *network = take(counters, address);
  uint32_t *slices;
  bool passes;

  if (!network) {
    return false;
  }
  slices = what == RECIPIENTS ? network->recipients : network->handshakes;
  passes = sum(slices) < limit;
  if (passes) {
    slices[0]++;
  }
  put_back(counters, network);
  return passes;
}

static bool is_counted(const shako_address *address, uint32_t limit) {
  return limit > 0 && address->known;
}

bool shako__counters_recipient(shako_counters *counters,
                               const shako_address *address, uint32_t limit,
                               shako_time now) {
  bool passes;

  if (!is_counted(address, limit)) {
    return true;
  }
  pthread_mutex_lock(&counters->lock);
  set_clock(counters, now);
  passes = count_in(counters, address, RECIPIENTS, limit);
  pthread_mutex_unlock(&counters->lock);
  return passes;
}

shako__handshake_count shako__counters_handshake(shako_counters *counters,
                                                 const shako_address *address,
                                                 uint32_t limit, uint32_t total,
                                                 shako_time now) {
  shako__handshake_count count = SHAKO__HANDSHAKE_COUNTED;

  pthread_mutex_lock(&counters->lock);
  set_clock(counters, now);
  if (counters->handshakes >= number(total)) {
    count = SHAKO__HANDSHAKE_TOO_MANY;
  } else if (is_counted(address, limit) &&
             !count_in(counters, address, HANDSHAKES, limit)) {
    count = SHAKO__HANDSHAKE_TOO_OFTEN;
  } else {
    counters->handshakes++;
  }
  pthread_mutex_unlock(&counters->lock);
  return count;
}

void shako__counters_handshake_over(shako_counters *counters) {
  pthread_mutex_lock(&counters->lock);
  counters->handshakes--;
  pthread_mutex_unlock(&counters->lock);
}
