/* Certificates for mbed TLS: from files, and the demonstration one.  The
   first argument is the folder of the files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>

#include <shako/certificate.h>
#include <shako/mbedtls.h>

#include "mbedtls/internal.h"
#include "support/octets.h"

static const char *folder = "tests/certificates";

/* Reads |pem| and |key| of the folder.  Returns the result, with the message
   in |message|. */
static int read_files(shako_certificate **certificate, const char *pem,
                      const char *key, const shako_mem *mem, char *message) {
  octets pem_path = {0};
  octets key_path = {0};
  int result;

  octets_print(&pem_path, "%s/%s", folder, pem);
  octets_print(&key_path, "%s/%s", folder, key);
  result = shako_mbedtls_certificate_read(certificate, octets_text(&pem_path),
                                          octets_text(&key_path), mem, message);
  octets_free(&pem_path);
  octets_free(&key_path);

  return result;
}

static void good_files_are_read(void **state) {
  static const struct {
    const char *pem;
    const char *key;
    size_t length;
  } rows[] = {
      {"rsa2048.pem", "rsa2048.key", 1}, {"ecdsa.pem", "ecdsa.key", 1},
      {"chain.pem", "ecdsa.key", 2},     {"both.pem", "both.pem", 2},
      {"both.pem", "ecdsa.key", 2},
  };
  size_t i;

  (void)state;
  for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    char message[SHAKO_MBEDTLS_MESSAGE_SIZE];
    shako_certificate *certificate = NULL;
    const mbedtls_x509_crt *crt;
    size_t length = 0;

    assert_int_equal(
        read_files(&certificate, rows[i].pem, rows[i].key, NULL, message), 0);
    assert_string_equal(message, "");
    assert_ptr_equal(certificate->engine, shako_mbedtls_engine());
    assert_int_equal(certificate->references, 1);
    crt = &((shako__mbedtls_certificate *)certificate)->chain;
    for (; crt != NULL; crt = crt->next) {
      length++;
    }
    assert_int_equal(length, rows[i].length);
    shako_certificate_unref(certificate);
  }
}

/* In a message "@" stands for the folder's name and a slash, and a blank at
   its end for what mbed TLS adds. */
static void bad_files_are_named_with_the_reason(void **state) {
  static const struct {
    const char *pem;
    const char *key;
    const char *message;
  } rows[] = {
      {"ecdsa.pem", "other.key",
       "@other.key: the key does not belong to the certificate @ecdsa.pem"},
      {"ecdsa.pem", "rsa2048.key",
       "@rsa2048.key: the key does not belong to the certificate @ecdsa.pem"},
      {"authority.pem", "ecdsa.key",
       "@ecdsa.key: the key does not belong to the certificate "
       "@authority.pem"},
      {"none.pem", "ecdsa.key", "@none.pem: cannot be read: no such file"},
      {"ecdsa.pem", "none.key", "@none.key: cannot be read: no such file"},
      {".", "ecdsa.key", "@.: cannot be read: it is a directory"},
      {"empty.pem", "ecdsa.key", "@empty.pem: is empty"},
      {"ecdsa.pem", "empty.pem", "@empty.pem: is empty"},
      {"garbage.pem", "ecdsa.key",
       "@garbage.pem: holds no CERTIFICATE in PEM form"},
      {"ecdsa.key", "ecdsa.key",
       "@ecdsa.key: holds no CERTIFICATE in PEM form"},
      {"ecdsa.pem", "ecdsa.pem",
       "@ecdsa.pem: holds no PRIVATE KEY in PEM form"},
      {"ecdsa.pem", "garbage.pem",
       "@garbage.pem: holds no PRIVATE KEY in PEM form"},
      {"broken.pem", "ecdsa.key", "@broken.pem: cannot be parsed: "},
      {"broken-chain.pem", "ecdsa.key",
       "@broken-chain.pem: only some of the certificates in it can be read"},
      {"ecdsa.pem", "broken.key", "@broken.key: cannot be parsed: "},
      {"ecdsa.pem", "encrypted.key",
       "@encrypted.key: the key is encrypted; it must be readable without a "
       "password"},
      {"ecdsa.pem", "encrypted-traditional.key",
       "@encrypted-traditional.key: the key is encrypted; it must be readable "
       "without a password"},
      {"rsa1024.pem", "rsa1024.key",
       "@rsa1024.key: an RSA key of less than 2048 bits is too weak"},
      {"ed25519.pem", "ed25519.key",
       "@ed25519.pem: a kind of key that does not work here (such as Ed25519); "
       "what does: RSA of 2048 bits or more, and ECDSA on P-256, P-384 or "
       "P-521"},
      {"ecdsa.pem", "ed25519.key",
       "@ed25519.key: a kind of key that does not work here (such as Ed25519); "
       "what does: RSA of 2048 bits or more, and ECDSA on P-256, P-384 or "
       "P-521"},
      {"secp256k1.pem", "secp256k1.key",
       "@secp256k1.key: a kind of key that does not work here (such as "
       "Ed25519); what does: RSA of 2048 bits or more, and ECDSA on P-256, "
       "P-384 or P-521"},
  };
  size_t i;

  (void)state;
  for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    char message[SHAKO_MBEDTLS_MESSAGE_SIZE];
    shako_certificate *certificate = NULL;
    octets want = {0};
    const char *c;

    for (c = rows[i].message; *c != '\0'; c++) {
      if (*c == '@') {
        octets_print(&want, "%s/", folder);
      } else {
        octets_add(&want, c, 1);
      }
    }
    assert_int_equal(
        read_files(&certificate, rows[i].pem, rows[i].key, NULL, message),
        SHAKO_ERR_CERTIFICATE);
    assert_null(certificate);
    if (want.ptr[want.len - 1] == ' ') { /* the rest is mbed TLS's */
      assert_true(strlen(message) > want.len);
      message[want.len] = '\0';
    }
    assert_string_equal(message, octets_text(&want));
    octets_free(&want);
  }
}

/* The reason is never lost behind the path. */
static void long_paths_are_shortened(void **state) {
  char path[2000];
  char message[SHAKO_MBEDTLS_MESSAGE_SIZE];
  shako_certificate *certificate = NULL;

  (void)state;
  memset(path, 'x', sizeof(path));
  memcpy(path, "/tmp/", 5);
  strcpy(path + sizeof(path) - 5, ".pem");
  assert_int_equal(
      shako_mbedtls_certificate_read(&certificate, path, path, NULL, message),
      SHAKO_ERR_CERTIFICATE);
  assert_memory_equal(message, "...xxx", 6);
  assert_non_null(strstr(message, "xxx.pem: cannot be read: "));
}

/* --- memory ----------------------------------------------------------- */

typedef struct counting {
  size_t refuse_at; /* from 1; 0: never */
  size_t calls;
  size_t held;
} counting;

static void *count_alloc(size_t size, void *user_data) {
  counting *count = user_data;

  if (++count->calls == count->refuse_at) {
    return NULL;
  }
  count->held += size;

  return malloc(size);
}

static void count_release(void *ptr, size_t size, void *user_data) {
  counting *count = user_data;

  count->held -= size;
  free(ptr);
}

static void memory_comes_from_the_caller(void **state) {
  char message[SHAKO_MBEDTLS_MESSAGE_SIZE];
  counting count = {0};
  const shako_mem mem = {&count, count_alloc, count_release};
  shako_certificate *certificate = NULL;
  shako_mbedtls_context *context = NULL;

  (void)state;
  assert_int_equal(
      read_files(&certificate, "ecdsa.pem", "ecdsa.key", &mem, message), 0);
  assert_int_equal(count.held, sizeof(shako__mbedtls_certificate));
  shako_certificate_unref(certificate);
  assert_int_equal(count.held, 0);

  assert_int_equal(
      shako_mbedtls_certificate_demonstration(&certificate, "mail.example.org",
                                              1000000000, &mem, message),
      0);
  assert_int_equal(count.held, sizeof(shako__mbedtls_certificate));
  shako_certificate_unref(certificate);
  assert_int_equal(count.held, 0);

  assert_int_equal(shako_mbedtls_context_new(&context, &mem, message), 0);
  assert_int_equal(count.held, sizeof(*context));
  shako_mbedtls_context_free(context);
  assert_int_equal(count.held, 0);
  shako_mbedtls_context_free(NULL);
}

static void want_of_memory_is_told(void **state) {
  char message[SHAKO_MBEDTLS_MESSAGE_SIZE];
  size_t n;

  (void)state;
  for (n = 1; n <= 2; n++) {
    counting count = {.refuse_at = n};
    const shako_mem mem = {&count, count_alloc, count_release};
    shako_certificate *certificate = NULL;

    assert_int_equal(
        read_files(&certificate, "ecdsa.pem", "ecdsa.key", &mem, message),
        SHAKO_ERR_NOMEM);
    assert_null(certificate);
    assert_int_equal(count.held, 0);
  }
  {
    counting count = {.refuse_at = 1};
    const shako_mem mem = {&count, count_alloc, count_release};
    shako_certificate *certificate = NULL;
    shako_mbedtls_context *context = NULL;

    assert_int_equal(shako_mbedtls_certificate_demonstration(
                         &certificate, "x", 1000000000, &mem, message),
                     SHAKO_ERR_NOMEM);
    count.calls = 0;
    assert_int_equal(shako_mbedtls_context_new(&context, &mem, message),
                     SHAKO_ERR_NOMEM);
    assert_int_equal(count.held, 0);
  }
}

/* --- the demonstration certificate ------------------------------------ */

/* Returns it for |hostname|. */
static shako__mbedtls_certificate *demonstrate(const char *hostname,
                                               int64_t unix_time) {
  char message[SHAKO_MBEDTLS_MESSAGE_SIZE];
  shako_certificate *certificate = NULL;

  assert_int_equal(shako_mbedtls_certificate_demonstration(
                       &certificate, hostname, unix_time, NULL, message),
                   0);
  assert_string_equal(message, "");
  assert_int_equal(certificate->references, 1);

  return (shako__mbedtls_certificate *)certificate;
}

static void it_says_what_it_is(void **state) {
  shako__mbedtls_certificate *certificate =
      demonstrate("mail.example.org", 1764000000);
  mbedtls_x509_crt *crt = &certificate->chain;
  char name[128];
  uint32_t flags = 0;

  (void)state;
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
  assert_int_equal(mbedtls_pk_check_pair(&crt->pk, &certificate->key,
                                         mbedtls_psa_get_random,
                                         MBEDTLS_PSA_RANDOM_STATE),
                   0);
  assert_int_equal(crt->serial.len, 16);

  /* Signed by itself, whatever today's date makes of the rest. */
  (void)mbedtls_x509_crt_verify(crt, crt, NULL, "mail.example.org", &flags,
                                NULL, NULL);
  assert_int_equal(flags & ~(uint32_t)(MBEDTLS_X509_BADCERT_EXPIRED |
                                       MBEDTLS_X509_BADCERT_FUTURE),
                   0);
  shako_certificate_unref(&certificate->base);
}

static void it_is_new_each_time(void **state) {
  shako__mbedtls_certificate *a = demonstrate("mail.example.org", 1764000000);
  shako__mbedtls_certificate *b = demonstrate("mail.example.org", 1764000000);

  (void)state;
  assert_memory_not_equal(a->chain.serial.p, b->chain.serial.p, 16);
  assert_memory_not_equal(a->chain.pk_raw.p, b->chain.pk_raw.p,
                          a->chain.pk_raw.len);
  shako_certificate_unref(&a->base);
  shako_certificate_unref(&b->base);
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
  size_t i;

  (void)state;
  for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    shako__mbedtls_certificate *certificate =
        demonstrate(rows[i].hostname, 1764000000);
    const mbedtls_x509_sequence *names = &certificate->chain.subject_alt_names;

    assert_null(names->next);
    assert_int_equal(names->buf.tag, rows[i].tag);
    assert_int_equal(names->buf.len, rows[i].len);
    assert_memory_equal(names->buf.p, rows[i].value, rows[i].len);
    shako_certificate_unref(&certificate->base);
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
    shako__mbedtls_certificate *certificate =
        demonstrate("mail.example.org", rows[i].unix_time);

    assert_date(&certificate->chain.valid_from, &rows[i].from);
    assert_date(&certificate->chain.valid_to, &rows[i].to);
    shako_certificate_unref(&certificate->base);
  }
}

static void odd_arguments_are_refused(void **state) {
  char message[SHAKO_MBEDTLS_MESSAGE_SIZE];
  char hostname[257];
  shako_certificate *certificate = NULL;
  static const int64_t times[] = {INT64_MIN, -1,           0,
                                  86399,     253402300799, INT64_MAX};
  size_t i;

  (void)state;
  memset(hostname, 'x', sizeof(hostname));
  hostname[256] = '\0';
  assert_int_equal(shako_mbedtls_certificate_demonstration(
                       &certificate, hostname, 1764000000, NULL, message),
                   SHAKO_ERR_INVALID_ARGUMENT);
  assert_int_equal(shako_mbedtls_certificate_demonstration(
                       &certificate, "", 1764000000, NULL, message),
                   SHAKO_ERR_INVALID_ARGUMENT);
  for (i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
    assert_int_equal(shako_mbedtls_certificate_demonstration(
                         &certificate, "x", times[i], NULL, message),
                     SHAKO_ERR_INVALID_ARGUMENT);
  }
  assert_null(certificate);

  hostname[255] = '\0';
  shako_certificate_unref(&demonstrate(hostname, 1764000000)->base);
  shako_certificate_unref(
      &demonstrate("x", 253402300799 - INT64_C(31) * 86400)->base);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(good_files_are_read),
      cmocka_unit_test(bad_files_are_named_with_the_reason),
      cmocka_unit_test(long_paths_are_shortened),
      cmocka_unit_test(memory_comes_from_the_caller),
      cmocka_unit_test(want_of_memory_is_told),
      cmocka_unit_test(it_says_what_it_is),
      cmocka_unit_test(it_is_new_each_time),
      cmocka_unit_test(it_names_the_host),
      cmocka_unit_test(it_is_valid_for_a_month),
      cmocka_unit_test(odd_arguments_are_refused),
  };

  if (argc > 1) {
    folder = argv[1];
  }

  return cmocka_run_group_tests(tests, NULL, NULL);
}
