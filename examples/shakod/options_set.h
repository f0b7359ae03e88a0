#ifndef SHAKOD_OPTIONS_SET_H
#define SHAKOD_OPTIONS_SET_H

#include "options.h"

/* The options, as getopt_long() tells them. */
enum {
  OPT_CONFIG = 'c',
  OPT_LISTEN = 256,
  OPT_LISTEN_TLS,
  OPT_TLS,
  OPT_HAT,
  OPT_ENGINE,
  OPT_CERTIFICATE,
  OPT_KEY,
  OPT_WATCH,
  OPT_HOSTNAME,
  OPT_MAILDIR,
  OPT_DISCARD,
  OPT_WORKERS,
  OPT_MAX_MESSAGE_SIZE,
  OPT_MAX_CONCURRENCY,
  OPT_RESOLVER,
  OPT_LOOKUP_TIMEOUT,
  OPT_LOG,
  OPT_ALERT_TO,
  OPT_ALERT_MAILDIR,
  OPT_ALERT_RELAY,
  OPT_USER,
  OPT_STATUS,
  OPT_STATUS_ANYWHERE,
  OPT_CHECK,
  OPT_EXPLAIN,
  OPT_NAME,
  OPT_FROM,
  OPT_LISTENER,
  OPT_PASSWORD,
  OPT_HELP,
  OPT_VERSION
};

/* The two listeners of a command line. */
enum { SMTP, SMTPS, BOTH };

/* Takes an |option| with its value.  Returns false after a line that says what
   is wrong with it. */
bool options_set(options *o, int option, const char *text);

/* Adds an address that |option| gives.  Returns likewise. */
bool options_add_address(options *o, const char *option, const char *text);

#endif /* SHAKOD_OPTIONS_SET_H */
