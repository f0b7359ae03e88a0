#include "changes.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../shakod/log.h"

/* Has the command diff say how |old| becomes |file|, both by the name |name|.
 */
static void run_diff(const char *old, const staged_file *file,
                     const char *name) {
  const char *argv[] = {"diff", "-u", "--label", name, "--label",
                        name,   old,  file->now, NULL};
  pid_t child;
  int error;

  fcntl(file->fd, F_SETFD, 0);
  error = posix_spawnp(&child, "diff", NULL, NULL, (char **)(uintptr_t)argv,
                       environ);
  fcntl(file->fd, F_SETFD, FD_CLOEXEC);
  if (error != 0) {
    log_line("diff: %s", strerror(error));
    return;
  }

  while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {
  }
}

/* Says what |file| changes, but never of a secret. */
static void show(const draft *d, const staged_file *file) {
  bool is_new = access(file->path, F_OK) != 0;
  const char *name = draft_name(d, file->path);

  if (file->secret) {
    printf("%s: %s, and not shown\n", name, is_new ? "new" : "replaced");
  } else {
    run_diff(is_new ? "/dev/null" : file->path, file, name);
  }
}

/* Stages what the configuration is to say, as another file, to show it. */
static void show_configuration(const draft *d) {
  staged now = {.count = 0};

  if (staged_add(&now, d->path, draft_text(d), false)) {
    show(d, &now.files[0]);
  }

  staged_cut(&now, 0);
}

bool changes_show(ctl *c, char *arguments) {
  const draft *d = &c->draft;
  size_t i;

  (void)arguments;
  if (!draft_is_changed(d)) {
    puts("There are no changes to commit.");
    return true;
  }

  show_configuration(d);
  for (i = 0; i < d->staged.count; i++) {
    if (staged_find(&d->staged, d->staged.files[i].path) ==
        &d->staged.files[i]) {
      show(d, &d->staged.files[i]);
    }
  }

  return true;
}

bool changes_clear(ctl *c, char *arguments) {
  bool sure = true;

  (void)arguments;
  if (!draft_is_changed(&c->draft)) {
    puts("There are no changes to clear.");
    return true;
  }

  if (!ask_yes(&c->terminal,
               "Are you sure you want to clear all changes since the last "
               "commit?",
               &sure)) {
    return false;
  }

  if (sure && draft_clear(&c->draft)) {
    puts("Changes cleared.");
  }

  return true;
}
