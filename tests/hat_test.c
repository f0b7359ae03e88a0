/* The look-up of the Host Access Table beside a naive reading from top to
   bottom, and what the structure around it promises. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <shako/hat.h>

#include "octets.h"

#define COUNT(ARRAY) (sizeof(ARRAY) / sizeof((ARRAY)[0]))

static shako_hat *read_table(const char *text, const shako_policy *defaults) {
  shako_span span = {(const uint8_t *)text, strlen(text)};
  shako_hat *hat = NULL;
  shako_place place;

  if (shako_hat_read(&hat, span, defaults, NULL, &place) != 0) {
    fail_msg("%u:%u: %s in\n%s", place.line, place.column, place.what, text);
  }
  return hat;
}

static shako_peer peer_at(const char *address) {
  shako_span span = {(const uint8_t *)address, strlen(address)};
  shako_peer peer;

  shako_peer_default(&peer);
  assert_int_equal(shako_address_parse(&peer.address, span), 0);
  return peer;
}

static void name(shako_peer *peer, const char *text) {
  peer->name_state = SHAKO_NAME_VERIFIED;
  peer->name = (shako_span){(const uint8_t *)text, strlen(text)};
}

/* --- at random ------------------------------------------------------------ */

static uint64_t seed = 3207;

static unsigned below(unsigned n) {
  seed = seed * 6364136223846793005u + 1442695040888963407u;
  return (unsigned)(seed >> 33) % n;
}

typedef enum kind {
  NETWORK4, /* |bits| of 10.0.a.b */
  RANGE4,   /* 10.0.a.b-c */
  NETWORK6, /* |bits| of 2001:db8::a:b */
  NETWORK_OF_ALL_IPV6,
  NAME,
  SCORE,
  NO_SCORE,
  OWNER,
  LIST,
  UNVERIFIED,
  ALL,
  KINDS
} kind;

static const char *const names[] = {"a.example", "b.a.example",
                                    "example",   "c.b.a.example",
                                    "z.test",    "xa.example"};
static const char *const patterns[] = {"a.example", ".a.example",  ".example",
                                       "z.test",    "B.A.EXAMPLE", ".test"};
static const char *const classes[] = {"none", "temporary", "mismatch"};

typedef struct member {
  kind kind;
  unsigned a, b, c;
} member;

typedef struct group {
  member members[6];
  unsigned count;
  unsigned access;
} group;

static const char *const accesses[] = {"ACCEPT", "RELAY", "REJECT", "TCPREFUSE",
                                       "CONTINUE"};

typedef struct table {
  group groups[10];
  unsigned count;
  octets text;
} table;

static member random_member(void) {
  member m = {(kind)below(KINDS), below(4), below(16), below(16)};

  if (m.kind == ALL && below(3) != 0) {
    m.kind = NETWORK4;
  }
  return m;
}

static void write_member(octets *text, const member *m) {
  switch (m->kind) {
  case NETWORK4:
    octets_print(text, "10.0.%u.%u/%u", m->a, m->b, 32 - m->c);
    break;
  case RANGE4:
    octets_print(text, "10.0.%u.%u-%u", m->a, m->b < m->c ? m->b : m->c,
                 m->b < m->c ? m->c : m->b);
    break;
  case NETWORK6:
    octets_print(text, "2001:db8::%x:%x/%u", m->a, m->b, 128 - 2 * m->c);
    break;
  case NETWORK_OF_ALL_IPV6:
    octets_add_text(text, "::/0");
    break;
  case NAME:
    octets_add_text(text, patterns[m->b % COUNT(patterns)]);
    break;
  case SCORE:
    octets_print(text, "SBRS[-%u.%u:%u.0]", m->a, m->b % 10, m->c % 10);
    break;
  case NO_SCORE:
    octets_add_text(text, "SBRS[none]");
    break;
  case OWNER:
    octets_print(text, "SBO:%u", m->a + 1);
    break;
  case LIST:
    octets_print(text, "dnslist[list%u.test]", m->a);
    break;
  case UNVERIFIED:
    octets_print(text, "unverified[%s]", classes[m->b % 3]);
    break;
  case ALL:
    octets_add_text(text, "ALL");
    break;
  case KINDS:
    break;
  }
}

static void make_table(table *t) {
  unsigned i;
  unsigned k;

  memset(t, 0, sizeof(*t));
  t->count = 1 + below(COUNT(t->groups));
  for (i = 0; i < t->count; i++) {
    group *g = &t->groups[i];

    g->count = below(COUNT(g->members) + 1);
    g->access = below(COUNT(accesses));
    octets_print(&t->text, "G%u:\n", i);
    for (k = 0; k < g->count; k++) {
      g->members[k] = random_member();
      write_member(&t->text, &g->members[k]);
      octets_add_text(&t->text, "\n");
    }
    octets_print(&t->text, "%s\n", accesses[g->access]);
  }
}

static shako_peer random_peer(void) {
  char address[64];
  shako_peer peer;

  if (below(3) != 0) {
    snprintf(address, sizeof(address), "10.0.%u.%u", below(4), below(16));
  } else {
    snprintf(address, sizeof(address), "2001:db8::%x:%x", below(4), below(16));
  }
  peer = peer_at(address);
  peer.address.known = below(50) != 0;
  peer.name_state = (uint8_t)below(SHAKO_NAME_MISMATCH + 1);
  if (peer.name_state == SHAKO_NAME_VERIFIED) {
    name(&peer, names[below(COUNT(names))]);
  }
  peer.score_state = (uint8_t)below(SHAKO_SCORE_NONE + 1);
  peer.score = (int16_t)((int)below(201) - 100);
  peer.owner = below(5);
  peer.owner_asked = (uint8_t)below(2);
  peer.lists_asked = below(16);
  peer.lists_hold = below(16);
  return peer;
}

/* --- the naive reading ---------------------------------------------------- */

typedef enum truth { NO, YES, UNKNOWN } truth;

static truth truth_of(bool known, bool holds) {
  return !known ? UNKNOWN : holds ? YES : NO;
}

static bool is_ipv4(const shako_peer *peer) {
  static const uint8_t prefix[12] = {[10] = 0xff, 0xff};

  return memcmp(peer->address.bytes, prefix, 12) == 0;
}

/* Whether the first |bits| of |a| and |b|, 16 octets, are the same. */
static bool same_bits(const uint8_t *a, const uint8_t *b, unsigned bits) {
  unsigned i;

  for (i = 0; i < bits; i++) {
    if (((a[i / 8] ^ b[i / 8]) >> (7 - i % 8)) & 1) {
      return false;
    }
  }
  return true;
}

static bool in_network4(const member *m, const shako_peer *peer) {
  uint8_t at[16] = {[10] = 0xff, 0xff, 10, 0, (uint8_t)m->a, (uint8_t)m->b};

  return same_bits(peer->address.bytes, at, 128 - m->c);
}

static bool in_range4(const member *m, const shako_peer *peer) {
  const uint8_t *at = peer->address.bytes;
  unsigned low = m->b < m->c ? m->b : m->c;
  unsigned high = m->b < m->c ? m->c : m->b;

  return is_ipv4(peer) && at[12] == 10 && at[13] == 0 && at[14] == m->a &&
         at[15] >= low && at[15] <= high;
}

static bool in_network6(const member *m, const shako_peer *peer) {
  uint8_t at[16] = {
      0x20, 0x01, 0x0d, 0xb8, [13] = (uint8_t)m->a, [15] = (uint8_t)m->b};

  return same_bits(peer->address.bytes, at, 128 - 2 * m->c);
}

static bool folds_to(const char *a, const char *b) {
  for (; *a != '\0' && (*a | 0x20) == (*b | 0x20); a++, b++) {
  }
  return *a == *b;
}

static bool is_named(const member *m, const shako_peer *peer) {
  const char *pattern = patterns[m->b % COUNT(patterns)];
  const char *text = (const char *)peer->name.ptr;
  size_t len = strlen(pattern);

  if (peer->name_state != SHAKO_NAME_VERIFIED) {
    return false;
  }
  if (pattern[0] != '.') {
    return folds_to(text, pattern);
  }
  return peer->name.len > len && folds_to(text + peer->name.len - len, pattern);
}

static bool in_scores(const member *m, const shako_peer *peer) {
  return peer->score_state == SHAKO_SCORE_KNOWN &&
         peer->score >= -(int)(m->a * 10 + m->b % 10) &&
         peer->score <= (int)(m->c % 10 * 10);
}

/* Returns the number of list |m->a| in |hat|. */
static unsigned list_of(const shako_hat *hat, const member *m) {
  char zone[32];
  unsigned i;

  snprintf(zone, sizeof(zone), "list%u.test", m->a);
  for (i = 0; shako_hat_list(hat, i) != NULL; i++) {
    if (strcmp(shako_hat_list(hat, i), zone) == 0) {
      return i;
    }
  }
  fail_msg("%s is no list", zone);
  return 0;
}

static truth matches(const shako_hat *hat, const member *m,
                     const shako_peer *peer) {
  switch (m->kind) {
  case NETWORK4:
    return truth_of(true, in_network4(m, peer));
  case RANGE4:
    return truth_of(true, in_range4(m, peer));
  case NETWORK6:
    return truth_of(true, in_network6(m, peer));
  case NETWORK_OF_ALL_IPV6:
    return truth_of(true, !is_ipv4(peer));
  case NAME:
    return truth_of(peer->name_state != SHAKO_NAME_UNASKED, is_named(m, peer));
  case SCORE:
    return truth_of(peer->score_state != SHAKO_SCORE_UNASKED,
                    in_scores(m, peer));
  case NO_SCORE:
    return truth_of(peer->score_state != SHAKO_SCORE_UNASKED,
                    peer->score_state == SHAKO_SCORE_NONE);
  case OWNER:
    return truth_of(peer->owner != 0 || peer->owner_asked,
                    peer->owner == m->a + 1);
  case LIST: {
    unsigned i = list_of(hat, m);

    return truth_of(peer->lists_asked >> i & 1, peer->lists_hold >> i & 1);
  }
  case UNVERIFIED:
    return truth_of(peer->name_state != SHAKO_NAME_UNASKED,
                    peer->name_state == SHAKO_NAME_NONE + m->b % 3);
  case ALL:
    return YES;
  case KINDS:
    break;
  }
  return NO;
}

static unsigned need_of(const member *m) {
  switch (m->kind) {
  case NAME:
  case UNVERIFIED:
    return SHAKO_NEED_NAME;
  case SCORE:
  case NO_SCORE:
    return SHAKO_NEED_SCORE;
  case OWNER:
    return SHAKO_NEED_OWNER;
  case LIST:
    return SHAKO_NEED_LISTS;
  case NETWORK4:
  case RANGE4:
  case NETWORK6:
  case NETWORK_OF_ALL_IPV6:
  case ALL:
  case KINDS:
    break;
  }
  return 0;
}

typedef struct verdict {
  const group *group; /* NULL: the defaults */
  unsigned need;
  uint64_t lists;
} verdict;

/* Whether a member of |g| matches; what it would need to know is added to |*v|
   if none does. */
static bool group_matches(const group *g, const shako_hat *hat,
                          const shako_peer *peer, verdict *v) {
  verdict more = *v;
  unsigned k;

  for (k = 0; k < g->count && g->access != SHAKO_ACCESS_CONTINUE; k++) {
    const member *m = &g->members[k];
    truth holds;

    if (!peer->address.known && m->kind != ALL) {
      continue;
    }
    holds = matches(hat, m, peer);
    if (holds == YES) {
      return true;
    }
    if (holds == UNKNOWN) {
      more.need |= need_of(m);
      more.lists |= m->kind == LIST ? (uint64_t)1 << list_of(hat, m) : 0;
    }
  }
  *v = more;
  return false;
}

static verdict read_naively(const table *t, const shako_hat *hat,
                            const shako_peer *peer) {
  verdict v = {0};
  unsigned i;

  for (i = 0; i < t->count; i++) {
    if (group_matches(&t->groups[i], hat, peer, &v)) {
      v.group = &t->groups[i];
      return v;
    }
  }
  return v;
}

static void check_match(const table *t, const shako_hat *hat,
                        const shako_peer *peer) {
  verdict want = read_naively(t, hat, peer);
  shako_hat_match got;
  char group_name[8] = "";

  shako_hat_find(hat, peer, &got);
  if (want.group != NULL) {
    snprintf(group_name, sizeof(group_name), "G%u",
             (unsigned)(want.group - t->groups));
  }
  if (got.need != want.need || got.lists != want.lists ||
      (got.policy == NULL) != (want.need != 0) ||
      (want.need == 0 &&
       strcmp(got.group != NULL ? got.group : "", group_name) != 0)) {
    fail_msg("need %x and not %x, lists %x and not %x, group %s and not %s "
             "in\n%s",
             got.need, want.need, (unsigned)got.lists, (unsigned)want.lists,
             got.group, group_name, octets_text((octets *)&t->text));
  }
  if (want.need == 0 && want.group != NULL) {
    assert_int_equal(got.policy->access, want.group->access);
  }
}

/* What is needed is told, and then the table decides. */
static void check_one_round(const shako_hat *hat, shako_peer *peer) {
  shako_hat_match match;

  shako_hat_find(hat, peer, &match);
  if (match.need & SHAKO_NEED_NAME) {
    peer->name_state = SHAKO_NAME_TEMPORARY;
  }
  if (match.need & SHAKO_NEED_SCORE) {
    peer->score_state = SHAKO_SCORE_NONE;
  }
  if (match.need & SHAKO_NEED_OWNER) {
    peer->owner_asked = 1;
  }
  peer->lists_asked |= match.lists;
  shako_hat_find(hat, peer, &match);
  assert_int_equal(match.need, 0);
  assert_non_null(match.policy);
}

static void a_table_decides_as_if_read_from_top_to_bottom(void **state) {
  unsigned i;
  unsigned k;

  (void)state;
  for (i = 0; i < 5000; i++) {
    table t;
    shako_hat *hat;

    make_table(&t);
    hat = read_table(octets_text(&t.text), NULL);
    for (k = 0; k < 220; k++) {
      shako_peer peer = random_peer();

      check_match(&t, hat, &peer);
      check_one_round(hat, &peer);
    }
    shako_hat_unref(hat);
    octets_free(&t.text);
  }
}

/* --- what is promised ----------------------------------------------------- */

static const char *group_of(const char *text, const shako_peer *peer) {
  static char group_name[32];
  shako_hat *hat = read_table(text, NULL);
  shako_hat_match match;

  shako_hat_find(hat, peer, &match);
  snprintf(group_name, sizeof(group_name), "%s",
           match.group != NULL ? match.group : "");
  shako_hat_unref(hat);
  return group_name;
}

static void the_first_match_decides_and_not_the_longest_prefix(void **state) {
  shako_peer peer = peer_at("192.0.2.7");

  (void)state;
  assert_string_equal(group_of("A: 192.0.0.0/16 ACCEPT\nB: 192.0.2.7 REJECT\n"
                               "ALL ACCEPT\n",
                               &peer),
                      "A");
  assert_string_equal(group_of("B: 192.0.2.7 REJECT\nA: 192.0.0.0/16 ACCEPT\n"
                               "ALL ACCEPT\n",
                               &peer),
                      "B");
}

/* Which member of a group matches makes no difference: nothing is asked. */
static void a_group_that_matches_needs_no_more(void **state) {
  shako_hat *hat = read_table("A: .partner.example 192.0.2.7 ACCEPT\n"
                              "B: mx.example REJECT\n",
                              NULL);
  shako_peer peer = peer_at("192.0.2.7");
  shako_hat_match match;

  (void)state;
  shako_hat_find(hat, &peer, &match);
  assert_int_equal(match.need, 0);
  assert_string_equal(match.rule, "192.0.2.7");
  peer = peer_at("192.0.2.8");
  shako_hat_find(hat, &peer, &match);
  assert_int_equal(match.need, SHAKO_NEED_NAME);
  shako_hat_unref(hat);
}

static void all_hides_what_stands_behind_it(void **state) {
  shako_peer peer = peer_at("192.0.2.7");

  (void)state;
  assert_string_equal(group_of("X: ALL ACCEPT\nB: 192.0.2.7 REJECT\n", &peer),
                      "X");
}

static void the_families_are_apart(void **state) {
  static const struct {
    const char *member;
    const char *in;
    const char *out;
  } rows[] = {
      {"0/0", "255.255.255.255", "::"},
      {"0/0", "0.0.0.0", "ffff::"},
      {"::/0", "2001:db8::1", "192.0.2.7"},
      {"::/0", "::", "0.0.0.0"},
      {"::/0", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "255.255.255.255"},
      {"::/64", "::fffe:ffff:ffff", "192.0.2.7"},
      {"::/64", "0:0:0:0:1::", "192.0.2.7"},
      {"::/80", "::1", "192.0.2.7"},
      {"::/96", "::1", "0.0.0.1"},
      {"::ffff:0:0/96", "192.0.2.7", "::1"},
      {"::ffff:192.0.2.7", "192.0.2.7", "192.0.2.8"},
  };
  size_t i;

  (void)state;
  for (i = 0; i < COUNT(rows); i++) {
    char text[128];
    shako_peer in = peer_at(rows[i].in);
    shako_peer out = peer_at(rows[i].out);

    snprintf(text, sizeof(text), "IN: %s REJECT\n", rows[i].member);
    assert_string_equal(group_of(text, &in), "IN");
    assert_string_equal(group_of(text, &out), "");
  }
}

static void the_end_of_a_table_is_the_default_policy(void **state) {
  shako_peer peer = peer_at("192.0.2.7");
  shako_policy defaults;
  shako_hat_match match;
  char own[] = "$OWN";
  shako_hat *hat;

  (void)state;
  shako_policy_default(&defaults);
  defaults.name = own;
  defaults.tls = SHAKO_TLS_SETTING_REQUIRED;
  hat = read_table("A: 203.0.113.1 ACCEPT\n", &defaults);
  own[1] = 'X'; /* it was copied */
  shako_hat_find(hat, &peer, &match);
  assert_string_equal(match.policy->name, "$OWN");
  assert_int_equal(match.policy->tls, SHAKO_TLS_SETTING_REQUIRED);
  assert_null(match.rule);
  assert_null(match.group);
  assert_int_equal(match.line, 0);
  assert_ptr_equal(match.policy, shako_hat_defaults(hat));
  shako_hat_unref(hat);
}

static void a_match_says_where_it_comes_from(void **state) {
  shako_peer peer = peer_at("192.0.2.7");
  shako_hat_match match;
  shako_hat *hat = read_table("# none\n$P\n  RELAY\nA:\n  203.0.113.1\n"
                              "  192.0.2.\n  $P (ours)\n198.51.100.7 REJECT\n",
                              NULL);
  shako_hat_group first;

  (void)state;
  shako_hat_find(hat, &peer, &match);
  assert_string_equal(match.group, "A");
  assert_string_equal(match.rule, "192.0.2.");
  assert_int_equal(match.line, 6);
  assert_string_equal(match.policy->name, "$P");
  assert_int_equal(shako_hat_group_at(hat, 0, &first), 0);
  assert_string_equal(first.name, "A");
  assert_string_equal(first.comment, "ours");
  assert_int_equal(first.line, 4);
  assert_int_equal(first.members, 2);
  assert_ptr_equal(first.policy, match.policy);
  assert_int_equal(shako_hat_group_at(hat, 1, &first), 0);
  assert_null(first.name);
  assert_int_equal(first.members, 1);
  assert_int_equal(shako_hat_group_at(hat, 2, &first),
                   SHAKO_ERR_INVALID_ARGUMENT);
  shako_hat_unref(hat);
}

static void a_peer_of_an_older_caller_knows_less(void **state) {
  shako_peer peer = peer_at("192.0.2.7");
  shako_hat *hat = read_table("A: mx.example ACCEPT\n", NULL);
  shako_hat_match match;

  (void)state;
  name(&peer, "mx.example");
  peer.struct_size = offsetof(shako_peer, name_state);
  shako_hat_find(hat, &peer, &match);
  assert_int_equal(match.need, SHAKO_NEED_NAME);
  shako_hat_unref(hat);
}

static void sixty_four_lists_are_asked_at_once(void **state) {
  octets text = {0};
  shako_peer peer = peer_at("192.0.2.7");
  shako_hat_match match;
  shako_hat *hat;
  unsigned i;

  (void)state;
  for (i = 0; i < SHAKO_HAT_LISTS_MAX; i++) {
    octets_print(&text, "dnslist[l%u.example] REJECT\n", i);
  }
  hat = read_table(octets_text(&text), NULL);
  shako_hat_find(hat, &peer, &match);
  assert_int_equal(match.need, SHAKO_NEED_LISTS);
  assert_true(match.lists == UINT64_MAX);
  peer.lists_asked = UINT64_MAX;
  peer.lists_hold = (uint64_t)1 << 63;
  shako_hat_find(hat, &peer, &match);
  assert_string_equal(match.rule, "dnslist[l63.example]");
  assert_null(shako_hat_list(hat, 64));
  shako_hat_unref(hat);
  octets_free(&text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_table_decides_as_if_read_from_top_to_bottom),
      cmocka_unit_test(the_first_match_decides_and_not_the_longest_prefix),
      cmocka_unit_test(a_group_that_matches_needs_no_more),
      cmocka_unit_test(all_hides_what_stands_behind_it),
      cmocka_unit_test(the_families_are_apart),
      cmocka_unit_test(the_end_of_a_table_is_the_default_policy),
      cmocka_unit_test(a_match_says_where_it_comes_from),
      cmocka_unit_test(a_peer_of_an_older_caller_knows_less),
      cmocka_unit_test(sixty_four_lists_are_asked_at_once),
  };

  return cmocka_run_group_tests_name("hat", tests, NULL, NULL);
}
