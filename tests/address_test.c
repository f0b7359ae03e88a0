#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>

#include <shako/common.h>

#define OCTETS(TEXT)                                                           \
  { (const uint8_t *)(TEXT), sizeof(TEXT) - 1 }
#define COUNT(ARRAY) (sizeof(ARRAY) / sizeof((ARRAY)[0]))

static void addresses_are_read_and_written_as_rfc_5952_has_it(void **state) {
  static const struct row {
    shako_span text;
    const char *want;
    const char *why;
  } rows[] = {
      {OCTETS("192.0.2.7"), "192.0.2.7", "IPv4"},
      {OCTETS("0.0.0.0"), "0.0.0.0", "IPv4, least"},
      {OCTETS("255.255.255.255"), "255.255.255.255", "IPv4, greatest"},
      {OCTETS("::ffff:192.0.2.7"), "192.0.2.7", "mapped IPv4"},
      {OCTETS("::ffff:c000:207"), "192.0.2.7", "mapped IPv4 in groups"},
      {OCTETS("0:0:0:0:0:FFFF:192.0.2.7"), "192.0.2.7", "mapped, in full"},
      {OCTETS("2001:db8::1"), "2001:db8::1", "IPv6"},
      {OCTETS("2001:0DB8:0000:0000:0000:0000:0000:0001"), "2001:db8::1",
       "in full, upper case"},
      {OCTETS("::"), "::", "all zeroes"},
      {OCTETS("0:0:0:0:0:0:0:0"), "::", "all zeroes in full"},
      {OCTETS("::1"), "::1", "gap at the start"},
      {OCTETS("1::"), "1::", "gap at the end"},
      {OCTETS("1:2:3:4:5:6:7:8"), "1:2:3:4:5:6:7:8", "no gap"},
      {OCTETS("2001:db8:0:1:1:1:1:1"), "2001:db8:0:1:1:1:1:1",
       "one group is not shortened (RFC 5952 4.2.2)"},
      {OCTETS("1:2:3:4:5:6:7::"), "1:2:3:4:5:6:7:0", "a gap of one group"},
      {OCTETS("::2:3:4:5:6:7:8"), "0:2:3:4:5:6:7:8", "and at the start"},
      {OCTETS("2001:db8:0:0:1:0:0:1"), "2001:db8::1:0:0:1",
       "the first of two (RFC 5952 4.2.3)"},
      {OCTETS("2001:0:0:1:0:0:0:1"), "2001:0:0:1::1", "the longer of two"},
      {OCTETS("0:0:1::"), "0:0:1::", "the longer of two, at the end"},
      {OCTETS("64:ff9b::192.0.2.33"), "64:ff9b::c000:221", "dotted end"},
      {OCTETS("1:2:3:4:5:6:1.2.3.4"), "1:2:3:4:5:6:102:304",
       "dotted end without a gap"},
      {OCTETS("::1.2.3.4"), "::102:304", "not mapped: stays IPv6"},
      {OCTETS("fe80::1%2"), "fe80::1%2", "scope"},
      {OCTETS("febf::1%4294967295"), "febf::1%4294967295",
       "last of fe80::/10, greatest scope"},
      {OCTETS("[192.0.2.7]"), "192.0.2.7", "literal of IPv4"},
      {OCTETS("[IPv6:2001:db8::1]"), "2001:db8::1", "literal of IPv6"},
      {OCTETS("[ipv6:::1]"), "::1", "tag in lower case"},
      {OCTETS("[IPv6:::ffff:192.0.2.7]"), "192.0.2.7", "literal, mapped"},
      {OCTETS("[IPv6:1:2:3:4:5:6::]"),
       "1:2:3:4:5:6::", "a gap of two groups, the least in a literal"},
  };
  size_t i;

  (void)state;

  for (i = 0; i < COUNT(rows); i++) {
    char text[SHAKO_ADDRESS_TEXT_SIZE];
    shako_address address;
    size_t len;

    if (shako_address_parse(&address, rows[i].text) != 0 || !address.known) {
      fail_msg("%s: %s", rows[i].want, rows[i].why);
    }

    len = shako_address_format(&address, text);
    assert_int_equal(len, strlen(text));

    if (strcmp(text, rows[i].want) != 0) {
      fail_msg("%s, not %s: %s", text, rows[i].want, rows[i].why);
    }
  }
}

static void what_is_no_address_is_refused(void **state) {
  static const struct row {
    shako_span text;
    const char *why;
  } rows[] = {
      {OCTETS(""), "nothing"},
      {OCTETS("unknown"), "a word"},
      {OCTETS("192.0.2"), "three numbers"},
      {OCTETS("192.0.2.7.1"), "five numbers"},
      {OCTETS("192.0.2."), "empty number at the end"},
      {OCTETS(".0.2.7"), "empty number at the start"},
      {OCTETS("192..2.7"), "empty number"},
      {OCTETS("192.0.2.256"), "over 255"},
      {OCTETS("192.0.2.1000"), "four digits"},
      {OCTETS("192.0.2.07"), "leading zero"},
      {OCTETS("192.0.2.00"), "two zeros"},
      {OCTETS("0300.0.2.7"), "octal"},
      {OCTETS("0xc0.0.2.7"), "hexadecimal"},
      {OCTETS("192.0.2.-7"), "minus"},
      {OCTETS("192.0.2.7 "), "space behind"},
      {OCTETS(" 192.0.2.7"), "space before"},
      {OCTETS("192.0.2.7\0"), "NUL behind"},
      {OCTETS("192.0.2.7\0.example"), "NUL inside"},
      {OCTETS("192.0.2.7/24"), "a network"},
      {OCTETS("3221225991"), "one number"},
      {OCTETS(":"), "a colon"},
      {OCTETS(":::"), "three colons"},
      {OCTETS(":1"), "single colon at the start"},
      {OCTETS("1:"), "single colon at the end"},
      {OCTETS("1:2:3:4:5:6:7:8:"), "... of a whole address"},
      {OCTETS(":1:2:3:4:5:6:7:8"), "... or before one"},
      {OCTETS("1:::2"), "three colons inside"},
      {OCTETS("1::2::3"), "two gaps"},
      {OCTETS("::1::"), "two gaps at the ends"},
      {OCTETS("1:2:3:4:5:6:7"), "seven groups"},
      {OCTETS("1:2:3:4:5:6:7:8:9"), "nine groups"},
      {OCTETS("1:2:3:4:5:6:7:8::"), "a gap of no group"},
      {OCTETS("::1:2:3:4:5:6:7:8"), "a gap of no group at the start"},
      {OCTETS("1:2:3:4::5:6:7:8"), "a gap of no group inside"},
      {OCTETS("12345::"), "five digits"},
      {OCTETS("00001::"), "five digits, zeros"},
      {OCTETS("g::"), "no hexadecimal digit"},
      {OCTETS("1:2:3:4:5:6:7:1.2.3.4"), "dotted end too late"},
      {OCTETS("1:2:3:4:5:6:7::1.2.3.4"), "... behind a gap"},
      {OCTETS("1.2.3.4::"), "dotted start"},
      {OCTETS("::1.2.3.4:5"), "dotted inside"},
      {OCTETS("::1.2.3"), "dotted end too short"},
      {OCTETS("::01.2.3.4"), "dotted end with a leading zero"},
      {OCTETS("1:2:3:4:5:1.2.3.4"), "one group too few"},
      {OCTETS("2001:db8::1%2"), "scope of a global address"},
      {OCTETS("fec0::1%2"), "scope behind fe80::/10"},
      {OCTETS("192.0.2.7%2"), "scope of IPv4"},
      {OCTETS("fe80::1%"), "empty scope"},
      {OCTETS("fe80::1%0"), "scope 0 is none"},
      {OCTETS("fe80::1%02"), "leading zero in a scope"},
      {OCTETS("fe80::1%lo0"), "t57: the name of an interface"},
      {OCTETS("fe80::1%4294967296"), "scope over 32 bits"},
      {OCTETS("fe80::1%2%3"), "two scopes"},
      {OCTETS("["), "a bracket"},
      {OCTETS("[]"), "empty literal"},
      {OCTETS("[192.0.2.7"), "no closing bracket"},
      {OCTETS("192.0.2.7]"), "no opening bracket"},
      {OCTETS("[[192.0.2.7]]"), "two brackets"},
      {OCTETS("[192.0.2.7]x"), "something behind"},
      {OCTETS("[ 192.0.2.7]"), "space in a literal"},
      {OCTETS("[2001:db8::1]"), "literal of IPv6 without its tag"},
      {OCTETS("[IPv6:]"), "tag alone"},
      {OCTETS("[IPv6:192.0.2.7]"), "IPv4 behind the tag"},
      {OCTETS("[IPv4:192.0.2.7]"), "no such tag"},
      {OCTETS("[IPv6:fe80::1%2]"), "scope in a literal"},
      {OCTETS("[IPv6:1:2:3:4:5:6:7::]"),
       "a gap of one group in a literal (RFC 5321 4.1.3)"},
      {OCTETS("IPv6:2001:db8::1"), "tag without brackets"},
  };
  size_t i;

  (void)state;

  for (i = 0; i < COUNT(rows); i++) {
    shako_address address;

    memset(&address, 0x5a, sizeof(address));

    if (shako_address_parse(&address, rows[i].text) != SHAKO_ERR_SYNTAX) {
      fail_msg("%s", rows[i].why);
    }

    assert_int_equal(address.known, 0x5a);
    assert_int_equal(address.bytes[15], 0x5a);
  }
}

static void no_address_is_written_as_unknown(void **state) {
  char text[SHAKO_ADDRESS_TEXT_SIZE];
  shako_address address;

  (void)state;

  memset(&address, 0, sizeof(address));
  assert_int_equal(shako_address_format(&address, text), 7);
  assert_string_equal(text, "unknown");
}

static void the_longest_text_fits(void **state) {
  char text[SHAKO_ADDRESS_TEXT_SIZE];
  shako_address address;

  (void)state;

  memset(&address, 0xff, sizeof(address));
  assert_int_equal(shako_address_format(&address, text), 50);
  assert_string_equal(text,
                      "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff%4294967295");
}

static uint32_t next_random(uint32_t *seed) {
  *seed ^= *seed << 13;
  *seed ^= *seed >> 17;
  *seed ^= *seed << 5;

  return *seed;
}

/* Reads |text| as the system does, IPv4 as a mapped address. */
static bool read_by_system(const char *text, uint8_t *bytes) {
  static const uint8_t prefix[12] = {[10] = 0xff, [11] = 0xff};

  if (inet_pton(AF_INET, text, bytes + 12) == 1) {
    memcpy(bytes, prefix, sizeof(prefix));
    return true;
  }

  return inet_pton(AF_INET6, text, bytes) == 1;
}

static void random_texts_are_read_as_the_system_reads_them(void **state) {
  static const char alphabet[] = "::::....012ff";
  uint32_t seed = 5321;
  unsigned accepted = 0;
  unsigned i;

  (void)state;

  for (i = 0; i < 2000000; i++) {
    size_t len = next_random(&seed) % 20;
    uint8_t bytes[16];
    shako_address address;
    shako_span span;
    char text[24];
    size_t n;
    bool ok;

    for (n = 0; n < len; n++) {
      text[n] = alphabet[next_random(&seed) % (sizeof(alphabet) - 1)];
    }

    text[len] = '\0';
    span.ptr = (const uint8_t *)text;
    span.len = len;
    ok = shako_address_parse(&address, span) == 0;

    if (ok != read_by_system(text, bytes) ||
        (ok && memcmp(bytes, address.bytes, 16) != 0)) {
      fail_msg("%s", text);
    }

    accepted += ok ? 1 : 0;
  }

  assert_true(accepted > 1000);
}

static void random_addresses_are_written_as_the_system_does(void **state) {
  uint32_t seed = 5952;
  unsigned i;

  (void)state;

  for (i = 0; i < 200000; i++) {
    char want[INET6_ADDRSTRLEN];
    char text[SHAKO_ADDRESS_TEXT_SIZE];
    shako_address address = {.known = 1};
    shako_address again;
    shako_span span;
    size_t n;

    for (n = 0; n < 16; n++) {
      uint32_t random = next_random(&seed);

      address.bytes[n] = random % 4 < 3 ? 0 : (uint8_t)(random >> 8);
    }

    /* Where the system writes "::1.2.3.4", RFC 5952 5 leaves it open. */
    address.bytes[0] |= 1;

    span.ptr = (const uint8_t *)text;
    span.len = shako_address_format(&address, text);
    assert_non_null(inet_ntop(AF_INET6, address.bytes, want, sizeof(want)));
    assert_string_equal(text, want);
    assert_int_equal(shako_address_parse(&again, span), 0);
    assert_memory_equal(again.bytes, address.bytes, 16);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(addresses_are_read_and_written_as_rfc_5952_has_it),
      cmocka_unit_test(what_is_no_address_is_refused),
      cmocka_unit_test(no_address_is_written_as_unknown),
      cmocka_unit_test(the_longest_text_fits),
      cmocka_unit_test(random_texts_are_read_as_the_system_reads_them),
      cmocka_unit_test(random_addresses_are_written_as_the_system_does),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
