#include "smtp/path.h"

#include <string.h>

#include "base/ascii.h"
#include "base/utf8.h"

/*
 * Each function reads one rule of RFC 5321 4.1.2 and 4.1.3 at the start of
 * |*text| and cuts it off.  Where one returns false, |*text| and the result
 * may be half read: only the public ones promise to touch nothing.
 *
 * The rules are those of RFC 6531 3.3: octets beyond ASCII have their place in
 * atoms, in quotes and in labels.  Whether there may be any, and that they are
 * UTF-8, is seen at the end, in all that was read.
 */

/* RFC 5321 4.5.3.1.1 to 4.5.3.1.3, in octets; RFC 1035 2.3.4 for the label. */
#define LOCAL_PART_LENGTH 64
#define DOMAIN_LENGTH     255
#define LABEL_LENGTH      63
#define PATH_LENGTH       256

bool shako__is_atext(uint8_t c) {
  static const char marks[] = "!#$%&'*+-/=?^_`{|}~";

  return shako__is_alnum(c) || memchr(marks, c, sizeof(marks) - 1) != NULL;
}

static bool is_non_ascii(uint8_t c) {
  return c >= 0x80;
}

static bool is_atext(uint8_t c) {
  return shako__is_atext(c) || is_non_ascii(c);
}

/* qtextSMTP. */
static bool is_qtext(uint8_t c) {
  return (shako__is_text(c) && c != '"' && c != '\\') || is_non_ascii(c);
}

static bool is_ldh(uint8_t c) {
  return shako__is_alnum(c) || c == '-' || is_non_ascii(c);
}

static bool is_domain_octet(uint8_t c) {
  return is_ldh(c) || c == '.';
}

/* dcontent. */
static bool is_dcontent(uint8_t c) {
  return shako__is_text(c) && c != ' ' && c != '[' && c != '\\' && c != ']';
}

/* Returns what was cut off |from| to leave |rest|. */
static shako_span cut_off(shako_span from, shako_span rest) {
  from.len -= rest.len;

  return from;
}

/* Dot-string = Atom *("." Atom) */
static bool read_dot_string(shako_span *text) {
  do {
    if (shako__cut_class(text, is_atext).len == 0) {
      return false;
    }
  } while (shako__cut(text, '.'));

  return true;
}

/* quoted-pairSMTP = %d92 %d32-126 */
static bool read_quoted_pair(shako_span *text) {
  if (text->len < 2 || text->ptr[0] != '\\' || !shako__is_text(text->ptr[1])) {
    return false;
  }

  *text = shako__slice(*text, 2, text->len);

  return true;
}

/* Quoted-string = DQUOTE *QcontentSMTP DQUOTE, without its first octet. */
static bool read_quoted_string(shako_span *text) {
  do {
    shako__cut_class(text, is_qtext);
  } while (read_quoted_pair(text));

  return shako__cut(text, '"');
}

/* Local-part = Dot-string / Quoted-string */
static bool read_local_part(shako_span *text, shako_span *local_part) {
  shako_span from = *text;
  bool ok =
      shako__cut(text, '"') ? read_quoted_string(text) : read_dot_string(text);

  *local_part = cut_off(from, *text);

  return ok && local_part->len <= LOCAL_PART_LENGTH;
}

/* sub-domain = Let-dig [Ldh-str] / U-label.  The DNS has an A-label of 63
   octets in the place of a U-label, which has more (RFC 5890 4.2). */
static bool is_label(shako_span label) {
  return label.len > 0 &&
         (label.len <= LABEL_LENGTH || !shako__all_text(label)) &&
         label.ptr[0] != '-' && label.ptr[label.len - 1] != '-';
}

/* Domain = sub-domain *("." sub-domain) */
static bool is_domain(shako_span text) {
  if (text.len > DOMAIN_LENGTH) {
    return false;
  }

  do {
    if (!is_label(shako__cut_class(&text, is_ldh))) {
      return false;
    }
  } while (shako__cut(&text, '.'));

  return text.len == 0;
}

static bool read_domain(shako_span *text, shako_span *domain) {
  *domain = shako__cut_class(text, is_domain_octet);

  return is_domain(*domain);
}

static bool is_in_brackets(uint8_t c) {
  return c != ']';
}

static bool read_address_literal(shako_span *text, shako_span *literal) {
  shako_span from = *text;

  shako__cut_class(text, is_in_brackets);

  if (!shako__cut(text, ']')) {
    return false;
  }

  *literal = cut_off(from, *text);

  return shako__is_address_literal(*literal);
}

/* Mailbox = Local-part "@" ( Domain / address-literal ) */
static bool read_mailbox(shako_span *text, shako__path *path) {
  shako_span from = *text;
  bool ok;

  if (!read_local_part(text, &path->local_part) || !shako__cut(text, '@')) {
    return false;
  }

  ok = shako__starts_with(*text, "[")
           ? read_address_literal(text, &path->domain)
           : read_domain(text, &path->domain);
  path->mailbox = cut_off(from, *text);

  return ok;
}

/* [ A-d-l ":" ], where A-d-l = At-domain *( "," At-domain ) */
static bool read_source_route(shako_span *text) {
  shako_span domain;

  if (!shako__starts_with(*text, "@")) {
    return true;
  }

  do {
    if (!shako__cut(text, '@') || !read_domain(text, &domain)) {
      return false;
    }
  } while (shako__cut(text, ','));

  return shako__cut(text, ':');
}

/* Path = "<" [ A-d-l ":" ] Mailbox ">" */
static bool read_path(shako_span *text, bool utf8, shako__path *path) {
  shako_span rest = *text;
  shako_span whole;
  shako__path read;

  if (!shako__cut(&rest, '<') || !read_source_route(&rest) ||
      !read_mailbox(&rest, &read) || !shako__cut(&rest, '>')) {
    return false;
  }

  whole = cut_off(*text, rest);
  if (whole.len > PATH_LENGTH || !shako__is_written(whole, utf8)) {
    return false;
  }

  *text = rest;
  *path = read;

  return true;
}

/* Reads |whole|, a path without a domain, in any case. */
static bool read_bare_path(shako_span *text, const char *whole,
                           shako__path *path) {
  size_t len = strlen(whole);

  if (!shako__starts_with(*text, whole)) {
    return false;
  }

  path->mailbox = shako__slice(*text, 1, len - 1);
  path->local_part = path->mailbox;
  path->domain = shako__slice(*text, len - 1, len - 1);
  *text = shako__slice(*text, len, text->len);

  return true;
}

bool shako__reverse_path_read(shako_span *text, bool utf8, shako__path *path) {
  return read_bare_path(text, "<>", path) || read_path(text, utf8, path);
}

bool shako__forward_path_read(shako_span *text, bool utf8, shako__path *path) {
  return read_bare_path(text, "<Postmaster>", path) ||
         read_path(text, utf8, path);
}

bool shako__bare_path_read(shako_span *text, bool utf8, shako__path *path) {
  shako_span rest = *text;
  shako_span local_part;

  if (!shako__cut(&rest, '<') || !read_local_part(&rest, &local_part) ||
      !shako__cut(&rest, '>') || !shako__is_written(local_part, utf8)) {
    return false;
  }

  *text = rest;
  path->mailbox = local_part;
  path->local_part = local_part;
  path->domain = shako__slice(local_part, local_part.len, local_part.len);

  return true;
}

bool shako__is_mailbox(shako_span text, bool utf8) {
  shako__path path;

  return shako__is_written(text, utf8) && read_mailbox(&text, &path) &&
         text.len == 0;
}

bool shako__is_domain(shako_span text) {
  return shako__all_text(text) && is_domain(text);
}

/* General-address-literal = Standardized-tag ":" 1*dcontent, whose tag is an
   Ldh-str.  What is tagged IPv6 was read already. */
static bool is_general_literal(shako_span text) {
  shako_span tag = shako__cut_class(&text, is_ldh);

  if (tag.len == 0 || tag.ptr[tag.len - 1] == '-' ||
      shako__equals(tag, "IPv6") || !shako__cut(&text, ':')) {
    return false;
  }

  return shako__cut_class(&text, is_dcontent).len > 0 && text.len == 0;
}

bool shako__is_address_literal(shako_span text) {
  shako_address address;

  if (text.len < 2 || text.len > DOMAIN_LENGTH || text.ptr[0] != '[' ||
      text.ptr[text.len - 1] != ']' || !shako__all_text(text)) {
    return false;
  }

  return shako_address_parse(&address, text) == 0 ||
         is_general_literal(shako__slice(text, 1, text.len - 1));
}

bool shako__is_host(shako_span text) {
  return shako__is_domain(text) || shako__is_address_literal(text);
}
