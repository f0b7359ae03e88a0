#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <shako/session.h>

#include "policy/words.h"

#define COUNT(ARRAY) (sizeof(ARRAY) / sizeof((ARRAY)[0]))

static const shako__words words = {"PARTNERS", "mx.example", "192.0.2.7"};

static void variables_are_replaced(void **state) {
  static const struct {
    const char *template;
    const char *text;
  } rows[] = {
      {"", ""},
      {"ESMTP", "ESMTP"},
      {"$Group", "PARTNERS"},
      {"$Hostname sees $RemoteIP.", "mx.example sees 192.0.2.7."},
      {"$$Group costs 1$$", "$Group costs 1$"},
      {"$Group$Group", "PARTNERSPARTNERS"},
      {"two\nlines of $Group", "two\nlines of PARTNERS"},
  };
  size_t i;

  (void)state;
  for (i = 0; i < COUNT(rows); i++) {
    char buf[128];
    shako__text text;

    assert_null(shako__words_judge(rows[i].template));
    shako__text_init(&text, buf, sizeof(buf));
    shako__words_put(&text, rows[i].template, &words);
    assert_string_equal(buf, rows[i].text);
    assert_int_equal(text.len, strlen(rows[i].text));
  }
}

static void a_bare_rule_has_no_group(void **state) {
  const shako__words nameless = {NULL, "mx.example", "192.0.2.7"};
  char buf[16];
  shako__text text;

  (void)state;
  shako__text_init(&text, buf, sizeof(buf));
  shako__words_put(&text, "[$Group]", &nameless);
  assert_string_equal(buf, "[]");
}

static void what_is_no_text_is_told(void **state) {
  static const struct {
    const char *template;
    const char *why;
  } rows[] = {
      {"$", "neither $Group, $Hostname, $RemoteIP nor $$"},
      {"a $group", "neither $Group, $Hostname, $RemoteIP nor $$"},
      {"costs 5$", "neither $Group, $Hostname, $RemoteIP nor $$"},
      {"a\rb", "an octet that is neither printable ASCII nor a line end"},
      {"\xc3\xa4", "an octet that is neither printable ASCII nor a line end"},
  };
  size_t i;

  (void)state;
  for (i = 0; i < COUNT(rows); i++) {
    assert_string_equal(shako__words_judge(rows[i].template), rows[i].why);
  }
}

/* With the longest that can stand for its variables it is still a reply. */
static void the_length_counts_with_the_variables(void **state) {
  char text[SHAKO_REPLY_TEXT_MAX + 2];
  size_t i;

  (void)state;
  memset(text, 'a', sizeof(text));
  text[SHAKO_REPLY_TEXT_MAX] = '\0';
  assert_null(shako__words_judge(text));
  text[SHAKO_REPLY_TEXT_MAX] = 'a';
  text[SHAKO_REPLY_TEXT_MAX + 1] = '\0';
  assert_non_null(shako__words_judge(text));
  for (i = 0; i < 16; i++) {
    memcpy(text + i * 9, "$Hostname", 9);
  }
  text[16 * 9] = '\0';
  assert_null(shako__words_judge(text)); /* 16 x 255 */
  memcpy(text + 16 * 9, "$Hostname", 10);
  assert_non_null(shako__words_judge(text));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(variables_are_replaced),
      cmocka_unit_test(a_bare_rule_has_no_group),
      cmocka_unit_test(what_is_no_text_is_told),
      cmocka_unit_test(the_length_counts_with_the_variables),
  };

  return cmocka_run_group_tests_name("words", tests, NULL, NULL);
}
