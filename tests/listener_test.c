/* What a listener is made of, and what its sessions share through it. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <shako/shako.h>

#include "support/fake_engine.h"

#define COUNT(ARRAY) (sizeof(ARRAY) / sizeof((ARRAY)[0]))

#define NOW 1000

/* Memory that is counted, and of which the |fails|-th allocation fails. */
typedef struct memory {
  size_t held;
  unsigned calls;
  unsigned fails; /* 0: none */
} memory;

static void *memory_alloc(size_t size, void *user_data) {
  memory *m = user_data;

  m->calls++;
  if (m->calls == m->fails) {
    return NULL;
  }
  m->held += size;
  return malloc(size);
}

static void memory_release(void *ptr, size_t size, void *user_data) {
  ((memory *)user_data)->held -= size;
  memset(ptr, 0xdd, size); /* who reads it still finds no name */
  free(ptr);
}

static shako_mem mem_of(memory *m) {
  return (shako_mem){m, memory_alloc, memory_release};
}

static shako_span span_of(const char *text) {
  return (shako_span){(const uint8_t *)text, strlen(text)};
}

static shako_hat *read_table(const char *text, const shako_mem *mem) {
  shako_hat *hat = NULL;
  shako_place place;
  int error = shako_hat_read(&hat, span_of(text), NULL, mem, &place);

  if (error != 0 && error != SHAKO_ERR_NOMEM) {
    fail_msg("%u:%u: %s", place.line, place.column, place.what);
  }
  return hat;
}

static void prepare(shako_listener_config *config) {
  shako_listener_config_default(config);
  config->hostname = "mx.example";
}

static shako_listener *open_listener(const shako_listener_config *config) {
  shako_listener *listener = NULL;
  const char *reason;

  if (shako_listener_new(&listener, config, NULL, &reason) != 0) {
    fail_msg("%s", reason);
  }
  return listener;
}

static shako_peer peer_at(const char *address) {
  shako_peer peer;

  shako_peer_default(&peer);
  if (address != NULL) {
    assert_int_equal(shako_address_parse(&peer.address, span_of(address)), 0);
  }
  return peer;
}

static shako_session *connect_from(shako_listener *listener,
                                   const char *address) {
  shako_peer peer = peer_at(address);
  shako_session *session;

  assert_int_equal(shako_session_new(&session, listener, &peer, NULL, NOW), 0);
  return session;
}

/* Accepts what is asked, and returns what is said, until nothing more is. */
static const char *hear(shako_session *session) {
  static char heard[1024];
  size_t used = 0;
  unsigned want;

  while ((want = shako_session_want(session)) &
         (SHAKO_WANT_POLL | SHAKO_WANT_SEND)) {
    size_t len;
    const uint8_t *at;

    if (want & SHAKO_WANT_POLL) {
      const shako_event *event = shako_session_poll(session, NOW);

      if (event != NULL && event->question != 0) {
        shako_session_accept(session, event->question);
      }
      continue;
    }
    at = shako_session_send_buf(session, &len);
    assert_in_range(used + len, 1, sizeof(heard) - 1);
    memcpy(heard + used, at, len);
    used += len;
    shako_session_send_ack(session, len);
  }
  heard[used] = '\0';
  return heard;
}

/* --- how many connections ------------------------------------------------- */

static const char greeting[] = "220 mx.example ESMTP\r\n";
static const char too_many[] = "421 mx.example Too many connections\r\n";

static void an_address_has_so_many_connections(void **state) {
  shako_policy policy;
  shako_listener_config config;
  shako_listener *listener;
  shako_session *a;
  shako_session *b;
  shako_session *c;

  (void)state;
  shako_policy_default(&policy);
  policy.max_concurrency = 1;
  prepare(&config);
  config.policy = &policy;
  listener = open_listener(&config);
  a = connect_from(listener, "192.0.2.7");
  b = connect_from(listener, "192.0.2.7");
  c = connect_from(listener, "192.0.2.8");
  assert_string_equal(hear(a), greeting);
  assert_string_equal(hear(b), too_many);
  assert_string_equal(hear(c), greeting);
  shako_session_free(b);
  b = connect_from(listener, "192.0.2.7");
  assert_string_equal(hear(b), too_many);
  shako_session_free(a); /* one that is freed counts no more */
  shako_session_free(b);
  b = connect_from(listener, "192.0.2.7");
  assert_string_equal(hear(b), greeting);
  shako_session_lost(b); /* ... nor one that is over */
  assert_string_equal(hear(b), "");
  a = connect_from(listener, "192.0.2.7");
  assert_string_equal(hear(a), greeting);
  shako_session_free(a);
  shako_session_free(b);
  shako_session_free(c);
  shako_listener_unref(listener);
}

static void a_listener_has_so_many_connections(void **state) {
  shako_listener_config config;
  shako_listener *listener;
  shako_session *a;
  shako_session *b;

  (void)state;
  prepare(&config);
  config.max_concurrency = 1;
  listener = open_listener(&config);
  a = connect_from(listener, NULL);
  assert_string_equal(hear(a), greeting);
  b = connect_from(listener, "192.0.2.7");
  assert_string_equal(hear(b), too_many);
  shako_session_free(a);
  shako_session_free(b);
  b = connect_from(listener, "192.0.2.7");
  assert_string_equal(hear(b), greeting);
  shako_session_free(b);
  shako_listener_unref(listener);
}

/* A listener that takes another one's place goes on counting where it was. */
static void counters_outlive_a_listener(void **state) {
  shako_policy policy;
  shako_listener_config config;
  shako_listener *listener;
  shako_session *a;
  shako_session *b;

  (void)state;
  shako_policy_default(&policy);
  policy.max_concurrency = 1;
  prepare(&config);
  config.policy = &policy;
  assert_int_equal(shako_counters_new(&config.counters, NULL, NULL), 0);
  listener = open_listener(&config);
  a = connect_from(listener, "192.0.2.7");
  assert_string_equal(hear(a), greeting);
  shako_listener_unref(listener);
  listener = open_listener(&config);
  b = connect_from(listener, "192.0.2.7");
  assert_string_equal(hear(b), too_many);
  shako_session_free(a);
  shako_session_free(b);
  shako_listener_unref(listener);
  shako_counters_unref(config.counters);
}

/* Who is refused by TCPREFUSE holds no place. */
static void a_refused_peer_holds_no_place(void **state) {
  shako_listener_config config;
  shako_listener *listener;
  shako_session *a;
  shako_session *b;

  (void)state;
  prepare(&config);
  config.max_concurrency = 1;
  config.hat = read_table("BAD: 192.0.2.7 TCPREFUSE\n", NULL);
  listener = open_listener(&config);
  shako_hat_unref(config.hat);
  a = connect_from(listener, "192.0.2.7");
  assert_string_equal(hear(a), "");
  b = connect_from(listener, "192.0.2.8");
  assert_string_equal(hear(b), greeting);
  shako_session_free(a);
  shako_session_free(b);
  shako_listener_unref(listener);
}

/* --- how many handshakes -------------------------------------------------- */

/* Polls a new session for its first event. */
static const shako_event *first_event(shako_listener *listener,
                                      const char *address,
                                      shako_session **session) {
  *session = connect_from(listener, address);
  return shako_session_poll(*session, NOW);
}

/* On a port that is always TLS there is nothing to say no in. */
static void an_address_shakes_hands_so_often(void **state) {
  shako_policy policy;
  shako_listener_config config;
  shako_listener *listener;
  shako_session *a;
  shako_session *b;
  shako_session *c;
  const shako_event *event;

  (void)state;
  shako_policy_default(&policy);
  policy.max_handshakes_per_minute = 1;
  prepare(&config);
  config.policy = &policy;
  config.external_tls = 1;
  config.implicit_tls = 1;
  listener = open_listener(&config);
  event = first_event(listener, "192.0.2.7", &a);
  assert_int_equal(event->type, SHAKO_EVENT_HANDSHAKE);
  event = first_event(listener, "192.0.2.7", &b);
  assert_int_equal(event->type, SHAKO_EVENT_VIOLATION);
  assert_string_equal(event->u.violation.verdict->reason, "handshake-rate");
  assert_true(event->u.violation.closes);
  assert_int_equal(shako_session_want(b), SHAKO_WANT_POLL | SHAKO_WANT_CLOSE);
  event = shako_session_poll(b, NOW);
  assert_int_equal(event->type, SHAKO_EVENT_CLOSED);
  assert_string_equal(event->u.closed.how, "handshake-rate");
  event = first_event(listener, "192.0.2.8", &c);
  assert_int_equal(event->type, SHAKO_EVENT_HANDSHAKE);
  shako_session_free(a);
  shako_session_free(b);
  shako_session_free(c);
  shako_listener_unref(listener);
}

/* ... though the policy is looked at before the handshake and behind it. */
static void a_connection_is_counted_once(void **state) {
  const shako_tls_info info = {.struct_size = sizeof(info), .version = 0x0304};
  shako_policy policy;
  shako_listener_config config;
  shako_listener *listener;
  shako_session *session;
  const shako_event *event;

  (void)state;
  shako_policy_default(&policy);
  policy.max_concurrency = 1;
  prepare(&config);
  config.policy = &policy;
  config.external_tls = 1;
  config.implicit_tls = 1;
  listener = open_listener(&config);
  event = first_event(listener, "192.0.2.7", &session);
  assert_int_equal(event->type, SHAKO_EVENT_HANDSHAKE);
  assert_int_equal(shako_session_tls_external(session, event->question, &info),
                   0);
  assert_string_equal(hear(session), greeting);
  shako_session_free(session);
  shako_listener_unref(listener);
}

/* --- LOOKUP --------------------------------------------------------------- */

static const char named[] = "PARTNERS: .partner.example RELAY\nALL REJECT\n";

/* Polls a new session of |listener| up to LOOKUP. */
static shako_session *ask(shako_listener *listener, shako_question *question) {
  shako_session *session = connect_from(listener, "192.0.2.7");
  const shako_event *event = shako_session_poll(session, NOW);

  assert_int_equal(event->type, SHAKO_EVENT_LOOKUP);
  assert_int_equal(event->u.lookup.need, SHAKO_NEED_NAME);
  assert_int_equal(event->u.lookup.lists, 0);
  *question = event->question;
  return session;
}

static shako_listener *open_named(void) {
  shako_listener_config config;
  shako_listener *listener;

  prepare(&config);
  config.hat = read_table(named, NULL);
  listener = open_listener(&config);
  shako_hat_unref(config.hat);
  return listener;
}

static void a_lookup_is_answered_by_facts(void **state) {
  shako_listener *listener = open_named();
  char name[] = "mx.partner.example";
  shako_question question;
  shako_session *session = ask(listener, &question);
  shako_peer facts = peer_at(NULL);
  char long_name[257];

  (void)state;
  memset(long_name, 'a', sizeof(long_name));
  facts.name_state = SHAKO_NAME_VERIFIED;
  assert_int_equal(shako_session_inform(session, question, &facts),
                   SHAKO_ERR_INVALID_ARGUMENT); /* without a name */
  facts.name = (shako_span){(const uint8_t *)long_name, 256};
  assert_int_equal(shako_session_inform(session, question, &facts),
                   SHAKO_ERR_INVALID_ARGUMENT);
  facts.name = span_of(name);
  facts.name_state = SHAKO_NAME_MISMATCH + 1;
  assert_int_equal(shako_session_inform(session, question, &facts),
                   SHAKO_ERR_INVALID_ARGUMENT);
  facts.name_state = SHAKO_NAME_VERIFIED;
  facts.struct_size = 0;
  assert_int_equal(shako_session_inform(session, question, &facts),
                   SHAKO_ERR_INVALID_ARGUMENT);
  facts.struct_size = sizeof(facts);
  assert_int_equal(shako_session_inform(session, question + 1, &facts),
                   SHAKO_ERR_STALE_QUESTION);
  assert_int_equal(shako_session_inform(session, question, &facts), 0);
  memset(name, 'x', sizeof(name) - 1); /* it was copied */
  assert_int_equal(shako_session_inform(session, question, &facts),
                   SHAKO_ERR_STALE_QUESTION);
  assert_string_equal(hear(session), greeting);
  assert_int_equal(shako_session_peer(session)->name.len, 18);
  assert_memory_equal(shako_session_peer(session)->name.ptr,
                      "mx.partner.example", 18);
  shako_session_free(session);
  shako_listener_unref(listener);
}

/* What the session knows already may be told to it again, as accept() does. */
static void a_lookup_may_be_answered_by_the_session_s_own_peer(void **state) {
  static const char table[] = "LISTED: dnslist[a.example] REJECT\n"
                              "PARTNERS: .partner.example RELAY\n"
                              "ALL REJECT\n";
  memory m = {0};
  shako_mem mem = mem_of(&m);
  shako_listener_config config;
  shako_listener *listener = NULL;
  shako_session *session;
  shako_peer peer = peer_at("192.0.2.7");
  const shako_event *event;
  const char *reason;

  (void)state;
  prepare(&config);
  config.hat = read_table(table, &mem);
  assert_int_equal(shako_listener_new(&listener, &config, &mem, &reason), 0);
  peer.name_state = SHAKO_NAME_VERIFIED;
  peer.name = span_of("mx.partner.example");
  assert_int_equal(shako_session_new(&session, listener, &peer, NULL, NOW), 0);
  event = shako_session_poll(session, NOW);
  assert_int_equal(event->u.lookup.need, SHAKO_NEED_LISTS);
  assert_int_equal(shako_session_accept(session, event->question), 0);
  assert_string_equal(hear(session), greeting);
  assert_memory_equal(shako_session_peer(session)->name.ptr,
                      "mx.partner.example", 18);
  shako_session_free(session);
  shako_listener_unref(listener);
  shako_hat_unref(config.hat);
  assert_int_equal(m.held, 0);
}

static void a_lookup_takes_no_code_but_421(void **state) {
  static const int codes[] = {220, 250, 354, 450, 550, 554};
  shako_listener *listener = open_named();
  shako_question question;
  shako_session *session = ask(listener, &question);
  size_t i;

  (void)state;
  for (i = 0; i < COUNT(codes); i++) {
    assert_int_equal(
        shako_session_answer(session, question, codes[i], NULL, "text"),
        SHAKO_ERR_INVALID_ARGUMENT);
  }
  assert_int_equal(
      shako_session_answer(session, question, 421, "4.3.2", "Later"), 0);
  assert_string_equal(hear(session), "421 mx.example Later\r\n");
  shako_session_free(session);
  shako_listener_unref(listener);
}

static void only_a_lookup_is_informed(void **state) {
  shako_listener_config config;
  shako_listener *listener;
  shako_session *session;
  shako_peer facts = peer_at(NULL);
  const shako_event *event;

  (void)state;
  prepare(&config);
  listener = open_listener(&config);
  session = connect_from(listener, "192.0.2.7");
  event = shako_session_poll(session, NOW);
  assert_int_equal(event->type, SHAKO_EVENT_CONNECT);
  assert_int_equal(shako_session_inform(session, event->question, &facts),
                   SHAKO_ERR_INVALID_STATE);
  shako_session_free(session);
  shako_listener_unref(listener);
}

/* --- memory --------------------------------------------------------------- */

/* Opens a listener with all there is, and plays a session with a name that is
   looked up and a recipient that is rewritten.  Returns whether memory
   sufficed. */
static bool play(memory *m) {
  const shako_domain_map_row map[] = {{"old.example", "new.example"}};
  static const char *const lines[] = {
      "HELO c.example\r\n", "MAIL FROM:<someone>\r\n",
      "RCPT TO:<c@old.example>\r\n", "QUIT\r\n"};
  shako_mem mem = mem_of(m);
  shako_listener_config config;
  shako_listener *listener = NULL;
  shako_session *session = NULL;
  shako_peer peer = peer_at("192.0.2.7");
  const char *reason;
  bool done = false;
  size_t i;

  prepare(&config);
  config.name = "Inboundmail";
  config.interface_label = "PublicNet";
  config.default_domain = "corp.example";
  config.domain_map = map;
  config.domain_map_rows = COUNT(map);
  config.auth_mechanisms = "PLAIN";
  config.commands = "XTOKEN";
  config.keywords = "XTOKEN";
  config.mail_params = "XTAG";
  config.rcpt_params = "XTAG";
  config.hat = read_table(named, &mem);
  if (config.hat != NULL &&
      shako_listener_new(&listener, &config, &mem, &reason) == 0 &&
      shako_session_new(&session, listener, &peer, NULL, NOW) == 0) {
    shako_peer facts = peer_at(NULL);
    const shako_event *event = shako_session_poll(session, NOW);

    facts.name_state = SHAKO_NAME_VERIFIED;
    facts.name = span_of("mx.partner.example");
    if (event->type == SHAKO_EVENT_LOOKUP) {
      shako_session_inform(session, event->question, &facts);
    }
    done = strcmp(hear(session), greeting) == 0;
    for (i = 0; i < COUNT(lines) && done; i++) {
      size_t n;

      shako_session_push(session, span_of(lines[i]).ptr, strlen(lines[i]), &n);
      done = hear(session)[0] == '2';
    }
  }
  shako_session_free(session);
  shako_listener_unref(listener);
  shako_hat_unref(config.hat);
  return done;
}

static void whichever_allocation_fails_nothing_is_left(void **state) {
  memory m = {0};
  unsigned refused = 0;
  bool done;

  (void)state;
  do {
    m = (memory){.fails = m.fails + 1};
    done = play(&m); /* some are done without: what is trimmed, say */
    assert_int_equal(m.held, 0);
    refused += !done;
  } while (m.calls >= m.fails);
  assert_true(done);
  assert_in_range(refused, 10, m.fails - 1);
}

/* --- what is no listener -------------------------------------------------- */

static void is_refused(const shako_listener_config *config, const char *field) {
  shako_listener *listener = NULL;
  const char *reason = NULL;

  assert_int_equal(shako_listener_new(&listener, config, NULL, &reason),
                   SHAKO_ERR_INVALID_ARGUMENT);
  assert_null(listener);
  if (strncmp(reason, field, strlen(field)) != 0) {
    fail_msg("%s, and not %s", reason, field);
  }
}

static void bad_settings_are_refused(void **state) {
  static const char *const no_domains[] = {"", "-", "a b", "a..b"};
  shako_listener_config config;
  size_t i;

  (void)state;
  for (i = 0; i < COUNT(no_domains); i++) {
    shako_domain_map_row row = {no_domains[i], "b.example"};

    prepare(&config);
    config.default_domain = no_domains[i];
    is_refused(&config, "default_domain: ");
    prepare(&config);
    config.domain_map = &row;
    config.domain_map_rows = 1;
    is_refused(&config, "domain_map: from: ");
    row = (shako_domain_map_row){".a.example", no_domains[i]};
    is_refused(&config, "domain_map: to: ");
  }
  prepare(&config);
  config.name = "two\nlines";
  is_refused(&config, "name: ");
  prepare(&config);
  config.interface_label = "\x7f";
  is_refused(&config, "interface_label: ");
  prepare(&config);
  config.type = (shako_listener_type)2;
  is_refused(&config, "type: ");
}

static void bad_policies_are_refused(void **state) {
  shako_listener_config config;
  shako_policy policy;

  (void)state;
  prepare(&config);
  config.policy = &policy;
  shako_policy_default(&policy);
  policy.access = SHAKO_ACCESS_CONTINUE;
  is_refused(&config, "policy.access: ");
  shako_policy_default(&policy);
  policy.tls_ciphers = (shako_tls_ciphers)3;
  is_refused(&config, "policy.tls_ciphers: ");
  shako_policy_default(&policy);
  policy.banner_code = 250;
  is_refused(&config, "policy.banner_code: ");
  shako_policy_default(&policy);
  policy.reject_code = 399;
  is_refused(&config, "policy.reject_code: ");
  policy.reject_code = 600;
  is_refused(&config, "policy.reject_code: ");
  shako_policy_default(&policy);
  policy.banner_text = "$Nobody";
  is_refused(&config, "policy.banner_text: ");
  shako_policy_default(&policy);
  policy.reject_text = "a\tb";
  is_refused(&config, "policy.reject_text: ");
  shako_policy_default(&policy);
  policy.hostname = "a_b";
  is_refused(&config, "policy.hostname: ");
  shako_policy_default(&policy);
  policy.client_fingerprints = "12:34";
  is_refused(&config, "policy.client_fingerprints: ");
}

static void a_table_brings_its_own_defaults(void **state) {
  shako_listener_config config;
  shako_policy policy;

  (void)state;
  shako_policy_default(&policy);
  prepare(&config);
  config.policy = &policy;
  config.hat = read_table("ALL ACCEPT\n", NULL);
  is_refused(&config, "policy: ");
  shako_hat_unref(config.hat);
}

/* A table that promises TLS needs one. */
static void tls_of_a_table_that_cannot_be_is_refused(void **state) {
  static const char *const bad[] = {
      "$P ACCEPT { tls = \"required\" } A: 192.0.2.7 $P\nALL ACCEPT\n",
      "$P RELAY { tls = \"preferred\" } ALL $P\n"};
  shako_listener_config config;
  size_t i;

  (void)state;
  for (i = 0; i < COUNT(bad); i++) {
    prepare(&config);
    config.hat = read_table(bad[i], NULL);
    is_refused(&config, "hat: ");
    config.external_tls = 1;
    shako_listener_unref(open_listener(&config));
    shako_hat_unref(config.hat);
  }
}

/* Whoever wants clients' certificates needs an engine that asks for them, and
   somebody who can be verified. */
static void clients_that_cannot_be_verified_are_refused(void **state) {
  static const char fingerprint[] =
      "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
  shako_tls_engine blind = fake_engine;
  shako_certificate_provider certificates;
  fake_provider provider = {0};
  fake_context context = {0};
  shako_listener_config config;
  shako_policy policy;

  (void)state;
  fake_provider_fill(&provider, &certificates);
  prepare(&config);
  config.engine = &fake_engine;
  config.context = &context;
  config.certificates = &certificates;
  config.policy = &policy;
  blind.client_certificate = NULL;
  shako_policy_default(&policy);
  policy.tls = SHAKO_TLS_SETTING_REQUIRED;
  policy.tls_verify = 1;
  is_refused(&config, "policy.tls_verify: nobody can be verified");
  config.authorities = fake_authorities();
  shako_listener_unref(open_listener(&config));
  config.authorities = NULL;
  policy.client_fingerprints = fingerprint;
  shako_listener_unref(open_listener(&config));
  config.engine = &blind;
  is_refused(&config, "policy.tls_verify: the engine knows no");

  config.policy = NULL;
  config.hat = read_table("$P ACCEPT { tls = \"required\" tls_verify = "
                          "\"on\" } A: 192.0.2.7 $P\nALL ACCEPT\n",
                          NULL);
  is_refused(&config, "hat: a policy has tls_verify, and the engine");
  config.engine = &fake_engine;
  is_refused(&config, "hat: a policy has tls_verify, and nobody");
  config.authorities = fake_authorities();
  shako_listener_unref(open_listener(&config));
  shako_hat_unref(config.hat);
}

static void offers_are_checked(void **state) {
  static const char *const no_mechanisms[] = {"plain", "PLAIN,LOGIN", "A B\x7f",
                                              "ABCDEFGHIJKLMNOPQRSTU"};
  static const char *const no_commands[] = {
      "NOOP", "X helo", "x\xff", "GET", "X Subject:", "-X", "LHLO"};
  static const char *const no_params[] = {"SIZE", "XTAG size", "X=1", "BODY"};
  static const char *const no_keywords[] = {"\n", "A\n",   "A\n\nB", "A\rB",
                                            " A", "A\n B", "A\x7f"};
  shako_listener_config config;
  size_t i;

  (void)state;
  prepare(&config);
  config.offers = 0x40;
  is_refused(&config, "offers: ");
  config.offers = SHAKO_OFFER_BINARYMIME;
  is_refused(&config, "offers: ");
  prepare(&config);
  config.lmtp = 1;
  config.port = 25;
  is_refused(&config, "lmtp: ");
  for (i = 0; i < COUNT(no_mechanisms); i++) {
    prepare(&config);
    config.auth_mechanisms = no_mechanisms[i];
    is_refused(&config, "auth_mechanisms: ");
  }
  for (i = 0; i < COUNT(no_commands); i++) {
    prepare(&config);
    config.commands = no_commands[i];
    is_refused(&config, "commands: ");
  }
  for (i = 0; i < COUNT(no_params); i++) {
    prepare(&config);
    config.mail_params = no_params[i];
    is_refused(&config, "mail_params: ");
  }
  prepare(&config);
  config.rcpt_params = "XTAG ORCPT";
  is_refused(&config, "rcpt_params: ");
  for (i = 0; i < COUNT(no_keywords); i++) {
    prepare(&config);
    config.keywords = no_keywords[i];
    is_refused(&config, "keywords: ");
  }
}

static void auth_needs_mechanisms(void **state) {
  shako_listener_config config;
  shako_policy policy;

  (void)state;
  prepare(&config);
  shako_policy_default(&policy);
  config.policy = &policy;
  policy.auth = (shako_auth_setting)3;
  is_refused(&config, "policy.auth: ");
  policy.auth = SHAKO_AUTH_SETTING_REQUIRED;
  is_refused(&config, "policy.auth: ");
  config.policy = NULL;
  config.hat = read_table(
      "$P ACCEPT { smtp_auth = \"required\" } A: 192.0.2.7 $P\nALL ACCEPT\n",
      NULL);
  is_refused(&config, "hat: ");
  config.auth_mechanisms = "PLAIN";
  shako_listener_unref(open_listener(&config));
  shako_hat_unref(config.hat);
}

static void what_was_given_can_be_asked_for(void **state) {
  shako_listener_config config;
  shako_listener *listener;
  shako_policy policy;

  (void)state;
  shako_policy_default(&policy);
  policy.max_errors = 7;
  prepare(&config);
  config.policy = &policy;
  listener = open_listener(&config);
  assert_null(shako_listener_hat(listener));
  assert_int_equal(shako_listener_policy(listener)->max_errors, 7);
  shako_listener_unref(listener);
  config.policy = NULL;
  config.hat = read_table("ALL ACCEPT\n", NULL);
  listener = open_listener(&config);
  assert_ptr_equal(shako_listener_hat(listener), config.hat);
  assert_int_equal(shako_listener_policy(listener)->max_errors, 100);
  shako_listener_unref(listener);
  shako_hat_unref(config.hat);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_address_has_so_many_connections),
      cmocka_unit_test(a_listener_has_so_many_connections),
      cmocka_unit_test(counters_outlive_a_listener),
      cmocka_unit_test(a_refused_peer_holds_no_place),
      cmocka_unit_test(an_address_shakes_hands_so_often),
      cmocka_unit_test(a_connection_is_counted_once),
      cmocka_unit_test(a_lookup_is_answered_by_facts),
      cmocka_unit_test(a_lookup_may_be_answered_by_the_session_s_own_peer),
      cmocka_unit_test(a_lookup_takes_no_code_but_421),
      cmocka_unit_test(only_a_lookup_is_informed),
      cmocka_unit_test(whichever_allocation_fails_nothing_is_left),
      cmocka_unit_test(bad_settings_are_refused),
      cmocka_unit_test(bad_policies_are_refused),
      cmocka_unit_test(a_table_brings_its_own_defaults),
      cmocka_unit_test(tls_of_a_table_that_cannot_be_is_refused),
      cmocka_unit_test(clients_that_cannot_be_verified_are_refused),
      cmocka_unit_test(offers_are_checked),
      cmocka_unit_test(auth_needs_mechanisms),
      cmocka_unit_test(what_was_given_can_be_asked_for),
  };

  return cmocka_run_group_tests_name("listener", tests, NULL, NULL);
}
