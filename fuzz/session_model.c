#include "session_model.h"

#include <string.h>

#define COMMAND_MAX 2048u

/* A command, as far as order and gate go. */
typedef struct verb {
  const char *name;
  int yes;    /* the code of success */
  bool plain; /* without an argument it succeeds, whoever says it */
  bool free;  /* taken under Required before TLS */
} verb;

/* clang-format off */
static const verb verbs[] = {
  {"EHLO",     250, false, true},
  {"HELO",     250, false, false},
  {"MAIL",     250, false, false},
  {"RCPT",     250, false, false},
  {"DATA",     354, false, false},
  {"RSET",     250, true,  false},
  {"NOOP",     250, true,  true},
  {"QUIT",     221, true,  true},
  {"STARTTLS", 220, false, true},
  {"VRFY",     252, false, false},
  {"EXPN",     252, false, false},
  {"HELP",     214, true,  false},
  {"BDAT",     0,   false, false},
  {"AUTH",     0,   false, false},
};
/* clang-format on */

static const verb unknown = {"", 0, false, false};

/* The client: where it is in its text and in the replies. */
typedef struct walk {
  const run *run;
  const settings *settings;
  const octets *text;
  const reply *replies;
  size_t reply_count;
  size_t at;   /* in |text| */
  size_t next; /* of |replies| */
  bool secure;
  bool over; /* nothing more is said, or understood */

  bool turned_away;
  int hello; /* 0, 1 for HELO, 2 for EHLO */
  bool mail;
  uint32_t recipients;
  size_t messages;
  uint32_t errors;
} walk;

/* The line at hand. */
typedef struct line {
  const uint8_t *ptr;
  size_t len; /* without CRLF */
  const verb *verb;
  const uint8_t *argument; /* without blanks around it */
  size_t argument_len;
  bool too_long;
  bool damaged; /* the argument is not text */
} line;

static bool is_blank(uint8_t c) {
  return c == ' ' || c == '\t';
}

static bool is_word(const uint8_t *at, size_t len, const char *word) {
  for (size_t i = 0; i < len; i++) {
    uint8_t c = at[i];

    c = c >= 'a' && c <= 'z' ? (uint8_t)(c - 0x20) : c;
    if (word[i] == '\0' || c != (uint8_t)word[i]) {
      return false;
    }
  }
  return word[len] == '\0';
}

static const verb *find_verb(const uint8_t *at, size_t len) {
  for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
    if (is_word(at, len, verbs[i].name)) {
      return &verbs[i];
    }
  }
  return &unknown;
}

static void split(line *l) {
  size_t seen = l->too_long ? COMMAND_MAX : l->len;
  size_t n = 0;

  while (n < seen && !is_blank(l->ptr[n])) {
    n++;
  }
  l->verb = find_verb(l->ptr, n);
  while (n < seen && is_blank(l->ptr[n])) {
    n++;
  }
  while (seen > n && is_blank(l->ptr[seen - 1])) {
    seen--;
  }
  l->argument = l->ptr + n;
  l->argument_len = seen - n;
  l->damaged = false;
  for (size_t i = n; i < seen; i++) {
    l->damaged = l->damaged || l->ptr[i] < 0x20 || l->ptr[i] > 0x7e;
  }
}

/* A TLS client that was told nothing of STARTTLS. */
static bool is_client_hello(const walk *w) {
  const uint8_t *at = w->text->ptr + w->at;

  return !w->secure && w->text->len - w->at >= 3 && at[0] == 22 && at[1] == 3 &&
         at[2] <= 4;
}

/* Takes the next line.  Returns whether there is one. */
static bool take_line(walk *w, line *l) {
  const octets *text = w->text;

  if (w->at >= text->len || is_client_hello(w)) {
    return false;
  }
  l->ptr = text->ptr + w->at;
  for (size_t end = w->at + 1; end < text->len; end++) {
    if (text->ptr[end] == '\n' && text->ptr[end - 1] == '\r') {
      l->len = end - 1 - w->at;
      l->too_long = l->len + 2 > COMMAND_MAX;
      w->at = end + 1;
      split(l);
      return true;
    }
  }
  return false;
}

/* Whether the session ended as the peer's silence makes it end, all that it
   had to say said: then all that was whole was answered. */
static bool ended_by_silence(const run *r) {
  return r->closed && !r->memory.failed && r->settings->tick == 0 &&
         !(r->settings->ending == SETTINGS_ENDING_CUT &&
           peer_left(&r->peer) > 0) &&
         (strcmp(r->how, "cut-off") == 0 ||
          strcmp(r->how, "idle-timeout") == 0);
}

/* Takes the next reply, or finds that nothing more is said. */
static const reply *take_reply(walk *w) {
  const reply *next;

  if (w->next == w->reply_count) {
    HOLDS(w->run, !ended_by_silence(w->run) || w->run->lost,
          "a command without a reply");
    w->over = true;
    return NULL;
  }
  next = &w->replies[w->next++];
  if (next->code == 421) {
    HOLDS(w->run, w->next == w->reply_count, "a reply behind a 421");
    w->over = true;
    return NULL;
  }
  return next;
}

/* What must be said whatever the syntax, in the order of the refusals; 0 if
   nothing must. */
static int required_code(const walk *w, const line *l) {
  const shako_policy *policy = &w->settings->policy;
  const char *name = l->verb->name;

  if (w->turned_away && l->verb->yes != 221) {
    return 503;
  }
  if (policy->tls == SHAKO_TLS_SETTING_REQUIRED && !policy->tls_observed &&
      !w->secure && !l->verb->free) {
    return 530;
  }
  if (w->secure && w->settings->engine_version < policy->tls_min_version &&
      l->verb->yes != 221) {
    return 554;
  }
  if (l->verb->yes == 220 && policy->tls == SHAKO_TLS_SETTING_NO) {
    return 502;
  }
  if (l->too_long) {
    return 500;
  }
  if (strcmp(name, "MAIL") == 0) {
    return w->hello > 0 && !w->mail ? 0 : 503;
  }
  if (strcmp(name, "RCPT") == 0) {
    return w->mail ? 0 : 503;
  }
  if (strcmp(name, "DATA") == 0) {
    return w->recipients > 0 ? 0 : 503;
  }
  if (strcmp(name, "STARTTLS") == 0) {
    return w->hello == 2 && !w->mail && !w->secure ? 0 : 503;
  }
  if (strcmp(name, "AUTH") == 0) {
    return 502; /* the policy has none; the gate sees no argument */
  }
  return l->verb == &unknown ? 500 : 0;
}

static void check_code(const walk *w, const line *l, const reply *got) {
  int required = required_code(w, l);
  const verb *v = l->verb;

  if (required != 0) {
    HOLDS(w->run, got->code == required, "another refusal than must be");
    return;
  }
  if (l->damaged) {
    HOLDS(w->run, got->code == 501, "octets that are no text were taken");
    return;
  }
  HOLDS(w->run, got->code >= 400 || got->code == v->yes,
        "a reply that does not fit the command");
  HOLDS(w->run, !v->plain || l->argument_len > 0 || got->code == v->yes,
        "a plain command was refused");
}

/* RFC 2034 3: all but the greeting, 250 to EHLO and HELO, and 354. */
static void check_enhanced(const walk *w, const line *l, const reply *got) {
  bool hello = l->verb == &verbs[0] || l->verb == &verbs[1];

  if (got->code == 354 || (hello && got->code == 250)) {
    HOLDS(w->run, !got->enhanced, "an enhanced code where there is none");
  } else if (!settings_has_answer(w->settings, SETTINGS_ANSWER_LONG_NO) &&
             !settings_has_answer(w->settings, SETTINGS_ANSWER_LONG_YES)) {
    HOLDS(w->run, got->enhanced, "a reply without an enhanced code");
  }
}

/* Messages. */

/* Returns where a message that begins at |at| ends (behind its last dot), or 0
   if it does not. */
static size_t find_end(const octets *text, size_t at) {
  if (text->len - at >= 3 && memcmp(text->ptr + at, ".\r\n", 3) == 0) {
    return at + 3;
  }
  for (; at + 5 <= text->len; at++) {
    if (memcmp(text->ptr + at, "\r\n.\r\n", 5) == 0) {
      return at + 5;
    }
  }
  return 0;
}

static bool has_bare(const uint8_t *at, size_t len) {
  for (size_t i = 0; i < len; i++) {
    bool cr = i > 0 && at[i - 1] == '\r';

    if (cr != (at[i] == '\n')) {
      return true;
    }
  }
  return false;
}

/* Takes the dots off |len| octets (the last line, a dot, is not among them).
 */
static void unstuff(octets *out, const uint8_t *at, size_t len) {
  bool line_start = true;

  for (size_t i = 0; i < len; i++) {
    if (!line_start || at[i] != '.') {
      octets_add(out, at + i, 1);
    }
    line_start = at[i] == '\n';
  }
}

/* The message of which the session speaks, |len| octets at |at| with its last
   line, was answered with |code|. */
static void check_message(const walk *w, const uint8_t *at, size_t len,
                          int code) {
  const run *r = w->run;
  const run_message *message = run_message_at(r, w->messages);
  uint64_t limit = w->settings->policy.max_message_size;
  octets body = {0};

  unstuff(&body, at, len - 3);
  if (has_bare(at, len)) {
    HOLDS(r, code == 554 && !message->complete, "a bare CR or LF was accepted");
    HOLDS(r, strcmp(message->reason, "bare-line-end") == 0, "another reason");
  } else if (limit != 0 && body.len > limit) {
    HOLDS(r, code == 552 && !message->complete, "too big a message was taken");
    HOLDS(r, strcmp(message->reason, "message-too-big") == 0, "another reason");
  } else {
    HOLDS(r, code == 250 || code >= 400, "no answer to a message");
    HOLDS(r, message->complete, "a message was answered, and was none");
    HOLDS(r, body.len == message->to - message->from, "not the whole message");
    HOLDS(r,
          body.len == 0 ||
              memcmp(body.ptr, r->bodies.ptr + message->from, body.len) == 0,
          "not the message that was sent");
  }
  octets_free(&body);
}

static void walk_message(walk *w) {
  size_t from = w->at;
  size_t end = find_end(w->text, from);
  const reply *got;

  HOLDS(w->run, w->messages < run_message_count(w->run), "a 354 of its own");
  if (end == 0) {
    w->at = w->text->len;
    return;
  }
  w->at = end;
  got = take_reply(w);
  if (got) {
    check_message(w, w->text->ptr + from, end - from, got->code);
    w->errors += got->code >= 400;
  }
  w->messages++;
  w->mail = false;
  w->recipients = 0;
}

/* BDAT. */

/* Reads the size.  Returns whether it is one. */
static bool read_size(const line *l, uint64_t *size) {
  size_t n = 0;

  *size = 0;
  while (n < l->argument_len && l->argument[n] >= '0' &&
         l->argument[n] <= '9') {
    unsigned digit = l->argument[n] - (unsigned)'0';

    if (*size > (UINT64_MAX - digit) / 10) {
      return false;
    }
    *size = *size * 10 + digit;
    n++;
  }
  if (n == 0 || n > 20 || l->too_long) {
    return false;
  }
  return n == l->argument_len ||
         is_word(l->argument + n, l->argument_len - n, " LAST");
}

/* Passes over what was announced.  Returns whether it is all there, so that
   there is a reply. */
static bool pass_chunk(walk *w, const line *l) {
  uint64_t limit = w->settings->policy.max_message_size;
  uint64_t size;

  if (!read_size(l, &size)) {
    return true;
  }
  if (limit != 0 && size > limit) {
    size = limit; /* and then 421 */
  }
  if (size > w->text->len - w->at) {
    w->at = w->text->len;
    return false;
  }
  w->at += (size_t)size;
  return true;
}

/* The walk. */

static void follow(walk *w, const line *l, int code) {
  const char *name = l->verb->name;

  w->errors += code >= 400;
  if (code >= 400) {
    return;
  }
  if (strcmp(name, "EHLO") == 0 || strcmp(name, "HELO") == 0) {
    w->hello = name[0] == 'E' ? 2 : 1;
    w->mail = false;
    w->recipients = 0;
  } else if (strcmp(name, "MAIL") == 0) {
    w->mail = true;
  } else if (strcmp(name, "RCPT") == 0) {
    w->recipients++;
  } else if (strcmp(name, "RSET") == 0) {
    w->mail = false;
    w->recipients = 0;
  } else if (code == 354) {
    walk_message(w);
  } else if (code == 220 || code == 221) {
    w->over = true;
  }
}

static void check_limits(const walk *w) {
  const shako_policy *policy = &w->settings->policy;

  HOLDS(w->run,
        policy->max_recipients == 0 || w->recipients <= policy->max_recipients,
        "too many recipients were taken");
  HOLDS(w->run,
        policy->max_errors == 0 || w->errors < policy->max_errors ||
            w->next == w->reply_count ||
            (w->next + 1 == w->reply_count && w->replies[w->next].code == 421),
        "too many errors, and it goes on");
}

/* Whether |got| ends the session of a peer that did not wait. */
static bool is_early(const walk *w, const reply *got) {
  return !w->settings->policy.pipelining_early && got->code == 554 &&
         w->next == w->reply_count && strcmp(w->run->how, "early-octets") == 0;
}

/* Whether nothing may stand behind |l| before its reply. */
static bool waits(const line *l) {
  const char *name = l->verb->name;

  return strcmp(name, "EHLO") == 0 || strcmp(name, "HELO") == 0 ||
         strcmp(name, "DATA") == 0;
}

static void walk_line(walk *w, const line *l) {
  const reply *got;

  if (strcmp(l->verb->name, "BDAT") == 0 && !pass_chunk(w, l)) {
    return;
  }
  got = take_reply(w);
  if (!got) {
    return;
  }
  if (is_early(w, got) && waits(l)) {
    w->over = true;
    return;
  }
  check_code(w, l, got);
  check_enhanced(w, l, got);
  follow(w, l, got->code);
  check_limits(w);
}

static void walk_greeting(walk *w) {
  const reply *got = take_reply(w);

  if (got) {
    HOLDS(w->run, got->code == 220 || got->code >= 400, "no greeting");
    HOLDS(w->run, !got->enhanced, "an enhanced code in the greeting");
    w->turned_away = got->code != 220;
    w->over = is_early(w, got);
  }
}

/* Walks through |text| and |replies|; behind them there may be one 421. */
static void walk_text(walk *w, const octets *text, const octets *replies) {
  line l;

  w->text = text;
  w->replies = (const reply *)(const void *)replies->ptr;
  w->reply_count = replies->len / sizeof(reply);
  w->at = w->next = 0;
  w->over = false;
  w->hello = 0;
  w->mail = false;
  w->recipients = 0;
  if (w->secure == w->settings->implicit) {
    walk_greeting(w);
  }
  while (!w->over && take_line(w, &l)) {
    walk_line(w, &l);
  }
  if (w->next + 1 == w->reply_count && w->replies[w->next].code == 421) {
    w->next++;
  }
  HOLDS(w->run, w->next == w->reply_count, "a reply to nothing");
}

/* Whether the text inside TLS is known. */
static bool is_inner_known(const run *r) {
  if (r->muddled) {
    return !r->peer.in_tls && !settings_has_engine(r->settings);
  }
  return r->peer.inner_exact || !r->peer.in_tls;
}

void model_walk(const run *r, const transcript *t) {
  walk w = {.run = r, .settings = r->settings};

  if (!r->settings->implicit) {
    walk_text(&w, &r->clear_text, &t->clear_replies);
  }
  if (r->secure && is_inner_known(r)) {
    w.secure = true;
    walk_text(&w, &r->peer.inner, &t->inner_replies);
  }
  if (r->secure && strcmp(r->how, "quit") == 0 && !r->lost &&
      settings_has_engine(r->settings)) {
    HOLDS(r, t->closed, "QUIT inside TLS without a close_notify");
  }
}
