/* Headers of the PROXY protocol: nothing is said before one is complete and
   valid, and then not one octet is lost. */
#include <string.h>

#include "cases.h"
#include "proxy.h"
#include "talk.h"

static bool reconnect(probe *p) {
  return wire_connect(&p->wire) || fail(p, "no connection");
}

/* Sends |octets| where a header should be, and then what would be right behind
   one; demands silence. */
static bool demand_silence(probe *p, const void *octets, size_t len) {
  if (!reconnect(p)) {
    return false;
  }
  wire_send_raw(&p->wire, octets, len);
  wire_end(&p->wire);
  return talk_rest(p, "");
}

bool proxy_refused(probe *p, const probe_case *c) {
  return demand_silence(p, c->octets, c->len);
}

static size_t good_header(const probe *p, uint8_t out[PROXY_HEADER_MAX]) {
  const struct sockaddr_storage *at = &p->wire.to->address;

  return proxy_header(out, p->o->proxy, at, at);
}

bool proxy_cut(probe *p, const probe_case *c) {
  uint8_t header[PROXY_HEADER_MAX];
  size_t len = good_header(p, header);
  size_t at;

  (void)c;
  for (at = 0; at < len; at++) {
    if (!demand_silence(p, header, at)) {
      return false;
    }
  }
  return true;
}

bool proxy_pieces(probe *p, const probe_case *c) {
  uint8_t header[PROXY_HEADER_MAX];
  size_t len = good_header(p, header);
  size_t at;

  (void)c;
  if (!reconnect(p)) {
    return false;
  }
  for (at = 0; at < len; at++) {
    wire_send_raw(&p->wire, header + at, 1);
    wire_pause(&p->wire);
  }
  return talk_greeting(p);
}

/* The header, and in its segment the first octets of what comes next. */
bool proxy_glued(probe *p, const probe_case *c) {
  uint8_t octets[PROXY_HEADER_MAX + FIRST_FLIGHT_MAX];
  size_t len = good_header(p, octets);

  if (!reconnect(p)) {
    return false;
  }
  if (p->o->is_smtps) {
    len += wire_begin_tls(&p->wire, &(wire_tls){0}, octets + len);
    wire_send_raw(&p->wire, octets, len);
    return wire_go_on(&p->wire) ? talk_expect(p, "220")
                                : fail(p, "the handshake failed");
  }
  memcpy(octets + len, c->octets, c->len);
  wire_send_raw(&p->wire, octets, len + c->len);
  return talk_rest(p, "220 221|(220 )?554");
}

bool proxy_local(probe *p, const probe_case *c) {
  if (!reconnect(p)) {
    return false;
  }
  wire_send_raw(&p->wire, c->octets, c->len);
  return talk_greeting(p);
}
