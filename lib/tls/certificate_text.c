#include <shako/certificate.h>

#include "base/ascii.h"
#include "base/date.h"
#include "base/text.h"

#define DAY 86400

/* Adds |number|, which may be negative. */
static void put_signed(shako__text *text, int64_t number) {
  if (number < 0) {
    shako__text_put(text, "-");
  }
  shako__text_put_number(text,
                         number < 0 ? 0 - (uint64_t)number : (uint64_t)number);
}

static void put_two(shako__text *text, int number) {
  shako__text_put(text, number < 10 ? "0" : "");
  shako__text_put_number(text, (uint64_t)number);
}

/* 2026-11-24 */
static void put_date(shako__text *text, int64_t unix_time) {
  int64_t days =
      unix_time >= 0 ? unix_time / DAY : -((DAY - 1 - unix_time) / DAY);
  shako__date date = shako__date_of(days);

  put_signed(text, date.year);
  shako__text_put(text, "-");
  put_two(text, date.month);
  shako__text_put(text, "-");
  put_two(text, date.day);
}

static void put_names(shako__text *text,
                      const shako_certificate_report *report) {
  size_t i;

  shako__text_put(text, "Names:");
  for (i = 0; i < report->name_count && i < SHAKO_CERTIFICATE_NAMES_MAX; i++) {
    shako__text_put(text, i == 0 ? " " : ", ");
    shako__text_put_escaped(text, report->names[i]);
  }
  if (i < report->name_count) {
    shako__text_put(text, " and ");
    shako__text_put_number(text, report->name_count - i);
    shako__text_put(text, " more");
  }
  if (report->hostname != NULL) {
    shako__text_put(text, "\nHost: ");
    shako__text_put_escaped(text, shako__span(report->hostname));
    shako__text_put(text, report->matches ? " (matches)" : " (does not match)");
  }
  shako__text_put(text, "\n");
}

static void put_validity(shako__text *text,
                         const shako_certificate_report *report) {
  shako__text_put(text, "Valid: ");
  put_date(text, report->not_before);
  shako__text_put(text, " to ");
  put_date(text, report->not_after);
  shako__text_put(text, " (");
  put_signed(text, report->days_left);
  shako__text_put(text, " days left)\n");
}

static void put_key(shako__text *text, const shako_certificate_report *report) {
  shako__text_put(text, "Key: ");
  shako__text_put(text, report->key);
  if (report->curve != NULL) {
    shako__text_put(text, " ");
    shako__text_put(text, report->curve);
  }
  shako__text_put(text, ", ");
  shako__text_put_number(text, report->key_bits);
  shako__text_put(text, " bits\nSignature: ");
  shako__text_put(text, report->signature);
  shako__text_put(text, report->self_signed ? " (self-signed)\n" : "\n");
}

static void put_chain(shako__text *text,
                      const shako_certificate_report *report) {
  shako__text_put(text, "Chain: ");
  shako__text_put_number(text, report->chain_length);
  shako__text_put(text,
                  report->chain_length == 1 ? " certificate" : " certificates");
  shako__text_put(text, report->in_order ? ", in order" : ", out of order");
  shako__text_put(text,
                  report->issuer_missing ? ", without an issuer\n" : "\n");
}

static void put_digest(shako__text *text, const char *what,
                       const char *digest) {
  if (digest[0] != '\0') {
    shako__text_put(text, what);
    shako__text_put(text, digest);
    shako__text_put(text, "\n");
  }
}

/* Warning: expired: certificate 2 of the chain: it is not valid any more */
static void put_warning(shako__text *text,
                        const shako_certificate_warning *warning) {
  shako__text_put(text, "Warning: ");
  shako__text_put(text, warning->reason);
  shako__text_put(text, ": ");
  if (warning->index > 0) {
    shako__text_put(text, "certificate ");
    shako__text_put_number(text, warning->index + 1);
    shako__text_put(text, " of the chain: ");
  }
  shako__text_put(text, warning->text);
  shako__text_put(text, "\n");
}

size_t shako_certificate_report_text(const shako_certificate_report *report,
                                     char *buf, size_t size) {
  shako__text text;
  size_t i;

  shako__text_init(&text, buf, size);
  put_names(&text, report);
  put_validity(&text, report);
  put_key(&text, report);
  put_chain(&text, report);
  put_digest(&text, "TLSA: 3 1 1 ", report->spki_sha256);
  put_digest(&text, "TLSA: 2 1 1 ", report->issuer_spki_sha256);
  for (i = 0; i < report->warning_count; i++) {
    put_warning(&text, &report->warnings[i]);
  }

  return text.len;
}
