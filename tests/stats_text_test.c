/* Counts as text: what is read, and what is refused and where. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include <shako/stats.h>

#define HEAD "shako-stats 1 groups=2 heaviest=2 peers-floor=7 domains-floor=0\n"

static const char whole[] =
    HEAD "group % % off=1\n"
         "group A%20b %25%0A%FF none=1 messages=18446744073709551615\n"
         "group other other refused.unknown=3\n"
         "cipher TLSv1.3 TLS_AES_128_GCM_SHA256 connections=2\n"
         "closed other connections=3\n"
         "closed quit connections=2\n"
         "peer 192.0.2.1 error=7 off=1\n"
         "domain % error=0 off=1\n"
         "end\n";

/* Reads |text|, copied so that nothing may be read behind it. */
static int read_text(shako_stats **stats, const char *text, size_t len,
                     shako_place *place) {
  uint8_t *copy = malloc(len > 0 ? len : 1);
  int error;

  assert_non_null(copy);
  memcpy(copy, text, len);
  error = shako_stats_read(stats, (shako_span){copy, len}, NULL, place);
  free(copy);
  return error;
}

static void a_text_is_read_and_written_again(void **state) {
  shako_stats *stats;
  shako_place place;
  char text[1024];

  (void)state;

  assert_int_equal(read_text(&stats, whole, strlen(whole), &place), 0);
  assert_int_equal(shako_stats_write(stats, text, sizeof(text)), strlen(whole));
  assert_string_equal(text, whole);
  assert_int_equal(shako_stats_write(stats, text, 10), strlen(whole));
  assert_string_equal(text, "shako-sta");
  assert_int_equal(shako_stats_write(stats, NULL, 0), strlen(whole));
  shako_stats_unref(stats);
}

static void every_beginning_of_a_text_is_refused(void **state) {
  shako_stats *stats = NULL;
  shako_place place;
  size_t len;

  (void)state;

  for (len = 0; len < strlen(whole); len++) {
    assert_int_equal(read_text(&stats, whole, len, &place), SHAKO_ERR_SYNTAX);
    assert_null(stats);
  }
}

typedef struct refusal {
  const char *text;
  uint32_t line;
  uint32_t column;
} refusal;

static const refusal refusals[] = {
    {"", 1, 1},
    {"shako-stat 1\n", 1, 1},
    {"shako-stats 2 groups=2 heaviest=2 peers-floor=0 domains-floor=0\nend\n",
     1, 13},
    {"shako-stats  1 groups=2 heaviest=2 peers-floor=0 domains-floor=0\nend\n",
     1, 13},
    {"shako-stats 1 groups=0 heaviest=2 peers-floor=0 domains-floor=0\nend\n",
     1, 15},
    {"shako-stats 1 groups=65537 heaviest=2 peers-floor=0 domains-floor=0\n"
     "end\n",
     1, 15},
    {"shako-stats 1 groups=2 heaviest=1025 peers-floor=0 domains-floor=0\n"
     "end\n",
     1, 24},
    {"shako-stats 1 heaviest=2 groups=2 peers-floor=0 domains-floor=0\nend\n",
     1, 15},
    {"shako-stats 1 groups=02 heaviest=2 peers-floor=0 domains-floor=0\nend\n",
     1, 15},
    {HEAD "end", 2, 4},
    {HEAD "end\nend\n", 3, 1},
    {HEAD "end \n", 2, 4},
    {HEAD "\nend\n", 2, 1},
    {HEAD " end\n", 2, 1},
    {HEAD "END\n", 2, 1},
    {HEAD "group A a off=1\r\nend\n", 2, 16},
    {HEAD "group A a\nend\n", 2, 10}, /* that counts nothing */
    {HEAD "group A a off=0\nend\n", 2, 11},
    {HEAD "group A a off=01\nend\n", 2, 11},
    {HEAD "group A a off=-1\nend\n", 2, 11},
    {HEAD "group A a off=\nend\n", 2, 11},
    {HEAD "group A a off\nend\n", 2, 11},
    {HEAD "group A a off=18446744073709551616\nend\n", 2, 11},
    {HEAD "group A a off=1 off=1\nend\n", 2, 17},
    {HEAD "group A a off=1 none=1\nend\n", 2, 17},
    {HEAD "group A a off=1  clear=1\nend\n", 2, 17},
    {HEAD "group A a off=1 \nend\n", 2, 17},
    {HEAD "group A a unheard-of=1\nend\n", 2, 11},
    {HEAD "group A a connections=1\nend\n", 2, 11},
    {HEAD "group A  off=1\nend\n", 2, 9},
    {HEAD "group A a% off=1\nend\n", 2, 9},
    {HEAD "group A %4 off=1\nend\n", 2, 9},
    {HEAD "group A %00 off=1\nend\n", 2, 9},
    {HEAD "group A %41 off=1\nend\n", 2, 9}, /* an A, which needs no escape */
    {HEAD "group A %2d off=1\nend\n", 2, 9},
    {HEAD "group A %0a off=1\nend\n", 2, 9},
    {HEAD "group A %% off=1\nend\n", 2, 9},
    {HEAD "group A \xc3\xa4 off=1\nend\n", 2, 9},
    {HEAD "group B b off=1\ngroup A a off=1\nend\n", 3, 9},
    {HEAD "group A a off=1\ngroup A a off=1\nend\n", 3, 9},
    {HEAD "group A a off=1\ngroup B b off=1\ngroup C c off=1\nend\n", 4, 9},
    {HEAD "cipher a b connections=1\ngroup A a off=1\nend\n", 3, 1},
    {HEAD "cipher a b connections=1 off=1\nend\n", 2, 26},
    {HEAD "closed a b connections=1\nend\n", 2, 10},
    {HEAD "peer a off=1\nend\n", 2, 8},
    {HEAD "peer a error=8 off=1\nend\n", 2, 8}, /* more than the floor */
    {HEAD "domain a error=1 off=1\nend\n", 2, 10},
    {HEAD "peer a error=1 off=1 recipients=1\nend\n", 2, 22},
    {HEAD "peer a error=1 off=1\npeer b error=1 off=1\n"
          "peer other error=1 off=1\nend\n",
     4, 6},
};

static void what_is_not_written_so_is_refused(void **state) {
  size_t i;

  (void)state;

  for (i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
    const refusal *r = &refusals[i];
    shako_stats *stats = NULL;
    shako_place place = {0, 0, NULL};

    if (read_text(&stats, r->text, strlen(r->text), &place) !=
            SHAKO_ERR_SYNTAX ||
        place.line != r->line || place.column != r->column) {
      print_error("%s: %u:%u %s\n", r->text, place.line, place.column,
                  place.what ? place.what : "");
      fail();
    }
    assert_null(stats);
    assert_non_null(place.what);
  }
}

/* A name of 256 octets is no name, of 255 it is. */
static void a_name_has_255_octets_at_most(void **state) {
  size_t len;

  (void)state;

  for (len = 255; len <= 256; len++) {
    char text[1024] = HEAD "closed ";
    shako_stats *stats = NULL;
    shako_place place;
    int wanted = len == 255 ? 0 : SHAKO_ERR_SYNTAX;

    memset(text + strlen(text), 'x', len);
    strcat(text, " connections=1\nend\n");
    assert_int_equal(read_text(&stats, text, strlen(text), &place), wanted);
    shako_stats_unref(stats);
  }
}

/* What others say may be as large as a count can be. */
static void full_counts_stay_full(void **state) {
  static const char full[] =
      HEAD "group A a off=18446744073709551615 clear=18446744073709551615 "
           "messages=5 messages-tls=18446744073709551615 "
           "duration-ms=18446744073709551615\n"
           "peer x error=7 off=18446744073709551615\nend\n";
  shako_stats_totals t = {.struct_size = sizeof(t)};
  shako_stats *stats;
  shako_stats *more;
  shako_place place;
  static char page[65536];

  (void)state;

  assert_int_equal(read_text(&stats, full, strlen(full), &place), 0);
  assert_int_equal(read_text(&more, full, strlen(full), &place), 0);
  shako_stats_merge(stats, more);
  shako_stats_total(stats, &t);
  assert_true(t.connections == UINT64_MAX);
  assert_true(t.clear == UINT64_MAX);
  assert_int_equal(t.messages, 10);
  assert_true(shako_stats_write(stats, page, sizeof(page)) < sizeof(page));
  assert_non_null(strstr(page, "peer x error=14 off=18446744073709551615\n"));
  assert_true(shako_stats_html(stats, "", page, sizeof(page)) < sizeof(page));
  assert_non_null(strstr(page, "100.0 %"));
  assert_true(shako_stats_prometheus(stats, page, sizeof(page)) < sizeof(page));
  assert_non_null(strstr(page, "tls=\"no\"} 0\n"));
  assert_non_null(strstr(page, "} 18446744073709551.615\n"));
  shako_stats_unref(stats);
  shako_stats_unref(more);
}

/* All forms say how long they are, and end where they are to. */
static void every_form_keeps_to_its_buffer(void **state) {
  shako_stats *stats;
  shako_place place;
  static char page[65536];
  unsigned form;
  size_t size;

  (void)state;

  assert_int_equal(read_text(&stats, whole, strlen(whole), &place), 0);
  for (form = 0; form < 3; form++) {
    size_t len = 0;

    for (size = 0; size < 3000; size += size < 300 ? 1 : 97) {
      char *buf = malloc(size > 0 ? size : 1);
      size_t now;

      assert_non_null(buf);
      now = form == 0   ? shako_stats_html(stats, "t", buf, size)
            : form == 1 ? shako_stats_json(stats, buf, size)
                        : shako_stats_prometheus(stats, buf, size);
      assert_true(len == 0 || now == len);
      assert_true(size == 0 || strlen(buf) == (now < size ? now : size - 1));
      len = now;
      free(buf);
    }
    assert_true(len < sizeof(page));
  }
  shako_stats_unref(stats);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_text_is_read_and_written_again),
      cmocka_unit_test(every_beginning_of_a_text_is_refused),
      cmocka_unit_test(what_is_not_written_so_is_refused),
      cmocka_unit_test(a_name_has_255_octets_at_most),
      cmocka_unit_test(full_counts_stay_full),
      cmocka_unit_test(every_form_keeps_to_its_buffer),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
