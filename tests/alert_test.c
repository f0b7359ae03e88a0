/* What alerts say, who wants them, and how they are written as messages. */

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

#define COUNT(ARRAY) (sizeof(ARRAY) / sizeof((ARRAY)[0]))

static shako_span span_of(const char *text) {
  return (shako_span){(const uint8_t *)text, strlen(text)};
}

#define BIT(CLASS, SEVERITY)                                                   \
  SHAKO_ALERT_WANTS(SHAKO_ALERT_CLASS_##CLASS, SHAKO_ALERT_SEVERITY_##SEVERITY)

#define ALL_SYSTEM                                                             \
  (BIT(SYSTEM, CRITICAL) | BIT(SYSTEM, WARNING) | BIT(SYSTEM, INFORMATION))
#define ALL_DELIVERY                                                           \
  (BIT(DELIVERY, CRITICAL) | BIT(DELIVERY, WARNING) |                          \
   BIT(DELIVERY, INFORMATION))

static void a_recipient_says_what_he_wants(void **state) {
  static const struct {
    const char *text;
    uint32_t wants;
  } rows[] = {
      {"All", ALL_SYSTEM | ALL_DELIVERY},
      {"all/ALL", ALL_SYSTEM | ALL_DELIVERY},
      {"System", ALL_SYSTEM},
      {"message delivery", ALL_DELIVERY},
      {" System / Warning ", BIT(SYSTEM, WARNING)},
      {"System/Warning,System/Critical",
       BIT(SYSTEM, WARNING) | BIT(SYSTEM, CRITICAL)},
      {"All/Critical, System/Information", BIT(SYSTEM, CRITICAL) |
                                               BIT(DELIVERY, CRITICAL) |
                                               BIT(SYSTEM, INFORMATION)},
  };
  size_t i;

  (void)state;
  for (i = 0; i < COUNT(rows); i++) {
    shako_place place;
    uint32_t wants = 0;

    assert_int_equal(
        shako_alert_wants_read(&wants, span_of(rows[i].text), &place), 0);
    assert_int_equal(wants, rows[i].wants);
  }
}

static void what_nobody_can_want_is_told(void **state) {
  static const char no_class[] = "neither All, System nor Message Delivery";
  static const char no_severity[] =
      "neither All, Critical, Warning nor Information";
  static const struct {
    const char *text;
    uint32_t column;
    const char *what;
  } rows[] = {
      {"", 1, no_class},
      {" ", 2, no_class},
      {"Systems", 1, no_class},
      {"System,", 8, no_class},
      {"System, /All", 9, no_class},
      {"System/", 8, no_severity},
      {"System/warn", 8, no_severity},
      {"All/All/All", 8, "a comma is missing"},
  };
  size_t i;

  (void)state;
  for (i = 0; i < COUNT(rows); i++) {
    shako_place place = {0, 0, NULL};
    uint32_t wants = 7;

    assert_int_equal(
        shako_alert_wants_read(&wants, span_of(rows[i].text), &place),
        SHAKO_ERR_SYNTAX);
    assert_int_equal(wants, 7);
    assert_int_equal(place.line, 1);
    assert_int_equal(place.column, rows[i].column);
    assert_string_equal(place.what, rows[i].what);
  }
}

static shako_alert required_tls(const char *domain, const char *detail) {
  static const shako_delivery_verdict verdict = {
      SHAKO_DELIVERY_DEFER, "certificate-expired", "the certificate is old", 1};
  shako_alert alert;

  shako_alert_required_tls(&alert, span_of(domain), span_of("mx.bank.example"),
                           &verdict, span_of(detail));
  return alert;
}

static void required_tls_that_failed_is_told(void **state) {
  shako_alert alert = required_tls("Bank.example", "a\r\nSubject: b\x80");
  shako_alert again = required_tls("bank.EXAMPLE", "");

  (void)state;
  assert_int_equal(alert.alert_class, SHAKO_ALERT_CLASS_SYSTEM);
  assert_int_equal(alert.severity, SHAKO_ALERT_SEVERITY_WARNING);
  assert_string_equal(
      alert.text, "TLS, which is required, failed for the domain Bank.example\n"
                  "Next hop: mx.bank.example\n"
                  "Reason: the certificate is old (certificate-expired)\n"
                  "The message is kept and tried again.\n"
                  "Detail: a\\x0d\\x0aSubject: b\\x80");
  assert_string_equal(alert.key, again.key);
  again = required_tls("banks.example", "");
  assert_string_not_equal(alert.key, again.key);
}

static void hosts_without_tls_are_told(void **state) {
  shako_address address;
  shako_alert alert;
  shako_alert other;

  (void)state;
  shako_address_parse(&address, span_of("192.0.2.7"));
  shako_alert_inbound_tls(&alert, "PARTNERS", &address, SHAKO_TLS_FAILURE_NONE,
                          10);
  assert_int_equal(alert.threshold, 10);
  assert_string_equal(alert.text,
                      "Hosts that must use TLS do not: sender group PARTNERS\n"
                      "Last host: 192.0.2.7\n"
                      "Reason: it did not start TLS");
  shako_alert_inbound_tls(&other, "PARTNERS", &address,
                          SHAKO_TLS_FAILURE_NO_SHARED_VERSION, 10);
  assert_string_equal(alert.key, other.key);
  assert_non_null(strstr(other.text, "TLS failed: no-shared-version"));
  shako_alert_inbound_tls(&other, NULL, &address, SHAKO_TLS_FAILURE_NONE, 10);
  assert_string_not_equal(alert.key, other.key);
  shako_alert_handshakes(&other, &address, 5);
  assert_int_equal(other.threshold, 5);
  assert_non_null(strstr(other.text, "192.0.2.7"));
  shako_alert_demonstration(&other, "smtp");
  assert_non_null(strstr(other.text, "listener smtp\n"));
}

static void check_kind(const shako_alert *alert, const char *key,
                       shako_alert_severity severity) {
  assert_string_equal(alert->key, key);
  assert_int_equal(alert->severity, severity);
  assert_int_equal(alert->alert_class, SHAKO_ALERT_CLASS_SYSTEM);
}

static void each_alert_has_its_key_and_severity(void **state) {
  shako_certificate_report report = {.struct_size = sizeof(report),
                                     .days_left = 7};
  shako_address address = {.known = 0};
  int32_t told = SHAKO_ALERT_EXPIRY_UNTOLD;
  shako_alert alert = required_tls("Bank.Example-1", "");

  (void)state;
  check_kind(&alert, "required-tls bank.example-1",
             SHAKO_ALERT_SEVERITY_WARNING);
  shako_alert_inbound_tls(&alert, "G", &address, SHAKO_TLS_FAILURE_NONE, 1);
  check_kind(&alert, "inbound-tls G", SHAKO_ALERT_SEVERITY_WARNING);
  shako_alert_handshakes(&alert, &address, 1);
  check_kind(&alert, "handshakes", SHAKO_ALERT_SEVERITY_WARNING);
  assert_string_equal(alert.text, "Hosts begin more TLS handshakes than their "
                                  "policy allows\nLast host: unknown");
  shako_alert_demonstration(&alert, "smtp");
  check_kind(&alert, "demonstration smtp", SHAKO_ALERT_SEVERITY_WARNING);
  shako_alert_certificate_expiry(&alert, "a.pem", &report, &told);
  check_kind(&alert, "expiry 7 a.pem", SHAKO_ALERT_SEVERITY_WARNING);
}

/* What a stranger chose leaves room for the rest. */
static void what_is_long_is_shortened(void **state) {
  static const shako_delivery_verdict verdict = {SHAKO_DELIVERY_BOUNCE, NULL,
                                                 "why", 1};
  char octets[600];
  char key[300] = "required-tls ";
  shako_span any = {(const uint8_t *)octets, sizeof(octets)};
  shako_alert alert;

  (void)state;
  memset(octets, 'A', sizeof(octets));
  memset(key + strlen(key), 'a', 256);
  shako_alert_required_tls(&alert, any, (shako_span){any.ptr, 3}, &verdict,
                           (shako_span){any.ptr, 1});
  assert_string_equal(alert.key, key);
  assert_non_null(strstr(alert.text, "AAA...\nNext hop: AAA\nReason: why\n"
                                     "The message was returned to its sender."
                                     "\nDetail: A"));
  memset(octets, 0xc3, sizeof(octets));
  shako_alert_required_tls(&alert, any, any, &verdict, any);
  assert_non_null(strstr(alert.text, "\\xc3...\nNext hop: \\xc3\\xc3"));
  assert_non_null(strstr(alert.text, "\\xc3...\nReason: why\n"));
  assert_string_equal(alert.text + strlen(alert.text) - 7, "\\xc3...");
}

/* A certificate that grows old day by day, and one that is looked at late. */
static void the_end_of_a_certificate_is_told_at_each_step_once(void **state) {
  static const struct {
    int64_t days;
    shako_alert_severity severity;
    const char *text;
  } steps[] = {
      {30, SHAKO_ALERT_SEVERITY_INFORMATION, "expires in 30 days"},
      {14, SHAKO_ALERT_SEVERITY_WARNING, "expires in 14 days"},
      {7, SHAKO_ALERT_SEVERITY_WARNING, "expires in 7 days"},
      {1, SHAKO_ALERT_SEVERITY_CRITICAL, "expires in 1 day"},
      {-1, SHAKO_ALERT_SEVERITY_CRITICAL, "has expired"},
  };
  shako_certificate_report report = {.struct_size = sizeof(report)};
  int32_t told = SHAKO_ALERT_EXPIRY_UNTOLD;
  size_t step = 0;
  char text[128];

  (void)state;
  for (report.days_left = 90; report.days_left > -5; report.days_left--) {
    shako_alert alert;
    bool is_due = step < COUNT(steps) && report.days_left == steps[step].days;

    assert_int_equal(
        shako_alert_certificate_expiry(&alert, "a.pem", &report, &told),
        is_due);
    if (is_due) {
      snprintf(text, sizeof(text), "The certificate a.pem %s",
               steps[step].text);
      assert_string_equal(alert.text, text);
      assert_int_equal(alert.severity, steps[step].severity);
      step++;
    }
    assert_int_equal(
        shako_alert_certificate_expiry(&alert, "a.pem", &report, &told), 0);
  }
  assert_int_equal(step, COUNT(steps));
}

static void what_is_looked_at_late_is_told_once(void **state) {
  shako_certificate_report report = {.struct_size = sizeof(report),
                                     .days_left = 3};
  int32_t told = SHAKO_ALERT_EXPIRY_UNTOLD;
  shako_alert alert;

  (void)state;
  assert_int_equal(
      shako_alert_certificate_expiry(&alert, "a.pem", &report, &told), 1);
  assert_non_null(strstr(alert.text, "expires in 3 days"));
  assert_int_equal(
      shako_alert_certificate_expiry(&alert, "a.pem", &report, &told), 0);
  report.days_left = 0; /* less than a day */
  assert_int_equal(
      shako_alert_certificate_expiry(&alert, "a.pem", &report, &told), 1);
  assert_non_null(strstr(alert.text, "expires in 0 days"));
}

static const char *const operators[] = {"ops@example.org",
                                        "\"a b\"@[192.0.2.1]"};

static const shako_alert_envelope envelope = {
    .struct_size = sizeof(envelope),
    .hostname = "mx.example.org",
    .to = operators,
    .to_count = 2,
    .unix_time = 1795021295, /* 2026-11-18 17:01:35 */
    .now = 100000,
    .unique = 4711,
};

static char *write_notice(const shako_alert_notice *notice) {
  size_t len = 0;
  size_t again = 0;
  char *text;

  assert_int_equal(shako_alert_write(notice, &envelope, NULL, 0, &len), 0);
  text = malloc(len + 1);
  assert_non_null(text);
  assert_int_equal(shako_alert_write(notice, &envelope, text, len + 1, &again),
                   0);
  assert_int_equal(again, len);
  assert_int_equal(strlen(text), len);
  return text;
}

static void a_notice_is_written_as_a_message(void **state) {
  shako_alert alert = required_tls("bank.example", "");
  shako_alert_notice notice = {
      .alert = &alert, .serial = 3, .count = 1, .total = 1};
  char *text = write_notice(&notice);

  (void)state;
  assert_string_equal(
      text, "Date: Wed, 18 Nov 2026 17:01:35 +0000\r\n"
            "From: alert@mx.example.org\r\n"
            "To: ops@example.org,\r\n"
            " \"a b\"@[192.0.2.1]\r\n"
            "Subject: Warning-mx.example.org: (System) TLS, which is "
            "required, failed for\r\n"
            " the domain bank.example\r\n"
            "Message-ID: <1795021295.3.4711@mx.example.org>\r\n"
            "MIME-Version: 1.0\r\n"
            "Content-Type: text/plain; charset=us-ascii\r\n"
            "Content-Transfer-Encoding: 7bit\r\n"
            "Auto-Submitted: auto-generated\r\n"
            "\r\n"
            "The Warning message is:\r\n"
            "\r\n"
            "TLS, which is required, failed for the domain bank.example\r\n"
            "Next hop: mx.bank.example\r\n"
            "Reason: the certificate is old (certificate-expired)\r\n"
            "The message is kept and tried again.\r\n");
  free(text);
}

static void a_notice_of_many_says_how_many(void **state) {
  shako_alert alert = required_tls("bank.example", "");
  shako_alert_notice notice = {.alert = &alert,
                               .crowded = 1,
                               .count = 7,
                               .total = 9,
                               .first = 5000,
                               .last = 99500};
  char *text = write_notice(&notice);

  (void)state;
  assert_non_null(
      strstr(text, "\r\n\r\nThis stands for several alerts, of which it is the "
                   "last: there are\r\nmore kinds of them than are "
                   "remembered.\r\n\r\n"
                   "It happened 9 times, 7 of them since it was told "
                   "last.\r\n"
                   "First: Wed, 18 Nov 2026 17:00:00 +0000\r\n"
                   "Last: Wed, 18 Nov 2026 17:01:35 +0000\r\n"));
  free(text);
}

/* What happened before the clock of Unix began is told as of its beginning. */
static void no_time_is_before_1970(void **state) {
  shako_alert alert = required_tls("bank.example", "");
  shako_alert_notice notice = {
      .alert = &alert, .count = 2, .total = 2, .first = 5000, .last = 100001};
  shako_alert_envelope early = envelope;
  char text[2048];
  size_t len;

  (void)state;
  early.unix_time = 60;
  assert_int_equal(shako_alert_write(&notice, &early, text, sizeof(text), &len),
                   0);
  assert_in_range(len, 1, sizeof(text) - 1);
  assert_non_null(strstr(text, "First: Thu, 1 Jan 1970 00:00:00 +0000\r\n"));
  assert_non_null(strstr(text, "Last: Thu, 1 Jan 1970 00:01:00 +0000\r\n"));
}

static void a_notice_is_from_whom_its_envelope_says(void **state) {
  shako_alert alert = required_tls("bank.example", "");
  shako_alert_notice notice = {.alert = &alert, .count = 1, .total = 1};
  shako_alert_envelope other = envelope;
  char text[2048];
  size_t len;

  (void)state;
  other.from = "gate@other.example";
  assert_int_equal(shako_alert_write(&notice, &other, text, sizeof(text), &len),
                   0);
  assert_non_null(strstr(text, "\r\nFrom: gate@other.example\r\nTo: "));
}

/* Returns where the fields end; on the way each line is of a field, or goes
   on with one, and all of it is printable. */
static const char *check_message(const char *text, size_t fields) {
  const char *end = strstr(text, "\r\n\r\n");
  const char *at = text;
  size_t found = 0;

  assert_non_null(end);
  while (*at != '\0') {
    const char *line_end = strstr(at, "\r\n");
    const char *c;

    assert_non_null(line_end);
    assert_true(line_end - at <= 998);
    for (c = at; c < line_end; c++) {
      assert_true(*c >= ' ' && *c <= '~');
    }
    if (at <= end && *at != ' ') {
      found++;
      assert_true(strcspn(at, ":") < strcspn(at, " \r"));
    }
    at = line_end + 2;
  }
  assert_int_equal(found, fields);
  return end;
}

/* No octet in an alert makes a field, a line that is too long, or one of a
   message that is no ASCII. */
static void nothing_in_an_alert_begins_a_field(void **state) {
  static const char pieces[] =
      "a\r\nBcc: evil@example.org\r\n\r\n\x01\x7f\xff\t";
  shako_alert alert = {.struct_size = sizeof(alert)};
  shako_alert_notice notice = {.alert = &alert, .count = 1, .total = 1};
  unsigned seed;

  (void)state;
  for (seed = 0; seed < 300; seed++) {
    uint32_t random = seed * 2654435761u + 1;
    size_t len = seed < 4 ? SHAKO_ALERT_TEXT_SIZE - 1 : seed * 3;
    char *text;
    size_t i;

    for (i = 0; i < len; i++) {
      random = random * 1664525u + 1013904223u;
      alert.text[i] = seed == 0   ? 'x'
                      : seed == 1 ? ' '
                      : seed == 2 ? '\r'
                      : seed == 3
                          ? (i < 500 ? ' ' : 'y')
                          : pieces[(random >> 16) % (sizeof(pieces) - 1)];
    }
    alert.text[len] = '\0';
    text = write_notice(&notice);
    check_message(text, 9);
    free(text);
  }
}

/* No octet of a long word is lost, and no line is longer than it has to be. */
static void a_long_word_is_cut_into_lines(void **state) {
  shako_alert alert = {.struct_size = sizeof(alert)};
  shako_alert_notice notice = {.alert = &alert, .count = 1, .total = 1};
  char *text;
  size_t count = 0;
  size_t i;

  (void)state;
  memset(alert.text, 'z', 1000);
  strcpy(alert.text + 900, " ab  cd\n e");
  text = write_notice(&notice);
  assert_non_null(strstr(text, "\r\nzz"));
  assert_non_null(strstr(text, "z\r\n ab cd\r\nMessage-ID"));
  assert_non_null(strstr(text, "z\r\nab cd\r\n e\r\n"));
  for (i = 0; text[i] != '\0'; i++) {
    count += text[i] == 'z';
  }
  assert_int_equal(count, 2 * 900);
  free(text);
}

static void a_message_is_cut_off_where_its_buffer_ends(void **state) {
  shako_alert alert = required_tls("bank.example", "x");
  shako_alert_notice notice = {.alert = &alert, .count = 2, .total = 2};
  char *whole = write_notice(&notice);
  size_t size;

  (void)state;
  for (size = 1; size < strlen(whole); size += 7) {
    char buf[2048];
    size_t len;

    assert_int_equal(shako_alert_write(&notice, &envelope, buf, size, &len), 0);
    assert_int_equal(len, strlen(whole));
    assert_int_equal(strlen(buf), size - 1);
    assert_memory_equal(buf, whole, size - 1);
  }
  free(whole);
}

static void check_refused(const shako_alert_envelope *wrong) {
  shako_alert alert = required_tls("bank.example", "");
  shako_alert_notice notice = {.alert = &alert, .count = 1, .total = 1};
  size_t len = 99;
  char buf[16] = "untouched";

  assert_int_equal(shako_alert_write(&notice, wrong, buf, sizeof(buf), &len),
                   SHAKO_ERR_INVALID_ARGUMENT);
  assert_int_equal(len, 99);
  assert_string_equal(buf, "untouched");
}

static void an_envelope_that_is_none_is_refused(void **state) {
  static const char *const wrong[] = {
      "",      "a",     "a@",           "@b",     "a@b\r\nX:y", "a@b ",
      " a@b",  "<a@b>", "a@b,c@d",      "@x:a@b", "a@b>",       "postmaster",
      "a@b\n", "a b@c", "\xc3\xa9@b.c", "a@b..c",
  };
  static const char *const hosts[] = {"", "a b", "a\r\nb", "a..b", "[1]"};
  char longest[SHAKO_ALERT_TEXT_SIZE];
  shako_alert_envelope other;
  size_t i;

  (void)state;
  memset(longest, 'a', sizeof(longest));
  strcpy(longest + sizeof(longest) - 3, "@b");
  other = envelope;
  other.from = longest;
  check_refused(&other);
  for (i = 0; i < COUNT(wrong); i++) {
    const char *to[] = {"ops@example.org", wrong[i]};

    other = envelope;
    other.to = to;
    check_refused(&other);
    other = envelope;
    other.from = wrong[i];
    check_refused(&other);
  }
  for (i = 0; i < COUNT(hosts); i++) {
    other = envelope;
    other.hostname = hosts[i];
    check_refused(&other);
  }
  other = envelope;
  other.to_count = 0;
  check_refused(&other);
  other = envelope;
  other.unix_time = -1;
  check_refused(&other);
  other.unix_time = INT64_C(253402300800); /* 10000-01-01 */
  check_refused(&other);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_recipient_says_what_he_wants),
      cmocka_unit_test(what_nobody_can_want_is_told),
      cmocka_unit_test(required_tls_that_failed_is_told),
      cmocka_unit_test(hosts_without_tls_are_told),
      cmocka_unit_test(each_alert_has_its_key_and_severity),
      cmocka_unit_test(what_is_long_is_shortened),
      cmocka_unit_test(the_end_of_a_certificate_is_told_at_each_step_once),
      cmocka_unit_test(what_is_looked_at_late_is_told_once),
      cmocka_unit_test(a_notice_is_written_as_a_message),
      cmocka_unit_test(a_notice_of_many_says_how_many),
      cmocka_unit_test(no_time_is_before_1970),
      cmocka_unit_test(a_notice_is_from_whom_its_envelope_says),
      cmocka_unit_test(nothing_in_an_alert_begins_a_field),
      cmocka_unit_test(a_long_word_is_cut_into_lines),
      cmocka_unit_test(a_message_is_cut_off_where_its_buffer_ends),
      cmocka_unit_test(an_envelope_that_is_none_is_refused),
  };

  return cmocka_run_group_tests_name("alert", tests, NULL, NULL);
}
