#include <string.h>

#include "base/ascii.h"

/*
 * IP addresses as text (RFC 4291 2.2, RFC 5952) and as address literals
 * (RFC 5321 4.1.3).  IPv4 is four decimal numbers without leading zeros,
 * which some read as octal; RFC 5321 would allow them.
 */

static const uint8_t mapped_prefix[12] = {0, 0, 0, 0, 0,    0,
                                          0, 0, 0, 0, 0xff, 0xff};

static bool is_hex_digit(uint8_t c) {
  return shako__hex_value(shako__upper(c)) != SHAKO__NO_HEX;
}

/* Reads 0 to 255 at the start of |*text| and cuts it off. */
static bool read_octet(shako_span *text, uint8_t *octet) {
  shako_span digits = shako__cut_class(text, shako__is_digit);
  uint64_t value;

  if (digits.len > 3 || !shako__number(digits, &value) || value > 255 ||
      (digits.len > 1 && digits.ptr[0] == '0')) {
    return false;
  }

  *octet = (uint8_t)value;

  return true;
}

/* Reads all of |text| into 4 octets. */
static bool read_ipv4(shako_span text, uint8_t *bytes) {
  size_t i;

  for (i = 0; i < 4; i++) {
    if ((i > 0 && !shako__cut(&text, '.')) || !read_octet(&text, &bytes[i])) {
      return false;
    }
  }

  return text.len == 0;
}

/* Reads 1 to 4 hexadecimal digits at the start of |*text| into 2 octets and
   cuts them off. */
static bool read_group(shako_span *text, uint8_t *bytes) {
  shako_span digits = shako__cut_class(text, is_hex_digit);
  unsigned value = 0;
  size_t i;

  if (digits.len == 0 || digits.len > 4) {
    return false;
  }

  for (i = 0; i < digits.len; i++) {
    value = value * 16 + shako__hex_value(shako__upper(digits.ptr[i]));
  }

  bytes[0] = (uint8_t)(value >> 8);
  bytes[1] = (uint8_t)value;

  return true;
}

/* An IPv6 address while it is read: what was written out, and where in it
   the "::" stood. */
typedef struct groups {
  uint8_t bytes[16];
  size_t len;
  size_t gap; /* NO_GAP if there is none */
} groups;

#define NO_GAP SIZE_MAX

/* Reads one group, or a dotted IPv4 address that ends |*text|. */
static bool read_groups_item(shako_span *text, groups *read) {
  uint8_t *to = read->bytes + read->len;

  if (read->len <= 12 && read_ipv4(*text, to)) {
    read->len += 4;
    text->len = 0;
    return true;
  }

  if (read->len == 16 || !read_group(text, to)) {
    return false;
  }

  read->len += 2;

  return true;
}

/* Reads what separates two groups, or the "::" that may end |*text|. */
static bool read_groups_colon(shako_span *text, groups *read) {
  if (!shako__cut(text, ':')) {
    return false;
  }

  if (!shako__cut(text, ':')) {
    return text->len > 0;
  }

  if (read->gap != NO_GAP) {
    return false;
  }

  read->gap = read->len;

  return true;
}

/* Stores |read| in 16 octets, with zeroes, |gap_min| octets at least, for the
   "::". */
static bool spread_groups(const groups *read, size_t gap_min, uint8_t *bytes) {
  size_t gap = 16 - read->len;
  size_t tail = read->len - (read->gap == NO_GAP ? read->len : read->gap);

  if (read->gap == NO_GAP ? gap != 0 : gap < gap_min) {
    return false;
  }

  memset(bytes, 0, 16);
  memcpy(bytes, read->bytes, read->len - tail);
  memcpy(bytes + 16 - tail, read->bytes + read->len - tail, tail);

  return true;
}

/* Reads all of |text| into 16 octets. */
static bool read_ipv6(shako_span text, size_t gap_min, uint8_t *bytes) {
  groups read = {{0}, 0, NO_GAP};

  if (shako__starts_with(text, "::")) {
    text = shako__slice(text, 2, text.len);
    read.gap = 0;
  }

  while (text.len > 0) {
    if (!read_groups_item(&text, &read) ||
        (text.len > 0 && !read_groups_colon(&text, &read))) {
      return false;
    }
  }

  return spread_groups(&read, gap_min, bytes);
}

static bool is_before_zone(uint8_t c) {
  return c != '%';
}

/* Reads "%2" at the end of a link-local address, where it is there. */
static bool read_zone(shako_span text, uint32_t *scope) {
  uint64_t number = 0;

  if (text.len > 0 &&
      (!shako__cut(&text, '%') || !shako__number(text, &number) ||
       text.ptr[0] == '0' || number > UINT32_MAX)) {
    return false;
  }

  *scope = (uint32_t)number;

  return true;
}

static bool is_link_local(const uint8_t *bytes) {
  return bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80;
}

/* Reads all of |text|, an address as it is written elsewhere than in SMTP. */
static bool read_bare(shako_span text, shako_address *address) {
  shako_span zone = text;
  shako_span ip = shako__cut_class(&zone, is_before_zone);

  if (read_ipv4(text, address->bytes + sizeof(mapped_prefix))) {
    memcpy(address->bytes, mapped_prefix, sizeof(mapped_prefix));
    return true;
  }

  return read_ipv6(ip, 2, address->bytes) && read_zone(zone, &address->scope) &&
         (address->scope == 0 || is_link_local(address->bytes));
}

/* Reads all of |text|, an address literal without its brackets. */
static bool read_literal(shako_span text, shako_address *address) {
  if (shako__starts_with(text, "IPv6:")) {
    return read_ipv6(shako__slice(text, 5, text.len), 4, address->bytes);
  }

  memcpy(address->bytes, mapped_prefix, sizeof(mapped_prefix));

  return read_ipv4(text, address->bytes + sizeof(mapped_prefix));
}

int shako_address_parse(shako_address *address, shako_span text) {
  shako_address read = {.known = 1};
  bool ok;

  if (shako__cut(&text, '[')) {
    ok = text.len > 0 && text.ptr[text.len - 1] == ']' &&
         read_literal(shako__slice(text, 0, text.len - 1), &read);
  } else {
    ok = read_bare(text, &read);
  }

  if (!ok) {
    return SHAKO_ERR_SYNTAX;
  }

  *address = read;

  return 0;
}

/* Writes |number| in |base|, lower case, to |text|; returns what follows. */
static char *write_number(char *text, uint32_t number, unsigned base) {
  char digits[10];
  size_t n = 0;

  do {
    digits[n++] = "0123456789abcdef"[number % base];
    number /= base;
  } while (number > 0);

  while (n > 0) {
    *text++ = digits[--n];
  }

  return text;
}

static char *write_ipv4(char *text, const uint8_t *bytes) {
  size_t i;

  for (i = 0; i < 4; i++) {
    if (i > 0) {
      *text++ = '.';
    }

    text = write_number(text, bytes[i], 10);
  }

  return text;
}

static unsigned group_at(const uint8_t *bytes, size_t i) {
  return (unsigned)(bytes[2 * i] << 8 | bytes[2 * i + 1]);
}

/* Finds the zeroes that "::" stands for (RFC 5952 4.2): the first of the
   longest runs of two groups or more.  Returns how many, from |*start|. */
static size_t longest_gap(const uint8_t *bytes, size_t *start) {
  size_t longest = 1;
  size_t run = 0;
  size_t i;

  for (i = 0; i < 8; i++) {
    run = group_at(bytes, i) == 0 ? run + 1 : 0;

    if (run > longest) {
      longest = run;
      *start = i + 1 - run;
    }
  }

  return longest > 1 ? longest : 0;
}

static char *write_ipv6(char *text, const uint8_t *bytes) {
  size_t start = 8;
  size_t gap = longest_gap(bytes, &start);
  size_t i = 0;

  while (i < 8) {
    if (i == start) {
      *text++ = ':';
      i += gap;
      if (i == 8) {
        *text++ = ':';
      }
      continue;
    }

    if (i > 0) {
      *text++ = ':';
    }

    text = write_number(text, group_at(bytes, i), 16);
    i++;
  }

  return text;
}

/* Writes |address|, which is known; returns what follows. */
static char *write_address(char *text, const shako_address *address) {
  if (memcmp(address->bytes, mapped_prefix, sizeof(mapped_prefix)) == 0) {
    return write_ipv4(text, address->bytes + sizeof(mapped_prefix));
  }

  text = write_ipv6(text, address->bytes);

  if (address->scope != 0) {
    *text++ = '%';
    text = write_number(text, address->scope, 10);
  }

  return text;
}

size_t shako_address_format(const shako_address *address, char *text) {
  static const char unknown[] = "unknown";
  char *end;

  if (!address->known) {
    memcpy(text, unknown, sizeof(unknown));
    return sizeof(unknown) - 1;
  }

  end = write_address(text, address);
  *end = '\0';

  return (size_t)(end - text);
}
