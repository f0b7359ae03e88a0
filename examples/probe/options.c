#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define USAGE_STATUS 2

static const char usage[] =
    "usage: probe [--smtps] [--mode MODE] [--only CASE] HOST:PORT\n"
    "       probe --list\n"
    "\n"
    "Tests what a mail server does about STARTTLS, TLS and the lines of SMTP,\n"
    "and says of each case whether it passed, with what was sent and got.\n"
    "\n"
    "  --smtps            the port is TLS from the first octet\n"
    "  --mode MODE        its TLS setting: no, preferred or required;\n"
    "                     default: what it seems to be\n"
    "  --only CASE        one case, or a family of them: inject-\n"
    "  --from ADDRESS     the sender; default: none (<>)\n"
    "  --rcpt ADDRESS     who gets the messages; default: postmaster\n"
    "  --proxy v1|v2      begin each connection with a PROXY header\n"
    "  --timeout SECONDS  that a reply may take, 1 to 600; default: 10\n"
    "  --json             one JSON object a case\n"
    "  --list             the cases, and nothing else\n"
    "\n"
    "Some hundred connections are made, and some messages delivered.\n"
    "Exit status: 0 all passed, 1 one failed, 2 usage or no connection.\n";

enum { SMTPS, MODE, ONLY, FROM, RCPT, PROXY, TIMEOUT, JSON, LIST, HELP };

static const struct option names[] = {
    {"smtps", no_argument, NULL, SMTPS},
    {"mode", required_argument, NULL, MODE},
    {"only", required_argument, NULL, ONLY},
    {"from", required_argument, NULL, FROM},
    {"rcpt", required_argument, NULL, RCPT},
    {"proxy", required_argument, NULL, PROXY},
    {"timeout", required_argument, NULL, TIMEOUT},
    {"json", no_argument, NULL, JSON},
    {"list", no_argument, NULL, LIST},
    {"help", no_argument, NULL, HELP},
    {NULL, 0, NULL, 0},
};

static void demand(bool is_right, const char *what, const char *text) {
  if (!is_right) {
    fprintf(stderr, "probe: %s%s%s\n", what, text[0] != '\0' ? ": " : "", text);
    exit(USAGE_STATUS);
  }
}

static void help(void) {
  fputs(usage, stdout);
  exit(0);
}

/* Returns |text| as a number of up to five digits, 0 where it is none. */
static unsigned number_of(const char *text) {
  size_t len = strspn(text, "0123456789");

  return len > 0 && len < 6 && text[len] == '\0' ? (unsigned)atoi(text) : 0;
}

static probe_mode mode_of(const char *text) {
  static const char *const words[] = {"no", "preferred", "required"};
  int i;

  for (i = 0; i < 3; i++) {
    if (strcmp(text, words[i]) == 0) {
      return (probe_mode)i;
    }
  }
  demand(false, "not no, preferred or required", text);
  return MODE_DEDUCED;
}

static int proxy_of(const char *text) {
  demand(strcmp(text, "v1") == 0 || strcmp(text, "v2") == 0, "not v1 or v2",
         text);
  return text[1] - '0';
}

/* Nothing in an address may begin another command. */
static const char *address_of(const char *text) {
  const char *c;

  for (c = text; *c != '\0'; c++) {
    demand(*c > ' ' && *c < 0x7f && *c != '<' && *c != '>', "not an address",
           text);
  }
  demand(strlen(text) < 256, "too long", text);
  return text;
}

/* HOST:PORT, with brackets around an IPv6 address. */
static void read_target(options *o, const char *text) {
  const char *colon = strrchr(text, ':');
  size_t len = colon != NULL ? (size_t)(colon - text) : 0;
  unsigned port = colon != NULL ? number_of(colon + 1) : 0;

  if (len > 2 && text[0] == '[' && text[len - 1] == ']') {
    text++;
    len -= 2;
  }
  demand(len > 0 && len < sizeof(o->host) && port > 0 && port < 65536,
         "not HOST:PORT", text);
  memcpy(o->host, text, len);
  o->host[len] = '\0';
  snprintf(o->port, sizeof(o->port), "%u", port);
}

static void set(options *o, int name, const char *value) {
  switch (name) {
  case SMTPS:
    o->is_smtps = true;
    return;
  case MODE:
    o->mode = mode_of(value);
    return;
  case ONLY:
    o->only = value;
    return;
  case FROM:
    o->from = address_of(value);
    return;
  case RCPT:
    o->rcpt = address_of(value);
    return;
  case PROXY:
    o->proxy = proxy_of(value);
    return;
  case TIMEOUT:
    o->timeout = number_of(value);
    demand(o->timeout > 0 && o->timeout <= 600, "not 1 to 600 seconds", value);
    return;
  case JSON:
    o->is_json = true;
    return;
  case LIST:
    o->is_list = true;
    return;
  case HELP:
    help();
    return;
  default:
    demand(false, "see probe --help", "");
  }
}

void options_read(options *o, int argc, char **argv) {
  int name;

  *o = (options){
      .mode = MODE_DEDUCED, .from = "", .rcpt = "postmaster", .timeout = 10};
  while ((name = getopt_long(argc, argv, "", names, NULL)) != -1) {
    set(o, name, optarg);
  }
  if (o->is_list && optind == argc) {
    return;
  }
  demand(optind == argc - 1, "one HOST:PORT is missing", "");
  demand(!o->is_smtps || o->mode == MODE_DEDUCED,
         "--mode means nothing with --smtps", "");
  read_target(o, argv[optind]);
}
