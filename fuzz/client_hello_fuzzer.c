/* A ClientHello: what is waited for may still become one, what is found is so
   in whatever records it comes, and what is shown and told of it is there. */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "check.h"
#include "tls/client_hello.h"
#include "tls/offer.h"

#define MORE      SHAKO__CLIENT_HELLO_MORE
#define WHOLE     SHAKO__CLIENT_HELLO_WHOLE
#define MALFORMED SHAKO__CLIENT_HELLO_MALFORMED

/* The longest input that is looked at. */
#define WIRE_MAX 2000

#define RECORD 5

/* Of the first |len| octets, in memory of just that size. */
static shako__client_hello_status find(const uint8_t *octets, size_t len,
                                       shako__client_hello_place *place) {
  uint8_t *copy = malloc(len + (len == 0));
  shako_span wire = {copy, len};
  shako__client_hello_status status;

  CHECK(copy != NULL);
  memcpy(copy, octets, len);
  status = shako__client_hello_find(wire, place);
  free(copy);
  return status;
}

/* What is said of a beginning stays so, whatever follows; and only MORE is
   followed by something else. */
static void check_beginnings(const uint8_t *octets, size_t len) {
  shako__client_hello_place first = {0, false};
  shako__client_hello_status before = MORE;
  size_t n;

  for (n = 0; n <= len; n++) {
    shako__client_hello_place place = {0, false};
    shako__client_hello_status status = find(octets, n, &place);

    CHECK(before == MORE || status == before);
    CHECK(n > 0 || status == MORE);
    if (status == WHOLE && before == MORE) {
      CHECK(place.len >= 4 && place.len + RECORD <= n);
      first = place;
    }
    CHECK(status != WHOLE ||
          (place.len == first.len && place.in_one_piece == first.in_one_piece));
    before = status;
  }
}

static bool lies_in(shako_span part, shako_span whole) {
  return part.len == 0 || (part.ptr >= whole.ptr &&
                           part.ptr + part.len <= whole.ptr + whole.len);
}

static bool same(shako_span a, shako_span b) {
  return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static void check_same(const shako_client_hello *a,
                       const shako_client_hello *b) {
  CHECK(same(a->server_name, b->server_name));
  CHECK(same(a->versions, b->versions));
  CHECK(same(a->cipher_suites, b->cipher_suites));
  CHECK(same(a->groups, b->groups));
  CHECK(same(a->signature_algorithms, b->signature_algorithms));
  CHECK(same(a->protocols, b->protocols));
  CHECK(a->version == b->version && a->can_rsa == b->can_rsa);
  CHECK(a->can_ecdsa == b->can_ecdsa);
  CHECK(a->extended_master_secret == b->extended_master_secret);
}

static size_t number(const uint8_t *at) {
  return (size_t)at[0] << 8 | at[1];
}

/* Returns the body of the extension |type| of |message|, which was read: found
   by its place and not by reading. */
static shako_span extension(shako_span message, size_t type) {
  shako_span body = {NULL, 0};
  size_t at = 4 + 2 + 32;

  at += 1u + message.ptr[at];
  at += 2 + number(message.ptr + at);
  at += 1u + message.ptr[at];
  for (at += 2; at < message.len; at += 4 + number(message.ptr + at + 2)) {
    if (number(message.ptr + at) == type) {
      CHECK(body.ptr == NULL);
      body.ptr = message.ptr + at + 4;
      body.len = number(message.ptr + at + 2);
    }
  }
  return body;
}

/* |list| is what the extension |type| holds behind |skip| octets. */
static void check_list(shako_span message, size_t type, size_t skip,
                       shako_span list) {
  shako_span body = extension(message, type);

  if (body.ptr == NULL) {
    CHECK(list.len == 0);
    return;
  }
  CHECK(list.ptr == body.ptr + skip && list.len + skip == body.len);
  CHECK(list.len > 0);
}

static void check_name(shako_span message, shako_span name) {
  size_t label = 0;
  size_t i;

  if (name.len == 0) {
    return;
  }
  CHECK(name.len <= 253 && lies_in(name, extension(message, 0)));
  for (i = 0; i < name.len; i++) {
    uint8_t c = name.ptr[i];

    CHECK(shako__is_alnum(c) || c == '-' || c == '_' || c == '.');
    CHECK(c != '.' || label > 0);
    label = c == '.' ? 0 : label + 1;
    CHECK(label <= 63);
  }
  CHECK(label > 0);
}

static void check_protocols(shako_span list) {
  size_t at = 0;

  while (at < list.len) {
    CHECK(list.ptr[at] > 0);
    at += 1u + list.ptr[at];
  }
  CHECK(at == list.len);
}

static void check_hello(shako_span message, const shako_client_hello *hello) {
  shako_span secret = extension(message, 23);

  check_name(message, hello->server_name);
  check_list(message, 10, 2, hello->groups);
  check_list(message, 13, 2, hello->signature_algorithms);
  check_list(message, 16, 2, hello->protocols);
  check_protocols(hello->protocols);
  if (extension(message, 43).ptr != NULL) {
    check_list(message, 43, 1, hello->versions);
  } else {
    CHECK(hello->versions.ptr == message.ptr + 4 && hello->versions.len == 2);
    CHECK(hello->version <= 0x0303);
  }
  CHECK(hello->extended_master_secret == (secret.ptr != NULL));
  CHECK(secret.len == 0);
  CHECK(hello->cipher_suites.len >= 2);
  CHECK(lies_in(hello->cipher_suites, message));
  CHECK((hello->groups.len | hello->signature_algorithms.len |
         hello->versions.len | hello->cipher_suites.len) %
            2 ==
        0);
  CHECK(hello->version == 0 || hello->version >> 8 == 3);
}

static void check_offered(const shako_tls_offer_list *list,
                          shako_span numbers) {
  size_t kept = shako__offer_kept(list);
  size_t at = 0;
  size_t i;

  CHECK(list->count <= numbers.len / 2 && list->allowed <= list->count);
  for (i = 0; i < kept; i++, at += 2) {
    while (at < numbers.len && number(numbers.ptr + at) != list->numbers[i]) {
      at += 2;
    }
    CHECK(at < numbers.len);
  }
}

/* What is kept stands in the lists in this order, and its words forge none. */
static void check_offer(const shako_client_hello *hello) {
  shako_policy policy;
  shako_tls_offer offer;
  char text[2048];
  size_t len;
  int level;

  shako_policy_default(&policy);
  for (level = 0; level <= SHAKO_TLS_CIPHERS_LEGACY; level++) {
    policy.tls_ciphers = (shako_tls_ciphers)level;
    shako__offer_read(&offer, hello, &policy);
    check_offered(&offer.versions, hello->versions);
    check_offered(&offer.cipher_suites, hello->cipher_suites);
    check_offered(&offer.groups, hello->groups);
    check_offered(&offer.signature_algorithms, hello->signature_algorithms);
    len = shako_tls_offer_text(&offer, text, sizeof(text));
    CHECK(len < sizeof(text) && len == strlen(text));
    CHECK(strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                       "0123456789_.,:; ") == len);
  }
}

/* |message| in records of |most| octets is the same. */
static void check_split(shako_span message, size_t most,
                        const shako_client_hello *hello, bool read) {
  uint8_t *wire = malloc(message.len * (RECORD + 1));
  uint8_t *buf = malloc(message.len);
  shako__client_hello_place place;
  shako_client_hello again;
  shako_span all = {wire, 0};
  size_t at;

  CHECK(wire != NULL && buf != NULL);
  for (at = 0; at < message.len; at += most) {
    size_t n = most < message.len - at ? most : message.len - at;
    uint8_t header[RECORD] = {22, 3, 3, (uint8_t)(n >> 8), (uint8_t)(n & 0xff)};

    memcpy(wire + all.len, header, RECORD);
    memcpy(wire + all.len + RECORD, message.ptr + at, n);
    all.len += RECORD + n;
  }
  CHECK(shako__client_hello_find(all, &place) == WHOLE);
  CHECK(place.len == message.len);
  CHECK(place.in_one_piece == (message.len <= most));
  CHECK(find(wire, all.len - 1, &place) == MORE);
  CHECK(shako__client_hello_find(all, &place) == WHOLE);
  all = shako__client_hello_message(all, &place, buf);
  CHECK(same(all, message));
  CHECK(shako__client_hello_read(&again, all) == read);
  check_same(&again, hello);
  free(wire);
  free(buf);
}

static void check_whole(shako_span wire,
                        const shako__client_hello_place *place) {
  static const size_t sizes[] = {1, 3, 100, 16384};
  const shako_client_hello empty = {.struct_size = sizeof(empty)};
  uint8_t *buf = malloc(place->len);
  shako_span message;
  shako_client_hello hello;
  bool read;
  size_t i;

  CHECK(buf != NULL);
  message = shako__client_hello_message(wire, place, buf);
  CHECK(message.len == place->len);
  CHECK(lies_in(message, wire) == place->in_one_piece);
  memmove(buf, message.ptr, message.len);
  message.ptr = buf; /* of just that size */
  read = shako__client_hello_read(&hello, message);
  CHECK(hello.struct_size == sizeof(hello));
  if (read) {
    check_hello(message, &hello);
    check_offer(&hello);
  } else {
    check_same(&hello, &empty);
  }
  for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
    check_split(message, sizes[i], &hello, read);
  }
  free(buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len) {
  shako_span wire = {octets, len};
  shako__client_hello_place place;

  if (len > WIRE_MAX) {
    return 0;
  }
  check_beginnings(octets, len);
  if (shako__client_hello_find(wire, &place) == WHOLE) {
    check_whole(wire, &place);
  }

  return 0;
}
