/* The Received field, with what a peer said in it: it stays one field, and what
   the peer said stays in its place.

   The first octet is the protocol, the next two say how many octets are the
   name of HELLO and how many the one of DNS; the rest is the recipient. */

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <shako/received.h>

#include "base/ascii.h"
#include "base/utf8.h"
#include "check.h"
#include "smtp/path.h"

static shako_span cut(shako_span *text, size_t len) {
  shako_span part = shako__slice(*text, 0, len < text->len ? len : text->len);

  *text = shako__slice(*text, part.len, text->len);
  return part;
}

/* Checks that |text| is one field, and takes its folds out. */
static void unfold(char *text, size_t len) {
  char *to = text;
  size_t line = 0;
  size_t i;

  CHECK(strlen(text) == len && len < SHAKO_RECEIVED_SIZE);
  CHECK(memcmp(text + len - 2, "\r\n", 2) == 0);
  for (i = 0; i < len - 2; i++) {
    uint8_t c = (uint8_t)text[i];

    if (c == '\r') {
      CHECK(i - line <= 998);
      CHECK(memcmp(text + i, "\r\n\t", 3) == 0);
      line = i + 2;
      i += 2;
      *to++ = ' ';
    } else {
      CHECK(c >= ' ' && c != 0x7f);
      *to++ = (char)c;
    }
  }
  *to = '\0';
}

/* Cuts |word| off |*at|. */
static void expect(const char **at, const char *word) {
  size_t len = strlen(word);

  CHECK(strncmp(*at, word, len) == 0);
  *at += len;
}

/* A comment that ends where the first parenthesis is closed. */
static void expect_comment(const char **at) {
  expect(at, " (");
  *at += strcspn(*at, "()\"\\;");
  while (**at == '\\') {
    expect(at, "\\x");
    *at += strcspn(*at, "()\"\\;");
  }
  expect(at, ")");
}

static void check_field(const char *at, const shako_received *received) {
  expect(&at, "Received: from ");
  at += strcspn(at, " ();\"");
  if (strncmp(at, " (helo=", 7) == 0) {
    expect_comment(&at);
  }
  if (received->address.known) {
    expect_comment(&at);
  }
  expect(&at, " by host.example with ");
  at += strcspn(at, " ");
  expect(&at, " id 4711");
  if (shako__is_mailbox(received->recipient, true)) {
    expect(&at, " for <");
    CHECK(strlen(at) > received->recipient.len);
    CHECK(memcmp(at, received->recipient.ptr, received->recipient.len) == 0);
    at += received->recipient.len;
    expect(&at, ">");
  }
  expect(&at, "; Thu, 1 Jan 1970 00:00:00 +0000");
  CHECK(*at == '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len) {
  char text[SHAKO_RECEIVED_SIZE];
  shako_received received;
  shako_span rest;
  bool utf8;
  int result;

  if (len < 3) {
    return 0;
  }
  rest = (shako_span){octets + 3, len - 3};
  shako_received_default(&received);
  received.by = "host.example";
  received.id = "4711";
  received.protocol = octets[0] & 0x1f;
  received.address.known = octets[0] >> 7;
  received.hello = cut(&rest, octets[1]);
  received.name = cut(&rest, octets[2]);
  received.recipient = rest;
  utf8 = (received.protocol & SHAKO_RECEIVED_SMTPUTF8) != 0;
  result = shako_received_write(&received, text, &len);
  CHECK((result == 0) == (rest.len == 0 || shako__is_mailbox(rest, utf8) ||
                          shako__equals(rest, "Postmaster")));
  if (result == 0) {
    CHECK(shako__is_written(rest, utf8));
    unfold(text, len);
    check_field(text, &received);
  }
  return 0;
}
