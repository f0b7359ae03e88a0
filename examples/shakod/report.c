#include "report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "alert_relay.h"
#include "certificate_check.h"
#include "log.h"
#include "table.h"

#define EXIT_WRONG 2

static int say_out_of_memory(void) {
  log_line("out of memory");

  return 1;
}

static int say_summary(const shako_listener *listener) {
  size_t len = shako_listener_summary(listener, NULL, 0);
  char *text = len > 0 ? malloc(len + 1) : NULL;

  if (text == NULL || shako_listener_summary(listener, text, len + 1) != len) {
    free(text);
    return say_out_of_memory();
  }

  fputs(text, stdout);
  free(text);

  return 0;
}

/* Whom a certificate is for, in words. */
static const char *certificate_for(const certificate_settings *from) {
  if (from->name == NULL) {
    return "all others";
  }

  return from->name[0] != '\0' ? from->name : "its own names";
}

/* Says it of certificate |i| of listener |l|. */
static int say_certificate(const setup *all, const settings *s, size_t l,
                           size_t i, const char *hostname) {
  const certificate_settings *from = &s->listeners[l].certificates[i];
  shako_certificate_report report;
  size_t len;
  char *text;

  certificate_inspect(&report, all, s, l, i, hostname);
  len = shako_certificate_report_text(&report, NULL, 0);
  text = malloc(len + 1);
  if (text == NULL) {
    return say_out_of_memory();
  }

  shako_certificate_report_text(&report, text, len + 1);
  printf("\nCertificate: %s\nListener: %s\nFor: %s\n%s", from->chain,
         s->listeners[l].name, certificate_for(from), text);
  free(text);

  return certificate_is_stale(&report, (int64_t)time(NULL));
}

int report_check(const settings *s, const char *hostname) {
  setup *all = setup_new(s, hostname, NULL);
  int status = all == NULL || !alert_relay_check(s);
  size_t l;
  size_t i;

  for (l = 0; all != NULL && l < all->count; l++) {
    fputs(l > 0 ? "\n" : "", stdout);
    status |= say_summary(all->listeners[l].listener);
    for (i = 0; i < all->listeners[l].certificates.count; i++) {
      status |= say_certificate(all, s, l, i, hostname);
    }
  }

  setup_unref(all);

  return status;
}

static int say_explanation(const shako_hat *hat, const shako_peer *peer,
                           const char *sender) {
  shako_span path = {(const uint8_t *)sender,
                     sender != NULL ? strlen(sender) : 0};
  shako_hat_explanation *explanation = NULL;
  int error = shako_hat_explain(&explanation, hat, peer, path);
  size_t len =
      error == 0 ? shako_hat_explanation_text(explanation, NULL, 0) : 0;
  char *text = error == 0 ? malloc(len + 1) : NULL;

  if (text != NULL) {
    shako_hat_explanation_text(explanation, text, len + 1);
    fputs(text, stdout);
  }

  free(text);
  shako_hat_explanation_free(explanation);

  return text != NULL ? 0 : say_out_of_memory();
}

/* What a server says that finds out nothing. */
static void know_nothing(shako_peer *peer) {
  if (peer->name_state == SHAKO_NAME_UNASKED) {
    peer->name_state = SHAKO_NAME_NONE;
  }

  peer->score_state = SHAKO_SCORE_NONE;
  peer->owner_asked = 1;
  peer->lists_asked = UINT64_MAX;
}

/* Explains |peer| by what is known; where that does not decide, then as if all
   the rest had no answer. */
static int explain(const shako_hat *hat, const shako_peer *peer,
                   const char *sender) {
  shako_peer silent = *peer;
  shako_hat_match match;
  int status = say_explanation(hat, peer, sender);

  shako_hat_find(hat, peer, &match);
  if (match.need == 0 || status != 0) {
    return status;
  }

  know_nothing(&silent);
  puts("\nWith no answer to any of that:\n");

  return say_explanation(hat, &silent, sender);
}

static int explain_at(const listener_settings *l, const shako_peer *peer,
                      const char *sender) {
  shako_hat *hat;
  int status;

  printf("Listener: %s\n", l->name);
  if (l->table == NULL) {
    puts("No table: the default policy is for every peer.");
    return 0;
  }

  hat = table_read(l);
  status = hat != NULL ? explain(hat, peer, sender) : EXIT_WRONG;
  shako_hat_unref(hat);

  return status;
}

/* Fills |*peer| with what |o| says. */
static bool take_peer(shako_peer *peer, const options *o) {
  shako_span text = {(const uint8_t *)o->address, strlen(o->address)};

  shako_peer_default(peer);
  if (shako_address_parse(&peer->address, text) != 0) {
    log_line("--explain %s: not an IP address", o->address);
    return false;
  }

  if (o->name != NULL && (o->name[0] == '\0' || strlen(o->name) > 255)) {
    log_line("--name: empty, or longer than 255 octets");
    return false;
  }

  if (o->name != NULL) {
    peer->name_state = SHAKO_NAME_VERIFIED;
    peer->name = (shako_span){(const uint8_t *)o->name, strlen(o->name)};
  }

  return true;
}

int report_explain(const settings *s, const options *o) {
  shako_peer peer;
  bool found = false;
  int status = 0;
  size_t i;

  if (!take_peer(&peer, o)) {
    return EXIT_WRONG;
  }

  for (i = 0; i < s->listener_count && status == 0; i++) {
    const listener_settings *l = &s->listeners[i];

    if (o->listener == NULL || strcmp(o->listener, l->name) == 0) {
      fputs(found ? "\n" : "", stdout);
      found = true;
      status = explain_at(l, &peer, o->sender);
    }
  }

  if (!found) {
    log_line("--listener %s: there is none of that name", o->listener);
    status = EXIT_WRONG;
  }

  return status;
}
