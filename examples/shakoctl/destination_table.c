#include "destination_table.h"

#include <limits.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "../shakod/file.h"
#include "../shakod/log.h"
#include "destination.h"

/* Reads |text| into |*read|. */
static bool parse(shako_destinations **read, const char *path,
                  const buffer *text) {
  shako_span span = {(const uint8_t *)text->ptr, text->len};
  shako_place place = {0, 0, NULL};
  int error = text->failed ? SHAKO_ERR_NOMEM
                           : shako_destinations_read(read, span, NULL, &place);

  if (error == SHAKO_ERR_SYNTAX) {
    log_line("%s:%u:%u: %s", path, place.line, place.column, place.what);
  } else if (error != 0) {
    log_line("%s: %s", path, shako_strerror(error));
  }

  return error == 0;
}

bool destination_table_open(destination_table *t, const draft *d) {
  const char *now;

  *t = (destination_table){.read = NULL};
  draft_add_path(&t->path, d, DESTINATION_FILE);
  if (t->path.failed) {
    log_line("out of memory");
    return false;
  }

  now = staged_path(&d->staged, t->path.ptr);

  return (access(now, F_OK) != 0 || file_read(&t->text, now)) &&
         parse(&t->read, t->path.ptr, &t->text);
}

void destination_table_close(destination_table *t) {
  shako_destinations_unref(t->read);
  buffer_free(&t->text);
  buffer_free(&t->path);
}

shako_span destination_table_text(const destination_table *t) {
  return (shako_span){(const uint8_t *)t->text.ptr, t->text.len};
}

bool destination_table_at(const destination_table *t, size_t i,
                          shako_destination *entry) {
  shako_destination_default(entry);

  return shako_destination_at(t->read, i, entry) == 0;
}

size_t destination_table_find(const destination_table *t, const char *name) {
  shako_destination entry;
  size_t i;

  for (i = 1; destination_table_at(t, i, &entry); i++) {
    if (strcasecmp(entry.name, name) == 0) {
      return i;
    }
  }

  return 0;
}

section_lines destination_table_lines(const destination_table *t, size_t i) {
  section_lines lines = {0, UINT_MAX};
  shako_destination entry;
  size_t other;

  if (destination_table_at(t, i, &entry)) {
    lines.first = entry.line;
  }

  for (other = 0; destination_table_at(t, other, &entry); other++) {
    if (entry.line > lines.first && entry.line < lines.end) {
      lines.end = entry.line;
    }
  }

  return lines;
}

bool destination_table_put(const destination_table *t, draft *d, buffer *text) {
  shako_destinations *read = NULL;
  bool done =
      parse(&read, t->path.ptr, text) &&
      staged_add(&d->staged, t->path.ptr,
                 (shako_span){(const uint8_t *)text->ptr, text->len}, false);

  shako_destinations_unref(read);
  buffer_free(text);

  return done;
}

/* Returns the number of the section |name|; that of the default for NULL. */
static size_t number_of(const destination_table *t, const char *name) {
  return name != NULL ? destination_table_find(t, name) : 0;
}

void destination_table_set(draft *d, const char *name, const char *key,
                           const char *value) {
  destination_table t;
  buffer to = {0};

  if (destination_table_open(&t, d)) {
    destination_text_set(&to, destination_table_text(&t),
                         destination_table_lines(&t, number_of(&t, name)), key,
                         value);
    destination_table_put(&t, d, &to);
  }

  destination_table_close(&t);
}

bool destination_table_add(draft *d, const char *name) {
  destination_table t;
  buffer to = {0};
  bool done = destination_table_open(&t, d);

  /* The default may not stand in the text. */
  if (done && (name != NULL ? destination_table_find(&t, name) == 0
                            : destination_table_lines(&t, 0).first == 0)) {
    destination_text_add(&to, destination_table_text(&t),
                         name != NULL ? name : "DEFAULT", name == NULL);
    done = destination_table_put(&t, d, &to);
  }

  destination_table_close(&t);

  return done;
}

bool destination_table_get(const draft *d, const char *name,
                           shako_destination *entry) {
  destination_table t;
  bool done = destination_table_open(&t, d) &&
              destination_table_at(&t, number_of(&t, name), entry);

  destination_table_close(&t);

  return done;
}
