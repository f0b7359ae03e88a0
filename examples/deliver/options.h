#ifndef DELIVER_OPTIONS_H
#define DELIVER_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "host_port.h"

#define RECIPIENTS_MAX 100

/* What the command line says. */
typedef struct options {
  const char *destinations; /* a file; NULL: Preferred for all */
  const char *domain;
  host_port next_hop;
  host_port connect; /* where it is connected to instead; "" for nowhere else */
  const char *hostname;
  const char *authorities; /* a file; NULL: those of the system */
  const char *from;
  const char *recipients[RECIPIENTS_MAX];
  size_t recipient_count;
  const char *message; /* a file; "-": the standard input */
  unsigned timeout;    /* seconds */
  bool last;
  const char *alert_from; /* NULL: alert@hostname */
  const char *alert_to[RECIPIENTS_MAX];
  size_t alert_to_count;
  const char *alert_maildir; /* NULL: none */
  host_port alert_relay;     /* "": none */
} options;

/* Reads the command line.  Does not return where it is wrong, or asks for
   help. */
void options_read(options *o, int argc, char **argv);

#endif /* DELIVER_OPTIONS_H */
