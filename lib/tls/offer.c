#include "tls/offer.h"

#include <stdbool.h>

/*
 * What a client offers, against what the engines take of it: their lists of
 * suites, groups and signature algorithms are all the same.
 */

#define TLS_1_2 0x0303
#define TLS_1_3 0x0304

/* Sets of levels. */
#define LEGACY       (1u << SHAKO_TLS_CIPHERS_LEGACY)
#define INTERMEDIATE (1u << SHAKO_TLS_CIPHERS_INTERMEDIATE | LEGACY)
#define ALL          (1u << SHAKO_TLS_CIPHERS_MODERN | INTERMEDIATE)

/* A row of a table: |levels| take the numbers from |first| to |last|. */
typedef struct row {
  uint16_t first, last;
  unsigned levels;
} row;

static const row suites[] = {
    {0x1301, 0x1303, ALL},
    {0xc02b, 0xc02c, INTERMEDIATE},
    {0xc02f, 0xc030, INTERMEDIATE},
    {0xcca8, 0xcca9, INTERMEDIATE},
    {0xc009, 0xc00a, LEGACY},
    {0xc013, 0xc014, LEGACY},
    {0xc023, 0xc024, LEGACY},
    {0xc027, 0xc028, LEGACY},
    {0x002f, 0x002f, LEGACY},
    {0x0035, 0x0035, LEGACY},
    {0x003c, 0x003d, LEGACY},
    {0x009c, 0x009d, LEGACY},
    {0, 0, 0},
};

static const row groups[] = {
    {0x0017, 0x0018, ALL},
    {0x001d, 0x001d, ALL},
    {0, 0, 0},
};

static const row signatures[] = {
    {0x0401, 0x0401, ALL}, {0x0403, 0x0403, ALL},
    {0x0501, 0x0501, ALL}, {0x0503, 0x0503, ALL},
    {0x0601, 0x0601, ALL}, {0x0603, 0x0603, ALL},
    {0x0804, 0x0806, ALL}, {0, 0, 0},
};

/* Whether |number| only fills a list: GREASE (RFC 8701), or what is no suite
   but a signal (RFC 5746 3.3, RFC 7507 2). */
static bool means_nothing(unsigned number, bool is_suite) {
  return ((number & 0x0f0f) == 0x0a0a && number >> 8 == (number & 0xff)) ||
         (is_suite && (number == 0x00ff || number == 0x5600));
}

static bool is_allowed(unsigned number, const row *table, unsigned level) {
  while (table->levels != 0 &&
         (number < table->first || number > table->last)) {
    table++;
  }
  return (table->levels & level) != 0;
}

static void read_list(shako_tls_offer_list *list, shako_span numbers,
                      const row *table, unsigned level) {
  size_t i;

  for (i = 0; i < numbers.len; i += 2) {
    unsigned number = (unsigned)numbers.ptr[i] << 8 | numbers.ptr[i + 1];

    if (means_nothing(number, table == suites)) {
      continue;
    }
    if (list->count < SHAKO_TLS_OFFER_MAX) {
      list->numbers[list->count] = (uint16_t)number;
    }
    list->count++;
    list->allowed += is_allowed(number, table, level);
  }
}

void shako__offer_read(shako_tls_offer *offer, const shako_client_hello *hello,
                       const shako_policy *policy) {
  bool modern = policy->tls_ciphers == SHAKO_TLS_CIPHERS_MODERN ||
                policy->tls_min_version > TLS_1_2;
  const row versions[] = {
      {modern ? TLS_1_3 : policy->tls_min_version, TLS_1_3, ALL}, {0, 0, 0}};
  unsigned level;

  *offer = (shako_tls_offer){.struct_size = sizeof(*offer)};
  offer->min_version = versions[0].first;
  offer->ciphers = modern ? SHAKO_TLS_CIPHERS_MODERN : policy->tls_ciphers;
  offer->can_ecdsa = hello->can_ecdsa;
  offer->can_rsa = hello->can_rsa;
  level = 1u << offer->ciphers;
  read_list(&offer->versions, hello->versions, versions, level);
  read_list(&offer->cipher_suites, hello->cipher_suites, suites, level);
  read_list(&offer->groups, hello->groups, groups, level);
  read_list(&offer->signature_algorithms, hello->signature_algorithms,
            signatures, level);
}
