/* What select() is shown of a ClientHello, however it comes. */

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

#include "client_hello_draft.h"
#include "client_hellos.h"
#include "fake_engine.h"

#define EHLO     "EHLO c.example\r\n"
#define STARTTLS "STARTTLS\r\n"

#define COUNT(ARRAY) (sizeof(ARRAY) / sizeof((ARRAY)[0]))

/* --- a session, and a provider that notes what it sees -------------------- */

typedef struct world {
  size_t held;      /* octets of memory */
  size_t too_large; /* allocations of so many octets or more fail; 0: none */
  shako_mem mem;
  fake_counters counters;
  fake_context context;
  fake_certificate certificate;
  shako_certificate_provider provider;
  shako_policy policy;
  shako_listener_config config;
  shako_listener *listener;
  shako_session *session;
  shako_time now;

  unsigned waits;   /* as often select() still says WAIT */
  unsigned selects; /* calls of it */
  octets name;      /* what the last one saw */
  octets protocols;
  uint16_t version;
  char how[32]; /* of CLOSED */
  shako_tls_failure failure;
} world;

static void *world_alloc(size_t size, void *user_data) {
  world *w = user_data;

  if (w->too_large > 0 && size >= w->too_large) {
    return NULL;
  }
  w->held += size;
  return must_alloc(size);
}

static void world_release(void *ptr, size_t size, void *user_data) {
  world *w = user_data;

  w->held -= size;
  free(memset(ptr, 0xdd, size));
}

static shako_provider_status ready(void *ctx) {
  (void)ctx;
  return SHAKO_PROVIDER_OK;
}

static shako_provider_status select_one(void *ctx,
                                        const shako_client_hello *hello,
                                        shako_certificate **certificates,
                                        size_t *count) {
  world *w = ctx;

  assert_int_equal(hello->struct_size, sizeof(*hello));
  w->selects++;
  w->version = hello->version;
  octets_clear(&w->name);
  octets_clear(&w->protocols);
  octets_add(&w->name, hello->server_name.ptr, hello->server_name.len);
  octets_add(&w->protocols, hello->protocols.ptr, hello->protocols.len);
  if (w->waits > 0) {
    w->waits--;
    return SHAKO_PROVIDER_WAIT;
  }
  certificates[0] = shako_certificate_ref(&w->certificate.base);
  *count = 1;
  return SHAKO_PROVIDER_OK;
}

/* Fills |w| with what open_world() takes: a port that is always TLS. */
static void prepare(world *w) {
  memset(w, 0, sizeof(*w));
  w->mem = (shako_mem){w, world_alloc, world_release};
  w->now = 1000;
  w->context.counters = &w->counters;
  fake_certificate_init(&w->certificate);
  w->provider =
      (shako_certificate_provider){sizeof(w->provider), w, ready, select_one};
  shako_policy_default(&w->policy);
  w->policy.tls = SHAKO_TLS_SETTING_PREFERRED;
  shako_listener_config_default(&w->config);
  w->config.hostname = "mx.example";
  w->config.policy = &w->policy;
  w->config.engine = &fake_engine;
  w->config.context = &w->context;
  w->config.certificates = &w->provider;
  w->config.implicit_tls = 1;
}

/* Accepts |event|, which may be NULL, or notes it. */
static void take(world *w, const shako_event *event) {
  const shako_tls_info *tls = shako_session_tls(w->session);

  if (event && event->question) {
    assert_int_equal(shako_session_accept(w->session, event->question), 0);
  } else if (event && event->type == SHAKO_EVENT_CLOSED) {
    snprintf(w->how, sizeof(w->how), "%s", event->u.closed.how);
    w->failure = tls ? tls->failure : SHAKO_TLS_FAILURE_NONE;
  }
}

/* Polls and sends until there is nothing to be done.  Each poll() does what
   want() promised. */
static void settle(world *w) {
  for (;;) {
    unsigned want = shako_session_want(w->session);
    const shako_event *event = NULL;
    size_t len;

    if (want & SHAKO_WANT_POLL) {
      event = shako_session_poll(w->session, w->now);
    } else if (shako_session_send_buf(w->session, &len)) {
      assert_int_equal(shako_session_send_ack(w->session, len), 0);
    } else {
      assert_null(shako_session_poll(w->session, w->now));
      assert_int_equal(shako_session_want(w->session), want);
      return;
    }
    take(w, event);
  }
}

/* Opens a session of a listener of |w|. */
static void open_world(world *w) {
  const char *reason = NULL;
  shako_peer peer;

  shako_peer_default(&peer);
  assert_int_equal(
      shako_listener_new(&w->listener, &w->config, &w->mem, &reason), 0);
  assert_int_equal(
      shako_session_new(&w->session, w->listener, &peer, w, w->now), 0);
  settle(w);
}

static void close_world(world *w) {
  shako_session_free(w->session);
  shako_listener_unref(w->listener);
  assert_int_equal(w->held, 0);
  assert_int_equal(w->certificate.base.references, 1);
  assert_int_equal(w->counters.inits, w->counters.frees);
  if (w->counters.misuses > 0) {
    fail_msg("the engine was misused: %s", w->counters.misuse);
  }
  octets_free(&w->name);
  octets_free(&w->protocols);
}

/* Delivers |len| octets and settles.  Returns how many there was room for. */
static size_t deliver(world *w, const uint8_t *at, size_t len) {
  size_t all = 0;
  size_t n = 1;

  while (len > all && n > 0) {
    n = 0;
    assert_int_equal(shako_session_push(w->session, at + all, len - all, &n),
                     0);
    all += n;
    settle(w);
  }
  return all;
}

static void assert_saw(const world *w, const char *name) {
  assert_int_equal(w->selects, 1);
  assert_string_equal(octets_text(&w->name), name);
}

/* A hello of |size| octets with its record, for mx.example.com. */
static void make_hello(octets *wire, size_t size) {
  size_t message;
  size_t extensions;
  size_t filling;
  hello_draft d;

  message = draft_message(&d, 0x0303, "\x13\x01", 2);
  extensions = draft_begin(&d, 2);
  draft_add_name(&d, "mx.example.com", 14);
  draft_add_number(&d.message, 2, 21); /* padding (RFC 7685) */
  filling = draft_begin(&d, 2);
  while (CLIENT_HELLO_RECORD + d.message.len < size) {
    draft_add_number(&d.message, 1, 0);
  }
  draft_end(&d, filling);
  draft_end(&d, extensions);
  draft_end(&d, message);
  octets_add(wire, "\x16\3\1", 3);
  draft_add_number(wire, 2, d.message.len);
  octets_add(wire, d.message.ptr, d.message.len);
  octets_free(&d.message);
  assert_int_equal(wire->len, size);
}

/* --- the tests ------------------------------------------------------------ */

static void t32_the_name_is_seen_wherever_the_hello_is_split(void **state) {
  octets hello = {0};

  (void)state;
  client_hello_add(&hello, CLIENT_HELLO_OPENSSL_1_3);
  for (size_t n = 1; n <= 2 * hello.len; n++) {
    size_t first = n < hello.len ? n : n - hello.len;
    world w;

    prepare(&w);
    w.config.implicit_tls = n <= hello.len;
    open_world(&w);
    if (n > hello.len) {
      deliver(&w, (const uint8_t *)EHLO, strlen(EHLO));
      deliver(&w, (const uint8_t *)STARTTLS, strlen(STARTTLS));
    }
    assert_int_equal(deliver(&w, hello.ptr, first), first);
    assert_int_equal(w.selects, first == hello.len);
    deliver(&w, hello.ptr + first, hello.len - first);
    assert_saw(&w, "mx.example.com");
    assert_string_equal(octets_text(&w.protocols), "\2h2\5esmtp");
    assert_int_equal(w.version, 0x0304);
    close_world(&w);
  }
  octets_free(&hello);
}

static void t32_the_name_is_seen_octet_by_octet(void **state) {
  (void)state;
  for (size_t i = 0; i < CLIENT_HELLOS; i++) {
    octets hello = {0};
    world w;

    prepare(&w);
    client_hello_add(&hello, i);
    open_world(&w);
    for (size_t n = 0; n < hello.len; n++) {
      assert_int_equal(w.selects, 0);
      deliver(&w, hello.ptr + n, 1);
    }
    assert_int_equal(w.selects, 1);
    close_world(&w);
    octets_free(&hello);
  }
}

static void t32_the_name_is_seen_in_several_records(void **state) {
  static const size_t sizes[] = {1, 2, 3, 5, 64, 100, 330};
  octets hello = {0};

  (void)state;
  client_hello_add(&hello, CLIENT_HELLO_OPENSSL_1_3);
  for (size_t i = 0; i < COUNT(sizes); i++) {
    octets wire = {0};
    world w;

    prepare(&w);
    client_hello_split(&wire, &hello, sizes[i]);
    open_world(&w);
    deliver(&w, wire.ptr, wire.len - 1);
    assert_int_equal(w.selects, 0);
    deliver(&w, wire.ptr + wire.len - 1, 1);
    assert_saw(&w, "mx.example.com");
    close_world(&w);
    octets_free(&wire);
  }
  octets_free(&hello);
}

static void t31_an_old_client_is_seen_with_its_version(void **state) {
  const shako_tls_info *tls;
  octets wire = {0};
  hello_draft d;
  world w;

  (void)state;
  prepare(&w);
  draft_end(&d, draft_message(&d, 0x0301, "\x00\x05", 2));
  octets_add(&wire, "\x16\3\1", 3);
  draft_add_number(&wire, 2, d.message.len);
  octets_add(&wire, d.message.ptr, d.message.len);
  open_world(&w);
  deliver(&w, wire.ptr, wire.len);
  assert_saw(&w, "");
  assert_int_equal(w.version, 0x0301);
  tls = shako_session_tls(w.session);
  assert_int_equal(tls->offered_version, 0x0301);
  assert_int_equal(tls->offer->versions.numbers[0], 0x0301);
  assert_int_equal(tls->offer->versions.allowed, 0);
  assert_int_equal(tls->offer->cipher_suites.numbers[0], 0x0005);
  assert_int_equal(tls->offer->cipher_suites.allowed, 0);
  assert_int_equal(tls->offer->min_version, 0x0303);
  close_world(&w);
  octets_free(&d.message);
  octets_free(&wire);
}

/* What is no ClientHello is the engine's from its first octets on. */
static void t30_text_is_not_waited_for(void **state) {
  world w;

  (void)state;
  prepare(&w);
  open_world(&w);
  deliver(&w, (const uint8_t *)"E", 1);
  assert_saw(&w, "");
  assert_string_equal(w.how, "tls-failed");
  assert_int_equal(w.failure, SHAKO_TLS_FAILURE_NOT_TLS);
  close_world(&w);
}

static void a_malformed_hello_is_shown_empty(void **state) {
  octets hello = {0};
  world w;

  (void)state;
  prepare(&w);
  client_hello_add(&hello, CLIENT_HELLO_OPENSSL_1_3);
  hello.ptr[CLIENT_HELLO_RECORD + 4 + 2 + 32] = 33; /* the session id's */
  open_world(&w);
  deliver(&w, hello.ptr, hello.len);
  assert_saw(&w, "");
  assert_int_equal(w.version, 0);
  assert_int_equal(shako_session_tls(w.session)->offered_version, 0);
  assert_null(shako_session_tls(w.session)->offer);
  close_world(&w);
  octets_free(&hello);
}

static void half_a_hello_has_the_handshakes_time(void **state) {
  octets hello = {0};
  world w;

  (void)state;
  prepare(&w);
  client_hello_add(&hello, CLIENT_HELLO_GNUTLS);
  open_world(&w);
  w.now += 500;
  deliver(&w, hello.ptr, hello.len / 2);
  assert_int_equal(shako_session_want(w.session), SHAKO_WANT_RECV);
  assert_int_equal(shako_session_expiry(w.session),
                   1000 + w.policy.handshake_timeout);
  w.now = 1000 + w.policy.handshake_timeout;
  take(&w, shako_session_poll(w.session, w.now));
  settle(&w);
  assert_int_equal(w.selects, 0);
  assert_int_equal(w.failure, SHAKO_TLS_FAILURE_TIMEOUT);
  close_world(&w);
  octets_free(&hello);
}

static void half_a_hello_may_be_all(void **state) {
  octets hello = {0};

  (void)state;
  client_hello_add(&hello, CLIENT_HELLO_GNUTLS);
  for (size_t n = 1; n < hello.len; n += 13) {
    world w;

    prepare(&w);
    open_world(&w);
    deliver(&w, hello.ptr, n);
    assert_int_equal(w.selects, 0);
    assert_int_equal(shako_session_recv_eof(w.session), 0);
    settle(&w);
    assert_saw(&w, "");
    assert_string_equal(w.how, "tls-failed");
    close_world(&w);
  }
  octets_free(&hello);
}

/* The largest that fits is read, a larger one is not waited for. */
static void a_hello_that_fills_the_block(void **state) {
  static const size_t blocks[] = {4096, 16384};

  (void)state;
  for (size_t i = 0; i < COUNT(blocks); i++) {
    for (size_t more = 0; more < 2; more++) {
      octets hello = {0};
      world w;

      prepare(&w);
      w.config.recv_buffer_size = blocks[i];
      make_hello(&hello, blocks[i] + more);
      open_world(&w);
      assert_int_equal(deliver(&w, hello.ptr, blocks[i] - 1), blocks[i] - 1);
      assert_int_equal(w.selects, 0);
      assert_int_equal(deliver(&w, hello.ptr + blocks[i] - 1, 1), 1);
      assert_saw(&w, more ? "" : "mx.example.com");
      close_world(&w);
      octets_free(&hello);
    }
  }
}

/* It came under a loan that begins in the block behind the STARTTLS line, whose
   room is the hello's where that needs it. */
static void a_hello_may_begin_behind_a_command(void **state) {
  static const size_t firsts[] = {0, 1, 100, 4096 - sizeof(STARTTLS) + 1};
  octets hello = {0};

  (void)state;
  make_hello(&hello, 4096);
  for (size_t i = 0; i < COUNT(firsts); i++) {
    uint8_t *room;
    size_t len;
    world w;

    prepare(&w);
    w.config.implicit_tls = 0;
    w.config.recv_buffer_size = 4096;
    open_world(&w);
    deliver(&w, (const uint8_t *)EHLO, strlen(EHLO));
    room = shako_session_recv_buf(w.session, &len);
    memcpy(room, STARTTLS, strlen(STARTTLS));
    assert_int_equal(shako_session_recv_ack(w.session, strlen(STARTTLS)), 0);
    room = shako_session_recv_buf(w.session, &len);
    assert_int_equal(len, 4096 - strlen(STARTTLS));
    settle(&w);
    memcpy(room, hello.ptr, firsts[i]);
    assert_int_equal(shako_session_recv_ack(w.session, firsts[i]), 0);
    settle(&w);
    assert_int_equal(w.selects, 0);
    deliver(&w, hello.ptr + firsts[i], hello.len - firsts[i]);
    assert_saw(&w, "mx.example.com");
    close_world(&w);
  }
  octets_free(&hello);
}

/* What follows it is the engine's, whatever it looks like. */
static void behind_the_hello_nothing_is_waited_for(void **state) {
  uint8_t record[16];
  size_t n = 0;
  world w;

  (void)state;
  prepare(&w);
  w.context.two_flights = 1;
  open_world(&w);
  deliver(&w, record, fake_record(record, FAKE_HANDSHAKE, "HELLO", 5));
  assert_saw(&w, "");
  assert_int_equal(shako_session_push(w.session, record, 1, &n), 0);
  assert_int_equal(n, 1);
  assert_true(shako_session_want(w.session) & SHAKO_WANT_POLL);
  close_world(&w);
}

static void the_engine_is_told_of_alpn_any(void **state) {
  (void)state;
  for (unsigned any = 0; any < 2; any++) {
    world w;

    prepare(&w);
    w.config.alpn_any = (uint8_t)any;
    open_world(&w);
    deliver(&w, (const uint8_t *)"\x16", 1);
    assert_int_equal(w.counters.inits, 1);
    assert_int_equal(w.counters.alpn_any, any);
    close_world(&w);
  }
}

static void a_provider_that_waits_sees_it_again(void **state) {
  octets hello = {0};
  octets wire = {0};
  world w;

  (void)state;
  prepare(&w);
  w.waits = 2;
  client_hello_add(&hello, CLIENT_HELLO_GNUTLS);
  client_hello_split(&wire, &hello, 100);
  open_world(&w);
  deliver(&w, wire.ptr, wire.len);
  assert_int_equal(w.selects, 3);
  assert_string_equal(octets_text(&w.name), "mx.example.com");
  assert_non_null(shako_session_tls(w.session)->offer);
  close_world(&w);
  octets_free(&hello);
  octets_free(&wire);
}

/* The policy of the peer decides. */
static void what_is_allowed_is_the_policy_s(void **state) {
  const shako_tls_offer *offer;
  octets hello = {0};
  world w;

  (void)state;
  prepare(&w);
  w.policy.tls_min_version = 0x0304;
  client_hello_add(&hello, CLIENT_HELLO_OPENSSL_1_2);
  open_world(&w);
  deliver(&w, hello.ptr, hello.len);
  offer = shako_session_tls(w.session)->offer;
  assert_int_equal(offer->min_version, 0x0304);
  assert_int_equal(offer->versions.allowed, 0);
  assert_int_equal(offer->cipher_suites.allowed, 0);
  assert_in_range(offer->cipher_suites.count, 1, 100);
  close_world(&w);
  octets_free(&hello);
}

/* A handshake does not fail for what only a failed one needs. */
static void without_memory_for_the_offer_it_goes_on(void **state) {
  octets hello = {0};
  world w;

  (void)state;
  prepare(&w);
  client_hello_add(&hello, CLIENT_HELLO_GNUTLS);
  open_world(&w);
  deliver(&w, hello.ptr, hello.len - 1);
  w.too_large = sizeof(shako_tls_offer);
  deliver(&w, hello.ptr + hello.len - 1, 1);
  assert_saw(&w, "mx.example.com");
  assert_int_equal(shako_session_tls(w.session)->offered_version, 0x0304);
  assert_null(shako_session_tls(w.session)->offer);
  close_world(&w);
  octets_free(&hello);
}

/* A hello in several records is copied; where there is no memory for that the
   session ends. */
static void without_memory_for_a_copy_it_ends(void **state) {
  octets hello = {0};
  octets wire = {0};
  world w;

  (void)state;
  prepare(&w);
  make_hello(&hello, 9000);
  client_hello_split(&wire, &hello, 4000);
  open_world(&w);
  deliver(&w, wire.ptr, wire.len - 1);
  w.too_large = 9000 - CLIENT_HELLO_RECORD;
  deliver(&w, wire.ptr + wire.len - 1, 1);
  assert_int_equal(w.selects, 0);
  assert_string_equal(w.how, "no-memory");
  close_world(&w);
  octets_free(&hello);
  octets_free(&wire);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(t32_the_name_is_seen_wherever_the_hello_is_split),
      cmocka_unit_test(t32_the_name_is_seen_octet_by_octet),
      cmocka_unit_test(t32_the_name_is_seen_in_several_records),
      cmocka_unit_test(t31_an_old_client_is_seen_with_its_version),
      cmocka_unit_test(t30_text_is_not_waited_for),
      cmocka_unit_test(a_malformed_hello_is_shown_empty),
      cmocka_unit_test(half_a_hello_has_the_handshakes_time),
      cmocka_unit_test(half_a_hello_may_be_all),
      cmocka_unit_test(a_hello_that_fills_the_block),
      cmocka_unit_test(a_hello_may_begin_behind_a_command),
      cmocka_unit_test(behind_the_hello_nothing_is_waited_for),
      cmocka_unit_test(the_engine_is_told_of_alpn_any),
      cmocka_unit_test(a_provider_that_waits_sees_it_again),
      cmocka_unit_test(what_is_allowed_is_the_policy_s),
      cmocka_unit_test(without_memory_for_the_offer_it_goes_on),
      cmocka_unit_test(without_memory_for_a_copy_it_ends),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
