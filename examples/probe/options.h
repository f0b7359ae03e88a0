#ifndef PROBE_OPTIONS_H
#define PROBE_OPTIONS_H

#include <stdbool.h>

/* The server's TLS setting. */
typedef enum probe_mode {
  MODE_NO,
  MODE_PREFERRED,
  MODE_REQUIRED,
  MODE_DEDUCED /* from what it offers */
} probe_mode;

/* What the command line says. */
typedef struct options {
  char host[256];
  char port[6];
  bool is_smtps;
  probe_mode mode;
  const char *only; /* a case, or a family of them; NULL: all */
  bool is_list;
  bool is_json;
  int proxy;        /* the version of the PROXY header; 0: none */
  const char *from; /* paths without brackets */
  const char *rcpt;
  unsigned timeout; /* seconds that a reply may take */
} options;

/* Reads the command line.  Does not return where it is wrong, or asks for
   help. */
void options_read(options *o, int argc, char **argv);

#endif /* PROBE_OPTIONS_H */
