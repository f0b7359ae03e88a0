#include "alert.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../shakod/number.h"
#include "alert_wants.h"
#include "alert_ways.h"
#include "edit.h"

static const alert_settings *settings_of(const ctl *c) {
  return &c->draft.settings.alerts;
}

static void show(void *ctx) {
  const ctl *c = ctx;
  const alert_settings *s = settings_of(c);
  size_t i;

  puts(s->recipient_count > 0 ? "\nSending alerts to:"
                              : "\nAlerts are sent to nobody.");
  for (i = 0; i < s->recipient_count; i++) {
    printf("%zu. %s\n", i + 1, s->recipients[i].address);
    alert_wants_print(s->recipients[i].wants);
  }

  alert_ways_print(c);
}

/* Returns the number of the recipient that |text| names, or how many there
   are. */
static size_t find(const alert_settings *s, const char *text) {
  uint64_t number;
  size_t i;

  for (i = 0; i < s->recipient_count; i++) {
    if (strcasecmp(s->recipients[i].address, text) == 0) {
      return i;
    }
  }

  return number_parse(text, 1, s->recipient_count, &number)
             ? (size_t)number - 1
             : s->recipient_count;
}

/* Finds the section of the recipient number |i| in the text. */
static bool find_section(const ctl *c, size_t i, conf_item *item) {
  shako_span text = draft_text(&c->draft);

  return conf_find_section(text, (range){0, text.len}, "alert", i, item);
}

/* Adds 'alert "ADDRESS" { wants = "..." }' to the draft. */
static bool add(ctl *c, const char *address, uint32_t wants) {
  buffer lines = {0};
  buffer set = {0};
  buffer to = {0};

  alert_wants_add(&set, wants);
  buffer_add(&lines, "alert ");
  edit_quote(&lines, address);
  buffer_add(&lines, " {\n  wants = ");
  edit_quote(&lines, set.failed ? "" : set.ptr);
  buffer_add(&lines, "\n}");
  buffer_add_span(&lines, (shako_span){(const uint8_t *)"", 1});
  to.failed = set.failed || lines.failed;
  if (!to.failed) {
    edit_append(&to, draft_text(&c->draft), NULL, lines.ptr);
  }

  buffer_free(&set);
  buffer_free(&lines);

  return draft_change(&c->draft, &to);
}

/* Asks for a new address.  It is empty where there shall be none. */
static bool ask_address(ctl *c, answer *given) {
  const char *wrong = NULL;

  do {
    if (wrong != NULL) {
      printf("That is %s.\n", wrong);
    }

    if (!ask_text(&c->terminal,
                  "Please enter a new email address to send alerts.\n"
                  "(Ex: \"administrator@example.com\")",
                  NULL, given)) {
      return false;
    }

    wrong = given->text[0] == '\0' ? NULL : settings_judge_mailbox(given->text);
    if (find(settings_of(c), given->text) < settings_of(c)->recipient_count) {
      wrong = "there already";
    }
  } while (wrong != NULL);

  return true;
}

static bool new_one(void *ctx) {
  ctl *c = ctx;
  uint32_t wants = UINT32_MAX;
  answer address;

  if (c->draft.settings.listener_count == 0) {
    puts("Create a listener first.");
    return true;
  }

  if (!ask_address(c, &address)) {
    return false;
  }

  if (address.text[0] == '\0') {
    return true;
  }

  if (!alert_wants_ask(&c->terminal, &wants) ||
      (!settings_alerts(&c->draft.settings) && !alert_ask_delivery(c))) {
    return false;
  }

  add(c, address.text, wants); /* it was said why not */

  return true;
}

/* Asks for a recipient; |*i| is how many there are where it is none. */
static bool choose(ctl *c, const char *question, size_t *i) {
  answer given;

  if (!ask_text(&c->terminal, question, NULL, &given)) {
    return false;
  }

  *i = find(settings_of(c), given.text);
  if (*i == settings_of(c)->recipient_count) {
    puts("There is no such address.");
  }

  return true;
}

static void set_wants(ctl *c, size_t i, uint32_t wants) {
  buffer set = {0};
  buffer value = {0};
  buffer to = {0};
  conf_item item;

  alert_wants_add(&set, wants);
  edit_quote(&value, set.failed ? "" : set.ptr);
  buffer_add_span(&value, (shako_span){(const uint8_t *)"", 1});
  to.failed = set.failed || value.failed || !find_section(c, i, &item) ||
              !edit_set(&to, draft_text(&c->draft), &item, "wants", value.ptr);
  draft_change(&c->draft, &to);
  buffer_free(&set);
  buffer_free(&value);
}

static bool edit_one(void *ctx) {
  ctl *c = ctx;
  uint32_t before;
  uint32_t wants;
  size_t i;

  if (!choose(c, "Enter the address or number whose alerts you wish to modify.",
              &i)) {
    return false;
  }

  if (i == settings_of(c)->recipient_count) {
    return true;
  }

  before = wants = settings_of(c)->recipients[i].wants;
  if (!alert_wants_ask(&c->terminal, &wants)) {
    return false;
  }

  if (wants != before) {
    set_wants(c, i, wants);
  }

  return true;
}

static bool delete_one(void *ctx) {
  ctl *c = ctx;
  buffer to = {0};
  conf_item item;
  size_t i;

  if (!choose(c, "Enter the address or number you wish to delete.", &i)) {
    return false;
  }

  if (i < settings_of(c)->recipient_count && find_section(c, i, &item)) {
    edit_remove(&to, draft_text(&c->draft), item.whole);
    draft_change(&c->draft, &to);
  }

  return true;
}

static const operation operations[] = {
    {"NEW", "Add a new email address to send alerts.", new_one},
    {"EDIT", "Modify alert subscription for an email address.", edit_one},
    {"DELETE", "Remove an email address.", delete_one},
    {"SETUP", "Configure alert settings.", alert_ask_setup},
    {"FROM", "Configure the From Address of alert emails.", alert_ask_from},
    {"DELIVERY", "Change where alerts are stored and handed to.",
     alert_ask_delivery},
    {NULL, NULL, NULL},
};

bool alert_config(ctl *c, char *arguments) {
  (void)arguments;

  return ask_operations(&c->terminal, operations, show, c);
}
