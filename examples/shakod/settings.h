#ifndef SHAKOD_SETTINGS_H
#define SHAKOD_SETTINGS_H

#include <stdbool.h>

#include <shako/shako.h>

#include "engine.h"
#include "log_connection.h"
#include "offers.h"

#define LISTENERS_MAX   16
#define ENDPOINTS_MAX   32 /* of all listeners */
#define DOMAIN_MAP_MAX  256
#define WORKERS_MAX     64
#define LOOKUP_TIME_MAX 600 /* seconds */
#define CONCURRENCY_MAX 1000000
#define TCP_QUEUE_MAX   65535

#define LISTENER_CERTIFICATES_MAX 64

#define ALERT_RECIPIENTS_MAX 16
#define ALERT_THRESHOLD_MAX  1000000
#define ALERT_WAIT_MAX       86400 /* seconds */
#define ALERT_TIMEOUT_MAX    600   /* seconds */

/* An address to listen on. */
typedef struct listen_address {
  const char *text; /* as it was given */
  shako_address address;
  uint16_t port;
} listen_address;

/* A certificate, and for whom. */
typedef struct certificate_settings {
  const char *name;  /* a host or "*.DOMAIN"; "": its own; NULL: all others */
  const char *chain; /* a file, as the next two */
  const char *key;
  const char *passphrase; /* NULL: the key is not encrypted */
} certificate_settings;

/* What one listener is to be. */
typedef struct listener_settings {
  const char *name;
  shako_listener_type type;
  listen_address addresses[ENDPOINTS_MAX];
  size_t address_count;
  bool implicit_tls;
  const char *interface_label; /* NULL for none, as the strings that follow */
  const char *hostname;        /* NULL: the server's */
  const char *default_domain;
  const char *table; /* the file of the Host Access Table */
  certificate_settings certificates[LISTENER_CERTIFICATES_MAX];
  size_t certificate_count;
  const char *authorities; /* of clients' certificates; NULL for none */
  const char *revocations; /* ... their lists; NULL for none */
  unsigned offers;         /* SHAKO_OFFER_* */
  bool lmtp;
  bool delayed_rejection;
  const char *proxies;    /* as the next two, as the file has them; or NULL */
  const char *passwords;  /* a file; NULL: nobody can authenticate */
  const char *mechanisms; /* of SASL; NULL where there are no passwords */
  shako_policy policy;     /* the default one, which |table| inherits */
  shako_hat *policy_hat;   /* holds the strings of |policy|; or NULL */
  uint32_t max_concurrency;
  uint32_t max_handshakes;
  uint32_t tcp_queue;
  shako_domain_map_row domain_map[DOMAIN_MAP_MAX];
  size_t domain_map_rows;
} listener_settings;

/* Who is told what. */
typedef struct alert_recipient {
  const char *address; /* of mail */
  uint32_t wants;      /* SHAKO_ALERT_WANTS() */
} alert_recipient;

/* The next hop that alerts are handed to, and how. */
typedef struct alert_relay_settings {
  const char *next_hop;     /* HOST[:PORT]; NULL: there is none */
  const char *destinations; /* a file of destination controls; NULL: none */
  const char *authorities;  /* a file; NULL: those of the system */
  unsigned timeout;         /* seconds, of each attempt */
  unsigned retry;           /* seconds, until the second one */
} alert_relay_settings;

/* What becomes of alerts. */
typedef struct alert_settings {
  const char *maildir; /* where they are put; NULL: nowhere */
  alert_relay_settings relay;
  const char *from;   /* an address; NULL: alert@ our name */
  uint32_t threshold; /* of those that peers bring about */
  shako_alerts_config rule;
  alert_recipient recipients[ALERT_RECIPIENTS_MAX];
  size_t recipient_count;
} alert_settings;

/* What the command line says, or a configuration file. */
typedef struct settings {
  const char *file; /* the configuration's; NULL: the command line */
  void *parsed;     /* the file, which holds all strings; or NULL */
  listener_settings *listeners;
  size_t listener_count;
  const engine *engine;
  const char *hostname; /* NULL: the machine's */
  const char *maildir;
  const char *pid_file; /* NULL: none is written */
  const char *user;     /* NULL: stay who we are */
  bool discard;
  bool watch; /* reload when a table or a certificate changes */
  unsigned workers;
  const char *resolver;  /* "127.0.0.1:53"; NULL: the system's */
  unsigned lookup_time;  /* seconds, for the DNS about one peer */
  listen_address status; /* where the counts are told; no |text|: nowhere */
  bool status_anywhere;  /* ... which need not be a loopback address */
  log_format log;
  alert_settings alerts;
} settings;

/* Fills |*s| with the defaults and no listener.  Returns false without
   memory. */
bool settings_open(settings *s);

void settings_close(settings *s);

/* Adds a listener of that |name| with the defaults; NULL where there are
   LISTENERS_MAX. */
listener_settings *settings_add(settings *s, const char *name);

/* Adds an address to |l|.  Returns NULL, or what is wrong with |text|. */
const char *settings_listen(settings *s, listener_settings *l,
                            const char *text);

/* Sets where the counts are told, unless |text| is NULL.  |status_anywhere| is
   to be set before.  Returns as settings_listen(). */
const char *settings_status(settings *s, const char *text);

/* Returns what the library says is wrong with |config|, which needs no host
   name for that, in static storage, or NULL. */
const char *settings_judge(shako_listener_config *config);

/* Likewise of |name| as that of a host. */
const char *settings_judge_hostname(const char *name);

/* Returns what is wrong with |address| as one that alerts come from or go to,
   or NULL. */
const char *settings_judge_mailbox(const char *address);

/* Returns what is wrong with |text| as the next hop for alerts, or NULL. */
const char *settings_judge_relay(const char *text);

/* Whether anybody can be alerted. */
bool settings_alerts(const settings *s);

/* Returns the setting in which |b| differs from |a| though only a start
   changes it, or NULL. */
const char *settings_fixed(const settings *a, const settings *b);

#endif /* SHAKOD_SETTINGS_H */
