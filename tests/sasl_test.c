#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "smtp/sasl.h"

#define OCTETS(TEXT)                                                           \
  { (const uint8_t *)(TEXT), sizeof(TEXT) - 1 }
#define COUNT(ARRAY) (sizeof(ARRAY) / sizeof((ARRAY)[0]))

static void check_span(shako_span span, const char *want) {
  assert_int_equal(span.len, strlen(want));
  assert_memory_equal(span.ptr, want, span.len);
}

static void plain_is_taken_apart(void **state) {
  static const struct row {
    shako_span message;
    const char *authzid;
    const char *authcid;
    const char *password;
  } rows[] = {
      {OCTETS("\0tim\0tanstaaftanstaaf"), "", "tim", "tanstaaftanstaaf"},
      {OCTETS("Ursel\0Kurt\0xipj3plmq"), "Ursel", "Kurt", "xipj3plmq"},
      {OCTETS("\0a\0b"), "", "a", "b"},
      {OCTETS("\0j\xc3\xbc\0\xe2\x82\xac \t\x7f"), "", "j\xc3\xbc",
       "\xe2\x82\xac \t\x7f"},
      {OCTETS("\0a@b.example\0 "), "", "a@b.example", " "},
  };
  size_t i;

  (void)state;
  for (i = 0; i < COUNT(rows); i++) {
    shako__sasl_plain plain;

    assert_true(shako__sasl_plain_read(rows[i].message, &plain));
    check_span(plain.authzid, rows[i].authzid);
    check_span(plain.authcid, rows[i].authcid);
    check_span(plain.password, rows[i].password);
  }
}

static void t51_what_is_not_plain_is_refused(void **state) {
  static const struct row {
    shako_span message;
    const char *why;
  } rows[] = {
      {OCTETS(""), "nothing"},
      {OCTETS("\0"), "one NUL"},
      {OCTETS("\0\0"), "two NULs"},
      {OCTETS("\0\0\0"), "three NULs"},
      {OCTETS("tim"), "no NUL"},
      {OCTETS("tim\0secret"), "one NUL and two words"},
      {OCTETS("\0tim\0"), "no password"},
      {OCTETS("\0\0secret"), "no name"},
      {OCTETS("a\0\0secret"), "no name"},
      {OCTETS("\0tim\0secret\0"), "NUL behind"},
      {OCTETS("\0tim\0sec\0ret"), "NUL in the password"},
      {OCTETS("a\0tim\0secret\0x"), "four words"},
      {OCTETS("\0ti\nm\0secret"), "t47: LF"},
      {OCTETS("\0ti\rm\0secret"), "t47: CR"},
      {OCTETS("a\nb\0tim\0secret"), "t47: LF"},
      {OCTETS("\0ti\x1b[m\0secret"), "t47: escape"},
      {OCTETS("\0ti\x7fm\0secret"), "t47: DEL"},
      {OCTETS("\0ti\xc2\x9bm\0secret"), "t47: U+009B"},
      {OCTETS("\0ti\xffm\0secret"), "t46: no UTF-8"},
      {OCTETS("\xc0\xaf\0tim\0secret"), "t46: too long"},
      {OCTETS("\0tim\0\xed\xa0\x80"), "t46: surrogate"},
      {OCTETS("\0tim\0secret\xc3"), "t46: cut off"},
      {OCTETS("\0tim\xc3\0\xa9x"), "t46: cut in two"},
  };
  size_t i;

  (void)state;
  for (i = 0; i < COUNT(rows); i++) {
    shako__sasl_plain plain, before;

    memset(&plain, 0x5a, sizeof(plain));
    memcpy(&before, &plain, sizeof(plain));
    if (shako__sasl_plain_read(rows[i].message, &plain) ||
        memcmp(&before, &plain, sizeof(plain)) != 0) {
      fail_msg("%s", rows[i].why);
    }
  }
}

/* [authzid] NUL authcid NUL password of so many octets. */
static bool takes(size_t authzid, size_t authcid, size_t password) {
  uint8_t octets[4000];
  shako_span message = {octets, authzid + authcid + password + 2};
  shako__sasl_plain plain;

  memset(octets, 'x', sizeof(octets));
  octets[authzid] = '\0';
  octets[authzid + 1 + authcid] = '\0';
  return shako__sasl_plain_read(message, &plain) &&
         plain.authzid.len == authzid && plain.authcid.len == authcid &&
         plain.password.len == password;
}

static void names_and_passwords_have_their_lengths(void **state) {
  (void)state;
  assert_true(takes(255, 255, 255));
  assert_true(takes(0, 1, 1024));
  assert_false(takes(256, 1, 1));
  assert_false(takes(0, 256, 1));
  assert_false(takes(0, 1, 1025));
}

static void login_and_external_take_the_same_words(void **state) {
  static const struct row {
    shako_span text;
    bool name;
    bool password;
    bool authzid;
  } rows[] = {
      {OCTETS("tim"), true, true, true},
      {OCTETS("j\xc3\xbc"), true, true, true},
      {OCTETS(""), false, false, true},
      {OCTETS("a\0b"), false, false, false},
      {OCTETS("a\nb"), false, true, false},
      {OCTETS("a\xff"), false, false, false},
  };
  size_t i;

  (void)state;
  for (i = 0; i < COUNT(rows); i++) {
    assert_int_equal(shako__sasl_is_name(rows[i].text), rows[i].name);
    assert_int_equal(shako__sasl_is_password(rows[i].text), rows[i].password);
    assert_int_equal(shako__sasl_is_authzid(rows[i].text), rows[i].authzid);
  }
}

static void mechanisms_have_their_names(void **state) {
  static const struct row {
    const char *name;
    shako__sasl sasl;
    bool plus;
  } rows[] = {
      {"PLAIN", SHAKO__SASL_PLAIN, false},
      {"LOGIN", SHAKO__SASL_LOGIN, false},
      {"EXTERNAL", SHAKO__SASL_EXTERNAL, false},
      {"PLAI", SHAKO__SASL_OTHER, false},
      {"PLAIN-PLUS", SHAKO__SASL_OTHER, true},
      {"SCRAM-SHA-256-PLUS", SHAKO__SASL_OTHER, true},
      {"SCRAM-SHA-256", SHAKO__SASL_OTHER, false},
      {"X-PLUSS", SHAKO__SASL_OTHER, false},
      {"-PLUS", SHAKO__SASL_OTHER, false},
      {"", SHAKO__SASL_OTHER, false},
  };
  size_t i;

  (void)state;
  for (i = 0; i < COUNT(rows); i++) {
    assert_int_equal(shako__sasl_find(rows[i].name), rows[i].sasl);
    assert_int_equal(shako__sasl_is_plus(rows[i].name), rows[i].plus);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(plain_is_taken_apart),
      cmocka_unit_test(t51_what_is_not_plain_is_refused),
      cmocka_unit_test(names_and_passwords_have_their_lengths),
      cmocka_unit_test(login_and_external_take_the_same_words),
      cmocka_unit_test(mechanisms_have_their_names),
  };

  return cmocka_run_group_tests_name("sasl", tests, NULL, NULL);
}
