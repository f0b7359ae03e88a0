#include "report/log.h"

static void put_address(shako__json *json, const char *key,
                        const shako_address *address) {
  char text[SHAKO_ADDRESS_TEXT_SIZE];

  shako_address_format(address, text);
  shako__json_string(json, key, text);
}

static const char *name_state(uint8_t state) {
  static const char *const names[] = {
      [SHAKO_NAME_UNASKED] = "unasked",   [SHAKO_NAME_VERIFIED] = "verified",
      [SHAKO_NAME_NONE] = "none",         [SHAKO_NAME_TEMPORARY] = "temporary",
      [SHAKO_NAME_MISMATCH] = "mismatch",
  };

  return names[state];
}

static void put_peer(shako__json *json, const shako_peer *peer) {
  put_address(json, "address", &peer->address);
  shako__json_number(json, "port", peer->port);
  put_address(json, "local_address", &peer->local_address);
  shako__json_number(json, "local_port", peer->local_port);
  if (peer->name_state == SHAKO_NAME_VERIFIED) {
    shako__json_octets(json, "name", peer->name);
  } else {
    shako__json_null(json, "name");
  }
  shako__json_string(json, "name_state", name_state(peer->name_state));
  if (peer->score_state == SHAKO_SCORE_KNOWN) {
    shako__json_integer(json, "score_tenths", peer->score);
  } else {
    shako__json_null(json, "score_tenths");
  }
  if (peer->owner != 0) {
    shako__json_number(json, "owner", peer->owner);
  } else {
    shako__json_null(json, "owner");
  }
}

static const char *setting_word(shako_tls_setting setting) {
  switch (setting) {
  case SHAKO_TLS_SETTING_NO:
    break;
  case SHAKO_TLS_SETTING_PREFERRED:
    return "preferred";
  case SHAKO_TLS_SETTING_REQUIRED:
    return "required";
  }
  return "off";
}

/* What is known of the handshake. */
static void put_handshake(shako__json *json, const shako_record *record) {
  const shako_tls_info none = {.alert = -1};
  const shako_tls_info *tls = record->tls ? record->tls : &none;

  shako__log_version(json, "version", tls->version);
  shako__json_string(json, "cipher", tls->cipher);
  shako__json_string(json, "failure", shako__log_failure(record));
  if (tls->alert >= 0) {
    shako__json_integer(json, "alert", tls->alert);
  } else {
    shako__json_null(json, "alert");
  }
  shako__json_integer(json, "native_error", tls->native_error);
  shako__log_version(json, "offered", tls->offered_version);
  shako__json_number(json, "handshake_ms", tls->handshake_time);
  shako__json_number(json, "handshake_octets", tls->handshake_octets);
  shako__log_client(json, record->tls_completed ? tls->client : NULL);
  shako__json_string(json, "group", tls->group);
  shako__log_offer(json, tls->offer);
}

static void put_tls(shako__json *json, const shako_record *record) {
  shako__json_object(json, "tls");
  shako__json_string(json, "outcome",
                     shako_tls_outcome_name(shako_record_outcome(record)));
  shako__json_string(json, "setting", setting_word(record->tls_setting));
  shako__json_bool(json, "observed", record->tls_observed);
  shako__json_bool(json, "implicit", record->tls_implicit);
  shako__json_bool(json, "asked", record->tls_asked);
  shako__json_bool(json, "completed", record->tls_completed);
  put_handshake(json, record);
  shako__json_object_end(json);
}

static void put_refused(shako__json *json, const shako_record *record) {
  uint32_t i;

  if (!record->refused && record->refusals > 0) {
    shako__json_null(json, "refused");
    return;
  }
  shako__json_object(json, "refused");
  for (i = 0; record->refused && i < shako_reason_count(); i++) {
    if (record->refused[i] > 0) {
      shako__json_number(json, shako_reason_text(i), record->refused[i]);
    }
  }
  shako__json_object_end(json);
}

static void put_counts(shako__json *json, const shako_record *record) {
  shako__json_number(json, "commands", record->commands);
  shako__json_number(json, "transactions", record->transactions);
  shako__json_number(json, "recipients", record->recipients);
  shako__json_number(json, "messages", record->messages);
  shako__json_number(json, "messages_tls", record->messages_tls);
  shako__json_number(json, "refusals", record->refusals);
  put_refused(json, record);
  shako__json_number(json, "observed", record->observed);
  shako__json_number(json, "octets_received", record->octets_received);
  shako__json_number(json, "octets_sent", record->octets_sent);
  shako__json_number(json, "octets_messages", record->octets_messages);
  shako__json_number(json, "duration_ms", record->duration);
}

/* What came later. */
static void put_more(shako__json *json, const shako_record *record) {
  shako__json_bool(json, "proxied", record->proxied);
  if (record->identity.len > 0) {
    shako__json_octets(json, "identity", record->identity);
  } else {
    shako__json_null(json, "identity");
  }
  shako__json_number(json, "unwaited", record->unwaited);
}

size_t shako_record_json(const shako_record *given, uint64_t icid,
                         int64_t unix_ms, char *buf, size_t size) {
  shako_record record;
  shako_tls_info tls;
  shako__json json;

  shako__log_record(&record, &tls, given);
  shako__json_init(&json, buf, size);
  shako__log_begin(&json, "connection", icid, unix_ms);
  shako__json_string(&json, "listener", record.listener);
  put_peer(&json, record.peer);
  shako__log_match(&json, &record.match);
  put_tls(&json, &record);
  shako__json_bool(&json, "greeted", record.greeted);
  shako__json_string(&json, "how", record.how);
  shako__json_integer(&json, "error", record.error);
  put_counts(&json, &record);
  put_more(&json, &record);
  return shako__log_end(&json);
}
