#include "destination.h"

#include <ctype.h>
#include <stdio.h>

#include "../shakod/number.h"
#include "destination_table.h"

#define TLS_COUNT (SHAKO_DESTINATION_TLS_REQUIRED_VERIFY + 1)

/* Values as the table has them, in the order of the choices. */
static const char *const tls_words[TLS_COUNT] = {"off", "on", "required",
                                                 "on_verify", "require_verify"};
static const char *const version_words[] = {"1.2", "1.3"};
static const char *const alert_words[] = {"off", "on"};

/* Asks for the TLS of the section |name|, with |now| for what it is. */
static bool ask_tls(ctl *c, const char *name, const shako_destination *now) {
  const char *choices[TLS_COUNT];
  size_t chosen = now->tls;
  size_t i;

  for (i = 0; i < TLS_COUNT; i++) {
    choices[i] = shako_destination_tls_name((shako_destination_tls)i);
  }

  if (!ask_choice(&c->terminal, "Do you want to use TLS support?", choices,
                  TLS_COUNT, &chosen)) {
    return false;
  }

  if (chosen != SHAKO_DESTINATION_TLS_NO) {
    puts("You have chosen to enable TLS. Please use the 'certconfig' command "
         "to\nensure that there is a valid certificate configured.");
  }

  if (chosen != now->tls) {
    destination_table_set(&c->draft, name, "table_tls", tls_words[chosen]);
  }

  return true;
}

static bool ask_version(ctl *c, const char *name,
                        const shako_destination *now) {
  static const char *const choices[] = {"TLS 1.2", "TLS 1.3"};
  size_t before = now->tls_min_version > 0x0303;
  size_t chosen = before;

  if (!ask_choice(&c->terminal, "Select the lowest version of TLS.", choices, 2,
                  &chosen)) {
    return false;
  }

  if (chosen != before) {
    destination_table_set(&c->draft, name, "tls_min_version",
                          version_words[chosen]);
  }

  return true;
}

/* Asks for all of the section |name|, NULL for the default. */
static bool ask_section(ctl *c, const char *name) {
  shako_destination now;

  if (!destination_table_add(&c->draft, name) ||
      !destination_table_get(&c->draft, name, &now)) {
    return !c->terminal.ended && !c->terminal.interrupted;
  }

  return ask_tls(c, name, &now) && ask_version(c, name, &now);
}

/* Whether |text| can be nothing but a name to whoever reads the table. */
static bool is_name(const char *text) {
  while (isalnum((unsigned char)*text) || *text == '-' || *text == '_' ||
         *text == '.') {
    text++;
  }

  return *text == '\0';
}

static bool new_one(void *ctx) {
  ctl *c = ctx;
  answer name;

  if (!ask_text(&c->terminal, "Enter the domain you wish to configure.", NULL,
                &name)) {
    return false;
  }

  if (!is_name(name.text)) {
    puts("That is not a domain.");
    return true;
  }

  return name.text[0] == '\0' || ask_section(c, name.text);
}

/* Asks for a section by name or number; |name| is empty where there is none. */
static bool choose(ctl *c, const char *question, answer *name) {
  destination_table t;
  shako_destination entry;
  uint64_t number = 0;
  bool found = false;

  if (!ask_text(&c->terminal, question, NULL, name)) {
    return false;
  }

  if (destination_table_open(&t, &c->draft)) {
    if (!number_parse(name->text, 1, 1000000, &number)) {
      number = destination_table_find(&t, name->text);
    }

    found = number > 0 && destination_table_at(&t, (size_t)number, &entry);
    if (found) {
      snprintf(name->text, sizeof(name->text), "%s", entry.name);
    }
  }

  destination_table_close(&t);
  if (!found) {
    puts("There is no such entry.");
    name->text[0] = '\0';
  }

  return true;
}

static bool edit_one(void *ctx) {
  ctl *c = ctx;
  answer name;

  return choose(c, "Enter the domain you wish to edit.", &name) &&
         (name.text[0] == '\0' || ask_section(c, name.text));
}

static bool delete_one(void *ctx) {
  ctl *c = ctx;
  destination_table t;
  buffer to = {0};
  answer name;

  if (!choose(c, "Enter the domain you wish to delete.", &name)) {
    return false;
  }

  if (name.text[0] == '\0') {
    return true;
  }

  if (destination_table_open(&t, &c->draft)) {
    destination_text_remove(
        &to, destination_table_text(&t),
        destination_table_lines(&t, destination_table_find(&t, name.text)));
    destination_table_put(&t, &c->draft, &to);
  }

  destination_table_close(&t);

  return true;
}

static bool set_default(void *ctx) {
  return ask_section(ctx, NULL);
}

static bool set_up(void *ctx) {
  ctl *c = ctx;
  shako_destination now;
  bool before;
  bool yes;

  if (!destination_table_get(&c->draft, NULL, &now)) {
    return true;
  }

  before = yes = now.alert != 0;
  if (!ask_yes(&c->terminal,
               "Do you want to send an alert when a required TLS connection "
               "fails?",
               &yes)) {
    return false;
  }

  if (yes != before && destination_table_add(&c->draft, NULL)) {
    destination_table_set(&c->draft, NULL, "send_tls_req_alert",
                          alert_words[yes]);
  }

  return true;
}

static bool list(void *ctx) {
  const ctl *c = ctx;
  destination_table t;
  shako_destination entry;
  size_t i;

  if (destination_table_open(&t, &c->draft)) {
    puts("\n#    Domain                          TLS                   from");
    for (i = 0; destination_table_at(&t, i, &entry); i++) {
      printf("%-4zu %-31s %-21s TLS 1.%d\n", i,
             entry.name != NULL ? entry.name : "(Default)",
             shako_destination_tls_name(entry.tls),
             entry.tls_min_version - 0x0301);
    }
  }

  destination_table_close(&t);

  return true;
}

static void show(void *ctx) {
  const ctl *c = ctx;
  destination_table t;
  shako_destination entry;
  size_t count = 1;

  if (destination_table_open(&t, &c->draft)) {
    while (destination_table_at(&t, count, &entry)) {
      count++;
    }

    printf("\nThere are currently %zu entries configured.\n", count - 1);
  }

  destination_table_close(&t);
}

static const operation operations[] = {
    {"SETUP", "Change global settings.", set_up},
    {"NEW", "Create a new entry.", new_one},
    {"EDIT", "Modify an entry.", edit_one},
    {"DELETE", "Remove an entry.", delete_one},
    {"DEFAULT", "Change the default.", set_default},
    {"LIST", "Display a summary list of all entries.", list},
    {NULL, NULL, NULL},
};

bool destination_config(ctl *c, char *arguments) {
  (void)arguments;

  return ask_operations(&c->terminal, operations, show, c);
}
