#include "alert_ways.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "../shakod/number.h"
#include "destination.h"
#include "option.h"

static const alert_settings *settings_of(const ctl *c) {
  return &c->draft.settings.alerts;
}

static void print_from(const ctl *c) {
  char hostname[256];

  if (settings_of(c)->from != NULL) {
    printf("Alerts are sent from: %s\n", settings_of(c)->from);
  } else if (draft_hostname(&c->draft, hostname)) {
    printf("Alerts are sent from: alert@%s\n", hostname);
  }
}

void alert_ways_print(const ctl *c) {
  const alert_settings *s = settings_of(c);
  const alert_relay_settings *relay = &s->relay;

  printf(
      "\nInitial number of seconds to wait before sending a duplicate alert: "
      "%u\n"
      "Maximum number of seconds to wait before sending a duplicate alert: "
      "%u\n",
      s->rule.first_wait, s->rule.max_wait);
  print_from(c);
  if (relay->next_hop != NULL) {
    printf("Alerts are handed to: %s, TLS %s\n", relay->next_hop,
           relay->destinations != NULL ? "as destconfig says" : "Preferred");
  }

  if (s->maildir != NULL) {
    printf("Alerts are stored in: %s%s\n", draft_name(&c->draft, s->maildir),
           relay->next_hop != NULL ? ", if that fails" : "");
  }
}

/* Asks for a number of seconds, until it can be taken. */
static bool ask_wait(ctl *c, const char *question, const char *key,
                     unsigned now) {
  char preset[16];
  answer given;
  uint64_t number;

  snprintf(preset, sizeof(preset), "%u", now);
  for (;;) {
    if (!ask_text(&c->terminal, question, preset, &given)) {
      return false;
    }

    if (strcmp(given.text, preset) == 0) {
      return true;
    }

    if (!number_parse(given.text, 0, ALERT_WAIT_MAX, &number)) {
      printf("The value must be a number from 0 to %d.\n", ALERT_WAIT_MAX);
    } else {
      snprintf(given.text, sizeof(given.text), "%u", (unsigned)number);
      option_set(&c->draft, &(option_value){key, given.text, false}, 1);
      return true;
    }
  }
}

/* What no listener is there for cannot be judged yet. */
static bool is_ready(const ctl *c) {
  if (c->draft.settings.listener_count == 0) {
    puts("Create a listener first.");
  }

  return c->draft.settings.listener_count > 0;
}

bool alert_ask_setup(void *ctx) {
  ctl *c = ctx;

  return !is_ready(c) ||
         (ask_wait(c,
                   "Initial number of seconds to wait before sending a "
                   "duplicate alert.\n"
                   "Enter a value of 0 to disable duplicate alert summaries.",
                   "alert_wait", settings_of(c)->rule.first_wait) &&
          ask_wait(c,
                   "Maximum number of seconds to wait before sending a "
                   "duplicate alert (0: no\nlimit).",
                   "alert_max_wait", settings_of(c)->rule.max_wait));
}

/* Asks for a string, with |now|, or NULL, for what it is; |value->value| is
   NULL where the answer is none.  |*changed| is set where that is another. */
static bool ask_option(ctl *c, const char *question, const char *now,
                       answer *given, option_value *value, bool *changed) {
  const char *preset = now != NULL ? now : "";

  if (!ask_text(&c->terminal, question, preset, given)) {
    return false;
  }

  value->value = given->text[0] == '\0' || strcasecmp(given->text, "none") == 0
                     ? NULL
                     : given->text;
  *changed =
      *changed || strcmp(value->value != NULL ? value->value : "", preset) != 0;

  return true;
}

bool alert_ask_from(void *ctx) {
  ctl *c = ctx;
  option_value value = {.key = "alert_from", .is_string = true};
  bool changed;
  answer given;

  if (!is_ready(c)) {
    return true;
  }

  do {
    changed = false;
    if (!ask_option(c,
                    "Enter the From address of alerts (or none: alert@ and the "
                    "host name).",
                    settings_of(c)->from, &given, &value, &changed)) {
      return false;
    }
  } while (changed && !option_set(&c->draft, &value, 1));

  return true;
}

/* Has the way to the relay be as destconfig says, if it says anything. */
static void use_controls(ctl *c) {
  const alert_relay_settings *relay = &settings_of(c)->relay;
  buffer path = {0};

  draft_add_path(&path, &c->draft, DESTINATION_FILE);
  if (relay->next_hop != NULL && relay->destinations == NULL && !path.failed &&
      (staged_find(&c->draft.staged, path.ptr) != NULL ||
       access(path.ptr, F_OK) == 0) &&
      option_set_text(&c->draft, "destinations", DESTINATION_FILE)) {
    puts("Whether TLS is required on the way to it is what destconfig says.");
  }

  buffer_free(&path);
}

bool alert_ask_delivery(void *ctx) {
  ctl *c = ctx;
  const alert_settings *s;
  option_value values[] = {{"alert_maildir", NULL, true},
                           {"alert_relay", NULL, true}};
  answer given[2];
  bool changed;

  if (!is_ready(c)) {
    return true;
  }

  do {
    changed = false;
    s = settings_of(c);
    if (!ask_option(c, "Enter the Maildir that alerts are stored in (or none).",
                    s->maildir != NULL ? draft_name(&c->draft, s->maildir)
                                       : NULL,
                    &given[0], &values[0], &changed) ||
        !ask_option(c,
                    "Enter the next hop that alerts are handed to, HOST[:PORT] "
                    "(or none).",
                    s->relay.next_hop, &given[1], &values[1], &changed)) {
      return false;
    }
  } while (changed && !option_set(&c->draft, values, 2));

  use_controls(c);

  return true;
}
