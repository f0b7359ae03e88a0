#include "draft.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../shakod/config.h"
#include "../shakod/file.h"
#include "../shakod/log.h"
#include "../shakod/service.h"

/* What a configuration begins with. */
#define FIRST "maildir = \"mail\"\n"

static shako_span span_of(const buffer *b) {
  return (shako_span){(const uint8_t *)b->ptr, b->len};
}

shako_span draft_text(const draft *d) {
  return span_of(&d->text);
}

static size_t count_listeners(shako_span text) {
  range all = {0, text.len};
  conf_item item;
  size_t count = 0;

  while (conf_find_section(text, all, "listener", count, &item)) {
    count++;
  }

  return count;
}

/* Returns whether we see what libConfuse sees. */
static bool agrees(const settings *s, shako_span text, const char *path) {
  unsigned line = 1;

  if (!conf_check(text, &line) || count_listeners(text) != s->listener_count) {
    log_line("%s:%u: not understood well enough to be edited here: what is "
             "unusual must be changed by hand",
             path, line);
    return false;
  }

  return true;
}

/* Reads |text| into |*s|. */
static bool parse(settings *s, const char *path, const buffer *text) {
  buffer copy = {0};
  bool done;

  buffer_add_span(&copy, span_of(text));
  if (!settings_open(s) || copy.failed) {
    log_line("out of memory");
    buffer_free(&copy);
    return false;
  }

  done = config_parse(s, path, &copy);
  buffer_free(&copy);

  return done && agrees(s, span_of(text), path);
}

bool draft_change(draft *d, buffer *text) {
  settings fresh = {0};

  if (text->failed || !parse(&fresh, d->path, text)) {
    settings_close(&fresh);
    buffer_free(text);
    return false;
  }

  settings_close(&d->settings);
  buffer_free(&d->text);
  d->settings = fresh;
  d->text = *text;
  *text = (buffer){0};

  return true;
}

/* Begins where there is no file. */
static bool begin(draft *d) {
  settings_close(&d->settings);
  buffer_free(&d->text);
  buffer_add(&d->text, FIRST);
  d->is_new = true;

  return settings_open(&d->settings) && !d->text.failed;
}

static bool same(const buffer *a, const buffer *b) {
  return a->len == b->len &&
         (a->len == 0 || memcmp(a->ptr, b->ptr, a->len) == 0);
}

/* Stores where |path| leads.  Returns whether there is a file. */
static bool find(draft *d, const char *path) {
  d->path = realpath(path, NULL);
  if (d->path != NULL) {
    return true;
  }

  if (errno != ENOENT) {
    log_line("%s: %s", path, strerror(errno));
    return false;
  }

  d->path = strdup(path);

  return false;
}

bool draft_open(draft *d, const char *path) {
  buffer text = {0};

  *d = (draft){0};
  if (!find(d, path)) {
    return d->path != NULL && begin(d);
  }

  if (!file_read(&d->disk, d->path)) {
    return false;
  }

  buffer_add_span(&text, span_of(&d->disk));

  return draft_change(d, &text);
}

void draft_close(draft *d) {
  staged_cut(&d->staged, 0);
  settings_close(&d->settings);
  buffer_free(&d->text);
  buffer_free(&d->disk);
  free(d->path);
}

bool draft_is_changed(const draft *d) {
  return d->staged.count > 0 || (d->is_new ? d->settings.listener_count > 0
                                           : !same(&d->text, &d->disk));
}

bool draft_take_mark(const draft *d, draft_mark *mark) {
  *mark = (draft_mark){.staged = d->staged.count,
                       .is_first = d->settings.listener_count == 0};
  buffer_add_span(&mark->text, draft_text(d));

  return !mark->text.failed;
}

bool draft_return(draft *d, draft_mark *mark) {
  bool done = true;

  staged_cut(&d->staged, mark->staged);
  if (mark->is_first) {
    done = begin(d);
  } else if (!same(&mark->text, &d->text)) {
    done = draft_change(d, &mark->text);
  }

  draft_forget(mark);

  return done;
}

bool draft_clear(draft *d) {
  draft_mark mark = {.is_first = d->is_new};

  buffer_add_span(&mark.text, span_of(&d->disk));

  return draft_return(d, &mark);
}

void draft_forget(draft_mark *mark) {
  buffer_free(&mark->text);
}

bool draft_settle(draft *d) {
  staged_cut(&d->staged, 0);
  buffer_free(&d->disk);
  d->is_new = false;
  buffer_add_span(&d->disk, draft_text(d));

  return !d->disk.failed;
}

/* Has all paths of |l| lead to what is to be. */
static void redirect(listener_settings *l, const staged *s) {
  size_t i;

  l->table = staged_path(s, l->table);
  for (i = 0; i < l->certificate_count; i++) {
    certificate_settings *c = &l->certificates[i];

    c->chain = staged_path(s, c->chain);
    c->key = staged_path(s, c->key);
    c->passphrase = staged_path(s, c->passphrase);
  }
}

/* Makes |count| listeners from the one at |first| on. */
static setup *make_setup(const draft *d, const char *hostname, size_t first,
                         size_t count) {
  settings now = d->settings;
  setup *made = NULL;
  size_t i;

  now.listeners = calloc(LISTENERS_MAX, sizeof(now.listeners[0]));
  now.listener_count = count;
  if (now.listeners == NULL) {
    log_line("out of memory");
    return NULL;
  }

  for (i = 0; i < count; i++) {
    now.listeners[i] = d->settings.listeners[first + i];
    redirect(&now.listeners[i], &d->staged);
  }

  made = setup_new(&now, hostname, NULL);
  free(now.listeners);

  return made;
}

setup *draft_setup(const draft *d, const char *hostname) {
  return make_setup(d, hostname, 0, d->settings.listener_count);
}

setup *draft_setup_one(const draft *d, const char *hostname, size_t index) {
  return make_setup(d, hostname, index, 1);
}

bool draft_hostname(const draft *d, char *name) {
  service us;
  bool known = service_open(&us, &d->settings);

  memcpy(name, us.hostname, strlen(us.hostname) + 1);
  service_close(&us);

  return known;
}

size_t draft_folder_length(const draft *d) {
  const char *slash = strrchr(d->path, '/');

  return slash != NULL ? (size_t)(slash - d->path) + 1 : 0;
}

const char *draft_name(const draft *d, const char *path) {
  size_t len = draft_folder_length(d);

  return strncmp(path, d->path, len) == 0 ? path + len : path;
}

void draft_add_path(buffer *to, const draft *d, const char *name) {
  if (name[0] != '/') {
    buffer_add_span(
        to, (shako_span){(const uint8_t *)d->path, draft_folder_length(d)});
  }

  buffer_add(to, name);
  buffer_add_span(to, (shako_span){(const uint8_t *)"", 1});
}
