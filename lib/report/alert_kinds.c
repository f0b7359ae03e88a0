#include <shako/alert.h>

#include "base/ascii.h"
#include "base/text.h"

/* What the library's own alerts say.  What a stranger sent, or chose, is
   escaped, and shortened where the rest would not fit. */

#define PIECE_MAX 256

static void begin(shako_alert *alert, shako_alert_severity severity,
                  shako__text *key, shako__text *text) {
  *alert = (shako_alert){.struct_size = sizeof(*alert),
                         .alert_class = SHAKO_ALERT_CLASS_SYSTEM,
                         .severity = severity};
  shako__text_init(key, alert->key, sizeof(alert->key));
  shako__text_init(text, alert->text, sizeof(alert->text));
}

/* Adds the beginning of |span| with what is not printable as \xHH. */
static void put_piece(shako__text *text, shako_span span) {
  size_t start = text->len;
  size_t i;

  for (i = 0; i < span.len && text->len - start < PIECE_MAX; i++) {
    shako__text_put_escaped(text, shako__slice(span, i, i + 1));
  }
  shako__text_put(text, i < span.len ? "..." : "");
}

static void put_address(shako__text *text, const shako_address *address) {
  char buf[SHAKO_ADDRESS_TEXT_SIZE];

  shako_address_format(address, buf);
  shako__text_put(text, buf);
}

/* Case makes no other domain. */
static void put_lower(shako__text *text, shako_span span) {
  size_t i;

  for (i = 0; i < span.len && i < PIECE_MAX; i++) {
    uint8_t c = span.ptr[i];
    uint8_t lower = (uint8_t)(shako__is_alpha(c) ? c | 0x20 : c);

    shako__text_put_span(text, (shako_span){&lower, 1});
  }
}

void shako_alert_required_tls(shako_alert *alert, shako_span domain,
                              shako_span host,
                              const shako_delivery_verdict *verdict,
                              shako_span detail) {
  shako__text key;
  shako__text text;

  begin(alert, SHAKO_ALERT_SEVERITY_WARNING, &key, &text);
  shako__text_put(&key, "required-tls ");
  put_lower(&key, domain);
  shako__text_put(&text, "TLS, which is required, failed for the domain ");
  put_piece(&text, domain);
  shako__text_put(&text, "\nNext hop: ");
  put_piece(&text, host);
  shako__text_put(&text, "\nReason: ");
  shako__text_put(&text, verdict->text);
  if (verdict->result != NULL) {
    shako__text_put(&text, " (");
    shako__text_put(&text, verdict->result);
    shako__text_put(&text, ")");
  }
  shako__text_put(&text, verdict->delivery == SHAKO_DELIVERY_BOUNCE
                             ? "\nThe message was returned to its sender."
                             : "\nThe message is kept and tried again.");
  if (detail.len > 0) {
    shako__text_put(&text, "\nDetail: ");
    put_piece(&text, detail);
  }
}

void shako_alert_inbound_tls(shako_alert *alert, const char *group,
                             const shako_address *address,
                             shako_tls_failure failure, uint32_t threshold) {
  shako__text key;
  shako__text text;

  begin(alert, SHAKO_ALERT_SEVERITY_WARNING, &key, &text);
  alert->threshold = threshold;
  shako__text_put(&key, "inbound-tls ");
  shako__text_put(&key, group != NULL ? group : "");
  shako__text_put(&text, "Hosts that must use TLS do not: ");
  shako__text_put(&text, group != NULL ? "sender group " : "no sender group");
  shako__text_put(&text, group != NULL ? group : "");
  shako__text_put(&text, "\nLast host: ");
  put_address(&text, address);
  shako__text_put(&text, "\nReason: ");
  if (failure == SHAKO_TLS_FAILURE_NONE) {
    shako__text_put(&text, "it did not start TLS");
  } else {
    shako__text_put(&text, "TLS failed: ");
    shako__text_put(&text, shako_tls_failure_name(failure));
  }
}

void shako_alert_handshakes(shako_alert *alert, const shako_address *address,
                            uint32_t threshold) {
  shako__text key;
  shako__text text;

  begin(alert, SHAKO_ALERT_SEVERITY_WARNING, &key, &text);
  alert->threshold = threshold;
  shako__text_put(&key, "handshakes");
  shako__text_put(&text, "Hosts begin more TLS handshakes than their policy "
                         "allows\nLast host: ");
  put_address(&text, address);
}

void shako_alert_demonstration(shako_alert *alert, const char *listener) {
  shako__text key;
  shako__text text;

  begin(alert, SHAKO_ALERT_SEVERITY_WARNING, &key, &text);
  shako__text_put(&key, "demonstration ");
  shako__text_put(&key, listener);
  shako__text_put(&text, "The demonstration certificate is in use: listener ");
  shako__text_put(&text, listener);
  shako__text_put(&text, "\nIt proves nothing: whoever verifies it is not "
                         "protected. Set a certificate of your own.");
}

/* When the end of a certificate is told. */
static const struct {
  int32_t days; /* left at the most */
  shako_alert_severity severity;
} ends[] = {
    {0, SHAKO_ALERT_SEVERITY_CRITICAL}, /* none: it is over */
    {1, SHAKO_ALERT_SEVERITY_CRITICAL}, {7, SHAKO_ALERT_SEVERITY_WARNING},
    {14, SHAKO_ALERT_SEVERITY_WARNING}, {30, SHAKO_ALERT_SEVERITY_INFORMATION},
};

#define ENDS (sizeof(ends) / sizeof(ends[0]))

/* Returns the first of |ends| that |days_left| has come to, or ENDS.  Days are
   whole: on the last one 0 are left, and then -1. */
static size_t find_end(int64_t days_left) {
  size_t i = days_left < 0 ? 0 : 1;

  while (i > 0 && i < ENDS && days_left > ends[i].days) {
    i++;
  }
  return i;
}

int shako_alert_certificate_expiry(shako_alert *alert, const char *name,
                                   const shako_certificate_report *report,
                                   int32_t *told) {
  size_t end = find_end(report->days_left);
  shako__text key;
  shako__text text;

  if (end == ENDS || ends[end].days >= *told) {
    return 0;
  }
  *told = ends[end].days;
  begin(alert, ends[end].severity, &key, &text);
  shako__text_put(&key, "expiry ");
  shako__text_put_number(&key, (uint64_t)ends[end].days);
  shako__text_put(&key, " ");
  shako__text_put(&key, name);
  shako__text_put(&text, "The certificate ");
  shako__text_put(&text, name);
  if (report->days_left < 0) {
    shako__text_put(&text, " has expired");
    return 1;
  }
  shako__text_put(&text, " expires in ");
  shako__text_put_number(&text, (uint64_t)report->days_left);
  shako__text_put(&text, report->days_left == 1 ? " day" : " days");
  return 1;
}
