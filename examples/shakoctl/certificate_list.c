#include "certificate_list.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../shakod/log.h"
#include "terminal.h"

static bool is_known(const certificate_list *list, const char *chain) {
  size_t i;

  for (i = 0; i < list->count; i++) {
    if (strcmp(list->items[i].chain, chain) == 0) {
      return true;
    }
  }

  return false;
}

static void free_item(certificate_settings *item) {
  free((void *)(uintptr_t)item->chain);
  free((void *)(uintptr_t)item->key);
  free((void *)(uintptr_t)item->passphrase);
}

static void add(certificate_list *list, const char *chain, const char *key,
                const char *passphrase) {
  certificate_settings item;

  if (list->count == CERTIFICATE_LIST_MAX || is_known(list, chain)) {
    return;
  }

  item = (certificate_settings){
      .chain = strdup(chain),
      .key = strdup(key),
      .passphrase = passphrase != NULL ? strdup(passphrase) : NULL};
  if (item.chain == NULL || item.key == NULL ||
      (item.passphrase == NULL) != (passphrase == NULL)) {
    free_item(&item);
    return;
  }

  list->items[list->count++] = item;
}

/* Returns |stem| and |end|, or NULL where that is no file. */
static char *find(const draft *d, const char *stem, size_t len,
                  const char *end) {
  char *path;

  if (asprintf(&path, "%.*s%s", (int)len, stem, end) < 0) {
    return NULL;
  }

  if (access(path, F_OK) != 0 && staged_find(&d->staged, path) == NULL) {
    free(path);
    path = NULL;
  }

  return path;
}

/* Adds |chain| if it is NAME.pem and has a key. */
static void add_found(certificate_list *list, const draft *d,
                      const char *chain) {
  size_t len = strlen(chain);
  char *key;
  char *passphrase;

  if (len <= 4 || strcmp(chain + len - 4, ".pem") != 0) {
    return;
  }

  key = find(d, chain, len - 4, ".key");
  passphrase = find(d, chain, len - 4, ".secret");
  if (key != NULL) {
    add(list, chain, key, passphrase);
  }

  free(key);
  free(passphrase);
}

static void add_folder(certificate_list *list, const draft *d) {
  struct dirent **names;
  size_t len = draft_folder_length(d);
  char *folder = len > 0 ? strndup(d->path, len) : strdup(".");
  int count = folder != NULL ? scandir(folder, &names, NULL, alphasort) : 0;
  int i;

  for (i = 0; i < count; i++) {
    char *path;

    if (asprintf(&path, "%.*s%s", (int)len, d->path, names[i]->d_name) > 0) {
      add_found(list, d, path);
      free(path);
    }

    free(names[i]);
  }

  if (count > 0) {
    free(names);
  }

  free(folder);
}

void certificate_list_make(certificate_list *list, const draft *d) {
  size_t l;
  size_t i;

  list->count = 0;
  for (l = 0; l < d->settings.listener_count; l++) {
    const listener_settings *from = &d->settings.listeners[l];

    for (i = 0; i < from->certificate_count; i++) {
      const certificate_settings *c = &from->certificates[i];

      add(list, c->chain, c->key, c->passphrase);
    }
  }

  for (i = 0; i < d->staged.count; i++) {
    add_found(list, d, d->staged.files[i].path);
  }

  add_folder(list, d);
}

void certificate_list_free(certificate_list *list) {
  while (list->count > 0) {
    free_item(&list->items[--list->count]);
  }
}

bool certificate_list_read(const certificate_settings *item, const draft *d,
                           shako_certificate **certificate,
                           shako_certificate_report *report) {
  certificate_settings now = *item;
  int error;

  now.chain = staged_path(&d->staged, item->chain);
  now.key = staged_path(&d->staged, item->key);
  now.passphrase = staged_path(&d->staged, item->passphrase);
  if (!certificate_read(certificate, &now, d->settings.engine)) {
    return false;
  }

  *report = (shako_certificate_report){.struct_size = sizeof(*report)};
  error =
      shako_certificate_check(*certificate, NULL, (int64_t)time(NULL), report);
  if (error != 0) {
    log_line("%s: %s", item->chain, shako_strerror(error));
    shako_certificate_unref(*certificate);
  }

  return error == 0;
}

/* Says which listeners have |item|. */
static void show_users(const certificate_settings *item, const draft *d) {
  const char *separator = "; used by ";
  size_t l;
  size_t i;

  for (l = 0; l < d->settings.listener_count; l++) {
    const listener_settings *from = &d->settings.listeners[l];

    for (i = 0; i < from->certificate_count; i++) {
      if (strcmp(from->certificates[i].chain, item->chain) == 0) {
        printf("%s%s", separator, from->name);
        separator = ", ";
        break;
      }
    }
  }
}

/* Whoever made the certificate wrote its names. */
static void show_name(shako_span name) {
  size_t i;

  for (i = 0; i < name.len; i++) {
    putchar(terminal_octet((char)name.ptr[i]));
  }
}

/* Says what is in |report|. */
static void show_report(const shako_certificate_report *report) {
  size_t i;

  for (i = 0; i < report->name_count && i < SHAKO_CERTIFICATE_NAMES_MAX; i++) {
    fputs(i > 0 ? ", " : "", stdout);
    show_name(report->names[i]);
  }

  printf("%s; %s; ", report->name_count > 0 ? "" : "no names", report->key);
  if (report->days_left < 0) {
    printf("EXPIRED");
  } else {
    printf("%lld days left", (long long)report->days_left);
  }

  printf("; the key %s", report->key_fits ? "fits" : "DOES NOT FIT");
  printf("%s", report->is_demonstration ? "; DEMONSTRATION certificate"
               : report->self_signed    ? "; self-signed"
                                        : "");
}

void certificate_list_show(const certificate_settings *item, const draft *d) {
  shako_certificate *certificate = NULL;
  shako_certificate_report report;

  printf("%s: ", draft_name(d, item->chain));
  fflush(stdout);
  if (!certificate_list_read(item, d, &certificate, &report)) {
    return; /* a line said why */
  }

  show_report(&report);
  show_users(item, d);
  putchar('\n');
  shako_certificate_unref(certificate);
}
