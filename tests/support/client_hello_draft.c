#include "client_hello_draft.h"

#include <stdlib.h>
#include <string.h>

void draft_add_number(octets *to, size_t size, size_t number) {
  while (size-- > 0) {
    const uint8_t octet = (uint8_t)(number >> 8 * size);

    octets_add(to, &octet, 1);
  }
}

void draft_set_number(uint8_t *at, size_t size, size_t number) {
  while (size-- > 0) {
    *at++ = (uint8_t)(number >> 8 * size);
  }
}

size_t draft_begin(hello_draft *d, size_t size) {
  if (d->count == HELLO_DRAFT_LENGTHS) {
    abort();
  }
  d->lengths[d->count] = d->message.len;
  d->sizes[d->count] = size;
  draft_add_number(&d->message, size, 0);
  return d->count++;
}

void draft_end(hello_draft *d, size_t which) {
  size_t from = d->lengths[which] + d->sizes[which];

  draft_set_number(d->message.ptr + d->lengths[which], d->sizes[which],
                   d->message.len - from);
}

void draft_add_vector(hello_draft *d, size_t size, const void *octet,
                      size_t len) {
  size_t which = draft_begin(d, size);

  octets_add(&d->message, octet, len);
  draft_end(d, which);
}

void draft_add_extension(hello_draft *d, size_t type, size_t size,
                         const void *octet, size_t len) {
  size_t which;

  draft_add_number(&d->message, 2, type);
  which = draft_begin(d, 2);
  draft_add_vector(d, size, octet, len);
  draft_end(d, which);
}

void draft_add_name(hello_draft *d, const void *name, size_t len) {
  size_t extension;
  size_t list;

  draft_add_number(&d->message, 2, 0);
  extension = draft_begin(d, 2);
  list = draft_begin(d, 2);
  draft_add_number(&d->message, 1, 0);
  draft_add_vector(d, 2, name, len);
  draft_end(d, list);
  draft_end(d, extension);
}

size_t draft_message(hello_draft *d, unsigned version, const void *suites,
                     size_t len) {
  static const uint8_t random[32] = {1, 2, 3};
  size_t message;

  memset(d, 0, sizeof(*d));
  draft_add_number(&d->message, 1, 1);
  message = draft_begin(d, 3);
  draft_add_number(&d->message, 2, version);
  octets_add(&d->message, random, sizeof(random));
  draft_add_vector(d, VECTOR(1, "0123456789abcdef0123456789ABCDEF"));
  draft_add_vector(d, 2, suites, len);
  draft_add_vector(d, VECTOR(1, "\0"));
  return message;
}

void draft_all(hello_draft *d) {
  size_t message = draft_message(d, 0x0303, "\x13\x01\xc0\x2b", 4);
  size_t extensions = draft_begin(d, 2);

  draft_add_name(d, "mx.example.com", 14);
  draft_add_extension(d, 10, VECTOR(2, "\x00\x1d\x00\x17"));
  draft_add_extension(d, 13, VECTOR(2, "\x04\x03\x08\x04"));
  draft_add_extension(d, 16, VECTOR(2, "\x04smtp\x02h2"));
  draft_add_number(&d->message, 2, 23);
  draft_end(d, draft_begin(d, 2));
  draft_add_extension(d, 43, VECTOR(1, "\x7a\x7a\x03\x04\x03\x03"));
  draft_add_extension(d, 0x7a7a, VECTOR(1, "?"));
  draft_end(d, extensions);
  draft_end(d, message);
}

void draft_with(hello_draft *d, size_t type, size_t size, const void *octet,
                size_t len) {
  size_t message = draft_message(d, 0x0303, "\xc0\x2b", 2);
  size_t extensions = draft_begin(d, 2);

  draft_add_extension(d, type, size, octet, len);
  draft_end(d, extensions);
  draft_end(d, message);
}
