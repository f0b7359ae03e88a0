#include "certificate_new.h"

#include <stdio.h>
#include <string.h>

#include "../shakod/log.h"
#include "../shakod/number.h"
#include "certificate_import.h"
#include "certificate_make.h"

#define DAYS_MAX 3650

static shako_span span_of(BIO *bio) {
  char *octets = NULL;
  long len = BIO_get_mem_data(bio, &octets);

  return (shako_span){(const uint8_t *)octets, (size_t)len};
}

static void print(shako_span text) {
  fwrite(text.ptr, 1, text.len, stdout);
}

/* Stages what |plan| asks for. */
static void make(draft *d, const certificate_paths *paths,
                 const certificate_plan *plan) {
  const char *path = plan->request ? paths->request.ptr : paths->chain.ptr;
  size_t mark = d->staged.count;
  BIO *certificate = BIO_new(BIO_s_mem());
  BIO *key = BIO_new(BIO_s_secmem());

  if (certificate == NULL || key == NULL) {
    log_line("out of memory");
  } else if (certificate_make(certificate, key, plan) &&
             staged_add(&d->staged, path, span_of(certificate), false) &&
             staged_add(&d->staged, paths->key.ptr, span_of(key), true)) {
    if (plan->request) {
      print(span_of(certificate));
    }

    printf("%s and %s are written with the next commit.\n", draft_name(d, path),
           draft_name(d, paths->key.ptr));
  } else {
    staged_cut(&d->staged, mark);
  }

  if (key != NULL) {
    shako_span octets = span_of(key);

    explicit_bzero((void *)(uintptr_t)octets.ptr, octets.len);
  }

  BIO_free(certificate);
  BIO_free(key);
}

/* Whether each of |text| is the name of a host, or "*." and one. */
static bool are_names(const char *text) {
  size_t count = 0;

  while (*(text += strspn(text, " ")) != '\0') {
    char name[256];
    size_t len = strcspn(text, " ");
    const char *wrong = len < sizeof(name) ? NULL : "too long";

    if (wrong == NULL) {
      snprintf(name, sizeof(name), "%.*s", (int)len, text);
      wrong = settings_judge_hostname(strncmp(name, "*.", 2) == 0 ? name + 2
                                                                  : name);
      wrong = name[0] == '[' ? "an address" : wrong;
    }

    if (wrong != NULL) {
      printf("%.*s: %s.\n", (int)len, text, wrong);
      return false;
    }

    text += len;
    count++;
  }

  return count > 0;
}

static bool ask_names(ctl *c, answer *names) {
  char hostname[256];

  if (!draft_hostname(&c->draft, hostname)) {
    hostname[0] = '\0';
  }

  do {
    if (!ask_text(&c->terminal,
                  "Enter the host names, with blanks between them.", hostname,
                  names)) {
      return false;
    }
  } while (!are_names(names->text));

  return true;
}

static bool ask_days(ctl *c, long *days) {
  uint64_t number = 365;
  answer given;

  do {
    if (!ask_text(&c->terminal,
                  "Enter the number of days that it is valid, 1 to 3650.",
                  "365", &given)) {
      return false;
    }
  } while (!number_parse(given.text, 1, DAYS_MAX, &number));

  *days = (long)number;

  return true;
}

static bool ask_key(ctl *c, bool *rsa) {
  static const char *const choices[] = {"ECDSA (P-256)", "RSA (2048 bits)"};
  size_t chosen = 0;

  if (!ask_choice(&c->terminal, "Select the kind of key.", choices, 2,
                  &chosen)) {
    return false;
  }

  *rsa = chosen == 1;

  return true;
}

/* Asks for the rest of |plan|, and does it. */
static bool run(ctl *c, const certificate_paths *paths,
                certificate_plan *plan) {
  answer names;

  if (certificate_is_there(&c->draft, paths->key.ptr) ||
      certificate_is_there(&c->draft, paths->chain.ptr)) {
    puts("There is such a certificate or key: give it another name.");
    return true;
  }

  if (!ask_names(c, &names) || !ask_key(c, &plan->rsa) ||
      (!plan->request && !ask_days(c, &plan->days))) {
    return false;
  }

  plan->names = names.text + strspn(names.text, " ");
  make(&c->draft, paths, plan);
  plan->names = NULL;

  return true;
}

static bool ask_and_run(ctl *c, bool request) {
  certificate_plan plan = {.request = request};
  certificate_paths paths;
  bool answered = certificate_ask_name(c, &paths) && run(c, &paths, &plan);

  certificate_paths_free(&paths);

  return answered;
}

bool certificate_new(void *ctx) {
  return ask_and_run(ctx, false);
}

bool certificate_request(void *ctx) {
  return ask_and_run(ctx, true);
}
