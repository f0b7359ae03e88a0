/* Every state that a session can be in, as far as an alphabet of inputs leads:
   in none of them is there mail before TLS where TLS is required, a clear
   octet after a 220 to STARTTLS, a reply without a command, or a command
   without a reply (support/walk_world.c says what is checked). */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "server/session.h"
#include "support/walk_world.h"

#define COUNT(ARRAY) (sizeof(ARRAY) / sizeof((ARRAY)[0]))

#define OCTETS(KIND, NAME, TEXT)                                               \
  { NAME, KIND, TEXT, sizeof(TEXT) - 1, 0, false, false }
#define EARLY(NAME, TEXT)                                                      \
  { NAME, WALK_SAY, TEXT, sizeof(TEXT) - 1, 0, true, false }
#define SAY(TEXT)          OCTETS(WALK_SAY, TEXT, TEXT)
#define LINE(TEXT)         OCTETS(WALK_SAY, TEXT, TEXT "\r\n")
#define RAW(NAME, TEXT)    OCTETS(WALK_RAW, NAME, TEXT)
#define RECORD(NAME, TEXT) OCTETS(WALK_RECORD, NAME, TEXT)
#define DO(KIND, NAME)                                                         \
  { NAME, KIND, NULL, 0, 0, false, false }
#define RESPONSE(TEXT)                                                         \
  { TEXT, WALK_SAY, TEXT "\r\n", sizeof(TEXT) + 1, 0, false, true }
#define ANSWER(CODE)                                                           \
  { "answer " #CODE, WALK_ANSWER, NULL, 0, CODE, false, false }

#define X16   "xxxxxxxxxxxxxxxx"
#define X256  X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16
#define X2048 X256 X256 X256 X256 X256 X256 X256 X256

static const walk_input inputs[] = {
    /* commands */
    LINE("EHLO c.example"),
    LINE("HELO c.example"),
    EARLY("STARTTLS", "STARTTLS\r\n"),
    LINE("MAIL FROM:<a@c.example>"),
    LINE("RCPT TO:<b@s.example>"),
    LINE("DATA"),
    LINE("BDAT 3"),
    LINE("BDAT 0 LAST"),
    LINE("AUTH PLAIN AGEAYg=="),
    RESPONSE("AUTH LOGIN"),
    RESPONSE("YQ=="),
    RESPONSE("*"),
    LINE("RSET"),
    EARLY("NOOP", "NOOP\r\n"),
    LINE("VRFY b"),
    LINE("EXPN b"),
    LINE("HELP"),
    EARLY("QUIT", "QUIT\r\n"),
    EARLY("FOO", "FOO\r\n"),
    LINE("GET / HTTP/1.1"),
    LINE("STARTTLS now"),
    LINE("MAIL a@c.example"),
    /* more than one */
    EARLY("STARTTLS and NOOP", "STARTTLS\r\nNOOP\r\n"),
    EARLY("MAIL, RCPT and DATA",
          "MAIL FROM:<a@c.example>\r\nRCPT TO:<b@s.example>\r\nDATA\r\n"),
    OCTETS(WALK_SAY, "BDAT and its octets", "BDAT 3 LAST\r\nabcNOOP\r\n"),
    EARLY("a message", "text\r\n.\r\n"),
    /* half lines and ends of lines */
    SAY("EHL"),
    SAY("O c\r\n"),
    EARLY("START", "START"),
    SAY("TLS"),
    EARLY("CR", "\r"),
    OCTETS(WALK_SAY, "LF", "\n"),
    OCTETS(WALK_SAY, "CR LF", "\r\n"),
    OCTETS(WALK_SAY, "dot", "."),
    OCTETS(WALK_SAY, "dot CR LF", ".\r\n"),
    SAY("x"),
    /* garbage */
    OCTETS(WALK_SAY, "octets that are no text", "\0\377\r\n"),
    OCTETS(WALK_SAY, "an over-long line, begun", "NOOP " X2048),
    OCTETS(WALK_SAY, "an over-long BDAT, begun", "BDAT " X2048),
    RAW("a clear NOOP", "NOOP\r\n"),
    RAW("a clear x", "x"),
    RAW("a PROXY header, begun", "PROXY "),
    RAW("... and ended", "UNKNOWN\r\n"),
    RAW("a ClientHello", "\026\003\001\001\001\001"),
    /* TLS */
    RECORD("HELLO", "\026HELLO"),
    RECORD("FINISH", "\026FINISH"),
    RECORD("a handshake that fails", "\026FAIL no-shared-version"),
    RECORD("an alert", "\025FATAL"),
    RECORD("close_notify", "\025CLOSE"),
    RECORD("a sealed NOOP", "\027NOOP\r\n"),
    RAW("a record, begun", "\026\000"),
    DO(WALK_TLS_DONE, "the handshake is done"),
    DO(WALK_TLS_FAILED, "the handshake has failed"),
    /* the application, the connection, time */
    DO(WALK_ACCEPT, "accept"),
    ANSWER(550),
    ANSWER(421),
    DO(WALK_SENT, "send_ack of all"),
    DO(WALK_SENT_ONE, "send_ack of one octet"),
    DO(WALK_LEND, "recv_buf"),
    DO(WALK_GIVE_BACK, "recv_ack of nothing"),
    DO(WALK_EOF, "end of stream"),
    DO(WALK_LOST, "lost"),
    DO(WALK_EXPIRE, "time runs out"),
    DO(WALK_SHUTDOWN, "shutdown"),
};

static const walk_setting settings[] = {
    {.name = "Required", .tls = SHAKO_TLS_SETTING_REQUIRED},
    {.name = "Required, certificates that are late",
     .tls = SHAKO_TLS_SETTING_REQUIRED,
     .slow = true},
    {.name = "Required, two flights",
     .tls = SHAKO_TLS_SETTING_REQUIRED,
     .two_flights = true},
    {.name = "Required, the application's TLS",
     .tls = SHAKO_TLS_SETTING_REQUIRED,
     .external = true},
    {.name = "Required, early octets are taken",
     .tls = SHAKO_TLS_SETTING_REQUIRED,
     .early = true},
    {.name = "Required, and only observed",
     .tls = SHAKO_TLS_SETTING_REQUIRED,
     .observed = true},
    {.name = "Required, by a table that asks",
     .tls = SHAKO_TLS_SETTING_REQUIRED,
     .asks = true},
    {.name = "always TLS, by a table that asks",
     .implicit = true,
     .asks = true},
    {.name = "Required, and rejected",
     .tls = SHAKO_TLS_SETTING_REQUIRED,
     .access = SHAKO_ACCESS_REJECT},
    {.name = "Required, with AUTH",
     .tls = SHAKO_TLS_SETTING_REQUIRED,
     .auth = true},
    {.name = "Preferred", .tls = SHAKO_TLS_SETTING_PREFERRED},
    {.name = "Preferred, the application's TLS",
     .tls = SHAKO_TLS_SETTING_PREFERRED,
     .external = true},
    {.name = "No", .tls = SHAKO_TLS_SETTING_NO},
    {.name = "always TLS", .implicit = true},
    {.name = "always TLS, certificates that are late",
     .implicit = true,
     .slow = true},
    {.name = "always TLS, the application's",
     .implicit = true,
     .external = true},
    {.name = "Required, behind a proxy",
     .tls = SHAKO_TLS_SETTING_REQUIRED,
     .proxied = true},
    {.name = "always TLS, behind a proxy", .implicit = true, .proxied = true},
    {.name = "TCPREFUSE", .access = SHAKO_ACCESS_TCPREFUSE},
};

/* --- what has been seen --------------------------------------------------- */

/* How a state was first reached: by |input| from |parent|. */
typedef struct node {
  walk_digest digest;
  uint32_t parent;
  uint16_t input;
  uint16_t depth;
} node;

typedef struct walk {
  walk_world world;
  node *nodes; /* in the order in which they were found; 0 is the start */
  size_t count;
  size_t room;
  uint32_t *slots; /* number of the node + 1, by its digest; 0: free */
  size_t slot_count;
  uint64_t steps;
  size_t deepest;
} walk;

static uint64_t hash(const walk_digest *digest) {
  uint64_t sum = 0xcbf29ce484222325u;

  for (size_t i = 0; i < sizeof(digest->octets); i += 8) {
    uint64_t word;

    memcpy(&word, digest->octets + i, 8);
    sum = (sum ^ word) * 0x9e3779b97f4a7c15u;
    sum ^= sum >> 29;
  }
  return sum;
}

/* The slot that holds |digest|, or the free one where it belongs. */
static uint32_t *slot_of(const walk *w, const walk_digest *digest) {
  size_t at = hash(digest) % w->slot_count;

  while (w->slots[at] != 0 && memcmp(&w->nodes[w->slots[at] - 1].digest, digest,
                                     sizeof(*digest)) != 0) {
    at = (at + 1) % w->slot_count;
  }
  return &w->slots[at];
}

static void make_slots(walk *w) {
  free(w->slots);
  w->slot_count = w->room * 2 + 1;
  w->slots = calloc(w->slot_count, sizeof(*w->slots));
  assert_non_null(w->slots);
  for (size_t i = 0; i < w->count; i++) {
    *slot_of(w, &w->nodes[i].digest) = (uint32_t)i + 1;
  }
}

/* Keeps the world's state, if it is new. */
static void see(walk *w, uint32_t parent, uint16_t input) {
  node found = {.parent = parent, .input = input};
  uint32_t *slot;

  walk_world_digest(&w->world, &found.digest);
  if (w->count == w->room) {
    w->room = w->room * 2 + 1024;
    w->nodes = must_grow(w->nodes, w->room * sizeof(*w->nodes));
    make_slots(w);
  }
  slot = slot_of(w, &found.digest);
  if (*slot != 0) {
    return;
  }
  if (w->count > 0) {
    found.depth = (uint16_t)(w->nodes[parent].depth + 1);
  }
  w->deepest = found.depth;
  w->nodes[w->count++] = found;
  *slot = (uint32_t)w->count;
}

/* --- walking ---------------------------------------------------------------
 */

#define DEPTH_MAX 64

/* Stores the inputs that lead to |at|, and returns how many they are. */
static size_t path_to(const walk *w, size_t at,
                      const walk_input *path[DEPTH_MAX]) {
  size_t depth = w->nodes[at].depth;

  assert_true(depth < DEPTH_MAX);
  for (size_t i = depth; i > 0; i--) {
    path[i - 1] = &inputs[w->nodes[at].input];
    at = w->nodes[at].parent;
  }
  return depth;
}

static void fail_with(const walk *w, const walk_input **path, size_t depth) {
  octets text = {0};

  for (size_t i = 0; i < depth; i++) {
    octets_print(&text, "\n  %s", path[i]->name);
  }
  fail_msg("%s: %s, after%s", w->world.setting->name, w->world.wrong,
           octets_text(&text));
}

/* Brings a new session to where |path| leads. */
static void replay(walk *w, const walk_input **path, size_t depth) {
  walk_world_restart(&w->world);
  for (size_t i = 0; i < depth; i++) {
    assert_true(walk_world_do(&w->world, path[i]));
    w->steps++;
  }
}

/* Tries every input in one state. */
static void explore(walk *w, uint32_t at) {
  const walk_input *path[DEPTH_MAX + 1];
  size_t depth = path_to(w, at, path);
  bool fresh = false;

  for (size_t i = 0; i < COUNT(inputs); i++) {
    if (!fresh) {
      replay(w, path, depth);
    }
    fresh = !walk_world_do(&w->world, &inputs[i]);
    if (w->world.wrong) {
      path[depth] = &inputs[i];
      fail_with(w, path, depth + 1);
    }
    if (!fresh) {
      w->steps++;
      see(w, at, (uint16_t)i);
    }
  }
}

static bool is_reached(const walk *w, shako__phase phase) {
  for (size_t i = 0; i < w->count; i++) {
    if (w->nodes[i].digest.octets[0] == phase) {
      return true;
    }
  }
  return false;
}

static void walk_all(void **state) {
  const walk_setting *setting = *state;
  walk w = {0};

  walk_world_open(&w.world, setting);
  walk_world_restart(&w.world);
  see(&w, 0, 0);
  for (size_t at = 0; at < w.count; at++) {
    explore(&w, (uint32_t)at);
  }
  printf("%s: %zu states, %llu steps, %zu inputs at the most\n", setting->name,
         w.count, (unsigned long long)w.steps, w.deepest);
  assert_true(is_reached(&w, SHAKO__PHASE_CLOSED));
  assert_int_equal(is_reached(&w, SHAKO__PHASE_BODY),
                   setting->access == SHAKO_ACCESS_ACCEPT);
  assert_int_equal(is_reached(&w, SHAKO__PHASE_AUTH), setting->auth);
  walk_world_close(&w.world);
  free(w.nodes);
  free(w.slots);
}

int main(void) {
  struct CMUnitTest tests[COUNT(settings)];

  for (size_t i = 0; i < COUNT(settings); i++) {
    tests[i] = (struct CMUnitTest){settings[i].name, walk_all, NULL, NULL,
                                   (void *)(uintptr_t)&settings[i]};
  }
  return cmocka_run_group_tests_name("walk", tests, NULL, NULL);
}
