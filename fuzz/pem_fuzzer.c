/* A certificate chain and its key, by the mbed TLS engine.  The first octet
   says what the rest is: "p" both of them in PEM form, "c" the DER of a
   certificate for the key below, "k" the DER of a key, "l" that of a revocation
   list; certificates are read as those of authorities too.  What is read can be
   checked, put into a table and found there; what is not is refused with a
   reason. */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <shako/mbedtls.h>

#include "base/ascii.h"
#include "check.h"
#include "octets.h"
#include "tls/host_name.h"

#define NOW INT64_C(1764000000)

static const char its_key[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgJv6Qeb2Gz12oaqJi\n"
    "eU7SuBhiNjRnAMJ6jgziqQBI7XahRANCAASlVODZry7lLtjM+bpM/0Dha7yCk0MO\n"
    "noL2zYEM/W+o2JpdpcoMKKfbXBo8hIrhkD1Hv15y43KCxdj6UxjCwWjb\n"
    "-----END PRIVATE KEY-----\n";

static const char its_authority[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBcjCCARegAwIBAgIUOSxtycUKXoWJ400vEXZ30JOywXEwCgYIKoZIzj0EAwIw\n"
    "LTEZMBcGA1UEAwwQY2xpZW50IGF1dGhvcml0eTEQMA4GA1UECgwHRXhhbXBsZTAg\n"
    "Fw0wMDAxMDEwMDAwMDBaGA8yMTAwMDEwMTAwMDAwMFowLTEZMBcGA1UEAwwQY2xp\n"
    "ZW50IGF1dGhvcml0eTEQMA4GA1UECgwHRXhhbXBsZTBZMBMGByqGSM49AgEGCCqG\n"
    "SM49AwEHA0IABH6fmmzs+dA+vuGjkH+mVoa+c5I9KQd8aNDQkG2lQrW7R3TYR0fT\n"
    "HvcJLeXZQR2o3l8Zcu9b7awG0fa6U2KjIV+jEzARMA8GA1UdEwEB/wQFMAMBAf8w\n"
    "CgYIKoZIzj0EAwIDSQAwRgIhAJvJ3EKdpovftSmp6khIRmJvA6dpyfCwDw/T5Dpx\n"
    "5ybrAiEApYMfeBgaMgr3EAYMKAdaFg9+qpU5UC3qcHenrQgxGGM=\n"
    "-----END CERTIFICATE-----\n";

static const char its_certificate[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIB2DCCAV6gAwIBAgIUZMDz9yz8O1qomSkqjPZXSEQyFSowCgYIKoZIzj0EAwIw\n"
    "FDESMBAGA1UEAwwJYXV0aG9yaXR5MCAXDTIwMDEwMTAwMDAwMFoYDzIwOTkwMTAx\n"
    "MDAwMDAwWjAPMQ0wCwYDVQQDDARsZWFmMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcD\n"
    "QgAEpVTg2a8u5S7YzPm6TP9A4Wu8gpNDDp6C9s2BDP1vqNiaXaXKDCin21waPISK\n"
    "4ZA9R79ecuNygsXY+lMYwsFo26OBkDCBjTAJBgNVHRMEAjAAMEAGA1UdEQQ5MDeC\n"
    "CWEuZXhhbXBsZYILKi5iLmV4YW1wbGWHBMAAAgGBC3hAeS5leGFtcGxlggpmKi5l\n"
    "eGFtcGxlMB0GA1UdDgQWBBSwNHgMFe59UXJgWgkyQcommh7qJTAfBgNVHSMEGDAW\n"
    "gBQfAabgkCZrMt22ly4EOCXbCxj65DAKBggqhkjOPQQDAgNoADBlAjEA6v/pnn/E\n"
    "ADNQNLAmx7Xi+hd8dUIlW3VR1yJ1MrS3Y0x8trIC711ex80AiMM+H3mOAjAvjani\n"
    "b9q6FvTtcdiQJAXTPEjtn1h+435BOIfty9VFkDPnWONU2uQiW4b+Ju+IWkg=\n"
    "-----END CERTIFICATE-----\n";

/* Adds |der| to |to| as a block of |label|. */
static void add_block(octets *to, const char *label, shako_span der) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                               "abcdefghijklmnopqrstuvwxyz0123456789+/";
  size_t i;

  octets_print(to, "-----BEGIN %s-----", label);
  for (i = 0; i < der.len; i += 3) {
    size_t left = der.len - i;
    uint32_t bits = (uint32_t)der.ptr[i] << 16;

    bits |= left > 1 ? (uint32_t)der.ptr[i + 1] << 8 : 0;
    bits |= left > 2 ? der.ptr[i + 2] : 0;
    octets_print(to, "%s%c%c%c%c", i % 48 == 0 ? "\n" : "", digits[bits >> 18],
                 digits[bits >> 12 & 63],
                 left > 1 ? digits[bits >> 6 & 63] : '=',
                 left > 2 ? digits[bits & 63] : '=');
  }
  octets_print(to, "\n-----END %s-----\n", label);
}

static int answer(void *ctx, char *buf, size_t size, size_t *len) {
  unsigned *times = ctx;

  CHECK(++*times == 1 && size >= 6);
  memcpy(buf, "secret", 6);
  *len = 6;

  return 0;
}

static bool same(shako_span a, shako_span b) {
  return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* Its names are those that the engine tells, and the text is lines. */
static void check_report(shako_certificate *certificate) {
  shako_certificate_report report = {.struct_size = sizeof(report)};
  char buf[8192];
  shako_span name;
  size_t len;
  size_t i;

  CHECK(shako_certificate_check(certificate, "mx.example", NOW, &report) == 0);
  CHECK(report.key_fits && report.chain_length >= 1);
  CHECK(strcmp(report.key, "RSA") == 0 ? report.key_bits >= 2048
                                       : report.curve != NULL);
  for (i = 0; certificate->engine->name_at(certificate, i, &name); i++) {
    CHECK(i >= SHAKO_CERTIFICATE_NAMES_MAX || same(name, report.names[i]));
  }
  CHECK(report.name_count == i);
  CHECK(report.warning_count <= SHAKO_CERTIFICATE_WARNINGS_MAX);
  CHECK((report.days_left < 0) == (report.not_after < NOW));
  len = shako_certificate_report_text(&report, buf, sizeof(buf));
  for (i = 0; i < len && i < sizeof(buf) - 1; i++) {
    CHECK(buf[i] == '\n' || shako__is_text((uint8_t)buf[i]));
  }
  CHECK(buf[i] == '\0');
}

/* It is found under each of its names, as a client may ask for it. */
static void check_table(shako_certificate *certificate) {
  shako_certificate_table *table = NULL;
  shako__host_name read;
  shako_span name;
  bool any = false;
  size_t i;
  int error;

  CHECK(shako_certificate_table_new(&table, NULL) == 0);
  error = shako_certificate_table_add(table, NULL, certificate);
  for (i = 0; certificate->engine->name_at(certificate, i, &name); i++) {
    size_t count;

    if (!shako__host_name_read(&read, name, true)) {
      continue;
    }
    any = true;
    read.text[0] = read.text[0] == '*' ? 'x' : read.text[0];
    name = (shako_span){read.text, read.len};
    CHECK(shako_certificate_table_find(table, name, &count)[0] == certificate);
    CHECK(count == 1);
  }
  CHECK(error == (any ? 0 : SHAKO_ERR_CERTIFICATE));
  shako_certificate_table_unref(table);
}

/* Reads |chain| and |key|. */
static void check_both(shako_span chain, shako_span key, bool may_decrypt) {
  unsigned times = 0;
  const shako_certificate_source source = {
      .struct_size = sizeof(source),
      .chain = chain,
      .key = key,
      .passphrase = may_decrypt ? answer : NULL,
      .passphrase_ctx = &times,
  };
  char message[SHAKO_MBEDTLS_MESSAGE_SIZE];
  shako_certificate *certificate = NULL;
  int error =
      shako_mbedtls_certificate_parse(&certificate, &source, NULL, message);

  if (error != 0) {
    CHECK(error == SHAKO_ERR_CERTIFICATE && certificate == NULL);
    CHECK(strncmp(message, "the chain: ", 11) == 0 ||
          strncmp(message, "the key: ", 9) == 0);
    CHECK(strlen(message) > 12);
    return;
  }
  CHECK(message[0] == '\0' && certificate->references == 1);
  check_report(certificate);
  check_table(certificate);
  CHECK(certificate->references == 1);
  shako_certificate_unref(certificate);
}

/* Authorities, and their lists. */
static void check_authorities(shako_span certificates, shako_span crls) {
  const shako_authorities_source source = {.struct_size = sizeof(source),
                                           .certificates = certificates,
                                           .crls = crls};
  char message[SHAKO_MBEDTLS_MESSAGE_SIZE];
  shako_authorities *authorities = NULL;
  int error =
      shako_mbedtls_authorities_parse(&authorities, &source, NULL, message);

  CHECK((error == 0) == (authorities != NULL));
  CHECK(error == 0 ? message[0] == '\0'
                   : error == SHAKO_ERR_CERTIFICATE &&
                         (strncmp(message, "the authorities: ", 17) == 0 ||
                          strncmp(message, "the revocation lists: ", 22) == 0));
  shako_authorities_unref(authorities);
}

static bool holds(shako_span text, const char *what) {
  size_t len = strlen(what);
  size_t i;

  for (i = 0; i + len <= text.len; i++) {
    if (memcmp(text.ptr + i, what, len) == 0) {
      return true;
    }
  }

  return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
  shako_span rest = {data + 1, len - 1};
  octets made = {0};

  if (len == 0) {
    return 0;
  }
  if (data[0] == 'c') {
    add_block(&made, "CERTIFICATE", rest);
    check_authorities((shako_span){made.ptr, made.len}, (shako_span){NULL, 0});
    check_both((shako_span){made.ptr, made.len}, shako__span(its_key), false);
  } else if (data[0] == 'l') {
    add_block(&made, "X509 CRL", rest);
    check_authorities(shako__span(its_authority),
                      (shako_span){made.ptr, made.len});
  } else if (data[0] == 'k') {
    add_block(&made, "PRIVATE KEY", rest);
    check_both(shako__span(its_certificate), (shako_span){made.ptr, made.len},
               false);
  } else {
    /* PKCS#8 says itself how much work a passphrase is: as much as it likes. */
    check_authorities(rest, rest);
    check_both(rest, rest, !holds(rest, "BEGIN ENCRYPTED"));
  }
  octets_free(&made);

  return 0;
}
