#include "base/ascii.h"
#include "base/mem.h"
#include "base/tls_names.h"
#include "tls/offer.h"

shako_tls_offer shako__offer_known(const shako_tls_offer *given) {
  shako_tls_offer known = {0};

  shako__sized_copy(&known, sizeof(known), given);
  return known;
}

static const char *version_name(uint16_t version) {
  return version > 0x0300 && version <= 0x0304 ? shako_tls_version_name(version)
                                               : NULL;
}

void shako__offer_parts(const shako_tls_offer *offer,
                        shako__offer_part *parts) {
  parts[0] =
      (shako__offer_part){"versions", "", &offer->versions, version_name};
  parts[1] = (shako__offer_part){"cipher_suites", "cipher suites",
                                 &offer->cipher_suites, shako__suite_name};
  parts[2] = (shako__offer_part){"groups", "groups", &offer->groups,
                                 shako__group_name};
  parts[3] =
      (shako__offer_part){"signature_algorithms", "signature algorithms",
                          &offer->signature_algorithms, shako__signature_name};
}

size_t shako__offer_kept(const shako_tls_offer_list *list) {
  return list->count < SHAKO_TLS_OFFER_MAX ? list->count : SHAKO_TLS_OFFER_MAX;
}

const char *shako__offer_name(const shako__offer_part *part, size_t i,
                              char *buf) {
  uint16_t number = part->list->numbers[i];
  const uint8_t octets[] = {(uint8_t)(number >> 8), (uint8_t)(number & 0xff)};
  const char *name = part->name(number);

  if (name) {
    return name;
  }
  buf[0] = '0';
  buf[1] = 'x';
  shako__put_hex(buf + 2, octets, sizeof(octets));
  return buf;
}

const char *shako__ciphers_name(shako_tls_ciphers ciphers) {
  static const char *const names[] = {
      [SHAKO_TLS_CIPHERS_INTERMEDIATE] = "intermediate",
      [SHAKO_TLS_CIPHERS_MODERN] = "modern",
      [SHAKO_TLS_CIPHERS_LEGACY] = "legacy",
  };

  return names[ciphers];
}

static void put_numbers(shako__text *text, const shako__offer_part *part) {
  size_t kept = shako__offer_kept(part->list);
  char buf[SHAKO__OFFER_NUMBER_SIZE];
  size_t i;

  for (i = 0; i < kept; i++) {
    shako__text_put(text, i > 0 ? " " : "");
    shako__text_put(text, shako__offer_name(part, i, buf));
  }
  shako__text_put(text, part->list->count > kept ? " ..." : "");
}

/* Which they are is told where none is allowed: then it is of use. */
static void put_part(shako__text *text, const shako__offer_part *part) {
  const shako_tls_offer_list *list = part->list;

  shako__text_put(text, "; ");
  shako__text_put(text, part->text);
  shako__text_put(text, " ");
  shako__text_put_number(text, list->count);
  if (list->count == 0) {
    return;
  }
  shako__text_put(text, ", ");
  if (list->allowed > 0) {
    shako__text_put_number(text, list->allowed);
    shako__text_put(text, " allowed");
  } else {
    shako__text_put(text, "none allowed: ");
    put_numbers(text, part);
  }
}

static const char *certificates(const shako_tls_offer *offer) {
  static const char *const texts[] = {
      "; no certificate will do", "; certificates RSA", "; certificates ECDSA",
      "; certificates ECDSA or RSA"};

  return texts[2 * (offer->can_ecdsa != 0) + (offer->can_rsa != 0)];
}

void shako__offer_put(shako__text *text, const shako_tls_offer *given) {
  shako_tls_offer offer = shako__offer_known(given);
  shako__offer_part parts[SHAKO__OFFER_PARTS];
  size_t i;

  shako__offer_parts(&offer, parts);
  put_numbers(text, &parts[0]);
  for (i = 1; i < SHAKO__OFFER_PARTS; i++) {
    put_part(text, &parts[i]);
  }
  shako__text_put(text, certificates(&offer));
  shako__text_put(text, "; allowed ");
  shako__text_put(text, shako_tls_version_name(offer.min_version));
  shako__text_put(text, " or later, ciphers ");
  shako__text_put(text, shako__ciphers_name(offer.ciphers));
}

size_t shako_tls_offer_text(const shako_tls_offer *offer, char *buf,
                            size_t size) {
  shako__text text;

  shako__text_init(&text, buf, size);
  shako__offer_put(&text, offer);
  return text.len;
}
