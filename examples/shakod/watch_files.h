#ifndef SHAKOD_WATCH_FILES_H
#define SHAKOD_WATCH_FILES_H

#include "settings.h"

/* Calls |visit| for each file that |s| names. */
void watch_each_file(const settings *s,
                     void (*visit)(void *ctx, const char *path), void *ctx);

/**
 * Calls |add| for each folder in which a change can make another file of
 * |path|: its own, and those of the symbolic links on the way to it.  Where one
 * is missing (ENOENT, ENOTDIR), for the nearest above it.  |add| returns 0, or
 * a negative errno, and that of the first call that failed is returned.
 */
int watch_folders_of(const char *path,
                     int (*add)(void *ctx, const char *folder), void *ctx);

#endif /* SHAKOD_WATCH_FILES_H */
