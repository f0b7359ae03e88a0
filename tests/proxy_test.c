#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/ascii.h"
#include "smtp/proxy.h"

#define OCTETS(TEXT)                                                           \
  { (const uint8_t *)(TEXT), sizeof(TEXT) - 1 }
#define COUNT(ARRAY) (sizeof(ARRAY) / sizeof((ARRAY)[0]))

#define MORE SHAKO__PROXY_MORE
#define DONE SHAKO__PROXY_DONE
#define BAD  SHAKO__PROXY_BAD
#define MAX  SHAKO__PROXY_V2_MAX

/* Reads the first |n| octets of |text| from memory of just that size. */
static shako__proxy_result read_part(shako_span text, size_t n, size_t max,
                                     shako__proxy *proxy) {
  static const uint8_t none[1];
  uint8_t *own = n > 0 ? malloc(n) : NULL;
  shako__proxy_result result;

  if (own) {
    memcpy(own, text.ptr, n);
  }
  result = shako__proxy_read((shako_span){own ? own : none, n}, max, proxy);
  free(own);
  return result;
}

/* |text| is a header: it is wanted up to its last octet, and not one of what
   follows is taken. */
static shako__proxy check_good(shako_span text, size_t max) {
  uint8_t octets[2000];
  shako__proxy proxy;
  size_t n;

  for (n = 0; n < text.len; n++) {
    assert_int_equal(read_part(text, n, max, &proxy), MORE);
  }
  memcpy(octets, text.ptr, text.len);
  memcpy(octets + text.len, "\x16\x03\x01\r\nPROXY ", 11);
  for (n = text.len + 11; n >= text.len; n--) {
    assert_int_equal(read_part((shako_span){octets, n}, n, max, &proxy), DONE);
    assert_int_equal(proxy.len, text.len);
  }
  assert_int_equal(shako__proxy_read(text, max, &proxy), DONE);
  return proxy;
}

/* |text| is none, and once that is seen it stays so. */
static void check_bad(shako_span text, size_t max, const char *why) {
  shako__proxy_result last = MORE;
  shako__proxy proxy;
  size_t n;

  for (n = 0; n <= text.len; n++) {
    shako__proxy_result result = read_part(text, n, max, &proxy);

    if (result == DONE || (last == BAD && result != BAD) ||
        (result == BAD) != (proxy.what != NULL)) {
      fail_msg("%s, at %zu", why, n);
    }
    last = result;
  }
  if (last != BAD) {
    fail_msg("%s", why);
  }
}

static void check_address(const shako_address *address, const char *want) {
  char text[SHAKO_ADDRESS_TEXT_SIZE];

  shako_address_format(address, text);
  assert_string_equal(text, want);
}

static void c107_a_line_is_read(void **state) {
  static const struct row {
    const char *text;
    shako__proxy_kind kind;
    const char *source;
    const char *destination;
    uint16_t source_port;
    uint16_t destination_port;
  } rows[] = {
      {"PROXY TCP4 192.0.2.7 198.51.100.1 56324 25\r\n", SHAKO__PROXY_IP,
       "192.0.2.7", "198.51.100.1", 56324, 25},
      {"PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n",
       SHAKO__PROXY_IP, "255.255.255.255", "255.255.255.255", 65535, 65535},
      {"PROXY TCP4 0.0.0.0 0.0.0.0 0 0\r\n", SHAKO__PROXY_IP, "0.0.0.0",
       "0.0.0.0", 0, 0},
      {"PROXY TCP6 2001:db8::1 2001:DB8:0:0:0:0:0:2 1 25\r\n", SHAKO__PROXY_IP,
       "2001:db8::1", "2001:db8::2", 1, 25},
      {"PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
       "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
       SHAKO__PROXY_IP, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
       "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 65535, 65535},
      {"PROXY TCP6 ::ffff:192.0.2.7 fe80::1 1 2\r\n", SHAKO__PROXY_IP,
       "192.0.2.7", "fe80::1", 1, 2},
      {"PROXY UNKNOWN\r\n", SHAKO__PROXY_OWN, "unknown", "unknown", 0, 0},
      {"PROXY UNKNOWN ffff:f...f:ffff \n 65535\r\n", SHAKO__PROXY_OWN,
       "unknown", "unknown", 0, 0},
  };
  size_t i;

  (void)state;
  for (i = 0; i < COUNT(rows); i++) {
    shako__proxy proxy = check_good(shako__span(rows[i].text), MAX);

    assert_int_equal(proxy.kind, rows[i].kind);
    assert_false(proxy.datagram);
    assert_int_equal(proxy.tlvs.len, 0);
    check_address(&proxy.source, rows[i].source);
    check_address(&proxy.destination, rows[i].destination);
    assert_int_equal(proxy.source_port, rows[i].source_port);
    assert_int_equal(proxy.destination_port, rows[i].destination_port);
  }
}

static void c107_what_is_no_such_line_is_refused(void **state) {
  static const struct row {
    shako_span text;
    const char *why;
  } rows[] = {
      {OCTETS("EHLO a\r\n"), "a command"},
      {OCTETS("\x16\x03\x01"), "TLS"},
      {OCTETS("GET / HTTP/1.1\r\n"), "HTTP"},
      {OCTETS(" PROXY UNKNOWN\r\n"), "a space before"},
      {OCTETS("\r\nPROXY UNKNOWN\r\n"), "a line end before"},
      {OCTETS("proxy UNKNOWN\r\n"), "lower case"},
      {OCTETS("PROXY\r\n"), "nothing behind"},
      {OCTETS("PROXY \r\n"), "nothing behind the space"},
      {OCTETS("PROXY\tUNKNOWN\r\n"), "a tab"},
      {OCTETS("PROXY  UNKNOWN\r\n"), "two spaces"},
      {OCTETS("PROXY UNKNOWNS\r\n"), "more than UNKNOWN"},
      {OCTETS("PROXY unknown\r\n"), "lower case"},
      {OCTETS("PROXY TCP5 192.0.2.7 192.0.2.8 1 2\r\n"), "no such family"},
      {OCTETS("PROXY tcp4 192.0.2.7 192.0.2.8 1 2\r\n"), "lower case"},
      {OCTETS("PROXY TCP4\r\n"), "no addresses"},
      {OCTETS("PROXY TCP4 192.0.2.7\r\n"), "one address"},
      {OCTETS("PROXY TCP4 192.0.2.7 192.0.2.8\r\n"), "no ports"},
      {OCTETS("PROXY TCP4 192.0.2.7 192.0.2.8 1\r\n"), "one port"},
      {OCTETS("PROXY TCP4 192.0.2.7 192.0.2.8 1 2 3\r\n"), "three ports"},
      {OCTETS("PROXY TCP4 192.0.2.7 192.0.2.8 1 2 \r\n"), "a space behind"},
      {OCTETS("PROXY TCP4  192.0.2.7 192.0.2.8 1 2\r\n"), "two spaces"},
      {OCTETS("PROXY TCP4 192.0.2.7 192.0.2.8 1  2\r\n"), "two spaces"},
      {OCTETS("PROXY TCP4 192.0.2.7 192.0.2.8 1\t2\r\n"), "a tab"},
      {OCTETS("PROXY TCP4 192.0.2.7,192.0.2.8 1 2\r\n"), "a comma"},
      {OCTETS("PROXY TCP4 192.0.2.256 192.0.2.8 1 2\r\n"), "over 255"},
      {OCTETS("PROXY TCP4 192.0.2 192.0.2.8 1 2\r\n"), "three numbers"},
      {OCTETS("PROXY TCP4 192.0.02.7 192.0.2.8 1 2\r\n"), "a leading zero"},
      {OCTETS("PROXY TCP4 ::1 192.0.2.8 1 2\r\n"), "IPv6 where IPv4 is said"},
      {OCTETS("PROXY TCP4 192.0.2.7 ::1 1 2\r\n"), "IPv6 where IPv4 is said"},
      {OCTETS("PROXY TCP6 192.0.2.7 ::1 1 2\r\n"), "IPv4 where IPv6 is said"},
      {OCTETS("PROXY TCP6 ::1 192.0.2.7 1 2\r\n"), "IPv4 where IPv6 is said"},
      {OCTETS("PROXY TCP6 fe80::1%1 ::1 1 2\r\n"), "t57: a scope"},
      {OCTETS("PROXY TCP6 fe80::1%lo0 ::1 1 2\r\n"), "t57: a scope"},
      {OCTETS("PROXY TCP6 [IPv6:::1] ::1 1 2\r\n"), "a literal"},
      {OCTETS("PROXY TCP4 [192.0.2.7] 192.0.2.8 1 2\r\n"), "a literal"},
      {OCTETS("PROXY TCP6 1:::2 ::1 1 2\r\n"), "three colons"},
      {OCTETS("PROXY TCP4 192.0.2.7 192.0.2.8 65536 2\r\n"), "over 65535"},
      {OCTETS("PROXY TCP4 192.0.2.7 192.0.2.8 1 65536\r\n"), "over 65535"},
      {OCTETS("PROXY TCP4 192.0.2.7 192.0.2.8 01 2\r\n"), "a leading zero"},
      {OCTETS("PROXY TCP4 192.0.2.7 192.0.2.8 00 2\r\n"), "a leading zero"},
      {OCTETS("PROXY TCP4 192.0.2.7 192.0.2.8 -1 2\r\n"), "minus"},
      {OCTETS("PROXY TCP4 192.0.2.7 192.0.2.8 +1 2\r\n"), "plus"},
      {OCTETS("PROXY TCP4 192.0.2.7 192.0.2.8 1 2x\r\n"), "a letter"},
      {OCTETS("PROXY TCP4 192.0.2.7 192.0.2.8 1 2\n\r\n"), "LF before CRLF"},
      {OCTETS("PROXY TCP4 192.0.2.7 192.0.2.8 1 2\r\r\n"), "CR before CRLF"},
      {OCTETS("PROXY TCP4 192.0.2.7 192.0.2.8 1 2\0\r\n"), "NUL before CRLF"},
      {OCTETS("PROXY TCP4 192.0.2.7\0 192.0.2.8 1 2\r\n"), "NUL inside"},
      {OCTETS("PROXY UNIX /a /b\r\n"), "a Unix socket"},
  };
  size_t i;

  (void)state;
  for (i = 0; i < COUNT(rows); i++) {
    check_bad(rows[i].text, MAX, rows[i].why);
  }
}

/* Only CRLF ends it, and that among the first 107 octets. */
static void t53_a_line_has_107_octets(void **state) {
  uint8_t octets[200];
  size_t len;

  (void)state;
  memset(octets, 'x', sizeof(octets));
  memcpy(octets, "PROXY UNKNOWN ", 14);
  memcpy(octets + 105, "\r\n", 2);
  check_good((shako_span){octets, 107}, MAX);
  for (len = 106; len < sizeof(octets) - 2; len++) {
    memcpy(octets + 105, "xxx", 3);
    memcpy(octets + len, "\r\n", 2);
    check_bad((shako_span){octets, len + 2}, MAX, "over 107 octets");
    octets[len] = 'x';
  }
  memset(octets + 14, '\n', sizeof(octets) - 14);
  check_bad((shako_span){octets, 107}, MAX, "LF alone");
  memset(octets + 14, '\r', sizeof(octets) - 14);
  check_bad((shako_span){octets, 107}, MAX, "CR alone");
}

/* A header of version 2 that is put together. */
typedef struct draft {
  uint8_t octets[1200];
  size_t len;
} draft;

static void add(draft *to, const void *octets, size_t len) {
  memcpy(to->octets + to->len, octets, len);
  to->len += len;
  to->octets[14] = (uint8_t)((to->len - 16) >> 8);
  to->octets[15] = (uint8_t)(to->len - 16);
}

static void add_tlv(draft *to, uint8_t type, const void *value, size_t len) {
  uint8_t head[] = {type, (uint8_t)(len >> 8), (uint8_t)len};

  add(to, head, 3);
  add(to, value, len);
}

static draft begin(uint8_t command, uint8_t family) {
  draft made = {.len = 16};

  memcpy(made.octets, "\r\n\r\n\0\r\nQUIT\n", 12);
  made.octets[12] = command;
  made.octets[13] = family;
  return made;
}

static draft begin_ipv4(void) {
  draft made = begin(0x21, 0x11);

  add(&made, "\xc0\x00\x02\x07\xc6\x33\x64\x01\xdc\x04\x00\x19", 12);
  return made;
}

static shako_span span_of(const draft *from) {
  return (shako_span){from->octets, from->len};
}

static void c108_addresses_are_read(void **state) {
  static const uint8_t ipv6[36] = {
      0x20, 0x01, 0x0d, 0xb8, 0,    0,    0,    0,    0,    0,    0,    0,
      0,    0,    0,    1,    0x20, 0x01, 0x0d, 0xb8, 0,    0,    0,    0,
      0,    0,    0,    0,    0,    0,    0,    2,    0x01, 0x02, 0x00, 0x19};
  draft made = begin_ipv4();
  shako__proxy proxy = check_good(span_of(&made), MAX);

  (void)state;
  assert_int_equal(proxy.kind, SHAKO__PROXY_IP);
  assert_false(proxy.datagram);
  check_address(&proxy.source, "192.0.2.7");
  check_address(&proxy.destination, "198.51.100.1");
  assert_int_equal(proxy.source_port, 56324);
  assert_int_equal(proxy.destination_port, 25);

  made = begin(0x21, 0x21);
  add(&made, ipv6, sizeof(ipv6));
  proxy = check_good(span_of(&made), MAX);
  assert_int_equal(proxy.kind, SHAKO__PROXY_IP);
  check_address(&proxy.source, "2001:db8::1");
  check_address(&proxy.destination, "2001:db8::2");
  assert_int_equal(proxy.source_port, 0x0102);
  assert_int_equal(proxy.destination_port, 25);
}

/* Each octet of command and each of family, with enough behind them for any
   address. */
static void c108_what_is_not_specified_is_refused(void **state) {
  static const uint8_t zeroes[216];
  unsigned command, family;

  (void)state;
  for (command = 0; command < 256; command++) {
    for (family = 0; family < 256; family++) {
      draft made = begin((uint8_t)command, (uint8_t)family);
      bool local = command == 0x20;
      bool known = (family >> 4) <= 3 && (family & 15) <= 2;
      bool own = local || (family >> 4) == 0 || (family & 15) == 0;
      shako__proxy proxy;
      shako__proxy_result result;

      add(&made, zeroes, sizeof(zeroes));
      result = shako__proxy_read(span_of(&made), MAX, &proxy);
      assert_int_equal(result,
                       local || (command == 0x21 && known) ? DONE : BAD);
      if (result == DONE) {
        assert_int_equal(proxy.kind, own                  ? SHAKO__PROXY_OWN
                                     : (family >> 4) == 3 ? SHAKO__PROXY_UNIX
                                                          : SHAKO__PROXY_IP);
        assert_int_equal(proxy.datagram, !own && (family & 15) == 2);
        assert_int_equal(proxy.source.known, proxy.kind == SHAKO__PROXY_IP);
        assert_int_equal(proxy.len, made.len);
      }
    }
  }
}

static void c108_what_local_brings_is_skipped(void **state) {
  draft made = begin(0x20, 0xff);
  shako__proxy proxy;

  (void)state;
  assert_int_equal(check_good(span_of(&made), MAX).kind, SHAKO__PROXY_OWN);
  add(&made, "\x03\xff\xff garbage", 11);
  proxy = check_good(span_of(&made), MAX);
  assert_int_equal(proxy.kind, SHAKO__PROXY_OWN);
  assert_int_equal(proxy.tlvs.len, 0);
  assert_false(proxy.source.known);
}

static void t53_a_version_2_is_as_long_as_it_says_and_may_be(void **state) {
  static const uint8_t zeroes[600];
  static const struct row {
    uint8_t family;
    size_t len;
  } rows[] = {{0x11, 12}, {0x12, 12}, {0x21, 36}, {0x22, 36}, {0x31, 216}};
  draft made;
  size_t i, len;

  (void)state;
  for (i = 0; i < COUNT(rows); i++) {
    for (len = 0; len <= rows[i].len; len++) {
      made = begin(0x21, rows[i].family);
      add(&made, zeroes, len);
      if (len == rows[i].len) {
        check_good(span_of(&made), MAX);
      } else {
        check_bad(span_of(&made), MAX, "too short for its addresses");
      }
    }
  }
  made = begin(0x20, 0);
  add(&made, zeroes, 520);
  check_good(span_of(&made), MAX);
  add(&made, zeroes, 1);
  check_bad(span_of(&made), MAX, "over 536 octets");
  check_good(span_of(&made), 537);
  /* little-endian, it would be short */
  made = begin(0x20, 0);
  add(&made, zeroes, 1);
  made.octets[14] = 1;
  made.octets[15] = 0;
  assert_int_equal(shako__proxy_read(span_of(&made), MAX, &(shako__proxy){0}),
                   MORE);
  /* the length alone says it, before what it counts is there */
  made.octets[14] = 0xff;
  check_bad(span_of(&made), MAX, "a length of 65280");
}

static void c108_tlvs_are_walked(void **state) {
  draft made = begin_ipv4();
  shako__proxy proxy;
  shako_span tlvs, value;
  uint8_t type = 0;

  (void)state;
  add_tlv(&made, 0x01, "smtp", 4);
  add_tlv(&made, 0xea, "", 0);
  add_tlv(&made, 0x04, "\0\0\0", 3);
  assert_int_equal(shako__proxy_read(span_of(&made), MAX, &proxy), DONE);
  tlvs = proxy.tlvs;
  assert_true(shako__proxy_tlv(&tlvs, &type, &value));
  assert_int_equal(type, 1);
  assert_int_equal(value.len, 4);
  assert_memory_equal(value.ptr, "smtp", 4);
  assert_true(shako__proxy_tlv(&tlvs, &type, &value));
  assert_int_equal(type, 0xea);
  assert_int_equal(value.len, 0);
  assert_true(shako__proxy_tlv(&tlvs, &type, &value));
  assert_int_equal(type, 4);
  assert_false(shako__proxy_tlv(&tlvs, &type, &value));
  assert_int_equal(tlvs.len, 0);
}

static void t53_tlvs_do_not_run_over_the_end(void **state) {
  static const struct row {
    shako_span tlvs;
    const char *why;
  } rows[] = {
      {OCTETS("\x01"), "a type"},
      {OCTETS("\x01\0"), "half a length"},
      {OCTETS("\x01\0\x01"), "no value"},
      {OCTETS("\x01\0\x05smtp"), "one octet too few"},
      {OCTETS("\x01\0\x04smtp\x01"), "a type behind a good one"},
      {OCTETS("\x01\xff\xffsmtp"), "far too few"},
      {OCTETS("\x04\0\x03\0\0\0\0"), "an octet behind a good one"},
  };
  size_t i;

  (void)state;
  for (i = 0; i < COUNT(rows); i++) {
    draft made = begin_ipv4();

    add(&made, rows[i].tlvs.ptr, rows[i].tlvs.len);
    check_bad(span_of(&made), MAX, rows[i].why);
  }
}

/* As a load balancer sent it, with its own checksum. */
static void c109_a_checksum_is_right(void **state) {
  static const uint8_t zeroes[36];
  draft made = begin(0x21, 0x11);
  shako__proxy proxy;
  size_t i;

  (void)state;
  add(&made, "\xac\x1f\x07\x71\xac\x1f\x0a\x1f\xc8\xf2\x00\x50", 12);
  add_tlv(&made, 0x03, "\xe8\xd6\x89\x2d", 4);
  add_tlv(&made, 0xea, "\x01vpce-08d2bf15fac5001c9", 23);
  add_tlv(&made, 0x04, zeroes, sizeof(zeroes));
  proxy = check_good(span_of(&made), MAX);
  check_address(&proxy.source, "172.31.7.113");
  /* any bit that is another, but for those that say what it is */
  for (i = 16 * 8; i < made.len * 8; i++) {
    draft other = made;

    other.octets[i / 8] ^= (uint8_t)(1u << i % 8);
    if (i / 8 >= 28 && i / 8 <= 30) {
      continue;
    }
    assert_int_equal(shako__proxy_read(span_of(&other), MAX, &proxy), BAD);
  }
}

static void c109_a_checksum_is_one_of_four_octets(void **state) {
  draft made = begin_ipv4();

  (void)state;
  add_tlv(&made, 0x03, "\0\0\0", 3);
  check_bad(span_of(&made), MAX, "three octets");
  made = begin_ipv4();
  add_tlv(&made, 0x03, "", 0);
  check_bad(span_of(&made), MAX, "none");
  made = begin_ipv4();
  add_tlv(&made, 0x03, "\0\0\0\0\0", 5);
  check_bad(span_of(&made), MAX, "five octets");
  made = begin_ipv4();
  add_tlv(&made, 0x03, "\0\0\0\0", 4);
  check_bad(span_of(&made), MAX, "zeroes");
}

/* Each of them is right where the other counts as it stands. */
static void c109_two_checksums_are_refused(void **state) {
  draft made = begin_ipv4();

  (void)state;
  add_tlv(&made, 0x03, "\xbc\x3b\xd5\x78", 4);
  add_tlv(&made, 0x03, "\x8c\xfc\x1a\xdc", 4);
  check_bad(span_of(&made), MAX, "two");
}

/* Each octet of a good header replaced by each other: never a part that is
   beyond it. */
static void t52_no_header_is_longer_than_what_is_in_hand(void **state) {
  draft made = begin_ipv4();
  size_t at;
  unsigned octet;

  (void)state;
  add_tlv(&made, 0x01, "smtp", 4);
  for (at = 0; at < made.len; at++) {
    for (octet = 0; octet < 256; octet++) {
      draft other = made;
      shako__proxy proxy;
      size_t n;

      other.octets[at] = (uint8_t)octet;
      for (n = 0; n <= made.len; n += 1 + n / 16) {
        if (read_part(span_of(&other), n, MAX, &proxy) == DONE) {
          assert_true(proxy.len <= n);
        }
      }
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(c107_a_line_is_read),
      cmocka_unit_test(c107_what_is_no_such_line_is_refused),
      cmocka_unit_test(t53_a_line_has_107_octets),
      cmocka_unit_test(c108_addresses_are_read),
      cmocka_unit_test(c108_what_is_not_specified_is_refused),
      cmocka_unit_test(c108_what_local_brings_is_skipped),
      cmocka_unit_test(t53_a_version_2_is_as_long_as_it_says_and_may_be),
      cmocka_unit_test(c108_tlvs_are_walked),
      cmocka_unit_test(t53_tlvs_do_not_run_over_the_end),
      cmocka_unit_test(c109_a_checksum_is_right),
      cmocka_unit_test(c109_a_checksum_is_one_of_four_octets),
      cmocka_unit_test(c109_two_checksums_are_refused),
      cmocka_unit_test(t52_no_header_is_longer_than_what_is_in_hand),
  };

  return cmocka_run_group_tests_name("proxy", tests, NULL, NULL);
}
