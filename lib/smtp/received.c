#include <shako/received.h>

#include <string.h>

#include "base/ascii.h"
#include "base/date.h"
#include "base/mem.h"
#include "base/text.h"
#include "smtp/path.h"

/*
 * The field is a row of words, and between two of them the line may be folded
 * (RFC 5322 2.2.3).  A word is written behind a space, and where it then
 * reaches over the margin that space becomes a CRLF and a tab.
 */
typedef struct field {
  shako__text text;
  size_t line; /* where the line begins */
  size_t word; /* where the word does, with its space */
} field;

#define MARGIN 78

static void begin_word(field *to) {
  to->word = to->text.len;
  shako__text_put(&to->text, " ");
}

static void end_word(field *to) {
  char *at = to->text.buf + to->word;
  size_t len = to->text.len - to->word;
  bool folded = to->line == to->word + 2;

  if (folded || to->text.len - to->line <= MARGIN) {
    return;
  }
  shako__text_put(&to->text, "  ");
  memmove(at + 2, at, len);
  memcpy(at, "\r\n\t", 3);
  to->line = to->word + 2;
}

static void put_word(field *to, const char *word) {
  begin_word(to);
  shako__text_put(&to->text, word);
  end_word(to);
}

static void put_span(field *to, shako_span word) {
  begin_word(to);
  shako__text_put_span(&to->text, word);
  end_word(to);
}

static bool is_plain(uint8_t c) {
  return shako__is_alnum(c) || c == '-' || c == '.' || c == '_';
}

/* How much of a name that is no host is told. */
#define WORD_MAX 60

/* Adds the peer's own |word|, of which nothing but letters, digits and three
   marks remains: it ends no comment and looks like no address. */
static void put_escaped(field *to, shako_span word) {
  size_t i;

  if (word.len > WORD_MAX) {
    word.len = WORD_MAX;
  }
  for (i = 0; i < word.len; i++) {
    shako_span octet = {word.ptr + i, 1};
    char hex[] = "\\x00";

    if (is_plain(*octet.ptr)) {
      shako__text_put_span(&to->text, octet);
      continue;
    }
    hex[2] = "0123456789abcdef"[*octet.ptr >> 4];
    hex[3] = "0123456789abcdef"[*octet.ptr & 15];
    shako__text_put(&to->text, hex);
  }
}

/* The longest literal of an IP address, with its NUL. */
#define LITERAL_SIZE (SHAKO_ADDRESS_TEXT_SIZE + sizeof("[IPv6:]"))

/* Writes |address| as a literal (RFC 5321 4.1.3), which has no scope, and
   returns it, or NULL where it is none. */
static const char *format_literal(const shako_address *address, char *text) {
  shako_address bare = *address;
  char plain[SHAKO_ADDRESS_TEXT_SIZE];
  shako__text literal;

  if (!address->known) {
    return NULL;
  }
  bare.scope = 0;
  shako_address_format(&bare, plain);
  shako__text_init(&literal, text, LITERAL_SIZE);
  shako__text_put(&literal, strchr(plain, ':') ? "[IPv6:" : "[");
  shako__text_put(&literal, plain);
  shako__text_put(&literal, "]");
  return text;
}

/* A domain or the literal of an IP address: what a header says as it is.  A
   General-address-literal could hold any mark. */
static bool is_host(shako_span text) {
  shako_address address;

  return shako__is_domain(text) || (shako__is_address_literal(text) &&
                                    shako_address_parse(&address, text) == 0);
}

/* From-domain = "FROM" FWS Extended-Domain */
static void put_hello(field *to, shako_span hello, const char *literal) {
  put_word(to, "from");
  if (is_host(hello)) {
    put_span(to, hello);
    return;
  }
  put_word(to, literal ? literal : "unknown");
  if (hello.len > 0) {
    begin_word(to);
    shako__text_put(&to->text, "(helo=");
    put_escaped(to, hello);
    shako__text_put(&to->text, ")");
    end_word(to);
  }
}

/* TCP-info = address-literal / ( Domain FWS address-literal ), in a comment */
static void put_tcp_info(field *to, shako_span name, const char *literal) {
  begin_word(to);
  shako__text_put(&to->text, "(");
  if (name.len > 0) {
    if (shako__is_domain(name)) {
      shako__text_put_span(&to->text, name);
    } else {
      put_escaped(to, name);
    }
    end_word(to);
    begin_word(to);
  }
  shako__text_put(&to->text, literal);
  shako__text_put(&to->text, ")");
  end_word(to);
}

/* RFC 3848, RFC 6531 4.3. */
static void put_protocol(field *to, unsigned protocol) {
  bool utf8 = (protocol & SHAKO_RECEIVED_SMTPUTF8) != 0;

  put_word(to, "with");
  begin_word(to);
  if (utf8) {
    shako__text_put(&to->text, "UTF8");
  }
  if (protocol & SHAKO_RECEIVED_LMTP) {
    shako__text_put(&to->text, "LMTP");
  } else {
    shako__text_put(&to->text, protocol == 0 || utf8 ? "SMTP" : "ESMTP");
  }
  if (protocol & SHAKO_RECEIVED_TLS) {
    shako__text_put(&to->text, "S");
  }
  if (protocol & SHAKO_RECEIVED_AUTH) {
    shako__text_put(&to->text, "A");
  }
  end_word(to);
}

static bool is_dot_atom(shako_span text) {
  do {
    if (shako__cut_class(&text, shako__is_atext).len == 0) {
      return false;
    }
  } while (shako__cut(&text, '.'));

  return text.len == 0;
}

/* ID = String / msg-id: an atom, or a Quoted-string. */
static void put_id(field *to, shako_span id) {
  size_t i;

  put_word(to, "id");
  if (is_dot_atom(id)) {
    put_span(to, id);
    return;
  }
  begin_word(to);
  shako__text_put(&to->text, "\"");
  for (i = 0; i < id.len; i++) {
    if (id.ptr[i] == '"' || id.ptr[i] == '\\') {
      shako__text_put(&to->text, "\\");
    }
    shako__text_put_span(&to->text, shako__slice(id, i, i + 1));
  }
  shako__text_put(&to->text, "\"");
  end_word(to);
}

/* <Postmaster> has no domain, and For no place for it. */
static bool is_postmaster(shako_span recipient) {
  return shako__equals(recipient, "Postmaster");
}

static void put_recipient(field *to, shako_span recipient) {
  put_word(to, "for");
  begin_word(to);
  shako__text_put(&to->text, "<");
  shako__text_put_span(&to->text, recipient);
  shako__text_put(&to->text, ">");
  end_word(to);
}

static bool is_cipher_octet(uint8_t c) {
  return shako__is_alnum(c) || c == '_';
}

#define CIPHER_MAX 64

/* tls-cipher-name of RFC 8314 4.3. */
static bool is_cipher(shako_span text) {
  bool good =
      text.len > 0 && text.len <= CIPHER_MAX && shako__is_alpha(text.ptr[0]);

  shako__cut_class(&text, is_cipher_octet);
  return good && text.len == 0;
}

#define ID_MAX       255
#define PROTOCOL_ALL 0x1fu

static bool is_usable(const shako_received *received) {
  bool utf8 = (received->protocol & SHAKO_RECEIVED_SMTPUTF8) != 0;
  shako_span id = shako__span(received->id ? received->id : "");

  if (!received->by || !is_host(shako__span(received->by))) {
    return false;
  }
  if (received->recipient.len > 0 && !is_postmaster(received->recipient) &&
      !shako__is_mailbox(received->recipient, utf8)) {
    return false;
  }
  if (id.len > ID_MAX || !shako__all_text(id)) {
    return false;
  }
  if (received->cipher && !is_cipher(shako__span(received->cipher))) {
    return false;
  }
  return (received->protocol & ~PROTOCOL_ALL) == 0 &&
         shako__date_writable(received->unix_time, received->zone);
}

static void put_all(field *to, const shako_received *received) {
  char text[LITERAL_SIZE];
  const char *literal = format_literal(&received->address, text);

  shako__text_put(&to->text, "Received:");
  put_hello(to, received->hello, literal);
  if (literal) {
    put_tcp_info(to, received->name, literal);
  }
  put_word(to, "by");
  put_word(to, received->by);
  put_protocol(to, received->protocol);
  if (received->id) {
    put_id(to, shako__span(received->id));
  }
  if (received->recipient.len > 0 && !is_postmaster(received->recipient)) {
    put_recipient(to, received->recipient);
  }
  if (received->cipher) {
    put_word(to, "tls");
    put_word(to, received->cipher);
  }
  shako__text_put(&to->text, ";");
  end_word(to);
  begin_word(to);
  shako__date_write(&to->text, received->unix_time, received->zone);
  end_word(to);
  shako__text_put(&to->text, "\r\n");
}

void shako_received_default_sized(shako_received *received, size_t size) {
  const shako_received defaults = {0};

  shako__sized_fill(received, size, &defaults, sizeof(defaults));
}

int shako_received_write(const shako_received *given, char *text, size_t *len) {
  shako_received received = {0};
  field to = {{0}, 0, 0};

  if (given->struct_size < sizeof(given->struct_size)) {
    return SHAKO_ERR_INVALID_ARGUMENT;
  }
  shako__sized_copy(&received, sizeof(received), given);
  if (!is_usable(&received)) {
    return SHAKO_ERR_INVALID_ARGUMENT;
  }
  shako__text_init(&to.text, text, SHAKO_RECEIVED_SIZE);
  put_all(&to, &received);
  *len = to.text.len;
  return 0;
}
