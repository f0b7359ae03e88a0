/* The lines of the log, octet for octet. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <shako/shako.h>

#include "base/ascii.h"
#include "policy/refusals.h"

#define COUNT(ARRAY) (sizeof(ARRAY) / sizeof((ARRAY)[0]))

#define NOON INT64_C(1764000000123) /* 2025-11-24T16:00:00.123Z */

/* --- a record ------------------------------------------------------------- */

/* A record, and what it points to. */
typedef struct sample {
  shako_record record;
  shako_peer peer;
  shako_policy policy;
  shako_tls_info tls;
  uint32_t refused[SHAKO__REFUSAL_COUNT + 1];
} sample;

/* Fills |s| with a peer of which nothing is known, greeted in the clear. */
static void prepare(sample *s) {
  memset(s, 0, sizeof(*s));
  shako_peer_default(&s->peer);
  shako_policy_default(&s->policy);
  s->tls = (shako_tls_info){.struct_size = sizeof(s->tls), .alert = -1};
  s->record = (shako_record){.struct_size = sizeof(s->record),
                             .peer = &s->peer,
                             .match.policy = &s->policy,
                             .greeted = 1,
                             .how = "quit"};
}

static void set_address(shako_address *address, const char *text) {
  assert_int_equal(shako_address_parse(address, shako__span(text)), 0);
}

/* A partner who did all well, but for two commands. */
static void prepare_partner(sample *s) {
  prepare(s);
  set_address(&s->peer.address, "192.0.2.7");
  set_address(&s->peer.local_address, "192.0.2.1");
  s->peer.port = 41522;
  s->peer.local_port = 25;
  s->peer.name_state = SHAKO_NAME_VERIFIED;
  s->peer.name = shako__span("mx.partner.example");
  s->peer.score_state = SHAKO_SCORE_KNOWN;
  s->peer.score = -15;
  s->peer.owner = 17;
  s->policy.name = "$PARTNERS";
  s->tls.version = 0x0304;
  s->tls.cipher = "TLS_AES_128_GCM_SHA256";
  s->tls.offered_version = 0x0304;
  s->tls.group = "x25519";
  s->record.listener = "Inbound";
  s->record.match.group = "PARTNERS";
  s->record.match.rule = "192.0.2.0/24";
  s->record.match.line = 10;
  s->record.tls_setting = SHAKO_TLS_SETTING_REQUIRED;
  s->record.tls_asked = 1;
  s->record.tls_completed = 1;
  s->record.tls = &s->tls;
  s->record.commands = 9;
  s->record.transactions = 2;
  s->record.messages = 2;
  s->record.messages_tls = 1;
  s->record.recipients = 3;
  s->record.refusals = 3;
  s->record.refused = s->refused;
  s->refused[SHAKO_REASON_APPLICATION] = 1;
  s->refused[shako__refusal_reason(SHAKO__REFUSAL_TLS_REQUIRED)] = 2;
  s->record.octets_received = 4096;
  s->record.octets_sent = 2048;
  s->record.octets_messages = 1000;
  s->record.duration = 250;
  s->tls.handshake_time = 12;
  s->tls.handshake_octets = 517;
}

/* Both forms of |s|, whole. */
static const char *json_of(const sample *s) {
  static char text[16384];
  size_t len = shako_record_json(&s->record, 7, NOON, text, sizeof(text));

  assert_in_range(len, 1, sizeof(text) - 1);
  assert_int_equal(strlen(text), len);
  return text;
}

/* All that is told of a connection that brought nothing, at its end. */
static size_t write_asyncos(const sample *s, char *buf, size_t size) {
  const shako_event closed = {.type = SHAKO_EVENT_CLOSED};
  shako_asyncos log = {.struct_size = sizeof(log), .icid = 7};

  return shako_event_asyncos(&closed, &s->record, &log, buf, size);
}

static const char *asyncos_of(const sample *s) {
  static char text[16384];
  size_t len = write_asyncos(s, text, sizeof(text));

  assert_in_range(len, 1, sizeof(text) - 1);
  assert_int_equal(strlen(text), len);
  return text;
}

static void a_partner_in_json(void **state) {
  sample s;

  (void)state;
  prepare_partner(&s);
  assert_string_equal(
      json_of(&s),
      "{\"type\":\"connection\",\"time\":\"2025-11-24T16:00:00.123Z\","
      "\"icid\":7,\"listener\":\"Inbound\",\"address\":\"192.0.2.7\","
      "\"port\":41522,\"local_address\":\"192.0.2.1\",\"local_port\":25,"
      "\"name\":\"mx.partner.example\",\"name_state\":\"verified\","
      "\"score_tenths\":-15,\"owner\":17,\"group\":\"PARTNERS\","
      "\"policy\":\"$PARTNERS\",\"access\":\"ACCEPT\","
      "\"rule\":\"192.0.2.0/24\",\"line\":10,\"tls\":{"
      "\"outcome\":\"required-ok\",\"setting\":\"required\","
      "\"observed\":false,\"implicit\":false,\"asked\":true,"
      "\"completed\":true,\"version\":\"TLSv1.3\","
      "\"cipher\":\"TLS_AES_128_GCM_SHA256\",\"failure\":null,"
      "\"alert\":null,\"native_error\":0,\"offered\":\"TLSv1.3\","
      "\"handshake_ms\":12,\"handshake_octets\":517,\"client\":null,"
      "\"group\":\"x25519\",\"offer\":null},"
      "\"greeted\":true,"
      "\"how\":\"quit\",\"error\":0,\"commands\":9,\"transactions\":2,"
      "\"recipients\":3,\"messages\":2,\"messages_tls\":1,\"refusals\":3,"
      "\"refused\":{\"application\":1,\"tls-required\":2},\"observed\":0,"
      "\"octets_received\":4096,\"octets_sent\":2048,"
      "\"octets_messages\":1000,\"duration_ms\":250,"
      "\"proxied\":false,\"identity\":null,\"unwaited\":0}\n");
}

static void what_is_not_known_is_null(void **state) {
  sample s;

  (void)state;
  prepare(&s);
  s.record.how = NULL;
  s.record.error = SHAKO_ERR_NOMEM;
  s.record.refusals = 1; /* and no memory to count it */
  assert_string_equal(
      json_of(&s),
      "{\"type\":\"connection\",\"time\":\"2025-11-24T16:00:00.123Z\","
      "\"icid\":7,\"listener\":null,\"address\":\"unknown\",\"port\":0,"
      "\"local_address\":\"unknown\",\"local_port\":0,\"name\":null,"
      "\"name_state\":\"unasked\",\"score_tenths\":null,\"owner\":null,"
      "\"group\":null,\"policy\":null,\"access\":\"ACCEPT\",\"rule\":null,"
      "\"line\":0,\"tls\":{\"outcome\":\"off\",\"setting\":\"off\","
      "\"observed\":false,\"implicit\":false,\"asked\":false,"
      "\"completed\":false,\"version\":null,\"cipher\":null,"
      "\"failure\":null,\"alert\":null,\"native_error\":0,\"offered\":null,"
      "\"handshake_ms\":0,\"handshake_octets\":0,\"client\":null,"
      "\"group\":null,\"offer\":null},\"greeted\":true,"
      "\"how\":null,\"error\":-901,\"commands\":0,\"transactions\":0,"
      "\"recipients\":0,\"messages\":0,\"messages_tls\":0,\"refusals\":1,"
      "\"refused\":null,\"observed\":0,\"octets_received\":0,"
      "\"octets_sent\":0,\"octets_messages\":0,\"duration_ms\":0,"
      "\"proxied\":false,\"identity\":null,\"unwaited\":0}\n");
}

static void who_it_was_behind_a_proxy_is_told(void **state) {
  sample s;

  (void)state;
  prepare(&s);
  s.record.proxied = 1;
  s.record.identity = (shako_span){(const uint8_t *)"al\"ice\xc3", 7};
  s.record.unwaited = 65535;
  assert_non_null(strstr(json_of(&s),
                         "\"proxied\":true,\"identity\":\"al\\\"ice\\u00c3\","
                         "\"unwaited\":65535}\n"));
}

static void each_state_of_a_name_has_its_word(void **state) {
  static const char *const words[] = {"unasked", "verified", "none",
                                      "temporary", "mismatch"};
  size_t i;

  (void)state;
  for (i = 0; i < COUNT(words); i++) {
    char wanted[64];
    sample s;

    prepare(&s);
    s.peer.name_state = (uint8_t)i;
    s.peer.name = shako__span(i == SHAKO_NAME_VERIFIED ? "a.example" : "");
    snprintf(wanted, sizeof(wanted), "\"name_state\":\"%s\"", words[i]);
    assert_non_null(strstr(json_of(&s), wanted));
    assert_non_null(strstr(asyncos_of(&s),
                           i == SHAKO_NAME_VERIFIED
                               ? " reverse dns host a.example verified yes\n"
                               : " reverse dns host unknown verified no\n"));
  }
}

static void a_partner_in_the_lines_of_asyncos(void **state) {
  sample s;

  (void)state;
  prepare_partner(&s);
  assert_string_equal(
      asyncos_of(&s),
      "New SMTP ICID 7 interface Inbound (192.0.2.1) address 192.0.2.7 "
      "reverse dns host mx.partner.example verified yes\n"
      "ICID 7 ACCEPT SG PARTNERS match 192.0.2.0/24 SBRS -1.5\n"
      "ICID 7 TLS success protocol TLSv1.3 cipher TLS_AES_128_GCM_SHA256\n"
      "ICID 7 close quit messages 2 encrypted 1 refused "
      "application:1,tls-required:2 observed 0\n");
}

static void a_stranger_in_the_lines_of_asyncos(void **state) {
  sample s;

  (void)state;
  prepare(&s);
  s.policy.access = SHAKO_ACCESS_TCPREFUSE;
  s.record.greeted = 0;
  s.record.how = "tcprefuse";
  s.record.observed = 3;
  assert_string_equal(
      asyncos_of(&s),
      "New SMTP ICID 7 interface None (unknown) address unknown reverse dns "
      "host unknown verified no\n"
      "ICID 7 TCPREFUSE SG None match None SBRS None\n"
      "ICID 7 TLS none\n"
      "ICID 7 close tcprefuse messages 0 encrypted 0 refused none observed "
      "3\n");
  s.record.refusals = 1;
  assert_non_null(strstr(asyncos_of(&s), " refused unknown observed 3\n"));
}

static void a_score_has_one_decimal(void **state) {
  static const struct {
    int16_t score;
    const char *text;
  } rows[] = {
      {-100, "-10.0"}, {-9, "-0.9"}, {0, "0.0"}, {7, "0.7"}, {100, "10.0"}};

  (void)state;
  for (size_t i = 0; i < COUNT(rows); i++) {
    char wanted[32];
    sample s;

    prepare(&s);
    s.peer.score_state = SHAKO_SCORE_KNOWN;
    s.peer.score = rows[i].score;
    snprintf(wanted, sizeof(wanted), " SBRS %s\n", rows[i].text);
    assert_non_null(strstr(asyncos_of(&s), wanted));
  }
}

/* What |event| adds to |*log|. */
static const char *added(const sample *s, shako_asyncos *log,
                         const shako_event *event) {
  static char text[4096];
  size_t len;

  memset(text, '#', sizeof(text));
  len = shako_event_asyncos(event, &s->record, log, NULL, 0);
  assert_in_range(len, 0, sizeof(text) - 1);
  assert_int_equal(shako_event_asyncos(event, &s->record, log, text, len), len);
  assert_int_equal(
      shako_event_asyncos(event, &s->record, log, text, sizeof(text)), len);
  assert_int_equal(strlen(text), len);
  return text;
}

#define PEER_LINES                                                             \
  "New SMTP ICID 7 interface None (unknown) address unknown reverse dns host " \
  "unknown verified no\n"                                                      \
  "ICID 7 ACCEPT SG None match None SBRS None\n"

static void a_message_is_told_as_it_comes(void **state) {
  const shako_event lookup = {.type = SHAKO_EVENT_LOOKUP};
  const shako_event connect = {.type = SHAKO_EVENT_CONNECT};
  const shako_event mail = {.type = SHAKO_EVENT_MAIL,
                            .u.mail.path = shako__span("a@b.example")};
  const shako_event rcpt = {.type = SHAKO_EVENT_RCPT,
                            .u.rcpt.path = shako__span("c@d.example")};
  const shako_event message = {.type = SHAKO_EVENT_MESSAGE,
                               .u.message.size = 3456};
  const shako_event reset = {.type = SHAKO_EVENT_RESET,
                             .u.reset.reason = "rset"};
  shako_asyncos log = {.struct_size = sizeof(log), .icid = 7};
  sample s;

  (void)state;
  prepare(&s);
  assert_string_equal(added(&s, &log, &lookup), "");
  assert_string_equal(added(&s, &log, &connect), PEER_LINES);
  assert_string_equal(added(&s, &log, &connect), "");
  for (log.mid = 12; log.mid < 14; log.mid++) {
    char wanted[256];
    int n = (int)log.mid;

    snprintf(wanted, sizeof(wanted),
             "Start MID %d ICID 7\nMID %d ICID 7 From: <a@b.example>\n", n, n);
    assert_string_equal(added(&s, &log, &mail), wanted);
    for (int i = 0; i < 2; i++) {
      snprintf(wanted, sizeof(wanted),
               "MID %d ICID 7 RID %d To: <c@d.example>\n", n, i);
      assert_string_equal(added(&s, &log, &rcpt), wanted);
    }
  }
  log.mid = 13;
  assert_string_equal(added(&s, &log, &message),
                      "MID 13 ready 3456 bytes from <>\n");
  log.from = mail.u.mail.path;
  assert_string_equal(added(&s, &log, &message),
                      "MID 13 ready 3456 bytes from <a@b.example>\n");
  assert_string_equal(added(&s, &log, &reset),
                      "Message aborted MID 13 Receiving aborted: rset\n");
}

static void tls_is_told_when_it_is_there_and_once(void **state) {
  const shako_event tls = {.type = SHAKO_EVENT_TLS};
  const shako_event closed = {.type = SHAKO_EVENT_CLOSED};
  shako_asyncos log = {.struct_size = sizeof(log), .icid = 7};
  sample s;

  (void)state;
  prepare(&s);
  s.tls.version = 0x0303;
  s.record.tls = &s.tls;
  s.record.tls_asked = s.record.tls_completed = 1;
  assert_string_equal(added(&s, &log, &tls), PEER_LINES
                      "ICID 7 TLS success protocol TLSv1.2 cipher None\n");
  assert_string_equal(added(&s, &log, &closed),
                      "ICID 7 close quit messages 0 encrypted 0 refused none "
                      "observed 0\n");
}

/* AsyncOS has lines for mail, TLS and the end, and for nothing else. */
static void all_else_has_no_line(void **state) {
  static const shako_event_type types[] = {
      SHAKO_EVENT_LOOKUP,    SHAKO_EVENT_CONNECT,     SHAKO_EVENT_HELLO,
      SHAKO_EVENT_STARTTLS,  SHAKO_EVENT_CERTIFICATE, SHAKO_EVENT_HANDSHAKE,
      SHAKO_EVENT_AUTH,      SHAKO_EVENT_COMMAND,     SHAKO_EVENT_DATA,
      SHAKO_EVENT_VIOLATION, SHAKO_EVENT_OBSERVED,    SHAKO_EVENT_BODY};
  shako_asyncos log = {
      .struct_size = sizeof(log), .icid = 7, .told = UINT8_MAX};
  sample s;

  (void)state;
  prepare(&s);
  for (size_t i = 0; i < COUNT(types); i++) {
    const shako_event event = {.type = types[i]};

    assert_string_equal(added(&s, &log, &event), "");
  }
}

static void an_address_forges_no_other(void **state) {
  const shako_event mail = {.type = SHAKO_EVENT_MAIL,
                            .u.mail.path =
                                shako__span("\"a> To: <b\n\"@d.example")};
  shako_asyncos log = {
      .struct_size = sizeof(log), .icid = 7, .told = UINT8_MAX};
  sample s;

  (void)state;
  prepare(&s);
  assert_string_equal(added(&s, &log, &mail),
                      "Start MID 0 ICID 7\nMID 0 ICID 7 From: "
                      "<\\x22a\\x3e\\x20To:\\x20\\x3cb\\x0a\\x22@d.example>"
                      "\n");
}

/* --- TLS ------------------------------------------------------------------ */

/* |s| says in the lines of AsyncOS |line|, and |failure| in JSON. */
static void demand_tls(const sample *s, const char *line, const char *failure) {
  char wanted[512];

  snprintf(wanted, sizeof(wanted), "\nICID 7 TLS %s\n", line);
  assert_non_null(strstr(asyncos_of(s), wanted));
  snprintf(wanted, sizeof(wanted), "\"failure\":%s,", failure);
  assert_non_null(strstr(json_of(s), wanted));
}

static void clear_text_is_told_as_such(void **state) {
  sample s;

  (void)state;
  prepare(&s);
  demand_tls(&s, "none", "null");
  s.record.tls_setting = SHAKO_TLS_SETTING_PREFERRED;
  demand_tls(&s, "none", "null");
  s.record.tls_setting = SHAKO_TLS_SETTING_REQUIRED;
  demand_tls(&s, "none", "null"); /* nothing was asked of us */
  s.record.refusals = 1;
  demand_tls(&s, "was required but remote host did not initiate it", "null");
  s.record.tls_observed = 1;
  demand_tls(&s, "none", "null");
  s.record.tls_observed = 0;
  s.record.greeted = 0;
  demand_tls(&s, "none", "null");
}

static void every_failure_is_told(void **state) {
  int failure;
  sample s;

  (void)state;
  prepare(&s);
  s.record.tls_asked = 1;
  s.record.tls = &s.tls;
  demand_tls(&s, "failed: unfinished", "\"unfinished\"");
  for (failure = 1; failure < SHAKO_TLS_FAILURE_COUNT; failure++) {
    const char *name = shako_tls_failure_name((shako_tls_failure)failure);
    char line[64];
    char word[64];

    snprintf(line, sizeof(line), "failed: %s", name);
    snprintf(word, sizeof(word), "\"%s\"", name);
    s.tls.failure = (shako_tls_failure)failure;
    demand_tls(&s, line, word);
  }
  s.tls.failure = SHAKO_TLS_FAILURE_NO_SHARED_VERSION;
  s.tls.alert = 70;
  s.tls.offered_version = 0x0302;
  demand_tls(&s, "failed: no-shared-version alert 70 offered TLSv1.1",
             "\"no-shared-version\"");
  assert_non_null(strstr(json_of(&s), "\"alert\":70,"));
  assert_non_null(strstr(json_of(&s), "\"offered\":\"TLSv1.1\","));
}

/* With whatever else is known of it. */
static void what_was_offered_is_told(void **state) {
  static const char line[] =
      "failed: no-shared-cipher alert 40 offered TLSv1.2 TLSv1.1; cipher "
      "suites 2, none allowed: TLS_RSA_WITH_AES_128_CBC_SHA 0x0041; groups 17, "
      "3 allowed; signature algorithms 0; certificates RSA; allowed TLSv1.2 or "
      "later, ciphers intermediate";
  shako_tls_offer offer = {
      .struct_size = sizeof(offer),
      .min_version = 0x0303,
      .can_rsa = 1,
      .versions = {2, 1, {0x0303, 0x0302}},
      .cipher_suites = {2, 0, {0x002f, 0x0041}},
      .groups = {17, 3, {0x001d}},
  };
  sample s;

  (void)state;
  prepare(&s);
  s.record.tls_asked = 1;
  s.record.tls = &s.tls;
  s.tls.failure = SHAKO_TLS_FAILURE_NO_SHARED_CIPHER;
  s.tls.alert = 40;
  s.tls.offered_version = 0x0303;
  s.tls.offer = &offer;
  demand_tls(&s, line, "\"no-shared-cipher\"");
  assert_non_null(strstr(
      json_of(&s),
      "\"offer\":{\"versions\":{\"count\":2,\"allowed\":1,\"first\":"
      "[\"TLSv1.2\",\"TLSv1.1\"]},\"cipher_suites\":{\"count\":2,"
      "\"allowed\":0,\"first\":[\"TLS_RSA_WITH_AES_128_CBC_SHA\",\"0x0041\"]"
      "},\"groups\":{\"count\":17,\"allowed\":3,\"first\":[\"x25519\","
      "\"0x0000\","));
  assert_non_null(
      strstr(json_of(&s),
             "\"signature_algorithms\":{\"count\":0,\"allowed\":0,"
             "\"first\":[]},\"can_ecdsa\":false,\"can_rsa\":true,"
             "\"min_version\":\"TLSv1.2\",\"ciphers\":\"intermediate\"}},"));
}

/* Required TLS that failed has the line of any TLS that failed. */
static void required_tls_that_failed_is_told(void **state) {
  sample s;

  (void)state;
  prepare(&s);
  s.record.tls_setting = SHAKO_TLS_SETTING_REQUIRED;
  s.record.tls_asked = 1;
  s.record.tls = &s.tls;
  s.tls.failure = SHAKO_TLS_FAILURE_CUT_OFF;
  assert_int_equal(shako_record_outcome(&s.record),
                   SHAKO_TLS_OUTCOME_REQUIRED_FAILED);
  demand_tls(&s, "failed: cut-off", "\"cut-off\"");
}

/* A STARTTLS that came to no handshake. */
static void a_refused_starttls_has_its_reason(void **state) {
  static const shako__refusal refusals[] = {
      SHAKO__REFUSAL_NO_CERTIFICATE, SHAKO__REFUSAL_TLS_UNAVAILABLE,
      SHAKO__REFUSAL_TOO_MANY_HANDSHAKES, SHAKO__REFUSAL_INJECTED_BYTES};
  sample s;

  (void)state;
  prepare(&s);
  s.record.tls_asked = 1;
  demand_tls(&s, "failed: not-started", "\"not-started\"");
  for (size_t i = 0; i < COUNT(refusals); i++) {
    const char *reason = shako__refusal_verdict(refusals[i])->reason;
    char line[64];
    char word[64];

    prepare(&s);
    s.record.tls_asked = 1;
    s.record.refusals = 3;
    s.record.refused = s.refused;
    s.refused[SHAKO_REASON_APPLICATION] = 1;
    s.refused[shako__refusal_reason(SHAKO__REFUSAL_UNKNOWN_COMMAND)] = 1;
    s.refused[shako__refusal_reason(refusals[i])] = 1;
    snprintf(line, sizeof(line), "failed: %s", reason);
    snprintf(word, sizeof(word), "\"%s\"", reason);
    demand_tls(&s, line, word);
  }
}

static void a_client_s_certificate_is_told(void **state) {
  shako_client_certificate client = {.struct_size = sizeof(client),
                                     .faults = SHAKO_CLIENT_FAULT_ABSENT};
  sample s;

  (void)state;
  prepare_partner(&s);
  s.tls.client = &client;
  assert_non_null(strstr(
      json_of(&s), ",\"client\":{\"verified\":false,\"pinned\":false,"
                   "\"fault\":\"absent\",\"subject\":null,\"names\":null,"
                   "\"sha256\":null,\"spki_sha256\":null,\"not_before\":null,"
                   "\"not_after\":null},\"group\":"));
  client.faults = SHAKO_CLIENT_FAULT_UNTRUSTED;
  client.pinned = client.verified = 1;
  client.not_before = -1;
  client.not_after = 1764000000;
  memset(client.sha256, 0x0f, sizeof(client.sha256));
  memset(client.spki_sha256, 0xa5, sizeof(client.spki_sha256));
  strcpy(client.subject, "CN=\"a\"");
  strcpy(client.names, "dns:a.example");
  assert_non_null(strstr(json_of(&s),
                         ",\"client\":{\"verified\":true,\"pinned\":true,"
                         "\"fault\":\"untrusted\",\"subject\":\"CN=\\\"a\\\"\","
                         "\"names\":\"dns:a.example\",\"sha256\":"
                         "\"0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f"
                         "0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f\",\"spki_sha256\":"
                         "\"a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5"
                         "a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5\",\"not_before\":-1,"
                         "\"not_after\":1764000000},\"group\":"));
  s.record.tls_completed = 0; /* it may have had none, or not yet sent it */
  assert_non_null(strstr(json_of(&s), ",\"client\":null,\"group\":"));
}

/* TLS was there, and broke later. */
static void what_breaks_later_was_a_success(void **state) {
  sample s;

  (void)state;
  prepare_partner(&s);
  s.tls.failure = SHAKO_TLS_FAILURE_CUT_OFF;
  demand_tls(&s, "success protocol TLSv1.3 cipher TLS_AES_128_GCM_SHA256",
             "\"cut-off\"");
}

/* --- hostile octets ------------------------------------------------------- */

/* Every line is printable ASCII, and there are |lines| of them. */
static void demand_lines(const char *text, size_t lines) {
  for (; *text != '\0'; text++) {
    lines -= *text == '\n';
    assert_true(*text == '\n' || shako__is_text((uint8_t)*text));
  }
  assert_int_equal(text[-1], '\n');
  assert_int_equal(lines, 0);
}

static unsigned hex_at(const char *text, int digits) {
  char copy[8] = "";

  memcpy(copy, text, (size_t)digits);
  return (unsigned)strtoul(copy, NULL, 16);
}

/* Reads escaped octets up to |end|: \uXXXX, \xHH, or \ and one. */
static size_t unescape(const char *text, char end, uint8_t *octets) {
  size_t n = 0;

  while (*text != end) {
    assert_true(shako__is_text((uint8_t)*text));
    if (text[0] == '\\' && (text[1] == 'u' || text[1] == 'x')) {
      int digits = text[1] == 'u' ? 4 : 2;

      octets[n++] = (uint8_t)hex_at(text + 2, digits);
      text += 2 + digits;
    } else {
      text += *text == '\\';
      octets[n++] = (uint8_t)*text++;
    }
  }
  return n;
}

/* What |before| stands in front of, in |text|, is |name|. */
static void demand_name(const char *text, const char *before, char end,
                        shako_span name) {
  const char *at = strstr(text, before);
  uint8_t octets[2048];

  assert_non_null(at);
  assert_int_equal(unescape(at + strlen(before), end, octets), name.len);
  assert_memory_equal(octets, name.ptr, name.len);
}

static void a_name_of_any_octets_forges_nothing(void **state) {
  static const char forged[] =
      "a\",\"how\":\"x\\ verified yes\r\nICID 8 TLS none\x1b[2J\x7f\xc3\xbc";
  uint8_t all[255];
  size_t i;

  (void)state;
  for (i = 0; i < sizeof(all) + 1; i++) {
    sample s;

    prepare(&s);
    s.peer.name_state = SHAKO_NAME_VERIFIED;
    if (i < sizeof(all)) {
      memset(all, (int)i, sizeof(all));
      s.peer.name = (shako_span){all, sizeof(all)};
    } else {
      s.peer.name = shako__span(forged);
    }
    demand_lines(json_of(&s), 1);
    demand_name(json_of(&s), "\"name\":\"", '"', s.peer.name);
    demand_lines(asyncos_of(&s), 4);
    demand_name(asyncos_of(&s), " reverse dns host ", ' ', s.peer.name);
  }
}

static void the_operator_s_names_are_escaped_too(void **state) {
  static const char name[] = "a \"b\"\n\\c";
  sample s;

  (void)state;
  prepare(&s);
  s.policy.name = s.record.listener = s.record.match.group = name;
  s.record.match.rule = name;
  demand_lines(json_of(&s), 1);
  demand_lines(asyncos_of(&s), 4);
  demand_name(json_of(&s), "\"listener\":\"", '"', shako__span(name));
  demand_name(json_of(&s), "\"policy\":\"", '"', shako__span(name));
  demand_name(asyncos_of(&s), " interface ", ' ', shako__span(name));
  demand_name(asyncos_of(&s), " SG ", ' ', shako__span(name));
  demand_name(asyncos_of(&s), " match ", ' ', shako__span(name));
}

/* --- buffers, times, callers ---------------------------------------------- */

static void a_line_is_cut_off_where_its_buffer_ends(void **state) {
  char json[2048];
  char asyncos[1024];
  char buf[2048];
  size_t size;
  sample s;

  (void)state;
  prepare_partner(&s);
  strcpy(json, json_of(&s));
  strcpy(asyncos, asyncos_of(&s));
  assert_int_equal(shako_record_json(&s.record, 7, NOON, NULL, 0),
                   strlen(json));
  assert_int_equal(write_asyncos(&s, NULL, 0), strlen(asyncos));
  for (size = 1; size <= strlen(json); size++) {
    memset(buf, '#', sizeof(buf));
    assert_int_equal(shako_record_json(&s.record, 7, NOON, buf, size),
                     strlen(json));
    assert_int_equal(strlen(buf), size - 1);
    assert_memory_equal(buf, json, size - 1);
    assert_int_equal(buf[size], '#');
    assert_int_equal(write_asyncos(&s, buf, size), strlen(asyncos));
    assert_memory_equal(buf, asyncos,
                        size - 1 < strlen(asyncos) ? size - 1
                                                   : strlen(asyncos) + 1);
  }
}

static void a_time_is_a_date_or_null(void **state) {
  static const struct {
    int64_t unix_ms;
    const char *text;
  } rows[] = {
      {0, "null"},
      {1, "\"1970-01-01T00:00:00.001Z\""},
      {-1, "\"1969-12-31T23:59:59.999Z\""},
      {INT64_C(951827696789), "\"2000-02-29T12:34:56.789Z\""},
      {INT64_C(-62167219200000), "\"0000-01-01T00:00:00.000Z\""},
      {INT64_C(-62167219200001), "null"},
      {INT64_C(253402300799999), "\"9999-12-31T23:59:59.999Z\""},
      {INT64_C(253402300800000), "null"},
      {INT64_MAX, "null"},
      {INT64_MIN, "null"},
  };

  (void)state;
  for (size_t i = 0; i < COUNT(rows); i++) {
    char wanted[64];
    char text[2048];
    sample s;

    prepare(&s);
    shako_record_json(&s.record, UINT64_MAX, rows[i].unix_ms, text,
                      sizeof(text));
    snprintf(wanted, sizeof(wanted), "\"time\":%s,\"icid\":%s,", rows[i].text,
             "18446744073709551615");
    assert_non_null(strstr(text, wanted));
  }
}

/* What a caller of an older header knows of a record is told, and no more, and
   so it is with what is known of its TLS. */
static void an_older_caller_s_record_is_told(void **state) {
  sample s;

  (void)state;
  prepare_partner(&s);
  s.record.struct_size = offsetof(shako_record, duration);
  assert_non_null(strstr(json_of(&s), "\"duration_ms\":0,"));
  assert_non_null(strstr(json_of(&s), "\"handshake_ms\":12,"));
  s.tls.struct_size = offsetof(shako_tls_info, handshake_time);
  assert_non_null(strstr(json_of(&s), "\"handshake_ms\":0,"));
  assert_non_null(strstr(json_of(&s), "\"group\":\"x25519\""));
}

/* --- events --------------------------------------------------------------- */

static void demand_event(const shako_event *event, const char *fields) {
  char wanted[1024];
  char text[4096];
  size_t len = shako_event_json(event, 7, NOON, text, sizeof(text));

  snprintf(wanted, sizeof(wanted),
           "{\"type\":\"event\",\"time\":\"2025-11-24T16:00:00.123Z\","
           "\"icid\":7,\"event\":%s}\n",
           fields);
  assert_string_equal(text, wanted);
  assert_int_equal(len, strlen(wanted));
  assert_int_equal(shako_event_json(event, 7, NOON, NULL, 0), len);
}

static void questions_before_mail_are_told(void **state) {
  shako_policy policy;
  shako_event event = {.type = SHAKO_EVENT_LOOKUP, .question = 1};

  (void)state;
  event.u.lookup.need = SHAKO_NEED_NAME | SHAKO_NEED_LISTS;
  event.u.lookup.lists = UINT64_C(1) << 63 | 5;
  demand_event(&event, "\"lookup\",\"question\":1,\"need\":[\"name\","
                       "\"lists\"],\"lists\":[0,2,63]");
  event.u.lookup.need = SHAKO_NEED_SCORE | SHAKO_NEED_OWNER;
  event.u.lookup.lists = 0;
  demand_event(&event, "\"lookup\",\"question\":1,\"need\":[\"score\","
                       "\"owner\"],\"lists\":[]");

  shako_policy_default(&policy);
  policy.name = "$RELAYED";
  policy.access = SHAKO_ACCESS_RELAY;
  event = (shako_event){.type = SHAKO_EVENT_CONNECT, .question = 2};
  event.u.connect.match = (shako_hat_match){
      .policy = &policy, .group = "RELAYLIST", .rule = "ALL", .line = 3};
  demand_event(&event, "\"connect\",\"question\":2,\"group\":\"RELAYLIST\","
                       "\"policy\":\"$RELAYED\",\"access\":\"RELAY\","
                       "\"rule\":\"ALL\",\"line\":3");

  event = (shako_event){.type = SHAKO_EVENT_HELLO, .question = 3};
  event.u.hello.name = shako__span("c.example");
  event.u.hello.extended = 1;
  demand_event(&event, "\"hello\",\"question\":3,\"name\":\"c.example\","
                       "\"extended\":true");
}

static void what_happens_to_tls_is_told(void **state) {
  static const shako_tls_info info = {
      .version = 0x0303, .cipher = "A", .group = "x448"};
  shako_event event = {.type = SHAKO_EVENT_STARTTLS, .question = 4};

  (void)state;
  demand_event(&event, "\"starttls\",\"question\":4");
  event.type = SHAKO_EVENT_HANDSHAKE;
  demand_event(&event, "\"handshake\",\"question\":4");
  event.type = SHAKO_EVENT_CERTIFICATE;
  demand_event(&event, "\"certificate\",\"question\":4");
  event = (shako_event){.type = SHAKO_EVENT_TLS, .u.tls = &info};
  demand_event(&event, "\"tls\",\"question\":null,\"version\":\"TLSv1.2\","
                       "\"cipher\":\"A\",\"client\":null,"
                       "\"group\":\"x448\"");
}

static void a_transaction_is_told(void **state) {
  static const uint8_t octets[] = {'"', '\n', 0xff};
  shako_event event = {.type = SHAKO_EVENT_MAIL, .question = 5};

  (void)state;
  event.u.mail.path = (shako_span){octets, sizeof(octets)};
  event.u.mail.size = 100;
  demand_event(&event, "\"mail\",\"question\":5,\"path\":\"\\\"\\u000a"
                       "\\u00ff\",\"size\":100,\"eight_bit\":false,"
                       "\"binary\":false,\"smtputf8\":false,"
                       "\"requiretls\":false");
  event.u.mail.path = (shako_span){NULL, 0};
  event.u.mail.flags = SHAKO_MAIL_8BITMIME;
  demand_event(&event, "\"mail\",\"question\":5,\"path\":\"\",\"size\":100,"
                       "\"eight_bit\":true,\"binary\":false,"
                       "\"smtputf8\":false,\"requiretls\":false");

  event = (shako_event){.type = SHAKO_EVENT_RCPT, .question = 6};
  event.u.rcpt.path = shako__span("c@d.example");
  event.u.rcpt.given = shako__span("c");
  demand_event(&event, "\"rcpt\",\"question\":6,\"path\":\"c@d.example\","
                       "\"given\":\"c\"");

  event = (shako_event){.type = SHAKO_EVENT_DATA, .question = 7};
  demand_event(&event, "\"data\",\"question\":7");
  event = (shako_event){.type = SHAKO_EVENT_BODY};
  event.u.body = shako__span("a secret");
  demand_event(&event, "\"body\",\"question\":null,\"octets\":8");
  event = (shako_event){.type = SHAKO_EVENT_MESSAGE, .question = 8};
  event.u.message.size = 8;
  demand_event(&event,
               "\"message\",\"question\":8,\"octets\":8,\"recipient\":0");
  event = (shako_event){.type = SHAKO_EVENT_RESET};
  event.u.reset.reason = "rset";
  demand_event(&event, "\"reset\",\"question\":null,\"reason\":\"rset\"");
}

/* What a client says in AUTH is never told, nor what stands behind a verb of
   the application's. */
static void a_secret_is_not_told(void **state) {
  static const shako_auth auth = {.mechanism = "PLAIN",
                                  .step = 2,
                                  .has_response = 1,
                                  .response = {(const uint8_t *)"secret", 6},
                                  .authzid = {(const uint8_t *)"secret", 6},
                                  .authcid = {(const uint8_t *)"secret", 6},
                                  .password = {(const uint8_t *)"secret", 6}};
  shako_event event = {.type = SHAKO_EVENT_AUTH, .question = 9};

  (void)state;
  event.u.auth = &auth;
  demand_event(&event, "\"auth\",\"question\":9,\"mechanism\":\"PLAIN\","
                       "\"step\":2");
  event = (shako_event){.type = SHAKO_EVENT_COMMAND, .question = 10};
  event.u.command.verb = "XTOKEN";
  event.u.command.argument = shako__span("secret");
  demand_event(&event, "\"command\",\"question\":10,\"verb\":\"XTOKEN\"");
}

static void refusals_and_the_end_are_told(void **state) {
  shako_event event = {.type = SHAKO_EVENT_VIOLATION};

  (void)state;
  event.u.violation.verdict =
      shako__refusal_verdict(SHAKO__REFUSAL_INJECTED_BYTES);
  event.u.violation.closes = 1;
  event.u.violation.octets = 6;
  demand_event(&event, "\"violation\",\"question\":null,"
                       "\"reason\":\"injected-bytes\",\"code\":554,"
                       "\"enhanced\":\"5.5.0\",\"closes\":true,\"octets\":6");
  event.u.violation.verdict =
      shako__refusal_verdict(SHAKO__REFUSAL_TLS_ON_CLEAR_PORT);
  event.u.violation.octets = 0;
  demand_event(&event, "\"violation\",\"question\":null,"
                       "\"reason\":\"tls-on-clear-port\",\"code\":0,"
                       "\"enhanced\":null,\"closes\":true,\"octets\":0");

  event = (shako_event){.type = SHAKO_EVENT_OBSERVED};
  event.u.observed.verdict =
      shako__refusal_verdict(SHAKO__REFUSAL_TLS_REQUIRED);
  demand_event(&event, "\"observed\",\"question\":null,"
                       "\"reason\":\"tls-required\",\"code\":530,"
                       "\"enhanced\":\"5.7.0\"");

  event = (shako_event){.type = SHAKO_EVENT_CLOSED};
  event.u.closed.how = "no-memory";
  event.u.closed.error = SHAKO_ERR_NOMEM;
  demand_event(&event, "\"closed\",\"question\":null,\"how\":\"no-memory\","
                       "\"error\":-901");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_partner_in_json),
      cmocka_unit_test(what_is_not_known_is_null),
      cmocka_unit_test(who_it_was_behind_a_proxy_is_told),
      cmocka_unit_test(each_state_of_a_name_has_its_word),
      cmocka_unit_test(a_partner_in_the_lines_of_asyncos),
      cmocka_unit_test(a_message_is_told_as_it_comes),
      cmocka_unit_test(tls_is_told_when_it_is_there_and_once),
      cmocka_unit_test(all_else_has_no_line),
      cmocka_unit_test(required_tls_that_failed_is_told),
      cmocka_unit_test(an_address_forges_no_other),
      cmocka_unit_test(a_stranger_in_the_lines_of_asyncos),
      cmocka_unit_test(a_score_has_one_decimal),
      cmocka_unit_test(clear_text_is_told_as_such),
      cmocka_unit_test(every_failure_is_told),
      cmocka_unit_test(what_was_offered_is_told),
      cmocka_unit_test(a_refused_starttls_has_its_reason),
      cmocka_unit_test(a_client_s_certificate_is_told),
      cmocka_unit_test(what_breaks_later_was_a_success),
      cmocka_unit_test(a_name_of_any_octets_forges_nothing),
      cmocka_unit_test(the_operator_s_names_are_escaped_too),
      cmocka_unit_test(a_line_is_cut_off_where_its_buffer_ends),
      cmocka_unit_test(a_time_is_a_date_or_null),
      cmocka_unit_test(an_older_caller_s_record_is_told),
      cmocka_unit_test(questions_before_mail_are_told),
      cmocka_unit_test(what_happens_to_tls_is_told),
      cmocka_unit_test(a_transaction_is_told),
      cmocka_unit_test(a_secret_is_not_told),
      cmocka_unit_test(refusals_and_the_end_are_told),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
