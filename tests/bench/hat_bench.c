/* Measures the look-ups of the Host Access Table: addresses beside a binary
   search over the same stretches, sorted, in the same run, each behind a pass
   that fills the caches; names alone; and the whole from a file's text to the
   policy of a peer.
   Prefixes are spread over the space or crowded into one network, each with a
   rule of its own; every query is inside one of them.  Those of 32 bits, the
   hosts, leave the most to search, since none hides another. */

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "bench.h"
#include "policy/hat.h"
#include "policy/nameset.h"
#include "policy/netset.h"
#include "policy/netsweep.h"

#define QUERIES ((size_t)1 << 18)
#define ROUNDS  9

static const bench_goal no_goal = {BENCH_NO_GOAL, 0};

static size_t held; /* octets of memory */

static void *counted_alloc(size_t size, void *user_data) {
  void *ptr = malloc(size);

  (void)user_data;
  bench_need(ptr != NULL, "no memory");
  held += size;
  return ptr;
}

static void counted_release(void *ptr, size_t size, void *user_data) {
  (void)user_data;
  held -= size;
  free(ptr);
}

static const shako_mem counted = {NULL, counted_alloc, counted_release};

static uint64_t seed = 20;

static uint64_t next_random(void) {
  seed ^= seed << 13;
  seed ^= seed >> 7;
  seed ^= seed << 17;
  return seed;
}

/* Addresses of one kind. */
typedef struct family {
  const char *name;
  bool ipv4;
  const char *network; /* that all are in */
  unsigned network_bits;
  unsigned shortest; /* prefix */
  unsigned longest;
  double octets; /* goal: an entry has at most */
  double share;  /* goal: of the time of the binary search */
} family;

static const family families[] = {
    {"ipv4 spread", true, "0.0.0.0", 96, 96 + 16, 128, 40, 0.3},
    {"ipv4 hosts", true, "0.0.0.0", 96, 128, 128, 40, 0.3},
    {"ipv4 crowded", true, "10.0.0.0", 96 + 8, 96 + 22, 128, 40, 0.3},
    {"ipv4 crowded hosts", true, "10.0.0.0", 96 + 8, 128, 128, 40, 0.3},
    {"ipv6 spread", false, "2000::", 3, 32, 64, 100, 0.8},
    {"ipv6 crowded", false, "2001:db8::", 32, 44, 128, 100, 0.8},
};

/* Sets the bits of |address| from |from| on as |fill| says. */
static void fill_bits(uint8_t *address, unsigned from, uint8_t (*fill)(void)) {
  unsigned i;

  for (i = from / 8; i < 16; i++) {
    uint8_t mask = (uint8_t)(i == from / 8 ? 0xff >> from % 8 : 0xff);

    address[i] = (uint8_t)((address[i] & ~mask) | (fill() & mask));
  }
}

static uint8_t zeroes(void) {
  return 0;
}

static uint8_t ones(void) {
  return 0xff;
}

static uint8_t noise(void) {
  return (uint8_t)(next_random() >> 32);
}

typedef struct prefix {
  uint8_t first[16];
  unsigned bits;
} prefix;

static prefix *make_prefixes(const family *f, size_t n) {
  shako_span text = {(const uint8_t *)f->network, strlen(f->network)};
  prefix *prefixes = malloc(n * sizeof(*prefixes));
  shako_address network;
  size_t i;

  bench_need(prefixes != NULL && shako_address_parse(&network, text) == 0,
             "no prefixes");
  for (i = 0; i < n; i++) {
    prefix *p = &prefixes[i];

    memcpy(p->first, network.bytes, 16);
    p->bits = f->shortest +
              (unsigned)(next_random() % (f->longest - f->shortest + 1));
    fill_bits(p->first, f->network_bits, noise);
    fill_bits(p->first, p->bits, zeroes);
  }
  return prefixes;
}

static void last_of(const prefix *p, uint8_t *last) {
  memcpy(last, p->first, 16);
  fill_bits(last, p->bits, ones);
}

static uint8_t *make_queries(const prefix *prefixes, size_t n) {
  uint8_t *queries = malloc(QUERIES * 16);
  size_t i;

  bench_need(queries != NULL, "no queries");
  for (i = 0; i < QUERIES; i++) {
    const prefix *p = &prefixes[next_random() % n];

    memcpy(queries + 16 * i, p->first, 16);
    fill_bits(queries + 16 * i, p->bits, noise);
  }
  return queries;
}

/* The baseline: what is searched lies close together. */
typedef struct intervals {
  size_t count;
  uint32_t *ipv4; /* the last address of each, or ... */
  shako__netkey *ipv6;
  uint32_t *rules;
} intervals;

static uint32_t read_4(const uint8_t *octets) {
  return (uint32_t)octets[0] << 24 | (uint32_t)octets[1] << 16 |
         (uint32_t)octets[2] << 8 | octets[3];
}

static shako__netkey key_of(const uint8_t *address) {
  shako__netkey key = {(uint64_t)read_4(address) << 32 | read_4(address + 4),
                       (uint64_t)read_4(address + 8) << 32 |
                           read_4(address + 12)};

  return key;
}

static uint32_t search_ipv4(const intervals *in, const uint8_t *address) {
  uint32_t key = read_4(address + 12);
  size_t from = 0;
  size_t to = in->count - 1;

  while (from < to) {
    size_t middle = from + (to - from) / 2;

    if (in->ipv4[middle] < key) {
      from = middle + 1;
    } else {
      to = middle;
    }
  }
  return in->rules[from];
}

static uint32_t search_ipv6(const intervals *in, const uint8_t *address) {
  shako__netkey key = key_of(address);
  size_t from = 0;
  size_t to = in->count - 1;

  while (from < to) {
    size_t middle = from + (to - from) / 2;

    if (shako__netkey_less(in->ipv6[middle], key)) {
      from = middle + 1;
    } else {
      to = middle;
    }
  }
  return in->rules[from];
}

/* Adds the ranges of |prefixes|, in the order of their rules. */
static void add_ranges(shako__array *ranges, const prefix *prefixes, size_t n) {
  size_t i;

  for (i = 0; i < n; i++) {
    shako__range *range = shako__array_add(ranges, 1);
    uint8_t last[16];

    last_of(&prefixes[i], last);
    *range =
        (shako__range){key_of(prefixes[i].first), key_of(last), (uint32_t)i};
  }
}

static void copy_stretches(intervals *in, const shako__array *stretches,
                           bool ipv4) {
  const shako__stretch *stretch = stretches->items;
  size_t i;

  in->count = stretches->count;
  in->ipv4 = malloc(in->count * sizeof(*in->ipv4));
  in->ipv6 = malloc(in->count * sizeof(*in->ipv6));
  in->rules = malloc(in->count * sizeof(*in->rules));
  bench_need(in->ipv4 != NULL && in->ipv6 != NULL && in->rules != NULL,
             "no intervals");
  for (i = 0; i < in->count; i++) {
    in->ipv4[i] = ipv4 ? (uint32_t)stretch[i].last.low : 0;
    in->ipv6[i] = stretch[i].last;
    in->rules[i] = stretch[i].rule;
  }
}

static void make_intervals(intervals *in, const family *f,
                           const prefix *prefixes, size_t n) {
  shako__netkey before = {0, f->ipv4 ? 0xfffeffffffff : 0};
  shako__netkey end = {f->ipv4 ? 0 : UINT64_MAX,
                       f->ipv4 ? 0xffffffffffff : UINT64_MAX};
  shako__netsweep sweep;
  shako__array stretches;
  shako__array ranges;

  shako__array_init(&ranges, &counted, sizeof(shako__range));
  shako__array_init(&stretches, &counted, sizeof(shako__stretch));
  add_ranges(&ranges, prefixes, n);
  bench_need(shako__netsweep_begin(&sweep, &ranges) == 0 &&
                 shako__netsweep_to(&sweep, before, &stretches) == 0,
             "no sweep");
  stretches.count = 0;
  bench_need(shako__netsweep_to(&sweep, end, &stretches) == 0, "no stretches");
  copy_stretches(in, &stretches, f->ipv4);
  shako__netsweep_free(&sweep);
  shako__array_free(&stretches);
  shako__array_free(&ranges);
}

static void free_intervals(intervals *in) {
  free(in->ipv4);
  free(in->ipv6);
  free(in->rules);
}

static void make_set(shako__netset *set, const prefix *prefixes, size_t n) {
  size_t i;

  shako__netset_init(set, &counted);
  for (i = 0; i < n; i++) {
    uint8_t last[16];

    last_of(&prefixes[i], last);
    bench_need(shako__netset_add(set, prefixes[i].first, last, (uint32_t)i) ==
                   0,
               "no set");
  }
  bench_need(shako__netset_build(set) == 0, "no set");
}

/* Times of the two, a query, and what they found. */
typedef struct times {
  double search[ROUNDS];
  double find[ROUNDS];
  uint64_t searched;
  uint64_t found;
} times;

static double run_search(const intervals *in, const uint8_t *queries, bool ipv4,
                         uint64_t *sum) {
  double start = bench_now();
  size_t i;

  for (i = 0; i < QUERIES; i++) {
    *sum += ipv4 ? search_ipv4(in, queries + 16 * i)
                 : search_ipv6(in, queries + 16 * i);
  }
  return (bench_now() - start) / (double)QUERIES;
}

static double run_find(const shako__netset *set, const uint8_t *queries,
                       uint64_t *sum) {
  double start = bench_now();
  size_t i;

  for (i = 0; i < QUERIES; i++) {
    *sum += shako__netset_find(set, queries + 16 * i);
  }
  return (bench_now() - start) / (double)QUERIES;
}

static int compare(const void *a, const void *b) {
  double x = *(const double *)a;
  double y = *(const double *)b;

  return (x > y) - (x < y);
}

static double median(double *values) {
  qsort(values, ROUNDS, sizeof(*values), compare);
  return values[ROUNDS / 2];
}

/* Prints |value| of |what| with |n| entries. */
static void result(const char *name, size_t n, const char *what, double value,
                   const char *unit, bench_goal goal) {
  char text[80];

  snprintf(text, sizeof(text), "hat %s, %zu, %s", name, n, what);
  bench_result(text, value, unit, n == 1000000 ? goal : no_goal);
}

static void report(const family *f, size_t n, times *t, double octets,
                   double build) {
  double search = median(t->search);
  double find = median(t->find);

  result(f->name, n, "binary search", search, "ns", no_goal);
  result(f->name, n, "find", find, "ns", no_goal);
  result(f->name, n, "of the search's time", find / search, "ratio",
         (bench_goal){BENCH_AT_MOST, f->share});
  result(f->name, n, "octets an entry", octets / (double)n, "octets",
         (bench_goal){BENCH_AT_MOST, f->octets});
  result(f->name, n, "build", build / 1e6, "ms",
         (bench_goal){BENCH_AT_MOST, 1000});
}

static void measure_addresses(const family *f, size_t n) {
  prefix *prefixes = make_prefixes(f, n);
  uint8_t *queries = make_queries(prefixes, n);
  times t = {.found = 0};
  shako__netset set;
  intervals in;
  double build;
  size_t i;

  make_intervals(&in, f, prefixes, n);
  build = bench_now();
  make_set(&set, prefixes, n);
  build = bench_now() - build;
  for (i = 0; i < ROUNDS; i++) {
    run_search(&in, queries, f->ipv4, &t.searched);
    t.search[i] = run_search(&in, queries, f->ipv4, &t.searched);
    run_find(&set, queries, &t.found);
    t.find[i] = run_find(&set, queries, &t.found);
  }
  bench_need(t.searched == t.found, "the two do not agree");
  report(f, n, &t, (double)held, build);
  shako__netset_free(&set);
  free_intervals(&in);
  free(queries);
  free(prefixes);
}

/* Writes the |i|-th name, half of them for what is under it. */
static shako_span write_name(char *text, size_t i) {
  shako_span name = {(const uint8_t *)text, 0};

  name.len = (size_t)sprintf(text, "%sd%zu.z%zu.example",
                             i % 2 == 0 ? "." : "mail.", i, i % 97);
  return name;
}

static void make_names(shako__nameset *set, size_t n) {
  char text[64];
  size_t i;

  shako__nameset_init(set, &counted);
  for (i = 0; i < n; i++) {
    bench_need(shako__nameset_add(set, write_name(text, i), (uint32_t)i) == 0,
               "no names");
  }
  bench_need(shako__nameset_build(set) == 0, "no names");
}

/* Looks for hosts whose names, or what stands over them, are in |set|. */
static double run_names(const shako__nameset *set, size_t n, uint64_t *sum) {
  static char texts[QUERIES][64];
  double start;
  size_t i;

  for (i = 0; i < QUERIES; i++) {
    char name[64];
    shako_span from = write_name(name, next_random() % n);

    snprintf(texts[i], sizeof(texts[i]), "%s%.*s", name[0] == '.' ? "mx" : "",
             (int)from.len, name);
  }
  start = bench_now();
  for (i = 0; i < QUERIES; i++) {
    shako_span name = {(const uint8_t *)texts[i], strlen(texts[i])};
    uint32_t rule = shako__nameset_find(set, name);

    *sum += rule != SHAKO__NO_RULE;
  }
  return (bench_now() - start) / (double)QUERIES;
}

/* Looks for the name with the most labels there can be. */
static double run_longest(const shako__nameset *set, uint64_t *sum) {
  uint8_t text[253];
  shako_span name = {text, sizeof(text)};
  double start = bench_now();
  size_t i;

  for (i = 0; i < sizeof(text); i++) {
    text[i] = i % 2 == 0 ? 'a' : '.';
  }
  for (i = 0; i < 10000; i++) {
    text[252] = (uint8_t)('a' + i % 26);
    *sum += shako__nameset_find(set, name) != SHAKO__NO_RULE;
  }
  return (bench_now() - start) / 10000;
}

static void measure_names(size_t n) {
  double found[ROUNDS];
  uint64_t sum = 0;
  shako__nameset set;
  double build = bench_now();
  size_t i;

  make_names(&set, n);
  build = bench_now() - build;
  for (i = 0; i < ROUNDS; i++) {
    found[i] = run_names(&set, n, &sum);
  }
  bench_need(sum == QUERIES * ROUNDS, "names are not found");
  result("names", n, "find", median(found), "ns", no_goal);
  result("names", n, "find 127 labels", run_longest(&set, &sum), "ns", no_goal);
  result("names", n, "octets an entry", (double)held / (double)n, "octets",
         no_goal);
  result("names", n, "build", build / 1e6, "ms", no_goal);
  shako__nameset_free(&set);
}

/* A table of |n| lines, each an address in one of two groups. */
static char *write_table(size_t n, size_t *len) {
  size_t room = n * 24 + 200;
  char *text = malloc(room);
  size_t i;

  bench_need(text != NULL, "no memory");
  *len =
      (size_t)snprintf(text, room, "$P ACCEPT {\n tls = \"required\"\n}\nA:\n");
  for (i = 0; i < n; i++) {
    uint32_t address = (uint32_t)i * 4099u + 0x01000000u;

    if (i == n / 2) {
      *len += (size_t)snprintf(text + *len, room - *len, "$P\nB:\n");
    }
    *len += (size_t)snprintf(text + *len, room - *len, "%u.%u.%u.%u\n",
                             address >> 24, address >> 16 & 255,
                             address >> 8 & 255, address & 255);
  }
  *len += (size_t)snprintf(text + *len, room - *len, "REJECT\nALL ACCEPT\n");
  return text;
}

static double run_table(const shako_hat *hat, size_t n) {
  shako_peer peer;
  size_t found = 0;
  double start;
  size_t i;

  shako_peer_default(&peer);
  peer.address.known = 1;
  peer.address.bytes[10] = peer.address.bytes[11] = 0xff;
  start = bench_now();
  for (i = 0; i < QUERIES; i++) {
    uint32_t address = (uint32_t)(next_random() % n) * 4099u + 0x01000000u;
    shako_hat_match match;

    peer.address.bytes[12] = (uint8_t)(address >> 24);
    peer.address.bytes[13] = (uint8_t)(address >> 16);
    peer.address.bytes[14] = (uint8_t)(address >> 8);
    peer.address.bytes[15] = (uint8_t)address;
    shako_hat_find(hat, &peer, &match);
    found += match.group != NULL;
  }
  bench_need(found == QUERIES, "addresses are not found");
  return (bench_now() - start) / (double)QUERIES;
}

/* The whole of it: from the file's text to a policy. */
static void measure_table(size_t n) {
  static const bench_goal under_2_s = {BENCH_AT_MOST, 2000};
  const bench_goal goal = n == 1000000 ? under_2_s : no_goal;
  double found[ROUNDS];
  shako_hat *hat = NULL;
  shako_place place;
  shako_span text;
  char *octets = write_table(n, &text.len);
  double build;
  size_t i;

  text.ptr = (const uint8_t *)octets;
  held = 0;
  build = bench_now();
  bench_need(shako_hat_read(&hat, text, NULL, &counted, &place) == 0,
             "the table is not read");
  build = bench_now() - build;
  for (i = 0; i < ROUNDS; i++) {
    found[i] = run_table(hat, n);
  }
  result("table", n, "find a policy", median(found), "ns", no_goal);
  result("table", n, "octets a line", (double)held / (double)n, "octets",
         no_goal);
  result("table", n, "read", build / 1e6, "ms", goal);
  shako_hat_unref(hat);
  free(octets);
}

int main(void) {
  size_t n;
  size_t i;

  for (n = 1000; n <= 1000000; n *= 10) {
    for (i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
      measure_addresses(&families[i], n);
    }
    measure_names(n);
    measure_table(n);
  }
  return 0;
}
