/* What is done with mail under each TLS setting of a destination, whatever the
   next hop does: against a table of what the appliances' documents say. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <shako/destination.h>

#define COUNT(ARRAY) (sizeof(ARRAY) / sizeof((ARRAY)[0]))

#define NOT_SUPPORTED "starttls-not-supported"
#define FAILURE       "validation-failure"
#define MISMATCH      "certificate-host-mismatch"
#define EXPIRED       "certificate-expired"
#define NOT_TRUSTED   "certificate-not-trusted"

typedef struct row {
  shako_attempt_state state;
  shako_attempt_certificate certificate;
  uint16_t version;
  /* Of No, Preferred, Required, Preferred (Verify), Required (Verify), with a
     floor of TLS 1.2: E deliver inside TLS, C in the clear, D defer. */
  const char *deliveries;
  const char *result;       /* where TLS is wanted ... */
  const char *verification; /* ... and verified */
} row;

#define ROW(STATE, CERTIFICATE, VERSION, DELIVERIES, RESULT, VERIFICATION)     \
  {                                                                            \
    SHAKO_ATTEMPT_##STATE, SHAKO_ATTEMPT_CERTIFICATE_##CERTIFICATE, (VERSION), \
        (DELIVERIES), (RESULT), (VERIFICATION)                                 \
  }

/* Preferred falls back before the 220, never after; Required never does.
   Preferred (Verify) delivers inside TLS though the certificate is bad.
   Nothing but a good certificate does for Required (Verify). */
static const row rows[] = {
    ROW(BROKEN, UNCHECKED, 0, "DDDDD", NULL, NULL),
    ROW(NOT_OFFERED, UNCHECKED, 0, "CCDCD", NOT_SUPPORTED, NOT_SUPPORTED),
    ROW(NOT_STARTED, UNCHECKED, 0, "CCDCD", NOT_SUPPORTED, NOT_SUPPORTED),
    ROW(FAILED, UNCHECKED, 0, "DDDDD", FAILURE, FAILURE),
    ROW(FAILED, GOOD, 0x0304, "DDDDD", FAILURE, FAILURE),
    ROW(SECURED, GOOD, 0, "EEEEE", NULL, NULL),
    ROW(SECURED, GOOD, 0x0304, "EEEEE", NULL, NULL),
    ROW(SECURED, GOOD, 0x0303, "EEEEE", NULL, NULL),
    ROW(SECURED, GOOD, 0x0302, "EDDDD", FAILURE, FAILURE),
    ROW(SECURED, EXPIRED, 0x0301, "EDDDD", FAILURE, FAILURE),
    ROW(SECURED, UNCHECKED, 0x0304, "EEEED", NULL, FAILURE),
    ROW(SECURED, MISMATCH, 0x0304, "EEEED", NULL, MISMATCH),
    ROW(SECURED, EXPIRED, 0x0304, "EEEED", NULL, EXPIRED),
    ROW(SECURED, NOT_TRUSTED, 0x0303, "EEEED", NULL, NOT_TRUSTED),
    ROW(SECURED, INVALID, 0x0304, "EEEED", NULL, FAILURE),
};

static const shako_destination_tls settings[] = {
    SHAKO_DESTINATION_TLS_NO,
    SHAKO_DESTINATION_TLS_PREFERRED,
    SHAKO_DESTINATION_TLS_REQUIRED,
    SHAKO_DESTINATION_TLS_PREFERRED_VERIFY,
    SHAKO_DESTINATION_TLS_REQUIRED_VERIFY,
};

static const bool wanted[] = {false, true, true, true, true};
static const bool required[] = {false, false, true, false, true};
static const bool verified[] = {false, false, false, true, true};

static shako_delivery delivery_of(char letter) {
  return letter == 'E'   ? SHAKO_DELIVERY_ENCRYPTED
         : letter == 'C' ? SHAKO_DELIVERY_CLEAR
                         : SHAKO_DELIVERY_DEFER;
}

static void check_text(const char *got, const char *expected) {
  if (expected == NULL) {
    assert_null(got);
  } else {
    assert_non_null(got);
    assert_string_equal(got, expected);
  }
}

static shako_delivery_verdict judge(const row *r, size_t setting, bool alert,
                                    uint16_t reply, bool last) {
  shako_destination destination;
  shako_attempt attempt = {
      .struct_size = sizeof(attempt),
      .state = r->state,
      .certificate = r->certificate,
      .version = r->version,
      .reply = reply,
      .last = last,
  };
  shako_delivery_verdict verdict;

  shako_destination_default(&destination);
  destination.tls = settings[setting];
  destination.alert = alert;
  shako_destination_judge(&destination, &attempt, &verdict);
  assert_non_null(verdict.text);
  return verdict;
}

static void check_cell(const row *r, size_t setting, bool alert, bool last) {
  shako_delivery_verdict verdict = judge(r, setting, alert, 0, last);
  shako_delivery expected = delivery_of(r->deliveries[setting]);
  const char *result = !wanted[setting]    ? NULL
                       : verified[setting] ? r->verification
                                           : r->result;

  assert_int_equal(verdict.delivery, expected == SHAKO_DELIVERY_DEFER && last
                                         ? SHAKO_DELIVERY_BOUNCE
                                         : expected);
  check_text(verdict.result, result);
  assert_int_equal(verdict.alert, alert && required[setting] &&
                                      result != NULL &&
                                      expected == SHAKO_DELIVERY_DEFER);
}

static void every_cell_is_as_the_documents_say(void **state) {
  size_t i;
  size_t setting;

  (void)state;
  for (i = 0; i < COUNT(rows); i++) {
    for (setting = 0; setting < COUNT(settings); setting++) {
      check_cell(&rows[i], setting, false, false);
      check_cell(&rows[i], setting, true, false);
      check_cell(&rows[i], setting, true, true);
    }
  }
}

/* What the next hop says of the message counts where TLS was as wanted, and
   mail that waits for TLS goes on waiting. */
static void a_reply_refuses_what_tls_lets_through(void **state) {
  size_t i;
  size_t setting;

  (void)state;
  for (i = 0; i < COUNT(rows); i++) {
    for (setting = 0; setting < COUNT(settings); setting++) {
      bool waits = rows[i].deliveries[setting] == 'D' && wanted[setting] &&
                   rows[i].state != SHAKO_ATTEMPT_BROKEN;
      shako_delivery_verdict later = judge(&rows[i], setting, true, 400, false);
      shako_delivery_verdict never = judge(&rows[i], setting, true, 500, false);
      shako_delivery_verdict end = judge(&rows[i], setting, true, 499, true);

      assert_int_equal(later.delivery, SHAKO_DELIVERY_DEFER);
      assert_int_equal(never.delivery,
                       waits ? SHAKO_DELIVERY_DEFER : SHAKO_DELIVERY_BOUNCE);
      assert_int_equal(end.delivery, SHAKO_DELIVERY_BOUNCE);
      assert_int_equal(later.alert, waits && required[setting]);
    }
  }
}

/* Over all that there is, and not only the rows. */
static void required_never_goes_in_the_clear(void **state) {
  unsigned at;

  (void)state;
  for (at = 0; at < 5 * 5 * 6 * 4 * 3 * 2; at++) {
    static const uint16_t versions[] = {0, 0x0302, 0x0303, 0x0304};
    static const uint16_t replies[] = {0, 450, 550};
    row r = {.state = (shako_attempt_state)(at / 5 % 5),
             .certificate = (shako_attempt_certificate)(at / 25 % 6),
             .version = versions[at / 150 % 4]};
    shako_delivery_verdict verdict =
        judge(&r, at % 5, true, replies[at / 600 % 3], at / 1800 != 0);

    if (required[at % 5]) {
      assert_int_not_equal(verdict.delivery, SHAKO_DELIVERY_CLEAR);
    }
    if (r.state == SHAKO_ATTEMPT_FAILED || r.state == SHAKO_ATTEMPT_SECURED) {
      assert_int_not_equal(verdict.delivery, SHAKO_DELIVERY_CLEAR);
    }
    if (verdict.delivery == SHAKO_DELIVERY_ENCRYPTED) {
      assert_int_equal(r.state, SHAKO_ATTEMPT_SECURED);
    }
  }
}

static void the_floor_is_the_destinations(void **state) {
  shako_destination destination;
  shako_attempt attempt = {.struct_size = sizeof(attempt),
                           .state = SHAKO_ATTEMPT_SECURED,
                           .version = 0x0303};
  shako_delivery_verdict verdict;

  (void)state;
  shako_destination_default(&destination);
  assert_int_equal(destination.tls, SHAKO_DESTINATION_TLS_NO);
  assert_int_equal(destination.tls_min_version, 0x0303);
  destination.tls = SHAKO_DESTINATION_TLS_PREFERRED;
  destination.tls_min_version = 0x0304;
  shako_destination_judge(&destination, &attempt, &verdict);
  assert_int_equal(verdict.delivery, SHAKO_DELIVERY_DEFER);
  check_text(verdict.result, FAILURE);
  attempt.version = 0x0304;
  shako_destination_judge(&destination, &attempt, &verdict);
  assert_int_equal(verdict.delivery, SHAKO_DELIVERY_ENCRYPTED);
  assert_null(verdict.result);
}

/* Whoever wants no TLS is not told that there was none. */
static void no_says_nothing_of_tls(void **state) {
  size_t i;

  (void)state;
  for (i = 0; i < COUNT(rows); i++) {
    shako_delivery_verdict verdict = judge(&rows[i], 0, true, 0, false);

    assert_string_equal(verdict.text,
                        rows[i].state == SHAKO_ATTEMPT_BROKEN
                            ? "the next hop was not reached, or refused"
                            : "the setting is No");
  }
}

static void settings_have_names(void **state) {
  (void)state;
  assert_string_equal(shako_destination_tls_name(SHAKO_DESTINATION_TLS_NO),
                      "No");
  assert_string_equal(
      shako_destination_tls_name(SHAKO_DESTINATION_TLS_PREFERRED), "Preferred");
  assert_string_equal(
      shako_destination_tls_name(SHAKO_DESTINATION_TLS_REQUIRED), "Required");
  assert_string_equal(
      shako_destination_tls_name(SHAKO_DESTINATION_TLS_PREFERRED_VERIFY),
      "Preferred (Verify)");
  assert_string_equal(
      shako_destination_tls_name(SHAKO_DESTINATION_TLS_REQUIRED_VERIFY),
      "Required (Verify)");
}

/* A number out of range never lets mail go in the clear. */
static void what_is_no_setting_or_attempt_keeps_mail_back(void **state) {
  static const unsigned odd[] = {5, 6, 255, 0x7fffffff, 0xffffffff};

  (void)state;
  for (size_t i = 0; i < 3 * COUNT(odd); i++) {
    shako_destination destination;
    shako_attempt attempt = {.struct_size = sizeof(attempt),
                             .state = SHAKO_ATTEMPT_NOT_OFFERED};
    shako_delivery_verdict verdict;
    unsigned number = odd[i / 3];

    shako_destination_default(&destination);
    if (i % 3 == 0) {
      destination.tls = (shako_destination_tls)number;
    } else if (i % 3 == 1) {
      attempt.state = (shako_attempt_state)number;
    } else {
      attempt.certificate = (shako_attempt_certificate)(number + 1);
    }
    if (i % 3 == 2 && number == 0xffffffff) {
      continue; /* that is 0 again */
    }
    shako_destination_judge(&destination, &attempt, &verdict);
    assert_int_equal(verdict.delivery, SHAKO_DELIVERY_DEFER);
    assert_string_equal(verdict.result, FAILURE);
  }
  assert_string_equal(shako_destination_tls_name((shako_destination_tls)5),
                      "unknown");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_cell_is_as_the_documents_say),
      cmocka_unit_test(a_reply_refuses_what_tls_lets_through),
      cmocka_unit_test(required_never_goes_in_the_clear),
      cmocka_unit_test(the_floor_is_the_destinations),
      cmocka_unit_test(no_says_nothing_of_tls),
      cmocka_unit_test(settings_have_names),
      cmocka_unit_test(what_is_no_setting_or_attempt_keeps_mail_back),
  };

  return cmocka_run_group_tests_name("destination_judge", tests, NULL, NULL);
}
