/* Where a message ends: at CRLF.CRLF and nowhere else, wherever the network
   splits it. */
#include <stdio.h>

#include "cases.h"
#include "talk.h"

#define HEAD "From: <probe@probe.example>\r\nSubject: probe\r\n\r\nbefore"

/* What is smuggled is harmless, and answered. */
#define SMUGGLED "NOOP\r\nRSET\r\n"
#define END      "\r\n.\r\nQUIT\r\n"

/* How a message is split: whole, in two at a place, or octet by octet. */
static size_t ways_to_split(size_t len) {
  return len + 1;
}

static void send_split(probe *p, const char *octets, size_t len, size_t way) {
  size_t at = 0;

  while (at < len) {
    size_t size = way == len ? 1 : at < way ? way : len - at;

    talk_send(p, octets + at, size);
    at += size;
    wire_pause(&p->wire);
  }
}

/* Plays a message with |octets| in the middle and |behind| at the end. */
static bool play(probe *p, talk_channel channel, const probe_case *c,
                 size_t way, const char *behind, const char *wanted) {
  if (!talk_ready(p, channel) || !talk_data(p)) {
    return false;
  }
  talk_say(p, HEAD);
  send_split(p, c->octets, c->len, way);
  talk_say(p, behind);
  return talk_rest(p, wanted);
}

static bool play_all(probe *p, const probe_case *c, const char *behind,
                     const char *wanted) {
  talk_channel channel;
  size_t way;

  for (channel = TALK_CLEAR; channel <= TALK_TLS; channel++) {
    if (!talk_has(p, channel)) {
      continue;
    }
    for (way = 0; way < ways_to_split(c->len); way++) {
      if (!play(p, channel, c, way, behind, wanted)) {
        return false;
      }
    }
  }
  return true;
}

/* One reply, to the whole of it; or a refusal that ends the connection. */
bool data_vector(probe *p, const probe_case *c) {
  return play_all(p, c, SMUGGLED END, "[245].. 221|[45]..( 421)?");
}

bool data_end(probe *p, const probe_case *c) {
  return play_all(p, c, "QUIT\r\n", "[245].. 250 221");
}

bool data_bare(probe *p, const probe_case *c) {
  return play_all(p, c, END, "5..( 221)?");
}

/* Cuts a message off where all but an octet of its end is there. */
static bool cut_off(probe *p, bool is_notified) {
  talk_channel channel = is_notified ? TALK_TLS : TALK_CLEAR;

  for (; channel <= TALK_TLS; channel++) {
    if (!talk_has(p, channel)) {
      continue;
    }
    if (!talk_ready(p, channel) || !talk_data(p)) {
      return false;
    }
    talk_say(p, HEAD "\r\n.\r");
    if (is_notified) {
      wire_notify(&p->wire);
    }
    wire_end(&p->wire);
    if (!talk_rest(p, "([45]..( [45]..)*)?")) {
      return false;
    }
  }
  return true;
}

bool data_truncated(probe *p, const probe_case *c) {
  (void)c;
  return cut_off(p, false);
}

bool data_truncated_notified(probe *p, const probe_case *c) {
  (void)c;
  return cut_off(p, true);
}

static bool may_chunk(probe *p) {
  return talk_anywhere(p) && ((p->offers & OFFERS_CHUNKING) != 0 ||
                              skip(p, "CHUNKING is not offered"));
}

/* BDAT counts octets (RFC 3030 2); |c->octets| are in the chunk. */
static void say_chunk(probe *p, const probe_case *c) {
  char chunk[512];
  int len = snprintf(chunk, sizeof(chunk), "BDAT %zu LAST\r\n%.*sQUIT\r\n",
                     c->len, (int)c->len, c->octets);

  talk_send(p, chunk, (size_t)len);
}

bool data_bdat(probe *p, const probe_case *c) {
  if (!may_chunk(p) || !talk_envelope(p)) {
    return false;
  }
  say_chunk(p, c);
  return talk_rest(p, "2.. 221");
}

bool data_bdat_swallowed(probe *p, const probe_case *c) {
  if (!may_chunk(p)) {
    return false;
  }
  say_chunk(p, c);
  return talk_rest(p, "5.. 221");
}

/* Sends |c->octets| behind an envelope, and FIN; demands that nothing is taken
   of them. */
bool data_bdat_refused(probe *p, const probe_case *c) {
  if (!may_chunk(p) || !talk_envelope(p)) {
    return false;
  }
  talk_send(p, c->octets, c->len);
  wire_end(&p->wire);
  return talk_rest(p, "([45]..( [45]..)*)?");
}
