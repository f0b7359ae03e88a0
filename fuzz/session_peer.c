#include "session_peer.h"

#include <string.h>

#include "fake_engine.h"

/* More than this is never sent, however often it is repeated. */
#define TOTAL_MAX 32768u

/* Adds |text| as often as |s| says. */
static void add_repeated(octets *to, const settings *s, const void *text,
                         size_t len) {
  for (unsigned i = 0; i < s->repeat; i++) {
    if (i > 0 && to->len + len > TOTAL_MAX) {
      return;
    }
    octets_add(to, text, len);
  }
}

static char upper(uint8_t c) {
  return (char)(c >= 'a' && c <= 'z' ? c - 0x20 : c);
}

/* Returns the length of |text| up to and with its first STARTTLS line, or 0 if
   there is none. */
static size_t find_starttls(const uint8_t *text, size_t len) {
  static const char wanted[] = "STARTTLS\r\n";
  const size_t size = sizeof(wanted) - 1;

  for (size_t at = 0; at + size <= len; at++) {
    size_t n = 0;

    while (n < size && upper(text[at + n]) == wanted[n]) {
      n++;
    }
    if (n == size && (at == 0 || text[at - 1] == '\n')) {
      return at + size;
    }
  }
  return 0;
}

/* Sends the rest up to and with its next STARTTLS line, and waits; or all of
   it, if there is none. */
static void add_clear(peer *p, const settings *s) {
  size_t n = find_starttls(p->rest, p->rest_len);

  p->waits = n > 0;
  if (n == 0) {
    add_repeated(&p->wire, s, p->rest, p->rest_len);
    n = p->rest_len;
  } else {
    octets_add(&p->wire, p->rest, n);
  }
  p->rest += n;
  p->rest_len -= n;
}

void peer_open(peer *p, const settings *s, const uint8_t *input, size_t len) {
  memset(p, 0, sizeof(*p));
  p->rest = input;
  p->rest_len = len;
  if (s->peer == SETTINGS_PEER_RAW) {
    add_repeated(&p->wire, s, input, len);
  } else if (s->implicit) {
    p->waits = true;
  } else {
    add_clear(p, s);
  }
}

void peer_free(peer *p) {
  octets_free(&p->wire);
  octets_free(&p->inner);
}

size_t peer_left(const peer *p) {
  return p->wire.len - p->sent;
}

static void add_record(peer *p, unsigned type, const void *payload,
                       size_t len) {
  uint8_t out[FAKE_HEADER + FAKE_RECORD_MAX];

  octets_add(&p->wire, out, fake_record(out, type, payload, len));
}

/* The text, cut into records. */
static void add_client(peer *p, const settings *s) {
  size_t most = s->record == 0 ? FAKE_RECORD_MAX : s->record;

  add_repeated(&p->inner, s, p->rest, p->rest_len);
  p->inner_exact = true;
  for (size_t at = 0; at < p->inner.len; at += most) {
    size_t left = p->inner.len - at;

    add_record(p, FAKE_DATA, p->inner.ptr + at, left < most ? left : most);
  }
}

/* One record: what it is, the length, and what it holds.  Behind one that is
   no data nothing is text any more.  Returns how much of |at| it took. */
static size_t add_one(peer *p, const uint8_t *at, size_t len) {
  unsigned kind = at[0] & 7u;
  const uint8_t *payload = at + 2;
  size_t n = at[1];

  n = len - 2 < n ? len - 2 : n;
  if (kind == 7) {
    octets_add(&p->wire, payload, n);
  } else if (kind >= 5) {
    add_record(p, kind == 5 ? FAKE_HANDSHAKE : FAKE_ALERT, payload, n);
  } else {
    add_record(p, FAKE_DATA, payload, n);
    octets_add(&p->inner, payload, n);
    return n + 2;
  }
  p->inner_exact = false;
  return n + 2;
}

static void add_records(peer *p, const settings *s) {
  p->inner_exact = true;
  for (unsigned i = 0; i < s->repeat && p->wire.len < TOTAL_MAX; i++) {
    size_t at = 0;

    while (p->rest_len - at >= 2) {
      at += add_one(p, p->rest + at, p->rest_len - at);
    }
  }
}

static void add_handshake(peer *p, const settings *s) {
  add_record(p, FAKE_HANDSHAKE, "HELLO", 5);
  if (s->engine == SETTINGS_ENGINE_FAKE_TWO_FLIGHTS) {
    add_record(p, FAKE_HANDSHAKE, "FINISH", 6);
  }
}

void peer_go_on(peer *p, const settings *s, bool tls) {
  p->waits = false;
  if (!tls) {
    add_clear(p, s);
    return;
  }
  p->in_tls = true;
  if (!settings_has_engine(s)) {
    add_repeated(&p->inner, s, p->rest, p->rest_len);
    octets_add(&p->wire, p->inner.ptr, p->inner.len);
    p->inner_exact = true;
    return;
  }
  add_handshake(p, s);
  if (s->peer == SETTINGS_PEER_RECORDS) {
    add_records(p, s);
  } else {
    add_client(p, s);
  }
  if (s->close_notify) {
    add_record(p, FAKE_ALERT, "CLOSE", 5);
  }
}
