#ifndef SHAKOD_WATCH_H
#define SHAKOD_WATCH_H

#include <uv.h>

#include "settings.h"

struct watch_folder;

/**
 * Waits for changes of the files that settings name: certificates, keys,
 * passphrases and tables, not the configuration.
 *
 * It is the folders that are watched, since a file is often replaced by another
 * of its name, or by a symbolic link elsewhere.  An event says only that it is
 * time to look at the files, which count as changed once they have kept still
 * for half a second.
 */
typedef struct watch {
  uv_loop_t *loop;
  uv_timer_t settle;            /* until the files are looked at again */
  struct watch_folder *folders; /* the first of a list */
  const settings *settings;     /* NULL: nothing is watched */
  uint64_t seen; /* the files when they were last looked at ... */
  uint64_t read; /* ... and when they were read */
  void (*changed)(void *ctx);
  void *ctx;
} watch;

/* Makes a watch over nothing, that calls |changed|. */
void watch_open(watch *w, uv_loop_t *loop, void (*changed)(void *ctx),
                void *ctx);

/* Watches what |s| names, until the next call and where |s| says so.  |read| is
   the stamp of its files from before they were read. */
void watch_set(watch *w, const settings *s, uint64_t read);

/* Takes note that the files are read now, whatever comes of it. */
void watch_note(watch *w);

/* Watches nothing any more; the loop is yet to run once. */
void watch_close(watch *w);

/* Returns a number that is another when a file of |s| is another, or
   changed. */
uint64_t watch_stamp(const settings *s);

#endif /* SHAKOD_WATCH_H */
