/* ClientHello: out of how many segments and records it may come, what is no
   longer waited for, and what it says. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client_hello_draft.h"
#include "client_hellos.h"
#include "tls/client_hello.h"

#define COUNT(ARRAY) (sizeof(ARRAY) / sizeof((ARRAY)[0]))

#define MORE      SHAKO__CLIENT_HELLO_MORE
#define WHOLE     SHAKO__CLIENT_HELLO_WHOLE
#define MALFORMED SHAKO__CLIENT_HELLO_MALFORMED

/* --- reading ------------------------------------------------------------ */

static bool reads(const octets *message, shako_client_hello *hello) {
  /* In memory of just that size, so that a sanitizer sees what is too much. */
  uint8_t *copy = must_alloc(message->len + 1);
  const shako_span span = {copy, message->len};
  bool read;

  memcpy(copy, message->ptr, message->len);
  read = shako__client_hello_read(hello, span);
  assert_int_equal(hello->struct_size, sizeof(*hello));
  free(copy);
  return read;
}

/* Reads what |d| made, whose octets |hello| then points to. */
static void must_read(const hello_draft *d, shako_client_hello *hello) {
  const shako_span span = {d->message.ptr, d->message.len};

  assert_true(shako__client_hello_read(hello, span));
}

static void assert_span(shako_span span, const void *want, size_t len) {
  assert_int_equal(span.len, len);
  assert_memory_equal(span.ptr, want, len);
}

#define ASSERT_SPAN(SPAN, TEXT) assert_span((SPAN), (TEXT), sizeof(TEXT) - 1)

static bool is_empty(const shako_client_hello *hello) {
  return hello->version == 0 && hello->server_name.len == 0 &&
         hello->versions.len == 0 && hello->cipher_suites.len == 0 &&
         hello->groups.len == 0 && hello->signature_algorithms.len == 0 &&
         hello->protocols.len == 0 && !hello->can_ecdsa && !hello->can_rsa &&
         !hello->extended_master_secret;
}

/* --- the message ---------------------------------------------------------- */

static void all_of_it_is_read(void **state) {
  shako_client_hello hello;
  hello_draft d;

  (void)state;
  draft_all(&d);
  must_read(&d, &hello);
  ASSERT_SPAN(hello.server_name, "mx.example.com");
  assert_int_equal(hello.version, 0x0304);
  assert_int_equal(hello.can_ecdsa, 1);
  assert_int_equal(hello.can_rsa, 1);
  assert_int_equal(hello.extended_master_secret, 1);
  ASSERT_SPAN(hello.versions, "\x7a\x7a\x03\x04\x03\x03");
  ASSERT_SPAN(hello.cipher_suites, "\x13\x01\xc0\x2b");
  ASSERT_SPAN(hello.groups, "\x00\x1d\x00\x17");
  ASSERT_SPAN(hello.signature_algorithms, "\x04\x03\x08\x04");
  ASSERT_SPAN(hello.protocols, "\x04smtp\x02h2");
  octets_free(&d.message);
}

/* As clients were before there were extensions (RFC 5246 7.4.1.2). */
static void extensions_may_be_missing(void **state) {
  shako_client_hello hello;
  size_t message;
  hello_draft d;

  (void)state;
  message = draft_message(&d, 0x0303, "\xc0\x2f", 2);
  draft_end(&d, message);
  must_read(&d, &hello);
  assert_int_equal(hello.version, 0x0303);
  assert_int_equal(hello.server_name.len, 0);
  assert_int_equal(hello.protocols.len, 0);
  assert_int_equal(hello.extended_master_secret, 0);
  ASSERT_SPAN(hello.versions, "\x03\x03");
  octets_free(&d.message);
}

static void every_length_must_be_right(void **state) {
  shako_client_hello hello;
  hello_draft d;

  (void)state;
  draft_all(&d);
  assert_int_equal(d.count, 19);
  for (size_t i = 0; i < d.count; i++) {
    uint8_t *last = d.message.ptr + d.lengths[i] + d.sizes[i] - 1;

    for (int by = -1; by <= 1; by += 2) {
      *last = (uint8_t)(*last + by);
      /* The message's own is that of the octets that there are, and the last
         extension is opaque. */
      if (i != 0 && i != d.count - 1 && reads(&d.message, &hello)) {
        fail_msg("length %zu by %d", i, by);
      }
      *last = (uint8_t)(*last - by);
    }
  }
  assert_true(reads(&d.message, &hello));
  octets_free(&d.message);
}

static void every_octet_must_be_there(void **state) {
  shako_client_hello hello;
  size_t behind_compression = 4 + 2 + 32 + 33 + 6 + 2;
  hello_draft d;

  (void)state;
  draft_all(&d);
  for (size_t len = 0; len < d.message.len; len++) {
    const octets part = {d.message.ptr, len, 0};

    if (reads(&part, &hello) != (len == behind_compression)) {
      fail_msg("%zu octets", len);
    }
    assert_true(len == behind_compression || is_empty(&hello));
  }
  octets_add(&d.message, "", 1);
  assert_false(reads(&d.message, &hello));
  octets_free(&d.message);
}

static void lists_are_not_empty_and_of_whole_numbers(void **state) {
  static const struct row {
    size_t type, size;
    const char *body;
    size_t len;
  } rows[] = {
      {0, 2, "", 0},           {10, 2, "", 0},       {13, 2, "", 0},
      {16, 2, "", 0},          {43, 1, "", 0},       {10, 2, "\0\x1d\0", 3},
      {13, 2, "\4\3\4", 3},    {43, 1, "\3\4\3", 3}, {16, 2, "\0", 1},
      {16, 2, "\4smtp\0", 6},  {0, 2, "\0\0\0", 3},  {0, 2, "\0\0", 2},
      {0, 2, "\0\0\1a\0", 5},  {23, 1, "", 0},       {0, 2, "\1\0\0", 3},
      {0, 2, "\0\0\1a\1\0", 6}};
  shako_client_hello hello;

  (void)state;
  for (size_t i = 0; i < COUNT(rows); i++) {
    hello_draft d;

    draft_with(&d, rows[i].type, rows[i].size, rows[i].body, rows[i].len);
    if (reads(&d.message, &hello) || !is_empty(&hello)) {
      fail_msg("row %zu", i);
    }
    octets_free(&d.message);
  }
}

static void nothing_follows_the_list_of_an_extension(void **state) {
  static const size_t types[] = {10, 13, 16, 43};

  (void)state;
  for (size_t i = 0; i < COUNT(types); i++) {
    for (size_t more = 0; more < 2; more++) {
      size_t size = types[i] == 43 ? 1 : 2;
      shako_client_hello hello;
      size_t message;
      size_t extensions;
      size_t body;
      hello_draft d;

      message = draft_message(&d, 0x0303, "\xc0\x2b", 2);
      extensions = draft_begin(&d, 2);
      draft_add_number(&d.message, 2, types[i]);
      body = draft_begin(&d, 2);
      draft_add_vector(&d, size, "\1x", 2);
      octets_add(&d.message, "x", more);
      draft_end(&d, body);
      draft_end(&d, extensions);
      draft_end(&d, message);
      assert_int_equal(reads(&d.message, &hello), !more);
      octets_free(&d.message);
    }
  }
}

static void the_fixed_part_is_judged(void **state) {
  shako_client_hello hello;
  hello_draft d;

  (void)state;
  draft_end(&d, draft_message(&d, 0x0303, "", 0));
  assert_false(reads(&d.message, &hello)); /* no suites */
  octets_free(&d.message);
  draft_end(&d, draft_message(&d, 0x0303, "\x13\x01\x13", 3));
  assert_false(reads(&d.message, &hello)); /* half a suite */
  octets_free(&d.message);
  draft_end(&d, draft_message(&d, 0x0303, "\x13\x01", 2));
  assert_true(reads(&d.message, &hello));
  d.message.ptr[d.message.len - 2] = 0;
  d.message.len--;
  assert_false(reads(&d.message, &hello)); /* no compression */
  octets_free(&d.message);
}

static void a_session_id_has_32_octets_at_most(void **state) {
  static const uint8_t id[34] = {0};
  shako_client_hello hello;

  (void)state;
  for (size_t len = 0; len <= sizeof(id); len++) {
    octets message = {0};

    draft_add_number(&message, 4, 0x01000000);
    octets_add(&message, "\3\3", 2);
    octets_add(&message, id, 32);
    draft_add_number(&message, 1, len);
    octets_add(&message, id, len);
    octets_add(&message, "\0\2\x13\1\1\0", 6);
    assert_int_equal(reads(&message, &hello), len <= 32);
    octets_free(&message);
  }
}

static void no_extension_comes_twice(void **state) {
  static const size_t types[] = {0, 10, 13, 16, 23, 43, 0x7a7a, 0xffff};

  (void)state;
  for (size_t i = 0; i < COUNT(types); i++) {
    for (size_t j = 0; j < COUNT(types); j++) {
      shako_client_hello hello;
      size_t message;
      size_t extensions;
      hello_draft d;

      message = draft_message(&d, 0x0303, "\xc0\x2b", 2);
      extensions = draft_begin(&d, 2);
      for (size_t k = 0; k < 2; k++) {
        size_t type = types[k == 0 ? i : j];

        if (type == 0) {
          draft_add_name(&d, "a.example", 9);
        } else if (type == 23) {
          draft_add_number(&d.message, 4, 23 << 16);
        } else {
          draft_add_extension(&d, type, type == 43 ? 1 : 2, "\1x", 2);
        }
      }
      draft_end(&d, extensions);
      draft_end(&d, message);
      assert_int_equal(reads(&d.message, &hello), i != j);
      octets_free(&d.message);
    }
  }
}

static void there_are_not_too_many_extensions(void **state) {
  (void)state;
  for (size_t count = 63; count <= 65; count++) {
    shako_client_hello hello;
    size_t message;
    size_t extensions;
    hello_draft d;

    message = draft_message(&d, 0x0303, "\xc0\x2b", 2);
    extensions = draft_begin(&d, 2);
    for (size_t i = 0; i < count; i++) {
      draft_add_number(&d.message, 4, (1000 + i) << 16); /* empty */
    }
    draft_end(&d, extensions);
    draft_end(&d, message);
    assert_int_equal(reads(&d.message, &hello), count <= 64);
    octets_free(&d.message);
  }
}

/* --- what it says --------------------------------------------------------- */

#define LABEL_63                                                               \
  "a23456789012345678901234567890123456789012345678901234567890123"
#define NAME_253                                                               \
  LABEL_63 "." LABEL_63 "." LABEL_63 "."                                       \
           "a234567890123456789012345678901234567890123456789012345678901"

static void t19_only_the_names_of_hosts_are_shown(void **state) {
  static const struct row {
    const char *name;
    size_t len;
    const char *want;
  } rows[] = {
#define ROW(NAME, WANT) {(NAME), sizeof(NAME) - 1, (WANT)}
      ROW("mx.example.com", "mx.example.com"),
      ROW("MX.Example.COM", "MX.Example.COM"),
      ROW("mx.example.com.", "mx.example.com"),
      ROW("localhost", "localhost"),
      ROW("_x-1.example", "_x-1.example"),
      ROW("1.2.3.4.example", "1.2.3.4.example"),
      ROW("1.2.3.x4", "1.2.3.x4"),
      ROW(NAME_253, NAME_253),
      ROW(NAME_253 ".", NAME_253),
      ROW(NAME_253 "x", ""),
      ROW(LABEL_63 ".example", LABEL_63 ".example"),
      ROW(LABEL_63 "x.example", ""),
      ROW("192.0.2.1", ""),
      ROW("2001:db8::1", ""),
      ROW("[192.0.2.1]", ""),
      ROW(".", ""),
      ROW("..", ""),
      ROW(".example", ""),
      ROW("mx..example", ""),
      ROW("mx.example..", ""),
      ROW("mx.example\\", ""),
      ROW("mx.example\0", ""),
      ROW("mx\0.example", ""),
      ROW("mx.example\n", ""),
      ROW("mx.example ", ""),
      ROW("m\x7fx.example", ""),
      ROW("m\xc3\xbcnchen.example", ""),
      ROW("*.example", ""),
#undef ROW
  };

  (void)state;
  for (size_t i = 0; i < COUNT(rows); i++) {
    shako_client_hello hello;
    size_t message;
    size_t extensions;
    hello_draft d;

    message = draft_message(&d, 0x0303, "\xc0\x2b", 2);
    extensions = draft_begin(&d, 2);
    draft_add_name(&d, rows[i].name, rows[i].len);
    draft_end(&d, extensions);
    draft_end(&d, message);
    must_read(&d, &hello);
    assert_span(hello.server_name, rows[i].want, strlen(rows[i].want));
    octets_free(&d.message);
  }
}

/* Other types of names are passed over, and so is a second name. */
static void the_first_name_counts(void **state) {
  static const struct row {
    const char *list;
    size_t len;
    const char *want;
  } rows[] = {
      {"\0\0\1a\0\0\1b", 8, "a"},
      {"\1\0\1a\0\0\1b", 8, "b"},
      {"\0\0\1*\0\0\1b", 8, ""}, /* the first, though it is none */
      {"\1\0\1a", 4, ""},
  };

  (void)state;
  for (size_t i = 0; i < COUNT(rows); i++) {
    shako_client_hello hello;
    hello_draft d;

    draft_with(&d, 0, 2, rows[i].list, rows[i].len);
    must_read(&d, &hello);
    assert_span(hello.server_name, rows[i].want, strlen(rows[i].want));
    octets_free(&d.message);
  }
}

static void t31_versions_are_shown_whatever_they_are(void **state) {
  static const struct row {
    unsigned legacy;
    const char *list; /* of supported_versions; NULL: none */
    size_t len;
    unsigned want;
  } rows[] = {
      {0x0301, NULL, 2, 0x0301},       {0x0302, NULL, 2, 0x0302},
      {0x0303, NULL, 2, 0x0303},       {0x0304, NULL, 2, 0x0303},
      {0x0300, NULL, 2, 0x0300},       {0xfefd, NULL, 2, 0},
      {0x0303, "\3\4", 2, 0x0304},     {0x0303, "\3\3\3\4", 4, 0x0304},
      {0x0303, "\3\1\3\2", 4, 0x0302}, {0x0303, "\x8a\x8a\3\3", 4, 0x0303},
      {0x0303, "\x7f\x1c", 2, 0},      {0x0303, "\3\5\3\4", 4, 0x0305},
  };

  (void)state;
  for (size_t i = 0; i < COUNT(rows); i++) {
    shako_client_hello hello;
    size_t message;
    hello_draft d;

    message = draft_message(&d, rows[i].legacy, "\xc0\x2b", 2);
    if (rows[i].list) {
      size_t extensions = draft_begin(&d, 2);

      draft_add_extension(&d, 43, 1, rows[i].list, rows[i].len);
      draft_end(&d, extensions);
    }
    draft_end(&d, message);
    must_read(&d, &hello);
    assert_int_equal(hello.version, rows[i].want);
    if (rows[i].list) {
      assert_span(hello.versions, rows[i].list, rows[i].len);
    } else {
      uint8_t legacy[2];

      draft_set_number(legacy, 2, rows[i].legacy);
      assert_span(hello.versions, legacy, 2);
    }
    octets_free(&d.message);
  }
}

static void keys_follow_from_algorithms_and_suites(void **state) {
  static const struct row {
    const char *suites;
    size_t suites_len;
    const char *algorithms; /* NULL: none */
    size_t algorithms_len;
    bool tls_1_3, ecdsa, rsa;
  } rows[] = {
      {"\x13\x01", 2, "\4\3", 2, true, true, false},
      {"\x13\x01", 2, "\5\3", 2, true, true, false},
      {"\x13\x01", 2, "\2\3", 2, true, true, false},
      {"\x13\x01", 2, "\x08\x04", 2, true, false, true},
      {"\x13\x01", 2, "\x08\x06", 2, true, false, true},
      {"\x13\x01", 2, "\4\1\6\3", 4, true, true, true},
      {"\x13\x01", 2, "\x08\x07", 2, true, false, false}, /* Ed25519 */
      {"\x13\x01", 2, "\x08\x09", 2, true, false, false}, /* keys of PSS */
      {"\x13\x01", 2, "\4\2\1\1", 4, true, false, false}, /* DSA, MD5 */
      {"\xc0\x2b", 2, NULL, 0, false, true, false},
      {"\xc0\x2f", 2, NULL, 0, false, false, true},
      {"\x00\x2f", 2, NULL, 0, false, false, true},
      {"\x00\x9f", 2, NULL, 0, false, false, true},
      {"\xcc\xa8", 2, NULL, 0, false, false, true},
      {"\xcc\xa9", 2, NULL, 0, false, true, false},
      {"\xc0\x0a\x00\x35", 4, NULL, 0, false, true, true},
      {"\x00\xff\x00\x8c", 4, NULL, 0, false, false, false}, /* PSK */
      {"\xc0\x2b\xc0\x2f", 4, "\4\1", 2, false, false, true},
      {"\xc0\x2b\xc0\x2f", 4, "\4\3", 2, false, true, false},
      {"\xc0\x2f", 2, "\4\3\4\1", 4, false, false, true},
      {"\xc0\x2f", 2, "\4\3", 2, true, true, false},
  };

  (void)state;
  for (size_t i = 0; i < COUNT(rows); i++) {
    const struct row *row = &rows[i];
    shako_client_hello hello;
    size_t message;
    size_t extensions;
    hello_draft d;

    message = draft_message(&d, 0x0303, row->suites, row->suites_len);
    extensions = draft_begin(&d, 2);
    if (row->algorithms) {
      draft_add_extension(&d, 13, 2, row->algorithms, row->algorithms_len);
    }
    if (row->tls_1_3) {
      draft_add_extension(&d, 43, VECTOR(1, "\3\4"));
    }
    draft_end(&d, extensions);
    draft_end(&d, message);
    must_read(&d, &hello);
    if (hello.can_ecdsa != row->ecdsa || hello.can_rsa != row->rsa) {
      fail_msg("row %zu", i);
    }
    octets_free(&d.message);
  }
}

/* --- records -------------------------------------------------------------- */

static shako__client_hello_status find(const octets *wire, size_t len,
                                       shako__client_hello_place *place) {
  uint8_t *copy = must_alloc(len + 1);
  const shako_span span = {copy, len};
  shako__client_hello_status status;

  memcpy(copy, wire->ptr, len);
  status = shako__client_hello_find(span, place);
  free(copy);
  return status;
}

static void real_ones_are_read(void **state) {
  static const struct row {
    const char *name, *protocols;
    unsigned version;
    bool ecdsa, secret;
  } rows[CLIENT_HELLOS] = {
      [CLIENT_HELLO_OPENSSL_1_3] = {"mx.example.com", "\2h2\5esmtp", 0x0304,
                                    true, true},
      [CLIENT_HELLO_OPENSSL_1_2] = {"", "", 0x0303, false, true},
      [CLIENT_HELLO_GNUTLS] = {"mx.example.com", "", 0x0304, true, true},
      [CLIENT_HELLO_MBEDTLS] = {"mx.example.org", "", 0x0304, true, true},
  };

  (void)state;
  for (size_t i = 0; i < CLIENT_HELLOS; i++) {
    shako__client_hello_place place;
    shako_client_hello hello;
    octets wire = {0};
    shako_span span;

    client_hello_add(&wire, i);
    span = (shako_span){wire.ptr, wire.len};
    assert_int_equal(shako__client_hello_find(span, &place), WHOLE);
    assert_true(place.in_one_piece);
    assert_int_equal(place.len, wire.len - CLIENT_HELLO_RECORD);
    span = shako__client_hello_message(span, &place, NULL);
    assert_ptr_equal(span.ptr, wire.ptr + CLIENT_HELLO_RECORD);
    assert_true(shako__client_hello_read(&hello, span));
    assert_span(hello.server_name, rows[i].name, strlen(rows[i].name));
    assert_span(hello.protocols, rows[i].protocols, strlen(rows[i].protocols));
    assert_int_equal(hello.version, rows[i].version);
    assert_int_equal(hello.can_ecdsa, rows[i].ecdsa);
    assert_int_equal(hello.can_rsa, 1);
    assert_int_equal(hello.extended_master_secret, rows[i].secret);
    assert_in_range(hello.cipher_suites.len, 4, 400);
    assert_in_range(hello.groups.len, 4, 40);
    assert_in_range(hello.signature_algorithms.len, 4, 80);
    octets_free(&wire);
  }
}

/* Asserts that |wire| is waited for up to its last octet, and holds the
   message of |hello|. */
static void assert_comes_whole(const octets *wire, const octets *hello) {
  size_t len = hello->len - CLIENT_HELLO_RECORD;
  shako__client_hello_place place;
  shako_span span = {wire->ptr, wire->len};
  uint8_t *buf = must_alloc(len);

  for (size_t n = 0; n < wire->len; n++) {
    if (find(wire, n, &place) != MORE) {
      fail_msg("%zu of %zu octets", n, wire->len);
    }
  }
  assert_int_equal(find(wire, wire->len, &place), WHOLE);
  assert_int_equal(place.len, len);
  assert_int_equal(place.in_one_piece, wire->len == hello->len);
  span = shako__client_hello_message(span, &place, buf);
  assert_span(span, hello->ptr + CLIENT_HELLO_RECORD, len);
  free(buf);
}

static void t32_it_may_come_in_any_number_of_records(void **state) {
  (void)state;
  for (size_t i = 0; i < CLIENT_HELLOS; i++) {
    octets hello = {0};

    client_hello_add(&hello, i);
    for (size_t most = 1; most < hello.len; most += most < 8 ? 1 : 7) {
      octets wire = {0};

      client_hello_split(&wire, &hello, most);
      assert_comes_whole(&wire, &hello);
      octets_free(&wire);
    }
    octets_free(&hello);
  }
}

/* What follows it in its record or behind it, and in several, is not its. */
static void what_follows_is_not_looked_at(void **state) {
  static const size_t sizes[] = {1, 50, 100000};
  uint8_t buf[1000];

  (void)state;
  for (size_t i = 0; i < COUNT(sizes); i++) {
    shako__client_hello_place place;
    octets hello = {0};
    octets wire = {0};
    shako_span span;
    size_t len;

    client_hello_add(&hello, 0);
    len = hello.len - CLIENT_HELLO_RECORD;
    octets_add(&hello, "\2\0\0", 3);
    draft_set_number(hello.ptr + 3, 2, len + 3);
    client_hello_split(&wire, &hello, sizes[i]);
    octets_add(&wire, "EHLO", 4);
    assert_int_equal(find(&wire, wire.len, &place), WHOLE);
    assert_int_equal(place.len, len);
    assert_int_equal(place.in_one_piece, i == 2);
    span = shako__client_hello_message((shako_span){wire.ptr, wire.len}, &place,
                                       buf);
    assert_span(span, hello.ptr + CLIENT_HELLO_RECORD, len);
    octets_free(&hello);
    octets_free(&wire);
  }
}

/* The last octet of each is the first that cannot be. */
static void what_is_none_is_not_waited_for(void **state) {
  static const struct row {
    const char *octet;
    size_t len;
  } rows[] = {
      {"E", 1},                                     /* t30: SMTP */
      {"\x80", 1},                                  /* SSL 2 */
      {"\x15", 1},                                  /* an alert */
      {"\x17", 1},                                  /* data */
      {"\x16\0", 2},                                /* the fake engine's */
      {"\x16\2", 2},                                /* */
      {"\x16\3\1\0\0", 5},                          /* an empty record */
      {"\x16\3\1\x40\1", 5},                        /* over 2^14 octets */
      {"\x16\3\1\0\4\2", 6},                        /* a ServerHello */
      {"\x16\3\1\0\1\1\x15", 7},                    /* an alert in the middle */
      {"\x16\3\1\0\1\1\x16\2", 8},                  /* */
      {"\x16\3\1\0\1\1\x16\3\1\0\0", 11},           /* */
      {"\x16\3\1\0\4\1\2", 7},                      /* over 64 KiB */
      {"\x16\3\1\0\3\1\0\xff\x16\3\1\0\1\xfd", 14}, /* */
  };

  (void)state;
  for (size_t i = 0; i < COUNT(rows); i++) {
    shako__client_hello_place place;
    octets wire = {0};

    octets_add(&wire, rows[i].octet, rows[i].len);
    if (find(&wire, wire.len, &place) != MALFORMED) {
      fail_msg("row %zu", i);
    }
    wire.len--;
    if (find(&wire, wire.len, &place) != MORE) {
      fail_msg("row %zu, before its last octet", i);
    }
    octets_free(&wire);
  }
}

/* Fills |wire| with records of a message that says it has |len| octets. */
static void make_long(octets *wire, size_t len) {
  static uint8_t fragment[16384];
  size_t left = len;

  memset(fragment, 0, sizeof(fragment));
  fragment[0] = 1;
  draft_set_number(fragment + 1, 3, len - 4);
  while (left > 0) {
    const size_t n = left < sizeof(fragment) ? left : sizeof(fragment);

    octets_add(wire, "\x16\3\1", 3);
    draft_add_number(wire, 2, n);
    octets_add(wire, fragment, n);
    memset(fragment, 0, 4);
    left -= n;
  }
}

static void it_has_64_kib_at_most(void **state) {
  /* Of four records. */
  size_t most = SHAKO__CLIENT_HELLO_MAX - 4 * CLIENT_HELLO_RECORD;
  shako__client_hello_place place;
  octets wire = {0};

  (void)state;
  make_long(&wire, most);
  assert_int_equal(wire.len, SHAKO__CLIENT_HELLO_MAX);
  assert_int_equal(find(&wire, wire.len - 1, &place), MORE);
  assert_int_equal(find(&wire, wire.len, &place), WHOLE);
  assert_int_equal(place.len, most);
  octets_add(&wire, "x", 1);
  assert_int_equal(find(&wire, wire.len, &place), WHOLE);
  octets_clear(&wire);

  make_long(&wire, most + 1);
  assert_int_equal(find(&wire, SHAKO__CLIENT_HELLO_MAX - 1, &place), MORE);
  assert_int_equal(find(&wire, SHAKO__CLIENT_HELLO_MAX, &place), MALFORMED);
  assert_int_equal(find(&wire, wire.len, &place), MALFORMED);
  octets_free(&wire);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(all_of_it_is_read),
      cmocka_unit_test(extensions_may_be_missing),
      cmocka_unit_test(every_length_must_be_right),
      cmocka_unit_test(every_octet_must_be_there),
      cmocka_unit_test(lists_are_not_empty_and_of_whole_numbers),
      cmocka_unit_test(nothing_follows_the_list_of_an_extension),
      cmocka_unit_test(the_fixed_part_is_judged),
      cmocka_unit_test(a_session_id_has_32_octets_at_most),
      cmocka_unit_test(no_extension_comes_twice),
      cmocka_unit_test(there_are_not_too_many_extensions),
      cmocka_unit_test(t19_only_the_names_of_hosts_are_shown),
      cmocka_unit_test(the_first_name_counts),
      cmocka_unit_test(t31_versions_are_shown_whatever_they_are),
      cmocka_unit_test(keys_follow_from_algorithms_and_suites),
      cmocka_unit_test(real_ones_are_read),
      cmocka_unit_test(t32_it_may_come_in_any_number_of_records),
      cmocka_unit_test(what_follows_is_not_looked_at),
      cmocka_unit_test(what_is_none_is_not_waited_for),
      cmocka_unit_test(it_has_64_kib_at_most),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
