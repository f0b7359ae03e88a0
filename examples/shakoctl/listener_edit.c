#include "listener_edit.h"

#include <stdio.h>
#include <stdlib.h>

#include "../shakod/log.h"
#include "edit.h"
#include "listener_access.h"
#include "listener_certificate.h"
#include "listener_questions.h"

const listener_settings *listener_now(const listener_edit *e) {
  return &e->c->draft.settings.listeners[e->index];
}

bool listener_find(const listener_edit *e, conf_item *item) {
  shako_span text = draft_text(&e->c->draft);

  return conf_find_section(text, (range){0, text.len}, "listener", e->index,
                           item);
}

/* Adds "section { key = value }" to the listener. */
static void add_section(buffer *to, shako_span text, const conf_item *listener,
                        const char *section, const char *key,
                        const char *value) {
  char *lines;

  if (asprintf(&lines, "%s {\n  %s = %s\n}", section, key, value) < 0) {
    to->failed = true;
    return;
  }

  edit_append(to, text, listener, lines);
  free(lines);
}

/* Takes the option |key| out of |in|, if it is there. */
static void take_out(buffer *to, shako_span text, range in, const char *key) {
  conf_item item;

  if (conf_find_option(text, in, key, &item)) {
    edit_remove(to, text, item.whole);
  } else {
    buffer_add_span(to, text);
  }
}

/* Finds the last section |name| of |listener|, which is the one that
   counts. */
static bool find_last(shako_span text, const conf_item *listener,
                      const char *name, conf_item *item) {
  size_t i = 0;

  while (conf_find_section(text, listener->value, name, i, item)) {
    i++;
  }

  return i > 0 && conf_find_section(text, listener->value, name, i - 1, item);
}

bool listener_set(const listener_edit *e, const char *section, const char *key,
                  const char *value) {
  draft *d = &e->c->draft;
  shako_span text = draft_text(d);
  buffer to = {0};
  conf_item listener;
  conf_item inner;
  const conf_item *in = section != NULL ? &inner : &listener;

  if (!listener_find(e, &listener)) {
    return false;
  }

  if (section != NULL && !find_last(text, &listener, section, &inner)) {
    add_section(&to, text, &listener, section, key, value);
  } else if (value == NULL) {
    take_out(&to, text, in->value, key);
  } else if (!edit_set(&to, text, in, key, value)) {
    log_line("%s: there is a comment in its value, which would be lost: it "
             "must be changed by hand",
             key);
    return false;
  }

  return draft_change(d, &to);
}

bool listener_set_text(const listener_edit *e, const char *section,
                       const char *key, const char *text) {
  buffer value = {0};
  bool done;

  edit_quote(&value, text);
  buffer_add_span(&value, (shako_span){(const uint8_t *)"", 1});
  done = !value.failed && listener_set(e, section, key, value.ptr);
  buffer_free(&value);

  return done;
}

/* Says what the listener is, as shako_listener_summary() has it. */
static void show(void *ctx) {
  const listener_edit *e = ctx;
  char hostname[256];
  setup *all = draft_hostname(&e->c->draft, hostname)
                   ? draft_setup_one(&e->c->draft, hostname, e->index)
                   : NULL;
  const shako_listener *listener =
      all != NULL ? all->listeners[0].listener : NULL;
  size_t len = all != NULL ? shako_listener_summary(listener, NULL, 0) : 0;
  char *text = malloc(len + 1);

  if (text != NULL && len > 0) {
    shako_listener_summary(listener, text, len + 1);
    printf("\n%s", text);
  }

  free(text);
  setup_unref(all);
}

static const operation operations[] = {
    {"NAME", "Change the name of the listener.", listener_ask_name},
    {"INTERFACE", "Change the addresses that it listens on.",
     listener_ask_interface},
    {"LIMITS", "Change the limits.", listener_ask_limits},
    {"SETUP", "Change type, host name and default domain.", listener_ask_setup},
    {"TLS", "Change whether TLS is offered or required.", listener_ask_tls},
    {"CERTIFICATE", "Change the certificates.", listener_certificate},
    {"HOSTACCESS", "Import, export or print the Host Access Table.",
     listener_access},
    {NULL, NULL, NULL},
};

bool listener_edit_run(listener_edit *e) {
  return ask_operations(&e->c->terminal, operations, show, e);
}
