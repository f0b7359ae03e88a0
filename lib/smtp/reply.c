#include "smtp/reply.h"

#include <string.h>

#include "base/ascii.h"

bool shako__reply_text_valid(const char *text, size_t max) {
  size_t len = strlen(text);

  for (size_t i = 0; i < len; i++) {
    if (text[i] != '\n' && !shako__is_text((uint8_t)text[i])) {
      return false;
    }
  }
  return len <= max;
}

/* Skips 1 to 3 digits without a leading zero.  Returns NULL for none. */
static const char *skip_number(const char *text) {
  size_t digits = strspn(text, "0123456789");

  if (digits < 1 || digits > 3 || (digits > 1 && text[0] == '0')) {
    return NULL;
  }
  return text + digits;
}

/* class "." subject "." detail */
bool shako__reply_enhanced_valid(const char *enhanced, int code) {
  const char *rest = enhanced;

  if (rest[0] != '0' + code / 100 || rest[1] != '.') {
    return false;
  }
  rest = skip_number(rest + 2);
  if (!rest || *rest != '.') {
    return false;
  }
  rest = skip_number(rest + 1);
  return rest && *rest == '\0';
}

/* Octets of |text| that go on one line of |room|: up to LF, the whole, or the
   last space that fits. */
static size_t line_length(const char *text, size_t room) {
  size_t len = strcspn(text, "\n");
  size_t cut = room;

  if (len <= room) {
    return len;
  }
  while (cut > 0 && text[cut] != ' ') {
    cut--;
  }
  return cut > 0 ? cut : room;
}

/* Octets in front of a line's text: "250-2.1.0 ". */
static size_t head_length(const char *enhanced) {
  return 4 + (enhanced ? strlen(enhanced) + 1 : 0);
}

/* The text that follows a line of |len| octets; NULL for none. */
static const char *next_line(const char *text, size_t len) {
  text += len;
  if (*text == '\0') {
    return NULL;
  }
  return *text == '\n' || *text == ' ' ? text + 1 : text;
}

size_t shako__reply_size(const char *enhanced, const char *text) {
  size_t head = head_length(enhanced);
  size_t size = 0;

  while (text) {
    size_t len = line_length(text, SHAKO__REPLY_LINE_MAX - 2 - head);

    size += head + len + 2;
    text = next_line(text, len);
  }
  return size;
}

static uint8_t *put(uint8_t *out, const char *text, size_t len) {
  memcpy(out, text, len);

  return out + len;
}

size_t shako__reply_write(uint8_t *out, int code, const char *enhanced,
                          const char *text) {
  const char digits[3] = {(char)('0' + code / 100 % 10),
                          (char)('0' + code / 10 % 10),
                          (char)('0' + code % 10)};
  size_t room = SHAKO__REPLY_LINE_MAX - 2 - head_length(enhanced);
  uint8_t *at = out;

  while (text) {
    size_t len = line_length(text, room);
    const char *next = next_line(text, len);

    at = put(at, digits, sizeof(digits));
    at = put(at, next ? "-" : " ", 1);
    if (enhanced) {
      at = put(at, enhanced, strlen(enhanced));
      at = put(at, " ", 1);
    }
    at = put(at, text, len);
    at = put(at, "\r\n", 2);
    text = next;
  }
  return (size_t)(at - out);
}
