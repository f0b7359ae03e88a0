#ifndef SHAKO_BASE_TLS_NAMES_H
#define SHAKO_BASE_TLS_NAMES_H

#include <stdint.h>

/* What the IANA calls the numbers of TLS, those that peers are likely to offer.
   Each returns NULL for another. */
const char *shako__suite_name(uint16_t number);
const char *shako__group_name(uint16_t number);
const char *shako__signature_name(uint16_t number);

#endif /* SHAKO_BASE_TLS_NAMES_H */
