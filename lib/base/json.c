#include "base/json.h"

#include "base/ascii.h"

void shako__json_init(shako__json *json, char *buf, size_t size) {
  shako__text_init(&json->text, buf, size);
  json->first = true;
}

/* Writes what stands before a value. */
static void begin(shako__json *json, const char *key) {
  if (!json->first) {
    shako__text_put(&json->text, ",");
  }
  json->first = false;
  if (key) {
    shako__text_put(&json->text, "\"");
    shako__text_put(&json->text, key);
    shako__text_put(&json->text, "\":");
  }
}

static void enter(shako__json *json, const char *key, const char *bracket) {
  begin(json, key);
  shako__text_put(&json->text, bracket);
  json->first = true;
}

static void leave(shako__json *json, const char *bracket) {
  shako__text_put(&json->text, bracket);
  json->first = false;
}

void shako__json_object(shako__json *json, const char *key) {
  enter(json, key, "{");
}

void shako__json_object_end(shako__json *json) {
  leave(json, "}");
}

void shako__json_array(shako__json *json, const char *key) {
  enter(json, key, "[");
}

void shako__json_array_end(shako__json *json) {
  leave(json, "]");
}

/* RFC 8259 7 */
static void put_octet(shako__text *text, uint8_t octet) {
  static const char digits[] = "0123456789abcdef";
  char escape[] = {'\\', 'u', '0', '0', digits[octet >> 4], digits[octet & 15],
                   '\0'};
  const char plain[] = {(char)octet, '\0'};

  if (octet == '"' || octet == '\\') {
    shako__text_put(text, "\\");
  }
  shako__text_put(text, shako__is_text(octet) ? plain : escape);
}

void shako__json_octets(shako__json *json, const char *key, shako_span octets) {
  size_t i;

  begin(json, key);
  shako__text_put(&json->text, "\"");
  for (i = 0; i < octets.len; i++) {
    put_octet(&json->text, octets.ptr[i]);
  }
  shako__text_put(&json->text, "\"");
}

void shako__json_string(shako__json *json, const char *key,
                        const char *string) {
  if (string) {
    shako__json_octets(json, key, shako__span(string));
  } else {
    shako__json_null(json, key);
  }
}

void shako__json_number(shako__json *json, const char *key, uint64_t number) {
  begin(json, key);
  shako__text_put_number(&json->text, number);
}

void shako__json_integer(shako__json *json, const char *key, int64_t number) {
  uint64_t size = (uint64_t)number;

  begin(json, key);
  if (number < 0) {
    shako__text_put(&json->text, "-");
    size = 0 - size;
  }
  shako__text_put_number(&json->text, size);
}

void shako__json_bool(shako__json *json, const char *key, bool value) {
  begin(json, key);
  shako__text_put(&json->text, value ? "true" : "false");
}

void shako__json_null(shako__json *json, const char *key) {
  begin(json, key);
  shako__text_put(&json->text, "null");
}
