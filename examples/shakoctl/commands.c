#include "commands.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "alert.h"
#include "certificate.h"
#include "changes.h"
#include "commit.h"
#include "destination.h"
#include "listener.h"
#include "tls_report.h"
#include "tls_verify.h"

typedef struct command {
  const char *name;
  const char *text;
  command_run run;
} command;

static bool help(ctl *c, char *arguments);

static bool leave(ctl *c, char *arguments) {
  bool sure = false;

  (void)arguments;
  if (draft_is_changed(&c->draft)) {
    puts("Changes entered but not committed. Exiting will lose changes.\n"
         "Type 'commit' at the command prompt to commit changes.");
    if (!ask_yes(&c->terminal, "Are you sure you wish to exit?", &sure)) {
      return false;
    }

    c->leaving = sure;
    return true;
  }

  c->leaving = true;

  return true;
}

static const command table[] = {
    {"listenerconfig", "listeners: TLS, certificates, limits, access",
     listener_config},
    {"certconfig", "certificates and their keys", certificate_config},
    {"destconfig", "TLS on the way to other domains", destination_config},
    {"alertconfig", "who is told what goes wrong, and how", alert_config},
    {"tlsverify", "DOMAIN HOST[:PORT]: try TLS with a mail server", tls_verify},
    {"tlsreport", "[ADDRESS:PORT]: what became of TLS so far", tls_report},
    {"showchanges", "what is not committed yet", changes_show},
    {"clearchanges", "forget it", changes_clear},
    {"clear", "the same", changes_clear},
    {"commit", "write it into the files, and have shakod read them",
     commit_changes},
    {"help", "this", help},
    {"exit", "leave", leave},
    {"quit", "the same", leave},
};

static const size_t table_length = sizeof(table) / sizeof(table[0]);

static bool help(ctl *c, char *arguments) {
  size_t i;

  (void)c;
  (void)arguments;
  for (i = 0; i < table_length; i++) {
    printf("%-16s%s\n", table[i].name, table[i].text);
  }

  puts("\nAn empty answer leaves what stands in the brackets. Ctrl-C gives a "
       "command up.");

  return true;
}

static const command *find(const char *name) {
  size_t i;

  for (i = 0; i < table_length; i++) {
    if (strcasecmp(table[i].name, name) == 0) {
      return &table[i];
    }
  }

  return NULL;
}

/* Runs |found| as a whole or not at all. */
static void run(ctl *c, const command *found, char *arguments) {
  draft_mark mark;

  if (!draft_take_mark(&c->draft, &mark)) {
    return;
  }

  if (found->run(c, arguments)) {
    draft_forget(&mark);
  } else {
    draft_return(&c->draft, &mark);
  }
}

bool commands_run(ctl *c, char *line) {
  char *name = line + strspn(line, " ");
  char *arguments = name + strcspn(name, " ");
  const command *found;

  if (*arguments != '\0') {
    *arguments++ = '\0';
    arguments += strspn(arguments, " ");
  }

  if (*name == '\0') {
    return true;
  }

  found = find(name);
  if (found == NULL) {
    printf("Unknown command \"%s\". Type 'help' for those that there are.\n",
           name);
    return false;
  }

  run(c, found, arguments);

  return true;
}
