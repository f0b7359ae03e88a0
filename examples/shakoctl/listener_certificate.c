#include "listener_certificate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../shakod/log.h"
#include "../shakod/number.h"
#include "certificate_list.h"
#include "edit.h"
#include "listener_edit.h"

/* Whom |c| is for, in words. */
static const char *for_whom(const certificate_settings *c) {
  if (c->name == NULL) {
    return "all others";
  }

  return c->name[0] != '\0' ? c->name : "its own names";
}

static void show(void *ctx) {
  const listener_edit *e = ctx;
  const listener_settings *l = listener_now(e);
  size_t i;

  puts(l->certificate_count > 0
           ? "\nCertificates of this listener:"
           : "\nThis listener has no certificate. Where TLS is offered, "
             "clients are shown the\ndemonstration certificate, which proves "
             "nothing.");
  for (i = 0; i < l->certificate_count; i++) {
    printf("%zu. for %s: ", i + 1, for_whom(&l->certificates[i]));
    certificate_list_show(&l->certificates[i], &e->c->draft);
  }
}

/* Adds 'KEY = "VALUE"' on a line of a section. */
static void add_path(buffer *to, const draft *d, const char *key,
                     const char *path) {
  if (path != NULL) {
    buffer_add(to, "  ");
    buffer_add(to, key);
    buffer_add(to, " = ");
    edit_quote(to, draft_name(d, path));
    buffer_add(to, "\n");
  }
}

/* Adds |item| for |name| to the configuration. */
static bool add_section(const listener_edit *e, const char *name,
                        const certificate_settings *item) {
  const draft *d = &e->c->draft;
  buffer lines = {0};
  buffer to = {0};
  conf_item listener;

  buffer_add(&lines, "certificate ");
  edit_quote(&lines, name);
  buffer_add(&lines, " {\n");
  add_path(&lines, d, "chain", item->chain);
  add_path(&lines, d, "key", item->key);
  add_path(&lines, d, "passphrase_file", item->passphrase);
  buffer_add(&lines, "}");
  buffer_add_span(&lines, (shako_span){(const uint8_t *)"", 1});
  if (lines.failed || !listener_find(e, &listener)) {
    to.failed = true;
  } else {
    edit_append(&to, draft_text(d), &listener, lines.ptr);
  }

  buffer_free(&lines);

  return draft_change(&e->c->draft, &to);
}

/* Whether shakod could begin with what is configured now. */
static bool is_usable(const draft *d) {
  char hostname[256];
  setup *all = draft_hostname(d, hostname) ? draft_setup(d, hostname) : NULL;

  setup_unref(all);

  return all != NULL;
}

/* Returns the kind of the key of |item|, or NULL after a line. */
static const char *kind_of(const draft *d, const certificate_settings *item) {
  shako_certificate *certificate = NULL;
  shako_certificate_report report;

  if (!certificate_list_read(item, d, &certificate, &report)) {
    return NULL;
  }

  shako_certificate_unref(certificate);

  return report.key;
}

/* Whether |c| is for |name|, as the configuration has it. */
static bool is_for(const certificate_settings *c, const char *name) {
  if (c->name == NULL) {
    return strcmp(name, "default") == 0 || strcmp(name, "*") == 0;
  }

  return strcasecmp(c->name, name) == 0;
}

/* Whether |item| would be the second of its kind for |name|, which no client
   would ever see. */
static bool is_second(const listener_edit *e, const char *name,
                      const certificate_settings *item) {
  const draft *d = &e->c->draft;
  const listener_settings *l = listener_now(e);
  const char *kind = kind_of(d, item);
  size_t i;

  for (i = 0; kind != NULL && i < l->certificate_count; i++) {
    const char *other = is_for(&l->certificates[i], name)
                            ? kind_of(d, &l->certificates[i])
                            : NULL;

    if (other != NULL && strcmp(kind, other) == 0) {
      printf("There is one of its kind (%s) for that name. Use DELETE first.\n",
             kind);
      return true;
    }
  }

  return kind == NULL;
}

static void use(const listener_edit *e, const char *name,
                const certificate_settings *item) {
  draft *d = &e->c->draft;
  draft_mark mark;

  if (is_second(e, name, item) || !draft_take_mark(d, &mark)) {
    return;
  }

  if (add_section(e, name, item) && is_usable(d)) {
    draft_forget(&mark);
    return;
  }

  puts("It was not added.");
  draft_return(d, &mark);
}

/* Asks which of |list|, and for whom. */
static bool ask_use(listener_edit *e, const certificate_list *list) {
  uint64_t number;
  answer which;
  answer name;
  size_t i;

  for (i = 0; i < list->count; i++) {
    printf("%zu. ", i + 1);
    certificate_list_show(&list->items[i], &e->c->draft);
  }

  if (!ask_text(&e->c->terminal, "Enter the number of the certificate.", NULL,
                &which)) {
    return false;
  }

  if (!number_parse(which.text, 1, list->count, &number)) {
    puts("There is no such certificate.");
    return true;
  }

  if (!ask_text(&e->c->terminal,
                "Enter the host name that clients ask for, *.DOMAIN for all "
                "under it, or\ndefault for all others.",
                "default", &name)) {
    return false;
  }

  use(e, name.text, &list->items[number - 1]);

  return true;
}

static bool add_one(void *ctx) {
  listener_edit *e = ctx;
  certificate_list list;
  bool answered = true;

  certificate_list_make(&list, &e->c->draft);
  if (list.count > 0) {
    answered = ask_use(e, &list);
  } else {
    puts("There is no certificate. Please use the 'certconfig' command.");
  }

  certificate_list_free(&list);

  return answered;
}

/* Takes the options "certificate" and "key" out of |in|. */
static void remove_pair(buffer *to, shako_span text, conf_item *first,
                        conf_item *second) {
  buffer half = {0};
  conf_item *later = first->whole.start > second->whole.start ? first : second;
  conf_item *earlier = later == first ? second : first;

  edit_remove(&half, text, later->whole);
  edit_remove(to, (shako_span){(const uint8_t *)half.ptr, half.len},
              earlier->whole);
  to->failed = to->failed || half.failed;
  buffer_free(&half);
}

/* Takes out certificate |i| of the listener, in the order of its settings. */
static void remove_one(listener_edit *e, size_t i) {
  shako_span text = draft_text(&e->c->draft);
  buffer to = {0};
  conf_item listener;
  conf_item chain;
  conf_item other;
  bool has_pair;

  if (!listener_find(e, &listener)) {
    return;
  }

  has_pair = conf_find_option(text, listener.value, "certificate", &chain) &&
             conf_find_option(text, listener.value, "key", &other);
  if (has_pair && i == 0) {
    remove_pair(&to, text, &chain, &other);
  } else if (conf_find_section(text, listener.value, "certificate",
                               i - has_pair, &other)) {
    edit_remove(&to, text, other.whole);
  }

  if (to.len > 0) {
    draft_change(&e->c->draft, &to);
  }

  buffer_free(&to);
}

static bool delete_one(void *ctx) {
  listener_edit *e = ctx;
  uint64_t number;
  answer given;

  if (!ask_text(&e->c->terminal,
                "Enter the number of the certificate that it is not to use.",
                NULL, &given)) {
    return false;
  }

  if (number_parse(given.text, 1, listener_now(e)->certificate_count,
                   &number)) {
    remove_one(e, (size_t)number - 1);
  } else {
    puts("There is no such certificate.");
  }

  return true;
}

static const operation operations[] = {
    {"ADD", "Use a certificate for a name.", add_one},
    {"DELETE", "Stop using a certificate; its files stay.", delete_one},
    {NULL, NULL, NULL},
};

bool listener_certificate(void *ctx) {
  listener_edit *e = ctx;

  return ask_operations(&e->c->terminal, operations, show, e);
}
