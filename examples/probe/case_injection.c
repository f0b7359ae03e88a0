/* Octets behind STARTTLS: nothing of them may be answered, neither in the clear
   nor in TLS.  A server that refuses STARTTLS, ends the connection or takes
   them for TLS, which then fails, is right. */
#include <string.h>

#include "cases.h"
#include "talk.h"

#define STARTTLS "STARTTLS\r\n"

/* Inside TLS the first thing that is answered must be what was said there. */
static bool judge_tls(probe *p, bool is_complete) {
  int code;

  if (!is_complete) {
    return talk_no_clear_text(p);
  }
  talk_say(p, "QUIT\r\n");
  code = talk_code(p);
  return code == 0 || code == 221 ||
         (code > 0 &&
          fail(p, "octets from before TLS were read inside it: %d", code));
}

/* Returns whether |code|, of the reply to STARTTLS, is the end of it: it is
   refused, or the connection is over. */
static bool judge_reply(probe *p, int code) {
  if (code > 0 && code < 400 && code != 220) {
    fail(p, "what is behind STARTTLS was answered before it: %d", code);
  }
  return code == 0 || code >= 400;
}

/* Judges from the reply to STARTTLS on. */
static bool judge(probe *p) {
  int code = talk_code(p);

  return judge_reply(p, code) ||
         (code == 220 &&
          judge_tls(p, wire_handshake(&p->wire, &(wire_tls){0})));
}

bool inject_behind(probe *p, const probe_case *c) {
  if (!talk_begin(p)) {
    return false;
  }
  talk_send(p, c->octets, c->len);
  return judge(p);
}

bool inject_pipeline(probe *p, const probe_case *c) {
  if (!talk_begin(p)) {
    return false;
  }
  talk_send(p, c->octets, c->len);
  return talk_expect(p, "250") && judge(p);
}

/* Sends |octets| in two segments, the second one from |at| on. */
static void send_split(probe *p, const char *octets, size_t len, size_t at) {
  talk_send(p, octets, at);
  wire_pause(&p->wire);
  talk_send(p, octets + at, len - at);
}

bool inject_second_segment(probe *p, const probe_case *c) {
  if (!talk_begin(p)) {
    return false;
  }
  send_split(p, c->octets, c->len, strlen(STARTTLS));
  return judge(p);
}

bool inject_after_220(probe *p, const probe_case *c) {
  if (!talk_begin(p) || !talk_starttls(p)) {
    return false;
  }
  talk_send(p, c->octets, c->len);
  wire_pause(&p->wire);
  return judge_tls(p, wire_handshake(&p->wire, &(wire_tls){0}));
}

bool inject_splits(probe *p, const probe_case *c) {
  size_t at;

  for (at = 1; at < c->len; at++) {
    if (!talk_begin(p)) {
      return false;
    }
    send_split(p, c->octets, c->len, at);
    if (!judge(p)) {
      return false;
    }
  }
  return true;
}

bool inject_octets(probe *p, const probe_case *c) {
  size_t at;

  if (!talk_begin(p)) {
    return false;
  }
  for (at = 0; at < c->len; at++) {
    talk_send(p, c->octets + at, 1);
    wire_pause(&p->wire);
  }
  return judge(p);
}

/* A ClientHello in the segment of STARTTLS, behind |c->octets|. */
bool inject_hello(probe *p, const probe_case *c) {
  uint8_t octets[FIRST_FLIGHT_MAX + 32];
  int code;

  if (!talk_begin(p)) {
    return false;
  }
  memcpy(octets, c->octets, c->len);
  talk_send(p, octets,
            c->len + wire_begin_tls(&p->wire, &(wire_tls){0}, octets + c->len));
  code = talk_code(p);
  return judge_reply(p, code) ||
         (code == 220 && judge_tls(p, wire_go_on(&p->wire)));
}
