#include "tls/client_hello.h"

/*
 * What follows from the lists of a ClientHello: its highest version, and the
 * keys of certificates that it can use.
 */

#define TLS_1_2 0x0303
#define TLS_1_3 0x0304

/* Kinds of keys. */
#define KEY_ECDSA 1u
#define KEY_RSA   2u

static unsigned number_at(shako_span list, size_t i) {
  return (unsigned)list.ptr[i] << 8 | list.ptr[i + 1];
}

/* Without its extension |versions| is the one field that all have, and means
   TLS 1.2 at the most (RFC 8446 4.2.1). */
static uint16_t highest_version(shako_span versions, bool extended) {
  unsigned highest = 0;
  size_t i;

  for (i = 0; i < versions.len; i += 2) {
    unsigned version = number_at(versions, i);

    if (version >> 8 == 3 && version > highest) {
      highest = version;
    }
  }
  return (uint16_t)(!extended && highest > TLS_1_2 ? TLS_1_2 : highest);
}

/* A row of a table: the numbers from |first| to |last| need keys of |kind|. */
typedef struct use {
  uint16_t first, last;
  unsigned kind;
} use;

/* Signature algorithms, with SHA-1 at the least (RFC 8446 4.2.3). */
static const use algorithms[] = {
    {0x0203, 0x0203, KEY_ECDSA}, {0x0303, 0x0303, KEY_ECDSA},
    {0x0403, 0x0403, KEY_ECDSA}, {0x0503, 0x0503, KEY_ECDSA},
    {0x0603, 0x0603, KEY_ECDSA}, {0x0201, 0x0201, KEY_RSA},
    {0x0301, 0x0301, KEY_RSA},   {0x0401, 0x0401, KEY_RSA},
    {0x0501, 0x0501, KEY_RSA},   {0x0601, 0x0601, KEY_RSA},
    {0x0804, 0x0806, KEY_RSA},   {0},
};

/* Suites of TLS 1.2 with ECDHE, DHE or RSA key exchange and AES, ChaCha20 or
   3DES.  Those of TLS 1.3 do with any key. */
static const use suites[] = {
    {0x000a, 0x000a, KEY_RSA},   {0x0016, 0x0016, KEY_RSA},
    {0x002f, 0x002f, KEY_RSA},   {0x0033, 0x0033, KEY_RSA},
    {0x0035, 0x0035, KEY_RSA},   {0x0039, 0x0039, KEY_RSA},
    {0x003c, 0x003d, KEY_RSA},   {0x0067, 0x0067, KEY_RSA},
    {0x006b, 0x006b, KEY_RSA},   {0x009c, 0x009f, KEY_RSA},
    {0xc008, 0xc00a, KEY_ECDSA}, {0xc012, 0xc014, KEY_RSA},
    {0xc023, 0xc024, KEY_ECDSA}, {0xc027, 0xc028, KEY_RSA},
    {0xc02b, 0xc02c, KEY_ECDSA}, {0xc02f, 0xc030, KEY_RSA},
    {0xc09c, 0xc0a3, KEY_RSA},   {0xc0ac, 0xc0af, KEY_ECDSA},
    {0xcca8, 0xcca8, KEY_RSA},   {0xcca9, 0xcca9, KEY_ECDSA},
    {0xccaa, 0xccaa, KEY_RSA},   {0},
};

/* Returns the kinds of keys that something in |list| needs, by |table|. */
static unsigned kinds_in(shako_span list, const use *table) {
  unsigned kinds = 0;
  size_t i;

  for (i = 0; i < list.len && kinds != (KEY_ECDSA | KEY_RSA); i += 2) {
    unsigned number = number_at(list, i);
    const use *row = table;

    while (row->kind != 0 && (number < row->first || number > row->last)) {
      row++;
    }
    kinds |= row->kind;
  }
  return kinds;
}

void shako__client_hello_judge(shako_client_hello *hello, bool extended) {
  unsigned kinds = KEY_ECDSA | KEY_RSA;

  hello->version = highest_version(hello->versions, extended);
  if (hello->signature_algorithms.len > 0) {
    kinds &= kinds_in(hello->signature_algorithms, algorithms);
  }
  if (hello->version < TLS_1_3) {
    kinds &= kinds_in(hello->cipher_suites, suites);
  }
  hello->can_ecdsa = (kinds & KEY_ECDSA) != 0;
  hello->can_rsa = (kinds & KEY_RSA) != 0;
}
