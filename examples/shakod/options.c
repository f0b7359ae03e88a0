#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "help.h"
#include "log.h"
#include "options_set.h"

/* How many connections may wait to be accepted. */
#define TCP_QUEUE 1024

static const struct option table[] = {
    {"config", required_argument, NULL, OPT_CONFIG},
    {"listen", required_argument, NULL, OPT_LISTEN},
    {"listen-tls", required_argument, NULL, OPT_LISTEN_TLS},
    {"tls", required_argument, NULL, OPT_TLS},
    {"hat", required_argument, NULL, OPT_HAT},
    {"engine", required_argument, NULL, OPT_ENGINE},
    {"certificate", required_argument, NULL, OPT_CERTIFICATE},
    {"key", required_argument, NULL, OPT_KEY},
    {"watch", no_argument, NULL, OPT_WATCH},
    {"hostname", required_argument, NULL, OPT_HOSTNAME},
    {"maildir", required_argument, NULL, OPT_MAILDIR},
    {"discard", no_argument, NULL, OPT_DISCARD},
    {"workers", required_argument, NULL, OPT_WORKERS},
    {"max-message-size", required_argument, NULL, OPT_MAX_MESSAGE_SIZE},
    {"max-concurrency", required_argument, NULL, OPT_MAX_CONCURRENCY},
    {"resolver", required_argument, NULL, OPT_RESOLVER},
    {"lookup-timeout", required_argument, NULL, OPT_LOOKUP_TIMEOUT},
    {"log", required_argument, NULL, OPT_LOG},
    {"alert-to", required_argument, NULL, OPT_ALERT_TO},
    {"alert-maildir", required_argument, NULL, OPT_ALERT_MAILDIR},
    {"alert-relay", required_argument, NULL, OPT_ALERT_RELAY},
    {"user", required_argument, NULL, OPT_USER},
    {"status", required_argument, NULL, OPT_STATUS},
    {"status-anywhere", no_argument, NULL, OPT_STATUS_ANYWHERE},
    {"check", no_argument, NULL, OPT_CHECK},
    {"explain", required_argument, NULL, OPT_EXPLAIN},
    {"name", required_argument, NULL, OPT_NAME},
    {"from", required_argument, NULL, OPT_FROM},
    {"listener", required_argument, NULL, OPT_LISTENER},
    {"password", required_argument, NULL, OPT_PASSWORD},
    {"help", no_argument, NULL, OPT_HELP},
    {"version", no_argument, NULL, OPT_VERSION},
    {NULL, 0, NULL, 0},
};

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

/* Whether |option| goes together with a configuration file. */
static bool goes_with_config(int option) {
  return option == OPT_CONFIG || option == OPT_CHECK || option == OPT_EXPLAIN ||
         option == OPT_NAME || option == OPT_FROM || option == OPT_LISTENER;
}

/* Judges what no option can judge alone; |other| is one that does not go
   together with a configuration file, or NULL. */
static bool check_together(const options *o, const char *other) {
  const certificate_settings *c = &o->line.listeners[SMTP].certificates[0];
  const char *wrong = NULL;

  if (o->config != NULL && other != NULL) {
    log_line("--%s: not together with a configuration file", other);
    return false;
  }

  if (c->chain != NULL && c->key == NULL) {
    wrong = "--certificate: needs --key too";
  } else if (c->key != NULL && c->chain == NULL) {
    wrong = "--key: needs --certificate too";
  } else if (o->line.discard && o->line.maildir != NULL) {
    wrong = "--discard: not together with --maildir";
  } else if (settings_alerts(&o->line) !=
             (o->line.alerts.recipient_count > 0)) {
    wrong = "--alert-to: goes with --alert-maildir or --alert-relay, or both";
  } else if (o->task != TASK_EXPLAIN &&
             (o->name != NULL || o->sender != NULL || o->listener != NULL)) {
    wrong = "--name, --from, --listener: only with --explain";
  }

  if (wrong != NULL) {
    log_line("%s", wrong);
  }

  return wrong == NULL;
}

/* Makes the second listener as the first but for its TLS, and leaves out the
   one that has no address. */
static void finish_listeners(settings *s) {
  listener_settings *smtp = &s->listeners[SMTP];
  listener_settings *smtps = &s->listeners[SMTPS];

  smtps->implicit_tls = true;
  smtps->policy.tls = SHAKO_TLS_SETTING_REQUIRED;
  smtp->certificate_count = smtp->certificates[0].chain != NULL;
  smtps->certificate_count = smtp->certificate_count;
  smtps->certificates[0] = smtp->certificates[0];
  smtps->table = smtp->table;
  if (smtp->address_count == 0) {
    *smtp = *smtps;
  }

  if (smtp->implicit_tls || smtps->address_count == 0) {
    s->listener_count = 1;
  }
}

/* Judges --status when it is known whether any address will do. */
static bool set_status(settings *s) {
  const char *wrong = settings_status(s, s->status.text);

  if (wrong != NULL) {
    log_line("--status %s: %s", s->status.text, wrong);
  }

  return wrong == NULL;
}

static options_result finish(options *o, int argc, char **argv,
                             const char *other) {
  settings *s = &o->line;

  if (optind < argc && o->task != TASK_SERVE && o->config == NULL) {
    o->config = argv[optind++];
  }

  if (optind < argc) {
    log_line("%s: no such argument (see --help)", argv[optind]);
    return OPTIONS_WRONG;
  }

  if (!check_together(o, other) || !set_status(s)) {
    return OPTIONS_WRONG;
  }

  if (s->listeners[SMTP].address_count + s->listeners[SMTPS].address_count ==
      0) {
    options_add_address(o, "--listen", "127.0.0.1:2525");
  }

  finish_listeners(s);
  if (s->maildir == NULL && !s->discard) {
    s->maildir = "./mail";
  }

  return OPTIONS_RUN;
}

static bool open_options(options *o) {
  *o = (options){0};
  if (!settings_open(&o->line)) {
    log_line("out of memory");
    return false;
  }

  settings_add(&o->line, "smtp")->tcp_queue = TCP_QUEUE;
  settings_add(&o->line, "smtps")->tcp_queue = TCP_QUEUE;

  return true;
}

/* Says what was asked for and nothing else.  Returns whether it was. */
static bool say(int option) {
  if (option == OPT_HELP) {
    fputs(help_text, stdout);
  } else if (option == OPT_VERSION) {
    printf("shakod %d.%d.%d\n", SHAKO_VERSION_MAJOR, SHAKO_VERSION_MINOR,
           SHAKO_VERSION_PATCH);
  }

  return option == OPT_HELP || option == OPT_VERSION;
}

options_result options_read(options *o, int argc, char **argv) {
  const char *other = NULL;
  int index = 0;
  int found;

  if (!open_options(o)) {
    return OPTIONS_WRONG;
  }

  opterr = 0;
  while ((found = getopt_long(argc, argv, ":c:", table, &index)) != -1) {
    if (say(found)) {
      return OPTIONS_DONE;
    }

    if (found == '?' || found == ':') {
      return reject(found, argv[optind - 1]);
    }

    if (!options_set(o, found, optarg)) {
      return OPTIONS_WRONG;
    }

    other = goes_with_config(found) ? other : table[index].name;
  }

  return finish(o, argc, argv, other);
}
