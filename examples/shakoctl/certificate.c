#include "certificate.h"

#include <stdio.h>
#include <stdlib.h>

#include "../shakod/log.h"
#include "../shakod/number.h"
#include "certificate_import.h"
#include "certificate_list.h"
#include "certificate_new.h"

/* Says where the demonstration certificate would be shown. */
static void warn(const draft *d) {
  size_t i;

  for (i = 0; i < d->settings.listener_count; i++) {
    const listener_settings *l = &d->settings.listeners[i];

    if (l->certificate_count == 0 &&
        (l->policy.tls != SHAKO_TLS_SETTING_NO || l->implicit_tls)) {
      printf("WARNING: %s has no certificate: clients are shown the "
             "demonstration certificate,\nwhich proves nothing. Whoever checks "
             "refuses it.\n",
             l->name);
    }
  }
}

static void show(void *ctx) {
  const ctl *c = ctx;
  certificate_list list;
  size_t i;

  certificate_list_make(&list, &c->draft);
  puts(list.count > 0 ? "\nCertificates:" : "\nThere is no certificate.");
  for (i = 0; i < list.count; i++) {
    printf("%zu. ", i + 1);
    certificate_list_show(&list.items[i], &c->draft);
  }

  certificate_list_free(&list);
  warn(&c->draft);
}

/* Says all that is known of |item|. */
static void say(const certificate_settings *item, const draft *d) {
  shako_certificate *certificate = NULL;
  shako_certificate_report report;
  size_t len;
  char *text;

  if (!certificate_list_read(item, d, &certificate, &report)) {
    return;
  }

  len = shako_certificate_report_text(&report, NULL, 0);
  text = malloc(len + 1);
  if (text != NULL) {
    shako_certificate_report_text(&report, text, len + 1);
    printf("\nCertificate: %s\nKey: %s\n%s", item->chain, item->key, text);
  }

  free(text);
  shako_certificate_unref(certificate);
}

static bool print(void *ctx) {
  ctl *c = ctx;
  certificate_list list;
  uint64_t number;
  answer given;

  if (!ask_text(&c->terminal,
                "Enter the number of the certificate you wish to view.", NULL,
                &given)) {
    return false;
  }

  certificate_list_make(&list, &c->draft);
  if (number_parse(given.text, 1, list.count, &number)) {
    say(&list.items[number - 1], &c->draft);
  } else {
    puts("There is no such certificate.");
  }

  certificate_list_free(&list);

  return true;
}

static const operation operations[] = {
    {"IMPORT", "Import a certificate and its key.", certificate_import},
    {"NEW", "Create a self-signed certificate.", certificate_new},
    {"REQUEST", "Create a key and a request for an authority to sign.",
     certificate_request},
    {"PRINT", "View a certificate.", print},
    {NULL, NULL, NULL},
};

bool certificate_config(ctl *c, char *arguments) {
  (void)arguments;

  return ask_operations(&c->terminal, operations, show, c);
}
