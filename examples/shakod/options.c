#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "address.h"
#include "log.h"
#include "number.h"

static const char help[] =
    "Usage: shakod [OPTION]...\n"
    "Receive mail over SMTP and put it into a Maildir.\n"
    "\n"
    "  --listen ADDR:PORT         speak SMTP here (IPv6 in brackets; port 0\n"
    "                             picks one); may be given again\n"
    "  --listen-tls ADDR:PORT     the same, in TLS from the first octet\n"
    "                             (neither: --listen 127.0.0.1:2525)\n"
    "  --tls SETTING              STARTTLS: no (not offered; the default),\n"
    "                             preferred (offered), required (before it\n"
    "                             nothing but NOOP, EHLO, STARTTLS, QUIT)\n"
    "  --engine NAME              the TLS library: mbedtls (the default) or\n"
    "                             openssl\n"
    "  --certificate FILE         PEM, the server's own first; without one, a\n"
    "                             demonstration certificate is made\n"
    "  --key FILE                 its private key, PEM\n"
    "  --hostname NAME            our name (the machine's)\n"
    "  --maildir DIR              where mail goes (./mail), made if missing\n"
    "  --discard                  throw all mail away\n"
    "  --workers N                threads, 1 to 64 (1)\n"
    "  --max-message-size OCTETS  (104857600)\n"
    "  --user NAME                who to be once the ports are bound and the\n"
    "                             key is read\n"
    "  --help, --version\n"
    "\n"
    "SIGTERM and SIGINT end it when the messages in flight are done; a second\n"
    "one ends it at once.\n";

enum {
  OPT_LISTEN = 256,
  OPT_LISTEN_TLS,
  OPT_TLS,
  OPT_ENGINE,
  OPT_CERTIFICATE,
  OPT_KEY,
  OPT_HOSTNAME,
  OPT_MAILDIR,
  OPT_DISCARD,
  OPT_WORKERS,
  OPT_MAX_MESSAGE_SIZE,
  OPT_USER,
  OPT_HELP,
  OPT_VERSION
};

static const struct option table[] = {
    {"listen", required_argument, NULL, OPT_LISTEN},
    {"listen-tls", required_argument, NULL, OPT_LISTEN_TLS},
    {"tls", required_argument, NULL, OPT_TLS},
    {"engine", required_argument, NULL, OPT_ENGINE},
    {"certificate", required_argument, NULL, OPT_CERTIFICATE},
    {"key", required_argument, NULL, OPT_KEY},
    {"hostname", required_argument, NULL, OPT_HOSTNAME},
    {"maildir", required_argument, NULL, OPT_MAILDIR},
    {"discard", no_argument, NULL, OPT_DISCARD},
    {"workers", required_argument, NULL, OPT_WORKERS},
    {"max-message-size", required_argument, NULL, OPT_MAX_MESSAGE_SIZE},
    {"user", required_argument, NULL, OPT_USER},
    {"help", no_argument, NULL, OPT_HELP},
    {"version", no_argument, NULL, OPT_VERSION},
    {NULL, 0, NULL, 0},
};

static bool add_endpoint(options *o, const char *option, const char *text) {
  endpoint *e = &o->endpoints[o->endpoint_count];
  const char *wrong;

  if (o->endpoint_count == ENDPOINTS_MAX) {
    log_line("%s %s: more than %d addresses", option, text, ENDPOINTS_MAX);
    return false;
  }

  wrong = address_parse(&e->address, &e->port, text);
  if (wrong != NULL) {
    log_line("%s %s: %s", option, text, wrong);
    return false;
  }

  e->text = text;
  e->implicit_tls = strcmp(option, "--listen-tls") == 0;
  o->endpoint_count++;

  return true;
}

static bool set_tls(options *o, const char *text) {
  static const char *const names[] = {"no", "preferred", "required"};
  unsigned i;

  for (i = 0; i < 3; i++) {
    if (strcmp(text, names[i]) == 0) {
      o->tls = (shako_tls_setting)i;
      return true;
    }
  }

  log_line("--tls %s: not no, preferred or required", text);

  return false;
}

static bool set_engine(options *o, const char *text) {
  o->engine = engine_find(text);
  if (o->engine == NULL) {
    log_line("--engine %s: %s", text,
             strcmp(text, "openssl") == 0 ? "shakod was built without it"
                                          : "neither mbedtls nor openssl");
  }

  return o->engine != NULL;
}

static bool set_workers(options *o, const char *text) {
  uint64_t number;

  if (!number_parse(text, 1, WORKERS_MAX, &number)) {
    log_line("--workers %s: not a number from 1 to %d", text, WORKERS_MAX);
    return false;
  }

  o->workers = (unsigned)number;

  return true;
}

static bool set_max_message_size(options *o, const char *text) {
  if (!number_parse(text, 1, INT64_MAX, &o->max_message_size)) {
    log_line("--max-message-size %s: not a number of octets", text);
    return false;
  }

  return true;
}

static bool set_one(options *o, int option, const char *text) {
  switch (option) {
  case OPT_LISTEN:
    return add_endpoint(o, "--listen", text);
  case OPT_LISTEN_TLS:
    return add_endpoint(o, "--listen-tls", text);
  case OPT_TLS:
    return set_tls(o, text);
  case OPT_ENGINE:
    return set_engine(o, text);
  case OPT_WORKERS:
    return set_workers(o, text);
  case OPT_MAX_MESSAGE_SIZE:
    return set_max_message_size(o, text);
  case OPT_CERTIFICATE:
    o->certificate = text;
    return true;
  case OPT_KEY:
    o->key = text;
    return true;
  case OPT_HOSTNAME:
    o->hostname = text;
    return true;
  case OPT_MAILDIR:
    o->maildir = text;
    return true;
  case OPT_USER:
    o->user = text;
    return true;
  case OPT_DISCARD:
    o->discard = true;
    return true;
  }

  return false;
}

/* Says what is wrong with the argument that getopt_long() stopped at. */
static options_result reject(int found, const char *argument) {
  if (found == ':') {
    log_line("%s: needs a value", argument);
  } else if (optopt > 0 && optopt < OPT_LISTEN) {
    log_line("-%c: no such option (see --help)", optopt);
  } else {
    log_line("%s: no such option, or not like this (see --help)", argument);
  }

  return OPTIONS_WRONG;
}

/* Judges what no option can judge alone. */
static bool check_together(const options *o) {
  const char *wrong = NULL;

  if (o->certificate != NULL && o->key == NULL) {
    wrong = "--certificate: needs --key too";
  } else if (o->key != NULL && o->certificate == NULL) {
    wrong = "--key: needs --certificate too";
  } else if (o->discard && o->maildir != NULL) {
    wrong = "--discard: not together with --maildir";
  }

  if (wrong != NULL) {
    log_line("%s", wrong);
  }

  return wrong == NULL;
}

static options_result finish(options *o, int argc, char **argv) {
  if (optind < argc) {
    log_line("%s: no such argument (see --help)", argv[optind]);
    return OPTIONS_WRONG;
  }

  if (!check_together(o) || (o->endpoint_count == 0 &&
                             !add_endpoint(o, "--listen", "127.0.0.1:2525"))) {
    return OPTIONS_WRONG;
  }

  if (o->maildir == NULL) {
    o->maildir = "./mail";
  }

  return OPTIONS_RUN;
}

options_result options_read(options *o, int argc, char **argv) {
  int found;

  memset(o, 0, sizeof(*o));
  o->engine = engine_find(NULL);
  o->workers = 1;
  o->max_message_size = 104857600;
  opterr = 0;

  while ((found = getopt_long(argc, argv, ":", table, NULL)) != -1) {
    if (found == OPT_HELP) {
      fputs(help, stdout);
      return OPTIONS_DONE;
    }

    if (found == OPT_VERSION) {
      printf("shakod %d.%d.%d\n", SHAKO_VERSION_MAJOR, SHAKO_VERSION_MINOR,
             SHAKO_VERSION_PATCH);
      return OPTIONS_DONE;
    }

    if (found == ':' || found == '?') {
      return reject(found, argv[optind - 1]);
    }

    if (!set_one(o, found, optarg)) {
      return OPTIONS_WRONG;
    }
  }

  return finish(o, argc, argv);
}

bool options_need_tls(const options *o) {
  bool need = o->tls != SHAKO_TLS_SETTING_NO;
  size_t i;

  for (i = 0; i < o->endpoint_count; i++) {
    need = need || o->endpoints[i].implicit_tls;
  }

  return need;
}
