/* What stands behind MAIL, RCPT and BDAT, and addresses: what is accepted has
   the form that the headers promise, and what is refused is untouched. */

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <shako/session.h>

#include "base/ascii.h"
#include "base/utf8.h"
#include "check.h"
#include "smtp/esmtp.h"
#include "smtp/param.h"
#include "smtp/path.h"
#include "smtp/xtext.h"

typedef bool (*path_reader)(shako_span *text, bool utf8, shako__path *path);

static bool same(shako_span a, shako_span b) {
  return a.len == b.len && memcmp(a.ptr, b.ptr, a.len) == 0;
}

static bool holds(shako_span span, const char *any) {
  size_t i;

  for (i = 0; i < span.len; i++) {
    if (span.ptr[i] == 0 || strchr(any, span.ptr[i]) != NULL) {
      return true;
    }
  }

  return false;
}

/* |rest| is what is left of |text| when its start was cut off. */
static void check_cut(shako_span text, shako_span rest) {
  CHECK(rest.len <= text.len);
  CHECK(rest.ptr == text.ptr + (text.len - rest.len));
}

static void check_inside(shako_span whole, shako_span part) {
  CHECK(part.ptr >= whole.ptr);
  CHECK(part.ptr + part.len <= whole.ptr + whole.len);
}

static bool is_text(shako_span span, bool utf8) {
  return utf8 ? shako__is_utf8_text(span) : shako__all_text(span);
}

static void check_local_part(shako_span local, bool utf8) {
  CHECK(local.len >= 1 && local.len <= 64);
  CHECK(is_text(local, utf8));

  if (local.ptr[0] == '"') {
    CHECK(local.len >= 2 && local.ptr[local.len - 1] == '"');
  } else {
    CHECK(!holds(local, " \"(),:;<>@[\\]"));
    CHECK(local.ptr[0] != '.' && local.ptr[local.len - 1] != '.');
  }
}

static void check_literal(shako_span literal) {
  shako_span tag = shako__slice(literal, 1, literal.len);

  CHECK(literal.len >= 3 && literal.len <= 255);
  CHECK(literal.ptr[0] == '[' && literal.ptr[literal.len - 1] == ']');
  CHECK(!holds(shako__slice(literal, 1, literal.len - 1), "[]\\ "));
  CHECK(shako__all_text(literal));

  if (shako__starts_with(tag, "IPv6:") || !holds(literal, ":")) {
    shako_address address;

    CHECK(shako_address_parse(&address, literal) == 0);
  }
}

static void check_domain(shako_span domain, bool utf8) {
  size_t label = 0;
  size_t i;

  CHECK(domain.len >= 1 && domain.len <= 255);
  CHECK(domain.ptr[0] != '.' && domain.ptr[domain.len - 1] != '.');

  for (i = 0; i < domain.len; i++) {
    uint8_t c = domain.ptr[i];

    CHECK(shako__is_alnum(c) || c == '-' || c == '.' || (utf8 && c >= 0x80));
    label = c == '.' ? 0 : label + 1;
    CHECK(label <= 63 || !shako__all_text(domain));
    CHECK(c != '.' || domain.ptr[i + 1] != '.');
    CHECK(c != '-' || (i > 0 && domain.ptr[i - 1] != '.'));
    CHECK(c != '-' || (i + 1 < domain.len && domain.ptr[i + 1] != '.'));
  }
}

/* mailbox = local part "@" domain, in one piece. */
static void check_mailbox(const shako__path *path, bool utf8) {
  size_t local = path->local_part.len;

  CHECK(path->mailbox.ptr == path->local_part.ptr);
  CHECK(path->mailbox.len == local + 1 + path->domain.len);
  CHECK(path->mailbox.ptr[local] == '@');
  CHECK(path->domain.ptr == path->mailbox.ptr + local + 1);
  CHECK(shako__is_mailbox(path->mailbox, utf8));
  check_local_part(path->local_part, utf8);

  if (path->domain.ptr[0] == '[') {
    CHECK(shako__is_address_literal(path->domain));
    check_literal(path->domain);
  } else {
    CHECK(shako__is_domain(path->domain) == shako__all_text(path->domain));
    check_domain(path->domain, utf8);
  }
}

/* "<" mailbox ">" reads as the path it was taken from. */
static void check_again(path_reader read, bool utf8, const shako__path *path) {
  uint8_t octets[258];
  shako_span text = {octets, path->mailbox.len + 2};
  shako__path again;

  CHECK(text.len <= 256);
  octets[0] = '<';
  memcpy(octets + 1, path->mailbox.ptr, path->mailbox.len);
  octets[text.len - 1] = '>';
  CHECK(read(&text, utf8, &again) && text.len == 0);
  CHECK(same(again.mailbox, path->mailbox));
  CHECK(same(again.local_part, path->local_part));
  CHECK(same(again.domain, path->domain));
}

/* Returns what |read| leaves of |text|; all of it where it refuses. */
static shako_span check_path(path_reader read, bool utf8, shako_span text) {
  shako_span rest = text;
  shako_span whole = text;
  shako__path path;
  shako__path before;

  memset(&path, 0x5a, sizeof(path));
  memcpy(&before, &path, sizeof(path));

  if (!read(&rest, utf8, &path)) {
    CHECK(rest.ptr == text.ptr && rest.len == text.len);
    CHECK(memcmp(&before, &path, sizeof(path)) == 0);
    return text;
  }

  check_cut(text, rest);
  whole.len -= rest.len;
  CHECK(whole.len >= 2 && whole.len <= 256);
  CHECK(whole.ptr[0] == '<' && whole.ptr[whole.len - 1] == '>');
  CHECK(is_text(whole, utf8));
  check_inside(whole, path.mailbox);
  check_inside(whole, path.local_part);
  check_inside(whole, path.domain);
  check_again(read, utf8, &path);

  if (path.domain.len > 0) {
    check_mailbox(&path, utf8);
    return rest;
  }

  CHECK(same(path.mailbox, path.local_part));
  CHECK(read == shako__reverse_path_read
            ? path.mailbox.len == 0
            : shako__equals(path.mailbox, "Postmaster"));

  return rest;
}

/* Both readers agree but for <> and <Postmaster>. */
static shako_span check_paths(shako_span text, bool utf8) {
  shako_span reverse = check_path(shako__reverse_path_read, utf8, text);
  shako_span forward = check_path(shako__forward_path_read, utf8, text);

  if (shako__starts_with(text, "<>")) {
    CHECK(reverse.len == text.len - 2 && forward.len == text.len);
  } else if (shako__starts_with(text, "<Postmaster>")) {
    CHECK(forward.len == text.len - 12 && reverse.len == text.len);
  } else {
    CHECK(reverse.len == forward.len);
  }

  return reverse.len < forward.len ? reverse : forward;
}

/* What is a path without SMTPUTF8 is the same one with it; what is one only
   with it is not of ASCII. */
static shako_span check_both(shako_span text) {
  shako_span ascii = check_paths(text, false);
  shako_span utf8 = check_paths(text, true);

  if (ascii.len == text.len && utf8.len < text.len) {
    CHECK(!shako__all_text(shako__slice(text, 0, text.len - utf8.len)));
  } else {
    CHECK(ascii.len == utf8.len);
  }

  return utf8;
}

static void check_param(shako_span text, bool utf8, const shako__param *param) {
  check_inside(text, param->keyword);
  check_inside(text, param->value);
  CHECK(param->keyword.len > 0 && shako__is_alnum(param->keyword.ptr[0]));
  CHECK(!holds(param->keyword, " ="));
  CHECK(!holds(param->value, " ="));
  CHECK(shako__is_written(param->value, utf8));
  CHECK(param->has_value == (param->value.len > 0));
}

/* Reads |text| by shako__param_read() alone; returns the number of parameters
   or -1. */
static int count_params(shako_span text, bool utf8) {
  int count = 0;

  while (text.len > 0) {
    shako_span rest = text;
    shako__param param;

    if (!shako__param_read(&rest, utf8, &param)) {
      CHECK(rest.ptr == text.ptr && rest.len == text.len);
      return -1;
    }

    check_cut(text, rest);
    CHECK(rest.len < text.len);
    CHECK(rest.len == 0 || rest.ptr[0] == ' ');
    check_param(text, utf8, &param);
    text = rest;
    count++;
  }

  return count;
}

/* What comes out of |span|, xtext or unitext, may be shown. */
static void check_decoded(shako_span span, bool is_unitext, bool utf8) {
  uint8_t octets[600];
  shako_span out = {octets, 0};

  CHECK(is_unitext ? shako__unitext_decode(span, utf8, NULL, &out.len)
                   : shako__xtext_decode(span, utf8, NULL, &out.len));
  CHECK(out.len <= span.len);
  if (out.len <= sizeof(octets)) {
    CHECK(is_unitext ? shako__unitext_decode(span, utf8, octets, &out.len)
                     : shako__xtext_decode(span, utf8, octets, &out.len));
    CHECK(is_text(out, is_unitext || utf8));
  }
}

static void check_said(shako_verb verb, unsigned esmtp,
                       const shako_params *params) {
  bool mail = verb == SHAKO_VERB_MAIL;
  bool utf8 = (esmtp & SHAKO__ESMTP_IN_UTF8) != 0;

  CHECK((params->flags & ~0xfu) == 0 && params->notify <= 0xf);
  CHECK(mail ? params->notify == 0 && params->orcpt.len == 0
             : params->size == 0 && params->flags == 0 &&
                   params->ret == SHAKO_DSN_RET_UNSAID &&
                   params->envid.len == 0 && params->auth.len == 0);
  CHECK(!(params->notify & SHAKO_DSN_NOTIFY_NEVER) ||
        params->notify == SHAKO_DSN_NOTIFY_NEVER);
  CHECK(params->envid.len <= 100);
  check_decoded(params->envid, false, false);
  if (!shako__equals(params->auth, "<>")) {
    check_decoded(params->auth, false, false);
  }
  CHECK((params->orcpt_type.len > 0) == (params->orcpt.len > 0));
  if (params->orcpt.len > 0) {
    check_decoded(params->orcpt, shako__equals(params->orcpt_type, "utf-8"),
                  utf8);
  }
}

static void check_params_of(shako_span text, shako_verb verb, unsigned esmtp) {
  int count = count_params(text, (esmtp & SHAKO__ESMTP_IN_UTF8) != 0);
  shako_params params;
  shako__params_result result =
      shako__params_read(text, verb, esmtp, NULL, &params);

  CHECK(result != SHAKO__PARAMS_UNKNOWN || text.len > 0);
  CHECK((esmtp & 0x7fu) != 0 || result != SHAKO__PARAMS_OK || text.len == 0);
  if (result == SHAKO__PARAMS_OK) {
    CHECK(count >= 0 && count <= (verb == SHAKO_VERB_MAIL ? 7 : 2));
    check_said(verb, esmtp, &params);
  }
}

static void check_params(shako_span text) {
  static const unsigned sets[] = {0, 0x03, 0x7f, 0xff};
  size_t i;

  for (i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
    check_params_of(text, SHAKO_VERB_MAIL, sets[i]);
    check_params_of(text, SHAKO_VERB_RCPT, sets[i]);
  }
}

/* The digits say |size|, and the marker is there if |last| says so. */
static void check_bdat(shako_span text) {
  uint64_t size;
  bool last;
  size_t digits;

  if (!shako__bdat_read(text, &size, &last)) {
    return;
  }

  digits = text.len - (last ? 5 : 0);
  CHECK(digits >= 1 && digits <= 20);

  while (digits-- > 0) {
    CHECK(text.ptr[digits] == '0' + size % 10);
    size /= 10;
  }

  CHECK(size == 0);
}

/* What can be read can be written, and reads the same again. */
static void check_address(shako_span text) {
  char written[SHAKO_ADDRESS_TEXT_SIZE];
  shako_address address;
  shako_address again;
  shako_span span = {(const uint8_t *)written, 0};

  if (shako_address_parse(&address, text) != 0) {
    return;
  }

  CHECK(address.known == 1);
  memset(written, 0x5a, sizeof(written));
  span.len = shako_address_format(&address, written);
  CHECK(span.len < sizeof(written) && span.len == strlen(written));
  CHECK(shako_address_parse(&again, span) == 0);
  CHECK(memcmp(again.bytes, address.bytes, sizeof(again.bytes)) == 0);
  CHECK(again.scope == address.scope);
}

static void check_host(shako_span text) {
  if (shako__is_domain(text)) {
    check_domain(text, false);
    CHECK(!shako__is_address_literal(text));
  }

  if (shako__is_address_literal(text)) {
    check_literal(text);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len) {
  shako_span text = {octets, len};

  check_params(check_both(text));
  check_params(text);
  check_bdat(text);
  check_address(text);
  check_host(text);

  return 0;
}
