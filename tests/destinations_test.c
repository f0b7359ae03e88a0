/* Destination controls: what is read, what is written, what holds for a
   domain. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <shako/destination.h>

#include "failing_memory.h"
#include "octets.h"
#include "tables.h"

#define COUNT(ARRAY) (sizeof(ARRAY) / sizeof((ARRAY)[0]))

#define NO               SHAKO_DESTINATION_TLS_NO
#define PREFERRED        SHAKO_DESTINATION_TLS_PREFERRED
#define REQUIRED         SHAKO_DESTINATION_TLS_REQUIRED
#define PREFERRED_VERIFY SHAKO_DESTINATION_TLS_PREFERRED_VERIFY
#define REQUIRED_VERIFY  SHAKO_DESTINATION_TLS_REQUIRED_VERIFY

/* As the appliances export it. */
static const char exported[] = "# Comments\r\n"
                               "[DEFAULT]\r\n"
                               "ip_sort_pref = PREFER_V6\r\n"
                               "max_host_concurrency = 500\r\n"
                               "max_messages_per_connection = 50\r\n"
                               "recipient_minutes = 60\r\n"
                               "limit_type = host\r\n"
                               "limit_apply = VG\r\n"
                               "table_tls = off\r\n"
                               "bounce_validation = 0\r\n"
                               "bounce_profile = Default\r\n"
                               "send_tls_req_alert = 1\r\n"
                               "certificate = example.com\r\n"
                               "\r\n"
                               "[example1.com]\r\n"
                               "bounce_profile = my own profile # one\r\n"
                               "table_tls = on\r\n"
                               "[.example1.com]\r\n"
                               "table_tls = 2\r\n"
                               "[deep.example1.com]\r\n"
                               "max_host_concurrency = 5\r\n"
                               "[Example2.com.]\r\n"
                               "TABLE_TLS = Require_Verify\r\n"
                               "tls_min_version = \"1.3\"\r\n";

static int try(shako_destinations **pdestinations, const char *text, size_t len,
               shako_place *place) {
  uint8_t *copy = must_alloc(len > 0 ? len : 1);
  shako_span span = {copy, len};
  int error;

  memcpy(copy, text, len);
  error = shako_destinations_read(pdestinations, span, &table_mem, place);
  free(copy);
  return error;
}

static shako_destinations *read(const char *text) {
  shako_place place = {0, 0, "no memory"};
  shako_destinations *destinations = NULL;

  if (try(&destinations, text, strlen(text), &place) != 0) {
    fail_msg("%u:%u: %s in\n%s", (unsigned)place.line, (unsigned)place.column,
             place.what, text);
  }
  return destinations;
}

static char *write(const shako_destinations *destinations) {
  size_t len = shako_destinations_write(destinations, NULL, 0);
  char *text = must_alloc(len + 1);

  assert_int_equal(shako_destinations_write(destinations, text, len + 1), len);
  assert_int_equal(strlen(text), len);
  return text;
}

static void check_written(const char *text, const char *expected) {
  shako_destinations *destinations = read(text);
  char *written = write(destinations);

  assert_string_equal(written, expected);
  free(written);
  shako_destinations_unref(destinations);
  assert_int_equal(failing.live, 0);
}

static shako_destination find(const shako_destinations *destinations,
                              const char *domain) {
  shako_span span = {(const uint8_t *)domain, strlen(domain)};
  shako_destination found;

  shako_destination_default(&found);
  shako_destinations_find(destinations, span, &found);
  return found;
}

static void an_export_is_read(void **state) {
  static const struct {
    const char *domain;
    const char *name;
    uint32_t line;
    shako_destination_tls tls;
    uint16_t version;
  } rows[] = {
      {"example1.com", "example1.com", 15, PREFERRED, 0x0303},
      {"EXAMPLE1.com.", "example1.com", 15, PREFERRED, 0x0303},
      {"a.example1.com", ".example1.com", 18, REQUIRED, 0x0303},
      {"a.deep.example1.com", ".example1.com", 18, REQUIRED, 0x0303},
      {"deep.example1.com", "deep.example1.com", 20, NO, 0x0303},
      {"example2.com", "example2.com", 22, REQUIRED_VERIFY, 0x0304},
      {"a.example2.com", NULL, 2, NO, 0x0303},
      {"xexample1.com", NULL, 2, NO, 0x0303},
      {"com", NULL, 2, NO, 0x0303},
      {"", NULL, 2, NO, 0x0303},
      {".", NULL, 2, NO, 0x0303},
      {".example1.com", NULL, 2, NO, 0x0303},
      {"[192.0.2.1]", NULL, 2, NO, 0x0303},
  };
  shako_destinations *destinations = read(exported);
  size_t i;

  (void)state;
  for (i = 0; i < COUNT(rows); i++) {
    shako_destination found = find(destinations, rows[i].domain);

    assert_int_equal(found.tls, rows[i].tls);
    assert_int_equal(found.line, rows[i].line);
    assert_int_equal(found.tls_min_version, rows[i].version);
    assert_int_equal(found.alert, 1);
    if (rows[i].name == NULL) {
      assert_null(found.name);
    } else {
      assert_string_equal(found.name, rows[i].name);
    }
  }
  shako_destinations_unref(destinations);
  assert_int_equal(failing.live, 0);
}

static void what_is_written_reads_in_as_the_same(void **state) {
  static const char expected[] = "[DEFAULT]\n"
                                 "table_tls = off\n"
                                 "send_tls_req_alert = on\n"
                                 "ip_sort_pref = PREFER_V6\n"
                                 "max_host_concurrency = 500\n"
                                 "max_messages_per_connection = 50\n"
                                 "recipient_minutes = 60\n"
                                 "limit_type = host\n"
                                 "limit_apply = VG\n"
                                 "bounce_validation = 0\n"
                                 "bounce_profile = Default\n"
                                 "certificate = example.com\n"
                                 "[example1.com]\n"
                                 "table_tls = on\n"
                                 "bounce_profile = my own profile\n"
                                 "[.example1.com]\n"
                                 "table_tls = required\n"
                                 "[deep.example1.com]\n"
                                 "max_host_concurrency = 5\n"
                                 "[example2.com]\n"
                                 "table_tls = require_verify\n"
                                 "tls_min_version = 1.3\n";

  (void)state;
  check_written(exported, expected);
  check_written(expected, expected);
}

static void blanks_case_and_order_say_little(void **state) {
  static const struct {
    const char *text;
    const char *written;
  } rows[] = {
      {"", ""},
      {" # nothing\n", ""},
      {"[ALL]", "[DEFAULT]\n"},
      {"[All.]", "[DEFAULT]\n"},
      {"[default] table_tls=ON_VERIFY", "[DEFAULT]\ntable_tls = on_verify\n"},
      {"[a.b]\ntable_tls=3\n[DEFAULT] table_tls=4",
       "[DEFAULT]\ntable_tls = require_verify\n[a.b]\ntable_tls = "
       "on_verify\n"},
      {"[a] limit_apply=\"x y\\\" #\" [b]\tlimit_apply=x\t\ty  # z",
       "[a]\nlimit_apply = \"x y\\\" #\"\n[b]\nlimit_apply = x\t\ty\n"},
      {"[a] limit_type=1 limit_apply\n[b]",
       "[a]\nlimit_type = 1 limit_apply\n[b]\n"},
      {"[a]\nlimit_type=\"\"\nlimit_apply=1\n",
       "[a]\nlimit_type = \"\"\nlimit_apply = 1\n"},
  };
  size_t i;

  (void)state;
  for (i = 0; i < COUNT(rows); i++) {
    check_written(rows[i].text, rows[i].written);
    check_written(rows[i].written, rows[i].written);
  }
}

/* The default fills what a section leaves out, wherever it stands. */
static void the_default_stands_beneath(void **state) {
  shako_destinations *destinations =
      read("[a.example]\ntls_min_version = 1.3\n"
           "[.a.example]\ntable_tls = off\n"
           "[DEFAULT]\ntable_tls = required\nsend_tls_req_alert = on\n");
  shako_destination at;

  (void)state;
  assert_int_equal(find(destinations, "a.example").tls, REQUIRED);
  assert_int_equal(find(destinations, "a.example").tls_min_version, 0x0304);
  assert_int_equal(find(destinations, "b.a.example").tls, NO);
  assert_int_equal(find(destinations, "b.a.example").alert, 1);
  assert_int_equal(find(destinations, "c.example").tls, REQUIRED);
  assert_int_equal(find(destinations, "c.example").tls_min_version, 0x0303);

  shako_destination_default(&at);
  assert_int_equal(shako_destination_at(destinations, 0, &at), 0);
  assert_null(at.name);
  assert_int_equal(shako_destination_at(destinations, 2, &at), 0);
  assert_string_equal(at.name, ".a.example");
  assert_int_equal(shako_destination_at(destinations, 3, &at),
                   SHAKO_ERR_INVALID_ARGUMENT);
  assert_string_equal(at.name, ".a.example");
  shako_destinations_unref(destinations);
}

static void a_table_without_a_word_wants_no_tls(void **state) {
  shako_destinations *destinations = read("");
  shako_destination found = find(destinations, "a.example");

  (void)state;
  assert_int_equal(found.tls, NO);
  assert_int_equal(found.tls_min_version, 0x0303);
  assert_int_equal(found.alert, 0);
  assert_int_equal(found.line, 0);
  shako_destinations_unref(shako_destinations_ref(destinations));
  assert_int_equal(find(destinations, "a.example").tls, NO);
  shako_destinations_unref(destinations);
  shako_destinations_unref(NULL);
  assert_int_equal(failing.live, 0);
}

#define NO_SECTION "neither a section, [DOMAIN], nor a key"
#define NO_NAME    "neither a domain, a dot and one, nor DEFAULT"
#define NO_TLS     "neither off, on, required, on_verify nor require_verify"
#define NO_VALUE   "a value is missing before this"
#define GLOBAL     "a key of the section DEFAULT alone"

static void what_is_wrong_is_told_with_its_place(void **state) {
  static const struct {
    const char *text;
    uint32_t line;
    uint32_t column;
    const char *what;
  } rows[] = {
      {"table_tls = on", 1, 1, NO_SECTION},
      {"x", 1, 1, NO_SECTION},
      {"\"[a]\"", 1, 1, NO_SECTION},
      {"[]", 1, 1, NO_SECTION},
      {"[", 1, 1, NO_SECTION},
      {"]", 1, 1, NO_SECTION},
      {"[ab", 1, 1, NO_SECTION},
      {"ab]", 1, 1, NO_SECTION},
      {"[a] [", 1, 5, NO_SECTION},
      {"[a] = 1", 1, 5, NO_SECTION},
      {"[a]\n\"table_tls\" = on", 2, 1, NO_SECTION},
      {"[a b]", 1, 1, NO_SECTION},
      {"[.]", 1, 2, NO_NAME},
      {"[..a]", 1, 2, NO_NAME},
      {"[a..b]", 1, 2, NO_NAME},
      {"[*.a]", 1, 2, NO_NAME},
      {"[a@b]", 1, 2, NO_NAME},
      {"[[192.0.2.1]]", 1, 2, NO_NAME},
      {"[b]\n[a]\n [A.]", 3, 2, "a section of that name stands above"},
      {"[DEFAULT]\n[all]", 2, 1, "the default section stands above"},
      {"[a]\ntable_tl = on", 2, 1, "no such key"},
      {"[a]\ntable_tls on", 2, 11, "a = is missing"},
      {"[a]\ntable_tls", 2, 10, "a = is missing"},
      {"[a]\ntable_tls = maybe", 2, 13, NO_TLS},
      {"[a]\ntable_tls = 5", 2, 13, NO_TLS},
      {"[a]\ntable_tls = 01", 2, 13, NO_TLS},
      {"[a]\ntable_tls =\non", 3, 1, NO_VALUE},
      {"[a]\ntable_tls =", 2, 12, NO_VALUE},
      {"[a]\ntable_tls = = on", 2, 13, NO_VALUE},
      {"[a]\nlimit_type = (x)", 2, 14, NO_VALUE},
      {"[a]\ntable_tls = on off", 2, 16, "no such key"},
      {"[a]\ntable_tls = on\ntable_tls = on", 3, 1,
       "a key that this section sets already"},
      {"[a]\nlimit_type = 1\nLIMIT_TYPE = 1", 3, 1,
       "a key that this section sets already"},
      {"[a]\ntls_min_version = 1.1", 2, 19, "neither 1.2 nor 1.3"},
      {"[a]\ntls_min_version = 0", 2, 19, "neither 1.2 nor 1.3"},
      {"[a]\nsend_tls_req_alert = 1", 2, 1, GLOBAL},
      {"[a]\ncertificate = 1", 2, 1, GLOBAL},
      {"[DEFAULT]\nsend_tls_req_alert = 2", 2, 22, "neither off nor on"},
      {"[a]\nlimit_type = \"x", 2, 14, "no quote ends this string in its line"},
      {"[a]\nlimit_type = a )", 2, 16, "a parenthesis that closes nothing"},
      {"[a]\nlimit_type )", 2, 12, "a parenthesis that closes nothing"},
      {"[a]\n\x01", 2, 1, "a control octet"},
  };
  size_t i;

  (void)state;
  for (i = 0; i < COUNT(rows); i++) {
    shako_destinations *const untouched = (shako_destinations *)&failing;
    shako_destinations *destinations = untouched;
    shako_place place = {0, 0, "read"};
    int error = try(&destinations, rows[i].text, strlen(rows[i].text), &place);

    if (error != SHAKO_ERR_SYNTAX || place.line != rows[i].line ||
        place.column != rows[i].column ||
        strcmp(place.what, rows[i].what) != 0) {
      fail_msg("%d, %u:%u: %s\nand not %u:%u: %s in\n%s", error,
               (unsigned)place.line, (unsigned)place.column, place.what,
               (unsigned)rows[i].line, (unsigned)rows[i].column, rows[i].what,
               rows[i].text);
    }
    assert_ptr_equal(destinations, untouched);
    assert_int_equal(failing.live, 0);
  }
}

/* A name has 255 octets at the most, with a dot before it. */
static void the_length_of_a_name_is_bounded(void **state) {
  char text[300] = "[";
  shako_destinations *destinations = NULL;
  shako_place place;
  size_t i;

  (void)state;
  for (i = 1; i <= 256; i++) {
    text[i] = i % 50 == 49 ? '.' : 'a';
  }
  text[256] = ']';
  assert_int_equal(try(&destinations, text, 257, &place), 0);
  text[256] = '\0';
  assert_int_equal(find(destinations, text + 1).line, 1);
  shako_destinations_unref(destinations);
  text[256] = 'a';
  text[257] = ']';
  assert_int_equal(try(&destinations, text, 258, &place), SHAKO_ERR_SYNTAX);
  text[1] = '.';
  assert_int_equal(try(&destinations, text, 258, &place), SHAKO_ERR_SYNTAX);
  assert_int_equal(failing.live, 0);
}

/* Many sections take no longer each, and each is found. */
static void many_sections_are_found(void **state) {
  octets text = {NULL, 0, 0};
  shako_destinations *destinations;
  char domain[32];
  unsigned i;

  (void)state;
  for (i = 0; i < 20000; i++) {
    octets_print(&text, "[%sd%u.example]\nlimit_type = %u\n",
                 i % 3 == 0 ? "." : "", i, i);
  }
  destinations = read(octets_text(&text));
  for (i = 0; i < 20000; i++) {
    snprintf(domain, sizeof(domain), "%sd%u.example", i % 3 == 0 ? "x." : "",
             i);
    assert_int_equal(find(destinations, domain).line, 2 * i + 1);
  }
  shako_destinations_unref(destinations);
  octets_free(&text);
}

static const char many_names[] =
    "[a]\n[b]\nlimit_type = 1\ntable_tls = on\n[c]\n[d]\n[e]\n[f]\n[g]\n[h]\n"
    "[i]\n[j]\n[k]\n[l]\n[m]\n[n]\n[o]\n[p]\n[q]\n[r]\n[s]\n[t]\n[u]\n";

static void read_shared(bool refused) {
  shako_destinations *destinations = NULL;
  shako_place place = {0, 0, NULL};
  int error;

  failing.armed = true;
  error = try(&destinations, many_names, strlen(many_names), &place);
  failing.armed = false;
  if (error != 0) {
    assert_int_equal(error, SHAKO_ERR_NOMEM);
    assert_null(destinations);
    assert_true(refused);
  } else {
    assert_int_equal(find(destinations, "b").tls, PREFERRED);
  }
  shako_destinations_unref(destinations);
  assert_int_equal(failing.live, 0);
}

static void without_memory_nothing_is_read(void **state) {
  (void)state;
  assert_true(failing_for_each(read_shared, 1) > 8);
  failing.onwards = true;
  assert_true(failing_for_each(read_shared, 1) > 8);
  failing.onwards = false;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_export_is_read),
      cmocka_unit_test(what_is_written_reads_in_as_the_same),
      cmocka_unit_test(blanks_case_and_order_say_little),
      cmocka_unit_test(the_default_stands_beneath),
      cmocka_unit_test(a_table_without_a_word_wants_no_tls),
      cmocka_unit_test(what_is_wrong_is_told_with_its_place),
      cmocka_unit_test(the_length_of_a_name_is_bounded),
      cmocka_unit_test(many_sections_are_found),
      cmocka_unit_test(without_memory_nothing_is_read),
  };

  return cmocka_run_group_tests_name("destinations", tests, NULL, NULL);
}
