/* Counts as text, of one host, or of two with a NUL between them.  What is read
   is written as the same text; merged into nothing it is the same, and two add
   up to the same sums whichever is merged into the other.  The forms for
   readers are printable ASCII, whatever the names are. */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <shako/stats.h>

#include "check.h"

typedef size_t write_form(shako_stats *stats, char *buf, size_t size);

/* Returns a form of |stats|, of its own size, and its length in |*len|. */
static char *write_to(shako_stats *stats, write_form *form, size_t *len) {
  char *text;

  *len = form(stats, NULL, 0);
  text = malloc(*len + 1);
  CHECK(text != NULL);
  CHECK(form(stats, text, *len + 1) == *len);
  CHECK(strlen(text) == *len);
  return text;
}

static size_t write_html(shako_stats *stats, char *buf, size_t size) {
  return shako_stats_html(stats, "title", buf, size);
}

static void check_is(shako_stats *stats, shako_span text) {
  size_t len;
  char *written = write_to(stats, shako_stats_write, &len);

  CHECK(len == text.len && memcmp(written, text.ptr, len) == 0);
  free(written);
}

/* Returns the counts that |text| is, or NULL where it is none. */
static shako_stats *read_stats(shako_span text) {
  shako_stats *stats = NULL;
  shako_place place = {0, 0, NULL};
  int error = shako_stats_read(&stats, text, NULL, &place);

  if (error == 0) {
    CHECK(place.what == NULL && stats != NULL);
    check_is(stats, text);
    return stats;
  }
  CHECK(error == SHAKO_ERR_SYNTAX && stats == NULL);
  CHECK(place.what != NULL && *place.what != '\0');
  CHECK(place.line >= 1 && place.line <= text.len + 1);
  CHECK(place.column >= 1 && place.column <= text.len + 1);
  return NULL;
}

static void check_forms(shako_stats *stats) {
  static write_form *const forms[] = {write_html, shako_stats_json,
                                      shako_stats_prometheus};
  size_t form;
  size_t i;

  for (form = 0; form < 3; form++) {
    size_t len;
    char *text = write_to(stats, forms[form], &len);

    for (i = 0; i < len; i++) {
      CHECK(text[i] == '\n' || (text[i] >= ' ' && text[i] <= '~'));
    }
    free(text);
  }
}

/* The copy has the same configuration, and is made by merging. */
static void check_copy(shako_stats *stats, shako_span text) {
  shako_stats *copy;

  CHECK(shako_stats_copy(&copy, stats, NULL) == 0);
  check_is(copy, text);
  shako_stats_unref(copy);
}

static void check_sum(shako_stats *a, shako_stats *b) {
  shako_stats_totals of[2] = {{.struct_size = sizeof(of[0])},
                              {.struct_size = sizeof(of[0])}};
  shako_stats *sum;

  CHECK(shako_stats_copy(&sum, a, NULL) == 0);
  shako_stats_merge(sum, b);
  shako_stats_merge(b, a);
  shako_stats_total(sum, &of[0]);
  shako_stats_total(b, &of[1]);
  CHECK(memcmp(&of[0], &of[1], sizeof(of[0])) == 0);
  check_forms(sum);
  shako_stats_unref(sum);
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len) {
  const uint8_t *middle = len > 0 ? memchr(octets, 0, len) : NULL;
  size_t first = middle ? (size_t)(middle - octets) : len;
  shako_span texts[2] = {
      {octets, first},
      {octets + first + (middle != NULL), len - first - (middle != NULL)}};
  shako_stats *a = read_stats(texts[0]);
  shako_stats *b = a && middle ? read_stats(texts[1]) : NULL;

  if (a) {
    check_copy(a, texts[0]);
    check_forms(a);
  }
  if (b) {
    check_sum(a, b);
  }
  shako_stats_unref(a);
  shako_stats_unref(b);
  return 0;
}
