#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#define TIMEOUT_MAX 86400

static const char usage[] =
    "usage: deliver --host MX[:PORT] --from ADDRESS --rcpt ADDRESS... FILE\n"
    "\n"
    "Delivers the message in FILE to a next hop of a domain, by the TLS\n"
    "setting that the destination controls have for it, and says what\n"
    "happened.  FILE may be -, for the standard input.\n"
    "\n"
    "  --to DOMAIN             default: MX\n"
    "  --destinations FILE     the controls; default: Preferred for all\n"
    "  --connect HOST[:PORT]   connect there instead; MX is still the name\n"
    "  --ca FILE               authorities that are trusted (PEM)\n"
    "  --hostname NAME         of this host; default: what the system says\n"
    "  --timeout SECONDS       of each attempt; default: 300\n"
    "  --last                  no further attempt: bounce what would be\n"
    "                          deferred\n"
    "  --alert-to ADDRESS...   who is told that required TLS failed\n"
    "  --alert-from ADDRESS    by whom; default: alert@NAME\n"
    "  --alert-relay HOST[:PORT]   ... by mail to this relay\n"
    "  --alert-maildir FOLDER      ... or into this Maildir\n"
    "\n"
    "Exit status: 0 delivered, 75 deferred, 69 bounced, 64 to 78 as "
    "sysexits.h\n"
    "says where nothing was tried.\n";

enum {
  DESTINATIONS,
  TO,
  HOST,
  CONNECT,
  CA,
  HOSTNAME,
  FROM,
  RCPT,
  TIMEOUT,
  LAST,
  ALERT_FROM,
  ALERT_TO,
  ALERT_RELAY,
  ALERT_MAILDIR,
  HELP
};

static const struct option names[] = {
    {"destinations", required_argument, NULL, DESTINATIONS},
    {"to", required_argument, NULL, TO},
    {"host", required_argument, NULL, HOST},
    {"connect", required_argument, NULL, CONNECT},
    {"ca", required_argument, NULL, CA},
    {"hostname", required_argument, NULL, HOSTNAME},
    {"from", required_argument, NULL, FROM},
    {"rcpt", required_argument, NULL, RCPT},
    {"timeout", required_argument, NULL, TIMEOUT},
    {"last", no_argument, NULL, LAST},
    {"alert-from", required_argument, NULL, ALERT_FROM},
    {"alert-to", required_argument, NULL, ALERT_TO},
    {"alert-relay", required_argument, NULL, ALERT_RELAY},
    {"alert-maildir", required_argument, NULL, ALERT_MAILDIR},
    {"help", no_argument, NULL, HELP},
    {NULL, 0, NULL, 0},
};

static void fail(const char *what, const char *text) {
  fprintf(stderr, "deliver: %s%s%s\n", what, text[0] != '\0' ? ": " : "", text);
  exit(EX_USAGE);
}

static void demand(bool is_right, const char *what, const char *text) {
  if (!is_right) {
    fail(what, text);
  }
}

/* Nothing in an address may begin another command. */
static const char *address_of(const char *text) {
  const char *c;

  for (c = text; *c != '\0'; c++) {
    demand(*c > ' ' && *c < 0x7f && *c != '<' && *c != '>', "not an address",
           text);
  }
  return text;
}

static void read_next_hop(host_port *to, const char *text) {
  const char *wrong = host_port_read(to, text);

  if (wrong != NULL) {
    fail(wrong, text);
  }
}

static unsigned read_timeout(const char *text) {
  size_t len = strspn(text, "0123456789");

  demand(len < 6 && text[len] == '\0' && atoi(text) > 0 &&
             atoi(text) <= TIMEOUT_MAX,
         "not a number of seconds, 1 to 86400", text);
  return (unsigned)atoi(text);
}

static void add(const char **list, size_t *count, const char *text) {
  demand(*count < RECIPIENTS_MAX, "too many recipients", text);
  list[(*count)++] = address_of(text);
}

static void help(void) {
  fputs(usage, stdout);
  exit(EX_OK);
}

static void set(options *o, int name, const char *value) {
  switch (name) {
  case DESTINATIONS:
    o->destinations = value;
    return;
  case TO:
    demand(host_port_is_host(value), "not a domain", value);
    o->domain = value;
    return;
  case HOST:
    read_next_hop(&o->next_hop, value);
    return;
  case CONNECT:
    read_next_hop(&o->connect, value);
    return;
  case CA:
    o->authorities = value;
    return;
  case HOSTNAME:
    o->hostname = value;
    return;
  case FROM:
    o->from = address_of(value);
    return;
  case RCPT:
    add(o->recipients, &o->recipient_count, value);
    return;
  case TIMEOUT:
    o->timeout = read_timeout(value);
    return;
  case LAST:
    o->last = true;
    return;
  case ALERT_FROM:
    o->alert_from = address_of(value);
    return;
  case ALERT_TO:
    add(o->alert_to, &o->alert_to_count, value);
    return;
  case ALERT_RELAY:
    read_next_hop(&o->alert_relay, value);
    return;
  case ALERT_MAILDIR:
    o->alert_maildir = value;
    return;
  case HELP:
    help();
    return;
  default:
    fail("see deliver --help", "");
  }
}

static const char *own_name(void) {
  static char name[256];

  return gethostname(name, sizeof(name) - 1) == 0 ? name : "";
}

void options_read(options *o, int argc, char **argv) {
  int name;

  *o = (options){.timeout = 300};
  while ((name = getopt_long(argc, argv, "", names, NULL)) != -1) {
    set(o, name, optarg);
  }
  demand(o->next_hop.host[0] != '\0', "--host is missing", "");
  demand(o->from != NULL, "--from is missing", "");
  demand(o->recipient_count > 0, "--rcpt is missing", "");
  demand(optind == argc - 1, "one FILE is missing", "");
  demand((o->alert_maildir == NULL && o->alert_relay.host[0] == '\0') ||
             o->alert_to_count > 0,
         "--alert-to is missing", "");
  demand(o->alert_to_count == 0 || o->alert_maildir != NULL ||
             o->alert_relay.host[0] != '\0',
         "--alert-relay or --alert-maildir is missing", "");
  o->domain = o->domain != NULL ? o->domain : o->next_hop.host;
  o->message = argv[optind];
  o->hostname = o->hostname != NULL ? o->hostname : own_name();
  demand(host_port_is_host(o->hostname), "not a host name", o->hostname);
}
