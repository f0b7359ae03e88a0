#include "tls/client_hello.h"

#include <string.h>

#include "base/ascii.h"

/*
 * From records to the message in them (RFC 8446 5.1):
 *
 *   record   22, 3, minor version, length (2), fragment
 *   message  1, length (3), ClientHello
 *
 * All fragments, one behind the other, are the message; what follows it in the
 * last of them is not looked at.  Each octet is judged as soon as it is there,
 * so that what is no ClientHello is waited for no longer than it takes to see
 * it, and what is malformed stays so whatever follows.
 */

#define TYPE_HANDSHAKE      22
#define TYPE_CLIENT_HELLO   1
#define VERSION_MAJOR       3
#define RECORD_HEADER_SIZE  5
#define MESSAGE_HEADER_SIZE 4
#define FRAGMENT_MAX        16384

/* What the records up to here held. */
typedef struct gathered {
  uint8_t header[MESSAGE_HEADER_SIZE];
  size_t have;  /* octets of the message, and perhaps what follows it */
  size_t first; /* ... that were in the first record */
} gathered;

/* Cuts a record, or as much of it as there is, off the start of |*wire|, which
   is not empty; |*fragment| is what it holds.  Returns false where it is not
   one of a handshake.  One without content is forbidden there (RFC 8446 5.1).
 */
static bool cut_record(shako_span *wire, shako_span *fragment) {
  const uint8_t *header = wire->ptr;
  size_t len;

  *fragment = shako__slice(*wire, 0, 0);
  if (header[0] != TYPE_HANDSHAKE ||
      (wire->len > 1 && header[1] != VERSION_MAJOR)) {
    return false;
  }
  if (wire->len < RECORD_HEADER_SIZE) {
    *wire = shako__slice(*wire, wire->len, wire->len);
    return true;
  }
  len = (size_t)header[3] << 8 | header[4];
  if (len == 0 || len > FRAGMENT_MAX) {
    return false;
  }
  *wire = shako__slice(*wire, RECORD_HEADER_SIZE, wire->len);
  *fragment = shako__slice(*wire, 0, len < wire->len ? len : wire->len);
  *wire = shako__slice(*wire, fragment->len, wire->len);
  return true;
}

static void gather(gathered *all, shako_span fragment) {
  size_t i;

  for (i = 0; i < fragment.len && all->have + i < MESSAGE_HEADER_SIZE; i++) {
    all->header[all->have + i] = fragment.ptr[i];
  }
  if (all->have == 0) {
    all->first = fragment.len;
  }
  all->have += fragment.len;
}

/* Returns the length of the message, as far as that is known: no less than its
   header's. */
static size_t length_of(const gathered *all) {
  const uint8_t *header = all->header;

  return MESSAGE_HEADER_SIZE +
         ((size_t)header[1] << 16 | (size_t)header[2] << 8 | header[3]);
}

static bool is_client_hello(const gathered *all) {
  return all->have == 0 || (all->header[0] == TYPE_CLIENT_HELLO &&
                            length_of(all) <= SHAKO__CLIENT_HELLO_MAX);
}

static bool is_whole(const gathered *all) {
  return all->have >= length_of(all);
}

shako__client_hello_status
shako__client_hello_find(shako_span wire, shako__client_hello_place *place) {
  bool more = wire.len < SHAKO__CLIENT_HELLO_MAX;
  shako_span rest = {wire.ptr, more ? wire.len : SHAKO__CLIENT_HELLO_MAX};
  gathered all = {{0}, 0, 0};
  shako_span fragment;

  while (rest.len > 0 && !is_whole(&all)) {
    if (!cut_record(&rest, &fragment)) {
      return SHAKO__CLIENT_HELLO_MALFORMED;
    }
    gather(&all, fragment);
    if (!is_client_hello(&all)) {
      return SHAKO__CLIENT_HELLO_MALFORMED;
    }
  }
  if (!is_whole(&all)) {
    return more ? SHAKO__CLIENT_HELLO_MORE : SHAKO__CLIENT_HELLO_MALFORMED;
  }
  place->len = length_of(&all);
  place->in_one_piece = all.first >= place->len;
  return SHAKO__CLIENT_HELLO_WHOLE;
}

shako_span shako__client_hello_message(shako_span wire,
                                       const shako__client_hello_place *place,
                                       uint8_t *buf) {
  shako_span message = {buf, 0};
  shako_span fragment;

  if (place->in_one_piece) {
    return shako__slice(wire, RECORD_HEADER_SIZE,
                        RECORD_HEADER_SIZE + place->len);
  }
  while (message.len < place->len && cut_record(&wire, &fragment)) {
    size_t left = place->len - message.len;
    size_t n = fragment.len < left ? fragment.len : left;

    memcpy(buf + message.len, fragment.ptr, n);
    message.len += n;
  }
  return message;
}
