/* What the TLS setting demands before TLS. */
#include <string.h>

#include "cases.h"
#include "talk.h"

/* Sends what |c| has as a line, and demands that it alone is refused. */
static bool demand_refused(probe *p, const probe_case *c, const char *pattern) {
  talk_send(p, c->octets, c->len);
  talk_say(p, "\r\nQUIT\r\n");
  return talk_rest(p, pattern);
}

bool gate_refuses(probe *p, const probe_case *c) {
  return talk_begin(p) && demand_refused(p, c, "530 221");
}

bool gate_before_hello(probe *p, const probe_case *c) {
  return talk_open(p) && demand_refused(p, c, "530 221");
}

bool gate_pipeline(probe *p, const probe_case *c) {
  return talk_begin(p) && demand_refused(p, c, "530 530 530 530 221");
}

/* The chunk is no command; where CHUNKING is not offered, its lines may be
   refused like any other. */
bool gate_bdat(probe *p, const probe_case *c) {
  return talk_begin(p) &&
         demand_refused(p, c,
                        (p->offers & OFFERS_CHUNKING) != 0 ? "530 221"
                                                           : "530( 530)* 221");
}

/* A line of 8 KiB. */
bool gate_long(probe *p, const probe_case *c) {
  char line[8192];

  if (!talk_begin(p)) {
    return false;
  }
  memset(line, 'x', sizeof(line));
  memcpy(line, c->octets, c->len);
  talk_send(p, line, sizeof(line));
  talk_say(p, ">\r\nQUIT\r\n");
  return talk_rest(p, "530 221");
}

bool gate_allows(probe *p, const probe_case *c) {
  (void)c;
  return talk_open(p) && talk_ask(p, "NOOP", "250") && talk_hello(p) &&
         talk_ask(p, "NOOP", "250") && talk_secure(p, &(wire_tls){0}) &&
         talk_hello(p) && talk_ask(p, "MAIL FROM:<>", "250");
}

bool gate_no_offer(probe *p, const probe_case *c) {
  (void)c;
  return talk_begin(p) &&
         ((p->offers & OFFERS_STARTTLS) == 0 || fail(p, "STARTTLS is offered"));
}

bool gate_no_starttls(probe *p, const probe_case *c) {
  (void)c;
  return talk_begin(p) && talk_ask(p, "STARTTLS", "50") &&
         talk_ask(p, "STARTTLS probe", "50") && talk_ask(p, "NOOP", "250");
}

bool gate_serves(probe *p, const probe_case *c) {
  (void)c;
  return talk_begin(p) && talk_ask(p, "MAIL FROM:<>", "250") &&
         talk_ask(p, "RSET", "250");
}

bool gate_auth(probe *p, const probe_case *c) {
  if (!talk_begin(p)) {
    return false;
  }
  if ((p->offers & OFFERS_AUTH) != 0) {
    return fail(p, "AUTH is offered in the clear");
  }
  return demand_refused(p, c, "5.. 5.. 221");
}
