#ifndef SHAKO_COMMON_H
#define SHAKO_COMMON_H

#include <stddef.h>
#include <stdint.h>

#ifndef SHAKO_API
#  if defined(__GNUC__)
#    define SHAKO_API __attribute__((visibility("default")))
#  else
#    define SHAKO_API
#  endif
#endif

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Error codes.  Zero is success.  A code below SHAKO_ERR_FATAL ends the
 * session: it takes no more input or answers; queries, sending, poll(), the
 * acks of open loans and free() still work.
 *
 * What the peer does wrong is never reported this way: it is answered on
 * the wire and shown to the application as SHAKO_EVENT_VIOLATION.
 */
typedef enum shako_error {
  SHAKO_OK = 0,
  SHAKO_ERR_INVALID_ARGUMENT = -101, /* a rule written beside the function */
  SHAKO_ERR_INVALID_STATE = -102,    /* not now; nothing has changed */
  SHAKO_ERR_STALE_QUESTION = -103,   /* that question is no longer open */
  SHAKO_ERR_SYNTAX = -104,           /* a file or text; see shako_place */
  SHAKO_ERR_CERTIFICATE = -105,      /* not usable; the message says why */
  SHAKO_ERR_FATAL = -900,            /* codes below end the session */
  SHAKO_ERR_NOMEM = -901,
  SHAKO_ERR_TLS = -902,
  SHAKO_ERR_INTERNAL = -903
} shako_error;

/* Returns a static English phrase for |error|; never NULL. */
SHAKO_API const char *shako_strerror(int error);

/* Returns nonzero if |error| ends the session. */
SHAKO_API int shako_is_fatal(int error);

/* Returns the version of the library that runs, as SHAKO_VERSION_NUMBER is
   that of the header. */
SHAKO_API uint32_t shako_version(void);

/* Octets owned by someone else.  Not NUL-terminated. */
typedef struct shako_span {
  const uint8_t *ptr;
  size_t len;
} shako_span;

/* Where in a text something was found, counted from 1 in lines and octets, and
   |what| it is in words, in static storage. */
typedef struct shako_place {
  uint32_t line;
  uint32_t column;
  const char *what;
} shako_place;

/* A reading of a clock that never goes back, in milliseconds.  The library
   reads no clock; only differences matter.  Where a date is needed
   (certificates), a function takes |unix_time| in seconds. */
typedef uint64_t shako_time;

#define SHAKO_TIME_NEVER UINT64_MAX

/**
 * Where memory comes from.  NULL for a shako_mem means malloc() and free().
 * Both functions may be called from any thread that uses an object made
 * with it.
 */
typedef struct shako_mem {
  void *user_data;
  /* Returns |size| octets aligned for any type, or NULL. */
  void *(*alloc)(size_t size, void *user_data);
  /* |size| is what alloc() was asked for; |ptr| is never NULL. */
  void (*release)(void *ptr, size_t size, void *user_data);
} shako_mem;

/* An IP address in network order (IPv4 as ::ffff:a.b.c.d), or none (a Unix
   socket). */
typedef struct shako_address {
  uint8_t bytes[16];
  uint32_t scope;      /* of a link-local IPv6 address; 0 for none */
  uint8_t known;       /* 0: no IP address */
  uint8_t reserved[3]; /* 0 */
} shako_address;

/**
 * Reads |text| ("192.0.2.7", "2001:db8::1", "fe80::1%2", or an address literal
 * of RFC 5321 4.1.3: "[192.0.2.7]", "[IPv6:2001:db8::1]") into |*address|.
 * Only a link-local address has a scope, which is a number; a name of an
 * interface is not looked up.  IPv4 has no leading zeros.
 *
 * Returns 0, or
 *   SHAKO_ERR_SYNTAX  |text| is no address; |*address| is untouched
 */
SHAKO_API int shako_address_parse(shako_address *address, shako_span text);

/* Enough for the longest text of an address, with its NUL. */
#define SHAKO_ADDRESS_TEXT_SIZE 58

/* Writes |address| as text with a NUL ("192.0.2.7", "2001:db8::1",
   "fe80::1%2", "unknown"; RFC 5952) to |text|, which holds
   SHAKO_ADDRESS_TEXT_SIZE octets, and returns its length. */
SHAKO_API size_t shako_address_format(const shako_address *address, char *text);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* SHAKO_COMMON_H */
