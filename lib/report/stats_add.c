#include "report/stats.h"

#include <string.h>

#include "base/ascii.h"
#include "report/log.h"
#include "tls/host_name.h"

/* Enough for an address and "/64". */
#define PEER_SIZE (SHAKO_ADDRESS_TEXT_SIZE + 3)

static bool is_ipv4(const shako_address *address) {
  static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

  return memcmp(address->bytes, mapped, sizeof(mapped)) == 0;
}

/* Writes what tells |peer| from others to |text|: who has one address of IPv6
   has the 64 bits behind it too. */
static void write_peer(const shako_peer *peer, char text[PEER_SIZE]) {
  shako_address address = peer->address;
  size_t len;

  if (!address.known || is_ipv4(&address)) {
    shako_address_format(&address, text);
    return;
  }
  memset(address.bytes + 8, 0, 8);
  address.scope = 0;
  len = shako_address_format(&address, text);
  memcpy(text + len, "/64", 4);
}

/* Returns the domain of |peer|, in |*name| or empty. */
static shako_span domain_of(const shako_peer *peer, shako__host_name *name) {
  shako_span domain = {(const uint8_t *)"", 0};
  const uint8_t *dot;
  size_t head;

  if (peer->name_state != SHAKO_NAME_VERIFIED ||
      !shako__host_name_read(name, peer->name, false)) {
    return domain;
  }
  domain = (shako_span){name->text, name->len};
  dot = memchr(name->text, '.', name->len);
  if (dot) {
    head = (size_t)(dot - name->text) + 1;
    if (memchr(dot + 1, '.', name->len - head)) {
      domain = shako__slice(domain, head, domain.len);
    }
  }
  return domain;
}

static void add(shako__row *row, uint32_t column, uint64_t n) {
  row->values[column] = shako__sum(row->values[column], n);
}

/* Adds what every row but a cipher's and an end's has. */
static void add_connection(shako__row *row, const shako_record *record) {
  add(row, SHAKO__COLUMN_OUTCOMES + (uint32_t)shako_record_outcome(record), 1);
  add(row, SHAKO__COLUMN_MESSAGES, record->messages);
  add(row, SHAKO__COLUMN_MESSAGES_TLS, record->messages_tls);
  add(row, SHAKO__COLUMN_REFUSALS, record->refusals);
}

static void add_tls(shako__row *row, const shako_record *record) {
  const shako_tls_info *tls = record->tls;
  shako_tls_failure failure = tls ? tls->failure : SHAKO_TLS_FAILURE_NONE;

  if (record->tls_completed) {
    add(row, SHAKO__COLUMN_HANDSHAKE_TIME, tls ? tls->handshake_time : 0);
  } else if (record->tls_asked) {
    if ((unsigned)failure >= SHAKO_TLS_FAILURE_COUNT) {
      failure = SHAKO_TLS_FAILURE_INTERNAL;
    }
    add(row, SHAKO__COLUMN_FAILURES + (uint32_t)failure, 1);
  }
}

/* Refusals of which the record does not know why are "unknown", so that the
   reasons add up. */
static void add_reasons(shako__row *row, const shako_record *record) {
  uint64_t known = 0;
  uint32_t i;

  for (i = 0; record->refused && i <= SHAKO__REFUSAL_COUNT; i++) {
    add(row, SHAKO__COLUMN_REASONS + i, record->refused[i]);
    known += record->refused[i];
  }
  if (record->refusals > known) {
    add(row, SHAKO__COLUMN_REASON_UNKNOWN, record->refusals - known);
  }
}

static void add_group(shako__rows *rows, const shako_record *record) {
  const shako__names names = {
      shako__span(record->listener ? record->listener : ""),
      shako__span(record->match.group ? record->match.group : "")};
  shako__row *row = shako__rows_take(rows, &names);

  add_connection(row, record);
  add(row, SHAKO__COLUMN_RECIPIENTS, record->recipients);
  add(row, SHAKO__COLUMN_COMMANDS, record->commands);
  add(row, SHAKO__COLUMN_TRANSACTIONS, record->transactions);
  add(row, SHAKO__COLUMN_OBSERVED, record->observed);
  add(row, SHAKO__COLUMN_OBSERVED_CONNECTIONS, record->observed > 0);
  add(row, SHAKO__COLUMN_OCTETS_RECEIVED, record->octets_received);
  add(row, SHAKO__COLUMN_OCTETS_SENT, record->octets_sent);
  add(row, SHAKO__COLUMN_OCTETS_MESSAGES, record->octets_messages);
  add(row, SHAKO__COLUMN_DURATION, record->duration);
  add_tls(row, record);
  add_reasons(row, record);
}

static void add_word(shako__rows *rows, const char *first, const char *second) {
  const shako__names names = {shako__span(first), shako__span(second)};

  add(shako__rows_take(rows, &names), 0, 1);
}

static void add_cipher(shako__rows *rows, const shako_tls_info *tls) {
  add_word(rows, shako_tls_version_name(tls->version),
           tls->cipher ? tls->cipher : "unknown");
}

static void add_heaviest(shako__rows *rows, shako_span name,
                         const shako_record *record) {
  const shako__names names = {name, {(const uint8_t *)"", 0}};
  shako__row *row = shako__rows_take(rows, &names);

  if (row) {
    add_connection(row, record);
  }
}

void shako_stats_add(shako_stats *stats, const shako_record *given) {
  char peer[PEER_SIZE];
  shako__host_name name;
  shako_record record;
  shako_tls_info tls;
  shako_span domain;

  shako__log_record(&record, &tls, given);
  domain = domain_of(record.peer, &name);
  write_peer(record.peer, peer);
  pthread_mutex_lock(&stats->lock);
  add_group(&stats->rows[SHAKO__KIND_GROUP], &record);
  if (record.tls_completed && record.tls) {
    add_cipher(&stats->rows[SHAKO__KIND_CIPHER], record.tls);
  }
  add_word(&stats->rows[SHAKO__KIND_CLOSED], record.how ? record.how : "", "");
  add_heaviest(&stats->rows[SHAKO__KIND_PEER], shako__span(peer), &record);
  add_heaviest(&stats->rows[SHAKO__KIND_DOMAIN], domain, &record);
  pthread_mutex_unlock(&stats->lock);
}
