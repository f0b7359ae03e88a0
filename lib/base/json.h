#ifndef SHAKO_BASE_JSON_H
#define SHAKO_BASE_JSON_H

#include <stdbool.h>

#include "base/text.h"

/* A JSON text (RFC 8259) that is written value by value into a caller's buffer,
   as a shako__text, of printable ASCII alone.  Each function writes one value,
   behind the name |key| in an object and with |key| NULL elsewhere, and the
   comma before it.  Keys are written as they are. */
typedef struct shako__json {
  shako__text text;
  bool first; /* no comma stands before the next value */
} shako__json;

/* Begins an empty text. */
void shako__json_init(shako__json *json, char *buf, size_t size);

/* Begins an object or an array, and ends it. */
void shako__json_object(shako__json *json, const char *key);
void shako__json_object_end(shako__json *json);
void shako__json_array(shako__json *json, const char *key);
void shako__json_array_end(shako__json *json);

/* Writes octets as a string: what is not printable ASCII as \u00XX, an octet
   each, whatever encoding they are meant in. */
void shako__json_octets(shako__json *json, const char *key, shako_span octets);

/* Writes a string, or null for NULL. */
void shako__json_string(shako__json *json, const char *key, const char *string);

void shako__json_number(shako__json *json, const char *key, uint64_t number);
void shako__json_integer(shako__json *json, const char *key, int64_t number);
void shako__json_bool(shako__json *json, const char *key, bool value);
void shako__json_null(shako__json *json, const char *key);

#endif /* SHAKO_BASE_JSON_H */
