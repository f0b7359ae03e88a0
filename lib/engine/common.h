#ifndef SHAKO_ENGINE_COMMON_H
#define SHAKO_ENGINE_COMMON_H

#include <stddef.h>

#include <shako/policy.h>

/* What the engines share and the core has no use for. */

/* The length of a message, with its NUL: that of each engine's header. */
#define SHAKO__MESSAGE_SIZE 512

/* message.c: writes |parts|, which end with NULL, one after the other to
   |message|.  Of a part too long the end is kept: it is a path. */
void shako__message_write(char *message, const char *const *parts);

/* The parts as arguments. */
#define SHAKO__SAY(MESSAGE, ...)                                               \
  shako__message_write((MESSAGE), (const char *const[]){__VA_ARGS__, NULL})

/* More than any chain of certificates needs. */
#define SHAKO__PEM_SIZE_MAX ((size_t)256 * 1024)

/* pem.c: reads the file |path| into |text|, of SHAKO__PEM_SIZE_MAX + 1 octets,
   with a NUL behind it, and checks that it is text with a block whose label
   ends with |label|.  Returns its length without the NUL, or 0 and the reason
   in |message|. */
size_t shako__pem_read(const char *path, char *text, const char *label,
                       char *message);

/* How many levels shako_tls_ciphers has. */
#define SHAKO__LEVELS (SHAKO_TLS_CIPHERS_LEGACY + 1)

/* Returns the level of what |policy| offers: all that is not MODERN needs TLS
   1.2. */
static inline shako_tls_ciphers shako__level_of(const shako_policy *policy) {
  return policy->tls_min_version > 0x0303 ? SHAKO_TLS_CIPHERS_MODERN
                                          : policy->tls_ciphers;
}

#endif /* SHAKO_ENGINE_COMMON_H */
