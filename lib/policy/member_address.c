#include "policy/member_address.h"

#include <string.h>

#include "base/ascii.h"

/*
 * IPv4 is read here, number by number, since a member may hold one to four of
 * them; IPv6 is cut in pieces that shako_address_parse() reads.  Bits beneath
 * a prefix are cleared, as the appliances do.
 *
 * Each function cuts what it reads off the start of |*text|.  Where one
 * returns what is wrong, |*text| begins there.
 */

#define BACKWARDS   "a range that runs backwards"
#define RANGE_END   "nothing may follow a range"
#define PREFIX_END  "nothing may follow a prefix"
#define OVER_255    "a number over 255"
#define OVER_32     "a prefix over 32"
#define OVER_128    "a prefix over 128"
#define IPV4_LENGTH 4
#define IPV4_PREFIX 96 /* bits before the IPv4 in an address */

static const uint8_t mapped_prefix[12] = {[10] = 0xff, [11] = 0xff};

static bool is_ipv4(const uint8_t bytes[16]) {
  return memcmp(bytes, mapped_prefix, sizeof(mapped_prefix)) == 0;
}

static bool is_ipv4_octet(uint8_t c) {
  return shako__is_digit(c) || c == '.' || c == '-' || c == '/';
}

bool shako__member_is_addresses(shako_span text) {
  if (text.len > 0 && memchr(text.ptr, ':', text.len) != NULL) {
    return true;
  }
  return shako__cut_class(&text, is_ipv4_octet).len > 0 && text.len == 0;
}

/* |over| says that the number is over |max|. */
static const char *read_number(shako_span *text, uint8_t max, const char *over,
                               uint8_t *number) {
  shako_span rest = *text;
  shako_span digits = shako__cut_class(&rest, shako__is_digit);
  uint64_t value;

  if (digits.len == 0) {
    return "a number is missing";
  }
  if (digits.len > 1 && digits.ptr[0] == '0') {
    return "a number that begins with a zero";
  }
  if (!shako__number(digits, &value) || value > max) {
    return over;
  }
  *number = (uint8_t)value;
  *text = rest;
  return NULL;
}

/* Makes |member| all addresses that begin as |member->first| with |bits|. */
static void spread(shako__member *member, unsigned bits) {
  unsigned i;

  for (i = 0; i < 16; i++) {
    unsigned before = 8 * i;
    unsigned free = bits <= before       ? 8
                    : bits >= before + 8 ? 0
                                         : before + 8 - bits;
    uint8_t mask = (uint8_t)((1u << free) - 1);

    member->first[i] &= (uint8_t)~mask;
    member->last[i] = member->first[i] | mask;
  }
}

/* Returns |what| where something is left of |text|. */
static const char *end(shako_span text, const char *what) {
  return text.len > 0 ? what : NULL;
}

/* What follows the "-" behind number |n| of an IPv4 address. */
static const char *read_ipv4_range(shako__member *member, shako_span *text,
                                   size_t n) {
  shako_span rest = *text;
  uint8_t *last = &member->last[sizeof(mapped_prefix) + n - 1];
  uint8_t first = *last;
  const char *fault = read_number(&rest, 255, OVER_255, last);

  if (fault == NULL && *last < first) {
    fault = BACKWARDS;
  }
  if (fault != NULL) {
    return fault;
  }
  if (n < IPV4_LENGTH) {
    shako__cut(&rest, '.');
  }
  *text = rest;
  return end(rest, RANGE_END);
}

static const char *read_ipv4_prefix(shako__member *member, shako_span *text) {
  uint8_t bits;
  const char *fault = read_number(text, 32, OVER_32, &bits);

  if (fault != NULL) {
    return fault;
  }
  spread(member, IPV4_PREFIX + bits);
  return end(*text, PREFIX_END);
}

static const char *read_ipv4(shako__member *member, shako_span *text) {
  size_t n = 0;

  memcpy(member->first, mapped_prefix, sizeof(mapped_prefix));
  do {
    uint8_t *number = &member->first[sizeof(mapped_prefix) + n++];
    const char *fault = read_number(text, 255, OVER_255, number);

    if (fault != NULL) {
      return fault;
    }
  } while (n < IPV4_LENGTH && shako__cut(text, '.') && text->len > 0);
  spread(member, IPV4_PREFIX + 8 * (unsigned)n);
  if (shako__cut(text, '-')) {
    return read_ipv4_range(member, text, n);
  }
  if (shako__cut(text, '/')) {
    return read_ipv4_prefix(member, text);
  }
  return end(*text, "more than the four numbers of an IPv4 address");
}

static bool is_before_mark(uint8_t c) {
  return c != '-' && c != '/';
}

static const char *read_address(shako_span *text, uint8_t bytes[16]) {
  shako_span rest = *text;
  shako_span written = shako__cut_class(&rest, is_before_mark);
  shako_address address;
  size_t i;

  for (i = 0; i < written.len; i++) {
    if (written.ptr[i] == '%') {
      *text = shako__slice(*text, i, text->len);
      return "a scope, which no address in a table has";
    }
  }
  if (shako_address_parse(&address, written) != 0) {
    return "not an IPv6 address";
  }
  memcpy(bytes, address.bytes, sizeof(address.bytes));
  *text = rest;
  return NULL;
}

/* What follows the "-". */
static const char *read_ipv6_range(shako__member *member, shako_span *text) {
  shako_span rest = *text;
  const char *fault = read_address(&rest, member->last);

  if (fault != NULL) {
    *text = rest;
    return fault;
  }
  if (is_ipv4(member->first) != is_ipv4(member->last)) {
    return "a range between IPv4 and IPv6";
  }
  if (memcmp(member->first, member->last, 16) > 0) {
    return BACKWARDS;
  }
  *text = rest;
  return end(rest, RANGE_END);
}

/* What follows the "/". */
static const char *read_ipv6_prefix(shako__member *member, shako_span *text) {
  shako_span rest = *text;
  uint8_t bits;
  const char *fault = read_number(&rest, 128, OVER_128, &bits);

  if (fault == NULL && is_ipv4(member->first) && bits < IPV4_PREFIX) {
    fault = "a prefix under 96, though the address is IPv4";
  }
  if (fault != NULL) {
    return fault;
  }
  spread(member, bits);
  *text = rest;
  return end(rest, PREFIX_END);
}

static const char *read_ipv6(shako__member *member, shako_span *text) {
  const char *fault = read_address(text, member->first);

  if (fault != NULL) {
    return fault;
  }
  if (shako__cut(text, '-')) {
    return read_ipv6_range(member, text);
  }
  if (shako__cut(text, '/')) {
    return read_ipv6_prefix(member, text);
  }
  spread(member, 128);
  return NULL;
}

const char *shako__member_addresses_read(shako__member *member,
                                         shako_span *text) {
  member->kind = SHAKO__MEMBER_ADDRESSES;
  return memchr(text->ptr, ':', text->len) != NULL ? read_ipv6(member, text)
                                                   : read_ipv4(member, text);
}
