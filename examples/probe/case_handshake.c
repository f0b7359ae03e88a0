/* Handshakes that must fail, and then end the connection without another word
   in the clear; and odd ones that must not. */
#include <string.h>

#include "cases.h"
#include "client_hello.h"
#include "talk.h"

#define CLEAR_TEXT "NOOP\r\nEHLO probe.example\r\n"

/* Sends what is no handshake and clear text behind it. */
static bool play(probe *p, const void *octets, size_t len) {
  if (!talk_before_tls(p)) {
    return false;
  }
  wire_send_raw(&p->wire, octets, len);
  wire_send_raw(&p->wire, CLEAR_TEXT, strlen(CLEAR_TEXT));
  return talk_no_clear_text(p);
}

#define GARBAGE(text)                                                          \
  { text, sizeof(text) - 1 }

bool handshake_garbage(probe *p, const probe_case *c) {
  static const struct {
    const char *octets;
    size_t len;
  } garbage[] = {
      GARBAGE("QUIT\r\n"),
      GARBAGE("GET / HTTP/1.1\r\n\r\n"),
      GARBAGE("\x16\x03\x01\x00\x05hello"),
      GARBAGE("\x16\x03\x01\xff\xff"),
      GARBAGE("\x15\x03\x01\x00\x02\x02\x28"),
      GARBAGE("\x17\x03\x03\x00\x06NOOP\r\n"),
      GARBAGE("\0\0\0\0\0\0\0\0"),
  };
  size_t i;

  (void)c;
  for (i = 0; i < sizeof(garbage) / sizeof(garbage[0]); i++) {
    if (!play(p, garbage[i].octets, garbage[i].len)) {
      return false;
    }
  }
  return true;
}

static bool judge_hello(probe *p) {
  return talk_no_clear_text(p) && (!p->wire.records.has_handshake ||
                                   fail(p, "the server goes on with it"));
}

/* Sends a ClientHello that must be refused. */
static bool demand_refused(probe *p, uint16_t version, const uint16_t *suites,
                           size_t count) {
  uint8_t hello[CLIENT_HELLO_MAX];

  if (!talk_before_tls(p)) {
    return false;
  }
  wire_send_raw(&p->wire, hello,
                client_hello_write(hello, version, suites, count));
  return judge_hello(p);
}

/* |c->octets| are the version. */
bool handshake_version(probe *p, const probe_case *c) {
  static const uint16_t suites[] = {0xc014, 0xc00a, 0xc013, 0xc009,
                                    0x0035, 0x002f, 0x000a};

  return demand_refused(p, (uint16_t)(SSL_3 | (uint8_t)c->octets[1]), suites,
                        sizeof(suites) / sizeof(suites[0]));
}

/* NULL, RC4, export and DES. */
bool handshake_weak(probe *p, const probe_case *c) {
  static const uint16_t suites[] = {0x003b, 0x0002, 0x0001, 0xc010, 0xc006,
                                    0x0005, 0x0004, 0xc011, 0xc007, 0x0003,
                                    0x0006, 0x0008, 0x0014, 0x0009, 0x0015};

  (void)c;
  return demand_refused(p, TLS_1_2, suites, sizeof(suites) / sizeof(suites[0]));
}

/* The ClientHello of SSL 2 (RFC 5246 E.2), which may ask for TLS. */
bool handshake_ssl_2(probe *p, const probe_case *c) {
  if (!talk_before_tls(p)) {
    return false;
  }
  wire_send_raw(&p->wire, c->octets, c->len);
  return judge_hello(p);
}

/* |c->octets| are names as the extension has them (RFC 7301 3.1). */
bool handshake_alpn(probe *p, const probe_case *c) {
  if (!talk_before_tls(p)) {
    return false;
  }
  if (wire_handshake(&p->wire, &(wire_tls){.alpn = (const uint8_t *)c->octets,
                                           .alpn_len = (unsigned)c->len})) {
    return fail(p, "the server goes on with it");
  }
  return talk_no_clear_text(p);
}

bool handshake_alpn_smtp(probe *p, const probe_case *c) {
  return talk_before_tls(p) &&
         (wire_handshake(&p->wire,
                         &(wire_tls){.alpn = (const uint8_t *)c->octets,
                                     .alpn_len = (unsigned)c->len}) ||
          fail(p, "the handshake failed"));
}

/* A good ClientHello, then an alert: handshake_failure. */
bool handshake_alert(probe *p, const probe_case *c) {
  uint8_t flight[FIRST_FLIGHT_MAX];
  wire *w = &p->wire;
  size_t len;

  if (!talk_before_tls(p)) {
    return false;
  }
  len = wire_begin_tls(w, &(wire_tls){0}, flight);
  wire_send_raw(w, flight, len);
  wire_receive(w);
  wire_send_raw(w, c->octets, c->len);
  return talk_no_clear_text(p);
}

/* Half a ClientHello, then the end. */
bool handshake_cut(probe *p, const probe_case *c) {
  uint8_t flight[FIRST_FLIGHT_MAX];

  (void)c;
  if (!talk_before_tls(p)) {
    return false;
  }
  wire_send_raw(&p->wire, flight,
                wire_begin_tls(&p->wire, &(wire_tls){0}, flight) / 2);
  return talk_no_clear_text(p);
}

/* A ClientHello of 1 MiB, in records of 16 KiB. */
bool handshake_flood(probe *p, const probe_case *c) {
  static const uint8_t head[] = {22, 3, 1, 0x40, 0};
  uint8_t record[sizeof(head) + 0x4000] = {0};
  size_t i;

  if (!talk_before_tls(p)) {
    return false;
  }
  memcpy(record, head, sizeof(head));
  memcpy(record + sizeof(head), c->octets, c->len);
  for (i = 0; i < 64; i++) {
    wire_send_raw(&p->wire, record, sizeof(record));
    memset(record + sizeof(head), 0, c->len);
  }
  while (wire_receive(&p->wire)) {
  }
  return !p->wire.is_late || fail(p, "the server waits for more");
}

/* Says QUIT inside TLS. */
static bool quit(probe *p) {
  if (p->o->is_smtps && !talk_expect(p, "220")) {
    return false;
  }
  talk_say(p, "QUIT\r\n");
  return talk_rest(p, "221");
}

bool handshake_pieces(probe *p, const probe_case *c) {
  (void)c;
  if (!talk_before_tls(p)) {
    return false;
  }
  if (!wire_handshake(&p->wire, &(wire_tls){.piece = 50})) {
    return fail(p, "the handshake failed");
  }
  return quit(p);
}

/* Whatever becomes of a handshake that asks for an odd name: the server lives
   on. */
bool handshake_names(probe *p, const probe_case *c) {
  static const char *const odd[] = {"a\\",       "a\r\n250 b", "*",
                                    "..",        "\xc3\x28",   "192.0.2.1",
                                    "__proto__", "%s%n"};
  char longest[256];
  size_t i;

  (void)c;
  memset(longest, 'a', 255);
  longest[255] = '\0';
  for (i = 0; i <= sizeof(odd) / sizeof(odd[0]); i++) {
    wire_tls how = {.name = i > 0 ? odd[i - 1] : longest};

    if (!talk_before_tls(p)) {
      return false;
    }
    if (!(wire_handshake(&p->wire, &how) ? quit(p) : talk_no_clear_text(p))) {
      return false;
    }
  }
  return talk_begin(p);
}

bool handshake_clear_text(probe *p, const probe_case *c) {
  return play(p, c->octets, c->len);
}
