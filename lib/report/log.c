#include "report/log.h"

#include "base/ascii.h"
#include "base/date.h"
#include "base/mem.h"
#include "policy/policy.h"
#include "policy/refusals.h"
#include "tls/offer.h"

#define DAY 86400000 /* milliseconds */

/* 0000-01-01 and 9999-12-31, in days from 1970-01-01. */
#define FIRST_DAY (-719528)
#define LAST_DAY  2932896

/* Writes |number| in |digits| digits to |at|. */
static void put_digits(char *at, int64_t number, int digits) {
  while (digits > 0) {
    at[--digits] = (char)('0' + number % 10);
    number /= 10;
  }
}

/* RFC 3339 5.6.  Returns false for a year that has not four digits. */
static bool put_time(char *text, int64_t unix_ms) {
  int64_t days = unix_ms / DAY - (unix_ms % DAY < 0 ? 1 : 0);
  shako__date date;
  int64_t rest;

  if (days < FIRST_DAY || days > LAST_DAY) {
    return false;
  }
  date = shako__date_of(days);
  rest = unix_ms - days * DAY;
  put_digits(text, date.year, 4);
  put_digits(text + 5, date.month, 2);
  put_digits(text + 8, date.day, 2);
  put_digits(text + 11, rest / 3600000, 2);
  put_digits(text + 14, rest / 60000 % 60, 2);
  put_digits(text + 17, rest / 1000 % 60, 2);
  put_digits(text + 20, rest % 1000, 3);
  return true;
}

void shako__log_begin(shako__json *json, const char *type, uint64_t icid,
                      int64_t unix_ms) {
  char time[] = "0000-00-00T00:00:00.000Z";
  bool known = unix_ms != 0 && put_time(time, unix_ms);

  shako__json_object(json, NULL);
  shako__json_string(json, "type", type);
  shako__json_string(json, "time", known ? time : NULL);
  shako__json_number(json, "icid", icid);
}

size_t shako__log_end(shako__json *json) {
  shako__json_object_end(json);
  shako__text_put(&json->text, "\n");
  return json->text.len;
}

void shako__log_match(shako__json *json, const shako_hat_match *match) {
  shako__json_string(json, "group", match->group);
  shako__json_string(json, "policy", match->policy->name);
  shako__json_string(json, "access", shako__access_name(match->policy->access));
  shako__json_string(json, "rule", match->rule);
  shako__json_number(json, "line", match->line);
}

void shako__log_version(shako__json *json, const char *key, uint16_t version) {
  shako__json_string(json, key,
                     version != 0 ? shako_tls_version_name(version) : NULL);
}

static void put_digest(shako__json *json, const char *key,
                       const uint8_t *digest) {
  char text[2 * 32 + 1];

  shako__put_hex(text, digest, 32);
  shako__json_string(json, key, text);
}

/* What stands in it. */
static void put_certificate(shako__json *json,
                            const shako_client_certificate *client) {
  shako__json_string(json, "subject", client->subject);
  shako__json_string(json, "names", client->names);
  put_digest(json, "sha256", client->sha256);
  put_digest(json, "spki_sha256", client->spki_sha256);
  shako__json_integer(json, "not_before", client->not_before);
  shako__json_integer(json, "not_after", client->not_after);
}

static void put_no_certificate(shako__json *json) {
  static const char *const keys[] = {"subject",     "names",      "sha256",
                                     "spki_sha256", "not_before", "not_after"};
  size_t i;

  for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
    shako__json_null(json, keys[i]);
  }
}

void shako__log_client(shako__json *json,
                       const shako_client_certificate *client) {
  if (!client) {
    shako__json_null(json, "client");
    return;
  }
  shako__json_object(json, "client");
  shako__json_bool(json, "verified", client->verified);
  shako__json_bool(json, "pinned", client->pinned);
  shako__json_string(json, "fault", shako_client_fault_name(client->faults));
  if (client->faults & SHAKO_CLIENT_FAULT_ABSENT) {
    put_no_certificate(json);
  } else {
    put_certificate(json, client);
  }
  shako__json_object_end(json);
}

static void put_part(shako__json *json, const shako__offer_part *part) {
  size_t kept = shako__offer_kept(part->list);
  char buf[SHAKO__OFFER_NUMBER_SIZE];
  size_t i;

  shako__json_object(json, part->key);
  shako__json_number(json, "count", part->list->count);
  shako__json_number(json, "allowed", part->list->allowed);
  shako__json_array(json, "first");
  for (i = 0; i < kept; i++) {
    shako__json_string(json, NULL, shako__offer_name(part, i, buf));
  }
  shako__json_array_end(json);
  shako__json_object_end(json);
}

void shako__log_offer(shako__json *json, const shako_tls_offer *given) {
  shako__offer_part parts[SHAKO__OFFER_PARTS];
  shako_tls_offer offer;
  size_t i;

  if (!given) {
    shako__json_null(json, "offer");
    return;
  }
  offer = shako__offer_known(given);
  shako__offer_parts(&offer, parts);
  shako__json_object(json, "offer");
  for (i = 0; i < SHAKO__OFFER_PARTS; i++) {
    put_part(json, &parts[i]);
  }
  shako__json_bool(json, "can_ecdsa", offer.can_ecdsa);
  shako__json_bool(json, "can_rsa", offer.can_rsa);
  shako__log_version(json, "min_version", offer.min_version);
  shako__json_string(json, "ciphers", shako__ciphers_name(offer.ciphers));
  shako__json_object_end(json);
}

/* Why STARTTLS was refused, if the library did it. */
static const char *refusal_of_tls(const uint32_t *refused) {
  static const shako__refusal refusals[] = {
      SHAKO__REFUSAL_NO_CERTIFICATE, SHAKO__REFUSAL_TLS_UNAVAILABLE,
      SHAKO__REFUSAL_TOO_MANY_HANDSHAKES, SHAKO__REFUSAL_INJECTED_BYTES};
  size_t i;

  for (i = 0; refused && i < sizeof(refusals) / sizeof(refusals[0]); i++) {
    if (refused[shako__refusal_reason(refusals[i])] > 0) {
      return shako__refusal_verdict(refusals[i])->reason;
    }
  }
  return "not-started";
}

const char *shako__log_failure(const shako_record *record) {
  const shako_tls_info *tls = record->tls;

  if (tls && tls->failure != SHAKO_TLS_FAILURE_NONE) {
    return shako_tls_failure_name(tls->failure);
  }
  if (record->tls_completed || !record->tls_asked) {
    return NULL;
  }
  return tls ? "unfinished" : refusal_of_tls(record->refused);
}

void shako__log_record(shako_record *record, shako_tls_info *tls,
                       const shako_record *given) {
  *record = (shako_record){0};
  *tls = (shako_tls_info){0};
  shako__sized_copy(record, sizeof(*record), given);
  if (record->tls) {
    shako__sized_copy(tls, sizeof(*tls), record->tls);
    record->tls = tls;
  }
}
