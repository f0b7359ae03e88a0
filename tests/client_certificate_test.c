#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/ascii.h"
#include "policy/fingerprints.h"
#include "tls/client_certificate.h"

/* What a policy forgives, cell by cell, and lists of fingerprints. */

#define ALL_FAULTS 0x1ffu

#define ELEVEN                                                                 \
  "1111111111111111111111111111111111111111111111111111111111111111"
#define COLONS                                                                 \
  "11:11:11:11:11:11:11:11:11:11:11:11:11:11:11:11:"                           \
  "11:11:11:11:11:11:11:11:11:11:11:11:11:11:11:11"
#define MIXED "aAbBcCdDeEfF00112233445566778899aAbBcCdDeEfF00112233445566778899"

static const uint8_t eleven[32] = {
    0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11,
    0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11,
    0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11};

static void a_list_of_fingerprints_is_read(void **state) {
  static const struct {
    const char *text;
    int good;
    int holds_eleven;
  } rows[] = {
      {ELEVEN, 1, 1},
      {COLONS, 1, 1},
      {" " MIXED ", " COLONS "\n", 1, 1},
      {MIXED, 1, 0},
      {MIXED " " MIXED, 1, 0},
      {"", 0, 0},
      {" , ", 0, 0},
      {"11", 0, 0},
      {ELEVEN "11", 0, 0},
      {ELEVEN ":", 0, 0},
      {":" ELEVEN, 0, 0},
      {ELEVEN ";" MIXED, 0, 0},
      {MIXED " 11", 0, 0},
      {"g" ELEVEN, 0, 0},
      {"1::1" ELEVEN, 0, 0},
      {"111111111111111111111111111111111111111111111111111111111111111g", 0,
       0},
  };

  (void)state;
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    const char *why = shako__fingerprints_judge(shako__span(rows[i].text));

    if ((why == NULL) != rows[i].good ||
        shako__fingerprints_hold(rows[i].text, eleven) !=
            (rows[i].holds_eleven != 0)) {
      fail_msg("row %zu: \"%s\": %s", i, rows[i].text, why ? why : "good");
    }
  }
  assert_false(shako__fingerprints_hold(NULL, eleven));
}

/* Written from the words of tls.h: a fault is forgiven alone, never with
   another that is not. */
static int is_verified(uint32_t faults, int any_purpose, int pinned) {
  uint32_t rest = faults;

  if (faults & SHAKO_CLIENT_FAULT_ABSENT) {
    return 0;
  }
  if (any_purpose || pinned) {
    rest &= ~SHAKO_CLIENT_FAULT_PURPOSE;
  }
  if (pinned) {
    rest &= ~SHAKO_CLIENT_FAULT_UNTRUSTED;
  }
  return rest == 0;
}

static void every_set_of_faults_is_judged(void **state) {
  static const char *const pins[] = {NULL, MIXED, ELEVEN, MIXED " " COLONS};
  shako_policy policy;

  (void)state;
  shako_policy_default(&policy);
  for (uint32_t i = 0; i < (ALL_FAULTS + 1) * 2 * 4 * 2; i++) {
    shako_client_certificate client = {.struct_size = sizeof(client)};
    uint32_t rest = i;
    int by_key;
    int pinned;

    client.faults = rest % (ALL_FAULTS + 1);
    rest /= ALL_FAULTS + 1;
    policy.client_any_purpose = rest % 2;
    rest /= 2;
    policy.client_fingerprints = pins[rest % 4];
    pinned = rest % 4 >= 2 && !(client.faults & SHAKO_CLIENT_FAULT_ABSENT);
    by_key = (int)(rest / 4);
    memcpy(by_key ? client.spki_sha256 : client.sha256, eleven, 32);
    shako__client_certificate_judge(&client, &policy);
    assert_int_equal(client.pinned, pinned);
    assert_int_equal(
        client.verified,
        is_verified(client.faults, policy.client_any_purpose, pinned));
  }
}

static void the_gravest_fault_has_the_name(void **state) {
  static const char *const names[] = {"absent",        "revoked", "expired",
                                      "not-yet-valid", "weak",    "untrusted",
                                      "no-crl",        "purpose", "other"};

  (void)state;
  assert_null(shako_client_fault_name(0));
  for (uint32_t faults = 1; faults <= ALL_FAULTS; faults++) {
    assert_string_equal(shako_client_fault_name(faults),
                        names[__builtin_ctz(faults)]);
  }
  assert_string_equal(shako_client_fault_name(0x8000), "other");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_list_of_fingerprints_is_read),
      cmocka_unit_test(every_set_of_faults_is_judged),
      cmocka_unit_test(the_gravest_fault_has_the_name),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
