#include "watch.h"

#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "watch_files.h"

#define SETTLE_TIME 500 /* milliseconds */

typedef struct watch_folder {
  uv_fs_event_t event;
  struct watch_folder *next;
  char *path;
} watch_folder;

static void on_tick(uv_timer_t *timer);

static void on_event(uv_fs_event_t *event, const char *name, int events,
                     int status) {
  watch *w = event->data;

  (void)name;
  (void)events;
  (void)status;
  if (!uv_is_active((uv_handle_t *)&w->settle)) {
    w->seen = watch_stamp(w->settings);
    uv_timer_start(&w->settle, on_tick, SETTLE_TIME, 0);
  }
}

static void on_closed(uv_handle_t *handle) {
  watch_folder *folder = handle->data;

  free(folder->path);
  free(folder);
}

static void drop_folders(watch *w) {
  watch_folder *folder;

  while ((folder = w->folders) != NULL) {
    w->folders = folder->next;
    folder->event.data = folder;
    uv_close((uv_handle_t *)&folder->event, on_closed);
  }
}

/* Watches |path|.  Returns 0, or the error of libuv. */
static int add_folder(void *ctx, const char *path) {
  watch *w = ctx;
  watch_folder *folder;
  int error;

  for (folder = w->folders; folder != NULL; folder = folder->next) {
    if (strcmp(folder->path, path) == 0) {
      return 0;
    }
  }

  folder = calloc(1, sizeof(*folder));
  if (folder == NULL || (folder->path = strdup(path)) == NULL) {
    free(folder);
    return UV_ENOMEM;
  }

  uv_fs_event_init(w->loop, &folder->event);
  error = uv_fs_event_start(&folder->event, on_event, path, 0);
  folder->event.data = error == 0 ? (void *)w : folder;
  if (error != 0) {
    uv_close((uv_handle_t *)&folder->event, on_closed);
    return error;
  }

  folder->next = w->folders;
  w->folders = folder;

  return 0;
}

static void add_file(void *ctx, const char *path) {
  int error = watch_folders_of(path, add_folder, ctx);

  if (error != 0) {
    log_line("%s: its changes cannot be seen: %s", path, uv_strerror(error));
  }
}

/* Begins anew: a folder may be another one by now. */
static void add_folders(watch *w) {
  drop_folders(w);
  watch_each_file(w->settings, add_file, w);
}

static void on_tick(uv_timer_t *timer) {
  watch *w = timer->data;
  uint64_t now;

  add_folders(w); /* first, so that nothing is missed between the two */
  now = watch_stamp(w->settings);
  if (now == w->read) {
    return;
  }

  if (now != w->seen) {
    w->seen = now;
    uv_timer_start(timer, on_tick, SETTLE_TIME, 0);
    return;
  }

  w->read = now;
  w->changed(w->ctx);
}

void watch_open(watch *w, uv_loop_t *loop, void (*changed)(void *ctx),
                void *ctx) {
  *w = (watch){.loop = loop, .changed = changed, .ctx = ctx};
  uv_timer_init(loop, &w->settle);
  w->settle.data = w;
}

void watch_set(watch *w, const settings *s, uint64_t read) {
  drop_folders(w);
  uv_timer_stop(&w->settle);
  w->settings = s->watch ? s : NULL;
  w->read = read;
  if (w->settings != NULL) {
    add_folders(w);
    w->seen = watch_stamp(w->settings);
    if (w->seen != read) {
      uv_timer_start(&w->settle, on_tick, SETTLE_TIME, 0);
    }
  }
}

void watch_note(watch *w) {
  if (w->settings != NULL) {
    w->read = watch_stamp(w->settings);
  }
}

void watch_close(watch *w) {
  drop_folders(w);
  uv_close((uv_handle_t *)&w->settle, NULL);
}
