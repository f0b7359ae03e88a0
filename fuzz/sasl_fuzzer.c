/* What stands in an answer to AUTH: base64 has one spelling, and a name or a
   password is what stood between the NULs. */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/base64.h"
#include "base/utf8.h"
#include "check.h"
#include "smtp/sasl.h"

static uint8_t *must_alloc(size_t size) {
  uint8_t *ptr = malloc(size + 1);

  CHECK(ptr != NULL);
  return ptr;
}

static size_t count_nuls(shako_span text) {
  size_t count = 0;
  size_t i;

  for (i = 0; i < text.len; i++) {
    count += text.ptr[i] == '\0';
  }
  return count;
}

static void check_plain(shako_span message) {
  shako__sasl_plain plain;

  if (!shako__sasl_plain_read(message, &plain)) {
    return;
  }
  CHECK(count_nuls(message) == 2);
  CHECK(plain.authzid.ptr == message.ptr);
  CHECK(plain.authcid.ptr == plain.authzid.ptr + plain.authzid.len + 1);
  CHECK(plain.password.ptr == plain.authcid.ptr + plain.authcid.len + 1);
  CHECK(plain.password.ptr + plain.password.len == message.ptr + message.len);
  CHECK(plain.authzid.len <= 255 && plain.authcid.len <= 255);
  CHECK(plain.authcid.len > 0 && plain.password.len > 0);
  CHECK(shako__is_utf8_text(plain.authzid));
  CHECK(shako__is_utf8_text(plain.authcid));
  CHECK(shako__is_utf8(plain.password));
}

/* Octets are the same again; in place too. */
static void check_encode(shako_span text) {
  size_t size = SHAKO__BASE64_SIZE(text.len);
  uint8_t *base64 = must_alloc(size);
  size_t len = 0;

  memcpy(base64, text.ptr, text.len);
  CHECK(shako__base64_encode((shako_span){base64, text.len}, base64) == size);
  CHECK(shako__base64_decode((shako_span){base64, size}, base64, &len));
  CHECK(len == text.len && memcmp(base64, text.ptr, len) == 0);
  free(base64);
}

/* What is base64 is what is written for its octets. */
static void check_decode(shako_span text) {
  uint8_t *octets = must_alloc(text.len / 4 * 3);
  uint8_t *again = must_alloc(text.len);
  size_t len;

  if (shako__base64_decode(text, octets, &len)) {
    CHECK(shako__base64_encode((shako_span){octets, len}, again) == text.len);
    CHECK(memcmp(again, text.ptr, text.len) == 0);
    check_plain((shako_span){octets, len});
  }
  free(again);
  free(octets);
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len) {
  static const uint8_t none[1];
  shako_span text = {len > 0 ? octets : none, len};

  check_plain(text);
  check_encode(text);
  check_decode(text);
  CHECK(!shako__sasl_is_name(text) || shako__sasl_is_authzid(text));
  CHECK(!shako__sasl_is_name(text) || shako__sasl_is_password(text));
  CHECK(!shako__sasl_is_password(text) || count_nuls(text) == 0);
  return 0;
}
