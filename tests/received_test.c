#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <shako/received.h>

#include "base/ascii.h"

#define OCTETS(TEXT)                                                           \
  { (const uint8_t *)(TEXT), sizeof(TEXT) - 1 }
#define COUNT(ARRAY) (sizeof(ARRAY) / sizeof((ARRAY)[0]))

/* What all of these fields end with. */
#define DATE "Tue, 24 Nov 2026 15:50:26 +0000\r\n"

static shako_received begin(void) {
  shako_received received;

  shako_received_default(&received);
  received.by = "host.example";
  received.unix_time = 1795535426;
  return received;
}

static void set_address(shako_received *received, const char *text) {
  assert_int_equal(shako_address_parse(&received->address, shako__span(text)),
                   0);
}

/* Each line has its CRLF and no other CR, LF or control than the tab before
   what is folded; 78 octets are too many only where no word could move. */
static void check_lines(const char *text, size_t len) {
  size_t line = 0;
  size_t i;

  assert_int_equal(strlen(text), len);
  for (i = 0; i < len; i++) {
    uint8_t c = (uint8_t)text[i];

    if (c == '\r') {
      size_t size = i - line;

      assert_int_equal(text[i + 1], '\n');
      assert_true(size <= 998);
      assert_true(size <= 78 || memchr(text + line, ' ', size) == NULL ||
                  memchr(text + line, '"', size) != NULL);
      i++;
      line = i + 1;
      assert_true(line == len || text[line] == '\t');
    } else {
      assert_true(c >= ' ' ? c != 0x7f : c == '\t' && i == line && i > 0);
    }
  }
  assert_int_equal(line, len);
}

static void write_field(const shako_received *received, char *text) {
  char buf[SHAKO_RECEIVED_SIZE + 16];
  size_t len = 0;

  memset(buf, '#', sizeof(buf));
  assert_int_equal(shako_received_write(received, buf, &len), 0);
  assert_true(len < SHAKO_RECEIVED_SIZE);
  assert_int_equal(buf[SHAKO_RECEIVED_SIZE], '#');
  check_lines(buf, len);
  memcpy(text, buf, len + 1);
}

/* Writes the field without its folds. */
static void write_unfolded(const shako_received *received, char *text) {
  char *to = text;
  const char *at;

  write_field(received, text);
  for (at = text; *at != '\0'; at++) {
    if (strncmp(at, "\r\n\t", 3) == 0) {
      *to++ = ' ';
      at += 2;
    } else {
      *to++ = *at;
    }
  }
  *to = '\0';
}

static void check_unfolded(const shako_received *received, const char *want) {
  char text[SHAKO_RECEIVED_SIZE];

  write_unfolded(received, text);
  assert_string_equal(text, want);
}

static void c047_a_field_says_all_that_is_known(void **state) {
  shako_received received = begin();
  char text[SHAKO_RECEIVED_SIZE];

  (void)state;
  set_address(&received, "192.0.2.7");
  received.hello = shako__span("mx.example");
  received.name = shako__span("mx.example");
  received.protocol = SHAKO_RECEIVED_EXTENDED | SHAKO_RECEIVED_TLS;
  received.id = "4711";
  received.recipient = shako__span("joe@host.example");
  received.cipher = "TLS_AES_128_GCM_SHA256";
  write_field(&received, text);
  assert_string_equal(
      text,
      "Received: from mx.example (mx.example [192.0.2.7]) by host.example "
      "with ESMTPS\r\n"
      "\tid 4711 for <joe@host.example> tls TLS_AES_128_GCM_SHA256;\r\n"
      "\t" DATE);
}

static void c047_a_field_says_no_more_than_is_known(void **state) {
  shako_received received = begin();

  (void)state;
  check_unfolded(&received,
                 "Received: from unknown by host.example with SMTP; " DATE);
  set_address(&received, "fe80::1%2");
  check_unfolded(&received, "Received: from [IPv6:fe80::1] ([IPv6:fe80::1]) by "
                            "host.example with SMTP; " DATE);
  received.hello = shako__span("[192.0.2.7]");
  received.by = "[IPv6:2001:db8::1]";
  check_unfolded(&received, "Received: from [192.0.2.7] ([IPv6:fe80::1]) by "
                            "[IPv6:2001:db8::1] with SMTP; " DATE);
}

static void c101_with_says_how(void **state) {
  static const char *const names[] = {
      "SMTP",       "ESMTP",     "ESMTPS",    "ESMTPS",    "ESMTPA",
      "ESMTPA",     "ESMTPSA",   "ESMTPSA",   "UTF8SMTP",  "UTF8SMTP",
      "UTF8SMTPS",  "UTF8SMTPS", "UTF8SMTPA", "UTF8SMTPA", "UTF8SMTPSA",
      "UTF8SMTPSA", "LMTP",      "LMTP",      "LMTPS",     "LMTPS",
      "LMTPA",      "LMTPA",     "LMTPSA",    "LMTPSA",    "UTF8LMTP",
      "UTF8LMTP",   "UTF8LMTPS", "UTF8LMTPS", "UTF8LMTPA", "UTF8LMTPA",
      "UTF8LMTPSA", "UTF8LMTPSA"};
  unsigned protocol;

  (void)state;
  assert_int_equal(COUNT(names), 32);
  for (protocol = 0; protocol < 32; protocol++) {
    shako_received received = begin();
    char want[100] = "Received: from unknown by host.example with ";

    received.protocol = protocol;
    strcat(want, names[protocol]);
    strcat(want, "; " DATE);
    check_unfolded(&received, want);
  }
}

static void x14_the_peers_words_end_no_comment(void **state) {
  static const struct row {
    shako_span hello;
    const char *want;
  } rows[] = {
      {OCTETS("a) b"), "a\\x29\\x20b"},
      {OCTETS("a\r\nX: y"), "a\\x0d\\x0aX\\x3a\\x20y"},
      {OCTETS("a\\"), "a\\x5c"},
      {OCTETS("("), "\\x28"},
      {OCTETS("\0"), "\\x00"},
      {OCTETS("\xc3\xa9.example"), "\\xc3\\xa9.example"},
      {OCTETS("host_1.example"), "host_1.example"},
      {OCTETS("[6.6.6.6])"), "\\x5b6.6.6.6\\x5d\\x29"},
      {OCTETS("[tag:(]"), "\\x5btag\\x3a\\x28\\x5d"},
      {OCTETS("a;b"), "a\\x3bb"},
      {OCTETS("\""), "\\x22"},
      {OCTETS("a..b"), "a..b"},
  };
  size_t i;

  (void)state;
  for (i = 0; i < COUNT(rows); i++) {
    shako_received received = begin();
    char want[300];

    set_address(&received, "192.0.2.7");
    received.hello = rows[i].hello;
    strcpy(want, "Received: from [192.0.2.7] (helo=");
    strcat(want, rows[i].want);
    strcat(want, ") ([192.0.2.7]) by host.example with SMTP; " DATE);
    check_unfolded(&received, want);

    received.hello = shako__span("mx.example");
    received.name = rows[i].hello;
    strcpy(want, "Received: from mx.example (");
    strcat(want, rows[i].want);
    strcat(want, " [192.0.2.7]) by host.example with SMTP; " DATE);
    check_unfolded(&received, want);
  }
}

/* Each octet as all that a peer says: never more than the one comment. */
static void x14_no_octet_of_the_peers_is_more_than_itself(void **state) {
  unsigned c;

  (void)state;
  for (c = 0; c < 256; c++) {
    uint8_t octets[300];
    char text[SHAKO_RECEIVED_SIZE];
    shako_received received = begin();
    size_t opened = 0;
    size_t closed = 0;
    const char *at;

    memset(octets, (int)c, sizeof(octets));
    set_address(&received, "192.0.2.7");
    received.hello = (shako_span){octets, sizeof(octets)};
    received.name = received.hello;
    write_field(&received, text);
    for (at = text; *at != '\0'; at++) {
      opened += *at == '(';
      closed += *at == ')';
      assert_true((unsigned char)*at < 0x7f);
    }
    assert_int_equal(opened, 2);
    assert_int_equal(closed, 2);
  }
}

static void an_id_that_is_no_atom_is_quoted(void **state) {
  static const struct {
    const char *id;
    const char *want;
  } rows[] = {
      {"4711", "4711"},
      {"a.b-c_d", "a.b-c_d"},
      {"", "\"\""},
      {"a b", "\"a b\""},
      {"a(b)", "\"a(b)\""},
      {"a;b", "\"a;b\""},
      {"a\"b\\", "\"a\\\"b\\\\\""},
      {"a.", "\"a.\""},
      {"<a@b>", "\"<a@b>\""},
  };
  size_t i;

  (void)state;
  for (i = 0; i < COUNT(rows); i++) {
    shako_received received = begin();
    char want[200] = "Received: from unknown by host.example with SMTP id ";

    received.id = rows[i].id;
    strcat(want, rows[i].want);
    strcat(want, "; " DATE);
    check_unfolded(&received, want);
  }
}

static void a_recipient_is_a_path(void **state) {
  shako_received received = begin();
  char text[SHAKO_RECEIVED_SIZE];
  size_t len;

  (void)state;
  received.recipient = shako__span("\"a (b)\\\"\"@c");
  check_unfolded(&received, "Received: from unknown by host.example with SMTP "
                            "for <\"a (b)\\\"\"@c>; " DATE);
  received.recipient = shako__span("postmaster");
  check_unfolded(&received,
                 "Received: from unknown by host.example with SMTP; " DATE);
  received.recipient = shako__span("\xc3\xa9@b");
  assert_int_equal(shako_received_write(&received, text, &len),
                   SHAKO_ERR_INVALID_ARGUMENT);
  received.protocol = SHAKO_RECEIVED_SMTPUTF8;
  check_unfolded(&received,
                 "Received: from unknown by host.example with UTF8SMTP "
                 "for <\xc3\xa9@b>; " DATE);
}

static void check_refused(const shako_received *received) {
  char text[SHAKO_RECEIVED_SIZE] = "#";
  size_t len = 4711;

  assert_int_equal(shako_received_write(received, text, &len),
                   SHAKO_ERR_INVALID_ARGUMENT);
  assert_int_equal(len, 4711);
  assert_string_equal(text, "#");
}

static void check_refused_by(const char *by) {
  shako_received received = begin();

  received.by = by;
  check_refused(&received);
}

static void check_refused_recipient(const char *recipient) {
  shako_received received = begin();

  received.recipient = shako__span(recipient);
  check_refused(&received);
}

static void check_refused_id(const char *id) {
  shako_received received = begin();

  received.id = id;
  check_refused(&received);
}

static void check_refused_cipher(const char *cipher) {
  shako_received received = begin();

  received.cipher = cipher;
  check_refused(&received);
}

static void what_is_no_such_thing_is_refused(void **state) {
  shako_received received = begin();
  char long_id[257];

  (void)state;
  received.struct_size = 0;
  check_refused(&received);
  received = begin();
  received.protocol = 0x20;
  check_refused(&received);
  check_refused_by(NULL);
  check_refused_by("");
  check_refused_by("a b");
  check_refused_by("a\r\nX: y");
  check_refused_by("[tag:(]");
  check_refused_recipient("a");
  check_refused_recipient("<a@b>");
  check_refused_recipient("a@b>\r\n");
  check_refused_recipient("a@b c");
  check_refused_id("a\nb");
  check_refused_id("\xc3\xa9");
  memset(long_id, 'x', 256);
  long_id[256] = '\0';
  check_refused_id(long_id);
  check_refused_cipher("");
  check_refused_cipher("ECDHE-RSA-AES128-GCM-SHA256");
  check_refused_cipher("1TLS");
  check_refused_cipher("TLS_AES)");
  check_refused_cipher("TLS_AES\r\n");
}

/* The longest of all that there is. */
static void all_at_its_longest_fits(void **state) {
  static const char by[] =
      "ddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd."
      "ddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd."
      "ddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd."
      "ddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd";
  shako_received received = begin();
  char text[SHAKO_RECEIVED_SIZE];
  char recipient[321];
  char id[256];
  uint8_t junk[255];

  (void)state;
  assert_int_equal(sizeof(by), 256);
  memset(recipient, 'l', 64);
  recipient[64] = '@';
  memcpy(recipient + 65, by, sizeof(by));
  memset(id, '"', 255);
  id[255] = '\0';
  memset(junk, '(', sizeof(junk));
  set_address(&received, "[IPv6:ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]");
  received.hello = (shako_span){junk, sizeof(junk)};
  received.name = shako__span(by);
  received.by = by;
  received.id = id;
  received.cipher =
      "TLS_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
  received.recipient = shako__span(recipient);
  received.protocol = 0x1f;
  write_field(&received, text);
  received.hello = shako__span(by);
  received.cipher = NULL;
  write_field(&received, text);
}

/* A name of each length, so that every word stands before, at and behind the
   margin. */
static void words_move_at_the_margin(void **state) {
  char name[64];
  size_t len;

  (void)state;
  for (len = 1; len < sizeof(name); len++) {
    shako_received received = begin();
    char text[SHAKO_RECEIVED_SIZE];
    char again[SHAKO_RECEIVED_SIZE];

    memset(name, 'x', len);
    name[len] = '\0';
    set_address(&received, "192.0.2.7");
    received.hello = shako__span(name);
    received.id = name;
    received.recipient = shako__span("joe@host.example");
    write_field(&received, text);
    assert_null(strstr(text, " \r\n"));
    write_unfolded(&received, again);
    assert_non_null(strstr(again, " by host.example with SMTP id x"));
    assert_non_null(strstr(again, " for <joe@host.example>; " DATE));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(c047_a_field_says_all_that_is_known),
      cmocka_unit_test(c047_a_field_says_no_more_than_is_known),
      cmocka_unit_test(c101_with_says_how),
      cmocka_unit_test(x14_the_peers_words_end_no_comment),
      cmocka_unit_test(x14_no_octet_of_the_peers_is_more_than_itself),
      cmocka_unit_test(an_id_that_is_no_atom_is_quoted),
      cmocka_unit_test(a_recipient_is_a_path),
      cmocka_unit_test(what_is_no_such_thing_is_refused),
      cmocka_unit_test(all_at_its_longest_fits),
      cmocka_unit_test(words_move_at_the_margin),
  };

  return cmocka_run_group_tests_name("received", tests, NULL, NULL);
}
