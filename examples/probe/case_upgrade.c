/* What is left of a conversation after a handshake, and what cannot be said
   there any more. */

#include "cases.h"
#include "talk.h"

/* Goes on to the end of the handshake. */
static bool upgrade(probe *p) {
  return talk_begin(p) && talk_secure(p, &(wire_tls){0});
}

bool upgrade_works(probe *p, const probe_case *c) {
  (void)c;
  if (!talk_begin(p)) {
    return false;
  }
  talk_say(p, "stARttLs\r\n");
  if (!talk_expect(p, "220")) {
    return false;
  }
  if (!wire_handshake(&p->wire, &(wire_tls){0})) {
    return fail(p, "the handshake failed");
  }
  talk_say(p, "QUIT\r\n");
  return talk_rest(p, "221");
}

bool upgrade_is_offered(probe *p, const probe_case *c) {
  (void)c;
  return talk_begin(p) && ((p->offers & OFFERS_STARTTLS) != 0 ||
                           fail(p, "STARTTLS is not offered"));
}

bool upgrade_greeting(probe *p, const probe_case *c) {
  (void)c;
  if (!upgrade(p)) {
    return false;
  }
  talk_say(p, "NOOP\r\nQUIT\r\n");
  return talk_rest(p, "250 221");
}

bool upgrade_not_offered(probe *p, const probe_case *c) {
  (void)c;
  return talk_ready(p, TALK_TLS) && ((p->offers & OFFERS_STARTTLS) == 0 ||
                                     fail(p, "STARTTLS is offered inside TLS"));
}

bool upgrade_twice(probe *p, const probe_case *c) {
  (void)c;
  return talk_ready(p, TALK_TLS) && talk_ask(p, "STARTTLS", "5") &&
         talk_ask(p, "NOOP", "250");
}

bool upgrade_hello(probe *p, const probe_case *c) {
  (void)c;
  return upgrade(p) && talk_ask(p, "MAIL FROM:<>", "503");
}

/* A server may refuse STARTTLS in a transaction too. */
bool upgrade_envelope(probe *p, const probe_case *c) {
  int code;

  (void)c;
  if (!talk_begin(p) || !talk_envelope(p)) {
    return false;
  }
  talk_say(p, "STARTTLS\r\n");
  code = talk_code(p);
  if (code != 220) {
    return code > 0;
  }
  if (!wire_handshake(&p->wire, &(wire_tls){0})) {
    return fail(p, "the handshake failed");
  }
  return talk_ask(p, "DATA", "5") && talk_ask(p, "RCPT TO:<postmaster>", "5");
}

bool upgrade_parameter(probe *p, const probe_case *c) {
  (void)c;
  return talk_begin(p) && talk_ask(p, "STARTTLS probe", "501") &&
         talk_ask(p, "NOOP", "250") && talk_secure(p, &(wire_tls){0});
}

bool upgrade_before_hello(probe *p, const probe_case *c) {
  (void)c;
  return talk_open(p) && talk_ask(p, "STARTTLS", "5") &&
         talk_ask(p, "NOOP", "250");
}

bool upgrade_clear_text(probe *p, const probe_case *c) {
  if (!talk_ready(p, TALK_TLS)) {
    return false;
  }
  wire_send_raw(&p->wire, c->octets, c->len);
  return talk_no_clear_text(p) && talk_rest(p, "");
}

bool upgrade_close_notify(probe *p, const probe_case *c) {
  if (!talk_ready(p, TALK_TLS)) {
    return false;
  }
  wire_notify(&p->wire);
  wire_send_raw(&p->wire, c->octets, c->len);
  return talk_no_clear_text(p) && talk_rest(p, "");
}

/* Only TLS 1.2 has it. */
bool upgrade_renegotiation(probe *p, const probe_case *c) {
  wire *w = &p->wire;
  bool is_done;

  (void)c;
  if (!talk_before_tls(p)) {
    return false;
  }
  if (!wire_handshake(w, &(wire_tls){.version = TLS1_2_VERSION})) {
    return skip(p, "there is no TLS 1.2");
  }
  w->is_open = false; /* so that the handshake's messages are read as such */
  is_done = SSL_renegotiate(w->ssl) == 1 && wire_go_on(w);
  return !is_done || fail(p, "the server let TLS be negotiated again");
}
