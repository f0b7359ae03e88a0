#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <shako/shako.h>

#include "fake_engine.h"
#include "octets.h"

/* Every command in every phase of a live session, under each setting, against
   tables written from RFC 5321 (3.1, 4.1.1, 4.1.4, 4.2.4, 4.3.2), RFC 3207 (4,
   4.2) and what the settings mean: the gate first, then the phase, then the
   syntax. */

typedef enum phase {
  PHASE_GREETED,
  PHASE_EHLO,
  PHASE_HELO,
  PHASE_MAIL,
  PHASE_RCPT,
  PHASE_TLS, /* before EHLO; the phases from here on are inside TLS */
  PHASE_TLS_EHLO,
  PHASE_TLS_HELO,
  PHASE_TLS_MAIL,
  PHASE_TLS_RCPT,
  PHASE_TURNED_AWAY,
  PHASE_COUNT
} phase;

static const char *const phase_names[PHASE_COUNT] = {
    "greeted",         "after EHLO",          "after HELO",
    "after MAIL",      "after RCPT",          "in TLS",
    "in TLS and EHLO", "in TLS and HELO",     "in TLS and MAIL",
    "in TLS and RCPT", "after a 554 greeting"};

/* A command (CRLF is added) and the code of its one reply. */
typedef struct row {
  const char *command;
  int greeted; /* before EHLO and HELO, in TLS too */
  int ehlo;
  int helo;
  int mail;
  int rcpt;
} row;

static const row rows[] = {
    /* Well-formed: 4.1.4 says what needs EHLO or HELO, and in what order. */
    {"HELO client.example", 250, 250, 250, 250, 250},
    {"EHLO client.example", 250, 250, 250, 250, 250},
    {"STARTTLS", 503, 220, 503, 503, 503},
    {"MAIL FROM:<a@b.example>", 503, 250, 250, 503, 503},
    {"MAIL FROM:<>", 503, 250, 250, 503, 503},
    {"RCPT TO:<c@d.example>", 503, 503, 503, 250, 250},
    {"RCPT TO:<Postmaster>", 503, 503, 503, 250, 250},
    {"DATA", 503, 503, 503, 503, 354},
    {"RSET", 250, 250, 250, 250, 250},
    {"NOOP", 250, 250, 250, 250, 250},
    {"NOOP now", 250, 250, 250, 250, 250},
    {"VRFY someone", 252, 252, 252, 252, 252},
    {"EXPN list", 252, 252, 252, 252, 252},
    {"VRFY <some one>", 252, 252, 252, 252, 252},
    {"EXPN <the list>", 252, 252, 252, 252, 252},
    {"HELP", 214, 214, 214, 214, 214},
    {"QUIT", 221, 221, 221, 221, 221},
    /* Known and not served, and unknown (4.2.4). */
    {"AUTH PLAIN", 502, 502, 502, 502, 502},
    {"BDAT 6 LAST\r\nQUIT", 502, 502, 502, 502, 502},
    {"XYZZY", 500, 500, 500, 500, 500},
    {"LHLO client.example", 500, 500, 500, 500, 500},
    {"GET / HTTP/1.1", 500, 500, 500, 500, 500},
    /* The phase before the syntax. */
    {"HELO", 501, 501, 501, 501, 501},
    {"EHLO", 501, 501, 501, 501, 501},
    {"STARTTLS now", 503, 501, 503, 503, 503},
    {"MAIL", 503, 501, 501, 503, 503},
    {"MAIL FROM:a@b.example x", 503, 501, 501, 503, 503},
    {"RCPT TO:<>", 503, 503, 503, 501, 501},
    {"DATA now", 503, 503, 503, 503, 501},
    {"RSET now", 501, 501, 501, 501, 501},
    {"QUIT now", 501, 501, 501, 501, 501},
    {"VRFY", 501, 501, 501, 501, 501},
    {"EXPN", 501, 501, 501, 501, 501},
    {"BDAT many", 501, 501, 501, 501, 501},
    {"AUTH \x01", 502, 502, 502, 502, 502},
};

static int is_verb(const char *command, const char *verb) {
  size_t len = strlen(verb);
  return strncmp(command, verb, len) == 0 &&
         (command[len] == 0 || command[len] == ' ');
}

static int column(const row *r, phase where) {
  const int codes[PHASE_COUNT] = {
      [PHASE_GREETED] = r->greeted, [PHASE_EHLO] = r->ehlo,
      [PHASE_HELO] = r->helo,       [PHASE_MAIL] = r->mail,
      [PHASE_RCPT] = r->rcpt,       [PHASE_TLS] = r->greeted,
      [PHASE_TLS_EHLO] = r->ehlo,   [PHASE_TLS_HELO] = r->helo,
      [PHASE_TLS_MAIL] = r->mail,   [PHASE_TLS_RCPT] = r->rcpt};
  return codes[where];
}

static int is_in_tls(phase where) {
  return where >= PHASE_TLS && where <= PHASE_TLS_RCPT;
}

/* The code that the RFCs and |setting| ask for. */
static int wanted(const row *r, phase where, shako_tls_setting setting) {
  int starttls = is_verb(r->command, "STARTTLS");
  if (where == PHASE_TURNED_AWAY) {
    return is_verb(r->command, "QUIT") ? r->greeted : 503;
  }
  if (setting == SHAKO_TLS_SETTING_REQUIRED && !is_in_tls(where) && !starttls &&
      !is_verb(r->command, "EHLO") && !is_verb(r->command, "NOOP") &&
      !is_verb(r->command, "QUIT")) {
    return 530;
  }
  if (starttls && setting == SHAKO_TLS_SETTING_NO) {
    return 502;
  }
  if (starttls && is_in_tls(where)) {
    return 503;
  }
  return column(r, where);
}

/* After these replies the connection ends. */
static int ends(const row *r, int code) {
  return code == 221 || is_verb(r->command, "GET") ||
         strcmp(r->command, "BDAT many") == 0;
}

/* A live session and its client. */

typedef struct live {
  shako_listener *listener;
  shako_session *session;
  fake_counters counters;
  fake_context context;
  fake_certificate certificate;
  fake_provider provider;
  int in_tls;
  octets said;        /* by the server, out of its records */
  unsigned questions; /* since clear_said() */
  unsigned refusals;  /* VIOLATION events, likewise */
  int closed;
} live;

static void open_live(live *l, shako_tls_setting setting, phase where) {
  shako_certificate_provider certificates;
  shako_listener_config config;
  shako_policy policy;
  shako_peer peer;
  const char *reason = NULL;
  memset(l, 0, sizeof(*l));
  fake_certificate_init(&l->certificate);
  l->provider.certificate = &l->certificate;
  fake_provider_fill(&l->provider, &certificates);
  l->context.counters = &l->counters;
  shako_policy_default(&policy);
  policy.tls = setting;
  if (where == PHASE_TURNED_AWAY) {
    policy.access = SHAKO_ACCESS_REJECT;
  }
  shako_listener_config_default(&config);
  config.hostname = "mx.example";
  config.policy = &policy;
  config.engine = &fake_engine;
  config.context = &l->context;
  config.certificates = &certificates;
  /* Under No there is no other way to TLS. */
  config.implicit_tls = is_in_tls(where) && setting == SHAKO_TLS_SETTING_NO;
  assert_int_equal(shako_listener_new(&l->listener, &config, NULL, &reason), 0);
  shako_peer_default(&peer);
  assert_int_equal(shako_session_new(&l->session, l->listener, &peer, NULL, 0),
                   0);
}

static void close_live(live *l) {
  shako_session_free(l->session);
  shako_listener_unref(l->listener);
  octets_free(&l->said);
  assert_int_equal(l->certificate.base.references, 1);
  assert_int_equal(l->counters.misuses, 0);
}

static void take_event(live *l, const shako_event *event) {
  l->refusals += event->type == SHAKO_EVENT_VIOLATION;
  l->closed |= event->type == SHAKO_EVENT_CLOSED;
  if (event->question != 0) {
    l->questions++;
    assert_int_equal(shako_session_accept(l->session, event->question), 0);
  }
}

static void take_octets(live *l, const uint8_t *octet, size_t len) {
  static fake_view view;
  if (!l->in_tls) {
    octets_add(&l->said, octet, len);
    return;
  }
  while (len > 0) {
    assert_int_equal(fake_decode(&view, octet, len), FAKE_DECODED_RECORD);
    if (view.type == FAKE_DATA) {
      octets_add(&l->said, view.payload, view.len);
    }
    octet += view.used;
    len -= view.used;
  }
}

/* Polls, accepts and sends until nothing moves. */
static void settle(live *l) {
  unsigned want;
  while ((want = shako_session_want(l->session)) &
         (SHAKO_WANT_POLL | SHAKO_WANT_SEND)) {
    size_t len = 0;
    const shako_event *event = NULL;
    const uint8_t *out;
    if (want & SHAKO_WANT_POLL) {
      event = shako_session_poll(l->session, 0);
    } else if ((out = shako_session_send_buf(l->session, &len)) != NULL) {
      take_octets(l, out, len);
      assert_int_equal(shako_session_send_ack(l->session, len), 0);
    }
    if (event != NULL) {
      take_event(l, event);
    }
  }
}

static void clear_said(live *l) {
  octets_clear(&l->said);
  l->questions = l->refusals = 0;
}

static void give(live *l, unsigned type, const char *text) {
  uint8_t wire[FAKE_HEADER + 256];
  size_t len = strlen(text);
  size_t n = 0;
  if (l->in_tls) {
    len = fake_record(wire, type, text, len);
  } else {
    memcpy(wire, text, len);
  }
  assert_int_equal(shako_session_push(l->session, wire, len, &n), 0);
  assert_int_equal(n, len);
  settle(l);
}

static void say(live *l, const char *command) {
  octets line = {0};
  octets_print(&line, "%s\r\n", command);
  give(l, FAKE_DATA, octets_text(&line));
  octets_free(&line);
}

/* Returns the code of the only reply in |said|, or -1. */
static int only_code(const live *l) {
  const char *at = octets_text(&l->said);
  int code = atoi(at);
  for (;;) {
    const char *end = strstr(at, "\r\n");
    if (end == NULL || atoi(at) != code) {
      return -1;
    }
    if (at[3] == ' ') {
      return end[2] == 0 ? code : -1;
    }
    at = end + 2;
  }
}

static void expect(live *l, const char *command, int code) {
  clear_said(l);
  say(l, command);
  assert_int_equal(only_code(l), code);
}

static void handshake(live *l) {
  l->in_tls = 1;
  give(l, FAKE_HANDSHAKE, "HELLO");
}

/* Returns 0 where |where| cannot be reached under |setting|. */
static int go_to(live *l, phase where, shako_tls_setting setting) {
  int tls = is_in_tls(where);
  if (setting == SHAKO_TLS_SETTING_REQUIRED &&
      (where == PHASE_HELO || where == PHASE_MAIL || where == PHASE_RCPT)) {
    return 0;
  }
  open_live(l, setting, where);
  if (tls && setting == SHAKO_TLS_SETTING_NO) {
    handshake(l);
  } else {
    settle(l);
  }
  assert_int_equal(only_code(l), where == PHASE_TURNED_AWAY ? 554 : 220);
  if (tls && setting != SHAKO_TLS_SETTING_NO) {
    expect(l, "EHLO client.example", 250);
    expect(l, "STARTTLS", 220);
    handshake(l);
  }
  if (where == PHASE_HELO || where == PHASE_TLS_HELO) {
    expect(l, "HELO client.example", 250);
  } else if (where != PHASE_GREETED && where != PHASE_TLS &&
             where != PHASE_TURNED_AWAY) {
    expect(l, "EHLO client.example", 250);
  }
  if (where == PHASE_MAIL || where == PHASE_RCPT || where == PHASE_TLS_MAIL ||
      where == PHASE_TLS_RCPT) {
    expect(l, "MAIL FROM:<a@b.example>", 250);
  }
  if (where == PHASE_RCPT || where == PHASE_TLS_RCPT) {
    expect(l, "RCPT TO:<c@d.example>", 250);
  }
  clear_said(l);
  return 1;
}

static void check_cell(const row *r, phase where, shako_tls_setting setting) {
  static const char *const settings[] = {"No", "Preferred", "Required"};
  live l;
  if (!go_to(&l, where, setting)) {
    return;
  }
  int code = wanted(r, where, setting);
  say(&l, r->command);
  if (only_code(&l) != code) {
    fail_msg("%s, %s: %s got %s and not %d", settings[setting],
             phase_names[where], r->command, octets_text(&l.said), code);
  }
  /* What is refused asks nothing, and is shown once. */
  if (code >= 400 && (l.questions != 0 || l.refusals != 1)) {
    fail_msg("%s, %s: %s asked %u questions and showed %u refusals",
             settings[setting], phase_names[where], r->command, l.questions,
             l.refusals);
  }
  if (l.closed != ends(r, code)) {
    fail_msg("%s, %s: after %s the connection is %s", settings[setting],
             phase_names[where], r->command, l.closed ? "closed" : "open");
  }
  close_live(&l);
}

static void check_setting(shako_tls_setting setting) {
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    for (int where = 0; where < PHASE_COUNT; where++) {
      check_cell(&rows[i], (phase)where, setting);
    }
  }
}

static void every_command_in_every_phase_under_no(void **state) {
  (void)state;
  check_setting(SHAKO_TLS_SETTING_NO);
}

static void every_command_in_every_phase_under_preferred(void **state) {
  (void)state;
  check_setting(SHAKO_TLS_SETTING_PREFERRED);
}

static void every_command_in_every_phase_under_required(void **state) {
  (void)state;
  check_setting(SHAKO_TLS_SETTING_REQUIRED);
}

/* A refused command leaves the phase as it is: what follows it is answered as
   if it had not been. */
static void a_refused_command_changes_nothing(void **state) {
  static const phase phases[] = {PHASE_TLS, PHASE_TLS_EHLO, PHASE_TLS_HELO,
                                 PHASE_TLS_MAIL, PHASE_TLS_RCPT};
  (void)state;
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    for (size_t k = 0; k < sizeof(phases) / sizeof(phases[0]); k++) {
      live l;
      int code = wanted(&rows[i], phases[k], SHAKO_TLS_SETTING_REQUIRED);
      if (code < 400 || ends(&rows[i], code)) {
        continue;
      }
      assert_true(go_to(&l, phases[k], SHAKO_TLS_SETTING_REQUIRED));
      expect(&l, rows[i].command, code);
      expect(&l, "RCPT TO:<e@f.example>",
             phases[k] >= PHASE_TLS_MAIL ? 250 : 503);
      expect(&l, "MAIL FROM:<a@b.example>",
             phases[k] == PHASE_TLS_EHLO || phases[k] == PHASE_TLS_HELO ? 250
                                                                        : 503);
      close_live(&l);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_command_in_every_phase_under_no),
      cmocka_unit_test(every_command_in_every_phase_under_preferred),
      cmocka_unit_test(every_command_in_every_phase_under_required),
      cmocka_unit_test(a_refused_command_changes_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
