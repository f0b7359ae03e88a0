#ifndef SHAKOD_OPTIONS_H
#define SHAKOD_OPTIONS_H

#include <shako/shako.h>

#include "engine.h"
#include "listen.h"

#define ENDPOINTS_MAX 32

/* What the command line says.  Strings are those of argv. */
typedef struct options {
  endpoint endpoints[ENDPOINTS_MAX];
  size_t endpoint_count;
  shako_tls_setting tls;
  const engine *engine;
  const char *certificate;
  const char *key;
  const char *hostname; /* NULL: the machine's */
  const char *maildir;  /* NULL: ./mail, unless |discard| */
  const char *user;     /* NULL: stay who we are */
  bool discard;
  unsigned workers;
  uint64_t max_message_size; /* octets */
} options;

typedef enum options_result {
  OPTIONS_RUN,
  OPTIONS_DONE, /* --help or --version: it was said */
  OPTIONS_WRONG /* a line on standard error says what */
} options_result;

options_result options_read(options *o, int argc, char **argv);

/* Whether a client can come to speak TLS with us. */
bool options_need_tls(const options *o);

#endif /* SHAKOD_OPTIONS_H */
