#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/ascii.h"
#include "policy/member.h"

#define COUNT(ARRAY) (sizeof(ARRAY) / sizeof((ARRAY)[0]))

static shako__member read_right(const char *text) {
  shako__member member;
  size_t at = SIZE_MAX;
  const char *what;

  memset(&member, 0x5a, sizeof(member));
  what = shako__member_read(&member, shako__span(text), &at);
  if (what != NULL) {
    fail_msg("%s: %s at %u", text, what, (unsigned)at);
  }
  return member;
}

static void write_bytes(char *text, const uint8_t *bytes) {
  shako_address address = {.known = 1};

  memcpy(address.bytes, bytes, sizeof(address.bytes));
  shako_address_format(&address, text);
}

static void addresses_are_from_first_to_last(void **state) {
  static const struct row {
    const char *text;
    const char *first;
    const char *last;
  } rows[] = {
      /* an address */
      {"192.0.2.7", "192.0.2.7", "192.0.2.7"},
      {"0.0.0.0", "0.0.0.0", "0.0.0.0"},
      {"255.255.255.255", "255.255.255.255", "255.255.255.255"},
      /* a partial one */
      {"192.0.2.", "192.0.2.0", "192.0.2.255"},
      {"192.0.2", "192.0.2.0", "192.0.2.255"},
      {"192.0.", "192.0.0.0", "192.0.255.255"},
      {"192.0", "192.0.0.0", "192.0.255.255"},
      {"10.", "10.0.0.0", "10.255.255.255"},
      {"10", "10.0.0.0", "10.255.255.255"},
      {"0", "0.0.0.0", "0.255.255.255"},
      {"255.", "255.0.0.0", "255.255.255.255"},
      /* a range in the last number */
      {"192.0.2.3-9", "192.0.2.3", "192.0.2.9"},
      {"192.0.2.0-255", "192.0.2.0", "192.0.2.255"},
      {"192.0.2.9-9", "192.0.2.9", "192.0.2.9"},
      {"192.0.2-4.", "192.0.2.0", "192.0.4.255"},
      {"192.0.2-4", "192.0.2.0", "192.0.4.255"},
      {"10.1-4.", "10.1.0.0", "10.4.255.255"},
      {"10.1-4", "10.1.0.0", "10.4.255.255"},
      {"10-11.", "10.0.0.0", "11.255.255.255"},
      {"10-11", "10.0.0.0", "11.255.255.255"},
      {"0-255", "0.0.0.0", "255.255.255.255"},
      /* CIDR and its short forms */
      {"192.0.2.0/24", "192.0.2.0", "192.0.2.255"},
      {"192.0.2.7/32", "192.0.2.7", "192.0.2.7"},
      {"192.0.2.7/31", "192.0.2.6", "192.0.2.7"},
      {"192.0.2/24", "192.0.2.0", "192.0.2.255"},
      {"192.0/16", "192.0.0.0", "192.0.255.255"},
      {"192.0/23", "192.0.0.0", "192.0.1.255"},
      {"10/8", "10.0.0.0", "10.255.255.255"},
      {"10/32", "10.0.0.0", "10.0.0.0"},
      {"172.16.0.0/12", "172.16.0.0", "172.31.255.255"},
      {"128/1", "128.0.0.0", "255.255.255.255"},
      {"0/0", "0.0.0.0", "255.255.255.255"},
      /* bits beneath the prefix are no matter */
      {"192.0.2.7/24", "192.0.2.0", "192.0.2.255"},
      {"255.255.255.255/0", "0.0.0.0", "255.255.255.255"},
      {"192.0.2.130/25", "192.0.2.128", "192.0.2.255"},
      /* IPv6 */
      {"2001:db8::1", "2001:db8::1", "2001:db8::1"},
      {"2001:DB8:0:0:0:0:0:1", "2001:db8::1", "2001:db8::1"},
      {"::", "::", "::"},
      {"fe80::1", "fe80::1", "fe80::1"},
      {"64:ff9b::192.0.2.33", "64:ff9b::c000:221", "64:ff9b::c000:221"},
      {"2001:db8::/32", "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"},
      {"2001:db8::1/127", "2001:db8::", "2001:db8::1"},
      {"2001:db8::1/128", "2001:db8::1", "2001:db8::1"},
      {"2001:db8:0:ff::/57",
       "2001:db8:0:80::", "2001:db8:0:ff:ffff:ffff:ffff:ffff"},
      {"8000::/1", "8000::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
      {"::/0", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
      {"ffff::/0", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
      {"2001:db8::1-2001:db8::2:0", "2001:db8::1", "2001:db8::2:0"},
      {"::1-::1", "::1", "::1"},
      {"::-ffff::", "::", "ffff::"},
      /* IPv4 in the form of IPv6 is IPv4 */
      {"::ffff:192.0.2.1", "192.0.2.1", "192.0.2.1"},
      {"::ffff:c000:201", "192.0.2.1", "192.0.2.1"},
      {"::ffff:192.0.2.1/120", "192.0.2.0", "192.0.2.255"},
      {"::ffff:0:0/96", "0.0.0.0", "255.255.255.255"},
      {"::ffff:192.0.2.1-::ffff:192.0.2.9", "192.0.2.1", "192.0.2.9"},
  };
  size_t i;

  (void)state;

  for (i = 0; i < COUNT(rows); i++) {
    shako__member member = read_right(rows[i].text);
    char first[SHAKO_ADDRESS_TEXT_SIZE];
    char last[SHAKO_ADDRESS_TEXT_SIZE];

    assert_int_equal(member.kind, SHAKO__MEMBER_ADDRESSES);
    write_bytes(first, member.first);
    write_bytes(last, member.last);
    if (strcmp(first, rows[i].first) != 0 || strcmp(last, rows[i].last) != 0) {
      fail_msg("%s is %s to %s", rows[i].text, first, last);
    }
  }
}

static uint32_t next_random(uint32_t *seed) {
  *seed ^= *seed << 13;
  *seed ^= *seed >> 17;
  *seed ^= *seed << 5;

  return *seed;
}

static unsigned bit_of(const uint8_t *bytes, unsigned i) {
  return (unsigned)bytes[i / 8] >> (7 - i % 8) & 1;
}

/* Bit for bit. */
static void random_prefixes_keep_what_is_before_them(void **state) {
  uint32_t seed = 4632;
  unsigned n;

  (void)state;

  for (n = 0; n < 20000; n++) {
    bool ipv4 = next_random(&seed) % 2 == 0;
    unsigned bits = next_random(&seed) % (ipv4 ? 33 : 129);
    char text[SHAKO_ADDRESS_TEXT_SIZE + 4];
    uint8_t bytes[16] = {[10] = 0xff, [11] = 0xff};
    shako__member member;
    unsigned i;

    for (i = ipv4 ? 12 : 0; i < 16; i++) {
      bytes[i] = (uint8_t)(next_random(&seed) >> 8);
    }
    bytes[0] |= ipv4 ? 0 : 1;
    write_bytes(text, bytes);
    snprintf(text + strlen(text), 5, "/%u", bits);
    member = read_right(text);
    for (i = 0; i < 128; i++) {
      bool kept = i < (ipv4 ? 96 : 0) + bits;

      if (bit_of(member.first, i) != (kept ? bit_of(bytes, i) : 0) ||
          bit_of(member.last, i) != (kept ? bit_of(bytes, i) : 1)) {
        fail_msg("%s: bit %u", text, i);
      }
    }
  }
}

/* 63 octets. */
#define LABEL "123456789-abcdefghi-123456789_abcdefghi-123456789-abcdefghi-xyz"

static void names_are_in_the_text(void **state) {
  static const struct row {
    const char *text;
    shako__member_kind kind;
    const char *name;
  } rows[] = {
      {"host.example.com", SHAKO__MEMBER_NAME, "host.example.com"},
      {"Host.Example.COM", SHAKO__MEMBER_NAME, "Host.Example.COM"},
      {".example.com", SHAKO__MEMBER_NAME, ".example.com"},
      {"host.example.com.", SHAKO__MEMBER_NAME, "host.example.com"},
      {".example.com.", SHAKO__MEMBER_NAME, ".example.com"},
      {"localhost", SHAKO__MEMBER_NAME, "localhost"},
      {".com", SHAKO__MEMBER_NAME, ".com"},
      {"_smtp.x_y.example", SHAKO__MEMBER_NAME, "_smtp.x_y.example"},
      {"10.0.0.1.example", SHAKO__MEMBER_NAME, "10.0.0.1.example"},
      {"192-0-2-1.example", SHAKO__MEMBER_NAME, "192-0-2-1.example"},
      {"1.2.3.a4", SHAKO__MEMBER_NAME, "1.2.3.a4"},
      {"1.2.3.4a", SHAKO__MEMBER_NAME, "1.2.3.4a"},
      {"xn--caf-dma.example", SHAKO__MEMBER_NAME, "xn--caf-dma.example"},
      {"allied.example", SHAKO__MEMBER_NAME, "allied.example"},
      {"sbo.example", SHAKO__MEMBER_NAME, "sbo.example"},
      {"sbrs.example", SHAKO__MEMBER_NAME, "sbrs.example"},
      {LABEL, SHAKO__MEMBER_NAME, LABEL},
      {"dnslist[bl.example.org]", SHAKO__MEMBER_LIST, "bl.example.org"},
      {"DNSList[BL.example.org.]", SHAKO__MEMBER_LIST, "BL.example.org"},
      {"dnslist[a]", SHAKO__MEMBER_LIST, "a"},
  };
  size_t i;

  (void)state;

  for (i = 0; i < COUNT(rows); i++) {
    const char *text = rows[i].text;
    shako__member member = read_right(text);
    const char *name = (const char *)member.name.ptr;

    assert_int_equal(member.kind, rows[i].kind);
    assert_int_equal(member.name.len, strlen(rows[i].name));
    assert_memory_equal(name, rows[i].name, member.name.len);
    assert_true(name >= text && name + member.name.len <= text + strlen(text));
  }
}

/* Writes |len| octets of labels of one, with a dot before them if |under|. */
static void write_name(char *text, size_t len, bool under) {
  size_t i;

  *text = '.';
  text += under;
  for (i = 0; i < len; i++) {
    text[i] = i % 2 == 0 ? 'a' : '.';
  }
  text[len] = '\0';
}

static void names_have_253_octets_at_the_most(void **state) {
  static const char too_long[] = "a host name over 253 octets";
  shako__member member;
  char text[260];
  size_t at;

  (void)state;

  write_name(text, 253, false);
  assert_int_equal(read_right(text).name.len, 253);
  text[253] = '.'; /* the dot at the end is one more, and no octet of it */
  text[254] = '\0';
  assert_int_equal(read_right(text).name.len, 253);
  write_name(text, 253, true);
  assert_int_equal(read_right(text).name.len, 254);
  write_name(text, 255, false);
  assert_string_equal(shako__member_read(&member, shako__span(text), &at),
                      too_long);
  assert_int_equal(at, 0);
  write_name(text, 255, true);
  assert_string_equal(shako__member_read(&member, shako__span(text), &at),
                      too_long);
  assert_int_equal(at, 1);
  write_name(text, 253, false);
  strcat(text, "b");
  assert_string_equal(shako__member_read(&member, shako__span(text), &at),
                      too_long);
}

static void scores_are_in_tenths(void **state) {
  static const struct row {
    const char *text;
    int low, high;
  } rows[] = {
      {"SBRS[-10.0:10.0]", -100, 100}, {"sbrs[-10:10]", -100, 100},
      {"SBRS[-3.0:-1.0]", -30, -10},   {"Sbrs[-0.1:0.1]", -1, 1},
      {"SBRS[-0:0.0]", 0, 0},          {"SBRS[6.0:10.0]", 60, 100},
      {"SBRS[1.5:1.5]", 15, 15},       {"SBRS[0:9.9]", 0, 99},
  };
  size_t i;

  (void)state;

  for (i = 0; i < COUNT(rows); i++) {
    shako__member member = read_right(rows[i].text);

    assert_int_equal(member.kind, SHAKO__MEMBER_SCORE);
    assert_int_equal(member.low, rows[i].low);
    assert_int_equal(member.high, rows[i].high);
  }
  assert_int_equal(read_right("SBRS[none]").kind, SHAKO__MEMBER_SCORE_NONE);
  assert_int_equal(read_right("sbrs[NONE]").kind, SHAKO__MEMBER_SCORE_NONE);
}

static void the_other_keywords_are_in_any_case(void **state) {
  static const struct row {
    const char *text;
    shako__member_kind kind;
    uint32_t owner;
    shako_name_state unverified;
  } rows[] = {
      {"ALL", SHAKO__MEMBER_ALL, 0, SHAKO_NAME_UNASKED},
      {"all", SHAKO__MEMBER_ALL, 0, SHAKO_NAME_UNASKED},
      {"SBO:1", SHAKO__MEMBER_OWNER, 1, SHAKO_NAME_UNASKED},
      {"sbo:4294967295", SHAKO__MEMBER_OWNER, UINT32_MAX, SHAKO_NAME_UNASKED},
      {"unverified[none]", SHAKO__MEMBER_UNVERIFIED, 0, SHAKO_NAME_NONE},
      {"unverified[temporary]", SHAKO__MEMBER_UNVERIFIED, 0,
       SHAKO_NAME_TEMPORARY},
      {"UNVERIFIED[Mismatch]", SHAKO__MEMBER_UNVERIFIED, 0,
       SHAKO_NAME_MISMATCH},
  };
  size_t i;

  (void)state;

  for (i = 0; i < COUNT(rows); i++) {
    shako__member member = read_right(rows[i].text);

    assert_int_equal(member.kind, rows[i].kind);
    assert_int_equal(member.owner, rows[i].owner);
    assert_int_equal(member.unverified, rows[i].unverified);
  }
}

#define NUMBER_MISSING "a number is missing"
#define ZERO           "a number that begins with a zero"
#define OVER_255       "a number over 255"
#define OVER_32        "a prefix over 32"
#define OVER_128       "a prefix over 128"
#define FIVE           "more than the four numbers of an IPv4 address"
#define BACKWARDS      "a range that runs backwards"
#define RANGE_END      "nothing may follow a range"
#define PREFIX_END     "nothing may follow a prefix"
#define MIXED          "a range between IPv4 and IPv6"
#define MAPPED_PREFIX  "a prefix under 96, though the address is IPv4"
#define SCOPE          "a scope, which no address in a table has"
#define NOT_IPV6       "not an IPv6 address"
#define LABEL_MISSING  "a label is missing"
#define WILDCARD       "no wildcard: .example.com is all names under it"
#define OCTET          "an octet that no host name has"
#define LABEL_LONG     "a label over 63 octets"
#define HYPHEN         "a label that begins or ends with a hyphen"
#define NUMBER_ENDS    "neither an address nor a name: a number ends it"
#define SCORE          "not a score (-10.0 to 10.0, with one decimal)"
#define SECOND         "a colon and a second score are missing"
#define SCORE_END      "nothing may follow the second score"
#define STATE          "neither none, temporary nor mismatch"
#define KEYWORD        "only SBRS, dnslist and unverified have brackets"
#define NO_BRACKET     "a bracket is missing"
#define NO_END         "no bracket ends it"
#define OWNER          "not a network owner: 1 to 4294967295"
#define NO_OWNER       "a colon and a number are missing"

/* A text that is refused. */
typedef struct wrong {
  const char *text;
  size_t at;
  const char *what;
} wrong;

static void check_wrong(const wrong *rows, size_t count) {
  size_t i;

  for (i = 0; i < count; i++) {
    shako__member member;
    size_t at = SIZE_MAX;
    const char *what =
        shako__member_read(&member, shako__span(rows[i].text), &at);

    if (what == NULL || strcmp(what, rows[i].what) != 0 || at != rows[i].at) {
      fail_msg("%s: \"%s\" at %u, not \"%s\" at %u", rows[i].text,
               what == NULL ? "right" : what, (unsigned)at, rows[i].what,
               (unsigned)rows[i].at);
    }
  }
}

static void what_is_no_ipv4_is_said_where_it_is(void **state) {
  static const wrong rows[] = {
      {"256", 0, OVER_255},
      {"192.0.2.256", 8, OVER_255},
      {"192.0.1000.", 6, OVER_255},
      {"10.1-256", 5, OVER_255},
      {"99999999999999999999999", 0, OVER_255},
      {"010", 0, ZERO},
      {"192.00.2.1", 4, ZERO},
      {"10.1-04", 5, ZERO},
      {"10/08", 3, ZERO},
      {"192.0.2.1.5", 9, FIVE},
      {"192.0.2.1.", 9, FIVE},
      {"192..2.1", 4, NUMBER_MISSING},
      {"192.0..", 6, NUMBER_MISSING},
      {".10", 0, NUMBER_MISSING},
      {".", 0, NUMBER_MISSING},
      {"-", 0, NUMBER_MISSING},
      {"/", 0, NUMBER_MISSING},
      {"-4", 0, NUMBER_MISSING},
      {"10.-4", 3, NUMBER_MISSING},
      {"10.1-", 5, NUMBER_MISSING},
      {"10.1--4", 5, NUMBER_MISSING},
      {"10./8", 3, NUMBER_MISSING},
      {"10/", 3, NUMBER_MISSING},
      {"10.4-1", 5, BACKWARDS},
      {"10.4-3.", 5, BACKWARDS},
      {"10.1-4.5", 7, RANGE_END},
      {"10.1-4..", 7, RANGE_END},
      {"192.0.2.1-9.", 11, RANGE_END},
      {"192.0.2.1-192.0.2.9", 13, RANGE_END},
      {"10.0.0.1-10.0.0.9", 11, RANGE_END},
      {"1-2-3", 3, RANGE_END},
      {"10.1-4/16", 6, RANGE_END},
      {"10/33", 3, OVER_32},
      {"192.0.2.0/255.255.255.0", 10, OVER_32},
      {"10/8.", 4, PREFIX_END},
      {"10/8/8", 4, PREFIX_END},
      {"10/8-9", 4, PREFIX_END},
  };

  (void)state;

  check_wrong(rows, COUNT(rows));
}

static void what_is_no_ipv6_is_said_where_it_is(void **state) {
  static const wrong rows[] = {
      {":", 0, NOT_IPV6},
      {"2001:db8", 0, NOT_IPV6},
      {"2001:db8::g", 0, NOT_IPV6},
      {"2001:db8::1:", 0, NOT_IPV6},
      {"192.0.2.1:25", 0, NOT_IPV6},
      {"http://example.com", 0, NOT_IPV6},
      {"::1-", 4, NOT_IPV6},
      {"-::1", 0, NOT_IPV6},
      {"::1-5", 4, NOT_IPV6},
      {"::-::/64", 5, RANGE_END},
      {"::1-::2/64", 7, RANGE_END},
      {"::1-::2-::3", 7, RANGE_END},
      {"::2-::1", 4, BACKWARDS},
      {"::1-::ffff:1.2.3.4", 4, MIXED},
      {"::ffff:1.2.3.4-2001:db8::", 15, MIXED},
      {"1.2.3.4-2001:db8::", 8, MIXED},
      {"::ffff:10.0.0.0/8", 16, MAPPED_PREFIX},
      {"::ffff:0:0/95", 11, MAPPED_PREFIX},
      {"::/129", 3, OVER_128},
      {"::/256", 3, OVER_128},
      {"::/", 3, NUMBER_MISSING},
      {"::/x", 3, NUMBER_MISSING},
      {"::/064", 3, ZERO},
      {"::/64x", 5, PREFIX_END},
      {"::/64/64", 5, PREFIX_END},
      {"fe80::1%2", 7, SCOPE},
      {"fe80::1%eth0", 7, SCOPE},
      {"fe80::%1/10", 6, SCOPE},
      {"fe80::1-fe80::2%1", 15, SCOPE},
  };

  (void)state;

  check_wrong(rows, COUNT(rows));
}

static void what_is_no_name_is_said_where_it_is(void **state) {
  static const wrong rows[] = {
      {"", 0, LABEL_MISSING},
      {"..", 0, NUMBER_MISSING},
      {"..example.com", 1, LABEL_MISSING},
      {"host..example.com", 5, LABEL_MISSING},
      {"host.example.com..", 17, LABEL_MISSING},
      {"*.example.com", 0, WILDCARD},
      {".*.example.com", 1, WILDCARD},
      {"mail*.example.com", 4, WILDCARD},
      {"caf\xc3\xa9.example", 3, OCTET},
      {"user@example.com", 4, OCTET},
      {"two words", 3, OCTET},
      {"example.com/24", 11, OCTET},
      {"$ACCEPTED", 0, OCTET},
      {"host.$x", 5, OCTET},
      {"a" LABEL ".example", 0, LABEL_LONG},
      {"x." LABEL "a", 2, LABEL_LONG},
      {"-host.example", 0, HYPHEN},
      {"host-.example", 0, HYPHEN},
      {"host.-", 5, HYPHEN},
      {"host.123", 5, NUMBER_ENDS},
      {"x.192.0.2.1", 10, NUMBER_ENDS},
      {".example.123.", 9, NUMBER_ENDS},
      {"192.0.2.x.1", 10, NUMBER_ENDS},
  };

  (void)state;

  check_wrong(rows, COUNT(rows));
}

static void what_is_no_keyword_is_said_where_it_is(void **state) {
  static const wrong rows[] = {
      {"SBRS", 4, NO_BRACKET},
      {"dnslist", 7, NO_BRACKET},
      {"unverified", 10, NO_BRACKET},
      {"SBRS[", 5, NO_END},
      {"SBRS[1:2", 8, NO_END},
      {"SBRS[1:2]x", 10, NO_END},
      {"SBRX[1:2]", 0, KEYWORD},
      {"[192.0.2.1]", 0, KEYWORD},
      {"[IPv6:::1]", 0, KEYWORD},
      {"2001:db8::[1]", 0, KEYWORD},
      {"xSBRS[1:2]", 0, KEYWORD},
      {"SBRS[]", 5, SCORE},
      {"SBRS[nothing]", 5, SCORE},
      {"SBRS[1]", 6, SECOND},
      {"SBRS[1-2]", 6, SECOND},
      {"SBRS[1:]", 7, SCORE},
      {"SBRS[:1]", 5, SCORE},
      {"SBRS[-:1]", 5, SCORE},
      {"SBRS[+1:2]", 5, SCORE},
      {"SBRS[.5:2]", 5, SCORE},
      {"SBRS[1.:2]", 5, SCORE},
      {"SBRS[1.25:2]", 5, SCORE},
      {"SBRS[01:2]", 5, SCORE},
      {"SBRS[-11:2]", 5, SCORE},
      {"SBRS[-10.1:2]", 5, SCORE},
      {"SBRS[1:10.1]", 7, SCORE},
      {"SBRS[1:2:3]", 8, SCORE_END},
      {"SBRS[1:2 ]", 8, SCORE_END},
      {"SBRS[1:2]]", 8, SCORE_END},
      {"SBRS[2:1]", 7, BACKWARDS},
      {"SBRS[-1:-1.1]", 8, BACKWARDS},
      {"SBO", 3, NO_OWNER},
      {"SBO:", 4, OWNER},
      {"SBO:0", 4, OWNER},
      {"SBO:01", 4, OWNER},
      {"SBO:-1", 4, OWNER},
      {"SBO:1x", 4, OWNER},
      {"SBO:4294967296", 4, OWNER},
      {"dnslist[]", 8, LABEL_MISSING},
      {"dnslist[.example]", 8, LABEL_MISSING},
      {"dnslist[bl.example,b2.example]", 18, OCTET},
      {"dnslist[192.0.2.1]", 16, NUMBER_ENDS},
      {"unverified[]", 11, STATE},
      {"unverified[verified]", 11, STATE},
  };

  (void)state;

  check_wrong(rows, COUNT(rows));
}

static void nul_is_no_octet_of_a_member(void **state) {
  static const uint8_t texts[][9] = {"192.0.2\0", "host\0.ex", "ALL\0....",
                                     "::1\0/128"};
  size_t i;

  (void)state;

  for (i = 0; i < COUNT(texts); i++) {
    shako_span text = {texts[i], 8};
    shako__member member;
    size_t at;

    assert_non_null(shako__member_read(&member, text, &at));
    assert_true(at <= text.len);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(addresses_are_from_first_to_last),
      cmocka_unit_test(random_prefixes_keep_what_is_before_them),
      cmocka_unit_test(names_are_in_the_text),
      cmocka_unit_test(names_have_253_octets_at_the_most),
      cmocka_unit_test(scores_are_in_tenths),
      cmocka_unit_test(the_other_keywords_are_in_any_case),
      cmocka_unit_test(what_is_no_ipv4_is_said_where_it_is),
      cmocka_unit_test(what_is_no_ipv6_is_said_where_it_is),
      cmocka_unit_test(what_is_no_name_is_said_where_it_is),
      cmocka_unit_test(what_is_no_keyword_is_said_where_it_is),
      cmocka_unit_test(nul_is_no_octet_of_a_member),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
