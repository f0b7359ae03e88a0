/* Which alerts are sent, and when: by the appliances' rule for duplicates. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <shako/alert.h>

#include "failing_memory.h"
#include "report/alerts.h"
#include "tables.h"

#define COUNT(ARRAY) (sizeof(ARRAY) / sizeof((ARRAY)[0]))

static shako_alerts *make(uint32_t first_wait, uint32_t max_wait,
                          uint32_t places) {
  shako_alerts_config config;
  shako_alerts *alerts = NULL;

  shako_alerts_config_default(&config);
  config.first_wait = first_wait;
  config.max_wait = max_wait;
  config.places = places;
  assert_int_equal(shako_alerts_new(&alerts, &config, &table_mem), 0);
  return alerts;
}

static void end(shako_alerts *alerts) {
  shako_alerts_free(alerts);
  assert_int_equal(failing.live, 0);
}

static shako_alert alert_of(const char *key, uint32_t threshold) {
  shako_alert alert = {.struct_size = sizeof(alert),
                       .alert_class = SHAKO_ALERT_CLASS_SYSTEM,
                       .severity = SHAKO_ALERT_SEVERITY_WARNING,
                       .threshold = threshold};

  strcpy(alert.key, key);
  sprintf(alert.text, "text of %s", key);
  return alert;
}

static const shako_alert_notice *raise(shako_alerts *alerts, const char *key,
                                       shako_time now) {
  shako_alert alert = alert_of(key, 0);

  return shako_alerts_raise(alerts, &alert, now);
}

/* The vectors of the appliances' documents, and what follows from them. */
static const struct vector {
  uint32_t first_wait;
  uint32_t max_wait;
  unsigned times[8]; /* of duplicates, in seconds */
} vectors[] = {
    {5, 0, {5, 15, 35, 75, 155, 315, 635, 1275}},
    {5, 3600, {5, 15, 35, 75, 155, 315, 635, 1275}},
    {5, 60, {5, 15, 35, 60, 120, 180, 240, 300}},
    {300, 3600, {300, 900, 2100, 3600, 7200, 10800, 14400, 18000}},
    {60, 60, {60, 120, 180, 240, 300, 360, 420, 480}},
    {90, 60, {60, 120, 180, 240, 300, 360, 420, 480}},
    {1, 7, {1, 3, 7, 14, 21, 28, 35, 42}},
    {1, 1, {1, 2, 3, 4, 5, 6, 7, 8}},
};

#define START 1234567

/* One is raised each tenth of a second, and nobody asks what is due. */
static void duplicates_are_sent_as_the_documents_say(void **state) {
  size_t i;

  (void)state;
  for (i = 0; i < COUNT(vectors); i++) {
    const struct vector *v = &vectors[i];
    shako_alerts *alerts = make(v->first_wait, v->max_wait, 4);
    size_t sent = 0;
    shako_time t;

    assert_non_null(raise(alerts, "a", START));
    for (t = 100; sent < COUNT(v->times); t += 100) {
      const shako_alert_notice *notice = raise(alerts, "a", START + t);
      unsigned before = sent > 0 ? v->times[sent - 1] : 0;

      assert_int_equal(notice != NULL, t == v->times[sent] * 1000u);
      if (notice != NULL) {
        assert_int_equal(notice->serial, sent + 2);
        assert_int_equal(notice->count, (v->times[sent] - before) * 10u);
        assert_int_equal(notice->total, v->times[sent] * 10u + 1);
        assert_int_equal(notice->first, START);
        assert_int_equal(notice->last, START + t);
        assert_int_equal(notice->crowded, 0);
        sent++;
      }
    }
    end(alerts);
  }
}

static void a_longest_wait_of_nothing_has_no_next(void **state) {
  (void)state;
  assert_true(shako__alert_next(5, 0, 0) == SHAKO_TIME_NEVER);
  assert_true(shako__alert_next(5, 0, 60) == SHAKO_TIME_NEVER);
}

/* Two come between each time and the next; the clock says when they are due. */
static void duplicates_are_due_as_the_documents_say(void **state) {
  size_t i;
  size_t sent;

  (void)state;
  for (i = 0; i < COUNT(vectors); i++) {
    const struct vector *v = &vectors[i];
    shako_alerts *alerts = make(v->first_wait, v->max_wait, 4);
    shako_time now = START;

    assert_non_null(raise(alerts, "a", now));
    assert_int_equal(shako_alerts_expiry(alerts), SHAKO_TIME_NEVER);
    for (sent = 0; sent < COUNT(v->times); sent++) {
      const shako_alert_notice *notice;

      assert_null(raise(alerts, "a", now + 1));
      assert_null(raise(alerts, "a", now + 2));
      assert_int_equal(shako_alerts_expiry(alerts),
                       START + v->times[sent] * 1000u);
      now = shako_alerts_expiry(alerts);
      assert_null(shako_alerts_due(alerts, now - 1));
      notice = shako_alerts_due(alerts, now);
      assert_non_null(notice);
      assert_int_equal(notice->count, 2);
      assert_int_equal(notice->total, 2 * sent + 3);
      assert_string_equal(notice->alert->text, "text of a");
      assert_null(shako_alerts_due(alerts, now));
    }
    end(alerts);
  }
}

static void no_wait_sends_every_one(void **state) {
  shako_alerts *alerts = make(0, 60, 4);
  unsigned i;

  (void)state;
  for (i = 0; i < 1000; i++) {
    const shako_alert_notice *notice = raise(alerts, "a", START + i / 3 * 1000);

    assert_non_null(notice);
    assert_int_equal(notice->count, 1);
    assert_int_equal(notice->total, i + 1);
    assert_int_equal(shako_alerts_expiry(alerts), SHAKO_TIME_NEVER);
    assert_null(shako_alerts_due(alerts, START + i / 3 * 1000));
  }
  end(alerts);
}

/* One that nobody asked for in time is one notice, and the next comes when it
   would have come. */
static void what_is_late_is_told_once(void **state) {
  shako_alerts *alerts = make(5, 60, 4);

  (void)state;
  assert_non_null(raise(alerts, "a", 0));
  assert_null(raise(alerts, "a", 1000));
  assert_non_null(shako_alerts_due(alerts, 20000)); /* of 5, of 15 */
  assert_null(shako_alerts_due(alerts, 20000));
  assert_null(raise(alerts, "a", 34999));
  assert_int_equal(shako_alerts_expiry(alerts), 35000);
  assert_non_null(raise(alerts, "a", 1000000)); /* ... of 960 */
  assert_null(raise(alerts, "a", 1000001));
  assert_int_equal(shako_alerts_expiry(alerts), 1020000);
  end(alerts);
}

/* A key of which nothing comes from one time to the next is new again. */
static void what_is_quiet_is_forgotten(void **state) {
  shako_alerts *alerts = make(5, 60, 4);
  const shako_alert_notice *notice;

  (void)state;
  assert_non_null(raise(alerts, "a", 0));
  assert_null(raise(alerts, "a", 4000));
  assert_non_null(shako_alerts_due(alerts, 5000));
  assert_null(shako_alerts_due(alerts, 15000));
  notice = raise(alerts, "a", 15000);
  assert_non_null(notice);
  assert_int_equal(notice->total, 1);
  assert_int_equal(notice->first, 15000);
  assert_null(raise(alerts, "a", 15001));
  assert_int_equal(shako_alerts_expiry(alerts), 20000);
  end(alerts);
}

static void keys_are_told_apart(void **state) {
  shako_alerts *alerts = make(5, 60, 4);

  (void)state;
  assert_non_null(raise(alerts, "a", 0));
  assert_non_null(raise(alerts, "b", 1000));
  assert_non_null(raise(alerts, "", 1000));
  assert_null(raise(alerts, "a", 2000));
  assert_null(raise(alerts, "b", 2000));
  assert_int_equal(shako_alerts_expiry(alerts), 5000);
  assert_string_equal(shako_alerts_due(alerts, 5999)->alert->key, "a");
  assert_null(shako_alerts_due(alerts, 5999));
  assert_int_equal(shako_alerts_expiry(alerts), 6000);
  assert_string_equal(shako_alerts_due(alerts, 6000)->alert->key, "b");
  end(alerts);
}

/* One that was filled by hand, with no room for a NUL. */
static void what_has_no_end_is_cut_off(void **state) {
  shako_alerts *alerts = make(5, 60, 4);
  shako_alert alert = alert_of("", 0);
  const shako_alert_notice *notice;

  (void)state;
  memset(alert.key, 'k', sizeof(alert.key));
  memset(alert.text, 't', sizeof(alert.text));
  notice = shako_alerts_raise(alerts, &alert, 0);
  assert_non_null(notice);
  assert_non_null(memchr(notice->alert->key, 0, sizeof(alert.key)));
  assert_non_null(memchr(notice->alert->text, 0, sizeof(alert.text)));
  assert_memory_equal(notice->alert->text, alert.text, sizeof(alert.text) - 1);
  assert_null(shako_alerts_raise(alerts, &alert, 1));
  end(alerts);
}

/* Nothing is said until it has happened so often; the times are counted from
   the first notice. */
static void a_threshold_is_reached_first(void **state) {
  shako_alerts *alerts = make(5, 60, 4);
  shako_alert alert = alert_of("a", 3);
  const shako_alert_notice *notice;

  (void)state;
  assert_null(shako_alerts_raise(alerts, &alert, 1000));
  assert_null(shako_alerts_raise(alerts, &alert, 2000));
  assert_int_equal(shako_alerts_expiry(alerts), SHAKO_TIME_NEVER);
  assert_null(shako_alerts_due(alerts, 30000));
  notice = shako_alerts_raise(alerts, &alert, 33000);
  assert_non_null(notice);
  assert_int_equal(notice->count, 3);
  assert_int_equal(notice->first, 1000);
  assert_null(shako_alerts_raise(alerts, &alert, 33001));
  assert_int_equal(shako_alerts_expiry(alerts), 38000);
  end(alerts);

  alerts = make(5, 60, 4); /* it is forgotten before it is reached */
  assert_null(shako_alerts_raise(alerts, &alert, 1000));
  assert_null(shako_alerts_raise(alerts, &alert, 60999));
  assert_null(shako_alerts_raise(alerts, &alert, 61000));
  assert_null(shako_alerts_raise(alerts, &alert, 61001));
  notice = shako_alerts_raise(alerts, &alert, 61002);
  assert_non_null(notice);
  assert_int_equal(notice->count, 3);
  assert_int_equal(notice->first, 61000);
  end(alerts);
}

/* Whoever chooses keys takes no place from another, and his alerts are one. */
static void more_keys_than_places_share_one(void **state) {
  shako_alerts *alerts = make(5, 60, 3);
  const shako_alert_notice *notice;
  shako_alert critical = alert_of("e", 0);
  char key[16];
  unsigned i;

  (void)state;
  assert_non_null(raise(alerts, "a", 0));
  assert_non_null(raise(alerts, "b", 0));
  assert_non_null(raise(alerts, "c", 0));
  notice = raise(alerts, "d", 0);
  assert_non_null(notice);
  assert_int_equal(notice->crowded, 1);
  for (i = 0; i < 1000; i++) {
    sprintf(key, "x%u", i);
    assert_null(raise(alerts, key, 1));
  }
  assert_null(raise(alerts, "a", 2));
  critical.severity = SHAKO_ALERT_SEVERITY_CRITICAL;
  notice = shako_alerts_raise(alerts, &critical, 3);
  assert_non_null(notice); /* a severity has one of its own */
  assert_int_equal(notice->crowded, 1);
  critical.alert_class = SHAKO_ALERT_CLASS_DELIVERY;
  notice = shako_alerts_raise(alerts, &critical, 3);
  assert_non_null(notice); /* ... and so has a class */
  assert_int_equal(notice->crowded, 1);
  assert_string_equal(shako_alerts_due(alerts, 5000)->alert->key, "a");
  notice = shako_alerts_due(alerts, 5000);
  assert_string_equal(notice->alert->key, "x999");
  assert_int_equal(notice->count, 1000);
  assert_int_equal(notice->crowded, 1);
  notice = raise(alerts, "new", 5000); /* b and c are forgotten */
  assert_non_null(notice);
  assert_int_equal(notice->crowded, 0);
  end(alerts);
}

/* What was not told of yet makes room for what is to be told, the oldest
   first. */
static void what_is_only_counted_is_displaced(void **state) {
  shako_alerts *alerts = make(5, 60, 2);
  shako_alert gone = alert_of("gone", 3);
  shako_alert old = alert_of("old", 3);
  shako_alert young = alert_of("young", 3);
  const shako_alert_notice *notice;

  (void)state;
  assert_null(shako_alerts_raise(alerts, &gone, 0));
  assert_null(shako_alerts_raise(alerts, &old, 50000));
  assert_null(shako_alerts_raise(alerts, &old, 50000));
  assert_null(shako_alerts_raise(alerts, &young, 60000)); /* where gone was */
  notice = raise(alerts, "told", 60001);                  /* where old was */
  assert_non_null(notice);
  assert_int_equal(notice->crowded, 0);
  assert_int_equal(notice->total, 1);
  assert_null(shako_alerts_raise(alerts, &young, 60002));
  notice = shako_alerts_raise(alerts, &young, 60003);
  assert_non_null(notice);
  assert_int_equal(notice->crowded, 0);
  assert_int_equal(notice->total, 3);
  assert_null(shako_alerts_raise(alerts, &old, 60004)); /* no place is left */
  assert_null(shako_alerts_raise(alerts, &old, 60005));
  notice = shako_alerts_raise(alerts, &old, 60006);
  assert_non_null(notice);
  assert_int_equal(notice->crowded, 1);
  end(alerts);
}

/* A clock at its ends does no harm. */
static void a_clock_may_be_anything(void **state) {
  static const shako_time times[] = {
      0, 1, 5000, UINT64_MAX / 2, UINT64_MAX - 1, UINT64_MAX, 0, 7};
  static const uint32_t waits[] = {0, 1, UINT32_MAX};
  size_t i;
  size_t j;

  (void)state;
  for (i = 0; i < 9; i++) {
    shako_alerts *alerts = make(waits[i % 3], waits[i / 3], 2);

    for (j = 0; j < COUNT(times); j++) {
      raise(alerts, "a", times[j]);
      raise(alerts, "a", times[j]);
      while (shako_alerts_due(alerts, times[j]) != NULL) {
      }
      shako_alerts_expiry(alerts);
    }
    end(alerts);
  }
}

static void what_is_no_configuration_is_refused(void **state) {
  shako_alerts *alerts = NULL;
  shako_alerts_config config;

  (void)state;
  shako_alerts_config_default(&config);
  assert_int_equal(config.first_wait, 300);
  assert_int_equal(config.max_wait, 3600);
  assert_int_equal(config.places, 64);
  config.places = 0;
  assert_int_equal(shako_alerts_new(&alerts, &config, NULL),
                   SHAKO_ERR_INVALID_ARGUMENT);
  config.places = 65537;
  assert_int_equal(shako_alerts_new(&alerts, &config, NULL),
                   SHAKO_ERR_INVALID_ARGUMENT);
  config.places = 1;
  config.struct_size = 0;
  assert_int_equal(shako_alerts_new(&alerts, &config, NULL),
                   SHAKO_ERR_INVALID_ARGUMENT);
  assert_null(alerts);
  assert_int_equal(shako_alerts_new(&alerts, NULL, NULL), 0);
  shako_alerts_free(alerts);
  shako_alerts_free(NULL);
}

/* As a caller should not fill it. */
static void what_is_no_alert_does_no_harm(void **state) {
  shako_alerts_config config;
  shako_alerts *alerts = NULL;
  shako_alert alert = {.struct_size = sizeof(alert)};
  const shako_alert_notice *notice;

  (void)state;
  shako_alerts_config_default(&config);
  config.places = 1;
  assert_int_equal(shako_alerts_new(&alerts, &config, NULL), 0);
  memset(alert.key, 'k', sizeof(alert.key));
  memset(alert.text, 't', sizeof(alert.text));
  for (int i = 0; i < 3; i++) {
    alert.alert_class = (shako_alert_class)(1000 * i);
    alert.severity = (shako_alert_severity)(7 * i);
    alert.key[0] = (char)('a' + i);
    notice = shako_alerts_raise(alerts, &alert, 0);
    assert_non_null(notice);
    assert_int_equal(strlen(notice->alert->text), SHAKO_ALERT_TEXT_SIZE - 1);
    assert_int_equal(strlen(notice->alert->key), SHAKO_ALERT_KEY_SIZE - 1);
  }
  assert_string_equal(shako_alert_class_name(notice->alert->alert_class),
                      "unknown");
  assert_string_equal(shako_alert_severity_name(notice->alert->severity),
                      "unknown");
  shako_alerts_free(alerts);
}

static void make_and_raise(bool refused) {
  shako_alerts *alerts = NULL;
  int error;

  failing.armed = true;
  error = shako_alerts_new(&alerts, NULL, &table_mem);
  if (error != 0) {
    assert_int_equal(error, SHAKO_ERR_NOMEM);
    assert_null(alerts);
    assert_true(refused);
  } else {
    assert_non_null(raise(alerts, "a", 0));
  }
  failing.armed = false;
  end(alerts);
}

static void memory_is_asked_for_once(void **state) {
  (void)state;
  assert_int_equal(failing_for_each(make_and_raise, 1), 3);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(duplicates_are_sent_as_the_documents_say),
      cmocka_unit_test(duplicates_are_due_as_the_documents_say),
      cmocka_unit_test(a_longest_wait_of_nothing_has_no_next),
      cmocka_unit_test(no_wait_sends_every_one),
      cmocka_unit_test(what_is_late_is_told_once),
      cmocka_unit_test(what_is_quiet_is_forgotten),
      cmocka_unit_test(keys_are_told_apart),
      cmocka_unit_test(what_has_no_end_is_cut_off),
      cmocka_unit_test(a_threshold_is_reached_first),
      cmocka_unit_test(more_keys_than_places_share_one),
      cmocka_unit_test(what_is_only_counted_is_displaced),
      cmocka_unit_test(a_clock_may_be_anything),
      cmocka_unit_test(what_is_no_configuration_is_refused),
      cmocka_unit_test(what_is_no_alert_does_no_harm),
      cmocka_unit_test(memory_is_asked_for_once),
  };

  return cmocka_run_group_tests_name("alerts", tests, NULL, NULL);
}
