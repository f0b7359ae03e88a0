/* The first line is a domain, the rest destination controls.  What reads in is
   written, reads in again as the same, and says the same of the domain. */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <shako/destination.h>

#include "base/ascii.h"

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

#define CHECK(CONDITION)                                                       \
  do {                                                                         \
    if (!(CONDITION)) {                                                        \
      __builtin_trap();                                                        \
    }                                                                          \
  } while (0)

/* Returns the table that |text| is, or NULL where it is none. */
static shako_destinations *read_table(shako_span text) {
  shako_place place = {0, 0, NULL};
  shako_destinations *table = NULL;
  int error = shako_destinations_read(&table, text, NULL, &place);

  if (error == 0) {
    CHECK(table != NULL && place.what == NULL);
    return table;
  }
  CHECK(error == SHAKO_ERR_SYNTAX && table == NULL);
  CHECK(place.what != NULL && *place.what != '\0');
  CHECK(place.line >= 1 && place.line <= text.len + 1);
  CHECK(place.column >= 1 && place.column <= text.len + 1);
  return NULL;
}

/* Returns |table| in writing, which the caller frees. */
static char *write_table(const shako_destinations *table) {
  size_t len = shako_destinations_write(table, NULL, 0);
  char *text = malloc(len + 1);

  CHECK(text != NULL && shako_destinations_write(table, text, len + 1) == len);
  CHECK(strlen(text) == len);
  return text;
}

static void check_same(const shako_destination *a, const shako_destination *b) {
  CHECK(a->tls == b->tls && a->tls_min_version == b->tls_min_version);
  CHECK(a->alert == b->alert && !a->name == !b->name);
  CHECK(a->name == NULL || strcmp(a->name, b->name) == 0);
  CHECK(*shako_destination_tls_name(a->tls) != '\0');
  CHECK(a->tls_min_version == 0x0303 || a->tls_min_version == 0x0304);
}

/* |name| is |domain|, or a dot and what it stands under. */
static void check_name(const char *name, shako_span domain) {
  size_t len = strlen(name);

  if (domain.len > 0 && domain.ptr[domain.len - 1] == '.') {
    domain.len--;
  }
  CHECK(len == domain.len || (name[0] == '.' && len < domain.len));
  CHECK(
      shako__equals(shako__slice(domain, domain.len - len, domain.len), name));
}

static void check_domain(const shako_destinations *table,
                         const shako_destinations *again, shako_span domain) {
  shako_destination a;
  shako_destination b;
  size_t i;

  shako_destination_default(&a);
  shako_destination_default(&b);
  shako_destinations_find(table, domain, &a);
  shako_destinations_find(again, domain, &b);
  check_same(&a, &b);
  if (a.name != NULL) {
    check_name(a.name, domain);
  }
  for (i = 0; shako_destination_at(table, i, &a) == 0; i++) {
    CHECK(shako_destination_at(again, i, &b) == 0);
    check_same(&a, &b);
    if (i > 0 && a.name[0] != '.') {
      shako_destinations_find(table, shako__span(a.name), &b);
      check_same(&a, &b);
    }
  }
  CHECK(i > 0 && shako_destination_at(again, i, &b) != 0);
}

static bool is_in_line(uint8_t c) {
  return c != '\n';
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len) {
  shako_span text = {octets, len};
  shako_span domain = shako__cut_class(&text, is_in_line);
  shako_destinations *table;
  shako_destinations *again;
  char *written;
  char *twice;

  shako__cut(&text, '\n');
  table = read_table(text);
  if (table == NULL) {
    return 0;
  }
  written = write_table(table);
  again = read_table(shako__span(written));
  CHECK(again != NULL);
  twice = write_table(again);
  CHECK(strcmp(written, twice) == 0);
  check_domain(table, again, domain);
  free(written);
  free(twice);
  shako_destinations_unref(table);
  shako_destinations_unref(again);

  return 0;
}
