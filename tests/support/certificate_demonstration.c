/* The demonstration certificate, as a client sees it. */
#include "engine_bench.h"

/* Makes it for |hostname| and shows it. */
static void demonstrate(shown *what, const char *hostname, int64_t unix_time) {
  char message[ENGINE_MESSAGE_SIZE];
  shako_certificate *certificate = NULL;

  assert_int_equal(bench.kit->demonstration(&certificate, hostname, unix_time,
                                            NULL, message),
                   0);
  assert_string_equal(message, "");
  assert_int_equal(certificate->references, 1);
  show(what, certificate);
}

static void it_says_what_it_is(void **state) {
  shown what;
  mbedtls_x509_crt *crt;
  char name[128];
  uint32_t flags = 0;

  (void)state;
  demonstrate(&what, "mail.example.org", 1764000000);
  crt = what.chain;
  assert_true(mbedtls_x509_dn_gets(name, sizeof(name), &crt->subject) > 0);
  assert_string_equal(name,
                      "CN=shako demonstration certificate - do not trust");
  assert_true(mbedtls_x509_dn_gets(name, sizeof(name), &crt->issuer) > 0);
  assert_string_equal(name,
                      "CN=shako demonstration certificate - do not trust");
  assert_int_equal(crt->version, 3);
  assert_null(crt->next);
  assert_int_equal(crt->MBEDTLS_PRIVATE(ca_istrue), 0);
  assert_int_equal(mbedtls_pk_get_bitlen(&crt->pk), 256);
  assert_int_equal(crt->serial.len, 16);

  /* Signed by itself, whatever today's date makes of the rest. */
  (void)mbedtls_x509_crt_verify(crt, crt, NULL, "mail.example.org", &flags,
                                NULL, NULL);
  assert_int_equal(flags & ~(uint32_t)(MBEDTLS_X509_BADCERT_EXPIRED |
                                       MBEDTLS_X509_BADCERT_FUTURE),
                   0);
  hide(&what);
}

static void it_is_new_each_time(void **state) {
  shown a;
  shown b;

  (void)state;
  demonstrate(&a, "mail.example.org", 1764000000);
  demonstrate(&b, "mail.example.org", 1764000000);
  assert_memory_not_equal(a.chain->serial.p, b.chain->serial.p, 16);
  assert_memory_not_equal(a.chain->pk_raw.p, b.chain->pk_raw.p,
                          a.chain->pk_raw.len);
  hide(&a);
  hide(&b);
}

static void it_names_the_host(void **state) {
  static const struct {
    const char *hostname;
    uint8_t tag; /* of GeneralName */
    size_t len;
    const char *value;
  } rows[] = {
      {"mail.example.org", 0x82, 16, "mail.example.org"},
      {"a,b=c\"d", 0x82, 7, "a,b=c\"d"}, /* nothing is special in there */
      {"192.0.2.7", 0x87, 4, "\xc0\x00\x02\x07"},
      {"[192.0.2.7]", 0x87, 4, "\xc0\x00\x02\x07"},
      {"[IPv6:2001:db8::1]", 0x87, 16,
       "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01"},
  };
  shako_certificate_report report = {.struct_size = sizeof(report)};
  size_t i;

  (void)state;
  for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    const mbedtls_x509_sequence *names;
    shown what;

    demonstrate(&what, rows[i].hostname, 1764000000);
    names = &what.chain->subject_alt_names;
    assert_null(names->next);
    assert_int_equal(names->buf.tag, rows[i].tag);
    assert_int_equal(names->buf.len, rows[i].len);
    assert_memory_equal(names->buf.p, rows[i].value, rows[i].len);
    assert_int_equal(shako_certificate_check(what.certificate, rows[i].hostname,
                                             1764000000, &report),
                     0);
    assert_int_equal(report.matches, i != 1); /* which is no host */
    hide(&what);
  }
}

static void assert_date(const mbedtls_x509_time *got,
                        const mbedtls_x509_time *want) {
  assert_int_equal(got->year, want->year);
  assert_int_equal(got->mon, want->mon);
  assert_int_equal(got->day, want->day);
  assert_int_equal(got->hour, want->hour);
  assert_int_equal(got->min, want->min);
  assert_int_equal(got->sec, want->sec);
}

static void it_is_valid_for_a_month(void **state) {
  static const struct {
    int64_t unix_time;
    mbedtls_x509_time from;
    mbedtls_x509_time to;
  } rows[] = {
      {86400, {1970, 1, 1, 0, 0, 0}, {1970, 2, 1, 0, 0, 0}},
      {951782400 + 86400 - 1, /* the end of 29 February 2000 */
       {2000, 2, 28, 23, 59, 59},
       {2000, 3, 30, 23, 59, 59}},
      {1709251200, /* 1 March 2024 */
       {2024, 2, 29, 0, 0, 0},
       {2024, 3, 31, 0, 0, 0}},
      {1740787200 + 3723, /* 1 March 2025, 01:02:03 */
       {2025, 2, 28, 1, 2, 3},
       {2025, 3, 31, 1, 2, 3}},
      {1798675200, /* 31 December 2026 */
       {2026, 12, 30, 0, 0, 0},
       {2027, 1, 30, 0, 0, 0}},
      {2524608000, /* 1 January 2050: the dates change their form */
       {2049, 12, 31, 0, 0, 0},
       {2050, 1, 31, 0, 0, 0}},
      {4107542400, /* 1 March 2100, no leap year */
       {2100, 2, 28, 0, 0, 0},
       {2100, 3, 31, 0, 0, 0}},
  };
  size_t i;

  (void)state;
  for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    shown what;

    demonstrate(&what, "mail.example.org", rows[i].unix_time);
    assert_date(&what.chain->valid_from, &rows[i].from);
    assert_date(&what.chain->valid_to, &rows[i].to);
    hide(&what);
  }
}

static void odd_arguments_are_refused(void **state) {
  char message[ENGINE_MESSAGE_SIZE];
  char hostname[257];
  shako_certificate *certificate = NULL;
  shown what;
  static const int64_t times[] = {INT64_MIN, -1,           0,
                                  86399,     253402300799, INT64_MAX};
  size_t i;

  (void)state;
  memset(hostname, 'x', sizeof(hostname));
  hostname[256] = '\0';
  assert_int_equal(bench.kit->demonstration(&certificate, hostname, 1764000000,
                                            NULL, message),
                   SHAKO_ERR_INVALID_ARGUMENT);
  assert_int_equal(
      bench.kit->demonstration(&certificate, "", 1764000000, NULL, message),
      SHAKO_ERR_INVALID_ARGUMENT);
  for (i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
    assert_int_equal(
        bench.kit->demonstration(&certificate, "x", times[i], NULL, message),
        SHAKO_ERR_INVALID_ARGUMENT);
  }
  assert_null(certificate);

  hostname[255] = '\0';
  demonstrate(&what, hostname, 1764000000);
  hide(&what);
  demonstrate(&what, "x", 253402300799 - INT64_C(31) * 86400);
  hide(&what);
}

int certificate_demonstration_run(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(it_says_what_it_is),
      cmocka_unit_test(it_is_new_each_time),
      cmocka_unit_test(it_names_the_host),
      cmocka_unit_test(it_is_valid_for_a_month),
      cmocka_unit_test(odd_arguments_are_refused),
  };

  return cmocka_run_group_tests_name("certificate_demonstration", tests,
                                     bench_setup, bench_teardown);
}
