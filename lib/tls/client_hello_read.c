#include "tls/client_hello.h"

#include "base/ascii.h"

/*
 * From the message to what it offers (RFC 8446 4.1.2, RFC 5246 7.4.1.2):
 *
 *   1, length (3), version (2), random (32), session id <0..32>,
 *   cipher suites <2..2^16-2>, compressions <1..2^8-1>,
 *   and where there are any: extensions <0..2^16-1>
 *
 * A vector begins with its length, of as many octets as its longest needs.
 */

#define HEADER_SIZE    4
#define RANDOM_SIZE    32
#define SESSION_ID_MAX 32
#define NAME_MAX       253
#define LABEL_MAX      63
#define EXTENSIONS_MAX 64 /* clients send about 20 */

/* Cuts |len| octets off the start of |*from|.  Returns false where there are
   fewer. */
static bool cut(shako_span *from, size_t len, shako_span *piece) {
  if (from->len < len) {
    return false;
  }
  *piece = shako__slice(*from, 0, len);
  *from = shako__slice(*from, len, from->len);
  return true;
}

/* Cuts a number of |size| octets off. */
static bool cut_number(shako_span *from, size_t size, size_t *number) {
  shako_span octets;
  size_t i;

  if (!cut(from, size, &octets)) {
    return false;
  }
  *number = 0;
  for (i = 0; i < size; i++) {
    *number = *number << 8 | octets.ptr[i];
  }
  return true;
}

/* Cuts a vector off, whose length has |size| octets. */
static bool cut_vector(shako_span *from, size_t size, shako_span *vector) {
  size_t len;

  return cut_number(from, size, &len) && cut(from, len, vector);
}

/* Reads |body|, which is a vector and nothing else, and not empty. */
static bool read_vector(shako_span body, size_t size, shako_span *vector) {
  return cut_vector(&body, size, vector) && vector->len > 0 && body.len == 0;
}

/* Reads |body|, which is a list of numbers of two octets, and not empty. */
static bool read_list(shako_span body, size_t size, shako_span *list) {
  return read_vector(body, size, list) && list->len % 2 == 0;
}

/* --- the extensions ------------------------------------------------------ */

static bool is_host_octet(uint8_t c) {
  return shako__is_alnum(c) || c == '-' || c == '_';
}

/* Whether |name|, which has no dot at its end, is one of the DNS and no IPv4
   address, whose last label would be a number. */
static bool is_host_name(shako_span name) {
  shako_span label;
  size_t i;

  if (name.len > NAME_MAX) {
    return false;
  }
  do {
    label = shako__cut_class(&name, is_host_octet);
    if (label.len == 0 || label.len > LABEL_MAX) {
      return false;
    }
  } while (shako__cut(&name, '.'));
  for (i = 0; i < label.len && shako__is_digit(label.ptr[i]); i++) {
  }
  return name.len == 0 && i < label.len;
}

static void keep_name(shako_client_hello *hello, shako_span name) {
  if (name.ptr[name.len - 1] == '.') {
    name.len--;
  }
  if (is_host_name(name)) {
    hello->server_name = name;
  }
}

/* RFC 6066 3: names, of which one at the most is that of a host (type 0). */
static bool read_server_name(shako_client_hello *hello, shako_span body) {
  shako_span list;
  shako_span name;
  size_t type;
  bool found = false;

  if (!read_vector(body, 2, &list)) {
    return false;
  }
  while (list.len > 0) {
    if (!cut_number(&list, 1, &type) || !cut_vector(&list, 2, &name) ||
        name.len == 0) {
      return false;
    }
    if (type == 0 && !found) {
      keep_name(hello, name);
      found = true;
    }
  }
  return true;
}

/* RFC 7301 3.1 */
static bool read_protocols(shako_client_hello *hello, shako_span body) {
  shako_span list;
  shako_span name;

  if (!read_vector(body, 2, &list)) {
    return false;
  }
  hello->protocols = list;
  while (list.len > 0) {
    if (!cut_vector(&list, 1, &name) || name.len == 0) {
      return false;
    }
  }
  return true;
}

static bool read_groups(shako_client_hello *hello, shako_span body) {
  return read_list(body, 2, &hello->groups);
}

static bool read_signature_algorithms(shako_client_hello *hello,
                                      shako_span body) {
  return read_list(body, 2, &hello->signature_algorithms);
}

static bool read_versions(shako_client_hello *hello, shako_span body) {
  return read_list(body, 1, &hello->versions);
}

static bool read_extended_master_secret(shako_client_hello *hello,
                                        shako_span body) {
  hello->extended_master_secret = 1;
  return body.len == 0;
}

static const struct {
  uint16_t type;
  bool (*read)(shako_client_hello *hello, shako_span body);
} extensions[] = {
    {0, read_server_name},             /* RFC 6066 3 */
    {10, read_groups},                 /* RFC 8446 4.2.7 */
    {13, read_signature_algorithms},   /* RFC 8446 4.2.3 */
    {16, read_protocols},              /* RFC 7301 3.1 */
    {23, read_extended_master_secret}, /* RFC 7627 5.1 */
    {43, read_versions},               /* RFC 8446 4.2.1 */
};

static bool read_extension(shako_client_hello *hello, size_t type,
                           shako_span body) {
  size_t i;

  for (i = 0; i < sizeof(extensions) / sizeof(extensions[0]); i++) {
    if (extensions[i].type == type) {
      return extensions[i].read(hello, body);
    }
  }
  return true;
}

static bool is_among(const uint16_t *types, size_t count, size_t type) {
  size_t i = 0;

  while (i < count && types[i] != type) {
    i++;
  }
  return i < count;
}

/* Reads |list|.  None may be there twice (RFC 8446 4.2). */
static bool read_extensions(shako_client_hello *hello, shako_span list) {
  uint16_t seen[EXTENSIONS_MAX];
  size_t count = 0;
  shako_span body;
  size_t type;

  while (list.len > 0) {
    if (!cut_number(&list, 2, &type) || !cut_vector(&list, 2, &body)) {
      return false;
    }
    if (count == EXTENSIONS_MAX || is_among(seen, count, type)) {
      return false;
    }
    seen[count++] = (uint16_t)type;
    if (!read_extension(hello, type, body)) {
      return false;
    }
  }
  return true;
}

/* --- the message --------------------------------------------------------- */

static bool read_message(shako_client_hello *hello, shako_span rest) {
  shako_span skipped;
  shako_span version;
  shako_span session_id;
  shako_span list = {NULL, 0};
  bool extended;

  if (!cut(&rest, HEADER_SIZE, &skipped) || !cut(&rest, 2, &version) ||
      !cut(&rest, RANDOM_SIZE, &skipped) ||
      !cut_vector(&rest, 1, &session_id) || session_id.len > SESSION_ID_MAX ||
      !cut_vector(&rest, 2, &hello->cipher_suites) ||
      hello->cipher_suites.len == 0 || hello->cipher_suites.len % 2 != 0 ||
      !cut_vector(&rest, 1, &skipped) || skipped.len == 0) {
    return false;
  }
  if (rest.len > 0 && (!cut_vector(&rest, 2, &list) || rest.len > 0)) {
    return false;
  }
  if (!read_extensions(hello, list)) {
    return false;
  }
  extended = hello->versions.len > 0;
  if (!extended) {
    hello->versions = version;
  }
  shako__client_hello_judge(hello, extended);
  return true;
}

bool shako__client_hello_read(shako_client_hello *hello, shako_span message) {
  const shako_client_hello empty = {.struct_size = sizeof(empty)};
  bool read;

  *hello = empty;
  read = read_message(hello, message);
  if (!read) {
    *hello = empty;
  }
  return read;
}
