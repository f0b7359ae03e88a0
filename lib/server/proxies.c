#include "base/ascii.h"
#include "policy/member_address.h"
#include "policy/refusals.h"
#include "server/session.h"
#include "smtp/proxy.h"

/*
 * Proxies: who is one, and the header that a connection from one begins with
 * (PROXY protocol 2): nothing is said, asked or counted before it is whole.
 * What stands behind it is the peer's.
 */

#define IS_PROXY 0 /* the rule of all ranges */

static bool is_between(uint8_t c) {
  return c == ',' || c == ' ' || c == '\t';
}

static bool is_not_between(uint8_t c) {
  return !is_between(c);
}

/* Cuts the next word off |*text|.  Returns false where there is none. */
static bool cut_word(shako_span *text, shako_span *word) {
  shako__cut_class(text, is_between);
  *word = shako__cut_class(text, is_not_between);
  return word->len > 0;
}

static bool read_range(shako_span word, shako__member *member) {
  *member = (shako__member){0};
  return shako__member_is_addresses(word) &&
         shako__member_addresses_read(member, &word) == NULL;
}

static shako_span text_of(const shako_listener_config *config) {
  return shako__span(config->proxies ? config->proxies : "");
}

const char *shako__proxies_judge(const shako_listener_config *config) {
  shako_span rest = text_of(config);
  shako__member member;
  shako_span word;

  while (cut_word(&rest, &word)) {
    if (!read_range(word, &member)) {
      return "proxies: not addresses, networks or ranges";
    }
    if (config->external_tls && config->implicit_tls) {
      return "proxies: the first octets are the application's TLS";
    }
  }
  return NULL;
}

bool shako__proxies_keep(shako_listener *listener,
                         const shako_listener_config *config) {
  shako_span rest = text_of(config);
  shako__member member;
  shako_span word;

  while (cut_word(&rest, &word)) {
    listener->has_proxies = true;
    if (!read_range(word, &member) ||
        shako__netset_add(&listener->proxies, member.first, member.last,
                          IS_PROXY) != 0) {
      return false;
    }
  }
  return !listener->has_proxies || shako__netset_build(&listener->proxies) == 0;
}

bool shako__is_proxy(const shako_listener *listener,
                     const shako_address *address) {
  return listener->has_proxies && address->known &&
         shako__netset_find(&listener->proxies, address->bytes) == IS_PROXY;
}

/* The header in hand.  A datagram carries no SMTP. */
static shako__proxy_result read_header(const shako_session *session,
                                       shako__proxy *proxy) {
  shako__proxy_result result =
      shako__proxy_read(shako__input_text(session), SHAKO__PROXY_V2_MAX, proxy);

  return proxy->datagram ? SHAKO__PROXY_BAD : result;
}

bool shako__proxy_ready(const shako_session *session) {
  shako__proxy proxy;

  return session->eof || read_header(session, &proxy) != SHAKO__PROXY_MORE;
}

/* The peer is the one that |proxy| says, of which nothing is known yet. */
static void announce(shako_session *session, const shako__proxy *proxy) {
  shako_peer peer;

  shako_peer_default(&peer);
  peer.address = proxy->source;
  peer.local_address = proxy->destination;
  peer.port = proxy->source_port;
  peer.local_port = proxy->destination_port;
  shako__replace_peer(session, &peer);
  session->proxied = true;
}

void shako__proxy_step(shako_session *session) {
  shako__proxy proxy;

  if (read_header(session, &proxy) != SHAKO__PROXY_DONE) {
    shako__refuse(
        session, shako__refusal_verdict(SHAKO__REFUSAL_BAD_PROXY_HEADER), true);
    return;
  }
  if (proxy.kind != SHAKO__PROXY_OWN) {
    announce(session, &proxy);
  }
  shako__input_take(session, proxy.len);
  session->active = session->now;
  session->phase = SHAKO__PHASE_START;
}
