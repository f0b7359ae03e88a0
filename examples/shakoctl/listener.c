#include "listener.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../shakod/log.h"
#include "../shakod/number.h"
#include "edit.h"
#include "listener_edit.h"
#include "listener_questions.h"
#include "option.h"

static const char *const types[] = {"Public", "Private"};

static const char *tls_name(shako_tls_setting setting) {
  static const char *const all[] = {"No", "Preferred", "Required"};

  return all[setting];
}

static void show_one(const listener_settings *l, size_t number) {
  size_t i;

  printf("%zu. %s (on", number, l->name);
  for (i = 0; i < l->address_count; i++) {
    printf("%s %s", i > 0 ? "," : "", l->addresses[i].text);
  }

  printf(") SMTP %s, TLS %s\n", types[l->type], tls_name(l->policy.tls));
}

static void show(void *ctx) {
  const ctl *c = ctx;
  const settings *s = &c->draft.settings;
  size_t i;

  if (s->listener_count == 0) {
    puts("\nThere is no listener yet.");
    return;
  }

  puts("\nCurrently configured listeners:");
  for (i = 0; i < s->listener_count; i++) {
    show_one(&s->listeners[i], i + 1);
  }
}

/* Returns the number of the listener that |text| names, from 0; or
   LISTENERS_MAX. */
static size_t find(const settings *s, const char *text) {
  uint64_t number;
  size_t i;

  for (i = 0; i < s->listener_count; i++) {
    if (strcasecmp(s->listeners[i].name, text) == 0) {
      return i;
    }
  }

  return number_parse(text, 1, s->listener_count, &number) ? (size_t)number - 1
                                                           : LISTENERS_MAX;
}

/* Asks for a listener; |*index| is LISTENERS_MAX after an empty answer. */
static bool choose(ctl *c, const char *question, size_t *index) {
  answer given;

  do {
    if (!ask_text(&c->terminal, question, NULL, &given)) {
      return false;
    }

    *index = find(&c->draft.settings, given.text);
    if (*index == LISTENERS_MAX && given.text[0] != '\0') {
      puts("There is no such listener.");
    }
  } while (*index == LISTENERS_MAX && given.text[0] != '\0');

  return true;
}

static bool edit_one(void *ctx) {
  listener_edit e = {.c = ctx};

  return choose(e.c,
                "Enter the name or number of the listener you wish to edit.",
                &e.index) &&
         (e.index == LISTENERS_MAX || listener_edit_run(&e));
}

static bool delete_one(void *ctx) {
  listener_edit e = {.c = ctx};
  bool sure = false;
  buffer to = {0};
  conf_item item;

  if (!choose(e.c,
              "Enter the name or number of the listener you wish to delete.",
              &e.index)) {
    return false;
  }

  if (e.index == LISTENERS_MAX) {
    return true;
  }

  printf("Its section is taken out of the configuration, with the comments in "
         "it; its other files stay.\n");
  if (!ask_yes(&e.c->terminal, "Are you sure?", &sure)) {
    return false;
  }

  if (sure && listener_find(&e, &item)) {
    edit_remove(&to, draft_text(&e.c->draft), item.whole);
    draft_change(&e.c->draft, &to);
  }

  return true;
}

/* Adds a listener.  Returns false after a line that says why it cannot. */
static bool add(ctl *c, const answer *name, size_t type,
                const answer *addresses) {
  buffer lines = {0};
  buffer to = {0};

  buffer_add(&lines, "\nlistener ");
  edit_quote(&lines, name->text);
  buffer_add(&lines, type == 0 ? " {\n  type = \"public\"\n  listen = "
                               : " {\n  type = \"private\"\n  listen = ");
  listener_add_list(&lines, addresses->text);
  buffer_add(&lines, "\n}");
  buffer_add_span(&lines, (shako_span){(const uint8_t *)"", 1});
  if (lines.failed) {
    to.failed = true;
  } else {
    edit_append(&to, draft_text(&c->draft), NULL, lines.ptr);
  }

  buffer_free(&lines);

  return draft_change(&c->draft, &to);
}

/* Asks until there is a new listener, or the name is empty. */
static bool make(ctl *c, bool *made) {
  size_t type = 0;
  answer name;
  answer addresses;

  do {
    if (!ask_text(&c->terminal,
                  "Please provide a name for this listener (Ex: "
                  "\"Inboundmail\"):",
                  NULL, &name)) {
      return false;
    }

    if (name.text[0] == '\0') {
      return true;
    }

    if (!ask_choice(&c->terminal, "Select the type of the listener.", types, 2,
                    &type) ||
        !ask_text(&c->terminal,
                  "Enter the addresses to listen on, ADDRESS:PORT, with blanks "
                  "between them.",
                  NULL, &addresses)) {
      return false;
    }
    *made = add(c, &name, type, &addresses);
  } while (!*made);

  return true;
}

static bool new_one(void *ctx) {
  listener_edit e = {.c = ctx};
  bool change = false;
  bool made = false;

  if (!make(e.c, &made) || !made) {
    return !made && !e.c->terminal.ended && !e.c->terminal.interrupted;
  }

  e.index = e.c->draft.settings.listener_count - 1;
  if (!listener_ask_tls(&e) ||
      !ask_yes(&e.c->terminal, "Would you like to change the default limits?",
               &change) ||
      (change && !listener_ask_limits(&e))) {
    return false;
  }

  printf("Listener %s created.\nUse the listenerconfig->EDIT command to "
         "customize the listener.\n",
         listener_now(&e)->name);

  return true;
}

/* Asks for the option |key| of the whole server, a string. */
static bool ask_server(ctl *c, const char *question, const char *key,
                       const char *preset) {
  answer given;

  do {
    if (!ask_text(&c->terminal, question, preset, &given)) {
      return false;
    }
  } while (given.text[0] != '\0' && strcmp(given.text, preset) != 0 &&
           !option_set_text(&c->draft, key, given.text));

  return true;
}

static bool set_up(void *ctx) {
  ctl *c = ctx;
  const settings *s = &c->draft.settings;
  char hostname[256];

  if (s->listener_count == 0) {
    puts("Create a listener first.");
    return true;
  }

  if (!draft_hostname(&c->draft, hostname)) {
    hostname[0] = '\0';
  }

  return ask_server(c, "Enter the host name of this server.", "hostname",
                    hostname) &&
         ask_server(c, "Enter the file for the number of shakod's process.",
                    "pid_file", s->pid_file != NULL ? s->pid_file : "");
}

static const operation operations[] = {
    {"NEW", "Create a new listener.", new_one},
    {"EDIT", "Modify a listener.", edit_one},
    {"DELETE", "Remove a listener.", delete_one},
    {"SETUP", "Change global settings.", set_up},
    {NULL, NULL, NULL},
};

bool listener_config(ctl *c, char *arguments) {
  (void)arguments;

  return ask_operations(&c->terminal, operations, show, c);
}
