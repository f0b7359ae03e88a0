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

#include "base/ascii.h"
#include "failing_memory.h"

#define COUNT(ARRAY) (sizeof(ARRAY) / sizeof((ARRAY)[0]))

static void *test_alloc(size_t size, void *user_data) {
  void *ptr = failing_now() ? NULL : malloc(size);

  (void)user_data;
  failing.live += ptr != NULL;
  return ptr == NULL ? NULL : memset(ptr, 0xa5, size);
}

static void test_release(void *ptr, size_t size, void *user_data) {
  (void)user_data;
  failing.live--;
  memset(ptr, 0x5a, size);
  free(ptr);
}

static const shako_mem mem = {NULL, test_alloc, test_release};

static shako_hat *read_on(const char *text, const shako_policy *defaults) {
  shako_place place = {0, 0, "no memory"};
  shako_hat *hat = NULL;

  if (shako_hat_read(&hat, shako__span(text), defaults, &mem, &place) != 0) {
    fail_msg("line %u, column %u: %s in\n%s", (unsigned)place.line,
             (unsigned)place.column, place.what, text);
  }
  return hat;
}

/* What a listener is like. */
typedef enum kind {
  PRIVATE,
  PUBLIC,
  NO_TLS,
  NO_CERTIFICATE,
  DEMONSTRATION,
  IMPLICIT,
  KINDS
} kind;

static const shako_hat_surroundings listeners[KINDS] = {
    [PRIVATE] = {.has_tls = 1, .has_certificate = 1},
    [PUBLIC] = {.is_public = 1, .has_tls = 1, .has_certificate = 1},
    [NO_TLS] = {.has_tls = 0},
    [NO_CERTIFICATE] = {.has_tls = 1},
    [DEMONSTRATION] = {.has_tls = 1,
                       .has_certificate = 1,
                       .is_demonstration = 1},
    [IMPLICIT] = {.has_tls = 1, .has_certificate = 1, .is_implicit = 1},
};

static shako_hat_warnings *lint(const shako_hat *hat, kind listener) {
  shako_hat_surroundings around = listeners[listener];
  shako_hat_warnings *warnings = NULL;

  around.struct_size = sizeof(around);
  assert_int_equal(shako_hat_lint(&warnings, hat, &around), 0);
  return warnings;
}

static void fail_with(const shako_hat_warnings *warnings, const char *table) {
  char text[4096];

  shako_hat_warnings_text(warnings, text, sizeof(text));
  fail_msg("%s\n%s", table, text);
}

/* A table that raises one warning, and no other. */
typedef struct row {
  kind listener;
  const char *reason;
  uint32_t line;
  const char *subject;
  uint32_t other_line;
  const char *table;
} row;

static const row rows[] = {
    /* each kind of member, behind what matches all that it does */
    {PRIVATE, "shadowed", 4, "192.0.2.7", 2,
     "A:\n192.0.2.0/24\nACCEPT\n192.0.2.7 REJECT\nALL REJECT\n"},
    {PRIVATE, "shadowed", 3, "192.0.2.0/24", 1,
     "192.0.2.0/25 REJECT\n192.0.2.128-255 REJECT\n192.0.2.0/24 ACCEPT\n"
     "ALL REJECT\n"},
    {PRIVATE, "shadowed", 3, "192.0.2.7", 2,
     "A:\n192.0.2.\n192.0.2.7\nACCEPT\nALL REJECT\n"},
    {PRIVATE, "shadowed", 2, "2001:db8::7", 1,
     "2001:db8::/32 ACCEPT\n2001:db8::7 REJECT\nALL REJECT\n"},
    {PRIVATE, "shadowed", 2, "2001:db8::/32", 1,
     "::/0 ACCEPT\n2001:db8::/32 REJECT\nALL REJECT\n"},
    {PRIVATE, "shadowed", 2, "host.example.com", 1,
     ".example.com ACCEPT\nhost.example.com REJECT\nALL REJECT\n"},
    {PRIVATE, "shadowed", 2, ".b.example.com", 1,
     ".example.com ACCEPT\n.b.example.com REJECT\nALL REJECT\n"},
    {PRIVATE, "shadowed", 2, ".Example.COM", 1,
     ".example.com ACCEPT\n.Example.COM REJECT\nALL REJECT\n"},
    {PRIVATE, "shadowed", 2, "Host.Example", 1,
     "host.example ACCEPT\nHost.Example REJECT\nALL REJECT\n"},
    {PRIVATE, "shadowed", 3, "SBRS[-2.0:2.0]", 1,
     "SBRS[-10.0:0.0] REJECT\nSBRS[0.1:10.0] ACCEPT\nSBRS[-2.0:2.0] REJECT\n"
     "ALL REJECT\n"},
    {PRIVATE, "shadowed", 2, "SBRS[none]", 1,
     "SBRS[none] REJECT\nSBRS[none] ACCEPT\nALL REJECT\n"},
    {PRIVATE, "shadowed", 3, "SBO:7", 1,
     "SBO:7 REJECT\nSBO:8 REJECT\nSBO:7 ACCEPT\nALL REJECT\n"},
    {PRIVATE, "shadowed", 3, "dnslist[B.example]", 2,
     "dnslist[a.example] REJECT\ndnslist[b.example] REJECT\n"
     "dnslist[B.example] ACCEPT\nALL REJECT\n"},
    {PRIVATE, "shadowed", 3, "unverified[temporary]", 1,
     "unverified[temporary] REJECT\nunverified[none] REJECT\n"
     "unverified[temporary] ACCEPT\nALL REJECT\n"},
    {PRIVATE, "repeated", 3, "192.0.2.7", 2,
     "A:\n192.0.2.7\n192.0.2.7\nACCEPT\nALL REJECT\n"},
    /* once a group, whatever is in it */
    {PRIVATE, "after-all", 2, "A", 1,
     "ALL ACCEPT\nA:\n192.0.2.7\n192.0.2.7/32\n10.\nREJECT\n"},
    {PRIVATE, "after-all", 2, "10.", 1, "ALL ACCEPT\n10. REJECT\n"},
    {PRIVATE, "after-all", 2, "A", 1, "ALL ACCEPT\nA:\nREJECT\n"},
    {PRIVATE, "after-all", 2, "A", 1, "ALL ACCEPT\nA:\n10.\nCONTINUE\n"},
    {PRIVATE, "after-all", 2, "ALL", 1, "ALL ACCEPT\nALL REJECT\n"},
    {PRIVATE, "after-all", 4, "11.", 3, "A:\n10.\nALL\n11.\n12.\nACCEPT\n"},
    {PRIVATE, "after-all", 4, "10.1.", 3, "A:\n10.\nALL\n10.1.\nACCEPT\n"},
    {PRIVATE, "after-all", 3, "SBO:7", 2,
     "SBO:7 REJECT\nALL ACCEPT\nSBO:7 REJECT\n"},
    {PRIVATE, "after-all", 3, ".p.example", 2,
     "$T ACCEPT { tls = \"required\" }\nALL ACCEPT\n.p.example $T\n"},
    /* what everyone gets */
    {PUBLIC, "required-of-all", 2, "ALL", 0,
     "$T ACCEPT { tls = \"required\" }\nALL $T\n"},
    {PUBLIC, "open-relay", 2, "ALL", 0, "10. RELAY\nALL RELAY\n"},
    /* what the listener lacks, said once */
    {NO_TLS, "no-tls", 1, "$T", 0,
     "$T ACCEPT { tls = \"preferred\" }\nALL $T\n"},
    {NO_CERTIFICATE, "no-certificate", 2, "$R", 0,
     "$T ACCEPT { tls = \"preferred\" }\n$R ACCEPT { tls = \"required\" }\n"
     "$Q ACCEPT { tls = \"required\" }\n"
     "10. $T\n11. $R\n12. $Q\nALL REJECT\n"},
    {DEMONSTRATION, "demonstration-certificate", 1, "$T", 0,
     "$T ACCEPT { tls = \"required\" }\n10. $T\nALL REJECT\n"},
    /* policies */
    {PRIVATE, "few-recipients", 1, "$F", 0,
     "$F ACCEPT { max_rcpts_per_msg = 99 }\n$G ACCEPT { max_rcpts_per_msg = "
     "100 }\n$H ACCEPT { max_rcpts_per_msg = -1 }\n10. $H\n11. $G\nALL $F\n"},
    {PRIVATE, "stuck-senders", 2, "$S", 0,
     "%L { a@bank.example }\n$S ACCEPT { tls_mandatory_senders = \"L\" }\n"
     "ALL $S\n"},
    {PRIVATE, "freed-senders", 2, "$F", 3,
     "%L { a@bank.example }\n$F ACCEPT { tls = \"preferred\" }\n"
     "$S ACCEPT { tls = \"preferred\" tls_mandatory_senders = \"L\" }\n"
     "$R ACCEPT { tls = \"required\" }\n"
     "9. $R\n10. $F\n11. REJECT\nALL $S\n"},
    {PRIVATE, "freed-senders", 0, "", 2,
     "%L { a@bank.example }\n"
     "$S ACCEPT { tls = \"preferred\" tls_mandatory_senders = \"L\" }\n"
     "10. $S\n"},
    {PRIVATE, "freed-senders", 4, "RELAY", 2,
     "%L { a@bank.example }\n"
     "$S ACCEPT { tls = \"preferred\" tls_mandatory_senders = \"L\" }\n"
     "10. $S\n11. RELAY\nALL REJECT\n"},
    {PRIVATE, "idle-observe", 1, "$O", 0,
     "$O ACCEPT { tls = \"preferred\" tls_observe = \"on\" }\nALL $O\n"},
    {PRIVATE, "idle-version", 1, "$M", 0,
     "$M ACCEPT { tls = \"preferred\" tls_ciphers = \"modern\" }\nALL $M\n"},
    {PRIVATE, "auth-in-clear", 1, "$A", 0,
     "$A ACCEPT { tls = \"preferred\" smtp_auth = \"preferred\" "
     "smtp_auth_requires_tls = \"off\" }\nALL $A\n"},
    {PRIVATE, "idle-auth", 1, "$A", 0,
     "$A ACCEPT { smtp_auth = \"required\" }\nALL $A\n"},
    {PRIVATE, "idle-verify", 1, "$V", 0,
     "$V ACCEPT { tls = \"preferred\" tls_verify = \"on\" }\nALL $V\n"},
    {PRIVATE, "idle-fingerprints", 1, "$F", 0,
     "$F ACCEPT { tls = \"required\" client_fingerprints = "
     "\"00112233445566778899aabbccddeeff"
     "00112233445566778899aabbccddeeff\" }\nALL $F\n"},
    {PRIVATE, "unused-policy", 2, "$U", 0,
     "$A ACCEPT\n$U ACCEPT { max_rcpts_per_msg = 1 }\nALL $A\n"},
    {PRIVATE, "unused-list", 2, "U", 0,
     "%L { a@bank.example }\n%U { b@bank.example }\n%M { c@bank.example }\n"
     "$S ACCEPT { tls = \"preferred\" tls_mandatory_senders = \"L\" }\n"
     "$T ACCEPT { tls = \"required\" tls_mandatory_senders = \"M\" }\n"
     "10. $S\n11. $T\nALL REJECT\n"},
    /* TLS that ends with DNS */
    {PRIVATE, "dns-failure", 2, "P", 5,
     "$T ACCEPT { tls = \"required\" }\nP:\n.partner.example\n$T\nALL "
     "ACCEPT\n"},
    {PRIVATE, "dns-failure", 2, ".partner.example", 0,
     "$T ACCEPT { tls = \"required\" }\n.partner.example $T\n"},
    {PRIVATE, "dns-failure", 2, "P", 6,
     "$T ACCEPT { tls = \"required\" }\nP:\n192.0.2.7\n.partner.example\n$T\n"
     "unverified[temporary] ACCEPT\nALL REJECT\n"},
    {PRIVATE, "dns-failure", 3, "P", 6,
     "$T ACCEPT { tls = \"required\" }\n"
     "$O ACCEPT { tls = \"required\" tls_observe = \"on\" }\nP:\n"
     ".partner.example\n$T\nALL $O\n"},
    {PRIVATE, "dns-alone", 2, "P", 6,
     "$T ACCEPT { tls = \"required\" }\nP:\n.partner.example\n$T\n"
     "unverified[temporary] REJECT\nALL ACCEPT\n"},
    {PRIVATE, "dns-alone", 2, "P", 8,
     "$T ACCEPT { tls = \"required\" }\nP:\n.partner.example\n$T\n"
     "U:\nunverified[temporary]\nREJECT\nunverified[mismatch] RELAY\n"
     "ALL REJECT\n"},
};

static void each_warning_has_its_table(void **state) {
  size_t i;

  (void)state;

  for (i = 0; i < COUNT(rows); i++) {
    shako_hat *hat = read_on(rows[i].table, NULL);
    shako_hat_warnings *warnings = lint(hat, rows[i].listener);
    const shako_hat_warning *only = warnings->items;

    if (warnings->count != 1 || strcmp(only->reason, rows[i].reason) != 0 ||
        only->line != rows[i].line || only->other_line != rows[i].other_line ||
        strcmp(only->subject, rows[i].subject) != 0) {
      fail_with(warnings, rows[i].table);
    }
    shako_hat_warnings_free(warnings);
    shako_hat_unref(hat);
  }
  assert_int_equal(failing.live, 0);
}

static void a_sound_table_raises_none(void **state) {
  static const struct sound {
    kind listener;
    const char *table;
  } sounds[] = {
      {PUBLIC, ""},
      {PUBLIC, "A:\nACCEPT\n"},
      {PUBLIC, "10. RELAY\nALL ACCEPT\n"},
      {PRIVATE, "ALL RELAY\n"},
      {IMPLICIT, "$A ACCEPT { smtp_auth = \"required\" }\nALL $A\n"},
      {PRIVATE, "$A ACCEPT { tls = \"required\" smtp_auth = \"required\" "
                "smtp_auth_requires_tls = \"off\" }\nALL $A\n"},
      /* half shadowed is not shadowed */
      {PUBLIC, "192.0.2.0/25 REJECT\n192.0.2.0/24 ACCEPT\n"},
      {PUBLIC, "192.0.2.7 REJECT\n192.0.2.0/24 ACCEPT\n"},
      {PUBLIC, "0.0.0.0/1 REJECT\n0.0.0.0/0 ACCEPT\n"},
      {PUBLIC, "2001:db8::/64 REJECT\n2001:db8::/32 ACCEPT\n"},
      {PUBLIC, "0.0.0.0/0 REJECT\n::/0 ACCEPT\n"},
      {PUBLIC, "::/0 REJECT\n192.0.2.7 ACCEPT\n"},
      {PUBLIC, "host.example.com REJECT\n.example.com ACCEPT\n"},
      {PUBLIC, ".example.com REJECT\nexample.com ACCEPT\n"},
      {PUBLIC, "x.example.com REJECT\n.x.example.com ACCEPT\n"},
      {PUBLIC, "x.example.com REJECT\n.example.com ACCEPT\n"},
      {PUBLIC, "SBRS[-10.0:0.0] REJECT\nSBRS[-1.0:0.1] ACCEPT\n"},
      {PUBLIC, "SBRS[-10.0:10.0] REJECT\nSBRS[none] ACCEPT\n"},
      {PUBLIC, "unverified[none] REJECT\nunverified[mismatch] ACCEPT\n"},
      /* a group that decides nothing shadows nothing and is not shadowed */
      {PUBLIC, "A:\n192.0.2.0/24\n.a.example\nSBO:1\nALL\nCONTINUE\n"
               "B:\n192.0.2.7\nb.a.example\nSBO:1\nREJECT\n"
               "C:\n192.0.2.7\nb.a.example\nSBO:1\nCONTINUE\n"},
      {PUBLIC, "A:\n10.\nALL\nACCEPT\n"},
      /* only what takes mail, in earnest */
      {PUBLIC, "$T REJECT { tls = \"required\" max_rcpts_per_msg = 1 }\n"
               "ALL $T\n"},
      {PUBLIC, "$T ACCEPT { tls = \"required\" tls_observe = \"on\" }\n"
               "ALL $T\n"},
      {PUBLIC, "$T ACCEPT { tls = \"required\" }\n10. $T\nALL ACCEPT\n"},
      {PRIVATE, "$T ACCEPT { tls = \"required\" }\nALL $T\n"},
      {NO_TLS, "$T REJECT { tls = \"required\" }\n10. $T\n"},
      {PRIVATE, "$M ACCEPT { tls = \"preferred\" tls_ciphers = \"modern\" "
                "tls_min_version = \"1.3\" }\nALL $M\n"},
      {PRIVATE, "$M ACCEPT { tls_ciphers = \"modern\" }\nALL $M\n"},
      /* one list, in every policy that takes mail in the clear */
      {PRIVATE, "%L { a@bank.example }\n"
                "$S ACCEPT { tls = \"preferred\" tls_mandatory_senders = \"L\" "
                "}\n$T ACCEPT { tls = \"required\" }\n"
                "10. $T\n11. TCPREFUSE\nALL $S\n"},
      /* a broken DNS frees nobody */
      {PRIVATE,
       "$T REJECT { tls = \"required\" }\n.p.example $T\nALL ACCEPT\n"},
      {PRIVATE,
       "$T ACCEPT { tls = \"required\" }\n.p.example $T\nALL REJECT\n"},
      {PRIVATE, "$T ACCEPT { tls = \"required\" }\n.p.example $T\nALL $T\n"},
      {PRIVATE, "$T ACCEPT { tls = \"required\" }\nP:\n192.0.2.7\n.p.example\n"
                "unverified[temporary]\n$T\nALL ACCEPT\n"},
      {PRIVATE, "$T ACCEPT { tls = \"required\" }\nP:\n.p.example\n"
                "unverified[temporary]\nunverified[none]\nunverified[mismatch]"
                "\n$T\nALL ACCEPT\n"},
  };
  size_t i;

  (void)state;

  for (i = 0; i < COUNT(sounds); i++) {
    shako_hat *hat = read_on(sounds[i].table, NULL);
    shako_hat_warnings *warnings = lint(hat, sounds[i].listener);

    if (warnings->count != 0) {
      fail_with(warnings, sounds[i].table);
    }
    shako_hat_warnings_free(warnings);
    shako_hat_unref(hat);
  }
  assert_int_equal(failing.live, 0);
}

/* The default policy is told once, though others inherit what is wrong. */
static void the_default_policy_is_judged_too(void **state) {
  static const struct setting {
    kind listener;
    shako_tls_setting tls;
    uint32_t max_recipients;
    const char *table;
    const char *reason; /* NULL: none */
  } settings[] = {
      {PUBLIC, SHAKO_TLS_SETTING_REQUIRED, 1000, "10. REJECT\n",
       "required-of-all"},
      {PUBLIC, SHAKO_TLS_SETTING_REQUIRED, 1000, "ALL REJECT\n", NULL},
      {NO_TLS, SHAKO_TLS_SETTING_REQUIRED, 1000, "", "no-tls"},
      {PUBLIC, SHAKO_TLS_SETTING_NO, 20, "", "few-recipients"},
      {PUBLIC, SHAKO_TLS_SETTING_NO, 20,
       "$A ACCEPT\n10. $A\n11. RELAY\nALL REJECT\n", "few-recipients"},
      {PUBLIC, SHAKO_TLS_SETTING_NO, 20,
       "$A ACCEPT { max_rcpts_per_msg = 200 }\n10. $A\nALL REJECT\n", NULL},
  };
  shako_policy defaults;
  size_t i;

  (void)state;

  for (i = 0; i < COUNT(settings); i++) {
    shako_hat_warnings *warnings;
    shako_hat *hat;

    shako_policy_default(&defaults);
    defaults.tls = settings[i].tls;
    defaults.max_recipients = settings[i].max_recipients;
    hat = read_on(settings[i].table, &defaults);
    warnings = lint(hat, settings[i].listener);
    if (warnings->count != (settings[i].reason != NULL) ||
        (warnings->count > 0 &&
         (strcmp(warnings->items[0].reason, settings[i].reason) != 0 ||
          warnings->items[0].line != 0 ||
          warnings->items[0].subject[0] != '\0'))) {
      fail_with(warnings, settings[i].table);
    }
    shako_hat_warnings_free(warnings);
    shako_hat_unref(hat);
  }
  assert_int_equal(failing.live, 0);
}

static void the_presets(void **state) {
  static const shako_hat_preset presets[] = {SHAKO_HAT_PRESET_PUBLIC,
                                             SHAKO_HAT_PRESET_PRIVATE};
  static const kind own[] = {PUBLIC, PRIVATE};
  size_t i;

  (void)state;

  for (i = 0; i < COUNT(presets); i++) {
    const char *text = shako_hat_preset_text(presets[i]);
    shako_hat *hat = read_on(text, NULL);
    shako_hat_warnings *warnings = lint(hat, own[i]);

    /* $THROTTLED takes 20 recipients, as the appliances have it. */
    if (warnings->count != (presets[i] == SHAKO_HAT_PRESET_PUBLIC) ||
        (warnings->count == 1 &&
         (strcmp(warnings->items[0].reason, "few-recipients") != 0 ||
          strcmp(warnings->items[0].subject, "$THROTTLED") != 0))) {
      fail_with(warnings, text);
    }
    shako_hat_warnings_free(warnings);
    shako_hat_unref(hat);
  }
}

static const char faulty[] = "%U { a@bank.example }\n"
                             "$F ACCEPT { max_rcpts_per_msg = 10 }\n"
                             "A:\n"
                             "192.0.2.0/24\n"
                             "192.0.2.0/24\n"
                             "SBO:7\n"
                             "REJECT\n"
                             "192.0.2.7 $F\n"
                             "SBO:7 $F\n"
                             "ALL ACCEPT\n"
                             "B:\n"
                             "REJECT\n";

static const char faulty_text[] =
    "line 1: unused-list: U: no policy has it; remove it\n"
    "line 2: few-recipients: $F: RFC 5321 section 4.5.3.1.8 wants 100 "
    "recipients of a message taken; set max_rcpts_per_msg to 100 at least\n"
    "line 5: repeated: 192.0.2.0/24: its group has it already, and it is "
    "dropped (line 4); remove it\n"
    "line 8: shadowed: 192.0.2.7: an earlier entry matches all that it does "
    "(line 4); remove it, or move it before that one\n"
    "line 9: shadowed: SBO:7: an earlier entry matches all that it does "
    "(line 6); remove it, or move it before that one\n"
    "line 11: after-all: B: it stands behind ALL, which matches every host "
    "(line 10); move it before ALL\n";

static void warnings_are_told_by_line(void **state) {
  shako_hat *hat = read_on(faulty, NULL);
  shako_hat_warnings *warnings = lint(hat, PRIVATE);
  char text[2048];
  size_t len = strlen(faulty_text);
  size_t size;

  (void)state;

  assert_int_equal(shako_hat_warnings_text(warnings, text, sizeof(text)), len);
  assert_string_equal(text, faulty_text);
  for (size = 0; size <= len + 1; size++) {
    memset(text, '?', sizeof(text));
    assert_int_equal(shako_hat_warnings_text(warnings, text, size), len);
    if (size > 0) {
      assert_memory_equal(text, faulty_text, size - 1);
      assert_int_equal(text[size - 1], '\0');
    }
    assert_int_equal(text[size], '?');
  }
  shako_hat_warnings_free(warnings);
  shako_hat_unref(hat);
  shako_hat_warnings_free(NULL);
}

static void a_default_without_a_line_is_told_as_such(void **state) {
  shako_hat_warnings *warnings;
  shako_policy defaults;
  shako_hat *hat;
  char text[512];

  (void)state;

  shako_policy_default(&defaults);
  defaults.max_recipients = 1;
  hat = read_on("", &defaults);
  warnings = lint(hat, PRIVATE);
  shako_hat_warnings_text(warnings, text, sizeof(text));
  assert_string_equal(
      text, "default policy: few-recipients: RFC 5321 section 4.5.3.1.8 wants "
            "100 recipients of a message taken; set max_rcpts_per_msg to 100 "
            "at least\n");
  shako_hat_warnings_free(warnings);
  shako_hat_unref(hat);
  hat = read_on("", NULL);
  warnings = lint(hat, PRIVATE);
  shako_hat_warnings_text(warnings, text, sizeof(text));
  assert_string_equal(text, "no warnings\n");
  shako_hat_warnings_free(warnings);
  shako_hat_unref(hat);
}

static uint32_t next_random(uint32_t *seed) {
  *seed ^= *seed << 13;
  *seed ^= *seed >> 17;
  *seed ^= *seed << 5;

  return *seed;
}

#define RANGES 12

/* The plain way: each address is decided by the first range that holds it, and
   a range for which none is left is shadowed. */
static unsigned shadowed_bits(const unsigned (*ranges)[2], size_t count) {
  unsigned bits = (1u << count) - 1;
  unsigned address;
  size_t i;

  for (address = 0; address < 256; address++) {
    for (i = 0; i < count; i++) {
      if (ranges[i][0] <= address && address <= ranges[i][1]) {
        bits &= ~(1u << i);
        break;
      }
    }
  }
  return bits;
}

static void random_ranges_agree_with_a_walk_through_them(void **state) {
  uint32_t seed = 5321;
  unsigned found = 0;
  unsigned round;

  (void)state;

  for (round = 0; round < 5000; round++) {
    unsigned ranges[RANGES][2];
    char text[RANGES * 64];
    shako_hat_warnings *warnings;
    shako_hat *hat;
    unsigned bits = 0;
    size_t len = 0;
    size_t i;

    for (i = 0; i < RANGES; i++) {
      ranges[i][0] = next_random(&seed) % 256;
      ranges[i][1] = ranges[i][0] + next_random(&seed) % 96;
      ranges[i][1] = ranges[i][1] > 255 ? 255 : ranges[i][1];
      len += (size_t)snprintf(text + len, sizeof(text) - len,
                              "192.0.2.%u-%u REJECT\n", ranges[i][0],
                              ranges[i][1]);
    }
    hat = read_on(text, NULL);
    warnings = lint(hat, PRIVATE);
    for (i = 0; i < warnings->count; i++) {
      const shako_hat_warning *w = &warnings->items[i];

      assert_string_equal(w->reason, "shadowed");
      assert_true(w->other_line < w->line);
      bits |= 1u << (w->line - 1);
      found++;
    }
    if (bits != shadowed_bits((const unsigned(*)[2])ranges, RANGES)) {
      fail_with(warnings, text);
    }
    shako_hat_warnings_free(warnings);
    shako_hat_unref(hat);
  }
  assert_true(found > 5000 && found < 50000);
  assert_int_equal(failing.live, 0);
}

/* 100,000 members, of which every second repeats one of a group before. */
static void a_long_table_is_linted(void **state) {
  static char text[100000 * 40];
  shako_hat_warnings *warnings;
  shako_hat *hat;
  size_t len = 0;
  unsigned i;

  (void)state;

  for (i = 0; i < 100000; i++) {
    unsigned n = i % 50000;

    if (n == 0) {
      len += (size_t)snprintf(text + len, sizeof(text) - len, "%s:\n",
                              i == 0 ? "A" : "REJECT\nB");
    }
    if (n % 2 == 0) {
      len += (size_t)snprintf(text + len, sizeof(text) - len, "10.%u.%u.%u\n",
                              n / 65536, n / 256 % 256, n % 256);
    } else {
      len +=
          (size_t)snprintf(text + len, sizeof(text) - len, "h%u.example\n", n);
    }
  }
  snprintf(text + len, sizeof(text) - len, "ACCEPT\n");
  hat = read_on(text, NULL);
  warnings = lint(hat, PRIVATE);
  assert_int_equal(warnings->count, 50000);
  assert_string_equal(warnings->items[49999].subject, "h49999.example");
  assert_int_equal(warnings->items[49999].line, 100003);
  assert_int_equal(warnings->items[49999].other_line, 50001);
  shako_hat_warnings_free(warnings);
  shako_hat_unref(hat);
  assert_int_equal(failing.live, 0);
}

static shako_hat *shared;

static void lint_shared(bool refused) {
  shako_hat_surroundings around = listeners[PRIVATE];
  shako_hat_warnings *warnings = NULL;
  size_t live = failing.live;
  int error;

  around.struct_size = sizeof(around);
  failing.armed = true;
  error = shako_hat_lint(&warnings, shared, &around);
  failing.armed = false;
  if (error == 0) {
    assert_int_equal(warnings->count, 6);
  } else {
    assert_true(refused);
    assert_int_equal(error, SHAKO_ERR_NOMEM);
    assert_null(warnings);
  }
  shako_hat_warnings_free(warnings);
  assert_int_equal(failing.live, live);
}

static void memory_that_runs_out_leaves_nothing(void **state) {
  (void)state;

  shared = read_on(faulty, NULL);
  failing.onwards = false;
  assert_true(failing_for_each(lint_shared, 1) >= 5);
  failing.onwards = true;
  assert_true(failing_for_each(lint_shared, 1) >= 5);
  failing.onwards = false;
  shako_hat_unref(shared);
  assert_int_equal(failing.live, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_warning_has_its_table),
      cmocka_unit_test(a_sound_table_raises_none),
      cmocka_unit_test(the_default_policy_is_judged_too),
      cmocka_unit_test(the_presets),
      cmocka_unit_test(warnings_are_told_by_line),
      cmocka_unit_test(a_default_without_a_line_is_told_as_such),
      cmocka_unit_test(random_ranges_agree_with_a_walk_through_them),
      cmocka_unit_test(a_long_table_is_linted),
      cmocka_unit_test(memory_that_runs_out_leaves_nothing),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
