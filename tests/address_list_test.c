#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <shako/policy.h>

#include "base/ascii.h"
#include "failing_memory.h"

#define COUNT(ARRAY) (sizeof(ARRAY) / sizeof((ARRAY)[0]))

static void *test_alloc(size_t size, void *user_data) {
  void *ptr = failing_now() ? NULL : malloc(size);

  (void)user_data;
  failing.live += ptr != NULL;
  return ptr == NULL ? NULL : memset(ptr, 0xa5, size);
}

static void test_release(void *ptr, size_t size, void *user_data) {
  (void)user_data;
  failing.live--;
  memset(ptr, 0x5a, size);
  free(ptr);
}

static const shako_mem mem = {NULL, test_alloc, test_release};

static shako_address_list *read_right(const char *text) {
  shako_address_list *list = NULL;
  shako_place place = {0};
  int error = shako_address_list_read(&list, shako__span(text), &mem, &place);

  if (error != 0) {
    fail_msg("%s: %u:%u: %s", text, (unsigned)place.line,
             (unsigned)place.column, place.what);
  }
  return list;
}

static bool holds(const shako_address_list *list, const char *path) {
  return shako_address_list_holds(list, shako__span(path)) != 0;
}

static void a_pattern_matches_what_it_says(void **state) {
  static const struct row {
    const char *pattern;
    const char *path;
    bool held;
    const char *why;
  } rows[] = {
      {"user@example.com", "user@example.com", true, "itself"},
      {"user@example.com", "USER@Example.Com", true, "in any case"},
      {"USER@Example.Com", "user@example.com", true, "... of either"},
      {"user@example.com", "user@sub.example.com", false, "a domain under it"},
      {"user@example.com", "user@example.org", false, "another domain"},
      {"user@example.com", "other@example.com", false, "another local-part"},
      {"user@example.com", "xuser@example.com", false, "ends alike"},
      {"user@example.com", "use@example.com", false, "begins alike"},
      {"user@example.com", "user@example.co", false, "is cut off"},
      {"user@example.com", "user@example.com.", false, "no path"},
      {"user@example.com", "user", false, "no domain"},
      {"user@example.com", "", false, "the null path"},

      {"user@", "user@example.com", true, "at any domain"},
      {"user@", "User@[192.0.2.1]", true, "... and at any literal"},
      {"user@", "user", true, "without a domain"},
      {"user@", "users@example.com", false, "a longer one"},
      {"user@", "user+x@example.com", false, "an extension is another"},
      {"user@", "x@user", false, "it is no domain"},
      {"user@", "user@user", true, "whatever the domain is"},

      {"@example.com", "anyone@example.com", true, "every address"},
      {"@example.com", "any.one@EXAMPLE.com", true, "in any case"},
      {"@example.com", "\"\"@example.com", true, "an empty local-part too"},
      {"@example.com", "\"a b\"@example.com", true, "blanks in quotes"},
      {"@example.com", "\"x@other.example\"@example.com", true,
       "an @ in quotes"},
      {"@example.com", "\"x\\\"@other.example\"@example.com", true,
       "... behind a quote that is none"},
      {"@example.com", "anyone@sub.example.com", false, "a domain under it"},
      {"@example.com", "anyone@notexample.com", false, "ends alike"},
      {"@example.com", "example.com", false, "a local-part"},
      {"@example.com", "\"x@example.com\"@other.example", false,
       "quoted, it is none"},
      {"@example.com", "@example.com", false, "no path"},
      {"@example.com", "", false, "the null path"},

      {"@.example.com", "anyone@sub.example.com", true, "under it"},
      {"@.example.com", "anyone@a.b.EXAMPLE.com", true, "further under it"},
      {"@.example.com", "anyone@example.com", false, "not under itself"},
      {"@.example.com", "anyone@notexample.com", false, "ends alike"},
      {"@.com", "anyone@example.com", true, "under a label"},

      {"user@example.com", "\"user\"@example.com", true, "quoted"},
      {"user@example.com", "\"us\\er\"@example.com", true, "a quoted pair"},
      {"user@example.com", "\"\\u\\S\\e\\R\"@example.com", true, "all of them"},
      {"user@", "\"user\"@example.com", true, "quoted, at any domain"},
      {"user@", "\"user\"", true, "... and at none"},
      {"\"user\"@example.com", "user@example.com", true, "quoted pattern"},
      {"\"us\\er\"@", "USER@example.com", true, "... with a quoted pair"},
      {"\"a@b\"@example.com", "\"a\\@b\"@example.com", true, "an @ in both"},
      {"\"a@b\"@example.com", "a@b", false, "... is not the one between"},
      {"a@b.example", "\"a@b.example\"@x.example", false, "... nor this"},
      {"\"a\\\\b\"@", "\"a\\\\b\"@x", true, "a backslash itself"},
      {"\"a\\\\b\"@", "ab@x", false, "... is an octet"},
      {"\"\\\"\"@", "\"\\\"\"@x", true, "a quote itself"},
      {"\"\"@example.com", "\"\"@example.com", true, "the empty local-part"},
      {"\"\"@example.com", "x@example.com", false, "... is no wildcard"},
      {"\"\"@", "x@example.com", false, "... at any domain"},
      {"\"#\"@example.com", "#@example.com", true, "what begins no comment"},

      {"@[192.0.2.1]", "x@[192.0.2.1]", true, "a literal"},
      {"@[192.0.2.1]", "x@[IPv6:::ffff:192.0.2.1]", true, "... mapped"},
      {"@[192.0.2.1]", "x@[IPv6:0:0:0:0:0:ffff:c000:201]", true,
       "... in groups"},
      {"@[192.0.2.1]", "x@[192.0.2.10]", false, "another"},
      {"@[192.0.2.1]", "x@192.0.2.1", false, "a domain"},
      {"@[IPv6:2001:db8::1]", "x@[ipv6:2001:DB8:0:0:0:0:0:1]", true, "IPv6"},
      {"@[IPv6:2001:db8::1]", "x@[IPv6:2001:db8::2]", false, "another"},
      {"user@[192.0.2.1]", "user@[192.0.2.1]", true, "with a local-part"},
      {"user@[192.0.2.1]", "other@[192.0.2.1]", false, "... and another"},
      {"@[tag:a@b.c]", "x@[TAG:A@b.c]", true, "a general literal"},
      {"@[tag:x.example]", "x@[tag:y.example]", false, "... has no suffix"},
      {"@.example", "x@[tag:y.example]", false, "... nor is it a domain"},
      {"@[2001:db8::1]", "x@[IPv6:2001:db8::1]", true,
       "IPv6 without its tag is meant so"},
  };
  size_t i;

  (void)state;

  for (i = 0; i < COUNT(rows); i++) {
    shako_address_list *list = read_right(rows[i].pattern);

    if (holds(list, rows[i].path) != rows[i].held) {
      fail_msg("%s and %s: %s", rows[i].pattern, rows[i].path, rows[i].why);
    }
    shako_address_list_unref(list);
  }
  assert_int_equal(failing.live, 0);
}

/* Who writes a sender beyond ASCII (RFC 6531) takes him off no list. */
static void a_path_may_hold_utf8(void **state) {
  static const struct row {
    const char *pattern;
    const char *path;
    bool held;
  } rows[] = {
      {"@a.example", "\xc3\xa9@a.example", true},
      {"@.example", "\xc3\xa9@a.example", true},
      {"@.example", "\"\xc3\xa9 \"@\xc3\xa9.example", true},
      {"joe@", "joe@\xc3\xa9.example", true},
      {"@a.example", "\xc3\xa9@\xc3\xa9.a.example", false},
      {"e@a.example", "\xc3\xa9@a.example", false},
      {"@a.example", "\xc3@a.example", false}, /* no UTF-8: no path */
  };
  size_t i;

  (void)state;

  for (i = 0; i < COUNT(rows); i++) {
    shako_address_list *list = read_right(rows[i].pattern);

    if (holds(list, rows[i].path) != rows[i].held) {
      fail_msg("%s and %s", rows[i].pattern, rows[i].path);
    }
    shako_address_list_unref(list);
  }
}

static void patterns_stand_between_blanks_and_comments(void **state) {
  static const char *const texts[] = {
      "a@x b@x c#d@x",
      "a@x\nb@x\nc#d@x\n",
      "a@x\r\nb@x\r\nc#d@x",
      "\n\n \ta@x\t\tb@x # @y e@x\n#@y\r\n  #\nc#d@x #\n",
      "c#d@x\nb@x\na@x\na@x\nA@X",
      "# caf\xc3\xa9, @y\na@x \r\nb@x #\nc#d@x ",
  };
  size_t i;

  (void)state;

  for (i = 0; i < COUNT(texts); i++) {
    shako_address_list *list = read_right(texts[i]);

    assert_true(holds(list, "a@x"));
    assert_true(holds(list, "b@x"));
    assert_true(holds(list, "c#d@x"));
    assert_false(holds(list, "e@x"));
    assert_false(holds(list, "z@y"));
    shako_address_list_unref(list);
  }
}

static void an_empty_list_holds_nothing(void **state) {
  static const char *const texts[] = {"", " ", "\n", "\r\n", "# a@x", "#"};
  size_t i;

  (void)state;

  for (i = 0; i < COUNT(texts); i++) {
    shako_address_list *list = read_right(texts[i]);

    assert_false(holds(list, ""));
    assert_false(holds(list, "a@x"));
    shako_address_list_unref(list);
  }
  assert_int_equal(failing.live, 0);
}

#define LOCAL_PART  "not a local-part of an address"
#define AT          "an @ is missing"
#define AT_ALONE    "nothing but an @"
#define DOMAIN      "not a domain"
#define DOMAIN_PART "neither a domain nor an address literal"
#define CR          "a CR without an LF"

static void what_is_wrong_is_said_where_it_is(void **state) {
  static const struct row {
    const char *text;
    uint32_t line;
    uint32_t column;
    const char *what;
  } rows[] = {
      {"user", 1, 5, AT},
      {"a@x\n  user # b@x", 2, 7, AT},
      {"\"user\"x@y", 1, 7, AT},
      {"@", 1, 2, AT_ALONE},
      {"a@x @", 1, 6, AT_ALONE},
      {".user@x", 1, 1, LOCAL_PART},
      {"a..b@", 1, 1, LOCAL_PART},
      {"us\\er@x", 1, 1, LOCAL_PART},
      {"a,b@x", 1, 1, LOCAL_PART},
      {"<a@x>", 1, 1, LOCAL_PART},
      {"a>b@x", 1, 1, LOCAL_PART},
      {"\"user@x", 1, 1, LOCAL_PART},
      {"\"a b\"@x", 1, 1, LOCAL_PART},
      {"\"\\", 1, 1, LOCAL_PART},
      {"caf\xc3\xa9@x", 1, 1, LOCAL_PART},
      {"a@x\r\n\r\n\tb@ c@x,d@y", 3, 7, DOMAIN_PART},
      {"a@.x", 1, 3, DOMAIN_PART},
      {"a@x.", 1, 3, DOMAIN_PART},
      {"a@x..y", 1, 3, DOMAIN_PART},
      {"a@x_y", 1, 3, DOMAIN_PART},
      {"a@b@c", 1, 3, DOMAIN_PART},
      {"a@-x", 1, 3, DOMAIN_PART},
      {"a@x>", 1, 3, DOMAIN_PART},
      {"a@x#y", 1, 3, DOMAIN_PART},
      {"a@*", 1, 3, DOMAIN_PART},
      {"@*.x", 1, 2, DOMAIN_PART},
      {"@x,@y:a@z", 1, 2, DOMAIN_PART},
      {"@[192.0.2.256]", 1, 2, DOMAIN_PART},
      {"@[192.0.2.1", 1, 2, DOMAIN_PART},
      {"@[192.0.2.1]x", 1, 2, DOMAIN_PART},
      {"@[]", 1, 2, DOMAIN_PART},
      {"@.", 1, 2, DOMAIN},
      {"@..x", 1, 2, DOMAIN},
      {"@.[192.0.2.1]", 1, 2, DOMAIN},
      {"a@x\rb@x", 1, 5, CR},
      {"\r", 1, 2, CR},
      {"a@x\n# b@x\rc@x\n", 2, 7, CR},
      {"a@x\n\r\r\n", 2, 2, CR},
  };
  size_t i;

  (void)state;

  for (i = 0; i < COUNT(rows); i++) {
    shako_address_list *list = (shako_address_list *)&i;
    shako_place place = {0, 0, ""};
    int error =
        shako_address_list_read(&list, shako__span(rows[i].text), &mem, &place);

    if (error != SHAKO_ERR_SYNTAX || place.line != rows[i].line ||
        place.column != rows[i].column ||
        strcmp(place.what, rows[i].what) != 0) {
      fail_msg("%s: %d, %u:%u: %s", rows[i].text, error, (unsigned)place.line,
               (unsigned)place.column, place.what);
    }
    assert_ptr_equal(list, &i);
  }
  assert_int_equal(failing.live, 0);
}

/* Writes a pattern with |local| octets, an @, and a domain of |domain|, which
   is odd. */
static shako_span write_long(uint8_t *octets, size_t local, size_t domain) {
  shako_span text = {octets, local + 1 + domain};
  size_t i;

  memset(octets, 'u', local);
  octets[local] = '@';
  for (i = 0; i < domain; i++) {
    octets[local + 1 + i] = i % 2 == 0 ? 'd' : '.';
  }
  return text;
}

static void parts_are_as_long_as_a_path_has_them(void **state) {
  static const struct row {
    size_t local, domain;
    const char *what; /* NULL: it is right */
    uint32_t column;
  } rows[] = {
      {64, 255, NULL, 0},
      {65, 253, LOCAL_PART, 1},
      {62, 255, NULL, 0},
      {62, 257, DOMAIN_PART, 64},
      {0, 255, NULL, 0},
      {64, 0, NULL, 0},
      {0, 257, DOMAIN_PART, 2},
      {64, 257, "a pattern over 320 octets", 1},
      {320, 0, "a pattern over 320 octets", 1},
      {400, 1, "a pattern over 320 octets", 1},
  };
  uint8_t octets[600];
  size_t i;

  (void)state;

  for (i = 0; i < COUNT(rows); i++) {
    shako_span text = write_long(octets, rows[i].local, rows[i].domain);
    shako_address_list *list = NULL;
    shako_place place = {0, 0, ""};
    int error = shako_address_list_read(&list, text, &mem, &place);

    if (rows[i].what != NULL) {
      assert_int_equal(error, SHAKO_ERR_SYNTAX);
      assert_string_equal(place.what, rows[i].what);
      assert_int_equal(place.column, rows[i].column);
      continue;
    }
    assert_int_equal(error, 0);
    shako_address_list_unref(list);
  }
  assert_int_equal(failing.live, 0);
}

/* What no session hands over is not held, and is read no further than it is
   long. */
static void what_is_no_path_is_not_held(void **state) {
  static const uint8_t nul[] = "user\0@example.com";
  static const uint8_t nul_between[] = "user\0example.com";
  shako_address_list *list = read_right("user@ @x user@example.com @[1.2.3.4]");
  uint8_t *octets = malloc(322);
  size_t len;

  (void)state;

  assert_false(shako_address_list_holds(list, (shako_span){nul, 17}));
  assert_false(shako_address_list_holds(list, (shako_span){nul_between, 16}));
  assert_false(shako_address_list_holds(list, (shako_span){NULL, 0}));
  assert_false(holds(list, "\"user\"x"));
  assert_false(holds(list, "\"user\"x@x"));
  assert_false(holds(list, "\""));
  assert_false(holds(list, "\"\\"));
  assert_non_null(octets);
  for (len = 2; len <= 322; len++) {
    shako_span path = {octets + 322 - len, len};

    memset(octets, 'a', 322);
    memcpy(octets + 320, "@x", 2);
    assert_int_equal(shako_address_list_holds(list, path) != 0,
                     len > 2 && len <= 320);
    memset(octets, '\\', 322);
    octets[322 - len] = '"';
    assert_false(shako_address_list_holds(list, path));
  }
  free(octets);
  shako_address_list_unref(list);
}

static void a_list_lives_as_long_as_its_last_reference(void **state) {
  shako_address_list *list = read_right("a@x");

  (void)state;

  assert_ptr_equal(shako_address_list_ref(list), list);
  shako_address_list_unref(list);
  assert_true(holds(list, "a@x"));
  shako_address_list_unref(list);
  shako_address_list_unref(NULL);
  assert_int_equal(failing.live, 0);
}

static void without_memory_of_its_own_it_takes_malloc(void **state) {
  shako_address_list *list = NULL;
  shako_place place;

  (void)state;

  assert_int_equal(
      shako_address_list_read(&list, shako__span("a@x"), NULL, &place), 0);
  assert_true(holds(list, "a@x"));
  assert_int_equal(failing.live, 0);
  shako_address_list_unref(list);
}

#define MANY 30000

/* Writes |count| patterns of the four forms, in no order. */
static char *write_many(unsigned count) {
  static const char *const forms[] = {"u%u@a.example\n", "v%u@\n",
                                      "@w%u.example\n", "@.x%u.example\n"};
  char *text = malloc(count * 24 + 1);
  size_t len = 0;
  unsigned i;

  assert_non_null(text);
  *text = '\0';
  for (i = 0; i < count; i++) {
    len += (size_t)sprintf(text + len, forms[i % 4], i * 7919 % count);
  }
  return text;
}

static void every_pattern_of_many_is_found(void **state) {
  char *text = write_many(MANY);
  shako_address_list *list = read_right(text);
  unsigned i;

  (void)state;

  free(text);
  for (i = 0; i < MANY; i++) {
    static const char *const paths[] = {"U%u@A.example", "v%u@b.example",
                                        "y@w%u.example", "y@z.x%u.example"};
    char path[32];
    unsigned form;

    for (form = 0; form < 4; form++) {
      snprintf(path, sizeof(path), paths[form], i * 7919 % MANY);
      if (holds(list, path) != (i % 4 == form)) {
        fail_msg("%s", path);
      }
    }
  }
  shako_address_list_unref(list);
  assert_int_equal(failing.live, 0);
}

static char *many;

/* Reads a list and asks it, or is refused memory on the way. */
static void read_and_ask(bool refused) {
  shako_address_list *list = NULL;
  shako_place place;
  int error;

  failing.armed = true;
  error = shako_address_list_read(&list, shako__span(many), &mem, &place);
  failing.armed = false;
  if (error == 0) {
    assert_true(holds(list, "u0@a.example"));
    shako_address_list_unref(list);
  } else {
    assert_true(refused);
    assert_int_equal(error, SHAKO_ERR_NOMEM);
    assert_null(list);
  }
  assert_int_equal(failing.live, 0);
}

static void memory_that_runs_out_leaves_nothing(void **state) {
  (void)state;

  many = write_many(200);
  failing.onwards = false;
  assert_true(failing_for_each(read_and_ask, 1) > 10);
  failing.onwards = true;
  assert_true(failing_for_each(read_and_ask, 1) > 10);
  failing.onwards = false;
  free(many);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_pattern_matches_what_it_says),
      cmocka_unit_test(a_path_may_hold_utf8),
      cmocka_unit_test(patterns_stand_between_blanks_and_comments),
      cmocka_unit_test(an_empty_list_holds_nothing),
      cmocka_unit_test(what_is_wrong_is_said_where_it_is),
      cmocka_unit_test(parts_are_as_long_as_a_path_has_them),
      cmocka_unit_test(what_is_no_path_is_not_held),
      cmocka_unit_test(a_list_lives_as_long_as_its_last_reference),
      cmocka_unit_test(without_memory_of_its_own_it_takes_malloc),
      cmocka_unit_test(every_pattern_of_many_is_found),
      cmocka_unit_test(memory_that_runs_out_leaves_nothing),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
