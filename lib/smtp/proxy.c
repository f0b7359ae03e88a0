#include "smtp/proxy.h"

#include <string.h>

#include "base/ascii.h"
#include "smtp/line.h"

static shako__proxy_result bad(shako__proxy *proxy, const char *what) {
  proxy->what = what;
  return SHAKO__PROXY_BAD;
}

/* Whether |text| begins as |prefix| does, as far as it goes. */
static bool may_begin(shako_span text, const uint8_t *prefix, size_t len) {
  return memcmp(text.ptr, prefix, text.len < len ? text.len : len) == 0;
}

/* Version 1 (2.1) */

static const uint8_t v1_prefix[] = {'P', 'R', 'O', 'X', 'Y', ' '};

static bool is_not_space(uint8_t c) {
  return c != ' ';
}

static bool is_address(uint8_t c) {
  return shako__hex_value(shako__upper(c)) != SHAKO__NO_HEX || c == '.' ||
         c == ':';
}

/* Cuts a space and a word off |*line|. */
static shako_span cut_word(shako_span *line) {
  shako_span none = {line->ptr, 0};

  return shako__cut(line, ' ') ? shako__cut_class(line, is_not_space) : none;
}

/* An address alone: no brackets, no scope. */
static bool read_address(shako_span *line, bool is_ipv6,
                         shako_address *address) {
  shako_span word = cut_word(line);
  shako_span rest = word;

  shako__cut_class(&rest, is_address);
  return word.len > 0 && rest.len == 0 &&
         (memchr(word.ptr, ':', word.len) != NULL) == is_ipv6 &&
         shako_address_parse(address, word) == 0;
}

static bool read_port(shako_span *line, uint16_t *port) {
  shako_span word = cut_word(line);
  uint64_t number;

  if (!shako__number(word, &number) || number > UINT16_MAX ||
      (word.len > 1 && word.ptr[0] == '0')) {
    return false;
  }
  *port = (uint16_t)number;
  return true;
}

/* Cuts |word| off |*line|, in this case only. */
static bool cut_exactly(shako_span *line, const char *word) {
  size_t len = strlen(word);

  if (line->len < len || memcmp(line->ptr, word, len) != 0) {
    return false;
  }
  *line = shako__slice(*line, len, line->len);
  return true;
}

static bool read_v1_line(shako_span line, shako__proxy *proxy) {
  bool is_ipv6;

  if (cut_exactly(&line, "UNKNOWN")) {
    return line.len == 0 || line.ptr[0] == ' ';
  }
  is_ipv6 = cut_exactly(&line, "TCP6");
  if (!is_ipv6 && !cut_exactly(&line, "TCP4")) {
    return false;
  }
  proxy->kind = SHAKO__PROXY_IP;
  return read_address(&line, is_ipv6, &proxy->source) &&
         read_address(&line, is_ipv6, &proxy->destination) &&
         read_port(&line, &proxy->source_port) &&
         read_port(&line, &proxy->destination_port) && line.len == 0;
}

static shako__proxy_result read_v1(shako_span text, shako__proxy *proxy) {
  bool is_whole = text.len >= SHAKO__PROXY_V1_MAX;
  size_t len;

  if (is_whole) {
    text.len = SHAKO__PROXY_V1_MAX;
  }
  if (!may_begin(text, v1_prefix, sizeof(v1_prefix))) {
    return bad(proxy, "no PROXY header");
  }
  if (!shako__line_find(text, &len)) {
    return is_whole ? bad(proxy, "a PROXY line over 107 octets")
                    : SHAKO__PROXY_MORE;
  }
  if (!read_v1_line(shako__slice(text, sizeof(v1_prefix), len), proxy)) {
    return bad(proxy, "a malformed PROXY line");
  }
  proxy->len = len + 2;
  return SHAKO__PROXY_DONE;
}

/* Version 2 (2.2): signature, version and command, family and protocol, and
   the length of what follows. */

static const uint8_t v2_prefix[] = {0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d,
                                    0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a};

#define V2_COMMAND 12
#define V2_FAMILY  13
#define V2_LENGTH  14
#define V2_HEAD    16

#define COMMAND_LOCAL 0x20
#define COMMAND_PROXY 0x21

#define PROTOCOL_DATAGRAM 2

/* By the family in the high half of its octet. */
static const struct family {
  shako__proxy_kind kind;
  uint8_t len; /* of one address */
  uint8_t ports;
} families[] = {
    {SHAKO__PROXY_OWN, 0, 0},
    {SHAKO__PROXY_IP, 4, 2},
    {SHAKO__PROXY_IP, 16, 2},
    {SHAKO__PROXY_UNIX, 108, 0},
};

static size_t read_u16(const uint8_t *at) {
  return (size_t)(at[0] << 8 | at[1]);
}

/* Returns the family whose addresses hold; |octets| is a head that is good. */
static const struct family *find_family(const uint8_t *octets) {
  uint8_t family = octets[V2_FAMILY];

  return octets[V2_COMMAND] == COMMAND_PROXY && (family & 0x0f) != 0
             ? &families[family >> 4]
             : &families[0];
}

static size_t addresses_size(const struct family *family) {
  return 2u * (family->len + family->ports);
}

/* Returns what is wrong with as much of the head as there is, or NULL. */
static const char *judge_head(shako_span text, size_t max) {
  const uint8_t *at = text.ptr;

  if (!may_begin(text, v2_prefix, sizeof(v2_prefix))) {
    return "no PROXY header";
  }
  if (text.len > V2_COMMAND && at[V2_COMMAND] != COMMAND_LOCAL &&
      at[V2_COMMAND] != COMMAND_PROXY) {
    return "an unknown PROXY version or command";
  }
  if (text.len > V2_FAMILY && at[V2_COMMAND] == COMMAND_PROXY &&
      (at[V2_FAMILY] > 0x32 || (at[V2_FAMILY] & 0x0f) > PROTOCOL_DATAGRAM)) {
    return "an unknown PROXY family";
  }
  if (text.len < V2_HEAD) {
    return NULL;
  }
  if (V2_HEAD + read_u16(at + V2_LENGTH) > max) {
    return "too long a PROXY header";
  }
  return read_u16(at + V2_LENGTH) < addresses_size(find_family(at))
             ? "a PROXY header too short for its addresses"
             : NULL;
}

/* Reads an address of IPv4 (4 octets), IPv6 (16) or a Unix socket. */
static void put_address(shako_address *address, const uint8_t *from,
                        size_t len) {
  if (len > sizeof(address->bytes)) {
    return;
  }
  address->known = 1;
  memset(address->bytes + 10, 0xff, 2);
  memcpy(address->bytes + sizeof(address->bytes) - len, from, len);
}

static void put_addresses(shako__proxy *proxy, const struct family *family,
                          const uint8_t *from) {
  put_address(&proxy->source, from, family->len);
  put_address(&proxy->destination, from + family->len, family->len);
  from += 2 * family->len;
  if (family->ports) {
    proxy->source_port = (uint16_t)read_u16(from);
    proxy->destination_port = (uint16_t)read_u16(from + 2);
  }
}

/* CRC32c (RFC 3720 B.4), of which |crc| is what came before, 0 at first. */
static uint32_t crc32c(uint32_t crc, const uint8_t *octets, size_t len) {
  size_t i;
  int bit;

  crc = ~crc;
  for (i = 0; i < len; i++) {
    crc ^= octets[i];
    for (bit = 0; bit < 8; bit++) {
      crc = crc >> 1 ^ (0x82f63b78u & (0u - (crc & 1)));
    }
  }
  return ~crc;
}

/* Whether |value|, that of the CRC32c TLV of |header|, is right: it counts as
   zeroes itself. */
static bool is_right(shako_span header, shako_span value) {
  static const uint8_t zeroes[4] = {0};
  size_t before = (size_t)(value.ptr - header.ptr);
  uint32_t crc = crc32c(0, header.ptr, before);

  crc = crc32c(crc, zeroes, 4);
  crc = crc32c(crc, value.ptr + 4, header.len - before - 4);
  return read_u16(value.ptr) == crc >> 16 &&
         read_u16(value.ptr + 2) == (crc & 0xffff);
}

#define TLV_CRC32C 0x03

/* Returns what is wrong with |tlvs| at the end of |header|, or NULL. */
static const char *judge_tlvs(shako_span header, shako_span tlvs) {
  bool checked = false;
  shako_span value;
  uint8_t type;

  while (shako__proxy_tlv(&tlvs, &type, &value)) {
    if (type == TLV_CRC32C) {
      if (checked || value.len != 4 || !is_right(header, value)) {
        return "a wrong checksum of a PROXY header";
      }
      checked = true;
    }
  }
  return tlvs.len > 0 ? "a TLV over the end of a PROXY header" : NULL;
}

static shako__proxy_result read_v2(shako_span text, size_t max,
                                   shako__proxy *proxy) {
  const char *what = judge_head(text, max);
  const struct family *family;
  size_t len;

  if (what) {
    return bad(proxy, what);
  }
  if (text.len < V2_HEAD) {
    return SHAKO__PROXY_MORE;
  }
  len = V2_HEAD + read_u16(text.ptr + V2_LENGTH);
  if (text.len < len) {
    return SHAKO__PROXY_MORE;
  }
  text.len = len;
  proxy->len = len;
  family = find_family(text.ptr);
  proxy->kind = family->kind;
  if (family->kind == SHAKO__PROXY_OWN) {
    return SHAKO__PROXY_DONE;
  }
  proxy->datagram = (text.ptr[V2_FAMILY] & 0x0f) == PROTOCOL_DATAGRAM;
  put_addresses(proxy, family, text.ptr + V2_HEAD);
  proxy->tlvs = shako__slice(text, V2_HEAD + addresses_size(family), len);
  what = judge_tlvs(text, proxy->tlvs);
  return what ? bad(proxy, what) : SHAKO__PROXY_DONE;
}

shako__proxy_result shako__proxy_read(shako_span text, size_t max,
                                      shako__proxy *proxy) {
  *proxy = (shako__proxy){0};
  if (text.len == 0) {
    return SHAKO__PROXY_MORE;
  }
  return text.ptr[0] == v1_prefix[0] ? read_v1(text, proxy)
                                     : read_v2(text, max, proxy);
}

bool shako__proxy_tlv(shako_span *tlvs, uint8_t *type, shako_span *value) {
  size_t len;

  if (tlvs->len < 3) {
    return false;
  }
  len = read_u16(tlvs->ptr + 1);
  if (len > tlvs->len - 3) {
    return false;
  }
  *type = tlvs->ptr[0];
  *value = shako__slice(*tlvs, 3, 3 + len);
  *tlvs = shako__slice(*tlvs, 3 + len, tlvs->len);
  return true;
}
