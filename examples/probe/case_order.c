/* The order of commands and replies (RFC 2920, RFC 5321 4.1.4). */
#include <stdio.h>

#include "cases.h"
#include "talk.h"

#define MESSAGE                                                                \
  "From: <probe@probe.example>\r\nSubject: probe\r\n\r\n.\r\nQUIT\r\n"

bool order_replies(probe *p, const probe_case *c) {
  if (!talk_anywhere(p)) {
    return false;
  }
  talk_send(p, c->octets, c->len);
  return talk_rest(p, "250 5.. 250 503 250 221");
}

bool order_envelope(probe *p, const probe_case *c) {
  char flight[700];

  (void)c;
  if (!talk_anywhere(p)) {
    return false;
  }
  if ((p->offers & OFFERS_PIPELINING) == 0) {
    return skip(p, "PIPELINING is not offered");
  }
  snprintf(flight, sizeof(flight),
           "MAIL FROM:<%s>\r\nRCPT TO:<%s>\r\nRSET\r\nDATA\r\nQUIT\r\n",
           p->o->from, p->o->rcpt);
  talk_say(p, flight);
  return talk_rest(p, "250 25. 250 503 221");
}

/* In step, or refused: never taken for commands. */
bool order_early_data(probe *p, const probe_case *c) {
  (void)c;
  if (!talk_anywhere(p) || !talk_envelope(p)) {
    return false;
  }
  talk_say(p, "DATA\r\n" MESSAGE);
  return talk_rest(p, "354 [245].. 221|354 [45]..|[45]..");
}

bool order_early_hello(probe *p, const probe_case *c) {
  if (!talk_open(p)) {
    return false;
  }
  talk_send(p, c->octets, c->len);
  return talk_rest(p, "250 250 221|(250 )?[45]..");
}

bool order_early_greeting(probe *p, const probe_case *c) {
  if (!wire_open(&p->wire)) {
    return fail(p, "no connection");
  }
  if (p->o->is_smtps && !wire_handshake(&p->wire, &(wire_tls){0})) {
    return fail(p, "the handshake failed");
  }
  talk_send(p, c->octets, c->len);
  return talk_rest(p, "220 250 221|(220 )?[45]..");
}

bool order_data(probe *p, const probe_case *c) {
  (void)c;
  return talk_anywhere(p) && talk_ask(p, "DATA", "503") &&
         talk_ask(p, "MAIL FROM:<>", "250") && talk_ask(p, "DATA", "5") &&
         talk_ask(p, "NOOP", "250");
}

bool order_rcpt(probe *p, const probe_case *c) {
  (void)c;
  return talk_anywhere(p) && talk_ask(p, "RCPT TO:<postmaster>", "503");
}

bool order_mail(probe *p, const probe_case *c) {
  (void)c;
  return talk_anywhere(p) && talk_ask(p, "MAIL FROM:<>", "250") &&
         talk_ask(p, "MAIL FROM:<>", "503");
}

bool order_reset(probe *p, const probe_case *c) {
  (void)c;
  return talk_anywhere(p) && talk_envelope(p) && talk_ask(p, "RSET", "250") &&
         talk_ask(p, "DATA", "503") && talk_envelope(p) && talk_hello(p) &&
         talk_ask(p, "DATA", "503");
}

/* Nothing is taken of the message behind a DATA that is refused. */
bool order_refused_data(probe *p, const probe_case *c) {
  (void)c;
  if (!talk_anywhere(p)) {
    return false;
  }
  talk_say(p, "DATA\r\n" MESSAGE);
  return talk_rest(p, "503( [45]..)*( 221)?");
}
