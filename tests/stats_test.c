/* What one record adds, what there is no room for, and running out of
   memory. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include <shako/stats.h>

#include "failing_memory.h"
#include "records.h"

static char text[1 << 20];

static void *take(size_t size, void *user_data) {
  void *ptr = failing_now() ? NULL : malloc(size);

  (void)user_data;
  failing.live += ptr != NULL;
  return ptr;
}

static void give_back(void *ptr, size_t size, void *user_data) {
  (void)user_data;
  memset(ptr, 0xa5, size); /* the size is right, or ASan says so */
  failing.live--;
  free(ptr);
}

static const shako_mem memory = {NULL, take, give_back};

static shako_stats *new_stats(uint32_t groups, uint32_t heaviest) {
  shako_stats_config config;
  shako_stats *stats;

  shako_stats_config_default(&config);
  config.groups = groups;
  config.heaviest = heaviest;
  assert_int_equal(shako_stats_new(&stats, &config, NULL), 0);
  return stats;
}

/* Demands that |stats| written is the first line and |wanted|. */
static void demand(shako_stats *stats, const char *wanted) {
  const char *line;

  assert_true(shako_stats_write(stats, text, sizeof(text)) < sizeof(text));
  line = strchr(text, '\n');
  assert_non_null(line);
  assert_string_equal(line + 1, wanted);
}

/* Demands that a line of |stats| begins with |line|. */
static void demand_line(shako_stats *stats, const char *line) {
  char start[512] = "\n";

  assert_true(shako_stats_write(stats, text, sizeof(text)) < sizeof(text));
  strcat(start, line);
  if (!strstr(text, start)) {
    print_error("%sno %s\n", text, line);
    fail();
  }
}

static void a_record_is_counted_in_each_of_its_places(void **state) {
  shako_stats *stats = new_stats(10, 10);
  record_draft draft;

  (void)state;

  record_draft_plain(&draft);
  draft.record.tls_setting = SHAKO_TLS_SETTING_REQUIRED;
  draft.record.tls_asked = 1;
  draft.record.tls_completed = 1;
  draft.record.tls = &draft.tls;
  draft.tls.version = 0x0304;
  draft.tls.cipher = "TLS_AES_128_GCM_SHA256";
  draft.record.messages_tls = 1;
  draft.record.refusals = 3;
  draft.record.refused = draft.refused;
  draft.refused[SHAKO_REASON_APPLICATION] = 1;
  draft.refused[1] = 2;
  draft.record.observed = 4;
  draft.record.octets_received = 1000;
  draft.record.octets_sent = 2000;
  draft.record.octets_messages = 3000;
  draft.record.duration = 5000;
  draft.tls.handshake_time = 60;
  draft.peer.name_state = SHAKO_NAME_VERIFIED;
  draft.peer.name = (shako_span){(const uint8_t *)"MX.Partner.Example", 18};
  shako_stats_add(stats, &draft.record);
  demand(stats,
         "group Inbound ALL required-ok=1 messages=1 messages-tls=1 refusals=3 "
         "recipients=1 commands=5 transactions=1 observed=4 "
         "observed-connections=1 octets-received=1000 octets-sent=2000 "
         "octets-messages=3000 duration-ms=5000 handshake-ms=60 "
         "refused.application=1 refused.tls-required=2\n"
         "cipher TLSv1.3 TLS_AES_128_GCM_SHA256 connections=1\n"
         "closed quit connections=1\n"
         "peer 192.0.2.1 error=0 required-ok=1 messages=1 messages-tls=1 "
         "refusals=3\n"
         "domain partner.example error=0 required-ok=1 messages=1 "
         "messages-tls=1 refusals=3\n"
         "end\n");
  shako_stats_unref(stats);
}

/* Of a caller of an older header no more is counted than he knows. */
static void an_older_caller_s_record_is_counted(void **state) {
  shako_stats *stats = new_stats(10, 10);
  record_draft draft;

  (void)state;

  record_draft_plain(&draft);
  draft.record.octets_received = 1000;
  draft.record.octets_sent = 2000;
  draft.record.duration = 5000;
  draft.record.struct_size = offsetof(shako_record, octets_sent);
  shako_stats_add(stats, &draft.record);
  demand_line(stats, "group Inbound ALL off=1 messages=1 recipients=1 "
                     "commands=5 transactions=1 octets-received=1000\n");
  shako_stats_unref(stats);
}

static void every_outcome_is_told_from_the_others(void **state) {
  /* The header's words, over all that a record can say. */
  enum { NO, PREFERRED, REQUIRED };
  unsigned i;

  (void)state;

  for (i = 0; i < 3 * 128; i++) {
    shako_record r = {
        .tls_setting = (shako_tls_setting)(i % 3),
        .tls_observed = i / 3 & 1,
        .tls_implicit = i / 6 & 1,
        .tls_asked = i / 12 & 1,
        .tls_completed = i / 24 & 1,
        .greeted = i / 48 & 1,
        .refusals = i / 96 & 1,
        .octets_received = i / 192 & 1,
    };
    bool must = r.tls_implicit || (i % 3 == REQUIRED && !r.tls_observed);
    const char *name = shako_tls_outcome_name(shako_record_outcome(&r));

    if (r.tls_completed) {
      assert_string_equal(name, must ? "required-ok" : "preferred-ok");
    } else if (r.tls_implicit && r.octets_received == 0) {
      assert_string_equal(name, "none");
    } else if (r.tls_asked || r.tls_implicit) {
      assert_string_equal(name, must ? "required-failed" : "preferred-failed");
    } else if (!r.greeted) {
      assert_string_equal(name, "none");
    } else if (must) {
      assert_string_equal(name, r.refusals > 0 ? "required-missing" : "none");
    } else {
      assert_string_equal(name, i % 3 == NO ? "off" : "clear");
    }
  }
  assert_string_equal(shako_tls_outcome_name(SHAKO_TLS_OUTCOME_COUNT),
                      "unknown");
}

static void
a_failure_is_counted_where_no_handshake_was_completed(void **state) {
  shako_stats *stats = new_stats(10, 10);
  record_draft draft;

  (void)state;

  record_draft_plain(&draft);
  draft.record.tls_setting = SHAKO_TLS_SETTING_PREFERRED;
  draft.record.tls_asked = 1;
  draft.tls.handshake_time = 9;
  shako_stats_add(stats, &draft.record); /* it left, and nothing is known */
  draft.record.tls = &draft.tls;
  draft.tls.failure = SHAKO_TLS_FAILURE_NOT_TLS;
  shako_stats_add(stats, &draft.record);
  draft.tls.failure = (shako_tls_failure)SHAKO_TLS_FAILURE_COUNT;
  shako_stats_add(stats, &draft.record);
  draft.tls.failure = SHAKO_TLS_FAILURE_CUT_OFF; /* after the handshake */
  draft.record.tls_completed = 1;
  draft.tls.version = 0x0303;
  shako_stats_add(stats, &draft.record);
  demand_line(stats,
              "group Inbound ALL preferred-ok=1 preferred-failed=3 messages=4 "
              "recipients=4 commands=20 transactions=4 handshake-ms=9 "
              "failure.none=1 failure.not-tls=1 failure.internal=1\n");
  demand_line(stats, "cipher TLSv1.2 unknown connections=1\n");
  shako_stats_unref(stats);
}

/* Adds a plain record of the peer and the name. */
static void add_peer(shako_stats *stats, const char *address, const char *name,
                     shako_name_state name_state) {
  record_draft draft;

  record_draft_plain(&draft);
  if (address) {
    assert_int_equal(shako_address_parse(&draft.peer.address,
                                         (shako_span){(const uint8_t *)address,
                                                      strlen(address)}),
                     0);
  } else {
    draft.peer.address = (shako_address){.known = 0};
  }
  draft.peer.name_state = (uint8_t)name_state;
  draft.peer.name = (shako_span){(const uint8_t *)name, strlen(name)};
  shako_stats_add(stats, &draft.record);
}

static void peers_are_networks(void **state) {
  shako_stats *stats = new_stats(10, 10);

  (void)state;

  add_peer(stats, "2001:db8:1:2::1", "", SHAKO_NAME_NONE);
  add_peer(stats, "2001:db8:1:2:ffff::9", "", SHAKO_NAME_NONE);
  add_peer(stats, "2001:db8:1:3::1", "", SHAKO_NAME_NONE);
  add_peer(stats, "fe80::1%7", "", SHAKO_NAME_NONE);
  add_peer(stats, NULL, "", SHAKO_NAME_NONE);
  demand_line(stats, "peer 2001:db8:1:2::/64 error=0 off=2 messages=2\n"
                     "peer 2001:db8:1:3::/64 error=0 off=1 messages=1\n"
                     "peer fe80::/64 error=0 off=1 messages=1\n"
                     "peer unknown error=0 off=1 messages=1\n"
                     "domain % error=0 off=5 messages=5\nend\n");
  shako_stats_unref(stats);
}

static void domains_are_those_of_verified_names(void **state) {
  static const char *const none[] = {"a..b.example",
                                     ".example",
                                     "<b>.example.org",
                                     "a b.example.org",
                                     "\xff.example.org",
                                     "*.example.org",
                                     ""};
  shako_stats *stats = new_stats(10, 10);
  size_t i;

  (void)state;

  add_peer(stats, "192.0.2.1", "a.b.example.org", SHAKO_NAME_VERIFIED);
  add_peer(stats, "192.0.2.1", "mx.example.ORG.", SHAKO_NAME_VERIFIED);
  add_peer(stats, "192.0.2.1", "example.org", SHAKO_NAME_VERIFIED);
  add_peer(stats, "192.0.2.1", "localhost", SHAKO_NAME_VERIFIED);
  add_peer(stats, "192.0.2.1", "mx.example.org", SHAKO_NAME_MISMATCH);
  for (i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
    add_peer(stats, "192.0.2.1", none[i], SHAKO_NAME_VERIFIED);
  }
  demand_line(stats, "domain % error=0 off=8 messages=8\n"
                     "domain b.example.org error=0 off=1 messages=1\n"
                     "domain example.org error=0 off=2 messages=2\n"
                     "domain localhost error=0 off=1 messages=1\nend\n");
  shako_stats_unref(stats);
}

static void the_lightest_makes_room_and_leaves_its_weight(void **state) {
  shako_stats *stats = new_stats(10, 2);

  (void)state;

  add_peer(stats, "192.0.2.1", "", SHAKO_NAME_NONE);
  add_peer(stats, "192.0.2.2", "", SHAKO_NAME_NONE);
  add_peer(stats, "192.0.2.3", "", SHAKO_NAME_NONE); /* for the last of both */
  demand_line(stats, "peer 192.0.2.1 error=0 off=1 messages=1\n"
                     "peer 192.0.2.3 error=1 off=1 messages=1\ndomain");
  add_peer(stats, "192.0.2.4", "", SHAKO_NAME_NONE); /* for the lightest */
  demand_line(stats, "peer 192.0.2.3 error=1 off=1 messages=1\n"
                     "peer 192.0.2.4 error=1 off=1 messages=1\ndomain");
  assert_non_null(strstr(text, " peers-floor=1 domains-floor=0\n"));
  shako_stats_unref(stats);
}

static void add_group(shako_stats *stats, const char *listener,
                      const char *group, const char *how) {
  record_draft draft;

  record_draft_plain(&draft);
  draft.record.listener = listener;
  draft.record.match.group = group;
  draft.record.how = how;
  shako_stats_add(stats, &draft.record);
}

static void what_has_no_room_is_other(void **state) {
  shako_stats *stats = new_stats(2, 10);
  shako_stats *more = new_stats(2, 10);
  shako_stats_totals totals = {.struct_size = sizeof(totals)};

  (void)state;

  add_group(stats, "A", "1", "quit");
  add_group(stats, "A", "2", "quit");
  add_group(stats, "A", "3", "quit");
  add_group(stats, "other", "other", "quit");
  add_group(stats, "A", "1", "quit");
  demand_line(stats, "group A 2 off=1 ");
  demand_line(stats, "group other other off=2 ");
  demand_line(stats, "closed quit connections=5\npeer");
  add_group(more, "A", "1", "quit");
  add_group(more, "B", "1", "quit");
  shako_stats_merge(stats, more);
  demand_line(stats, "group A 1 off=3 ");
  demand_line(stats, "group other other off=3 ");
  shako_stats_total(stats, &totals);
  assert_int_equal(totals.connections, 7);
  shako_stats_unref(stats);
  shako_stats_unref(more);
}

static void ways_to_end_are_bounded(void **state) {
  shako_stats *stats = new_stats(2, 10);
  char how[8] = "x000";
  unsigned i;

  (void)state;

  for (i = 0; i < 300; i++) {
    how[1] = (char)('0' + i / 100);
    how[2] = (char)('0' + i / 10 % 10);
    how[3] = (char)('0' + i % 10);
    add_group(stats, "A", "1", how);
  }
  demand_line(stats,
              "closed other connections=44\nclosed x000 connections=1\n");
  shako_stats_unref(stats);
}

static void long_names_are_cut(void **state) {
  shako_stats *stats = new_stats(10, 10);
  char name[301];

  (void)state;

  memset(name, 'n', 300);
  name[300] = '\0';
  add_group(stats, name, name, "quit");
  name[260] = '\0';
  add_group(stats, name, name, "quit");
  name[255] = '\0';
  assert_true(shako_stats_write(stats, text, sizeof(text)) < sizeof(text));
  assert_non_null(strstr(text, name));
  assert_non_null(strstr(text, " off=2 "));
  strcat(name, "n");
  assert_null(strstr(text, name));
  shako_stats_unref(stats);
}

static void totals_are_the_appliances_report(void **state) {
  static const struct {
    shako_tls_setting setting;
    unsigned asked, completed, times;
  } all[] = {
      {SHAKO_TLS_SETTING_REQUIRED, 1, 1, 3},
      {SHAKO_TLS_SETTING_REQUIRED, 1, 0, 5},
      {SHAKO_TLS_SETTING_REQUIRED, 0, 0, 7},
      {SHAKO_TLS_SETTING_PREFERRED, 1, 1, 11},
      {SHAKO_TLS_SETTING_PREFERRED, 1, 0, 13},
      {SHAKO_TLS_SETTING_PREFERRED, 0, 0, 17},
      {SHAKO_TLS_SETTING_NO, 0, 0, 19},
  };
  shako_stats *stats = new_stats(10, 10);
  shako_stats_totals t = {.struct_size = sizeof(t)};
  record_draft draft;
  unsigned i;
  unsigned n;

  (void)state;

  for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
    for (n = 0; n < all[i].times; n++) {
      record_draft_plain(&draft);
      draft.record.tls_setting = all[i].setting;
      draft.record.tls_asked = (uint8_t)all[i].asked;
      draft.record.tls_completed = (uint8_t)all[i].completed;
      draft.record.messages_tls = all[i].completed;
      draft.record.refusals = 1;
      shako_stats_add(stats, &draft.record);
    }
  }
  draft.record.greeted = 0;
  shako_stats_add(stats, &draft.record);
  shako_stats_total(stats, &t);
  assert_int_equal(t.required_ok, 3);
  assert_int_equal(t.required_failed, 12);
  assert_int_equal(t.preferred_ok, 11);
  assert_int_equal(t.preferred_failed, 13);
  assert_int_equal(t.clear, 36);
  assert_int_equal(t.none, 1);
  assert_int_equal(t.connections, 76);
  assert_int_equal(t.messages, 76);
  assert_int_equal(t.messages_tls, 14);
  t.struct_size = offsetof(shako_stats_totals, required_ok);
  t.required_ok = 99;
  shako_stats_total(stats, &t); /* of a caller that knows less */
  assert_int_equal(t.required_ok, 99);
  assert_int_equal(t.connections, 76);
  shako_stats_unref(stats);
}

static void a_configuration_that_cannot_be_is_refused(void **state) {
  static const uint32_t wrong[][2] = {
      {0, 1}, {65537, 1}, {1, 0}, {1, 1025}, {UINT32_MAX, UINT32_MAX}};
  shako_stats *stats = NULL;
  size_t i;

  (void)state;

  for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
    shako_stats_config config = {sizeof(config), wrong[i][0], wrong[i][1]};

    assert_int_equal(shako_stats_new(&stats, &config, NULL),
                     SHAKO_ERR_INVALID_ARGUMENT);
    assert_null(stats);
  }
  stats = new_stats(65536, 1024);
  shako_stats_unref(shako_stats_ref(stats));
  demand(stats, "end\n");
  shako_stats_merge(stats, stats); /* says nothing, and does not wait */
  shako_stats_unref(stats);
  shako_stats_unref(NULL);
}

static void a_copy_is_of_one_moment(void **state) {
  shako_stats *stats = new_stats(10, 1);
  shako_stats *copy;
  static char before[4096];

  (void)state;

  add_peer(stats, "192.0.2.1", "", SHAKO_NAME_NONE);
  add_peer(stats, "192.0.2.2", "", SHAKO_NAME_NONE);
  shako_stats_write(stats, before, sizeof(before));
  assert_int_equal(shako_stats_copy(&copy, stats, NULL), 0);
  add_peer(stats, "192.0.2.3", "", SHAKO_NAME_NONE);
  shako_stats_write(copy, text, sizeof(text));
  assert_string_equal(text, before);
  shako_stats_unref(copy);
  shako_stats_unref(stats);
}

static uint64_t connections(shako_stats *stats) {
  shako_stats_totals t = {.struct_size = sizeof(t)};

  shako_stats_total(stats, &t);
  return t.connections;
}

/* Adds records; each is counted whatever memory does. */
static void add_some(shako_stats *stats, uint64_t seed) {
  record_draft draft;
  unsigned i;

  for (i = 0; i < 40; i++) {
    record_draft_random(&draft, &seed, 30);
    shako_stats_add(stats, &draft.record);
  }
}

/* Reads back what |stats| is. */
static void read_again(shako_stats *stats) {
  shako_stats *again = NULL;
  shako_place place;
  size_t len = shako_stats_write(stats, text, sizeof(text));
  int error;

  assert_true(len < sizeof(text));
  error = shako_stats_read(&again, (shako_span){(const uint8_t *)text, len},
                           &memory, &place);
  assert_true(error == 0 || error == SHAKO_ERR_NOMEM);
  assert_true((error == 0) == (again != NULL));
  assert_true(error != 0 || connections(again) == connections(stats));
  shako_stats_unref(again);
}

static void demand_same(shako_stats *a, shako_stats *b) {
  static char of_b[sizeof(text)];

  assert_true(shako_stats_write(a, text, sizeof(text)) < sizeof(text));
  assert_true(shako_stats_write(b, of_b, sizeof(of_b)) < sizeof(of_b));
  assert_string_equal(text, of_b);
}

static void work_without_memory(bool refused) {
  shako_stats_config config = {sizeof(config), 8, 5};
  shako_stats *stats[2] = {NULL, NULL};
  shako_stats *copy = NULL;
  int i;

  failing.armed = true;
  for (i = 0; i < 2; i++) {
    if (shako_stats_new(&stats[i], &config, &memory) == 0) {
      add_some(stats[i], (uint64_t)i);
      assert_int_equal(connections(stats[i]), 40);
    }
  }
  if (stats[0] && stats[1]) {
    shako_stats_merge(stats[0], stats[1]);
    assert_int_equal(connections(stats[0]), 80);
    read_again(stats[0]);
    if (shako_stats_copy(&copy, stats[0], &memory) == 0) {
      demand_same(copy, stats[0]);
    }
  }
  failing.armed = false;
  assert_true(refused || (stats[0] && stats[1] && copy));
  shako_stats_unref(stats[0]);
  shako_stats_unref(stats[1]);
  shako_stats_unref(copy);
  assert_int_equal(failing.live, 0);
}

static void whatever_allocation_fails_all_are_counted(void **state) {
  (void)state;

  failing_for_each(work_without_memory, 1);
  failing.onwards = true;
  failing_for_each(work_without_memory, 1);
  failing.onwards = false;
}

/* A peer that memory ran out for weighs no more than the floor says. */
static void the_floor_tells_of_a_peer_without_memory(void **state) {
  shako_stats_config config = {sizeof(config), 8, 5};
  shako_stats *stats;
  int i;

  (void)state;

  assert_int_equal(shako_stats_new(&stats, &config, &memory), 0);
  failing.armed = true;
  failing.onwards = true;
  failing.at = 1;
  failing.calls = 0;
  for (i = 0; i < 3; i++) {
    add_peer(stats, "192.0.2.1", "", SHAKO_NAME_NONE);
  }
  failing.armed = false;
  failing.onwards = false;
  add_peer(stats, "192.0.2.2", "", SHAKO_NAME_NONE);
  demand_line(stats, "peer 192.0.2.2 error=3 off=1 messages=1\n");
  assert_non_null(strstr(text, " peers-floor=3 domains-floor=3\n"));
  shako_stats_unref(stats);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_record_is_counted_in_each_of_its_places),
      cmocka_unit_test(an_older_caller_s_record_is_counted),
      cmocka_unit_test(every_outcome_is_told_from_the_others),
      cmocka_unit_test(a_failure_is_counted_where_no_handshake_was_completed),
      cmocka_unit_test(peers_are_networks),
      cmocka_unit_test(domains_are_those_of_verified_names),
      cmocka_unit_test(the_lightest_makes_room_and_leaves_its_weight),
      cmocka_unit_test(what_has_no_room_is_other),
      cmocka_unit_test(ways_to_end_are_bounded),
      cmocka_unit_test(long_names_are_cut),
      cmocka_unit_test(totals_are_the_appliances_report),
      cmocka_unit_test(a_configuration_that_cannot_be_is_refused),
      cmocka_unit_test(a_copy_is_of_one_moment),
      cmocka_unit_test(whatever_allocation_fails_all_are_counted),
      cmocka_unit_test(the_floor_tells_of_a_peer_without_memory),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
