#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "smtp/path.h"

#define OCTETS(TEXT)                                                           \
  { (const uint8_t *)(TEXT), sizeof(TEXT) - 1 }
#define COUNT(ARRAY) (sizeof(ARRAY) / sizeof((ARRAY)[0]))

typedef bool (*path_reader)(shako_span *text, bool utf8, shako__path *path);

static bool same(shako_span a, shako_span b) {
  return a.len == b.len && memcmp(a.ptr, b.ptr, a.len) == 0;
}

/* A path that is taken by both readers, or by one of them. */
typedef struct good_row {
  shako_span text;
  shako_span local_part;
  shako_span domain;
  shako_span rest;
  const char *why;
} good_row;

/* Whether |mailbox| is local part, "@" and domain, or the local part alone. */
static bool is_mailbox(const shako__path *path) {
  size_t local = path->local_part.len;

  if (path->domain.len == 0) {
    return same(path->mailbox, path->local_part);
  }

  return path->mailbox.len == local + 1 + path->domain.len &&
         path->mailbox.ptr == path->local_part.ptr &&
         path->mailbox.ptr[local] == '@' &&
         path->domain.ptr == path->mailbox.ptr + local + 1;
}

static void check_good(path_reader read, const good_row *rows, size_t count) {
  size_t i;

  for (i = 0; i < count; i++) {
    shako_span text = rows[i].text;
    shako__path path;

    if (!read(&text, false, &path) ||
        !same(path.local_part, rows[i].local_part) ||
        !same(path.domain, rows[i].domain) || !same(text, rows[i].rest) ||
        !is_mailbox(&path)) {
      fail_msg("%s", rows[i].why);
    }
  }
}

typedef struct bad_row {
  shako_span text;
  const char *why;
} bad_row;

/* |read| refuses |text| and touches nothing. */
static void check_refused(path_reader read, shako_span text, const char *why) {
  shako_span left = text;
  shako__path path;
  shako__path before;

  memset(&path, 0x5a, sizeof(path));
  memcpy(&before, &path, sizeof(path));

  if (read(&left, false, &path) || left.ptr != text.ptr ||
      left.len != text.len || memcmp(&before, &path, sizeof(path)) != 0) {
    fail_msg("%s", why);
  }
}

static void check_bad(const bad_row *rows, size_t count) {
  size_t i;

  for (i = 0; i < count; i++) {
    check_refused(shako__reverse_path_read, rows[i].text, rows[i].why);
    check_refused(shako__forward_path_read, rows[i].text, rows[i].why);
  }
}

static void mailboxes_are_taken_apart(void **state) {
  static const good_row rows[] = {
      {OCTETS("<a@b>"), OCTETS("a"), OCTETS("b"), OCTETS(""), "shortest"},
      {OCTETS("<joe@a.example>"), OCTETS("joe"), OCTETS("a.example"),
       OCTETS(""), "ordinary"},
      {OCTETS("<joe@a.example> SIZE=1"), OCTETS("joe"), OCTETS("a.example"),
       OCTETS(" SIZE=1"), "parameters behind"},
      {OCTETS("<joe@a.example>x"), OCTETS("joe"), OCTETS("a.example"),
       OCTETS("x"), "what follows is not looked at"},
      {OCTETS("<a@b>>"), OCTETS("a"), OCTETS("b"), OCTETS(">"),
       "nor is a second bracket"},
      {OCTETS("<Joe@A.Example>"), OCTETS("Joe"), OCTETS("A.Example"),
       OCTETS(""), "c027: case is kept"},
      {OCTETS("<a.b.c@d>"), OCTETS("a.b.c"), OCTETS("d"), OCTETS(""),
       "dots in the local part"},
      {OCTETS("<!#$%&'*+-/=?^_`{|}~@d>"), OCTETS("!#$%&'*+-/=?^_`{|}~"),
       OCTETS("d"), OCTETS(""), "all marks of an atom"},
      {OCTETS("<1@2.3>"), OCTETS("1"), OCTETS("2.3"), OCTETS(""), "digits"},
      {OCTETS("<a@b-c.d--e>"), OCTETS("a"), OCTETS("b-c.d--e"), OCTETS(""),
       "hyphens inside labels"},
      {OCTETS("<a@1.2.3.4>"), OCTETS("a"), OCTETS("1.2.3.4"), OCTETS(""),
       "looks like IPv4, but is a domain"},
      {OCTETS("<postmaster@a>"), OCTETS("postmaster"), OCTETS("a"), OCTETS(""),
       "postmaster with a domain"},
      {OCTETS("<\"\"@b>"), OCTETS("\"\""), OCTETS("b"), OCTETS(""),
       "an empty quoted string"},
      {OCTETS("<\"a b\"@c>"), OCTETS("\"a b\""), OCTETS("c"), OCTETS(""),
       "a space in quotes"},
      {OCTETS("<\"a\\\"b\\\\\"@c>"), OCTETS("\"a\\\"b\\\\\""), OCTETS("c"),
       OCTETS(""), "quoted pairs"},
      {OCTETS("<\"\\a\\ \\~\"@c>"), OCTETS("\"\\a\\ \\~\""), OCTETS("c"),
       OCTETS(""), "needless quoted pairs, their least and greatest"},
      {OCTETS("<\"a@b>,<;:[]()\"@c>"), OCTETS("\"a@b>,<;:[]()\""), OCTETS("c"),
       OCTETS(""), "marks in quotes"},
      {OCTETS("<a@[192.0.2.7]>"), OCTETS("a"), OCTETS("[192.0.2.7]"),
       OCTETS(""), "IPv4"},
      {OCTETS("<a@[IPv6:2001:db8::1]>"), OCTETS("a"),
       OCTETS("[IPv6:2001:db8::1]"), OCTETS(""), "IPv6"},
      {OCTETS("<a@[tag:x>@]>"), OCTETS("a"), OCTETS("[tag:x>@]"), OCTETS(""),
       "general, with a bracket inside"},
      {OCTETS("<@b:c@d>"), OCTETS("c"), OCTETS("d"), OCTETS(""),
       "c033: a source route is left out"},
      {OCTETS("<@a.b,@c-d.e:f@g>"), OCTETS("f"), OCTETS("g"), OCTETS(""),
       "a source route of two"},
      {OCTETS("<@a:\"b\"@[192.0.2.7]> X"), OCTETS("\"b\""),
       OCTETS("[192.0.2.7]"), OCTETS(" X"), "a source route, quotes, IPv4"},
  };

  (void)state;
  check_good(shako__reverse_path_read, rows, COUNT(rows));
  check_good(shako__forward_path_read, rows, COUNT(rows));
}

static void only_a_reverse_path_is_null(void **state) {
  static const good_row rows[] = {
      {OCTETS("<>"), OCTETS(""), OCTETS(""), OCTETS(""), "null"},
      {OCTETS("<> SIZE=1"), OCTETS(""), OCTETS(""), OCTETS(" SIZE=1"),
       "null with parameters"},
  };

  (void)state;
  check_good(shako__reverse_path_read, rows, COUNT(rows));
  check_refused(shako__forward_path_read, rows[0].text, rows[0].why);
}

static void c033_only_a_forward_path_is_postmaster(void **state) {
  static const good_row rows[] = {
      {OCTETS("<Postmaster>"), OCTETS("Postmaster"), OCTETS(""), OCTETS(""),
       "as the RFC writes it"},
      {OCTETS("<pOSTMASTER> X"), OCTETS("pOSTMASTER"), OCTETS(""), OCTETS(" X"),
       "in any case"},
  };

  (void)state;
  check_good(shako__forward_path_read, rows, COUNT(rows));
  check_refused(shako__reverse_path_read, rows[0].text, rows[0].why);
}

static void t58_shell_metacharacters_are_no_path(void **state) {
  static const bad_row rows[] = {
      {OCTETS("<;id;>"), "the path of CVE-2020-7247"},
      {OCTETS("<;sleep 66;>"), "... with a space"},
      {OCTETS("<;id;@>"), "... with an empty domain"},
      {OCTETS("<;id;@b>"), "... with a domain"},
      {OCTETS("<a@;id;>"), "... as a domain"},
      {OCTETS("<for i in 0 1;do read r;done;sh;exit 0;>"), "the exploit's"},
      {OCTETS("<;x@b>"), "semicolon first"},
      {OCTETS("<x;@b>"), "semicolon last"},
      {OCTETS("<x;y@b>"), "semicolon inside"},
      {OCTETS("<a@b;c>"), "semicolon in the domain"},
      {OCTETS("<(id)@b>"), "parentheses"},
      {OCTETS("<$(id)@b>"), "substitution"},
      {OCTETS("<a@$(id)>"), "substitution in the domain"},
      {OCTETS("<a@`id`>"), "backquotes in the domain"},
      {OCTETS("<a@b|id>"), "pipe in the domain"},
      {OCTETS("<a@b&id>"), "ampersand in the domain"},
      {OCTETS("<a@b/../c>"), "slashes in the domain"},
      {OCTETS("<a>b@c>"), "redirection"},
      {OCTETS("<<a@b>"), "redirection first"},
      {OCTETS("<a\\@b>"), "backslash"},
      {OCTETS("<a\\;b@c>"), "backslash and semicolon"},
      {OCTETS("<a b@c>"), "space"},
      {OCTETS("<a@b c>"), "space in the domain"},
      {OCTETS("<|\"/bin/sh\"@b>"), "pipe and quotes"},
      {OCTETS("<'a;b'@c>"), "single quotes quote nothing"},
      {OCTETS("<a:b@c>"), "colon"},
      {OCTETS("<a,b@c>"), "comma"},
      {OCTETS("<a[1]@c>"), "square brackets"},
  };

  (void)state;
  check_bad(rows, COUNT(rows));
}

static void t58_unbalanced_quotes_are_no_path(void **state) {
  static const bad_row rows[] = {
      {OCTETS("<\"@b>"), "one"},
      {OCTETS("<\"a@b>"), "not closed"},
      {OCTETS("<a\"@b>"), "not opened"},
      {OCTETS("<a\"b\"@c>"), "in the middle"},
      {OCTETS("<\"a\"b@c>"), "something behind"},
      {OCTETS("<\"a\"\"b\"@c>"), "two strings"},
      {OCTETS("<\"a\".b@c>"), "obs-local-part"},
      {OCTETS("<a.\"b\"@c>"), "obs-local-part"},
      {OCTETS("<\"a\"b\"@c>"), "three"},
      {OCTETS("<\"a\\\"@b>"), "the closing one is quoted"},
      {OCTETS("<\"a\\"), "a backslash at the end of the text"},
      {OCTETS("<\""), "a quote at the end of the text"},
      {OCTETS("<\"a\""), "no more behind it"},
      {OCTETS("<\"a\">"), "no domain"},
      {OCTETS("<a@\"b\">"), "quotes in the domain"},
      {OCTETS("<\"a\tb\"@c>"), "tab in quotes"},
      {OCTETS("<\"a\\\tb\"@c>"), "quoted tab"},
      {OCTETS("<\"a\0b\"@c>"), "NUL in quotes"},
      {OCTETS("<\"a\\\0b\"@c>"), "quoted NUL"},
      {OCTETS("<\"a\\\r\"@c>"), "quoted CR"},
      {OCTETS("<\"a\\\n\"@c>"), "quoted LF"},
      {OCTETS("<\"a\\\x7f\"@c>"), "quoted DEL"},
      {OCTETS("<\"\x80\"@c>"), "8-bit in quotes"},
  };

  (void)state;
  check_bad(rows, COUNT(rows));
}

static void brackets_and_parts_are_all_needed(void **state) {
  static const bad_row rows[] = {
      {OCTETS(""), "nothing"},
      {OCTETS("<"), "a bracket"},
      {OCTETS(">"), "the other"},
      {OCTETS("a@b"), "no brackets"},
      {OCTETS("a@b>"), "no opening bracket"},
      {OCTETS("<a@b"), "no closing bracket"},
      {OCTETS("<a@b\0>"), "NUL before the closing bracket"},
      {OCTETS(" <a@b>"), "space before"},
      {OCTETS("< a@b>"), "space inside"},
      {OCTETS("<a@b >"), "space inside"},
      {OCTETS("<a @b>"), "space inside"},
      {OCTETS("<a@ b>"), "space inside"},
      {OCTETS("< >"), "space alone"},
      {OCTETS("<<>>"), "twice"},
      {OCTETS("<<a@b>>"), "twice"},
      {OCTETS("Joe <a@b>"), "a name before"},
      {OCTETS("<a>"), "no domain"},
      {OCTETS("<a@>"), "empty domain"},
      {OCTETS("<@>"), "an at sign"},
      {OCTETS("<@b>"), "no local part"},
      {OCTETS("<a@b@c>"), "two at signs"},
      {OCTETS("<a@@b>"), "two at signs"},
      {OCTETS("<Postmaster@>"), "postmaster with an empty domain"},
      {OCTETS("<Postmaste>"), "not quite postmaster"},
      {OCTETS("<Postmasters>"), "more than postmaster"},
      {OCTETS("<Postmaster"), "no closing bracket"},
      {OCTETS("Postmaster"), "no brackets"},
      {OCTETS("<\"Postmaster\">"), "quoted postmaster"},
      {OCTETS("<@a:Postmaster>"), "a route to postmaster"},
      {OCTETS("<@a:>"), "a route to nobody"},
      {OCTETS("<.@b>"), "a dot"},
      {OCTETS("<.a@b>"), "dot first"},
      {OCTETS("<a.@b>"), "dot last"},
      {OCTETS("<a..b@c>"), "two dots"},
      {OCTETS("<a@.b>"), "dot first in the domain"},
      {OCTETS("<a@b.>"), "dot last in the domain"},
      {OCTETS("<a@b..c>"), "two dots in the domain"},
      {OCTETS("<a@-b>"), "hyphen first"},
      {OCTETS("<a@b->"), "hyphen last"},
      {OCTETS("<a@b.-c>"), "hyphen first in a label"},
      {OCTETS("<a@b-.c>"), "hyphen last in a label"},
      {OCTETS("<a@b_c>"), "underscore"},
      {OCTETS("<a%b@>"), "percent route without a domain"},
      {OCTETS("<a!b>"), "bang path"},
  };

  (void)state;
  check_bad(rows, COUNT(rows));
}

static void source_routes_are_checked(void **state) {
  static const bad_row rows[] = {
      {OCTETS("<@:a@b>"), "empty domain"},
      {OCTETS("<@a a@b>"), "space for the colon"},
      {OCTETS("<@a,a@b>"), "comma for the colon"},
      {OCTETS("<@a,:b@c>"), "empty at-domain"},
      {OCTETS("<@a,b:c@d>"), "no at sign"},
      {OCTETS("<@a,,@b:c@d>"), "two commas"},
      {OCTETS("<@a, @b:c@d>"), "a space"},
      {OCTETS("<@a@b:c@d>"), "no comma"},
      {OCTETS("<a:b@c>"), "no at sign at all"},
      {OCTETS("<@a!b@c>"), "no colon, an atom behind"},
      {OCTETS("<@a\"b\"@c>"), "no colon, a quoted string behind"},
      {OCTETS("<@a::b@c>"), "two colons"},
      {OCTETS("<@a:@b:c@d>"), "two routes"},
      {OCTETS("<@[192.0.2.7]:a@b>"), "a literal, which At-domain is not"},
      {OCTETS("<@a;b:c@d>"), "t58: semicolon"},
      {OCTETS("<@-a:b@c>"), "hyphen first"},
  };

  (void)state;
  check_bad(rows, COUNT(rows));
}

static void literals_in_a_path_are_checked(void **state) {
  static const bad_row rows[] = {
      {OCTETS("<a@[]>"), "empty"},
      {OCTETS("<a@[192.0.2.7>"), "no closing bracket"},
      {OCTETS("<a@192.0.2.7]>"), "no opening bracket"},
      {OCTETS("<a@[192.0.2.7]"), "no angle bracket"},
      {OCTETS("<a@[192.0.2.7]b>"), "something behind"},
      {OCTETS("<a@b[192.0.2.7]>"), "something before"},
      {OCTETS("<a@[192.0.2.7][192.0.2.7]>"), "two"},
      {OCTETS("<a@[192.0.2.256]>"), "over 255"},
      {OCTETS("<a@[IPv6:x]>"), "no IPv6 address"},
      {OCTETS("<a@[;id;]>"), "t58: metacharacters"},
      {OCTETS("<a@[tag:a b]>"), "space"},
      {OCTETS("<a@[tag:a\0b]>"), "NUL"},
  };

  (void)state;
  check_bad(rows, COUNT(rows));
}

static void t46_utf8_is_no_path(void **state) {
  static const bad_row rows[] = {
      {OCTETS("<\xc3\xa9@b>"), "in the local part"},
      {OCTETS("<a@\xc3\xa9>"), "in the domain"},
      {OCTETS("<\"\xc3\xa9\"@b>"), "in quotes"},
      {OCTETS("<\xc3@b>"), "cut off"},
      {OCTETS("<a\xc3>"), "cut off at the bracket"},
      {OCTETS("<\xc0\xaf@b>"), "too long"},
      {OCTETS("<\xed\xa0\x80@b>"), "surrogate"},
      {OCTETS("<\xff@b>"), "no UTF-8"},
      {OCTETS("<@\xc3\xa9:a@b>"), "in a source route"},
      {OCTETS("<a@[tag:\xc3\xa9]>"), "in a literal"},
  };

  (void)state;
  check_bad(rows, COUNT(rows));
}

/* |read| takes |row|'s path with SMTPUTF8, and refuses it without. */
static void check_utf8(path_reader read, const good_row *row) {
  shako_span text = row->text;
  shako__path path;

  check_refused(read, row->text, row->why);
  if (!read(&text, true, &path) || !same(path.local_part, row->local_part) ||
      !same(path.domain, row->domain) || !same(text, row->rest) ||
      !is_mailbox(&path)) {
    fail_msg("%s", row->why);
  }
}

static void c067_utf8_is_a_path_where_it_may_be(void **state) {
  static const good_row rows[] = {
      {OCTETS("<\xc3\xa9@b>"), OCTETS("\xc3\xa9"), OCTETS("b"), OCTETS(""),
       "in the local part"},
      {OCTETS("<a.\xc3\xa9.c@b> X"), OCTETS("a.\xc3\xa9.c"), OCTETS("b"),
       OCTETS(" X"), "an atom of its own"},
      {OCTETS("<a@\xc3\xa9.example>"), OCTETS("a"), OCTETS("\xc3\xa9.example"),
       OCTETS(""), "in the domain"},
      {OCTETS("<\"\xc3\xa9 \\\"\"@b>"), OCTETS("\"\xc3\xa9 \\\"\""),
       OCTETS("b"), OCTETS(""), "in quotes"},
      {OCTETS("<\xe7\x94\xa8@\xf0\x9f\x98\x80>"), OCTETS("\xe7\x94\xa8"),
       OCTETS("\xf0\x9f\x98\x80"), OCTETS(""), "three and four octets"},
      {OCTETS("<@\xc3\xa9:a@b>"), OCTETS("a"), OCTETS("b"), OCTETS(""),
       "in a source route"},
      {OCTETS("<\xc3\xa9@[192.0.2.7]>"), OCTETS("\xc3\xa9"),
       OCTETS("[192.0.2.7]"), OCTETS(""), "before a literal"},
  };
  size_t i;

  (void)state;
  for (i = 0; i < COUNT(rows); i++) {
    check_utf8(shako__reverse_path_read, &rows[i]);
    check_utf8(shako__forward_path_read, &rows[i]);
  }
}

static void c068_where_utf8_may_be_there_is_no_other_octet(void **state) {
  static const bad_row rows[] = {
      {OCTETS("<\xc3@b>"), "cut off"},
      {OCTETS("<\xc3\"\xa9@b>"), "cut in two"},
      {OCTETS("<a\xc3>"), "cut off at the bracket"},
      {OCTETS("<a@\xc3>"), "cut off at the bracket"},
      {OCTETS("<a@\xc3.\xa9>"), "cut in two by a dot"},
      {OCTETS("<\xc0\xaf@b>"), "too long"},
      {OCTETS("<\xc0\x80@b>"), "NUL, too long"},
      {OCTETS("<\xed\xa0\x80@b>"), "surrogate"},
      {OCTETS("<\xf4\x90\x80\x80@b>"), "over U+10FFFF"},
      {OCTETS("<\xff@b>"), "no UTF-8"},
      {OCTETS("<\xc2\x85@b>"), "t47: U+0085"},
      {OCTETS("<a@\xc2\x9b>"), "t47: U+009B"},
      {OCTETS("<\"\\\xc3\xa9\"@b>"), "a quoted pair is of ASCII"},
      {OCTETS("<a@[tag:\xc3\xa9]>"), "in a literal"},
      {OCTETS("<a@[\xc3\xa9:x]>"), "in a literal's tag"},
      {OCTETS("<a@-\xc3\xa9>"), "hyphen first"},
      {OCTETS("<a@\xc3\xa9->"), "hyphen last"},
      {OCTETS("<a@\xc3\xa9..b>"), "two dots"},
      {OCTETS("<.\xc3\xa9@b>"), "dot first"},
      {OCTETS("<\xc3\xa9;@b>"), "t58: semicolon"},
      {OCTETS("<\xc3\xa9 @b>"), "space"},
      {OCTETS("<\xc3\xa9>"), "no domain"},
      {OCTETS("<\xc3\xa9\n@b>"), "LF"},
      {OCTETS("<\xc3\xa9\0@b>"), "NUL"},
  };
  size_t i;

  (void)state;
  for (i = 0; i < COUNT(rows); i++) {
    shako_span text = rows[i].text;
    shako__path path;

    if (shako__reverse_path_read(&text, true, &path) ||
        shako__forward_path_read(&text, true, &path) ||
        text.len != rows[i].text.len) {
      fail_msg("%s", rows[i].why);
    }
  }
}

/* Writes |len| octets, an odd number: a letter and others of two octets. */
static void fill_utf8(uint8_t *octets, size_t len) {
  size_t i;

  octets[0] = 'x';
  for (i = 1; i < len; i += 2) {
    memcpy(octets + i, "\xc3\xa9", 2);
  }
}

static bool takes_utf8(size_t local, size_t label) {
  uint8_t octets[600] = {'<'};
  shako_span text = {octets, local + label + 3};
  shako__path path;

  fill_utf8(octets + 1, local);
  octets[local + 1] = '@';
  fill_utf8(octets + local + 2, label);
  octets[local + 2 + label] = '>';

  return shako__reverse_path_read(&text, true, &path);
}

static void c068_lengths_count_octets(void **state) {
  (void)state;
  assert_true(takes_utf8(63, 3));
  assert_false(takes_utf8(65, 3));
  assert_true(takes_utf8(1, 65)); /* a label beyond 63 octets */
  assert_true(takes_utf8(1, 251));
  assert_false(takes_utf8(1, 253)); /* a path of 257 */
}

static void mailboxes_have_no_brackets(void **state) {
  static const struct row {
    shako_span text;
    bool ascii;
    bool utf8;
    const char *why;
  } rows[] = {
      {OCTETS("a@b.example"), true, true, "ordinary"},
      {OCTETS("\"a b\"@[192.0.2.7]"), true, true, "quotes, literal"},
      {OCTETS("\xc3\xa9@b"), false, true, "UTF-8"},
      {OCTETS("\xc3@b"), false, false, "no UTF-8"},
      {OCTETS("<a@b>"), false, false, "brackets"},
      {OCTETS("a@b "), false, false, "a space behind"},
      {OCTETS("a@b\n"), false, false, "LF behind"},
      {OCTETS("@c:a@b"), false, false, "a source route"},
      {OCTETS("Postmaster"), false, false, "no domain"},
      {OCTETS(""), false, false, "nothing"},
  };
  size_t i;

  (void)state;
  for (i = 0; i < COUNT(rows); i++) {
    if (shako__is_mailbox(rows[i].text, false) != rows[i].ascii ||
        shako__is_mailbox(rows[i].text, true) != rows[i].utf8) {
      fail_msg("%s", rows[i].why);
    }
  }
}

/* Puts |octet| at each place of |good|, which is a path. */
static void check_octet(const char *good, uint8_t octet) {
  size_t len = strlen(good);
  uint8_t octets[64];
  shako_span text = {octets, len + 1};
  size_t at;

  for (at = 0; at < len; at++) {
    memcpy(octets, good, at);
    octets[at] = octet;
    memcpy(octets + at + 1, good + at, len - at);
    check_refused(shako__reverse_path_read, text, good);
    check_refused(shako__forward_path_read, text, good);
  }
}

static void t47_no_control_or_8_bit_octet_is_in_any_path(void **state) {
  unsigned octet;

  (void)state;

  for (octet = 0; octet < 256; octet++) {
    if (octet < 0x20 || octet > 0x7e) {
      check_octet("<joe@a.example>", (uint8_t)octet);
      check_octet("<\"a b\\c\"@d>", (uint8_t)octet);
      check_octet("<@a,@b:c@[192.0.2.7]>", (uint8_t)octet);
      check_octet("<c@[tag:x]>", (uint8_t)octet);
    }
  }
}

/* Fills |octets| with labels of 63 octets and a dot, |len| in all. */
static void fill_domain(uint8_t *octets, size_t len) {
  size_t i;

  for (i = 0; i < len; i++) {
    octets[i] = i % 64 == 63 ? '.' : 'd';
  }
}

/* Makes "<", |local| octets, "@", |domain| octets and ">" in |octets|. */
static shako_span make_path(uint8_t *octets, size_t local, size_t domain) {
  shako_span path = {octets, local + domain + 3};

  octets[0] = '<';
  memset(octets + 1, 'l', local);
  octets[local + 1] = '@';
  fill_domain(octets + local + 2, domain);
  octets[local + domain + 2] = '>';

  return path;
}

static void c042_lengths_are_taken_up_to_their_limits(void **state) {
  static const struct row {
    size_t local;
    size_t domain;
    bool want;
    const char *why;
  } rows[] = {
      {64, 1, true, "local part of 64"},
      {65, 1, false, "local part of 65"},
      {1, 63, true, "label of 63"},
      {64, 189, true, "path of 256"},
      {64, 190, false, "path of 257"},
      {1, 252, true, "path of 256, local part of 1"},
      {1, 253, false, "path of 257, local part of 1"},
      {1, 255, false, "domain of 255 in too long a path"},
      {64, 255, false, "all at their limits"},
      {1, 256, false, "domain of 256"},
      {2000, 1, false, "far too long"},
  };
  uint8_t octets[2100];
  size_t i;

  (void)state;

  for (i = 0; i < COUNT(rows); i++) {
    shako_span path = make_path(octets, rows[i].local, rows[i].domain);
    shako_span text = path;
    shako__path read;

    if (!rows[i].want) {
      check_refused(shako__reverse_path_read, path, rows[i].why);
      check_refused(shako__forward_path_read, path, rows[i].why);
      continue;
    }

    if (!shako__reverse_path_read(&text, false, &read) || text.len != 0 ||
        read.local_part.len != rows[i].local ||
        read.domain.len != rows[i].domain) {
      fail_msg("%s", rows[i].why);
    }
  }
}

static void c042_quotes_and_backslashes_count(void **state) {
  static const char good[] = "<\"2345678901234567890123456789012345678901234567"
                             "8901234567890\\\"4\"@d>";
  static const char bad[] = "<\"2345678901234567890123456789012345678901234567"
                            "8901234567890\\\"45\"@d>";
  shako_span text = {(const uint8_t *)good, sizeof(good) - 1};
  shako_span longer = {(const uint8_t *)bad, sizeof(bad) - 1};
  shako__path path;

  (void)state;

  assert_true(shako__reverse_path_read(&text, false, &path));
  assert_int_equal(path.local_part.len, 64);
  check_refused(shako__reverse_path_read, longer, "65 with its quotes");
}

static void c042_the_source_route_counts(void **state) {
  uint8_t octets[300];
  shako_span text = {octets, 256};
  shako_span whole = {octets, 257};
  shako__path path;

  (void)state;

  /* "<@", the domain, ":a@b>" */
  memcpy(octets, "<@", 2);
  fill_domain(octets + 2, 249);
  memcpy(octets + 251, ":a@b>", 5);
  assert_true(shako__forward_path_read(&text, false, &path));
  assert_int_equal(path.mailbox.len, 3);

  fill_domain(octets + 2, 250);
  memcpy(octets + 252, ":a@b>", 5);
  check_refused(shako__forward_path_read, whole, "257 with its route");
}

static void domains_are_labels_of_letters_digits_and_hyphens(void **state) {
  static const struct row {
    shako_span text;
    bool want;
    const char *why;
  } rows[] = {
      {OCTETS("a"), true, "shortest"},
      {OCTETS("localhost"), true, "one label"},
      {OCTETS("mail.a.example"), true, "three"},
      {OCTETS("xn--bcher-kva.example"), true, "hyphens together"},
      {OCTETS("9.8.7"), true, "digits"},
      {OCTETS(""), false, "nothing"},
      {OCTETS("."), false, "a dot"},
      {OCTETS("a."), false, "dot last"},
      {OCTETS(".a"), false, "dot first"},
      {OCTETS("a..b"), false, "two dots"},
      {OCTETS("-a"), false, "hyphen first"},
      {OCTETS("a-"), false, "hyphen last"},
      {OCTETS("a.-"), false, "a hyphen"},
      {OCTETS("a_b"), false, "underscore"},
      {OCTETS("a b"), false, "space"},
      {OCTETS("a "), false, "space behind"},
      {OCTETS("a\0"), false, "NUL"},
      {OCTETS("a\0.b"), false, "NUL inside"},
      {OCTETS("a;id"), false, "t58: semicolon"},
      {OCTETS("[192.0.2.7]"), false, "a literal"},
      {OCTETS("b\xc3\xbc"
              "cher.example"),
       false, "t46: UTF-8"},
  };
  size_t i;

  (void)state;

  for (i = 0; i < COUNT(rows); i++) {
    if (shako__is_domain(rows[i].text) != rows[i].want) {
      fail_msg("%s", rows[i].why);
    }
  }
}

static void c042_domains_have_255_octets_and_labels_63(void **state) {
  uint8_t octets[256];
  shako_span text = {octets, 255};
  size_t i;

  (void)state;

  for (i = 0; i < sizeof(octets); i++) {
    octets[i] = i % 50 == 49 ? '.' : 'd';
  }

  assert_true(shako__is_domain(text));
  text.len = 256;
  assert_false(shako__is_domain(text));

  memset(octets, 'd', sizeof(octets));
  text.len = 63;
  assert_true(shako__is_domain(text));
  text.len = 64;
  assert_false(shako__is_domain(text));
}

static void address_literals_are_of_three_kinds(void **state) {
  static const struct row {
    shako_span text;
    bool want;
    const char *why;
  } rows[] = {
      {OCTETS("[192.0.2.7]"), true, "IPv4"},
      {OCTETS("[IPv6:2001:db8::1]"), true, "IPv6"},
      {OCTETS("[IPV6:::]"), true, "IPv6, tag in another case"},
      {OCTETS("[IPv6:::ffff:192.0.2.7]"), true, "IPv6 with a dotted end"},
      {OCTETS("[x:y]"), true, "general"},
      {OCTETS("[a-b-1:!~^Z;<>@\"]"), true, "general, marks in it"},
      {OCTETS("[-a:b]"), true, "a tag may begin with a hyphen"},
      {OCTETS("[IPv6x:1]"), true, "another tag"},
      {OCTETS("[a:b:c]"), true, "two colons"},
      {OCTETS(""), false, "nothing"},
      {OCTETS("["), false, "a bracket"},
      {OCTETS("]"), false, "the other"},
      {OCTETS("[]"), false, "empty"},
      {OCTETS("192.0.2.7"), false, "no brackets"},
      {OCTETS("[192.0.2.7"), false, "no closing bracket"},
      {OCTETS("192.0.2.7]"), false, "no opening bracket"},
      {OCTETS("[192.0.2.7]]"), false, "one too many"},
      {OCTETS("[[192.0.2.7]"), false, "one too many"},
      {OCTETS("[192.0.2]"), false, "three numbers"},
      {OCTETS("[192.0.2.07]"), false, "leading zero"},
      {OCTETS("[192.0.2.256]"), false, "over 255"},
      {OCTETS("[2001:db8::1]"), true,
       "general by the grammar: tag 2001, content db8::1"},
      {OCTETS("[::1]"), false, "IPv6 without its tag: no tag at all"},
      {OCTETS("[IPv6:]"), false, "no address"},
      {OCTETS("[IPv6:1]"), false, "no address: not general"},
      {OCTETS("[ipv6:fe80::1%lo0]"), false, "t57: scope"},
      {OCTETS("[IPv6:fe80::1%1]"), false, "t57: scope"},
      {OCTETS("[x:]"), false, "no content"},
      {OCTETS("[:x]"), false, "no tag"},
      {OCTETS("[x]"), false, "no colon"},
      {OCTETS("[a-:x]"), false, "a tag does not end in a hyphen"},
      {OCTETS("[a_b:x]"), false, "underscore in the tag"},
      {OCTETS("[a:b c]"), false, "space"},
      {OCTETS("[a:b\\c]"), false, "backslash"},
      {OCTETS("[a:b[c]"), false, "bracket inside"},
      {OCTETS("[a:b]c]"), false, "bracket inside"},
      {OCTETS("[a:b\0]"), false, "NUL"},
      {OCTETS("[a:\x7f]"), false, "DEL"},
      {OCTETS("[a:\xc3\xa9]"), false, "t46: UTF-8"},
  };
  size_t i;

  (void)state;

  for (i = 0; i < COUNT(rows); i++) {
    if (shako__is_address_literal(rows[i].text) != rows[i].want) {
      fail_msg("%s", rows[i].why);
    }
  }
}

static void c042_address_literals_have_255_octets(void **state) {
  uint8_t octets[300];
  shako_span text = {octets, 255};

  (void)state;

  memset(octets, 'x', sizeof(octets));
  memcpy(octets, "[x:", 3);
  octets[254] = ']';
  assert_true(shako__is_address_literal(text));
  octets[254] = 'x';
  octets[255] = ']';
  text.len = 256;
  assert_false(shako__is_address_literal(text));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(mailboxes_are_taken_apart),
      cmocka_unit_test(only_a_reverse_path_is_null),
      cmocka_unit_test(c033_only_a_forward_path_is_postmaster),
      cmocka_unit_test(t58_shell_metacharacters_are_no_path),
      cmocka_unit_test(t58_unbalanced_quotes_are_no_path),
      cmocka_unit_test(brackets_and_parts_are_all_needed),
      cmocka_unit_test(source_routes_are_checked),
      cmocka_unit_test(literals_in_a_path_are_checked),
      cmocka_unit_test(t46_utf8_is_no_path),
      cmocka_unit_test(c067_utf8_is_a_path_where_it_may_be),
      cmocka_unit_test(c068_where_utf8_may_be_there_is_no_other_octet),
      cmocka_unit_test(c068_lengths_count_octets),
      cmocka_unit_test(mailboxes_have_no_brackets),
      cmocka_unit_test(t47_no_control_or_8_bit_octet_is_in_any_path),
      cmocka_unit_test(c042_lengths_are_taken_up_to_their_limits),
      cmocka_unit_test(c042_quotes_and_backslashes_count),
      cmocka_unit_test(c042_the_source_route_counts),
      cmocka_unit_test(domains_are_labels_of_letters_digits_and_hyphens),
      cmocka_unit_test(c042_domains_have_255_octets_and_labels_63),
      cmocka_unit_test(address_literals_are_of_three_kinds),
      cmocka_unit_test(c042_address_literals_have_255_octets),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
