/* Proxies in front of a listener: what a transcript cannot show. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <shako/shako.h>

#include "support/failing_memory.h"
#include "support/fake_engine.h"
#include "support/octets.h"

#define COUNT(ARRAY) (sizeof(ARRAY) / sizeof((ARRAY)[0]))
#define NOW          1000

#define HEADER "PROXY TCP4 198.51.100.7 203.0.113.9 56324 465\r\n"

static shako_span span_of(const char *text) {
  return (shako_span){(const uint8_t *)text, strlen(text)};
}

static shako_peer peer_at(const char *address) {
  shako_peer peer;

  shako_peer_default(&peer);
  assert_int_equal(shako_address_parse(&peer.address, span_of(address)), 0);
  return peer;
}

/* --- who is a proxy --------------------------------------------------------
 */

static int open_with(const char *proxies, bool external, bool implicit,
                     shako_listener **listener, const char **reason) {
  shako_listener_config config;

  shako_listener_config_default(&config);
  config.hostname = "mx.example";
  config.proxies = proxies;
  config.external_tls = external;
  config.implicit_tls = implicit;
  *listener = NULL;
  return shako_listener_new(listener, &config, NULL, reason);
}

/* Whether a peer at |address| has to say a header first: else it is asked
   whether it is to be greeted. */
static bool is_proxy(shako_listener *listener, const char *address) {
  shako_peer peer;
  shako_session *session;
  bool asks;

  shako_peer_default(&peer);
  if (address) {
    peer = peer_at(address);
  }
  assert_int_equal(shako_session_new(&session, listener, &peer, NULL, NOW), 0);
  asks = shako_session_want(session) & SHAKO_WANT_POLL;
  assert_int_equal(shako_session_poll(session, NOW) != NULL, asks);
  shako_session_free(session);
  return !asks;
}

static void c105_proxies_are_those_of_the_configuration(void **state) {
  static const char *const yes[] = {
      "192.0.2.1",  "::ffff:192.0.2.1", "10.0.0.0",    "10.255.255.255",
      "172.16.0.9", "172.16.0.12",      "2001:db8::1", "2001:db8:0:0:ffff::"};
  static const char *const no[] = {"192.0.2.2",   "11.0.0.0",    "172.16.0.8",
                                   "172.16.0.13", "2001:db9::1", NULL};
  shako_listener *listener;
  const char *reason;

  (void)state;
  assert_int_equal(
      open_with(" 192.0.2.1,10.0.0.0/8 172.16.0.9-12 ,\t2001:db8::/32,", false,
                false, &listener, &reason),
      0);
  for (size_t i = 0; i < COUNT(yes); i++) {
    assert_true(is_proxy(listener, yes[i]));
  }
  for (size_t i = 0; i < COUNT(no); i++) {
    assert_false(is_proxy(listener, no[i]));
  }
  shako_listener_unref(listener);
}

static void c105_without_them_nobody_is_one(void **state) {
  static const char *const none[] = {NULL, "", " ,\t"};
  shako_listener *listener;
  const char *reason;

  (void)state;
  for (size_t i = 0; i < COUNT(none); i++) {
    assert_int_equal(open_with(none[i], true, true, &listener, &reason), 0);
    assert_false(is_proxy(listener, "192.0.2.1"));
    shako_listener_unref(listener);
  }
}

/* Who comes by a Unix socket is none of all addresses. */
static void c105_a_peer_without_an_address_is_none(void **state) {
  shako_listener *listener;
  const char *reason;

  (void)state;
  assert_int_equal(open_with("::/0", false, false, &listener, &reason), 0);
  assert_true(is_proxy(listener, "::"));
  assert_true(is_proxy(listener, "192.0.2.1"));
  assert_false(is_proxy(listener, NULL));
  shako_listener_unref(listener);
}

static void c105_what_is_no_address_is_an_error(void **state) {
  static const char *const bad[] = {"proxy.example", "ALL",
                                    "192.0.2.1, x",  "192.0.2.0/33",
                                    "192.0.2.9-1",   "192.0.2.1;",
                                    "fe80::1%2",     "2001:db8::/129",
                                    "192.0.2.1\n",   "192.0.2.0/24 /8"};
  shako_listener *listener;
  const char *reason;

  (void)state;
  for (size_t i = 0; i < COUNT(bad); i++) {
    assert_int_equal(open_with(bad[i], false, false, &listener, &reason),
                     SHAKO_ERR_INVALID_ARGUMENT);
    assert_string_equal(reason, "proxies: not addresses, networks or ranges");
    assert_null(listener);
  }
}

/* Nobody could tell a header from the first octets of the application's own
   TLS. */
static void c110_no_header_before_tls_of_the_application(void **state) {
  shako_listener *listener;
  const char *reason;

  (void)state;
  assert_int_equal(open_with("192.0.2.1", true, true, &listener, &reason),
                   SHAKO_ERR_INVALID_ARGUMENT);
  assert_string_equal(reason,
                      "proxies: the first octets are the application's TLS");
  assert_int_equal(open_with("192.0.2.1", true, false, &listener, &reason), 0);
  shako_listener_unref(listener);
}

/* --- a connection from one --------------------------------------------------
 */

typedef struct world {
  fake_context context;
  fake_counters counters;
  fake_certificate certificate;
  fake_provider provider;
  shako_listener *listener;
  shako_session *session;
  octets events; /* their types */
  octets heard;
} world;

static void *take(size_t size, void *user_data) {
  void *block = failing_now_ours() ? NULL : malloc(size);

  (void)user_data;
  failing.live += block != NULL;
  return block;
}

static void give(void *block, size_t size, void *user_data) {
  (void)user_data;
  failing.live--;
  free(memset(block, 0xdd, size));
}

/* Returns whether there was memory for it. */
static bool open_world(world *w, bool implicit, shako_hat *hat) {
  const shako_mem mem = {NULL, take, give};
  shako_certificate_provider certificates;
  shako_listener_config config;
  const char *reason;

  memset(w, 0, sizeof(*w));
  fake_certificate_init(&w->certificate);
  w->provider.certificate = &w->certificate;
  w->context.counters = &w->counters;
  fake_provider_fill(&w->provider, &certificates);
  shako_listener_config_default(&config);
  config.hostname = "mx.example";
  config.engine = &fake_engine;
  config.context = &w->context;
  config.certificates = &certificates;
  config.implicit_tls = implicit;
  config.proxies = "192.0.2.1";
  config.hat = hat;
  return shako_listener_new(&w->listener, &config, &mem, &reason) == 0;
}

static void close_world(world *w) {
  shako_session_free(w->session);
  shako_listener_unref(w->listener);
  assert_int_equal(w->counters.misuses, 0);
  octets_free(&w->events);
  octets_free(&w->heard);
}

static bool connect_named(world *w) {
  shako_peer peer = peer_at("192.0.2.1");

  peer.port = 4711;
  peer.local_port = 25;
  peer.name_state = SHAKO_NAME_VERIFIED;
  peer.name = span_of("proxy.corp.example");
  peer.score_state = SHAKO_SCORE_KNOWN;
  peer.owner_asked = 1;
  peer.lists_asked = UINT64_MAX;
  return shako_session_new(&w->session, w->listener, &peer, NULL, NOW) == 0;
}

/* Polls, accepts and sends as long as there is something to do. */
static void settle(world *w) {
  unsigned want;

  while ((want = shako_session_want(w->session)) &
         (SHAKO_WANT_POLL | SHAKO_WANT_SEND)) {
    const shako_event *event = NULL;

    if (want & SHAKO_WANT_POLL) {
      event = shako_session_poll(w->session, NOW);
    } else {
      size_t len;
      const uint8_t *at = shako_session_send_buf(w->session, &len);

      octets_add(&w->heard, at, at ? len : 0);
      (void)shako_session_send_ack(w->session, at ? len : 0);
    }
    if (event) {
      octets_print(&w->events, " %d", event->type);
      if (event->question) {
        (void)shako_session_accept(w->session, event->question);
      }
    }
  }
}

static void say(world *w, const void *what, size_t len) {
  size_t n;

  (void)shako_session_push(w->session, what, len, &n);
  settle(w);
}

static void check_address(const shako_address *address, const char *want) {
  char text[SHAKO_ADDRESS_TEXT_SIZE];

  shako_address_format(address, text);
  assert_string_equal(text, want);
}

/* The peer is as announced, and of it nothing is known. */
static void check_announced(const world *w, const char *source,
                            const char *destination, uint16_t source_port,
                            uint16_t destination_port) {
  const shako_peer *peer = shako_session_peer(w->session);
  shako_record record;

  shako_session_record(w->session, &record);
  assert_int_equal(record.proxied, 1);
  assert_ptr_equal(record.peer, peer);
  check_address(&peer->address, source);
  check_address(&peer->local_address, destination);
  assert_int_equal(peer->port, source_port);
  assert_int_equal(peer->local_port, destination_port);
  assert_int_equal(peer->name_state, SHAKO_NAME_UNASKED);
  assert_int_equal(peer->name.len, 0);
  assert_int_equal(peer->score_state, SHAKO_SCORE_UNASKED);
  assert_int_equal(peer->owner_asked, 0);
  assert_true(peer->lists_asked == 0);
}

static void c107_the_peer_is_the_one_announced(void **state) {
  world w;

  (void)state;
  assert_true(open_world(&w, false, NULL));
  assert_true(connect_named(&w));
  say(&w, HEADER, strlen(HEADER));
  assert_string_equal(octets_text(&w.heard), "220 mx.example ESMTP\r\n");
  check_announced(&w, "198.51.100.7", "203.0.113.9", 56324, 465);
  close_world(&w);
}

static void c111_a_unix_socket_has_no_address(void **state) {
  uint8_t header[16 + 216] = "\r\n\r\n\0\r\nQUIT\n\x21\x31\0\xd8/run/a";
  world w;

  (void)state;
  assert_true(open_world(&w, false, NULL));
  assert_true(connect_named(&w));
  say(&w, header, sizeof(header));
  check_announced(&w, "unknown", "unknown", 0, 0);
  close_world(&w);
}

/* LOCAL and UNKNOWN: all is as it was. */
static void c108_the_proxy_is_its_own_peer(void **state) {
  static const char *const headers[] = {"PROXY UNKNOWN\r\n",
                                        "\r\n\r\n\0\r\nQUIT\n\x20\0\0\0"};
  static const size_t lens[] = {15, 16};

  (void)state;
  for (size_t i = 0; i < COUNT(headers); i++) {
    shako_record record;
    world w;

    assert_true(open_world(&w, false, NULL));
    assert_true(connect_named(&w));
    say(&w, headers[i], lens[i]);
    assert_string_equal(octets_text(&w.heard), "220 mx.example ESMTP\r\n");
    shako_session_record(w.session, &record);
    assert_int_equal(record.proxied, 0);
    check_address(&record.peer->address, "192.0.2.1");
    assert_int_equal(record.peer->port, 4711);
    assert_int_equal(record.peer->name.len, 18);
    close_world(&w);
  }
}

/* What is behind the header is the peer's, to the octet, however it is cut. */
static void t52_a_header_and_a_client_hello_in_one_read(void **state) {
  uint8_t flight[256];
  size_t len = strlen(HEADER);

  (void)state;
  memcpy(flight, HEADER, len);
  len += fake_record(flight + len, FAKE_HANDSHAKE, "HELLO", 5);
  for (size_t cut = 0; cut <= len; cut++) {
    world w;

    assert_true(open_world(&w, true, NULL));
    assert_true(connect_named(&w));
    if (cut > 0) {
      say(&w, flight, cut);
    }
    if (cut < strlen(HEADER)) {
      assert_string_equal(octets_text(&w.events), "");
      assert_int_equal(w.heard.len, 0);
      assert_int_equal(w.counters.inits, 0);
    }
    if (cut < len) {
      say(&w, flight + cut, len - cut);
    }
    assert_non_null(shako_session_tls(w.session));
    assert_int_equal(shako_session_tls(w.session)->version, 0x0304);
    assert_string_equal(octets_text(&w.events), " 7 2"); /* TLS, CONNECT */
    close_world(&w);
  }
}

/* A connection counts for who is announced: one from each network, and as many
   of the proxy's as want. */
static void c106_the_announced_peer_is_counted(void **state) {
  static const struct row {
    const char *header;
    const char *heard;
  } rows[] = {
      {"PROXY TCP4 198.51.100.7 1.1.1.1 1 1\r\n", "220 "},
      {"PROXY TCP4 198.51.100.8 1.1.1.1 1 1\r\n", "220 "},
      {"PROXY TCP4 198.51.100.7 1.1.1.1 1 1\r\n", "421 "},
      {"", ""},
      {"", ""},
  };
  static const char table[] = "$A ACCEPT { max_concurrency = 1 }\nALL $A\n";
  shako_session *sessions[COUNT(rows)];
  shako_place place;
  shako_hat *hat;
  world w;

  (void)state;
  assert_int_equal(shako_hat_read(&hat, span_of(table), NULL, NULL, &place), 0);
  assert_true(open_world(&w, false, hat));
  for (size_t i = 0; i < COUNT(rows); i++) {
    assert_true(connect_named(&w));
    sessions[i] = w.session;
    octets_clear(&w.heard);
    say(&w, rows[i].header, strlen(rows[i].header));
    assert_memory_equal(octets_text(&w.heard), rows[i].heard,
                        strlen(rows[i].heard));
  }
  for (size_t i = 0; i < COUNT(rows); i++) {
    shako_session_free(sessions[i]);
  }
  w.session = NULL;
  close_world(&w);
  shako_hat_unref(hat);
}

static void play(bool refused) {
  world w;
  size_t live = failing.live;

  failing.armed = true;
  if (open_world(&w, true, NULL) && connect_named(&w)) {
    uint8_t hello[16];

    say(&w, HEADER, strlen(HEADER));
    say(&w, hello, fake_record(hello, FAKE_HANDSHAKE, "HELLO", 5));
    assert_true(shako_session_want(w.session) != 0);
    if (!refused) {
      check_announced(&w, "198.51.100.7", "203.0.113.9", 56324, 465);
    }
  } else {
    assert_true(refused);
  }
  failing.armed = false;
  close_world(&w);
  assert_int_equal(failing.live, live);
}

static void whichever_allocation_fails_nothing_is_left(void **state) {
  (void)state;
  failing.ours = true;
  for (int i = 0; i < 2; i++) {
    failing.onwards = i == 1;
    assert_in_range(failing_for_each(play, 1), 10, 1000);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(c105_proxies_are_those_of_the_configuration),
      cmocka_unit_test(c105_without_them_nobody_is_one),
      cmocka_unit_test(c105_a_peer_without_an_address_is_none),
      cmocka_unit_test(c105_what_is_no_address_is_an_error),
      cmocka_unit_test(c110_no_header_before_tls_of_the_application),
      cmocka_unit_test(c107_the_peer_is_the_one_announced),
      cmocka_unit_test(c111_a_unix_socket_has_no_address),
      cmocka_unit_test(c108_the_proxy_is_its_own_peer),
      cmocka_unit_test(t52_a_header_and_a_client_hello_in_one_read),
      cmocka_unit_test(c106_the_announced_peer_is_counted),
      cmocka_unit_test(whichever_allocation_fails_nothing_is_left),
  };

  return cmocka_run_group_tests_name("proxies", tests, NULL, NULL);
}
