#include "session_settings.h"

/* Takes one octet of the head: 0 to |count| - 1. */
static unsigned choose(const uint8_t **at, unsigned count) {
  unsigned octet = (uint8_t)(**at - '0');

  (*at)++;
  return octet % count;
}

static void read_tls(settings *out, const uint8_t **at) {
  static const shako_tls_setting tls[] = {SHAKO_TLS_SETTING_NO,
                                          SHAKO_TLS_SETTING_PREFERRED,
                                          SHAKO_TLS_SETTING_REQUIRED};

  out->policy.tls = tls[choose(at, 3)];
  out->engine = (settings_engine)choose(at, SETTINGS_ENGINE_CHATTY + 1);
  out->implicit = choose(at, 2) == 1;
  out->peer = (settings_peer)choose(at, SETTINGS_PEER_COUNT);
  if (out->engine == SETTINGS_ENGINE_NONE) {
    out->policy.tls = SHAKO_TLS_SETTING_NO; /* the listener takes no other */
    out->implicit = false;
    out->peer = SETTINGS_PEER_RAW;
  }
}

static void read_limits(settings *out, unsigned limits) {
  shako_policy *policy = &out->policy;

  if (limits & 1) {
    policy->max_message_size = 100;
  }
  if (limits & 2) {
    policy->max_recipients = 2;
  }
  if (limits & 4) {
    policy->max_errors = 3;
  }
  if (limits & 8) {
    policy->max_messages = 2;
  }
  policy->pipelining_early = !(limits & 16);
}

static void read_handling(settings *out, const uint8_t **at) {
  static const size_t buffers[] = {4096, 16384};
  static const size_t pieces[] = {0, 1, 2, 3, 7, 16, 61, 256, 1000, 3000};
  static const size_t sends[] = {0, 1, 3, 100};
  unsigned send;

  out->recv_buffer = buffers[choose(at, 2)];
  out->piece = pieces[choose(at, 10)];
  send = choose(at, 8);
  out->send_size = sends[send % 4];
  out->send_late = send >= 4;
  out->handling = (settings_handling)choose(at, SETTINGS_HANDLING_COUNT);
  out->order = (settings_order)choose(at, SETTINGS_ORDER_COUNT);
}

static void read_ending(settings *out, const uint8_t **at) {
  out->ending = (settings_ending)choose(at, SETTINGS_ENDING_COUNT);
  out->moment = choose(at, 256);
}

static void read_access(settings *out, unsigned access) {
  static const shako_access rules[] = {SHAKO_ACCESS_ACCEPT, SHAKO_ACCESS_RELAY,
                                       SHAKO_ACCESS_REJECT,
                                       SHAKO_ACCESS_TCPREFUSE};

  out->policy.access = access < 4 ? rules[access] : SHAKO_ACCESS_ACCEPT;
  out->policy.tls_observed = access == 4;
  out->table = access == 5;
}

static void read_offers(settings *out, settings_offers offers) {
  out->offers = offers;
  if (offers == SETTINGS_OFFERS_AUTH ||
      offers == SETTINGS_OFFERS_AUTH_REQUIRED) {
    out->policy.auth = offers == SETTINGS_OFFERS_AUTH
                           ? SHAKO_AUTH_SETTING_PREFERRED
                           : SHAKO_AUTH_SETTING_REQUIRED;
    out->policy.auth_in_clear = 1;
  }
  if (offers == SETTINGS_OFFERS_PROXY &&
      out->engine == SETTINGS_ENGINE_EXTERNAL) {
    out->implicit = false; /* the listener takes no other */
  }
}

static void read_rest(settings *out, const uint8_t **at) {
  static const size_t records[] = {0, 1, 10, 100};
  static const unsigned repeats[] = {1, 4, 16, 64};
  static const unsigned ticks[] = {0, 1000, 70000};
  unsigned versions;
  unsigned access;
  unsigned record;

  out->provider = (settings_provider)choose(at, SETTINGS_PROVIDER_COUNT);
  versions = choose(at, 4);
  out->engine_version = versions & 1 ? 0x0303 : 0x0304;
  out->policy.tls_min_version = versions & 2 ? 0x0304 : 0x0303;
  access = choose(at, 6 * SETTINGS_OFFERS_COUNT);
  read_access(out, access % 6);
  read_offers(out, (settings_offers)(access / 6));
  record = choose(at, 8);
  out->record = records[record % 4];
  out->close_notify = record >= 4;
  out->repeat = repeats[choose(at, 4)];
  out->tick = ticks[choose(at, 3)];
}

bool settings_read(settings *out, const uint8_t *octets, size_t len) {
  const uint8_t *at = octets;

  if (len < SETTINGS_HEAD) {
    return false;
  }
  shako_policy_default(&out->policy);
  read_tls(out, &at);
  read_limits(out, choose(&at, 32));
  read_handling(out, &at);
  read_ending(out, &at);
  read_rest(out, &at);
  for (size_t i = 0; i < SETTINGS_ANSWERS; i++) {
    out->answers[i] = (settings_answer)choose(&at, SETTINGS_ANSWER_COUNT);
  }
  return true;
}

bool settings_has_answer(const settings *s, settings_answer answer) {
  for (size_t i = 0; i < SETTINGS_ANSWERS; i++) {
    if (s->answers[i] == answer) {
      return true;
    }
  }
  return false;
}

bool settings_has_engine(const settings *s) {
  return s->engine != SETTINGS_ENGINE_NONE &&
         s->engine != SETTINGS_ENGINE_EXTERNAL;
}
