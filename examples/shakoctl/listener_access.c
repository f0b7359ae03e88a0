#include "listener_access.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../shakod/file.h"
#include "../shakod/log.h"
#include "../shakod/table.h"
#include "listener_edit.h"
#include "replace.h"

/* Reads the table of the listener, as it is to be, into |text|. */
static bool read_text(buffer *text, const listener_edit *e) {
  const char *path = listener_now(e)->table;

  if (path == NULL) {
    puts("There is no table: the default policy is for every host.");
    return false;
  }

  return file_read(text, staged_path(&e->c->draft.staged, path));
}

/* Adds the name that a table of the listener gets to |to|. */
static void suggest(char *to, size_t size, const char *name) {
  size_t len = (size_t)snprintf(to, size, "%.100s.hat", name);
  size_t i;

  for (i = 0; i < len; i++) {
    to[i] = isalnum((unsigned char)to[i]) || to[i] == '.' ? to[i] : '_';
  }
}

/* Gives the listener the table |name| beside the configuration, where there is
   none yet. */
static bool name_table(const listener_edit *e, const char *name) {
  buffer path = {0};
  bool done = false;

  draft_add_path(&path, &e->c->draft, name);
  if (path.failed) {
    log_line("out of memory");
  } else if (access(path.ptr, F_OK) == 0) {
    printf("%s is there already.\n", path.ptr);
  } else {
    done = listener_set_text(e, NULL, "hat", name);
  }

  buffer_free(&path);

  return done;
}

/* Asks for the file of the table, unless the listener has one. */
static bool ask_name(listener_edit *e, bool *named) {
  char preset[128];
  answer given;

  *named = true;
  if (listener_now(e)->table != NULL) {
    return true;
  }

  suggest(preset, sizeof(preset), listener_now(e)->name);
  if (!ask_text(&e->c->terminal,
                "Enter the name of the file for it, beside the configuration.",
                preset, &given)) {
    return false;
  }

  *named = name_table(e, given.text);

  return true;
}

/* Whether the table in |path| can be that of the listener. */
static bool is_good(const listener_edit *e, const char *path) {
  listener_settings with = *listener_now(e);
  shako_hat *hat;

  with.table = path;
  hat = table_read(&with);
  shako_hat_unref(hat);

  return hat != NULL;
}

/* Says who else has the table. */
static void warn_of_others(const listener_edit *e) {
  const settings *s = &e->c->draft.settings;
  const char *table = s->listeners[e->index].table;
  size_t i;

  for (i = 0; i < s->listener_count; i++) {
    if (i != e->index && s->listeners[i].table != NULL &&
        strcmp(s->listeners[i].table, table) == 0) {
      printf("It is the table of %s too.\n", s->listeners[i].name);
    }
  }
}

static bool import(void *ctx) {
  listener_edit *e = ctx;
  buffer text = {0};
  bool named = false;
  bool answered;
  answer given;

  if (!ask_text(&e->c->terminal, "Enter the name of the file to import.", NULL,
                &given)) {
    return false;
  }

  if (given.text[0] == '\0' || !file_is_regular(given.text) ||
      !is_good(e, given.text)) {
    return true;
  }

  answered = ask_name(e, &named);
  if (answered && named && file_read(&text, given.text) &&
      staged_add(&e->c->draft.staged, listener_now(e)->table,
                 (shako_span){(const uint8_t *)text.ptr, text.len}, false)) {
    puts("The table is imported. It takes the place of the whole old one with "
         "the next commit.");
    warn_of_others(e);
  }

  buffer_free(&text);

  return answered;
}

/* Writes |text| into |path|. */
static void write_file(const char *path, const buffer *text) {
  shako_span span = {(const uint8_t *)text->ptr, text->len};
  replacement file;

  if (replacement_write(&file, path, span,
                        (replacement_kind){false, (uid_t)-1})) {
    if (replacement_finish(&file)) {
      printf("The table is in %s.\n", path);
    }

    replacement_abandon(&file);
  }
}

static bool export(void *ctx) {
  listener_edit *e = ctx;
  buffer text = {0};
  bool sure = true;
  bool answered = true;
  answer given;

  if (!read_text(&text, e)) {
    buffer_free(&text);
    return true;
  }

  answered = ask_text(&e->c->terminal,
                      "Enter the name of the file to export to.", NULL, &given);
  if (answered && access(given.text, F_OK) == 0) {
    sure = false;
    answered =
        ask_yes(&e->c->terminal, "It is there already. Replace it?", &sure);
  }

  if (answered && sure && given.text[0] != '\0') {
    write_file(given.text, &text);
  }

  buffer_free(&text);

  return answered;
}

static bool print(void *ctx) {
  const listener_edit *e = ctx;
  buffer text = {0};
  size_t i;

  if (read_text(&text, e)) {
    for (i = 0; i < text.len; i++) {
      char octet = text.ptr[i];

      putchar(iscntrl((unsigned char)octet) && !isspace((unsigned char)octet)
                  ? '?'
                  : octet);
    }
  }

  buffer_free(&text);

  return true;
}

/* Says what there is. */
static void show(void *ctx) {
  const listener_edit *e = ctx;
  listener_settings l = *listener_now(e);
  shako_hat_group group;
  shako_hat *hat;
  size_t count = 0;

  if (l.table == NULL) {
    puts("\nThere is no table: the default policy is for every host.");
    return;
  }

  l.table = staged_path(&e->c->draft.staged, l.table);
  hat = table_read(&l);
  while (hat != NULL && shako_hat_group_at(hat, count, &group) == 0) {
    count++;
  }

  printf("\nThere are currently %zu sender groups.\n", count);
  shako_hat_unref(hat);
}

static const operation operations[] = {
    {"IMPORT", "Import a table from a file.", import},
    {"EXPORT", "Export the table to a file.", export},
    {"PRINT", "Display the table.", print},
    {NULL, NULL, NULL},
};

bool listener_access(void *ctx) {
  listener_edit *e = ctx;

  return ask_operations(&e->c->terminal, operations, show, e);
}
