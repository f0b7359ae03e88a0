#ifndef SHAKO_TLS_OFFER_H
#define SHAKO_TLS_OFFER_H

#include <shako/certificate.h>

#include "base/text.h"

/* Fills |*offer| with what |hello| offers, and what of it |policy| allows. */
void shako__offer_read(shako_tls_offer *offer, const shako_client_hello *hello,
                       const shako_policy *policy);

/* Takes over what the caller knows of |given|. */
shako_tls_offer shako__offer_known(const shako_tls_offer *given);

/* What the numbers of a list are called; NULL: nothing that is known here. */
typedef const char *shako__namer(uint16_t number);

/* One of the lists of an offer, as it is told. */
typedef struct shako__offer_part {
  const char *key;  /* "cipher_suites" */
  const char *text; /* "cipher suites" */
  const shako_tls_offer_list *list;
  shako__namer *name;
} shako__offer_part;

#define SHAKO__OFFER_PARTS 4

/* Fills |parts| with the lists of |offer|: versions first. */
void shako__offer_parts(const shako_tls_offer *offer, shako__offer_part *parts);

/* The length of a number as it is told where it has no name, with a NUL. */
#define SHAKO__OFFER_NUMBER_SIZE 7

/* Returns what the |i|-th number that |part| keeps is called: its name, or
   "0x1a2b", in |buf|, of SHAKO__OFFER_NUMBER_SIZE octets. */
const char *shako__offer_name(const shako__offer_part *part, size_t i,
                              char *buf);

/* Returns how many numbers of |list| are kept. */
size_t shako__offer_kept(const shako_tls_offer_list *list);

/* Writes |offer| as shako_tls_offer_text() does. */
void shako__offer_put(shako__text *text, const shako_tls_offer *offer);

/* Returns the level's word in the table's language. */
const char *shako__ciphers_name(shako_tls_ciphers ciphers);

#endif /* SHAKO_TLS_OFFER_H */
