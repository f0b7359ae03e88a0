#ifndef SHAKO_SERVER_LISTENER_H
#define SHAKO_SERVER_LISTENER_H

#include <stdbool.h>

#include <shako/listener.h>

#include "base/strings.h"
#include "policy/nameset.h"
#include "policy/netset.h"

struct shako_listener {
  shako_mem mem;
  uint32_t references; /* atomic */
  shako__strings strings;
  const char *name; /* NULL for none, as the next two */
  const char *interface_label;
  const char *default_domain;
  const char *hostname;
  shako_listener_type type;
  uint16_t port;
  shako_policy policy; /* its strings are here, or the table's */
  shako_hat *hat;      /* NULL for none */
  shako_counters *counters;
  shako__nameset mapped; /* domains, by their row */
  const char **map_to;   /* the other column */
  size_t map_rows;
  uint32_t max_concurrency;
  uint32_t max_handshakes;
  uint32_t tcp_queue;
  const shako_tls_engine *engine;
  const void *context;
  shako_certificate_provider certificates;
  shako_authorities *authorities; /* NULL for none */
  bool implicit_tls;
  bool external_tls;
  bool alpn_any;
  uint32_t recv_buffer_size;
  unsigned offers;             /* SHAKO_OFFER_* */
  const char *auth_mechanisms; /* lists (base/strings.h); NULL for none */
  const char *commands;
  const char *mail_params;
  const char *rcpt_params;
  const char *keywords;  /* lines with LF between them; NULL for none */
  shako__netset proxies; /* where |has_proxies| */
  bool has_proxies;
  bool lmtp;
  bool delayed_rejection;
};

/* listener_offers.c: what EHLO offers */

/* Returns what is wrong with what |config| has to offer, or NULL. */
const char *shako__offers_judge(const shako_listener_config *config);

/* Keeps it.  Returns false without memory. */
bool shako__offers_keep(shako_listener *listener,
                        const shako_listener_config *config);

/* proxies.c: which peers are proxies */

/* Returns what is wrong with the proxies of |config|, or NULL. */
const char *shako__proxies_judge(const shako_listener_config *config);

/* Keeps them.  Returns false without memory. */
bool shako__proxies_keep(shako_listener *listener,
                         const shako_listener_config *config);

/* Whether a peer at |address| is one. */
bool shako__is_proxy(const shako_listener *listener,
                     const shako_address *address);

#endif /* SHAKO_SERVER_LISTENER_H */
