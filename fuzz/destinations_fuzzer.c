/* The first line is a domain, the rest destination controls.  What reads in is
   written, reads in again as the same, and says the same of the domain; no
   attempt there goes on in the clear where TLS is required. */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <shako/destination.h>

#include "base/ascii.h"
#include "check.h"

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

static bool is_required(shako_destination_tls tls) {
  return tls == SHAKO_DESTINATION_TLS_REQUIRED ||
         tls == SHAKO_DESTINATION_TLS_REQUIRED_VERIFY;
}

static void check_attempt(const shako_destination *destination,
                          const shako_attempt *attempt) {
  bool secured = attempt->state == SHAKO_ATTEMPT_SECURED;
  bool old =
      attempt->version != 0 && attempt->version < destination->tls_min_version;
  shako_delivery_verdict verdict;

  shako_destination_judge(destination, attempt, &verdict);
  CHECK(verdict.text != NULL && *verdict.text != '\0');
  CHECK(!verdict.alert ||
        (is_required(destination->tls) && destination->alert));
  CHECK(verdict.delivery != SHAKO_DELIVERY_CLEAR ||
        (!secured && !is_required(destination->tls)));
  CHECK(verdict.delivery != SHAKO_DELIVERY_DEFER || !attempt->last);
  if (verdict.delivery == SHAKO_DELIVERY_ENCRYPTED) {
    CHECK(secured && attempt->reply == 0);
    CHECK(!old || destination->tls == SHAKO_DESTINATION_TLS_NO);
    CHECK(destination->tls != SHAKO_DESTINATION_TLS_REQUIRED_VERIFY ||
          attempt->certificate == SHAKO_ATTEMPT_CERTIFICATE_GOOD);
  }
}

/* Judges every attempt, and some that there are not. */
static void check_attempts(const shako_destination *destination) {
  static const uint16_t versions[] = {0, 0x0302, 0x0303, 0x0304};
  static const uint16_t replies[] = {0, 421, 550};
  const unsigned certificates = SHAKO_ATTEMPT_CERTIFICATE_INVALID + 2;
  const unsigned states = SHAKO_ATTEMPT_SECURED + 2;
  unsigned i;

  for (i = 0; i < states * certificates * 4 * 3 * 2; i++) {
    shako_attempt attempt;

    memset(&attempt, 0, sizeof(attempt));
    attempt.struct_size = sizeof(attempt);
    attempt.state = (shako_attempt_state)(i % states);
    attempt.certificate =
        (shako_attempt_certificate)(i / states % certificates);
    attempt.version = versions[i / states / certificates % 4];
    attempt.reply = replies[i / states / certificates / 4 % 3];
    attempt.last = (uint8_t)(i / states / certificates / 12);
    check_attempt(destination, &attempt);
  }
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
  check_attempts(&a);
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
