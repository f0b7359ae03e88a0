/* The Host Access Table in writing: as it is to be, however it was written
   before, and the same again when it is read. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <shako/hat.h>

#include "octets.h"
#include "tables.h"

#define COUNT(ARRAY) (sizeof(ARRAY) / sizeof((ARRAY)[0]))

static void check_fixed(const char *text) {
  shako_hat *hat = table_read(text);
  char *written = table_write(hat);

  table_free(hat);
  table_check_written(written, written);
  free(written);
}

static void a_table_is_written_in_its_order(void **state) {
  static const char expected[] = "%BANKS {\n"
                                 "    @bank.example\n"
                                 "    @.bank.example\n"
                                 "    \"a#}b\"@\n"
                                 "    a}b@x.example\n"
                                 "}\n"
                                 "$PARTNERS\n"
                                 "    ACCEPT {\n"
                                 "        tls = \"required\"\n"
                                 "        tls_min_version = \"1.3\"\n"
                                 "    }\n"
                                 "$BANKS\n"
                                 "    ACCEPT {\n"
                                 "        tls = \"preferred\"\n"
                                 "        tls_mandatory_senders = \"BANKS\"\n"
                                 "    }\n"
                                 "$NOTED\n"
                                 "    CONTINUE {\n"
                                 "        significant_bits = 24\n"
                                 "    }\n"
                                 "PARTNERS:\n"
                                 "    192.0.2.0/24\n"
                                 "    .partner.example\n"
                                 "    unverified[mismatch]\n"
                                 "        $PARTNERS (business partners, TLS "
                                 "agreed)\n"
                                 "NOTED:\n"
                                 "    SBRS[-10.0:-3.0]\n"
                                 "    dnslist[bl.example]\n"
                                 "        $NOTED\n"
                                 "2001:db8::\n"
                                 "    $BANKS\n"
                                 "ALL\n"
                                 "    ACCEPT\n"
                                 "192.0.2.7\n"
                                 "    REJECT\n";

  (void)state;

  table_check_written(table_additions, expected);
}

static void what_is_written_reads_in_as_the_same(void **state) {
  static const char *const texts[] = {
      "",
      "\n",
      "# nothing\n",
      "ALL ACCEPT",
      "%A {}",
      "%A{a@} $P ACCEPT{tls_mandatory_senders=\"A\"}ALL $P()",
      "$P ACCEPT {}",
      "A: REJECT (a (b) \"c\" # d)",
      "accept. ACCEPT",
      "%A { \"}\"@x.example}",
      "A: 1 1.2 1.2.3 SBO:7 sbrs[none] ALL x RELAY",
      table_exported,
      table_additions,
  };
  size_t i;

  (void)state;

  for (i = 0; i < COUNT(texts); i++) {
    check_fixed(texts[i]);
  }
}

static void blanks_case_and_comments_say_little(void **state) {
  static const struct row {
    const char *text;
    const char *written;
  } rows[] = {
      {"ALL\tACCEPT", "ALL\n    ACCEPT\n"},
      {"\r\n all\r\nAccept\r\n", "all\n    ACCEPT\n"},
      {"ALL#x\nREJECT#y", "ALL\n    REJECT\n"},
      {"ALL ACCEPT(x)", "ALL\n    ACCEPT (x)\n"},
      {"ALL ACCEPT (\n\t a\r\n  b )", "ALL\n    ACCEPT (a b)\n"},
      {"ALL ACCEPT ((a) b (c))", "ALL\n    ACCEPT ((a) b (c))\n"},
      {"ALL ACCEPT (5\" # and it's \xc3\xa9)",
       "ALL\n    ACCEPT (5\" # and it's \xc3\xa9)\n"},
      {"ALL ACCEPT ( )", "ALL\n    ACCEPT\n"},
      {"ALL ACCEPT()", "ALL\n    ACCEPT\n"},
      {"$P accept{TLS=\"Off\"max_errors=9}ALL $P",
       "$P\n    ACCEPT {\n        tls = \"off\"\n        max_errors = 9\n    "
       "}\n"
       "ALL\n    $P\n"},
      {"$p ACCEPT $P REJECT ALL $p",
       "$p\n    ACCEPT\n$P\n    REJECT\nALL\n    $p\n"},
      {"A: REJECT a: ACCEPT", "A:\n        REJECT\na:\n        ACCEPT\n"},
      {"%A{} $A REJECT A: $A", "%A {\n}\n$A\n    REJECT\nA:\n        $A\n"},
      {"%A\n{#}\n}", "%A {\n}\n"},
      {"a-Z_09: x ACCEPT", "a-Z_09:\n    x\n        ACCEPT\n"},
      {"ALL ACCEPT 10.0.0.1 REJECT", "ALL\n    ACCEPT\n10.0.0.1\n    REJECT\n"},
      {":: REJECT", "::\n    REJECT\n"},
  };
  size_t i;

  (void)state;

  for (i = 0; i < COUNT(rows); i++) {
    table_check_written(rows[i].text, rows[i].written);
  }
}

#define DIGEST                                                                 \
  "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF"

static void a_value_is_written_as_it_is_read(void **state) {
  static const char *const settings[] = {
      "tls = \"off\"",
      "tls = \"preferred\"",
      "tls = \"required\"",
      "tls_observe = \"off\"",
      "tls_observe = \"on\"",
      "tls_min_version = \"1.2\"",
      "tls_min_version = \"1.3\"",
      "tls_ciphers = \"intermediate\"",
      "tls_ciphers = \"modern\"",
      "tls_ciphers = \"legacy\"",
      "tls_verify = \"off\"",
      "tls_verify = \"on\"",
      "tls_request_certificate = \"on\"",
      "client_fingerprints = \"\"",
      "client_fingerprints = \"" DIGEST " " DIGEST "\"",
      "client_purpose = \"client\"",
      "client_purpose = \"any\"",
      "tls_mandatory_senders = \"\"",
      "tls_mandatory_senders = \"L\"",
      "max_message_size = 1",
      "max_message_size = 18446744073709551615",
      "max_message_size = -1",
      "max_msgs_per_session = 4294967295",
      "max_rcpts_per_msg = 7",
      "max_concurrency = -1",
      "max_rcpts_per_hour = 7",
      "max_handshakes_per_minute = 7",
      "banner_code = 220",
      "banner_text = \"\"",
      "banner_text = \"a \\\"b\\\" \\\\ c\\nd\"",
      "banner_text = \"$Group $Hostname $RemoteIP $$\"",
      "reject_code = 400",
      "reject_code = 599",
      "reject_text = \"{ # ( = no\"",
      "override_hostname = \"mx.example\"",
      "override_hostname = \"[192.0.2.1]\"",
      "override_hostname = \"\"",
      "idle_timeout = 4294967",
      "handshake_timeout = 1",
      "session_timeout = -1",
      "max_errors = 7",
      "pipelining_early = \"refuse\"",
      "pipelining_early = \"allow\"",
      "bare_line_ends = \"refuse\"",
      "bare_line_ends = \"keep\"",
      "spam_check = \"o\\n\\\"\\\\\\x(\"",
      "virus_check = \"\"",
      "use_sb = -1",
      "dhap_limit = 007",
      "significant_bits = \"24\"",
  };
  char text[256];
  size_t i;

  (void)state;

  for (i = 0; i < COUNT(settings); i++) {
    snprintf(text, sizeof(text),
             "%%L {\n}\n$P\n    ACCEPT {\n        %s\n    }\n", settings[i]);
    table_check_written(text, text);
  }
}

/* Random tables, as they might be written and as they are to be. */
typedef struct writing {
  octets loose;
  octets strict;
  uint32_t random;
} writing;

static uint32_t below(writing *w, uint32_t limit) {
  w->random = w->random * 1664525u + 1013904223u;
  return (w->random >> 8) % limit;
}

static const char *one_of(writing *w, const char *const *texts, uint32_t n) {
  return texts[below(w, n)];
}

/* Blanks, of which strict writing has |strict|. */
static void put_gap(writing *w, const char *strict) {
  static const char *const gaps[] = {" ",      "\n",       "\t",
                                     "\r\n",   "  \n\r\n", " # \"}\n",
                                     "#(\r\n", "\n\n",     "\n# {\n\t"};

  octets_add_text(&w->loose, one_of(w, gaps, COUNT(gaps)));
  octets_add_text(&w->strict, strict);
}

static void put(writing *w, const char *text) {
  octets_add_text(&w->loose, text);
  octets_add_text(&w->strict, text);
}

/* A word of the language, in any case. */
static void put_keyword(writing *w, const char *word) {
  octets_add_text(&w->strict, word);
  for (; *word != '\0'; word++) {
    char c = *word;

    if (below(w, 8) == 0 &&
        ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))) {
      c ^= 0x20;
    }
    octets_add(&w->loose, &c, 1);
  }
}

static void put_number(writing *w, const char *before, uint32_t number) {
  char text[16];

  snprintf(text, sizeof(text), "%s%u", before, (unsigned)number);
  put(w, text);
}

static void put_access(writing *w) {
  static const char *const rules[] = {"ACCEPT", "RELAY", "REJECT", "TCPREFUSE",
                                      "CONTINUE"};

  put_keyword(w, one_of(w, rules, COUNT(rules)));
}

static void put_list(writing *w, uint32_t i) {
  static const char *const patterns[] = {"a@",          "@x.example",
                                         "@.x.example", "a{}b@x.example",
                                         "\"#\"@",      "@[192.0.2.1]"};
  uint32_t count = below(w, 4);

  put_number(w, "%L", i);
  octets_add_text(&w->loose, below(w, 2) ? "\n{" : "{");
  octets_add_text(&w->strict, " {\n");
  while (count-- > 0) {
    put_gap(w, "    ");
    put(w, one_of(w, patterns, COUNT(patterns)));
    octets_add_text(&w->loose, " ");
    octets_add_text(&w->strict, "\n");
  }
  octets_add_text(&w->loose, below(w, 2) ? "\n} " : "} ");
  octets_add_text(&w->strict, "}");
  put_gap(w, "\n");
}

/* Settings in the order of the table of keys. */
static void put_settings(writing *w) {
  static const char *const settings[][2] = {
      {"tls", "\"required\""},       {"tls_min_version", "\"1.3\""},
      {"tls_ciphers", "\"legacy\""}, {"max_message_size", "-1"},
      {"max_rcpts_per_msg", "17"},   {"banner_text", "\"\\\"a\\n\\\\$$\""},
      {"reject_code", "451"},        {"idle_timeout", "60"},
      {"spam_check", "\"on\""},      {"dhap_limit", "0"},
  };
  size_t i;

  for (i = 0; i < COUNT(settings); i++) {
    if (below(w, 3) == 0 || i == 0) {
      put_gap(w, "        ");
      put_keyword(w, settings[i][0]);
      octets_add_text(&w->loose, "=");
      octets_add_text(&w->strict, " = ");
      put(w, settings[i][1]);
      octets_add_text(&w->strict, "\n");
    }
  }
}

static void put_policy(writing *w, uint32_t i) {
  put_number(w, "$P", i);
  put_gap(w, "\n    ");
  put_access(w);
  if (below(w, 2) == 0) {
    octets_add_text(&w->loose, "{");
    octets_add_text(&w->strict, " {\n");
    put_settings(w);
    octets_add_text(&w->strict, "    ");
    put(w, "}");
  }
  put_gap(w, "\n");
}

/* One that no other of its group is like. */
static void put_member(writing *w, uint32_t i) {
  static const char *const forms[] = {"192.0.2.",     "2001:db8::", "SBO:1",
                                      "host.example", "SBO:9",      "10.0."};
  static const char *const more[] = {"ALL", "SBRS[none]",         ".x.example",
                                     "1-2", "dnslist[x.example]", "::/0"};

  if (i < COUNT(more) && below(w, 4) == 0) {
    put(w, more[i]);
  } else {
    put_number(w, one_of(w, forms, COUNT(forms)), i);
  }
}

/* The rule of a group, and what is behind it. */
static void put_rule(writing *w, uint32_t policies) {
  static const char *const comments[][2] = {{"(x)", " (x)"},
                                            {" ( a\n (b)\tc )", " (a (b) c)"},
                                            {"\n()", ""},
                                            {" (\"#)", " (\"#)"}};
  uint32_t comment = below(w, 2 * COUNT(comments));

  if (policies > 0 && below(w, 2) == 0) {
    put_number(w, "$P", below(w, policies));
  } else {
    put_access(w);
  }
  if (comment < COUNT(comments)) {
    octets_add_text(&w->loose, comments[comment][0]);
    octets_add_text(&w->strict, comments[comment][1]);
  }
  put_gap(w, "\n");
}

static void put_group(writing *w, uint32_t i, uint32_t policies) {
  uint32_t count = below(w, 5);
  uint32_t member;

  if (below(w, 2) == 0) {
    put_member(w, i);
    put_gap(w, "\n    ");
    put_rule(w, policies);
    return;
  }
  put_number(w, "G", i);
  put(w, ":");
  put_gap(w, "\n");
  for (member = 0; member < count; member++) {
    octets_add_text(&w->strict, "    ");
    put_member(w, member);
    put_gap(w, "\n");
  }
  octets_add_text(&w->strict, "        ");
  put_rule(w, policies);
}

static void put_table(writing *w) {
  uint32_t policies = below(w, 4);
  uint32_t groups = below(w, 6);
  uint32_t lists = below(w, 3);
  uint32_t i;

  octets_clear(&w->loose);
  octets_clear(&w->strict);
  for (i = 0; i < lists; i++) {
    put_list(w, i);
  }
  for (i = 0; i < policies; i++) {
    put_policy(w, i);
  }
  for (i = 0; i < groups; i++) {
    put_group(w, i, policies);
  }
}

static void random_tables_are_written_strictly(void **state) {
  writing w = {.random = 7};
  int i;

  (void)state;

  for (i = 0; i < 3000; i++) {
    put_table(&w);
    table_check_written(octets_text(&w.loose), octets_text(&w.strict));
    table_check_written(octets_text(&w.strict), octets_text(&w.strict));
  }
  octets_free(&w.loose);
  octets_free(&w.strict);
}

/* Lists and policies may stand among the groups. */
static void entries_are_sorted_by_kind(void **state) {
  (void)state;

  table_check_written("a ACCEPT $P RELAY b $P %L {} $Q REJECT c $Q",
                      "%L {\n}\n$P\n    RELAY\n$Q\n    REJECT\n"
                      "a\n    ACCEPT\nb\n    $P\nc\n    $Q\n");
}

/* Whatever the buffer holds, the length is that of the whole. */
static void a_short_buffer_holds_the_beginning(void **state) {
  shako_hat *hat = table_read(table_exported);
  char *whole = table_write(hat);
  size_t len = strlen(whole);
  size_t size;

  (void)state;

  for (size = 0; size <= len + 2; size++) {
    char *buf = must_alloc(size + 1);

    memset(buf, 'x', size + 1);
    assert_int_equal(shako_hat_write(hat, buf, size), len);
    if (size > 0) {
      size_t held = size - 1 < len ? size - 1 : len;

      assert_memory_equal(buf, whole, held);
      assert_int_equal(buf[held], '\0');
    }
    assert_int_equal(buf[size], 'x');
    free(buf);
  }
  free(whole);
  table_free(hat);
}

int main(void) {
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_table_is_written_in_its_order),
      cmocka_unit_test(what_is_written_reads_in_as_the_same),
      cmocka_unit_test(blanks_case_and_comments_say_little),
      cmocka_unit_test(a_value_is_written_as_it_is_read),
      cmocka_unit_test(random_tables_are_written_strictly),
      cmocka_unit_test(entries_are_sorted_by_kind),
      cmocka_unit_test(a_short_buffer_holds_the_beginning),
  };

  return cmocka_run_group_tests_name("hat_write", tests, NULL, NULL);
}
