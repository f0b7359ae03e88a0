/* What is wrong with a certificate, and how it is said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "octets.h"
#include "paper_certificate.h"

#define COUNT(ARRAY) (sizeof(ARRAY) / sizeof((ARRAY)[0]))

/* 2025-11-24 16:00, and a year before and behind it. */
#define NOW    INT64_C(1764000000)
#define BEFORE (NOW - INT64_C(365) * 86400)
#define BEHIND (NOW + INT64_C(365) * 86400)

#define SHA1_ECDSA "\x2a\x86\x48\xce\x3d\x04\x01"
#define SHA1_RSA   "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05"
#define MD5_RSA    "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x04"

static void assert_warnings(const shako_certificate_report *report,
                            const char *reasons) {
  octets got = {0};
  size_t i;

  for (i = 0; i < report->warning_count; i++) {
    octets_print(&got, "%s%s@%u", i > 0 ? " " : "", report->warnings[i].reason,
                 (unsigned)report->warnings[i].index);
    assert_true(strlen(report->warnings[i].text) > 10);
  }
  assert_string_equal(octets_text(&got), reasons);
  octets_free(&got);
}

/* Checks |certificate| for the host a.example. */
static void check(shako_certificate_report *report,
                  paper_certificate *certificate) {
  report->struct_size = sizeof(*report);
  assert_int_equal(shako_certificate_check(paper_init(certificate), "a.example",
                                           NOW, report),
                   0);
  assert_int_equal(report->struct_size, sizeof(*report));
}

static void chains_are_judged(void **state) {
  static struct {
    paper_certificate certificate;
    const char *warnings;
  } rows[] = {
      {{.names = {"a.example"},
        .members = {{"leaf", "root", BEFORE, BEHIND, NULL, 0}}},
       "missing-intermediate@0"},
      {{.names = {"a.example"},
        .members = {{"leaf", "root", BEFORE, BEHIND, NULL, 0},
                    {"root", "root", BEFORE, BEHIND, NULL, 0}}},
       ""},
      /* What is said of several is said of the first. */
      {{.names = {"a.example"},
        .members = {{"leaf", "b", BEFORE, BEHIND, NULL, 1},
                    {"b", "c", BEFORE, NOW - 1, NULL, 1},
                    {"c", "root", BEFORE, NOW - 1, NULL, 0}}},
       "chain-signature@0 expired@1"},
      {{.names = {"a.example"},
        .members = {{"leaf", "b", BEFORE, NOW - 1, SHA1_ECDSA, 0},
                    {"b", "c", NOW + 1, BEHIND, MD5_RSA, 0}}},
       "expired@0 weak-signature@0 not-yet-valid@1"},
      {{.names = {"a.example"},
        .members = {{"leaf", "b", BEFORE, BEHIND, NULL, 0},
                    {"b", "c", BEFORE, BEHIND, SHA1_RSA, 0}}},
       "weak-signature@1"},
      /* Nobody looks at the signature of a root. */
      {{.names = {"a.example"},
        .members = {{"leaf", "b", BEFORE, BEHIND, NULL, 0},
                    {"b", "b", BEFORE, BEHIND, SHA1_RSA, 0}}},
       ""},
      /* Each is the other's issuer: a ring ends too. */
      {{.names = {"a.example"},
        .members = {{"a", "b", BEFORE, BEHIND, NULL, 0},
                    {"b", "a", BEFORE, BEHIND, NULL, 0}}},
       "chain-order@1"},
      {{.names = {"a.example"},
        .members = {{"r", "b", BEFORE, BEHIND, NULL, 0},
                    {"b", "r", BEFORE, BEHIND, NULL, 0},
                    {"r", "r", BEFORE, BEHIND, NULL, 0}}},
       ""},
      {{.names = {"a.example"},
        .members = {{"a leaf whose name is longer than shako's own", "b", NOW,
                     NOW + 14 * 86400, NULL, 0},
                    {"b", "c", NOW - 1, NOW, NULL, 0}}},
       ""},
      /* The same name twice: the next one is the issuer. */
      {{.names = {"a.example"},
        .members = {{"leaf", "b", BEFORE, BEHIND, NULL, 0},
                    {"b", "root", BEFORE, BEHIND, NULL, 0},
                    {"b", "root", BEFORE, BEHIND, NULL, 0}}},
       "chain-extra@2"},
      {{.names = {"b.example"},
        .misfit = 1,
        .members = {{"leaf", "leaf", BEFORE, NOW + 14 * 86400 - 1, NULL, 0}}},
       "key-mismatch@0 self-signed@0 expires-soon@0 name-mismatch@0"},
      {{.members = {{"x shako demonstration certificate - y",
                     "x shako demonstration certificate - y", BEFORE, BEHIND,
                     NULL, 0}}},
       "demonstration@0 no-names@0 name-mismatch@0"},
  };
  shako_certificate_report report;
  size_t i;

  (void)state;
  for (i = 0; i < COUNT(rows); i++) {
    check(&report, &rows[i].certificate);
    assert_warnings(&report, rows[i].warnings);
    assert_int_equal(report.in_order,
                     strstr(rows[i].warnings, "chain-") == NULL);
  }
}

/* Only the first 16 of a chain are looked at. */
static void long_chains_are_bounded(void **state) {
  static const char *const subjects = "abcdefghijklmnopqrstuvwxyz";
  char names[PAPER_MEMBERS_MAX + 1][2] = {{0}};
  paper_certificate certificate = {.names = {"a.example"}};
  shako_certificate_report report;
  size_t i;

  (void)state;
  for (i = 0; i <= PAPER_MEMBERS_MAX; i++) {
    names[i][0] = subjects[i];
  }
  for (i = 0; i < PAPER_MEMBERS_MAX; i++) {
    certificate.members[i] =
        (paper_member){names[i], names[i + 1], BEFORE, BEHIND, NULL, i >= 15};
  }
  check(&report, &certificate);
  assert_int_equal(report.chain_length, 16);
  assert_warnings(&report, "");
  certificate.members[14].unproved = 1;
  check(&report, &certificate);
  assert_warnings(&report, "chain-signature@14");
}

static void many_names_are_counted(void **state) {
  paper_certificate certificate = {
      .members = {{"leaf", "leaf", BEFORE, BEHIND, NULL, 0}}};
  shako_certificate_report report;
  size_t i;

  (void)state;
  for (i = 0; i < 38; i++) {
    certificate.names[i] = "x.example";
  }
  certificate.names[38] = "a.example"; /* and looked at, all of them */
  check(&report, &certificate);
  assert_int_equal(report.name_count, 39);
  assert_int_equal(report.matches, 1);
  assert_warnings(&report, "self-signed@0");
}

static void a_name_stands_for_one_label(void **state) {
  static const struct {
    const char *hostname;
    uint8_t matches;
  } rows[] = {{"A.b.example.", 1},
              {"b.example", 0},
              {"c.a.b.example", 0},
              {"*.b.example", 0},
              {"c.EXAMPLE", 1},
              {"x.c.example", 0},
              {"", 0},
              {"c.example..", 0}};
  paper_certificate certificate = {
      .names = {"*.b.example", "c.Example"},
      .members = {{"leaf", "leaf", BEFORE, BEHIND, NULL, 0}}};
  shako_certificate_report report = {.struct_size = sizeof(report)};
  size_t i;

  (void)state;
  for (i = 0; i < COUNT(rows); i++) {
    assert_int_equal(shako_certificate_check(paper_init(&certificate),
                                             rows[i].hostname, NOW, &report),
                     0);
    assert_int_equal(report.matches, rows[i].matches);
  }
}

/* An address is no name: a DNS name that looks like it does not stand for
   it. */
static void an_address_stands_for_itself(void **state) {
  static const struct {
    const char *hostname;
    uint8_t matches;
  } rows[] = {
      {"192.0.2.7", 1},          {"[192.0.2.7]", 1},  {"::ffff:192.0.2.7", 1},
      {"192.0.2.8", 0},          {"198.51.100.1", 0}, {"2001:db8::1", 1},
      {"[IPv6:2001:DB8::1]", 1}, {"2001:db8::2", 0},  {"mx.example", 0}};
  static const uint8_t v4[] = {192, 0, 2, 7};
  static const uint8_t v6[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1};
  paper_certificate certificate = {
      .names = {"192.0.2.8"},
      .addresses = {{v4, 3}, {v4, 4}, {v6, 16}},
      .members = {{"leaf", "leaf", BEFORE, BEHIND, NULL, 0}}};
  shako_certificate_report report = {.struct_size = sizeof(report)};
  size_t i;

  (void)state;
  for (i = 0; i < COUNT(rows); i++) {
    assert_int_equal(shako_certificate_check(paper_init(&certificate),
                                             rows[i].hostname, NOW, &report),
                     0);
    assert_int_equal(report.matches, rows[i].matches);
  }
  certificate.names[0] = NULL;
  assert_int_equal(shako_certificate_check(paper_init(&certificate),
                                           "192.0.2.7", NOW, &report),
                   0);
  assert_warnings(&report, "self-signed@0");
}

static void an_older_caller_gets_what_it_knows(void **state) {
  paper_certificate certificate = {
      .members = {{"leaf", "leaf", BEFORE, BEHIND, NULL, 0}}};
  union {
    shako_certificate_report report;
    uint8_t octets[sizeof(shako_certificate_report) + 64];
  } newer;
  size_t i;

  (void)state;
  memset(&newer, 0xee, sizeof(newer));
  newer.report.struct_size = sizeof(newer);
  assert_int_equal(shako_certificate_check(paper_init(&certificate), NULL, NOW,
                                           &newer.report),
                   0);
  assert_int_equal(newer.report.struct_size, sizeof(newer));
  for (i = sizeof(newer.report); i < sizeof(newer); i++) {
    assert_int_equal(newer.octets[i], 0);
  }
}

static void what_cannot_be_checked_is_refused(void **state) {
  static const int64_t times[] = {INT64_MIN, -INT64_C(62167219201),
                                  INT64_C(253402300800), INT64_MAX};
  paper_certificate certificate = {
      .members = {{"leaf", "leaf", BEFORE, BEHIND, NULL, 0}}};
  shako_certificate_report report = {.struct_size = sizeof(report)};
  shako_certificate *base = paper_init(&certificate);
  size_t i;

  (void)state;
  for (i = 0; i < COUNT(times); i++) {
    assert_int_equal(shako_certificate_check(base, NULL, times[i], &report),
                     SHAKO_ERR_INVALID_ARGUMENT);
  }
  assert_int_equal(
      shako_certificate_check(base, NULL, -INT64_C(62167219200), &report), 0);
  assert_int_equal(report.days_left, (BEHIND + INT64_C(62167219200)) / 86400);
  assert_int_equal(
      shako_certificate_check(base, NULL, INT64_C(253402300799), &report), 0);
  report.struct_size = 0;
  assert_int_equal(shako_certificate_check(base, NULL, NOW, &report),
                   SHAKO_ERR_INVALID_ARGUMENT);
  report.struct_size = sizeof(report);
  base->engine = &blind_engine;
  assert_int_equal(shako_certificate_check(base, NULL, NOW, &report),
                   SHAKO_ERR_INVALID_ARGUMENT);
}

static int never(const shako_certificate *certificate, size_t index,
                 shako_certificate_facts *facts) {
  if (index == 0) {
    return paper_engine.inspect(certificate, index, facts);
  }
  return SHAKO_ERR_NOMEM;
}

static int never_signed(const shako_certificate *certificate, size_t index) {
  (void)certificate;
  (void)index;
  return SHAKO_ERR_NOMEM;
}

static void want_of_memory_is_told(void **state) {
  paper_certificate certificate = {
      .members = {{"leaf", "root", BEFORE, BEHIND, NULL, 0},
                  {"root", "root", BEFORE, BEHIND, NULL, 0}}};
  shako_certificate_report report = {.struct_size = sizeof(report)};
  shako_certificate *base = paper_init(&certificate);
  shako_tls_engine poor = paper_engine;

  (void)state;
  base->engine = &poor;
  poor.inspect = never;
  assert_int_equal(shako_certificate_check(base, NULL, NOW, &report),
                   SHAKO_ERR_NOMEM);
  poor.inspect = paper_engine.inspect;
  poor.is_signed = never_signed;
  assert_int_equal(shako_certificate_check(base, NULL, NOW, &report),
                   SHAKO_ERR_NOMEM);
  assert_int_equal(report.chain_length, 0); /* nothing was said */
}

static void signatures_are_named(void **state) {
  static const struct {
    const char *oid;
    const char *name;
  } rows[] = {
      {SHA1_ECDSA, "ecdsa-with-SHA1"},
      {"\x2a\x86\x48\xce\x3d\x04\x03\x02", "ecdsa-with-SHA256"},
      {"\x2a\x86\x48\xce\x3d\x04\x03\x03", "ecdsa-with-SHA384"},
      {"\x2a\x86\x48\xce\x3d\x04\x03\x04", "ecdsa-with-SHA512"},
      {MD5_RSA, "md5WithRSAEncryption"},
      {SHA1_RSA, "sha1WithRSAEncryption"},
      {"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a", "RSASSA-PSS"},
      {"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b", "sha256WithRSAEncryption"},
      {"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c", "sha384WithRSAEncryption"},
      {"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d", "sha512WithRSAEncryption"},
      {"\x2b\x65\x70", "Ed25519"},
      {"\x2b\x65\x71", "unknown"},
      {"\x2b\x65", "unknown"},
      {"", "unknown"},
  };
  size_t i;

  (void)state;
  for (i = 0; i < COUNT(rows); i++) {
    paper_certificate certificate = {
        .names = {"a.example"},
        .members = {{"leaf", "root", BEFORE, BEHIND, rows[i].oid, 0},
                    {"root", "root", BEFORE, BEHIND, NULL, 0}}};
    bool is_weak = strstr(rows[i].name, "SHA1") != NULL ||
                   strncmp(rows[i].name, "sha1", 4) == 0 ||
                   strncmp(rows[i].name, "md5", 3) == 0;
    shako_certificate_report report;

    check(&report, &certificate);
    assert_string_equal(report.signature, rows[i].name);
    assert_warnings(&report, is_weak ? "weak-signature@0" : "");
  }
}

/* --- the text ---------------------------------------------------------------
 */

#define A0 "a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0"
#define A1 "a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1"

static void assert_text(const shako_certificate_report *report,
                        const char *want) {
  size_t len = strlen(want);
  char buf[4096];
  size_t size;

  memset(buf, 'x', sizeof(buf));
  assert_int_equal(shako_certificate_report_text(report, buf, sizeof(buf)),
                   len);
  assert_string_equal(buf, want);
  for (size = 0; size <= len + 1; size += size < 8 ? 1 : 50) {
    memset(buf, 'x', sizeof(buf));
    assert_int_equal(shako_certificate_report_text(report, buf, size), len);
    assert_memory_equal(buf, want, size > 0 ? size - 1 : 0);
    assert_int_equal(buf[size > 0 ? size - 1 : 0], size > 0 ? '\0' : 'x');
    assert_int_equal(buf[size], 'x');
  }
}

static void a_report_reads_well(void **state) {
  paper_certificate good = {
      .names = {"a.example", "*.b.example"},
      .members = {{"leaf", "root", BEFORE, BEHIND, NULL, 0},
                  {"root", "root", BEFORE, BEHIND, NULL, 0}}};
  paper_certificate bad = {.key = "RSA",
                           .names = {"x\r\ny"},
                           .members = {{"leaf", "leaf", -1, 86399, NULL, 0}}};
  paper_certificate ugly = {
      .members = {{"leaf", "x", NOW, BEHIND, NULL, 0},
                  {"y", "y", BEFORE, NOW - 86400, NULL, 0}}};
  shako_certificate_report report;

  (void)state;
  check(&report, &good);
  assert_text(&report, "Names: a.example, *.b.example\n"
                       "Host: a.example (matches)\n"
                       "Valid: 2024-11-24 to 2026-11-24 (365 days left)\n"
                       "Key: ECDSA P-256, 256 bits\n"
                       "Signature: ecdsa-with-SHA256\n"
                       "Chain: 2 certificates, in order\n"
                       "TLSA: 3 1 1 " A0 A0 "\n"
                       "TLSA: 2 1 1 " A1 A1 "\n");
  check(&report, &bad);
  report.curve = NULL;
  report.hostname = "a\r\nKey: b";
  assert_text(&report, "Names: x\\x0d\\x0ay\n"
                       "Host: a\\x0d\\x0aKey: b (does not match)\n"
                       "Valid: 1969-12-31 to 1970-01-01 (-20416 days left)\n"
                       "Key: RSA, 256 bits\n"
                       "Signature: ecdsa-with-SHA256 (self-signed)\n"
                       "Chain: 1 certificate, in order\n"
                       "TLSA: 3 1 1 " A0 A0 "\n"
                       "Warning: self-signed: it is its own issuer: who does "
                       "not hold it cannot trust it\n"
                       "Warning: name-mismatch: none of its names stands for "
                       "the host\n"
                       "Warning: expired: it is not valid any more\n");
  check(&report, &ugly);
  report.hostname = NULL;
  report.name_count = SHAKO_CERTIFICATE_NAMES_MAX + 2;
  report.names[31] = (shako_span){(const uint8_t *)"last", 4};
  report.warning_count = 0;
  assert_text(
      &report,
      "Names: , , , , , , , , , , , , , , , , , , , , , , , , , , , , , , , "
      "last and 2 more\n"
      "Valid: 2025-11-24 to 2026-11-24 (365 days left)\n"
      "Key: ECDSA P-256, 256 bits\n"
      "Signature: ecdsa-with-SHA256\n"
      "Chain: 2 certificates, out of order, without an issuer\n"
      "TLSA: 3 1 1 " A0 A0 "\n");
  check(&report, &ugly);
  report.warnings[0] = report.warnings[report.warning_count - 1];
  report.warning_count = 1;
  report.name_count = 0;
  report.hostname = NULL;
  report.chain_length = 1;
  assert_text(&report, "Names:\n"
                       "Valid: 2025-11-24 to 2026-11-24 (365 days left)\n"
                       "Key: ECDSA P-256, 256 bits\n"
                       "Signature: ecdsa-with-SHA256\n"
                       "Chain: 1 certificate, out of order, without an issuer\n"
                       "TLSA: 3 1 1 " A0 A0 "\n"
                       "Warning: missing-intermediate: its issuer is not in "
                       "the chain: right only where clients hold it\n");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(chains_are_judged),
      cmocka_unit_test(long_chains_are_bounded),
      cmocka_unit_test(many_names_are_counted),
      cmocka_unit_test(a_name_stands_for_one_label),
      cmocka_unit_test(an_address_stands_for_itself),
      cmocka_unit_test(an_older_caller_gets_what_it_knows),
      cmocka_unit_test(what_cannot_be_checked_is_refused),
      cmocka_unit_test(want_of_memory_is_told),
      cmocka_unit_test(signatures_are_named),
      cmocka_unit_test(a_report_reads_well),
  };

  return cmocka_run_group_tests_name("certificate_check", tests, NULL, NULL);
}
