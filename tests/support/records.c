#include "records.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

unsigned record_random(uint64_t *random, unsigned n) {
  *random = *random * 6364136223846793005u + 1442695040888963407u;
  return (unsigned)(*random >> 33) % n;
}

static void clear(record_draft *draft) {
  memset(draft, 0, sizeof(*draft));
  shako_peer_default(&draft->peer);
  draft->tls = (shako_tls_info){.struct_size = sizeof(draft->tls), .alert = -1};
  draft->record = (shako_record){
      .struct_size = sizeof(draft->record),
      .peer = &draft->peer,
      .how = "quit",
  };
}

static void set_address(record_draft *draft, unsigned number, bool is_ipv6) {
  uint8_t *bytes = draft->peer.address.bytes;

  draft->peer.address.known = 1;
  if (is_ipv6) {
    const uint8_t ipv6[8] = {0x20, 1, 0xd, 0xb8};

    memcpy(bytes, ipv6, sizeof(ipv6));
    bytes[6] = (uint8_t)(number >> 8);
    bytes[7] = (uint8_t)number;
  } else {
    const uint8_t ipv4[14] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0};

    memcpy(bytes, ipv4, sizeof(ipv4));
    bytes[14] = (uint8_t)(number >> 8);
    bytes[15] = (uint8_t)number;
  }
}

void record_draft_plain(record_draft *draft) {
  clear(draft);
  set_address(draft, 2 << 8 | 1, false);
  draft->record.listener = "Inbound";
  draft->record.match.group = "ALL";
  draft->record.greeted = 1;
  draft->record.commands = 5;
  draft->record.transactions = 1;
  draft->record.messages = 1;
  draft->record.recipients = 1;
}

/* The first ones far more often. */
static unsigned skewed(uint64_t *random, unsigned n) {
  unsigned i = record_random(random, n);

  return record_random(random, 2) == 0 ? i : record_random(random, i + 1);
}

static void set_peer(record_draft *draft, uint64_t *random, unsigned peers) {
  unsigned number = skewed(random, peers);

  set_address(draft, number, number % 3 == 0);
  if (number % 3 == 0) {
    draft->peer.address.bytes[15] = (uint8_t)record_random(random, 256);
  }
  if (number % 7 == 6) {
    draft->peer.address = (shako_address){.known = 0};
  }
  if (number % 2 == 0) {
    snprintf(draft->name, sizeof(draft->name), "%s%u.EXAMPLE%u.org",
             number % 4 == 0 ? "mx." : "", number, number % 11);
    draft->peer.name_state = SHAKO_NAME_VERIFIED;
    draft->peer.name =
        (shako_span){(const uint8_t *)draft->name, strlen(draft->name)};
  }
}

static void set_tls(record_draft *draft, uint64_t *random) {
  static const char *const ciphers[] = {"TLS_AES_128_GCM_SHA256",
                                        "TLS_AES_256_GCM_SHA384", NULL};
  shako_record *r = &draft->record;

  r->tls_setting = (shako_tls_setting)record_random(random, 3);
  r->tls_observed = record_random(random, 5) == 0;
  r->tls_implicit = record_random(random, 5) == 0;
  r->greeted = record_random(random, 9) > 0;
  r->tls_asked = r->tls_implicit || record_random(random, 2) == 0;
  if (!r->tls_asked) {
    return;
  }
  r->tls = &draft->tls;
  r->tls_completed = record_random(random, 4) > 0;
  draft->tls.handshake_time = record_random(random, 3000);
  if (r->tls_completed) {
    draft->tls.version = (uint16_t)(0x0303 + record_random(random, 2));
    draft->tls.cipher = ciphers[record_random(random, 3)];
  } else {
    draft->tls.failure =
        (shako_tls_failure)record_random(random, SHAKO_TLS_FAILURE_COUNT);
  }
}

static void set_refusals(record_draft *draft, uint64_t *random) {
  uint32_t given = record_random(random, 4);
  uint32_t i;

  draft->record.refusals = given;
  if (given == 0 || record_random(random, 20) == 0) {
    return;
  }
  draft->record.refused = draft->refused;
  for (i = 0; i < given; i++) {
    draft->refused[record_random(random, shako_reason_count())]++;
  }
}

void record_draft_random(record_draft *draft, uint64_t *random,
                         unsigned peers) {
  static const char *const listeners[] = {"Inbound", "Submission", NULL};
  static const char *const groups[] = {"PARTNERS", "ALL", "x y%", "BAD", NULL};
  static const char *const ends[] = {"quit", "lost", "tls-failed",
                                     "idle-timeout"};
  shako_record *r = &draft->record;

  clear(draft);
  set_peer(draft, random, peers);
  set_tls(draft, random);
  set_refusals(draft, random);
  r->listener = listeners[record_random(random, 3)];
  r->match.group = groups[record_random(random, 5)];
  r->how = ends[record_random(random, 4)];
  r->commands = record_random(random, 30);
  r->transactions = record_random(random, 4);
  r->messages = record_random(random, r->transactions + 1);
  r->messages_tls = r->tls_completed ? r->messages : 0;
  r->recipients = record_random(random, 5);
  r->observed = record_random(random, 4) / 3;
  r->octets_received = record_random(random, 100000);
  r->octets_sent = record_random(random, 10000);
  r->octets_messages = record_random(random, 90000);
  r->duration = record_random(random, 60000);
}
