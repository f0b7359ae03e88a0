#include "talk.h"

#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HELLO "EHLO probe.example\r\n"

bool talk_has(const probe *p, talk_channel channel) {
  switch (channel) {
  case TALK_CLEAR:
    return !p->o->is_smtps && p->mode != MODE_REQUIRED;
  case TALK_TLS:
    return p->o->is_smtps || p->mode != MODE_NO;
  }
  return false;
}

void talk_send(probe *p, const void *octets, size_t len) {
  wire_send(&p->wire, octets, len);
}

void talk_say(probe *p, const char *text) {
  talk_send(p, text, strlen(text));
}

int talk_code(probe *p) {
  wire *w = &p->wire;
  const char *what = NULL;

  for (;;) {
    size_t len = reply_read(&p->reply, w->in, w->in_len, &what);

    if (len > 0) {
      wire_take(w, len);
      return p->reply.code;
    }
    if (what != NULL) {
      fail(p, "that is no reply: %s", what);
      return -1;
    }
    if (!wire_receive(w)) {
      break;
    }
  }
  if (w->is_late) {
    fail(p, "there is neither a reply nor an end in time");
  } else if (w->records.is_broken) {
    fail(p, "something other than TLS was said where TLS is");
  } else if (w->in_len > 0) {
    fail(p, "the last line has no end");
  } else {
    return 0;
  }
  return -1;
}

/* Whether |code| begins with a word of |wanted|. */
static bool is_wanted(int code, const char *wanted) {
  char digits[12];

  snprintf(digits, sizeof(digits), "%d", code);
  while (*wanted != '\0') {
    size_t len = strcspn(wanted, " ");

    if (strncmp(digits, wanted, len) == 0) {
      return true;
    }
    wanted += len + (wanted[len] == ' ');
  }
  return false;
}

bool talk_expect(probe *p, const char *wanted) {
  int code = talk_code(p);

  if (code == 0) {
    return fail(p, "the server ended the stream instead of a reply");
  }
  return code > 0 && (is_wanted(code, wanted) ||
                      fail(p, "got %d and not %s", code, wanted));
}

bool talk_ask(probe *p, const char *line, const char *wanted) {
  char text[600];

  snprintf(text, sizeof(text), "%s\r\n", line);
  talk_say(p, text);
  return talk_expect(p, wanted);
}

static bool is_match(const char *text, const char *pattern) {
  char whole[256];
  regex_t compiled;
  bool matches;

  snprintf(whole, sizeof(whole), "^(%s)$", pattern);
  if (regcomp(&compiled, whole, REG_EXTENDED | REG_NOSUB) != 0) {
    return false;
  }
  matches = regexec(&compiled, text, 0, NULL, 0) == 0;
  regfree(&compiled);
  return matches;
}

bool talk_rest(probe *p, const char *pattern) {
  size_t len = 0;
  int code;

  p->codes[0] = '\0';
  while ((code = talk_code(p)) > 0 && len < CODES_MAX - 5) {
    len += (size_t)snprintf(p->codes + len, CODES_MAX - len, "%s%d",
                            len > 0 ? " " : "", code);
  }
  if (code < 0) {
    return false;
  }
  return is_match(p->codes, pattern) ||
         fail(p, "the replies were \"%.80s\" and not \"%s\"", p->codes,
              pattern);
}

/* Notes what the last reply offers. */
static void note_offers(probe *p) {
  static const struct {
    const char *word;
    unsigned flag;
  } words[] = {{"STARTTLS", OFFERS_STARTTLS},
               {"PIPELINING", OFFERS_PIPELINING},
               {"CHUNKING", OFFERS_CHUNKING},
               {"ENHANCEDSTATUSCODES", OFFERS_ENHANCED},
               {"AUTH", OFFERS_AUTH}};
  const char *value;
  size_t i;

  p->offers = 0;
  for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
    if (reply_has(&p->reply, words[i].word, &value)) {
      p->offers |= words[i].flag;
    }
  }
  p->size =
      reply_has(&p->reply, "SIZE", &value) ? strtoull(value, NULL, 10) : 0;
}

bool talk_hello(probe *p) {
  talk_say(p, HELLO);
  if (!talk_expect(p, "250")) {
    return false;
  }
  note_offers(p);
  return true;
}

bool talk_greeting(probe *p) {
  if (p->o->is_smtps && !wire_handshake(&p->wire, &(wire_tls){0})) {
    return fail(p, "the handshake failed");
  }
  return talk_expect(p, "220");
}

bool talk_open(probe *p) {
  return (wire_open(&p->wire) || fail(p, "no connection")) && talk_greeting(p);
}

bool talk_begin(probe *p) {
  return talk_open(p) && talk_hello(p);
}

bool talk_starttls(probe *p) {
  return talk_ask(p, "STARTTLS", "220");
}

bool talk_secure(probe *p, const wire_tls *how) {
  if (!talk_starttls(p)) {
    return false;
  }
  return wire_handshake(&p->wire, how) || fail(p, "the handshake failed");
}

bool talk_ready(probe *p, talk_channel channel) {
  if (!talk_begin(p)) {
    return false;
  }
  return channel == TALK_CLEAR || p->o->is_smtps ||
         (talk_secure(p, &(wire_tls){0}) && talk_hello(p));
}

bool talk_anywhere(probe *p) {
  return talk_ready(p, talk_has(p, TALK_CLEAR) ? TALK_CLEAR : TALK_TLS);
}

bool talk_envelope(probe *p) {
  char mail[300];
  char rcpt[300];

  snprintf(mail, sizeof(mail), "MAIL FROM:<%s>", p->o->from);
  snprintf(rcpt, sizeof(rcpt), "RCPT TO:<%s>", p->o->rcpt);
  return talk_ask(p, mail, "250") && talk_ask(p, rcpt, "25");
}

bool talk_data(probe *p) {
  return talk_envelope(p) && talk_ask(p, "DATA", "354");
}

bool talk_before_tls(probe *p) {
  if (p->o->is_smtps) {
    if (!wire_open(&p->wire)) {
      return fail(p, "no connection");
    }
  } else if (!talk_begin(p) || !talk_starttls(p)) {
    return false;
  }
  wire_expect_tls(&p->wire);
  return true;
}

bool talk_no_clear_text(probe *p) {
  wire *w = &p->wire;

  wire_end(w);
  w->is_late = false; /* what was awaited before need not come */
  while (wire_receive(w)) {
  }
  if (w->records.is_broken) {
    return fail(p, "something other than TLS was said where TLS begins");
  }
  return !w->is_late || fail(p, "the connection did not end in time");
}
