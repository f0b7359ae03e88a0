/* The form of replies (RFC 5321 4.2, RFC 2034 4).  What is no reply at all
   fails every case. */
#include "cases.h"
#include "talk.h"

/* Commands that echo what they are about, or have long replies. */
bool reply_lines(probe *p, const probe_case *c) {
  if (!talk_anywhere(p)) {
    return false;
  }
  talk_send(p, c->octets, c->len);
  return talk_rest(p, "([245].. )*221");
}

bool reply_codes(probe *p, const probe_case *c) {
  static const char *const lines[] = {
      "NOOP",         "RSET",         "PROBE", "DATA", "RCPT TO:<postmaster>",
      "MAIL FROM:<>", "MAIL FROM:<>", "RSET",  "QUIT"};
  size_t i;

  (void)c;
  if (!talk_anywhere(p)) {
    return false;
  }
  for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
    if (!talk_ask(p, lines[i], "2 4 5")) {
      return false;
    }
    if (!reply_is_enhanced(&p->reply, true)) {
      return fail(p, "the reply to %s has no enhanced code of its class",
                  lines[i]);
    }
  }
  return true;
}

bool reply_no_codes(probe *p, const probe_case *c) {
  (void)c;
  if (!talk_open(p)) {
    return false;
  }
  if (!reply_is_enhanced(&p->reply, false)) {
    return fail(p, "the greeting has an enhanced code");
  }
  return talk_hello(p) && (reply_is_enhanced(&p->reply, false) ||
                           fail(p, "the reply to EHLO has enhanced codes"));
}

bool reply_helo(probe *p, const probe_case *c) {
  (void)c;
  return talk_anywhere(p) && talk_ask(p, "HELO probe.example", "250") &&
         (p->reply.lines == 1 ||
          fail(p, "the reply to HELO has %zu lines", p->reply.lines));
}
