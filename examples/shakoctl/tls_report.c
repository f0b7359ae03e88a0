#include "tls_report.h"

#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "../shakod/address.h"
#include "../shakod/log.h"
#include "fetch.h"

#define ROWS_MAX 20 /* of each table */

/* A line of the totals. */
typedef struct total {
  const char *key;
  const char *text;
} total;

static const total totals[] = {
    {"required_ok", "TLS required: successful"},
    {"required_failed", "TLS required: failed"},
    {"preferred_ok", "TLS preferred: successful"},
    {"preferred_failed", "TLS preferred: failed"},
    {"clear", "In the clear"},
    {"none", "TLS not at issue"},
    {"connections", "Total connections"},
    {"messages_tls", "Messages encrypted"},
    {"messages", "Total messages"},
};

static long long number(const json_t *row, const char *key) {
  return (long long)json_integer_value(json_object_get(row, key));
}

/* Says the string |key| of |row| in |width| columns.  It may come from a
   peer. */
static void say_text(const json_t *row, const char *key, int width) {
  const char *text = json_string_value(json_object_get(row, key));
  char shown[64] = "-";
  size_t i;

  if (text != NULL && text[0] != '\0') {
    snprintf(shown, sizeof(shown), "%s", text);
  }

  for (i = 0; shown[i] != '\0'; i++) {
    shown[i] = terminal_octet(shown[i]);
  }

  printf("%-*.*s ", width, width, shown);
}

static void say_totals(const json_t *report) {
  const json_t *values = json_object_get(report, "totals");
  size_t i;

  for (i = 0; i < sizeof(totals) / sizeof(totals[0]); i++) {
    printf("%-28s%12lld\n", totals[i].text, number(values, totals[i].key));
  }
}

/* Returns how many connections of |row| had TLS. */
static long long secured(const json_t *row) {
  const json_t *tls = json_object_get(row, "tls");

  return number(tls, "required-ok") + number(tls, "preferred-ok");
}

static void say_row(const json_t *row, const char *first, const char *second) {
  say_text(row, first, second != NULL ? 20 : 41);
  if (second != NULL) {
    say_text(row, second, 20);
  }

  printf("%11lld %9lld %9lld %9lld\n", number(row, "connections"), secured(row),
         number(row, "messages"), number(row, "messages_tls"));
}

/* Says the table |rows|, whose rows are named by |first| and |second|. */
static void say_rows(const json_t *rows, const char *title, const char *first,
                     const char *second) {
  size_t count = json_array_size(rows);
  size_t i;

  printf("\n%-41s connections  with TLS  messages encrypted\n", title);
  for (i = 0; i < count && i < ROWS_MAX; i++) {
    say_row(json_array_get(rows, i), first, second);
  }

  if (count > ROWS_MAX) {
    printf("... and %zu more\n", count - ROWS_MAX);
  }
}

static void say(const json_t *report) {
  say_totals(report);
  say_rows(json_object_get(report, "groups"), "Listener, sender group",
           "listener", "group");
  say_rows(json_object_get(json_object_get(report, "domains"), "rows"),
           "Domain", "domain", NULL);
  say_rows(json_object_get(json_object_get(report, "peers"), "rows"), "Peer",
           "peer", NULL);
}

/* Returns whether there was something to say. */
static bool run(const char *address) {
  buffer text = {0};
  json_error_t error;
  json_t *report = NULL;

  if (fetch(&text, address, "/report.json")) {
    report = json_loadb(text.ptr, text.len, JSON_REJECT_DUPLICATES, &error);
    if (report == NULL) {
      log_line("%s: no report: %s", address, error.text);
    }
  }

  if (report != NULL) {
    say(report);
  }

  buffer_free(&text);
  json_decref(report);

  return report != NULL;
}

bool tls_report(ctl *c, char *arguments) {
  const char *address =
      arguments[0] != '\0' ? arguments : c->draft.settings.status.text;
  shako_address parsed;
  uint16_t port;
  const char *wrong = NULL;

  if (address == NULL) {
    puts("shakod tells no report: set status = \"127.0.0.1:9099\" in its "
         "configuration.");
    c->status = 1;
    return true;
  }

  wrong = address_parse(&parsed, &port, address);
  if (wrong != NULL) {
    printf("%s: %s.\n", address, wrong);
  }

  c->status = wrong == NULL && run(address) ? 0 : 1;

  return true;
}
