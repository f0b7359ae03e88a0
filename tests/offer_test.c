/* What a client offers against what is allowed, in numbers and in words. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client_hellos.h"
#include "tls/client_hello.h"
#include "tls/offer.h"

#define COUNT(ARRAY) (sizeof(ARRAY) / sizeof((ARRAY)[0]))

/* A list of a ClientHello. */
#define LIST(TEXT)                                                             \
  (shako_span) {                                                               \
    (const uint8_t *)(TEXT), sizeof(TEXT) - 1                                  \
  }

static shako_tls_offer offer_of(const shako_client_hello *hello,
                                shako_tls_ciphers ciphers, uint16_t floor) {
  shako_tls_offer offer;
  shako_policy policy;

  shako_policy_default(&policy);
  policy.tls_ciphers = ciphers;
  policy.tls_min_version = floor;
  shako__offer_read(&offer, hello, &policy);
  assert_int_equal(offer.struct_size, sizeof(offer));
  return offer;
}

static shako_tls_offer offer_by_default(const shako_client_hello *hello) {
  return offer_of(hello, SHAKO_TLS_CIPHERS_INTERMEDIATE, 0x0303);
}

static const char *text_of(const shako_tls_offer *offer) {
  static char text[2048];
  size_t len = shako_tls_offer_text(offer, text, sizeof(text));

  assert_int_equal(len, strlen(text));
  return text;
}

static void a_list_is_counted_and_its_start_is_kept(void **state) {
  shako_client_hello hello = {.struct_size = sizeof(hello)};
  shako_tls_offer offer;

  (void)state;
  hello.versions = LIST("\x03\x04\x03\x03");
  hello.cipher_suites = LIST("\x00\x05\xc0\x2b\x13\x01");
  hello.groups = LIST("\x00\x1e\x00\x1d");
  hello.signature_algorithms = LIST("\x02\x01\x08\x07\x04\x03");
  hello.can_ecdsa = 1;
  offer = offer_by_default(&hello);
  assert_int_equal(offer.min_version, 0x0303);
  assert_int_equal(offer.ciphers, SHAKO_TLS_CIPHERS_INTERMEDIATE);
  assert_int_equal(offer.can_ecdsa, 1);
  assert_int_equal(offer.can_rsa, 0);
  assert_int_equal(offer.versions.count, 2);
  assert_int_equal(offer.versions.allowed, 2);
  assert_int_equal(offer.versions.numbers[0], 0x0304);
  assert_int_equal(offer.cipher_suites.count, 3);
  assert_int_equal(offer.cipher_suites.allowed, 2);
  assert_int_equal(offer.cipher_suites.numbers[0], 0x0005);
  assert_int_equal(offer.cipher_suites.numbers[2], 0x1301);
  assert_int_equal(offer.cipher_suites.numbers[3], 0);
  assert_int_equal(offer.groups.count, 2);
  assert_int_equal(offer.groups.allowed, 1);
  assert_int_equal(offer.signature_algorithms.count, 3);
  assert_int_equal(offer.signature_algorithms.allowed, 1);
}

static void what_only_fills_a_list_is_left_out(void **state) {
  shako_client_hello hello = {.struct_size = sizeof(hello)};
  shako_tls_offer offer;

  (void)state;
  hello.versions = LIST("\xfa\xfa\x03\x03");
  hello.cipher_suites = LIST("\x0a\x0a\x00\xff\x56\x00\x1a\x0a\x13\x01");
  hello.groups = LIST("\x3a\x3a\x00\xff");
  offer = offer_by_default(&hello);
  assert_int_equal(offer.versions.count, 1);
  assert_int_equal(offer.cipher_suites.count, 2);
  assert_int_equal(offer.cipher_suites.numbers[0], 0x1a0a);
  assert_int_equal(offer.groups.count, 1); /* no suite, and no signal */
  assert_int_equal(offer.groups.numbers[0], 0x00ff);
}

static void a_long_list_is_counted_to_its_end(void **state) {
  shako_client_hello hello = {.struct_size = sizeof(hello)};
  uint8_t list[65534];
  shako_tls_offer offer;
  size_t i;

  (void)state;
  for (i = 0; i < sizeof(list); i += 2) {
    list[i] = 0x13;
    list[i + 1] = 0x01;
  }
  hello.cipher_suites = (shako_span){list, sizeof(list)};
  offer = offer_by_default(&hello);
  assert_int_equal(offer.cipher_suites.count, sizeof(list) / 2);
  assert_int_equal(offer.cipher_suites.allowed, sizeof(list) / 2);
  for (i = 0; i < SHAKO_TLS_OFFER_MAX; i++) {
    assert_int_equal(offer.cipher_suites.numbers[i], 0x1301);
  }
  assert_int_equal(offer.groups.count, 0);
}

/* A floor of TLS 1.3 and the level that has nothing else are the same. */
static void the_floor_and_the_level_go_together(void **state) {
  static const struct {
    shako_tls_ciphers given;
    uint16_t floor;
    shako_tls_ciphers level;
    uint16_t versions, suites;
  } rows[] = {
      {SHAKO_TLS_CIPHERS_INTERMEDIATE, 0x0303, SHAKO_TLS_CIPHERS_INTERMEDIATE,
       2, 2},
      {SHAKO_TLS_CIPHERS_LEGACY, 0x0303, SHAKO_TLS_CIPHERS_LEGACY, 2, 3},
      {SHAKO_TLS_CIPHERS_LEGACY, 0x0304, SHAKO_TLS_CIPHERS_MODERN, 1, 1},
      {SHAKO_TLS_CIPHERS_MODERN, 0x0303, SHAKO_TLS_CIPHERS_MODERN, 1, 1},
  };
  shako_client_hello hello = {.struct_size = sizeof(hello)};

  (void)state;
  hello.versions = LIST("\x03\x05\x03\x04\x03\x03\x03\x02");
  hello.cipher_suites = LIST("\x13\x03\xc0\x30\x00\x2f\x00\x05");
  for (size_t i = 0; i < COUNT(rows); i++) {
    shako_tls_offer offer = offer_of(&hello, rows[i].given, rows[i].floor);

    assert_int_equal(offer.ciphers, rows[i].level);
    assert_int_equal(offer.min_version,
                     rows[i].level == SHAKO_TLS_CIPHERS_MODERN ? 0x0304
                                                               : 0x0303);
    assert_int_equal(offer.versions.count, 4);
    assert_int_equal(offer.versions.allowed, rows[i].versions);
    assert_int_equal(offer.cipher_suites.allowed, rows[i].suites);
  }
}

/* --- words ---------------------------------------------------------------- */

static void an_old_client_is_told(void **state) {
  shako_client_hello hello = {.struct_size = sizeof(hello)};
  shako_tls_offer offer;

  (void)state;
  hello.versions = LIST("\x03\x02");
  hello.cipher_suites = LIST("\x00\x05\x00\x07");
  hello.groups = LIST("\x00\x1e\x00\x17");
  hello.can_rsa = 1;
  offer = offer_by_default(&hello);
  assert_string_equal(
      text_of(&offer),
      "TLSv1.1; cipher suites 2, none allowed: TLS_RSA_WITH_RC4_128_SHA "
      "0x0007; groups 2, 1 allowed; signature algorithms 0; certificates RSA; "
      "allowed TLSv1.2 or later, ciphers intermediate");
}

static void a_client_that_wants_too_much_is_told(void **state) {
  shako_client_hello hello = {.struct_size = sizeof(hello)};
  shako_tls_offer offer;

  (void)state;
  hello.versions = LIST("\x7f\x1c\x03\x04\x03\x00");
  hello.cipher_suites = LIST("\x13\x01");
  hello.groups = LIST("\x00\x19\x11\xec\x01\x00");
  hello.signature_algorithms = LIST("\x08\x07\x02\x03\x09\x04");
  hello.can_ecdsa = 1;
  offer = offer_of(&hello, SHAKO_TLS_CIPHERS_MODERN, 0x0303);
  assert_string_equal(
      text_of(&offer),
      "0x7f1c TLSv1.3 0x0300; cipher suites 1, 1 allowed; groups 3, none "
      "allowed: secp521r1 X25519MLKEM768 ffdhe2048; signature algorithms 3, "
      "none allowed: ed25519 ecdsa_sha1 0x0904; certificates ECDSA; allowed "
      "TLSv1.3 or later, ciphers modern");
  offer.can_rsa = 1;
  assert_non_null(strstr(text_of(&offer), "; certificates ECDSA or RSA;"));
  offer.can_rsa = offer.can_ecdsa = 0;
  assert_non_null(strstr(text_of(&offer), "; no certificate will do;"));
}

static void of_a_long_list_the_start_is_told(void **state) {
  shako_client_hello hello = {.struct_size = sizeof(hello)};
  uint8_t list[2 * (SHAKO_TLS_OFFER_MAX + 1)] = {0};
  shako_tls_offer offer;

  (void)state;
  hello.versions = LIST("\x03\x03");
  hello.cipher_suites = (shako_span){list, sizeof(list) - 2};
  offer = offer_of(&hello, SHAKO_TLS_CIPHERS_LEGACY, 0x0303);
  assert_non_null(strstr(text_of(&offer), " 0x0000; groups 0;"));
  hello.cipher_suites.len += 2;
  offer = offer_of(&hello, SHAKO_TLS_CIPHERS_LEGACY, 0x0303);
  assert_non_null(
      strstr(text_of(&offer), "cipher suites 17, none allowed: 0x"));
  assert_non_null(strstr(text_of(&offer), " 0x0000 ...; groups 0;"));
  assert_non_null(strstr(text_of(&offer), ", ciphers legacy"));
}

static void a_text_is_cut_off_where_its_buffer_ends(void **state) {
  shako_client_hello hello = {.struct_size = sizeof(hello)};
  shako_tls_offer offer;
  char whole[512];
  char part[512];
  size_t len;

  (void)state;
  hello.versions = LIST("\x03\x03");
  hello.cipher_suites = LIST("\x00\x05");
  offer = offer_by_default(&hello);
  len = shako_tls_offer_text(&offer, whole, sizeof(whole));
  assert_int_equal(shako_tls_offer_text(&offer, NULL, 0), len);
  for (size_t size = 1; size <= len + 1; size++) {
    memset(part, 'x', sizeof(part));
    assert_int_equal(shako_tls_offer_text(&offer, part, size), len);
    assert_int_equal(strlen(part), size - 1);
    assert_memory_equal(part, whole, size - 1);
  }
}

/* What a caller of an older header knows of it. */
static void an_older_caller_s_offer_is_told(void **state) {
  shako_client_hello hello = {.struct_size = sizeof(hello)};
  shako_tls_offer offer;

  (void)state;
  hello.versions = LIST("\x03\x03");
  hello.signature_algorithms = LIST("\x04\x01");
  offer = offer_by_default(&hello);
  offer.struct_size = offsetof(shako_tls_offer, signature_algorithms);
  assert_non_null(strstr(text_of(&offer), "; signature algorithms 0;"));
}

/* None of today's clients offers too little. */
static void real_clients_offer_what_is_allowed(void **state) {
  (void)state;
  for (size_t i = 0; i < CLIENT_HELLOS; i++) {
    octets wire = {0};
    shako_client_hello hello;
    shako_tls_offer offer;

    client_hello_add(&wire, i);
    assert_true(shako__client_hello_read(
        &hello, (shako_span){wire.ptr + CLIENT_HELLO_RECORD,
                             wire.len - CLIENT_HELLO_RECORD}));
    offer = offer_by_default(&hello);
    assert_in_range(offer.versions.allowed, 1, offer.versions.count);
    assert_in_range(offer.cipher_suites.allowed, 2, offer.cipher_suites.count);
    assert_in_range(offer.groups.allowed, 3, offer.groups.count);
    assert_in_range(offer.signature_algorithms.allowed, 3,
                    offer.signature_algorithms.count);
    assert_null(strstr(text_of(&offer), "none allowed"));
    octets_free(&wire);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_list_is_counted_and_its_start_is_kept),
      cmocka_unit_test(what_only_fills_a_list_is_left_out),
      cmocka_unit_test(a_long_list_is_counted_to_its_end),
      cmocka_unit_test(the_floor_and_the_level_go_together),
      cmocka_unit_test(an_old_client_is_told),
      cmocka_unit_test(a_client_that_wants_too_much_is_told),
      cmocka_unit_test(of_a_long_list_the_start_is_told),
      cmocka_unit_test(a_text_is_cut_off_where_its_buffer_ends),
      cmocka_unit_test(an_older_caller_s_offer_is_told),
      cmocka_unit_test(real_clients_offer_what_is_allowed),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
