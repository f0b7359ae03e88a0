/*
 * shakoctl: the dialogs of a mail appliance, on the files of shakod.
 *
 *   main       options, and the prompt: this file
 *   commands   the table of the commands
 *   terminal, ask   lines, and the kinds of questions
 *   listener, listener_edit, listener_questions, listener_access,
 *   listener_certificate   listenerconfig
 *   certificate, certificate_list, certificate_make, certificate_import
 *              certconfig
 *   destination, destination_table, destination_text   destconfig
 *   tls_verify, smtp_client, limit   tlsverify
 *   tls_report, fetch   tlsreport
 *   changes    showchanges, clearchanges
 *   commit, replace   commit: all files or none
 *   draft, staged   what is to be committed
 *   conf, edit   the text of the configuration, changed piece by piece
 *
 * What a configuration means is not said here again: config, settings, setup
 * and others are those of shakod.
 */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../shakod/log.h"
#include "commands.h"

#define EXIT_WRONG 2

static const char help_text[] =
    "Usage: shakoctl [-c FILE] [COMMAND [ARGUMENT]...]\n"
    "Change what shakod does, by questions and answers.\n"
    "\n"
    "  -c, --config FILE  the configuration of shakod (shakod.conf)\n"
    "  --help, --version\n"
    "\n"
    "Without a COMMAND there is a prompt; help lists what it knows. After a\n"
    "COMMAND there is one if something is to be committed. Before commit no\n"
    "file is changed.\n";

static const struct option options[] = {
    {"config", required_argument, NULL, 'c'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'v'},
    {NULL, 0, NULL, 0},
};

/* Stores the configuration's path.  Returns the status to end with at once, or
   -1. */
static int read_options(int argc, char **argv, const char **path) {
  int found;

  while ((found = getopt_long(argc, argv, "+c:", options, NULL)) != -1) {
    switch (found) {
    case 'c':
      *path = optarg;
      break;
    case 'h':
      fputs(help_text, stdout);
      return 0;
    case 'v':
      printf("shakoctl %d.%d.%d\n", SHAKO_VERSION_MAJOR, SHAKO_VERSION_MINOR,
             SHAKO_VERSION_PATCH);
      return 0;
    default:
      return EXIT_WRONG; /* getopt_long() said why */
    }
  }

  return -1;
}

/* Makes one line of what is left of the command line. */
static bool join(char *line, char **words) {
  size_t len = 0;

  for (line[0] = '\0'; *words != NULL; words++) {
    len += (size_t)snprintf(line + len, TERMINAL_LINE_MAX - len, "%s%s",
                            len > 0 ? " " : "", *words);
    if (len >= TERMINAL_LINE_MAX) {
      log_line("the command is too long");
      return false;
    }
  }

  return true;
}

/* Runs |line|, and says so where Ctrl-C or the end of input gave it up. Returns
   whether there is such a command. */
static bool run(ctl *c, char *line) {
  bool known = commands_run(c, line);

  if (c->terminal.interrupted) {
    putchar('\n');
  }
  return known;
}

static void prompt(ctl *c) {
  char line[TERMINAL_LINE_MAX];

  while (!c->leaving && !c->terminal.ended) {
    c->terminal.interrupted = false;
    if (terminal_read(&c->terminal, "shakoctl> ", false, line)) {
      run(c, line);
    } else {
      putchar('\n');
    }
  }

  if (!c->leaving && draft_is_changed(&c->draft)) {
    puts("Nothing was committed: the files are as they were.");
    c->status = 1;
  }
}

int main(int argc, char **argv) {
  static ctl c;
  char line[TERMINAL_LINE_MAX];
  const char *path = "shakod.conf";
  int status = read_options(argc, argv, &path);

  if (status >= 0) {
    return status;
  }

  signal(SIGPIPE, SIG_IGN);
  setvbuf(stdout, NULL, _IOLBF, 0);
  terminal_open(&c.terminal);
  if (!join(line, argv + optind) || !draft_open(&c.draft, path)) {
    draft_close(&c.draft);
    return EXIT_WRONG;
  }

  if (line[0] != '\0' && !run(&c, line)) {
    c.status = EXIT_WRONG;
  }

  if (line[0] == '\0' || draft_is_changed(&c.draft)) {
    prompt(&c);
  }

  draft_close(&c.draft);

  return c.status;
}
